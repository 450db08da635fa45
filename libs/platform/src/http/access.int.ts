import { Body, Controller, Get, Module, Post, Put, Query, type Type as Class } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Actor, type AccessTable, type Caller } from './request-context.js';
import { listRoutes } from './routes.js';
import { createServer } from './server.js';
import { access, as, Budget, call, people, problem, SampleModule, serverOptions, valid } from './test-support.js';

describe('access and headers', () => {
  let app: NestFastifyApplication;
  beforeAll(async () => {
    app = await createServer(SampleModule, serverOptions());
  });
  afterAll(() => app.close());

  const announce = (body: unknown, headers: Record<string, string> = {}) =>
    app.inject({
      method: 'POST',
      url: '/api/demo/calls',
      headers: { ...as('officer'), 'idempotency-key': 'k1', 'content-type': 'application/json', ...headers },
      payload: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
    });

  describe('who may call', () => {
    it('wants a token before it reads a body', async () => {
      const answer = await app.inject({
        method: 'POST',
        url: '/api/demo/calls',
        headers: { 'content-type': 'application/json' },
        payload: '{',
      });
      problem(answer, 401, 'unauthorised');
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="minipilot"');
    });
    it.each(['Bearer nobody', 'Basic abc', 'Bearer a b', 'Bearer '])('refuses the authorisation %p', async (authorization) => {
      const answer = await app.inject({ url: `/api/demo/calls/${call}`, headers: { authorization } });
      problem(answer, 401, 'invalid-token');
      expect(answer.headers['www-authenticate']).toContain('error="invalid_token"');
    });
    it('asks for a fresh sign-in where the table says so, last of all', async () => {
      const close = (person: string) =>
        app.inject({ method: 'POST', url: `/api/demo/calls/${call}/close`, headers: as(person, { 'idempotency-key': 'f' }) });
      const old = await close('weary');
      problem(old, 401, 'fresh-sign-in-needed');
      expect(old.headers['www-authenticate']).toContain('error="insufficient_user_authentication", max_age="900"');
      problem(await close('applicant'), 403, 'forbidden');
      problem(await close('stranger'), 404, 'not-found');
      expect((await close('officer')).statusCode).toBe(201);
      // what needs none goes on
      expect((await app.inject({ url: `/api/demo/calls/${call}`, headers: as('weary') })).statusCode).toBe(200);
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
      const routes = listRoutes(app, access);
      expect(routes.filter((route) => route.rule === undefined)).toEqual([]);
      expect(routes.map((route) => `${route.method} ${route.path} ${[route.rule!.for].flat().join(',')}`)).toEqual(
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
    const start = async (controller: Class, rules: AccessTable = {}) => {
      class Wrong {}
      Module({ controllers: [controller] })(Wrong);
      await createServer(Wrong, { ...serverOptions({ MINIPILOT_LOG_LEVEL: 'silent' }), access: { ...access, ...rules } });
    };
    it('with a route of which the policy table does not say who may call it', async () => {
      @Controller('open')
      class Open {
        @Get() all() {
          return [];
        }
      }
      const message = 'GET /open (Open.all) has no row in the policy table that says who may call it';
      await expect(start(Open)).rejects.toThrow(message);
      await expect(start(Open, { 'GET /open': { for: [] } })).rejects.toThrow(message);
      await expect(start(Open, { 'GET /opened': { for: 'public' } })).rejects.toThrow(message);
    });
    it('with a changing POST without an Idempotency-Key', async () => {
      @Controller('open')
      class Open {
        @Post() add(@Body() body: Budget) {
          return body;
        }
      }
      await expect(start(Open, { 'POST /open': { for: 'signed-in' } })).rejects.toThrow(
        'POST /open (Open.add) changes something without an Idempotency-Key',
      );
    });
    it('with a body or query that nothing checks', async () => {
      @Controller('open')
      class Open {
        @Put() put(@Body() body: object) {
          return body;
        }
        @Get() get(@Query('q') q: string) {
          return q;
        }
      }
      const rules: AccessTable = { 'PUT /open': { for: 'signed-in' }, 'GET /open': { for: 'signed-in' } };
      await expect(start(Open, rules)).rejects.toThrow(
        /Open\.put takes a body whose class has no checked fields\s+Open\.get takes a query/,
      );
    });
    it('with a public route that asks who calls', async () => {
      @Controller('open')
      class Open {
        @Get() me(@Actor() actor: Caller) {
          return actor;
        }
      }
      await expect(start(Open, { 'GET /open': { for: 'public' } })).rejects.toThrow('is called without signing in, yet asks who calls');
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
      const command = async (key: string, url?: string) =>
        (await close({ 'idempotency-key': key }, url)).json<{ command: string }>().command;
      const first = await command('abc');
      expect(first).toMatch(/^[0-9a-f-]{36}$/);
      expect(await command('abc')).toBe(first);
      expect(await command('"abc"')).toBe(first);
      expect(await command('abc', `/api/demo/calls/%30${call.slice(1)}/close`)).toBe(first);
      expect(await command('abd')).not.toBe(first);
      expect(await command('abc', `/api/demo/calls/1${call.slice(1)}/close`)).not.toBe(first);
      people['second'] = { ...people['officer']!, subject: 's-second' };
      const other = await app.inject({
        method: 'POST',
        url: `/api/demo/calls/${call}/close`,
        headers: as('second', { 'idempotency-key': 'abc' }),
      });
      expect(other.json<{ command: string }>().command).not.toBe(first);
    });
    it('may be left out by an edit, which then is new each time', async () => {
      const put = async (headers: Record<string, string>) =>
        (
          await app.inject({
            method: 'PUT',
            url: `/api/demo/calls/${call}`,
            headers: as('officer', { 'if-match': '"3"', ...headers }),
            payload: { cents: 5 },
          })
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
});
