import type { Recorded } from '@minipilot/kernel/event.js';

/** What one call's ledger comes to, by the events alone. Cents. */
export interface Totals {
  tenant: string;
  call: string;
  budget: number;
  available: number;
  appealReserve: number;
  reserved: number;
  committed: number;
  inTransit: number;
  /** paid out and not sent back by a bank, before what recipients paid back */
  paid: number;
  returned: number;
  debits: number;
  credits: number;
}

const ACCOUNTS = ['budget', 'available', 'appeal-reserve', 'reserved', 'committed', 'in-transit', 'paid', 'returned'] as const;
type Account = (typeof ACCOUNTS)[number];

/** Which account each step takes from, and which it gives to. */
const MOVES: Readonly<Record<string, readonly [from: readonly Account[], to: readonly Account[]]>> = {
  opened: [['budget'], ['available', 'appeal-reserve']],
  'budget-raised': [['budget'], ['available']],
  reserved: [['available', 'appeal-reserve'], ['reserved']],
  released: [
    ['reserved', 'committed'],
    ['available', 'appeal-reserve'],
  ],
  committed: [['reserved'], ['committed']],
  'in-transit': [['committed'], ['in-transit']],
  settled: [['in-transit'], ['paid']],
  rejected: [['in-transit'], ['committed']],
  'bank-returned': [['paid'], ['committed']],
  repaid: [['paid'], ['returned']],
};

interface Payment {
  attempt: number;
  cents: number;
  status: string;
}

interface Book {
  totals: Totals;
  balances: Record<Account, number>;
  /** by pilot and instalment */
  payments: Map<string, Payment>;
  /** what each grant holds in each account */
  grants: Map<string, Record<string, number>>;
  keys: Set<string>;
}

/** Sums by name, where two ways of counting must come to the same. */
class Sums {
  private readonly values = new Map<string, number>();

  add(name: string, cents: number): void {
    this.values.set(name, (this.values.get(name) ?? 0) + cents);
  }

  get(name: string): number {
    return this.values.get(name) ?? 0;
  }

  names(): IterableIterator<string> {
    return this.values.keys();
  }
}

/**
 * Recomputes all money from the events alone, with an arithmetic of its own: it shares none with the ledger that decides.
 * Give it every event in commit order; then ask what does not add up.
 */
export class LedgerAudit {
  events = 0;
  /** faults that no later event can mend */
  readonly faults: string[] = [];
  private readonly books = new Map<string, Book>();
  /** by the ledgers, and by the streams that money follows from */
  private readonly ledger = new Sums();
  private readonly facts = new Sums();
  private readonly ids = new Set<string>();

  take(event: Recorded): void {
    this.events++;
    if (this.ids.has(event.id)) this.faults.push(`event ${event.id} is in the store twice`);
    this.ids.add(event.id);
    const data = event.data as Record<string, any>;
    const key = event.stream.slice(event.stream.indexOf('-') + 1);
    switch (event.type) {
      case 'ledger.opened':
      case 'ledger.posted':
        return this.post(event, key, data);
      case 'call.announced':
        return this.facts.add(`budget of call ${key}`, data['content'].budget.cents as number);
      case 'call.budget-raised':
        return this.facts.add(`budget of call ${key}`, data['byCents'] as number);
      case 'pilot.decided':
        return data['result'] === 'granted' ? this.facts.add(`granted to ${key}`, data['cents'] as number) : undefined;
      case 'pilot.award-declined':
      case 'pilot.award-lapsed':
        return this.facts.add(`given back by ${key}`, 1);
      case 'pilot.paid':
        return this.facts.add(`settled for ${key}/${data['instalment']}/${data['attempt']}`, data['cents'] as number);
      case 'pilot.payout-failed':
        return this.facts.add(
          `${data['how'] === 'returned' ? 'bank-returned' : 'rejected'} for ${key}/${data['instalment']}/${data['attempt']}`,
          data['cents'] as number,
        );
      case 'pilot.money-returned':
        return this.facts.add(`repaid by ${key}`, data['cents'] as number);
      case 'batch.released':
        for (const { row, cents } of data['rows'] as { row: string; cents: number }[]) this.facts.add(`sent for ${row}`, cents);
        return;
      case 'batch.row-settled':
        return this.facts.add(`bank settled ${data['row']}`, 1);
    }
  }

