import { createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import { ApiHeader, ApiParam, ApiQuery } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import { requestCommandId } from '@minipilot/kernel/ids.js';
import type { Instant } from '@minipilot/kernel/time.js';
import { isId } from './fields.js';
import { Problem } from './problem.js';

/** The person who calls, as the sign-in tells. */
export interface Caller {
  /** random subject id */
  subject: string;
  tenant: string;
  roles: readonly string[];
  email?: string;
  name?: string;
  /** when the person last proved to the sign-in who they are, in seconds since 1970; undefined where it does not say */
  authenticatedAt?: number;
  /** what the sign-in says of age and home, where it does: for a residents' vote; kept nowhere */
  residence?: Residence;
}

/** Age and home of a person as a sign-in with e-ID tells them. */
export interface Residence {
  /** day of birth, `YYYY-MM-DD`, or its year */
  born?: string;
  /** whether the person lives in the municipality whose path is called */
  resident?: boolean;
  /** the person's district, by the municipality's name for it */
  district?: string;
}

/** One page of a list: at most `limit` rows (1–200), after the row that `cursor` names. */
export interface PageRequest {
  limit: number;
  cursor?: string;
}

/** What a handler reads from its request. */
export type Takes = 'body' | 'query' | 'actor' | 'idempotency-key' | 'command-id' | 'if-match' | 'after' | 'page';

/** Who may call a route, and how. */
export interface AccessRule {
  /** everybody, whoever is signed in, whoever has the operator's token, or whoever has any of the roles */
  readonly for: 'public' | 'signed-in' | 'operator' | readonly string[];
  /** what in the path must be the caller's own */
  readonly own?: string;
  /** roles that reach what is others' too */
  readonly others?: readonly string[];
  /** the caller must have signed in a moment ago */
  readonly fresh?: true;
  /** its use is a secret: requests stand in no log and no metric, so that nobody who runs the machines learns how many there were */
  readonly unobserved?: true;
}

/** The policy table: a rule for each route, by method and template, such as `GET /api/:tenant/calls/:call`. */
export type AccessTable = Readonly<Record<string, AccessRule>>;

export interface Route {
  method: string;
  /** template, such as `/api/:tenant/calls/:call` */
  path: string;
  /** the row of the policy table; undefined where there is none */
  rule: AccessRule | undefined;
  /** `CallsController.announce` */
  handler: string;
  takes: ReadonlySet<Takes>;
  /** a POST that needs no Idempotency-Key, because it only computes an answer */
  changesNothing: boolean;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** the declared route; undefined where nothing is routed */
    declared?: Route;
    /** undefined on public routes */
    caller?: Caller;
    /** when all of a request that changes something was here */
    arrivedAt?: Instant;
    /** query parameters that decorators read, taken out of the query */
    reserved?: Readonly<Record<string, unknown>>;
  }
}

export const CHANGES_NOTHING = 'minipilot:changes-nothing';

/** For a POST that only computes an answer and so needs no Idempotency-Key. */
export const ChangesNothing = (): MethodDecorator => SetMetadata(CHANGES_NOTHING, true);

const requestOf = (context: ExecutionContext): FastifyRequest => context.switchToHttp().getRequest<FastifyRequest>();

/** Applies documentation of a parameter decorator to the handler that uses it. */
const documented =
  (...decorators: MethodDecorator[]) =>
  (target: object, key: string | symbol | undefined): void => {
    const descriptor = Object.getOwnPropertyDescriptor(target, key!)!;
    for (const decorate of decorators) decorate(target, key!, descriptor);
  };

function caller(request: FastifyRequest): Caller {
  if (request.caller === undefined) throw new Problem('unauthorised', {}, { headers: { 'www-authenticate': 'Bearer realm="minipilot"' } });
  return request.caller;
}

export const readActor = (_: unknown, context: ExecutionContext): Caller => caller(requestOf(context));
/** The person who calls. Not on public routes. */
export const Actor = createParamDecorator(readActor);

export const TENANT_SCHEMA = { type: 'string', pattern: '^[a-z0-9]{2,20}$', example: 'demo' };

/** When the complete request was here, by the clock that deadlines are held against. Not for reads. */
export const Arrival = createParamDecorator((_: unknown, context: ExecutionContext): Instant => {
  const { arrivedAt } = requestOf(context);
  if (arrivedAt === undefined) throw new Error('a read has no arrival');
  return arrivedAt;
});

/** The path's `:tenant`. */
export const Tenant = createParamDecorator(
  (_: unknown, context: ExecutionContext): string => (requestOf(context).params as { tenant: string }).tenant,
  [documented(ApiParam({ name: 'tenant', schema: TENANT_SCHEMA }) as MethodDecorator)],
);

/** An id in the path, such as `@Id('call')`: a UUID in lower case; anything else is 404. */
export function Id(name: string): ParameterDecorator {
  return createParamDecorator(
    (_: unknown, context: ExecutionContext): string => {
      const value = (requestOf(context).params as Record<string, string>)[name];
      if (!isId(value)) throw new Problem('not-found');
      return value;
    },
    [documented(ApiParam({ name, schema: { type: 'string', format: 'uuid' } }) as MethodDecorator)],
  )();
}

