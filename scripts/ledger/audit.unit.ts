import type { Recorded } from '@minipilot/kernel/event.js';
import { compareToPublic, LedgerAudit, type PublicMoney } from './audit.js';

const CALL = '11111111-1111-5111-8111-111111111111';
const PILOT = '22222222-2222-5222-8222-222222222222';
const ROW = `${PILOT}/1/1`;

type Draft = { type: string; stream: string; data: Record<string, any> };

const entry = (from: string, to: string, cents: number) => [
  { account: to, side: 'debit', cents },
  { account: from, side: 'credit', cents },
];
const posted = (step: string, from: string, to: string, cents: number, more: Record<string, unknown> = {}): Draft => ({
  type: 'ledger.posted',
  stream: `demo.ledger-${CALL}`,
  data: { key: `${PILOT}/${step}/${JSON.stringify(more)}`, step, pilot: PILOT, cents, entries: entry(from, to, cents), ...more },
});
const attempt = (n: number) => ({ instalment: 1, attempt: n, batch: 'b' });
const pilotEvent = (type: string, data: Record<string, unknown>): Draft => ({ type, stream: `demo.pilot-${PILOT}`, data });
const batchEvent = (type: string, data: Record<string, unknown>): Draft => ({ type, stream: 'demo.batch-b', data });

/** One grant: declined, granted again, paid, sent back by the bank, paid again, partly returned. */
const history = (): Draft[] => [
  { type: 'call.announced', stream: `demo.call-${CALL}`, data: { content: { budget: { cents: 100_000 } } } },
  {
    type: 'ledger.opened',
    stream: `demo.ledger-${CALL}`,
    data: {
      budgetCents: 100_000,
      appealReserveCents: 10_000,
      entries: [...entry('budget', 'available', 90_000), ...entry('budget', 'appeal-reserve', 10_000)],
    },
  },
  pilotEvent('pilot.decided', { result: 'granted', cents: 40_000 }),
  posted('reserved', 'available', 'reserved', 40_000),
  pilotEvent('pilot.award-declined', {}),
  posted('released', 'reserved', 'available', 40_000, { reason: 'declined' }),
  pilotEvent('pilot.decided', { result: 'granted', cents: 40_000 }),
  posted('reserved', 'available', 'reserved', 40_000, { again: true }),
  posted('committed', 'reserved', 'committed', 40_000),
  posted('in-transit', 'committed', 'in-transit', 40_000, attempt(1)),
  batchEvent('batch.released', { rows: [{ row: ROW, cents: 40_000 }] }),
  batchEvent('batch.row-settled', { row: ROW }),
  posted('settled', 'in-transit', 'paid', 40_000, attempt(1)),
  pilotEvent('pilot.paid', { instalment: 1, attempt: 1, cents: 40_000 }),
  posted('bank-returned', 'paid', 'committed', 40_000, attempt(1)),
  pilotEvent('pilot.payout-failed', { instalment: 1, attempt: 1, cents: 40_000, how: 'returned' }),
  posted('in-transit', 'committed', 'in-transit', 40_000, attempt(2)),
  batchEvent('batch.released', { rows: [{ row: `${PILOT}/1/2`, cents: 40_000 }] }),
  batchEvent('batch.row-settled', { row: `${PILOT}/1/2` }),
  posted('settled', 'in-transit', 'paid', 40_000, attempt(2)),
  pilotEvent('pilot.paid', { instalment: 1, attempt: 2, cents: 40_000 }),
  posted('repaid', 'paid', 'returned', 5_000),
  pilotEvent('pilot.money-returned', { cents: 5_000 }),
];

function audited(drafts: readonly Draft[]): LedgerAudit {
  const audit = new LedgerAudit();
  drafts.forEach((draft, i) =>
    audit.take({ ...draft, id: (draft as { id?: string }).id ?? `event ${i}`, tenant: 'demo' } as unknown as Recorded),
  );
  return audit;
}
const wrong = (audit: LedgerAudit): string[] => [...audit.faults, ...audit.disagreements()];

/** The history with its n-th event changed. */
function tampered(n: number, change: (draft: Draft) => Draft | Draft[] | null): Draft[] {
  return history().flatMap((draft, i) => (i === n ? (change(structuredClone(draft)) ?? []) : [draft]));
}

