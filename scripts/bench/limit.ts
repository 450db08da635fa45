// The limit beside which submissions are measured: bare Fastify that commits as many bytes, as often, as durably, and does nothing else.
//   node limit.js FOLDER WRITES    WRITES: JSON list of { file, bytes }, in the order in which one request commits them
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { fastify } from 'fastify';

/** One writer for a file: whatever comes in one turn of the event loop is one synced commit. */
class Log {
  private readonly db: DatabaseSync;
  private readonly insert: StatementSync;
  private waiting: { body: string; done: () => void }[] = [];

  constructor(file: string) {
    this.db = new DatabaseSync(file);
    this.db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 4000;');
    this.db.exec('CREATE TABLE log (position INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT');
    this.insert = this.db.prepare('INSERT INTO log (body) VALUES (?)');
  }

  append(body: string): Promise<void> {
    return new Promise((done) => {
      if (this.waiting.push({ body, done }) === 1) setImmediate(() => this.flush());
    });
  }

  private flush(): void {
    const group = this.waiting;
    this.waiting = [];
    this.db.exec('BEGIN IMMEDIATE');
    for (const { body } of group) this.insert.run(body);
    this.db.exec('COMMIT');
    for (const { done } of group) done();
  }
}

const [folder, list] = process.argv.slice(2) as [string, string];
const writes = JSON.parse(list) as { file: string; bytes: number }[];
const logs = new Map([...new Set(writes.map(({ file }) => file))].map((file) => [file, new Log(join(folder, file))]));
const bodies = writes.map(({ file, bytes }) => ({ log: logs.get(file)!, body: 'x'.repeat(bytes) }));

const server = fastify({ keepAliveTimeout: 65_000 });
server.removeAllContentTypeParsers();
server.addContentTypeParser(
  'application/json',
  { parseAs: 'buffer' },
  async (_: unknown, bytes: Buffer) => JSON.parse(bytes.toString()) as unknown,
);
server.post('/submit', async (_request, reply) => {
  for (const { log, body } of bodies) await log.append(body);
  return reply.code(201).send({
    id: 'x'.repeat(36),
    receipt: 'x'.repeat(8),
    arrivedAt: 'x'.repeat(24),
    closesAt: 'x'.repeat(24),
    late: false,
    revision: 0,
    position: 'x'.repeat(43),
  });
});
process.stdout.write(`limit is ready at ${await server.listen({ port: 0, host: '127.0.0.1' })}\n`);
