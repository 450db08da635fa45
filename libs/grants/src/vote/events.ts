import { defineEvent, type EventsOf } from '@minipilot/kernel/event.js';
import { Id, list, object, oneOf, text, version1 } from '@minipilot/kernel/schema.js';
import { Type, type Static } from 'typebox';

/** Numbers of projects as they stand on the ballot, from 1. Numbers and not ids, so that every ballot can be padded to one length. */
export const Choices = list(Type.Integer({ minimum: 1, maximum: 1000 }), 100);

export const Ballot = object({ v: version1, tracker: text(20, 1), choices: Choices });
export type Ballot = Static<typeof Ballot>;

export const voteEvents = [
  defineEvent(
    'vote.cast',
    'A voter cast a ballot, or replaced the one before; the last one counts.',
    object({
      call: Id,
      /** how it was checked that the person may vote: by signing in, or at the library that handed a code out */
      channel: oneOf('sign-in', 'code'),
    }),
    { access: 'secret', sealed: { ballot: { v: 1, schema: Ballot } } },
  ),
] as const;
export type VoteEvent = EventsOf<typeof voteEvents>;
