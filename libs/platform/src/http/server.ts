import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Logger } from 'nestjs-pino';
import type { DestinationStream } from 'pino';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Config } from '../config.js';
import { isTrusted, systemClock, type Clock } from '../store/clock.js';
import { guardRoutes, type Authenticator, type Owners } from './access.js';
import type { Browsers } from './browser.js';
import { HealthChecks, HealthController } from './health.js';
import { loggerModule } from './logging.js';
import { Metrics, MetricsController } from './metrics.js';
import { describeApi, type ApiInfo } from './openapi.js';
import { portHolder } from './port-holder.js';
import { PROBLEM_JSON, problemBody, Problem } from './problem.js';
import { asProblem, ProblemFilter, ProblemsController, sendProblem } from './problem-filter.js';
import type { AccessTable } from './request-context.js';
import { listRoutes, routeFaults } from './routes.js';
import { parseBody, READ_LIMIT, ShapePipe } from './validation.js';

/** Something that answers by itself all that lies below a path, and guards itself. */
export interface Mount {
  /** such as `/demo/oidc` */
  prefix: string;
  /** the path that it sees begins after the prefix */
  handle(request: IncomingMessage, response: ServerResponse): void;
}

export interface ServerOptions {
  config: Config;
  authenticator: Authenticator;
  /** without it no cookie signs anybody in */
  browsers?: Browsers | undefined;
  mounts?: readonly Mount[];
  /** who may call which route; a route without a row stops the start */
  access: AccessTable;
  /** needed where the table says that something must be one's own */
  owners?: Owners;
  api?: Partial<ApiInfo>;
  /** what arrivals are told by; while it is in doubt nothing is changed. The machine's by default. */
  clock?: Clock;
  /** where log lines go; stdout by default */
  logStream?: DestinationStream;
  /** Content-Security-Policy of pages under a path of their own; the API itself allows nothing */
  pages?: (url: string) => Readonly<Record<string, readonly string[]>> | undefined;
}

const CHANGING: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** Paths that no controller declares: the description of the API and its page. */
const isDocumentation = (path: string): boolean => path === '/openapi.json' || path === '/docs' || path.startsWith('/docs/');

