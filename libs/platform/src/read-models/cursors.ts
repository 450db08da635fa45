import type { Projection } from '@minipilot/kernel/projection.js';
import { newFence, type ReadModels } from './database.js';
import type { Write } from './engine.js';
import type { Poison, Row } from './fold.js';
import { createTables, createViews, cursorStatements, dropTables, dropViews, tableStatements, type TableStatements } from './tables.js';

export type CursorStatus = 'running' | 'stopped';

/** How far one generation of one projection has come. `position` is '' before the first event. */
export interface Cursor {
  readonly projection: Projection;
  readonly generation: number;
  readonly statements: TableStatements;
  position: string;
  /** changes with every move, by whomever */
  fence: number;
  status: CursorStatus;
  error: Poison | null;
  /** all rows at `position`, while a generation is built that fits into memory; else they are read for each batch */
  rows?: Map<string, Row> | undefined;
}

interface CursorKey {
  name: string;
  version: number;
  generation: number;
  fence: number;
}

interface CursorRow extends CursorKey {
  live: number;
  position: string;
  status: CursorStatus;
  error: string | null;
}

const now = (): string => new Date().toISOString();

export async function cursorRows(readModels: ReadModels): Promise<CursorRow[]> {
  return (await readModels.db.selectFrom('projection_cursor').selectAll().execute()) as CursorRow[];
}

const toCursor = (readModels: ReadModels, projection: Projection, row: CursorRow): Cursor => ({
  projection,
  generation: row.generation,
  statements: tableStatements(readModels.kind, projection, row.generation),
  position: row.position,
  fence: row.fence,
  status: row.status,
  error: row.error === null ? null : (JSON.parse(row.error) as Poison),
});

/** The live cursors of the projections, in their order. Makes the tables of those that are new. */
export async function liveCursors(readModels: ReadModels, projections: readonly Projection[]): Promise<Cursor[]> {
  for (;;) {
    const rows = await cursorRows(readModels);
    const live = projections.map((p) => rows.find((r) => r.live === 1 && r.name === p.name && r.version === p.version));
    const missing = projections.filter((_, i) => live[i] === undefined);
    if (missing.length === 0) return projections.map((projection, i) => toCursor(readModels, projection, live[i]!));
    for (const projection of missing) {
      // where another process was faster nothing is written, and the next round finds its row
      await readModels.engine.commit([
        insertCursor(readModels, projection, 1, true, newFence()),
        ...ddl(createTables(readModels.kind, projection, 1)),
        ...ddl(createViews(projection, 1)),
      ]);
    }
  }
}

const ddl = (statements: string[]): Write[] => statements.map((sql) => ({ sql }));

function insertCursor(readModels: ReadModels, projection: Projection, generation: number, live: boolean, fence: number): Write {
  const row = [projection.name, projection.version, generation, live ? 1 : 0, '', fence, 'running', null, now()];
  return { sql: cursorStatements(readModels.kind).insert, rows: [row], changes: 1 };
}

/** The write that moves cursors; it fails the transaction unless each stands where it was read. */
export function moveCursors(readModels: ReadModels, moves: { cursor: Cursor; position: string; poison?: Poison }[]): Write {
  const at = now();
  return {
    sql: cursorStatements(readModels.kind).move,
    rows: moves.map(({ cursor: { projection, generation, fence }, position, poison }) => [
      position,
      fence + 1,
      poison ? 'stopped' : 'running',
      poison ? JSON.stringify(poison) : null,
      at,
      projection.name,
      projection.version,
      generation,
      fence,
    ]),
    changes: moves.length,
  };
}

/** Begins a new generation beside the live one, after clearing away one that was left half built. */
export async function beginGeneration(readModels: ReadModels, projection: Projection): Promise<Cursor> {
  for (;;) {
    await liveCursors(readModels, [projection]);
    const rows = (await cursorRows(readModels)).filter((r) => r.name === projection.name && r.version === projection.version);
    const generation = Math.max(...rows.map((r) => r.generation)) + 1;
    const halfBuilt = rows.filter((r) => r.live === 0);
    const fence = newFence();
    const begun = await readModels.engine.commit([
      ...halfBuilt.map((row) => removeCursor(readModels, row)),
      ...halfBuilt.flatMap((row) => ddl(dropTables(projection, row.generation))),
      insertCursor(readModels, projection, generation, false, fence),
      ...ddl(createTables(readModels.kind, projection, generation)),
    ]);
    const row = { name: projection.name, version: projection.version, generation, live: 0, position: '', fence };
    if (begun) return { ...toCursor(readModels, projection, { ...row, status: 'running', error: null }), rows: new Map() };
  }
}

const removeCursor = (readModels: ReadModels, { name, version, generation, fence }: CursorKey): Write => ({
  sql: cursorStatements(readModels.kind).remove,
  rows: [[name, version, generation, fence]],
  changes: 1,
});

/**
 * Puts a built generation in the place of the live one and drops that, in one transaction.
 * False when the live one stands after `limit`, or the built one is gone.
 */
export function swap(readModels: ReadModels, built: Cursor, live: Cursor, limit = built.position): Promise<boolean> {
  const { projection } = built;
  const { retire, promote } = cursorStatements(readModels.kind);
  return readModels.engine.commit([
    { sql: retire, rows: [[projection.name, projection.version, live.generation, limit]], changes: 1 },
    { sql: promote, rows: [[projection.name, projection.version, built.generation, built.fence]], changes: 1 },
    ...ddl(dropViews(projection)),
    ...ddl(createViews(projection, built.generation)),
    ...ddl(dropTables(projection, live.generation)),
  ]);
}

/** Takes a generation away that shall not be built to its end. False when it is gone already. */
export function abandon(readModels: ReadModels, { projection, generation, fence }: Cursor): Promise<boolean> {
  const { name, version } = projection;
  return readModels.engine.commit([
    removeCursor(readModels, { name, version, generation, fence }),
    ...ddl(dropTables(projection, generation)),
  ]);
}

/** Takes a generation away, live or not, with its views if it is live. False when its cursor has moved since it was read. */
export function dropGeneration(readModels: ReadModels, row: CursorRow): Promise<boolean> {
  return readModels.engine.commit([
    removeCursor(readModels, row),
    ...(row.live === 1 ? ddl(dropViews(row)) : []),
    ...ddl(dropTables(row, row.generation)),
  ]);
}

/** Whether all cursors stand in the database as they were left here. */
export async function areCurrent(readModels: ReadModels, cursors: readonly Cursor[]): Promise<boolean> {
  const rows = await cursorRows(readModels);
  return cursors.every(({ projection: { name, version }, generation, fence }) =>
    rows.some((r) => r.name === name && r.version === version && r.generation === generation && r.fence === fence),
  );
}
