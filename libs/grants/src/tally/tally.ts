import { reject, type Aggregate, type FactSources, type Rejected } from '@minipilot/kernel/decider.js';
import type { Position, Recorded } from '@minipilot/kernel/event.js';
import { sha256 } from '@minipilot/kernel/ids.js';
import type { Instant } from '@minipilot/kernel/time.js';
import { call as callAggregate, takesPart, type CallState } from '../call/call.js';
import { isLive, pilot, type PilotState } from '../pilot/pilot.js';
import { startsFormula } from '../selection/pabulib.js';
import { ballotsDigest, type OpenedBallot as VotedBallot } from '../selection/voted.js';
import { callStream, pilotStream, tallyStream } from '../streams.js';
import { bytesFor, TRACKER, written } from '../vote/codes.js';
import type { Ballot } from '../vote/events.js';
import { ballotProblem } from '../vote/ballot.js';
import type { OpenedBallot, TallyEvent } from './events.js';

export type TallyCommand = { call: string } & (
  | { type: 'PublishProjects'; projects: { application: string; title: string; summary: string }[] }
  /** `opensAt` null: at once */
  | { type: 'OpenVote'; opensAt: Instant | null; closesAt: Instant; online: boolean; paper: boolean }
  | { type: 'OrderCodes'; count: number; place: string }
  | { type: 'ImportBallots'; source: string; ballots: number[][]; digest: string; complete: boolean }
  | { type: 'CloseBox'; effectiveAt: Instant }
  | { type: 'OpenBallots'; page: number }
  | { type: 'RecordBoxKeyDestroyed' }
);

type DataOf<T extends TallyEvent['type']> = Extract<TallyEvent, { type: T }>['data'];
export type OpenedVote = DataOf<'tally.vote-opened'>;
export type Count = DataOf<'tally.counted'>;

export interface TallyState {
  published: Readonly<Record<string, { title: string; summary: string }>>;
  opened: OpenedVote | null;
  codes: number;
  imported: readonly (readonly number[])[];
  importDigests: readonly string[];
  /** all ballots on paper are there */
  paperDone: boolean;
  boxClosed: { voters: number; digest: string } | null;
  ballotPages: number;
  ballots: readonly OpenedBallot[];
  counted: Count | null;
  keyDestroyed: boolean;
}

export interface TallyFacts {
  call: CallState;
  pilots: Readonly<Record<string, PilotState>>;
  /** public key of a box made for this call; only for OpenVote */
  boxKey: string | null;
  /** the last ballot of each voter; only for CloseBox and OpenBallots */
  casts: readonly Recorded[];
  /** what those hold, in their order, null where one cannot be opened; only for OpenBallots */
  opened: readonly (Ballot | null)[];
  /** from it follow the trackers of ballots on paper; only for OpenBallots where there are some */
  paperSecret: string | null;
}

/** Keys and contents of ballot boxes. Only the process that counts can open a ballot. */
export interface BallotBox {
  /** makes the keys of a call's box, once; the public one in hex */
  prepare(tenant: string, call: string): Promise<string>;
  /** every `vote.cast` of the call after one position and before another, or until now, in the order of the log */
  casts(tenant: string, call: string, after: Position, before: Position | null): Promise<Recorded[]>;
  open(tenant: string, call: string, casts: readonly Recorded[]): Promise<(Ballot | null)[]>;
  /** a secret of the call for its ballots on paper, the same until the box is destroyed */
  paperSecret(tenant: string, call: string): Promise<string>;
}

