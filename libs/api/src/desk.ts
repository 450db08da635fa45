import { CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Inject, Injectable, type Type } from '@nestjs/common';
import { Rejected, type Aggregate } from '@minipilot/kernel/decider.js';
import type { Purpose, Recorded } from '@minipilot/kernel/event.js';
import { addMilliseconds, type Instant } from '@minipilot/kernel/time.js';
import { catalogue } from '@minipilot/grants/catalogue.js';
import type { KnownNames } from '@minipilot/grants/eligibility/personal-data.js';
import type { Contact, ProposalText } from '@minipilot/grants/pilot/events.js';
import { policy } from '@minipilot/grants/policy/policy.js';
import type { Policy } from '@minipilot/grants/policy/events.js';
import { policyStream } from '@minipilot/grants/streams.js';
import { Problem } from '@minipilot/platform/http/problem.js';
import type { Caller } from '@minipilot/platform/http/request-context.js';
import type { FileFolder, PublicFiles, SealedFiles } from '@minipilot/platform/privacy/files.js';
import type { BallotBoxes } from '@minipilot/platform/privacy/ballot-box.js';
import type { Randomness, Sealer } from '@minipilot/platform/privacy/port.js';
import { StaleDraft, type Vault } from '@minipilot/platform/privacy/vault.js';
import { encodePlace } from '@minipilot/platform/read-models/read-after.js';
import { KeyReused, Stale, type DecisionRunner, type Done, type RunOptions } from '@minipilot/platform/run/decision-runner.js';
import type { Clock } from '@minipilot/platform/store/clock.js';
import { DuplicateEvent, type EventStore } from '@minipilot/platform/store/port.js';
import { Ownership } from './ownership.js';
import type { Static } from 'typebox';

/** What a desk works with; the composition of the process gives it. */
export interface DeskParts {
  runner: DecisionRunner;
  store: EventStore;
  vault: Vault;
  sealer: Sealer;
  boxes: BallotBoxes;
  clock: Clock;
  random: Randomness;
  /** key of position tokens and of names that stand for people */
  tokenKey: Buffer;
  /** documents and letters about people */
  files: SealedFiles;
  /** documents for everybody */
  publicFiles: PublicFiles;
  /** mail of the demonstration; null where mail leaves */
  outbox: FileFolder | null;
  /** ids of the pilots that a person applied for, filed or answers for; the list may be longer, each is looked at in its stream */
  pilotsOf(tenant: string, subject: string): Promise<string[]>;
  /** calls of which a vote is fixed */
  callsWithVotes(tenant: string): Promise<string[]>;
}
export const DESK_PARTS = Symbol('desk parts');

/** Who acts, on what, once. */
export interface Act {
  caller: Caller;
  commandId: string;
  /** ids in the path */
  call?: string;
  pilot?: string;
  draft?: string;
  batch?: string;
  service?: string;
  appeal?: string;
  application?: string;
  row?: string;
  message?: string;
  /** the Idempotency-Key itself, for what is derived from it because nothing keeps it */
  key?: string;
  /** when the complete request was here; what does not say it came just now */
  arrivedAt?: Instant;
  /** If-Match */
  expected?: number;
}

/** What every command answers: where the entity stands now, and a token to read one's own write with. */
export interface Answer {
  revision: number;
  position: string;
  [more: string]: unknown;
}

/** A submission must reach the store within this time of its arrival, else it is answered 503. */
export const SUBMIT_WITHIN_MS = 10_000;

const acts = new WeakMap<object, Act>();

/** Joins a validated body, which is the command, with the act that it belongs to. */
export function order<C extends object>(command: C, act: Act): C {
  acts.set(command, act);
  return command;
}

/** A command handler for the CommandBus: routed by the command's class. */
export function handler<C extends object>(
  type: Type<C>,
  carryOut: (desk: Desk, command: C, act: Act) => Promise<unknown>,
): Type<ICommandHandler> {
  class Handler {
    constructor(private readonly desk: Desk) {}
    execute(command: C): Promise<unknown> {
      const act = acts.get(command);
      if (act === undefined) throw new Error(`${type.name} came without an act`);
      return carryOut(this.desk, command, act);
    }
  }
  Object.defineProperty(Handler, 'name', { value: `${type.name}Handler` });
  Inject(Desk)(Handler, undefined, 0);
  CommandHandler(type as never)(Handler);
  Injectable()(Handler);
  return Handler as Type<ICommandHandler>;
}

/** Everything that handlers and desk pages share: run a command, look at a stream, open a sealed part. */
@Injectable()
export class Desk {
  readonly ownership: Ownership;

