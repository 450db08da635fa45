import { parseStream, Rejected, type Aggregate, type FactSources } from '@minipilot/kernel/decider.js';
import type { Purpose, Recorded, SealedRef } from '@minipilot/kernel/event.js';
import type { Flow, FlowCommand, FlowInput } from '@minipilot/kernel/flow.js';
import { eventId, flowCommandId, sha256, timerInputId, uuid5 } from '@minipilot/kernel/ids.js';
import type { Instant } from '@minipilot/kernel/time.js';
import { aggregates, flows } from '../aggregates.js';
import { messageId } from '../batch/bank.js';
import { batch, payable, type BatchState } from '../batch/batch.js';
import type { NameCheck } from '../batch/events.js';
import { catalogue } from '../catalogue.js';
import { invariants, ledger, type LedgerState } from '../ledger/ledger.js';
import { ledgerStream } from '../streams.js';
import { isReady, tally, type BallotBox, type TallyState } from '../tally/tally.js';
import type { Ballot } from '../vote/events.js';

export const TENANT = 'demo';

type Payload = Record<string, unknown>;
interface Sealed {
  payload: Payload;
  salt: string;
}
interface Timer {
  stream: string;
  timer: string;
  due: Instant;
}
interface Running {
  flow: Flow<unknown>;
  read: number;
  states: Map<string, unknown>;
}

/** What the bank makes of an account, by the account's number. */
export interface BankOf {
  check(iban: string): NameCheck;
  /** what becomes of one payment */
  fate(iban: string, row: string): 'settle' | 'reject' | 'return';
}
const friendlyBank: BankOf = { check: () => 'match', fate: () => 'settle' };

/** Freezes what pure code was given, so that a change of it throws. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
}

/**
 * All streams and flows of one municipality in memory, with a bank and a clock: commands in, events out, flows run until nothing moves.
 * Every event is checked against its schema, and the books after every posting. `pick` chooses which flow reads next.
 */
export class Town {
  readonly log: Recorded[] = [];
  /** refusals of commands that flows gave */
  readonly refused: { flow: string; type: string; code: string; stream: string }[] = [];
  /** payments that left the bank, by EndToEndId-like row key */
  readonly settled: { row: string; cents: number }[] = [];
  readonly returned: { row: string; cents: number }[] = [];
  private readonly streams = new Map<string, { events: Recorded[]; state: unknown }>();
  private readonly sealed = new Map<string, Sealed>();
  private readonly running: Running[] = flows.map((flow) => ({ flow, read: 0, states: new Map() }));
  private readonly timers = new Map<string, Timer>();
  private readonly fired = new Set<string>();
  private readonly files = new Map<string, { day: string; rows: { row: string; cents: number; iban: string }[] }>();
  private commands = 0;

  constructor(
    public now: Instant,
    private readonly seed: string,
    private readonly bank: BankOf = friendlyBank,
    private readonly pick: (flows: number) => number = () => 0,
  ) {}

  state<S>(aggregate: Pick<Aggregate<never, S, never, never>, 'initial'>, stream: string): S {
    return (this.streams.get(stream)?.state ?? aggregate.initial) as S;
  }

  events(stream: string): readonly Recorded[] {
    return this.streams.get(stream)?.events ?? [];
  }

  ofType(type: string): Recorded[] {
    return this.log.filter((event) => event.type === type);
  }

  /** One command by a person, and all that follows from it. Resolves to the refusal's code or the new events. */
  async act(
    category: string,
    stream: string,
    command: Payload & { type: string },
    actor: string,
    secrets: Partial<Record<Purpose, Payload>> = {},
  ) {
    const result = await this.run({ aggregate: category, stream, command }, uuid5('act', String(this.commands++)), actor, secrets);
    await this.settle();
    return result;
  }

  /** Commands that come so close together that no flow acts between them. Throws where one is refused. */
  async actAll(orders: { category: string; stream: string; command: Payload & { type: string }; actor: string }[]): Promise<void> {
    for (const { category, stream, command, actor } of orders) {
      const result = await this.run({ aggregate: category, stream, command }, uuid5('act', String(this.commands++)), actor);
      if (result instanceof Rejected) throw new Error(`${command.type} was refused: ${result.code}`);
    }
    await this.settle();
  }

