import { reject, type Aggregate, type FactSources, type Occasion, type Rejected } from '@minipilot/kernel/decider.js';
import { localDate } from '@minipilot/kernel/time.js';
import { call, grantableCents, takesPart } from '../call/call.js';
import { messages, type MessagesState } from '../messages/messages.js';
import type { DecisionResult } from '../pilot/events.js';
import { helpedBy, isLive, isParty, pilot, type PilotState } from '../pilot/pilot.js';
import { policyOf } from '../policy/policy.js';
import { scorebook } from '../scorebook/scorebook.js';
import { byText } from '../selection/exact.js';
import { ranked, rollingRound, type DigestForm } from '../selection/selection.js';
import { callStream, messagesStream, pilotStream, scorebookId, scorebookStream } from '../streams.js';
import { afterDecision, decideAfterAppeal, nextWaiting } from './after-decision.js';
import type { OpenedCard, ScoringEvent } from './events.js';
import {
  CARD_PAGE,
  evolve,
  initial,
  PLACE_PAGE,
  placesDigest,
  ROUND_PLACES,
  type DecisionItem,
  type LotSeeds,
  type ScoringCommand,
  type ScoringFacts,
  type ScoringState,
} from './state.js';
import { proposeByVote, votedFacts } from './voted.js';

export { nextWaiting, toPublish } from './after-decision.js';
export * from './state.js';

/** Committee, proposal and decisions of one call. It folds its own sums, so that a decision beyond the budget is refused here. */
export const scoring: Aggregate<ScoringCommand, ScoringState, ScoringEvent, ScoringFacts> = {
  category: 'scoring',
  initial,
  evolve,

  facts: gatherFacts,

  decide(command, state, facts, occasion) {
    if (facts.call.content === null || facts.call.status !== 'announced')
      return reject(facts.call.status === 'cancelled' ? 'call-cancelled' : 'call-not-found');
    switch (command.type) {
      case 'ComputeProposal':
        if (facts.call.content.rules.method === 'equal-shares') return proposeByVote(command, state, facts);
        return rankedSteps(command, state, facts, occasion);
      case 'StartScoring':
      case 'ExtendScoring':
      case 'OpenCards':
      case 'SignProposal':
        return rankedSteps(command, state, facts, occasion);
      case 'RecordReading':
      case 'ProposeRound':
        return rollingSteps(command, state, facts, occasion);
      case 'DecideApplications':
        return decideApplications(command, state, facts, occasion);
      case 'DecideAfterAppeal':
        return decideAfterAppeal(command, state, facts);
      default:
        return afterDecision(command, state, facts, occasion);
    }
  },
};

type Of<T extends ScoringCommand['type']> = Extract<ScoringCommand, { type: T }>;

async function gatherFacts(command: ScoringCommand, sources: FactSources): Promise<ScoringFacts> {
  const facts: ScoringFacts = {
    policy: await policyOf(sources),
    call: await sources.fold(call, callStream(sources.tenant, command.call)),
    pilots: {},
    cards: [],
    booksOpen: 0,
    seed: null,
    tally: null,
    told: {},
  };
  const own = await sources.fold(scoring, `${sources.tenant}.scoring-${command.call}`);
  const touched = {
    StartScoring: () => facts.call.applications,
    ComputeProposal: () => own.started?.applications ?? [],
    RecordReading: () => [(command as Of<'RecordReading'>).application],
    ProposeRound: () => [...new Set(own.readings.map((r) => r.application))].filter((id) => !(id in own.decided)),
    DecideApplications: () => (command as Of<'DecideApplications'>).decisions.map((d) => d.application),
    FreePlace: () => [(command as Of<'FreePlace'>).application],
    SendNotice: () => (command as Of<'SendNotice'>).applications,
    DecideAfterAppeal: () => [(command as Of<'DecideAfterAppeal'>).application],
  } as Partial<Record<ScoringCommand['type'], () => readonly string[]>>;
  const pilots: Record<string, PilotState> = {};
  for (const id of touched[command.type]?.() ?? []) pilots[id] = await sources.fold(pilot, pilotStream(sources.tenant, id));
  if (command.type === 'OpenCards' && own.started !== null) {
    const opened = await openBooks(command.call, own.started.members, sources);
    return { ...facts, pilots, ...opened, seed: await sources.port<LotSeeds>('lot-seeds').reveal(sources.tenant, command.call) };
  }
  if (command.type === 'ComputeProposal' && facts.call.content?.rules.method === 'equal-shares')
    return { ...facts, ...(await votedFacts(command.call, sources)) };
  // a call that was not announced has no lot
  if (command.type === 'ProposeRound' && facts.call.status === 'announced')
    return { ...facts, pilots, seed: await sources.port<LotSeeds>('lot-seeds').reveal(sources.tenant, command.call) };
  if (command.type !== 'SendNotice') return { ...facts, pilots };
  const told: Record<string, MessagesState> = {};
  for (const id of command.applications) told[id] = await sources.fold(messages, messagesStream(sources.tenant, id));
  return { ...facts, pilots, told };
}

