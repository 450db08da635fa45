import { batch, payable, type BatchRow, type BatchState } from '@minipilot/grants/batch/batch.js';
import { endToEndId, messageId, paymentFile, type Bank } from '@minipilot/grants/batch/bank.js';
import { ledger, type LedgerCommand } from '@minipilot/grants/ledger/ledger.js';
import { policy } from '@minipilot/grants/policy/policy.js';
import { catalogue } from '@minipilot/grants/catalogue.js';
import { ledgerStream, pilotStream, policyStream } from '@minipilot/grants/streams.js';
import { parseStream, Rejected } from '@minipilot/kernel/decider.js';
import type { Recorded } from '@minipilot/kernel/event.js';
import type { FlowCommand } from '@minipilot/kernel/flow.js';
import { uuid5 } from '@minipilot/kernel/ids.js';
import { localDate, nextWorkingDay } from '@minipilot/kernel/time.js';
import type { Sealer } from '@minipilot/platform/privacy/port.js';
import type { DecisionRunner } from '@minipilot/platform/run/decision-runner.js';
import type { DispatchIds } from '@minipilot/platform/run/flow-runner.js';
import type { Clock } from '@minipilot/platform/store/clock.js';
import { StoreUnavailable, type EventStore } from '@minipilot/platform/store/port.js';

export interface ErrandParts {
  runner: DecisionRunner;
  store: EventStore;
  sealer: Sealer;
  bank: Bank;
  clock: Clock;
  /** names of projections and flows that have stopped: until they are mended no money leaves */
  stopped(): string[];
}

/** What batches need from outside: the only place that sees account numbers. Each errand may be run again at any time. */
export class BankErrands {
  constructor(private readonly parts: ErrandParts) {}

  async run({ stream, command }: FlowCommand, ids: DispatchIds): Promise<void> {
    const { state } = await this.parts.runner.look(batch, stream);
    switch (command.type) {
      case 'CheckName':
        return this.checkName(stream, state.rows[command['row'] as string], ids);
      case 'ReleaseBatch':
        return this.release(stream, state, command['cause'] as string, ids);
      case 'HandOver':
        return this.handOver(stream, state);
      case 'FetchReplies':
        return this.fetchReplies(stream, state, ids);
      default:
        throw new TypeError(`the bank has no errand ${command.type}`);
    }
  }

  private async checkName(stream: string, row: BatchRow | undefined, ids: DispatchIds): Promise<void> {
    if (row === undefined || row.status !== 'waiting') return;
    const payee = await this.payee(ids.tenant, row);
    const result = payee === null ? 'unchecked' : await this.parts.bank.checkName(payee.iban, payee.name);
    await this.toBatch(stream, { type: 'RecordNameCheck', row: row.row, account: row.account, result }, ids, row.row, row.accountEvent);
  }

  /** Moves the money of every row that may go into transit, then fixes the file. Only what the ledger has in transit is in it. */
  private async release(stream: string, state: BatchState, cause: string, ids: DispatchIds): Promise<void> {
    if (state.status !== 'approved') return;
    const stopped = this.parts.stopped();
    if (stopped.length > 0) throw new StoreUnavailable(`no payment is released while these have stopped: ${stopped.join(', ')}`);
    const rows = payable(state);
    for (const { pilot, instalment, attempt, cents, call } of rows) {
      const command: LedgerCommand = { type: 'Transit', pilot, instalment, attempt, cents, batch: state.batch, cause };
      const commandId = uuid5('errand', ids.commandId, 'transit', pilot, String(instalment), String(attempt));
      const done = await this.parts.runner.run({
        aggregate: ledger,
        stream: ledgerStream(ids.tenant, call),
        command,
        body: command,
        ...ids,
        commandId,
      });
      if (done instanceof Rejected) throw new TypeError(`the ledger of call ${call} refuses a payment that was approved: ${done.code}`);
    }
    const { state: rules } = await this.parts.runner.look(policy, policyStream(ids.tenant));
    const executionOn = nextWorkingDay(localDate(this.parts.clock.now(), rules!.timeZone), rules!.holidays);
    const fileDigest = rows.length === 0 ? '' : (await this.file(ids.tenant, state, rows, executionOn)).digest;
    const command = { type: 'Release', messageId: messageId(state.batch), fileDigest, executionOn, rows: rows.map((r) => r.row) };
    await this.toBatch(stream, command, ids, cause);
  }

