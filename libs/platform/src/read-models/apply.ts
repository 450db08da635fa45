import type { Catalogue, Recorded } from '@minipilot/kernel/event.js';
import type { Value } from '@minipilot/kernel/projection.js';
import { areCurrent, moveCursors, type Cursor } from './cursors.js';
import type { ReadModels } from './database.js';
import type { Write } from './engine.js';
import { fold, plan, type Folded, type Row } from './fold.js';

/** Most events that are folded in one transaction. */
export const BATCH = 1000;
/** Most rows that a cursor keeps in memory. */
const ROWS_IN_MEMORY = 50_000;

/**
 * Folds a batch into all projections that stand at the same position: rows, counters and cursors move in one transaction.
 * A projection that meets a poison event goes as far as the event before it and is then stopped.
 * False, and nothing is changed, when one of the cursors was moved by somebody else. Events at or before the cursor are passed over.
 * Throws when the events are not in commit order.
 */
export async function applyBatch(
  readModels: ReadModels,
  catalogue: Catalogue,
  cursors: readonly Cursor[],
  batch: readonly Recorded[],
): Promise<boolean> {
  const from = cursors[0]!.position;
  for (let i = 1; i < batch.length; i++) {
    if (batch[i]!.position <= batch[i - 1]!.position) throw new Error(`events out of order after position ${batch[i - 1]!.position}`);
  }
  const events = batch.length > 0 && batch[0]!.position > from ? batch : batch.filter((e) => e.position > from);
  if (events.length === 0) return true;

  try {
    return await foldAndCommit(readModels, catalogue, cursors, events);
  } catch (error) {
    // the tables go with their generation
    if (await areCurrent(readModels, cursors)) throw error;
    return false;
  }
}

async function foldAndCommit(
  readModels: ReadModels,
  catalogue: Catalogue,
  cursors: readonly Cursor[],
  events: readonly Recorded[],
): Promise<boolean> {
  const from = cursors[0]!.position;
  const moves = [];
  const writes: Write[] = [];
  for (const cursor of cursors) {
    const steps = plan(cursor.projection, events, catalogue);
    const before = cursor.rows ?? (await load(readModels, cursor, steps.events));
    const folded = fold(cursor.projection, before, steps);
    const { poison } = folded;
    const end = poison === undefined ? events.length : events.findIndex((e) => e.position === poison.position);
    moves.push({ cursor, position: end === 0 ? from : events[end - 1]!.position, rows: folded.rows, ...(poison && { poison }) });
    writes.push(...tableWrites(cursor, folded));
  }
  if (!(await readModels.engine.commit([moveCursors(readModels, moves), ...writes]))) return false;
  for (const { cursor, position, rows, poison } of moves) {
    cursor.position = position;
    cursor.fence++;
    cursor.status = poison ? 'stopped' : 'running';
    cursor.error = poison ?? null;
    if (cursor.rows) keep(cursor, rows);
  }
  return true;
}

function keep(cursor: Cursor, changed: Folded['rows']): void {
  for (const [key, row] of changed) {
    if (row === null) cursor.rows!.delete(key);
    else cursor.rows!.set(key, row);
  }
  if (cursor.rows!.size > ROWS_IN_MEMORY) cursor.rows = undefined;
}

/** The rows that the events touch. Read before the transaction: the cursor's fence tells whether they still hold in it. */
async function load(readModels: ReadModels, { statements }: Cursor, steps: { keys: readonly string[] }[]): Promise<Map<string, Row>> {
  const keys = new Set<string>();
  for (const step of steps) for (const key of step.keys) keys.add(key);
  if (keys.size === 0) return new Map();
  const rows = new Map<string, Row>();
  for (const record of await readModels.engine.load(statements.load, [...keys])) {
    const row: Row = {};
    for (const column of statements.columns) row[column] = record[column]!;
    rows.set(record.key as string, row);
  }
  return rows;
}

function tableWrites({ statements }: Cursor, { rows, cells }: Folded): Write[] {
  const upserts: Value[][] = [];
  const removals: Value[][] = [];
  for (const [key, row] of rows) {
    if (row === null) {
      removals.push([key]);
      continue;
    }
    const values: Value[] = [key];
    for (const column of statements.columns) values.push(row[column]!);
    upserts.push(values);
  }
  const additions: Value[][] = [];
  for (const [measure, sums] of cells) for (const [key, sum] of sums) additions.push([key, measure, sum]);
  // in the order of the tree, which SQLite writes faster
  for (const values of [upserts, removals, additions]) values.sort((a, b) => (a[0]! < b[0]! ? -1 : 1));
  const writes: Write[] = [];
  if (upserts.length > 0) writes.push({ sql: statements.upsert, rows: upserts });
  if (removals.length > 0) writes.push({ sql: statements.remove, rows: removals });
  if (additions.length > 0) writes.push({ sql: statements.add, rows: additions });
  return writes;
}
