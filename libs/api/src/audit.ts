import { createHmac } from 'node:crypto';
import { aggregates } from '@minipilot/grants/aggregates.js';
import { call } from '@minipilot/grants/call/call.js';
import { catalogue } from '@minipilot/grants/catalogue.js';
import { pilot, type PilotState } from '@minipilot/grants/pilot/pilot.js';
import { leftForRound, placesDigest, ranking, scoring, type ScoringFacts, type ScoringState } from '@minipilot/grants/scoring/scoring.js';
import { votedProposal } from '@minipilot/grants/scoring/voted.js';
import type { OpenedCard, ScoringEvent } from '@minipilot/grants/scoring/events.js';
import { rollingRound, type Place, type RoundPlace } from '@minipilot/grants/selection/selection.js';
import {
  batchStream,
  callStream,
  ledgerStream,
  pilotStream,
  scorebookId,
  scorebookStream,
  scoringStream,
  tallyStream,
} from '@minipilot/grants/streams.js';
import { tally, votesOf } from '@minipilot/grants/tally/tally.js';
import { fold, parseStream, type Aggregate } from '@minipilot/kernel/decider.js';
import type { Position, Recorded } from '@minipilot/kernel/event.js';
import { flowReacted } from '@minipilot/kernel/flow.js';
import { jcs, sha256 } from '@minipilot/kernel/ids.js';
import type { Instant } from '@minipilot/kernel/time.js';
import type { Policy } from '@minipilot/grants/policy/events.js';
import { isId } from '@minipilot/platform/http/fields.js';
import { verifyCommitment } from '@minipilot/platform/privacy/sealer.js';
import type { EventStore } from '@minipilot/platform/store/port.js';

type Reader = Pick<EventStore, 'read'>;
const history = async (store: Reader, stream: string): Promise<Recorded[]> =>
  (await store.read(stream)).events.map((e) => catalogue.upcast(e));

/** Where people stand in events; everywhere else ids are ids of things. */
const PEOPLE = new Set([
  'actor',
  'applicant',
  'recipient',
  'helper',
  'helpers',
  'filedBy',
  'appellant',
  'completedBy',
  'deciders',
  'decider',
  'member',
  'members',
  'chair',
  'reader',
  'by',
  'preparedBy',
  'approvedBy',
  'acceptedBy',
  'subject',
  'to',
]);

/** Replaces random ids of people by what `alias` calls them; flows keep their names, and so does what only stands where people do. */
export function withAliases(value: unknown, alias: (subject: string) => string | undefined): unknown {
  const walk = (v: unknown, person: boolean): unknown => {
    if (typeof v === 'string') return person && isId(v) ? alias(v) : v;
    if (Array.isArray(v)) return v.map((item) => walk(item, person)).filter((item) => item !== undefined);
    if (v !== null && typeof v === 'object')
      return Object.fromEntries(Object.entries(v).map(([k, item]) => [k, walk(item, PEOPLE.has(k))]));
    return v;
  };
  return walk(value, false);
}

/** Leaves out random ids of people. */
export const withoutPeople = <T>(value: T): T => withAliases(value, () => undefined) as T;

/** A name that stands for a person: the same person has the same one, and it says nothing else. */
export const pseudonym = (key: Buffer, subject: string): string =>
  `person ${createHmac('sha256', key).update(`alias|${subject}`).digest('hex').slice(0, 10)}`;

export interface Replay {
  stream: string;
  /** the revision and instant up to which events were folded */
  revision: number;
  at: Instant;
  state: unknown;
  /** the event that made this state */
  event: Recorded;
  /** revisions of the whole stream */
  of: number;
}

/** The state of a stream at a revision or instant, by default now; null where it had no event yet. */
export async function replay(
  store: Reader,
  stream: string,
  until: { revision?: number; at?: Instant } = {},
): Promise<(Replay & { events: Recorded[] }) | null> {
  const { category } = parseStream(stream);
  const aggregate = aggregates.find((a) => a.category === category) as Aggregate<never, unknown, never, never> | undefined;
  const all = await history(store, stream);
  const events = all.filter(
    (e) => (until.revision === undefined || e.revision <= until.revision) && (until.at === undefined || e.at <= until.at),
  );
  const last = events.at(-1);
  if (last === undefined) return null;
  const state = aggregate === undefined ? null : fold(aggregate, events as never[]);
  return { stream, revision: last.revision, at: last.at, state, event: last, of: all.length - 1, events };
}

