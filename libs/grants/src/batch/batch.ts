import { reject, type Aggregate, type Rejected } from '@minipilot/kernel/decider.js';
import { jcs, sha256, uuid5 } from '@minipilot/kernel/ids.js';
import type { Cents } from '@minipilot/kernel/money.js';
import type { LocalDate } from '@minipilot/kernel/time.js';
import { messageId } from './bank.js';
import type { BatchEvent, MoveReason, NameCheck, Row } from './events.js';

export const batchId = (tenant: string, day: LocalDate, number: number): string => uuid5('batch', tenant, day, String(number));
export const rowKey = (pilot: string, instalment: number, attempt: number): string => `${pilot}/${instalment}/${attempt}`;

/** Most rows in a batch, so that the release of one where no row may be paid still is one append. */
export const MAX_ROWS = 200;

/** `row` is a row's key. Who prepares, approves and accepts is who acts. */
export type BatchCommand =
  /** the first one opens the batch of a day; later ones repeat day and number */
  | ({ type: 'AddRow'; day: LocalDate; number: number } & Omit<Row, 'row'>)
  | { type: 'ChangeAccount'; row: string; account: string; accountEvent: string; recipient: string }
  | { type: 'RecordNameCheck'; row: string; account: string; result: NameCheck }
  | { type: 'AcceptCloseMatch'; row: string }
  | { type: 'MoveRow'; row: string; reason: MoveReason }
  | { type: 'Prepare' }
  /** `digest` is what the approver saw */
  | { type: 'Approve'; digest: string }
  /** `rows` are the keys of the rows in the file */
  | { type: 'Release'; messageId: string; fileDigest: string; executionOn: LocalDate; rows: string[] }
  | { type: 'RecordSettled'; row: string; reference: string; on: LocalDate }
  | { type: 'RecordRejected'; row: string; code: string; on: LocalDate }
  | { type: 'RecordReturned'; row: string; code: string; on: LocalDate };

export interface BatchRow extends Row {
  check: 'pending' | NameCheck;
  /** the officer who accepted a close match */
  acceptedBy: string | null;
  status: 'waiting' | 'moved' | 'sent' | 'settled' | 'rejected' | 'returned';
  /** the bank's reference or reason */
  reply: string | null;
}

export interface BatchState {
  batch: string;
  /** `open` until prepared; a change of rows opens it again */
  status: 'none' | 'open' | 'prepared' | 'approved' | 'released' | 'finished';
  rows: Readonly<Record<string, BatchRow>>;
  preparedBy: string | null;
  approvedBy: string | null;
  /** of the rows that were prepared or approved */
  digest: string | null;
  messageId: string | null;
  fileDigest: string | null;
  executionOn: LocalDate | null;
}

