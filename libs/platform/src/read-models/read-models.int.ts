import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { Projection } from '@minipilot/kernel/projection.js';
import { project } from '@minipilot/kernel/testing.js';
import { both, kinds, places, until, World } from '../../../../test/support/read-models.js';
import type { Batch, EventStore } from '../store/port.js';
import { applyBatch } from './apply.js';
import { cursorRows, liveCursors } from './cursors.js';
import { openReadModels, ReadModels } from './database.js';
import { tableDigest } from './digest.js';
import { waitFor } from './read-after.js';
import { rollupViewName, viewName } from './tables.js';
import { catalogue, fill, huts, newEvent, numbers, payments, type HutRow } from './testing.js';

jest.setTimeout(60_000);

describe.each(kinds)('read models on %s', (kind) => {
  const w = new World(kind);

  it('folds the log into rows and counters as a fold in memory does', async () => {
    await fill(w.store, 3000, 150);
    const host = w.projector();
    host.start();
    await w.untilIdle(host);

    const events = await w.allEvents();
    const expected = project(huts, events);
    const rows = (await w.readModels.db.selectFrom(viewName(huts)).selectAll().execute()) as (HutRow & { key: string })[];
    expect(expected.size).toBeGreaterThan(20);
    expect(new Map(rows.map(({ key, ...row }) => [key, row]))).toEqual(expected);

    const cells = new Map<string, number>();
    for (const row of expected.values()) {
      cells.set(`huts ${row.district}`, (cells.get(`huts ${row.district}`) ?? 0) + 1);
      cells.set(`cents ${row.district}`, (cells.get(`cents ${row.district}`) ?? 0) + row.cents);
    }
    const counted = (await w.readModels.db.selectFrom(rollupViewName(huts)).selectAll().execute()) as {
      key: string;
      measure: string;
      value: number;
    }[];
    expect(new Map(counted.filter((c) => c.value !== 0).map((c) => [`${c.measure} ${c.key}`, c.value]))).toEqual(cells);
    // the same rows give the same digest on every database
    expect(await w.digests()).toEqual(await w.reference());
  });

  it('moves the cursor over events that nobody handles, and follows live', async () => {
    const host = w.projector();
    host.start();
    await until(() => host.status().every((s) => s.status === 'running'));
    expect(host.idle(null)).toBe(true);
    for (let i = 0; i < 5; i++) await w.store.append('demo.sky-1', [newEvent('demo.sky-1', 'weather.noted', {}, 1, i)], i - 1);
    const head = (await w.store.head())!;
    expect(await waitFor(w.readModels, both, head, 5000)).toEqual({ stale: false });
    await until(() => host.idle(head));
    expect(host.status().map((s) => s.position)).toEqual([head, head]);
    expect(await tableDigest(w.readModels, viewName(huts))).toMatchObject({ rows: 0 });
  });

  it('refuses to move a cursor that was moved by somebody else, and changes nothing', async () => {
    await fill(w.store, 400, 30);
    const events = await w.allEvents();
    const mine = await liveCursors(w.readModels, both);
    const theirs = await liveCursors(await w.another(), both);
    expect(await applyBatch(w.readModels, catalogue, mine, events.slice(0, 200))).toBe(true);
    const before = await w.digests();
    expect(await applyBatch(w.readModels, catalogue, theirs, events.slice(0, 300))).toBe(false);
    // one of two is enough to stop the transaction of both
    expect(await applyBatch(w.readModels, catalogue, [mine[0]!, theirs[1]!], events.slice(0, 300))).toBe(false);
    expect(await w.digests()).toEqual(before);
    expect(await applyBatch(w.readModels, catalogue, mine, events.slice(200))).toBe(true);
    expect(await w.digests()).toEqual(await w.reference());
  });

  it('counts each event once where several hosts work on one database', async () => {
    const hosts = [
      w.projector(),
      w.projector(both, { readModels: await w.another() }),
      w.projector([payments], { readModels: await w.another() }),
    ];
    await fill(w.store, 1500, 100);
    hosts.forEach((host) => host.start());
    await fill(w.store, 1500, 100, 2);
    for (const host of hosts) await w.untilIdle(host);
    expect(await w.digests()).toEqual(await w.reference());
  });

  it('gives the same rows for 1,000 deliveries in pages of any size, doubled, overlapping or shuffled', async () => {
    const next = numbers(4711);
    await fill(w.store, 2500, 80);
    const events = await w.allEvents();
    const cursors = await liveCursors(w.readModels, both);
    let deliveries = 0;
    const counts = { doubled: 0, overlapping: 0, shuffled: 0 };
    for (let at = 0; at < events.length; deliveries++) {
      const start = next(3) === 0 ? Math.max(0, at - next(200)) : at;
      const end = Math.min(events.length, next(5) === 0 ? start + next(150) : at + next(8));
      const delivered = events.slice(start, end);
      if (delivered.length > 2 && next(10) === 0) {
        const shuffled = [...delivered.slice(1), delivered[0]!];
        await expect(applyBatch(w.readModels, catalogue, cursors, shuffled)).rejects.toThrow('out of order');
        counts.shuffled++;
        continue;
      }
      if (start < at) counts[end <= at ? 'doubled' : 'overlapping']++;
      expect(await applyBatch(w.readModels, catalogue, cursors, delivered)).toBe(true);
      at = Math.max(at, end);
      if (at === events.length && deliveries < 1000) at = events.length - 1 - next(100);
    }
    expect(deliveries).toBeGreaterThanOrEqual(1000);
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(20);
    expect(await w.digests()).toEqual(await w.reference());
  });

  it('drifts by nothing when a transaction breaks after any of its statements', async () => {
    await fill(w.store, 600, 40);
    const events = await w.allEvents();
    const { engine } = w.readModels;
    let breakAfter = Infinity;
    const breaking = new ReadModels(w.readModels.db, {
      kind: engine.kind,
      load: (sql, keys) => engine.load(sql, keys),
      commit: (writes) => engine.commit(writes.length > breakAfter ? [...writes.slice(0, breakAfter), { sql: 'no sql' }] : writes),
      close: async () => {},
    });
    const cursors = await liveCursors(w.readModels, both);
    let broken = 0;
    for (let at = 0; at < events.length; at += 60) {
      const batch = events.slice(at, at + 60);
      const before = await w.digests();
      for (breakAfter = 0; ; breakAfter++) {
        const outcome = await applyBatch(breaking, catalogue, cursors, batch).catch((error: Error) => error.message);
        if (outcome === true) break;
        expect(outcome).toMatch(/syntax error/);
        expect(await w.digests()).toEqual(before);
        broken++;
      }
      breakAfter = Infinity;
    }
    expect(broken).toBeGreaterThanOrEqual(40);
    expect(await w.digests()).toEqual(await w.reference());
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
    await fill(w.store, 2500, 50);
    const old = w.projector();
    old.start();
    await w.untilIdle(old);
    const release = w.projector([...both, second], { readModels: await w.another() });
    release.start();
    await fill(w.store, 300, 60, 2);
    await w.untilIdle(old);
    await w.untilIdle(release);
    expect(await w.digests()).toEqual(await w.reference());
    const rows = (await w.readModels.db.selectFrom('huts_v2').selectAll().execute()) as { key: string; cents: number }[];
    const expected = project(second, await w.allEvents());
    expect(new Map(rows.map(({ key, cents }) => [key, { cents }]))).toEqual(expected);
  });

  it('waits out trouble with the event store and says so', async () => {
    await fill(w.store, 50, 10);
    let broken = true;
    const flaky: EventStore = {
      read: (stream, from) => w.store.read(stream, from),
      append: (...args) => w.store.append(...args),
      readAll: (after, limit) => w.store.readAll(after, limit),
      head: () => w.store.head(),
      close: () => w.store.close(),
      async *subscribe(after, signal, limit): AsyncIterable<Batch> {
        for await (const batch of w.store.subscribe(after, signal, limit)) {
          if (broken) throw new Error('the line is cut');
          yield batch;
        }
      },
    };
    const host = w.projector(both, { store: flaky });
    host.start();
    await until(() => host.status().every((s) => s.status === 'waiting' && (s.error as Error).message === 'the line is cut'));
    expect(host.idle(await w.store.head())).toBe(false);
    broken = false;
    await w.untilIdle(host);
    expect(await w.digests()).toEqual(await w.reference());
  });

  it('answers stale when the position is not reached in time', async () => {
    await w.projector().rebuild();
    await fill(w.store, 5, 5);
    const head = (await w.store.head())!;
    const started = performance.now();
    expect(await waitFor(w.readModels, both, head, 80)).toEqual({ stale: true });
    expect(performance.now() - started).toBeGreaterThanOrEqual(78);
    const host = w.projector([huts]);
    setTimeout(() => host.start(), 60);
    expect(await waitFor(w.readModels, [huts], head, 10_000)).toEqual({ stale: false });
    expect(await waitFor(w.readModels, both, head, 20)).toEqual({ stale: true });
  });

  it('may be opened by several processes at the same first moment, with one key for all', async () => {
    const fresh = await places[kind](mkdtempSync(join(w.dir, 'fresh-')));
    const opened = await Promise.all(Array.from({ length: 6 }, () => openReadModels(fresh.place)));
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
    await w.readModels.db.insertInto('read_model_migration').values({ name: '9999-later', timestamp: new Date().toISOString() }).execute();
    await expect(openReadModels(w.place)).rejects.toThrow('written by a newer release');
    await expect(openReadModels({ ...w.place, readOnly: true })).rejects.toThrow('written by a newer release');
  });

  it('can be opened for reading only, once it is there', async () => {
    const fresh = await places[kind](mkdtempSync(join(w.dir, 'fresh-')));
    await expect(openReadModels({ ...fresh.place, readOnly: true })).rejects.toThrow('start the process that writes them first');
    await fresh.drop();

    await fill(w.store, 50, 10);
    await w.projector().rebuild();
    const reader = await openReadModels({ ...w.place, readOnly: true });
    w.closers.push(() => reader.close());
    expect(await w.digests(reader)).toEqual(await w.reference());
    await expect(reader.setMeta('a', 'b')).rejects.toThrow(/read-?only/);
    await expect(reader.engine.commit([{ sql: 'delete from projection_cursor' }])).rejects.toThrow(/read-?only/);
  });

  it('keeps small facts by name', async () => {
    expect(await w.readModels.getMeta('a')).toBeUndefined();
    await w.readModels.setMeta('a', '1');
    await w.readModels.setMeta('a', '2');
    expect(await (await w.another()).getMeta('a')).toBe('2');
  });
});
