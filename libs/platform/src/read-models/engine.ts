import type { Value } from '@minipilot/kernel/projection.js';
import type { Kind } from './tables.js';

/** The database cannot serve as read models; the message says what to do. */
export class ReadModelsRefused extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ReadModelsRefused';
  }
}

/**
 * One statement of a transaction. With `rows` it runs once for each of them, without it is DDL.
 * `changes` is how many rows it must change in all, else the transaction is taken back.
 */
export interface Write {
  sql: string;
  rows?: readonly (readonly Value[])[];
  changes?: number;
}

/** What the projector needs from a database, beside queries. */
export interface Engine {
  readonly kind: Kind;
  load(sql: string, keys: readonly string[]): Promise<Record<string, Value>[]>;
  /** All writes in one transaction. False, and nothing written, when one changed another number of rows than it must. */
  commit(writes: readonly Write[]): Promise<boolean>;
  close(): Promise<void>;
}
