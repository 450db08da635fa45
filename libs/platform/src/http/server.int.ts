import { Body, Controller, Get, Module, Post, Put, Query, Res, type Type as Class } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import type { LightMyRequestResponse } from 'fastify';
import { reject } from '@minipilot/kernel/decider.js';
import { readConfig } from '../config.js';
import { StoreUnavailable, WrongRevision } from '../store/port.js';
import { InvalidToken, type Authenticator } from './access.js';
import { BusinessIdField, Cents, IbanField, InstantField, ListOf, LocalDateField, Nested, OneOf, Text, TextsInThreeLanguages, Whole, YesNo } from './fields.js';
import type { ThreeLanguages } from './fields.js';
import { HealthChecks, Unhealthy } from './health.js';
import { Metrics } from './metrics.js';
import { Problem, registerProblems } from './problem.js';
import { Actor, After, ChangesNothing, CommandId, declareAccess, etag, Id, IfMatch, Page, Tenant, type Caller, type PageRequest } from './request-context.js';
import { listRoutes } from './routes.js';
import { createServer, type ServerOptions } from './server.js';

registerProblems({
  'sample-full': { status: 409, fi: 'Jäljellä {left|euro}.', sv: 'Kvar {left|euro}.', en: 'Left: {left|euro}.' },
});

class Budget {
  @Cents({ max: 500_000_00 }) cents: number;
  @Text(50, { optional: true }) note?: string;
}

class Partner {
  @Text(40) name: string;
  @BusinessIdField({ optional: true }) businessId?: string;
}

class NewCall {
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

const seen: unknown[] = [];

@Controller('api/:tenant/calls')
class CallsController {
  @Post()
  @declareAccess('officer')
  announce(@Actor() actor: Caller, @CommandId() command: string, @Body() body: NewCall) {
    seen.push(body);
    return { command, by: actor.subject, title: body.title.fi };
  }

  @Post(':call/close')
  @declareAccess('officer', 'admin')
  close(@CommandId() command: string, @Id('call') call: string) {
    return { command, call };
  }

  @Get(':call')
  @declareAccess('signed-in')
  one(@Id('call') call: string, @Res({ passthrough: true }) reply: FastifyReply) {
    etag(reply, 7);
    return { call };
  }

  @Put(':call')
  @declareAccess('officer')
  edit(@IfMatch() expected: number, @CommandId() command: string, @Id('call') call: string, @Body() body: Budget) {
    return { expected, command, call, cents: body.cents };
  }

  @Get()
  @declareAccess('public')
  list(@Tenant() tenant: string, @Page() page: PageRequest, @After() after: string | undefined, @Query() filter: Filter) {
    return { tenant, page, after: after ?? null, district: filter.district ?? null };
  }