  private async handOver(stream: string, state: BatchState): Promise<void> {
    if (state.fileDigest === null) return;
    const sent = Object.values(state.rows).filter((row) => row.status !== 'waiting' && row.status !== 'moved');
    const { file, digest } = await this.file(parseStream(stream).tenant, state, sent, state.executionOn!);
    if (digest !== state.fileDigest) throw new TypeError(`the file of batch ${state.batch} is not the one that was released`);
    await this.parts.bank.submit(file);
  }

  private async fetchReplies(stream: string, state: BatchState, ids: DispatchIds): Promise<void> {
    if (state.messageId === null) return;
    const rows = new Map(Object.values(state.rows).map((row) => [endToEndId(row.pilot, row.instalment, row.attempt), row.row]));
    for (const { endToEndId: id, status, code, reference, on } of await this.parts.bank.replies(state.messageId, this.parts.clock.now())) {
      const row = rows.get(id);
      if (row === undefined) continue;
      const command =
        status === 'settled'
          ? { type: 'RecordSettled', row, reference: reference ?? id, on }
          : { type: status === 'rejected' ? 'RecordRejected' : 'RecordReturned', row, code: code ?? 'MS03', on };
      await this.toBatch(stream, command, ids, row, status);
    }
  }

  private async toBatch(
    stream: string,
    command: Record<string, unknown> & { type: string },
    ids: DispatchIds,
    ...part: string[]
  ): Promise<void> {
    const commandId = uuid5('errand', ids.commandId, command.type, ...part);
    await this.parts.runner.run({ aggregate: batch, stream, command: command as never, body: command, ...ids, commandId });
  }

  private async file(tenant: string, state: BatchState, rows: readonly BatchRow[], executionOn: string) {
    const full = [];
    for (const row of rows) {
      const payee = await this.payee(tenant, row);
      if (payee === null) throw new TypeError(`the account of ${row.row} cannot be opened any more`);
      full.push({ pilot: row.pilot, instalment: row.instalment, attempt: row.attempt, cents: row.cents, ...payee });
    }
    return paymentFile({ batch: state.batch, messageId: messageId(state.batch), executionOn, rows: full });
  }

  /** Account and name of a row's recipient; null when either was erased. */
  private async payee(tenant: string, row: BatchRow): Promise<{ iban: string; name: string } | null> {
    const events = (await this.parts.store.read(pilotStream(tenant, row.pilot))).events.map((e) => catalogue.upcast(e));
    const holder = events.find((e) => e.id === row.accountEvent);
    const contact = events.filter((e) => e.sealed?.some((s) => s.purpose === 'contact') && isFor(e, row)).at(-1);
    if (holder === undefined || contact === undefined) return null;
    const subject = contact.sealed!.find((s) => s.purpose === 'contact')!.subject;
    const account = (await this.parts.sealer.unseal(holder, 'iban', row.recipient)) as { iban: string } | null;
    const names = (await this.parts.sealer.unseal(contact, 'contact', subject)) as { name: string; recipientName?: string } | null;
    return account === null || names === null ? null : { iban: account.iban, name: names.recipientName ?? names.name };
  }
}

/** A recipient who took over has a contact of their own; else the applicant's tells who answers for the money. */
const isFor = (event: Recorded, row: BatchRow): boolean =>
  event.type === 'pilot.recipient-changed' ? event.data['recipient'] === row.recipient : true;