export interface MoneyStep {
  at: Instant;
  step: string;
  cents: number;
  entries: unknown;
  batch?: string;
  reference?: string;
  effectiveOn?: string;
  /** the event that the posting follows from */
  cause: { type: string; stream: string; revision: number; actor: string } | null;
}

/** One grant's money from budget line to bank reference and back. */
export async function followMoney(store: Reader, tenant: string, pilotKey: string) {
  const own = await history(store, pilotStream(tenant, pilotKey));
  const callId = own[0]?.data['call'] as string | undefined;
  if (callId === undefined) return null;
  const announced = (await history(store, callStream(tenant, callId))).findLast((e) => e.type === 'call.announced');
  const postings = (await history(store, ledgerStream(tenant, callId))).filter((e) => e.data['pilot'] === pilotKey);
  const causes = new Map(own.map((e) => [e.id, e]));
  const batches = [...new Set(postings.flatMap((p) => (typeof p.data['batch'] === 'string' ? [p.data['batch']] : [])))];
  const batchEvents = (await Promise.all(batches.map((b) => history(store, batchStream(tenant, b))))).flat();
  for (const e of batchEvents) causes.set(e.id, e);
  const steps: MoneyStep[] = postings.map(({ at, data }) => {
    const cause = causes.get(data['cause'] as string);
    const { step, cents, entries, batch, reference, effectiveOn } = data as unknown as MoneyStep;
    const by = cause === undefined ? null : { type: cause.type, stream: cause.stream, revision: cause.revision, actor: cause.actor };
    return {
      at,
      step,
      cents,
      entries,
      ...(batch ? { batch } : {}),
      ...(reference ? { reference } : {}),
      ...(effectiveOn ? { effectiveOn } : {}),
      cause: by,
    };
  });
  const approvals = batchEvents
    .filter((e) => ['batch.prepared', 'batch.approved', 'batch.approval-voided', 'batch.released'].includes(e.type))
    .map(({ type, at, actor, data }) => ({ type, at, actor, batch: data['batch'] }));
  const report = own.findLast((e) => e.type === 'pilot.reported')?.data ?? null;
  const content = announced?.data['content'] as { budget: unknown; authority: unknown } | undefined;
  return {
    pilot: pilotKey,
    call: callId,
    budget: content?.budget ?? null,
    authority: content?.authority ?? null,
    steps,
    approvals,
    report,
  };
}

export interface Recomputed {
  call: string;
  method: string;
  same: boolean;
  /** what was checked and found right */
  checked: string[];
  differences: string[];
  /** decisions that depart from the proposal, each with its code */
  departures: {
    application: string;
    proposed: string | null;
    decided: string;
    code: string;
    event: string;
    /** the appeal that it came of, and its event that says so */
    appeal: { appeal: string; outcome: string; section: string } | null;
  }[];
}

