import type { Projection } from '@minipilot/kernel/projection.js';
import type { Recorded } from '@minipilot/kernel/event.js';
import type { BatchEvent } from '@minipilot/grants/batch/events.js';
import { existing, seen, streamKey } from './rows.js';
import { page, viewOf, type Db, type Keyed, type Page, type Paged } from './query.js';

export type BatchState = 'open' | 'prepared' | 'approved' | 'released' | 'finished';

export type BatchRow = {
  tenant: string;
  /** day and number, for one order of all batches */
  sort: string;
  day: string;
  number: number;
  state: BatchState;
  openedAt: string;
  /** binds the rows that were prepared */
  digest: string | null;
  preparedBy: string | null;
  preparedAt: string | null;
  preparedRows: number | null;
  preparedCents: number | null;
  approvedBy: string | null;
  approvedAt: string | null;
  /** how often an approval was voided, and when last */
  voided: number;
  voidedAt: string | null;
  messageId: string | null;
  fileDigest: string | null;
  executionOn: string | null;
  releasedAt: string | null;
  releasedRows: number | null;
  releasedCents: number | null;
  finishedAt: string | null;
};

const unprepared = {
  state: 'open',
  digest: null,
  preparedBy: null,
  preparedAt: null,
  preparedRows: null,
  preparedCents: null,
  approvedBy: null,
  approvedAt: null,
} as const;

function evolveBatch(before: BatchRow | null, event: Recorded): BatchRow | null {
  const e = seen<BatchEvent>(event);
  if (e.type === 'batch.opened') {
    const { day, number } = e.data;
    const sort = `${day}/${String(number).padStart(6, '0')}`;
    return {
      ...unprepared,
      tenant: e.tenant,
      sort,
      day,
      number,
      openedAt: e.at,
      voided: 0,
      voidedAt: null,
      messageId: null,
      fileDigest: null,
      executionOn: null,
      releasedAt: null,
      releasedRows: null,
      releasedCents: null,
      finishedAt: null,
    };
  }
  const row = existing(before, e);
  switch (e.type) {
    case 'batch.row-added':
    case 'batch.account-changed':
      return { ...row, ...unprepared };
    case 'batch.row-moved':
      // an approval stands while rows only leave
      return row.state === 'prepared' ? { ...row, ...unprepared } : row;
    case 'batch.prepared':
      return {
        ...row,
        state: 'prepared',
        digest: e.data.digest,
        preparedBy: e.data.by,
        preparedAt: e.at,
        preparedRows: e.data.rows,
        preparedCents: e.data.cents,
      };
    case 'batch.approved':
      return { ...row, state: 'approved', approvedBy: e.data.by, approvedAt: e.at };
    case 'batch.approval-voided':
      return { ...row, ...unprepared, voided: row.voided + 1, voidedAt: e.at };
    case 'batch.released':
      return {
        ...row,
        state: 'released',
        messageId: e.data.messageId,
        fileDigest: e.data.fileDigest,
        executionOn: e.data.executionOn,
        releasedAt: e.at,
        releasedRows: e.data.rows.length,
        releasedCents: e.data.cents,
      };
    case 'batch.finished':
      return { ...row, state: 'finished', finishedAt: e.at };
    default:
      return row;
  }
}

/** Payment batches. */
export const deskBatches: Projection<BatchRow> = {
  name: 'desk_batches',
  version: 1,
  table: {
    tenant: 'text',
    sort: 'text',
    day: 'text',
    number: 'integer',
    state: 'text',
    openedAt: 'text',
    digest: 'text',
    preparedBy: 'text',
    preparedAt: 'text',
    preparedRows: 'integer',
    preparedCents: 'integer',
    approvedBy: 'text',
    approvedAt: 'text',
    voided: 'integer',
    voidedAt: 'text',
    messageId: 'text',
    fileDigest: 'text',
    executionOn: 'text',
    releasedAt: 'text',
    releasedRows: 'integer',
    releasedCents: 'integer',
    finishedAt: 'text',
  },
  indexes: [
    ['tenant', 'sort'],
    ['tenant', 'state'],
  ],
  handles: [
    'batch.opened',
    'batch.row-added',
    'batch.row-moved',
    'batch.account-changed',
    'batch.prepared',
    'batch.approved',
    'batch.approval-voided',
    'batch.released',
    'batch.finished',
  ],
  keys: streamKey,
  evolve: evolveBatch,
};

