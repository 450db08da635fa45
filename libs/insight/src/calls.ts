import type { Projection } from '@minipilot/kernel/projection.js';
import type { Recorded } from '@minipilot/kernel/event.js';
import type { Instant, LocalDate } from '@minipilot/kernel/time.js';
import type { CallContent, CallEvent } from '@minipilot/grants/call/events.js';
import { existing, seen, streamKey } from './rows.js';
import { page, parsed, viewOf, type Db, type Keyed, type Page, type Paged } from './query.js';

export type CallState = 'draft' | 'announced' | 'closed' | 'cancelled';

export type CallRow = {
  tenant: string;
  state: CallState;
  /** JSON of CallContent with deadline and budget as they are now */
  content: string;
  year: number;
  method: string;
  opensAt: string;
  closesAt: string;
  rulesHash: string | null;
  lotHash: string | null;
  announcedOn: string | null;
  closedAt: string | null;
  cancelReason: string | null;
};

const table = {
  tenant: 'text',
  state: 'text',
  content: 'text',
  year: 'integer',
  method: 'text',
  opensAt: 'text',
  closesAt: 'text',
  rulesHash: 'text',
  lotHash: 'text',
  announcedOn: 'text',
  closedAt: 'text',
  cancelReason: 'text',
} as const;

const of = (content: CallContent) => ({
  content: JSON.stringify(content),
  year: content.budget.year,
  method: content.rules.method,
  opensAt: content.opensAt,
  closesAt: content.closesAt,
});

const begun = (event: Recorded, state: CallState, content: CallContent): CallRow => ({
  tenant: event.tenant,
  state,
  ...of(content),
  rulesHash: null,
  lotHash: null,
  announcedOn: null,
  closedAt: null,
  cancelReason: null,
});

function changed(row: CallRow, change: (content: CallContent) => Partial<CallContent>): CallRow {
  const content = parsed<CallContent>(row.content);
  return { ...row, ...of({ ...content, ...change(content) }) };
}

function evolve(row: CallRow | null, event: Recorded): CallRow | null {
  const e = seen<CallEvent>(event);
  switch (e.type) {
    case 'call.drafted':
      return begun(e, 'draft', e.data.content);
    case 'call.revised':
      return { ...existing(row, e), ...of(e.data.content) };
    case 'call.announced':
      return {
        ...begun(e, 'announced', e.data.content),
        rulesHash: e.data.rulesHash,
        lotHash: e.data.lotHash,
        announcedOn: e.data.announcedOn,
      };
    case 'call.deadline-extended':
      return changed(existing(row, e), () => ({ closesAt: e.data.closesAt }));
    case 'call.budget-raised':
      return changed(existing(row, e), ({ budget }) => ({ budget: { ...budget, cents: e.data.budgetCents } }));
    case 'call.cancelled':
      // a draft that was dropped is nobody's business outside
      return row && { ...row, state: 'cancelled', cancelReason: e.data.reason };
    case 'call.closed':
      return e.data.last ? { ...existing(row, e), state: 'closed', closedAt: e.data.effectiveAt } : row;
    default:
      return row;
  }
}

const announcedOnwards = ['call.announced', 'call.deadline-extended', 'call.budget-raised', 'call.cancelled', 'call.closed'];

/** Announced calls, for everybody. */
export const publicCalls: Projection<CallRow> = {
  name: 'public_calls',
  version: 1,
  table,
  indexes: [['tenant', 'opensAt']],
  handles: announcedOnwards,
  keys: streamKey,
  evolve,
};

/** All calls with drafts, for the municipality's own people. */
export const deskCalls: Projection<CallRow> = {
  name: 'desk_calls',
  version: 1,
  table,
  indexes: [['tenant', 'opensAt']],
  handles: ['call.drafted', 'call.revised', ...announcedOnwards],
  keys: streamKey,
  evolve,
};

/** Where a call stands by the clock; `closing` is past its deadline with the list of applications not yet frozen. */
export type CallPhase = 'draft' | 'upcoming' | 'open' | 'closing' | 'closed' | 'cancelled';

export interface CallView extends CallContent {
  call: string;
  phase: CallPhase;
  rulesHash: string | null;
  lotHash: string | null;
  announcedOn: LocalDate | null;
  closedAt: Instant | null;
  cancelReason: string | null;
}

export function phaseOf(call: Pick<CallRow, 'state' | 'opensAt' | 'closesAt'>, now: Instant): CallPhase {
  if (call.state !== 'announced') return call.state;
  return now < call.opensAt ? 'upcoming' : now < call.closesAt ? 'open' : 'closing';
}

const callView = (row: Keyed<CallRow>, now: Instant): CallView => ({
  call: row.key,
  phase: phaseOf(row, now),
  ...parsed<CallContent>(row.content),
  rulesHash: row.rulesHash,
  lotHash: row.lotHash,
  announcedOn: row.announcedOn,
  closedAt: row.closedAt,
  cancelReason: row.cancelReason,
});

export interface CallFilter {
  phase?: CallPhase;
  /** of the budget */
  year?: number;
}

async function list(db: Db, view: string, tenant: string, now: Instant, filter: CallFilter, at: Page): Promise<Paged<CallView>> {
  let query = db.selectFrom(view).selectAll().where('tenant', '=', tenant);
  if (filter.year !== undefined) query = query.where('year', '=', filter.year);
  switch (filter.phase) {
    case undefined:
      break;
    case 'draft':
    case 'closed':
    case 'cancelled':
      query = query.where('state', '=', filter.phase);
      break;
    case 'upcoming':
      query = query.where('state', '=', 'announced').where('opensAt', '>', now);
      break;
    case 'open':
      query = query.where('state', '=', 'announced').where('opensAt', '<=', now).where('closesAt', '>', now);
      break;
    case 'closing':
      query = query.where('state', '=', 'announced').where('closesAt', '<=', now);
  }
  const { items, next } = await page<CallRow>(query, 'opensAt', 'desc', at);
  return { items: items.map((row) => callView(row, now)), next };
}

async function one(db: Db, view: string, tenant: string, call: string, now: Instant): Promise<CallView | undefined> {
  const row = await db.selectFrom(view).selectAll().where('key', '=', call).where('tenant', '=', tenant).executeTakeFirst();
  return row && callView(row as Keyed<CallRow>, now);
}

/** Announced calls, the last to open first. */
export const listPublicCalls = (db: Db, tenant: string, now: Instant, filter: CallFilter, at: Page) =>
  list(db, viewOf(publicCalls), tenant, now, filter, at);
export const findPublicCall = (db: Db, tenant: string, call: string, now: Instant) => one(db, viewOf(publicCalls), tenant, call, now);

/** Calls with drafts, the last to open first. */
export const listDeskCalls = (db: Db, tenant: string, now: Instant, filter: CallFilter, at: Page) =>
  list(db, viewOf(deskCalls), tenant, now, filter, at);
export const findDeskCall = (db: Db, tenant: string, call: string, now: Instant) => one(db, viewOf(deskCalls), tenant, call, now);
