import type { Catalogue, Recorded } from '@minipilot/kernel/event.js';
import type { Projection, RollupDelta, Value } from '@minipilot/kernel/projection.js';

export type Row = Record<string, Value>;

/** The event that a projection cannot go past, and why. */
export interface Poison {
  eventId: string;
  type: string;
  v: number;
  position: string;
  message: string;
}

/** The events of a batch that concern one projection, with the rows that they touch. */
export interface Steps {
  events: { event: Recorded; keys: readonly string[] }[];
  /** set where the batch must end before its last event */
  poison?: Poison;
}

export interface Folded {
  /** rows to write; null deletes */
  rows: Map<string, Row | null>;
  /** sums of deltas, by measure and key */
  cells: Map<string, Map<string, number>>;
  poison?: Poison;
}

const poisonOf = (event: Recorded, error: unknown): Poison => ({
  eventId: event.id,
  type: event.type,
  v: event.v,
  position: event.position,
  message: (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(0, 1000),
});

/** Picks the events that the projection handles and asks for their keys. Events of other types are not even upcast. */
export function plan(projection: Projection, events: readonly Recorded[], catalogue: Catalogue): Steps {
  const steps: Steps = { events: [] };
  const all = projection.handles.includes('*');
  for (const recorded of events) {
    if (!all && !projection.handles.includes(recorded.type)) continue;
    try {
      const event = catalogue.upcast(recorded);
      const keys = projection.keys(event);
      if (keys.length === 0) continue;
      if (!keys.every(isText)) throw new TypeError('a key must be text without NUL');
      steps.events.push({ event, keys });
    } catch (error) {
      steps.poison = poisonOf(recorded, error);
      break;
    }
  }
  return steps;
}

/** Folds the steps over the rows as they stood before, which are not changed. Pure but for the projection's own code. */
export function fold(projection: Projection, before: ReadonlyMap<string, Row>, steps: Steps): Folded {
  const columns = Object.entries(projection.table);
  const rows = new Map<string, Row | null>();
  const cells: Folded['cells'] = new Map();
  for (const { event, keys } of steps.events) {
    // an event counts wholly or not at all, also where it touches several rows
    const touched = new Map<string, Row | null>();
    const deltas: RollupDelta[] = [];
    try {
      for (const key of keys) {
        let old = touched.get(key);
        if (old === undefined) old = rows.get(key);
        if (old === undefined) old = before.get(key) ?? null;
        const row = projection.evolve(old, event, key);
        if (row === old) continue;
        if (row !== null) checkRow(columns, row);
        touched.set(key, row);
        if (projection.rollup) deltas.push(...projection.rollup(old, row));
      }
      addUp(cells, deltas);
    } catch (error) {
      return { rows, cells, poison: poisonOf(event, error) };
    }
    for (const [key, row] of touched) rows.set(key, row);
  }
  return { rows, cells, ...(steps.poison && { poison: steps.poison }) };
}

function addUp(cells: Folded['cells'], deltas: readonly RollupDelta[]): void {
  for (const { key, column, delta } of deltas) {
    if (!isText(key) || !isText(column) || !Number.isSafeInteger(delta)) {
      throw new TypeError(`rollup ${String(column)}: needs a key of text and a whole number`);
    }
  }
  for (const { key, column, delta } of deltas) {
    let measure = cells.get(column);
    if (measure === undefined) cells.set(column, (measure = new Map()));
    measure.set(key, (measure.get(key) ?? 0) + delta);
  }
}

/** What both databases keep byte by byte: PostgreSQL refuses NUL, and neither stores half a surrogate pair. */
const isText = (value: unknown): value is string => typeof value === 'string' && value.isWellFormed() && !value.includes('\u0000');

function checkRow(columns: readonly [string, 'text' | 'integer'][], row: Row): void {
  let count = 0;
  for (const _ in row) count++;
  for (const [name, type] of columns) {
    const value = row[name];
    if (value === null || (type === 'text' ? isText(value) : Number.isSafeInteger(value))) continue;
    throw new TypeError(`column ${name} must be ${type === 'text' ? 'text without NUL' : 'a whole number'} or null`);
  }
  if (count !== columns.length) throw new TypeError(`the row has columns that its table does not have`);
}
