import { isDeepStrictEqual } from 'node:util';
import { streamName, type Aggregate } from '@minipilot/kernel/decider.js';
import type { Catalogue, EventOf, Position, Recorded } from '@minipilot/kernel/event.js';
import type { Flow, flowReacted, FlowInput } from '@minipilot/kernel/flow.js';

export type Reacted = EventOf<typeof flowReacted>;

/** One event's place in its stream, by which it is found again in any copy of the store. */
export interface Place {
  stream: string;
  revision: number;
}

/** What a flow's own stream folds to: the flow's state, its timers that are set, and how far it had read. */
export interface Book {
  state: unknown;
  /** by timer: when it is due, and what to hand on from the event that set it */
  timers: Readonly<Record<string, { due: string; correlationId: string; causationId: string }>>;
  /** `<timer> <due>` of those that fell due; an instant falls due once */
  fired: readonly string[];
  /** last event of those it handles that had been read when the newest reaction was written */
  read: Place | null;
}

/** An input for the stream of one subject of a flow. */
export interface TakeIn {
  subject: string;
  inputId: string;
  input: FlowInput;
  /** for a timer: last event of those it handles that the flow has read; null when none since the process began */
  read: Place | null;
}

/** The flow's own streams as an aggregate: an input goes in, `flow.reacted` with all that follows from it comes out. */
export function flowBook(
  flow: Flow<any>,
  catalogue: Catalogue,
  /** position of an event in this store */
  positionOf: (place: Place) => Promise<Position>,
): Aggregate<TakeIn, Book, Reacted, { passed: boolean }> {
  /** The input as it was written down, brought to the event version of this release. A flow sees an event's id, type, stream, at, actor, tenant and data. */
  const restore = (inputId: string, input: Reacted['data']['input'], tenant: string): FlowInput => {
    if (input.kind === 'timer') return { kind: 'timer', timer: input.timer!, due: input.due! };
    const { type, v, stream, revision, at, actor, data } = input as Required<typeof input> & { data: Record<string, unknown> };
    const unseen = { commandId: '', correlationId: '', causationId: '', fp: '', position: '' };
    return { kind: 'event', event: catalogue.upcast({ ...unseen, id: inputId, type, v, stream, revision, at, actor, tenant, data }) };
  };

  const book: Aggregate<TakeIn, Book, Reacted, { passed: boolean }> = {
    category: 'flow',
    initial: { state: flow.initial, timers: {}, fired: [], read: null },

    evolve({ state, timers, fired, read }, event) {
      const { inputId, input, timers: set } = event.data;
      const { correlationId, tenant } = event as unknown as Recorded;
      const causationId = event.id;
      const next = { ...timers };
      if (input.kind === 'timer') delete next[input.timer!];
      for (const { timer, due } of set) {
        if (due === null) delete next[timer];
        else next[timer] = { due, correlationId, causationId };
      }
      return {
        state: flow.evolve(state, restore(inputId, input, tenant)),
        timers: next,
        fired: input.kind === 'timer' ? [...fired, firing(input.timer!, input.due!)] : fired,
        read: input.stream === undefined ? read : { stream: input.stream, revision: input.revision! },
      };
    },

    /**
     * An event that led to nothing is not written down. Met again by a reader that is behind or began anew,
     * it must lead to nothing again, however the state has changed since.
     */
    async facts({ input, subject }, sources) {
      if (input.kind === 'timer') return { passed: false };
      const { read } = await sources.fold(book, streamName(sources.tenant, 'flow', `${flow.name}-${subject}`));
      return { passed: read !== null && (await positionOf(read)) >= input.event.position };
    },

    decide({ subject, inputId, input, read }, { state, timers, fired }, { passed }, { tenant }) {
      if (passed) return [];
      if (input.kind === 'timer' && timers[input.timer]?.due !== input.due) return [];
      const written = plain(writeDown(input, read));
      const seen = restore(inputId, written, tenant);
      const next = flow.evolve(state, seen);
      const { commands = [], timers: wanted = [] } = plain(flow.react(next, seen, tenant));
      const past = new Set(seen.kind === 'timer' ? [...fired, firing(seen.timer, seen.due)] : fired);
      const set = wanted.map(({ timer, due }) => ({ timer, due: due !== null && past.has(firing(timer, due)) ? null : due }));
      const unmoved = set.every(({ timer, due }) => (timers[timer]?.due ?? null) === due);
      if (seen.kind === 'event' && commands.length === 0 && unmoved && isDeepStrictEqual(state, next)) return [];
      return [{ type: 'flow.reacted', data: { flow: flow.name, subject, inputId, input: written, commands, timers: set } }];
    },
  };
  return book;
}

const firing = (timer: string, due: string): string => `${timer} ${due}`;

function writeDown(input: FlowInput, read: Place | null): Reacted['data']['input'] {
  if (input.kind === 'timer') return { ...input, ...read };
  const { type, v, stream, revision, at, actor, data } = input.event;
  return { kind: 'event', type, v, stream, revision, at, actor, data };
}

/** As it will be read back, so that a state or a command is the same when it comes about again. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
