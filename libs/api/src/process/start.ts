import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { pino, stdTimeFunctions } from 'pino';
import { policy } from '@minipilot/grants/policy/policy.js';
import { policyStream } from '@minipilot/grants/streams.js';
import { DemoKeyRefused } from '@minipilot/identity/demo-key.js';
import { policyTable } from '@minipilot/identity/policy-table.js';
import { listPilotsOf, deskPilots } from '@minipilot/insight/pilots.js';
import { positionOf, publicProjections } from '@minipilot/insight/index.js';
import { callsWithVotes, publicVotes } from '@minipilot/insight/votes.js';
import type { Purpose } from '@minipilot/kernel/event.js';
import { DemoBank } from '@minipilot/platform/bank/demo-bank.js';
import { InvalidConfig, readConfig, type Config } from '@minipilot/platform/config.js';
import { InvalidToken, type Authenticator } from '@minipilot/platform/http/access.js';
import { HealthChecks, Unhealthy } from '@minipilot/platform/http/health.js';
import { Metrics } from '@minipilot/platform/http/metrics.js';
import { createServer, listen, PortTaken, stopOnSignal, stopper } from '@minipilot/platform/http/server.js';
import type { ReadModels } from '@minipilot/platform/read-models/database.js';
import { ReadModelsRefused } from '@minipilot/platform/read-models/database.js';
import { waitFor, type Place } from '@minipilot/platform/read-models/read-after.js';
import { FileFolder, PublicFiles } from '@minipilot/platform/privacy/files.js';
import { KeyRefused } from '@minipilot/platform/privacy/keys.js';
import { VaultRefused } from '@minipilot/platform/privacy/vault.js';
import { StoreRefused } from '@minipilot/platform/store/connection.js';
import { DataFolderHeld, holdDataFolder } from '@minipilot/platform/store/data-folder.js';
import { openMachineClock, type CheckedClock } from '@minipilot/platform/store/checked-clock.js';
import { isTrusted, type Clock } from '@minipilot/platform/store/clock.js';
import { Ownership } from '../ownership.js';
import { mailErrands, transportOf } from '../mail/compose.js';
import { registerDomainProblems } from '../problem-texts.js';
import { DEMO_CLOCK, type DemoParts } from './demo.js';
import { API_INFO } from './description.js';
import { ApiModule, type ApiParts } from './module.js';
import { files, openRows, openWriteParts, type WriteParts } from './parts.js';
import { finnishHolidays, seedDemo, seedDemoRoles } from './seed.js';
import { CannotStart, openSignIn, requireProvider } from './sign-in.js';
import { announceIdle, IDLE, startWorker, type Worker } from './worker.js';

/** What a process does, and with which private keys. */
export interface ProcessKind {
  name: 'all' | 'desk' | 'worker' | 'transparency';
  desk: boolean;
  worker: boolean;
  transparency: boolean;
  purposes: readonly Purpose[];
  /** added to the port of the settings, so that processes on one machine do not meet */
  portOffset: number;
}

export const KINDS: Readonly<Record<ProcessKind['name'], ProcessKind>> = {
  all: {
    name: 'all',
    desk: true,
    worker: true,
    transparency: true,
    purposes: ['contact', 'proposal', 'comment', 'scores', 'iban', 'ballot'],
    portOffset: 0,
  },
  desk: { name: 'desk', desk: true, worker: false, transparency: false, purposes: ['contact', 'proposal', 'comment'], portOffset: 0 },
  worker: {
    name: 'worker',
    desk: false,
    worker: true,
    transparency: false,
    purposes: ['contact', 'scores', 'iban', 'ballot'],
    portOffset: 1,
  },
  transparency: { name: 'transparency', desk: false, worker: false, transparency: true, purposes: [], portOffset: 2 },
};

/** Errors whose message tells the operator what to do; a stack would only hide it. */
const TOLD = [
  CannotStart,
  DemoKeyRefused,
  InvalidConfig,
  DataFolderHeld,
  PortTaken,
  StoreRefused,
  VaultRefused,
  KeyRefused,
  ReadModelsRefused,
];

export interface Running {
  url: string;
  config: Config;
  nest: NestFastifyApplication;
  worker: Worker | null;
  stop(): Promise<void>;
}