/** One payment batch: two people, one file, and what the bank made of it. */
export const batch: Aggregate<BatchCommand, BatchState, BatchEvent, null> = {
  category: 'batch',
  initial: {
    batch: '',
    status: 'none',
    rows: {},
    preparedBy: null,
    approvedBy: null,
    digest: null,
    messageId: null,
    fileDigest: null,
    executionOn: null,
  },

  evolve(state, { type, data }) {
    switch (type) {
      case 'batch.opened':
        return { ...state, batch: data.batch, status: 'open' };
      case 'batch.row-added':
        return reopened(withRow(state, data.row.row, { ...data.row, check: 'pending', acceptedBy: null, status: 'waiting', reply: null }));
      case 'batch.row-moved': {
        const moved = withRow(state, data.row.row, { ...fresh, ...state.rows[data.row.row], ...data.row, status: 'moved' });
        // an approval stands while rows only leave: what is left was approved
        return state.status === 'prepared' ? reopened(moved) : moved;
      }
      case 'batch.account-changed': {
        const { account, accountEvent, recipient } = data;
        return reopened(withRow(state, data.row, { account, accountEvent, recipient, check: 'pending', acceptedBy: null }));
      }
      case 'batch.name-checked':
        return withRow(state, data.row, { check: data.result, acceptedBy: null });
      case 'batch.close-match-accepted':
        return withRow(state, data.row, { acceptedBy: data.by });
      case 'batch.prepared':
        return { ...state, status: 'prepared', preparedBy: data.by, digest: data.digest };
      case 'batch.approved':
        return { ...state, status: 'approved', approvedBy: data.by };
      case 'batch.approval-voided':
        return reopened(state);
      case 'batch.released': {
        const rows = { ...state.rows };
        for (const { row } of data.rows) rows[row] = { ...rows[row]!, status: 'sent' };
        const { messageId, fileDigest, executionOn } = data;
        return { ...state, status: 'released', rows, messageId, fileDigest, executionOn };
      }
      case 'batch.row-settled':
        return withRow(state, data.row, { status: 'settled', reply: data.reference });
      case 'batch.row-rejected':
        return withRow(state, data.row, { status: 'rejected', reply: data.code });
      case 'batch.row-returned':
        return withRow(state, data.row, { status: 'returned', reply: data.code });
      case 'batch.finished':
        return { ...state, status: 'finished' };
    }
  },

  decide(command, state, _, { actor, tenant }) {
    if (command.type === 'AddRow') return addRow(command, state, tenant);
    if (state.status === 'none') return reject('no-such-batch');
    if (command.type === 'Prepare') return prepare(state, actor);
    if (command.type === 'Approve') return approve(command, state, actor);
    if (command.type === 'Release') return release(command, state);

    const { batch } = state;
    const row = state.rows[command.row];
    if (row === undefined) return reject('no-such-row');
    const key = command.row;
    switch (command.type) {
      case 'ChangeAccount': {
        const { account, accountEvent, recipient } = command;
        if (row.account === account && row.accountEvent === accountEvent && row.recipient === recipient) return [];
        if (row.status !== 'waiting') return reject(row.status === 'moved' ? 'row-moved' : 'already-released');
        const changed: BatchEvent = { type: 'batch.account-changed', data: { batch, row: key, account, accountEvent, recipient } };
        if (state.status !== 'approved') return [changed];
        return [changed, { type: 'batch.approval-voided', data: { batch, reason: 'account-changed', rows: [key] } }];
      }
      case 'RecordNameCheck':
        // an answer about an account that the row no longer has says nothing, and after release it changes nothing
        if (row.status !== 'waiting' || row.account !== command.account || row.check === command.result) return [];
        return [{ type: 'batch.name-checked', data: { batch, row: key, account: row.account, result: command.result } }];
      case 'AcceptCloseMatch':
        if (row.acceptedBy !== null) return [];
        if (row.status !== 'waiting' || row.check !== 'close') return reject('not-a-close-match');
        if (row.recipient === actor) return reject('own-payment');
        return [{ type: 'batch.close-match-accepted', data: { batch, row: key, account: row.account, by: actor } }];
      case 'MoveRow':
        if (row.status === 'moved') return [];
        if (row.status !== 'waiting') return reject('already-released');
        return [moved(batch, row, command.reason)];
      case 'RecordSettled': {
        const { reference, on } = command;
        if (row.status === 'settled' && row.reply === reference) return [];
        if (row.status !== 'sent') return notWaiting(row);
        return closing(state, key, { type: 'batch.row-settled', data: { batch, row: key, reference, on } });
      }
      case 'RecordRejected': {
        const { code, on } = command;
        if (row.status === 'rejected' && row.reply === code) return [];
        if (row.status !== 'sent') return notWaiting(row);
        return closing(state, key, { type: 'batch.row-rejected', data: { batch, row: key, code, on } });
      }
      case 'RecordReturned': {
        const { code, on } = command;
        if (row.status === 'returned' && row.reply === code) return [];
        if (row.status !== 'settled') return notWaiting(row);
        return [{ type: 'batch.row-returned', data: { batch, row: key, code, on } }];
      }
    }
  },

  facts: () => Promise.resolve(null),
};

/** The rows that are still in the batch and not yet sent, in order of their keys. */
export const waiting = (state: BatchState): BatchRow[] =>
  Object.values(state.rows)
    .filter((row) => row.status === 'waiting')
    .sort((a, b) => (a.row < b.row ? -1 : 1));

/** The waiting rows whose account is known to be the recipient's: what a release may send. */
export const payable = (state: BatchState): BatchRow[] =>
  waiting(state).filter((row) => row.check === 'match' || (row.check === 'close' && row.acceptedBy !== null));

/** What an approval binds: grant, instalment, attempt, sum and account of every row that waits. */
export const rowsDigest = (state: BatchState): string =>
  sha256(
    'minipilot/batch-rows/v1',
    jcs(waiting(state).map(({ pilot, instalment, attempt, cents, account }) => [pilot, instalment, attempt, cents, account])),
  );

const fresh = { check: 'pending', acceptedBy: null, reply: null } as const;

const withRow = (state: BatchState, key: string, change: Partial<BatchRow>): BatchState => ({
  ...state,
  rows: { ...state.rows, [key]: { ...state.rows[key], ...change } as BatchRow },
});

const reopened = (state: BatchState): BatchState => ({ ...state, status: 'open', preparedBy: null, approvedBy: null, digest: null });

