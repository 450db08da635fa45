import { setTimeout as sleep } from 'node:timers/promises';
import { Rejected, streamName, type Aggregate } from '@minipilot/kernel/decider.js';
import { InvalidEvent, UnknownEvent, type Catalogue, type Position, type Recorded } from '@minipilot/kernel/event.js';
import { flowReacted, type Flow, type FlowCommand } from '@minipilot/kernel/flow.js';
import { flowCommandId, timerInputId, uuid5 } from '@minipilot/kernel/ids.js';
import type { Instant } from '@minipilot/kernel/time.js';
import { isTrusted, type Clock } from '../store/clock.js';
import { StoreUnavailable, type EventStore } from '../store/port.js';
import { KeyReused, type DecisionRunner, type RunOptions } from './decision-runner.js';
import { flowBook, type Book, type Place, type Reacted, type TakeIn } from './flow-book.js';

/** Durable cursors, one for each flow. Losing one means reading from the start again, which changes nothing. */
export interface Cursors {
  get(name: string): Promise<Position | null>;
  /** Moves the cursor if it still stands at `from`; false when another host moved it. */
  move(name: string, from: Position | null, to: Position): Promise<boolean>;
}

export interface DueTimer {
  /** the flow's own stream */
  stream: string;
  flow: string;
  subject: string;
  tenant: string;
  timer: string;
  due: Instant;
}

/** The read side's list of timers that are set. It may lag, repeat and forget: it only wakes. */
export interface Timers {
  /** Timers of `flow` with due ≤ `now`, earliest first. */
  due(now: Instant, limit: number, flow: string): Promise<DueTimer[]>;
}

/** With what a flow's command is to be carried out. */
export interface DispatchIds {
  tenant: string;
  /** `flow.<name>` */
  actor: string;
  commandId: string;
  correlationId: string;
  /** id of the `flow.reacted` event that holds the command */
  causationId: string;
}

/** Carries a command out; resolves to a Rejected where the domain refuses it, throws where it is not known to be done. */
export type Dispatch = (command: FlowCommand, ids: DispatchIds) => Promise<unknown>;

/** Hands flows' commands to the aggregates that they name. */
export function dispatcher(runner: Pick<DecisionRunner, 'run'>, aggregates: readonly Aggregate<any, any, any, any>[]): Dispatch {
  const byCategory = new Map(aggregates.map((aggregate) => [aggregate.category, aggregate]));
  return async ({ aggregate: category, stream, command }, ids) => {
    const aggregate = byCategory.get(category);
    if (aggregate === undefined) throw new TypeError(`no aggregate decides for ${category}`);
    return runner.run({ aggregate, stream, command, body: command, ...ids });
  };
}

export interface FlowStatus {
  name: string;
  /** last event read; null before the first */
  position: Position | null;
  /** `retrying`: waits for something that does not answer. `stopped`: a mistake in the program, until the process starts again. */
  status: 'running' | 'retrying' | 'stopped';
  /** the error and the input that it came up at */
  error: string | null;
  inputs: number;
  commands: number;
  rejected: number;
}

export interface FlowRunnerOptions {
  store: EventStore;
  catalogue: Catalogue;
  flows: readonly Flow<any>[];
  /** carries out the flows' own bookkeeping */
  runner: Pick<DecisionRunner, 'run' | 'runTogether' | 'look'>;
  dispatch: Dispatch;
  cursors: Cursors;
  timers: Timers;
  clock: Clock;
  log?: { warn(fields: Record<string, unknown>, message: string): void; error(fields: Record<string, unknown>, message: string): void };
  /** milliseconds between looks for timers that fell due; default 250 */
  pollMs?: number;
  /** milliseconds before the first and between the last tries when something does not answer; default 20 and 5,000 */
  backOffMs?: [number, number];
}

