import fc from 'fast-check';
import { Rejected } from '@minipilot/kernel/decider.js';
import { ledger } from '../ledger/ledger.js';
import { call as callOf, decided, IDS, application, DECIDER, MEMBERS, pilots } from '../scoring/testing.js';
import type { ScoringCommand, ScoringState } from '../scoring/scoring.js';
import { CALL, POLICY, id, told } from '../testing.js';
import { appeal, windowEnd, type AppealCommand, type AppealFacts, type Change } from './appeal.js';

const [APPEAL, RESIDENT, BOARD, OFFICER] = [id('appeal'), id('resident'), id('board'), id('officer')];
/** 0, 1 and 2 won, the others wait */
const [WINNER, LOSER] = [IDS[0], IDS[4]];
const applicantOf = (n: number) => id(`applicant ${n + 1}`);

const notice = (applications: string[], channel: 'electronic' | 'letter' = 'electronic'): ScoringCommand => ({
  type: 'SendNotice',
  call: CALL,
  applications,
  channel,
  sentOn: '2027-10-08',
});
const publication: ScoringCommand = { type: 'PublishDecisions', call: CALL, publishedOn: '2027-10-08' };
/** told electronically (until Monday 25.10) and on the web (until Friday 29.10) */
const known = decided([notice(IDS)], [publication]).state;
const untold = decided().state;

const facts = (scoring: ScoringState = known, change: Partial<AppealFacts> = {}): AppealFacts => ({
  policy: POLICY,
  call: callOf,
  scoring,
  ledger: ledger.initial,
  pilots: pilots(),
  ...change,
});
const past = (f: AppealFacts = facts()) => told(appeal, f, '2027-10-24T08:00:00.000Z', applicantOf(4));
type Of<T extends AppealCommand['type']> = Extract<AppealCommand, { type: T }>;
const file = (change: Partial<Of<'FileAppeal'>> = {}): Of<'FileAppeal'> => ({
  type: 'FileAppeal',
  call: CALL,
  appeal: APPEAL,
  application: LOSER,
  section: null,
  appellant: applicantOf(4),
  resident: false,
  channel: 'online',
  receivedAt: '2027-10-24T08:00:00.000Z',
  ...change,
});
const byResident = (change: Partial<Of<'FileAppeal'>> = {}) => file({ appellant: RESIDENT, resident: true, ...change });
const change = (more: Partial<Change> = {}): Change => ({
  application: LOSER,
  cents: 50_000,
  reasonCode: 'appeal',
  deMinimis: null,
  ...more,
});
const decide = (more: Partial<Of<'DecideAppeal'>> = {}): Of<'DecideAppeal'> => ({
  type: 'DecideAppeal',
  call: CALL,
  appeal: APPEAL,
  result: 'upheld',
  why: null,
  section: '§ 140',
  caseNumber: 'HML/1/2027',
  decidedOn: '2027-11-17',
  changes: [change()],
  ...more,
});
const dismiss = (more: Partial<Of<'DecideAppeal'>> = {}) => decide({ result: 'dismissed', changes: [], ...more });
const tell = (change: Partial<Of<'SendAppealNotice'>> = {}): AppealCommand => ({
  type: 'SendAppealNotice',
  call: CALL,
  appeal: APPEAL,
  channel: 'electronic',
  sentOn: '2027-11-17',
  ...change,
});
const NOVEMBER = '2027-11-17T10:00:00.000Z';
const takeUp = (change: Partial<Of<'TakeUp'>> = {}): AppealCommand => ({
  type: 'TakeUp',
  call: CALL,
  appeal: APPEAL,
  application: WINNER,
  section: null,
  takenSection: '§ 120',
  takenOn: '2027-10-20',
  ...change,
});

