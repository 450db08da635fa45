import { CALL, POLICY, announced, hash, id, told } from '../testing.js';
import { pilot, toReturnCents, type PilotCommand, type PilotFacts } from './pilot.js';

type Of<T extends PilotCommand['type']> = Extract<PilotCommand, { type: T }>;
const [AUNE, SANNA, OFFICER, BATCH] = [id('Aune'), id('Sanna'), id('officer'), id('batch')];
const facts: PilotFacts = { policy: POLICY, call: announced() };
const DAY = '2027-10-12T08:00:00.000Z';
const past = told(pilot, facts, DAY, AUNE);
const whenFinal = told(pilot, { ...facts, call: announced({ pay: 'when-final' }) }, DAY, AUNE);

const submit = (change: Partial<Of<'SubmitApplication'>> = {}): PilotCommand => ({
  type: 'SubmitApplication',
  call: CALL,
  applicant: AUNE,
  slot: 0,
  arrivedAt: '2027-09-10T08:00:00.000Z',
  channel: 'online',
  helper: null,
  filedBy: AUNE,
  kind: 'resident',
  district: 'Jukola',
  askedCents: 50_000,
  involves: [],
  economic: null,
  language: 'fi',
  reach: 'electronic',
  ...change,
});
const decided = (change: Partial<Of<'RecordDecision'>> = {}): PilotCommand => ({
  type: 'RecordDecision',
  call: CALL,
  result: 'granted',
  cents: 50_000,
  from: 'budget',
  decision: id('decision'),
  section: '§ 3',
  decidedOn: '2027-10-08',
  decider: id('decider'),
  deMinimis: null,
  ...change,
});
const window = { noticeOn: '2027-10-11', appealUntil: '2027-10-25' };
const notice: PilotCommand = { type: 'RecordNotice', call: CALL, channel: 'electronic', sentOn: '2027-10-08', ...window };
const published: PilotCommand = {
  type: 'RecordPublication',
  call: CALL,
  publishedOn: '2027-10-08',
  noticeOn: '2027-10-15',
  appealUntil: '2027-10-29',
};
const bare = <T extends PilotCommand['type']>(type: T) => ({ type, call: CALL }) as unknown as PilotCommand;
const accept = bare('AcceptAward');
const decline = bare('DeclineAward');
const stepBack = bare('WithdrawRecipient');
const request = bare('RequestPayout');
const retry = bare('RetryPayout');
const lapse: PilotCommand = { type: 'LapseAward', call: CALL, effectiveAt: '2027-11-11T12:00:00.000Z' };
const changeTo = (recipient: string): PilotCommand => ({ type: 'ChangeRecipient', call: CALL, recipient });
const otherAccount: PilotCommand = { type: 'ChangeAccount', call: CALL, channel: 'desk' };
const paid = (attempt = 1, change: Partial<Of<'RecordPaid'>> = {}): PilotCommand => ({
  type: 'RecordPaid',
  call: CALL,
  instalment: 1,
  attempt,
  cents: 50_000,
  batch: BATCH,
  reference: 'E1',
  paidOn: '2027-10-13',
  ...change,
});
const failed = (attempt = 1, how: 'rejected' | 'returned' = 'rejected'): PilotCommand => ({
  type: 'RecordPayoutFailed',
  call: CALL,
  instalment: 1,
  attempt,
  cents: 50_000,
  batch: BATCH,
  how,
  code: 'AC04',
  on: '2027-10-13',
});
const offered = [submit(), decided(), notice] as const;
const due = [...offered, accept, request] as const;

