import { randomUUID } from 'node:crypto';
import { DemoIdentity } from '@minipilot/identity/demo-identity.js';
import type { Role } from '@minipilot/identity/roles.js';
import type { Residence } from '@minipilot/platform/http/request-context.js';
import { expectDescribed } from './described.js';
import type { Deployment } from './running.js';

export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  /** parsed JSON; undefined when the body is none */
  body: any;
}

export interface Ask {
  /** the bearer token */
  token?: string;
  body?: unknown;
  /** instead of `body`: bytes as they are */
  raw?: string;
  /** Idempotency-Key; null sends none */
  key?: string | null;
  ifMatch?: number | string;
  language?: string;
  headers?: Record<string, string>;
}

/**
 * One HTTP request. A POST, PUT or DELETE gets an Idempotency-Key of its own unless told otherwise.
 * Throws when the answer is not of the shape that the API's description gives.
 */
export async function ask(base: string, method: string, path: string, how: Ask = {}): Promise<Reply> {
  const { token, body, raw, key, ifMatch, language = 'en', headers = {} } = how;
  const sent: Record<string, string> = { 'accept-language': language };
  if (token !== undefined) sent['authorization'] = `Bearer ${token}`;
  if (body !== undefined || raw !== undefined) sent['content-type'] = 'application/json';
  if (method !== 'GET' && key !== null) sent['idempotency-key'] = key ?? randomUUID();
  if (ifMatch !== undefined) sent['if-match'] = typeof ifMatch === 'number' ? `"${ifMatch}"` : ifMatch;
  const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const answer = await fetch(base + path, {
    method,
    headers: { ...sent, ...headers },
    ...(payload === undefined ? {} : { body: payload }),
  });
  const text = await answer.text();
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  expectDescribed(method, path, answer.status, parsed);
  return { status: answer.status, headers: answer.headers, text, body: parsed };
}

/** The answer's body; fails with the whole answer unless it is a success. */
export function ok(reply: Reply): any {
  if (reply.status < 200 || reply.status > 299) throw new Error(`${reply.status}: ${reply.text}`);
  return reply.body;
}

/** Checks that an answer is a problem (RFC 9457) of this status and code, and which fields it blames. Returns its body. */
export function expectProblem(reply: Reply, status: number, code: string, blamed?: Record<string, string>): any {
  const { body, headers } = reply;
  expect({ status: reply.status, code: body?.code }).toEqual({ status, code });
  expect(headers.get('content-type')).toBe('application/problem+json');
  expect(body).toEqual(
    expect.objectContaining({ type: `/problems/${code}`, status, title: expect.stringMatching(/./), detail: expect.stringMatching(/./) }),
  );
  expect(body.instance).toMatch(/^urn:uuid:[0-9a-f-]{36}$/);
  const texts = [body.detail, ...(body.errors ?? []).map((e: { detail: string }) => e.detail)] as string[];
  // neither a missing text nor a placeholder that was not filled
  for (const text of texts) expect(text).not.toMatch(/[{}]|^$/);
  if (blamed !== undefined) {
    const found = Object.fromEntries((body.errors ?? []).map((e: Record<string, string>) => [e['pointer'] ?? e['parameter'], e['code']]));
    expect(found).toEqual(blamed);
  }
  return body;
}

/** A person who is signed in, at the desks of a municipality. Paths are below `/api/<tenant>/`. */
export class Person {
  private signedInAt = Date.now();

  constructor(
    private readonly api: Api,
    public token: string,
    readonly email: string,
    readonly name: string,
    private readonly signIn: () => Promise<string>,
  ) {}

  async ask(method: string, path: string, how: Ask = {}): Promise<Reply> {
    // some things want a sign-in that is not older than 15 minutes, and a slow machine may take longer over a story
    if (Date.now() - this.signedInAt > 5 * 60_000) {
      this.signedInAt = Date.now();
      this.token = await this.signIn();
    }
    return this.api.ask(method, path, { token: this.token, ...how });
  }

