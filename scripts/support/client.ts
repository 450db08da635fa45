import { setTimeout as sleep } from 'node:timers/promises';
import type { DemoIdentity } from '@minipilot/identity/demo-identity.js';
import type { Role } from '@minipilot/identity/roles.js';
import { CannotDo } from './command.js';

/** A fictional person who signs in. */
export interface Person {
  person: string;
  name: string;
  roles: readonly Role[];
}

/** The server answered with a refusal. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly params: Readonly<Record<string, string | number>>,
    message: string,
  ) {
    super(message);
    this.name = 'Refused';
  }
}

export interface ClientOptions {
  url: string;
  tenant: string;
  identity: DemoIdentity;
  /** in front of every Idempotency-Key */
  prefix: string;
  /** milliseconds to go on trying while the server is away; 0 fails at once */
  patienceMs: number;
  /** told once for each time that the server is away */
  away?: (why: string) => void;
}

/** Answers of the API are JSON objects that the caller knows. */
export type Json = Record<string, any>;

/** Milliseconds to wait for a server that says 503, even without patience. */
const BUSY_MS = 10_000;
/** Milliseconds after which people sign in again: approvals and decisions want a fresh sign-in. */
const RENEW_MS = 5 * 60_000;

/** People who talk to a running server. The same step has the same Idempotency-Key, so that it counts once however often it is sent. */
export class Client {
  private readonly tokens = new Map<string, { token: Promise<string>; issued: number }>();

  constructor(private readonly options: ClientOptions) {}

  get(who: Person | null, path: string): Promise<Json> {
    return this.send(who, 'GET', path, {}).then(({ body }) => body);
  }

  /** With the revision to name in If-Match. */
  async edit(who: Person, path: string): Promise<{ body: Json; etag: string }> {
    const { body, headers } = await this.send(who, 'GET', path, {});
    return { body, etag: headers.get('etag') ?? '' };
  }

  post(who: Person, path: string, step: string, body?: object, etag?: string): Promise<Json> {
    return this.change(who, 'POST', path, step, body, etag);
  }

  put(who: Person, path: string, step: string, body: object, etag?: string): Promise<Json> {
    return this.change(who, 'PUT', path, step, body, etag);
  }

  /** Like `post`, but null where the server refuses with one of these codes. */
  async postUnless(codes: readonly string[], who: Person, path: string, step: string, body?: object): Promise<Json | null> {
    try {
      return await this.post(who, path, step, body);
    } catch (error) {
      if (error instanceof Refused && codes.includes(error.code)) return null;
      throw error;
    }
  }

  /** All rows of a list, page by page. */
  async list(who: Person | null, path: string): Promise<Json[]> {
    const items: Json[] = [];
    for (let cursor: string | null = null; ;) {
      const page = await this.get(who, `${path}${path.includes('?') ? '&' : '?'}limit=200${cursor === null ? '' : `&cursor=${cursor}`}`);
      items.push(...(page['items'] as Json[]));
      cursor = page['next'] as string | null;
      if (cursor === null) return items;
    }
  }

  private async change(who: Person, method: string, path: string, step: string, body?: object, etag?: string): Promise<Json> {
    const headers: Record<string, string> = { 'idempotency-key': `${this.options.prefix}/${step}` };
    if (etag !== undefined) headers['if-match'] = etag;
    return (await this.send(who, method, path, headers, body)).body;
  }

  private async send(
    who: Person | null,
    method: string,
    path: string,
    more: Record<string, string>,
    body?: object,
  ): Promise<{ body: Json; headers: Headers }> {
    const { url, tenant, patienceMs, away } = this.options;
    const address = path.startsWith('/') ? `${url}${path}` : `${url}/api/${tenant}/${path}`;
    const headers = { ...more, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
    const began = performance.now();
    for (let pause = 50, told = false; ; pause = Math.min(pause * 2, 1000)) {
      const signed: Record<string, string> = who === null ? headers : { ...headers, authorization: `Bearer ${await this.token(who)}` };
      let trouble: string;
      try {
        const response = await fetch(address, { method, headers: signed, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
        const text = await response.text();
        if (response.status !== 503) return { body: readAnswer(response, text, `${method} ${path}`), headers: response.headers };
        trouble = `503 ${busyWith(text)}`;
        if (performance.now() - began > Math.max(patienceMs, BUSY_MS)) throw new CannotDo(`The server at ${url} stays busy: ${trouble}.`);
      } catch (error) {
        if (error instanceof CannotDo || error instanceof Refused) throw error;
        trouble = String((error as { cause?: { code?: string } }).cause?.code ?? (error as Error).message);
        if (performance.now() - began > patienceMs)
          throw new CannotDo(`The server at ${url} does not answer ${method} ${path} (${trouble}). Start it with: npm start`);
      }
      if (!told) away?.(trouble);
      told = true;
      await sleep(pause);
    }
  }

  private token(who: Person): Promise<string> {
    const found = this.tokens.get(who.person);
    if (found !== undefined && performance.now() - found.issued < RENEW_MS) return found.token;
    const token = this.options.identity.issue({ ...who, tenant: this.options.tenant });
    this.tokens.set(who.person, { token, issued: performance.now() });
    return token;
  }
}

/** What a 503 is about. */
function busyWith(text: string): string {
  try {
    const { code, detail, params } = JSON.parse(text) as Json;
    return `${code}: ${params?.reason ?? detail}`;
  } catch {
    return 'without a word';
  }
}

function readAnswer(response: Response, text: string, what: string): Json {
  let body: Json;
  try {
    body = text === '' ? {} : (JSON.parse(text) as Json);
  } catch {
    throw new CannotDo(`${what} was answered ${response.status} with something that is no JSON: is there another server at this address?`);
  }
  if (response.ok) return body;
  const fields = (body['errors'] as Json[] | undefined)?.map((e) => `${e['pointer'] ?? e['parameter']} ${e['detail']}`).join('; ');
  const message = `${what} was refused: ${response.status} ${body['code']} ${body['detail'] ?? ''}${fields === undefined ? '' : ` – ${fields}`}`;
  throw new Refused(response.status, String(body['code']), (body['params'] as Refused['params']) ?? {}, message);
}

/** Runs `work` on all items, at most `width` at a time; stops at the first error. */
export async function each<T>(items: readonly T[], width: number, work: (item: T, index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      try {
        await work(items[index]!, index);
      } catch (error) {
        next = items.length;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
}