/** Computes the proposal of a call again from its events alone and compares. Null where nothing was proposed. */
export async function recompute(store: Reader, tenant: string, callId: string): Promise<Recomputed | null> {
  const callEvents = await history(store, callStream(tenant, callId));
  const callState = fold(call, callEvents as never[]);
  /** as it was before an event of the log: its budget may have been raised since */
  const callBefore = (position: Position) => fold(call, callEvents.filter((e) => e.position < position) as never[]);
  const events = (await history(store, scoringStream(tenant, callId))) as unknown as (Recorded & ScoringEvent)[];
  if (callState.content === null || !events.some((e) => e.type === 'scoring.proposed' || e.type === 'scoring.round-proposed')) return null;
  const checked: string[] = [];
  const differences: string[] = [];
  const expect = (what: string, holds: boolean) => void (holds ? checked : differences).push(what);
  expect('the rules have the hash that was announced', sha256(jcs(callState.content.rules)) === callState.rulesHash);

  const pilotBefore = async (id: string, position: Position) =>
    fold(pilot, (await history(store, pilotStream(tenant, id))).filter((e) => e.position < position) as never[]);
  const { method } = callState.content.rules;
  if (method === 'rolling') await recomputeRounds();
  else if (method === 'equal-shares') await recomputeVote();
  else await recomputeRanking();
  const departures = events.flatMap((e) =>
    e.type === 'scoring.decided' && e.data.departure !== null
      ? [
          {
            application: e.data.application,
            proposed: e.data.departure.proposed,
            decided: e.data.result,
            code: e.data.departure.code,
            event: e.id,
            appeal:
              e.data.appeal === null ? null : { appeal: e.data.appeal.appeal, outcome: e.data.appeal.outcome, section: e.data.section },
          },
        ]
      : [],
  );
  return { call: callId, method: callState.content.rules.method, same: differences.length === 0, checked, differences, departures };

  async function recomputeRanking(): Promise<void> {
    const until = events.findIndex((e) => e.type === 'scoring.proposed');
    const state = fold(scoring, events.slice(0, until) as never[]);
    const applications = state.started!.applications;
    const { position } = events[until]!;
    const facts = { call: callBefore(position), pilots: {} as Record<string, PilotState> };
    for (const id of applications) facts.pilots[id] = await pilotBefore(id, position);
    expect('the lot’s seed is the one that was committed to', sha256(Buffer.from(state.opened!.seed, 'hex')) === callState.lotHash);
    const wrong = await wrongCommitments(state.cards);
    expect(`all ${state.cards.length} opened cards are the ones that were sealed`, wrong.length === 0);
    for (const card of wrong) differences.push(`card ${card.card} opens to something else than what was sealed`);
    const { places, cardsDigest } = ranking(applications, facts as ScoringFacts, state.cards, state.opened!.seed, state.opened!.digestForm);
    expect('the digest of the cards is the one recorded', cardsDigest === state.opened!.digest);
    compareProposal(places);
  }

  async function recomputeVote(): Promise<void> {
    const state = fold(tally, (await history(store, tallyStream(tenant, callId))) as never[]);
    const { opened, ballots, counted, boxClosed } = state;
    const { data: revealed, position } = events.find((e) => e.type === 'scoring.opened')!;
    expect('there are as many ballots as voters', ballots.length === counted!.ballots && counted!.ballots === counted!.voters);
    const voters = (boxClosed?.voters ?? 0) + state.imported.length;
    expect('the ballots are those that lay in the box and those that were read in', counted!.voters === voters);
    expect('the counts are those of the ballots', jcs(votesOf(opened!, ballots)) === jcs(counted!.votes));
    expect('the lot’s seed is the one that was committed to', sha256(Buffer.from(revealed.seed, 'hex')) === callState.lotHash);
    const pilots: Record<string, PilotState> = {};
    for (const { application } of opened!.projects) pilots[application] = await pilotBefore(application, position);
    const { places, ballotsDigest } = votedProposal(state, callBefore(position), pilots, revealed.seed);
    expect('the digest of the ballots is the one recorded', ballotsDigest === revealed.digest && ballotsDigest === counted!.digest);
    compareProposal(places);
  }

  function compareProposal(places: readonly Place[]): void {
    compare(
      places,
      events.flatMap((e) => (e.type === 'scoring.proposed' ? e.data.places : [])),
    );
    const recorded = events.flatMap((e) => (e.type === 'scoring.proposed' && e.data.last ? [e.data.digest] : []))[0];
    expect('the digest of the proposal is the one recorded', recorded === placesDigest(places));
  }

  async function wrongCommitments(cards: readonly OpenedCard[]): Promise<OpenedCard[]> {
    const wrong: OpenedCard[] = [];
    for (const member of new Set(cards.map((c) => c.member))) {
      const book = new Map((await history(store, scorebookStream(tenant, scorebookId(callId, member)))).map((e) => [e.id, e]));
      for (const card of cards.filter((c) => c.member === member)) {
        const com = book.get(card.card)?.sealed?.find((s) => s.purpose === 'scores')?.com;
        const { application, values, salt } = card;
        if (com === undefined || !verifyCommitment(com, salt, { v: 1, application, values })) wrong.push(card);
      }
    }
    return wrong;
  }

  async function recomputeRounds(): Promise<void> {
    let state: ScoringState = scoring.initial;
    for (const event of events) {
      if (event.type === 'scoring.round-proposed') {
        const { round, places, leftCents, seed, digest, readingsDigest } = event.data;
        const ids = new Set(places.map((p) => p.application));
        const applications = [];
        for (const id of ids) {
          const { application } = await pilotBefore(id, event.position);
          applications.push({ id, askedCents: application!.askedCents, arrivedAt: application!.arrivedAt });
        }
        if (seed !== null)
          expect(`round ${round}: the lot’s seed is the one that was committed to`, sha256(Buffer.from(seed, 'hex')) === callState.lotHash);
        const then: Record<string, PilotState> = {};
        for (const id of Object.keys(state.proposed)) then[id] = await pilotBefore(id, event.position);
        const left = leftForRound(state, { call: callBefore(event.position), pilots: then });
        expect(`round ${round}: the money left is what was left`, left === leftCents);
        const again = rollingRound({
          rules: callState.content!.rules,
          leftCents,
          applications,
          readings: state.readings.filter((r) => ids.has(r.application)),
          readersNeeded: callState.content!.rules.readers ?? 1,
          seed,
          form: seed !== null && readingsDigest === null ? 'v1' : 'v2',
        });
        if (readingsDigest !== null)
          expect(`round ${round}: the digest of the readings is the one recorded`, readingsDigest === again.readingsDigest);
        compare(again.places, places, `round ${round}: `);
        expect(`round ${round}: the digest is the one recorded`, digest === placesDigest(again.places));
      }
      state = scoring.evolve(state, event);
    }
  }

  function compare(computed: readonly (Place | RoundPlace)[], recorded: readonly (Place | RoundPlace)[], where = ''): void {
    const before = differences.length;
    const byId = new Map(recorded.map((p) => [p.application, p]));
    for (const place of computed) {
      const was = byId.get(place.application);
      if (was === undefined) differences.push(`${where}${place.application} is missing in the record`);
      else if (jcs(was) !== jcs(place)) differences.push(`${where}${place.application} was ${jcs(was)}, computed ${jcs(place)}`);
    }
    if (computed.length !== recorded.length)
      differences.push(`${where}${recorded.length} places are recorded, ${computed.length} computed`);
    if (differences.length === before) checked.push(`${where}${computed.length} places are the same`);
  }
}

