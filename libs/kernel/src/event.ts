import type { Static, TObject, TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';

/** What a sealed part of an event may be opened for; each purpose has its own key pair. */
export const PURPOSES = ['contact', 'iban', 'proposal', 'comment', 'scores', 'ballot'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** Given by the store on read: a fixed-width string that sorts in commit order. No part of the envelope. */
export type Position = string;

/** Commitment to one sealed payload. `ct` binds the ciphertext, `com` the plaintext; both SHA-256 in hex. */
export interface SealedRef {
  subject: string;
  purpose: Purpose;
  ct: string;
  com: string;
}

/** The event envelope. Everything here is covered by the log's leaf; ciphertexts travel beside it. */
export interface Envelope {
  /** uuid5(command id, index) */
  id: string;
  type: string;
  v: number;
  stream: string;
  /** 0-based in its stream */
  revision: number;
  /** UTC instant, ours */
  at: string;
  tenant: string;
  /** random subject id of the person who acted, or `flow.<name>` */
  actor: string;
  commandId: string;
  correlationId: string;
  causationId: string;
  /** HMAC of the validated command body under a key of the actor */
  fp: string;
  /** no personal data */
  data: Record<string, unknown>;
  sealed?: SealedRef[];
}

/** An event as the store returns it. */
export interface Recorded extends Envelope {
  position: Position;
  /** base64url of nonce ‖ ciphertext ‖ tag, one for each entry of `sealed`, in its order */
  ciphertexts?: string[];
}

/** An event as it is handed to the store; the store gives revision and position. */
export type NewEvent = Omit<Recorded, 'revision' | 'position'>;

/** What `evolve` may look at beside type and data. */
export interface Meta {
  id: string;
  at: string;
  actor: string;
  revision: number;
  sealed?: SealedRef[];
}

/** Who may see a field when someone asks for the record: everybody, the parties to the matter, or nobody outside. */
export type Access = 'public' | 'party' | 'secret';

export interface EventDefinition<T extends string = string, D extends TObject = TObject> {
  readonly type: T;
  readonly v: number;
  /** one sentence: the fact, in a grant officer's words */
  readonly meaning: string;
  readonly data: D;
  /** access of all fields of `data` unless `fields` says otherwise; sealed parts are never public */
  readonly access: Access;
  readonly fields: Readonly<Record<string, Access>>;
  readonly sealed: Readonly<Partial<Record<Purpose, { v: number; schema: TSchema }>>>;
  /** from version n to n+1, by n; pure */
  readonly upcast: Readonly<Record<number, (data: Record<string, unknown>) => Record<string, unknown>>>;
}

export function defineEvent<const T extends string, D extends TObject>(
  type: T,
  meaning: string,
  data: D,
  options: Partial<Pick<EventDefinition, 'v' | 'access' | 'fields' | 'sealed' | 'upcast'>> = {},
): EventDefinition<T, D> {
  return { v: 1, access: 'public', fields: {}, sealed: {}, upcast: {}, ...options, type, meaning, data };
}

/** The domain's view of an event: its name and its facts. `seal` names, by purpose, whose key closes the payload of that purpose. */
export type EventOf<X> =
  X extends EventDefinition<infer T, infer D> ? { type: T; data: Static<D>; seal?: Partial<Record<Purpose, string>> } : never;

/** The events of an aggregate: `EventsOf<typeof definitions>` is a union discriminated by `type`. */
export type EventsOf<M extends readonly EventDefinition[]> = EventOf<M[number]>;

export class UnknownEvent extends Error {
  constructor(type: string, v: number) {
    super(`event ${type} v${v} is not known to this release`);
    this.name = 'UnknownEvent';
  }
}

export class InvalidEvent extends Error {
  constructor(
    readonly type: string,
    readonly problems: { path: string; message: string }[],
  ) {
    super(`event ${type} does not match its schema: ${problems.map((p) => `${p.path || '/'} ${p.message}`).join('; ')}`);
    this.name = 'InvalidEvent';
  }
}

/** All event types that this release knows: checks type and version on read, the schema on write and in verification. */
export class Catalogue {
  private readonly byType = new Map<string, EventDefinition>();
  private readonly validators = new Map<TSchema, Validator>();

  constructor(readonly definitions: readonly EventDefinition[]) {
    for (const definition of definitions) {
      if (this.byType.has(definition.type)) throw new Error(`event type ${definition.type} is defined twice`);
      this.byType.set(definition.type, definition);
    }
  }

  get(type: string): EventDefinition | undefined {
    return this.byType.get(type);
  }

  /** Brings an event to the version that this release writes. Throws UnknownEvent for a type or version it does not know. */
  upcast(event: Recorded): Recorded {
    const definition = this.byType.get(event.type);
    if (definition === undefined || event.v > definition.v || event.v < 1) throw new UnknownEvent(event.type, event.v);
    if (event.v === definition.v) return event;
    let data = event.data;
    for (let v = event.v; v < definition.v; v++) {
      const step = definition.upcast[v];
      if (step === undefined) throw new UnknownEvent(event.type, event.v);
      data = step(data);
    }
    return { ...event, v: definition.v, data };
  }

  /** Throws InvalidEvent when `data` does not match the schema of the version written now. */
  validate(type: string, data: unknown): void {
    const definition = this.byType.get(type);
    if (definition === undefined) throw new UnknownEvent(type, 0);
    this.check(type, definition.data, data);
  }

  /** Throws InvalidEvent when a payload that is about to be sealed does not match. Returns the payload's own version. */
  validateSealed(type: string, purpose: Purpose, payload: unknown): number {
    const part = this.byType.get(type)?.sealed[purpose];
    if (part === undefined) throw new InvalidEvent(type, [{ path: `sealed/${purpose}`, message: 'is not declared' }]);
    this.check(`${type} (${purpose})`, part.schema, payload);
    return part.v;
  }

  private check(type: string, schema: TSchema, value: unknown): void {
    let validator = this.validators.get(schema);
    if (validator === undefined) this.validators.set(schema, (validator = Compile(schema)));
    if (!validator.Check(value)) {
      const problems = validator.Errors(value).slice(0, 10);
      throw new InvalidEvent(
        type,
        problems.map((p) => ({ path: p.instancePath, message: p.message })),
      );
    }
  }
}
