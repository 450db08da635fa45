import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { NewEvent, Position, Recorded } from '@minipilot/kernel/event.js';
import type { Instant } from '@minipilot/kernel/time.js';
import { isLocked, lockPause, openEventsFile, sqliteCode, StoreRefused, whenUnlocked } from './connection.js';
import { DuplicateEvent, MAX_APPEND_BYTES, NO_STREAM, StoreUnavailable, TooLate, WrongRevision } from './port.js';
import type { Appended, Batch, EventStore } from './port.js';

/** Rows that one statement reads at most: longer reads would hold the write-ahead log. */
const PAGE = 1_000;
/** Bytes that one transaction takes from the queue before it commits. */
const GROUP_BYTES = 4 * 1024 * 1024;
/** Milliseconds between looks for appends by other processes. */
const POLL = 25;

const CODE = { ioError: 10, full: 13, unique: 2067, ioErrorWrite: 778 } as const;

/** position, id, stream, revision, body */
type Row = [number, string, string, number, string];

interface Pending {
  stream: string;
  rows: { id: string; body: string }[];
  bytes: number;
  expected: number;
  notAfter: Instant | undefined;
  deadline: number;
  resolve(appended: Appended): void;
  reject(error: unknown): void;
}

const position = (row: number): Position => String(row).padStart(16, '0');

function decode([row, id, stream, revision, body]: Row): Recorded {
  const event = JSON.parse(body) as Recorded;
  event.id = id;
  event.stream = stream;
  event.revision = revision;
  event.position = position(row);
  return event;
}

/**
 * Events in one SQLite file. Appends of one turn of the event loop share a transaction, each with its own outcome.
 * Any number of processes may open the same file.
 */
export class SqliteEventStore implements EventStore {
  private readonly statements: Record<'stream' | 'all' | 'revision' | 'head' | 'insert' | 'version' | 'save' | 'keep', StatementSync>;
  private readonly queue: Pending[] = [];
  private readonly sleepers = new Set<() => void>();
  /** counts commits that this process has seen, its own and others' */
  private commits = 0;
  private version: number;
  private poll: NodeJS.Timeout | undefined;
  private flushing = false;
  private closing: Promise<void> | undefined;
  private drained: (() => void) | undefined;

  /**
   * Opens or makes the file. `now` is what `notAfter` is held against; `patience` is how many milliseconds a call waits for
   * other processes' locks before it throws StoreUnavailable.
   * Throws StoreRefused for a file that must not be touched, StoreUnavailable when it stays locked.
   */
  static async open(options: { file: string; now: () => Instant; readOnly?: boolean; patience?: number }): Promise<SqliteEventStore> {
    const db = await openEventsFile(options);
    try {
      const store = new SqliteEventStore(db, options.now, options.readOnly ?? false, options.patience ?? 10_000);
      await store.checkHead(options.file);
      return store;
    } catch (error) {
      db.close();
      throw error;
    }
  }

  private constructor(
    private readonly db: DatabaseSync,
    private readonly now: () => Instant,
    private readonly readOnly: boolean,
    private readonly patience: number,
  ) {
    const columns = 'SELECT position, id, stream, revision, body FROM events';
    const prepare = (sql: string): StatementSync => {
      const statement = db.prepare(sql);
      statement.setReturnArrays(true);
      return statement;
    };
    this.statements = {
      stream: prepare(`${columns} WHERE stream = ? AND revision >= ? ORDER BY revision LIMIT ${PAGE}`),
      all: prepare(`${columns} WHERE position > ? ORDER BY position LIMIT ?`),
      revision: prepare('SELECT revision FROM events WHERE stream = ? ORDER BY revision DESC LIMIT 1'),
      head: prepare('SELECT max(position) FROM events'),
      insert: prepare('INSERT INTO events (id, stream, revision, body) VALUES (?, ?, ?, ?)'),
      version: prepare('PRAGMA data_version'),
      save: prepare('SAVEPOINT one_append'),
      keep: prepare('RELEASE one_append'),
    };
    this.version = this.dataVersion();
  }

  async read(stream: string, from = 0): Promise<{ events: Recorded[]; revision: number }> {
    const events: Recorded[] = [];
    for (;;) {
      const rows = await this.rows(this.statements.stream, stream, from + events.length);
      for (const row of rows) events.push(decode(row));
      if (rows.length < PAGE) break;
      await nextTurn();
    }
    const last = events.at(-1);
    if (last !== undefined) return { events, revision: last.revision };
    return { events, revision: await this.unlocked(() => this.revisionOf(stream)) };
  }

