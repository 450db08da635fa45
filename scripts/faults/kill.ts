import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { catalogue } from '@minipilot/grants/catalogue.js';
import { DemoIdentity } from '@minipilot/identity/demo-identity.js';
import type { Recorded } from '@minipilot/kernel/event.js';
import { eventId } from '@minipilot/kernel/ids.js';
import { addMilliseconds } from '@minipilot/kernel/time.js';
import { LedgerAudit } from '../ledger/audit.js';
import { STAFF } from '../simulation/plan.js';
import { chance, type Chance } from '../support/chance.js';
import { Client, type Json, type Person } from '../support/client.js';
import { startServer, type Server } from '../support/server.js';
import { withStore } from '../support/store.js';

/** One command that the server answered with success. */
interface Acknowledged {
  who: Person;
  path: string;
  step: string;
  body?: object;
  answer: Json;
}

export interface KillReport {
  rounds: number;
  seed: number;
  acknowledged: number;
  /** acknowledged commands that a repeat did not find as they were answered */
  lost: string[];
  /** commands with more than one append, events that are there twice, gaps in streams, money that does not add up */
  wrong: string[];
  /** milliseconds from start to ready after each kill */
  recoveredMs: number[];
}

/** Milliseconds in which a started server must have carried out its first command. */
const PATIENCE_MS = 30_000;
/** People who apply at once. */
const PEOPLE = 24;

/**
 * Kills the server at random moments while many people send commands, starts it again, and checks that whatever it had acknowledged is
 * there, once: each command is sent again with its key, and the store is read whole. `built` is the folder with apps.
 */
export async function killRounds(built: string, rounds: number, seed: number, tell: (line: string) => void): Promise<KillReport> {
  const data = mkdtempSync(join(tmpdir(), 'minipilot-kill-'));
  const report: KillReport = { rounds, seed, acknowledged: 0, lost: [], wrong: [], recoveredMs: [] };
  let server: Server | undefined;
  try {
    server = await startServer(built, data);
    const identity = await DemoIdentity.open(data);
    for (let round = 1; round <= rounds; round++) {
      const draw = chance(seed, 'kill', round);
      const client = new Client({ url: server.url, tenant: 'demo', identity, prefix: `kill/${seed}/${round}`, patienceMs: 0 });
      const done = await driveAndKill(client, server, round, draw);
      report.acknowledged += done.length;
      server = await startServer(built, data);
      report.recoveredMs.push(Math.round(server.readyMs));
      const again = new Client({ url: server.url, tenant: 'demo', identity, prefix: `kill/${seed}/${round}`, patienceMs: 0 });
      const lost = await repeatAll(again, done);
      report.lost.push(...lost.map((what) => `round ${round}: ${what}`));
      // a moved clock answers when flows and projections have done all that there was to do
      const { now } = (await again.get(STAFF.officer, '/demo/clock')) as { now: string };
      await again.post(STAFF.officer, '/demo/clock', 'clock', { to: addMilliseconds(now, 60_000) });
      report.wrong.push(...(await wrongInStore(data)).map((what) => `round ${round}: ${what}`));
      tell(`round ${round}: ${done.length} acknowledged, ${lost.length} lost, ready after ${Math.round(server.readyMs)} ms`);
    }
    return report;
  } finally {
    await server?.kill();
    rmSync(data, { recursive: true, force: true });
  }
}

