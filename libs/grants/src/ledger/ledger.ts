import { reject, type Aggregate, type Rejected } from '@minipilot/kernel/decider.js';
import { isBalanced, isCents, type Cents } from '@minipilot/kernel/money.js';
import type { LocalDate } from '@minipilot/kernel/time.js';
import type { Account, LedgerEvent, Posted, Step } from './events.js';

/** One attempt to pay one instalment of one grant, in the batch that carries it. Instalments and attempts count from 1. */
export interface Attempt {
  pilot: string;
  instalment: number;
  attempt: number;
  cents: Cents;
  batch: string;
}

/** `cause` is the id of the event that the posting follows from; the same cause never moves the same money twice. */
export type LedgerCommand =
  | { type: 'Open'; call: string; budgetCents: Cents; appealReserveCents: Cents; currency: string }
  | { type: 'RaiseBudget'; cents: Cents; cause: string }
  | { type: 'Reserve'; pilot: string; cents: Cents; from: 'available' | 'appeal-reserve'; cause: string }
  /** gives back all of the grant that is neither paid nor on its way */
  | { type: 'Release'; pilot: string; reason: NonNullable<Posted['reason']>; cause: string }
  | { type: 'Commit'; pilot: string; cause: string }
  | ({ type: 'Transit'; cause: string } & Attempt)
  | ({ type: 'Settle'; reference: string; effectiveOn: LocalDate; cause: string } & Attempt)
  | ({ type: 'Reject'; effectiveOn: LocalDate; cause: string } & Attempt)
  | ({ type: 'BankReturn'; effectiveOn: LocalDate; cause: string } & Attempt)
  /** the recipient paid unspent or recovered money back; it is never granted again */
  | { type: 'Repay'; pilot: string; cents: Cents; reference: string; effectiveOn: LocalDate; cause: string };

export interface Instalment {
  /** the last attempt */
  attempt: number;
  batch: string;
  cents: Cents;
  status: 'in-transit' | 'settled' | 'rejected' | 'returned';
}

/** What one grant holds in each account, and its payments. */
export interface Grant {
  from: 'available' | 'appeal-reserve';
  reserved: Cents;
  committed: Cents;
  'in-transit': Cents;
  /** settled, less what the recipient paid back */
  paid: Cents;
  returned: Cents;
  instalments: Readonly<Record<number, Instalment>>;
  postings: Readonly<Record<string, Posted>>;
}

export interface LedgerState {
  call: string | null;
  currency: string;
  /** debits less credits; `budget` is therefore negative or 0 */
  balances: Readonly<Record<Account, Cents>>;
  debits: Cents;
  credits: Cents;
  grants: Readonly<Record<string, Grant>>;
  /** postings that belong to no grant */
  postings: Readonly<Record<string, Posted>>;
  opened: { budgetCents: Cents; appealReserveCents: Cents } | null;
}

const noGrant: Grant = {
  from: 'available',
  reserved: 0,
  committed: 0,
  'in-transit': 0,
  paid: 0,
  returned: 0,
  instalments: {},
  postings: {},
};

