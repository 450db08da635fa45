import fc from 'fast-check';
import type { Recorded } from '@minipilot/kernel/event.js';
import { uuid5 } from '@minipilot/kernel/ids.js';
import { addDays, addMilliseconds, localDate } from '@minipilot/kernel/time.js';
import { batch, rowsDigest, type BatchState } from '../batch/batch.js';
import { figures } from '../ledger/ledger.js';
import { pilot, type PilotState } from '../pilot/pilot.js';
import { scoring, type ScoringState } from '../scoring/scoring.js';
import {
  appealStream,
  batchStream,
  callStream,
  pilotId,
  pilotStream,
  policyStream,
  scorebookId,
  scorebookStream,
  scoringStream,
} from '../streams.js';
import { CALL, POLICY, RANKED, ROLLING, content, hash, id } from '../testing.js';
import { TENANT, Town, type BankOf } from './testing.js';

const [OFFICER, DECIDER, CLERK, APPROVER, CHAIR, MEMBER, BOARD] = [
  'officer',
  'decider',
  'clerk',
  'approver',
  'chair',
  'member',
  'board',
].map(id) as [string, string, string, string, string, string, string];
const PEOPLE = [0, 1, 2, 3, 4, 5].map((n) => id(`applicant ${n}`));
const IBANS = ['FI2112345600000785', 'FI00REJECT0000001', 'FI00RETURN0000001', 'FI00CLOSE00000001', 'FI00NOMATCH000001'];
const BANK: BankOf = {
  check: (iban) => (iban.includes('CLOSE') ? 'close' : iban.includes('NOMATCH') ? 'no-match' : 'match'),
  fate: (iban) => (iban.includes('REJECT') ? 'reject' : iban.includes('RETURN') ? 'return' : 'settle'),
};
/** Refusals that a flow may meet since people and flows act at the same time; its decider says no and nothing is lost. */
const EXPECTED_NO: Record<string, string[]> = {
  // another account before the decision is final, or for a row that is already with the bank
  RequestPayout: ['not-final-yet'],
  ChangeAccount: ['already-released', 'row-moved'],
};

const MOVES = [
  'submit',
  'submit',
  'withdraw',
  'check',
  'ask to complete',
  'complete',
  'wait',
  'wait',
  'accept',
  'accept',
  'accept',
  'decline',
  'step back',
  'name another',
  'other account',
  'prepare and approve',
  'prepare and approve',
  'accept close match',
  'retry',
  'report',
  'report',
  'accept report',
  'accept report',
  'send back',
  'return money',
  'grant the next',
  'appeal',
  'raise budget',
  'more time for report',
] as const;
interface Move {
  what: (typeof MOVES)[number];
  who: number;
  n: number;
}
interface History {
  rolling: boolean;
  pay: 'at-once' | 'when-final';
  early: Move[];
  scores: number[];
  later: Move[];
  picks: number[];
}