/** Sends commands of many people until the server is killed; gives those that it acknowledged. */
async function driveAndKill(client: Client, server: Server, round: number, draw: Chance): Promise<Acknowledged[]> {
  const call = ((await client.list(null, 'calls'))[0] as { call: string }).call;
  const done: Acknowledged[] = [];
  let killed = false;
  const send = async (who: Person, path: string, step: string, body?: object): Promise<Json> => {
    const answer = await client.post(who, path, step, body);
    done.push({ who, path, step, ...(body === undefined ? {} : { body }), answer });
    return answer;
  };
  const person = async (n: number) => {
    for (let k = 0; !killed; k++) {
      const name = `f${round}-${n}-${k}`;
      const who: Person = { person: name, name: `Kaisa ${name}`, roles: ['applicant'] };
      const form = {
        ...{
          kind: 'resident',
          name: who.name,
          phone: '040 1234567',
          title: 'Naapurien keittopäivä',
          idea: 'Keitetään yhdessä ja kysytään, ketkä tulevat.',
        },
        ...{
          district: 'Keskusta',
          place: 'Pihalla',
          time: 'Elokuussa',
          lines: [{ what: 'ainekset', cents: 20_000 + n }],
          involves: ['food'],
        },
        ...{ language: 'fi', confirmed: true },
      };
      const draft = await send(who, `calls/${call}/drafts`, `draft/${name}`, { form });
      const { id } = await send(who, `calls/${call}/drafts/${draft['id']}/submit`, `submit/${name}`);
      const what = (n + k) % 3;
      if (what === 0) await send(who, `applications/${id}/withdrawal`, `withdraw/${name}`);
      if (what === 1) await send(STAFF.officer, `applications/${id}/check`, `check/${name}`, { suggestion: 'eligible', codes: [] });
      if (what === 2)
        await send(STAFF.officer, `calls/${call}/readings`, `read/${name}`, { application: id, values: [true, true, k % 2 === 0] });
    }
  };
  const people = Promise.allSettled(Array.from({ length: PEOPLE }, (_, n) => person(n)));
  for (let waited = 0; done.length === 0 && waited < PATIENCE_MS; waited += 5) await sleep(5);
  await sleep(draw.whole(0, 2_500));
  killed = true;
  await server.kill();
  await people;
  return done;
}

/** Sends every acknowledged command again; says which are answered otherwise than at first. */
async function repeatAll(client: Client, done: readonly Acknowledged[]): Promise<string[]> {
  const lost: string[] = [];
  for (const { who, path, step, body, answer } of done) {
    const again = await client.post(who, path, step, body).catch((error: unknown) => ({ refused: String(error) }) as Json);
    // a draft is no fact: sent again, it is answered as it stands now
    for (const name of step.startsWith('draft/') ? ['id'] : ['id', 'revision', 'position', 'receipt', 'arrivedAt'])
      if (answer[name] !== again[name]) {
        lost.push(`${step}: ${name} was ${String(answer[name])}, now ${JSON.stringify(again['refused'] ?? again[name])}`);
        break;
      }
  }
  return lost;
}

const PAGE = 5_000;

/** What the store holds against its own rules: each command appended once, streams without gaps, money that adds up. */
export async function wrongInStore(data: string): Promise<string[]> {
  return withStore(data, async (store) => {
    const audit = new LedgerAudit();
    const wrong = new StoreAudit();
    for (let position: string | null = null; ;) {
      const events = await store.readAll(position, PAGE);
      for (const event of events) {
        audit.take(catalogue.upcast(event));
        wrong.take(event);
      }
      if (events.length < PAGE) break;
      position = events.at(-1)!.position;
    }
    return [...wrong.faults, ...audit.faults, ...audit.disagreements()];
  });
}

/** One append for each command, no gap in any stream. */
export class StoreAudit {
  readonly faults: string[] = [];
  private readonly revisions = new Map<string, number>();
  private readonly commands = new Map<string, { stream: string; last: number; count: number }>();

  take({ id, stream, revision, commandId }: Recorded): void {
    const expected = (this.revisions.get(stream) ?? -1) + 1;
    if (revision !== expected) this.faults.push(`${stream} goes from revision ${expected - 1} to ${revision}`);
    this.revisions.set(stream, revision);
    const before = this.commands.get(commandId);
    const count = before?.count ?? 0;
    if (before !== undefined && (before.stream !== stream || before.last !== revision - 1))
      this.faults.push(`command ${commandId} was appended twice: ${before.stream}, ${stream}`);
    if (id !== eventId(commandId, count)) this.faults.push(`event ${id} is not number ${count} of its command`);
    this.commands.set(commandId, { stream, last: revision, count: count + 1 });
  }
}