export type PayoutState = 'waiting' | 'moved' | 'sent' | 'settled' | 'rejected' | 'returned';

/** One payment in one batch; a payment that moved has a row in each batch it was in. The key is `<batch>|<row>`. */
export type PayoutRow = {
  tenant: string;
  batch: string;
  /** `<pilot>/<instalment>/<attempt>` */
  row: string;
  call: string;
  pilot: string;
  instalment: number;
  attempt: number;
  cents: number;
  /** commitment of the sealed account, and the event that holds it */
  account: string;
  accountEvent: string;
  recipient: string;
  state: PayoutState;
  check: 'pending' | 'match' | 'close' | 'no-match' | 'unchecked';
  checkedAt: string | null;
  /** officer who accepted a close match */
  acceptedBy: string | null;
  movedFrom: string | null;
  moveReason: string | null;
  addedAt: string;
  /** the bank's reference or reason, and its day */
  reply: string | null;
  repliedOn: string | null;
};

const keyOf = (batch: string, row: string): string => `${batch}|${row}`;

function rowKeys(event: Recorded): string[] {
  const e = seen<BatchEvent>(event);
  switch (e.type) {
    case 'batch.row-added':
    case 'batch.row-moved':
      return [keyOf(e.data.batch, e.data.row.row)];
    case 'batch.released':
      return e.data.rows.map(({ row }) => keyOf(e.data.batch, row));
    case 'batch.account-changed':
    case 'batch.name-checked':
    case 'batch.close-match-accepted':
    case 'batch.row-settled':
    case 'batch.row-rejected':
    case 'batch.row-returned':
      return [keyOf(e.data.batch, e.data.row)];
    default:
      return [];
  }
}

function evolveRow(before: PayoutRow | null, event: Recorded): PayoutRow | null {
  const e = seen<BatchEvent>(event);
  if (e.type === 'batch.row-added' || e.type === 'batch.row-moved') {
    const { movedFrom, ...row } = e.data.row;
    const known = e.type === 'batch.row-moved' ? before : null;
    return {
      tenant: e.tenant,
      batch: e.data.batch,
      ...row,
      state: e.type === 'batch.row-moved' ? 'moved' : 'waiting',
      check: known?.check ?? 'pending',
      checkedAt: known?.checkedAt ?? null,
      acceptedBy: known?.acceptedBy ?? null,
      movedFrom: movedFrom ?? null,
      moveReason: e.type === 'batch.row-moved' ? e.data.reason : null,
      addedAt: known?.addedAt ?? e.at,
      reply: null,
      repliedOn: null,
    };
  }
  const row = existing(before, e);
  switch (e.type) {
    case 'batch.account-changed': {
      const { account, accountEvent, recipient } = e.data;
      return { ...row, account, accountEvent, recipient, check: 'pending', checkedAt: null, acceptedBy: null };
    }
    case 'batch.name-checked':
      return { ...row, check: e.data.result, checkedAt: e.at, acceptedBy: null };
    case 'batch.close-match-accepted':
      return { ...row, acceptedBy: e.data.by };
    case 'batch.released':
      return { ...row, state: 'sent' };
    case 'batch.row-settled':
      return { ...row, state: 'settled', reply: e.data.reference, repliedOn: e.data.on };
    case 'batch.row-rejected':
      return { ...row, state: 'rejected', reply: e.data.code, repliedOn: e.data.on };
    case 'batch.row-returned':
      return { ...row, state: 'returned', reply: e.data.code, repliedOn: e.data.on };
    default:
      return row;
  }
}

