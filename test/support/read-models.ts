import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Recorded } from '@minipilot/kernel/event.js';
import type { Projection } from '@minipilot/kernel/projection.js';
import { openReadModels, type ReadModels } from '@minipilot/platform/read-models/database.js';
import { tableDigest } from '@minipilot/platform/read-models/digest.js';
import { Projector, type ProjectorOptions } from '@minipilot/platform/read-models/projector.js';
import { rollupViewName, viewName } from '@minipilot/platform/read-models/tables.js';
import { catalogue, huts, payments } from '@minipilot/platform/read-models/testing.js';
import { SqliteEventStore } from '@minipilot/platform/store/sqlite.js';
import { testDatabase } from './postgres.js';

export const both: Projection<any>[] = [huts, payments];

export type Place = { file: string } | { url: string };

/** Where read models may lie; each place is empty and belongs to one test. */
export const places: Record<'sqlite' | 'postgres', (dir: string) => Promise<{ place: Place; drop(): Promise<void> }>> = {
  sqlite: async (dir) => ({ place: { file: join(dir, 'read-models.db') }, drop: async () => {} }),
  postgres: async () => {
    const { url, drop } = await testDatabase();
    return { place: { url }, drop };
  },
};

export const kinds = Object.keys(places) as (keyof typeof places)[];

/** An event store and read models, made before and removed after each test of the enclosing suite. */
export class World {
  dir: string;
  store: SqliteEventStore;
  readModels: ReadModels;
  place: Place;
  readonly closers: (() => Promise<unknown>)[] = [];

  constructor(kind: keyof typeof places) {
    beforeEach(async () => {
      this.dir = mkdtempSync(join(tmpdir(), 'minipilot-read-models-'));
      this.closers.push(async () => rmSync(this.dir, { recursive: true }));
      const { place, drop } = await places[kind](this.dir);
      this.closers.push(drop);
      this.place = place;
      await this.openStore();
      this.readModels = await this.another();
    });
    afterEach(async () => {
      while (this.closers.length > 0) await this.closers.pop()!();
    });
  }

  async openStore(): Promise<void> {
    const store = await SqliteEventStore.open({ file: join(this.dir, 'events.db'), now: () => new Date().toISOString() });
    this.store = store;
    this.closers.push(() => store.close());
  }

  /** The same read models over connections of their own, as another process has them. */
  async another(): Promise<ReadModels> {
    const more = await openReadModels(this.place);
    this.closers.push(() => more.close());
    return more;
  }

  projector(projections: Projection<any>[] = both, more: Partial<ProjectorOptions> = {}): Projector {
    const { store, readModels } = this;
    const made = new Projector({ store, readModels, catalogue, projections, ...more });
    this.closers.push(() => made.stop());
    return made;
  }

  async untilIdle(host: Projector): Promise<void> {
    const head = await this.store.head();
    await until(() => host.idle(head));
  }

  allEvents(): Promise<Recorded[]> {
    return this.store.readAll(null, 1_000_000);
  }

  /** Digests of all rows and counters of both projections. */
  async digests(models = this.readModels): Promise<unknown> {
    return {
      huts: await tableDigest(models, viewName(huts)),
      cells: await tableDigest(models, rollupViewName(huts)),
      payments: await tableDigest(models, viewName(payments)),
    };
  }

  /** The digests of the same log folded once, in one go, into tables of its own. */
  async reference(): Promise<unknown> {
    const models = await openReadModels({ file: join(mkdtempSync(join(this.dir, 'reference-')), 'read-models.db') });
    try {
      await new Projector({ store: this.store, readModels: models, catalogue, projections: both }).rebuild();
      return await this.digests(models);
    } finally {
      await models.close();
    }
  }
}

/** Throws when the condition does not hold in time. */
export async function until(condition: () => boolean, limitMs = 30_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error('waited too long');
    await sleep(5);
  }
}