/** Starts a process as its own main program: prints where to look, stops on signals, and ends with a plain message when it cannot start. */
export async function main(kind: ProcessKind): Promise<void> {
  try {
    const running = await start(kind, process.env);
    stopOnSignal(running.stop);
    process.stdout.write(greeting(kind, running));
  } catch (error) {
    const told = TOLD.some((type) => error instanceof type);
    console.error(told ? (error as Error).message : error);
    process.exit(1);
  }
}

/** Starts a process with the settings in `env`. */
export async function start(kind: ProcessKind, env: NodeJS.ProcessEnv): Promise<Running> {
  const config = readConfig(env);
  registerDomainProblems();
  if (kind.desk) requireProvider(config);
  const ending: (() => unknown)[] = [];
  const end = async () => {
    for (const step of ending.splice(0).reverse()) await step();
  };
  try {
    return await compose(kind, config, ending, end);
  } catch (error) {
    await end();
    throw error;
  }
}

async function compose(kind: ProcessKind, config: Config, ending: (() => unknown)[], end: () => Promise<void>): Promise<Running> {
  // lines like those of HTTP
  const log = pino({
    level: config.logLevel,
    base: { pid: process.pid, process: kind.name },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
  const writes = kind.desk || kind.worker;
  if (writes) {
    // everything in one process shares its folder with nobody, whatever it is called
    const held = holdDataFolder(config.data, kind.name === 'all' ? 'all' : (config.instance ?? kind.name));
    ending.push(() => held.release());
  }
  const machine = await openMachineClock({ timeServer: config.timeServer, offsetMs: config.clockOffsetMs, log });
  ending.push(() => machine.close());
  const write = writes ? await openWriteParts(config, kind.purposes, machine.clock) : null;
  if (write !== null) ending.push(() => write.close());
  const readModels = await openRowsPatiently(config, !writes);
  ending.push(() => readModels.close());
  const tokenKey = await readModels.tokenKey();

  const demo = config.mode === 'demo';
  if (write !== null && demo)
    for (const tenant of config.tenants) {
      await seedDemo(write, tenant);
      await seedDemoRoles(write, tenant);
    }
  const bank = write === null || !demo ? null : await openDemoBank(config, write);
  if (bank !== null) ending.push(() => bank.close());
  if (kind.worker && bank === null)
    throw new CannotStart('A connection to a real bank is not part of this release: set MINIPILOT_MODE=demo.');

  const transport = kind.worker ? transportOf(config, files(config.data).outbox) : null;
  if (kind.worker && transport === null)
    throw new CannotStart('Notices go out by mail: set MINIPILOT_SMTP_URL, and MINIPILOT_MAIL_FROM to the address that they come from.');
  if (transport !== null) ending.push(() => transport.close());
  const outside = transport === null ? null : { bank: bank!, mail: mailErrands(config, transport, write!) };
  const worker = outside === null ? null : startWorker(write!, readModels, outside, log);
  if (worker !== null) {
    ending.push(() => worker.stop());
    if (demo && !kind.desk) ending.push(announceIdle(worker, write!, readModels));
  }

  const clock: Clock = write?.clock ?? (await mirroredClock(readModels, demo, machine.clock, ending));
  // the store knows every place; who has none waits until the read models have come there
  const placed = ({ stream, revision }: Place) =>
    write === null
      ? positionOf(readModels.db, { stream, revision })
      : write.store.read(stream, revision).then(({ events }) => events[0]?.position ?? null);
  const publicFiles = new PublicFiles(files(config.data).publicFiles);
  const parts: ApiParts = { read: { readModels, tokenKey, clock, positionOf: placed, publicFiles }, transparency: kind.transparency };
  if (kind.desk) {
    const { runner, store, vault, sealer, boxes, random, files: sealedFiles } = write!;
    const outbox = demo ? new FileFolder(files(config.data).outbox) : null;
    const caughtUp = async (projection: typeof deskPilots | typeof publicVotes) => {
      const head = await store.head();
      if (head !== null) await waitFor(readModels, [projection], head, 5_000);
    };
    const pilotsOf = async (tenant: string, subject: string) => {
      await caughtUp(deskPilots);
      const ids: string[] = [];
      for (let after: readonly [string, string] | undefined; ;) {
        const page = await listPilotsOf(readModels.db, tenant, subject, { limit: 200, ...(after === undefined ? {} : { after }) });
        ids.push(...page.items.map((row) => row.key));
        if (page.next === null) return ids;
        after = page.next;
      }
    };
    const votes = async (tenant: string) => {
      await caughtUp(publicVotes);
      return callsWithVotes(readModels.db, tenant);
    };
    const lists = { pilotsOf, callsWithVotes: votes };
    parts.desk = { runner, store, vault, sealer, boxes, random, clock, tokenKey, files: sealedFiles, publicFiles, outbox, ...lists };
    if (demo) parts.demo = demoParts(write!, readModels, bank!, worker, outbox!);
  }
  const signIn = kind.desk ? await openSignIn(config, write!, log) : null;
  if (signIn !== null) parts.signIn = signIn.parts;
  const nest = await createServer(ApiModule.with(parts), {
    config: { ...config, port: portOf(kind, config) },
    authenticator: signIn?.authenticator ?? nobody,
    browsers: signIn?.browsers,
    mounts: signIn?.mounts ?? [],
    pages: (path) => signIn?.pages(path),
    access: policyTable,
    clock,
    ...(parts.desk === undefined ? {} : { owners: new Ownership(parts.desk) }),
    api: API_INFO,
  });
  watch(nest, kind, write, readModels, worker, machine.checked);
  const url = await listen(nest, { port: portOf(kind, config), host: config.host });
  signIn?.listening(url);
  return { url, config, nest, worker, stop: stopper(nest, [end]) };
}

const portOf = (kind: ProcessKind, config: Config): number => (config.port === 0 ? 0 : config.port + kind.portOffset);

/** A process without an event store signs nobody in: it has nothing that needs it. */
const nobody: Authenticator = { authenticate: () => Promise.reject(new InvalidToken('nobody signs in here')) };

/** Waits for the process that makes the read models, where this one may only read. */
async function openRowsPatiently(config: Config, readOnly: boolean): Promise<ReadModels> {
  for (let tries = 0; ; tries++) {
    if (!readOnly) return openRows(config);
    if (config.databaseUrl !== undefined || existsSync(files(config.data).readModels)) {
      try {
        return await openRows(config, true);
      } catch (error) {
        if (tries >= 60) throw error;
      }
    } else if (tries >= 60) throw new CannotStart(`There are no read models in ${config.data} yet: start the worker first.`);
    await sleep(500);
  }
}

async function openDemoBank(config: Config, { runner, clock }: WriteParts): Promise<DemoBank> {
  const { state } = await runner.look(policy, policyStream(config.tenants[0]!));
  const zone = state?.timeZone ?? 'Europe/Helsinki';
  const year = Number(clock.now().slice(0, 4));
  return DemoBank.open({ file: files(config.data).bank, zone, holidays: finnishHolidays(year - 1, year + 6) });
}

function demoParts(write: WriteParts, readModels: ReadModels, bank: DemoBank, worker: Worker | null, outbox: FileFolder): DemoParts {
  const idleElsewhere = async () => {
    const head = (await write.store.head()) ?? '';
    return (await readModels.getMeta(IDLE)) === `${head} ${write.clock.now()}`;
  };
  return {
    clock: write.demoClock!,
    readModels,
    bank,
    outbox,
    idle: worker === null ? idleElsewhere : () => worker.idle(),
    trouble: () => (worker === null ? { stopped: [], behind: ['the worker'] } : { stopped: worker.stopped(), behind: worker.behind() }),
    poke: () => worker?.poke(),
    async moved(at) {
      await readModels.setMeta(DEMO_CLOCK, at);
      await write.vault.expireDrafts(at);
    },
  };
}

/** The demo clock as the read models tell it, for a process without an event store. */
async function mirroredClock(readModels: ReadModels, demo: boolean, machine: Clock, ending: (() => unknown)[]): Promise<Clock> {
  if (!demo) return machine;
  let at = await readModels.getMeta(DEMO_CLOCK);
  const timer = setInterval(
    () =>
      void readModels.getMeta(DEMO_CLOCK).then(
        (value) => (at = value),
        () => undefined,
      ),
    500,
  );
  timer.unref();
  ending.push(() => clearInterval(timer));
  return { now: () => at ?? machine.now() };
}

function watch(
  nest: NestFastifyApplication,
  kind: ProcessKind,
  write: WriteParts | null,
  readModels: ReadModels,
  worker: Worker | null,
  checked: CheckedClock | null,
): void {
  const health = nest.get(HealthChecks);
  const metrics = nest.get(Metrics);
  if (write !== null) {
    health.register('event-store', async () => void (await write.store.head()));
    health.register('vault', async () => void (await write.vault.getSecret('demo', 'health')));
  }
  if (checked !== null) {
    health.register('clock', () => {
      const doubt = checked.doubtMs();
      if (!isTrusted(checked))
        throw new Unhealthy(doubt === Infinity ? 'the time server has not answered' : `in doubt by ${Math.ceil(doubt)} ms`);
      return `in doubt by ${Math.ceil(doubt)} ms`;
    });
    metrics.gauge('clock_seconds', 'How far the machine’s clock is from the time server’s, and the doubt about that.', 'what', () => {
      const doubt = checked.doubtMs();
      return new Map([['offset', checked.offsetMs / 1000], ...(doubt === Infinity ? [] : [['doubt', doubt / 1000] as const])]);
    });
  }
  health.register('read-models', async () => void (await readModels.getMeta('health')));
  if (kind.name === 'transparency')
    health.register('public-tables', async () => {
      await readModels.db.selectFrom(`${publicProjections[0]!.name}_v${publicProjections[0]!.version}`).select('key').limit(1).execute();
    });
  if (worker === null) return;
  health.register('projections-and-flows', () => {
    const stopped = worker.stopped();
    if (stopped.length > 0) throw new Unhealthy(`stopped: ${stopped.join(', ')}`);
    const waiting = worker.projector.status().find((p) => p.status === 'waiting');
    if (waiting !== undefined) throw new Unhealthy('projections wait for the event store or the read models: see the log');
  });
  const lag = async () => {
    const head = Number((await write!.store.head()) ?? 0);
    const at = (position: string | null) => head - Number(position || 0);
    return new Map([
      ...worker.projector.status().map((p): [string, number] => [`projection ${p.name}`, at(p.position)]),
      ...worker.flowRunner.status().map((f): [string, number] => [`flow ${f.name}`, at(f.position)]),
    ]);
  };
  metrics.gauge('lag_events', 'Events that a projection or flow has still to read.', 'reader', lag);
  metrics.gauge(
    'stopped',
    'Projections and flows that stopped at an event they cannot take.',
    'reader',
    () => new Map(worker.stopped().map((name) => [name, 1])),
  );
}

function greeting(kind: ProcessKind, { url, config }: Running): string {
  const lines = [`Minipilot (${kind.name}) is ready at ${url}`, `  health    ${url}/health/ready`];
  if (kind.desk || kind.transparency) lines.push(`  API       ${url}/docs   (OpenAPI 3.1: ${url}/openapi.json)`);
  if (kind.transparency)
    lines.push(`  calls     ${url}/api/${config.tenants[0]}/calls`, `  money     ${url}/api/${config.tenants[0]}/dashboard/money`);
  lines.push(`  data      ${config.data}`);
  if (kind.desk && config.mode === 'demo') {
    // the token is signed with a key of this data folder
    const token = `MINIPILOT_DATA=${config.data} npm run -s token --`;
    lines.push(
      '',
      `This is a demonstration with an invented municipality (${config.tenants.join(', ')}) and one open call.`,
      `  sign in   ${config.publicUrl ?? url}/auth/${config.tenants[0]}/login   (as whomever you like, without a password)`,
      'For the API take a token:',
      ...[
        'applicant',
        'agent',
        'officer',
        'member',
        'chair',
        'decision-maker',
        'appeal-body',
        'finance-clerk',
        'finance-approver',
        'owner',
        'auditor',
        'admin',
      ].map((role) => `  ${token} --role ${role}`),
      '  (--person NAME for another one; on the committee people are known by NAME@demo.example)',
      `  curl -H "Authorization: Bearer $(${token} --role officer)" ${url}/api/${config.tenants[0]}/worklist`,
    );
  }
  lines.push('', 'Stop it with Ctrl-C.', '');
  return lines.join('\n');
}
