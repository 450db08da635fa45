import { uuid5 } from '@minipilot/kernel/ids.js';
import { CALL, POLICY, RANKED, ROLLING, content, hash, id, told } from '../testing.js';
import { call, grantableCents, listDigest, missingForAnnouncement, rulesHash, type CallCommand, type CallFacts } from './call.js';
import type { CallContent } from './events.js';

const facts: CallFacts = { policy: POLICY, application: null };
const MORNING = '2027-09-01T05:00:00.000Z';
const AFTER = '2027-09-22T13:00:30.000Z';
const CLOSES = content().closesAt;
const past = told(call, facts, MORNING, id('officer'));

const draft = (change: Partial<CallContent> = {}): CallCommand => ({ type: 'DraftCall', call: CALL, content: content(change) });
const announce: CallCommand = { type: 'AnnounceCall', lotHash: hash('seed') };
const extend = (closesAt: string): CallCommand => ({ type: 'ExtendDeadline', closesAt, reason: 'Posti myöhästyi.' });
const raise: CallCommand = { type: 'RaiseBudget', byCents: 100_000, authority: { section: '§ 40', on: '2027-09-10' } };
const cancel: CallCommand = { type: 'CancelCall', reason: 'Raha loppui.' };
const close = (page: number, applications: string[], last = true, effectiveAt = CLOSES): CallCommand => ({
  type: 'CloseCall',
  effectiveAt,
  page,
  applications,
  last,
  ...(last ? { count: applications.length, digest: listDigest(applications) } : {}),
});
const admit = (application: string, why: 'arrived-in-time' | 'service-was-down' = 'arrived-in-time', reason = ''): CallCommand => ({
  type: 'AdmitApplication',
  application,
  why,
  reason,
});
const rolling: Partial<CallContent> = { rules: ROLLING, opensAt: '2027-09-08T06:00:00.000Z', closesAt: '2027-12-31T14:00:00.000Z' };

describe('a call is drafted', () => {
  it('and drafted once', () => {
    past()
      .when(draft())
      .then([{ type: 'call.drafted', data: { call: CALL, content: content() } }]);
    past(draft()).when(draft()).thenRejected('call-exists');
  });

  it.each<[string, Partial<CallContent>]>([
    ['opens-after-close', { opensAt: '2027-10-01T06:00:00.000Z' }],
    ['grant-size-upside-down', { grant: { minCents: 50_001, maxCents: 50_000 } }],
    ['reserve-eats-budget', { appealReserveCents: 500_000 }],
    ['grant-above-budget', { appealReserveCents: 450_001 }],
    ['unknown-district', { districts: ['Jukola', 'Iittala'] }],
    ['nobody-may-apply', { whoMayApply: [] }],
    ['applications-per-applicant', { applicationsPerApplicant: 0 }],
    ['applications-per-applicant', { applicationsPerApplicant: 11 }],
    ['rules-weights-total', { rules: { ...RANKED, criteria: [{ id: 'need', weight: 99 }] } }],
    ['rules-not-for-rolling', { rules: { ...ROLLING, waitingList: 3 } }],
  ])('but not with %s, neither at first nor later', (code, change) => {
    past().when(draft(change)).thenRejected(code);
    past(draft())
      .when({ type: 'ReviseCall', content: content(change) })
      .thenRejected(code);
  });

  it('and revised while nobody has seen it', () => {
    const revised = content({ decisionMaker: null });
    past(draft())
      .when({ type: 'ReviseCall', content: revised })
      .then([{ type: 'call.revised', data: { content: revised } }]);
    past().when({ type: 'ReviseCall', content: revised }).thenRejected('call-not-found');
    past(draft(), announce).when({ type: 'ReviseCall', content: revised }).thenRejected('call-already-announced');
  });
});