  /** Moves the clock from due timer to due timer. */
  async advance(to: Instant): Promise<void> {
    for (;;) {
      const next = [...this.timers.values()]
        .filter((t) => t.due <= to)
        .sort((a, b) => (a.due + a.stream + a.timer < b.due + b.stream + b.timer ? -1 : 1))[0];
      if (next === undefined) break;
      if (next.due > this.now) this.now = next.due;
      this.timers.delete(`${next.stream} ${next.timer}`);
      this.fired.add(`${next.stream} ${next.timer} ${next.due}`);
      const { flow, states } = this.running.find((r) => next.stream.startsWith(`${TENANT}.flow-${r.flow.name}-`))!;
      const input: FlowInput = { kind: 'timer', timer: next.timer, due: next.due };
      await this.react(flow, states, next.stream, input, timerInputId(next.stream, next.timer, next.due));
      await this.settle();
    }
    if (to > this.now) this.now = to;
  }

  /** Lets flows read, one event at a time, until all have read everything. */
  async settle(): Promise<void> {
    for (;;) {
      const behind = this.running.filter((r) => r.read < this.log.length);
      if (behind.length === 0) return;
      const reader = behind[this.pick(behind.length) % behind.length]!;
      const event = this.log[reader.read++]!;
      if (!reader.flow.handles.includes(event.type)) continue;
      const subject = reader.flow.subject(event);
      if (subject === null) continue;
      const stream = `${TENANT}.flow-${reader.flow.name}-${subject}`;
      await this.react(reader.flow, reader.states, stream, { kind: 'event', event: { ...event, fp: '' } }, event.id);
    }
  }

  private async react(flow: Flow<unknown>, states: Map<string, unknown>, stream: string, input: FlowInput, inputId: string): Promise<void> {
    const before = states.get(stream) ?? frozen(structuredClone(flow.initial));
    const state = frozen(flow.evolve(before, frozen(input)));
    states.set(stream, state);
    const { commands = [], timers = [] } = flow.react(state, input, TENANT);
    const set = timers.map((t) => ({ ...t, due: t.due !== null && this.fired.has(`${stream} ${t.timer} ${t.due}`) ? null : t.due }));
    for (const { timer, due } of set) {
      if (due === null) this.timers.delete(`${stream} ${timer}`);
      else this.timers.set(`${stream} ${timer}`, { stream, timer, due });
    }
    if (commands.length > 0 || set.length > 0) this.writeDown(flow.name, stream, input, inputId, commands, set);
    for (const [index, command] of commands.entries()) {
      const commandId = flowCommandId(stream, inputId, command.command.type, command.stream, index);
      if (command.aggregate === 'bank') await this.errand(command, commandId);
      else if (command.aggregate === 'mail') await this.mail(command, commandId);
      else if (command.aggregate === 'ballot-box') await this.boxErrand(command, commandId);
      else {
        const result = await this.run(command, commandId, `flow.${flow.name}`);
        if (result instanceof Rejected)
          this.refused.push({ flow: flow.name, type: command.command.type, code: result.code, stream: command.stream });
      }
    }
  }

  private writeDown(
    flow: string,
    stream: string,
    input: FlowInput,
    inputId: string,
    commands: FlowCommand[],
    timers: { timer: string; due: string | null }[],
  ) {
    const { type, v, revision, at, actor, data, stream: from } = input.kind === 'event' ? input.event : ({} as Recorded);
    const written = input.kind === 'timer' ? input : { kind: 'event', type, v, stream: from, revision, at, actor, data };
    const subject = stream.slice(`${TENANT}.flow-${flow}-`.length);
    const facts = { flow, subject, inputId, input: written, commands, timers };
    this.append(stream, uuid5('reaction', stream, inputId), `flow.${flow}`, [{ type: 'flow.reacted', data: facts, seal: undefined }], {});
  }

  private async run(order: FlowCommand, commandId: string, actor: string, secrets: Partial<Record<Purpose, Payload>> = {}) {
    const { stream, command } = order;
    const aggregate = aggregates.find((a) => a.category === order.aggregate)!;
    const salt = sha256('salt', this.seed, commandId);
    const state: unknown = this.state(aggregate as never, stream);
    const facts: unknown = frozen(await aggregate.facts(command, this.sources(commandId)));
    const occasion = { now: this.now, actor, tenant: TENANT, commandId, salt };
    const decided: unknown = aggregate.decide(frozen(structuredClone(command)), frozen(state), facts, occasion);
    if (decided instanceof Rejected) return decided;
    return this.append(
      stream,
      commandId,
      actor,
      decided as { type: string; data: object; seal?: Partial<Record<Purpose, string>> }[],
      secrets,
    );
  }

