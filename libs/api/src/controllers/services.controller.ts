import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Actor, CommandId, Id, type Caller } from '@minipilot/platform/http/request-context.js';
import { Created, Done } from '../answers/commands.js';
import { Describe } from '../answers/describe.js';
import { AnswerAdoption, DecideAdoption, EndService, ProposeAdoption, ReviewService, StartDistrict } from '../commands/service.commands.js';
import { order } from '../desk.js';

/** From a pilot that worked to a permanent service. */
@ApiTags('adoption')
@Controller('api/:tenant')
export class ServicesController {
  constructor(private readonly bus: CommandBus) {}

  @Describe('proposeAdoption', 'Proposes a pilot that worked as a permanent service', Created, { status: 201 })
  @Post('applications/:pilot/adoption')
  propose(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('pilot') pilot: string,
    @Body() body: ProposeAdoption,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, pilot }));
  }

  @Describe('answerAdoption', 'Answers a proposed adoption, for the unit that would own the service', Done)
  @Post('services/:service/answer')
  @HttpCode(200)
  answer(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('service') service: string,
    @Body() body: AnswerAdoption,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, service }));
  }

  @Describe('decideAdoption', 'Decides whether a service is adopted', Done)
  @Post('services/:service/decision')
  @HttpCode(200)
  decide(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('service') service: string,
    @Body() body: DecideAdoption,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, service }));
  }

  @Describe('startDistrict', 'Records that a service began in a district', Done)
  @Post('services/:service/districts')
  @HttpCode(200)
  startDistrict(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('service') service: string,
    @Body() body: StartDistrict,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, service }));
  }

  @Describe('reviewService', 'Reviews a service and tells whether it goes on', Done)
  @Post('services/:service/reviews')
  @HttpCode(200)
  review(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('service') service: string,
    @Body() body: ReviewService,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, service }));
  }

  @Describe('endService', 'Ends a service', Done)
  @Post('services/:service/end')
  @HttpCode(200)
  end(@Actor() caller: Caller, @CommandId() commandId: string, @Id('service') service: string, @Body() body: EndService): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, service }));
  }
}
