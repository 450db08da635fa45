import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { catalogue } from '@minipilot/grants/catalogue.js';
import { allProjections } from '@minipilot/insight/index.js';
import { instant } from '@minipilot/kernel/time.js';
import { openReadModels } from '@minipilot/platform/read-models/database.js';
import { Projector } from '@minipilot/platform/read-models/projector.js';
import { dropAll } from '@minipilot/platform/read-models/rebuild.js';
import { SqliteEventStore } from '@minipilot/platform/store/sqlite.js';
import { median, rounded } from './figures.js';
import { fill, oneYear } from './history.js';

const ROUNDS = 3;
const PAGE = 5_000;

export interface RebuildFigure {
  figure: 'rebuild';
  database: 'sqlite' | 'postgres';
  events: number;
  /** event × row changed */
  folds: number;
  foldsPerSecond: number;
  limitEventsPerSecond: number;
  ratio: number;
  rssMb: number;
  rounds: number;
}

/** Row folds a second of all read models from nothing, beside reading and parsing the same store. `database` is a PostgreSQL's URL. */
export async function benchRebuild(
  built: string,
  atLeast: number,
  database: string | undefined,
  tell: (line: string) => void,
): Promise<RebuildFigure[]> {
  const dir = mkdtempSync(join(tmpdir(), 'minipilot-bench-'));
  const server = database === undefined ? await privatePostgres(dirname(built), tell) : null;
  try {
    const file = join(dir, 'events.sqlite');
    const year = await oneYear(built, tell);
    const events = await fill(file, year, atLeast);
    const store = await SqliteEventStore.open({ file, now: () => instant(Date.now()), readOnly: true });
    try {
      tell(`${events} events in the store`);
      const folds = await countFolds(store);
      const places = [{ kind: 'sqlite' as const, open: (n: number) => openReadModels({ file: join(dir, `rows-${n}.sqlite`) }) }];
      const url = database ?? server?.url;
      const figures: RebuildFigure[] = [];
      for (const { kind, open } of [
        ...places,
        ...(url === undefined ? [] : [{ kind: 'postgres' as const, open: () => openReadModels({ url }) }]),
      ]) {
        const [scans, rebuilds]: [number[], number[]] = [[], []];
        for (let round = 1; round <= ROUNDS; round++) {
          scans.push(await timed(() => scan(store)));
          const readModels = await open(round);
          await dropAll(readModels);
          rebuilds.push(await timed(() => new Projector({ store, readModels, catalogue, projections: allProjections }).rebuild()));
          if (kind === 'postgres') await dropAll(readModels);
          await readModels.close();
          tell(
            `rebuild on ${kind} ${round}/${ROUNDS}: ${Math.round(folds / rebuilds.at(-1)!)} folds/s, scan ${Math.round(events / scans.at(-1)!)} events/s`,
          );
        }
        const [foldsPerSecond, limit] = [folds / median(rebuilds), events / median(scans)];
        figures.push({
          figure: 'rebuild',
          database: kind,
          events,
          folds,
          foldsPerSecond: Math.round(foldsPerSecond),
          limitEventsPerSecond: Math.round(limit),
          ratio: rounded(foldsPerSecond / limit, 3),
          rssMb: Math.round(process.memoryUsage.rss() / 1e6),
          rounds: ROUNDS,
        });
      }
      return figures;
    } finally {
      await store.close();
    }
  } finally {
    server?.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Seconds that the work takes. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

async function scan(store: SqliteEventStore): Promise<void> {
  for (let position: string | null = null; ;) {
    const events = await store.readAll(position, PAGE);
    if (events.length < PAGE) return;
    position = events.at(-1)!.position;
  }
}

async function countFolds(store: SqliteEventStore): Promise<number> {
  let folds = 0;
  for (let position: string | null = null; ;) {
    const events = await store.readAll(position, PAGE);
    for (const event of events)
      for (const projection of allProjections)
        if (projection.handles.includes(event.type)) folds += projection.keys(catalogue.upcast(event)).length;
    if (events.length < PAGE) return folds;
    position = events.at(-1)!.position;
  }
}

/** A server of our own that goes when it is stopped; null where Debian's PostgreSQL is not installed. Its disk is not synced. */
async function privatePostgres(root: string, tell: (line: string) => void): Promise<{ url: string; stop(): void } | null> {
  const keeper = spawn(process.execPath, [join(root, 'scripts', 'postgres.mjs'), '--keep'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const socket = await new Promise<string>((resolve, reject) => {
    keeper.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()));
    keeper.once('close', () => reject(new Error('the keeper of PostgreSQL ended')));
  });
  const answer = await new Promise<{ url?: string; error?: string }>((resolve, reject) => {
    let text = '';
    connect(socket)
      .on('data', (chunk: Buffer) => (text += chunk.toString()))
      .on('end', () => resolve(JSON.parse(text) as { url?: string; error?: string }))
      .on('error', reject);
  });
  if (answer.url !== undefined) return { url: answer.url, stop: () => keeper.stdin.end() };
  keeper.stdin.end();
  tell(`no figures on PostgreSQL: ${answer.error}`);
  return null;
}
