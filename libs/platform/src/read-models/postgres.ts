import { PostgresDialect, type Dialect } from 'kysely';
import pg from 'pg';
import type { Value } from '@minipilot/kernel/projection.js';
import type { Engine, Write } from './engine.js';

const INT8 = 20;
const NUMERIC = 1700;

/** Opens a pool. Whole numbers come back as JavaScript numbers, sums of them too. */
export function openPostgres(url: string, readOnly: boolean): { dialect: Dialect; engine: Engine } {
  const pool = new pg.Pool({
    connectionString: url,
    max: 8,
    types: {
      getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
        oid === INT8 || oid === NUMERIC ? Number : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
    },
    ...(readOnly ? { options: '-c default_transaction_read_only=on' } : {}),
  });
  // a connection that broke while idle; the next query reports the trouble
  pool.on('error', () => {});
  return { dialect: new PostgresDialect({ pool }), engine: new PostgresEngine(pool) };
}

class PostgresEngine implements Engine {
  readonly kind = 'postgres';
  private readonly names = new Map<string, string>();

  constructor(private readonly pool: pg.Pool) {}

  async load(sql: string, keys: readonly string[]): Promise<Record<string, Value>[]> {
    const result = await this.pool.query(this.prepared(sql, keys));
    return result.rows as Record<string, Value>[];
  }

  async commit(writes: readonly Write[]): Promise<boolean> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    try {
      // read models are disposable: after a crash of the server the last batches are folded again
      await client.query('begin; set local synchronous_commit = off');
      for (const write of writes) {
        if (write.rows === undefined) {
          await client.query(write.sql);
          continue;
        }
        const { rowCount } = await client.query(this.prepared(write.sql, write.rows));
        if (write.changes !== undefined && rowCount !== write.changes) {
          await client.query('rollback');
          return false;
        }
      }
      await client.query('commit');
      return true;
    } catch (error) {
      await client.query('rollback').catch((failure: Error) => (broken = failure));
      throw error;
    } finally {
      client.release(broken);
    }
  }

  /** The pool is closed with Kysely's dialect. */
  async close(): Promise<void> {}

  private prepared(sql: string, parameter: unknown): pg.QueryConfig {
    let name = this.names.get(sql);
    if (name === undefined) this.names.set(sql, (name = `w${this.names.size}`));
    return { name, text: sql, values: [JSON.stringify(parameter)] };
  }
}