  constructor(@Inject(DESK_PARTS) readonly parts: DeskParts) {
    this.ownership = new Ownership(parts);
  }

  now(): Instant {
    return this.parts.clock.now();
  }

  /** Runs one command to one stream and answers; a refusal becomes a Problem. */
  async run<C>(
    act: Act,
    aggregate: Aggregate<C, any, any, any>,
    stream: string,
    command: C,
    more: Partial<RunOptions<C>> = {},
  ): Promise<Done & Answer> {
    const { caller, commandId, expected } = act;
    const options = { aggregate, stream, command, commandId, actor: caller.subject, tenant: caller.tenant, body: command, ...more };
    try {
      const done = await this.parts.runner.run(expected === undefined ? options : { ...options, expected });
      if (done instanceof Rejected) throw Problem.of(done);
      return { ...done, position: encodePlace({ stream, revision: done.revision }, this.parts.tokenKey) };
    } catch (error) {
      throw asProblem(error);
    }
  }

  /** The answer to a command without more to say. */
  async answer<C>(
    act: Act,
    aggregate: Aggregate<C, any, any, any>,
    stream: string,
    command: C,
    more: Partial<RunOptions<C>> = {},
  ): Promise<Answer> {
    const { revision, position } = await this.run(act, aggregate, stream, command, more);
    return { revision, position };
  }

  /** State, revision and events of a stream now; 404 where there is none. */
  async look<S>(
    aggregate: Pick<Aggregate<never, S, never, never>, 'category' | 'initial' | 'evolve'>,
    stream: string,
  ): Promise<{ state: S; revision: number }> {
    const { state, revision } = await this.parts.runner.look(aggregate, stream);
    if (revision < 0) throw new Problem('not-found');
    return { state, revision };
  }

  /** All events of a stream, in the version that this release writes. */
  async history(stream: string): Promise<Recorded[]> {
    return (await this.parts.store.read(stream)).events.map((event) => catalogue.upcast(event));
  }

  async policy(tenant: string): Promise<Policy> {
    const { state } = await this.parts.runner.look(policy, policyStream(tenant));
    if (state === null) throw new Problem('not-found');
    return state;
  }

  /** The newest sealed payload of a purpose in a stream; null where there is none or it was erased. */
  async opened<T>(events: readonly Recorded[], purpose: Purpose, types?: readonly string[]): Promise<T | null> {
    const event = events.findLast((e) => e.sealed?.some((s) => s.purpose === purpose) && (types === undefined || types.includes(e.type)));
    if (event === undefined) return null;
    const subject = event.sealed!.find((s) => s.purpose === purpose)!.subject;
    return (await this.parts.sealer.unseal(event, purpose, subject)) as T | null;
  }

  /** The proposal as it stands: as it was last given whole, and what was completed since. Null where it was erased. */
  async proposal(events: readonly Recorded[]): Promise<Static<typeof ProposalText> | null> {
    const whole = events.findLastIndex((e) => e.type === 'pilot.submitted' || e.type === 'pilot.amended');
    let proposal = await this.opened<Static<typeof ProposalText>>(events.slice(whole, whole + 1), 'proposal');
    for (const event of events.slice(whole + 1)) {
      if (proposal === null || event.type !== 'pilot.completed') continue;
      proposal = { ...proposal, ...(await this.opened<object>([event], 'proposal')) };
    }
    return proposal;
  }

  /** Names and address that the newest contact gives, to find them in texts. */
  async knownNames(events: readonly Recorded[]): Promise<KnownNames> {
    const contact = await this.opened<Static<typeof Contact>>(events, 'contact');
    if (contact === null) return {};
    const kind = events.findLast((e) => e.type === 'pilot.submitted' || e.type === 'pilot.amended')!.data['kind'];
    const people = [
      ...(kind === 'resident' ? [contact.name] : []),
      ...(contact.recipientName === undefined ? [] : [contact.recipientName]),
    ];
    return { people, groups: kind === 'resident' ? [] : [contact.name], address: contact.address };
  }

  arrivalOf({ arrivedAt }: Act): Instant {
    return arrivedAt ?? this.now();
  }

  /** By when a submission must be in the store. */
  submitBy(act: Act): Instant {
    return addMilliseconds(this.arrivalOf(act), SUBMIT_WITHIN_MS);
  }
}

/** Errors of the platform as problems; the others as they are. */
export function asProblem(error: unknown): unknown {
  // what a body names may be another stream; there the key's events cannot be once more
  if (error instanceof KeyReused || error instanceof DuplicateEvent) return new Problem('idempotency-key-reused');
  if (error instanceof Stale || error instanceof StaleDraft) return new Problem('stale');
  return error;
}

export { CommandBus };
