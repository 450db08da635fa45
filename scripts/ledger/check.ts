import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { catalogue } from '@minipilot/grants/catalogue.js';
import type { Position } from '@minipilot/kernel/event.js';
import { CannotDo, settings } from '../support/command.js';
import { withStore } from '../support/store.js';
import { compareToPublic, LedgerAudit, type PublicMoney, type Totals } from './audit.js';

export const USAGE = `Usage: npm run ledger:check -- [--data DIR] [--url URL]
Recomputes all money from the event store alone and compares: debits with credits, every account after every event, each payment,
pilots and batches with ledgers, and the public dashboard of a running server. Changes nothing. Ends with 1 when anything differs.
  --data  data folder, default MINIPILOT_DATA
  --url   of a server to compare with, default http://localhost:PORT where one answers`;

const PAGE = 5_000;
/** Tries, 500 ms apart, in which flows and projections of a running server may catch up. */
const TRIES = 20;

/** The command `ledger:check`. */
export async function checkLedgers(args: string[], out: (text: string) => void): Promise<number> {
  const { values } = parseArgs({ args, options: { data: { type: 'string' }, url: { type: 'string' } } });
  const { url } = settings(values.url);
  return withStore(values.data, async (store) => {
    const audit = new LedgerAudit();
    let position: Position | null = null;
    const readOn = async () => {
      for (;;) {
        const events = await store.readAll(position, PAGE);
        for (const event of events) audit.take(catalogue.upcast(event));
        position = events.at(-1)?.position ?? position;
        if (events.length < PAGE) return;
      }
    };
    let differences: string[] = [];
    let compared = false;
    for (let tries = 1; tries <= TRIES; tries++) {
      await readOn();
      const totals = audit.totals();
      const shown = await publicMoney(url, [...new Set(totals.map(({ tenant }) => tenant))], values.url !== undefined);
      compared = shown !== null;
      differences = [...audit.disagreements(), ...(shown === null ? [] : compareToPublic(totals, shown))];
      if (differences.length === 0 || audit.faults.length > 0 || !compared) break;
      await sleep(500);
    }
    report(audit, [...audit.faults, ...differences], compared ? url : null, out);
    return audit.faults.length + differences.length > 0 ? 1 : 0;
  });
}

/** What a running server shows to everybody; null where none answers and none was named. */
async function publicMoney(url: string, tenants: readonly string[], named: boolean): Promise<PublicMoney[] | null> {
  const groups: PublicMoney[] = [];
  for (const tenant of tenants) {
    let response: Response;
    try {
      response = await fetch(`${url}/api/${tenant}/dashboard/money?by=call`);
    } catch (error) {
      if (!named) return null;
      throw new CannotDo(`The server at ${url} does not answer (${String((error as { cause?: { code?: string } }).cause?.code)}).`);
    }
    if (!response.ok) {
      if (!named) return null;
      throw new CannotDo(`The server at ${url} answers ${response.status} for municipality ${tenant}.`);
    }
    groups.push(...((await response.json()) as { groups: PublicMoney[] }).groups);
  }
  return groups;
}

const euros = (cents: number): string => (cents / 100).toFixed(2);
const COLUMNS = [
  'budget',
  'available',
  'appealReserve',
  'reserved',
  'committed',
  'inTransit',
  'paid',
  'returned',
  'debits',
  'credits',
] as const;

function report(audit: LedgerAudit, faults: readonly string[], comparedWith: string | null, out: (text: string) => void): void {
  const totals = audit.totals();
  const sum = (name: (typeof COLUMNS)[number]) => totals.reduce((total, row) => total + row[name], 0);
  const line = (name: string, value: (column: (typeof COLUMNS)[number]) => string) =>
    out(name.padEnd(14) + COLUMNS.map((c) => value(c).padStart(15)).join(''));
  line('call (EUR)', (column) => column);
  for (const row of totals) line(row.call.slice(0, 12), (column) => euros((row as Totals)[column]));
  line('all', (column) => euros(sum(column)));
  if (comparedWith === null)
    out('No server answered: these are the sums of the store alone, not compared with public figures (--url, PORT).');
  for (const fault of faults.slice(0, 50)) out(`DIFFERS: ${fault}`);
  if (faults.length > 50) out(`… and ${faults.length - 50} more`);
  const [paidCents, returnedCents, debitsCents, creditsCents] = [sum('paid'), sum('returned'), sum('debits'), sum('credits')];
  const ledgers = totals.length;
  out(
    JSON.stringify({
      events: audit.events,
      ledgers,
      grants: audit.grants(),
      budgetCents: sum('budget'),
      paidCents,
      returnedCents,
      debitsCents,
      creditsCents,
      comparedWith,
      differences: faults.length,
    }),
  );
}
