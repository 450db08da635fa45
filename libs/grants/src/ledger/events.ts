import { defineEvent, type EventsOf } from '@minipilot/kernel/event.js';
import { Cents, Count, Day, Id, PositiveCents, list, object, oneOf, optional, text } from '@minipilot/kernel/schema.js';
import { Type, type Static } from 'typebox';

/** `budget` is the source and stands on the credit side; all others hold money. `appeal-reserve` lies inside what is reserved. */
export const Account = oneOf('budget', 'available', 'appeal-reserve', 'reserved', 'committed', 'in-transit', 'paid', 'returned');
export type Account = Static<typeof Account>;

const Entries = list(object({ account: Account, side: oneOf('debit', 'credit'), cents: PositiveCents }), 6);

export const Step = oneOf(
  'budget-raised',
  'reserved',
  'released',
  'committed',
  'in-transit',
  'settled',
  'rejected',
  'bank-returned',
  'repaid',
);
export type Step = Static<typeof Step>;

export const ledgerEvents = [
  defineEvent(
    'ledger.opened',
    'The budget of a call was entered, with the part that is kept back for appeals.',
    object({
      call: Id,
      budgetCents: PositiveCents,
      appealReserveCents: Cents,
      currency: Type.String({ pattern: '^[A-Z]{3}$' }),
      entries: Entries,
    }),
  ),
  defineEvent(
    'ledger.posted',
    'Money moved from one account of the call to another.',
    object({
      /** unique in the ledger: `<pilot>/<instalment>/<attempt>/<step>` for a payment, `<pilot or budget>/<cause>/<step>` otherwise */
      key: text(120, 1),
      step: Step,
      pilot: optional(Id),
      instalment: optional(Count),
      attempt: optional(Count),
      batch: optional(Id),
      cents: PositiveCents,
      entries: Entries,
      /** id of the event that the posting follows from */
      cause: Id,
      /** why reserved or committed money was released */
      reason: optional(oneOf('declined', 'lapsed', 'withdrawn', 'decision-changed', 'not-paid')),
      /** banking day */
      effectiveOn: optional(Day),
      /** the bank's reference */
      reference: optional(text(40, 1)),
    }),
    { fields: { batch: 'party', reference: 'party' } },
  ),
] as const;
export type LedgerEvent = EventsOf<typeof ledgerEvents>;
export type Posted = Extract<LedgerEvent, { type: 'ledger.posted' }>['data'];