  append(stream: string, events: NewEvent[], expected: number, notAfter?: Instant): Promise<Appended> {
    return new Promise((resolve, reject) => {
      if (this.closing !== undefined) throw new StoreUnavailable('the event store is closed');
      if (this.readOnly) throw new StoreUnavailable('the event store was opened for reading only');
      if (events.length === 0) throw new RangeError('an append holds at least one event');
      if (!Number.isSafeInteger(expected) || expected < NO_STREAM) throw new RangeError(`no revision: ${expected}`);
      let bytes = 0;
      const rows = events.map((event) => {
        if (event.stream !== stream) throw new TypeError(`event ${event.id} is of stream ${event.stream}, not ${stream}`);
        const { id, stream: _, ...rest } = event;
        const body = JSON.stringify(rest);
        bytes += Buffer.byteLength(body) + Buffer.byteLength(id) + Buffer.byteLength(stream);
        return { id, body };
      });
      if (bytes > MAX_APPEND_BYTES) throw new RangeError(`an append holds at most ${MAX_APPEND_BYTES} bytes, not ${bytes}`);
      this.queue.push({ stream, rows, bytes, expected, notAfter, deadline: performance.now() + this.patience, resolve, reject });
      if (!this.flushing) {
        this.flushing = true;
        setImmediate(() => this.flush());
      }
    });
  }

  async readAll(after: Position | null, limit: number): Promise<Recorded[]> {
    const events: Recorded[] = [];
    let from = after === null ? 0 : Number(after);
    while (events.length < limit) {
      const size = Math.min(PAGE, limit - events.length);
      const rows = await this.rows(this.statements.all, from, size);
      for (const row of rows) events.push(decode(row));
      if (rows.length < size) break;
      from = rows.at(-1)![0];
    }
    return events;
  }

  async head(): Promise<Position | null> {
    const [[row]] = (await this.rows(this.statements.head)) as unknown as [[number | null]];
    return row === null ? null : position(row);
  }

  async *subscribe(after: Position | null, signal: AbortSignal, limit = 500): AsyncIterable<Batch> {
    let cursor = after;
    let told = false;
    while (!signal.aborted) {
      const seen = this.commits;
      const events = await this.readAll(cursor, limit);
      const caughtUp = events.length < limit;
      if (events.length > 0 || !told) {
        cursor = events.at(-1)?.position ?? cursor;
        told = caughtUp;
        if (signal.aborted) return;
        yield { events, caughtUp };
      }
      if (caughtUp) await this.commitAfter(seen, signal);
    }
  }

  close(): Promise<void> {
    this.closing ??= (async () => {
      if (this.flushing) await new Promise<void>((resolve) => (this.drained = resolve));
      clearTimeout(this.poll);
      this.db.close();
      this.wake();
    })();
    return this.closing;
  }

  /** One transaction for as much of the queue as fits. There is no await between BEGIN and COMMIT. */
  private flush(): void {
    const group = this.takeGroup();
    const answers: (() => void)[] = [];
    let committing = false;
    try {
      this.db.exec('BEGIN IMMEDIATE');
      const now = group.some((pending) => pending.notAfter !== undefined) ? this.now() : '';
      for (const pending of group) answers.push(this.attempt(pending, now));
      committing = true;
      this.db.exec('COMMIT');
    } catch (error) {
      if (this.db.isTransaction) this.db.exec('ROLLBACK');
      if (isLocked(error)) {
        this.queue.unshift(...group);
        setTimeout(() => this.flush(), lockPause());
        return;
      }
      const reason = this.unavailable(error, committing);
      for (const pending of group) pending.reject(reason);
      answers.length = 0;
    }
    for (const answer of answers) answer();
    if (answers.length > 0) {
      this.commits++;
      this.wake();
    }
    if (this.queue.length > 0) {
      setImmediate(() => this.flush());
    } else {
      this.flushing = false;
      this.drained?.();
    }
  }

  private takeGroup(): Pending[] {
    const now = performance.now();
    const group: Pending[] = [];
    let taken = 0;
    for (let bytes = 0; taken < this.queue.length && bytes < GROUP_BYTES; taken++) {
      const pending = this.queue[taken]!;
      if (pending.deadline < now) {
        pending.reject(new StoreUnavailable('the events file is locked by another process'));
        continue;
      }
      bytes += pending.bytes;
      group.push(pending);
    }
    this.queue.splice(0, taken);
    return group;
  }