/** A call's ballots without their voters: what may be chosen, when, what came out. Only the tallying flow closes and counts. */
export const tally: Aggregate<TallyCommand, TallyState, TallyEvent, TallyFacts> = {
  category: 'tally',
  initial: {
    published: {},
    opened: null,
    codes: 0,
    imported: [],
    importDigests: [],
    paperDone: false,
    boxClosed: null,
    ballotPages: 0,
    ballots: [],
    counted: null,
    keyDestroyed: false,
  },

  evolve(state, event) {
    switch (event.type) {
      case 'tally.project-published': {
        const { application, title, summary } = event.data;
        return { ...state, published: { ...state.published, [application]: { title, summary } } };
      }
      case 'tally.vote-opened':
        return { ...state, opened: event.data };
      case 'tally.codes-ordered':
        return { ...state, codes: state.codes + event.data.count };
      case 'tally.ballots-imported':
        return {
          ...state,
          imported: [...state.imported, ...event.data.ballots],
          importDigests: [...state.importDigests, event.data.digest],
        };
      case 'tally.paper-completed':
        return { ...state, paperDone: true };
      case 'tally.box-closed':
        return { ...state, boxClosed: { voters: event.data.voters, digest: event.data.digest } };
      case 'tally.ballots-opened':
        return { ...state, ballotPages: event.data.page + 1, ballots: [...state.ballots, ...event.data.ballots] };
      case 'tally.counted':
        return { ...state, counted: event.data };
      case 'tally.box-key-destroyed':
        return { ...state, keyDestroyed: true };
    }
  },

  facts: gatherFacts,

  decide(command, state, facts, occasion): TallyEvent[] | Rejected {
    const { content, status, closed } = facts.call;
    if (content === null || status !== 'announced') return reject(status === 'cancelled' ? 'call-cancelled' : 'call-not-found');
    const rules = content.rules.vote;
    if (rules === undefined) return reject('call-without-vote');
    if (command.type === 'PublishProjects') {
      if (state.opened !== null) return reject('vote-already-opened');
      const stranger = command.projects.findIndex(({ application }) => facts.pilots[application]?.call !== command.call);
      if (stranger >= 0) return reject('application-not-found', {}, `/projects/${stranger}/application`);
      const formula = command.projects.findIndex(({ title }) => startsFormula(title));
      if (formula >= 0) return reject('title-like-formula', {}, `/projects/${formula}/title`);
      return command.projects
        .filter(({ application, title, summary }) => {
          const before = state.published[application];
          return before?.title !== title || before.summary !== summary;
        })
        .map((data) => ({ type: 'tally.project-published', data }));
    }
    if (command.type === 'OpenVote') {
      if (state.opened !== null) return reject('vote-already-opened');
      if (!closed) return reject('call-still-open', { closesAt: content.closesAt });
      const { closesAt, online, paper } = command;
      const opensAt = command.opensAt ?? occasion.now;
      if (!online && !paper) return reject('vote-without-channel', {}, '/online');
      if (opensAt >= closesAt) return reject('vote-times', {}, '/closesAt');
      if (online && opensAt < occasion.now) return reject('deadline-in-past', {}, '/opensAt');
      const projects = candidates(facts);
      if (projects.length < Math.max(rules.ballot.min, 1)) return reject('vote-too-few-projects', { projects: projects.length });
      if (projects.length > 1000) return reject('vote-too-many-projects', { projects: projects.length, max: 1000 });
      const bare = projects.filter(({ application }) => !(application in state.published)).length;
      if (bare > 0) return reject('projects-unpublished', { count: bare });
      const selects = content.rules.method === 'equal-shares';
      const boxKey = online ? facts.boxKey! : null;
      return [{ type: 'tally.vote-opened', data: { call: command.call, projects, opensAt, closesAt, boxKey, paper, selects } }];
    }

    const { opened } = state;
    if (opened === null) return reject('vote-not-found');
    switch (command.type) {
      case 'OrderCodes':
        if (opened.boxKey === null) return reject('vote-not-found');
        if (state.boxClosed !== null || occasion.now >= opened.closesAt) return reject('vote-closed', { closesAt: opened.closesAt });
        return [{ type: 'tally.codes-ordered', data: { count: command.count, place: command.place } }];
      case 'ImportBallots': {
        if (!opened.paper) return reject('vote-not-on-paper');
        if (state.counted !== null || state.paperDone) return reject('ballots-complete');
        if (state.importDigests.includes(command.digest)) return reject('file-already-imported');
        for (const [i, choices] of command.ballots.entries()) {
          const problem = ballotProblem(opened.projects.length, rules.ballot, choices, `/ballots/${i}`);
          if (problem !== null) return problem;
        }
        const { source, digest, complete } = command;
        const ballots = withoutOrder(command.ballots);
        const imported: TallyEvent = { type: 'tally.ballots-imported', data: { source, ballots, digest } };
        if (!complete) return [imported];
        return [imported, { type: 'tally.paper-completed', data: { imported: state.imported.length + ballots.length } }];
      }
      case 'CloseBox':
        if (state.boxClosed !== null || opened.boxKey === null) return [];
        if (occasion.now < opened.closesAt) return reject('vote-still-open', { closesAt: opened.closesAt });
        return [
          {
            type: 'tally.box-closed',
            data: { effectiveAt: command.effectiveAt, voters: facts.casts.length, digest: castsDigest(facts.casts) },
          },
        ];
      case 'OpenBallots':
        if (command.page < state.ballotPages || !isReady(state)) return [];
        return openBallots(command.page, state, opened, rules.ballot, facts);
      case 'RecordBoxKeyDestroyed':
        if (state.counted === null || state.keyDestroyed || opened.boxKey === null) return [];
        return [{ type: 'tally.box-key-destroyed', data: { boxKey: opened.boxKey } }];
    }
  },
};