/** The newest card of each member and application that the member had no conflict with, with values and salt. */
async function openBooks(callId: string, members: readonly string[], sources: FactSources) {
  const cards: OpenedCard[] = [];
  let booksOpen = 0;
  for (const member of members) {
    const stream = scorebookStream(sources.tenant, scorebookId(callId, member));
    const book = await sources.fold(scorebook, stream);
    if (!book.closed) booksOpen++;
    const newest = new Set(Object.values(book.cards));
    for (const event of (await sources.history(stream)).filter((e) => newest.has(e.id))) {
      const application = event.data['application'] as string;
      if (application in book.conflicts) continue;
      const opened = await sources.open(event, 'scores', callId);
      if (opened === null) continue;
      cards.push({ application, member, values: (opened.payload['values'] as number[] | null) ?? null, salt: opened.salt, card: event.id });
    }
  }
  cards.sort((a, b) => (a.application + a.member < b.application + b.member ? -1 : 1));
  return { cards, booksOpen };
}

function rankedSteps(
  command: Of<'StartScoring' | 'ExtendScoring' | 'OpenCards' | 'ComputeProposal' | 'SignProposal'>,
  state: ScoringState,
  facts: ScoringFacts,
  occasion: Occasion,
): ScoringEvent[] | Rejected {
  const content = facts.call.content!;
  if (content.rules.method === 'rolling') return reject('call-is-rolling');
  if (content.rules.method === 'equal-shares') return reject('call-is-voted');
  if (command.type === 'StartScoring') {
    if (state.started !== null) return reject('scoring-already-started');
    if (!facts.call.closed) return reject('call-still-open', { closesAt: content.closesAt });
    if (command.members.length < content.rules.minimumCards)
      return reject('too-few-members', { members: command.members.length, needed: content.rules.minimumCards }, '/members');
    if (new Set(command.members).size !== command.members.length) return reject('member-twice', {}, '/members');
    if (!command.members.includes(command.chair)) return reject('chair-not-member', {}, '/chair');
    if (command.closesAt <= occasion.now) return reject('deadline-in-past', {}, '/closesAt');
    const applications: string[] = [];
    const left: { application: string; why: 'late' | 'ineligible' | 'withdrawn' }[] = [];
    for (const application of facts.call.applications) {
      const p = facts.pilots[application]!;
      if (!isLive(p)) left.push({ application, why: 'withdrawn' });
      else if (!takesPart(facts.call, application, p.application!.late)) left.push({ application, why: 'late' });
      else if (p.check?.suggestion === 'ineligible') left.push({ application, why: 'ineligible' });
      else applications.push(application);
    }
    const { members, chair, closesAt } = command;
    return [{ type: 'scoring.started', data: { call: command.call, members, chair, applications, left, closesAt } }];
  }
  if (state.started === null) return reject('scoring-not-started');
  switch (command.type) {
    case 'ExtendScoring':
      if (state.cardPages > 0 || occasion.now >= state.started.closesAt)
        return reject('scoring-closed', { closesAt: state.started.closesAt });
      if (command.closesAt <= state.started.closesAt)
        return reject('deadline-only-later', { closesAt: state.started.closesAt }, '/closesAt');
      return [{ type: 'scoring.extended', data: { closesAt: command.closesAt } }];
    case 'OpenCards': {
      if (state.opened !== null || command.page < state.cardPages) return [];
      if (facts.booksOpen > 0) return reject('books-still-open', { books: facts.booksOpen });
      const page = facts.cards.slice(command.page * CARD_PAGE, (command.page + 1) * CARD_PAGE);
      const events: ScoringEvent[] = [{ type: 'scoring.cards-opened', data: { page: command.page, cards: page } }];
      if ((command.page + 1) * CARD_PAGE >= facts.cards.length) {
        const digest = ranking([], facts, facts.cards, facts.seed!, 'v2').cardsDigest;
        events.push({
          type: 'scoring.opened',
          data: { cards: facts.cards.length, digest, digestForm: 'v2', seed: facts.seed!, effectiveAt: command.effectiveAt },
        });
      }
      return events;
    }
    case 'ComputeProposal': {
      if (state.opened === null) return reject('scoring-still-open', { closesAt: state.started.closesAt });
      if (state.proposal !== null || command.page < state.proposalPages) return [];
      const { places, totalCents } = ranking(state.started.applications, facts, state.cards, state.opened.seed, state.opened.digestForm);
      const page = places.slice(command.page * PLACE_PAGE, (command.page + 1) * PLACE_PAGE);
      const last = (command.page + 1) * PLACE_PAGE >= places.length;
      const total = last ? { count: places.length, totalCents, digest: placesDigest(places) } : {};
      return [{ type: 'scoring.proposed', data: { page: command.page, places: page, last, ...total } }];
    }
    case 'SignProposal':
      if (state.proposal === null) return reject('no-proposal');
      if (occasion.actor !== state.started.chair) return reject('only-the-chair');
      if (command.digest !== state.proposal) return reject('other-proposal', { digest: state.proposal }, '/digest');
      if (state.signed) return reject('already-signed');
      return [{ type: 'scoring.proposal-signed', data: { digest: command.digest } }];
  }
}

