import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DemoIdentity } from '@minipilot/identity/demo-identity.js';
import { Client, each, type Person } from '../support/client.js';
import { startServer } from '../support/server.js';
import { withStore } from '../support/store.js';
import { median, rounded } from './figures.js';
import { fire, type Load, type Shot } from './load.js';

const CONNECTIONS = 32;
/** Of each pair of rounds, ours and the limit's. */
const ROUNDS = 5;
const SUBMISSIONS = 1_000;
/** Submissions that warm the server up, not measured. */
const WARM_UP = 500;

export interface SubmitFigure {
  figure: 'submit';
  perSecond: number;
  limitPerSecond: number;
  ratio: number;
  p99Ms: number;
  limitP99Ms: number;
  p99Ratio: number;
  rounds: number;
  connections: number;
}

/**
 * Durable applications a second through HTTP, signed in, validated, decided, sealed, appended, with a receipt, beside bare Fastify that commits
 * the same bytes as often. Each is a POST of a draft that was prepared before the clock started. `profile` is a folder for a CPU profile.
 */
export async function benchSubmit(built: string, profile: string | undefined, tell: (line: string) => void): Promise<SubmitFigure> {
  const dir = mkdtempSync(join(tmpdir(), 'minipilot-bench-'));
  const data = join(dir, 'data');
  const server = await startServer(built, data, profile === undefined ? {} : { nodeArgs: ['--cpu-prof', `--cpu-prof-dir=${profile}`] });
  let limit: { url: string; stop(): Promise<void> } | undefined;
  const [ours, theirs]: [Load[], Load[]] = [[], []];
  try {
    const identity = await DemoIdentity.open(data);
    const client = new Client({ url: server.url, tenant: 'demo', identity, prefix: 'bench', patienceMs: 0 });
    const call = ((await client.list(null, 'calls'))[0] as { call: string }).call;
    let people = 0;
    const drafts = (count: number) =>
      prepare(
        client,
        identity,
        call,
        Array.from({ length: count }, () => people++),
      );
    await fire(server.url, await drafts(WARM_UP), CONNECTIONS);
    limit = await startLimit(built, dir, await writesOf(data));
    const bodyless: Shot[] = Array.from({ length: SUBMISSIONS }, () => ({ path: '/submit', headers: {} }));
    await fire(limit.url, bodyless, CONNECTIONS);
    for (let round = 1; round <= ROUNDS; round++) {
      const shots = await drafts(SUBMISSIONS);
      await client.post(STAFF_MEMBER, '/demo/clock', 'clock', { to: await laterBy(client, 1000) });
      ours.push(await fire(server.url, shots, CONNECTIONS));
      theirs.push(await fire(limit.url, bodyless, CONNECTIONS));
      tell(`submit ${round}/${ROUNDS}: ${Math.round(ours.at(-1)!.perSecond)}/s, limit ${Math.round(theirs.at(-1)!.perSecond)}/s`);
    }
  } finally {
    await limit?.stop();
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  }
  const [perSecond, limitPerSecond] = [median(ours.map((l) => l.perSecond)), median(theirs.map((l) => l.perSecond))];
  const [p99Ms, limitP99Ms] = [median(ours.map((l) => l.p99Ms)), median(theirs.map((l) => l.p99Ms))];
  return {
    figure: 'submit',
    perSecond: Math.round(perSecond),
    limitPerSecond: Math.round(limitPerSecond),
    ratio: rounded(perSecond / limitPerSecond, 3),
    p99Ms: rounded(p99Ms),
    limitP99Ms: rounded(limitP99Ms),
    p99Ratio: rounded(p99Ms / limitP99Ms),
    rounds: ROUNDS,
    connections: CONNECTIONS,
  };
}

const STAFF_MEMBER: Person = { person: 'outi', name: 'Outi Officer', roles: ['officer'] };

