import { defineEvent, type EventsOf } from '@minipilot/kernel/event.js';
import { At, Code, Count, Hash, Id, Subject, list, nullable, object, oneOf, text, version1 } from '@minipilot/kernel/schema.js';
import { Type } from 'typebox';

export const ConflictGround = oneOf('party', 'close-person', 'organisation-role', 'benefit', 'employment', 'other', 'recognised');

/** `values` in the order of the rules' criteria; null is "not assessed", which is not zero. */
export const Card = object({ v: version1, application: Id, values: nullable(list(Type.Integer(), 20)) });

export const scorebookEvents = [
  defineEvent(
    'scorebook.conflicts-declared',
    'A member saw the names, and only the names, and told the conflicts of interest.',
    object({
      call: Id,
      member: Subject,
      conflicts: list(object({ application: Id, ground: ConflictGround })),
      /** names that were shown, and SHA-256 of the sorted subjects behind them */
      shown: Count,
      shownDigest: Hash,
    }),
    { access: 'party' },
  ),
  defineEvent(
    'scorebook.recused',
    'A member recognised a proposal later and stepped back from it.',
    object({ application: Id, ground: ConflictGround }),
    { access: 'party' },
  ),
  defineEvent(
    'scorebook.card-saved',
    'A member filled in or changed a card; its values are sealed until scoring closes.',
    object({ application: Id }),
    {
      access: 'secret',
      sealed: { scores: { v: 1, schema: Card }, comment: { v: 1, schema: object({ v: version1, text: text(2000, 1) }) } },
    },
  ),
  defineEvent(
    'scorebook.finished',
    'A member is done: every application that the book shows has a card, be it "not assessed". Cards may still be changed until the close.',
    object({ call: Id, member: Subject }),
    { access: 'party' },
  ),
  defineEvent(
    'scorebook.book-closed',
    'Scoring closed for this member.',
    object({ call: Id, member: Subject, effectiveAt: At, code: nullable(Code) }),
    { access: 'party' },
  ),
] as const;
export type ScorebookEvent = EventsOf<typeof scorebookEvents>;
