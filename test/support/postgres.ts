import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import pg from 'pg';

/**
 * URL of the PostgreSQL server for tests, which starts with the first call of a run. The environment variable
 * MINIPILOT_TEST_POSTGRES names another one, whose user may create databases. Throws where there is none: such tests fail, they are never skipped.
 */
export async function postgresServer(): Promise<string> {
  const given = process.env.MINIPILOT_TEST_POSTGRES;
  if (given) return given;
  const keeper = process.env.MINIPILOT_TEST_POSTGRES_KEEPER;
  if (!keeper) throw new Error('PostgreSQL for tests is started by Jest, see scripts/jest-postgres.mjs');
  const { url, error } = JSON.parse(await text(connect(keeper))) as { url?: string; error?: string };
  if (url === undefined) throw new Error(error);
  return url;
}

/** A database of its own for one test. It sorts text as Finnish readers do, unlike the code: order must not depend on it. */
export async function testDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const server = await postgresServer();
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await execute(server, `create database ${name} template template0 encoding 'UTF8' locale_provider icu icu_locale 'fi-FI'`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => execute(server, `drop database ${name} with (force)`) };
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