async function gatherFacts(command: TallyCommand, sources: FactSources): Promise<TallyFacts> {
  const { tenant } = sources;
  const facts: TallyFacts = {
    call: await sources.fold(callAggregate, callStream(tenant, command.call)),
    pilots: {},
    boxKey: null,
    casts: [],
    opened: [],
    paperSecret: null,
  };
  const pilots: Record<string, PilotState> = {};
  const touched =
    command.type === 'PublishProjects'
      ? command.projects.map((p) => p.application)
      : command.type === 'OpenVote'
        ? facts.call.applications
        : [];
  for (const id of touched) pilots[id] = await sources.fold(pilot, pilotStream(tenant, id));
  const box = () => sources.port<BallotBox>('ballot-box');
  if (command.type === 'OpenVote') {
    const makes = command.online && facts.call.content?.rules.vote !== undefined && facts.call.closed;
    return { ...facts, pilots, boxKey: makes ? await box().prepare(tenant, command.call) : null };
  }
  if (command.type !== 'CloseBox' && command.type !== 'OpenBallots') return { ...facts, pilots };
  const own = await sources.history(tallyStream(tenant, command.call));
  const opened = own.find((e) => e.type === 'tally.vote-opened');
  if (opened === undefined || own.some((e) => e.type === 'tally.counted')) return facts;
  const secret = command.type === 'OpenBallots' && opened.data['paper'] === true;
  const paperSecret = secret ? await box().paperSecret(tenant, command.call) : null;
  if (opened.data['boxKey'] === null) return { ...facts, paperSecret };
  const closed = own.find((e) => e.type === 'tally.box-closed');
  if ((closed === undefined) !== (command.type === 'CloseBox')) return { ...facts, paperSecret };
  const casts = lastOfEach(await box().casts(tenant, command.call, opened.position, closed?.position ?? null));
  return { ...facts, paperSecret, casts, opened: command.type === 'CloseBox' ? [] : await box().open(tenant, command.call, casts) };
}

/** The newest ballot of each voter; whatever the order they come in. */
export function lastOfEach(casts: readonly Recorded[]): Recorded[] {
  const last = new Map<string, Recorded>();
  for (const cast of casts) if ((last.get(cast.stream)?.revision ?? -1) < cast.revision) last.set(cast.stream, cast);
  return [...last.values()];
}

const castsDigest = (casts: readonly Recorded[]): string =>
  sha256(
    casts
      .map((e) => e.id)
      .sort()
      .join('\n'),
  );

/** Applications that take part after the check, in the order of the ballot: of their ids, which mean nothing. */
function candidates(facts: TallyFacts): OpenedVote['projects'] {
  return [...facts.call.applications].sort().flatMap((application) => {
    const p = facts.pilots[application]!;
    if (!isLive(p) || !takesPart(facts.call, application, p.application!.late) || p.check?.suggestion === 'ineligible') return [];
    return [{ application, cents: p.application!.askedCents, district: p.application!.district }];
  });
}

/** Everything that counts is there, and is not counted yet. */
export const isReady = ({ opened, boxClosed, paperDone, counted }: TallyState): boolean =>
  opened !== null && counted === null && (opened.boxKey === null || boxClosed !== null) && (!opened.paper || paperDone);

