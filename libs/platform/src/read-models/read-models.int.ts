import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Catalogue, type Recorded } from '@minipilot/kernel/event.js';
import type { Projection, Value } from '@minipilot/kernel/projection.js';
import { project } from '@minipilot/kernel/testing.js';
import { testDatabase } from '../../../../test/support/postgres.js';
import type { Batch, EventStore } from '../store/port.js';
import { SqliteEventStore } from '../store/sqlite.js';
import { applyBatch, BATCH } from './apply.js';
import { beginGeneration, cursorRows, liveCursors } from './cursors.js';
import { openReadModels, ReadModels } from './database.js';
import { tableDigest } from './digest.js';
import type { Write } from './engine.js';
import { Projector } from './projector.js';
import { page } from './queries.js';
import { waitFor } from './read-after.js';
import { RebuildOvertaken } from './rebuild.js';
import { rollupViewName, tableName, viewName } from './tables.js';
import { catalogue, fill, hutBuilt, huts, newEvent, numbers, payments, type HutRow } from './testing.js';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- projections with rows of several types
const both: Projection<any>[] = [huts, payments];

jest.setTimeout(60_000);

const engines = {
  sqlite: async (dir: string) => ({ options: { file: join(dir, 'read-models.db') }, drop: async () => {} }),
  postgres: async () => {
    const { url, drop } = await testDatabase();
    return { options: { url }, drop };
  },
};

