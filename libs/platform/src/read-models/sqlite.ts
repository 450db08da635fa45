import { existsSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CompiledQuery,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
} from 'kysely';
import { isLocked, lockPause, sqliteCode } from '../store/connection.js';
import { ReadModelsRefused, type Engine, type Write } from './engine.js';

/** "MPrm": marks the file as Minipilot's read models. */
const APPLICATION_ID = 0x4d50726d;
const BUSY_LIMIT_MS = 15_000;

/** Runs `work` again while another process holds the lock, without blocking the event loop. */
async function whileBusy<T>(work: () => T): Promise<T> {
  const giveUp = performance.now() + BUSY_LIMIT_MS;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isLocked(error) || performance.now() > giveUp) throw error;
      await sleep(lockPause());
    }
  }
}

/** Opens one connection. Throws ReadModelsRefused for a file that is not ours. */
async function connect(file: string, readOnly: boolean): Promise<DatabaseSync> {
  if (readOnly && !existsSync(file)) {
    throw new ReadModelsRefused(`no read models at ${file} yet: start the process that writes them first`);
  }
  const db = new DatabaseSync(file, { readOnly, timeout: 0 });
  try {
    const id = await whileBusy(() => db.prepare('pragma application_id').get()!.application_id);
    if (id !== APPLICATION_ID) {
      const tables = await whileBusy(() => db.prepare('select count(*) as n from sqlite_schema').get()!.n);
      if (id !== 0 || tables !== 0 || readOnly) {
        throw new ReadModelsRefused(`${file} does not hold read models: name another file, or move this one away and start again`);
      }
    }
    if (!readOnly) {
      await whileBusy(() => db.exec('pragma journal_mode = wal'));
      await whileBusy(() => db.exec(`pragma application_id = ${APPLICATION_ID}`));
      // read models are disposable: after a power cut the last batches are folded again
      db.exec('pragma synchronous = normal; pragma cache_size = -16384; pragma journal_size_limit = 67108864');
    }
    return db;
  } catch (error) {
    db.close();
    if (error instanceof ReadModelsRefused) throw error;
    const code = sqliteCode(error) & 0xff;
    if (code === 26 || code === 11) {
      throw new ReadModelsRefused(`${file} is damaged or no database: move it away and start again, the read models are folded anew`, {
        cause: error,
      });
    }
    throw error;
  }
}

export async function openSqlite(file: string, readOnly: boolean): Promise<{ dialect: Dialect; engine: Engine }> {
  const queries = await connect(file, readOnly);
  const folds = await connect(file, readOnly);
  return { dialect: sqliteDialect(queries, readOnly), engine: new SqliteEngine(folds) };
}

function sqliteDialect(db: DatabaseSync, readOnly: boolean): Dialect {
  const connection = new SqliteConnection(db);
  const run = (sql: string) => async () => void (await connection.executeQuery(CompiledQuery.raw(sql)));
  const driver: Driver = {
    init: async () => {},
    acquireConnection: async () => connection,
    beginTransaction: run(readOnly ? 'begin' : 'begin immediate'),
    commitTransaction: run('commit'),
    rollbackTransaction: run('rollback'),
    releaseConnection: async () => {},
    destroy: async () => db.close(),
  };
  return {
    createDriver: () => driver,
    createAdapter: () => new TransactionalDdlAdapter(),
    createIntrospector: (kysely) => new SqliteIntrospector(kysely),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

class TransactionalDdlAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class SqliteConnection implements DatabaseConnection {
  constructor(private readonly db: DatabaseSync) {}

  executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    return whileBusy(() => {
      const statement = this.db.prepare(sql);
      const values = parameters as (string | number | null)[];
      if (statement.columns().length > 0) return { rows: statement.all(...values) as R[] };
      const { changes, lastInsertRowid } = statement.run(...values);
      return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
    });
  }

  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    yield await this.executeQuery<R>(query);
  }
}

class SqliteEngine implements Engine {
  readonly kind = 'sqlite';
  private readonly statements = new Map<string, StatementSync>();

  constructor(private readonly db: DatabaseSync) {}

  load(sql: string, keys: readonly string[]): Promise<Record<string, string | number | null>[]> {
    return whileBusy(() => this.prepared(sql).all(JSON.stringify(keys)) as Record<string, string | number | null>[]);
  }

  commit(writes: readonly Write[]): Promise<boolean> {
    return whileBusy(() => {
      this.db.exec('begin immediate');
      try {
        for (const write of writes) {
          if (write.rows === undefined) {
            this.db.exec(write.sql);
            continue;
          }
          const statement = this.prepared(write.sql);
          let changes = 0;
          for (const row of write.rows) changes += Number(statement.run(...row).changes);
          if (write.changes !== undefined && changes !== write.changes) {
            this.db.exec('rollback');
            return false;
          }
        }
        this.db.exec('commit');
        return true;
      } catch (error) {
        if (this.db.isTransaction) this.db.exec('rollback');
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    this.statements.clear();
    this.db.close();
  }

  private prepared(sql: string): StatementSync {
    let statement = this.statements.get(sql);
    if (statement === undefined) this.statements.set(sql, (statement = this.db.prepare(sql)));
    return statement;
  }
}
