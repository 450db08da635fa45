import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Catalogue } from '@minipilot/kernel/event.js';
import type { Projection } from '@minipilot/kernel/projection.js';
import { both, kinds, until, World } from '../../../../test/support/read-models.js';
import { applyBatch } from './apply.js';
import { beginGeneration, cursorRows } from './cursors.js';
import { tableDigest } from './digest.js';
import { waitFor } from './read-after.js';
import { RebuildOvertaken } from './rebuild.js';
import { rollupViewName, tableName, viewName } from './tables.js';
import { catalogue, fill, hutBuilt, huts, newEvent, payments, type HutRow } from './testing.js';

jest.setTimeout(60_000);

describe.each(kinds)('read models on %s', (kind) => {
  const w = new World(kind);

  describe('a poison event', () => {
    const poisonous = (kinds: string[] = ['hut.paid']): Projection<HutRow> => ({
      ...huts,
      evolve(row, event, key) {
        if (kinds.includes(event.type) && event.data.cents === 666) throw new Error('cannot count that');
        return huts.evolve(row, event, key);
      },
    });

    it('stops its projection at the event before, while the others go on; a mended one goes on after a restart', async () => {
      await fill(w.store, 200, 20);
      const last = (await w.store.head())!;
      await w.store.append('demo.hut-x', [newEvent('demo.hut-x', 'hut.paid', { cents: 666 })], -1);
      await fill(w.store, 200, 30, 5);
      const logged: unknown[] = [];
      const host = w.projector([poisonous(), payments], { log: (message, details) => logged.push([message, details]) });
      host.start();
      await w.untilIdle(host);

      const head = await w.store.head();
      const [stopped, running] = host.status();
      expect(running).toMatchObject({ status: 'running', position: head, error: null });
      expect(stopped).toMatchObject({
        status: 'stopped',
        position: last,
        error: { eventId: newEvent('demo.hut-x', '', {}).id, type: 'hut.paid', v: 1, message: 'Error: cannot count that' },
      });
      expect(logged).toEqual([['projection stopped', expect.objectContaining({ projection: 'huts', type: 'hut.paid' })]]);
      expect(await waitFor(w.readModels, [huts], head!, 60_000)).toEqual({ stale: true });
      await host.stop();

      // not mended: it is tried once, and stops again
      const again = w.projector([poisonous(), payments]);
      again.start();
      await w.untilIdle(again);
      expect(again.status()[0]).toMatchObject({ status: 'stopped', position: last });
      await again.stop();

      const mended = w.projector();
      mended.start();
      await w.untilIdle(mended);
      expect(mended.status().map((s) => s.status)).toEqual(['running', 'running']);
      expect(await w.digests()).toEqual(await w.reference());
    });

    it('that another host gets past lets the stopped host go on', async () => {
      await w.store.append('demo.hut-x', [newEvent('demo.hut-x', 'hut.paid', { cents: 666 })], -1);
      const host = w.projector([poisonous(), payments]);
      host.start();
      await until(() => host.status()[0]!.status === 'stopped');
      const other = w.projector(both, { readModels: await w.another() });
      other.start();
      await w.untilIdle(other);
      await other.stop();
      await until(() => host.status()[0]!.status === 'running');
      await fill(w.store, 100, 10);
      await w.untilIdle(host);
      expect(await w.digests()).toEqual(await w.reference());
    });

    it('of an unknown version stops those that handle it, and goes on after an upcast is there', async () => {
      await fill(w.store, 50, 10);
      await w.store.append('demo.hut-new', [newEvent('demo.hut-new', 'hut.built', { district: 'Itä', cents: 1, roof: 'tin' }, 2)], -1);
      await fill(w.store, 50, 15, 8);
      const host = w.projector();
      host.start();
      await w.untilIdle(host);
      expect(host.status()).toMatchObject([{ status: 'stopped', error: { v: 2 } }, { status: 'running' }]);
      await host.stop();

      const newer = new Catalogue([
        ...catalogue.definitions.filter((d) => d.type !== 'hut.built'),
        { ...hutBuilt, v: 2, upcast: { 1: (data) => data } },
      ]);
      const upgraded = w.projector(both, { catalogue: newer });
      upgraded.start();
      await w.untilIdle(upgraded);
      expect(upgraded.status()[0]).toMatchObject({ status: 'running' });
      expect(await w.readModels.db.selectFrom(viewName(huts)).select('district').where('key', '=', 'new').execute()).toEqual([
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
      await fill(w.store, 60, 10);
      await w.store.append('demo.ghost-1', [newEvent('demo.ghost-1', 'ghost.seen', {})], -1);
      await fill(w.store, 60, 15, 8);
      const host = w.projector([...both, everything]);
      host.start();
      await w.untilIdle(host);
      expect(host.status().map((s) => s.status)).toEqual(['running', 'running', 'stopped']);
      expect(await w.readModels.db.selectFrom('everything_v1').selectAll().execute()).toEqual([{ key: 'all', n: 60 }]);
    });

    it('ends a rebuild and leaves the live tables as they are', async () => {
      await fill(w.store, 200, 20);
      await w.store.append('demo.hut-x', [newEvent('demo.hut-x', 'hut.paid', { cents: 666 })], -1);
      const host = w.projector();
      host.start();
      await w.untilIdle(host);
      const before = await w.digests();
      expect(await w.projector([poisonous(), payments]).rebuild()).toMatchObject([
        { name: 'huts', generation: 1, poison: { type: 'hut.paid' } },
        { name: 'payments', generation: 2, poison: null },
      ]);
      expect(await w.digests()).toEqual(before);
      expect(await cursorRows(w.readModels)).toHaveLength(2);
    });
  });

  describe('a rebuild', () => {
    it('gives the same rows after everything was dropped', async () => {
      await fill(w.store, 1500, 100);
      const host = w.projector();
      host.start();
      await w.untilIdle(host);
      await host.stop();
      const before = await w.digests();

      for (const row of await cursorRows(w.readModels)) {
        const named = { name: row.name, version: row.version };
        for (const view of [viewName(named), rollupViewName(named)]) await w.readModels.db.schema.dropView(view).ifExists().execute();
        await w.readModels.db.schema.dropTable(tableName(named, row.generation)).execute();
      }
      await w.readModels.db.schema.dropTable('huts_v1_rollup_g1').execute();
      await w.readModels.db.deleteFrom('projection_cursor').execute();
      await expect(tableDigest(w.readModels, viewName(huts))).rejects.toThrow();

      const progress: number[] = [];
      await w.projector().rebuild(undefined, (p) => progress.push(p.events));
      expect(progress.at(-1)).toBe(1500);
      expect(await w.digests()).toEqual(before);
    });

    it('swaps beside a live projector of another process that goes on, and readers see every row all the time', async () => {
      await fill(w.store, 1200, 60);
      const host = w.projector(both, { readModels: await w.another() });
      host.start();
      await w.untilIdle(host);

      let reading = true;
      const seen = new Set<number>();
      const key = (await w.readModels.db.selectFrom(viewName(huts)).select('key').limit(1).execute())[0]!.key as string;
      const reader = (async () => {
        while (reading) {
          const rows = await w.readModels.db.selectFrom(viewName(huts)).select('key').where('key', '=', key).execute();
          seen.add(rows.length);
          await sleep(1);
        }
      })();
      // the row that is looked for stays; all others change
      const writer = (async () => {
        for (let i = 0; i < 120; i++) {
          await w.store.append(`demo.hut-w${i}`, [newEvent(`demo.hut-w${i}`, 'hut.built', { district: 'Itä', cents: i })], -1);
          await sleep(2);
        }
      })();
      const rebuilder = w.projector(both, { readModels: await w.another() });
      for (let i = 2; i < 5; i++) expect((await rebuilder.rebuild()).map((r) => r.generation)).toEqual([i, i]);
      await writer;
      // a host notices the last swap with the next event
      await fill(w.store, 20, 60, 9);
      await w.untilIdle(host);
      reading = false;
      await reader;

      expect(seen).toEqual(new Set([1]));
      expect(host.status()).toMatchObject([
        { status: 'running', generation: 4 },
        { status: 'running', generation: 4 },
      ]);
      expect(await cursorRows(w.readModels)).toHaveLength(2);
      const tables = (await w.readModels.db.introspection.getTables()).map((t) => t.name).filter((name) => /^(huts|payments)_/.test(name));
      expect(tables.sort()).toEqual(['huts_v1', 'huts_v1_g4', 'huts_v1_rollup', 'huts_v1_rollup_g4', 'payments_v1', 'payments_v1_g4']);
      expect(await w.digests()).toEqual(await w.reference());
    });

    it('clears what a broken one left half built', async () => {
      await fill(w.store, 300, 30);
      const host = w.projector();
      host.start();
      await w.untilIdle(host);
      const half = await beginGeneration(w.readModels, huts);
      await applyBatch(w.readModels, catalogue, [half], (await w.allEvents()).slice(0, 100));
      expect(half.generation).toBe(2);
      expect(await w.projector().rebuild('huts')).toEqual([{ name: 'huts', version: 1, generation: 3, poison: null }]);
      const tables = (await w.readModels.db.introspection.getTables()).map((t) => t.name);
      expect(tables).toContain('huts_v1_g3');
      expect(tables).not.toContain('huts_v1_g2');
      expect(await w.digests()).toEqual(await w.reference());
    });

    it('gives way to a later one of the same projection', async () => {
      await fill(w.store, 11_000, 30);
      let later: Promise<unknown> | undefined;
      const first = w.projector([huts]).rebuild('huts', () => {
        later ??= w.projector([huts]).rebuild('huts');
      });
      await expect(first).rejects.toThrow(RebuildOvertaken);
      await later;
      await w.projector([payments]).rebuild();
      expect(await w.digests()).toEqual(await w.reference());
    });

    it('mends read models that are ahead of a restored event store', async () => {
      await fill(w.store, 100, 20);
      const host = w.projector();
      host.start();
      await w.untilIdle(host);
      await host.stop();
      await w.store.close();
      for (const end of ['', '-wal', '-shm']) rmSync(join(w.dir, `events.db${end}`), { force: true });
      await w.openStore();
      await fill(w.store, 40, 20, 3);

      const restarted = w.projector();
      restarted.start();
      await until(() =>
        restarted.status().every((s) => s.status === 'waiting' && (s.error as Error | null)?.message.includes('rebuild them') === true),
      );
      await restarted.rebuild();
      await w.untilIdle(restarted);
      expect(await w.digests()).toEqual(await w.reference());
    });
  });
});