  @Post('preview')
  @ChangesNothing()
  @declareAccess('public')
  preview(@Body() body: Budget) {
    return { doubled: body.cents * 2 };
  }
}

@Controller('api/:tenant/faults')
@declareAccess('public')
class FaultsController {
  @Get('rejected') rejected() {
    throw reject('sample-full', { left: 123456 }, '/budget/cents');
  }
  @Get('unknown-code') unknownCode() {
    throw reject('nobody-registered-this');
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
    await new Promise((resolve) => setTimeout(resolve, 300));
    return { slow: true };
  }
}

@Module({ controllers: [CallsController, FaultsController] })
class SampleModule {}

const people: Record<string, Caller> = {
  officer: { subject: 's-officer', tenant: 'demo', roles: ['applicant', 'officer'] },
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

const lines: string[] = [];
const options = (env: Record<string, string> = {}): ServerOptions => ({
  config: readConfig({ PORT: '0', MINIPILOT_TENANTS: 'demo,espoo', MINIPILOT_LOG_LEVEL: 'info', ...env }),
  authenticator,
  logStream: { write: (line: string) => void lines.push(line) },
});

const call = '0b8c3e52-5f0a-5c1e-9d56-0d2f6c1f0a11';
const as = (person: string, headers: Record<string, string> = {}) => ({ authorization: `Bearer ${person}`, ...headers });
const valid = { title: { fi: 'Haku', sv: 'Utlysning' }, budget: { cents: 1000 }, method: 'rolling' };

describe('an HTTP server', () => {
  let app: NestFastifyApplication;
  beforeAll(async () => {
    app = await createServer(SampleModule, options());
  });
  afterAll(() => app.close());

  const problem = (answer: LightMyRequestResponse, status: number, code: string) => {
    expect([answer.headers['content-type'], answer.body]).toEqual(['application/problem+json', answer.body]);
    const body = answer.json<Record<string, unknown> & { errors?: { pointer?: string; parameter?: string; code: string; detail: string }[] }>();
    expect({ status: answer.statusCode, code: body.code }).toEqual({ status, code });
    expect(body).toMatchObject({ type: `/problems/${code}`, status });
    expect(body['instance']).toMatch(/^urn:uuid:[0-9a-f-]{36}$/);
    expect(typeof body['title']).toBe('string');
    expect(typeof body['detail']).toBe('string');
    expect(JSON.stringify(body)).not.toMatch(/node_modules|at .*\.ts|Error:/);
    return body;
  };
  const announce = (body: unknown, headers: Record<string, string> = {}) =>
    app.inject({
      method: 'POST',
      url: '/api/demo/calls',
      headers: { ...as('officer'), 'idempotency-key': 'k1', 'content-type': 'application/json', ...headers },
      payload: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
    });
  const blamed = (answer: LightMyRequestResponse) => problem(answer, 400, 'invalid-body').errors!.map((error) => `${error.pointer} ${error.code}`);

  describe('who may call', () => {
    it('wants a token before it reads a body', async () => {
      const answer = await app.inject({ method: 'POST', url: '/api/demo/calls', headers: { 'content-type': 'application/json' }, payload: '{' });
      problem(answer, 401, 'unauthorised');
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="minipilot"');
    });
    it.each(['Bearer nobody', 'Basic abc', 'Bearer a b', 'Bearer '])('refuses the authorisation %p', async (authorization) => {
      const answer = await app.inject({ url: `/api/demo/calls/${call}`, headers: { authorization } });
      problem(answer, 401, 'invalid-token');
      expect(answer.headers['www-authenticate']).toContain('error="invalid_token"');
    });
    it('answers 404 for another municipality, 403 for a wrong role', async () => {
      problem(await app.inject({ url: `/api/espoo/calls/${call}`, headers: as('officer') }), 404, 'not-found');
      problem(await app.inject({ url: `/api/demo/calls/${call}`, headers: as('stranger') }), 404, 'not-found');
      problem(await app.inject({ url: '/api/vantaa/calls' }), 404, 'not-found');
      problem(await announce(valid, as('applicant')), 403, 'forbidden');
      expect((await app.inject({ url: `/api/demo/calls/${call}`, headers: as('applicant') })).statusCode).toBe(200);
    });
    it('keeps what is for one person out of caches', async () => {
      const answer = await app.inject({ url: `/api/demo/calls/${call}`, headers: as('applicant') });
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.headers['etag']).toBe('"7"');
    });
    it('lists every route with who may call it', () => {
      const routes = listRoutes(app);
      expect(routes.filter((route) => route.access.length === 0)).toEqual([]);
      expect(routes.map((route) => `${route.method} ${route.path} ${route.access.join(',')}`)).toEqual(
        expect.arrayContaining([
          'POST /api/:tenant/calls officer',
          'POST /api/:tenant/calls/:call/close officer,admin',
          'GET /api/:tenant/faults/crash public',
          'GET /metrics operator',
          'GET /health/live public',
          'GET /problems/:code public',
        ]),
      );
      const edit = routes.find((route) => route.method === 'PUT')!;
      expect([...edit.takes].sort()).toEqual(['body', 'command-id', 'if-match']);
    });
  });

  describe('a server does not start', () => {
    const start = async (controller: Class) => {
      class Wrong {}
      Module({ controllers: [controller] })(Wrong);
      await createServer(Wrong, options({ MINIPILOT_LOG_LEVEL: 'silent' }));
    };
    it('with a route that does not say who may call it', async () => {
      @Controller('open')
      class Open {
        @Get() all() {
          return [];
        }
      }
      await expect(start(Open)).rejects.toThrow('GET /open (Open.all) does not say who may call it');
    });
    it('with a changing POST without an Idempotency-Key', async () => {
      @Controller('open')
      class Open {
        @Post() @declareAccess('signed-in') add(@Body() body: Budget) {
          return body;
        }
      }
      await expect(start(Open)).rejects.toThrow('POST /open (Open.add) changes something without an Idempotency-Key');
    });
    it('with a body or query that nothing checks', async () => {
      @Controller('open')
      @declareAccess('signed-in')
      class Open {
        @Put() put(@Body() body: object) {
          return body;
        }
        @Get() get(@Query('q') q: string) {
          return q;
        }
      }
      await expect(start(Open)).rejects.toThrow(/Open\.put takes a body whose class has no checked fields\s+Open\.get takes a query/);
    });
    it('with a public route that asks who calls', async () => {
      @Controller('open')
      class Open {
        @Get() @declareAccess('public') me(@Actor() actor: Caller) {
          return actor;
        }
      }
      await expect(start(Open)).rejects.toThrow('is called without signing in, yet asks who calls');
    });
  });

  describe('the body of a command', () => {
    it('arrives as the class, unchanged', async () => {
      seen.length = 0;
      const body = { ...valid, plan: 'Rivi 1\nRivi 2 🚲', partners: [{ name: 'Seura ry', businessId: '1572860-0' }], values: [0, 5] };
      const answer = await announce(body);
      expect(answer.statusCode).toBe(201);
      expect(seen[0]).toBeInstanceOf(NewCall);
      expect((seen[0] as NewCall).budget).toBeInstanceOf(Budget);
      expect(JSON.parse(JSON.stringify(seen[0]))).toEqual(body);
    });
    it('is blamed field by field, nested ones too', async () => {
      const body = {
        title: { fi: 'x'.repeat(61), sv: 7 },
        budget: { cents: 1.5, note: ' x' },
        partners: [{ name: 'a' }, { name: '', businessId: '1572860-1' }],
        method: 'auction',
        values: [1, 9],
        day: '2027-02-30',
        closesAt: '2027-03-01T10:00:00Z',
        iban: 'FI2112345600000786',
        open: 'true',
        plan: 'a\u0007b',
      };
      expect(blamed(await announce(body)).sort()).toEqual(
        [
          '#/title/fi too-long',
          '#/title/sv text',
          '#/budget/cents whole-number',
          '#/budget/note not-trimmed',
          '#/partners/1/name too-short',
          '#/partners/1/businessId business-id',
          '#/method not-a-choice',
          '#/values too-large',
          '#/day date',
          '#/closesAt instant',
          '#/iban iban',
          '#/open yes-or-no',
          '#/plan control-characters',
        ].sort(),
      );
    });
    it('names what is missing, null or not an object', async () => {
      expect(blamed(await announce({})).sort()).toEqual(['#/budget required', '#/method required', '#/title required']);
      expect(blamed(await announce({ ...valid, budget: null, open: null, partners: [null] })).sort()).toEqual([
        '#/budget object',
        '#/open yes-or-no',
        '#/partners object',
      ]);
      expect(blamed(await announce({ ...valid, budget: [{ cents: 5 }] }))).toEqual(['#/budget object']);
      for (const body of ['[]', '"text"', '5', 'null', '[{}]']) expect(blamed(await announce(body))).toEqual(['# object']);
    });
    it('says the limits in Finnish, Swedish or English', async () => {
      const body = { ...valid, budget: { cents: 60_000_000 } };
      const details = await Promise.all(
        ['fi', 'sv-FI, en;q=0.5', 'de, en;q=0.3', ''].map(async (language) => {
          const answer = await announce(body, language === '' ? {} : { 'accept-language': language });
          const { title, detail, errors } = problem(answer, 400, 'invalid-body');
          return [answer.headers['content-language'], title, detail, errors![0]!.detail];
        }),
      );
      expect(details).toEqual([
        ['fi', 'Pyyntö ei ole kelvollinen', 'Tiedoissa on korjattavaa. Katso kentät.', expect.stringMatching(/^Suurin sallittu summa on 500.000,00.€\.$/)],
        ['sv', 'Begäran är inte giltig', 'Uppgifterna behöver rättas. Se fälten.', expect.stringMatching(/^Det största tillåtna beloppet är 500.000,00.€\.$/)],
        ['en', 'The request is not valid', 'Some fields need to be corrected.', 'The greatest amount is €500,000.00.'],
        ['en', 'The request is not valid', 'Some fields need to be corrected.', 'The greatest amount is €500,000.00.'],
      ]);
    });
    it('may hold no field that its class does not have', async () => {
      expect(blamed(await announce({ ...valid, admin: true, budget: { cents: 5, 'a/b~c d': 1 } })).sort()).toEqual([
        '#/admin unknown-field',
        '#/budget/a~1b~0c%20d unknown-field',
      ]);
    });
    it('may not reach for prototypes', async () => {
      const poisoned = `{"__proto__":{"roles":["admin"]},"budget":{"constructor":{"prototype":{"x":1}}},"title":{"prototype":1}}`;
      expect(blamed(await announce(poisoned)).sort()).toEqual([
        '#/__proto__ forbidden-name',
        '#/budget/constructor forbidden-name',
        '#/title/prototype forbidden-name',
      ]);
      expect(({} as { roles?: unknown }).roles).toBeUndefined();
    });
    it('may not hold NUL, half a surrogate pair, or text turned around', async () => {
      expect(blamed(await announce(`{"title":{"fi":"a\\u0000"},"x\\ud800":1,"plan":"\\udfff"}`)).sort()).toEqual([
        '#/plan characters',
        '#/title/fi characters',
        '#/x%EF%BF%BD characters',
      ]);
      expect(blamed(await announce({ ...valid, title: { fi: 'a\u202eb', sv: 'a\nb' } }))).toEqual(['#/title/fi one-line', '#/title/sv one-line']);
    });
    it('is refused when it is not JSON, not UTF-8, of another type, too deep or too large', async () => {
      problem(await announce('{"title":'), 400, 'not-json');
      problem(await announce(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])), 400, 'not-json');
      problem(await announce('title=x', { 'content-type': 'application/x-www-form-urlencoded' }), 415, 'unsupported-media-type');
      problem(await announce('{}', { 'content-type': 'text/plain' }), 415, 'unsupported-media-type');
      expect(blamed(await announce(`{"title":${'['.repeat(50_000)}${']'.repeat(50_000)}}`))).toEqual([expect.stringMatching(/ too-deep$/)]);
      expect(blamed(await announce(JSON.stringify({ partners: Array(60_000).fill({}) })))).toEqual(['# too-many']);
      const large = await announce({ ...valid, plan: 'x'.repeat(2 * 1024 * 1024) });
      expect(problem(large, 413, 'body-too-large')['params']).toEqual({ limit: 262144 });
    });
    it('is refused where none is taken', async () => {
      const answer = await app.inject({
        method: 'POST',
        url: `/api/demo/calls/${call}/close`,
        headers: as('officer', { 'idempotency-key': 'k' }),
        payload: { x: 1 },
      });
      problem(answer, 400, 'body-not-expected');
    });
    it('reads 200 KB of hostile text in less than 50 ms', async () => {
      const hostile = ['a', ' ', '@', '0', '1-', 'FI', '.\n'].map((text) => text.repeat(50_000 / text.length));
      for (const text of hostile) {
        const body = { ...valid, plan: text, iban: text, day: text, closesAt: text };
        const times: number[] = [];
        // the best of some, since other work shares the processors
        for (let i = 0; i < 5; i++) {
          const start = performance.now();
          blamed(await announce(body));
          times.push(performance.now() - start);
        }
        expect(Math.min(...times)).toBeLessThan(50);
      }
    });
  });