const API_POLICY = { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"], 'base-uri': ["'none'"], 'form-action': ["'none'"] };
const DOCS_POLICY = {
  ...API_POLICY,
  'script-src': ["'self'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:'],
  'font-src': ["'self'"],
  'connect-src': ["'self'"],
};
const policyText = (policy: Readonly<Record<string, readonly string[]>>): string =>
  Object.entries(policy)
    .map(([name, sources]) => `${name} ${sources.join(' ')}`)
    .join('; ');

@Module({})
class HttpModule {
  static with(app: Type | DynamicModule, options: ServerOptions): DynamicModule {
    return {
      module: HttpModule,
      global: true,
      imports: [loggerModule(options.config.logLevel, options.logStream), app],
      controllers: [ProblemsController, HealthController, MetricsController],
      providers: [HealthChecks, Metrics],
      exports: [HealthChecks, Metrics],
    };
  }
}

/** Answers what is not even HTTP, in words, and hangs up. */
function refuseConnection(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const code =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? 'request-timeout'
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? 'headers-too-large'
        : 'bad-request';
  const problem = new Problem(code);
  const body = JSON.stringify(problemBody(problem, 'en', randomUUID()));
  socket.end(
    `HTTP/1.1 ${problem.status} ${code}\r\ncontent-type: ${PROBLEM_JSON}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

/**
 * A Nest application on Fastify with everything that HTTP needs: access by the policy table, shapes, problems, limits, headers,
 * health, metrics, logs and the API's description. It does not listen yet. Throws when a route is not declared properly.
 */
export async function createServer(app: Type | DynamicModule, options: ServerOptions): Promise<NestFastifyApplication> {
  const { config } = options;
  const adapter = new FastifyAdapter({
    bodyLimit: READ_LIMIT,
    trustProxy: config.trustProxy === false ? false : [...config.trustProxy],
    genReqId: () => randomUUID(),
    requestTimeout: 30_000,
    keepAliveTimeout: 65_000,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 200 },
    clientErrorHandler: refuseConnection,
    // an address that the router cannot read never reaches a filter
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
      sendProblem(asProblem(error, request) ?? new Problem('bad-request'), request, reply),
  });
  const server = adapter.getInstance() as unknown as FastifyInstance;
  const routed = new Map<string, Set<string>>();
  server.addHook('onRoute', ({ method, url }) => {
    const methods = routed.get(url) ?? new Set();
    for (const name of [method].flat()) methods.add(name);
    routed.set(url, methods);
  });
  const nest = await NestFactory.create<NestFastifyApplication>(HttpModule.with(app, options), adapter, {
    bodyParser: false,
    abortOnError: false,
    logger: ['error', 'warn', 'fatal'],
  });
  try {
    await prepare(nest, server, routed, options);
  } catch (error) {
    await nest.close();
    throw error;
  }
  return nest;
}

async function prepare(
  nest: NestFastifyApplication,
  server: FastifyInstance,
  routed: Map<string, Set<string>>,
  options: ServerOptions,
): Promise<void> {
  const { config, clock = systemClock } = options;
  const faults = routeFaults(nest, options.access);
  if (faults.length > 0) throw new Error(`routes are not declared properly:\n  ${faults.join('\n  ')}`);
  const routes = listRoutes(nest, options.access);
  const declared = new Map(routes.map((route) => [`${route.method} ${route.path}`, route]));
  const health = nest.get(HealthChecks);
  const metrics = nest.get(Metrics);
  const logger = nest.get(Logger);

  const mounts = options.mounts ?? [];
  const answersItself = (path: string) => isDocumentation(path) || mounts.some(({ prefix }) => path === `${prefix}/*`);
  await server.register(cookie);
  await server.register(helmet, {
    contentSecurityPolicy: false,
    crossOriginEmbedderPolicy: false,
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: config.mode === 'production',
  });
  server.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    const path = request.url.split('?', 1)[0]!;
    reply.header('content-security-policy', policyText(options.pages?.(path) ?? (isDocumentation(path) ? DOCS_POLICY : API_POLICY)));
    if (health.isStopping) {
      reply.header('connection', 'close');
      if (!path.startsWith('/health/')) throw new Problem('try-again', {}, { headers: { 'retry-after': '5' } });
    }
    if (!CHANGING.has(request.method)) return;
    if (path.startsWith('/api/') && !isTrusted(clock)) throw new Problem('clock-in-doubt', {}, { headers: { 'retry-after': '5' } });
    request.arrivedAt = clock.now();
  });
  server.addHook('preValidation', async (request) => {
    // with a body a request is complete when that is
    if (CHANGING.has(request.method) && request.body !== undefined && request.body !== null) request.arrivedAt = clock.now();
  });
  guardRoutes(server, (method, path) => declared.get(`${method} ${path}`), answersItself, {
    authenticator: options.authenticator,
    browsers: options.browsers,
    owners: options.owners,
    tenants: config.tenants,
    freshMinutes: config.freshMinutes,
    operatorToken: config.operatorToken,
    demo: config.mode === 'demo',
  });
  server.addHook('onResponse', async (request, reply) => {
    const unobserved = request.declared?.rule?.unobserved === true;
    if (unobserved && reply.statusCode < 500) return;
    const route = request.is404 || unobserved ? 'none' : (request.routeOptions.url ?? 'none');
    metrics.observeRequest(request.method, route, reply.statusCode, reply.elapsedTime / 1000);
    logger.log(
      { requestId: request.id, method: request.method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
      'Http',
    );
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (_: unknown, bytes: Buffer) => parseBody(bytes));

  for (const mount of mounts) await server.register(async (scope) => answerBy(scope, mount));

  const patterns = routes.map((route) => ({
    route,
    pattern: new RegExp(`^${route.path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:\w+/g, '[^/]+')}$`),
  }));
  nest.useGlobalPipes(new ShapePipe());
  nest.useGlobalFilters(
    new ProblemFilter((url) => {
      const path = url.split('?', 1)[0]!;
      const methods = new Set(patterns.filter(({ pattern }) => pattern.test(path)).map(({ route }) => route.method));
      if (methods.has('GET')) methods.add('HEAD');
      return [...methods].sort();
    }),
  );

  const info: ApiInfo = { title: 'Minipilot', description: 'Municipal mini-pilot grants', version: '1.0.0', ...options.api };
  SwaggerModule.setup('docs', nest, () => describeApi(nest, routes, info), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: info.title,
    swaggerOptions: { validatorUrl: null, persistAuthorization: false, deepLinking: true },
  });
  await nest.init();
  await server.ready();
  nest.useLogger(logger);

  const undeclared = [...routed].flatMap(([url, methods]) =>
    [...methods]
      .filter((method) => !answersItself(url) && !declared.has(`${method === 'HEAD' ? 'GET' : method} ${url}`))
      .map((method) => `${method} ${url}`),
  );
  if (undeclared.length > 0) throw new Error(`routes that no controller declares: ${undeclared.join(', ')}`);
}

/** Hands requests below a prefix over as they come, with the headers that every answer has. */
function answerBy(scope: FastifyInstance, { prefix, handle }: Mount): void {
  // bodies are left to the one who answers
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', (_request: FastifyRequest, _body: unknown, done: (error: null) => void) => done(null));
  scope.all(`${prefix}/*`, (request, reply) => {
    reply.hijack();
    for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) reply.raw.setHeader(name, value);
    const raw = request.raw as IncomingMessage & { originalUrl?: string };
    raw.originalUrl = raw.url!;
    raw.url = raw.url!.slice(prefix.length);
    handle(raw, reply.raw);
  });
}

/** A port that somebody else has; the message says who and what to do. */
export class PortTaken extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PortTaken';
  }
}

/** Starts to listen. Returns the address as a URL. Throws PortTaken with a one-line message. */
export async function listen(nest: NestFastifyApplication, config: Pick<Config, 'port' | 'host'>): Promise<string> {
  try {
    await nest.listen({ port: config.port, host: config.host });
  } catch (error) {
    if ((error as { code?: string }).code !== 'EADDRINUSE') throw error;
    const holder = await portHolder(config.port);
    const who = holder === undefined ? 'another process' : `process ${holder.pid} (${holder.command})`;
    throw new PortTaken(`Port ${config.port} is taken by ${who}. Stop it, or choose another port: PORT=${config.port + 1} npm start`);
  }
  const { port } = nest.getHttpServer().address() as AddressInfo;
  return `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`;
}

/** Most milliseconds that requests under way may take when the process stops. */
const GRACE = 10_000;

/**
 * Takes no new requests, lets those under way end within `grace` milliseconds, then runs `hooks` in order. Stops only once;
 * later calls wait for the first.
 */
export function stopper(nest: NestFastifyApplication, hooks: readonly (() => Promise<void>)[] = [], grace = GRACE): () => Promise<void> {
  let stopped: Promise<void> | undefined;
  return () =>
    (stopped ??= (async () => {
      nest.get(HealthChecks).stop();
      const server = nest.getHttpServer() as { closeAllConnections(): void };
      const timer = setTimeout(() => server.closeAllConnections(), grace);
      try {
        await nest.close();
      } finally {
        clearTimeout(timer);
        for (const hook of hooks) await hook();
      }
    })());
}

/** On SIGTERM or SIGINT stops in good order and exits with 0, or 1 if that fails; a second signal exits at once. */
export function stopOnSignal(stop: () => Promise<void>): void {
  let asked = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      if (asked) process.exit(1);
      asked = true;
      stop().then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(error);
          process.exit(1);
        },
      );
    });
}
