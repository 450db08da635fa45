import { recorded } from '@minipilot/kernel/testing.js';
import { catalogue } from '../catalogue.js';
import { ledgerStream, pilotStream, scoringStream } from '../streams.js';
import { CALL, hash, id } from '../testing.js';
import { awarding } from './awarding.js';

const TENANT = 'demo';
const PILOT = id('pilot');
const stream = pilotStream(TENANT, PILOT);
const AT = '2027-10-12T08:00:00.000Z';

/** One award and what its flow does. */
function host(...past: [type: string, data: object, at?: string][]) {
  let state = awarding.initial;
  let n = 0;
  const on = (type: string, data: object, at = AT) => {
    catalogue.validate(type, data);
    const input = { kind: 'event' as const, event: recorded({ type, data, at }, stream, n++) };
    const before = JSON.stringify(state);
    const next = awarding.evolve(state, input);
    expect(JSON.stringify(state)).toBe(before);
    state = next;
    return awarding.react(state, input, TENANT);
  };
  for (const event of past) on(...event);
  return {
    on,
    due: (timer: string, due: string) =>
      awarding.react(awarding.evolve(state, { kind: 'timer', timer, due }), { kind: 'timer', timer, due }, TENANT),
  };
}

type Past = [type: string, data: object];
const decided = (change: object = {}): Past => [
  'pilot.decided',
  {
    call: CALL,
    result: 'granted',
    cents: 50_000,
    from: 'budget',
    decision: id('decision'),
    section: '§ 3',
    decidedOn: '2027-10-08',
    decider: id('decider'),
    pay: 'at-once',
    reportDueDays: 45,
    deMinimis: null,
    ...change,
  },
];
const notified = (appealUntil = '2027-10-25', acceptBy: string | null = '2027-11-10'): Past => [
  'pilot.notified',
  { channel: 'electronic', sentOn: '2027-10-08', noticeOn: '2027-10-11', appealUntil, acceptBy, document: null },
];
const published = (appealUntil = '2027-10-29'): Past => [
  'pilot.decision-published',
  { publishedOn: '2027-10-08', noticeOn: '2027-10-15', appealUntil },
];
const accepted: Past = ['pilot.award-accepted', { acceptedAt: AT }];
const declined: Past = ['pilot.award-declined', { declinedAt: AT }];
const lapsed: Past = ['pilot.award-lapsed', { effectiveAt: AT }];
const withdrew: Past = ['pilot.recipient-withdrew', { nameBy: '2027-10-26' }];
const changed: Past = ['pilot.recipient-changed', { recipient: id('Sanna'), acceptBy: '2027-11-19' }];
const otherAccount: Past = ['pilot.account-changed', { changedAt: AT, channel: 'desk' }];
const failed: Past = [
  'pilot.payout-failed',
  { instalment: 1, attempt: 1, cents: 50_000, batch: id('batch'), how: 'rejected', code: 'AC04', on: '2027-10-13' },
];
const final = decided({ pay: 'when-final' });

const toLedger = (type: string, more: object = {}) => ({
  aggregate: 'ledger',
  stream: ledgerStream(TENANT, CALL),
  command: { type, pilot: PILOT, cause: expect.any(String) as string, ...more },
});
const request = { aggregate: 'pilot', stream, command: { type: 'RequestPayout', call: CALL } };
const lapse = (due: string | null) => ({ timer: 'lapse', due });
const noPay = { timer: 'pay', due: null };