  describe('an Idempotency-Key', () => {
    const close = (headers: Record<string, string>, url = `/api/demo/calls/${call}/close`) =>
      app.inject({ method: 'POST', url, headers: as('officer', headers) });
    it('is needed by a POST', async () => {
      problem(await close({}), 400, 'idempotency-key-missing');
    });
    it.each(['', ' ', 'a b', 'ä', 'x'.repeat(256), '""'])('is refused as %p', async (key) => {
      problem(await close({ 'idempotency-key': key }), 400, 'idempotency-key-malformed');
    });
    it('with the same person and path makes the same command, else another', async () => {
      const command = async (key: string, url?: string) => (await close({ 'idempotency-key': key }, url)).json<{ command: string }>().command;
      const first = await command('abc');
      expect(first).toMatch(/^[0-9a-f-]{36}$/);
      expect(await command('abc')).toBe(first);
      expect(await command('"abc"')).toBe(first);
      expect(await command('abc', `/api/demo/calls/%30${call.slice(1)}/close`)).toBe(first);
      expect(await command('abd')).not.toBe(first);
      expect(await command('abc', `/api/demo/calls/1${call.slice(1)}/close`)).not.toBe(first);
      people['second'] = { ...people['officer']!, subject: 's-second' };
      const other = await app.inject({ method: 'POST', url: `/api/demo/calls/${call}/close`, headers: as('second', { 'idempotency-key': 'abc' }) });
      expect(other.json<{ command: string }>().command).not.toBe(first);
    });
    it('may be left out by an edit, which then is new each time', async () => {
      const put = async (headers: Record<string, string>) =>
        (
          await app.inject({ method: 'PUT', url: `/api/demo/calls/${call}`, headers: as('officer', { 'if-match': '"3"', ...headers }), payload: { cents: 5 } })
        ).json<{ command: string }>().command;
      expect(await put({})).not.toBe(await put({}));
      expect(await put({ 'idempotency-key': 'a' })).toBe(await put({ 'idempotency-key': 'a' }));
    });
    it('used again with another body is 422', async () => {
      problem(await app.inject({ url: '/api/demo/faults/reused' }), 422, 'idempotency-key-reused');
    });
  });

