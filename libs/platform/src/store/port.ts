import type { NewEvent, Position, Recorded } from '@minipilot/kernel/event.js';
import type { Instant } from '@minipilot/kernel/time.js';

/** Somebody appended to the stream since it was read. Nothing was written. */
export class WrongRevision extends Error {
  constructor(
    readonly stream: string,
    readonly expected: number,
    readonly actual: number,
  ) {
    super(`stream ${stream} is at revision ${actual}, not ${expected}`);
    this.name = 'WrongRevision';
  }
}

/** An event with this id is in the store already, perhaps in another stream. Nothing was written. */
export class DuplicateEvent extends Error {
  constructor(readonly id: string) {
    super(`an event with id ${id} is in the store already`);
    this.name = 'DuplicateEvent';
  }
}

/** The append did not reach the store before `notAfter`. Nothing was written. */
export class TooLate extends Error {
  constructor(readonly notAfter: Instant) {
    super(`not appended by ${notAfter}`);
    this.name = 'TooLate';
  }
}

/** The store cannot write now (disk full, locked for too long, closing). Nothing was written; try again. */
export class StoreUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreUnavailable';
  }
}

export interface Appended {
  events: Recorded[];
  /** revision of the last event */
  revision: number;
  /** position of the last event */
  position: Position;
}

export interface Batch {
  events: Recorded[];
  /** true when nothing newer was in the store as this was read */
  caughtUp: boolean;
}

export const NO_STREAM = -1;
/** Most bytes that one append may hold, as JSON. Longer facts are pages. */
export const MAX_APPEND_BYTES = 256 * 1024;

/**
 * The only truth. Revisions are 0-based; `NO_STREAM` expects no stream; there is no "any".
 * An append is durable when it is answered; a failed one wrote nothing or throws something other than the errors above.
 */
export interface EventStore {
  /** Events of a stream from revision `from` (default 0), oldest first, and the revision of its last event (`NO_STREAM` without one). */
  read(stream: string, from?: number): Promise<{ events: Recorded[]; revision: number }>;
  append(stream: string, events: NewEvent[], expected: number, notAfter?: Instant): Promise<Appended>;
  /** Up to `limit` events of all streams after `after`, in commit order. */
  readAll(after: Position | null, limit: number): Promise<Recorded[]>;
  /** Position of the last event of all. */
  head(): Promise<Position | null>;
  /** Pages in commit order, without end; wakes promptly for appends by this and by other processes. Ends when `signal` aborts. */
  subscribe(after: Position | null, signal: AbortSignal, limit?: number): AsyncIterable<Batch>;
  close(): Promise<void>;
}