/** The proposal of a ranked call as anyone can compute it from the opened cards. */
export function ranking(
  applications: readonly string[],
  facts: ScoringFacts,
  cards: readonly OpenedCard[],
  seed: string,
  form: DigestForm,
) {
  const content = facts.call.content!;
  return ranked({
    rules: content.rules,
    budgetCents: grantableCents(content),
    applications: applications.flatMap((id) => {
      const p = facts.pilots[id];
      return p === undefined || !isLive(p) ? [] : [{ id, district: p.application!.district, askedCents: p.application!.askedCents }];
    }),
    cards: cards.map(({ application, member, values, salt }) => ({ application, member, values, salt })),
    seed,
    form,
  });
}

/** Money of a rolling call that is neither granted nor promised to an earlier round that is still undecided. */
export function leftForRound(state: ScoringState, facts: Pick<ScoringFacts, 'call' | 'pilots'>): number {
  const pending = Object.entries(state.proposed)
    .filter(([id, p]) => p.result === 'proposed-grant' && !(id in state.decided) && facts.pilots[id]?.withdrawn !== true)
    .reduce((sum, [, p]) => sum + p.cents, 0);
  return grantableCents(facts.call.content!) - state.grantedCents - pending;
}

function rollingSteps(
  command: Of<'RecordReading' | 'ProposeRound'>,
  state: ScoringState,
  facts: ScoringFacts,
  occasion: Occasion,
): ScoringEvent[] | Rejected {
  const { rules } = facts.call.content!;
  if (rules.method !== 'rolling') return reject(rules.method === 'equal-shares' ? 'call-is-voted' : 'call-is-ranked');
  if (command.type === 'RecordReading') {
    const p = facts.pilots[command.application]!;
    if (p.call !== command.call || p.application === null) return reject('application-not-found');
    if (p.withdrawn) return reject('application-withdrawn');
    if (!takesPart(facts.call, command.application, p.application.late))
      return reject('application-late', { arrivedAt: p.application.arrivedAt });
    if (command.application in state.decided) return reject('already-decided');
    if (state.proposed[command.application]?.result === 'proposed-grant') return reject('already-proposed');
    if (helpedBy(p, occasion.actor)) return reject('helper-may-not-judge');
    if (isParty(p, occasion.actor)) return reject('own-application');
    if (command.values.length !== rules.criteria.length) return reject('card-criteria', { criteria: rules.criteria.length }, '/values');
    return [
      {
        type: 'scoring.reading-recorded',
        data: { application: command.application, reader: occasion.actor, values: command.values, salt: occasion.salt },
      },
    ];
  }
  const readersNeeded = rules.readers ?? 1;
  const read = (id: string) => state.readings.filter((r) => r.application === id).length >= readersNeeded;
  // what a round cannot hold comes into the next one
  const candidates = Object.entries(facts.pilots)
    .filter(([id, p]) => isLive(p) && state.proposed[id]?.result !== 'proposed-grant' && read(id))
    .sort(([a, p], [b, q]) => byText(p.application!.arrivedAt, q.application!.arrivedAt) || byText(a, b))
    .slice(0, ROUND_PLACES);
  const ids = new Set(candidates.map(([id]) => id));
  if (ids.size === 0) return [];
  const leftCents = leftForRound(state, facts);
  const round = rollingRound({
    rules,
    leftCents,
    applications: candidates.map(([id, p]) => ({ id, askedCents: p.application!.askedCents, arrivedAt: p.application!.arrivedAt })),
    readings: state.readings.filter((r) => ids.has(r.application)),
    readersNeeded,
    seed: facts.seed,
  });
  const { places } = round;
  // what stands proposed already is no news
  if (places.every((p) => state.proposed[p.application]?.result === p.result)) return [];
  return [
    {
      type: 'scoring.round-proposed',
      data: {
        round: state.rounds + 1,
        effectiveAt: command.effectiveAt,
        places,
        leftCents,
        digest: placesDigest(places),
        seed: round.lot ? facts.seed : null,
        readingsDigest: round.lot ? round.readingsDigest : null,
        leaves: round.lot ? round.leaves : [],
      },
    },
  ];
}

