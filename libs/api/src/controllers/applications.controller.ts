import { Body, Controller, Get, HttpCode, Post, Put, Query, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { call as callAggregate } from '@minipilot/grants/call/call.js';
import { catalogue } from '@minipilot/grants/catalogue.js';
import { eligibilityFacts, finalFrom, pilot as pilotAggregate, toReturnCents, type PilotState } from '@minipilot/grants/pilot/pilot.js';
import { callStream, pilotStream, scoringStream } from '@minipilot/grants/streams.js';
import {
  deskPilots,
  listPilots,
  listPilotsOf,
  PILOT_STATES,
  type PilotRow,
  type PilotState as RowState,
} from '@minipilot/insight/pilots.js';
import type { Recorded } from '@minipilot/kernel/event.js';
import { OneOf, Text } from '@minipilot/platform/http/fields.js';
import type { Language } from '@minipilot/platform/http/language.js';
import {
  Actor,
  After,
  ChangesNothing,
  CommandId,
  etag,
  Id,
  IfMatch,
  Page,
  Tenant,
  type Caller,
  type PageRequest,
} from '@minipilot/platform/http/request-context.js';
import { ApplicationDetail, ApplicationRowPage } from '../answers/applications.js';
import { Done, TextPublished } from '../answers/commands.js';
import { Describe } from '../answers/describe.js';
import { Hints } from '../answers/eligibility.js';
import { AMENDED_EXAMPLE } from '../answers/examples.js';
import { reasonOfAppeal } from '../commands/appeal.commands.js';
import {
  AcceptAward,
  AcceptReport,
  AmendApplication,
  ChangeAccount,
  ChangePlan,
  ChangeRecipient,
  DeclineAward,
  ExtendReport,
  PublishRecipient,
  PublishText,
  RecordMoneyReturned,
  RefusePlan,
  ReportPilot,
  RetryPayout,
  SendReportBack,
  WithdrawApplication,
  WithdrawRecipient,
} from '../commands/application.commands.js';
import { Desk, order } from '../desk.js';
import { factsOfRow, reasonsIn, SpokenLanguage, suggestionIn } from '../eligibility.js';
import { textHints } from '../personal-data-hints.js';
import { listOf, pageOf, ReadSide } from '../read-side.js';

class ApplicationsQuery {
  @OneOf(PILOT_STATES, { optional: true, description: 'how far it is' }) state?: RowState;
  @Text(60, { optional: true, description: 'only of this district' }) district?: string;
}

/** Applications and what becomes of them, for applicants, agents and officers. */
@ApiTags('applications')
@Controller('api/:tenant')
export class ApplicationsController {
  constructor(
    private readonly bus: CommandBus,
    private readonly desk: Desk,
    private readonly read: ReadSide,
  ) {}

  @Describe('listMyApplications', 'Lists applications of whoever is signed in, the newest first', ApplicationRowPage)
  @Get('my/applications')
  async mine(@Actor() caller: Caller, @Page() page: PageRequest, @After() after?: string) {
    const stale = await this.read.after(after, [deskPilots]);
    const { items, next } = listOf(await listPilotsOf(this.read.db, caller.tenant, caller.subject, pageOf(page)), row);
    return { items: await this.withTitles(caller.tenant, items), next, ...stale };
  }

  @Describe('listApplicationsOfCall', 'Lists the applications to a call in order of arrival', ApplicationRowPage, {
    description: 'Titles are left out for auditors, and for who scores the call until scoring closes.',
  })
  @Get('desk/calls/:call/applications')
  async ofCall(
    @Actor() caller: Caller,
    @Tenant() tenant: string,
    @Id('call') call: string,
    @Query() { state, district }: ApplicationsQuery,
    @Page() page: PageRequest,
    @SpokenLanguage() language: Language,
    @After() after?: string,
  ) {
    const stale = await this.read.after(after, [deskPilots]);
    const filter = { call, ...(state === undefined ? {} : { states: [state] }), ...(district === undefined ? {} : { district }) };
    const { content } = (await this.desk.parts.runner.look(callAggregate, callStream(tenant, call))).state;
    const suggested = (found: PilotRow & { key: string }) => ({
      ...row(found),
      eligibility: content === null ? null : suggestionIn(content, factsOfRow(found), language),
    });
    const { items, next } = listOf(await listPilots(this.read.db, tenant, filter, pageOf(page)), suggested);
    const shown = opens(caller) && !(await this.desk.ownership.scores(caller, call));
    return { items: shown ? await this.withTitles(tenant, items) : items, next, ...stale };
  }

  /** Read models hold no words of people: the desk opens the titles as it shows them. */
  private withTitles<T extends { id: string }>(tenant: string, items: T[]): Promise<(T & { title: string | null })[]> {
    return Promise.all(
      items.map(async (item) => {
        const events = await this.desk.history(pilotStream(tenant, item.id));
        const proposal = await this.desk.proposal(events);
        return { ...item, title: proposal?.title ?? null };
      }),
    );
  }

  @Describe('getApplication', 'Shows one application from its own stream', ApplicationDetail, {
    description: 'With its sealed parts, opened.',
    etag: true,
  })
  @Get('applications/:pilot')
  async one(
    @Actor() caller: Caller,
    @Id('pilot') pilot: string,
    @SpokenLanguage() language: Language,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const stream = pilotStream(caller.tenant, pilot);
    const { state, revision } = await this.desk.look(pilotAggregate, stream);
    etag(reply, revision);
    const events = await this.desk.history(stream);
    const decision = events.findLast((e) => e.type === 'pilot.decided');
    return {
      id: pilot,
      ...view(state),
      eligibility: await this.eligibility(caller, state, language),
      check: await this.check(state, events, language),
      completion: await this.completion(state, events, language),
      contact: await this.desk.opened(events, 'contact'),
      proposal: await this.desk.proposal(events),
      reportText: await this.desk.opened(events, 'proposal', ['pilot.reported']),
      decision: decision === undefined ? null : { ...decision.data, decider: undefined, ...(await this.reasons(caller.tenant, decision)) },
      revision,
    };
  }

  private async eligibility(caller: Caller, state: PilotState, language: Language) {
    const { content } = (await this.desk.look(callAggregate, callStream(caller.tenant, state.call))).state;
    const { suggestion, reasons } = suggestionIn(content!, eligibilityFacts(state)!, language);
    // whoever gives another's name and number does not learn here that the other has applied
    return { suggestion, reasons: opens(caller) ? reasons : reasons.filter(({ code }) => code !== 'possible-duplicate') };
  }

  private async check(state: PilotState, events: readonly Recorded[], language: Language) {
    if (state.check === null) return null;
    const event = events.findLast((e) => e.type === 'pilot.checked')!;
    const reason = await this.desk.opened<{ text: string }>([event], 'comment');
    return { ...event.data, reasons: reasonsIn(state.check.codes, language), reason: reason?.text ?? null };
  }

  private async completion(state: PilotState, events: readonly Recorded[], language: Language) {
    if (state.completion === null) return null;
    const words = await this.desk.opened<{ text: string }>(events, 'comment', ['pilot.completion-requested']);
    return { ...state.completion, reasons: reasonsIn(state.completion.codes, language), words: words?.text ?? null };
  }

  private async reasons(tenant: string, copy: Recorded) {
    const { call, decision } = copy.data as { call: string; decision: string };
    const events = await this.desk.history(scoringStream(tenant, call));
    const original = events.find((e) => e.id === decision);
    if (original === undefined) return {};
    const { departure, appeal } = catalogue.upcast(original).data as {
      departure: object;
      appeal: { appeal: string; outcome: string } | null;
    };
    // what the appeal body changed has its words in the appeal
    const words = appeal === null ? null : await reasonOfAppeal(this.desk, tenant, appeal);
    const reason = appeal === null ? await this.desk.opened([original], 'comment') : words === null ? null : { v: 1, reason: words };
    return { reason, departure };
  }

  @Describe('amendApplication', 'Changes an application before the close', Done, { description: 'The whole form is given again.' })
  @ApiBody({ type: AmendApplication, examples: AMENDED_EXAMPLE })
  @Put('applications/:pilot')
  amend(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('pilot') pilot: string,
    @IfMatch() expected: number,
    @Body() body: AmendApplication,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, pilot, expected }));
  }

  @Describe('withdrawApplication', 'Takes an application back', Done)
  @Post('applications/:pilot/withdrawal')
  @HttpCode(200)
  withdraw(@Actor() caller: Caller, @CommandId() commandId: string, @Id('pilot') pilot: string): Promise<unknown> {
    return this.bus.execute(order(new WithdrawApplication(), { caller, commandId, pilot }));
  }

  @Describe('acceptAward', 'Accepts an award by giving an account', Done, {
    description: 'Before the last day to accept; the account is sealed.',
  })
  @Post('applications/:pilot/acceptance')
  @HttpCode(200)
  accept(@Actor() caller: Caller, @CommandId() commandId: string, @Id('pilot') pilot: string, @Body() body: AcceptAward): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, pilot }));
  }

  @Describe('changeAccount', 'Gives another account for an award', Done)
  @Post('applications/:pilot/account')
  @HttpCode(200)
  changeAccount(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('pilot') pilot: string,
    @Body() body: ChangeAccount,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, pilot }));
  }

  @Describe('declineAward', 'Declines an award; its money is free for the waiting list', Done)
  @Post('applications/:pilot/decline')
  @HttpCode(200)
  decline(@Actor() caller: Caller, @CommandId() commandId: string, @Id('pilot') pilot: string): Promise<unknown> {
    return this.bus.execute(order(new DeclineAward(), { caller, commandId, pilot }));
  }

  @Describe('withdrawRecipient', 'Steps back as recipient before payment', Done, { description: 'Another may be named for some days.' })
  @Post('applications/:pilot/recipient-withdrawal')
  @HttpCode(200)
  withdrawRecipient(@Actor() caller: Caller, @CommandId() commandId: string, @Id('pilot') pilot: string): Promise<unknown> {
    return this.bus.execute(order(new WithdrawRecipient(), { caller, commandId, pilot }));
  }

  @Describe('changeRecipient', 'Names another recipient', Done)
  @Post('applications/:pilot/recipient')
  @HttpCode(200)
  changeRecipient(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('pilot') pilot: string,
    @Body() body: ChangeRecipient,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, pilot }));
  }

  @Describe('retryPayout', 'Tries a payment again that the bank rejected or returned', Done)
  @Post('applications/:pilot/payout-retry')
  @HttpCode(200)
  retryPayout(@Actor() caller: Caller, @CommandId() commandId: string, @Id('pilot') pilot: string): Promise<unknown> {
    return this.bus.execute(order(new RetryPayout(), { caller, commandId, pilot }));
  }

  @Describe('reportPilot', 'Tells what happened, whether it worked and what was learned', Done, {
    description: '“It did not work” is a good answer too and changes nothing in the money.',
  })
  @Post('applications/:pilot/report')
  @HttpCode(200)
  report(@Actor() caller: Caller, @CommandId() commandId: string, @Id('pilot') pilot: string, @Body() body: ReportPilot): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, pilot }));
  }

  @Describe('sendReportBack', 'Asks to complete a report', Done)
  @Post('applications/:pilot/report-return')
  @HttpCode(200)
  sendReportBack(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('pilot') pilot: string,
    @Body() body: SendReportBack,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, pilot }));
  }

  @Describe('acceptReport', 'Accepts a report; unspent money above the floor is to be returned', Done)
  @Post('applications/:pilot/report-acceptance')
  @HttpCode(200)
  acceptReport(@Actor() caller: Caller, @CommandId() commandId: string, @Id('pilot') pilot: string): Promise<unknown> {
    return this.bus.execute(order(new AcceptReport(), { caller, commandId, pilot }));
  }

  @Describe('extendReport', 'Gives more time for a report', Done)
  @Post('applications/:pilot/report-extension')
  @HttpCode(200)
  extendReport(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('pilot') pilot: string,
    @Body() body: ExtendReport,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, pilot }));
  }

  @Describe('recordReturnedMoney', 'Records unspent money that came to the municipality’s account', Done)
  @Post('applications/:pilot/returned-money')
  @HttpCode(200)
  returnedMoney(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('pilot') pilot: string,
    @Body() body: RecordMoneyReturned,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, pilot }));
  }

  @Describe('changePlan', 'Tells of a change of plan; silence means yes', Done)
  @Post('applications/:pilot/plan-change')
  @HttpCode(200)
  changePlan(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('pilot') pilot: string,
    @Body() body: ChangePlan,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, pilot }));
  }

  @Describe('refusePlan', 'Does not agree to a change of plan', Done)
  @Post('applications/:pilot/plan-refusal')
  @HttpCode(200)
  refusePlan(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('pilot') pilot: string,
    @Body() body: RefusePlan,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, pilot }));
  }

  @Describe('lookAtText', 'Points out personal data in words that are about to be published', Hints, { description: 'Nothing is kept.' })
  @Post('applications/:pilot/public-text/hints')
  @HttpCode(200)
  @ChangesNothing()
  lookAtText(@Actor() caller: Caller, @Id('pilot') pilot: string, @SpokenLanguage() language: Language, @Body() body: PublishText) {
    return this.textHints(caller, pilot, body, language);
  }

  @Describe('publishText', 'Publishes words of the pilot that an officer has looked at', TextPublished, {
    description: 'Words with an identity code or an account number are refused.',
  })
  @Post('applications/:pilot/public-text')
  @HttpCode(200)
  async publishText(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('pilot') pilot: string,
    @SpokenLanguage() language: Language,
    @Body() body: PublishText,
  ) {
    const done: object = await this.bus.execute(order(body, { caller, commandId, pilot }));
    return { ...done, ...(await this.textHints(caller, pilot, body, language)) };
  }

  private async textHints(caller: Caller, pilot: string, { title, summary, lesson }: PublishText, language: Language) {
    const stream = pilotStream(caller.tenant, pilot);
    await this.desk.look(pilotAggregate, stream);
    const events = await this.desk.history(stream);
    return { hints: textHints({ title, summary, lesson }, await this.desk.knownNames(events), language) };
  }

  @Describe('publishRecipient', 'Names an organisation that got an award', Done, { description: 'People are never named.' })
  @Post('applications/:pilot/public-recipient')
  @HttpCode(200)
  publishRecipient(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('pilot') pilot: string,
    @Body() body: PublishRecipient,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, pilot }));
  }
}

