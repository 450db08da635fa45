import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import { Visitor } from '@minipilot/identity/test-support.js';
import { expectDescribed } from './described.js';
import type { Reply } from './api.js';

/** A port of this machine that nobody has at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A browser at a deployment, with pages of the service as scripts see them: they know the session's token, not its cookie. */
export class Browser extends Visitor {
  private csrfToken = '';

  constructor(readonly base: string) {
    super();
  }

  /** Signs in as one of the demonstration's people. Returns where it led to. */
  async signInAs(person: string, query = '', tenant = 'demo'): Promise<string> {
    const choose = await this.follow(`${this.base}/auth/${tenant}/login${query}`, `${this.base}/demo/oidc/choose/`);
    const chosen = await this.go(choose, {
      method: 'POST',
      body: new URLSearchParams({ person }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    return this.comeBack(chosen.location!);
  }

  /** Goes on from an address to the page that was asked for in the first place. */
  async comeBack(from: string): Promise<string> {
    const callback = `${this.base}/auth/callback`;
    const back = from.startsWith(callback) ? from : await this.follow(from, callback);
    const { status, location, text } = await this.go(back);
    if (location === undefined) throw new Error(`nobody was signed in: ${status} ${text}`);
    await this.session();
    return location;
  }

  /** Who is signed in here. */
  async session(): Promise<any> {
    const body = JSON.parse((await this.go(`${this.base}/auth/session`)).text) as { csrfToken?: string };
    this.csrfToken = body.csrfToken ?? '';
    return body;
  }

  /** As a script of a page of this service asks. */
  async ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    const changes = method === 'GET' ? {} : { origin: this.base, 'sec-fetch-site': 'same-origin', 'x-csrf-token': this.csrfToken };
    const sent = { 'accept-language': 'en', 'idempotency-key': randomUUID(), ...changes, ...headers };
    const payload = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await this.go(this.base + path, {
      method,
      headers: { ...sent, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...payload,
    });
    const parsed = answer.text.startsWith('{') ? (JSON.parse(answer.text) as unknown) : undefined;
    expectDescribed(method, path, answer.status, parsed);
    return { status: answer.status, headers: answer.headers, text: answer.text, body: parsed };
  }
}