describe('an award', () => {
  it('is accepted by giving an account, until its last day', () => {
    past(...offered)
      .when(accept)
      .then([{ type: 'pilot.award-accepted', data: { acceptedAt: DAY }, seal: { iban: AUNE } }]);
    past(...offered, accept)
      .when(accept)
      .thenRejected('award-already-accepted');
    expect(past(...offered).when(accept, '2027-11-10T21:59:59.999Z').result).toHaveLength(1);
    past(...offered)
      .when(accept, '2027-11-10T22:00:00.000Z')
      .thenRejected('award-lapsed', { lastDay: '2027-11-10' });
    past(submit(), decided({ result: 'waiting', cents: 0 }))
      .when(accept)
      .thenRejected('no-award');
  });

  it('is declined, once, while no payment is under way', () => {
    past(...offered)
      .when(decline)
      .then([{ type: 'pilot.award-declined', data: { declinedAt: DAY } }]);
    past(...offered, decline)
      .when(decline)
      .thenNothing();
    past(...offered, decline)
      .when(accept)
      .thenRejected('award-gone', { award: 'declined' });
    past(...due)
      .when(decline)
      .thenRejected('payout-under-way');
    past(...due, paid())
      .when(decline)
      .thenRejected('payout-under-way');
    expect(past(...due, failed()).when(decline).result).toHaveLength(1);
    past(submit()).when(decline).thenRejected('no-award');
  });

  it('lapses the day after its last day, once, and not when it was accepted', () => {
    const after = '2027-11-11T12:00:00.000Z';
    past(...offered)
      .when(lapse, after)
      .then([{ type: 'pilot.award-lapsed', data: { effectiveAt: after } }]);
    past(...offered)
      .when(lapse, '2027-11-10T12:00:00.000Z')
      .thenNothing();
    past(...offered, [lapse, after])
      .when(lapse, after)
      .thenNothing();
    past(...offered, [lapse, after])
      .when(decline, after)
      .thenRejected('award-gone', { award: 'lapsed' });
    past(...offered, accept)
      .when(lapse, after)
      .thenNothing();
    past(submit(), decided()).when(lapse, after).thenNothing();
  });
});

describe('the recipient', () => {
  const changed = (day = '2027-10-20T08:00:00.000Z') => past(...offered, stepBack, [changeTo(SANNA), day]);

  it('may step back before payment; another is named within 14 days and gives an own account', () => {
    past(...offered)
      .when(stepBack)
      .then([{ type: 'pilot.recipient-withdrew', data: { nameBy: '2027-10-26' } }]);
    past(...offered, stepBack)
      .when(stepBack)
      .thenNothing();
    past(...offered, stepBack)
      .when(accept)
      .thenRejected('recipient-missing', { nameBy: '2027-10-26' });
    past(...offered, stepBack)
      .when(changeTo(SANNA), '2027-10-20T08:00:00.000Z')
      .then([{ type: 'pilot.recipient-changed', data: { recipient: SANNA, acceptBy: '2027-11-19' }, seal: { contact: SANNA } }]);
    changed()
      .when(accept, '2027-10-20T09:00:00.000Z', SANNA)
      .then([{ type: 'pilot.award-accepted', data: { acceptedAt: '2027-10-20T09:00:00.000Z' }, seal: { iban: SANNA } }]);
    expect(changed().state).toMatchObject({ recipient: SANNA, applicant: AUNE, account: null, award: 'offered' });
  });

  it('is not changed otherwise', () => {
    past(...offered)
      .when(changeTo(SANNA))
      .thenRejected('recipient-not-withdrawn');
    past(...offered, stepBack)
      .when(changeTo(AUNE))
      .thenRejected('same-recipient');
    past(...offered, stepBack)
      .when(changeTo(SANNA), '2027-10-27T08:00:00.000Z')
      .thenRejected('award-lapsed', { lastDay: '2027-10-26' });
    past(...due)
      .when(stepBack)
      .thenRejected('payout-under-way');
    past(...offered, decline)
      .when(stepBack)
      .thenRejected('award-gone');
    past(submit()).when(stepBack).thenRejected('no-award');
  });

  it('who stepped back too late to be replaced loses the award', () => {
    expect(past(...offered, stepBack).when(lapse, '2027-10-27T10:00:00.000Z').result).toHaveLength(1);
    past(...offered, stepBack)
      .when(lapse, '2027-10-26T10:00:00.000Z')
      .thenNothing();
  });

  it('loses the account that was the old recipient’s', () => {
    past(...offered, accept, stepBack, [changeTo(SANNA), '2027-10-20T08:00:00.000Z'])
      .when(request)
      .thenRejected('award-not-accepted');
  });
});

