import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { TENANT_SCHEMA, type AccessRule } from './request-context.js';
import type { Route } from './routes.js';

export interface ApiInfo {
  title: string;
  description: string;
  version: string;
  /** groups of operations, in the order in which they are shown */
  tags?: readonly { name: string; description: string }[];
  /** what the ids in paths stand for, by name */
  ids?: Readonly<Record<string, string>>;
  /** who may call a route, and how, in words */
  access?: (rule: AccessRule) => string;
}

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type ParameterObject = Exclude<NonNullable<Operation['parameters']>[number], { $ref: string }>;

const PROBLEM_SCHEMA = {
  type: 'object',
  description: 'RFC 9457',
  required: ['type', 'title', 'status', 'detail', 'instance', 'code'],
  properties: {
    type: { type: 'string', format: 'uri-reference' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'In the language of Accept-Language: fi, sv or en.' },
    instance: { type: 'string', format: 'uri' },
    code: { type: 'string' },
    params: { type: 'object', additionalProperties: { oneOf: [{ type: 'string' }, { type: 'number' }] } },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['code', 'detail'],
        properties: {
          pointer: { type: 'string', description: 'JSON pointer into the body, as a URI fragment.' },
          parameter: { type: 'string', description: 'Name of the query parameter.' },
          code: { type: 'string' },
          detail: { type: 'string' },
        },
      },
    },
  },
} as const;

const REFUSALS = {
  400: 'Not of the right shape',
  401: 'Not signed in',
  403: 'Not a role that may do this',
  404: 'Not there, or not yours',
  409: 'Refused by the rules',
  412: 'Changed in the meantime',
  413: 'Too large',
  415: 'Not JSON',
  422: 'Idempotency-Key used with another body',
  428: 'If-Match is missing',
  503: 'Nothing was stored; try again',
} as const;

/** The refusals that a route can give by what it reads. */
function refusals(route: Route): Record<string, { $ref: string }> {
  const who = route.rule?.for;
  const signedIn = who !== 'public';
  const commands = route.takes.has('command-id') || route.takes.has('idempotency-key');
  const reads = ['body', 'query', 'after', 'page', 'if-match'] as const;
  const can: Record<keyof typeof REFUSALS, boolean> = {
    400: commands || reads.some((part) => route.takes.has(part)),
    401: signedIn,
    // a browser's change that no page of ours asked for
    403: Array.isArray(who) || (who === 'signed-in' && route.method !== 'GET'),
    404: route.path.includes(':'),
    409: commands,
    412: route.takes.has('if-match'),
    413: route.takes.has('body'),
    415: route.takes.has('body'),
    422: commands,
    428: route.takes.has('if-match'),
    503: true,
  };
  const statuses = Object.keys(REFUSALS).filter((status) => can[Number(status) as keyof typeof REFUSALS]);
  return Object.fromEntries(statuses.map((status) => [status, { $ref: `#/components/responses/${status}` }]));
}

const SUCCESS: Readonly<Record<string, string>> = { 200: 'Done', 201: 'Made', 204: 'Done; there is nothing to tell' };

/** The OpenAPI 3.1 description of all routes, made from the code. */
export function describeApi(app: INestApplication, routes: readonly Route[], info: ApiInfo): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle(info.title)
    .setDescription(info.description)
    .setVersion(info.version)
    .setLicense('EUPL-1.2', 'https://eupl.eu/1.2/en/')
    .addBearerAuth();
  for (const { name, description } of info.tags ?? []) builder.addTag(name, description);
  const document = SwaggerModule.createDocument(app, builder.build(), {
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}_${method}`,
  });
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    const operation = document.paths[path]?.[route.method.toLowerCase() as 'get'] as Operation | undefined;
    if (operation === undefined) continue;
    operation.responses = { ...refusals(route), ...operation.responses };
    for (const [status, response] of Object.entries(operation.responses))
      if (response !== undefined && 'description' in response) response.description ||= SUCCESS[status] ?? '';
    operation.description = [operation.description, route.rule && info.access?.(route.rule)].filter((text) => text).join('\n\n');
    const { for: who, own, fresh } = route.rule ?? {};
    Object.assign(
      operation,
      { 'x-access': [who].flat() },
      own === undefined ? {} : { 'x-own': own },
      fresh === true ? { 'x-fresh': true } : {},
    );
    if (route.rule?.for !== 'public') operation.security = [{ bearer: [] }];
    const parameters = (operation.parameters ??= []) as ParameterObject[];
    // a POST must carry its key, which its decorator alone cannot know
    for (const parameter of parameters) if (parameter.name === 'Idempotency-Key' && route.method === 'POST') parameter.required = true;
    const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => {
      const known = parameters.find((parameter) => parameter.in === 'path' && parameter.name === name);
      const parameter = known ?? {
        name: name!,
        in: 'path',
        required: true,
        schema: name === 'tenant' ? TENANT_SCHEMA : { type: 'string' },
      };
      return { description: name === 'tenant' ? 'Code of the municipality.' : info.ids?.[name!], ...parameter } as ParameterObject;
    });
    operation.parameters = [...inPath, ...parameters.filter((parameter) => parameter.in !== 'path')];
  }
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, Problem: PROBLEM_SCHEMA as never },
    responses: Object.fromEntries(Object.entries(REFUSALS).map(([status, description]) => [status, { description, content }])),
  };
  return document;
}
