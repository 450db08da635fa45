import type { Recorded } from './event.js';

export type ColumnType = 'text' | 'integer';
export type Value = string | number | null;

/** A change of one counter: `key` names the cell of the dashboard, `column` the measure. */
export interface RollupDelta {
  key: string;
  column: string;
  delta: number;
}

/**
 * A read model as a pure function. Rows are flat: text, integer, ISO times, 0/1, JSON as text.
 * `key` is the row's primary key and no column of `table`.
 */
export interface Projection<Row extends Record<string, Value> = Record<string, Value>> {
  readonly name: string;
  /** raised with every change of what the rows are; old and new live beside each other */
  readonly version: number;
  readonly table: Readonly<Record<string, ColumnType>>;
  readonly indexes?: readonly (readonly string[])[];
  readonly handles: readonly string[];
  keys(event: Recorded): string[];
  /** null deletes the row. `key` is the row's key, for events that touch several rows. Never changes the row it is given. */
  evolve(row: Row | null, event: Recorded, key: string): Row | null;
  rollup?(before: Row | null, after: Row | null): RollupDelta[];
}