/** The decision that each proposal stands for. */
const EXPECTED: Record<string, DecisionResult> = {
  'proposed-grant': 'granted',
  waiting: 'waiting',
  'not-funded': 'refused',
  'not-scored': 'refused',
  'not-passed': 'refused',
  'no-money': 'refused',
};

function decideApplications(
  command: Of<'DecideApplications'>,
  state: ScoringState,
  facts: ScoringFacts,
  occasion: Occasion,
): ScoringEvent[] | Rejected {
  const content = facts.call.content!;
  const { method } = content.rules;
  const rolling = method === 'rolling';
  const today = localDate(occasion.now, facts.policy.timeZone);
  if (command.decidedOn > today) return reject('date-in-future', { on: command.decidedOn }, '/decidedOn');
  if (method === 'ranked-until-budget' && !state.signed) return reject('proposal-not-signed');
  // what residents proposed by their votes no committee signs
  if (method === 'equal-shares' && state.proposal === null) return reject('no-proposal');
  const earliest = rolling ? facts.call.announcedOn! : localDate(state.proposedAt!, facts.policy.timeZone);
  if (command.decidedOn < earliest) return reject('decided-too-early', { earliest }, '/decidedOn');
  const events: ScoringEvent[] = [];
  let { grantedCents } = state;
  const decidedNow = new Set<string>();
  for (const [i, item] of command.decisions.entries()) {
    const at = `/decisions/${i}`;
    const p = facts.pilots[item.application];
    if (p === undefined || p.application === null || p.call !== command.call)
      return reject('application-not-found', {}, `${at}/application`);
    const problem = decisionProblem(item, p, state, facts, occasion, at, decidedNow);
    if (problem !== null) return problem;
    decidedNow.add(item.application);
    if (item.result === 'granted') {
      grantedCents += item.cents;
      if (grantedCents > grantableCents(content))
        return reject('budget-exceeded', { leftCents: grantableCents(content) - state.grantedCents }, `${at}/cents`);
    }
    const proposed = state.proposed[item.application] ?? null;
    events.push({
      type: 'scoring.decided',
      data: {
        application: item.application,
        applicant: p.applicant,
        result: item.result,
        cents: item.cents,
        from: item.from,
        section: command.section,
        caseNumber: command.caseNumber,
        decidedOn: command.decidedOn,
        reasonCode: item.reasonCode,
        departure: item.departure === null ? null : { proposed: proposed?.result ?? null, code: item.departure },
        proposal: rolling ? (proposed?.basis ?? null) : state.proposal,
        rulesHash: facts.call.rulesHash,
        deMinimis: item.deMinimis,
        waitingRank: item.result === 'waiting' ? (proposed?.rank ?? null) : null,
        appeal: null,
      },
      seal: { comment: p.applicant },
    });
  }
  return events;
}

