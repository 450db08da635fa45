import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { DatabaseSync } from 'node:sqlite';
import { buildOnce } from '../../test/support/built.js';
import { recomputeCalls } from '../history/recompute.js';
import { replayStream } from '../history/replay.js';
import { checkLedgers } from '../ledger/check.js';
import { rebuildReadModels } from '../read-models/rebuild.js';
import { startServer, type Server } from '../support/server.js';
import { moveClock } from './clock.js';
import { simulate } from './simulate.js';

const APPLICATIONS = 16;
let dir: string;
let input: string;
let data: string;
let server: Server;
const silent = new Writable({ write: (_chunk, _encoding, done) => done() }) as unknown as NodeJS.WriteStream;
const before = { ...process.env };

/** Runs a command of ours on the data folder; gives its exit code and the lines that it printed. */
async function run(command: (args: string[], out: (text: string) => void) => Promise<number>, ...args: string[]) {
  process.env['MINIPILOT_DATA'] = data;
  const lines: string[] = [];
  const code = await command(args, (text) => void lines.push(text));
  return { code, lines };
}

async function play(): Promise<Record<string, any>> {
  const args = ['--input', input, '--format', 'csv', '--applications', String(APPLICATIONS), '--seed', '7', '--url', server.url];
  const { lines } = await run((a, out) => simulate(a, out, silent), ...args);
  const { seconds, ...summary } = JSON.parse(lines.at(-1)!) as Record<string, unknown>;
  expect(seconds).toBeGreaterThan(0);
  return summary;
}

let first: Record<string, any>;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'minipilot-simulate-'));
  input = join(dir, 'ideas.csv');
  const rows = Array.from(
    { length: APPLICATIONS },
    (_, i) => `Idea ${i},Kokeillaan jotain uutta ${i}.,${['Jukola', 'Mäntylä'][i % 2]},${1000 * (i + 1)}`,
  );
  writeFileSync(input, ['title,text,district,sum', 'Idea 0,Kokeillaan jotain uutta 0.,Jukola,1000', 'too,few', ...rows].join('\n'));
  data = join(dir, 'one');
  server = await startServer(buildOnce(), data);
  first = await play();
}, 180_000);

afterAll(async () => {
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
  process.env = before;
});

const FINAL = ['completed', 'declined', 'ineligible', 'lapsed', 'late', 'refused', 'withdrawn'];

test('a year takes every application to its end, and its money adds up', () => {
  expect(Object.values(first['stages'] as Record<string, number>).reduce((a, b) => a + b)).toBe(APPLICATIONS);
  expect(Object.keys(first['stages'] as object).filter((stage) => !FINAL.includes(stage))).toEqual([]);
  expect(first['stages']['completed']).toBeGreaterThan(3);
  expect(first['debitsCents']).toBe(first['creditsCents']);
  expect(first['paidCents']).toBeLessThanOrEqual(first['budgetedCents']);
  expect(first['skipped']).toEqual({ empty: 0, repeated: 1, broken: 1 });
});

test('played again on the same store it meets itself and changes nothing', async () => expect(await play()).toEqual(first), 180_000);

test('the same seed on another store comes to the same, though the server is killed in between', async () => {
  const played = data;
  const stands = server;
  data = join(dir, 'two');
  server = await startServer(buildOnce(), data);
  const port = new URL(server.url).port;
  const killing = (async () => {
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await server.kill();
    server = await startServer(buildOnce(), data, { port });
  })();
  const again = await play();
  await killing;
  await server.stop();
  [data, server] = [played, stands];
  expect(again).toEqual(first);
}, 180_000);

test('the ledgers add up by the events alone, and with what the public is shown', async () => {
  const { code, lines } = await run(checkLedgers, '--url', server.url);
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({ comparedWith: server.url, differences: 0, paidCents: first['paidCents'] });
  expect(code).toBe(0);
});

test('both proposals are computed again and are the same', async () => {
  const { code, lines } = await run(recomputeCalls);
  expect(JSON.parse(lines.at(-1)!)).toEqual({ calls: 2, same: 2, differs: 0 });
  expect(code).toBe(0);
});

test('a stream is shown at a moment; a scorebook is not', async () => {
  const db = new DatabaseSync(join(data, 'events.sqlite'), { readOnly: true });
  const { stream } = db.prepare("SELECT stream FROM events WHERE stream LIKE 'demo.pilot-%' AND revision > 10 LIMIT 1").get() as {
    stream: string;
  };
  const { book } = db.prepare("SELECT stream AS book FROM events WHERE stream LIKE 'demo.scorebook-%' LIMIT 1").get() as { book: string };
  db.close();
  const { lines } = await run(replayStream, stream, '--revision', '0');
  expect(JSON.parse(lines.join('\n'))).toMatchObject({
    stream,
    revision: 0,
    event: { type: 'pilot.submitted' },
    state: { withdrawn: false },
  });
  await expect(run(replayStream, book)).rejects.toThrow('sealed until scoring closes');
  await expect(run(replayStream, stream, '--at', '2020-01-01')).rejects.toThrow('had no event');
});

test('read models are built anew beside the running server, from the live ones or from nothing', async () => {
  const rebuild = (...args: string[]) => run((a, out) => rebuildReadModels(a, out, silent), ...args);
  for (const args of [[], ['desk_pilots'], ['--drop']]) {
    const { code, lines } = await rebuild(...args);
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ changed: 0, stopped: 0 });
    expect(code).toBe(0);
  }
  await expect(rebuild('no_such')).rejects.toThrow('One of: public_policy');
  expect((await run(checkLedgers, '--url', server.url)).code).toBe(0);
}, 120_000);

test('the demo clock is told and moved', async () => {
  const { now } = JSON.parse((await run(moveClock, '--url', server.url)).lines[0]!) as { now: string };
  const { lines } = await run(moveClock, '--url', server.url, '--by', '1d');
  expect(Date.parse((JSON.parse(lines[0]!) as { now: string }).now)).toBe(Date.parse(now) + 86_400_000);
});