/** The policy in force at an instant, for whoever asks under which rules something was decided. */
export async function policyAt(store: Reader, tenant: string, at: Instant): Promise<Policy | null> {
  const found = await replay(store, `${tenant}.policy`, { at });
  return (found?.state as Policy | null) ?? null;
}

/** How much of a municipality's history there is. */
export interface HistorySize {
  /** all events but those of sealed books, and those among them by which flows keep their books */
  events: number;
  reactions: number;
  streams: number;
}

/** How much members or voters have written is nobody’s business before the close. */
const SEALED_BOOKS: ReadonlySet<string> = new Set(['scorebook', 'vote']);

/** Most events that one turn of counting reads. */
const COUNTED_AT_ONCE = 2_000;

/** Counts events by municipality; what was counted once is not read again. */
export class HistoryCount {
  private readonly sizes = new Map<string, HistorySize>();
  private position: Position | null = null;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly store: Pick<EventStore, 'readAll'>) {}

  async of(tenant: string): Promise<HistorySize> {
    this.turn = this.turn.then(
      () => this.goOn(),
      () => this.goOn(),
    );
    await this.turn;
    return this.sizes.get(tenant) ?? { events: 0, reactions: 0, streams: 0 };
  }

  private async goOn(): Promise<void> {
    for (;;) {
      const events = await this.store.readAll(this.position, COUNTED_AT_ONCE);
      for (const { tenant, type, stream, revision } of events) {
        if (SEALED_BOOKS.has(parseStream(stream).category)) continue;
        const { events, reactions, streams } = this.sizes.get(tenant) ?? { events: 0, reactions: 0, streams: 0 };
        const counted = {
          events: events + 1,
          reactions: reactions + (type === flowReacted.type ? 1 : 0),
          streams: streams + (revision === 0 ? 1 : 0),
        };
        this.sizes.set(tenant, counted);
      }
      this.position = events.at(-1)?.position ?? this.position;
      if (events.length < COUNTED_AT_ONCE) return;
    }
  }
}
