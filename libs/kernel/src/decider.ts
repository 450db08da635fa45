import type { Meta, Purpose, Recorded } from './event.js';

/** A refusal by the domain. `code` is stable and has a text in each language; `params` fill that text. Never stored. */
export class Rejected {
  constructor(
    readonly code: string,
    readonly params: Readonly<Record<string, string | number>> = {},
    /** JSON pointer into the request body, where one field is to blame */
    readonly pointer?: string,
  ) {}
}

export const reject = (code: string, params?: Record<string, string | number>, pointer?: string): Rejected =>
  new Rejected(code, params, pointer);

/** When, by whom and for which municipality a decision is taken. All that is not deterministic comes in here. */
export interface Occasion {
  /** UTC instant */
  now: string;
  /** subject id, or `flow.<name>` */
  actor: string;
  tenant: string;
  /** id of the command, from which ids of new entities derive */
  commandId: string;
  /** 32 random bytes in hex, made by the server for this command */
  salt: string;
}

export interface DomainEvent {
  type: string;
  data: object;
  seal?: Partial<Record<Purpose, string>>;
}

/** Where facts from other streams come from at decision time. Never a read model. */
export interface FactSources {
  readonly tenant: string;
  readonly now: string;
  readonly commandId: string;
  /** the state of another stream, folded now */
  fold<S>(aggregate: Pick<Aggregate<never, S, never, never>, 'category' | 'initial' | 'evolve'>, stream: string): Promise<S>;
  /** all events of a stream, upcast, oldest first */
  history(stream: string): Promise<Recorded[]>;
  /** opens one sealed part; throws where this process does not hold the purpose's private key; null when erased */
  unseal(event: Recorded, purpose: Purpose, subject: string): Promise<unknown>;
  /** like `unseal`, with the salt (hex) of the commitment, for what is opened by an event */
  open(event: Recorded, purpose: Purpose, subject: string): Promise<{ payload: Record<string, unknown>; salt: string } | null>;
  /** a service outside, such as `bank`; throws where this process has none */
  port<T>(name: string): T;
}

/**
 * One kind of stream: how its state folds and how commands become events. `decide` and `evolve` are pure.
 * `evolve` never changes the state that it is given.
 */
export interface Aggregate<C, S, E extends DomainEvent, F> {
  /** stream names are `<tenant>.<category>-<key>`, or `<tenant>.<category>` where there is one per tenant */
  readonly category: string;
  readonly initial: S;
  evolve(state: S, event: E & Meta): S;
  decide(command: C, state: S, facts: F, occasion: Occasion): E[] | Rejected;
  /** gathers what `decide` needs from other streams */
  facts(command: C, sources: FactSources): Promise<F>;
}

export const streamName = (tenant: string, category: string, key?: string): string =>
  key === undefined ? `${tenant}.${category}` : `${tenant}.${category}-${key}`;

/** Splits `<tenant>.<category>-<key>`; the key of a flow stream keeps its own dashes. */
export function parseStream(stream: string): { tenant: string; category: string; key: string | undefined } {
  const match = /^([a-z0-9]{2,20})\.([a-z]+)(?:-(.+))?$/.exec(stream);
  if (match === null) throw new Error(`not a stream name: ${stream}`);
  return { tenant: match[1]!, category: match[2]!, key: match[3] };
}

/** Left fold, the only way state comes into being. */
export function fold<S, E extends DomainEvent>(
  aggregate: { initial: S; evolve(state: S, event: E & Meta): S },
  events: readonly (E & Meta)[],
  from: S = aggregate.initial,
): S {
  return events.reduce((state, event) => aggregate.evolve(state, event), from);
}