describe('an appeal', () => {
  it('is filed by a party within the own window, against the decision as it stands', () => {
    past()()
      .when(file())
      .then([
        {
          type: 'appeal.filed',
          data: {
            appeal: APPEAL,
            call: CALL,
            application: LOSER,
            section: '§ 3',
            decisions: [{ application: LOSER, decision: known.decided[LOSER]!.decision }],
            by: 'party',
            appellant: applicantOf(4),
            filedBy: applicantOf(4),
            channel: 'online',
            receivedAt: '2027-10-24T08:00:00.000Z',
            until: '2027-10-25T13:15:00.000Z',
            late: false,
          },
          seal: { contact: applicantOf(4), comment: applicantOf(4) },
        },
      ]);
    past()(file()).when(file()).thenRejected('appeal-exists');
  });

  it.each([
    [
      'a party until the office closes on the last day',
      file({ receivedAt: '2027-10-25T13:14:59.999Z' }),
      false,
      '2027-10-25T13:15:00.000Z',
    ],
    ['and is late from that moment on', file({ receivedAt: '2027-10-25T13:15:00.000Z' }), true, '2027-10-25T13:15:00.000Z'],
    ['a member of the municipality longer', byResident({ receivedAt: '2027-10-29T13:14:59.999Z' }), false, '2027-10-29T13:15:00.000Z'],
    ['and is late from that moment on', byResident({ receivedAt: '2027-10-29T13:15:00.000Z' }), true, '2027-10-29T13:15:00.000Z'],
    [
      'who is both has the later window',
      file({ resident: true, receivedAt: '2027-10-28T08:00:00.000Z' }),
      false,
      '2027-10-29T13:15:00.000Z',
    ],
  ] as const)('binds %s', (_, command, late, until) => {
    const { result } = past()().when(command, '2027-11-01T08:00:00.000Z');
    expect(result).toMatchObject([{ data: { late, until } }]);
  });

  it('is open to a party before the notice, and to others only from the publication on', () => {
    const early = file({ receivedAt: '2027-10-09T08:00:00.000Z' });
    expect(past(facts(untold))().when(early).result).toMatchObject([{ data: { late: false, until: null, by: 'party' } }]);
    past(facts(untold))()
      .when({ ...early, appellant: RESIDENT, resident: true })
      .thenRejected('decision-not-found');
    const onWeb = decided([publication]).state;
    expect(past(facts(onWeb))().when(byResident()).result).toMatchObject([{ data: { by: 'resident', until: '2027-10-29T13:15:00.000Z' } }]);
  });

  it('may be against everything that a section decided', () => {
    const whole = byResident({ application: null, section: '§ 3' });
    const { result } = past()().when(whole);
    expect(result).toMatchObject([{ data: { application: null, section: '§ 3', by: 'resident' } }]);
    expect((result as { data: { decisions: unknown[] } }[])[0]!.data.decisions).toHaveLength(6);
    past()()
      .when({ ...whole, section: '§ 4' })
      .thenRejected('decision-not-found');
    past()()
      .when({ ...whole, section: null })
      .thenRejected('appeal-target-missing');
    // the application that it was first against decides whether somebody is a party
    expect(past()().when({ ...whole, appellant: applicantOf(2), resident: false }).result).toMatchObject([{ data: { by: 'party' } }]);
  });

  it.each([
    ['appeal-right-missing', file({ appellant: RESIDENT })],
    ['decision-not-found', file({ application: id('stranger') })],
    ['received-in-future', file({ receivedAt: '2027-10-24T08:00:00.001Z' })],
    ['appeal-before-decision', file({ receivedAt: '2027-10-07T20:59:59.000Z' })],
  ])('but not so: %s', (code, command) => {
    past()().when(command).thenRejected(code);
  });

  it('is completed and taken back until it is decided', () => {
    const complete: AppealCommand = { type: 'CompleteAppeal', call: CALL, appeal: APPEAL };
    const withdraw: AppealCommand = { type: 'WithdrawAppeal', call: CALL, appeal: APPEAL };
    past()(file())
      .when(complete)
      .then([{ type: 'appeal.completed', data: { completedAt: '2027-10-24T08:00:00.000Z' }, seal: { comment: applicantOf(4) } }]);
    past()(file())
      .when(withdraw)
      .then([{ type: 'appeal.withdrawn', data: { withdrawnAt: '2027-10-24T08:00:00.000Z' } }]);
    past()(file(), withdraw).when(withdraw).thenNothing();
    for (const closed of [past()(file(), [dismiss(), NOVEMBER, BOARD]), past()(file(), withdraw)])
      closed.when(complete).thenRejected('appeal-closed');
    past()(file(), [dismiss(), NOVEMBER, BOARD]).when(withdraw).thenRejected('appeal-closed');
    past()().when(withdraw).thenRejected('appeal-not-found');
    past()(file())
      .when({ ...withdraw, call: id('other call') })
      .thenRejected('appeal-not-found');
    past()([takeUp(), NOVEMBER, BOARD]).when(withdraw).thenRejected('appeal-not-found');
    past()([takeUp(), NOVEMBER, BOARD]).when(complete).thenRejected('appeal-not-found');
  });
});