/** Payments by batch, without any account number or name. */
export const deskPayoutRows: Projection<PayoutRow> = {
  name: 'desk_payout_rows',
  version: 1,
  table: {
    tenant: 'text',
    batch: 'text',
    row: 'text',
    call: 'text',
    pilot: 'text',
    instalment: 'integer',
    attempt: 'integer',
    cents: 'integer',
    account: 'text',
    accountEvent: 'text',
    recipient: 'text',
    state: 'text',
    check: 'text',
    checkedAt: 'text',
    acceptedBy: 'text',
    movedFrom: 'text',
    moveReason: 'text',
    addedAt: 'text',
    reply: 'text',
    repliedOn: 'text',
  },
  indexes: [['tenant', 'addedAt'], ['tenant', 'state'], ['batch'], ['pilot']],
  handles: [
    'batch.row-added',
    'batch.row-moved',
    'batch.account-changed',
    'batch.name-checked',
    'batch.close-match-accepted',
    'batch.released',
    'batch.row-settled',
    'batch.row-rejected',
    'batch.row-returned',
  ],
  keys: rowKeys,
  evolve: evolveRow,
};

export type BatchView = Omit<Keyed<BatchRow>, 'key' | 'tenant' | 'sort'> & {
  batch: string;
  /** of the payments that are or were to be paid by this batch, and how many rows stand how */
  rows: number;
  cents: number;
  byState: Partial<Record<PayoutState, number>>;
};

async function withRows(db: Db, tenant: string, batches: Keyed<BatchRow>[]): Promise<BatchView[]> {
  if (batches.length === 0) return [];
  const counts = (await db
    .selectFrom(viewOf(deskPayoutRows))
    .select((eb) => ['batch', 'state', eb.fn.countAll().as('rows'), eb.fn.sum('cents').as('cents')])
    .where('tenant', '=', tenant)
    .where(
      'batch',
      'in',
      batches.map(({ key }) => key),
    )
    .groupBy(['batch', 'state'])
    .execute()) as { batch: string; state: PayoutState; rows: number; cents: number }[];
  return batches.map(({ key, tenant: _, sort: __, ...row }) => {
    const own = counts.filter(({ batch }) => batch === key);
    const staying = own.filter(({ state }) => state !== 'moved');
    return {
      batch: key,
      ...row,
      rows: staying.reduce((sum, x) => sum + Number(x.rows), 0),
      cents: staying.reduce((sum, x) => sum + Number(x.cents), 0),
      byState: Object.fromEntries(own.map(({ state, rows }) => [state, Number(rows)])),
    };
  });
}

/** Batches, the newest first. */
export async function listBatches(db: Db, tenant: string, filter: { states?: readonly BatchState[] }, at: Page): Promise<Paged<BatchView>> {
  let query = db.selectFrom(viewOf(deskBatches)).selectAll().where('tenant', '=', tenant);
  if (filter.states !== undefined) query = query.where('state', 'in', [...filter.states]);
  const { items, next } = await page<BatchRow>(query, 'sort', 'desc', at);
  return { items: await withRows(db, tenant, items), next };
}

export async function findBatch(db: Db, tenant: string, batch: string): Promise<BatchView | undefined> {
  const row = await db.selectFrom(viewOf(deskBatches)).selectAll().where('key', '=', batch).where('tenant', '=', tenant).executeTakeFirst();
  return row && (await withRows(db, tenant, [row as Keyed<BatchRow>]))[0];
}

export interface PayoutFilter {
  batch?: string;
  pilot?: string;
  states?: readonly PayoutState[];
  checks?: readonly PayoutRow['check'][];
}

/** Payments, oldest first. */
export function listPayoutRows(db: Db, tenant: string, filter: PayoutFilter, at: Page): Promise<Paged<Keyed<PayoutRow>>> {
  let query = db.selectFrom(viewOf(deskPayoutRows)).selectAll().where('tenant', '=', tenant);
  if (filter.batch !== undefined) query = query.where('batch', '=', filter.batch);
  if (filter.pilot !== undefined) query = query.where('pilot', '=', filter.pilot);
  if (filter.states !== undefined) query = query.where('state', 'in', [...filter.states]);
  if (filter.checks !== undefined) query = query.where('check', 'in', [...filter.checks]);
  return page<PayoutRow>(query, 'addedAt', 'asc', at);
}
