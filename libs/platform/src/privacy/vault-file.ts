import { randomInt } from 'node:crypto';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreUnavailable } from '../store/port.js';

/** The file is not a vault, is damaged, or was written by a newer release. The message says what to do. */
export class VaultRefused extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'VaultRefused';
  }
}

/** "MPVT" */
const APPLICATION_ID = 0x4d505654;
/** how long a locked file is tried again, in milliseconds */
const PATIENCE = 10_000;
/** most writes in one transaction */
const GROUP = 1_000;

const SCHEMA = `
create table meta (name text primary key, value blob not null) strict, without rowid;

create table wrapped_key (
  n integer primary key, tenant text not null, subject text not null, purpose text not null, event_id text not null, ct text not null,
  wrapped blob not null, unique (tenant, subject, purpose, event_id, ct)) strict;
create trigger wrapped_key_insert_only before update on wrapped_key begin select raise(abort, 'wrapped keys are insert-only'); end;

create table identity (
  n integer primary key, tenant text not null, tag blob not null, kind text not null, subject text not null, unique (tenant, tag)) strict;
create index identity_subject on identity (subject, tenant);
create table retired (subject text primary key) strict, without rowid;

create table draft (
  n integer primary key, tenant text not null, id text not null, owner text not null, scope text not null, version integer not null,
  body blob, result text, created_at text not null, updated_at text not null, expires_at text not null, unique (tenant, id)) strict;
create index draft_owner on draft (tenant, owner, scope);
create index draft_expiry on draft (expires_at) where body is not null;

create table secret (n integer primary key, tenant text not null, name text not null, value blob, unique (tenant, name)) strict;
create table actor_key (n integer primary key, actor text not null unique, value blob not null) strict;
`;
const SESSIONS = `
create table session (
  n integer primary key, digest text not null unique, tenant text not null, subject text not null, body blob not null,
  began integer not null, seen integer not null, idle_ms integer not null, ends integer not null) strict;
create index session_person on session (tenant, subject);
create index session_end on session (ends);
`;
/** What each version has beyond the one before; a file of an older version gets what it lacks when it is opened. */
const VERSIONS = [SCHEMA, SESSIONS];
const VERSION = VERSIONS.length;

/** Another connection is at work: busy, or the start of the write-ahead log. */
const LOCKED = [5, 15];
/** What an operator mends: locked, no memory, read-only, I/O, full, cannot open. */
const UNAVAILABLE = [6, 7, 8, 10, 13, 14];
const CONSTRAINT = 19;

/** SQLite's primary result code, or undefined when the error is not SQLite's. */
const sqliteCode = (error: unknown): number | undefined => {
  const code = (error as { errcode?: unknown }).errcode;
  return typeof code === 'number' ? code & 0xff : undefined;
};

interface Job {
  run(): unknown;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/**
 * The vault's SQLite file, shared by many processes: group commit of writes, patience with locks that never blocks the event loop,
 * and deletion that leaves no bytes behind.
 */
export class VaultFile {
  private readonly statements = new Map<string, StatementSync>();
  private queue: Job[] = [];
  private flushing: Promise<void> | undefined;
  private closed = false;

  private constructor(
    private readonly db: DatabaseSync,
    readonly path: string,
  ) {}

