import { Body, Controller, Get, HttpCode, Post, Query, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { AppealState } from '@minipilot/grants/appeal/appeal.js';
import { APPEAL_STATES, deskAppeals, listAppeals, listAppealsOf, type AppealRow, type AppealRowState } from '@minipilot/insight/appeals.js';
import type { Keyed } from '@minipilot/insight/query.js';
import type { Recorded } from '@minipilot/kernel/event.js';
import { daysBetween, localDate, type Instant } from '@minipilot/kernel/time.js';
import { IdField, OneOf } from '@minipilot/platform/http/fields.js';
import {
  Actor,
  After,
  Arrival,
  CommandId,
  etag,
  Id,
  IfMatch,
  Page,
  Tenant,
  type Caller,
  type PageRequest,
} from '@minipilot/platform/http/request-context.js';
import { AppealDetail, AppealFiled, AppealPage } from '../answers/appeals.js';
import { Created, Done } from '../answers/commands.js';
import { Describe } from '../answers/describe.js';
import {
  appealIn,
  CompleteAppeal,
  DecideAppeal,
  FileAppeal,
  SendAppealNotice,
  TakeUpDecision,
  WithdrawAppeal,
} from '../commands/appeal.commands.js';
import { Desk, order } from '../desk.js';
import { listOf, pageOf, ReadSide } from '../read-side.js';

class AppealsQuery {
  @IdField({ optional: true, description: 'only of this call' }) call?: string;
  @OneOf(APPEAL_STATES, { optional: true, description: 'how far it is' }) state?: AppealRowState;
}

/** Appeals against decisions: filed by parties and members of the municipality, taken up and decided by the board. */
@ApiTags('appeals')
@Controller('api/:tenant')
export class AppealsController {
  constructor(
    private readonly bus: CommandBus,
    private readonly desk: Desk,
    private readonly read: ReadSide,
  ) {}

  @Describe('fileAppeal', 'Appeals against the decision on one application, or against all that a section decided', AppealFiled, {
    description:
      'A party has the own time from the own notice, a member of the municipality the one from the publication. An appeal out of time is registered with `late: true`; the appeal body leaves it unexamined.',
    status: 201,
  })
  @Post('calls/:call/appeals')
  file(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('call') call: string,
    @Arrival() arrivedAt: Instant,
    @Body() body: FileAppeal,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, call, arrivedAt }));
  }

  @Describe('takeUpDecision', 'Takes a decision up for the board, within the time in which it can be appealed against', Created, {
    status: 201,
  })
  @Post('calls/:call/taking-up')
  takeUp(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('call') call: string,
    @Body() body: TakeUpDecision,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, call }));
  }

  @Describe('listMyAppeals', 'Lists appeals of whoever is signed in, the newest first', AppealPage)
  @Get('my/appeals')
  async mine(@Actor() caller: Caller, @Page() page: PageRequest, @After() after?: string) {
    const stale = await this.read.after(after, [deskAppeals]);
    const rows = await listAppealsOf(this.read.db, caller.tenant, caller.subject, pageOf(page));
    return { ...listOf(rows, await this.view(caller.tenant)), ...stale };
  }

  @Describe('listAppeals', 'Lists appeals and takings up, the longest waiting first', AppealPage)
  @Get('desk/appeals')
  async list(@Tenant() tenant: string, @Query() query: AppealsQuery, @Page() page: PageRequest, @After() after?: string) {
    const stale = await this.read.after(after, [deskAppeals]);
    return { ...listOf(await listAppeals(this.read.db, tenant, { ...query }, pageOf(page)), await this.view(tenant)), ...stale };
  }

  /** A row as it is answered: without the random ids of people. */
  private async view(tenant: string) {
    const { timeZone } = await this.desk.policy(tenant);
    const today = localDate(this.read.now(), timeZone);
    return ({ key, tenant: _t, appellant: _a, filedBy: _f, late, unfunded, ...row }: Keyed<AppealRow>) => {
      const received = row.kind === 'appeal' ? localDate(row.receivedAt, timeZone) : row.receivedAt;
      const waitsFor = row.state === 'open' ? 'appeal-body' : row.state === 'decided' ? 'notice' : null;
      const waitingDays = waitsFor === null ? 0 : daysBetween(received, today);
      return { id: key, ...row, late: late === 1, unfunded: unfunded === 1, waitsFor, waitingDays };
    };
  }

  @Describe('getAppeal', 'Shows one appeal from its own stream', AppealDetail, {
    description: 'To whoever appealed or registered it, the applicant whose decision it is about, the appeal body, officers and auditors.',
    etag: true,
  })
  @Get('appeals/:appeal')
  async one(@Actor() caller: Caller, @Id('appeal') appeal: string, @Res({ passthrough: true }) reply: FastifyReply) {
    const { state, stream, revision } = await appealIn(this.desk, { caller, commandId: '', appeal });
    etag(reply, revision);
    const events = await this.desk.history(stream);
    const own = [state.appellant, state.filedBy].includes(caller.subject);
    const staff = caller.roles.some((role) => role === 'officer' || role === 'appeal-body');
    // an auditor replays what happened; the words of people are not theirs to read
    const party = !own && !staff && !caller.roles.includes('auditor');
    const reads = own || staff || party;
    const opened = <T>(list: readonly Recorded[], purpose: 'contact' | 'comment') =>
      reads ? this.desk.opened<T>(list, purpose) : Promise.resolve(null);
    const of = (type: string) => events.filter((e) => e.type === type);
    const added = of('appeal.completed').map(async (e) => ({
      at: e.data['completedAt'] as string,
      text: (await opened<{ text: string }>([e], 'comment'))?.text ?? null,
    }));
    const reason = (await opened<{ reason: string }>(of('appeal.decided'), 'comment'))?.reason ?? null;
    return {
      ...shown(state),
      id: appeal,
      contact: party ? null : await opened(of('appeal.filed'), 'contact'),
      text: await opened(of('appeal.filed'), 'comment'),
      takenUpFor: (await opened<{ reason: string }>(of('appeal.taken-up'), 'comment'))?.reason ?? null,
      added: await Promise.all(added),
      decision: state.decision === null ? null : { ...state.decision, reason },
      revision,
    };
  }

  @Describe('completeAppeal', 'Adds to an appeal that is not decided yet', Done)
  @Post('appeals/:appeal/completion')
  @HttpCode(200)
  complete(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('appeal') appeal: string,
    @Body() body: CompleteAppeal,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, appeal }));
  }

  @Describe('withdrawAppeal', 'Takes an appeal back', Done)
  @Post('appeals/:appeal/withdrawal')
  @HttpCode(200)
  withdraw(@Actor() caller: Caller, @CommandId() commandId: string, @Id('appeal') appeal: string): Promise<unknown> {
    return this.bus.execute(order(new WithdrawAppeal(), { caller, commandId, appeal }));
  }

  @Describe('decideAppeal', 'Decides on an appeal or a taking up', Done, {
    description: 'What it grants is paid from the appeal reserve. Whoever decided, scored, helped or has a stake may not decide.',
  })
  @Post('appeals/:appeal/decision')
  @HttpCode(200)
  decide(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('appeal') appeal: string,
    @IfMatch() expected: number,
    @Body() body: DecideAppeal,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, appeal, expected }));
  }

  @Describe('sendAppealNotice', 'Tells the appellant of the decision; the time for the administrative court follows', Done)
  @Post('appeals/:appeal/notice')
  @HttpCode(200)
  notify(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('appeal') appeal: string,
    @Body() body: SendAppealNotice,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, appeal }));
  }
}

/** What is shown of the state: no random ids of people. */
function shown({ appeal: _id, appellant: _a, filedBy: _f, completedBy: _c, decision: _d, ...rest }: AppealState) {
  return rest;
}
