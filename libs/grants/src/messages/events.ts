import { defineEvent, type EventsOf } from '@minipilot/kernel/event.js';
import { At, Code, Count, Day, Hash, Id, Subject, list, nullable, object, oneOf, text } from '@minipilot/kernel/schema.js';

/** To whom of an application's people: who applies, who answers for the money now, who answered for it before a change. */
export const Addressee = oneOf('applicant', 'recipient', 'earlier');

const about = {
  /** uuid5 of cause, kind and addressee; the Message-ID of an e-mail is made of it */
  message: Id,
  /** what it tells, such as `receipt` or `decision` */
  kind: Code,
  /** the event that it tells of */
  cause: Id,
  addressee: Addressee,
  to: Subject,
  language: oneOf('fi', 'sv', 'en'),
};

/** What was told to the people of one application, and how. Addresses and words stand nowhere here. */
export const messagesEvents = [
  defineEvent(
    'messages.sent',
    'A message was handed to the mail server.',
    object({
      ...about,
      messageId: text(200, 3),
      /** digest of the decision document that went with it */
      document: nullable(Hash),
      /** messages that could not be delivered and that it stands for */
      instead: list(Id, 100),
    }),
    { access: 'party' },
  ),
  defineEvent(
    'messages.deferred',
    'The mail server of the addressee asked to try again later.',
    object({ ...about, attempt: Count, code: text(20), until: At }),
    { access: 'party' },
  ),
  defineEvent(
    'messages.failed',
    'A message could not be delivered by e-mail.',
    object({ ...about, why: oneOf('refused', 'no-address', 'gave-up'), code: text(20) }),
    { access: 'party' },
  ),
  defineEvent(
    'messages.letter-prepared',
    'A letter is ready to be printed and posted.',
    object({ ...about, digest: Hash, why: oneOf('no-email', 'undeliverable') }),
    { access: 'party' },
  ),
  defineEvent(
    'messages.letter-posted',
    'A letter was posted.',
    object({
      message: Id,
      kind: Code,
      digest: nullable(Hash),
      on: Day,
      /** messages that could not be delivered and that it stands for */
      instead: list(Id, 100),
    }),
    { access: 'party' },
  ),
] as const;
export type MessagesEvent = EventsOf<typeof messagesEvents>;