test('a sound history adds up, with the figures that a clerk would work out by hand', () => {
  const audit = audited(history());
  expect(wrong(audit)).toEqual([]);
  expect(audit.totals()).toEqual([
    {
      tenant: 'demo',
      call: CALL,
      budget: 100_000,
      available: 50_000,
      appealReserve: 10_000,
      reserved: 0,
      committed: 0,
      inTransit: 0,
      paid: 40_000,
      returned: 5_000,
      debits: 100_000 + 9 * 40_000 + 5_000,
      credits: 100_000 + 9 * 40_000 + 5_000,
    },
  ]);
});

const MONEY = history().flatMap(({ type, data }, i) => (type === 'ledger.posted' ? [[`${data['step']} (${i})`, i] as const] : []));

describe('each posting', () => {
  test.each(MONEY)('%s is missed when it is gone', (_, n) => {
    expect(wrong(audited(tampered(n, () => null)))).not.toEqual([]);
  });
  test.each(MONEY)('%s is found when it is there twice', (_, n) => {
    expect(wrong(audited(tampered(n, (draft) => [draft, draft])))).not.toEqual([]);
    const renamed = (draft: Draft) => [draft, { ...draft, data: { ...draft.data, key: 'another' } }];
    expect(wrong(audited(tampered(n, renamed)))).not.toEqual([]);
  });
  test.each(MONEY)('%s is found with one cent more on one side, or on both', (_, n) => {
    for (const sides of [[0], [1], [0, 1]]) {
      const change = (draft: Draft) => {
        for (const side of sides) draft.data['entries'][side].cents += 1;
        if (sides.length === 2) draft.data['cents'] += 1;
        return draft;
      };
      expect(wrong(audited(tampered(n, change)))).not.toEqual([]);
    }
  });
  test.each(MONEY)('%s is found when it goes to another account', (_, n) => {
    const change = (draft: Draft) => {
      const [to] = draft.data['entries'];
      to.account = to.account === 'available' ? 'paid' : 'available';
      return draft;
    };
    expect(wrong(audited(tampered(n, change)))).not.toEqual([]);
  });
});

describe('what money follows from', () => {
  const facts = history().flatMap(({ type }, i) => (type.startsWith('ledger.') ? [] : [[`${type} (${i})`, i] as const]));
  test.each(facts)('%s is missed when it is gone', (_, n) => {
    expect(wrong(audited(tampered(n, () => null)))).not.toEqual([]);
  });
  test.each(facts)('%s is found when it is there twice', (_, n) => {
    expect(wrong(audited(tampered(n, (draft) => [draft, draft])))).not.toEqual([]);
  });
});

test('a second payment of the same instalment is found, though its own booking is balanced', () => {
  const again = [
    posted('in-transit', 'committed', 'in-transit', 1_000, attempt(3)),
    posted('settled', 'in-transit', 'paid', 1_000, attempt(3)),
  ];
  expect(audited([...history(), ...again]).faults.join('\n')).toContain('is settled already');
});

test('more than the budget is found at the event that spends it', () => {
  const more = posted('reserved', 'available', 'reserved', 60_000, { pilot: '33333333-3333-5333-8333-333333333333' });
  expect(audited([...history(), more]).faults.join('\n')).toMatch(/available stands at -10000/);
});

test('one event in two places is found', () => {
  const drafts = history().map((draft) => ({ ...draft, id: 'the same' }));
  expect(audited(drafts).faults).toContain('event the same is in the store twice');
});

describe('the public figures', () => {
  const shown: PublicMoney = {
    group: CALL,
    budgetCents: 100_000,
    availableCents: 50_000,
    appealReserveCents: 10_000,
    reservedCents: 0,
    committedCents: 0,
    inTransitCents: 0,
    paidCents: 40_000,
    returnedCents: 5_000,
    netCents: 35_000,
  };
  const totals = audited(history()).totals();

  test('agree', () => expect(compareToPublic(totals, [shown])).toEqual([]));
  test('are missed', () => expect(compareToPublic(totals, [])).toHaveLength(1));
  test.each(Object.keys(shown).filter((name) => name !== 'group'))('differ in %s', (name) => {
    expect(compareToPublic(totals, [{ ...shown, [name]: shown[name as 'paidCents'] + 1 }])).toHaveLength(1);
  });
});
