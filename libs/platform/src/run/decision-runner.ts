import { parseStream, Rejected, type Aggregate, type DomainEvent, type FactSources } from '@minipilot/kernel/decider.js';
import type { Catalogue, NewEvent, Position, Purpose, Recorded } from '@minipilot/kernel/event.js';
import { eventId } from '@minipilot/kernel/ids.js';
import type { Instant } from '@minipilot/kernel/time.js';
import type { Randomness, Sealer, ToSeal } from '../privacy/port.js';
import type { Clock } from '../store/clock.js';
import { StoreUnavailable, TooLate, WrongRevision, type Appended, type EventStore } from '../store/port.js';
import { StreamStates, type StreamState } from './stream-states.js';

const ATTEMPTS = 4;

/** The same command id came with another body or from another person. Answer 422. */
export class KeyReused extends Error {
  constructor(readonly commandId: string) {
    super(`command ${commandId} was given before with another body`);
    this.name = 'KeyReused';
  }
}

/** The stream is no longer at the revision that the command was made for (If-Match). Answer 412. */
export class Stale extends Error {
  constructor(
    readonly stream: string,
    readonly expected: number,
    readonly actual: number,
  ) {
    super(`stream ${stream} is at revision ${actual}, the command was made for ${expected}`);
    this.name = 'Stale';
  }
}

/** Plaintext for events to come. Deciders do not see it; they name, in `seal`, whose key closes which purpose. */
export interface Secret {
  purpose: Purpose;
  /** only for events that seal this purpose for this subject; default any */
  subject?: string;
  /** only for the n-th event of the command, from 0; default any */
  index?: number;
  /** holds its own version `v`, as the catalogue's schema wants it */
  payload: Record<string, unknown>;
  /** public key in hex where it is sealed to a key of its own */
  to?: string;
}

export interface RunOptions<C> {
  aggregate: Aggregate<C, any, any, any>;
  stream: string;
  command: C;
  commandId: string;
  /** subject id, or `flow.<name>` */
  actor: string;
  tenant: string;
  /** what the fingerprint covers: the validated request body */
  body: unknown;
  secrets?: readonly Secret[];
  /** revision that the stream must have (If-Match); without it a conflict is decided again */
  expected?: number;
  /** the append must reach the store by then */
  notAfter?: Instant;
  /** default: the command id */
  correlationId?: string;
  /** default: the command id */
  causationId?: string;
}

export interface Done {
  /** those of this command, the first ones when it is repeated, none when there was nothing to record */
  events: Recorded[];
  /** of the last of `events`; without events where the stream, or else the store, stands. Empty only when the store is. */
  position: Position;
  /** of the last of `events`, or the stream's */
  revision: number;
  /** true when the command had been carried out before */
  repeated: boolean;
}

export interface DecisionRunnerOptions {
  store: EventStore;
  catalogue: Catalogue;
  sealer: Sealer;
  randomness: Randomness;
  clock: Clock;
  /** services outside that facts may ask, by name */
  ports?: Readonly<Record<string, unknown>>;
  /** folded states to keep: most streams and most events in them */
  cache?: { streams: number; events: number };
}

/**
 * Carries out commands: read, upcast, fold, decide, seal, append. A command id is carried out once, however often,
 * wherever and however concurrently it is given; the others get the first result. Commands to one stream queue up here,
 * other processes are met by the expected revision.
 */
export class DecisionRunner {
  private readonly states: StreamStates;
  private readonly lines = new Map<string, Promise<unknown>>();

  constructor(private readonly options: DecisionRunnerOptions) {
    this.states = new StreamStates(options.store, options.catalogue, options.cache ?? { streams: 10_000, events: 250_000 });
  }

  /**
   * Returns the refusal of the decider, which is not stored. Throws KeyReused, Stale, TooLate, StoreUnavailable; UnknownEvent where the
   * stream holds what this release cannot read; InvalidEvent and other errors for mistakes in the program. After an error that leaves open
   * whether the append took place, giving the same command again tells.
   */
  async run<C>(options: RunOptions<C>): Promise<Done | Rejected> {
    const { stream, aggregate, tenant } = options;
    const target = parseStream(stream);
    if (target.tenant !== tenant || target.category !== aggregate.category) {
      throw new Error(`a command of ${tenant} to ${aggregate.category} cannot go to stream ${stream}`);
    }
    const now = this.options.clock.now();
    return this.inLine(stream, () => this.carryOut(options, now));
  }

