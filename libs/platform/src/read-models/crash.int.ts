import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { buildOnce } from '../../../../test/support/built.js';
import { SqliteEventStore } from '../store/sqlite.js';
import { cursorRows, liveCursors } from './cursors.js';
import { openReadModels } from './database.js';
import { tableDigest } from './digest.js';
import { Projector } from './projector.js';
import { catalogue, fill, huts, numbers, payments } from './testing.js';

jest.setTimeout(180_000);

const projections = [huts, payments];
const children: ChildProcess[] = [];
let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'minipilot-crash-'));
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(dir, { recursive: true });
});

/** A process that opens both files, prints a line, and then runs `work`. */
async function start(work: string): Promise<ChildProcess> {
  const folder = pathToFileURL(join(buildOnce(), 'libs/platform/src')).href;
  const source = `
    import { SqliteEventStore } from '${folder}/store/sqlite.js';
    import { applyBatch } from '${folder}/read-models/apply.js';
    import { liveCursors } from '${folder}/read-models/cursors.js';
    import { openReadModels } from '${folder}/read-models/database.js';
    import { Projector } from '${folder}/read-models/projector.js';
    import { catalogue, huts, payments } from '${folder}/read-models/testing.js';
    const store = await SqliteEventStore.open({ file: ${JSON.stringify(join(dir, 'events.db'))}, now: () => new Date().toISOString() });
    const readModels = await openReadModels({ file: ${JSON.stringify(join(dir, 'read-models.db'))} });
    const projections = [huts, payments];
    const cursors = await liveCursors(readModels, projections);
    console.log('ready');
    ${work}
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout!, 'data');
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

const open = async () => ({
  store: await SqliteEventStore.open({ file: join(dir, 'events.db'), now: () => new Date().toISOString() }),
  readModels: await openReadModels({ file: join(dir, 'read-models.db') }),
});

it('drifts by nothing when the folding process is killed at any moment', async () => {
  const { store, readModels } = await open();
  await fill(store, 6000, 200);
  await liveCursors(readModels, projections);
  const next = numbers(99);
  const positions = new Set<string>();
  for (let round = 0; round < 9; round++) {
    const child = await start(`
      for (;;) {
        const events = await store.readAll(cursors[0].position || null, 8);
        if (events.length === 0) break;
        if (!(await applyBatch(readModels, catalogue, cursors, events))) throw new Error('fence');
      }`);
    await sleep(next(40));
    await kill(child);
    const [a, b] = await cursorRows(readModels);
    expect(a!.position).toBe(b!.position);
    positions.add(a!.position);
  }
  // it was killed on its way, again and again, and each time came further
  expect(positions.size).toBeGreaterThan(4);

  await new Projector({ store, readModels, catalogue, projections }).rebuild('payments');
  const host = new Projector({ store, readModels, catalogue, projections });
  host.start();
  const head = await store.head();
  while (!host.idle(head)) await sleep(5);
  await host.stop();

  const reference = await openReadModels({ file: join(dir, 'reference.db') });
  await new Projector({ store, readModels: reference, catalogue, projections }).rebuild();
  for (const view of ['huts_v1', 'huts_v1_rollup', 'payments_v1']) {
    expect(await tableDigest(readModels, view)).toEqual(await tableDigest(reference, view));
  }
  for (const closing of [reference, readModels, store]) await closing.close();
});

it('finishes after a rebuild was killed at any moment', async () => {
  const { store, readModels } = await open();
  await fill(store, 6000, 200);
  const local = new Projector({ store, readModels, catalogue, projections });
  await local.rebuild();
  const before = await tableDigest(readModels, 'huts_v1');
  const next = numbers(7);
  for (let round = 0; round < 4; round++) {
    const child = await start('for (;;) await new Projector({ store, readModels, catalogue, projections }).rebuild();');
    await sleep(next(250));
    await kill(child);
    expect(await tableDigest(readModels, 'huts_v1')).toEqual(before);
  }
  await local.rebuild();
  expect(await tableDigest(readModels, 'huts_v1')).toEqual(before);
  const rows = await cursorRows(readModels);
  expect(rows.map((r) => r.live)).toEqual([1, 1]);
  const tables = (await readModels.db.introspection.getTables()).map((t) => t.name).filter((name) => /_g\d+$/.test(name));
  expect(tables).toHaveLength(3);
  await readModels.close();
  await store.close();
});
