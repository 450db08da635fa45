import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Catalogue, Position } from '@minipilot/kernel/event.js';
import type { Projection } from '@minipilot/kernel/projection.js';
import type { EventStore } from '../store/port.js';
import { applyBatch, BATCH } from './apply.js';
import { cursorRows, liveCursors, type Cursor } from './cursors.js';
import type { ReadModels } from './database.js';
import type { Poison } from './fold.js';
import { rebuild, type RebuildProgress, type RebuildResult } from './rebuild.js';
import { checkProjection } from './tables.js';

export interface ProjectorOptions {
  store: EventStore;
  readModels: ReadModels;
  catalogue: Catalogue;

  projections: readonly Projection<any>[];
  log?: (message: string, details: Record<string, unknown>) => void;
}

export interface ProjectionStatus {
  name: string;
  version: number;
  /** 0 until the tables have been read */
  generation: number;
  /** position of the last event that it has passed, '' before the first */
  position: Position;
  /** `stopped` by a poison event until the process restarts; `waiting` while store or database cannot be reached */
  status: 'running' | 'stopped' | 'waiting';
  /** the poison event, or what the host waits for */
  error: Poison | { message: string } | null;
}

const RECHECK_MS = 1000;
const LONGEST_WAIT_MS = 5000;

/**
 * Folds the events of the log into read models, all projections in one ordered pull. Several hosts may work on one database:
 * every batch is fenced by the cursors, so that each event counts once. A poison event stops its projection alone.
 */
export class Projector {
  private cursors: Cursor[] = [];
  private trouble: string | null = 'not started';
  private readonly stopping = new AbortController();
  private regroup = new AbortController();
  private running: Promise<void> | undefined;
  /** where a projection was stopped in this process: it is tried once, until somebody gets it past that */
  private readonly tried = new Map<string, { generation: number; position: string }>();

  constructor(private readonly options: ProjectorOptions) {
    const views = new Set<string>();
    for (const projection of options.projections) {
      checkProjection(projection);
      const view = `${projection.name} v${projection.version}`;
      if (views.has(view)) throw new Error(`projection ${view} is given twice`);
      views.add(view);
    }
  }

  /** Begins to follow the log. Trouble with store or database is waited out and shown by `status`. */
  start(): void {
    if (this.running || this.stopping.signal.aborted) throw new Error('a projector starts once');
    this.running = Promise.all([this.run(), this.recheckStopped()]).then(() => {});
  }

  /** Ends after the batch in hand. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.regroup.abort();
    await this.running;
  }

  status(): ProjectionStatus[] {
    return this.options.projections.map(({ name, version }, i) => {
      const cursor = this.cursors[i];
      const base = { name, version, generation: cursor?.generation ?? 0, position: cursor?.position ?? '' };
      if (cursor?.status === 'stopped') return { ...base, status: 'stopped', error: cursor.error };
      return this.trouble === null
        ? { ...base, status: 'running', error: null }
        : { ...base, status: 'waiting', error: { message: this.trouble } };
    });
  }

  /** Whether all projections but the stopped ones have passed the event at `head`. */
  idle(head: Position | null): boolean {
    return this.trouble === null && this.cursors.every((c) => !this.isActive(c) || c.position >= (head ?? ''));
  }

  /**
   * Folds the whole log anew beside the live tables and swaps, for one projection (all its versions here) or for all.
   * The projector need not be started; others may go on meanwhile.
   */
  rebuild(name?: string, onProgress?: (progress: RebuildProgress) => void): Promise<RebuildResult[]> {
    return rebuild(this.options, name, onProgress);
  }

  private isActive({ projection, generation, position, status }: Cursor): boolean {
    if (status === 'running') return true;
    const tried = this.tried.get(`${projection.name} v${projection.version}`);
    return tried?.generation !== generation || tried.position !== position;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    let wait = 50;
    while (!signal.aborted) {
      try {
        this.regroup = new AbortController();
        await this.readCursors();
        this.trouble = null;
        await this.follow();
        wait = 50;
      } catch (error) {
        if (signal.aborted) return;
        this.trouble = error instanceof Error ? error.message : String(error);
        this.options.log?.('read models wait', { error: this.trouble });
        await sleep(wait, undefined, { signal }).catch(() => {});
        wait = Math.min(wait * 2, LONGEST_WAIT_MS);
      }
    }
  }

  private async readCursors(): Promise<void> {
    this.cursors = await liveCursors(this.options.readModels, this.options.projections);
    const head = (await this.options.store.head()) ?? '';
    if (this.cursors.some((c) => c.position > head)) {
      throw new Error('the read models are ahead of the event store, which was restored from a backup: rebuild them');
    }
  }

  /** Works until the cursors must be read again. */
  private async follow(): Promise<void> {
    const { store } = this.options;
    const signal = AbortSignal.any([this.stopping.signal, this.regroup.signal]);
    while (!signal.aborted) {
      const groups = this.groups();
      if (groups.length === 0) return void (await sleep(RECHECK_MS, undefined, { signal }).catch(() => {}));
      if (groups.length === 1) return this.tail(groups[0]!, signal);
      // those behind catch up batch by batch and join those ahead exactly where they stand
      for (const [i, group] of groups.entries()) {
        const ahead = groups[i + 1]?.[0]!.position;
        const events = await store.readAll(group[0]!.position || null, BATCH);
        const batch = ahead === undefined ? events : events.filter((e) => e.position <= ahead);
        if (batch.length > 0 && !(await this.apply(group, batch))) return;
        await nextTurn();
      }
    }
  }

  private async tail(group: Cursor[], signal: AbortSignal): Promise<void> {
    for await (const { events } of this.options.store.subscribe(group[0]!.position || null, signal, BATCH)) {
      if (events.length > 0 && !(await this.apply(group, events))) return;
      if (group.some((c) => c.status === 'stopped')) return;
      await nextTurn();
    }
  }

  private async apply(group: Cursor[], events: Parameters<typeof applyBatch>[3]): Promise<boolean> {
    const applied = await applyBatch(this.options.readModels, this.options.catalogue, group, events);
    if (!applied) return false;
    for (const { projection, generation, position, status, error } of group) {
      if (status !== 'stopped') continue;
      this.tried.set(`${projection.name} v${projection.version}`, { generation, position });
      this.options.log?.('projection stopped', { projection: projection.name, version: projection.version, ...error });
    }
    return true;
  }

  /** Active cursors by position, those furthest behind first. */
  private groups(): Cursor[][] {
    const byPosition = new Map<string, Cursor[]>();
    for (const cursor of this.cursors) {
      if (!this.isActive(cursor)) continue;
      const group = byPosition.get(cursor.position);
      if (group) group.push(cursor);
      else byPosition.set(cursor.position, [cursor]);
    }
    return [...byPosition.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
  }

  /** Another process may get a projection past the event that stopped it here, or rebuild it. */
  private async recheckStopped(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await sleep(RECHECK_MS, undefined, { signal }).catch(() => {});
      const stopped = this.cursors.filter((c) => !this.isActive(c));
      if (stopped.length === 0 || signal.aborted) continue;
      const rows = await cursorRows(this.options.readModels).catch(() => []);
      const moved = stopped.some(({ projection, generation, position }) =>
        rows.some(
          (r) =>
            r.live === 1 &&
            r.name === projection.name &&
            r.version === projection.version &&
            (r.status === 'running' || r.generation !== generation || r.position !== position),
        ),
      );
      if (moved) this.regroup.abort();
    }
  }
}