/** Plays one call from draft to the last payment; `outcome` is what every report says. */
async function play(
  { rolling, pay, early, scores, later, picks }: History,
  outcome: (n: number) => string = (n) => ['yes', 'partly', 'no'][n % 3]!,
): Promise<Town> {
  let turn = 0;
  const town = new Town('2027-09-01T05:00:00.000Z', 'history', BANK, () => picks[turn++ % picks.length]!);
  const stream = callStream(TENANT, CALL);
  const scoringOf = scoringStream(TENANT, CALL);
  const call = content({
    pay,
    ...(rolling ? { rules: { ...ROLLING, readers: 1 }, opensAt: '2027-09-08T05:00:00.000Z' } : { rules: { ...RANKED, waitingList: 2 } }),
    budget: { cents: 180_000, year: 2027, costCentre: '1200', account: '4740', project: 'mp' },
  });
  await town.act('policy', policyStream(TENANT), { type: 'SetPolicy', policy: POLICY }, OFFICER);
  await town.act('call', stream, { type: 'DraftCall', call: CALL, content: call }, OFFICER);
  await town.act('call', stream, { type: 'AnnounceCall', lotHash: hash('lot') }, OFFICER);
  await town.advance('2027-09-09T08:00:00.000Z');
  for (const move of early) await step(town, move, outcome);

  const scoringState = () => town.state<ScoringState>(scoring, scoringOf);
  const applications = PEOPLE.map((p) => pilotId(CALL, p, 0)).filter((p) => town.events(pilotStream(TENANT, p)).length > 0);
  const act = (type: string, more: object, actor: string) => town.act('scoring', scoringOf, { type, call: CALL, ...more }, actor);
  if (rolling) {
    for (const [i, application] of applications.entries())
      await act('RecordReading', { application, values: [true, true, scores[i % scores.length] !== 0] }, OFFICER);
  }
  await town.advance('2027-09-23T08:00:00.000Z');
  if (!rolling) {
    await act('StartScoring', { members: [CHAIR, MEMBER], chair: CHAIR, closesAt: '2027-09-30T12:00:00.000Z' }, OFFICER);
    for (const member of [CHAIR, MEMBER]) {
      const book = { call: CALL, member };
      const bookOf = scorebookStream(TENANT, scorebookId(CALL, member));
      await town.act(
        'scorebook',
        bookOf,
        { ...book, type: 'DeclareConflicts', conflicts: [], shown: 1, shownDigest: hash('names') },
        member,
      );
      for (const [i, application] of applications.entries()) {
        const values = [scores[i % scores.length]!, scores[(i + 1) % scores.length]!];
        await town.act('scorebook', bookOf, { ...book, type: 'SaveCard', application }, member, { scores: { v: 1, application, values } });
      }
    }
    await town.advance('2027-10-01T08:00:00.000Z');
    await act('SignProposal', { digest: scoringState().proposal }, CHAIR);
  }
  await town.advance('2027-10-08T10:00:00.000Z');
  const decisions = Object.entries(scoringState().proposed).map(([application, p]) => ({
    application,
    result: p.result === 'proposed-grant' ? 'granted' : p.result === 'waiting' ? 'waiting' : 'refused',
    cents: p.result === 'proposed-grant' ? p.cents : 0,
    from: 'budget',
    reasonCode: 'ranked',
    departure: null,
    deMinimis: null,
  }));
  for (const decision of decisions)
    await act('DecideApplications', { decisions: [decision], section: '§ 3', caseNumber: '1', decidedOn: '2027-10-08' }, DECIDER);
  for (const move of later) await step(town, move, outcome);
  // in the end everybody is told, and time goes by
  await step(town, { what: 'wait', who: 0, n: 9 }, outcome);
  await town.advance(addMilliseconds(town.now, 75 * 86_400_000));
  return town;
}

/** Whose turn a move can be; where it is nobody's, it is tried and refused. */
const FITS: Partial<Record<Move['what'], (s: PilotState) => boolean>> = {
  accept: (s) => s.award === 'offered' && s.nameBy === null,
  decline: (s) => s.award === 'offered',
  'step back': (s) => s.award === 'offered' || s.award === 'accepted',
  'name another': (s) => s.nameBy !== null,
  'other account': (s) => s.award === 'accepted' && s.payout.status !== 'paid',
  retry: (s) => s.payout.status === 'failed',
  report: (s) => s.payout.status === 'paid' && (s.report.status === 'none' || s.report.status === 'sent-back'),
  'accept report': (s) => s.report.status === 'reported',
  'send back': (s) => s.report.status === 'reported',
  'return money': (s) => s.paidCents > 0,
  'more time for report': (s) => s.payout.status === 'paid',
  'grant the next': (s) => s.decision?.result === 'waiting',
  appeal: (s) => s.decision !== null,
};