  private append(
    stream: string,
    commandId: string,
    actor: string,
    decided: readonly { type: string; data: object; seal?: Partial<Record<Purpose, string>> | undefined }[],
    secrets: Partial<Record<Purpose, Payload>>,
  ): Recorded[] {
    const { category } = parseStream(stream);
    const aggregate = aggregates.find((a) => a.category === category);
    return decided.map(({ type, data, seal }, index) => {
      catalogue.validate(type, JSON.parse(JSON.stringify(data)));
      const found = this.streams.get(stream) ?? { events: [], state: frozen(structuredClone(aggregate?.initial ?? null)) };
      const id = eventId(commandId, index);
      const event: Recorded = frozen({
        id,
        type,
        v: catalogue.get(type)!.v,
        stream,
        revision: found.events.length,
        at: this.now,
        tenant: TENANT,
        actor,
        commandId,
        correlationId: commandId,
        causationId: commandId,
        fp: sha256('fp', actor, commandId),
        data: JSON.parse(JSON.stringify(data)) as Payload,
        ...this.seal(id, type, seal ?? {}, secrets),
        position: String(this.log.length + 1).padStart(16, '0'),
      });
      const state = aggregate === undefined ? null : frozen(aggregate.evolve(found.state, event));
      this.streams.set(stream, { events: [...found.events, event], state });
      if (category === 'ledger') {
        const wrong = invariants(state as LedgerState);
        if (wrong.length > 0) throw new Error(`the books are wrong after ${JSON.stringify(data)}: ${wrong.join('; ')}`);
      }
      this.log.push(event);
      return event;
    });
  }

  private seal(event: string, type: string, seal: Partial<Record<Purpose, string>>, secrets: Partial<Record<Purpose, Payload>>) {
    const sealed: SealedRef[] = [];
    for (const [purpose, subject] of Object.entries(seal) as [Purpose, string][]) {
      const payload = secrets[purpose];
      if (payload === undefined) continue;
      catalogue.validateSealed(type, purpose, payload);
      const salt = sha256('card', this.seed, event, purpose);
      this.sealed.set(`${event} ${purpose}`, { payload, salt });
      sealed.push({ subject, purpose, ct: sha256('ct', event, purpose), com: sha256('com', salt, JSON.stringify(payload)) });
    }
    return sealed.length === 0 ? {} : { sealed, ciphertexts: sealed.map((s) => Buffer.from(s.ct.slice(0, 24)).toString('base64url')) };
  }

  private sources(commandId: string): FactSources {
    const open = (event: Recorded, purpose: Purpose) => Promise.resolve(this.sealed.get(`${event.id} ${purpose}`) ?? null);
    return {
      tenant: TENANT,
      now: this.now,
      commandId,
      fold: (aggregate, stream) => Promise.resolve(this.state(aggregate, stream)),
      history: (stream) => Promise.resolve([...this.events(stream)]),
      unseal: async (event, purpose) => (await open(event, purpose))?.payload ?? null,
      open: (event, purpose) => open(event, purpose),
      port: <T>(name: string) =>
        (name === 'ballot-box' ? this.box() : { reveal: (_: string, call: string) => Promise.resolve(sha256('lot', call)) }) as T,
    };
  }

  /** Ballot boxes whose keys are destroyed. */
  readonly destroyed = new Set<string>();

  private box(): BallotBox {
    return {
      prepare: (_, call) => Promise.resolve(sha256('box', call)),
      casts: (_, call, after, before) =>
        Promise.resolve(
          this.ofType('vote.cast').filter((e) => e.data['call'] === call && e.position > after && (before === null || e.position < before)),
        ),
      paperSecret: (_, call) => Promise.resolve(sha256('paper', call)),
      open: (_, call, casts) =>
        Promise.resolve(
          casts.map((e) => (this.destroyed.has(call) ? null : ((this.sealed.get(`${e.id} ballot`)?.payload ?? null) as Ballot | null))),
        ),
    };
  }

  /** What the process with the keys of ballots does for the tallying flow. */
  private async boxErrand({ stream, command }: FlowCommand, commandId: string): Promise<void> {
    const call = command['call'] as string;
    const give = (order: Payload & { type: string }, nth: number) =>
      this.run({ aggregate: 'tally', stream, command: { call, ...order } }, uuid5(commandId, String(nth)), 'flow.tallying');
    const state = () => this.state<TallyState>(tally, stream);
    if (command.type === 'CountBallots')
      while (isReady(state())) await give({ type: 'OpenBallots', page: state().ballotPages }, state().ballotPages);
    else if (state().counted !== null) {
      this.destroyed.add(call);
      await give({ type: 'RecordBoxKeyDestroyed' }, 0);
    }
  }