/** Events that a flow reads at once, timers that it fires at once. */
const PAGE = 500;
/** Most inputs that are written to one stream at once, and most characters of their data, far below what an append may hold. */
const TOGETHER = 100;
const TOGETHER_CHARACTERS = 50_000;
/** Milliseconds between moves of a durable cursor. A crash re-reads so much, to no effect. */
const CURSOR_MS = 500;
/** Tries for an error that is neither surely passing nor surely a mistake. */
const TRIES = 8;
/** Places of events, and timers fired lately, that are remembered. */
const REMEMBERED = 10_000;

/** Hosts flows: each reads all events in commit order and its timers once they fall due, at its own pace. */
export class FlowRunner {
  private readonly hosts: FlowHost[];
  private readonly tail: Tail;
  private running: Promise<unknown> | null = null;

  constructor(options: FlowRunnerOptions) {
    this.tail = new Tail(options.store);
    this.hosts = options.flows.map((flow) => new FlowHost(flow, options, this.tail));
  }

  start(): void {
    this.running ??= Promise.all([this.tail.run(), ...this.hosts.map((host) => host.run())]);
  }

  /** Resolves when every flow has finished the input in hand. */
  async stop(): Promise<void> {
    this.tail.stop();
    await this.running;
  }

  /** Look for events and timers now. */
  poke(): void {
    for (const host of this.hosts) host.timersAt = 0;
    this.tail.wake();
  }

  status(): FlowStatus[] {
    return this.hosts.map((host) => ({ ...host.status }));
  }

  /** Whether every flow that is not stopped has read everything up to `head` and has no timer due at `now`. */
  async idle(head: Position | null, now: Instant): Promise<boolean> {
    for (const host of this.hosts) if (!(await host.idle(head, now))) return false;
    return true;
  }
}

/** The end of the log, read once for all flows that keep up with it; a flow behind reads for itself. */
class Tail {
  private readonly ending = new AbortController();
  private newest: { after: Position | null; events: Recorded[] } | null = null;
  private waiting: (() => void)[] = [];
  /** counts what a flow may have missed between looking and waiting */
  wakes = 0;

  constructor(private readonly store: EventStore) {}

  get stopping(): boolean {
    return this.ending.signal.aborted;
  }

  async run(): Promise<void> {
    let after: Position | null | undefined;
    while (!this.stopping) {
      try {
        after ??= await this.store.head();
        for await (const { events } of this.store.subscribe(after, this.ending.signal, PAGE)) {
          this.newest = { after, events };
          after = events.at(-1)?.position ?? after;
          this.wake();
        }
      } catch {
        // flows meet the same trouble when they read, and tell
      }
      await this.pause(100);
    }
  }

  stop(): void {
    this.ending.abort();
    this.wake();
  }

  wake(): void {
    this.wakes++;
    const waiting = this.waiting;
    this.waiting = [];
    for (const go of waiting) go();
  }

  /** Waits for the next wake after the `seen`-th, at most `ms`. */
  async wait(seen: number, ms: number): Promise<void> {
    if (this.wakes !== seen || this.stopping) return;
    await new Promise<void>((resolve) => {
      const timeout = setTimeout(resolve, ms);
      this.waiting.push(() => {
        clearTimeout(timeout);
        resolve();
      });
    });
  }

  async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.ending.signal }).catch(() => {});
  }

  async page(after: Position | null): Promise<Recorded[]> {
    if (this.newest !== null && this.newest.after === after && this.newest.events.length > 0) return this.newest.events;
    return this.store.readAll(after, PAGE);
  }
}

class FlowHost {
  readonly status: FlowStatus;
  /** when to look for due timers next, in milliseconds of this machine */
  timersAt = 0;
  private readonly book: Aggregate<TakeIn, Book, any, any>;
  private readonly handles: ReadonlySet<string>;
  private readonly actor: string;
  private readonly positions = new Map<string, Position>();
  private readonly fired = new Map<string, true>();
  /** timers seen due, and how far to read before they may fire */
  private due: { timers: DueTimer[]; head: Position | null } | null = null;
  private read: Place | null = null;
  private durable: Position | null = null;
  private movedAt = 0;

