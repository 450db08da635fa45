import { project } from '@minipilot/kernel/testing.js';
import { callStream } from '@minipilot/grants/streams.js';
import { deskPilots } from './pilots.js';
import { publicPilots } from './public-pilots.js';
import { History, id } from './testing.js';

const call = id('call');
const pilot = id('pilot');

const aune = (): History => {
  const h = new History();
  h.submit(pilot, call, { channel: 'agent', helper: id('agent') });
  h.pilot(pilot, 'pilot.checked', { suggestion: 'eligible', codes: [], suggested: null, departs: false }, '2027-03-03T10:00:00.000Z');
  h.decide(pilot, call, 'granted');
  h.pilot(
    pilot,
    'pilot.notified',
    { channel: 'letter', sentOn: '2027-03-05', noticeOn: '2027-03-12', appealUntil: '2027-03-30', acceptBy: '2027-04-12', document: null },
    '2027-03-05T11:00:00.000Z',
  );
  return h;
};
const row = (h: History) => project(deskPilots, h.events).get(pilot)!;
const published = (h: History) => project(publicPilots, h.events).get(pilot)!;

describe('a pilot for the desk', () => {
  it('is final from the day after the last of both windows, once both are known', () => {
    const h = aune();
    expect(row(h)).toMatchObject({
      state: 'granted',
      cents: 50_000,
      channel: 'agent',
      suggestion: 'eligible',
      finalFrom: null,
      acceptBy: '2027-04-12',
    });
    h.pilot(
      pilot,
      'pilot.decision-published',
      { publishedOn: '2027-03-08', noticeOn: '2027-03-15', appealUntil: '2027-03-29' },
      '2027-03-08T08:00:00.000Z',
    );
    expect(row(h).finalFrom).toBe('2027-03-31');
  });

  it('gives another decision its own notice and windows', () => {
    const h = aune();
    h.decide(pilot, call, 'granted', '2027-05-03T08:00:00.000Z');
    expect(row(h)).toMatchObject({ noticeOn: null, appealUntil: null, finalFrom: null, acceptBy: null });
  });

  it('goes from acceptance over a returned payment to returned money, with handles in place of personal data', () => {
    const h = aune();
    const accepted = h.pilot(pilot, 'pilot.award-accepted', { acceptedAt: '2027-03-08T08:00:00.000Z' }, '2027-03-08T08:00:00.000Z', [
      'iban',
    ]);
    expect(row(h)).toMatchObject({ state: 'accepted', ibanEvent: accepted.id, contactEvent: h.events[0]!.id });
    h.pay(pilot);
    expect(row(h)).toMatchObject({ state: 'paid', paidCents: 50_000, paidOn: '2027-03-15', reportDue: '2027-06-14' });
    const failed = {
      instalment: 1,
      attempt: 1,
      cents: 50_000,
      batch: id('batch'),
      how: 'returned' as const,
      code: 'AC04',
      on: '2027-03-17',
    };
    h.pilot(pilot, 'pilot.payout-failed', failed, '2027-03-17T08:00:00.000Z');
    expect(row(h)).toMatchObject({ state: 'payout-failed', paidCents: 0, paidOn: null, failedCode: 'AC04', failedHow: 'returned' });
    expect(published(h)).toMatchObject({ state: 'granted', paidCents: 0, paidOn: null });
    const changed = h.pilot(
      pilot,
      'pilot.account-changed',
      { changedAt: '2027-03-18T08:00:00.000Z', channel: 'desk' },
      '2027-03-18T08:00:00.000Z',
      ['iban'],
    );
    expect(row(h)).toMatchObject({ state: 'accepted', ibanEvent: changed.id });
    h.pay(pilot);
    h.pilot(pilot, 'pilot.report-overdue', { due: '2027-06-14', effectiveAt: '2027-06-15T09:00:00.000Z' }, '2027-06-15T09:00:00.000Z');
    expect(row(h).overdue).toBe(1);
    h.pilot(pilot, 'pilot.report-extended', { due: '2027-06-30', remindOn: [], escalateOn: '2027-07-14' }, '2027-06-16T09:00:00.000Z', [
      'comment',
    ]);
    expect(row(h)).toMatchObject({ overdue: 0, reportDue: '2027-06-30' });
    const report = h.report(pilot, 'yes', '2027-06-20T09:00:00.000Z');
    expect(row(h)).toMatchObject({ state: 'reported', outcome: 'yes', usedCents: 46_160, unspentCents: 3_840, reportEvent: report.id });
    expect(row(h).proposalEvent).toBe(h.events[0]!.id);
    h.pilot(pilot, 'pilot.report-accepted', { returnCents: 3_840, returnDue: '2027-07-05' }, '2027-06-21T09:00:00.000Z');
    expect(row(h)).toMatchObject({ state: 'to-return', toReturnCents: 3_840, returnDue: '2027-07-05' });
    h.pilot(pilot, 'pilot.money-returned', { cents: 3_840, reference: 'RF1', on: '2027-07-01' }, '2027-07-01T09:00:00.000Z');
    expect(row(h)).toMatchObject({ state: 'completed', returnedCents: 3_840 });
    expect(published(h)).toMatchObject({ state: 'completed', paidCents: 50_000, returnedCents: 3_840, outcome: 'yes' });
  });

  it('begins anew when a withdrawn application is made again', () => {
    const h = new History();
    h.submit(pilot, call);
    h.pilot(
      pilot,
      'pilot.checked',
      { suggestion: 'ineligible', codes: ['district'], suggested: null, departs: true },
      '2027-03-03T10:00:00.000Z',
    );
    h.pilot(pilot, 'pilot.withdrawn', { withdrawnAt: '2027-03-04T10:00:00.000Z' }, '2027-03-04T10:00:00.000Z');
    expect(row(h)).toMatchObject({ state: 'withdrawn', withdrawnAt: '2027-03-04T10:00:00.000Z' });
    const again = h.submit(pilot, call, { district: 'Kauriala' }, '2027-03-06T10:00:00.000Z');
    expect(row(h)).toMatchObject({ state: 'submitted', suggestion: null, withdrawnAt: null, district: 'Kauriala', contactEvent: again.id });
  });

  it('takes an admitted late application into the running', () => {
    const h = new History();
    h.submit(pilot, call, { late: true });
    expect(row(h).state).toBe('late');
    h.add(
      callStream('demo', call),
      'call.application-admitted',
      { application: pilot, why: 'service-was-down', arrivedAt: '2027-03-02T10:00:00.000Z', reason: 'Katko' },
      '2027-03-03T10:00:00.000Z',
    );
    expect(row(h)).toMatchObject({ state: 'submitted', late: 1, admitted: 1 });
  });

  it('asks another recipient to accept anew', () => {
    const h = aune();
    h.pilot(pilot, 'pilot.award-accepted', { acceptedAt: '2027-03-08T08:00:00.000Z' }, '2027-03-08T08:00:00.000Z', ['iban']);
    h.pilot(pilot, 'pilot.recipient-withdrew', { nameBy: '2027-03-24' }, '2027-03-10T08:00:00.000Z');
    expect(row(h)).toMatchObject({ state: 'recipient-withdrew', nameBy: '2027-03-24', ibanEvent: null });
    const changed = h.pilot(
      pilot,
      'pilot.recipient-changed',
      { recipient: id('sanna'), acceptBy: '2027-04-20' },
      '2027-03-20T08:00:00.000Z',
      ['contact'],
    );
    expect(row(h)).toMatchObject({
      state: 'granted',
      recipient: id('sanna'),
      nameBy: null,
      acceptBy: '2027-04-20',
      contactEvent: changed.id,
    });
    expect(row(h).applicant).toBe(id(`applicant of ${pilot}`));
  });

  it('stops at a history without a beginning', () => {
    const h = new History();
    h.decide(pilot, call, 'granted');
    expect(() => row(h)).toThrow('without a beginning');
  });

  it('has a value in every column of every row', () => {
    for (const [projection, value] of [
      [deskPilots, row(aune())],
      [publicPilots, published(aune())],
    ] as const) {
      expect(Object.keys(value).sort()).toEqual(Object.keys(projection.table).sort());
      expect(Object.values(value)).not.toContain(undefined);
    }
  });
});

describe('a pilot for everybody', () => {
  it.each(['refused', 'waiting', 'ineligible', 'late'] as const)('is empty beside call and district when %s', (result) => {
    const h = new History();
    h.submit(pilot, call);
    h.decide(pilot, call, result);
    expect(published(h)).toMatchObject({ granted: 0, state: null, decidedOn: '', section: null });
  });

  it('holds neither subjects nor handles', () => {
    const text = JSON.stringify(published(aune()));
    for (const name of [`applicant of ${pilot}`, 'agent', 'decider', 'someone']) expect(text).not.toContain(id(name));
  });
});