async function step(town: Town, { what, who, n }: Move, outcome: (n: number) => string): Promise<void> {
  const ready = PEOPLE.filter((p) => FITS[what]?.(town.state<PilotState>(pilot, pilotStream(TENANT, pilotId(CALL, p, 0)))));
  const person = ready.length > 0 ? ready[who % ready.length]! : PEOPLE[who % PEOPLE.length]!;
  const key = pilotId(CALL, person, 0);
  const of = pilotStream(TENANT, key);
  const state = () => town.state<PilotState>(pilot, of);
  const account = { iban: { v: 1, iban: IBANS[n % IBANS.length]! } };
  const act = (type: string, more: object = {}, actor = person, secrets = {}) =>
    town.act('pilot', of, { type, call: CALL, ...more }, actor, secrets);
  const inScoring = (type: string, more: object) =>
    town.act('scoring', scoringStream(TENANT, CALL), { type, call: CALL, ...more }, DECIDER);
  const today = localDate(town.now, POLICY.timeZone);
  const decideOne = (change: object) =>
    inScoring('DecideApplications', {
      decisions: [
        {
          application: key,
          result: 'granted',
          cents: state().application?.askedCents ?? 1,
          from: 'budget',
          reasonCode: 'x',
          departure: null,
          deMinimis: null,
          ...change,
        },
      ],
      section: '§ 4',
      caseNumber: '2',
      decidedOn: today,
    });
  switch (what) {
    case 'submit': {
      const form = {
        kind: 'resident',
        district: 'Jukola',
        askedCents: 40_000 + n * 1_000,
        involves: [],
        economic: null,
        language: 'fi',
        reach: 'electronic',
      };
      const arrivedAt = n === 7 ? '2027-09-22T12:59:00.000Z' : town.now;
      return void (await act('SubmitApplication', {
        applicant: person,
        slot: 0,
        arrivedAt,
        channel: 'online',
        helper: null,
        filedBy: person,
        ...form,
      }));
    }
    case 'withdraw':
      return void (await act('WithdrawApplication'));
    case 'check':
      return void (await act(
        'CheckApplication',
        { suggestion: n < 2 ? 'ineligible' : 'eligible', codes: n < 2 ? ['elsewhere'] : [], reasoned: true },
        OFFICER,
      ));
    case 'ask to complete':
      return void (await act('RequestCompletion', { codes: n < 5 ? ['costs-unclear'] : ['place-unclear', 'time-unclear'] }, OFFICER));
    case 'complete': {
      const fields = [...(state().completion?.open ?? [])].slice(0, 1 + (n % 2));
      const facts = { economic: null, reach: 'letter', businessId: 'none', recipientNamed: false, confirmed: true, duplicate: 'none' };
      const askedCents = (state().application?.askedCents ?? 1_000) - (n % 3);
      return void (await act('CompleteApplication', {
        fields,
        arrivedAt: town.now,
        channel: 'online',
        helper: null,
        askedCents,
        ...facts,
      }));
    }
    case 'wait': {
      const decided = Object.keys(town.state<ScoringState>(scoring, scoringStream(TENANT, CALL)).decided);
      if (decided.length > 0) {
        await inScoring('SendNotice', { applications: decided, channel: n % 2 === 0 ? 'electronic' : 'letter', sentOn: today });
        await inScoring('PublishDecisions', { publishedOn: today });
      }
      return town.advance(addMilliseconds(`${addDays(today, 1 + n * 2)}T10:00:00.000Z`, who * 7_200_000));
    }
    case 'accept':
      return void (await act('AcceptAward', {}, state().recipient, account));
    case 'decline':
      return void (await act('DeclineAward'));
    case 'step back':
      return void (await act('WithdrawRecipient'));
    case 'name another':
      return void (await act('ChangeRecipient', { recipient: id(`adult ${n}`) }));
    case 'other account':
      return void (await act('ChangeAccount', { channel: 'desk' }, person, account));
    case 'retry':
      return void (await act('RetryPayout', {}, OFFICER));
    case 'prepare and approve':
    case 'accept close match': {
      for (const { data } of town.ofType('batch.opened')) {
        const stream = batchStream(TENANT, data['batch'] as string);
        const rows = () => town.state<BatchState>(batch, stream);
        if (what === 'accept close match')
          for (const row of Object.keys(rows().rows)) await town.act('batch', stream, { type: 'AcceptCloseMatch', row }, OFFICER);
        await town.act('batch', stream, { type: 'Prepare' }, CLERK);
        await town.act('batch', stream, { type: 'Approve', digest: rowsDigest(rows()) }, APPROVER);
      }
      return town.advance(`${addDays(today, 1)}T10:00:00.000Z`);
    }
    case 'report': {
      const used = Math.floor((state().paidCents * n) / 9);
      return void (await act('ReportPilot', { outcome: outcome(n), participants: n, usedCents: used, goOn: n > 4 }));
    }
    case 'accept report':
      return void (await act('AcceptReport', {}, OFFICER));
    case 'send back':
      return void (await act('SendReportBack', {}, OFFICER));
    case 'more time for report':
      return void (await act('ExtendReport', { due: addDays(state().report.due ?? today, 10) }, OFFICER));
    case 'return money': {
      // money that a bank sends back never reached the recipient, who cannot return it
      const { account } = state();
      if (account !== null && BANK.fate(town.ibanOf(account.event), '') === 'return') return;
      return void (await act('RecordMoneyReturned', { cents: 1_000 + n * 500, reference: 'RF18', on: today }, OFFICER));
    }
    case 'grant the next':
      return void (await decideOne({ departure: n < 5 ? null : 'better' }));
    case 'appeal':
      return void (await appealAgainst(town, key, person, state().application?.askedCents ?? 1, n));
    case 'raise budget':
      return void (await town.act(
        'call',
        callStream(TENANT, CALL),
        { type: 'RaiseBudget', byCents: 1_000 * (n + 1), authority: { section: '§ 9', on: today } },
        OFFICER,
      ));
  }
}