  constructor(
    private readonly flow: Flow<any>,
    private readonly options: FlowRunnerOptions,
    private readonly tail: Tail,
  ) {
    this.status = { name: flow.name, position: null, status: 'running', error: null, inputs: 0, commands: 0, rejected: 0 };
    this.handles = new Set(flow.handles);
    this.actor = `flow.${flow.name}`;
    this.book = flowBook(flow, options.catalogue, (place) => this.positionOf(place));
  }

  async run(): Promise<void> {
    const { tail, status } = this;
    const { pollMs = 250 } = this.options;
    await this.persistently('cursor', () => this.goToCursor(), Infinity);
    while (!this.ends) {
      const seen = tail.wakes;
      const events = (await this.persistently('reading', () => tail.page(status.position), Infinity)) ?? [];
      await this.takePage(events);
      if (!this.ends) await this.persistently('due timers', () => this.lookForTimers(pollMs), Infinity);
      const fired = await this.fireTimers();
      if (this.ends) break;
      await this.persistently('cursor', () => this.moveCursor(CURSOR_MS), Infinity);
      if (events.length > 0 || fired) continue;
      await tail.wait(seen, Math.max(1, Math.min(pollMs, this.timersAt - Date.now())));
    }
    await this.moveCursor(0).catch(() => {});
  }

  private get ends(): boolean {
    return this.tail.stopping || this.status.status === 'stopped';
  }

  async idle(head: Position | null, now: Instant): Promise<boolean> {
    const { status } = this;
    if (status.status === 'stopped') return true;
    if (this.due !== null || !hasRead(status.position, head)) return false;
    return (await this.options.timers.due(now, 1, this.flow.name)).length === 0;
  }

  /** Takes events in. Up to the next reaction that has commands they are written together; where that fails, one by one, so that the fault is met at its place. */
  private async takePage(events: readonly Recorded[]): Promise<void> {
    const hasCommands = (event: Recorded) => this.isOwn(event) && (event.data as unknown as Reacted['data']).commands.length > 0;
    for (let from = 0; from < events.length;) {
      const next = events.findIndex((event, i) => i >= from && hasCommands(event));
      const stretch = events.slice(from, next < 0 ? events.length : next);
      from += stretch.length;
      if (!(await this.takeTogether(stretch))) for (const event of stretch) if (!(await this.step(event))) return;
      if (next >= 0 && !(await this.step(events[from++]!))) return;
    }
  }

  /** Whether it took all of them in. */
  private async takeTogether(events: readonly Recorded[]): Promise<boolean> {
    const inputs = events.filter((event) => this.handles.has(event.type) && !this.isOwn(event));
    if (this.ends || inputs.length < 2) return false;
    try {
      const byStream = new Map<string, { event: Recorded; reaction: RunOptions<TakeIn> }[]>();
      for (const event of inputs) {
        const reaction = this.reactionTo(this.options.catalogue.upcast(event));
        if (reaction === null) continue;
        const line = byStream.get(reaction.stream) ?? [];
        line.push({ event, reaction });
        byStream.set(reaction.stream, line);
      }
      for (const line of byStream.values()) {
        for (const part of portions(line, ({ event }) => JSON.stringify(event.data).length)) {
          await this.options.runner.runTogether(part.map(({ reaction }) => reaction));
          for (const { event } of part) remember(this.positions, placeKey(event), event.position);
          this.status.inputs += part.length;
        }
      }
    } catch {
      // one by one they are tried again, counted and named
      return false;
    }
    for (const event of events) this.pass(event);
    return true;
  }

  private isOwn(event: Recorded): boolean {
    return event.type === flowReacted.type && event.data['flow'] === this.flow.name;
  }

  private pass(event: Recorded): void {
    // what it does not take in stays out of its book: a place in a secret stream would tell how much was written there
    if (this.handles.has(event.type) || this.isOwn(event)) this.read = { stream: event.stream, revision: event.revision };
    this.status.position = event.position;
  }

