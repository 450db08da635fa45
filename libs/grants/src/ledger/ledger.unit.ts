import fc from 'fast-check';
import { Rejected, fold } from '@minipilot/kernel/decider.js';
import { Catalogue } from '@minipilot/kernel/event.js';
import { uuid5 } from '@minipilot/kernel/ids.js';
import { occasionAt, specification } from '@minipilot/kernel/testing.js';
import { ledgerEvents, type LedgerEvent, type Posted } from './events.js';
import { figures, invariants, ledger, type Attempt, type LedgerCommand, type LedgerState } from './ledger.js';

const catalogue = new Catalogue(ledgerEvents);
const id = (name: string) => uuid5('test', name);
const occasion = occasionAt('2027-03-09T10:00:00.000Z', 'flow.money');
const [AUNE, KIDE] = [id('aune'), id('kide')];
const open: LedgerCommand = { type: 'Open', call: id('call'), budgetCents: 500_000, appealReserveCents: 50_000, currency: 'EUR' };
const reserve = (pilot = AUNE, cents = 50_000): LedgerCommand => ({
  type: 'Reserve',
  pilot,
  cents,
  from: 'available',
  cause: id(`decided-${pilot}`),
});
const commit = (pilot = AUNE): LedgerCommand => ({ type: 'Commit', pilot, cause: id(`accepted-${pilot}`) });
const first: Attempt = { pilot: AUNE, instalment: 1, attempt: 1, cents: 50_000, batch: id('batch-1') };
const second: Attempt = { ...first, attempt: 2, batch: id('batch-2') };
const transit = (attempt = first): LedgerCommand => ({ type: 'Transit', ...attempt, cause: id(`released-${attempt.batch}`) });
const reply = (type: 'Reject' | 'BankReturn', attempt = first): LedgerCommand => ({
  type,
  ...attempt,
  effectiveOn: '2027-03-15',
  cause: id(type),
});
const settle = (attempt = first, reference = 'E2027-1'): LedgerCommand => ({
  type: 'Settle',
  ...attempt,
  reference,
  effectiveOn: '2027-03-15',
  cause: id('settled'),
});
const repay = (cents: number): LedgerCommand => ({
  type: 'Repay',
  pilot: AUNE,
  cents,
  reference: 'RF18',
  effectiveOn: '2027-06-21',
  cause: id('repaid'),
});

/** Decides one command after the other, with all checks that must hold after every event. */
function run(...commands: LedgerCommand[]): { state: LedgerState; events: LedgerEvent[]; refused: string[] } {
  let state = ledger.initial;
  const events: LedgerEvent[] = [];
  const refused: string[] = [];
  for (const command of commands) {
    const result = ledger.decide(command, state, null, occasion);
    if (result instanceof Rejected) refused.push(result.code);
    else
      for (const event of result) {
        catalogue.validate(event.type, event.data);
        state = ledger.evolve(state, {
          ...event,
          id: id(`${events.length}`),
          at: occasion.now,
          actor: occasion.actor,
          revision: events.length,
        });
        events.push(event);
        expect(invariants(state)).toEqual([]);
      }
  }
  return { state, events, refused };
}
const after = (...commands: LedgerCommand[]) => specification(ledger)(run(open, ...commands).events);