  async get(path: string): Promise<any> {
    return ok(await this.ask('GET', path));
  }

  async post(path: string, body?: unknown, how: Ask = {}): Promise<any> {
    return ok(await this.ask('POST', path, { ...(body === undefined ? {} : { body }), ...how }));
  }

  async put(path: string, body: unknown, how: Ask = {}): Promise<any> {
    return ok(await this.ask('PUT', path, { body, ...how }));
  }

  /** Every item of a list, page by page. */
  all(path: string, limit = 20): Promise<any[]> {
    return everyPage((page) => this.get(path + page), path, limit);
  }
}

async function everyPage(get: (page: string) => Promise<any>, path: string, limit: number): Promise<any[]> {
  const items: any[] = [];
  let cursor: string | null = null;
  do {
    const page: any = await get(`${path.includes('?') ? '&' : '?'}limit=${limit}${cursor === null ? '' : `&cursor=${cursor}`}`);
    expect(page.items.length).toBeLessThanOrEqual(limit);
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  return items;
}

/** A deployment as its people use it. */
export class Api {
  private constructor(
    readonly deployment: Deployment,
    private readonly identity: DemoIdentity,
    readonly tenant: string,
  ) {}

  static async of(deployment: Deployment, tenant = 'demo'): Promise<Api> {
    return new Api(deployment, await DemoIdentity.open(deployment.data), tenant);
  }

  /** Signs a person in. `person` stands for the e-mail `<person>@demo.example`. */
  async as(person: string, roles: readonly Role[] = [], name = person, tenant = this.tenant, residence?: Residence): Promise<Person> {
    const signIn = () => this.identity.issue({ person, name, tenant, roles, ...(residence === undefined ? {} : { residence }) });
    return new Person(this, await signIn(), `${person}@demo.example`, name, signIn);
  }

  /** Signs in somebody whose e-ID tells age and home. */
  voter(person: string, residence: Residence = { born: '1980-06-01', resident: true }): Promise<Person> {
    return this.as(person, [], person, this.tenant, residence);
  }

  ask(method: string, path: string, how: Ask = {}): Promise<Reply> {
    return ask(this.deployment.desk, method, `/api/${this.tenant}/${path}`, how);
  }

  /** What everybody sees, from the process that shows it. */
  async open(path: string): Promise<any> {
    return ok(await ask(this.deployment.open, 'GET', `/api/${this.tenant}/${path}`));
  }

  openAll(path: string, limit = 20): Promise<any[]> {
    return everyPage((page) => this.open(path + page), path, limit);
  }

  async now(): Promise<string> {
    const { token } = await this.as('clock-keeper');
    return ok(await ask(this.deployment.desk, 'GET', '/demo/clock', { token })).now;
  }

  /** Moves the demo clock on; resolves when all that fell due is done. */
  async advance(to: string): Promise<{ now: string; steps: number }> {
    const { token } = await this.as('clock-keeper');
    const reply = await ask(this.deployment.desk, 'POST', '/demo/clock', { token, body: { to } });
    if (reply.status !== 200) throw new Error(`${reply.text}\n${this.deployment.complaints()}`);
    return reply.body;
  }

  /** Lets projections and flows catch up, at the time that it is. */
  async settle(): Promise<void> {
    await this.advance(await this.now());
  }

  /** Tells the demo bank whose an account is and what becomes of payments to it. */
  async account(iban: string, holder: string, behaviour: 'settle' | 'reject' | 'return' = 'settle'): Promise<void> {
    const { token } = await this.as('clock-keeper');
    ok(await ask(this.deployment.desk, 'POST', '/demo/bank/accounts', { token, body: { iban, holder, behaviour } }));
  }
}

/** A valid Finnish IBAN for each number below 10^10. */
export function iban(number: number): string {
  const account = `1234${String(number).padStart(10, '0')}`;
  const check = 98n - (BigInt(`${account}151800`) % 97n);
  return `FI${String(check).padStart(2, '0')}${account}`;
}