  /** One row for each ledger. */
  totals(): Totals[] {
    return [...this.books.values()].map(({ totals, balances }) => ({
      ...totals,
      budget: 0 - balances.budget,
      available: balances.available,
      appealReserve: balances['appeal-reserve'],
      reserved: balances.reserved,
      committed: balances.committed,
      inTransit: balances['in-transit'],
      paid: balances.paid + balances.returned,
      returned: balances.returned,
    }));
  }

  grants(): number {
    return [...this.books.values()].reduce((sum, book) => sum + book.grants.size, 0);
  }

  /** Where ledgers and the streams that money follows from do not come to the same. While flows work, the newest may still be on its way. */
  disagreements(): string[] {
    const names = new Set([...this.ledger.names(), ...this.facts.names()]);
    return [...names].flatMap((name) => {
      const [own, other] = [this.ledger.get(name), this.facts.get(name)];
      return own === other ? [] : [`${name}: ${own} in the ledgers, ${other} by what it follows from`];
    });
  }

  private post({ id, type, tenant, stream }: Recorded, call: string, data: Record<string, any>): void {
    const step = type === 'ledger.opened' ? 'opened' : (data['step'] as string);
    const fault = (text: string) => void this.faults.push(`${stream}, ${step} ${id}: ${text}`);
    let book = this.books.get(stream);
    if (book === undefined) {
      if (step !== 'opened') fault('comes before the ledger was opened');
      this.books.set(stream, (book = newBook(tenant, call)));
    } else if (step === 'opened') fault('the ledger was opened already');

    const [from, to] = MOVES[step] ?? [[], []];
    let [debits, credits] = [0, 0];
    const grant = data['pilot'] === undefined ? undefined : grantOf(book, data['pilot'] as string);
    for (const { account, side, cents } of data['entries'] as { account: Account; side: string; cents: number }[]) {
      if (!Number.isSafeInteger(cents) || cents <= 0) fault(`${cents} is no sum`);
      if (!(side === 'debit' ? to : from).includes(account)) fault(`may not ${side} ${account}`);
      const change = side === 'debit' ? cents : -cents;
      if (side === 'debit') debits += cents;
      else credits += cents;
      book.balances[account] += change;
      if (grant !== undefined) grant[account] = (grant[account] ?? 0) + change;
    }
    book.totals.debits += debits;
    book.totals.credits += credits;
    if (debits !== credits) fault(`debits ${debits} are not credits ${credits}`);
    if (type === 'ledger.posted' && data['cents'] !== debits) fault(`${data['cents']} cents are not the ${debits} that move`);
    this.checkBalances(book, grant, fault);
    if (type === 'ledger.opened') {
      if (data['budgetCents'] !== credits) fault(`budget ${data['budgetCents']} is not the ${credits} entered`);
      return this.ledger.add(`budget of call ${call}`, credits);
    }
    if (book.keys.has(data['key'] as string)) fault(`posting ${data['key']} is there twice`);
    book.keys.add(data['key'] as string);
    if (step === 'budget-raised') return this.ledger.add(`budget of call ${call}`, debits);
    if (step === 'reserved') return this.ledger.add(`granted to ${data['pilot']}`, debits);
    if (step === 'released' && ['declined', 'lapsed'].includes(data['reason'] as string))
      return this.ledger.add(`given back by ${data['pilot']}`, 1);
    if (step === 'repaid') return this.ledger.add(`repaid by ${data['pilot']}`, debits);
    if (data['attempt'] !== undefined) this.pay(book, step, data, debits, fault);
  }