describe('ledger', () => {
  it('follows one grant from budget to money returned', () => {
    const steps = [open, reserve(), commit(), transit(), settle(), repay(3_840)];
    const seen = steps.map((_, i) => figures(run(...steps.slice(0, i + 1)).state));
    expect(
      seen.map((f) => [f.availableCents, f.reservedCents, f.committedCents, f.inTransitCents, f.paidCents, f.returnedCents, f.netCents]),
    ).toEqual([
      [450_000, 0, 0, 0, 0, 0, 0],
      [400_000, 50_000, 0, 0, 0, 0, 0],
      [400_000, 0, 50_000, 0, 0, 0, 0],
      [400_000, 0, 0, 50_000, 0, 0, 0],
      [400_000, 0, 0, 0, 50_000, 0, 50_000],
      [400_000, 0, 0, 0, 50_000, 3_840, 46_160],
    ]);
    expect(seen.at(-1)).toMatchObject({ budgetCents: 500_000, appealReserveCents: 50_000, debitsCents: 703_840, creditsCents: 703_840 });
  });

  it('posts a payment under grant, instalment, attempt and step', () => {
    after(reserve(), commit())
      .when(transit(), null, occasion)
      .then([
        {
          type: 'ledger.posted',
          data: {
            ...first,
            key: `${AUNE}/1/1/in-transit`,
            step: 'in-transit',
            cause: id(`released-${first.batch}`),
            entries: [
              { account: 'in-transit', side: 'debit', cents: 50_000 },
              { account: 'committed', side: 'credit', cents: 50_000 },
            ],
          },
        },
      ]);
  });

  it('posts nothing twice for a repeated command, at any later time', () => {
    const all = [open, reserve(), commit(), transit(), settle(), repay(3_840)];
    for (const repeated of all) expect(run(...all, repeated)).toEqual(run(...all));
    const released: LedgerCommand = { type: 'Release', pilot: AUNE, reason: 'lapsed', cause: id('lapsed') };
    // the decision is delivered again after the place lapsed: the money stays available
    expect(figures(run(open, reserve(), released, reserve(), released).state)).toMatchObject({ availableCents: 450_000, reservedCents: 0 });
  });

  it.each<[string, LedgerCommand]>([
    ['another sum', { ...transit(), cents: 40_000 } as LedgerCommand],
    ['another batch', transit({ ...first, batch: id('batch-9') })],
    ['another reference', settle(first, 'E2027-2')],
    ['another source', { ...reserve(), from: 'appeal-reserve' } as LedgerCommand],
  ])('refuses the same posting with %s', (_, command) => {
    after(reserve(), commit(), transit(), settle()).when(command, null, occasion).thenRejected('posting-differs');
  });

  it('pays again only after a recorded rejection or return', () => {
    expect(run(open, reserve(), commit(), transit(), transit(second)).refused).toEqual(['already-in-transit']);
    expect(run(open, reserve(), commit(), transit(), settle(), transit(second)).refused).toEqual(['already-paid']);
    expect(run(open, reserve(), commit(), transit(second)).refused).toEqual(['attempt-not-open']);
    for (const failed of [[reply('Reject')], [settle(), reply('BankReturn')]]) {
      const again = run(open, reserve(), commit(), transit(), ...failed, transit(), transit(second), settle(second, 'E2027-9'));
      expect(again.refused).toEqual([]);
      expect(figures(again.state)).toMatchObject({ paidCents: 50_000, inTransitCents: 0, committedCents: 0 });
    }
    expect(run(open, reserve(), commit(), transit(), reply('Reject'), settle()).refused).toEqual(['attempt-not-open']);
    expect(run(open, reserve(), commit(), transit(), reply('BankReturn')).refused).toEqual(['attempt-not-open']);
    expect(run(open, reserve(), commit(), transit(), settle({ ...first, batch: id('batch-9') })).refused).toEqual(['attempt-not-open']);
  });

  it('pays in instalments up to what is committed', () => {
    const half = { ...first, cents: 30_000 };
    const rest = { ...first, instalment: 2, cents: 20_000 };
    const paid = run(
      open,
      reserve(),
      commit(),
      transit(half),
      transit({ ...rest, cents: 20_001 }),
      transit(rest),
      settle(half),
      settle(rest, 'E2027-2'),
    );
    expect(paid.refused).toEqual(['wrong-amount']);
    expect(figures(paid.state)).toMatchObject({ paidCents: 50_000, committedCents: 0 });
  });

  it('gives back what will not be paid, where it came from', () => {
    const lapse: LedgerCommand = { type: 'Release', pilot: AUNE, reason: 'lapsed', cause: id('lapsed') };
    expect(figures(run(open, reserve(), commit(), lapse).state)).toMatchObject({ availableCents: 450_000, committedCents: 0 });
    const appeal: LedgerCommand = { ...reserve(), from: 'appeal-reserve' } as LedgerCommand;
    expect(figures(run(open, appeal).state)).toMatchObject({ availableCents: 450_000, appealReserveCents: 0, reservedCents: 50_000 });
    expect(figures(run(open, appeal, lapse).state)).toMatchObject({
      availableCents: 450_000,
      appealReserveCents: 50_000,
      reservedCents: 0,
    });
    const rest = run(open, reserve(), commit(), transit({ ...first, cents: 30_000 }), settle({ ...first, cents: 30_000 }), lapse);
    expect(figures(rest.state)).toMatchObject({ availableCents: 420_000, paidCents: 30_000, committedCents: 0 });
    expect(run(open, reserve(), commit(), transit(), lapse).refused).toEqual(['already-in-transit']);
  });

  it('grants a released place anew, with a cause of its own', () => {
    const lapse: LedgerCommand = { type: 'Release', pilot: AUNE, reason: 'lapsed', cause: id('lapsed') };
    const anew: LedgerCommand = { type: 'Reserve', pilot: AUNE, cents: 40_000, from: 'available', cause: id('appeal') };
    expect(figures(run(open, reserve(), lapse, anew).state)).toMatchObject({ availableCents: 410_000, reservedCents: 40_000 });
  });

  it('raises the budget', () => {
    const raise: LedgerCommand = { type: 'RaiseBudget', cents: 100_000, cause: id('raised') };
    expect(figures(run(open, raise, raise).state)).toMatchObject({ budgetCents: 600_000, availableCents: 550_000 });
  });

  it.each<[string, string, LedgerCommand[]]>([
    ['anything before it is opened', 'ledger-not-open', [reserve()]],
    ['being opened twice', 'already-open', [open, { ...open, budgetCents: 1_000_000 } as LedgerCommand]],
    ['a reserve above the budget', 'wrong-amount', [{ ...open, appealReserveCents: 500_001 } as LedgerCommand]],
    ['a budget of nothing', 'wrong-amount', [{ ...open, budgetCents: 0 } as LedgerCommand]],
    ['more than is available', 'not-enough-available', [open, reserve(AUNE, 450_001)]],
    ['more than the appeal reserve', 'not-enough-available', [open, { ...reserve(AUNE, 50_001), from: 'appeal-reserve' } as LedgerCommand]],
    ['a second reservation', 'already-reserved', [open, reserve(), { ...reserve(), cause: id('else') } as LedgerCommand]],
    [
      'a reservation of what was paid and came back',
      'already-reserved',
      [open, reserve(), commit(), transit(), settle(), repay(50_000), { ...reserve(), cause: id('else') } as LedgerCommand],
    ],
    ['a commitment of nothing', 'nothing-reserved', [open, commit()]],
    ['a release of nothing', 'nothing-reserved', [open, { type: 'Release', pilot: AUNE, reason: 'declined', cause: id('x') }]],
    ['a payment before the account is known', 'nothing-committed', [open, reserve(), transit()]],
    ['a payment above the grant', 'wrong-amount', [open, reserve(), commit(), transit({ ...first, cents: 50_001 })]],
    ['a payment of nothing', 'wrong-amount', [open, reserve(), commit(), transit({ ...first, cents: 0 })]],
    ['a payment of parts of a cent', 'wrong-amount', [open, reserve(), commit(), transit({ ...first, cents: 0.5 })]],
    ['a settlement of another sum', 'wrong-amount', [open, reserve(), commit(), transit(), settle({ ...first, cents: 49_999 })]],
    ['more back than was paid', 'wrong-amount', [open, reserve(), commit(), transit(), settle(), repay(50_001)]],
    [
      'a bank return of what the recipient paid back',
      'wrong-amount',
      [open, reserve(), commit(), transit(), settle(), repay(1), reply('BankReturn')],
    ],
  ])('refuses %s', (_, code, commands) => {
    expect(run(...commands).refused).toEqual([code]);
  });

  it('reports books that are not in order', () => {
    const { state } = run(open, reserve());
    expect(invariants({ ...state, debits: state.debits + 1 })[0]).toMatch('are not credits');
    const overdrawn = { ...state, balances: { ...state.balances, available: -1, reserved: 450_001 } };
    expect(invariants(overdrawn)).toEqual(
      expect.arrayContaining([expect.stringMatching('overdrawn'), expect.stringMatching('its grants hold')]),
    );
    expect(invariants({ ...state, balances: { ...state.balances, paid: 450_001 } })[0]).toMatch('above the budget');
  });
});