describe('a call is announced', () => {
  it('with its rules frozen and its lot committed', () => {
    past(draft())
      .when(announce)
      .then([
        {
          type: 'call.announced',
          data: {
            call: CALL,
            content: content(),
            rulesHash: rulesHash(content()),
            lotHash: hash('seed'),
            announcedOn: '2027-09-01',
            timeZone: 'Europe/Helsinki',
            currency: 'EUR',
          },
        },
      ]);
    past().when(announce).thenRejected('call-not-found');
    past(draft(), announce).when(announce).thenRejected('call-already-announced');
  });

  it.each<[string, Partial<CallContent>, string]>([
    ['authority', { authority: null }, '/authority'],
    ['decision-maker', { decisionMaker: null }, '/decisionMaker'],
    ['deputy', { deputy: null }, '/deputy'],
    ['appeal body', { appealBody: null }, '/appealBody'],
    ['budget line', { budget: { ...content().budget, account: '' } }, '/budget'],
    ['contact point', { contactPoint: null }, '/contactPoint'],
    ['districts', { districts: [] }, '/districts'],
    ['theme', { themes: [] }, '/themes'],
    [
      "service owner's promise for play",
      { themes: [{ theme: 'play', owner: 'Varhaiskasvatus', ownerPromisedOn: null }] },
      '/themes/0/owner',
    ],
    ['texts in sv', { title: { fi: 'Kokeillaan', sv: ' ' } }, '/title/sv'],
  ])('only with its %s', (what, change, pointer) => {
    expect(missingForAnnouncement(content(change), POLICY)).toEqual([{ what, pointer }]);
    past(draft(change)).when(announce).thenRejected('announcement-incomplete', { missing: what });
  });

  it('by an authority that has been given, with money of a year that it can be spent in', () => {
    past(draft({ authority: { section: '§ 12', on: '2027-09-02' } }))
      .when(announce)
      .thenRejected('date-in-future', { on: '2027-09-02' });
    for (const year of [2026, 2029])
      past(draft({ budget: { ...content().budget, year } }))
        .when(announce)
        .thenRejected('budget-year', { from: 2027, to: 2028 });
    expect(past(draft({ budget: { ...content().budget, year: 2028 } })).when(announce).result).toHaveLength(1);
  });

  it('two weeks before it closes, counted in days of the municipality', () => {
    const needs = (closesAt: string) => past(draft({ opensAt: '2027-09-02T06:00:00.000Z', closesAt }));
    needs('2027-09-14T20:59:59.000Z').when(announce).thenRejected('lead-time-too-short', { days: 13, needed: 14 });
    expect(needs('2027-09-14T21:00:00.000Z').when(announce).result).toHaveLength(1);
    // 21.30 UTC on 31 August is 1 September in Finland
    needs('2027-09-14T20:59:59.000Z').when(announce, '2027-08-31T21:30:00.000Z').thenRejected('lead-time-too-short', { days: 13 });
    expect(needs('2027-09-14T20:59:59.000Z').when(announce, '2027-08-31T20:30:00.000Z').result).toHaveLength(1);
    needs('2027-09-14T21:00:00.000Z').when(announce, '2027-10-01T00:00:00.000Z').thenRejected('lead-time-too-short', { days: 0 });
  });

  it('a week before it opens when it is rolling', () => {
    expect(past(draft(rolling)).when(announce).result).toHaveLength(1);
    past(draft({ ...rolling, opensAt: '2027-09-07T06:00:00.000Z' }))
      .when(announce)
      .thenRejected('lead-time-too-short', { days: 6, needed: 7 });
  });

  it('and not before what follows an announcement', () => {
    for (const command of [extend(AFTER), raise, cancel, close(0, []), admit(id(1))]) {
      past(draft()).when(command).thenRejected('call-not-announced');
      past().when(command).thenRejected('call-not-found');
    }
  });
});

describe('an announced call', () => {
  it('may close later, never earlier, and only before it has closed', () => {
    const later = '2027-09-29T13:00:00.000Z';
    past(draft(), announce)
      .when(extend(later), '2027-09-22T12:59:59.999Z')
      .then([{ type: 'call.deadline-extended', data: { closesAt: later, reason: 'Posti myöhästyi.' } }]);
    past(draft(), announce).when(extend(CLOSES)).thenRejected('deadline-only-later', { closesAt: CLOSES });
    past(draft(), announce).when(extend(later), CLOSES).thenRejected('call-closed', { closesAt: CLOSES });
    past(draft(), announce, extend(later))
      .when(close(0, []), '2027-09-23T00:00:00.000Z')
      .thenRejected('call-still-open', { closesAt: later });
    past(draft(), announce, cancel).when(extend(later)).thenRejected('call-cancelled');
  });

  it('may get more money', () => {
    const step = past(draft(), announce).when(raise, '2027-09-10T08:00:00.000Z');
    step.then([
      { type: 'call.budget-raised', data: { byCents: 100_000, budgetCents: 600_000, authority: { section: '§ 40', on: '2027-09-10' } } },
    ]);
    expect(grantableCents(step.after().content!)).toBe(550_000);
    past(draft(), announce, cancel).when(raise).thenRejected('call-cancelled');
    past(draft(), announce)
      .when({ ...raise, authority: { section: '§ 40', on: '2028-01-01' } } as CallCommand)
      .thenRejected('date-in-future', { on: '2028-01-01' });
  });

  it('may be cancelled until it closes', () => {
    past(draft(), announce)
      .when(cancel)
      .then([{ type: 'call.cancelled', data: { reason: 'Raha loppui.' } }]);
    past(draft(), announce).when(cancel, CLOSES).thenRejected('call-closed');
    past(draft(), announce, cancel).when(cancel).thenRejected('call-cancelled');
    past(draft(), announce, cancel).when(close(0, []), AFTER).thenRejected('call-cancelled');
  });
});