  /** The state of a stream now, from the stream itself, with what an ETag is made of. */
  async look<S>(
    aggregate: Pick<Aggregate<never, S, never, never>, 'category' | 'initial' | 'evolve'>,
    stream: string,
  ): Promise<{ state: S; revision: number; position: Position | null }> {
    const { state, revision, position } = await this.states.current(aggregate, stream);
    return { state: state as S, revision, position };
  }

  /**
   * Carries out commands to one stream as if one were given after the other, but in one append: all of them or none. Those that were carried out
   * before, are refused or record nothing add nothing. Takes no If-Match and no `notAfter`. Throws like `run`.
   */
  async runTogether<C>(commands: readonly RunOptions<C>[]): Promise<void> {
    const { stream, aggregate } = commands[0]!;
    const now = this.options.clock.now();
    await this.inLine(stream, async () => {
      for (let attempt = 1; ; attempt++) {
        const current = await this.states.current(aggregate, stream);
        let { state, revision } = current;
        const events: NewEvent[] = [];
        for (const options of commands) {
          const fp = await this.options.sealer.fingerprint(options.actor, options.body);
          if ((await this.firstResult(current, options, fp)) !== null) continue;
          const decided = await this.decide(options, state, revision, now, fp);
          if (decided instanceof Rejected) continue;
          ({ state } = decided);
          revision += decided.events.length;
          events.push(...decided.events);
        }
        if (events.length === 0) return;
        try {
          current.apply((await this.options.store.append(stream, events, current.revision)).events, this.options.catalogue);
          return;
        } catch (error) {
          if (!(error instanceof WrongRevision)) throw error;
          if (attempt === ATTEMPTS) throw new StoreUnavailable(`stream ${stream} is written to by too many at once`, { cause: error });
        }
      }
    });
  }

  private async carryOut<C>(options: RunOptions<C>, now: Instant): Promise<Done | Rejected> {
    const { store, sealer } = this.options;
    const { aggregate, stream, actor, expected } = options;
    const fp = await sealer.fingerprint(actor, options.body);
    for (let attempt = 1; ; attempt++) {
      const current = await this.states.current(aggregate, stream);
      const { state, revision, position } = current;
      const first = await this.firstResult(current, options, fp);
      if (first !== null) return first;
      if (expected !== undefined && expected !== revision) throw new Stale(stream, expected, revision);

      const decided = await this.decide(options, state, revision, now, fp);
      if (decided instanceof Rejected) return decided;
      const sealed = decided.events;
      if (sealed.length === 0) return { events: [], position: position ?? (await store.head()) ?? '', revision, repeated: false };
      let appended: Appended;
      try {
        appended = await store.append(stream, sealed, revision, options.notAfter);
      } catch (error) {
        if (error instanceof TooLate || error instanceof StoreUnavailable) throw error;
        if (error instanceof WrongRevision && expected === undefined) {
          if (attempt < ATTEMPTS) continue;
          throw new StoreUnavailable(`stream ${stream} is written to by too many at once`, { cause: error });
        }
        return await this.afterDoubt(options, fp, error);
      }
      current.apply(appended.events, this.options.catalogue);
      return { events: appended.events, position: appended.position, revision: appended.revision, repeated: false };
    }
  }

  /** What a command comes to after `revision`: events ready to be appended, and the state with them. */
  private async decide<C>(
    options: RunOptions<C>,
    state: unknown,
    revision: number,
    now: Instant,
    fp: string,
  ): Promise<{ events: NewEvent[]; state: unknown } | Rejected> {
    const { aggregate, command, commandId, actor, tenant } = options;
    const salt = this.options.randomness.bytes(32, `salt ${commandId}`).toString('hex');
    const facts: unknown = await aggregate.facts(command, this.sources(tenant, commandId, now));
    const decided: DomainEvent[] | Rejected = aggregate.decide(command, state, facts, { now, actor, tenant, commandId, salt });
    if (decided instanceof Rejected) return decided;
    const events = await this.seal(options, decided, now, fp);
    // what its own stream could not fold would block that stream for ever
    const after = events.reduce<unknown>((s, event, i) => aggregate.evolve(s, { ...event, revision: revision + 1 + i }), state);
    return { events, state: after };
  }

