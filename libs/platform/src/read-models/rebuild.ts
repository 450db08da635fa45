import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Catalogue } from '@minipilot/kernel/event.js';
import type { Projection } from '@minipilot/kernel/projection.js';
import type { EventStore } from '../store/port.js';
import { applyBatch } from './apply.js';
import { abandon, areCurrent, beginGeneration, cursorRows, dropGeneration, liveCursors, swap, type Cursor } from './cursors.js';
import type { ReadModels } from './database.js';
import type { Poison } from './fold.js';
import { checkProjection } from './tables.js';

export interface RebuildProgress {
  /** events read so far */
  events: number;
  /** position of the last one, '' before the first, and of the head when the rebuild began */
  position: string;
  head: string;
}

export interface RebuildResult {
  name: string;
  version: number;
  /** the generation that is live now */
  generation: number;
  /** the event that the new tables could not pass; the old ones stay live then */
  poison: Poison | null;
}

/** Another rebuild of the same projection began, and goes on in this one's place. */
export class RebuildOvertaken extends Error {
  constructor() {
    super('another rebuild of the same projection has begun; this one has ended');
    this.name = 'RebuildOvertaken';
  }
}

/** Events of one transaction: more than live, since a row that is touched often is then written less often. */
const BATCH = 5000;

interface Sources {
  store: EventStore;
  readModels: ReadModels;
  catalogue: Catalogue;
  projections: readonly Projection[];
}

/**
 * Folds the log into new tables beside the live ones, in short transactions, up to the head and at least as far as the
 * live ones have come; then each pair is swapped in one transaction. Ended half-way it leaves tables that the next rebuild clears.
 * Throws RebuildOvertaken.
 */
export async function rebuild(
  { store, readModels, catalogue, projections }: Sources,
  name?: string,
  onProgress: (progress: RebuildProgress) => void = () => {},
): Promise<RebuildResult[]> {
  const chosen = projections.filter((p) => name === undefined || p.name === name);
  if (chosen.length === 0) throw new Error(name === undefined ? 'there are no projections' : `there is no projection ${name}`);
  chosen.forEach(checkProjection);

  let building: Cursor[] = [];
  for (const projection of chosen) building.push(await beginGeneration(readModels, projection));
  const results = new Map<Projection, RebuildResult>();
  const head = (await store.head()) ?? '';
  let position = '';
  let events = 0;
  while (building.length > 0) {
    const batch = await store.readAll(position || null, BATCH);
    if (batch.length > 0) {
      if (!(await applyBatch(readModels, catalogue, building, batch))) throw new RebuildOvertaken();
      position = batch.at(-1)!.position;
      events += batch.length;
      onProgress({ events, position, head });
      for (const cursor of building.filter((c) => c.status === 'stopped')) {
        await abandon(readModels, cursor);
        const [live] = await liveCursors(readModels, [cursor.projection]);
        results.set(cursor.projection, resultOf(live!, cursor.error));
      }
      building = building.filter((c) => c.status === 'running');
    }
    await nextTurn();
    if (batch.length === BATCH) continue;
    for (const cursor of building) {
      const [live] = await liveCursors(readModels, [cursor.projection]);
      const end = (await store.head()) ?? '';
      // a live cursor beyond the head has seen events that the store no longer has
      const limit = live!.position > end ? live!.position : cursor.position;
      if (await swap(readModels, cursor, live!, limit)) results.set(cursor.projection, resultOf(cursor, null));
      else if (!(await areCurrent(readModels, [cursor]))) throw new RebuildOvertaken();
    }
    building = building.filter((c) => !results.has(c.projection));
  }
  return chosen.map((projection) => results.get(projection)!);
}

const resultOf = ({ projection, generation }: Cursor, poison: Poison | null): RebuildResult => ({
  name: projection.name,
  version: projection.version,
  generation,
  poison,
});

/**
 * Takes all read models of this database away, whatever release made them. Whoever follows the log makes its own anew from the
 * beginning. Returns how many there were.
 */
export async function dropAll(readModels: ReadModels): Promise<number> {
  for (let dropped = 0; ;) {
    const rows = await cursorRows(readModels);
    if (rows.length === 0) return dropped;
    // a cursor that moved in between is met again in the next round
    for (const row of rows) if (await dropGeneration(readModels, row)) dropped++;
  }
}
