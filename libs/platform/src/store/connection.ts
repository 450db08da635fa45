import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreUnavailable } from './port.js';

/** The file is not an event store of ours, is damaged, or was written by a newer release. The message says what to do. */
export class StoreRefused extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreRefused';
  }
}

/** "MPes" in ASCII: tells an events file from every other SQLite file. */
const APPLICATION_ID = 0x4d506573;
const SCHEMA_VERSION = 1;

/** Everything of an event that is no column of its own stands in `body` as JSON, ciphertexts included. */
const SCHEMA: Readonly<Record<string, string>> = {
  events:
    'CREATE TABLE events (position INTEGER PRIMARY KEY, id TEXT NOT NULL, stream TEXT NOT NULL, revision INTEGER NOT NULL, body TEXT NOT NULL, UNIQUE (stream, revision), UNIQUE (id)) STRICT',
  demo_clock: 'CREATE TABLE demo_clock (one INTEGER PRIMARY KEY CHECK (one = 1), at TEXT NOT NULL) STRICT',
};

const SQLITE = { busy: 5, corrupt: 11, cannotOpen: 14, protocol: 15, notADatabase: 26 } as const;
const SYNCHRONOUS_FULL = 2;

/** Extended SQLite result code of an error, 0 when it is none of SQLite's. */
export const sqliteCode = (error: unknown): number => (error as { errcode?: number } | null)?.errcode ?? 0;

/** Another connection holds the lock: the same call succeeds a little later. */
export function isLocked(error: unknown): boolean {
  const code = sqliteCode(error) & 0xff;
  return code === SQLITE.busy || code === SQLITE.protocol;
}

/** 1 to 5 ms: short against a commit, and different in each process, so that nobody starves. */
export const lockPause = (): number => 1 + Math.random() * 4;

/**
 * Repeats synchronous work until no other connection locks it out, without blocking the event loop.
 * Throws StoreUnavailable after `patience` milliseconds.
 */
export async function whenUnlocked<T>(work: () => T, patience = 10_000): Promise<T> {
  const deadline = performance.now() + patience;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isLocked(error)) throw error;
      if (performance.now() > deadline) throw new StoreUnavailable('the events file is locked by another process', { cause: error });
    }
    await sleep(lockPause());
  }
}

/** Runs `work` in one BEGIN IMMEDIATE; rolls back when it throws. `work` is synchronous: nothing else runs in between. */
export function immediately<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

const pragma = (db: DatabaseSync, name: string): unknown => Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0];

/** Refuses what is not ours before anything in the file is changed. Returns whether the file is still empty. */
function inspect(db: DatabaseSync, file: string): boolean {
  const application = pragma(db, 'application_id');
  const version = Number(pragma(db, 'user_version'));
  const found = db.prepare('SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL').all();
  if (application === 0 && version === 0 && found.length === 0) return true;
  if (application !== APPLICATION_ID) {
    throw new StoreRefused(`${file} belongs to another program. Name another data folder, or move this file away.`);
  }
  if (version > SCHEMA_VERSION) {
    throw new StoreRefused(
      `${file} was written by a newer release (format ${version}, this release reads up to ${SCHEMA_VERSION}). Start the newer release, or restore a backup made by this one.`,
    );
  }
  for (const [name, sql] of Object.entries(SCHEMA)) {
    if (found.find((row) => row.name === name)?.sql !== sql) {
      throw new StoreRefused(`${file} is damaged: table ${name} is not as this release made it. Restore the last backup.`);
    }
  }
  return false;
}

function create(db: DatabaseSync, file: string): void {
  if (!inspect(db, file)) return;
  for (const sql of Object.values(SCHEMA)) db.exec(sql);
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION};`);
}

export interface EventsFile {
  file: string;
  /** opens an existing file and never writes */
  readOnly?: boolean;
  /** milliseconds that a call may block the event loop for a lock; 0 throws "locked" at once */
  timeout?: number;
}

/**
 * Opens the events file and makes it where there is none: WAL, every commit synced to disk, both read back.
 * Throws StoreRefused for a file that must not be touched, StoreUnavailable when it stays locked.
 */
export async function openEventsFile({ file, readOnly = false, timeout = 0 }: EventsFile): Promise<DatabaseSync> {
  let db: DatabaseSync | undefined;
  try {
    const opened = (db = new DatabaseSync(file, { readOnly, timeout }));
    const fresh = await whenUnlocked(() => inspect(opened, file));
    if (fresh) {
      if (readOnly) throw new StoreRefused(`${file} holds no events yet. Start a process that writes first.`);
      await whenUnlocked(() => opened.exec('PRAGMA journal_mode = WAL'));
      await whenUnlocked(() => immediately(opened, () => create(opened, file)));
    }
    opened.exec('PRAGMA synchronous = FULL; PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 4000;');
    const journal = await whenUnlocked(() => pragma(opened, 'journal_mode'));
    const synchronous = pragma(opened, 'synchronous');
    if (journal !== 'wal' || synchronous !== SYNCHRONOUS_FULL) {
      throw new StoreRefused(
        `${file} cannot be written durably (journal_mode ${String(journal)}, synchronous ${String(synchronous)}). Put the data folder on a local disk.`,
      );
    }
    return opened;
  } catch (error) {
    db?.close();
    const code = sqliteCode(error) & 0xff;
    if (code === SQLITE.notADatabase || code === SQLITE.corrupt) {
      throw new StoreRefused(`${file} is damaged or no SQLite file (${(error as Error).message}). Restore the last backup.`, {
        cause: error,
      });
    }
    if (code === SQLITE.cannotOpen) {
      throw new StoreRefused(`${file} cannot be opened. Check that its folder exists and that this user may write there.`, {
        cause: error,
      });
    }
    throw error;
  }
}
