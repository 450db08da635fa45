import { CALL } from '../testing.js';
import { toReturnCents, type PilotCommand } from './pilot.js';
import { past, bare, paid, failed, due, AUNE, OFFICER, type Of } from './testing.js';

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
    const back = (cents: number, on = '2027-11-20', reference = 'RF18 5390'): PilotCommand => ({
      type: 'RecordMoneyReturned',
      call: CALL,
      cents,
      reference,
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
      .when(back(1, '2027-11-20', 'RF 2'), LATER)
      .thenRejected('returned-more-than-paid', { paidCents: 50_000 });
    past(...running, report(), [back(3_840), LATER])
      .when(back(3_840), LATER)
      .thenRejected('return-already-recorded');
    past(...running, report())
      .when(back(3_841), LATER)
      .thenRejected('returned-more-than-unspent', { unspentCents: 3_840 });
    past(...running)
      .when(back(1, '2020-03-20'), LATER)
      .thenRejected('returned-before-paid');
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
