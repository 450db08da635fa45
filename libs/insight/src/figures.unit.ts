import fc from 'fast-check';
import type { Recorded } from '@minipilot/kernel/event.js';
import { callStream } from '@minipilot/grants/streams.js';
import { MEASURES, publicFigures, type FigureRow, type Measure } from './figures.js';
import { History, id } from './testing.js';

/** Folds rows and counters as a host does: every event adds what its row changed. */
function fold(events: readonly Recorded[]) {
  const rows = new Map<string, FigureRow>();
  const counters = new Map<string, number>();
  for (const event of events) {
    if (!publicFigures.handles.includes(event.type)) continue;
    for (const key of publicFigures.keys(event)) {
      const before = rows.get(key) ?? null;
      if (before) Object.freeze(before);
      const after = publicFigures.evolve(before, event, key)!;
      for (const { key: cell, column, delta } of publicFigures.rollup!(before, after)) {
        const counter = `${cell} ${column}`;
        counters.set(counter, (counters.get(counter) ?? 0) + delta);
      }
      rows.set(key, after);
    }
  }
  return { rows, counters };
}

const CALLS = [id('call 1'), id('call 2')];
const DISTRICTS = ['Jukola', 'Kauriala', 'Keinusaari'];
const step = fc.record({
  pilot: fc.nat(7),
  what: fc.constantFrom('submit', 'amend', 'withdraw', 'admit', 'decide', 'accept', 'pay', 'reject', 'bounce', 'report', 'return'),
  a: fc.nat(4),
  b: fc.nat(2),
});
const RESULTS = ['granted', 'granted', 'waiting', 'refused', 'late'] as const;
const OUTCOMES = ['yes', 'partly', 'no'] as const;

function history(steps: { pilot: number; what: string; a: number; b: number }[]): History {
  const h = new History();
  const known = new Set<string>();
  steps.forEach(({ pilot: n, what, a, b }, i) => {
    const pilot = id(`pilot ${n}`);
    const call = CALLS[n % 2]!;
    const at = new Date(Date.UTC(2027, 2, 1) + i * 3_600_000).toISOString();
    if (what === 'submit' || !known.has(pilot)) {
      known.add(pilot);
      h.submit(pilot, call, { district: DISTRICTS[b]!, late: a === 0 }, at);
      return;
    }
    const payment = { instalment: 1, attempt: 1, cents: 10_000 + a, batch: id('batch'), code: 'AC04', on: '2027-03-17' };
    switch (what) {
      case 'amend':
        return h.pilot(
          pilot,
          'pilot.amended',
          {
            kind: 'resident',
            district: DISTRICTS[b]!,
            askedCents: 1,
            involves: [],
            economic: null,
            language: 'fi',
            businessId: 'none',
            recipientNamed: false,
            confirmed: true,
            duplicate: 'none',
            reach: 'letter',
            amendedAt: at,
          },
          at,
        );
      case 'withdraw':
        return h.pilot(pilot, 'pilot.withdrawn', { withdrawnAt: at }, at);
      case 'admit':
        return h.add(
          callStream('demo', call),
          'call.application-admitted',
          { application: pilot, why: 'arrived-in-time', arrivedAt: at, reason: '' },
          at,
        );
      case 'decide':
        return h.decide(pilot, call, RESULTS[a]!, at, 10_000 + b);
      case 'accept':
        return h.pilot(pilot, 'pilot.award-accepted', { acceptedAt: at }, at);
      case 'pay':
        return h.pay(pilot, at, 10_000 + a);
      case 'reject':
        return h.pilot(pilot, 'pilot.payout-failed', { ...payment, how: 'rejected' }, at);
      case 'bounce':
        return h.pilot(pilot, 'pilot.payout-failed', { ...payment, how: 'returned' }, at);
      case 'report':
        return h.report(pilot, OUTCOMES[b]!, at, 5_000 + a);
      default:
        return h.pilot(pilot, 'pilot.money-returned', { cents: 100 + a, reference: 'RF1', on: '2027-07-01' }, at);
    }
  });
  return h;
}

