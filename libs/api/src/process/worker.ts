import { aggregates, flows } from '@minipilot/grants/aggregates.js';
import { catalogue } from '@minipilot/grants/catalogue.js';
import { allProjections } from '@minipilot/insight/index.js';
import { deskTimers } from '@minipilot/insight/timers.js';
import { viewOf } from '@minipilot/insight/query.js';
import type { Bank } from '@minipilot/grants/batch/bank.js';
import type { ReadModels } from '@minipilot/platform/read-models/database.js';
import { Projector } from '@minipilot/platform/read-models/projector.js';
import { allIdle } from '@minipilot/platform/run/demo-clock-advance.js';
import { readModelCursors } from '@minipilot/platform/run/flow-cursors.js';
import { dispatcher, FlowRunner, type DueTimer, type Timers } from '@minipilot/platform/run/flow-runner.js';
import { BallotErrands } from '../ballots.js';
import type { MailErrands } from '../mail/errands.js';
import { BankErrands } from './errands.js';
import type { WriteParts } from './parts.js';

type Log = { warn(fields: Record<string, unknown>, message: string): void; error(fields: Record<string, unknown>, message: string): void };

/** Milliseconds between sweeps for drafts and sessions that have expired. */
const SWEEP_MS = 60 * 60 * 1000;
/** Row in which a worker tells other processes that everything up to a position is done. */
export const IDLE = 'worker-idle';

export interface Worker {
  projector: Projector;
  flowRunner: FlowRunner;
  /** names of projections and flows that stopped */
  stopped(): string[];
  behind(): string[];
  poke(): void;
  idle(): Promise<boolean>;
  sweep(): Promise<number>;
  stop(): Promise<void>;
}

/** Whom the worker deals with. */
export interface Outside {
  bank: Bank;
  mail: MailErrands;
}

/** What goes on by itself: projections, flows with their timers, errands to the bank and of mail, expiry of drafts. */
export function startWorker(write: WriteParts, readModels: ReadModels, { bank, mail }: Outside, log: Log): Worker {
  const { store, clock, runner, sealer, boxes, box, vault } = write;
  const projector = new Projector({
    store,
    readModels,
    catalogue,
    projections: allProjections,
    log: (message, details) => log.error(details, message),
  });
  const timers: Timers = {
    async due(now, limit, flow) {
      const rows = await readModels.db
        .selectFrom(viewOf(deskTimers))
        .select(['stream', 'flow', 'subject', 'tenant', 'timer', 'due'])
        .where('flow', '=', flow)
        .where('due', '<=', now)
        .orderBy('due')
        .orderBy('key')
        .limit(limit)
        .execute();
      return rows as unknown as DueTimer[];
    },
  };
  const stopped = () => [
    ...projector
      .status()
      .filter((p) => p.status === 'stopped')
      .map((p) => `projection ${p.name}`),
    ...flowRunner
      .status()
      .filter((f) => f.status === 'stopped')
      .map((f) => `flow ${f.name}`),
  ];
  const errands = new BankErrands({ runner, store, sealer, bank, clock, stopped });
  const ballots = new BallotErrands({ runner, boxes, box });
  const decide = dispatcher(runner, aggregates);
  const flowRunner: FlowRunner = new FlowRunner({
    store,
    catalogue,
    flows,
    runner,
    dispatch(command, ids) {
      if (command.aggregate === 'bank') return errands.run(command, ids);
      if (command.aggregate === 'mail') return mail.run(command, ids);
      return command.aggregate === 'ballot-box' ? ballots.run(command, ids) : decide(command, ids);
    },
    cursors: readModelCursors(readModels),
    timers,
    clock,
    log,
    pollMs: write.demoClock === null ? 250 : 25,
  });
  const idle = () => allIdle(store, clock, [projector, flowRunner]);
  const sweep = async () => {
    await vault.sessions.sweep();
    return vault.expireDrafts(clock.now());
  };
  projector.start();
  flowRunner.start();
  const sweeping = setInterval(
    () => void sweep().catch((error: unknown) => log.warn({ error: String(error) }, 'drafts and sessions were not swept')),
    SWEEP_MS,
  );
  sweeping.unref();
  return {
    projector,
    flowRunner,
    stopped,
    behind: () => [
      ...projector.status().map((p) => `projection ${p.name} (${p.status})`),
      ...flowRunner.status().map((f) => `flow ${f.name} (${f.status})`),
    ],
    poke: () => flowRunner.poke(),
    idle,
    sweep,
    async stop() {
      clearInterval(sweeping);
      await flowRunner.stop();
      await projector.stop();
    },
  };
}

/** Tells other processes, by one row, up to where all is done. For the demo clock, which waits for it. */
export function announceIdle(worker: Worker, write: WriteParts, readModels: ReadModels): () => void {
  let ends = false;
  let told = '';
  const tell = async () => {
    while (!ends) {
      const now = write.clock.now();
      const head = (await write.store.head()) ?? '';
      const value = `${head} ${now}`;
      if (value !== told && (await worker.idle()) && ((await write.store.head()) ?? '') === head && write.clock.now() === now) {
        await readModels.setMeta(IDLE, value);
        told = value;
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  void tell().catch(() => undefined);
  return () => (ends = true);
}