  describe('If-Match', () => {
    const put = (headers: Record<string, string>, payload: unknown = { cents: 5 }) =>
      app.inject({ method: 'PUT', url: `/api/demo/calls/${call}`, headers: as('officer', headers), payload: payload as object });
    it('is needed by an edit', async () => {
      problem(await put({}), 428, 'precondition-required');
    });
    it.each(['3', 'W/"3"', '*', '"03"', '"-1"', '"3", "4"', '"9999999999999999"', '""'])('is refused as %p', async (tag) => {
      problem(await put({ 'if-match': tag }), 400, 'malformed-etag');
    });
    it('gives the revision', async () => {
      expect((await put({ 'if-match': '"12"' })).json()).toMatchObject({ expected: 12, cents: 5, call });
    });
    it('tells a stale edit from a busy stream', async () => {
      problem(await app.inject({ url: '/api/demo/faults/conflict', headers: { 'if-match': '"1"' } }), 412, 'stale');
      const busy = await app.inject({ url: '/api/demo/faults/conflict' });
      problem(busy, 503, 'try-again');
      expect(busy.headers['retry-after']).toBe('5');
    });
  });

  describe('a list', () => {
    const list = (query: string) => app.inject({ url: `/api/demo/calls${query}` });
    it('has pages, a position and filters', async () => {
      expect((await list('')).json()).toEqual({ tenant: 'demo', page: { limit: 50 }, after: null, district: null });
      expect((await list('?limit=200&cursor=abc_-&after=tok&district=north')).json()).toEqual({
        tenant: 'demo',
        page: { limit: 200, cursor: 'abc_-' },
        after: 'tok',
        district: 'north',
      });
    });
    it.each([
      ['?limit=0', 'invalid-query', 'limit too-small'],
      ['?limit=201', 'invalid-query', 'limit too-large'],
      ['?limit=ten', 'invalid-query', 'limit whole-number'],
      ['?limit=1&limit=2', 'invalid-query', 'limit whole-number'],
      ['?district=west', 'invalid-query', 'district not-a-choice'],
      ['?district=north&district=south', 'invalid-query', 'district not-a-choice'],
      ['?sort=name', 'invalid-query', 'sort unknown-parameter'],
      ['?district=%00', 'invalid-query', 'district characters'],
      ['?__proto__=1', 'invalid-query', '__proto__ unknown-parameter'],
      ['?cursor=a%20b', 'malformed-cursor', undefined],
      ['?after=%22', 'malformed-position', undefined],
      [`?after=${'x'.repeat(513)}`, 'malformed-position', undefined],
    ])('refuses %p', async (query, code, blame) => {
      const { errors } = problem(await list(query), 400, code);
      expect(errors?.map((error) => `${error.parameter} ${error.code}`).join()).toBe(blame);
    });
    it('refuses parameters where none are taken', async () => {
      const answer = await app.inject({ url: `/api/demo/calls/${call}?limit=5`, headers: as('officer') });
      expect(problem(answer, 400, 'invalid-query').errors).toMatchObject([{ parameter: 'limit', code: 'unknown-parameter' }]);
    });
  });

