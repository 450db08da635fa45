import type { CookieSerializeOptions } from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createHash, timingSafeEqual } from 'node:crypto';
import { Problem } from './problem.js';

/** Header in which a page proves that it could read an answer of ours. */
export const CSRF_HEADER = 'x-csrf-token';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** The first value of a header that nobody sends twice in earnest. */
const headerOf = (request: FastifyRequest, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join() : value;
};

/**
 * What stands between a browser and its session: cookies that scripts do not see and other sites do not get along, and proof that
 * a change was asked for by a page of this service. `publicUrl` is the address under which browsers reach it.
 */
export class Browsers {
  constructor(readonly publicUrl: () => string) {}

  private get secure(): boolean {
    return this.publicUrl().startsWith('https:');
  }

  /** Name of a cookie; by `__Host-` a browser takes it from this very host alone, over https (RFC 6265bis). */
  cookieName(use: string): string {
    return `${this.secure ? '__Host-' : ''}minipilot-${use}`;
  }

  private attributes(): CookieSerializeOptions {
    return { httpOnly: true, secure: this.secure, sameSite: 'lax', path: '/' };
  }

  read(request: FastifyRequest, use: string): string | undefined {
    return request.cookies[this.cookieName(use)];
  }

  /** Gives a cookie to the browser, until it is closed or for `seconds`. */
  give(reply: FastifyReply, use: string, value: string, seconds?: number): void {
    void reply.setCookie(this.cookieName(use), value, { ...this.attributes(), ...(seconds === undefined ? {} : { maxAge: seconds }) });
  }

  take(reply: FastifyReply, use: string): void {
    void reply.clearCookie(this.cookieName(use), this.attributes());
  }

  /** The token that belongs to a session. It follows from the session's id, which no script can read, and does not tell it. */
  csrfToken(session: string): string {
    return createHash('sha256').update(`minipilot/csrf/v1 ${session}`).digest('base64url');
  }

  /**
   * Refuses a change that a page of another site could have caused: the browser must name this service as its origin, and the page
   * must know the session's token. Throws Problem `request-from-elsewhere`, 403.
   */
  requireOwnPage(request: FastifyRequest, session: string): void {
    const site = headerOf(request, 'sec-fetch-site');
    const origin = headerOf(request, 'origin');
    const same = origin === this.publicUrl();
    // a form of ours, whose pages tell nobody where one comes from, is of origin `null`; what a browser says of the site is no page's to choose
    const ours = site === undefined ? same : site === 'same-origin' && (same || origin === undefined || origin === 'null');
    const known = timingSafeEqual(digest(headerOf(request, CSRF_HEADER) ?? ''), digest(this.csrfToken(session)));
    if (!ours || !known) throw new Problem('request-from-elsewhere');
  }
}
