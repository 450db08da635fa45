import { randomBytes, randomInt } from 'node:crypto';
import { Kysely, PostgresAdapter, sql } from 'kysely';
import { Migrator, type Migration } from 'kysely/migration';
import { ReadModelsRefused, type Engine } from './engine.js';
import { openPostgres } from './postgres.js';
import { openSqlite } from './sqlite.js';
import type { Kind } from './tables.js';

export { ReadModelsRefused } from './engine.js';

/** Name of the key in `meta` that place tokens are made with. */
const TOKEN_KEY = 'token-key';
/** Any constant will do: who holds this lock of PostgreSQL migrates. */
const MIGRATION_LOCK = 4_937_231_701;

const migrations: Record<string, Migration> = {
  '0001-cursors': {
    async up(db: Kysely<never>) {
      const text = isPostgres(db) ? sql`text collate "C"` : sql`text`;
      const integer = isPostgres(db) ? sql`bigint` : sql`integer`;
      await db.schema
        .createTable('projection_cursor')
        .addColumn('name', text, (c) => c.notNull())
        .addColumn('version', integer, (c) => c.notNull())
        .addColumn('generation', integer, (c) => c.notNull())
        .addColumn('live', integer, (c) => c.notNull())
        .addColumn('position', text, (c) => c.notNull())
        .addColumn('fence', integer, (c) => c.notNull())
        .addColumn('status', text, (c) => c.notNull())
        .addColumn('error', text)
        .addColumn('updated_at', text, (c) => c.notNull())
        .addPrimaryKeyConstraint('projection_cursor_pk', ['name', 'version', 'generation'])
        .execute();
      await sql`create unique index projection_cursor_live on projection_cursor (name, version) where live = 1`.execute(db);
      await db.schema
        .createTable('meta')
        .addColumn('key', text, (c) => c.notNull().primaryKey())
        .addColumn('value', text, (c) => c.notNull())
        .execute();
    },
  },
};

const isPostgres = (db: Kysely<never>): boolean => db.getExecutor().adapter instanceof PostgresAdapter;

/** The read models of one deployment: queries go through `db`, folding through the projector. */
export class ReadModels {
  constructor(
    readonly db: Kysely<any>,
    /** for the projector only */
    readonly engine: Engine,
  ) {}

  get kind(): Kind {
    return this.engine.kind;
  }

  async getMeta(key: string): Promise<string | undefined> {
    const row = await this.db.selectFrom('meta').select('value').where('key', '=', key).executeTakeFirst();
    return row?.value as string | undefined;
  }

  async setMeta(key: string, value: string): Promise<void> {
    await this.db
      .insertInto('meta')
      .values({ key, value })
      .onConflict((c) => c.column('key').doUpdateSet({ value }))
      .execute();
  }

  /** The key for place tokens; the same for all processes on this database. */
  async tokenKey(): Promise<Buffer> {
    return Buffer.from((await this.getMeta(TOKEN_KEY))!, 'hex');
  }

  async close(): Promise<void> {
    await this.engine.close();
    await this.db.destroy();
  }
}

/**
 * Opens the read models, on PostgreSQL with `url`, else in the SQLite file `file`, and brings the fixed tables up to date;
 * several processes may do so at once. With `readOnly` nothing is written, and the tables must be there.
 * Throws ReadModelsRefused for a database that is foreign, damaged, or written by a newer release.
 */
export async function openReadModels(options: {
  url?: string;
  file?: string;
  readOnly?: boolean;
  /** 32 bytes that become the token key of new read models, for demonstrations that repeat; random without them */
  tokenKey?: Buffer;
}): Promise<ReadModels> {
  const { url, file, readOnly = false, tokenKey = randomBytes(32) } = options;
  if ((url === undefined) === (file === undefined)) throw new Error('read models need either a url or a file');
  const where = url === undefined ? file! : 'the database of the read models';
  const { dialect, engine } = url === undefined ? await openSqlite(file!, readOnly) : openPostgres(url, readOnly);
  const readModels = new ReadModels(new Kysely({ dialect }), engine);
  try {
    if (readOnly) await requireTables(readModels, where);
    else await migrate(readModels, where, tokenKey);
  } catch (error) {
    await readModels.close();
    throw error;
  }
  return readModels;
}

async function migrate(readModels: ReadModels, where: string, tokenKey: Buffer): Promise<void> {
  await readModels.db.transaction().execute(async (trx) => {
    // SQLite's transaction is exclusive from its beginning
    if (readModels.kind === 'postgres') await sql`select pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)})`.execute(trx);
    const migrator = new Migrator({
      db: trx,
      provider: { getMigrations: async () => migrations },
      migrationTableName: 'read_model_migration',
      migrationLockTableName: 'read_model_migration_lock',
    });
    const { error } = await migrator.migrateToLatest();
    if (String(error).includes('corrupted migrations')) {
      const advice = 'start that release, or rebuild into another database';
      throw new ReadModelsRefused(`${where} was written by a newer release: ${advice}`, { cause: error });
    }
    if (error !== undefined) throw new Error(`${where} could not be brought up to date`, { cause: error });
    await trx
      .insertInto('meta')
      .values({ key: TOKEN_KEY, value: tokenKey.toString('hex') })
      .onConflict((c) => c.column('key').doNothing())
      .execute();
  });
}

async function requireTables(readModels: ReadModels, where: string): Promise<void> {
  const known = Object.keys(migrations).sort();
  const done = await readModels.db
    .selectFrom('read_model_migration')
    .select('name')
    .orderBy('name')
    .execute()
    .catch((error: unknown) => {
      throw new ReadModelsRefused(`no read models in ${where} yet: start the process that writes them first`, { cause: error });
    });
  if (done.some(({ name }) => !known.includes(name as string))) {
    throw new ReadModelsRefused(`${where} was written by a newer release: start that release`);
  }
  if (done.length < known.length) {
    throw new ReadModelsRefused(`${where} was written by an older release: start the process that writes the read models first`);
  }
}

/** Where a new cursor's fence starts, so that no two lives of a cursor share a fence. */
export const newFence = (): number => randomInt(2 ** 47);