  describe('other answers', () => {
    it('a refusal by the domain is 409 with its code, facts and field', async () => {
      const body = problem(await app.inject({ url: '/api/demo/faults/rejected', headers: { 'accept-language': 'en' } }), 409, 'sample-full');
      expect(body).toMatchObject({
        detail: 'Left: €1,234.56.',
        params: { left: 123456 },
        errors: [{ pointer: '#/budget/cents', code: 'sample-full', detail: 'Left: €1,234.56.' }],
      });
    });
    it('a code without a text is still a problem', async () => {
      expect(problem(await app.inject({ url: '/api/demo/faults/unknown-code' }), 409, 'nobody-registered-this')['detail']).toContain('nobody-registered-this');
    });
    it('a crash is 500 without a word about it, and is logged', async () => {
      lines.length = 0;
      const answer = await app.inject({ url: '/api/demo/faults/crash' });
      const body = problem(answer, 500, 'internal');
      expect(answer.body).not.toContain('secret');
      const line = lines.map((text) => JSON.parse(text) as Record<string, unknown>).find((entry) => entry['level'] === 'error')!;
      expect(line).toMatchObject({ requestId: String(body['instance']).replace('urn:uuid:', ''), err: { type: 'TypeError' } });
    });
    it('a store that cannot write is 503 with Retry-After', async () => {
      const answer = await app.inject({ url: '/api/demo/faults/unavailable' });
      problem(answer, 503, 'try-again');
      expect(answer.headers['retry-after']).toBe('5');
      expect(answer.body).not.toContain('/var');
    });
    it('unknown paths, ids and methods', async () => {
      problem(await app.inject({ url: '/nowhere?name=Matti' }), 404, 'not-found');
      problem(await app.inject({ url: `/api/demo/calls/${call.toUpperCase()}`, headers: as('officer') }), 404, 'not-found');
      problem(await app.inject({ url: '/api/demo/calls/x%00', headers: as('officer') }), 404, 'not-found');
      problem(await app.inject({ url: '/api/demo/calls/%ff%fe', headers: as('officer') }), 404, 'not-found');
      problem(await app.inject({ url: `/api/demo/calls/${'x'.repeat(300)}`, headers: as('officer') }), 414, 'address-too-long');
      const answer = await app.inject({ method: 'DELETE', url: `/api/demo/calls/${call}`, headers: as('officer') });
      problem(answer, 405, 'method-not-allowed');
      expect(answer.headers['allow']).toBe('GET, HEAD, PUT');
    });
    it('a POST that only computes needs no key', async () => {
      expect((await app.inject({ method: 'POST', url: '/api/demo/calls/preview', payload: { cents: 4 } })).json()).toEqual({ doubled: 8 });
    });
    it('every problem has a page behind its type', async () => {
      const all = (await app.inject({ url: '/problems', headers: { 'accept-language': 'fi' } })).json<{ type: string; title: string }[]>();
      expect(all.length).toBeGreaterThan(25);
      for (const { type, title } of all) {
        const one = await app.inject({ url: type, headers: { 'accept-language': 'fi' } });
        expect(one.json()).toMatchObject({ type, title });
      }
      problem(await app.inject({ url: '/problems/none' }), 404, 'not-found');
    });
    it('HEAD is as GET without a body', async () => {
      const answer = await app.inject({ method: 'HEAD', url: `/api/demo/calls/${call}`, headers: as('officer') });
      expect([answer.statusCode, answer.body]).toEqual([200, '']);
      expect((await app.inject({ method: 'HEAD', url: `/api/demo/calls/${call}` })).statusCode).toBe(401);
    });
  });