const RUNS = 2_000;

/** The bank as the ledger must assume it: what it is told to pay it pays, and then settles, rejects or returns. */
class Bank {
  readonly payments = new Map<string, { order: Attempt; status: 'in-transit' | 'settled' | 'rejected' | 'returned' }>();

  pay(order: Attempt): void {
    const key = `${order.pilot}/${order.instalment}/${order.attempt}`;
    expect(this.payments.has(key)).toBe(false);
    this.payments.set(key, { order, status: 'in-transit' });
    const out = [...this.payments.values()].filter((p) => p.order.pilot === order.pilot && p.order.instalment === order.instalment);
    // a double payout: two attempts of one instalment of which neither has failed
    expect(out.filter((p) => p.status === 'in-transit' || p.status === 'settled')).toHaveLength(1);
  }

  /** Money of one grant that has left or is leaving. */
  out(pilot: string): number {
    return [...this.payments.values()]
      .filter((p) => p.order.pilot === pilot && (p.status === 'in-transit' || p.status === 'settled'))
      .reduce((sum, p) => sum + p.order.cents, 0);
  }
}

/** A stream with optimistic concurrency, and writers that read, decide, and append at a moment the scheduler picks. */
class Books {
  readonly events: LedgerEvent[] = [];
  readonly bank = new Bank();
  conflicts = 0;
  private readonly granted = new Map<string, number>();