/** An appeal by a party, sometimes late or withdrawn, decided by the board: upheld, dismissed, or refused where the reserve is used up. */
async function appealAgainst(town: Town, application: string, person: string, cents: number, n: number): Promise<void> {
  const key = uuid5('appeal', String(town.log.length));
  const today = localDate(town.now, POLICY.timeZone);
  const act = (type: string, more: object = {}, actor = BOARD) =>
    town.act('appeal', appealStream(TENANT, key), { type, call: CALL, appeal: key, ...more }, actor);
  const target = { application, section: null, appellant: person, resident: n % 2 === 0 };
  const filed = await act('FileAppeal', { ...target, channel: 'online', receivedAt: town.now }, person);
  if (!Array.isArray(filed)) return;
  if (n === 9) return void (await act('WithdrawAppeal', {}, person));
  const late = filed[0]!.data['late'] === true;
  const result = late ? 'left-unexamined' : n < 7 ? 'upheld' : 'dismissed';
  await act('DecideAppeal', {
    result,
    why: late ? 'late' : null,
    section: '§ 140',
    caseNumber: '1',
    decidedOn: today,
    changes: result === 'upheld' ? [{ application, cents, reasonCode: 'appeal', deMinimis: null }] : [],
  });
  await act('SendAppealNotice', { channel: 'electronic', sentOn: today }, OFFICER);
}

const move = fc.record({ what: fc.constantFrom(...MOVES), who: fc.nat(5), n: fc.nat(9) });
const history: fc.Arbitrary<History> = fc.record({
  rolling: fc.boolean(),
  pay: fc.constantFrom('at-once' as const, 'when-final' as const),
  early: fc.array(fc.record({ what: fc.constantFrom(...MOVES.slice(0, 4)), who: fc.nat(5), n: fc.nat(9) }), {
    minLength: 4,
    maxLength: 14,
  }),
  scores: fc.array(fc.nat(5), { minLength: 2, maxLength: 6 }),
  later: fc.array(move, { minLength: 10, maxLength: 60 }),
  picks: fc.array(fc.nat(7), { minLength: 1, maxLength: 40 }),
});

