import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { HealthChecks, Unhealthy } from './health.js';
import { Metrics } from './metrics.js';
import { createServer } from './server.js';
import { as, call, lines, problem, SampleModule, serverOptions, valid } from './test-support.js';

describe('an HTTP server', () => {
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

  describe('other answers', () => {
    it('a refusal by the domain is 409 with its code, facts and field', async () => {
      const body = problem(
        await app.inject({ url: '/api/demo/faults/rejected', headers: { 'accept-language': 'en' } }),
        409,
        'sample-full',
      );
      expect(body).toMatchObject({
        detail: 'Left: €1,234.56.',
        params: { left: 123456 },
        errors: [{ pointer: '#/budget/cents', code: 'sample-full', detail: 'Left: €1,234.56.' }],
      });
    });
    it('a code without a text is still a problem', async () => {
      expect(problem(await app.inject({ url: '/api/demo/faults/unknown-code' }), 409, 'nobody-registered-this')['detail']).toContain(
        'nobody-registered-this',
      );
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
      expect(Object.keys(post.responses)).toEqual(
        expect.arrayContaining(['201', '400', '401', '403', '404', '409', '413', '415', '422', '503']),
      );
      expect(post.parameters).toEqual(
        expect.arrayContaining([expect.objectContaining({ name: 'Idempotency-Key', in: 'header', required: true })]),
      );
      for (const [path, operations] of Object.entries<Record<string, { parameters: { name: string; in: string }[] }>>(document.paths))
        for (const operation of Object.values(operations))
          expect(operation.parameters.flatMap((parameter) => (parameter.in === 'path' ? [`{${parameter.name}}`] : [])).sort()).toEqual(
            (path.match(/\{\w+\}/g) ?? []).sort(),
          );
      const schema = document.components.schemas.NewCall;
      expect(schema.required.sort()).toEqual(['budget', 'method', 'title']);
      expect(schema.properties.budget).toMatchObject({ $ref: '#/components/schemas/Budget' });
      expect(schema.properties.values).toMatchObject({ type: 'array', maxItems: 4, items: { type: 'integer', minimum: 0, maximum: 5 } });
      expect(document.components.schemas.ThreeLanguages60.required).toEqual(['fi', 'sv']);
      const get = document.paths['/api/{tenant}/calls'].get;
      expect(get.parameters.map((parameter: { name: string }) => parameter.name).sort()).toEqual([
        'after',
        'cursor',
        'district',
        'limit',
        'tenant',
      ]);
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
        {
          status: 'ok',
          checks: [
            { name: 'store', ok: true, detail: 'head 12' },
            { name: 'projections', ok: true },
            { name: 'bank', ok: true },
            { name: 'hanging', ok: true },
          ],
        },
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

  it('neither counts nor logs what is not to be observed; a failure is told, without the route', async () => {
    lines.length = 0;
    for (const path of ['unseen', 'unseen', 'unseen-refused']) await app.inject({ url: `/api/demo/faults/${path}` });
    expect(lines).toEqual([]);
    await app.inject({ url: '/api/demo/faults/unseen-crash' });
    const { body } = await app.inject({ url: '/metrics' });
    expect(lines.join('') + body).not.toContain('faults/unseen');
    expect(lines.map((line) => JSON.parse(line) as object)).toContainEqual(
      expect.objectContaining({ context: 'Http', method: 'GET', route: 'none', status: 500 }),
    );
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

describe('a log line', () => {
  it('withholds by name and tells of an error only what we wrote', async () => {
    const app = await createServer(SampleModule, serverOptions());
    lines.length = 0;
    const logger = new Logger('Test');
    logger.log({ email: 'a@b.fi', row: { Name: 'Matti', cents: 5 }, flow: 'close' });
    logger.error({
      err: Object.assign(new Error('insert failed', { cause: new SyntaxError('"Matti" is not JSON') }), { detail: 'Key (name)=(Matti)' }),
    });
    await app.close();
    expect(lines.join('')).not.toMatch(/matti|a@b/i);
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { level: 'info', context: 'Test', email: '[withheld]', row: { Name: '[withheld]', cents: 5 }, flow: 'close' },
      { level: 'error', err: { type: 'Error', message: 'insert failed', cause: { type: 'SyntaxError', message: 'withheld' } } },
    ]);
  });
});

describe('a clock in doubt', () => {
  it('takes no changes and says when to try again; pages go on', async () => {
    let doubt = 1_001;
    const clock = { now: () => '2027-03-01T08:00:00.000Z', doubtMs: () => doubt };
    const app = await createServer(SampleModule, { ...serverOptions(), clock });
    const announce = () =>
      app.inject({ method: 'POST', url: '/api/demo/calls', headers: as('officer', { 'idempotency-key': 'k' }), payload: valid });
    const refused = await announce();
    problem(refused, 503, 'clock-in-doubt');
    expect(refused.headers['retry-after']).toBe('5');
    expect((await app.inject({ url: '/api/demo/calls' })).statusCode).toBe(200);
    doubt = 1_000;
    expect((await announce()).statusCode).toBe(201);
    await app.close();
  });
});

describe('the operator', () => {
  const token = 'operator-token-0123456789abcdef';
  it('has a token of its own for the metrics', async () => {
    const app = await createServer(SampleModule, serverOptions({ MINIPILOT_OPERATOR_TOKEN: token }));
    const status = async (headers: Record<string, string>) => (await app.inject({ url: '/metrics', headers })).statusCode;
    expect([await status({}), await status(as('officer')), await status(as(token))]).toEqual([401, 401, 200]);
    await app.close();
  });
  it('has no metrics in production without one', async () => {
    const app = await createServer(SampleModule, serverOptions({ MINIPILOT_MODE: 'production' }));
    const answer = await app.inject({ url: '/metrics' });
    expect(answer.statusCode).toBe(404);
    expect(answer.headers['strict-transport-security']).toBeDefined();
    await app.close();
  });
});