async function laterBy(client: Client, ms: number): Promise<string> {
  const { now } = (await client.get(STAFF_MEMBER, '/demo/clock')) as { now: string };
  return new Date(Date.parse(now) + ms).toISOString();
}

/** A draft for each person, and the request that submits it. */
async function prepare(client: Client, identity: DemoIdentity, call: string, people: readonly number[]): Promise<Shot[]> {
  const shots: Shot[] = [];
  await each(people, CONNECTIONS, async (n) => {
    const who: Person = { person: `b${n}`, name: `Kaisa Koivu ${n}`, roles: ['applicant'] };
    const form = {
      ...{ kind: 'resident', name: who.name, phone: '040 1234567', email: `b${n}@posti.example`, title: 'Naapurien keittopäivä' },
      ...{
        idea: 'Keitetään yhdessä ja kysytään, ketkä tulevat. '.repeat(8).trim(),
        district: 'Keskusta',
        place: 'Kirjaston pihalla',
        time: 'Elokuussa',
      },
      ...{ lines: [{ what: 'ainekset', cents: 20_000 }], involves: ['food'], language: 'fi', confirmed: true },
    };
    const draft = await client.post(who, `calls/${call}/drafts`, `draft/${n}`, { form });
    const token = await identity.issue({ ...who, tenant: 'demo' });
    shots.push({
      path: `/api/demo/calls/${call}/drafts/${draft['id']}/submit`,
      headers: { authorization: `Bearer ${token}`, 'idempotency-key': `submit-${n}` },
    });
  });
  return shots;
}

/** What one submission commits: the applicant's own key, the keys of the sealed parts, the event, the settled draft. */
async function writesOf(data: string): Promise<{ file: string; bytes: number }[]> {
  const event = await withStore(data, async (store) => {
    for (let position: string | null = null; ;) {
      const events = await store.readAll(position, 1_000);
      const found = events.find((e) => e.type === 'pilot.submitted');
      if (found !== undefined) return JSON.stringify(found).length;
      if (events.length === 0) throw new Error('no application was submitted');
      position = events.at(-1)!.position;
    }
  });
  // a wrapped key with its indexes takes about 300 bytes of the vault; a submission has two sealed parts
  return [
    { file: 'vault', bytes: 300 },
    { file: 'vault', bytes: 600 },
    { file: 'events', bytes: event },
    { file: 'vault', bytes: 400 },
  ];
}

async function startLimit(built: string, folder: string, writes: object[]): Promise<{ url: string; stop(): Promise<void> }> {
  const child = spawn(process.execPath, [join(built, 'scripts', 'bench', 'limit.js'), folder, JSON.stringify(writes)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => resolve(/at (\S+)/.exec(chunk.toString())![1]!));
    void ended.then(() => reject(new Error('the limit did not start')));
  });
  return {
    url,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Where a profiled process spent its time: milliseconds of each function by itself, the greatest first. */
export function hottest(profile: string, most: number): string[] {
  const own = new Map<string, number>();
  let total = 0;
  for (const name of readdirSync(profile).filter((file) => file.endsWith('.cpuprofile'))) {
    const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(join(profile, name), 'utf8')) as {
      nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
      samples: number[];
      timeDeltas: number[];
    };
    const names = new Map(
      nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => [
        id,
        `${functionName || '(anonymous)'} ${url.split('/').slice(-3).join('/')}:${lineNumber + 1}`,
      ]),
    );
    samples.forEach((id, i) => {
      const what = names.get(id)!;
      if (what.startsWith('(idle)') || what.startsWith('(root)')) return;
      own.set(what, (own.get(what) ?? 0) + timeDeltas[i]! / 1000);
      total += timeDeltas[i]! / 1000;
    });
  }
  return [...own]
    .sort(([, a], [, b]) => b - a)
    .slice(0, most)
    .map(
      ([what, ms]) =>
        `${rounded((100 * ms) / total, 1)
          .toFixed(1)
          .padStart(5)} %  ${what}`,
    );
}