describe.each(Object.keys(engines) as (keyof typeof engines)[])('read models on %s', (kind) => {
  let dir: string;
  let store: SqliteEventStore;
  let readModels: ReadModels;
  let where: { options: { file?: string; url?: string }; drop(): Promise<void> };
  const closers: (() => Promise<unknown>)[] = [];

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'minipilot-read-models-'));
    store = await SqliteEventStore.open({ file: join(dir, 'events.db'), now: () => new Date().toISOString() });
    where = await engines[kind](dir);
    readModels = await openReadModels(where.options);
  });

  afterEach(async () => {
    while (closers.length > 0) await closers.pop()!();
    await readModels.close();
    await store.close();
    await where.drop();
    rmSync(dir, { recursive: true });
  });

  const another = async (): Promise<ReadModels> => {
    const more = await openReadModels(where.options);
    closers.push(() => more.close());
    return more;
  };

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- projections with rows of several types
  const projector = (projections: Projection<any>[] = both, more: Partial<ConstructorParameters<typeof Projector>[0]> = {}): Projector => {
    const made = new Projector({ store, readModels, catalogue, projections, ...more });
    closers.push(() => made.stop());
    return made;
  };

  const untilIdle = async (host: Projector): Promise<void> => {
    const head = await store.head();
    await until(() => host.idle(head));
  };

  /** Digests of all rows and counters of the projections. */
  const digests = async (models = readModels): Promise<unknown> => ({
    huts: await tableDigest(models, viewName(huts)),
    cells: await tableDigest(models, rollupViewName(huts)),
    payments: await tableDigest(models, viewName(payments)),
  });

  /** The same log folded once, in one go, into tables of its own. */
  const reference = async (): Promise<unknown> => {
    const file = join(dir, `reference-${Math.random()}.db`);
    const models = await openReadModels({ file });
    try {
      await new Projector({ store, readModels: models, catalogue, projections: both }).rebuild();
      return await digests(models);
    } finally {
      await models.close();
    }
  };

  const allEvents = async (): Promise<Recorded[]> => store.readAll(null, 1_000_000);

  it('folds the log into rows and counters as a fold in memory does', async () => {
    await fill(store, 3000, 150);
    const host = projector();
    host.start();
    await untilIdle(host);

    const events = await allEvents();
    const expected = project(huts, events);
    const rows = (await readModels.db.selectFrom(viewName(huts)).selectAll().execute()) as (HutRow & { key: string })[];
    expect(expected.size).toBeGreaterThan(20);
    expect(new Map(rows.map(({ key, ...row }) => [key, row]))).toEqual(expected);

    const cells = new Map<string, number>();
    for (const row of expected.values()) {
      cells.set(`huts ${row.district}`, (cells.get(`huts ${row.district}`) ?? 0) + 1);
      cells.set(`cents ${row.district}`, (cells.get(`cents ${row.district}`) ?? 0) + row.cents);
    }
    const counted = (await readModels.db.selectFrom(rollupViewName(huts)).selectAll().execute()) as {
      key: string;
      measure: string;
      value: number;
    }[];
    expect(new Map(counted.filter((c) => c.value !== 0).map((c) => [`${c.measure} ${c.key}`, c.value]))).toEqual(cells);
    // the same rows give the same digest on every database
    expect(await digests()).toEqual(await reference());
  });

  it('moves the cursor over events that nobody handles, and follows live', async () => {
    const host = projector();
    host.start();
    await until(() => host.status().every((s) => s.status === 'running'));
    expect(host.idle(null)).toBe(true);
    for (let i = 0; i < 5; i++) await store.append('demo.sky-1', [newEvent('demo.sky-1', 'weather.noted', {}, 1, i)], i - 1);
    const head = (await store.head())!;
    expect(await waitFor(readModels, both, head, 5000)).toEqual({ stale: false });
    await until(() => host.idle(head));
    expect(host.status().map((s) => s.position)).toEqual([head, head]);
    expect(await tableDigest(readModels, viewName(huts))).toMatchObject({ rows: 0 });
  });

  it('refuses to move a cursor that was moved by somebody else, and changes nothing', async () => {
    await fill(store, 400, 30);
    const events = await allEvents();
    const mine = await liveCursors(readModels, both);
    const theirs = await liveCursors(await another(), both);
    expect(await applyBatch(readModels, catalogue, mine, events.slice(0, 200))).toBe(true);
    const before = await digests();
    expect(await applyBatch(readModels, catalogue, theirs, events.slice(0, 300))).toBe(false);
    // one of two is enough to stop the transaction of both
    expect(await applyBatch(readModels, catalogue, [mine[0]!, theirs[1]!], events.slice(0, 300))).toBe(false);
    expect(await digests()).toEqual(before);
    expect(await applyBatch(readModels, catalogue, mine, events.slice(200))).toBe(true);
    expect(await digests()).toEqual(await reference());
  });

  it('counts each event once where several hosts work on one database', async () => {
    const hosts = [projector(), projector(both, { readModels: await another() }), projector([payments], { readModels: await another() })];
    await fill(store, 1500, 100);
    hosts.forEach((host) => host.start());
    await fill(store, 1500, 100, 2);
    for (const host of hosts) await untilIdle(host);
    expect(await digests()).toEqual(await reference());
  });

  it('gives the same rows for 1,000 deliveries in pages of any size, doubled, overlapping or shuffled', async () => {
    const next = numbers(4711);
    await fill(store, 2500, 80);
    const events = await allEvents();
    const cursors = await liveCursors(readModels, both);
    let deliveries = 0;
    const counts = { doubled: 0, overlapping: 0, shuffled: 0 };
    for (let at = 0; at < events.length; deliveries++) {
      const start = next(3) === 0 ? Math.max(0, at - next(200)) : at;
      const end = Math.min(events.length, next(5) === 0 ? start + next(150) : at + next(8));
      const delivered = events.slice(start, end);
      if (delivered.length > 2 && next(10) === 0) {
        const shuffled = [...delivered.slice(1), delivered[0]!];
        await expect(applyBatch(readModels, catalogue, cursors, shuffled)).rejects.toThrow('out of order');
        counts.shuffled++;
        continue;
      }
      if (start < at) counts[end <= at ? 'doubled' : 'overlapping']++;
      expect(await applyBatch(readModels, catalogue, cursors, delivered)).toBe(true);
      at = Math.max(at, end);
      if (at === events.length && deliveries < 1000) at = events.length - 1 - next(100);
    }
    expect(deliveries).toBeGreaterThanOrEqual(1000);
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(20);
    expect(await digests()).toEqual(await reference());
  });

  it('drifts by nothing when a transaction breaks after any of its statements', async () => {
    await fill(store, 600, 40);
    const events = await allEvents();
    const { engine } = readModels;
    let breakAfter = Infinity;
    const breaking = new ReadModels(readModels.db, {
      kind: engine.kind,
      load: (sql, keys) => engine.load(sql, keys),
      commit: (writes) => engine.commit(writes.length > breakAfter ? [...writes.slice(0, breakAfter), { sql: 'no sql' }] : writes),
      close: async () => {},
    });
    const cursors = await liveCursors(readModels, both);
    let broken = 0;
    for (let at = 0; at < events.length; at += 60) {
      const batch = events.slice(at, at + 60);
      const before = await digests();
      for (breakAfter = 0; ; breakAfter++) {
        const outcome = await applyBatch(breaking, catalogue, cursors, batch).catch((error: Error) => error.message);
        if (outcome === true) break;
        expect(outcome).toMatch(/syntax error/);
        expect(await digests()).toEqual(before);
        broken++;
      }
      breakAfter = Infinity;
    }
    expect(broken).toBeGreaterThanOrEqual(40);
    expect(await digests()).toEqual(await reference());
  });

  describe('a poison event', () => {
    const poisonous = (kinds: string[] = ['hut.paid']): Projection<HutRow> => ({
      ...huts,
      evolve(row, event, key) {
        if (kinds.includes(event.type) && event.data.cents === 666) throw new Error('cannot count that');
        return huts.evolve(row, event, key);
      },
    });

    it('stops its projection at the event before, while the others go on; a mended one goes on after a restart', async () => {
      await fill(store, 200, 20);
      const last = (await store.head())!;
      await store.append('demo.hut-x', [newEvent('demo.hut-x', 'hut.paid', { cents: 666 })], -1);
      await fill(store, 200, 30, 5);
      const logged: unknown[] = [];
      const host = projector([poisonous(), payments], { log: (message, details) => logged.push([message, details]) });
      host.start();
      await untilIdle(host);

      const head = await store.head();
      const [stopped, running] = host.status();
      expect(running).toMatchObject({ status: 'running', position: head, error: null });
      expect(stopped).toMatchObject({
        status: 'stopped',
        position: last,
        error: { eventId: newEvent('demo.hut-x', '', {}).id, type: 'hut.paid', v: 1, message: 'Error: cannot count that' },
      });
      expect(logged).toEqual([['projection stopped', expect.objectContaining({ projection: 'huts', type: 'hut.paid' })]]);
      expect(await waitFor(readModels, [huts], head!, 60_000)).toEqual({ stale: true });
      await host.stop();

      // not mended: it is tried once, and stops again
      const again = projector([poisonous(), payments]);
      again.start();
      await untilIdle(again);
      expect(again.status()[0]).toMatchObject({ status: 'stopped', position: last });
      await again.stop();

      const mended = projector();
      mended.start();
      await untilIdle(mended);
      expect(mended.status().map((s) => s.status)).toEqual(['running', 'running']);
      expect(await digests()).toEqual(await reference());
    });

    it('that another host gets past lets the stopped host go on', async () => {
      await store.append('demo.hut-x', [newEvent('demo.hut-x', 'hut.paid', { cents: 666 })], -1);
      const host = projector([poisonous(), payments]);
      host.start();
      await until(() => host.status()[0]!.status === 'stopped');
      const other = projector(both, { readModels: await another() });
      other.start();
      await untilIdle(other);
      await other.stop();
      await until(() => host.status()[0]!.status === 'running');
      await fill(store, 100, 10);
      await untilIdle(host);
      expect(await digests()).toEqual(await reference());
    });

    it('of an unknown version stops those that handle it, and goes on after an upcast is there', async () => {
      await fill(store, 50, 10);
      await store.append('demo.hut-new', [newEvent('demo.hut-new', 'hut.built', { district: 'Itä', cents: 1, roof: 'tin' }, 2)], -1);
      await fill(store, 50, 15, 8);
      const host = projector();
      host.start();
      await untilIdle(host);
      expect(host.status()).toMatchObject([{ status: 'stopped', error: { v: 2 } }, { status: 'running' }]);
      await host.stop();

      const newer = new Catalogue([
        ...catalogue.definitions.filter((d) => d.type !== 'hut.built'),
        { ...hutBuilt, v: 2, upcast: { 1: (data) => data } },
      ]);
      const upgraded = projector(both, { catalogue: newer });
      upgraded.start();
      await untilIdle(upgraded);
      expect(upgraded.status()[0]).toMatchObject({ status: 'running' });
      expect(await readModels.db.selectFrom(viewName(huts)).select('district').where('key', '=', 'new').execute()).toEqual([
        { district: 'Itä' },
      ]);
    });

    it('of an unknown type stops only who handles everything', async () => {
      const everything: Projection<{ n: number }> = {
        name: 'everything',
        version: 1,
        table: { n: 'integer' },
        handles: ['*'],
        keys: () => ['all'],
        evolve: (row) => ({ n: (row?.n ?? 0) + 1 }),
      };
      await fill(store, 60, 10);
      await store.append('demo.ghost-1', [newEvent('demo.ghost-1', 'ghost.seen', {})], -1);
      await fill(store, 60, 15, 8);
      const host = projector([...both, everything]);
      host.start();
      await untilIdle(host);
      expect(host.status().map((s) => s.status)).toEqual(['running', 'running', 'stopped']);
      expect(await readModels.db.selectFrom('everything_v1').selectAll().execute()).toEqual([{ key: 'all', n: 60 }]);
    });

    it('ends a rebuild and leaves the live tables as they are', async () => {
      await fill(store, 200, 20);
      await store.append('demo.hut-x', [newEvent('demo.hut-x', 'hut.paid', { cents: 666 })], -1);
      const host = projector();
      host.start();
      await untilIdle(host);
      const before = await digests();
      expect(await projector([poisonous(), payments]).rebuild()).toMatchObject([
        { name: 'huts', generation: 1, poison: { type: 'hut.paid' } },
        { name: 'payments', generation: 2, poison: null },
      ]);
      expect(await digests()).toEqual(before);
      expect(await cursorRows(readModels)).toHaveLength(2);
    });
  });

  describe('a rebuild', () => {
    it('gives the same rows after everything was dropped', async () => {
      await fill(store, 1500, 100);
      const host = projector();
      host.start();
      await untilIdle(host);
      await host.stop();
      const before = await digests();

      for (const row of await cursorRows(readModels)) {
        const named = { name: row.name, version: row.version };
        for (const view of [viewName(named), rollupViewName(named)]) await readModels.db.schema.dropView(view).ifExists().execute();
        await readModels.db.schema.dropTable(tableName(named, row.generation)).execute();
      }
      await readModels.db.schema.dropTable('huts_v1_rollup_g1').execute();
      await readModels.db.deleteFrom('projection_cursor').execute();
      await expect(tableDigest(readModels, viewName(huts))).rejects.toThrow();

      const progress: number[] = [];
      await projector().rebuild(undefined, (p) => progress.push(p.events));
      expect(progress.at(-1)).toBe(1500);
      expect(await digests()).toEqual(before);
    });

    it('swaps beside a live projector of another process that goes on, and readers see every row all the time', async () => {
      await fill(store, 1200, 60);
      const host = projector(both, { readModels: await another() });
      host.start();
      await untilIdle(host);

      let reading = true;
      const seen = new Set<number>();
      const key = (await readModels.db.selectFrom(viewName(huts)).select('key').limit(1).execute())[0]!.key as string;
      const reader = (async () => {
        while (reading) {
          const rows = await readModels.db.selectFrom(viewName(huts)).select('key').where('key', '=', key).execute();
          seen.add(rows.length);
          await sleep(1);
        }
      })();
      // the row that is looked for stays; all others change
      const writer = (async () => {
        for (let i = 0; i < 120; i++) {
          await store.append(`demo.hut-w${i}`, [newEvent(`demo.hut-w${i}`, 'hut.built', { district: 'Itä', cents: i })], -1);
          await sleep(2);
        }
      })();
      const rebuilder = projector(both, { readModels: await another() });
      for (let i = 2; i < 5; i++) expect((await rebuilder.rebuild()).map((r) => r.generation)).toEqual([i, i]);
      await writer;
      // a host notices the last swap with the next event
      await fill(store, 20, 60, 9);
      await untilIdle(host);
      reading = false;
      await reader;

      expect(seen).toEqual(new Set([1]));
      expect(host.status()).toMatchObject([
        { status: 'running', generation: 4 },
        { status: 'running', generation: 4 },
      ]);
      expect(await cursorRows(readModels)).toHaveLength(2);
      const tables = (await readModels.db.introspection.getTables()).map((t) => t.name).filter((name) => /^(huts|payments)_/.test(name));
      expect(tables.sort()).toEqual(['huts_v1', 'huts_v1_g4', 'huts_v1_rollup', 'huts_v1_rollup_g4', 'payments_v1', 'payments_v1_g4']);
      expect(await digests()).toEqual(await reference());
    });

    it('clears what a broken one left half built', async () => {
      await fill(store, 300, 30);
      const host = projector();
      host.start();
      await untilIdle(host);
      const half = await beginGeneration(readModels, huts);
      await applyBatch(readModels, catalogue, [half], (await allEvents()).slice(0, 100));
      expect(half.generation).toBe(2);
      expect(await projector().rebuild('huts')).toEqual([{ name: 'huts', version: 1, generation: 3, poison: null }]);
      const tables = (await readModels.db.introspection.getTables()).map((t) => t.name);
      expect(tables).toContain('huts_v1_g3');
      expect(tables).not.toContain('huts_v1_g2');
      expect(await digests()).toEqual(await reference());
    });

    it('gives way to a later one of the same projection', async () => {
      await fill(store, 2 * BATCH + 10, 30);
      let later: Promise<unknown> | undefined;
      const first = projector([huts]).rebuild('huts', () => (later ??= projector([huts], { readModels }).rebuild('huts')));
      await expect(first).rejects.toThrow(RebuildOvertaken);
      await later;
      await projector([payments]).rebuild();
      expect(await digests()).toEqual(await reference());
    });

    it('mends read models that are ahead of a restored event store', async () => {
      await fill(store, 100, 20);
      const host = projector();
      host.start();
      await untilIdle(host);
      await host.stop();
      await store.close();
      for (const end of ['', '-wal', '-shm']) rmSync(join(dir, `events.db${end}`), { force: true });
      store = await SqliteEventStore.open({ file: join(dir, 'events.db'), now: () => new Date().toISOString() });
      await fill(store, 40, 20, 3);

      const restarted = projector();
      restarted.start();
      await until(() =>
        restarted.status().every((s) => s.status === 'waiting' && (s.error as Error | null)?.message.includes('rebuild them') === true),
      );
      await restarted.rebuild();
      await untilIdle(restarted);
      expect(await digests()).toEqual(await reference());
    });
  });

  it('keeps two versions of a projection beside each other', async () => {
    const second: Projection<{ cents: number }> = {
      name: 'huts',
      version: 2,
      table: { cents: 'integer' },
      handles: ['hut.built'],
      keys: (event) => [event.stream],
      evolve: (_, event) => ({ cents: event.data.cents as number }),
    };
    await fill(store, 2500, 50);
    const old = projector();
    old.start();
    await untilIdle(old);
    const release = projector([...both, second], { readModels: await another() });
    release.start();
    await fill(store, 300, 60, 2);
    await untilIdle(old);
    await untilIdle(release);
    expect(await digests()).toEqual(await reference());
    const rows = (await readModels.db.selectFrom('huts_v2').selectAll().execute()) as { key: string; cents: number }[];
    const expected = project(second, await allEvents());
    expect(new Map(rows.map(({ key, cents }) => [key, { cents }]))).toEqual(expected);
  });

  it('waits out trouble with the event store and says so', async () => {
    await fill(store, 50, 10);
    let broken = true;
    const flaky: EventStore = {
      read: (stream, from) => store.read(stream, from),
      append: (...args) => store.append(...args),
      readAll: (after, limit) => store.readAll(after, limit),
      head: () => store.head(),
      close: () => store.close(),
      async *subscribe(after, signal, limit): AsyncIterable<Batch> {
        for await (const batch of store.subscribe(after, signal, limit)) {
          if (broken) throw new Error('the line is cut');
          yield batch;
        }
      },
    };
    const host = projector(both, { store: flaky });
    host.start();
    await until(() => host.status().every((s) => s.status === 'waiting' && (s.error as Error).message === 'the line is cut'));
    expect(host.idle(await store.head())).toBe(false);
    broken = false;
    await untilIdle(host);
    expect(await digests()).toEqual(await reference());
  });

  it('answers stale when the position is not reached in time', async () => {
    await projector().rebuild();
    await fill(store, 5, 5);
    const head = (await store.head())!;
    const started = performance.now();
    expect(await waitFor(readModels, both, head, 80)).toEqual({ stale: true });
    expect(performance.now() - started).toBeGreaterThanOrEqual(78);
    const host = projector([huts]);
    setTimeout(() => host.start(), 60);
    expect(await waitFor(readModels, [huts], head, 10_000)).toEqual({ stale: false });
    expect(await waitFor(readModels, both, head, 20)).toEqual({ stale: true });
  });

  it('pages by sort column and key in both directions, in one order on every database', async () => {
    await fill(store, 800, 300);
    await projector().rebuild();
    const everything = (await readModels.db.selectFrom(viewName(huts)).select(['key', 'district', 'cents']).execute()) as Record<
      string,
      Value
    >[];
    for (const [sort, type] of [
      ['district', 'text'],
      ['cents', 'integer'],
    ] as const) {
      for (const descending of [false, true]) {
        const rows: Record<string, Value>[] = [];
        let cursor: string | undefined;
        do {
          const query = readModels.db.selectFrom(viewName(huts)).select(['key', 'district', 'cents']);
          const part = await page(query, { sort, type, descending, limit: 17, cursor });
          rows.push(...(part.rows as Record<string, Value>[]));
          cursor = part.next ?? undefined;
        } while (cursor);
        const compare = (a: Value, b: Value): number =>
          typeof a === 'number' ? a - (b as number) : Buffer.compare(Buffer.from(a as string), Buffer.from(b as string));
        const sorted = [...everything].sort((a, b) => compare(a[sort]!, b[sort]!) || compare(a.key!, b.key!));
        expect(rows).toEqual(descending ? sorted.reverse() : sorted);
      }
    }
  });

  it('may be opened by several processes at the same first moment, with one key for all', async () => {
    const fresh = await engines[kind](mkdtempSync(join(dir, 'fresh-')));
    const opened = await Promise.all(Array.from({ length: 6 }, () => openReadModels(fresh.options)));
    const keys = await Promise.all(opened.map((models) => models.tokenKey()));
    expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(1);
    expect(keys[0]).toHaveLength(32);
    // the first tables too
    await Promise.all(opened.map((models) => liveCursors(models, both)));
    expect(await cursorRows(opened[0]!)).toHaveLength(2);
    for (const models of opened) await models.close();
    await fresh.drop();
  });

  it('is refused where a newer release has written', async () => {
    await readModels.db.insertInto('read_model_migration').values({ name: '9999-later', timestamp: new Date().toISOString() }).execute();
    await expect(openReadModels(where.options)).rejects.toThrow('written by a newer release');
    await expect(openReadModels({ ...where.options, readOnly: true })).rejects.toThrow('written by a newer release');
  });

  it('can be opened for reading only, once it is there', async () => {
    const fresh = await engines[kind](mkdtempSync(join(dir, 'fresh-')));
    await expect(openReadModels({ ...fresh.options, readOnly: true })).rejects.toThrow('start the process that writes them first');
    await fresh.drop();

    await fill(store, 50, 10);
    await projector().rebuild();
    const reader = await openReadModels({ ...where.options, readOnly: true });
    closers.push(() => reader.close());
    expect(await digests(reader)).toEqual(await reference());
    await expect(reader.setMeta('a', 'b')).rejects.toThrow(/read-?only/);
    const write: Write = { sql: 'delete from projection_cursor', rows: [] };
    await expect(reader.engine.commit([{ sql: write.sql }])).rejects.toThrow(/read-?only/);
  });

  it('keeps small facts by name', async () => {
    expect(await readModels.getMeta('a')).toBeUndefined();
    await readModels.setMeta('a', '1');
    await readModels.setMeta('a', '2');
    expect(await (await another()).getMeta('a')).toBe('2');
  });
});

async function until(condition: () => boolean, limitMs = 20_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error('waited too long');
    await sleep(5);
  }
}