  describe('its own pages', () => {
    it('has headers that let nothing be embedded or run', async () => {
      const { headers } = await app.inject({ url: '/api/demo/calls' });
      expect(headers['content-security-policy']).toBe("default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'");
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
      expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
      expect(headers['x-powered-by']).toBeUndefined();
    });
    it('describes the API in OpenAPI 3.1', async () => {
      const document = (await app.inject({ url: '/openapi.json' })).json();
      expect(document.openapi).toBe('3.1.0');
      expect(Object.keys(document.paths)).toContain('/api/{tenant}/calls/{call}');
      expect(Object.keys(document.paths)).not.toContain('/metrics');
      const post = document.paths['/api/{tenant}/calls'].post;
      expect(post.security).toEqual([{ bearer: [] }]);
      expect(post['x-access']).toEqual(['officer']);
      expect(Object.keys(post.responses)).toEqual(expect.arrayContaining(['201', '400', '401', '403', '404', '409', '413', '415', '422', '503']));
      expect(post.parameters).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'Idempotency-Key', in: 'header', required: true })]));
      const schema = document.components.schemas.NewCall;
      expect(schema.required.sort()).toEqual(['budget', 'method', 'title']);
      expect(schema.properties.budget).toMatchObject({ $ref: '#/components/schemas/Budget' });
      expect(schema.properties.values).toMatchObject({ type: 'array', maxItems: 4, items: { type: 'integer', minimum: 0, maximum: 5 } });
      expect(document.components.schemas.ThreeLanguages60.required).toEqual(['fi', 'sv']);
      const get = document.paths['/api/{tenant}/calls'].get;
      expect(get.parameters.map((parameter: { name: string }) => parameter.name).sort()).toEqual(['after', 'cursor', 'district', 'limit', 'tenant']);
    });
    it('shows it in a page that loads nothing from elsewhere', async () => {
      const page = await app.inject({ url: '/docs' });
      expect(page.statusCode).toBe(200);
      expect(page.body).not.toMatch(/https?:\/\/(?!www\.w3\.org)/);
      expect(page.body).not.toMatch(/<script(?![^>]*\bsrc=)/);
      expect(page.headers['content-security-policy']).toContain("script-src 'self'");
      for (const asset of ['swagger-ui.css', 'swagger-ui-bundle.js', 'swagger-ui-init.js']) {
        expect((await app.inject({ url: `/docs/${asset}` })).statusCode).toBe(200);
      }
      problem(await app.inject({ url: '/docs/../package.json' }), 404, 'not-found');
    });
    it('tells whether it lives and is ready', async () => {
      expect((await app.inject({ url: '/health/live' })).json()).toEqual({ status: 'ok' });
      const health = app.get(HealthChecks);
      let well = true;
      health.register('store', () => 'head 12');
      health.register('projections', () => {
        if (!well) throw new Unhealthy('call-list stopped at 17');
      });
      health.register('bank', () => {
        if (!well) throw new Error('password=secret');
      });
      health.register('hanging', () => (well ? undefined : new Promise(() => undefined)), 30);
      const ready = await app.inject({ url: '/health/ready' });
      expect([ready.statusCode, ready.json()]).toEqual([
        200,
        { status: 'ok', checks: [{ name: 'store', ok: true, detail: 'head 12' }, { name: 'projections', ok: true }, { name: 'bank', ok: true }, { name: 'hanging', ok: true }] },
      ]);
      well = false;
      const failed = await app.inject({ url: '/health/ready' });
      expect([failed.statusCode, failed.json()]).toEqual([
        503,
        {
          status: 'failed',
          checks: [
            { name: 'store', ok: true, detail: 'head 12' },
            { name: 'projections', ok: false, detail: 'call-list stopped at 17' },
            { name: 'bank', ok: false },
            { name: 'hanging', ok: false, detail: 'no answer within 30 ms' },
          ],
        },
      ]);
      well = true;
    });
    it('counts requests by template and shows gauges', async () => {
      app.get(Metrics).gauge('projection_lag_events', 'Events behind', 'projection', () => new Map([['call-list', 3]]));
      await app.inject({ url: `/api/demo/calls/${call}`, headers: as('officer') });
      const { body } = await app.inject({ url: '/metrics' });
      expect(body).toContain('route="/api/:tenant/calls/:call",status="200"');
      expect(body).toContain('minipilot_projection_lag_events{projection="call-list"} 3');
      expect(body).not.toContain(call);
    });
  });

  it('logs no bodies, queries, tokens, names or paths', async () => {
    lines.length = 0;
    await announce({ ...valid, title: { fi: 'Planted Meikäläinen', sv: 'x' } });
    await announce('{"Planted": Meikäläinen');
    await app.inject({ url: '/api/demo/calls?district=Planted' });
    await app.inject({ url: '/planted/Meikalainen' });
    const text = lines.join('');
    expect(lines.length).toBe(4);
    expect(text).not.toMatch(/planted|meik|officer/i);
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { level: 'info', context: 'Http', method: 'POST', route: '/api/:tenant/calls', status: 201 },
      { status: 400 },
      { status: 400 },
      { method: 'GET', route: 'none', status: 404 },
    ]);
  });
});

describe('the operator', () => {
  const token = 'operator-token-0123456789abcdef';
  it('has a token of its own for the metrics', async () => {
    const app = await createServer(SampleModule, options({ MINIPILOT_OPERATOR_TOKEN: token }));
    const status = async (headers: Record<string, string>) => (await app.inject({ url: '/metrics', headers })).statusCode;
    expect([await status({}), await status(as('officer')), await status(as(token))]).toEqual([401, 401, 200]);
    await app.close();
  });
  it('has no metrics in production without one', async () => {
    const app = await createServer(SampleModule, options({ MINIPILOT_MODE: 'production' }));
    const answer = await app.inject({ url: '/metrics' });
    expect(answer.statusCode).toBe(404);
    expect(answer.headers['strict-transport-security']).toBeDefined();
    await app.close();
  });
});