/** Auditors replay what happened; the words of people are not theirs to read. */
const opens = (caller: Caller): boolean => caller.roles.some((role) => role === 'officer' || role === 'decision-maker');

const FLAGS = new Set(['appealed', 'economic', 'late', 'admitted', 'overdue', 'goOn', 'recipientNamed', 'confirmed']);
const JSON_TEXTS = new Set(['involves', 'checkCodes', 'completionCodes', 'completionOpen']);

/** A row as it is answered: without the random ids of people, the handles of sealed parts and what `finalFrom` is folded from. */
function row({ key, tenant: _t, applicant: _a, recipient: _r, filedBy: _f, duplicate: _d, helper, ...rest }: PilotRow & { key: string }) {
  const shown = Object.entries(rest)
    .filter(([name]) => !name.endsWith('Event') && name !== 'finality')
    .map(([name, value]) => {
      if (value === null) return [name, value];
      if (FLAGS.has(name)) return [name, value === 1];
      return [name, JSON_TEXTS.has(name) ? (JSON.parse(value as string) as unknown) : value];
    });
  return { id: key, helped: helper !== null, ...Object.fromEntries(shown) } as { id: string } & Record<string, unknown>;
}

/** What a person sees of the state: no random ids of people. */
function view(state: PilotState) {
  const { application, applicant: _a, recipient: _r, account, decision: _d, returnReferences: _rr, paidOn: _p, ...more } = state;
  const { given, helpers: _h, check: _c, completion: _co, ...rest } = more;
  const { helper, filedBy: _f, ...facts } = application!;
  return {
    ...rest,
    application: { ...facts, ...given, duplicate: undefined, helped: helper !== null },
    hasAccount: account !== null,
    finalFrom: finalFrom(state),
    toReturnCents: toReturnCents(state),
  };
}
