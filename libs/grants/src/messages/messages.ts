import { reject, type Aggregate, type Rejected } from '@minipilot/kernel/decider.js';
import { uuid5 } from '@minipilot/kernel/ids.js';
import { addMilliseconds, localDate, type LocalDate } from '@minipilot/kernel/time.js';
import type { Policy } from '../policy/events.js';
import { policyOf } from '../policy/policy.js';
import type { MessagesEvent } from './events.js';

export interface About {
  message: string;
  kind: string;
  cause: string;
  addressee: 'applicant' | 'recipient' | 'earlier';
  to: string;
  language: 'fi' | 'sv' | 'en';
}

export type MessagesCommand =
  | ({ type: 'RecordSent'; messageId: string; document: string | null } & About)
  | ({ type: 'RecordDeferred'; code: string } & About)
  /** `letter`: digest of the letter that says the same, where one is ready */
  | ({ type: 'RecordFailed'; why: 'refused' | 'no-address' | 'gave-up'; code: string; letter: string | null } & About)
  | ({ type: 'PrepareLetter'; digest: string } & About)
  | { type: 'RecordDecisionPosted'; message: string; digest: string | null; on: LocalDate }
  | { type: 'MarkPosted'; message: string; on: LocalDate };

interface Message {
  kind: string;
  to: string;
  language: 'fi' | 'sv' | 'en';
  /** `replaced`: it failed, and was told in another way since */
  status: 'deferred' | 'sent' | 'failed' | 'replaced' | 'to-post' | 'posted';
  attempts: number;
  /** of a letter */
  digest: string | null;
  preparedOn: string | null;
  postedOn: LocalDate | null;
}

export interface MessagesState {
  messages: Readonly<Record<string, Message>>;
}

/** Minutes to wait after each temporary refusal by the addressee's mail server; after the last one it is given up. */
const WAIT_MINUTES = [15, 60, 240, 720, 1440];
export const ATTEMPTS = WAIT_MINUTES.length + 1;

/** The same telling has the same id, however often it is tried. */
export const messageIdOf = (cause: string, kind: string, addressee: About['addressee']): string => uuid5('message', cause, kind, addressee);

/** Whether nothing more is to be done about a message. */
export const isSettled = (state: MessagesState, message: string): boolean => {
  const found = state.messages[message];
  return found !== undefined && found.status !== 'deferred';
};

/** Notices of decisions that did not reach their addressee and were not told again since. */
export const undelivered = (state: MessagesState): string[] =>
  Object.entries(state.messages)
    .filter(([, m]) => m.kind === 'decision' && m.status === 'failed')
    .map(([id]) => id);

/** What was told to the people of one application. Written by the errands of mail, and by officers who post letters. */
export const messages: Aggregate<MessagesCommand, MessagesState, MessagesEvent, Policy> = {
  category: 'messages',
  initial: { messages: {} },
  facts: (_command, sources) => policyOf(sources),

  evolve(state, event) {
    const put = (id: string, change: Partial<Message>, instead: readonly string[] = []): MessagesState => {
      const blank: Message = {
        kind: '',
        to: '',
        language: 'fi',
        status: 'sent',
        attempts: 0,
        digest: null,
        preparedOn: null,
        postedOn: null,
      };
      const replaced = instead.map((other): [string, Message] => [other, { ...state.messages[other]!, status: 'replaced' }]);
      return { messages: { ...state.messages, ...Object.fromEntries(replaced), [id]: { ...blank, ...state.messages[id], ...change } } };
    };
    const { message, kind } = event.data;
    if (event.type === 'messages.letter-posted')
      return put(message, { kind, status: 'posted', digest: event.data.digest, postedOn: event.data.on }, event.data.instead);
    const { to, language } = event.data;
    switch (event.type) {
      case 'messages.sent':
        return put(message, { kind, to, language, status: 'sent' }, event.data.instead);
      case 'messages.deferred':
        return put(message, { kind, to, language, status: 'deferred', attempts: event.data.attempt });
      case 'messages.failed':
        return put(message, { kind, to, language, status: 'failed' });
      case 'messages.letter-prepared':
        return put(message, { kind, to, language, status: 'to-post', digest: event.data.digest, preparedOn: event.at });
    }
  },

  decide(command, state, policy, occasion): MessagesEvent[] | Rejected {
    const known = state.messages[command.message];
    const today = localDate(occasion.now, policy.timeZone);
    switch (command.type) {
      case 'RecordSent': {
        if (isSettled(state, command.message)) return [];
        const { messageId, document } = command;
        const instead = command.kind === 'decision' ? undelivered(state) : [];
        return [{ type: 'messages.sent', data: { ...about(command), messageId, document, instead } }];
      }
      case 'RecordDeferred': {
        if (isSettled(state, command.message)) return [];
        const attempt = (known?.attempts ?? 0) + 1;
        const wait = WAIT_MINUTES[attempt - 1];
        const { code } = command;
        if (wait === undefined) return [{ type: 'messages.failed', data: { ...about(command), why: 'gave-up', code } }];
        return [
          { type: 'messages.deferred', data: { ...about(command), attempt, code, until: addMilliseconds(occasion.now, wait * 60_000) } },
        ];
      }
      case 'RecordFailed': {
        if (isSettled(state, command.message)) return [];
        const { why, code, letter } = command;
        const events: MessagesEvent[] = [{ type: 'messages.failed', data: { ...about(command), why, code } }];
        if (letter !== null)
          events.push({ type: 'messages.letter-prepared', data: { ...about(command), digest: letter, why: 'undeliverable' } });
        return events;
      }
      case 'PrepareLetter':
        if (isSettled(state, command.message)) return [];
        return [{ type: 'messages.letter-prepared', data: { ...about(command), digest: command.digest, why: 'no-email' } }];
      case 'RecordDecisionPosted': {
        if (known !== undefined) return [];
        const { message, digest, on } = command;
        return [{ type: 'messages.letter-posted', data: { message, kind: 'decision', digest, on, instead: undelivered(state) } }];
      }
      case 'MarkPosted': {
        if (known?.digest == null || known.kind === 'decision') return reject('letter-not-found');
        if (known.status === 'posted') return known.postedOn === command.on ? [] : reject('letter-already-posted', { on: known.postedOn! });
        if (command.on > today) return reject('date-in-future', { on: command.on }, '/on');
        const earliest = localDate(known.preparedOn!, policy.timeZone);
        if (command.on < earliest) return reject('posted-before-prepared', { earliest }, '/on');
        const { message, on } = command;
        return [{ type: 'messages.letter-posted', data: { message, kind: known.kind, digest: known.digest, on, instead: [] } }];
      }
    }
  },
};

const about = ({ message, kind, cause, addressee, to, language }: About): About => ({ message, kind, cause, addressee, to, language });
