import { Body, Controller, Get, HttpCode, Post, Put, Query, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { call as callAggregate, missingForAnnouncement } from '@minipilot/grants/call/call.js';
import { callStream } from '@minipilot/grants/streams.js';
import { deskCalls, listDeskCalls, type CallPhase } from '@minipilot/insight/calls.js';
import { listLessons, publicPilots } from '@minipilot/insight/public-pilots.js';
import { OneOf } from '@minipilot/platform/http/fields.js';
import {
  Actor,
  After,
  CommandId,
  etag,
  Id,
  IfMatch,
  Page,
  Tenant,
  type Caller,
  type PageRequest,
} from '@minipilot/platform/http/request-context.js';
import { CallPage, DeskCall } from '../answers/calls.js';
import { Created, Done } from '../answers/commands.js';
import { Describe } from '../answers/describe.js';
import { PublicPilotPage } from '../answers/pilots.js';
import {
  AdmitApplication,
  AnnounceCall,
  CancelCall,
  DraftCall,
  ExtendDeadline,
  RaiseBudget,
  ReviseCall,
} from '../commands/call.commands.js';
import { Desk, order } from '../desk.js';
import { YearField } from '../fields.js';
import { listOf, pageOf, ReadSide } from '../read-side.js';

class DeskCallsQuery {
  @OneOf(['draft', 'upcoming', 'open', 'closing', 'closed', 'cancelled'], {
    optional: true,
    description: 'where the call stands by the clock',
  })
  phase?: CallPhase;
  @YearField({ optional: true, description: 'of the call’s budget' }) year?: string;
}

/** The officer's desk: calls from draft to close. */
@ApiTags('calls')
@Controller('api/:tenant')
export class CallsController {
  constructor(
    private readonly bus: CommandBus,
    private readonly desk: Desk,
    private readonly read: ReadSide,
  ) {}

  @Describe('listDeskCalls', 'Lists calls with drafts, the last to open first', CallPage)
  @Get('desk/calls')
  async list(@Tenant() tenant: string, @Query() { phase, year }: DeskCallsQuery, @Page() page: PageRequest, @After() after?: string) {
    const stale = await this.read.after(after, [deskCalls]);
    const filter = { ...(phase === undefined ? {} : { phase }), ...(year === undefined ? {} : { year: Number(year) }) };
    return { ...listOf(await listDeskCalls(this.read.db, tenant, this.read.now(), filter, pageOf(page))), ...stale };
  }

  @Describe('getDeskCall', 'Shows a call to whoever edits it', DeskCall, {
    description: 'Its ETag, what its announcement still lacks, and lessons of earlier pilots. From the call’s own stream, so never stale.',
    etag: true,
  })
  @Get('desk/calls/:call')
  async edit(@Tenant() tenant: string, @Id('call') id: string, @Res({ passthrough: true }) reply: FastifyReply) {
    const { state, revision } = await this.desk.look(callAggregate, callStream(tenant, id));
    etag(reply, revision);
    const missing = state.status === 'draft' ? missingForAnnouncement(state.content!, await this.desk.policy(tenant)) : [];
    const lessons = state.status === 'draft' ? (await listLessons(this.read.db, tenant, {}, { limit: 20 })).items : [];
    const { applications: _, ...call } = state;
    return { id, ...call, missing, lessons, revision };
  }

  @Describe('draftCall', 'Begins a call as a draft', Created, { status: 201 })
  @Post('calls')
  draft(@Actor() caller: Caller, @CommandId() commandId: string, @Body() body: DraftCall): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId }));
  }

  @Describe('reviseCall', 'Changes a call that is not yet announced', Done)
  @Put('calls/:call')
  revise(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('call') call: string,
    @IfMatch() expected: number,
    @Body() body: ReviseCall,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, call, expected }));
  }

  @Describe('announceCall', 'Announces a call: its rules freeze and its lot is committed', Done, {
    description: 'Refused while anything is missing or the lead time of the policy is not kept.',
  })
  @Post('calls/:call/announcement')
  @HttpCode(200)
  announce(@Actor() caller: Caller, @CommandId() commandId: string, @Id('call') call: string): Promise<unknown> {
    return this.bus.execute(order(new AnnounceCall(), { caller, commandId, call }));
  }

  @Describe('extendDeadline', 'Moves the deadline later', Done, { description: 'Never earlier, and only before it has passed.' })
  @Post('calls/:call/extension')
  @HttpCode(200)
  extend(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('call') call: string,
    @Body() body: ExtendDeadline,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, call }));
  }

  @Describe('raiseBudget', 'Adds money to a call on a decision', Done)
  @Post('calls/:call/budget-raise')
  @HttpCode(200)
  raise(@Actor() caller: Caller, @CommandId() commandId: string, @Id('call') call: string, @Body() body: RaiseBudget): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, call }));
  }

  @Describe('cancelCall', 'Cancels a call', Done)
  @Post('calls/:call/cancellation')
  @HttpCode(200)
  cancel(@Actor() caller: Caller, @CommandId() commandId: string, @Id('call') call: string, @Body() body: CancelCall): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, call }));
  }

  @Describe('admitApplication', 'Lets a late application take part', Done, { description: 'On evidence that our service was down.' })
  @Post('calls/:call/admissions')
  @HttpCode(200)
  admit(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('call') call: string,
    @Body() body: AdmitApplication,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, call }));
  }

  @Describe('listDeskLessons', 'Lists lessons of pilots so far, for whoever drafts the next call', PublicPilotPage)
  @Get('desk/lessons')
  async lessons(@Tenant() tenant: string, @Page() page: PageRequest, @After() after?: string) {
    const stale = await this.read.after(after, [publicPilots]);
    return { ...listOf(await listLessons(this.read.db, tenant, {}, pageOf(page))), ...stale };
  }
}