describe('awarding', () => {
  it('follows what was granted and no other decision', () => {
    const event = (data: object) => recorded({ type: 'pilot.decided', data }, stream);
    expect(awarding.subject(event({ result: 'granted' }))).toBe(PILOT);
    for (const result of ['waiting', 'refused', 'ineligible', 'late']) expect(awarding.subject(event({ result }))).toBeNull();
    expect(host().on(...notified())).toEqual({});
  });

  it('reserves from the budget, or from the reserve after an appeal', () => {
    expect(host().on(...decided())).toEqual({ commands: [toLedger('Reserve', { cents: 50_000, from: 'available' })] });
    expect(host().on(...decided({ from: 'appeal-reserve' }))).toEqual({
      commands: [toLedger('Reserve', { cents: 50_000, from: 'appeal-reserve' })],
    });
  });

  it('commits and asks for payment at once when the account is there', () => {
    expect(host(decided(), notified()).on(...accepted)).toEqual({ commands: [toLedger('Commit'), request], timers: [lapse(null)] });
    // the account may come before the notice
    expect(host(decided()).on(...accepted)).toEqual({ commands: [toLedger('Commit'), request], timers: [lapse(null)] });
  });

  it('pays when final at noon of the day after the later window, whichever fact comes last', () => {
    const pay = { timer: 'pay', due: '2027-10-30T12:00:00.000Z' };
    expect(host(final, notified(), published()).on(...accepted)).toEqual({ commands: [toLedger('Commit')], timers: [lapse(null), pay] });
    expect(host(final, notified(), accepted).on(...published())).toEqual({ timers: [pay] });
    expect(host(final, published(), accepted).on(...notified())).toEqual({ timers: [pay] });
    expect(host(final, accepted).on(...notified())).toEqual({});
    expect(host(final, published(), accepted).on(...notified('2027-11-02'))).toEqual({
      timers: [{ timer: 'pay', due: '2027-11-03T12:00:00.000Z' }],
    });
    expect(host(final, notified(), published(), accepted).due('pay', '2027-10-30T12:00:00.000Z')).toEqual({ commands: [request] });
  });

  it('pays at once what became final before the account came, also when that day had come once before', () => {
    const late = '2027-11-05T08:00:00.000Z';
    expect(host(final, notified(), published()).on(...accepted, late)).toEqual({
      commands: [toLedger('Commit'), request],
      timers: [lapse(null)],
    });
    // the payment to the first recipient failed after that day, another one takes over
    const second = host(final, notified(), published(), accepted, failed, withdrew, changed);
    expect(second.on(...accepted, late)).toEqual({ commands: [request], timers: [lapse(null)] });
  });

  it('lapses the day after the last day to accept, and gives the money and the place back', () => {
    expect(host(decided()).on(...notified())).toEqual({ timers: [lapse('2027-11-11T12:00:00.000Z')] });
    const due = '2027-11-11T12:00:00.000Z';
    expect(host(decided(), notified()).due('lapse', due)).toEqual({
      commands: [{ aggregate: 'pilot', stream, command: { type: 'LapseAward', call: CALL, effectiveAt: due } }],
    });
    for (const [event, why] of [
      [declined, 'declined'],
      [lapsed, 'lapsed'],
    ] as const)
      expect(host(decided(), notified()).on(...event)).toEqual({
        commands: [
          toLedger('Release', { reason: why }),
          {
            aggregate: 'scoring',
            stream: scoringStream(TENANT, CALL),
            command: { type: 'FreePlace', call: CALL, application: PILOT, why },
          },
        ],
        timers: [lapse(null), noPay],
      });
    expect(host(decided(), declined).on(...notified())).toEqual({});
  });

  it('waits for another recipient, and commits the money only once', () => {
    expect(host(decided(), notified(), accepted).on(...withdrew)).toEqual({ timers: [lapse('2027-10-27T12:00:00.000Z'), noPay] });
    expect(host(decided(), notified(), withdrew).on(...changed)).toEqual({ timers: [lapse('2027-11-20T12:00:00.000Z')] });
    expect(host(decided(), notified(), withdrew, changed).on(...accepted)).toEqual({
      commands: [toLedger('Commit'), request],
      timers: [lapse(null)],
    });
    expect(host(decided(), notified(), accepted, failed, withdrew, changed).on(...accepted)).toEqual({
      commands: [request],
      timers: [lapse(null)],
    });
    // a notice that comes meanwhile does not give more time to name one
    expect(host(decided(), withdrew).on(...notified())).toEqual({ timers: [lapse('2027-10-27T12:00:00.000Z')] });
  });

  it('redirects what is due, and pays again what failed, when another account is given', () => {
    expect(host(decided(), notified(), accepted).on(...otherAccount)).toEqual({ commands: [request] });
    expect(host(decided(), notified(), accepted, failed).on(...otherAccount)).toEqual({ commands: [request] });
    // nothing else tries a failed payment again
    expect(host(decided(), accepted).on(...failed)).toEqual({});
    expect(host(decided(), accepted, failed).on(...notified())).toEqual({});
    expect(host(final, notified(), accepted, failed).on(...published())).toEqual({});
  });

  it('waits for open appeals and for the time to go to court, where money waits for the decision to be final', () => {
    const opened = (appeal: string, decision = id('decision')): Past => ['pilot.appeal-opened', { appeal: id(appeal), decision }];
    const settled = (appeal: string, how: string, finalFrom: string | null): Past => [
      'pilot.appeal-settled',
      { appeal: id(appeal), how, finalFrom },
    ];
    const told = [final, notified(), published(), accepted] as const;
    const pay = (day: string) => ({ timers: [{ timer: 'pay', due: `${day}T12:00:00.000Z` }] });
    expect(host(...told).on(...opened('a'))).toEqual({ timers: [noPay] });
    expect(host(...told, opened('a'), opened('b')).on(...settled('a', 'decided', '2027-12-21'))).toEqual({});
    // of two appeals the later day counts
    expect(host(...told, opened('a'), opened('b'), settled('a', 'decided', '2027-12-21')).on(...settled('b', 'withdrawn', null))).toEqual(
      pay('2027-12-21'),
    );
    expect(host(...told, opened('a')).on(...settled('a', 'withdrawn', null))).toEqual(pay('2027-10-30'));
    expect(host(...told, opened('a')).on(...settled('a', 'withdrawn', null), '2027-11-05T08:00:00.000Z')).toEqual({ commands: [request] });
    expect(host(final, notified(), opened('a'), accepted).on(...published())).toEqual({});
    // an appeal may be read before the decision that it is against; one against an earlier decision keeps nothing back
    expect(host(opened('a'), ...told).on(...settled('a', 'decided', '2027-12-21'))).toEqual(pay('2027-12-21'));
    expect(host(opened('a', id('before')), final, notified(), accepted).on(...published())).toEqual(pay('2027-10-30'));
    // what is paid at once goes on
    expect(host(decided(), accepted).on(...opened('a'))).toEqual({});
    expect(host(decided(), accepted, opened('a')).on(...settled('a', 'withdrawn', null))).toEqual({});
  });

  it('begins anew with a changed decision', () => {
    const again = host(
      final,
      notified(),
      published(),
      accepted,
      declined,
      decided({ pay: 'when-final', from: 'appeal-reserve', decision: id('appeal') }),
    );
    expect(again.on(...accepted)).toEqual({ commands: [toLedger('Commit')], timers: [lapse(null)] });
    expect(again.on(...notified('2027-12-10'))).toEqual({});
    expect(again.on(...published('2027-12-13'))).toEqual({ timers: [{ timer: 'pay', due: '2027-12-14T12:00:00.000Z' }] });
  });

  it('books what comes back', () => {
    const back: Past = ['pilot.money-returned', { cents: 3_840, reference: 'RF18', on: '2027-11-24' }];
    expect(host(decided(), accepted).on(...back)).toEqual({
      commands: [toLedger('Repay', { cents: 3_840, reference: 'RF18', effectiveOn: '2027-11-24' })],
    });
    expect(hash('a')).toHaveLength(64);
  });
});
