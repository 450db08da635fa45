import { Type } from 'typebox';
import { defineEvent, type Recorded } from './event.js';

/** What wakes a flow: an event of the log, or a timer of its own that fell due. */
export type FlowInput = { kind: 'event'; event: Recorded } | { kind: 'timer'; timer: string; due: string };

/** A command to one stream of one aggregate category. */
export interface FlowCommand {
  /** category of the aggregate that decides */
  aggregate: string;
  stream: string;
  command: { type: string } & Record<string, unknown>;
}

/** `due: null` takes a timer back. Times are UTC instants. */
export interface FlowTimer {
  timer: string;
  due: string | null;
}

export interface Reaction {
  commands?: FlowCommand[];
  timers?: FlowTimer[];
}

/**
 * A process manager. `evolve` and `react` are pure; `react` sees the state after the input.
 * The runner writes input, commands and timers to the flow's own stream first and dispatches after,
 * so that losing, doubling or delaying a wake-up changes nothing.
 */
export interface Flow<S> {
  readonly name: string;
  /** event types that it reads */
  readonly handles: readonly string[];
  /** key of the flow's own stream (`flow-<name>-<subject>`), or null when the event is none of its business */
  subject(event: Recorded): string | null;
  readonly initial: S;
  evolve(state: S, input: FlowInput): S;
  react(state: S, input: FlowInput, tenant: string): Reaction;
}

const command = Type.Object({ aggregate: Type.String(), stream: Type.String(), command: Type.Object({ type: Type.String() }) });

/** Inbox and outbox of a flow in one event: the input, and what it led to. */
export const flowReacted = defineEvent(
  'flow.reacted',
  'A flow took an input in and put out commands and timers.',
  Type.Object({
    flow: Type.String(),
    subject: Type.String(),
    /** id of the event, or of the timer's due row */
    inputId: Type.String(),
    input: Type.Object({
      kind: Type.Union([Type.Literal('event'), Type.Literal('timer')]),
      type: Type.Optional(Type.String()),
      v: Type.Optional(Type.Integer()),
      /** the event taken in; for a timer the last one that the flow had taken in by then */
      stream: Type.Optional(Type.String()),
      revision: Type.Optional(Type.Integer()),
      at: Type.Optional(Type.String()),
      actor: Type.Optional(Type.String()),
      data: Type.Optional(Type.Object({})),
      timer: Type.Optional(Type.String()),
      due: Type.Optional(Type.String()),
    }),
    commands: Type.Array(command),
    timers: Type.Array(Type.Object({ timer: Type.String(), due: Type.Union([Type.String(), Type.Null()]) })),
  }),
  { access: 'secret' },
);
