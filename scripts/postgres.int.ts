import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { testDatabase } from '../test/support/postgres.js';

jest.setTimeout(120_000);

const keepers: ChildProcess[] = [];

async function startKeeper(): Promise<{ keeper: ChildProcess; socket: string }> {
  const keeper = spawn(process.execPath, [join(__dirname, 'postgres.mjs'), '--keep'], { stdio: ['pipe', 'pipe', 'inherit'] });
  keepers.push(keeper);
  const [line] = (await once(keeper.stdout!, 'data')) as [Buffer];
  return { keeper, socket: String(line).trim() };
}

/** Starts the server and gives its process id. */
async function serverOf(socket: string): Promise<number> {
  const answer = JSON.parse(await text(connect(socket))) as { url?: string; error?: string };
  expect(answer).toEqual({ url: expect.stringMatching(/^postgres:/) });
  return Number(readFileSync(join(dirname(socket), 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
}

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}/exe`) || existsSync(`/proc/${pid}`);

async function gone(pid: number): Promise<void> {
  for (let i = 0; i < 400 && isAlive(pid); i++) await sleep(25);
  expect(isAlive(pid)).toBe(false);
}

afterEach(async () => {
  for (const keeper of keepers.splice(0)) {
    if (keeper.exitCode !== null || keeper.signalCode !== null) continue;
    const ended = once(keeper, 'exit');
    keeper.stdin!.end();
    await ended;
  }
});

it('starts one server for all who ask, and stops it when its parent is gone', async () => {
  const { keeper, socket } = await startKeeper();
  const [first, second] = await Promise.all([serverOf(socket), serverOf(socket)]);
  expect(first).toBe(second);
  const ended = once(keeper, 'exit');
  keeper.stdin!.end();
  await ended;
  await gone(first);
  expect(existsSync(dirname(socket))).toBe(false);
});

it('clears a server whose keeper was killed', async () => {
  const { keeper, socket } = await startKeeper();
  const server = await serverOf(socket);
  const ended = once(keeper, 'exit');
  keeper.kill('SIGKILL');
  await ended;
  expect(isAlive(server)).toBe(true);
  await startKeeper();
  await gone(server);
  expect(existsSync(dirname(socket))).toBe(false);
});

it('gives each test a database of its own', async () => {
  const [one, two] = await Promise.all([testDatabase(), testDatabase()]);
  expect(one.url).not.toBe(two.url);
  await one.drop();
  await two.drop();
});