function decisionProblem(
  item: DecisionItem,
  p: PilotState,
  state: ScoringState,
  facts: ScoringFacts,
  occasion: Occasion,
  at: string,
  decidedNow: ReadonlySet<string>,
): Rejected | null {
  const application = p.application!;
  if (p.withdrawn) return reject('application-withdrawn', {}, `${at}/application`);
  if (helpedBy(p, occasion.actor)) return reject('helper-may-not-judge', {}, `${at}/application`);
  if (isParty(p, occasion.actor)) return reject('own-application', {}, `${at}/application`);
  const asked = p.completion?.status === 'asked' ? p.completion.answerBy : null;
  if (asked !== null && localDate(occasion.now, facts.policy.timeZone) <= asked)
    return reject('completion-awaited', { answerBy: asked }, `${at}/application`);
  const before = state.decided[item.application];
  const fromWaiting = before?.result === 'waiting' && item.result === 'granted';
  // a waiting list ends by a decision too
  const endsWaiting = before?.result === 'waiting' && item.result === 'refused';
  if (decidedNow.has(item.application) || (before !== undefined && !fromWaiting && !endsWaiting))
    return reject('already-decided', {}, `${at}/application`);

  if (item.result === 'granted') {
    if (item.cents < 1 || item.cents > application.askedCents)
      return reject('sum-outside-what-was-asked', { askedCents: application.askedCents }, `${at}/cents`);
    const { maxCents } = facts.call.content!.grant;
    if (item.cents > maxCents) return reject('sum-above-grant-size', { maxCents }, `${at}/cents`);
    if (application.economic !== null && item.deMinimis === null) return reject('de-minimis-regulation-missing', {}, `${at}/deMinimis`);
  } else if (item.cents !== 0) return reject('sum-without-award', {}, `${at}/cents`);
  // the reserve is the appeal body's: what it changes comes here by a flow
  if (item.from === 'appeal-reserve') return reject('reserve-only-after-appeal', {}, `${at}/from`);
  if (item.departure === 'appeal-upheld') return reject('reserve-only-after-appeal', {}, `${at}/departure`);

  const unexamined = !takesPart(facts.call, item.application, application.late);
  if (unexamined !== (item.result === 'late'))
    return reject(unexamined ? 'application-late' : 'application-in-time', { arrivedAt: application.arrivedAt }, `${at}/result`);
  if (unexamined) return null;

  const expected = endsWaiting ? { result: 'refused', cents: 0 } : expectedResult(item, p, state, fromWaiting);
  const departs = expected === null || expected.result !== item.result || (item.result === 'granted' && expected.cents !== item.cents);
  if (departs && item.departure === null)
    return reject('departure-without-reason', { proposed: expected?.result ?? 'none' }, `${at}/departure`);
  if (!departs && item.departure !== null) return reject('no-departure', {}, `${at}/departure`);
  return null;
}

/** What the proposal says, or null where it says nothing and every decision needs its own reason. */
function expectedResult(
  item: DecisionItem,
  p: PilotState,
  state: ScoringState,
  fromWaiting: boolean,
): { result: DecisionResult; cents: number } | null {
  const proposed = state.proposed[item.application];
  if (fromWaiting) {
    const next = nextWaiting(state);
    return next === item.application ? { result: 'granted', cents: p.application!.askedCents } : { result: 'waiting', cents: 0 };
  }
  if (proposed !== undefined)
    return EXPECTED[proposed.result] === undefined ? null : { result: EXPECTED[proposed.result]!, cents: proposed.cents };
  return p.check?.suggestion === 'ineligible' ? { result: 'ineligible', cents: 0 } : null;
}
