import { messages } from '../messages/messages.js';
import { pilot, type PilotState } from '../pilot/pilot.js';
import { CALL, POLICY, SEED, announced, hash, id, told } from '../testing.js';
import { scoring, type DecisionItem, type ScoringCommand, type ScoringFacts } from './scoring.js';
import type { OpenedCard } from './events.js';

export const [CHAIR, SECOND, THIRD, DECIDER] = [id('chair'), id('second'), id('third'), id('decider')];
export const MEMBERS = [CHAIR, SECOND, THIRD];
export const CLOSES = '2027-09-30T12:00:00.000Z';
export const [NOW, AFTER, DAY] = ['2027-09-23T08:00:00.000Z', '2027-09-30T12:01:00.000Z', '2027-10-08T10:00:00.000Z'];

export const application = (n: number, change: Partial<NonNullable<PilotState['application']>> = {}): PilotState => ({
  ...pilot.initial,
  call: CALL,
  applicant: id(`applicant ${n}`),
  recipient: id(`applicant ${n}`),
  application: {
    kind: 'resident',
    district: 'Jukola',
    askedCents: 50_000,
    involves: [],
    economic: null,
    language: 'fi',
    reach: 'electronic',
    arrivedAt: `2027-09-10T08:00:0${n % 10}.000Z`,
    late: false,
    helper: null,
    filedBy: id(`applicant ${n}`),
    ...change,
  },
});
export const IDS = [1, 2, 3, 4, 5, 6].map(id) as [string, string, string, string, string, string];
export const pilots = (change: Record<string, PilotState> = {}): Record<string, PilotState> => ({
  ...Object.fromEntries(IDS.map((key, i) => [key, application(i + 1)])),
  ...change,
});
/** 3 awards fit into the budget, 1 more into the reserve. */
export const call = announced({ budget: { ...announced().content!.budget, cents: 200_000 } }, { closed: true, applications: IDS });
export const cards: OpenedCard[] = IDS.flatMap((key, i) =>
  [CHAIR, SECOND].map((member) => ({
    application: key,
    member,
    values: [5 - Math.min(i, 5), 3],
    salt: hash(`${key}${member}`),
    card: id(`card ${i} ${member}`),
  })),
).sort((a, b) => (a.application + a.member < b.application + b.member ? -1 : 1));
export const facts = (change: Partial<ScoringFacts> = {}): ScoringFacts => ({
  policy: POLICY,
  call,
  pilots: pilots(),
  cards,
  booksOpen: 0,
  seed: SEED,
  tally: null,
  told: Object.fromEntries(IDS.map((key) => [key, messages.initial])),
  ...change,
});
export const past = told(scoring, facts(), NOW, DECIDER);

export type Of<T extends ScoringCommand['type']> = Extract<ScoringCommand, { type: T }>;
export const start = (change: Partial<Of<'StartScoring'>> = {}): ScoringCommand => ({
  type: 'StartScoring',
  call: CALL,
  members: MEMBERS,
  chair: CHAIR,
  closesAt: CLOSES,
  ...change,
});
export const extend = (closesAt: string): ScoringCommand => ({ type: 'ExtendScoring', call: CALL, closesAt });
export const open = (page = 0): ScoringCommand => ({ type: 'OpenCards', call: CALL, page, effectiveAt: CLOSES });
export const compute = (page = 0): ScoringCommand => ({ type: 'ComputeProposal', call: CALL, page });
export const proposed = past(start(), [open(), AFTER], [compute(), AFTER]);
export const digest = proposed.state.proposal!;
export const sign = (what = digest): ScoringCommand => ({ type: 'SignProposal', call: CALL, digest: what });
export const signed = [start(), [open(), AFTER], [compute(), AFTER], [sign(), AFTER, CHAIR]] as [
  ScoringCommand,
  ...[ScoringCommand, string, string?][],
];

export const item = (application: string, result: DecisionItem['result'], change: Partial<DecisionItem> = {}): DecisionItem => ({
  application,
  result,
  cents: result === 'granted' ? 50_000 : 0,
  from: 'budget',
  reasonCode: 'ranked',
  departure: null,
  deMinimis: null,
  ...change,
});
export const decide = (...decisions: DecisionItem[]): ScoringCommand => ({
  type: 'DecideApplications',
  call: CALL,
  decisions,
  section: '§ 3',
  caseNumber: 'HML/1/2027',
  decidedOn: '2027-10-08',
});
export const asProposed = decide(...IDS.slice(0, 3).map((a) => item(a, 'granted')), ...IDS.slice(3).map((a) => item(a, 'waiting')));
export const decided = (...more: [ScoringCommand, string?][]) =>
  past(...signed, [asProposed, DAY], ...more.map(([c, at]): [ScoringCommand, string] => [c, at ?? DAY]));
