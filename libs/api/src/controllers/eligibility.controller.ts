import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { Instant } from '@minipilot/kernel/time.js';
import { Actor, Arrival, CommandId, Id, type Caller } from '@minipilot/platform/http/request-context.js';
import { CompletionRequested, Done } from '../answers/commands.js';
import { Describe } from '../answers/describe.js';
import { CheckApplication, CompleteApplication, RequestCompletion } from '../commands/eligibility.commands.js';
import { order } from '../desk.js';

/** From arrival to decision: the officer's check, and what the applicant is asked to complete. */
@ApiTags('applications')
@Controller('api/:tenant/applications/:pilot')
export class EligibilityController {
  constructor(private readonly bus: CommandBus) {}

  @Describe('checkApplication', 'Suggests whether an application is eligible', Done, {
    description: 'The officer confirms what the call’s rules suggest, or departs from it with a reason. The decision-maker decides.',
  })
  @Post('check')
  @HttpCode(200)
  check(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('pilot') pilot: string,
    @Body() body: CheckApplication,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, pilot }));
  }

  @Describe('requestCompletion', 'Asks the applicant to complete an application by a day', CompletionRequested, {
    description: 'When it arrived stays as it was. Title and idea, which is what is scored, cannot be completed.',
  })
  @Post('completion-request')
  @HttpCode(200)
  request(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('pilot') pilot: string,
    @Body() body: RequestCompletion,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, pilot }));
  }

  @Describe('completeApplication', 'Completes what was asked for, also after the close', Done, {
    description:
      'Only what was asked for, until the last day that was given; in parts too. Staff may write it down for somebody and say so in `helped`.',
  })
  @Post('completion')
  @HttpCode(200)
  complete(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('pilot') pilot: string,
    @Arrival() arrivedAt: Instant,
    @Body() body: CompleteApplication,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, pilot, arrivedAt }));
  }
}
