import { defineEvent, type EventsOf } from '@minipilot/kernel/event.js';
import {
  Cents,
  Code,
  Count,
  Day,
  Hash,
  Id,
  PositiveCents,
  Subject,
  list,
  object,
  oneOf,
  optional,
  text,
} from '@minipilot/kernel/schema.js';
import { Type, type Static } from 'typebox';

/** `<pilot>/<instalment>/<attempt>` */
export const RowKey = Type.String({ pattern: '^[0-9a-f-]{36}/[0-9]{1,7}/[0-9]{1,7}$' });

/** One payment: to whom, how much, and which sealed account. */
export const Row = object({
  row: RowKey,
  call: Id,
  pilot: Id,
  instalment: Count,
  attempt: Count,
  cents: PositiveCents,
  /** `com` of the sealed IBAN, and the event that holds it */
  account: Hash,
  accountEvent: Id,
  recipient: Subject,
  /** the batch that the row had to leave */
  movedFrom: optional(Id),
});
export type Row = Static<typeof Row>;

/** What the bank says to the name of an account's holder; `close` needs an officer's look, the last two keep the row waiting. */
export const NameCheck = oneOf('match', 'close', 'no-match', 'unchecked');
export type NameCheck = Static<typeof NameCheck>;

/** A moved row is added to a later batch, but for one that was withdrawn. */
export const MoveReason = oneOf('name-check', 'account-changed', 'recipient-changed', 'late', 'full', 'withdrawn');
export type MoveReason = Static<typeof MoveReason>;

export const batchEvents = [
  defineEvent('batch.opened', 'A payment batch was begun.', object({ batch: Id, day: Day, number: Count })),
  defineEvent('batch.row-added', 'A payment joined the batch.', object({ batch: Id, row: Row }), { access: 'party' }),
  defineEvent('batch.row-moved', 'A payment left the batch before it was paid.', object({ batch: Id, row: Row, reason: MoveReason }), {
    access: 'party',
  }),
  defineEvent(
    'batch.account-changed',
    'A payment of the batch goes to another account; its name is to be checked anew.',
    object({ batch: Id, row: RowKey, account: Hash, accountEvent: Id, recipient: Subject }),
    { access: 'party' },
  ),
  defineEvent(
    'batch.name-checked',
    'The bank answered whether the account belongs to the recipient.',
    object({ batch: Id, row: RowKey, account: Hash, result: NameCheck }),
    { access: 'party' },
  ),
  defineEvent(
    'batch.close-match-accepted',
    'An officer looked at a name that nearly matches and accepted it.',
    object({ batch: Id, row: RowKey, account: Hash, by: Subject }),
    { access: 'party' },
  ),
  defineEvent(
    'batch.prepared',
    'A finance clerk prepared the batch for approval.',
    object({ batch: Id, digest: Hash, rows: Count, cents: Cents, by: Subject }),
    { access: 'party' },
  ),
  defineEvent('batch.approved', 'A second person approved the batch.', object({ batch: Id, digest: Hash, by: Subject }), {
    access: 'party',
  }),
  defineEvent(
    'batch.approval-voided',
    'The approval no longer holds, since rows changed after it.',
    object({ batch: Id, reason: oneOf('account-changed'), rows: list(RowKey, 200) }),
    { access: 'party' },
  ),
  defineEvent(
    'batch.released',
    'The payment file was fixed for the bank; it may be handed over from now on, any number of times.',
    object({
      batch: Id,
      messageId: text(35, 1),
      fileDigest: Hash,
      /** banking day on which the bank is to pay */
      executionOn: Day,
      rows: list(object({ row: RowKey, call: Id, cents: PositiveCents }), 200),
      cents: PositiveCents,
    }),
    { access: 'party' },
  ),
  defineEvent('batch.row-settled', 'The bank paid.', object({ batch: Id, row: RowKey, reference: text(40, 1), on: Day }), {
    access: 'party',
  }),
  defineEvent('batch.row-rejected', 'The bank did not pay.', object({ batch: Id, row: RowKey, code: Code, on: Day }), { access: 'party' }),
  defineEvent(
    'batch.row-returned',
    "The payment came back from the recipient's bank.",
    object({ batch: Id, row: RowKey, code: Code, on: Day }),
    { access: 'party' },
  ),
  defineEvent('batch.finished', 'Nothing in the batch waits for the bank any more.', object({ batch: Id })),
] as const;
export type BatchEvent = EventsOf<typeof batchEvents>;
