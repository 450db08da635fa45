import type { Aggregate } from '@minipilot/kernel/decider.js';
import type { Catalogue, Position, Recorded } from '@minipilot/kernel/event.js';
import { NO_STREAM, type EventStore } from '../store/port.js';

export type Folded = Pick<Aggregate<never, any, never, never>, 'category' | 'initial' | 'evolve'>;

/** Where in its stream a command's events are. */
export interface Trace {
  first: number;
  count: number;
  fp: string;
}

/** The state of one stream as far as it has been read. */
export class StreamState {
  revision = NO_STREAM;
  /** of the last event; null without one */
  position: Position | null = null;
  state: any;
  readonly commands = new Map<string, Trace>();

  constructor(private readonly aggregate: Folded) {
    this.state = aggregate.initial;
  }

  /** Folds what follows; events folded before are passed over, so that readers of one stream may overlap. */
  apply(events: readonly Recorded[], catalogue: Catalogue): void {
    for (const event of events) {
      if (event.revision <= this.revision) continue;
      if (event.revision !== this.revision + 1) throw new Error(`stream ${event.stream} has a gap before revision ${event.revision}`);
      this.state = this.aggregate.evolve(this.state, catalogue.upcast(event) as never);
      this.revision = event.revision;
      this.position = event.position;
      const trace = this.commands.get(event.commandId);
      if (trace === undefined) this.commands.set(event.commandId, { first: event.revision, count: 1, fp: event.fp });
      else trace.count++;
    }
  }
}

/**
 * Folded streams, least recently used out first, bounded by number of streams and of folded events.
 * `evolve` is pure, so a state is safe to keep; only what is new is read.
 */
export class StreamStates {
  private readonly states = new Map<string, { state: StreamState; counted: number }>();
  private readonly aggregates = new WeakMap<Folded, number>();
  private aggregateCount = 0;
  private events = 0;

  constructor(
    private readonly store: Pick<EventStore, 'read'>,
    private readonly catalogue: Catalogue,
    private readonly limits: { streams: number; events: number },
  ) {}

  /** The stream's state now. Throws UnknownEvent for an event that this release cannot read. */
  async current(aggregate: Folded, stream: string): Promise<StreamState> {
    const key = `${this.number(aggregate)} ${stream}`;
    const state = this.states.get(key)?.state ?? new StreamState(aggregate);
    const { events } = await this.store.read(stream, state.revision + 1);
    state.apply(events, this.catalogue);
    this.keep(key, state);
    return state;
  }

  private keep(key: string, state: StreamState): void {
    this.drop(key);
    const counted = state.revision + 1;
    this.states.set(key, { state, counted });
    this.events += counted;
    for (const oldest of this.states.keys()) {
      if (this.states.size <= this.limits.streams && this.events <= this.limits.events) break;
      this.drop(oldest);
    }
  }

  private drop(key: string): void {
    const kept = this.states.get(key);
    if (kept === undefined) return;
    this.states.delete(key);
    this.events -= kept.counted;
  }

  private number(aggregate: Folded): number {
    let number = this.aggregates.get(aggregate);
    if (number === undefined) this.aggregates.set(aggregate, (number = this.aggregateCount++));
    return number;
  }
}