function idempotencyKey(request: FastifyRequest): string | undefined {
  const header = request.headers['idempotency-key'];
  if (header === undefined) return undefined;
  // the draft writes the key as a quoted string; both spellings are one key
  const key = typeof header === 'string' && /^".*"$/.test(header) && header.length > 1 ? header.slice(1, -1) : header;
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) throw new Problem('idempotency-key-malformed');
  return key;
}

const keyHeader = (required: boolean): MethodDecorator =>
  ApiHeader({
    name: 'Idempotency-Key',
    required,
    description: 'Unique to this change; the same key again gives the first result. 1–255 visible ASCII characters.',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
  }) as MethodDecorator;

export const readIdempotencyKey = (_: unknown, context: ExecutionContext): string => {
  const key = idempotencyKey(requestOf(context));
  if (key === undefined) throw new Problem('idempotency-key-missing');
  return key;
};
/** The header Idempotency-Key: missing or malformed is 400. */
export const IdempotencyKey = createParamDecorator(readIdempotencyKey, [documented(keyHeader(true))]);

/** Method and concrete path without query; the path is written in one way, however the caller encoded it. */
export function routeOf(request: FastifyRequest): string {
  const params = request.params as Record<string, string>;
  const path = (request.routeOptions.url ?? '').replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  return `${request.method} ${path}`;
}

export const readCommandId = (_: unknown, context: ExecutionContext): string => {
  const request = requestOf(context);
  const { tenant, subject } = caller(request);
  const key = idempotencyKey(request);
  if (key === undefined && request.method === 'POST') throw new Problem('idempotency-key-missing');
  return requestCommandId(tenant, subject, routeOf(request), key ?? randomUUID());
};
/**
 * The id of the command that this request is: the same person, path and Idempotency-Key give the same id.
 * A POST without the key is 400; other methods may leave it out and are then a new command each time.
 */
export const CommandId = createParamDecorator(readCommandId, [documented(keyHeader(false))]);

export const readIfMatch = (_: unknown, context: ExecutionContext): number => {
  const header = requestOf(context).headers['if-match'];
  if (header === undefined) throw new Problem('precondition-required');
  const match = /^"(0|[1-9]\d{0,14})"$/.exec(header.trim());
  if (match === null) throw new Problem('malformed-etag');
  return Number(match[1]);
};
/** The revision that the caller edits, from the header If-Match: missing 428, malformed 400. */
export const IfMatch = createParamDecorator(readIfMatch, [
  documented(
    ApiHeader({
      name: 'If-Match',
      required: true,
      description: 'The ETag of what is edited.',
      schema: { type: 'string', example: '"3"' },
    }) as MethodDecorator,
  ),
]);

/** Sets the ETag of an answer: the revision of the entity's own stream, or the version of a draft. */
export const etag = (reply: FastifyReply, revision: number): void => void reply.header('etag', `"${revision}"`);

export const readAfter = (_: unknown, context: ExecutionContext): string | undefined => {
  const after = requestOf(context).reserved?.['after'];
  if (after === undefined) return undefined;
  if (typeof after !== 'string' || !/^[\w.~-]{1,512}$/.test(after)) throw new Problem('malformed-position');
  return after;
};
/** The position token of `?after=`, as a command answered it; undefined without one. Only its characters are checked here. */
export const After = createParamDecorator(readAfter, [
  documented(
    ApiQuery({
      name: 'after',
      required: false,
      description: 'Position of a command; the answer waits for it for a moment and says `stale: true` when it did not come.',
      schema: { type: 'string', maxLength: 512 },
    }) as MethodDecorator,
  ),
]);

export const readPage = (_: unknown, context: ExecutionContext): PageRequest => {
  const { limit = '50', cursor } = requestOf(context).reserved ?? {};
  const rows = typeof limit === 'string' && /^\d{1,9}$/.test(limit) ? Number(limit) : NaN;
  if (!(rows >= 1 && rows <= 200)) {
    const code = Number.isNaN(rows) ? 'whole-number' : rows < 1 ? 'too-small' : 'too-large';
    throw new Problem('invalid-query', {}, { errors: [{ parameter: 'limit', code, params: { min: 1, max: 200 } }] });
  }
  if (cursor === undefined) return { limit: rows };
  if (typeof cursor !== 'string' || !/^[\w.~-]{1,1024}$/.test(cursor)) throw new Problem('malformed-cursor');
  return { limit: rows, cursor };
};
/** `?limit=` (1–200, default 50) and `?cursor=`. Only the cursor's characters are checked here. */
export const Page = createParamDecorator(readPage, [
  documented(
    ApiQuery({
      name: 'limit',
      required: false,
      description: 'Most rows of the page.',
      schema: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
    }) as MethodDecorator,
    ApiQuery({
      name: 'cursor',
      required: false,
      description: '`next` of the page before.',
      schema: { type: 'string', maxLength: 1024 },
    }) as MethodDecorator,
  ),
]);

export const readAnyQuery = (_: unknown, context: ExecutionContext): unknown => requestOf(context).query;
/** The query as others compose it, such as a sign-in provider: names are theirs to choose. Nothing is checked but its characters. */
export const AnyQuery = createParamDecorator(readAnyQuery);

/** Query parameters by the decorator that reads them. */
export const RESERVED_PARAMETERS = { after: ['after'], page: ['limit', 'cursor'] } as const;