  /** Writes one append inside the open transaction, whole or not at all, and returns how to answer after the commit. */
  private attempt(pending: Pending, now: Instant): () => void {
    const { stream, rows, expected, notAfter, resolve, reject } = pending;
    if (notAfter !== undefined && now > notAfter) return () => reject(new TooLate(notAfter));
    const actual = this.revisionOf(stream);
    if (actual !== expected) return () => reject(new WrongRevision(stream, expected, actual));
    const several = rows.length > 1;
    if (several) this.statements.save.run();
    const written: Row[] = [];
    for (const { id, body } of rows) {
      const revision = expected + 1 + written.length;
      try {
        const { lastInsertRowid } = this.statements.insert.run(id, stream, revision, body);
        written.push([Number(lastInsertRowid), id, stream, revision, body]);
      } catch (error) {
        if (sqliteCode(error) !== CODE.unique) throw error;
        if (several) this.db.exec('ROLLBACK TO one_append; RELEASE one_append');
        return () => reject(new DuplicateEvent(id));
      }
    }
    if (several) this.statements.keep.run();
    return () => {
      const events = written.map(decode);
      const last = events.at(-1)!;
      resolve({ events, revision: last.revision, position: last.position });
    };
  }

  /** Before COMMIT nothing can have been written. In COMMIT a failed sync leaves that open, so its error is passed on as it is. */
  private unavailable(error: unknown, committing: boolean): unknown {
    const code = sqliteCode(error);
    if ((code & 0xff) === CODE.full || code === CODE.ioErrorWrite) return new StoreUnavailable('the disk is full', { cause: error });
    if ((code & 0xff) === CODE.ioError && !committing) return new StoreUnavailable('the disk fails', { cause: error });
    return error;
  }

  private revisionOf(stream: string): number {
    const row = this.statements.revision.get(stream) as [number] | undefined;
    return row === undefined ? NO_STREAM : row[0];
  }

  private unlocked<T>(work: () => T): Promise<T> {
    return whenUnlocked(() => {
      if (this.closing !== undefined) throw new StoreUnavailable('the event store is closed');
      return work();
    }, this.patience);
  }

  private rows(statement: StatementSync, ...values: (string | number)[]): Promise<Row[]> {
    return this.unlocked(() => statement.all(...values) as unknown as Row[]);
  }

  private dataVersion(): number {
    return (this.statements.version.get() as unknown as [number])[0];
  }

  /** Resolves when a commit came after the one counted as `seen`, when the store closes, or on abort. */
  private async commitAfter(seen: number, signal: AbortSignal): Promise<void> {
    if (this.commits !== seen || signal.aborted || this.closing !== undefined) return;
    let leave!: () => void;
    await new Promise<void>((resolve) => {
      leave = resolve;
      this.sleepers.add(leave);
      signal.addEventListener('abort', leave, { once: true });
      this.poll ??= setTimeout(() => this.look(), POLL);
    });
    this.sleepers.delete(leave);
    signal.removeEventListener('abort', leave);
  }

  private look(): void {
    this.poll = undefined;
    if (this.sleepers.size === 0) return;
    try {
      const version = this.dataVersion();
      if (version !== this.version) {
        this.version = version;
        this.commits++;
        this.wake();
        return;
      }
    } catch (error) {
      if (!isLocked(error)) {
        // the next read of each subscriber meets the same error and hands it to its reader
        this.commits++;
        this.wake();
        return;
      }
    }
    this.poll = setTimeout(() => this.look(), POLL);
  }

  private wake(): void {
    for (const sleeper of [...this.sleepers]) sleeper();
  }

  /** A look at the last event, by table and by index, in one snapshot: a cut or overwritten file shows here, a stream that grows meanwhile does not. */
  private async checkHead(file: string): Promise<void> {
    try {
      await this.unlocked(() => {
        this.db.exec('BEGIN');
        try {
          const [head] = this.statements.head.get() as unknown as [number | null];
          if (head === null) return;
          const row = this.statements.all.get(head - 1, 1) as unknown as Row | undefined;
          const last = row === undefined ? undefined : decode(row);
          if (last === undefined || this.revisionOf(last.stream) !== last.revision) throw new Error('table and index differ');
        } finally {
          if (this.db.isTransaction) this.db.exec('ROLLBACK');
        }
      });
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      throw new StoreRefused(`${file} is damaged at its last event (${(error as Error).message}). Restore the last backup.`, {
        cause: error,
      });
    }
  }
}
