import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenAPIObject } from '@nestjs/swagger';
import { Compile } from 'typebox/schema';
import { policyTable, type PolicyRow } from '@minipilot/identity/policy-table.js';
import { stages } from '@minipilot/identity/stages.js';
import { problemTexts } from '@minipilot/platform/http/problem.js';
import type { Route } from '@minipilot/platform/http/request-context.js';
import { ShapePipe } from '@minipilot/platform/http/validation.js';
import { EXAMPLE_FORM } from '../answers/examples.js';
import { ApplicationForm } from '../commands/application.forms.js';
import { registerDomainProblems } from '../problem-texts.js';
import { BY_PERSON } from './access-page.js';
import { accessFile, API_INFO, describeWholeApi, openApiFile } from './description.js';

/** Edits whose last writer wins: a member has a card to themselves. */
const LAST_ONE_WINS = ['PUT /api/:tenant/calls/:call/scorebook/cards/:application'];
/** A question in a body, signing out, and moves of the demonstration; doing one again changes nothing more. */
const WITHOUT_KEY = [
  ...['POST /api/:tenant/calls/:call/tally/search', 'POST /auth/logout', 'POST /demo/clock', 'POST /demo/bank/accounts'],
];
/** Only computes an answer to what it is sent. */
const COMPUTES = ['POST /api/:tenant/applications/:pilot/public-text/hints'];

interface Parameter {
  name: string;
  in: string;
  description?: string;
  schema?: object;
}
interface Operation {
  operationId: string;
  summary?: string;
  description?: string;
  tags?: string[];
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: object; examples?: Record<string, { value: unknown }> }> };
  responses: Record<string, { description?: string; $ref?: string; content?: Record<string, { schema?: object }> }>;
}