describe('a payment', () => {
  const requested = (attempt: number, event: number) => [
    {
      type: 'pilot.payout-requested',
      data: {
        call: CALL,
        instalment: 1,
        attempt,
        cents: 50_000,
        account: hash(`com ${event} iban`),
        accountEvent: expect.any(String) as string,
        recipient: AUNE,
      },
    },
  ];

  it('is requested once the award is accepted, once', () => {
    past(...offered, accept)
      .when(request)
      .then(requested(1, 3));
    past(...due)
      .when(request)
      .thenNothing();
    past(...due, paid())
      .when(request)
      .thenNothing();
    past(...offered)
      .when(request)
      .thenRejected('award-not-accepted');
    past(...offered, decline)
      .when(request)
      .thenRejected('award-not-accepted');
  });

  it('waits until the decision is final where the call says so', () => {
    const accepted = whenFinal(...offered, published, accept);
    accepted.when(request, '2027-10-29T20:59:00.000Z').thenRejected('not-final-yet');
    accepted.when(request, '2027-10-29T21:00:00.000Z').then(requested(1, 4));
    whenFinal(...offered, accept)
      .when(request, '2028-01-01T08:00:00.000Z')
      .thenRejected('not-final-yet');
  });

  it('follows the account while it is due', () => {
    past(...offered, accept)
      .when(otherAccount)
      .then([{ type: 'pilot.account-changed', data: { changedAt: DAY, channel: 'desk' }, seal: { iban: AUNE } }]);
    const moved = [{ instalment: 1, attempt: 1, account: hash('com 5 iban'), accountEvent: expect.any(String) as string, recipient: AUNE }];
    past(...due, otherAccount)
      .when(request)
      .then(moved.map((data) => ({ type: 'pilot.payout-redirected', data })));
    past(...due, otherAccount, request)
      .when(request)
      .thenNothing();
    past(...due, paid())
      .when(otherAccount)
      .thenRejected('already-paid');
    past(...offered)
      .when(otherAccount)
      .thenRejected('award-not-accepted');
  });

  it('is recorded once, with the days that follow for the report', () => {
    past(...due)
      .when(paid())
      .then([
        {
          type: 'pilot.paid',
          data: {
            instalment: 1,
            attempt: 1,
            cents: 50_000,
            batch: BATCH,
            reference: 'E1',
            paidOn: '2027-10-13',
            reportDue: '2027-11-27',
            remindOn: ['2027-11-13', '2027-11-24'],
            escalateOn: '2027-12-11',
          },
        },
      ]);
    past(...due, paid())
      .when(paid())
      .thenNothing();
    past(...due)
      .when(paid(2))
      .thenNothing();
  });

  it('that failed comes again only as a new attempt', () => {
    const data = { instalment: 1, attempt: 1, cents: 50_000, batch: BATCH, how: 'rejected', code: 'AC04', on: '2027-10-13' };
    past(...due)
      .when(failed())
      .then([{ type: 'pilot.payout-failed', data }]);
    past(...due, failed())
      .when(failed())
      .thenNothing();
    past(...due, failed())
      .when(paid())
      .thenNothing();
    past(...due, failed())
      .when(retry)
      .then(requested(2, 3));
    past(...due, failed(), retry)
      .when(failed())
      .thenNothing();
    past(...due, failed(), retry)
      .when(paid())
      .thenNothing();
    past(...due, failed(), otherAccount)
      .when(request)
      .then(requested(2, 6));
    past(...due)
      .when(retry)
      .thenRejected('payout-under-way');
    past(...due, paid())
      .when(retry)
      .thenRejected('payout-under-way');
    past(...offered, accept)
      .when(retry)
      .thenRejected('nothing-to-retry');
  });

  it('that the recipient’s bank sent back is no payment any more', () => {
    const back = past(...due, paid(), failed(1, 'returned'));
    expect(back.state).toMatchObject({ paidCents: 0, payout: { status: 'failed' } });
    back.when(failed(1, 'returned')).thenNothing();
    back.when(paid()).thenNothing();
    back.when(retry).then(requested(2, 3));
    past(...due)
      .when(failed(1, 'returned'))
      .thenNothing();
    past(...due, paid())
      .when(failed(1, 'rejected'))
      .thenNothing();
    const again = past(...due, paid(), failed(1, 'returned'), retry, paid(2, { paidOn: '2027-11-02' }));
    expect(again.state).toMatchObject({ paidCents: 50_000, report: { due: '2027-12-17', reminded: [], overdue: false } });
  });
});

