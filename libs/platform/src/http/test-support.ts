import { Body, Controller, Get, Module, Post, Put, Query, Res } from '@nestjs/common';
import type { FastifyReply, LightMyRequestResponse } from 'fastify';
import { reject } from '@minipilot/kernel/decider.js';
import { readConfig } from '../config.js';
import { StoreUnavailable, WrongRevision } from '../store/port.js';
import { InvalidToken, type Authenticator } from './access.js';
import {
  BusinessIdField,
  Cents,
  IbanField,
  InstantField,
  ListOf,
  LocalDateField,
  Nested,
  OneOf,
  Text,
  TextsInThreeLanguages,
  Whole,
  YesNo,
  type ThreeLanguages,
} from './fields.js';
import { Problem, registerProblems } from './problem.js';
import {
  Actor,
  After,
  ChangesNothing,
  CommandId,
  etag,
  Id,
  IfMatch,
  Page,
  Tenant,
  type AccessTable,
  type Caller,
  type PageRequest,
} from './request-context.js';
import type { ServerOptions } from './server.js';

/** A small API for tests of the server itself. */
registerProblems({
  'sample-full': { status: 409, fi: 'Jäljellä {left|euro}.', sv: 'Kvar {left|euro}.', en: 'Left: {left|euro}.' },
});

export class Budget {
  @Cents({ max: 500_000_00 }) cents: number;
  @Text(50, { optional: true }) note?: string;
}

class Partner {
  @Text(40) name: string;
  @BusinessIdField({ optional: true }) businessId?: string;
}

export class NewCall {
  @TextsInThreeLanguages(60) title: ThreeLanguages;
  @Nested(() => Budget) budget: Budget;
  @ListOf(() => Partner, 3, { optional: true }) partners?: Partner[];
  @OneOf(['rolling', 'ranked']) method: string;
  @Whole(0, 5, { list: { max: 4 }, optional: true }) values?: number[];
  @LocalDateField({ optional: true }) day?: string;
  @InstantField({ optional: true }) closesAt?: string;
  @IbanField({ optional: true }) iban?: string;
  @YesNo({ optional: true }) open?: boolean;
  @Text(2000, { multiline: true, optional: true }) plan?: string;
}

class Filter {
  @OneOf(['north', 'south'], { optional: true }) district?: string;
}

/** bodies as they reached a handler */
export const seen: unknown[] = [];

@Controller('api/:tenant/calls')
class CallsController {
  @Post()
  announce(@Actor() actor: Caller, @CommandId() command: string, @Body() body: NewCall) {
    seen.push(body);
    return { command, by: actor.subject, title: body.title.fi };
  }

  @Post(':call/close')
  close(@CommandId() command: string, @Id('call') call: string) {
    return { command, call };
  }

  @Get(':call')
  one(@Id('call') call: string, @Res({ passthrough: true }) reply: FastifyReply) {
    etag(reply, 7);
    return { call };
  }

  @Put(':call')
  edit(@IfMatch() expected: number, @CommandId() command: string, @Id('call') call: string, @Body() body: Budget) {
    return { expected, command, call, cents: body.cents };
  }

  @Get()
  list(@Tenant() tenant: string, @Page() page: PageRequest, @After() after: string | undefined, @Query() filter: Filter) {
    return { tenant, page, after: after ?? null, district: filter.district ?? null };
  }

  @Post('preview')
  @ChangesNothing()
  preview(@Body() body: Budget) {
    return { doubled: body.cents * 2 };
  }
}

@Controller('api/:tenant/faults')
class FaultsController {
  @Get('rejected') rejected() {
    throw Problem.of(reject('sample-full', { left: 123456 }, '/budget/cents'));
  }
  @Get('unknown-code') unknownCode() {
    throw Problem.of(reject('nobody-registered-this'));
  }
  @Get('crash') crash() {
    throw new TypeError('secret: Matti Meikäläinen');
  }
  @Get('unavailable') unavailable() {
    throw new StoreUnavailable('disk full at /var/lib/secret');
  }
  @Get('conflict') conflict() {
    throw new WrongRevision('demo.call-1', 1, 2);
  }
  @Get('reused') reused() {
    throw new Problem('idempotency-key-reused');
  }
  @Get('slow') async slow() {
    await new Promise((resolve) => setTimeout(resolve, 500));
    return { slow: true };
  }
  @Get('unseen') unseen() {
    return { seen: false };
  }
  @Get('unseen-refused') refused() {
    throw new Problem('not-found');
  }
  @Get('unseen-crash') unseenCrash() {
    throw new TypeError('secret: Matti Meikäläinen');
  }
  @Get('hanging') async hanging() {
    await new Promise((resolve) => setTimeout(resolve, 60_000).unref());
  }
}