/** Counted again from the rows, one cell and measure at a time. */
function recount(rows: Iterable<FigureRow>, cell: string, measure: Measure): number {
  const minutes = (from: string, to: string) => Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 60_000));
  let sum = 0;
  for (const r of rows) {
    if (`${r.tenant}|${r.call}|${r.district}` !== cell) continue;
    const granted = r.fate === 'granted';
    const paid = granted && r.paidAt !== null;
    const reported = granted && r.reportedAt !== null;
    const values: Record<Measure, number> = {
      undecided: Number(r.fate === 'undecided'),
      withdrawn: Number(r.fate === 'withdrawn'),
      late: Number(r.fate === 'late'),
      granted: Number(granted),
      waiting: Number(r.fate === 'waiting'),
      refused: Number(r.fate === 'refused'),
      ineligible: Number(r.fate === 'ineligible'),
      accepted: granted ? r.accepted : 0,
      paid: Number(paid),
      reported: Number(reported),
      yes: Number(reported && r.outcome === 'yes'),
      partly: Number(reported && r.outcome === 'partly'),
      no: Number(reported && r.outcome === 'no'),
      participants: reported ? r.participants : 0,
      grantedCents: granted ? r.cents : 0,
      paidCents: paid ? r.paidCents : 0,
      usedCents: reported ? r.usedCents : 0,
      returnedCents: granted ? r.returnedCents : 0,
      toDecisionMinutes: granted ? minutes(r.arrivedAt, r.decidedAt!) : 0,
      toDecisionCount: Number(granted),
      toMoneyMinutes: paid ? minutes(r.decidedAt!, r.paidAt!) : 0,
      toMoneyCount: Number(paid),
      toReportMinutes: paid && reported ? minutes(r.paidAt!, r.reportedAt!) : 0,
      toReportCount: Number(paid && reported),
    };
    sum += values[measure];
  }
  return sum;
}

describe('figures', () => {
  it('are at every moment what a recount of the applications gives', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { rows, counters } = fold(history(steps).events);
        for (const call of CALLS) {
          for (const district of DISTRICTS) {
            const cell = `demo|${call}|${district}`;
            for (const measure of MEASURES)
              expect([measure, counters.get(`${cell} ${measure}`) ?? 0]).toEqual([measure, recount(rows.values(), cell, measure)]);
          }
        }
        for (const counter of counters.keys()) expect(MEASURES).toContain(counter.split(' ').at(-1));
      }),
      { numRuns: 150 },
    );
  });

  it('move with an application that is changed to another district', () => {
    const h = new History();
    h.submit(id('pilot 0'), CALLS[0]!);
    h.pilot(
      id('pilot 0'),
      'pilot.amended',
      {
        kind: 'resident',
        district: 'Kauriala',
        askedCents: 1,
        involves: [],
        economic: null,
        language: 'fi',
        businessId: 'none',
        recipientNamed: false,
        confirmed: true,
        duplicate: 'none',
        reach: 'letter',
        amendedAt: '2027-03-03T10:00:00.000Z',
      },
      '2027-03-03T10:00:00.000Z',
    );
    const { counters } = fold(h.events);
    expect(counters.get(`demo|${CALLS[0]!}|Jukola undecided`)).toBe(0);
    expect(counters.get(`demo|${CALLS[0]!}|Kauriala undecided`)).toBe(1);
  });

  it('tell days from arrival to decision, money and report', () => {
    const h = new History();
    const pilot = id('pilot 0');
    h.submit(pilot, CALLS[0]!, {}, '2027-03-02T10:00:00.000Z');
    h.decide(pilot, CALLS[0]!, 'granted', '2027-03-05T10:00:00.000Z');
    h.pay(pilot, '2027-03-15T10:00:00.000Z');
    h.report(pilot, 'yes', '2027-06-13T10:00:00.000Z');
    const { counters } = fold(h.events);
    const of = (measure: Measure) => counters.get(`demo|${CALLS[0]!}|Jukola ${measure}`);
    expect([of('toDecisionMinutes'), of('toMoneyMinutes'), of('toReportMinutes')]).toEqual([3 * 1440, 10 * 1440, 90 * 1440]);
  });
});