  /** Takes one event in and goes past it. False when the flow cannot, or ends. */
  private async step(event: Recorded): Promise<boolean> {
    if (this.ends) return false;
    const own = this.isOwn(event);
    if (own || this.handles.has(event.type)) {
      const past = await this.persistently(`${event.type} ${event.id}`, async () => {
        const current = this.options.catalogue.upcast(event);
        await (own ? this.dispatch(current) : this.takeIn(current));
        return true;
      });
      if (past === undefined) return false;
    }
    this.pass(event);
    return true;
  }

  private async takeIn(event: Recorded): Promise<void> {
    const reaction = this.reactionTo(event);
    if (reaction === null) return;
    await this.options.runner.run(reaction);
    this.status.inputs++;
    remember(this.positions, placeKey(event), event.position);
  }

  /** The command that takes an event in; null when it is none of this flow's business. */
  private reactionTo(event: Recorded): RunOptions<TakeIn> | null {
    const subject = this.flow.subject(event);
    if (subject === null) return null;
    const { tenant, id: inputId, correlationId } = event;
    return this.writing(tenant, { subject, inputId, input: { kind: 'event', event }, read: null }, { correlationId, causationId: inputId });
  }

  /** Writes input and reaction to the flow's own stream. It is dispatched from there, once this flow reads it in the log. */
  private writing(tenant: string, command: TakeIn, ids: { correlationId: string; causationId: string }): RunOptions<TakeIn> {
    const stream = streamName(tenant, 'flow', `${this.flow.name}-${command.subject}`);
    const { inputId } = command;
    return {
      aggregate: this.book,
      stream,
      command,
      commandId: uuid5('reaction', stream, inputId),
      actor: this.actor,
      tenant,
      body: { inputId },
      correlationId: ids.correlationId,
      causationId: ids.causationId,
    };
  }

  private async dispatch(reacted: Recorded): Promise<void> {
    const { status, actor } = this;
    const { id: causationId, stream, tenant, correlationId } = reacted;
    const { inputId, commands } = reacted.data as unknown as Reacted['data'];
    for (const [index, command] of commands.entries()) {
      const { type } = command.command;
      const commandId = flowCommandId(stream, inputId, type, command.stream, index);
      const result = await this.options.dispatch(command, { tenant, actor, commandId, correlationId, causationId });
      status.commands++;
      if (!(result instanceof Rejected)) continue;
      status.rejected++;
      this.options.log?.warn(
        { flow: this.flow.name, command: type, stream: command.stream, code: result.code },
        'a command of a flow was refused',
      );
    }
  }

  private async lookForTimers(pollMs: number): Promise<void> {
    if (this.due !== null || Date.now() < this.timersAt) return;
    this.timersAt = Date.now() + pollMs;
    const { timers, clock, store } = this.options;
    const { name } = this.flow;
    // a wrong clock would call a deadline early
    if (!isTrusted(clock)) return;
    const now = clock.now();
    const due = (await timers.due(now, PAGE, name)).filter((t) => t.flow === name && t.due <= now && !this.fired.has(firedKey(t)));
    if (due.length > 0) this.due = { timers: due, head: await store.head() };
  }

  /** Fires due timers once everything that was in the store when they were due has been read. True when it did. */
  private async fireTimers(): Promise<boolean> {
    if (this.due === null || this.ends || !hasRead(this.status.position, this.due.head)) return false;
    for (const timer of this.due.timers) {
      if (this.ends) break;
      await this.persistently(`timer ${timer.timer} of ${timer.stream}`, () => this.fire(timer));
    }
    this.due = null;
    return true;
  }

  private async fire(timer: DueTimer): Promise<void> {
    const { tenant, subject, due, stream } = timer;
    const { state } = await this.options.runner.look(this.book, stream);
    const set = state.timers[timer.timer];
    if (set?.due !== due) return;
    const inputId = timerInputId(stream, timer.timer, due);
    const input = { kind: 'timer' as const, timer: timer.timer, due };
    await this.options.runner.run(this.writing(tenant, { subject, inputId, input, read: this.read }, set));
    this.status.inputs++;
    remember(this.fired, firedKey(timer), true);
  }