@Module({ controllers: [CallsController, FaultsController] })
export class SampleModule {}

export const people: Record<string, Caller> = {
  officer: { subject: 's-officer', tenant: 'demo', roles: ['applicant', 'officer'], authenticatedAt: Math.floor(Date.now() / 1000) },
  weary: { subject: 's-officer', tenant: 'demo', roles: ['applicant', 'officer'], authenticatedAt: Math.floor(Date.now() / 1000) - 1000 },
  applicant: { subject: 's-applicant', tenant: 'demo', roles: ['applicant'] },
  stranger: { subject: 's-stranger', tenant: 'espoo', roles: ['applicant', 'officer'] },
};
const authenticator: Authenticator = {
  authenticate: async (token) => {
    const person = people[token];
    if (person === undefined) throw new InvalidToken('no such person');
    return person;
  },
};

/** log lines of all servers of a test file */
export const lines: string[] = [];

const unobserved = ['unseen', 'unseen-refused', 'unseen-crash'];
const faults = ['rejected', 'unknown-code', 'crash', 'unavailable', 'conflict', 'reused', 'slow', 'hanging'];
/** The policy table of the sample. */
export const access: AccessTable = {
  'GET /api/:tenant/calls': { for: 'public' },
  'POST /api/:tenant/calls': { for: ['officer'] },
  'POST /api/:tenant/calls/preview': { for: 'public' },
  'GET /api/:tenant/calls/:call': { for: 'signed-in' },
  'PUT /api/:tenant/calls/:call': { for: ['officer'] },
  'POST /api/:tenant/calls/:call/close': { for: ['officer', 'admin'], fresh: true },
  ...Object.fromEntries(faults.map((fault) => [`GET /api/:tenant/faults/${fault}`, { for: 'public' as const }])),
  ...Object.fromEntries(unobserved.map((name) => [`GET /api/:tenant/faults/${name}`, { for: 'public', unobserved: true } as const])),
  'GET /health/live': { for: 'public' },
  'GET /health/ready': { for: 'public' },
  'GET /metrics': { for: 'operator' },
  'GET /problems': { for: 'public' },
  'GET /problems/:code': { for: 'public' },
};

export const serverOptions = (env: Record<string, string> = {}): ServerOptions => ({
  config: readConfig({ PORT: '0', MINIPILOT_TENANTS: 'demo,espoo', MINIPILOT_LOG_LEVEL: 'info', ...env }),
  authenticator,
  access,
  logStream: { write: (line: string) => void lines.push(line) },
});

export const call = '0b8c3e52-5f0a-5c1e-9d56-0d2f6c1f0a11';
export const as = (person: string, headers: Record<string, string> = {}) => ({ authorization: `Bearer ${person}`, ...headers });
export const valid = { title: { fi: 'Haku', sv: 'Utlysning' }, budget: { cents: 1000 }, method: 'rolling' };

interface Answered {
  errors?: { pointer?: string; parameter?: string; code: string; detail: string }[];
  [member: string]: unknown;
}

/** Expects a proper problem, and returns its body. */
export function problem(answer: LightMyRequestResponse, status: number, code: string): Answered {
  expect([answer.headers['content-type'], answer.body]).toEqual(['application/problem+json', answer.body]);
  const body = answer.json<Answered>();
  expect({ status: answer.statusCode, code: body.code }).toEqual({ status, code });
  expect(body).toMatchObject({ type: `/problems/${code}`, status });
  expect(body['instance']).toMatch(/^urn:uuid:[0-9a-f-]{36}$/);
  expect(typeof body['title']).toBe('string');
  expect(typeof body['detail']).toBe('string');
  expect(JSON.stringify(body)).not.toMatch(/node_modules|at .*\.ts|Error:/);
  return body;
}

/** What a refused body is blamed for, as `pointer code`. */
export const blamed = (answer: LightMyRequestResponse): string[] =>
  problem(answer, 400, 'invalid-body').errors!.map((error) => `${error.pointer} ${error.code}`);
