import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reject, type Aggregate } from '@minipilot/kernel/decider.js';
import { Catalogue, defineEvent, type EventsOf, type Position, type Recorded } from '@minipilot/kernel/event.js';
import { flowReacted, type Flow } from '@minipilot/kernel/flow.js';
import { object, optional, text, version1 } from '@minipilot/kernel/schema.js';
import { addMilliseconds } from '@minipilot/kernel/time.js';
import { Type } from 'typebox';
import { ensureKeys, loadKeys } from '../privacy/keys.js';
import { demoRandomness } from '../privacy/randomness.js';
import { VaultSealer } from '../privacy/sealer.js';
import { Vault } from '../privacy/vault.js';
import { DemoClock } from '../store/demo-clock.js';
import type { EventStore } from '../store/port.js';
import { SqliteEventStore } from '../store/sqlite.js';
import { DecisionRunner, type DecisionRunnerOptions, type RunOptions } from './decision-runner.js';
import type { Reacted } from './flow-book.js';
import type { Cursors, DueTimer, Timers } from './flow-runner.js';

const boxEvents = [
  defineEvent(
    'box.filled',
    'Something was put into the box.',
    object({ n: Type.Integer(), salt: optional(Type.String()), seen: optional(Type.Integer()) }),
    {
      sealed: {
        comment: { v: 1, schema: object({ v: version1, text: text(100, 1) }) },
        contact: { v: 1, schema: object({ v: version1, name: text(100, 1) }) },
      },
    },
  ),
  defineEvent('box.closed', 'The box was closed.', object({ after: Type.Integer() })),
] as const;
type BoxEvent = EventsOf<typeof boxEvents>;

export type BoxCommand =
  | { type: 'Fill'; n: number; times?: number; seal?: Partial<Record<'comment' | 'contact', string>>; look?: string; withSalt?: boolean }
  | { type: 'Close' };

export interface Box {
  sum: number;
  closed: boolean;
}

/** A box that takes numbers until it is closed; filling a closed box is refused, closing it again is nothing. */
export const box: Aggregate<BoxCommand, Box, BoxEvent, { seen?: number }> = {
  category: 'box',
  initial: { sum: 0, closed: false },
  evolve: (state, event) => (event.type === 'box.filled' ? { ...state, sum: state.sum + event.data.n } : { ...state, closed: true }),
  async facts(command, sources) {
    if (command.type !== 'Fill' || command.look === undefined) return {};
    return { seen: (await sources.fold(box, command.look)).sum };
  },
  decide(command, state, facts, { salt }) {
    if (command.type === 'Close') return state.closed ? [] : [{ type: 'box.closed', data: { after: state.sum } }];
    if (state.closed) return reject('box-closed', { sum: state.sum });
    const data = { n: command.n, ...facts, ...(command.withSalt ? { salt } : {}) };
    return Array.from({ length: command.times ?? 1 }, () => ({
      type: 'box.filled' as const,
      data,
      ...(command.seal && { seal: command.seal }),
    }));
  },
};

export const START = '2027-03-01T08:00:00.000Z';
export const ACTOR = '11111111-1111-4111-8111-111111111111';

/** Event store, vault and demo clock on files of their own; `close` takes all away. */
export async function workbench(wrap: (store: SqliteEventStore) => EventStore = (store) => store) {
  const dir = mkdtempSync(join(tmpdir(), 'minipilot-run-'));
  const file = join(dir, 'events.db');
  const clock = await DemoClock.open({ file });
  await clock.set(START);
  const sqlite = await SqliteEventStore.open({ file, now: () => clock.now() });
  const randomness = demoRandomness('run');
  ensureKeys(join(dir, 'keys'), { demoSeed: 'run' });
  const keys = loadKeys(join(dir, 'keys'), ['comment', 'contact']);
  const vault = await Vault.open({ file: join(dir, 'vault.db'), masterKey: keys.masterKey, random: randomness });
  const catalogue = new Catalogue([...boxEvents, flowReacted]);
  const sealer = new VaultSealer({ vault, keys, random: randomness });
  const options: DecisionRunnerOptions = { store: wrap(sqlite), catalogue, sealer, randomness, clock };
  return {
    file,
    clock,
    sqlite,
    vault,
    options,
    runner: new DecisionRunner(options),
    /** all events of the store, in commit order */
    all: async (): Promise<Recorded[]> => sqlite.readAll(null, 100_000),
    async close() {
      await sqlite.close();
      await vault.close();
      clock.close();
      rmSync(dir, { recursive: true });
    },
  };
}
export type Workbench = Awaited<ReturnType<typeof workbench>>;