describe('a call closes', () => {
  const [a, b, c] = [1, 2, 3].map(id) as [string, string, string];
  const first = close(0, [a, b], false);
  const last: CallCommand = { ...close(1, [c]), count: 3, digest: listDigest([a, b, c]) } as CallCommand;

  it('at its time, by pages, each once', () => {
    past(draft(), announce)
      .when(first, AFTER)
      .then([{ type: 'call.closed', data: { effectiveAt: CLOSES, page: 0, applications: [a, b], last: false } }]);
    past(draft(), announce, [first, AFTER]).when(first, AFTER).thenNothing();
    past(draft(), announce, [first, AFTER], [last, AFTER]).when(last, AFTER).thenNothing();
    past(draft(), announce, [first, AFTER], [last, AFTER]).when(close(2, []), AFTER).thenNothing();
    expect(past(draft(), announce, [first, AFTER], [last, AFTER]).state).toMatchObject({
      closed: true,
      closedPages: 2,
      applications: [a, b, c],
    });
  });

  it('neither early nor with a page left out', () => {
    past(draft(), announce).when(first, '2027-09-22T12:59:59.999Z').thenRejected('call-still-open', { closesAt: CLOSES });
    past(draft(), announce)
      .when(close(0, [], true, '2027-09-21T13:00:00.000Z'), AFTER)
      .thenRejected('call-still-open');
    past(draft(), announce).when(last, AFTER).thenRejected('page-missing', { page: 0 });
  });

  it('and its digest is the same for every order of the ids', () => {
    expect(listDigest([c, a, b])).toBe(listDigest([a, b, c]));
    expect(listDigest([a, b])).not.toBe(listDigest([a, b, c]));
  });

  const arrived = (late: boolean, of = CALL) => ({
    policy: POLICY,
    application: { call: of, arrivedAt: '2027-09-22T12:59:00.000Z', late },
  });
  const closed = () => past(draft(), announce, [close(0, [a]), AFTER]);
  const admitted = (application: string, why: string, reason: string) => [
    { type: 'call.application-admitted', data: { application, why, arrivedAt: '2027-09-22T12:59:00.000Z', reason } },
  ];

  it('and then takes in who had arrived in time, once', () => {
    closed()
      .when(admit(b), AFTER, 'flow.closing', arrived(false))
      .then(admitted(b, 'arrived-in-time', ''));
    closed().when(admit(a), AFTER, 'flow.closing', arrived(false)).thenNothing();
    past(draft(), announce).when(admit(b), AFTER, 'flow.closing', arrived(false)).thenRejected('call-still-open');
    closed().when(admit(b), AFTER, 'flow.closing', arrived(true)).thenRejected('application-late');
    closed().when(admit(b), AFTER, 'flow.closing').thenRejected('application-not-found');
    closed()
      .when(admit(b), AFTER, 'flow.closing', arrived(false, id('another call')))
      .thenRejected('application-not-found');
  });

  it('or an officer admits a late one, with a reason, where the service was down', () => {
    const down = admit(b, 'service-was-down', 'Palvelu oli alhaalla 15.40–16.10.');
    const step = closed().when(down, AFTER, id('officer'), arrived(true));
    step.then(admitted(b, 'service-was-down', 'Palvelu oli alhaalla 15.40–16.10.'));
    expect(step.after()).toMatchObject({ applications: [a, b], admitted: [b] });
    closed()
      .when(admit(b, 'service-was-down', ' '), AFTER, id('officer'), arrived(true))
      .thenRejected('reason-missing');
    const told = { ...arrived(true), application: { ...arrived(true).application, decided: true } };
    closed().when(down, AFTER, id('officer'), told).thenRejected('already-decided');
  });

  it('also one that had arrived in time, was withdrawn, and came again late', () => {
    const down = admit(a, 'service-was-down', 'Palvelu oli alhaalla.');
    const step = closed().when(down, AFTER, id('officer'), arrived(true));
    step.then(admitted(a, 'service-was-down', 'Palvelu oli alhaalla.'));
    expect(step.after()).toMatchObject({ applications: [a], admitted: [a] });
  });
});

it('rules have one hash, whatever the order in which they are written', () => {
  const rules = Object.fromEntries(Object.entries(RANKED).reverse()) as CallContent['rules'];
  expect(rulesHash(content({ rules }))).toBe(rulesHash(content()));
  expect(rulesHash(content({ rules: { ...RANKED, minimumCards: 3 } }))).not.toBe(rulesHash(content()));
  expect(uuid5('test', 'call')).toBe(CALL);
});
