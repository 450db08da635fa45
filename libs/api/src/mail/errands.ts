import { call as callAggregate } from '@minipilot/grants/call/call.js';
import { catalogue } from '@minipilot/grants/catalogue.js';
import { isSettled, messages, type About, type MessagesCommand } from '@minipilot/grants/messages/messages.js';
import { ATTEMPTS } from '@minipilot/grants/messages/messages.js';
import { policy } from '@minipilot/grants/policy/policy.js';
import type { Policy } from '@minipilot/grants/policy/events.js';
import { callStream, pilotStream, policyStream } from '@minipilot/grants/streams.js';
import { parseStream } from '@minipilot/kernel/decider.js';
import type { Recorded } from '@minipilot/kernel/event.js';
import type { FlowCommand } from '@minipilot/kernel/flow.js';
import { uuid5 } from '@minipilot/kernel/ids.js';
import type { SealedFiles } from '@minipilot/platform/privacy/files.js';
import type { Sealer } from '@minipilot/platform/privacy/port.js';
import type { DecisionRunner } from '@minipilot/platform/run/decision-runner.js';
import type { DispatchIds } from '@minipilot/platform/run/flow-runner.js';
import type { Clock } from '@minipilot/platform/store/clock.js';
import type { EventStore } from '@minipilot/platform/store/port.js';
import { languageOf } from '../documents/facts.js';
import { ownerOf } from '../documents/issue.js';
import { officers } from '../documents/words.js';
import { attachmentName, letter, mail, type MessageFacts } from './message.js';
import { isPlainAddress, type MailTransport, type Outcome } from './transport.js';

export interface MailParts {
  runner: DecisionRunner;
  store: EventStore;
  sealer: Sealer;
  files: SealedFiles;
  transport: MailTransport;
  clock: Clock;
  /** where people find the service, without a slash at its end */
  publicUrl: string;
  /** right-hand side of Message-IDs */
  domain: string;
}

interface Contact {
  name: string;
  email?: string;
  address?: string;
}
interface Addressed {
  contact: Contact;
  to: string;
}

/**
 * Tells people by e-mail or prepares a letter: the only place of the worker that sees addresses. Each errand may be run again at any
 * time; what was on its way when the process ended is sent again with the same Message-ID.
 */
export class MailErrands {
  constructor(private readonly parts: MailParts) {}

  async run({ stream, command }: FlowCommand, ids: DispatchIds): Promise<void> {
    if (command.type !== 'SendMessage') throw new TypeError(`mail has no errand ${command.type}`);
    const { message, kind, cause, addressee } = command as unknown as Pick<About, 'message' | 'kind' | 'cause' | 'addressee'>;
    const { tenant } = ids;
    const { state } = await this.parts.runner.look(messages, stream);
    if (isSettled(state, message)) return;
    const pilot = parseStream(stream).key!;
    const events = (await this.parts.store.read(pilotStream(tenant, pilot))).events.map((e) => catalogue.upcast(e));
    const event = events.find((e) => e.id === cause);
    if (event === undefined) throw new TypeError(`message ${message} tells of an event that is not there`);
    const addressed = await this.addressed(events, event, addressee);
    // who was forgotten is told nothing, and who is told as the recipient already not once more
    if (addressed === null) return;
    const rules = (await this.parts.runner.look(policy, policyStream(tenant))).state!;
    const facts = await this.facts(tenant, pilot, kind, event, events, rules);
    const about: About = { message, kind, cause, addressee, to: addressed.to, language: facts.language };
    const record = (more: { type: MessagesCommand['type'] } & Record<string, unknown>) => this.record(stream, { ...about, ...more }, ids);

    const { email } = addressed.contact;
    if (email === undefined || !isPlainAddress(email)) {
      if (kind === 'decision') return record({ type: 'RecordFailed', why: 'no-address', code: '', letter: null });
      return record({ type: 'PrepareLetter', digest: await this.letter(tenant, facts, addressed, message) });
    }
    const messageId = `${message}@${this.parts.domain}`;
    const document = await this.document(tenant, event, addressed.to);
    const outcome = await this.send(facts, email, messageId, document);
    switch (outcome.kind) {
      case 'sent':
        return record({ type: 'RecordSent', messageId: `<${messageId}>`, document: document?.digest ?? null });
      case 'deferred':
        if ((state.messages[message]?.attempts ?? 0) + 1 < ATTEMPTS) return record({ type: 'RecordDeferred', code: outcome.code });
        break;
      case 'refused':
        break;
    }
    const why = outcome.kind === 'refused' ? 'refused' : 'gave-up';
    // a decision is told by a notice of its own, with its own days, and not by a copy of this message
    const paper = kind === 'decision' ? null : await this.letter(tenant, facts, addressed, message);
    return record({ type: 'RecordFailed', why, code: outcome.code, letter: paper });
  }

