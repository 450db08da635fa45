import type { MessagesEvent } from '@minipilot/grants/messages/events.js';
import type { Projection } from '@minipilot/kernel/projection.js';
import { parseStream } from '@minipilot/kernel/decider.js';
import { page, viewOf, type Db, type Keyed, type Page, type Paged } from './query.js';
import { existing, seen } from './rows.js';

export const MESSAGE_STATES = ['sent', 'deferred', 'failed', 'replaced', 'to-post', 'posted'] as const;
export type MessageState = (typeof MESSAGE_STATES)[number];

/** One message to the people of an application; the key is the message. Words and addresses are not in it. */
export type MessageRow = {
  tenant: string;
  pilot: string;
  kind: string;
  /** null for a decision that an officer posted */
  addressee: string | null;
  language: string | null;
  state: MessageState;
  /** why it could not be delivered, or is a letter */
  why: string | null;
  /** of the letter, or of the decision document that went with it */
  digest: string | null;
  /** since when it is in this state */
  at: string;
  postedOn: string | null;
};

export const deskMessages: Projection<MessageRow> = {
  name: 'desk_messages',
  version: 1,
  table: {
    tenant: 'text',
    pilot: 'text',
    kind: 'text',
    addressee: 'text',
    language: 'text',
    state: 'text',
    why: 'text',
    digest: 'text',
    at: 'text',
    postedOn: 'text',
  },
  indexes: [
    ['tenant', 'state', 'at'],
    ['pilot', 'at'],
  ],
  handles: ['messages.sent', 'messages.deferred', 'messages.failed', 'messages.letter-prepared', 'messages.letter-posted'],

  keys(recorded) {
    const { message, instead = [] } = recorded.data as { message: string; instead?: string[] };
    return [message, ...instead];
  },

  evolve(row, recorded, key) {
    const event = seen<MessagesEvent>(recorded);
    const { tenant, at } = recorded;
    // told in another way since
    if (key !== event.data.message) return { ...existing(row, recorded), state: 'replaced', at };
    const { kind } = event.data;
    const blank = { addressee: null, language: null, why: null, digest: null, postedOn: null };
    const base = { ...blank, ...row, tenant, pilot: parseStream(recorded.stream).key!, kind, at };
    switch (event.type) {
      case 'messages.letter-posted':
        return { ...base, state: 'posted', digest: event.data.digest, postedOn: event.data.on };
      case 'messages.sent':
        return { ...base, ...named(event.data), state: 'sent', why: null, digest: event.data.document };
      case 'messages.deferred':
        return { ...base, ...named(event.data), state: 'deferred', why: event.data.code };
      case 'messages.failed':
        return { ...base, ...named(event.data), state: 'failed', why: event.data.why };
      case 'messages.letter-prepared':
        return { ...base, ...named(event.data), state: 'to-post', why: event.data.why, digest: event.data.digest };
    }
  },
};

const named = ({ addressee, language }: { addressee: string; language: string }) => ({ addressee, language });

/** What was told to the people of one application, oldest first. */
export async function listMessages(db: Db, tenant: string, pilot: string, wanted: Page): Promise<Paged<Keyed<MessageRow>>> {
  const query = db.selectFrom(viewOf(deskMessages)).selectAll().where('tenant', '=', tenant).where('pilot', '=', pilot);
  return page<MessageRow>(query, 'at', 'asc', wanted);
}

/** Messages of a municipality, in one state or all, the longest waiting first. */
export async function listMessagesIn(
  db: Db,
  tenant: string,
  state: MessageState | undefined,
  wanted: Page,
): Promise<Paged<Keyed<MessageRow>>> {
  const query = db.selectFrom(viewOf(deskMessages)).selectAll().where('tenant', '=', tenant);
  return page<MessageRow>(state === undefined ? query : query.where('state', '=', state), 'at', 'asc', wanted);
}
