import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Browsers } from './browser.js';
import { Problem } from './problem.js';
import { RESERVED_PARAMETERS, type AccessRule, type Caller, type Route } from './request-context.js';
import { isForbiddenName, isStorable } from './validation.js';

/** The bearer token does not prove who calls. The message stays on the server. */
export class InvalidToken extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'InvalidToken';
  }
}

/** Turns what a request carries into the person who calls. */
export interface Authenticator {
  /**
   * By a bearer token, in the municipality `tenant` of the path where the token does not say which. Throws InvalidToken for one that is
   * not good.
   */
  authenticate(token: string, tenant?: string): Promise<Caller>;
  /** By the session of a browser; null where there is none that is called so, or it has ended. */
  ofSession?(session: string): Promise<Caller | null>;
}

/** Tells whether what a path names is the caller's. */
export interface Owners {
  /** Whether the caller may reach what the parameters of the path name, by a rule with `own`. What does not exist is nobody's. */
  reaches(rule: AccessRule, caller: Caller, path: Readonly<Record<string, string>>): Promise<boolean>;
}

export interface AccessOptions {
  /** without it nothing is anybody's own */
  owners?: Owners | undefined;
  authenticator: Authenticator;
  /** without it no cookie signs anybody in */
  browsers?: Browsers | undefined;
  /** the municipalities served here; the path of any other is 404 */
  tenants: readonly string[];
  /** how old a sign-in may be, in minutes, where a route wants a fresh one */
  freshMinutes: number;
  /** without it, what is for the operator is open in demo mode and 404 in production */
  operatorToken?: string | undefined;
  demo: boolean;
}

const challenge = (error?: string) => ({
  headers: { 'www-authenticate': `Bearer realm="minipilot"${error === undefined ? '' : `, error="${error}"`}` },
});

function bearer(request: FastifyRequest): string {
  const header = request.headers.authorization;
  if (header === undefined) throw new Problem('unauthorised', {}, challenge());
  const match = /^Bearer ([\w.~+/=-]{1,8192})$/i.exec(header);
  if (match === null) throw new Problem('invalid-token', {}, challenge('invalid_token'));
  return match[1]!;
}

/** Seconds by which the clock of a sign-in provider may be ahead of ours. */
const AHEAD = 60;

/**
 * Refuses a sign-in that is older than `minutes`, or that does not say how old it is (RFC 9470). Throws Problem
 * `fresh-sign-in-needed`, 401: who asks again after signing in anew is let through.
 */
export function requireFresh(caller: Pick<Caller, 'authenticatedAt'>, minutes: number, now: Date = new Date()): void {
  const age = now.getTime() / 1000 - (caller.authenticatedAt ?? -Infinity);
  if (age <= minutes * 60 && age >= -AHEAD) return;
  const wanted = `Bearer realm="minipilot", error="insufficient_user_authentication", max_age="${minutes * 60}"`;
  throw new Problem('fresh-sign-in-needed', { minutes }, { headers: { 'www-authenticate': wanted } });
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** By the bearer token where there is one, else by the browser's session. Throws Problem, 401 for nobody, 403 for a change that another site asks for. */
async function whoCalls(request: FastifyRequest, { authenticator, browsers, tenants }: AccessOptions): Promise<Caller> {
  const session = request.headers.authorization === undefined ? browsers?.read(request, 'session') : undefined;
  if (session !== undefined) {
    const caller = (await authenticator.ofSession?.(session)) ?? null;
    if (caller !== null) {
      if (!READS.has(request.method)) browsers!.requireOwnPage(request, session);
      return caller;
    }
  }
  const token = bearer(request);
  const { tenant } = request.params as { tenant?: string };
  try {
    return await authenticator.authenticate(token, tenant !== undefined && tenants.includes(tenant) ? tenant : undefined);
  } catch (error) {
    if (error instanceof InvalidToken) throw new Problem('invalid-token', {}, challenge('invalid_token'));
    throw error;
  }
}

/** Decides by rule, token and tenant whether a request may go on: 401, 404 for another tenant, 403 by role, 404 for what is not one's own, 401 for a sign-in too old. */
async function authorise(request: FastifyRequest, rule: AccessRule, options: AccessOptions): Promise<void> {
  const { tenant } = request.params as { tenant?: string };
  if (rule.for === 'operator') {
    if (options.operatorToken === undefined) {
      if (!options.demo) throw new Problem('not-found');
    } else if (!timingSafeEqual(digest(bearer(request)), digest(options.operatorToken)))
      throw new Problem('invalid-token', {}, challenge('invalid_token'));
    return;
  }
  if (rule.for !== 'public') request.caller = await whoCalls(request, options);
  if (tenant !== undefined && !options.tenants.includes(tenant)) throw new Problem('not-found');
  const { caller } = request;
  if (caller === undefined) return;
  if (tenant !== undefined ? tenant !== caller.tenant : !options.tenants.includes(caller.tenant)) throw new Problem('not-found');
  if (typeof rule.for !== 'string' && !rule.for.some((role) => caller.roles.includes(role))) throw new Problem('forbidden');
  if (rule.own !== undefined && (await options.owners?.reaches(rule, caller, request.params as Record<string, string>)) !== true)
    throw new Problem('not-found');
  if (rule.fresh === true) requireFresh(caller, options.freshMinutes);
}

/** Takes the parameters that decorators read out of the query; what nobody reads is refused. */
function checkQuery(request: FastifyRequest, route: Route): void {
  const query = request.query as Record<string, unknown>;
  const reserved: Record<string, unknown> = {};
  for (const decorator of ['after', 'page'] as const) {
    if (!route.takes.has(decorator)) continue;
    for (const name of RESERVED_PARAMETERS[decorator]) {
      if (!Object.hasOwn(query, name)) continue;
      reserved[name] = query[name];
      delete query[name];
    }
  }
  request.reserved = reserved;
  const errors = Object.keys(query)
    .map((name) => ({
      parameter: name.toWellFormed().slice(0, 100),
      code:
        !route.takes.has('query') || isForbiddenName(name)
          ? 'unknown-parameter'
          : isStorable(name) && isStorable(query[name])
            ? undefined
            : 'characters',
    }))
    .filter((fault): fault is { parameter: string; code: string } => fault.code !== undefined)
    .slice(0, 20);
  if (errors.length > 0) throw new Problem('invalid-query', {}, { errors });
}

/**
 * Stands before every route: nobody's body is read before it is known who sends it. `find` gives the declared route of a
 * method and template; a request to anything else that the router knows passes only if `isAsset` says so.
 */
export function guardRoutes(
  server: FastifyInstance,
  find: (method: string, path: string) => Route | undefined,
  isAsset: (path: string) => boolean,
  options: AccessOptions,
): void {
  server.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    if (request.is404) return;
    const template = request.routeOptions.url ?? '';
    const route = find(request.method === 'HEAD' ? 'GET' : request.method, template);
    if (route === undefined) {
      if (!isAsset(template)) throw new Problem('not-found');
      return;
    }
    request.declared = route;
    // no server starts with a route that has none; if one did, nobody should pass
    const { rule } = route;
    if (rule === undefined) throw new Problem('not-found');
    if (rule.for !== 'public') reply.header('cache-control', 'no-store').header('vary', 'Authorization, Accept-Language');
    if (!Object.values(request.params as object).every(isStorable)) throw new Problem('not-found');
    await authorise(request, rule, options);
    checkQuery(request, route);
  });
  server.addHook('preValidation', async (request: FastifyRequest) => {
    if (request.declared !== undefined && request.body != null && !request.declared.takes.has('body'))
      throw new Problem('body-not-expected');
  });
}
