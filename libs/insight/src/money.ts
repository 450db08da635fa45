import type { Projection } from '@minipilot/kernel/projection.js';
import type { LedgerEvent, Posted } from '@minipilot/grants/ledger/events.js';
import { seen, streamKey } from './rows.js';
import { page, parsed, viewOf, type Db, type Keyed, type Page, type Paged } from './query.js';

/** The ledger of one call in cents; the key is the call. */
export type MoneyRow = {
  tenant: string;
  budgetCents: number;
  availableCents: number;
  appealReserveCents: number;
  /** for decided grants, without the appeal reserve */
  reservedCents: number;
  committedCents: number;
  inTransitCents: number;
  /** paid out and not sent back by a bank, before what recipients paid back */
  paidCents: number;
  returnedCents: number;
  debitsCents: number;
  creditsCents: number;
};

const empty = (tenant: string): MoneyRow => ({
  tenant,
  budgetCents: 0,
  availableCents: 0,
  appealReserveCents: 0,
  reservedCents: 0,
  committedCents: 0,
  inTransitCents: 0,
  paidCents: 0,
  returnedCents: 0,
  debitsCents: 0,
  creditsCents: 0,
});

/** The money of each call. */
export const publicMoney: Projection<MoneyRow> = {
  name: 'public_money',
  version: 1,
  table: {
    tenant: 'text',
    budgetCents: 'integer',
    availableCents: 'integer',
    appealReserveCents: 'integer',
    reservedCents: 'integer',
    committedCents: 'integer',
    inTransitCents: 'integer',
    paidCents: 'integer',
    returnedCents: 'integer',
    debitsCents: 'integer',
    creditsCents: 'integer',
  },
  indexes: [['tenant']],
  handles: ['ledger.opened', 'ledger.posted'],
  keys: streamKey,
  evolve(before, event) {
    const row = { ...(before ?? empty(event.tenant)) };
    for (const { account, side, cents } of seen<LedgerEvent>(event).data.entries) {
      const change = side === 'debit' ? cents : -cents;
      if (side === 'debit') row.debitsCents += cents;
      else row.creditsCents += cents;
      switch (account) {
        case 'budget':
          row.budgetCents -= change;
          break;
        case 'available':
          row.availableCents += change;
          break;
        case 'appeal-reserve':
          row.appealReserveCents += change;
          break;
        case 'reserved':
          row.reservedCents += change;
          break;
        case 'committed':
          row.committedCents += change;
          break;
        case 'in-transit':
          row.inTransitCents += change;
          break;
        case 'paid':
          row.paidCents += change;
          break;
        case 'returned':
          // what came back had been paid out all the same
          row.returnedCents += change;
          row.paidCents += change;
      }
    }
    return row;
  },
};

/** One posting; the key is its event. */
export type PostingRow = {
  tenant: string;
  call: string;
  at: string;
  /** `at` and the place in the call's ledger, for one order of all postings */
  sort: string;
  step: string;
  postingKey: string;
  pilot: string | null;
  instalment: number | null;
  attempt: number | null;
  batch: string | null;
  cents: number;
  /** JSON list of { account, side, cents } */
  entries: string;
  cause: string | null;
  reason: string | null;
  effectiveOn: string | null;
  reference: string | null;
};

/** All postings, to follow one euro from the budget to the bank and back. */
export const deskPostings: Projection<PostingRow> = {
  name: 'desk_postings',
  version: 1,
  table: {
    tenant: 'text',
    call: 'text',
    at: 'text',
    sort: 'text',
    step: 'text',
    postingKey: 'text',
    pilot: 'text',
    instalment: 'integer',
    attempt: 'integer',
    batch: 'text',
    cents: 'integer',
    entries: 'text',
    cause: 'text',
    reason: 'text',
    effectiveOn: 'text',
    reference: 'text',
  },
  indexes: [['tenant', 'sort'], ['call', 'sort'], ['pilot'], ['batch']],
  handles: ['ledger.opened', 'ledger.posted'],
  keys: (event) => [event.id],
  evolve(_, event) {
    const e = seen<LedgerEvent>(event);
    const posted: Partial<Posted> = e.type === 'ledger.posted' ? e.data : {};
    return {
      tenant: e.tenant,
      call: streamKey(e)[0]!,
      at: e.at,
      sort: `${e.at}/${String(e.revision).padStart(8, '0')}`,
      step: posted.step ?? 'opened',
      postingKey: posted.key ?? 'opened',
      pilot: posted.pilot ?? null,
      instalment: posted.instalment ?? null,
      attempt: posted.attempt ?? null,
      batch: posted.batch ?? null,
      cents: e.type === 'ledger.opened' ? e.data.budgetCents : e.data.cents,
      entries: JSON.stringify(e.data.entries),
      cause: posted.cause ?? null,
      reason: posted.reason ?? null,
      effectiveOn: posted.effectiveOn ?? null,
      reference: posted.reference ?? null,
    };
  },
};

export type PostingView = Omit<Keyed<PostingRow>, 'key' | 'tenant' | 'sort' | 'entries'> & { event: string; entries: Posted['entries'] };

export interface PostingFilter {
  call?: string;
  pilot?: string;
  batch?: string;
}

/** Postings of a call, a pilot or a batch, oldest first. */
export async function listPostings(db: Db, tenant: string, filter: PostingFilter, at: Page): Promise<Paged<PostingView>> {
  let query = db.selectFrom(viewOf(deskPostings)).selectAll().where('tenant', '=', tenant);
  for (const name of ['call', 'pilot', 'batch'] as const) if (filter[name] !== undefined) query = query.where(name, '=', filter[name]);
  const { items, next } = await page<PostingRow>(query, 'sort', 'asc', at);
  return { items: items.map(({ key, tenant: _, sort: __, entries, ...row }) => ({ event: key, ...row, entries: parsed(entries) })), next };
}