describe('the description of the API', () => {
  let document: OpenAPIObject;
  let routes: Route[];
  let operations: [name: string, operation: Operation][];
  beforeAll(async () => {
    ({ document, routes } = await describeWholeApi());
    operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods as Record<string, Operation>).map(([method, operation]): [string, Operation] => [
        `${method.toUpperCase()} ${path}`,
        operation,
      ]),
    );
  });
  const without = (has: (operation: Operation) => unknown) => operations.filter(([, operation]) => !has(operation)).map(([name]) => name);
  const ofRoutes = (wanted: (route: Route) => boolean) => routes.filter(wanted).map(({ method, path }) => `${method} ${path}`);

  it('is what docs/openapi.json holds', async () => {
    const committed = readFileSync(join(process.cwd(), 'docs', 'openapi.json'), 'utf8');
    if (committed !== (await openApiFile())) throw new Error('docs/openapi.json is not what the code gives: run `npm run docs`');
  });

  it('and the policy table are what docs/access.md tells', async () => {
    const committed = readFileSync(join(process.cwd(), 'docs', 'access.md'), 'utf8');
    if (committed !== (await accessFile())) throw new Error('docs/access.md is not what the code gives: run `npm run docs`');
  });

  it('covers every route but those of the operator and of problems', () => {
    const described = new Set(operations.map(([name]) => name));
    const missing = ofRoutes(() => true).filter((name) => !described.has(name.replace(/:(\w+)/g, '{$1}')));
    expect(missing.sort()).toEqual([
      ...['GET /auth/:tenant/login', 'GET /auth/callback'],
      ...['GET /health/live', 'GET /health/ready', 'GET /metrics', 'GET /problems', 'GET /problems/:code'],
    ]);
    expect(operations.length).toBeGreaterThan(80);
  });

  it('refers only to what is there', () => {
    const missing: string[] = [];
    const visit = (value: unknown): void => {
      if (value === null || typeof value !== 'object') return;
      for (const [key, inner] of Object.entries(value)) {
        if (key === '$ref' && typeof inner === 'string') {
          const steps = inner.replace(/^#\//, '').split('/');
          const target = steps.reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], document);
          if (target === undefined) missing.push(inner);
        } else visit(inner);
      }
    };
    visit(document);
    expect(missing).toEqual([]);
    expect(JSON.stringify(document)).toContain('"$ref"');
  });

  it('is JSON Schema of OpenAPI 3.1 throughout', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(JSON.stringify(document)).not.toContain('"nullable"');
    for (const name of Object.keys(document.components!.schemas!))
      Compile({ $ref: `#/components/schemas/${name}`, components: document.components } as never);
  });

  it('gives each operation a lasting name, a line on what it does, who may call it and a known group', () => {
    const ids = operations.map(([, { operationId }]) => operationId);
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
    expect(ids.filter((id) => !/^[a-z][A-Za-z]+$/.test(id))).toEqual([]);
    expect(without(({ summary }) => summary !== undefined && /^[A-Z].{8,}[^.]$/.test(summary))).toEqual([]);
    expect(without(({ description }) => /(^|\n)For(:| everybody,| whoever) .+\.$/.test(description ?? ''))).toEqual([]);
    const tags = API_INFO.tags.map(({ name }) => name);
    expect(document.tags!.map(({ name }) => name)).toEqual(tags);
    expect(without((operation) => operation.tags?.length === 1 && tags.includes(operation.tags[0]!))).toEqual([]);
    expect(tags.filter((tag) => !operations.some(([, operation]) => operation.tags?.includes(tag)))).toEqual([]);
  });

  it('describes every parameter', () => {
    const bare = operations.flatMap(([name, { parameters = [] }]) =>
      parameters.filter(({ description, schema }) => !description || schema === undefined).map((parameter) => `${name} ${parameter.name}`),
    );
    expect(bare).toEqual([]);
    expect(operations.flatMap(([, { parameters = [] }]) => parameters).length).toBeGreaterThan(150);
  });

  it('has one success for each operation, with a schema unless there is nothing to tell', () => {
    const success = ({ responses }: Operation) => Object.keys(responses).filter((status) => status.startsWith('2'));
    expect(without((operation) => success(operation).length === 1)).toEqual([]);
    expect(
      without(({ responses }) => {
        const [status] = Object.keys(responses).filter((s) => s.startsWith('2'));
        const { content, description } = responses[status!]!;
        const schema = Object.values(content ?? {})[0]?.schema;
        return description && (status === '204' ? content === undefined : schema !== undefined && Object.keys(schema).length > 0);
      }),
    ).toEqual([]);
  });

  it('shows ETag wherever If-Match is asked for', () => {
    const etags = operations.filter(([, { responses }]) => JSON.stringify(responses).includes('"ETag"')).map(([name]) => name);
    expect(etags.sort()).toEqual([
      'GET /api/{tenant}/appeals/{appeal}',
      'GET /api/{tenant}/applications/{pilot}',
      'GET /api/{tenant}/batches/{batch}',
      'GET /api/{tenant}/calls/{call}/drafts/{draft}',
      'GET /api/{tenant}/desk/calls/{call}',
      'GET /api/{tenant}/policy',
    ]);
  });

  it('gives examples that would be accepted', async () => {
    await expect(new ShapePipe().transform({ ...EXAMPLE_FORM }, { type: 'body', metatype: ApplicationForm })).resolves.toBeInstanceOf(
      ApplicationForm,
    );
    const given = operations.flatMap(([name, { requestBody }]) =>
      Object.values(requestBody?.content ?? {}).flatMap(({ schema, examples = {} }) =>
        Object.values(examples).map(({ value }) => {
          const validator = Compile({ ...schema, components: document.components } as never);
          return [name, validator.Check(value)];
        }),
      ),
    );
    expect(given).toEqual([
      ['POST /api/{tenant}/calls/{call}/drafts', true],
      ['PUT /api/{tenant}/calls/{call}/drafts/{draft}', true],
      ['PUT /api/{tenant}/applications/{pilot}', true],
    ]);
  });

  describe('and its routes', () => {
    it('are those of the policy table, each row one of them', () => {
      expect(ofRoutes(() => true).sort()).toEqual(Object.keys(policyTable).sort());
      expect(routes.length).toBeGreaterThan(80);
    });
    it('name only refusals that there are, as do the rules on people', () => {
      registerDomainProblems();
      const named = [...Object.values(stages).flatMap(({ otherwise }) => otherwise), ...BY_PERSON.flatMap(({ codes }) => codes)];
      expect(named.filter((code) => !problemTexts().has(code))).toEqual([]);
      const used = new Set<string | undefined>(Object.values(policyTable as Record<string, PolicyRow>).map(({ stage }) => stage));
      expect(Object.keys(stages).filter((stage) => !used.has(stage))).toEqual([]);
    });
    it('edit only what the caller has seen, but for cards', () => {
      expect(ofRoutes(({ method, takes }) => ['PUT', 'PATCH'].includes(method) && !takes.has('if-match'))).toEqual(LAST_ONE_WINS);
    });
    it('change things once, by an Idempotency-Key, but for the demonstration', () => {
      const keyless = ofRoutes(({ method, takes }) => method === 'POST' && !takes.has('command-id') && !takes.has('idempotency-key'));
      expect(keyless.sort()).toEqual([...WITHOUT_KEY, ...COMPUTES].sort());
      expect(ofRoutes(({ changesNothing }) => changesNothing).sort()).toEqual([...WITHOUT_KEY, ...COMPUTES].sort());
    });
  });
});