describe('windows end', () => {
  it.each([
    ['summer time', '2027-10-25', '2027-10-25T13:15:00.000Z'],
    ['winter time', '2027-11-02', '2027-11-02T14:15:00.000Z'],
  ])('when the office closes, in %s', (_, day, end) => {
    expect(windowEnd(day, POLICY)).toBe(end);
    expect(windowEnd(day, { ...POLICY, appealClosesAt: '12:00' }) < end).toBe(true);
  });
});

describe('the board', () => {
  it('takes a decision up within the window, and not after it', () => {
    past()()
      .when(takeUp(), NOVEMBER, BOARD)
      .then([
        {
          type: 'appeal.taken-up',
          data: {
            appeal: APPEAL,
            call: CALL,
            application: WINNER,
            section: '§ 3',
            decisions: [{ application: WINNER, decision: known.decided[WINNER]!.decision }],
            body: 'Sivistyslautakunta',
            takenSection: '§ 120',
            takenOn: '2027-10-20',
            until: '2027-10-29T13:15:00.000Z',
          },
          seal: { comment: CALL },
        },
      ]);
    expect(past()().when(takeUp({ takenOn: '2027-10-29' }), NOVEMBER, BOARD).result).toHaveLength(1);
    past()()
      .when(takeUp({ takenOn: '2027-10-30' }), NOVEMBER, BOARD)
      .thenRejected('taken-up-too-late', { lastDay: '2027-10-29' });
    past()()
      .when(takeUp({ takenOn: '2027-10-07' }), NOVEMBER, BOARD)
      .thenRejected('appeal-before-decision');
    past()()
      .when(takeUp({ takenOn: '2027-11-18' }), NOVEMBER, BOARD)
      .thenRejected('date-in-future');
    past()().when(takeUp(), NOVEMBER, DECIDER).thenRejected('decided-it');
    past()()
      .when(takeUp({ application: id('stranger') }), NOVEMBER, BOARD)
      .thenRejected('decision-not-found');
    past()([takeUp(), NOVEMBER, BOARD]).when(takeUp(), NOVEMBER, BOARD).thenRejected('appeal-exists');
    expect(past(facts(untold))().when(takeUp(), NOVEMBER, BOARD).result).toMatchObject([{ data: { until: null } }]);
  });

  it('then decides as on an appeal', () => {
    past()([takeUp({ application: LOSER }), NOVEMBER, BOARD])
      .when(decide(), NOVEMBER, BOARD)
      .then([
        expect.objectContaining({ seal: { comment: CALL } }) as never,
        expect.objectContaining({ type: 'appeal.outcome-changed' }) as never,
      ]);
    past()([takeUp({ application: LOSER }), NOVEMBER, BOARD])
      .when(decide({ decidedOn: '2027-10-19' }), NOVEMBER, BOARD)
      .thenRejected('decided-before-received', { on: '2027-10-20' });
  });
});

