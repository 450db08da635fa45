import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DemoIdentity } from '@minipilot/identity/demo-identity.js';
import type { Role } from '@minipilot/identity/roles.js';
import { TimeServer } from '@minipilot/platform/store/testing.js';
import { Process } from '../support/running.js';

export interface Reply {
  status: number;
  headers: Headers;
  body: any;
}

/** Desks and a worker as separate processes over the same files, each with a clock of its own that may be wrong. */
export class Nodes {
  readonly data = realpathSync(mkdtempSync(join(tmpdir(), 'minipilot-nodes-')));
  readonly desks: Process[] = [];
  private readonly running: Process[] = [];
  private identity: DemoIdentity;
  private readonly tokens = new Map<string, Promise<string>>();
  private steps = 0;

  private constructor(readonly time: TimeServer) {}

  /** A worker and one desk for each offset of a machine's clock in milliseconds; all ask the same time server. */
  static async open(offsets: readonly number[]): Promise<Nodes> {
    const nodes = new Nodes(await TimeServer.open());
    try {
      await nodes.spawn('worker', 'worker', 0);
      for (const [i, offset] of offsets.entries()) nodes.desks.push(await nodes.spawn('desk', `desk-${i + 1}`, offset));
      nodes.identity = await DemoIdentity.open(nodes.data);
      return nodes;
    } catch (error) {
      await nodes.end();
      throw error;
    }
  }

  async spawn(app: 'desk' | 'worker', instance: string, offsetMs: number, time = this.time): Promise<Process> {
    const process = Process.spawn(app, {
      MINIPILOT_DATA: this.data,
      MINIPILOT_INSTANCE: instance,
      MINIPILOT_CLOCK_OFFSET_MS: String(offsetMs),
      MINIPILOT_TIME_SERVER: `127.0.0.1:${time.port}`,
      MINIPILOT_LOG_LEVEL: 'warn',
    });
    this.running.push(process);
    return process.ready();
  }

  async end(): Promise<void> {
    await Promise.all(this.running.map((one) => one.stop()));
    await this.time.close();
    rmSync(this.data, { recursive: true, force: true });
  }

  /** Reference time in milliseconds since 1970. */
  now(): number {
    return this.time.now();
  }

  /** Most milliseconds by which the desks' clocks may be off the reference, as they say themselves. */
  async doubtMs(): Promise<number> {
    const doubts = await Promise.all(
      this.desks.map(async ({ url }) => {
        const { checks } = (await (await fetch(`${url}/health/ready`)).json()) as {
          checks: { name: string; ok: boolean; detail: string }[];
        };
        const clock = checks.find(({ name }) => name === 'clock')!;
        expect(clock.ok).toBe(true);
        return Number(/in doubt by (\d+) ms/.exec(clock.detail)![1]);
      }),
    );
    return Math.max(...doubts);
  }

  token(person: string, roles: readonly Role[] = []): Promise<string> {
    const key = `${person} ${roles.join()}`;
    let token = this.tokens.get(key);
    if (token === undefined)
      this.tokens.set(key, (token = this.identity.issue({ person, name: `Asukas ${person}`, tenant: 'demo', roles })));
    return token;
  }

  async ask(
    desk: Process,
    [person, ...roles]: readonly [string, ...Role[]],
    method: string,
    path: string,
    how: { body?: unknown; key?: string; ifMatch?: string; signal?: AbortSignal } = {},
  ): Promise<Reply> {
    const { body, key = `step-${++this.steps}`, ifMatch, signal } = how;
    const reply = await fetch(`${desk.url}${path.startsWith('/') ? path : `/api/demo/${path}`}`, {
      method,
      headers: {
        authorization: `Bearer ${await this.token(person, roles)}`,
        ...(method === 'GET' ? {} : { 'idempotency-key': key }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    const text = await reply.text();
    return { status: reply.status, headers: reply.headers, body: text === '' ? undefined : JSON.parse(text) };
  }

  /** At the first desk; fails unless it succeeds, and tries again where the answer is 503. */
  async do(who: readonly [string, ...Role[]], method: string, path: string, body?: unknown, ifMatch?: string): Promise<any> {
    const key = `step-${++this.steps}`;
    for (let tries = 0; ; tries++) {
      const reply = await this.ask(this.desks[0]!, who, method, path, { body, key, ...(ifMatch === undefined ? {} : { ifMatch }) });
      if (reply.status < 300) return reply.body;
      if (reply.status !== 503 || tries > 20) throw new Error(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
      await pause(100);
    }
  }

  /** Lead times of none, so that a call can be announced, opened and closed while a test waits. */
  async withoutLeadTimes(): Promise<void> {
    const policy = await this.ask(this.desks[0]!, ['hallinto', 'admin'], 'GET', 'policy');
    const body = { ...policy.body, leadDays: { ranked: 0, rolling: 0 } };
    await this.do(['hallinto', 'admin'], 'PUT', 'policy', body, policy.headers.get('etag')!);
  }

  async announce(content: Record<string, unknown>): Promise<string> {
    const { id } = await this.do(['koordinaattori', 'officer'], 'POST', 'calls', content);
    await this.do(['koordinaattori', 'officer'], 'POST', `calls/${id}/announcement`);
    return id as string;
  }

  /** Moves the demo clock; it stands from then on. */
  async advance(to: number): Promise<void> {
    await this.do(['kello'], 'POST', '/demo/clock', { to: new Date(to).toISOString() });
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));

/** Runs `work` on all items, at most `width` at a time. */
export async function each<T>(items: readonly T[], width: number, work: (item: T, index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      await work(items[index]!, index);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
}
