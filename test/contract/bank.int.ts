import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endToEndId, messageId, paymentFile, type Bank, type BankReply } from '@minipilot/grants/batch/bank.js';
import { batchId } from '@minipilot/grants/batch/batch.js';
import { figures, invariants, ledger, type Attempt, type LedgerCommand, type LedgerState } from '@minipilot/grants/ledger/ledger.js';
import { Rejected } from '@minipilot/kernel/decider.js';
import { uuid5 } from '@minipilot/kernel/ids.js';
import { occasionAt } from '@minipilot/kernel/testing.js';
import { DemoBank } from '@minipilot/platform/bank/demo-bank.js';

const id = (name: string) => uuid5('test', name);
const PILOTS = ['aune', 'kide', 'kaveri'];
const IBANS = ['FI2112345600000785', 'FI1410093000123458', 'FI5542345670000081'];
const MONDAY = '2027-03-15';
const LATER = '2027-06-01T00:00:00.000Z';

let dir: string;
let demo: DemoBank;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'bank-contract-'));
  demo = await DemoBank.open({ file: join(dir, 'bank.db'), zone: 'Europe/Helsinki', holidays: [] });
});
afterEach(() => {
  demo.close();
  rmSync(dir, { recursive: true });
});

/** The books of one call, to which every command may be sent any number of times. */
class Books {
  state: LedgerState = ledger.initial;
  send(command: LedgerCommand): void {
    const result = ledger.decide(command, this.state, null, occasionAt('2027-03-15T10:00:00.000Z'));
    if (result instanceof Rejected) throw new Error(`${command.type}: ${result.code}`);
    for (const event of result) this.state = ledger.evolve(this.state, { ...event, id: '', at: '', actor: '', revision: 0 });
    expect(invariants(this.state)).toEqual([]);
  }
}

describe('from batch to bank and back', () => {
  it('pays each grant once, although everything is sent three times', async () => {
    // the demo bank is a bank as the domain means it
    const bank: Bank = demo;
    await demo.register({ iban: IBANS[1]!, holder: null, behaviour: 'reject' });
    await demo.register({ iban: IBANS[2]!, holder: null, behaviour: 'return' });
    const books = new Books();
    const thrice = (command: LedgerCommand) => [1, 2, 3].forEach(() => books.send(command));
    books.send({ type: 'Open', call: id('call'), budgetCents: 200_000, appealReserveCents: 0, currency: 'EUR' });
    for (const pilot of PILOTS.map(id)) {
      thrice({ type: 'Reserve', pilot, cents: 50_000, from: 'available', cause: id(`decided ${pilot}`) });
      thrice({ type: 'Commit', pilot, cause: id(`accepted ${pilot}`) });
    }

    const pay = async (number: number, payments: { pilot: string; iban: string; attempt: number }[]) => {
      const batch = batchId('demo', MONDAY, number);
      const rows = payments.map((p) => ({ ...p, pilot: id(p.pilot), instalment: 1, cents: 50_000, name: p.pilot }));
      const { file } = paymentFile({ batch, messageId: messageId(batch), executionOn: MONDAY, rows });
      const attempts = new Map(
        rows.map(({ pilot, instalment, attempt, cents }): [string, Attempt] => [
          endToEndId(pilot, instalment, attempt),
          { pilot, instalment, attempt, cents, batch },
        ]),
      );
      for (const attempt of attempts.values()) thrice({ type: 'Transit', ...attempt, cause: id('released') });
      for (let n = 0; n < 3; n++) expect(await bank.submit(file)).toEqual({ accepted: true });
      const command = ({ endToEndId: e, status, reference, on }: BankReply): LedgerCommand => {
        const common = { ...attempts.get(e)!, effectiveOn: on, cause: id('reply') };
        if (status === 'settled') return { type: 'Settle', ...common, reference: reference! };
        return { type: status === 'rejected' ? 'Reject' : 'BankReturn', ...common };
      };
      for (const reply of await bank.replies(file.messageId, LATER)) thrice(command(reply));
    };
    await pay(
      1,
      PILOTS.map((pilot, n) => ({ pilot, iban: IBANS[n]!, attempt: 1 })),
    );
    expect(figures(books.state)).toMatchObject({ paidCents: 50_000, committedCents: 100_000, inTransitCents: 0 });
    expect(await demo.statement(LATER)).toHaveLength(1);

    // the two that failed give other accounts and are paid in a second attempt
    await pay(2, [
      { pilot: 'kide', iban: 'FI7944052020036082', attempt: 2 },
      { pilot: 'kaveri', iban: 'FI7944052020036082', attempt: 2 },
    ]);
    expect(figures(books.state)).toMatchObject({ paidCents: 150_000, committedCents: 0, inTransitCents: 0 });
    const paid = await demo.statement(LATER);
    expect(paid.map((p) => p.cents)).toEqual([50_000, 50_000, 50_000]);
    expect(paid.map((p) => p.endToEndId).sort()).toEqual(
      [endToEndId(id('aune'), 1, 1), endToEndId(id('kide'), 1, 2), endToEndId(id('kaveri'), 1, 2)].sort(),
    );
  });
});