describe('the appeal body', () => {
  const filed = past()(file());
  const at = (command: AppealCommand, change: Partial<AppealFacts> = {}, who = BOARD) =>
    filed.when(command, NOVEMBER, who, facts(known, change));

  it('decides, and grants from the reserve what it changes, with a reason for each applicant', () => {
    const how = { section: '§ 140', caseNumber: 'HML/1/2027', decidedOn: '2027-11-17' };
    const step = at(decide());
    step.then([
      {
        type: 'appeal.decided',
        data: { result: 'upheld', why: null, ...how, body: 'Sivistyslautakunta', ownDecision: false },
        seal: { comment: applicantOf(4) },
      },
      {
        type: 'appeal.outcome-changed',
        data: { call: CALL, application: LOSER, applicant: applicantOf(4), cents: 50_000, reasonCode: 'appeal', deMinimis: null, ...how },
        seal: { comment: applicantOf(4) },
      },
    ]);
    expect(step.after()).toMatchObject({ status: 'decided', changes: [{ application: LOSER, cents: 50_000 }] });
    expect(at(dismiss()).result).toHaveLength(1);
    expect(at(decide({ result: 'partly', changes: [] })).result).toHaveLength(1);
    past()(file(), [decide(), NOVEMBER, BOARD]).when(decide(), NOVEMBER, BOARD).thenRejected('appeal-closed');
  });

  it.each([
    ['whoever decided', 'decided-it', DECIDER, {}],
    ['whoever scored', 'scored-it', MEMBERS[1]!, {}],
    ['whoever appealed', 'own-appeal', applicantOf(4), {}],
    ['the recipient', 'own-application', BOARD, { pilots: pilots({ [LOSER]: { ...application(5), recipient: BOARD } }) }],
    ['whoever filed the application', 'own-application', BOARD, { pilots: pilots({ [LOSER]: application(5, { filedBy: BOARD }) }) }],
    ['whoever helped', 'helper-may-not-judge', BOARD, { pilots: pilots({ [LOSER]: application(5, { helper: BOARD }) }) }],
    [
      'whoever helped to complete it',
      'helper-may-not-judge',
      BOARD,
      { pilots: pilots({ [LOSER]: { ...application(5), helpers: [BOARD] } }) },
    ],
    [
      'whoever read it',
      'scored-it',
      BOARD,
      { scoring: { ...known, readings: [{ application: LOSER, reader: BOARD, values: [true], salt: '' }] } },
    ],
  ] as [string, string, string, Partial<AppealFacts>][])('does not include %s', (_, code, who, change) => {
    at(decide(), change, who).thenRejected(code);
  });

  it('does not include who registered the appeal for somebody', () => {
    past()([file({ channel: 'paper' }), NOVEMBER, OFFICER])
      .when(decide(), NOVEMBER, OFFICER)
      .thenRejected('own-appeal');
  });

  it('does not include who wrote its completion down for somebody', () => {
    const complete: AppealCommand = { type: 'CompleteAppeal', call: CALL, appeal: APPEAL };
    past()([file({ channel: 'paper' }), NOVEMBER, OFFICER], [complete, NOVEMBER, BOARD])
      .when(decide(), NOVEMBER, BOARD)
      .thenRejected('own-appeal');
  });

  it('hears its own decision again where it is a board that had made it, and says so', () => {
    const own = { call: { ...callOf, content: { ...callOf.content!, decisionMaker: 'Sivistyslautakunta' } } };
    expect(at(decide(), own, DECIDER).result).toMatchObject([{ data: { ownDecision: true } }, {}]);
    at(decide(), own, MEMBERS[0]).thenRejected('scored-it');
  });

  it.each([
    ['more than was asked', 'sum-outside-what-was-asked', [change({ cents: 50_001 })], {}],
    ['nothing', 'sum-outside-what-was-asked', [change({ cents: 0 })], {}],
    ['twice', 'already-granted', [change({ cents: 100 }), change({ cents: 100 })], {}],
    ['what it was not asked about', 'application-not-in-appeal', [change({ application: IDS[5] })], {}],
    ['what nobody decided', 'application-not-in-appeal', [change({ application: id('stranger') })], {}],
    ['what was withdrawn', 'application-withdrawn', [change()], { pilots: pilots({ [LOSER]: { ...application(5), withdrawn: true } }) }],
    [
      'aid without its regulation',
      'de-minimis-regulation-missing',
      [change()],
      { pilots: pilots({ [LOSER]: application(5, { economic: { deMinimisCents: 0 } }) }) },
    ],
    ['beyond the reserve', 'reserve-exceeded', [change()], { scoring: { ...known, reserveUsedCents: 1 } }],
    [
      'beyond what the ledger has in reserve',
      'reserve-exceeded',
      [change()],
      {
        ledger: {
          ...ledger.initial,
          opened: { budgetCents: 200_000, appealReserveCents: 50_000 },
          balances: { ...ledger.initial.balances, 'appeal-reserve': 49_999 },
        },
      },
    ],
  ] as const)('does not grant %s', (_, code, changes, more) => {
    at(decide({ changes: [...changes] }), more).thenRejected(code);
  });

  it('takes nothing from who has won, and grants a winner nothing more', () => {
    past(facts())(file({ application: WINNER, appellant: RESIDENT, resident: true }))
      .when(decide({ changes: [change({ application: WINNER })] }), NOVEMBER, BOARD)
      .thenRejected('already-granted');
  });

  it.each([
    ['success-without-change', decide({ changes: [] })],
    ['change-without-success', dismiss({ changes: [change()] })],
    ['unexamined-needs-why', dismiss({ result: 'left-unexamined' })],
    ['unexamined-needs-why', dismiss({ why: 'no-right' })],
    ['appeal-in-time', dismiss({ result: 'left-unexamined', why: 'late' })],
    ['date-in-future', dismiss({ decidedOn: '2027-11-18' })],
    ['decided-before-received', dismiss({ decidedOn: '2027-10-23' })],
  ])('does not decide so: %s', (code, command) => {
    at(command).thenRejected(code);
  });

  it('leaves a late one unexamined and nothing else', () => {
    const late = past()([file({ receivedAt: '2027-10-25T13:15:00.000Z' }), NOVEMBER]);
    late.when(decide(), NOVEMBER, BOARD).thenRejected('appeal-late', { untilAt: '2027-10-25T13:15:00.000Z' });
    late.when(dismiss({ result: 'left-unexamined', why: 'no-right' }), NOVEMBER, BOARD).thenRejected('appeal-late');
    expect(late.when(dismiss({ result: 'left-unexamined', why: 'late' }), NOVEMBER, BOARD).result).toHaveLength(1);
    expect(at(dismiss({ result: 'left-unexamined', why: 'no-right' })).result).toHaveLength(1);
  });
});