  constructor(private readonly scheduler: fc.Scheduler) {
    const small: LedgerCommand = { type: 'Open', call: id('call'), budgetCents: 170_000, appealReserveCents: 50_000, currency: 'EUR' };
    for (const command of [small, reserve(AUNE), reserve(KIDE), commit(AUNE), commit(KIDE)]) {
      this.append(ledger.decide(command, this.state(), null, occasion) as LedgerEvent[]);
    }
  }

  state(): LedgerState {
    return fold(
      ledger,
      this.events.map((event, revision) => ({ ...event, id: '', at: occasion.now, actor: '', revision })),
    );
  }

  async decide(command: LedgerCommand): Promise<void> {
    for (let tries = 0; tries < 3; tries++) {
      const expected = this.events.length;
      const result = ledger.decide(command, this.state(), null, occasion);
      if (result instanceof Rejected) return;
      await this.scheduler.schedule(Promise.resolve(), command.type);
      if (this.events.length === expected) return this.append(result);
      this.conflicts++;
    }
  }

  private append(events: LedgerEvent[]): void {
    for (const event of events) {
      this.events.push(event);
      expect(invariants(this.state())).toEqual([]);
      if (event.type === 'ledger.posted') this.follow(event.data);
    }
  }

  private follow({ step, pilot, instalment, attempt, batch, cents }: Posted): void {
    if (pilot === undefined) return;
    if (step === 'reserved') this.granted.set(pilot, Math.max(cents, this.granted.get(pilot) ?? 0));
    if (step === 'in-transit') {
      this.bank.pay({ pilot, instalment: instalment!, attempt: attempt!, batch: batch!, cents });
      expect(this.bank.out(pilot)).toBeLessThanOrEqual(this.granted.get(pilot)!);
    }
  }
}