  /** Opens or creates the file. Throws VaultRefused, or StoreUnavailable when it stays locked. */
  static async open(path: string): Promise<VaultFile> {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, 'a', 0o600));
    const db = new DatabaseSync(path, { timeout: 0 });
    const file = new VaultFile(db, path);
    try {
      const behind = await file.patiently(() => file.version() < VERSION);
      await file.patiently(() => db.exec('pragma journal_mode = wal'));
      db.exec('pragma synchronous = full; pragma secure_delete = on');
      file.assertPragma('journal_mode', 'wal');
      file.assertPragma('synchronous', 2);
      file.assertPragma('secure_delete', 1);
      if (behind) await file.patiently(() => file.bringUp());
      file.assertSchema();
    } catch (error) {
      db.close();
      const code = sqliteCode(error);
      if (code === 26 || code === 11) {
        throw new VaultRefused(`${path} is damaged or not a vault: move it away and restore the vault from its backup`, { cause: error });
      }
      throw error;
    }
    return file;
  }

  /** A statement, prepared once. */
  sql(text: string): StatementSync {
    let statement = this.statements.get(text);
    if (statement === undefined) this.statements.set(text, (statement = this.db.prepare(text)));
    return statement;
  }

  /** Reads; `run` is synchronous and may run again when the file is locked. */
  async read<T>(run: () => T): Promise<T> {
    this.assertOpen();
    return this.patiently(run);
  }

  /**
   * Writes; resolves when durable. `run` is synchronous, sees its own transaction, and may run again; when it throws, its own writes are undone
   * and the others of the group stand. Throws StoreUnavailable when the file cannot be written.
   */
  write<T>(run: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.assertOpen();
      this.queue.push({ run, resolve: resolve as (value: unknown) => void, reject });
      this.flushing ??= this.flush();
    });
  }

  /**
   * Waits until the write-ahead log is empty, so that with secure_delete no deleted bytes are left in the files.
   * Throws StoreUnavailable when other processes keep the log in use; the deletions stand, and it can be called again.
   */
  async shred(): Promise<void> {
    this.assertOpen();
    const until = performance.now() + PATIENCE;
    while ((await this.patiently(() => this.sql('pragma wal_checkpoint(truncate)').get()))!['busy'] !== 0) {
      if (performance.now() > until)
        throw new StoreUnavailable(`${this.path}: rows are deleted, but the write-ahead log could not be emptied; try again`);
      await sleep(randomInt(1, 6));
    }
  }

  /** Finishes what is queued. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.flushing;
    this.db.close();
  }

  private assertOpen(): void {
    if (this.closed) throw new StoreUnavailable(`${this.path} is closed`);
  }

  private async flush(): Promise<void> {
    while (this.queue.length > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      const group = this.queue.splice(0, GROUP);
      try {
        const settle = await this.patiently(() => this.transact(group));
        for (const done of settle) done();
      } catch (error) {
        for (const job of group) job.reject(error);
      }
    }
    this.flushing = undefined;
  }

  private transact(group: Job[]): (() => void)[] {
    this.sql('begin immediate').run();
    try {
      const settle = group.map((job) => this.attempt(job));
      this.sql('commit').run();
      return settle;
    } catch (error) {
      if (this.db.isTransaction) this.db.exec('rollback');
      throw error;
    }
  }

  private attempt(job: Job): () => void {
    this.sql('savepoint job').run();
    try {
      const value = job.run();
      this.sql('release job').run();
      return () => job.resolve(value);
    } catch (error) {
      const code = sqliteCode(error);
      if (code !== undefined && code !== CONSTRAINT) throw error;
      this.sql('rollback to job').run();
      this.sql('release job').run();
      return () => job.reject(error);
    }
  }

  /** Runs again while the file is locked, without blocking the event loop as SQLite's own timeout would. */
  private async patiently<T>(run: () => T): Promise<T> {
    const until = performance.now() + PATIENCE;
    for (;;) {
      try {
        return run();
      } catch (error) {
        const code = sqliteCode(error);
        if (code === undefined || ![...LOCKED, ...UNAVAILABLE].includes(code)) throw error;
        if (!LOCKED.includes(code) || performance.now() > until) {
          throw new StoreUnavailable(`${this.path}: ${(error as Error).message}`, { cause: error });
        }
      }
      await sleep(randomInt(1, 6));
    }
  }

  /** Version of the file, 0 where it is new. Throws VaultRefused for one that is not ours to open. */
  private version(): number {
    const applicationId = this.pragma('application_id');
    const version = this.pragma('user_version') as number;
    const { n } = this.db.prepare('select count(*) n from sqlite_schema').get() as { n: number };
    if (applicationId === 0 && version === 0 && n === 0) return 0;
    if (applicationId !== APPLICATION_ID)
      throw new VaultRefused(`${this.path} belongs to another program: name another file for the vault`);
    if (version > VERSION) {
      throw new VaultRefused(`${this.path} was written by a newer release (version ${version}, known is ${VERSION}): start that release`);
    }
    return version;
  }

  private bringUp(): void {
    this.db.exec('begin immediate');
    try {
      const lacking = VERSIONS.slice(this.version()).join(';');
      this.db.exec(`${lacking}; pragma application_id = ${APPLICATION_ID}; pragma user_version = ${VERSION}`);
      this.db.exec('commit');
    } catch (error) {
      if (this.db.isTransaction) this.db.exec('rollback');
      throw error;
    }
  }

  private assertSchema(): void {
    const reference = new DatabaseSync(':memory:');
    try {
      reference.exec(VERSIONS.join(';'));
      const list = 'select type, name, sql from sqlite_schema where sql is not null order by name';
      const differs = JSON.stringify(this.db.prepare(list).all()) !== JSON.stringify(reference.prepare(list).all());
      if (differs) throw new VaultRefused(`${this.path} lacks tables or has foreign ones: restore the vault from its backup`);
    } finally {
      reference.close();
    }
  }

  private pragma(name: string): unknown {
    return Object.values(this.db.prepare(`pragma ${name}`).get()!)[0];
  }

  private assertPragma(name: string, expected: string | number): void {
    const actual = this.pragma(name);
    if (actual !== expected)
      throw new VaultRefused(`${this.path}: ${name} is ${String(actual)}, not ${expected}; keep the file on a local disk`);
  }
}