/** Options of a command to the box `key`; the body is the command. */
export const toBox = (
  commandId: string,
  command: BoxCommand,
  key = 'a',
  more: Partial<RunOptions<BoxCommand>> = {},
): RunOptions<BoxCommand> => ({
  aggregate: box,
  stream: `demo.box-${key}`,
  command,
  commandId,
  actor: ACTOR,
  tenant: 'demo',
  body: command,
  ...more,
});

/** The store with some methods replaced. */
export const withChanges = (store: EventStore, changes: Partial<EventStore>): EventStore => ({
  read: (stream, from) => store.read(stream, from),
  append: (stream, events, expected, notAfter) => store.append(stream, events, expected, notAfter),
  readAll: (after, limit) => store.readAll(after, limit),
  head: () => store.head(),
  subscribe: (after, signal, limit) => store.subscribe(after, signal, limit),
  close: () => store.close(),
  ...changes,
});

const HOUR = 3_600_000;
const keyOf = (event: Recorded): string => event.stream.slice('demo.box-'.length);

export interface Watch {
  sum: number;
  zeros: number;
  closed: boolean;
}

/** Watches boxes: closes each an hour after it was first filled, and copies the sum of a closed box into the box `log<key>`. */
export const watch: Flow<Watch> = {
  name: 'watch',
  handles: ['box.filled', 'box.closed'],
  subject: (event) => (keyOf(event).startsWith('log') ? null : keyOf(event)),
  initial: { sum: 0, zeros: 0, closed: false },
  evolve(state, input) {
    if (input.kind === 'timer') return state;
    if (input.event.type === 'box.closed') return { ...state, closed: true };
    const n = input.event.data['n'] as number;
    // what an event means depends on the state: a zero counts only in a box that has been filled
    if (n === 0) return state.sum === 0 ? state : { ...state, zeros: state.zeros + 1 };
    return { ...state, sum: state.sum + n };
  },
  react(state, input) {
    if (input.kind === 'timer') {
      const stream = `demo.box-${input.timer.slice('close '.length)}`;
      return {
        commands: [
          { aggregate: 'box', stream: stream.replace('box-', 'box-logtimer'), command: { type: 'Fill', n: state.sum } },
          { aggregate: 'box', stream, command: { type: 'Close' } },
        ],
      };
    }
    const key = keyOf(input.event);
    const timer = `close ${key}`;
    if (input.event.type === 'box.closed') {
      const command = { type: 'Fill', n: state.sum * 10 + state.zeros };
      return { commands: [{ aggregate: 'box', stream: `demo.box-log${key}`, command }], timers: [{ timer, due: null }] };
    }
    const isFirst = state.sum > 0 && state.sum === input.event.data['n'];
    return isFirst ? { timers: [{ timer, due: addMilliseconds(input.event.at, HOUR) }] } : {};
  },
};

/** Cursors that a test can lose. */
export function memoryCursors(): Cursors & { positions: Map<string, Position> } {
  const positions = new Map<string, Position>();
  return {
    positions,
    get: async (name) => positions.get(name) ?? null,
    async move(name, from, to) {
      if ((positions.get(name) ?? null) !== from) return false;
      positions.set(name, to);
      return true;
    },
  };
}

/** The timers that are set, from the log itself. */
export function logTimers(store: Pick<EventStore, 'readAll'>): Timers & { set(): Promise<DueTimer[]> } {
  const set = async (): Promise<DueTimer[]> => {
    const rows = new Map<string, DueTimer>();
    for (const { type, stream, tenant, data } of await store.readAll(null, 100_000)) {
      if (type !== flowReacted.type) continue;
      const { flow, subject, input, timers } = data as unknown as Reacted['data'];
      if (input.kind === 'timer') rows.delete(`${stream} ${input.timer}`);
      for (const { timer, due } of timers) {
        if (due === null) rows.delete(`${stream} ${timer}`);
        else rows.set(`${stream} ${timer}`, { stream, flow, subject, tenant, timer, due });
      }
    }
    return [...rows.values()].sort((a, b) => (a.due < b.due ? -1 : 1));
  };
  return { set, due: async (now, limit, flow) => (await set()).filter((t) => t.flow === flow && t.due <= now).slice(0, limit) };
}

/** What is in every stream, without what depends on the order of events of different streams. */
export async function streams(bench: Workbench): Promise<Record<string, unknown[]>> {
  const found: Record<string, unknown[]> = {};
  for (const event of await bench.all()) {
    const { position: _, ...rest } = event;
    const input = rest.data['input'] as Reacted['data']['input'] | undefined;
    if (input?.kind === 'timer') rest.data = { ...rest.data, input: { ...input, stream: undefined, revision: undefined } };
    (found[event.stream] ??= []).push(rest);
  }
  return found;
}
