import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { People } from '@minipilot/identity/identity.js';
import { SignInFailed, type Begun, type Oidc } from '@minipilot/identity/oidc.js';
import type { Authenticator } from '@minipilot/platform/http/access.js';
import type { Browsers } from '@minipilot/platform/http/browser.js';
import { preferredLanguage } from '@minipilot/platform/http/language.js';
import { Problem } from '@minipilot/platform/http/problem.js';
import type { Caller } from '@minipilot/platform/http/request-context.js';
import type { SessionLimits, Sessions } from '@minipilot/platform/privacy/sessions.js';

/** What signing in works with; the composition of the process gives it. */
export interface SignInParts {
  oidc: Oidc;
  browsers: Browsers;
  sessions: Sessions;
  limits: SessionLimits;
  people: People;
  authenticator: Authenticator;
  tenants: readonly string[];
  freshMinutes: number;
  /** the address that browsers use is where the process listens; a browser that came by another name is sent there first */
  ownAddress: boolean;
  log: { warn(fields: Record<string, unknown>, message: string): void };
}
export const SIGN_IN_PARTS = Symbol('sign-in parts');

/** Milliseconds that a person may take at the provider. */
const BEGUN_LASTS = 15 * 60_000;
/** Where one comes back to without having asked for a page. */
const WHO_AM_I = '/auth/session';

/** A sign-in under way, carried by the browser that began it. */
interface UnderWay extends Begun {
  tenant: string;
  return: string;
  fresh: boolean;
}

/** Where a browser goes. */
export interface Destination {
  location: string;
}

/** Signs browsers in and out with the provider. */
@Injectable()
export class SignIn {
  constructor(@Inject(SIGN_IN_PARTS) private readonly parts: SignInParts) {}

  /** Sends a browser to the provider. */
  async begin(
    tenant: string,
    wanted: { return?: string; fresh: boolean },
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<Destination> {
    const { browsers, oidc, sessions, limits, ownAddress } = this.parts;
    const back = localPath(wanted.return, browsers.publicUrl());
    // a cookie belongs to the name by which the browser came
    if (ownAddress && request.host !== new URL(browsers.publicUrl()).host) return { location: browsers.publicUrl() + request.url };
    const language = preferredLanguage(request.headers['accept-language']);
    try {
      const { url, begun } = await oidc.begin({ fresh: wanted.fresh, language, lastsMs: limits.lastsMs });
      const underWay: UnderWay = { ...begun, tenant, return: back, fresh: wanted.fresh };
      browsers.give(reply, 'sign-in', sessions.wrap('sign-in', underWay), BEGUN_LASTS / 1000);
      return { location: url.href };
    } catch (error) {
      throw this.problemOf(error, tenant);
    }
  }

  /** Takes a browser back from the provider: the sign-in that it began ends, well or not, and a session begins with a new id. */
  async finish(request: FastifyRequest, reply: FastifyReply): Promise<Destination> {
    const { browsers, oidc, sessions, limits, people } = this.parts;
    const underWay = this.underWay(request);
    browsers.take(reply, 'sign-in');
    if (underWay === null) throw new Problem('sign-in-interrupted', { again: this.again() });
    const { tenant, fresh } = underWay;
    try {
      const query = /\?[^#]*$/.exec(request.url)?.[0] ?? '';
      const { idToken, ...person } = await oidc.finish(query, underWay, { tenant, fresh });
      const { subject } = await people.subjectOf(tenant, { ...person, roles: [] });
      const before = browsers.read(request, 'session');
      if (before !== undefined) await sessions.end(before);
      browsers.give(reply, 'session', await sessions.begin({ ...person, tenant, subject, idToken }, limits));
      return { location: underWay.return };
    } catch (error) {
      throw this.problemOf(error, tenant);
    }
  }

  /** Ends the session of a browser. Returns where the provider is told of it; null where it need not be. */
  async end(request: FastifyRequest, reply: FastifyReply): Promise<string | null> {
    const { browsers, oidc, sessions } = this.parts;
    const id = browsers.read(request, 'session');
    browsers.take(reply, 'session');
    if (id === undefined) return null;
    const session = await sessions.find(id);
    await sessions.end(id);
    if (session?.idToken === undefined) return null;
    return (await oidc.endSessionUrl(session.idToken, browsers.publicUrl() + WHO_AM_I))?.href ?? null;
  }

  /** Who is signed in at a browser, and the token that its pages send along with changes; null for nobody. */
  async current(request: FastifyRequest): Promise<{ caller: Caller; csrfToken: string; freshUntil: number } | null> {
    const { browsers, authenticator, freshMinutes } = this.parts;
    const id = browsers.read(request, 'session');
    const caller = id === undefined ? null : ((await authenticator.ofSession?.(id)) ?? null);
    if (caller === null) return null;
    return { caller, csrfToken: browsers.csrfToken(id!), freshUntil: (caller.authenticatedAt ?? 0) + freshMinutes * 60 };
  }

  private underWay(request: FastifyRequest): UnderWay | null {
    const carried = this.parts.browsers.read(request, 'sign-in');
    const found = carried === undefined ? null : (this.parts.sessions.unwrap('sign-in', carried) as UnderWay | null);
    return found !== null && Date.now() - found.at < BEGUN_LASTS ? found : null;
  }

  /** Where one may try again; who came without a municipality is led to the first that is served. */
  private again(tenant = this.parts.tenants[0]!): string {
    return `${this.parts.browsers.publicUrl()}/auth/${tenant}/login`;
  }

  private problemOf(error: unknown, tenant: string): unknown {
    if (!(error instanceof SignInFailed)) return error;
    const { reason, message } = error;
    this.parts.log.warn(
      { reason, error: message, cause: String((error.cause as Error | undefined)?.message ?? '') },
      'nobody was signed in',
    );
    const again = this.again(tenant);
    switch (reason) {
      case 'unavailable':
        return new Problem('sign-in-unavailable', {}, { headers: { 'retry-after': '5' } });
      case 'interrupted':
        return new Problem('sign-in-interrupted', { again });
      case 'refused':
        return new Problem('sign-in-refused', { again });
      case 'unverified':
        return new Problem('email-not-verified');
      case 'unusable':
        return new Problem('email-not-usable');
      case 'elsewhere':
        return new Problem('signed-in-elsewhere');
    }
  }
}

/** A path of this service; anything that a browser would take for another place is refused. */
export function localPath(wanted: string | undefined, publicUrl: string): string {
  if (wanted === undefined) return WHO_AM_I;
  // browsers read a backslash as a slash, and drop tabs and line breaks
  const plain = /^\/(?!\/)[\x21-\x5b\x5d-\x7e]*$/.test(wanted) && URL.canParse(wanted, publicUrl);
  const url = plain ? new URL(wanted, publicUrl) : undefined;
  // without its dots a path may begin with two slashes, which is another place
  if (url?.origin !== new URL(publicUrl).origin || /^\/\/|\\/.test(url.pathname))
    throw new Problem('return-elsewhere', {}, { errors: [{ parameter: 'return', code: 'return-elsewhere' }] });
  return url.pathname + url.search + url.hash;
}