/** The money of one call in double entry. */
export const ledger: Aggregate<LedgerCommand, LedgerState, LedgerEvent, null> = {
  category: 'ledger',
  initial: {
    call: null,
    currency: '',
    balances: { budget: 0, available: 0, 'appeal-reserve': 0, reserved: 0, committed: 0, 'in-transit': 0, paid: 0, returned: 0 },
    debits: 0,
    credits: 0,
    grants: {},
    postings: {},
    opened: null,
  },

  evolve(state, { type, data }) {
    const balances = { ...state.balances };
    let { debits, credits } = state;
    for (const { account, side, cents } of data.entries) {
      balances[account] += side === 'debit' ? cents : -cents;
      if (side === 'debit') debits += cents;
      else credits += cents;
    }
    const posted = { ...state, balances, debits, credits };
    if (type === 'ledger.opened') {
      const { call, currency, budgetCents, appealReserveCents } = data;
      return { ...posted, call, currency, opened: { budgetCents, appealReserveCents } };
    }
    if (data.pilot === undefined) return { ...posted, postings: { ...state.postings, [data.key]: data } };
    const grant = evolveGrant(state.grants[data.pilot] ?? noGrant, data);
    return { ...posted, grants: { ...state.grants, [data.pilot]: grant } };
  },

  decide(command, state) {
    if (command.type === 'Open') return open(command, state);
    if (state.opened === null) return reject('ledger-not-open');

    const key = keyOf(command);
    const grant = ('pilot' in command ? state.grants[command.pilot] : undefined) ?? noGrant;
    const before = 'pilot' in command ? grant.postings[key] : state.postings[key];
    if (before !== undefined) return repeats(command, before) ? [] : reject('posting-differs', { key });
    if ('cents' in command && (!isCents(command.cents) || command.cents <= 0)) return wrongAmount(command.cents);

    switch (command.type) {
      case 'RaiseBudget':
        return post(command, command.cents, [['budget', 'available', command.cents]]);
      case 'Reserve': {
        // what came back is never granted again
        if (held(grant) > 0 || grant.paid > 0 || grant.returned > 0) return reject('already-reserved');
        const left = state.balances[command.from];
        if (command.cents > left) return reject('not-enough-available', { cents: command.cents, left, account: command.from });
        return post(command, command.cents, [[command.from, 'reserved', command.cents]]);
      }
      case 'Release': {
        if (grant['in-transit'] > 0) return reject('already-in-transit');
        const cents = grant.reserved + grant.committed;
        if (cents === 0) return reject('nothing-reserved');
        const moves: Move[] = [
          ['reserved', grant.from, grant.reserved],
          ['committed', grant.from, grant.committed],
        ];
        return post(command, cents, moves);
      }
      case 'Commit':
        if (grant.reserved === 0) return reject('nothing-reserved');
        return post(command, grant.reserved, [['reserved', 'committed', grant.reserved]]);
      case 'Transit': {
        const last = grant.instalments[command.instalment];
        if (last?.status === 'in-transit') return reject('already-in-transit', { attempt: last.attempt });
        if (last?.status === 'settled') return reject('already-paid', { attempt: last.attempt });
        if (command.attempt !== (last?.attempt ?? 0) + 1) return notOpen(command);
        if (grant.committed === 0) return reject('nothing-committed');
        if (command.cents > grant.committed) return wrongAmount(command.cents, grant.committed);
        return post(command, command.cents, [['committed', 'in-transit', command.cents]]);
      }
      case 'Settle':
      case 'Reject':
      case 'BankReturn': {
        const last = grant.instalments[command.instalment];
        const expected = command.type === 'BankReturn' ? 'settled' : 'in-transit';
        if (last?.status !== expected || last.attempt !== command.attempt || last.batch !== command.batch) return notOpen(command);
        if (command.cents !== last.cents) return wrongAmount(command.cents, last.cents);
        if (command.type === 'Settle') return post(command, command.cents, [['in-transit', 'paid', command.cents]]);
        if (command.type === 'Reject') return post(command, command.cents, [['in-transit', 'committed', command.cents]]);
        if (command.cents > grant.paid) return wrongAmount(command.cents, grant.paid);
        return post(command, command.cents, [['paid', 'committed', command.cents]]);
      }
      case 'Repay':
        if (command.cents > grant.paid) return wrongAmount(command.cents, grant.paid);
        return post(command, command.cents, [['paid', 'returned', command.cents]]);
    }
  },

  facts: () => Promise.resolve(null),
};

type Posting = Exclude<LedgerCommand, { type: 'Open' }>;
type Move = [from: Account, to: Account, cents: Cents];

const STEPS: Record<Posting['type'], Step> = {
  RaiseBudget: 'budget-raised',
  Reserve: 'reserved',
  Release: 'released',
  Commit: 'committed',
  Transit: 'in-transit',
  Settle: 'settled',
  Reject: 'rejected',
  BankReturn: 'bank-returned',
  Repay: 'repaid',
};

const STATUS: Partial<Record<Step, Instalment['status']>> = {
  'in-transit': 'in-transit',
  settled: 'settled',
  rejected: 'rejected',
  'bank-returned': 'returned',
};

function evolveGrant(grant: Grant, data: Posted): Grant {
  const next = { ...grant, postings: { ...grant.postings, [data.key]: data } };
  for (const { account, side, cents } of data.entries) {
    if (account === 'budget' || account === 'available' || account === 'appeal-reserve') {
      if (data.step === 'reserved' && account !== 'budget') next.from = account;
    } else next[account] += side === 'debit' ? cents : -cents;
  }
  const status = STATUS[data.step];
  if (status !== undefined) {
    const { attempt, batch, cents } = data;
    next.instalments = { ...grant.instalments, [data.instalment!]: { attempt: attempt!, batch: batch!, cents, status } };
  }
  return next;
}

function open(command: Extract<LedgerCommand, { type: 'Open' }>, state: LedgerState): LedgerEvent[] | Rejected {
  const { call, budgetCents, appealReserveCents, currency } = command;
  if (state.opened !== null) {
    const same =
      state.call === call &&
      state.currency === currency &&
      state.opened.budgetCents === budgetCents &&
      state.opened.appealReserveCents === appealReserveCents;
    return same ? [] : reject('already-open');
  }
  if (!isCents(budgetCents) || budgetCents <= 0) return wrongAmount(budgetCents);
  if (!isCents(appealReserveCents) || appealReserveCents < 0 || appealReserveCents > budgetCents)
    return wrongAmount(appealReserveCents, budgetCents);
  const entries = entriesOf([
    ['budget', 'available', budgetCents - appealReserveCents],
    ['budget', 'appeal-reserve', appealReserveCents],
  ]);
  return [{ type: 'ledger.opened', data: { call, budgetCents, appealReserveCents, currency, entries } }];
}

function keyOf(command: Posting): string {
  const subject = 'pilot' in command ? command.pilot : 'budget';
  const which = 'attempt' in command ? `${command.instalment}/${command.attempt}` : command.cause;
  return `${subject}/${which}/${STEPS[command.type]}`;
}

