import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Access } from '@minipilot/identity/roles.js';
import { Actor, CommandId, Id, type Caller } from '@minipilot/platform/http/request-context.js';
import { AnswerAdoption, DecideAdoption, EndService, ProposeAdoption, ReviewService, StartDistrict } from '../commands/service.commands.js';
import { order } from '../desk.js';

/** From a pilot that worked to a permanent service. */
@ApiTags('adoption')
@Controller('api/:tenant')
export class ServicesController {
  constructor(private readonly bus: CommandBus) {}

  @Post('applications/:pilot/adoption')
  @Access('officer')
  propose(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('pilot') pilot: string,
    @Body() body: ProposeAdoption,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, pilot }));
  }

  @Post('services/:service/answer')
  @HttpCode(200)
  @Access('owner')
  answer(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('service') service: string,
    @Body() body: AnswerAdoption,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, service }));
  }

  @Post('services/:service/decision')
  @HttpCode(200)
  @Access('decision-maker')
  decide(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('service') service: string,
    @Body() body: DecideAdoption,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, service }));
  }

  @Post('services/:service/districts')
  @HttpCode(200)
  @Access('owner')
  startDistrict(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('service') service: string,
    @Body() body: StartDistrict,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, service }));
  }

  @Post('services/:service/reviews')
  @HttpCode(200)
  @Access('owner')
  review(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('service') service: string,
    @Body() body: ReviewService,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, service }));
  }

  @Post('services/:service/end')
  @HttpCode(200)
  @Access('owner', 'decision-maker')
  end(@Actor() caller: Caller, @CommandId() commandId: string, @Id('service') service: string, @Body() body: EndService): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, service }));
  }
}
