import { Catch, Controller, Get, HttpException, Logger, Param, Req, Res, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Rejected } from '@minipilot/kernel/decider.js';
import { StoreUnavailable, TooLate, WrongRevision } from '../store/port.js';
import { preferredLanguage } from './language.js';
import { describeProblem, problemBody, PROBLEM_JSON, Problem, problemTexts } from './problem.js';
import type { HttpProblemCode } from './problem-texts.js';
import { BODY_LIMIT } from './validation.js';

const RETRY = { headers: { 'retry-after': '5' } };

/** What Fastify's own refusals are called here. */
const BY_FASTIFY_CODE: Readonly<Record<string, HttpProblemCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_INVALID_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'bad-request',
  FST_ERR_MAX_PARAM_LENGTH: 'address-too-long',
  FST_ERR_BAD_URL: 'not-found',
};

const BY_STATUS: Readonly<Record<number, HttpProblemCode>> = {
  401: 'unauthorised',
  403: 'forbidden',
  404: 'not-found',
  408: 'request-timeout',
  412: 'stale',
  413: 'body-too-large',
  414: 'address-too-long',
  415: 'unsupported-media-type',
  428: 'precondition-required',
  429: 'too-many-requests',
  431: 'headers-too-large',
  503: 'try-again',
};

/** Errors of the platform's other rooms, by name, so that a process which lacks a room need not load it. */
const BY_NAME: Readonly<Record<string, HttpProblemCode>> = {
  KeyReused: 'idempotency-key-reused',
  Stale: 'stale',
  StaleDraft: 'stale',
  BadCursor: 'malformed-cursor',
  BadToken: 'malformed-position',
  SignInFailed: 'sign-in-unavailable',
};

/** Full disk and a lock that was not given in time, as SQLite numbers them. */
const SQLITE_PASSING = new Set<unknown>([5, 13]);

const codeOf = (error: unknown): unknown => (error instanceof Error ? (error as { code?: unknown }).code : undefined);

function httpCode(error: unknown, status: number | undefined): HttpProblemCode | undefined {
  const own = codeOf(error) ?? codeOf((error as Error | undefined)?.cause);
  if (own === 'ENOSPC' || (own === 'ERR_SQLITE_ERROR' && SQLITE_PASSING.has((error as { errcode?: unknown }).errcode))) return 'try-again';
  if (error instanceof Error && Object.hasOwn(BY_NAME, error.name)) return BY_NAME[error.name];
  return BY_FASTIFY_CODE[String(own)] ?? (status === undefined ? undefined : BY_STATUS[status]);
}

/** Every error as a problem; undefined where it is nobody's fault but ours. */
export function asProblem(error: unknown, request: Pick<FastifyRequest, 'headers'>): Problem | undefined {
  if (error instanceof Problem) return error;
  if (error instanceof Rejected) return Problem.of(error);
  if (error instanceof StoreUnavailable || error instanceof TooLate) return new Problem('try-again', {}, RETRY);
  if (error instanceof WrongRevision)
    return request.headers['if-match'] === undefined ? new Problem('try-again', {}, RETRY) : new Problem('stale');
  const status = error instanceof HttpException ? error.getStatus() : undefined;
  const code = httpCode(error, status);
  if (code === 'body-too-large') return new Problem(code, { limit: BODY_LIMIT });
  if (code === 'unauthorised') return new Problem(code, {}, { headers: { 'www-authenticate': 'Bearer realm="minipilot"' } });
  if (code === 'try-again' || code === 'sign-in-unavailable') return new Problem(code, {}, RETRY);
  if (code !== undefined) return new Problem(code);
  return status !== undefined && status >= 400 && status < 500 ? new Problem('bad-request') : undefined;
}

/** Writes the answer in the caller's language, unless one is already on its way. */
export function sendProblem(problem: Problem, request: FastifyRequest, reply: FastifyReply): void {
  if (reply.sent || reply.raw.headersSent) return;
  const language = preferredLanguage(request.headers['accept-language']);
  void reply
    .status(problem.status)
    .headers({
      ...problem.headers,
      'content-type': PROBLEM_JSON,
      'content-language': language,
      'cache-control': 'no-store',
      vary: 'Authorization, Accept-Language',
    })
    .removeHeader('etag')
    // as bytes, since Fastify would add a charset to text
    .send(Buffer.from(JSON.stringify(problemBody(problem, language, String(request.id)))));
}

/** Answers every error as `application/problem+json` in the caller's language. What is not foreseen is logged and answered as 500 without a word about it. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Problem');

  /** `allowed` gives the methods that a path supports */
  constructor(private readonly allowed: (url: string) => string[]) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    let problem = asProblem(error, request);
    if (problem === undefined) {
      this.logger.error({ err: error, requestId: request.id });
      problem = new Problem('internal');
    } else if (request.is404 && problem.status === 404) {
      const methods = this.allowed(request.url);
      if (methods.length > 0 && !methods.includes(request.method))
        problem = new Problem('method-not-allowed', { allowed: methods.join(', ') }, { headers: { allow: methods.join(', ') } });
    }
    sendProblem(problem, request, reply);
  }
}

/** The pages behind the `type` of a problem. */
@ApiExcludeController()
@Controller('problems')
export class ProblemsController {
  @Get()
  all(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const language = preferredLanguage(request.headers['accept-language']);
    reply.headers({ 'content-language': language, vary: 'Accept-Language' });
    return [...problemTexts().keys()].sort().map((code) => describeProblem(code, language));
  }

  @Get(':code')
  one(@Param('code') code: string, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const language = preferredLanguage(request.headers['accept-language']);
    const description = describeProblem(code, language);
    if (description === undefined) throw new Problem('not-found');
    reply.headers({ 'content-language': language, vary: 'Accept-Language' });
    return description;
  }
}