const anyPilot = fc.constantFrom(AUNE, KIDE);
const anyAttempt = fc.record({
  pilot: anyPilot,
  instalment: fc.constantFrom(1, 1, 1, 2),
  attempt: fc.constantFrom(1, 1, 2, 3),
  cents: fc.constantFrom(50_000, 50_000, 50_000, 20_000),
  batch: fc.constantFrom(id('batch-1'), id('batch-1'), id('batch-2')),
});
const anyCause = fc.nat(2).map((n) => id(`cause-${n}`));
const anyCommand: fc.Arbitrary<LedgerCommand> = fc.oneof(
  fc.record({ type: fc.constant('RaiseBudget' as const), cents: fc.constant(10_000), cause: anyCause }),
  fc.record({
    type: fc.constant('Reserve' as const),
    pilot: anyPilot,
    cents: fc.constantFrom(50_000, 70_000),
    from: fc.constantFrom('available' as const, 'appeal-reserve' as const),
    cause: anyCause,
  }),
  fc.record({ type: fc.constant('Commit' as const), pilot: anyPilot, cause: anyCause }),
  fc.record({
    type: fc.constant('Release' as const),
    pilot: anyPilot,
    reason: fc.constantFrom('declined' as const, 'lapsed' as const),
    cause: anyCause,
  }),
  { weight: 8, arbitrary: anyAttempt.map((attempt) => ({ type: 'Transit' as const, ...attempt, cause: id('released') })) },
  fc.record({
    type: fc.constant('Repay' as const),
    pilot: anyPilot,
    cents: fc.constantFrom(1_000, 50_000),
    reference: fc.constant('RF18'),
    effectiveOn: fc.constant('2027-06-21'),
    cause: anyCause,
  }),
);

/** The bank makes up its mind about one payment, and its answer arrives once or twice. */
interface Answer {
  type: 'bank';
  pick: number;
  outcome: 'settled' | 'rejected' | 'returned';
  times: number;
}
const anyAnswer: fc.Arbitrary<Answer> = fc.record({
  type: fc.constant('bank' as const),
  pick: fc.nat(9),
  outcome: fc.constantFrom('settled' as const, 'rejected' as const, 'returned' as const),
  times: fc.constantFrom(1, 2),
});

async function answer(books: Books, { pick, outcome, times }: Answer): Promise<void> {
  const open = [...books.bank.payments.values()].filter((p) => p.status === (outcome === 'returned' ? 'settled' : 'in-transit'));
  if (open.length === 0) return;
  const payment = open[pick % open.length]!;
  // the bank's own book moves first; ours can only follow
  payment.status = outcome;
  const common = { ...payment.order, effectiveOn: '2027-03-15', cause: id('reply') };
  const command: LedgerCommand =
    outcome === 'settled'
      ? { type: 'Settle', ...common, reference: 'E2027' }
      : { type: outcome === 'rejected' ? 'Reject' : 'BankReturn', ...common };
  await Promise.all(Array.from({ length: times }, () => books.decide(command)));
}

describe('ledger, model based', () => {
  it(`never pays twice and keeps its books in order, over ${RUNS} runs of three writers`, async () => {
    const seen = { postings: 0, payments: 0, again: 0, conflicts: 0 };
    const writer = fc.array(fc.oneof({ weight: 4, arbitrary: anyCommand }, { weight: 2, arbitrary: anyAnswer }), {
      maxLength: 20,
      size: 'max',
    });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(writer, { minLength: 3, maxLength: 3 }), async (scheduler, writers) => {
        const books = new Books(scheduler);
        const work = writers.map(async (steps) => {
          for (const step of steps) await (step.type === 'bank' ? answer(books, step) : books.decide(step));
        });
        await scheduler.waitFor(Promise.all(work));
        seen.postings += books.events.length;
        seen.payments += books.bank.payments.size;
        seen.again += [...books.bank.payments.values()].filter((p) => p.order.attempt > 1).length;
        seen.conflicts += books.conflicts;
      }),
      { numRuns: RUNS },
    );
    // the runs went deep enough to mean something
    expect(seen.postings).toBeGreaterThan(RUNS * 5);
    expect(seen.payments).toBeGreaterThan(RUNS);
    expect(seen.again).toBeGreaterThan(RUNS / 20);
    expect(seen.conflicts).toBeGreaterThan(RUNS);
  }, 60_000);
});