describe('a report', () => {
  const LATER = '2027-11-20T10:00:00.000Z';
  const running = [...due, paid()] as const;
  const report = (change: Partial<Of<'ReportPilot'>> = {}): PilotCommand => ({
    type: 'ReportPilot',
    call: CALL,
    outcome: 'yes',
    participants: 23,
    usedCents: 46_160,
    goOn: true,
    ...change,
  });
  const remind = (days = 14, day = '2027-11-27'): PilotCommand => ({
    type: 'RemindReport',
    call: CALL,
    due: day,
    days,
    effectiveAt: '2027-11-13T12:00:00.000Z',
  });
  const overdue = (day = '2027-11-27'): PilotCommand => ({
    type: 'RecordReportOverdue',
    call: CALL,
    due: day,
    effectiveAt: '2027-11-28T12:00:00.000Z',
  });
  const escalate = (day = '2027-11-27'): PilotCommand => ({
    type: 'EscalateReport',
    call: CALL,
    due: day,
    effectiveAt: '2027-12-11T12:00:00.000Z',
  });
  const extend: PilotCommand = { type: 'ExtendReport', call: CALL, due: '2027-12-27' };
  const acceptReport: [PilotCommand, string, string] = [bare('AcceptReport'), LATER, OFFICER];
  const sendBack: [PilotCommand, string, string] = [bare('SendReportBack'), LATER, OFFICER];

  it('tells whether it worked, what was used and what is left', () => {
    past(...running)
      .when(report(), LATER)
      .then([
        {
          type: 'pilot.reported',
          data: { reportedAt: LATER, outcome: 'yes', participants: 23, usedCents: 46_160, unspentCents: 3_840, goOn: true },
          seal: { proposal: AUNE },
        },
      ]);
    past(...running, report())
      .when(report())
      .thenRejected('already-reported');
    past(...running)
      .when(report({ usedCents: 50_001 }))
      .thenRejected('used-more-than-paid', { paidCents: 50_000 });
    past(...due)
      .when(report())
      .thenRejected('not-paid');
    past(...due, paid(), failed(1, 'returned'))
      .when(report())
      .thenRejected('not-paid');
  });

  it('is reminded of, missed and taken up once for each due day, and never after it came', () => {
    const facts = { due: '2027-11-27' };
    past(...running)
      .when(remind())
      .then([{ type: 'pilot.report-reminded', data: { ...facts, days: 14, effectiveAt: '2027-11-13T12:00:00.000Z' } }]);
    past(...running)
      .when(overdue())
      .then([{ type: 'pilot.report-overdue', data: { ...facts, effectiveAt: '2027-11-28T12:00:00.000Z' } }]);
    past(...running)
      .when(escalate())
      .then([{ type: 'pilot.report-escalated', data: { ...facts, effectiveAt: '2027-12-11T12:00:00.000Z' } }]);
    for (const command of [remind(), overdue(), escalate()]) {
      past(...running, command)
        .when(command)
        .thenNothing();
      past(...running, report())
        .when(command)
        .thenNothing();
      past(...running, extend)
        .when(command)
        .thenNothing();
      expect(past(...running, report(), sendBack).when(command).result).toHaveLength(1);
    }
    expect(past(...running, remind(), extend).when(remind(14, '2027-12-27')).result).toHaveLength(1);
  });

  it('may get more time, only more, until it is there', () => {
    const data = { due: '2027-12-27', remindOn: ['2027-12-13', '2027-12-24'], escalateOn: '2028-01-10' };
    past(...running)
      .when(extend)
      .then([{ type: 'pilot.report-extended', data, seal: { comment: AUNE } }]);
    past(...running)
      .when({ ...extend, due: '2027-11-27' } as PilotCommand)
      .thenRejected('report-due-only-later', { due: '2027-11-27' });
    past(...running, report())
      .when(extend)
      .thenRejected('already-reported');
    past(...due)
      .when(extend)
      .thenRejected('not-paid');
  });

  it('is sent back or accepted by somebody else than who wrote it', () => {
    past(...running, report())
      .when(...sendBack)
      .then([{ type: 'pilot.report-sent-back', data: {}, seal: { comment: AUNE } }]);
    expect(past(...running, report(), sendBack).when(report()).result).toHaveLength(1);
    for (const [command] of [sendBack, acceptReport]) {
      past(...running, report())
        .when(command, LATER, AUNE)
        .thenRejected('own-application');
      past(...running)
        .when(command, LATER, OFFICER)
        .thenRejected('nothing-reported');
      past(...running, report(), acceptReport)
        .when(command, LATER, OFFICER)
        .thenRejected('nothing-reported');
    }
  });

  it('says what is to come back: all that is unspent, above the floor of 20 €, by a working day', () => {
    const returns = (usedCents: number, at = LATER) => past(...running, report({ usedCents })).when(bare('AcceptReport'), at, OFFICER);
    returns(46_160).then([{ type: 'pilot.report-accepted', data: { returnCents: 3_840, returnDue: '2027-12-07' } }]);
    returns(48_000).then([{ type: 'pilot.report-accepted', data: { returnCents: 0, returnDue: null } }]);
    returns(47_999).then([{ type: 'pilot.report-accepted', data: { returnCents: 2_001, returnDue: '2027-12-07' } }]);
    // 14 days after Monday 22 November is Independence Day
    returns(46_160, '2027-11-22T10:00:00.000Z').then([
      { type: 'pilot.report-accepted', data: { returnCents: 3_840, returnDue: '2027-12-07' } },
    ]);
  });

  it('whose outcome is no changes nothing but the outcome', () => {
    const path = (outcome: 'yes' | 'no') => past(...running, report({ outcome }), acceptReport);
    expect(path('no').given.slice(-1)).toEqual(path('yes').given.slice(-1));
    expect({ ...path('no').state.report, outcome: 'yes' }).toEqual(path('yes').state.report);
  });

  it('brings money back, before or after it is accepted, never more than was paid', () => {
    const back = (cents: number, on = '2027-11-20'): PilotCommand => ({
      type: 'RecordMoneyReturned',
      call: CALL,
      cents,
      reference: 'RF18 5390',
      on,
    });
    past(...running, report(), acceptReport)
      .when(back(3_840), LATER)
      .then([{ type: 'pilot.money-returned', data: { cents: 3_840, reference: 'RF18 5390', on: '2027-11-20' } }]);
    expect(toReturnCents(past(...running, report(), acceptReport).state)).toBe(3_840);
    expect(toReturnCents(past(...running, report(), acceptReport, [back(3_840), LATER]).state)).toBe(0);
    past(...running, report(), [back(3_840), LATER])
      .when(bare('AcceptReport'), LATER, OFFICER)
      .then([{ type: 'pilot.report-accepted', data: { returnCents: 3_840, returnDue: null } }]);
    past(...running, [back(50_000), LATER])
      .when(back(1), LATER)
      .thenRejected('returned-more-than-paid', { paidCents: 50_000 });
    past(...running)
      .when(back(1, '2027-11-21'), LATER)
      .thenRejected('date-in-future');
    past(...due)
      .when(back(1), LATER)
      .thenRejected('not-paid');
  });

  it('comes from a plan that may change: silence for five working days means yes', () => {
    const change = bare('ChangePlan');
    // 6 May 2027 is Ascension Day, a Thursday
    past(...running)
      .when(change, '2027-05-04T08:00:00.000Z')
      .then([{ type: 'pilot.plan-changed', data: { silenceUntil: '2027-05-12' }, seal: { proposal: AUNE } }]);
    const open = past(...running, [change, '2027-05-04T08:00:00.000Z']);
    open.when(bare('RefusePlan'), '2027-05-12T20:59:00.000Z').then([{ type: 'pilot.plan-refused', data: {}, seal: { comment: AUNE } }]);
    open.when(bare('RefusePlan'), '2027-05-12T21:00:00.000Z').thenRejected('plan-already-stands');
    past(...running)
      .when(bare('RefusePlan'))
      .thenRejected('plan-already-stands');
    past(...running, report())
      .when(change)
      .thenRejected('already-reported');
  });
});