/** Most ballots on one page, so that it stays below the store's limit however many choices each has. */
const pageSize = (most: number): number => Math.floor(200_000 / (60 + 5 * most));

/**
 * One page of all ballots in the order of their trackers; with the last one, the count. A ballot that cannot be opened or breaks the rules
 * throws: the count stops for people to look, with all keys still there.
 */
function openBallots(
  page: number,
  state: TallyState,
  opened: OpenedVote,
  rules: { min: number; max: number; kind: 'approval' },
  facts: TallyFacts,
): TallyEvent[] {
  const expected = state.boxClosed ?? { voters: 0, digest: castsDigest([]) };
  if (facts.casts.length !== expected.voters || castsDigest(facts.casts) !== expected.digest)
    throw new RangeError('the box does not hold what it held when it was closed');
  const cast = facts.opened.map((ballot) => {
    if (ballot === null) throw new RangeError('a ballot cannot be opened');
    return { tracker: ballot.tracker, choices: [...ballot.choices].sort((a, b) => a - b) };
  });
  const imported = state.imported.map((choices, i) => ({
    tracker: importTracker(facts.paperSecret, i),
    choices: [...choices].sort((a, b) => a - b),
  }));
  const all = [...cast, ...imported].sort((a, b) => (a.tracker < b.tracker ? -1 : a.tracker > b.tracker ? 1 : 0));
  for (const { choices } of all)
    if (ballotProblem(opened.projects.length, rules, choices) !== null) throw new RangeError('a ballot breaks the rules of the vote');
  if (new Set(all.map((b) => b.tracker)).size !== all.length) throw new RangeError('two ballots have one tracker');
  const size = pageSize(rules.max);
  const ballots = all.slice(page * size, (page + 1) * size);
  const last = (page + 1) * size >= all.length;
  const events: TallyEvent[] = [{ type: 'tally.ballots-opened', data: { page, ballots, last } }];
  if (last)
    events.push({
      type: 'tally.counted',
      data: {
        ballots: all.length,
        voters: expected.voters + imported.length,
        imported: imported.length,
        votes: votesOf(opened, all),
        digest: ballotsDigest(votedBallots(opened, all)),
      },
    });
  return events;
}

/**
 * Nobody looks for a ballot on paper, but each needs a name of its own among the others. It follows from a secret that is destroyed
 * after the count: else everybody could pick out the ballots on paper among those cast here.
 */
function importTracker(secret: string | null, index: number): string {
  if (secret === null) throw new RangeError('ballots on paper have no secret');
  return written(TRACKER, Buffer.from(sha256('minipilot/imported-ballot/v2', secret, String(index)), 'hex').subarray(0, bytesFor(TRACKER)));
}

/** Ballots sorted by what is on them, which is all that may be known of them: the order of a file is that of a pile, or of voters. */
const withoutOrder = (ballots: readonly (readonly number[])[]): number[][] =>
  ballots
    .map((choices) => [...choices].sort((a, b) => a - b))
    .sort((a, b) => {
      const at = a.findIndex((choice, i) => choice !== b[i]);
      return at < 0 ? a.length - b.length : a[at]! - (b[at] ?? 0);
    });

/** SHA-256 by which a file of ballots is known again however it is written: of its voter ids and their choices, in an order of their own. */
export const paperFile = (ballots: readonly { voter: string; choices: readonly number[] }[]): string =>
  sha256(
    'minipilot/paper-file/v1',
    ...ballots.map(({ voter, choices }) => JSON.stringify([voter, ...[...choices].sort((a, b) => a - b)])).sort(),
  );

/** Ballots that choose each project, number 1 first. */
export function votesOf(opened: Pick<OpenedVote, 'projects'>, ballots: readonly OpenedBallot[]): number[] {
  const votes = opened.projects.map(() => 0);
  for (const { choices } of ballots) for (const choice of choices) votes[choice - 1]!++;
  return votes;
}

/** Ballots with the applications themselves instead of their numbers. */
export const votedBallots = ({ projects }: Pick<OpenedVote, 'projects'>, ballots: readonly OpenedBallot[]): VotedBallot[] =>
  ballots.map(({ tracker, choices }) => ({ tracker, choices: choices.map((choice) => projects[choice - 1]!.application) }));