/** Whether a command asks for what was posted under its key. */
function repeats(command: Posting, posted: Posted): boolean {
  const same = (name: 'cents' | 'batch' | 'reference' | 'effectiveOn' | 'reason') =>
    !(name in command) || (command as Partial<Posted>)[name] === posted[name];
  const from = command.type !== 'Reserve' || posted.entries.some((e) => e.side === 'credit' && e.account === command.from);
  return from && same('cents') && same('batch') && same('reference') && same('effectiveOn') && same('reason');
}

const entriesOf = (moves: Move[]): Posted['entries'] =>
  moves
    .filter(([, , cents]) => cents > 0)
    .flatMap(([from, to, cents]) => [
      { account: to, side: 'debit', cents },
      { account: from, side: 'credit', cents },
    ]);

function post(command: Posting, cents: Cents, moves: Move[]): LedgerEvent[] {
  const entries = entriesOf(moves);
  if (!isBalanced(entries)) throw new Error(`posting ${keyOf(command)} is not balanced`);
  const data: Posted = { key: keyOf(command), step: STEPS[command.type], cents, entries, cause: command.cause };
  if ('pilot' in command) data.pilot = command.pilot;
  if ('attempt' in command) Object.assign(data, { instalment: command.instalment, attempt: command.attempt, batch: command.batch });
  if ('reason' in command) data.reason = command.reason;
  if ('effectiveOn' in command) data.effectiveOn = command.effectiveOn;
  if ('reference' in command) data.reference = command.reference;
  return [{ type: 'ledger.posted', data }];
}

const held = (grant: Grant): Cents => grant.reserved + grant.committed + grant['in-transit'];
const wrongAmount = (cents: Cents, most = 0): Rejected => reject('wrong-amount', { cents, most });
const notOpen = ({ instalment, attempt }: Attempt): Rejected => reject('attempt-not-open', { instalment, attempt });

/** The ledger in the words of a grant officer; all in cents. */
export interface Figures {
  budgetCents: Cents;
  availableCents: Cents;
  appealReserveCents: Cents;
  /** for decided grants, without the appeal reserve */
  reservedCents: Cents;
  committedCents: Cents;
  inTransitCents: Cents;
  /** paid out and not sent back by a bank, before what recipients paid back */
  paidCents: Cents;
  returnedCents: Cents;
  /** paid less returned */
  netCents: Cents;
  debitsCents: Cents;
  creditsCents: Cents;
}

export function figures({ balances, debits, credits }: LedgerState): Figures {
  return {
    // 0 - x, since -0 is not 0 to everyone
    budgetCents: 0 - balances.budget,
    availableCents: balances.available,
    appealReserveCents: balances['appeal-reserve'],
    reservedCents: balances.reserved,
    committedCents: balances.committed,
    inTransitCents: balances['in-transit'],
    paidCents: balances.paid + balances.returned,
    returnedCents: balances.returned,
    netCents: balances.paid,
    debitsCents: debits,
    creditsCents: credits,
  };
}

/** What is wrong with the books, in words for an auditor; empty when they are in order. Must hold after every event. */
export function invariants(state: LedgerState): string[] {
  const f = figures(state);
  const problems: string[] = [];
  const must = (holds: boolean, problem: string) => void (holds || problems.push(problem));
  must(f.debitsCents === f.creditsCents, `debits ${f.debitsCents} are not credits ${f.creditsCents}`);
  const spoken = f.paidCents + f.inTransitCents + f.committedCents + f.reservedCents + f.appealReserveCents;
  must(spoken <= f.budgetCents, `paid + in transit + committed + reserved is ${spoken}, above the budget of ${f.budgetCents}`);
  must(spoken + f.availableCents === f.budgetCents, `all accounts hold ${spoken + f.availableCents}, the budget is ${f.budgetCents}`);
  for (const [account, balance] of Object.entries(state.balances)) {
    must(account === 'budget' ? balance <= 0 : balance >= 0, `${account} is overdrawn: ${balance}`);
  }
  const grants = Object.entries(state.grants);
  for (const account of ['reserved', 'committed', 'in-transit', 'paid', 'returned'] as const) {
    const total = grants.reduce((sum, [, grant]) => sum + grant[account], 0);
    must(total === state.balances[account], `${account} is ${state.balances[account]}, its grants hold ${total}`);
  }
  for (const [pilot, grant] of grants) {
    const payments = Object.values(grant.instalments);
    const total = (status: Instalment['status']) => payments.reduce((sum, p) => sum + (p.status === status ? p.cents : 0), 0);
    must(
      total('in-transit') === grant['in-transit'],
      `grant ${pilot} has ${grant['in-transit']} in transit, its payments say ${total('in-transit')}`,
    );
    must(
      total('settled') === grant.paid + grant.returned,
      `grant ${pilot} was paid ${grant.paid + grant.returned}, its payments say ${total('settled')}`,
    );
  }
  return problems;
}