describe('the decision on an appeal', () => {
  const done = past()(file(), [dismiss(), NOVEMBER, BOARD]);
  it('may be taken to court for 30 days from its notice, moved off week-ends and holidays', () => {
    done.when(tell(), NOVEMBER, OFFICER).then([
      {
        type: 'appeal.notice-sent',
        data: { channel: 'electronic', sentOn: '2027-11-17', noticeOn: '2027-11-20', courtUntil: '2027-12-20', finalFrom: '2027-12-21' },
      },
    ]);
    // 24.12. is Christmas Eve, the week-end follows
    const letter = tell({ channel: 'letter' });
    expect(done.when(letter, NOVEMBER, OFFICER).result).toMatchObject([{ data: { noticeOn: '2027-11-24', courtUntil: '2027-12-27' } }]);
    expect(done.when(tell(), NOVEMBER, OFFICER).after()).toMatchObject({ status: 'told' });
  });

  it('is told once, after it was made, not ahead', () => {
    past()(file()).when(tell(), NOVEMBER, OFFICER).thenRejected('appeal-not-decided');
    done.when(tell({ channel: 'letter', sentOn: '2027-11-16' }), NOVEMBER, OFFICER).thenRejected('notice-before-decision');
    done.when(tell({ sentOn: '2027-11-18' }), NOVEMBER, OFFICER).thenRejected('date-in-future');
    done.when(tell(), '2027-11-18T10:00:00.000Z', OFFICER).thenRejected('told-today', { today: '2027-11-18' });
    past()(file(), [dismiss(), NOVEMBER, BOARD], [tell(), NOVEMBER, OFFICER])
      .when(tell(), NOVEMBER, OFFICER)
      .thenRejected('already-noticed');
  });

  it('is no subject of an appeal again', () => {
    const after: ScoringCommand = {
      type: 'DecideAfterAppeal',
      call: CALL,
      application: LOSER,
      cents: 50_000,
      reasonCode: 'appeal',
      deMinimis: null,
      section: '§ 140',
      caseNumber: 'HML/1/2027',
      decidedOn: '2027-10-08',
      appeal: APPEAL,
      outcome: id('outcome'),
      decider: BOARD,
    };
    const changed = decided([after]).state;
    past(facts(changed))().when(file()).thenRejected('appeal-goes-to-court');
    past(facts(changed))()
      .when(takeUp({ application: LOSER }), NOVEMBER, BOARD)
      .thenRejected('appeal-goes-to-court');
    expect(past(facts(changed))().when(file({ application: null, section: '§ 3' })).result).toBeInstanceOf(Rejected);
  });
});

it('never grants more than the reserve holds, nor anything to who has won, whatever is asked for', () => {
  const asked = fc.array(fc.record({ n: fc.nat(5), cents: fc.integer({ min: -1, max: 60_000 }) }), { maxLength: 6 });
  fc.assert(
    fc.property(asked, fc.integer({ min: 0, max: 120_000 }), (changes, appealReserveCents) => {
      const rich = { ...callOf, content: { ...callOf.content!, appealReserveCents } };
      const f = facts(known, { call: rich });
      const command = decide({ changes: changes.map(({ n, cents }) => change({ application: IDS[n]!, cents })) });
      const { result } = past(f)(byResident({ application: null, section: '§ 3' })).when(command, NOVEMBER, BOARD);
      if (result instanceof Rejected) return;
      const granted = result.flatMap((e) => (e.type === 'appeal.outcome-changed' ? [e.data] : []));
      expect(granted.reduce((sum, g) => sum + g.cents, 0)).toBeLessThanOrEqual(appealReserveCents);
      for (const { application, cents } of granted) {
        expect(known.decided[application]!.result).not.toBe('granted');
        expect(cents).toBeGreaterThan(0);
      }
    }),
    { numRuns: 500, seed: 23 },
  );
});