/** What is wrong with a town after all has come to rest. */
function faults(town: Town): string[] {
  const wrong: string[] = [];
  for (const { flow, type, code } of town.refused)
    if (!EXPECTED_NO[type]?.includes(code)) wrong.push(`${flow} gave ${type}, refused: ${code}`);
  const ledger = town.ledgerOf(CALL);
  const decided = town.state<ScoringState>(scoring, scoringStream(TENANT, CALL));
  let [fromBudget, fromReserve] = [0, 0];
  for (const [key, grant] of Object.entries(ledger.grants)) {
    const state = town.state<PilotState>(pilot, pilotStream(TENANT, key));
    const sums = (list: readonly { row: string; cents: number }[]) =>
      list.filter((p) => p.row.startsWith(key)).reduce((s, p) => s + p.cents, 0);
    const out = sums(town.settled) - sums(town.returned);
    if (out > (state.decision?.cents ?? 0)) wrong.push(`${key} was paid ${out} of ${state.decision?.cents}`);
    if (new Set(town.settled.map((p) => p.row)).size !== town.settled.length) wrong.push('a payment left the bank twice');
    if (state.paidCents !== out) wrong.push(`${key} believes in ${state.paidCents}, the bank paid ${out}`);
    if (grant.paid + grant.returned !== out) wrong.push(`the ledger has ${grant.paid + grant.returned} for ${key}, the bank paid ${out}`);
    if (grant.returned !== state.returnedCents) wrong.push(`${key} returned ${state.returnedCents}, the ledger has ${grant.returned}`);
    const held = grant.reserved + grant.committed + grant['in-transit'] + grant.paid + grant.returned;
    if (grant.from === 'available') fromBudget += held;
    else fromReserve += held;
  }
  if (fromBudget !== decided.grantedCents) wrong.push(`the ledger holds ${fromBudget}, ${decided.grantedCents} are granted`);
  if (fromReserve !== decided.reserveUsedCents)
    wrong.push(`the ledger holds ${fromReserve}, ${decided.reserveUsedCents} are granted from the reserve`);
  if (town.ofType('call.closed').filter((e) => e.data['last'] === true).length !== 1) wrong.push('the call did not close exactly once');
  const applications = town.ofType('call.closed').flatMap((e) => e.data['applications'] as string[]);
  if (new Set(applications).size !== applications.length) wrong.push('an application is listed twice');
  return wrong;
}

const money = (town: Town): unknown[] =>
  town.log
    .filter((e: Recorded) => /^(ledger|batch)\./.test(e.type) || /^pilot\.(payout|paid|money|report-accepted)/.test(e.type))
    .map((e) => [e.type, e.stream, e.data]);

describe('any history of a call', () => {
  const seen = new Map<string, number>();

  it('keeps the books, pays each grant at most once, closes once, and no flow is refused by surprise', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (script) => {
        const town = await play(script);
        for (const { type } of town.log) seen.set(type, (seen.get(type) ?? 0) + 1);
        expect(faults(town)).toEqual([]);
      }),
      { numRuns: 100, seed: 20_270_922 },
    );
  }, 120_000);

  it('is one that reaches money, mishaps and reports', () => {
    const reached = [
      'call.application-admitted',
      'scoring.round-proposed',
      'pilot.report-overdue',
      'pilot.report-sent-back',
      'pilot.paid',
      'pilot.payout-failed',
      'pilot.payout-redirected',
      'pilot.award-lapsed',
      'pilot.recipient-changed',
      'pilot.money-returned',
      'pilot.appeal-settled',
      'appeal.outcome-changed',
      'appeal.withdrawn',
    ];
    expect([...reached, 'scoring.place-freed', 'batch.row-moved', 'pilot.report-accepted'].filter((t) => !seen.has(t))).toEqual([]);
  });

  it('moves the same money, whatever the reports say of the outcome', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (script) => {
        const [yes, no] = [await play(script, () => 'yes'), await play(script, () => 'no')];
        expect(money(no)).toEqual(money(yes));
        expect(figures(no.ledgerOf(CALL))).toEqual(figures(yes.ledgerOf(CALL)));
      }),
      { numRuns: 20, seed: 20_271_122 },
    );
  }, 120_000);

  it('would show a payment made twice and a refusal by surprise', async () => {
    const town = await play({
      rolling: false,
      pay: 'at-once',
      early: [{ what: 'submit', who: 0, n: 0 }],
      scores: [5, 5],
      later: [],
      picks: [0],
    });
    expect(faults(town)).toEqual([]);
    town.settled.push({ row: `${pilotId(CALL, PEOPLE[0]!, 0)}/1/1`, cents: 40_000 });
    town.refused.push({ flow: 'awarding', type: 'Commit', code: 'nothing-reserved', stream: '' });
    expect(faults(town)).toHaveLength(3);
  });
});