  private send(facts: MessageFacts, to: string, messageId: string, document: { bytes: Buffer } | null): Promise<Outcome> {
    const { clock, transport } = this.parts;
    const params = document === null ? facts.params : { ...facts.params, attached: 1 };
    const attachment = document === null ? {} : { attachment: { name: attachmentName(facts), bytes: document.bytes } };
    return transport.send({ ...mail({ ...facts, params }), to, messageId, language: facts.language, at: clock.now(), ...attachment });
  }

  private async record(stream: string, command: Record<string, unknown> & { type: string }, ids: DispatchIds): Promise<void> {
    const commandId = uuid5('errand', ids.commandId, command.type);
    await this.parts.runner.run({ aggregate: messages, stream, command: command as never, body: command, ...ids, commandId });
  }

  /** Whom to tell of an event, as they were known then; null when their address was erased, or nobody else is to be told. */
  private async addressed(events: readonly Recorded[], cause: Recorded, addressee: About['addressee']): Promise<Addressed | null> {
    const known = events.filter((e) => e.revision <= cause.revision && e.sealed?.some((s) => s.purpose === 'contact'));
    const applicant = known.findLast((e) => e.type !== 'pilot.recipient-changed');
    const recipient = known.at(-1);
    const before = events.findLast((e) => e.revision < cause.revision && STEPS.includes(e.type));
    const then = known.findLast((e) => e.revision <= (before?.revision ?? 0));
    const earlier = then === recipient ? undefined : then;
    const event = { applicant, recipient, earlier }[addressee];
    if (event === undefined) return null;
    const to = event.sealed!.find((s) => s.purpose === 'contact')!.subject;
    const contact = (await this.parts.sealer.unseal(event, 'contact', to)) as Contact | null;
    return contact === null ? null : { contact, to };
  }

  private async facts(
    tenant: string,
    pilot: string,
    kind: string,
    event: Recorded,
    events: readonly Recorded[],
    rules: Policy,
  ): Promise<MessageFacts> {
    const applied = events.findLast((e) => e.type === 'pilot.submitted' && e.revision <= event.revision)!;
    const words = events.findLast((e) => APPLYING.includes(e.type) && e.revision <= event.revision)!;
    const { state } = await this.parts.runner.look(callAggregate, callStream(tenant, applied.data['call'] as string));
    const content = state.content!;
    const language = languageOf(words.data['language'] as MessageFacts['language'], rules);
    const { publicUrl } = this.parts;
    return {
      kind,
      language,
      municipality: rules.municipality,
      call: officers(content.title, language),
      receipt: pilot.slice(0, 8).toUpperCase(),
      office: content.contactPoint?.office ?? rules.municipality,
      reach: content.contactPoint?.reach ?? '',
      url: publicUrl,
      ...(kind === 'decision' ? { decisionUrl: `${publicUrl}/api/${tenant}/applications/${pilot}/decision.html` } : {}),
      params: { ...plainOf(event.data), closesAt: content.closesAt, late: event.data['late'] === true ? 1 : 0 },
    };
  }

  /** The decision document that a notice gives, as it is kept. */
  private async document(tenant: string, event: Recorded, to: string): Promise<{ digest: string; bytes: Buffer } | null> {
    const given = event.type === 'pilot.notified' ? (event.data['document'] as { digest: string } | null) : null;
    if (given === null) return null;
    const bytes = await this.parts.files.read(ownerOf(tenant, to), given.digest);
    return bytes === null ? null : { digest: given.digest, bytes };
  }

  private async letter(tenant: string, facts: MessageFacts, { contact, to }: Addressed, message: string): Promise<string> {
    const token = (await this.parts.sealer.fingerprint(to, ['letter', message])).slice(0, 32);
    return this.parts.files.put(ownerOf(tenant, to), Buffer.from(letter(facts, contact, token), 'utf8'));
  }
}

const APPLYING = ['pilot.submitted', 'pilot.amended', 'pilot.completed'];
/** Steps at which it shows who is reached for an award. */
const STEPS = ['pilot.award-accepted', 'pilot.account-changed', 'pilot.recipient-withdrew', 'pilot.notified', 'pilot.submitted'];

/** What of an event can stand in words. */
const plainOf = (data: Readonly<Record<string, unknown>>): Record<string, string | number> =>
  Object.fromEntries(
    Object.entries(data).filter((entry): entry is [string, string | number] => ['string', 'number'].includes(typeof entry[1])),
  );