  /** After every event: nothing is spent that is not there, and all that was budgeted is somewhere. */
  private checkBalances({ balances: b }: Book, grant: Record<string, number> | undefined, fault: (text: string) => void): void {
    for (const account of ACCOUNTS) if (account !== 'budget' && b[account] < 0) fault(`${account} stands at ${b[account]}`);
    const spent = b.paid + b.returned + b['in-transit'] + b.committed + b.reserved;
    if (spent > 0 - b.budget) fault(`paid, in transit, committed and reserved are ${spent} of a budget of ${0 - b.budget}`);
    if (spent + b.available + b['appeal-reserve'] !== 0 - b.budget) fault('the accounts do not hold the budget');
    for (const [account, cents] of Object.entries(grant ?? {}))
      if (account !== 'available' && account !== 'appeal-reserve' && cents < 0) fault(`this grant's ${account} stands at ${cents}`);
  }

  /** A grant's instalment goes to the bank, is settled or rejected, perhaps comes back; only then it may go again. */
  private pay(book: Book, step: string, data: Record<string, any>, cents: number, fault: (text: string) => void): void {
    const name = `${data['pilot']}/${data['instalment']}`;
    const before = book.payments.get(name);
    const attempt = data['attempt'] as number;
    const expected: Readonly<Record<string, readonly (string | undefined)[]>> = {
      'in-transit': [undefined, 'rejected', 'bank-returned'],
      settled: ['in-transit'],
      rejected: ['in-transit'],
      'bank-returned': ['settled'],
    };
    if (!(expected[step] ?? []).includes(before?.status)) fault(`${name} is ${before?.status ?? 'unsent'} already`);
    if (attempt !== (before?.attempt ?? 0) + (step === 'in-transit' ? 1 : 0))
      fault(`${name} is at attempt ${before?.attempt ?? 0}, not ${attempt}`);
    if (step !== 'in-transit' && before !== undefined && before.cents !== cents) fault(`${name} is of ${before.cents}, not ${cents}`);
    book.payments.set(name, { attempt, cents, status: step });
    const row = `${name}/${attempt}`;
    if (step === 'in-transit') return this.ledger.add(`sent for ${row}`, cents);
    this.ledger.add(`${step} for ${row}`, cents);
    if (step === 'settled') this.ledger.add(`bank settled ${row}`, 1);
  }
}

function newBook(tenant: string, call: string): Book {
  const totals = {
    tenant,
    call,
    budget: 0,
    available: 0,
    appealReserve: 0,
    reserved: 0,
    committed: 0,
    inTransit: 0,
    paid: 0,
    returned: 0,
    debits: 0,
    credits: 0,
  };
  const balances = Object.fromEntries(ACCOUNTS.map((account) => [account, 0])) as Record<Account, number>;
  return { totals, balances, payments: new Map(), grants: new Map(), keys: new Set() };
}

function grantOf(book: Book, pilot: string): Record<string, number> {
  let grant = book.grants.get(pilot);
  if (grant === undefined) book.grants.set(pilot, (grant = {}));
  return grant;
}

/** One group of the public money dashboard, by call. */
export interface PublicMoney {
  group: string;
  budgetCents: number;
  availableCents: number;
  appealReserveCents: number;
  reservedCents: number;
  committedCents: number;
  inTransitCents: number;
  paidCents: number;
  returnedCents: number;
  netCents: number;
}

/** Where the dashboard says something else than the events. */
export function compareToPublic(totals: readonly Totals[], groups: readonly PublicMoney[]): string[] {
  const faults: string[] = [];
  for (const total of totals) {
    const shown = groups.find(({ group }) => group === total.call);
    if (shown === undefined) {
      faults.push(`call ${total.call} is missing in the public figures`);
      continue;
    }
    const own: Omit<PublicMoney, 'group'> = {
      budgetCents: total.budget,
      availableCents: total.available,
      appealReserveCents: total.appealReserve,
      reservedCents: total.reserved,
      committedCents: total.committed,
      inTransitCents: total.inTransit,
      paidCents: total.paid,
      returnedCents: total.returned,
      netCents: total.paid - total.returned,
    };
    for (const [name, cents] of Object.entries(own)) {
      const said = shown[name as keyof typeof own];
      if (said !== cents) faults.push(`call ${total.call}: the public figures say ${name} ${said}, the events ${cents}`);
    }
  }
  return faults;
}