const total = (rows: { cents: Cents }[]): Cents => rows.reduce((sum, row) => sum + row.cents, 0);

const notWaiting = (row: BatchRow): Rejected => reject('row-not-waiting', { status: row.status });

function rowOf({ call, pilot, instalment, attempt, cents, account, accountEvent, recipient, movedFrom }: Omit<Row, 'row'>): Row {
  const row = rowKey(pilot, instalment, attempt);
  return { row, call, pilot, instalment, attempt, cents, account, accountEvent, recipient, ...(movedFrom && { movedFrom }) };
}

const moved = (batch: string, row: BatchRow, reason: MoveReason): BatchEvent => ({
  type: 'batch.row-moved',
  data: { batch, row: rowOf(row), reason },
});

function addRow(command: Extract<BatchCommand, { type: 'AddRow' }>, state: BatchState, tenant: string): BatchEvent[] | Rejected {
  const { day, number } = command;
  const batch = batchId(tenant, day, number);
  if (state.status !== 'none' && state.batch !== batch) return reject('another-batch');
  const row = rowOf(command);
  const before = state.rows[row.row];
  // a row that left this batch may come back to it; the first addition, repeated, may not bring it back
  const back = before?.status === 'moved' && row.movedFrom === batch;
  if (before !== undefined && !back) return before.cents === row.cents && before.call === row.call ? [] : reject('row-differs');

  const added: BatchEvent = { type: 'batch.row-added', data: { batch, row } };
  if (state.status === 'none') return [{ type: 'batch.opened', data: { batch, day, number } }, added];
  if (state.status !== 'open' && state.status !== 'prepared') return [{ type: 'batch.row-moved', data: { batch, row, reason: 'late' } }];
  if (before === undefined && Object.keys(state.rows).length >= MAX_ROWS)
    return [{ type: 'batch.row-moved', data: { batch, row, reason: 'full' } }];
  return [added];
}

function prepare(state: BatchState, actor: string): BatchEvent[] | Rejected {
  const { batch, status } = state;
  if (status !== 'open' && status !== 'prepared') return reject('already-approved');
  const rows = waiting(state);
  if (rows.length === 0) return reject('no-rows');
  if (rows.some((r) => r.recipient === actor)) return reject('own-payment');
  if (status === 'prepared' && state.preparedBy === actor) return [];
  return [{ type: 'batch.prepared', data: { batch, digest: rowsDigest(state), rows: rows.length, cents: total(rows), by: actor } }];
}

function approve({ digest }: Extract<BatchCommand, { type: 'Approve' }>, state: BatchState, actor: string): BatchEvent[] | Rejected {
  const { batch, status } = state;
  if (status === 'approved' && state.approvedBy === actor && state.digest === digest) return [];
  if (status !== 'open' && status !== 'prepared') return reject('already-approved');
  if (digest !== rowsDigest(state)) return reject('rows-changed');
  if (status !== 'prepared') return reject('not-prepared');
  if (state.preparedBy === actor) return reject('same-person');
  if (waiting(state).some((r) => r.recipient === actor)) return reject('own-payment');
  return [{ type: 'batch.approved', data: { batch, digest, by: actor } }];
}

function release(command: Extract<BatchCommand, { type: 'Release' }>, state: BatchState): BatchEvent[] | Rejected {
  const { fileDigest, executionOn } = command;
  if (state.status === 'released' || state.status === 'finished') {
    return state.fileDigest === fileDigest && state.messageId === command.messageId ? [] : reject('already-released');
  }
  if (state.status !== 'approved') return reject('not-approved');
  if (command.messageId !== messageId(state.batch)) return reject('another-batch');
  const rows = payable(state);
  if (jcs(rows.map((r) => r.row)) !== jcs([...command.rows].sort())) return reject('rows-changed');

  const { batch } = state;
  const staying = waiting(state).filter((row) => !rows.includes(row));
  const events: BatchEvent[] = staying.map((row) => moved(batch, row, 'name-check'));
  if (rows.length === 0) return [...events, { type: 'batch.finished', data: { batch } }];
  const listed = rows.map(({ row, call, cents }) => ({ row, call, cents }));
  const { messageId: id } = command;
  return [...events, { type: 'batch.released', data: { batch, messageId: id, fileDigest, executionOn, rows: listed, cents: total(rows) } }];
}

/** A reply, and the end of the batch when it was the last one. */
function closing(state: BatchState, key: string, reply: BatchEvent): BatchEvent[] {
  const open = Object.values(state.rows).some((row) => row.status === 'sent' && row.row !== key);
  return open ? [reply] : [reply, { type: 'batch.finished', data: { batch: state.batch } }];
}
