import { Body, Controller, Get, HttpCode, Post, Put } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { call as callAggregate } from '@minipilot/grants/call/call.js';
import { scorebook } from '@minipilot/grants/scorebook/scorebook.js';
import { scoring, type ScoringState } from '@minipilot/grants/scoring/scoring.js';
import type { ScoringEvent } from '@minipilot/grants/scoring/events.js';
import { callStream, pilotStream, scorebookId, scorebookStream, scoringStream, tallyStream } from '@minipilot/grants/streams.js';
import { tally } from '@minipilot/grants/tally/tally.js';
import { Problem } from '@minipilot/platform/http/problem.js';
import { Actor, CommandId, Id, Tenant, type Caller } from '@minipilot/platform/http/request-context.js';
import { Done } from '../answers/commands.js';
import { Describe } from '../answers/describe.js';
import { CardsStep, ConflictsStep, RankedProposal, RollingProposal, ScoringNotStarted, ScoringStarted } from '../answers/scoring.js';
import { PublishDecisions, SendNotice } from '../commands/notice.commands.js';
import {
  cardDraft,
  DeclareConflicts,
  DecideApplications,
  ExtendScoring,
  FinishBook,
  namesOf,
  type OwnCard,
  ProposeRound,
  RecordReading,
  RecuseFromApplication,
  SaveCard,
  shownTo,
  SignProposal,
  StartScoring,
  taskOf,
} from '../commands/scoring.commands.js';
import { Desk, order, type Act } from '../desk.js';

/** Committee, proposal and decision. Until scoring closes nobody is shown another's scores, averages or counts. */
@ApiTags('scoring')
@Controller('api/:tenant/calls/:call')
export class ScoringController {
  constructor(
    private readonly bus: CommandBus,
    private readonly desk: Desk,
  ) {}