  /** The append failed and may not be tried again: either the command is in the stream, or the error stands. */
  private async afterDoubt(options: RunOptions<any>, fp: string, error: unknown): Promise<Done> {
    let current: StreamState;
    try {
      current = await this.states.current(options.aggregate, options.stream);
    } catch {
      throw error;
    }
    const first = await this.firstResult(current, options, fp);
    if (first !== null) return first;
    if (error instanceof WrongRevision) throw new Stale(options.stream, options.expected!, current.revision);
    throw error;
  }

  private async firstResult(current: StreamState, { stream, commandId }: RunOptions<any>, fp: string): Promise<Done | null> {
    const trace = current.commands.get(commandId);
    if (trace === undefined) return null;
    if (trace.fp !== fp) throw new KeyReused(commandId);
    const { first, count } = trace;
    const { events: tail } = await this.options.store.read(stream, first);
    const events = tail.slice(0, count).map((event) => this.options.catalogue.upcast(event));
    return { events, position: events.at(-1)!.position, revision: first + count - 1, repeated: true };
  }

  /** Checks the decided events, puts them into envelopes and closes their personal parts. */
  private async seal(options: RunOptions<any>, decided: readonly DomainEvent[], at: Instant, fp: string): Promise<NewEvent[]> {
    const { catalogue, sealer } = this.options;
    const { stream, tenant, actor, commandId, secrets = [] } = options;
    const used = new Set<Secret>();
    const prepared = decided.map(({ type, data, seal = {} }, index) => {
      catalogue.validate(type, data);
      const toSeal: ToSeal[] = [];
      for (const [purpose, subject] of Object.entries(seal) as [Purpose, string][]) {
        const secret = secrets.find((s) => s.purpose === purpose && (s.index ?? index) === index && (s.subject ?? subject) === subject);
        if (secret === undefined) continue;
        catalogue.validateSealed(type, purpose, secret.payload);
        used.add(secret);
        toSeal.push({ subject, purpose, payload: secret.payload, ...(secret.to === undefined ? {} : { to: secret.to }) });
      }
      const event: NewEvent = {
        id: eventId(commandId, index),
        type,
        v: catalogue.get(type)!.v,
        stream,
        at,
        tenant,
        actor,
        commandId,
        correlationId: options.correlationId ?? commandId,
        causationId: options.causationId ?? commandId,
        fp,
        data: data as Record<string, unknown>,
      };
      return { event, seal: toSeal };
    });
    const lost = secrets.find((secret) => !used.has(secret));
    if (lost !== undefined) throw new Error(`no event of the command takes its ${lost.purpose}, which would be lost`);
    if (used.size === 0) return prepared.map(({ event }) => event);
    return sealer.seal(prepared);
  }

  private sources(tenant: string, commandId: string, now: Instant): FactSources {
    const { store, catalogue, sealer, ports } = this.options;
    return {
      tenant,
      now,
      commandId,
      fold: async (aggregate, stream) => (await this.states.current(aggregate, stream)).state,
      history: async (stream) => (await store.read(stream)).events.map((event) => catalogue.upcast(event)),
      unseal: (event, purpose, subject) => sealer.unseal(event, purpose, subject),
      open: (event, purpose, subject) => sealer.unsealWithSalt(event, purpose, subject),
      port: <T>(name: string): T => {
        if (ports === undefined || !Object.hasOwn(ports, name)) throw new Error(`this process has no port ${name}`);
        return ports[name] as T;
      },
    };
  }

  /** Runs `work` after all work on the stream that was asked for before. */
  private async inLine<T>(stream: string, work: () => Promise<T>): Promise<T> {
    const before = this.lines.get(stream);
    const turn = before === undefined ? work() : before.then(work, work);
    this.lines.set(stream, turn);
    try {
      return await turn;
    } finally {
      if (this.lines.get(stream) === turn) this.lines.delete(stream);
    }
  }
}