  private async positionOf(place: Place): Promise<Position> {
    const key = placeKey(place);
    let position = this.positions.get(key);
    if (position === undefined) {
      const { events } = await this.options.store.read(place.stream, place.revision);
      if (events[0] === undefined) throw new RangeError(`${key} is gone, which a flow had read`);
      position = events[0].position;
      remember(this.positions, key, position);
    }
    return position;
  }

  private async goToCursor(): Promise<void> {
    this.durable = this.status.position = await this.options.cursors.get(this.flow.name);
    this.read = null;
  }

  /** Makes the position durable, not more often than every `ms`. Where another host moved the cursor, this one goes on from there. */
  private async moveCursor(ms: number): Promise<void> {
    const { position } = this.status;
    if (position === null || position === this.durable || Date.now() < this.movedAt + ms) return;
    this.movedAt = Date.now();
    if (await this.options.cursors.move(this.flow.name, this.durable, position)) this.durable = position;
    else await this.goToCursor();
  }

  /**
   * Tries until it is done. Undefined when the runner stops meanwhile, or when the flow is stopped by an error that trying again
   * cannot mend or that came back `patience` times.
   */
  private async persistently<T>(what: string, work: () => Promise<T>, patience = TRIES): Promise<T | undefined> {
    const { status, tail } = this;
    const [shortest, longest] = this.options.backOffMs ?? [20, 5_000];
    let unclear = 0;
    for (let pause = shortest; ; pause = Math.min(longest, pause * 2)) {
      try {
        const result = await work();
        if (status.status === 'retrying') Object.assign(status, { status: 'running', error: null });
        return result;
      } catch (error) {
        if (!isPassing(error)) unclear++;
        const stops = patience < Infinity && (isMistake(error) || unclear >= patience);
        status.error = `${what}: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
        status.status = stops ? 'stopped' : 'retrying';
        this.options.log?.error({ flow: this.flow.name, error: status.error }, stops ? 'a flow stopped' : 'a flow tries again');
        if (stops) return undefined;
      }
      await tail.pause(pause);
      if (tail.stopping) return undefined;
    }
  }
}

const placeKey = ({ stream, revision }: Place): string => `${stream}@${revision}`;
const firedKey = ({ stream, timer, due }: DueTimer): string => `${stream} ${timer} ${due}`;
const hasRead = (position: Position | null, head: Position | null): boolean => head === null || (position !== null && position >= head);

/** Cuts a list into parts that may be written at once. */
function portions<T>(items: readonly T[], characters: (item: T) => number): T[][] {
  const parts: T[][] = [];
  let size = 0;
  for (const item of items) {
    size += characters(item);
    if (parts.length === 0 || parts.at(-1)!.length === TOGETHER || size > TOGETHER_CHARACTERS) {
      parts.push([]);
      size = characters(item);
    }
    parts.at(-1)!.push(item);
  }
  return parts;
}

function remember<T>(memory: Map<string, T>, key: string, value: T): void {
  memory.set(key, value);
  if (memory.size > REMEMBERED) memory.delete(memory.keys().next().value!);
}

/** Trying again cannot help. */
const isMistake = (error: unknown): boolean =>
  [InvalidEvent, UnknownEvent, KeyReused, TypeError, RangeError, ReferenceError, SyntaxError].some((kind) => error instanceof kind);

/** Somebody else does not answer: a store, a network, a disk (Node's and SQLite's codes, PostgreSQL's classes of trouble). */
const isPassing = (error: unknown): boolean =>
  error instanceof StoreUnavailable ||
  (error instanceof Error && /^(E[A-Z]|ERR_SQLITE|(08|40|53|57|58)[0-9A-Z]{3}$)/.test(String((error as NodeJS.ErrnoException).code)));