  /** what lies sealed in the event of an account */
  ibanOf(accountEvent: string): string {
    return (this.sealed.get(`${accountEvent} iban`)!.payload as { iban: string }).iban;
  }

  /** What the process that may open addresses does for the notifying flow. */
  private async mail({ stream, command }: FlowCommand, commandId: string): Promise<void> {
    const { message, kind, cause, addressee } = command;
    const about = { message, kind, cause, addressee, to: uuid5('to', stream), language: 'fi' };
    const record = { type: 'RecordSent', ...about, messageId: `<${String(message)}@town.example>`, document: null };
    const done = await this.run({ aggregate: 'messages', stream, command: record }, uuid5(commandId, 'sent'), 'flow.notifying');
    if (done instanceof Rejected) throw new Error(`a message that was sent is refused: ${done.code}`);
  }

  /** What the process with the bank's keys does for the paying flow. */
  private async errand({ stream, command }: FlowCommand, commandId: string): Promise<void> {
    const state = this.state<BatchState>(batch, stream);
    const give = (aggregate: string, to: string, order: Payload & { type: string }, nth: number) =>
      this.run({ aggregate, stream: to, command: order }, uuid5(commandId, String(nth)), 'flow.payouts');
    switch (command.type) {
      case 'CheckName': {
        const row = state.rows[command['row'] as string]!;
        const result = this.bank.check(this.ibanOf(row.accountEvent));
        await give('batch', stream, { type: 'RecordNameCheck', row: row.row, account: row.account, result }, 0);
        return;
      }
      case 'ReleaseBatch': {
        if (state.status !== 'approved') return;
        const rows = payable(state);
        for (const [i, { call, pilot, instalment, attempt, cents }] of rows.entries()) {
          const transit = { type: 'Transit', pilot, instalment, attempt, cents, batch: state.batch, cause: command['cause'] };
          const posted = await give('ledger', ledgerStream(TENANT, call), transit, i);
          if (posted instanceof Rejected) throw new Error(`a payment of an approved batch cannot be booked: ${posted.code}`);
        }
        const id = messageId(state.batch);
        const release = {
          type: 'Release',
          messageId: id,
          fileDigest: sha256(id),
          executionOn: this.now.slice(0, 10),
          rows: rows.map((r) => r.row),
        };
        const done = await give('batch', stream, release, rows.length);
        if (done instanceof Rejected) throw new Error(`an approved batch cannot be released: ${done.code}`);
        return;
      }
      case 'HandOver': {
        const rows = Object.values(state.rows).filter((r) => r.status === 'sent');
        const file = rows.map(({ row, cents, accountEvent }) => ({ row, cents, iban: this.ibanOf(accountEvent) }));
        if (!this.files.has(state.batch)) this.files.set(state.batch, { day: this.now.slice(0, 10), rows: file });
        return;
      }
      case 'FetchReplies':
        return this.replies(stream, commandId);
      default:
        throw new Error(`the bank knows no errand ${command.type}`);
    }
  }

  private async replies(stream: string, commandId: string): Promise<void> {
    const on = this.now.slice(0, 10);
    const { batch: id } = this.state<BatchState>(batch, stream);
    for (const [nth, { row, cents, iban }] of (this.files.get(id)?.rows ?? []).entries()) {
      const fate = this.bank.fate(iban, row);
      const { status } = this.state<BatchState>(batch, stream).rows[row]!;
      const reply =
        status === 'sent'
          ? fate === 'reject'
            ? 'RecordRejected'
            : 'RecordSettled'
          : status === 'settled' && fate === 'return'
            ? 'RecordReturned'
            : null;
      if (reply === null) continue;
      if (reply === 'RecordSettled') this.settled.push({ row, cents });
      if (reply === 'RecordReturned') this.returned.push({ row, cents });
      const facts =
        reply === 'RecordSettled' ? { reference: `E${sha256(row).slice(0, 12)}` } : { code: reply === 'RecordRejected' ? 'AC04' : 'MD07' };
      const done = await this.run(
        { aggregate: 'batch', stream, command: { type: reply, row, on, ...facts } },
        uuid5(commandId, String(nth)),
        'flow.payouts',
      );
      if (done instanceof Rejected) throw new Error(`a reply of the bank was refused: ${done.code}`);
    }
  }

  ledgerOf(call: string): LedgerState {
    return this.state(ledger, ledgerStream(TENANT, call));
  }
}