  @Describe('startScoring', 'Names the committee and gives it the applications', Done, { status: 201 })
  @Post('scoring')
  start(@Actor() caller: Caller, @CommandId() commandId: string, @Id('call') call: string, @Body() body: StartScoring): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, call }));
  }

  @Describe('extendScoring', 'Lets scoring go on for longer', Done)
  @Post('scoring/extension')
  @HttpCode(200)
  extend(@Actor() caller: Caller, @CommandId() commandId: string, @Id('call') call: string, @Body() body: ExtendScoring): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, call }));
  }

  @Describe('getScoringStatus', 'Tells where scoring stands', [ScoringNotStarted, ScoringStarted], {
    description: 'Chair and officer see only who is missing.',
  })
  @Get('scoring')
  async status(@Tenant() tenant: string, @Id('call') call: string) {
    const { state } = await this.desk.look(scoring, scoringStream(tenant, call));
    if (state.started === null) return { started: false, rounds: state.rounds };
    const { closesAt, applications, chair } = state.started;
    const members = await Promise.all(state.started.members.map((member) => this.memberStatus(tenant, call, member, chair)));
    return { started: true, closesAt, applications: applications.length, members, opened: state.opened !== null, signed: state.signed };
  }

  /** Whether a member is missing is that member's own word: cards are not looked at, so that nothing tells how many there are. */
  private async memberStatus(tenant: string, call: string, member: string, chair: string) {
    const { state: book } = await this.desk.parts.runner.look(scorebook, scorebookStream(tenant, scorebookId(call, member)));
    const name = await this.desk.parts.vault.nameOf(tenant, member);
    return { name: name ?? '', chair: member === chair, missing: !book.finished };
  }

  @Describe('getScorebook', 'Shows a member’s own book', [ConflictsStep, CardsStep], {
    description: 'First names only; when conflicts are told, the proposals without conflict and the member’s own cards.',
  })
  @Get('scorebook')
  async book(@Actor() caller: Caller, @Id('call') call: string) {
    const act: Act = { caller, commandId: '', call };
    const task = await taskOf(this.desk, act);
    const { state: book } = await this.desk.parts.runner.look(scorebook, scorebookStream(caller.tenant, scorebookId(call, caller.subject)));
    const { closesAt } = task;
    if (!book.declared) {
      const names = await namesOf(this.desk, act, task.applications);
      return { step: 'conflicts', closesAt, names: [...names].map(([key, { name }]) => ({ key, name })) };
    }
    const { state } = await this.desk.look(callAggregate, callStream(caller.tenant, call));
    const { rules } = state.content!;
    const applications = [];
    for (const id of await shownTo(this.desk, act, task.applications, book.conflicts)) {
      const events = await this.desk.history(pilotStream(caller.tenant, id));
      const proposal = await this.desk.proposal(events);
      const draft = id in book.cards ? await this.desk.parts.vault.getDraft(caller.tenant, cardDraft(call, caller.subject, id)) : null;
      const { v: _, tradeSecret: __, ...text } = proposal ?? { v: 1 };
      const card = (draft?.body ?? null) as OwnCard | null;
      const shown = card && { values: card.values, comment: card.comment };
      applications.push({ id, erased: proposal === null, ...text, card: shown });
    }
    return {
      step: book.closed ? 'closed' : 'cards',
      finished: book.finished,
      closesAt,
      criteria: rules.criteria,
      scale: rules.scale,
      applications,
    };
  }

  @Describe('declareConflicts', 'Tells a member’s conflicts of interest', Done)
  @Post('scorebook/conflicts')
  @HttpCode(200)
  declare(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('call') call: string,
    @Body() body: DeclareConflicts,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, call }));
  }

  @Describe('recuse', 'Steps back from a proposal that a member recognised', Done)
  @Post('scorebook/recusals')
  @HttpCode(200)
  recuse(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('call') call: string,
    @Body() body: RecuseFromApplication,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, call }));
  }

  @Describe('saveCard', 'Saves a score card; the last one counts', Done, { description: 'Sealed until scoring closes.' })
  @Put('scorebook/cards/:application')
  card(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('call') call: string,
    @Id('application') application: string,
    @Body() body: SaveCard,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, call, application }));
  }

  @Describe('finishScorebook', 'Says that a member is done: every proposal shown has a card, or “not assessed”', Done, {
    description: 'Chair and officer see that this member is not missing any more, and nothing else. Cards may be changed until the close.',
  })
  @Post('scorebook/completion')
  @HttpCode(200)
  finish(@Actor() caller: Caller, @CommandId() commandId: string, @Id('call') call: string): Promise<unknown> {
    return this.bus.execute(order(new FinishBook(), { caller, commandId, call }));
  }

  @Describe('getProposal', 'Shows the computed proposal with the reason for every place', [RankedProposal, RollingProposal], {
    description: 'For a rolling call its weekly rounds.',
    refusals: { 409: 'Nothing is proposed yet' },
  })
  @Get('proposal')
  async proposal(@Tenant() tenant: string, @Id('call') call: string) {
    const { state } = await this.desk.look(scoring, scoringStream(tenant, call));
    const events = (await this.desk.history(scoringStream(tenant, call))) as unknown as ScoringEvent[];
    const rounds = events.flatMap((e) => (e.type === 'scoring.round-proposed' ? [e.data] : []));
    if (rounds.length > 0) return { rounds, decided: decided(state) };
    if (state.proposal === null) throw new Problem('no-proposal');
    const places = events.flatMap((e) => (e.type === 'scoring.proposed' ? e.data.places : []));
    return {
      digest: state.proposal,
      signed: state.signed,
      seed: state.opened!.seed,
      cardsDigest: state.opened!.digest,
      places,
      decided: decided(state),
      vote: await this.vote(tenant, call),
    };
  }

  /** What residents said, beside what the rules propose. */
  private async vote(tenant: string, call: string) {
    const { state } = await this.desk.parts.runner.look(tally, tallyStream(tenant, call));
    if (state.counted === null) return null;
    const { ballots, voters, digest, votes } = state.counted;
    return { ballots, voters, digest, support: state.opened!.projects.map(({ application }, i) => ({ application, votes: votes[i]! })) };
  }

  @Describe('signProposal', 'Signs the committee’s proposal', Done)
  @Post('proposal/signature')
  @HttpCode(200)
  sign(@Actor() caller: Caller, @CommandId() commandId: string, @Id('call') call: string, @Body() body: SignProposal): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, call }));
  }

  @Describe('recordReading', 'Says yes or no to each criterion of a rolling call', Done)
  @Post('readings')
  @HttpCode(200)
  read(@Actor() caller: Caller, @CommandId() commandId: string, @Id('call') call: string, @Body() body: RecordReading): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, call }));
  }

  @Describe('proposeRound', 'Puts a round of a rolling call together now', Done, { description: 'Beside the weekly ones.' })
  @Post('rounds')
  @HttpCode(200)
  round(@Actor() caller: Caller, @CommandId() commandId: string, @Id('call') call: string): Promise<unknown> {
    return this.bus.execute(order(new ProposeRound(), { caller, commandId, call }));
  }

  @Describe('decideApplications', 'Decides applications, each with its reason', Done, {
    description: 'A departure from the proposal needs a code and words.',
  })
  @Post('decisions')
  @HttpCode(200)
  decide(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('call') call: string,
    @Body() body: DecideApplications,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, call }));
  }

  @Describe('sendNotices', 'Tells addressees of their decisions; their appeal windows follow', Done)
  @Post('notices')
  @HttpCode(200)
  notify(@Actor() caller: Caller, @CommandId() commandId: string, @Id('call') call: string, @Body() body: SendNotice): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, call }));
  }

  @Describe('publishDecisions', 'Publishes decisions; the residents’ appeal window follows', Done)
  @Post('publication')
  @HttpCode(200)
  publish(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('call') call: string,
    @Body() body: PublishDecisions,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, call }));
  }
}

const decided = (state: ScoringState) =>
  Object.entries(state.decided).map(([application, { result, cents, decidedOn, freed, published }]) => ({
    application,
    result,
    cents,
    decidedOn,
    freed,
    published,
  }));
