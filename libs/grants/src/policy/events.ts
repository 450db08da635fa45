import { defineEvent, type EventsOf } from '@minipilot/kernel/event.js';
import { Cents, Code, Count, Day, list, object, oneOf, text } from '@minipilot/kernel/schema.js';
import { Type, type Static } from 'typebox';

/** Everything that the law or the municipality may change without a new release. */
export const Policy = object({
  /** the municipality's name, as it calls itself */
  municipality: text(100, 1),
  languages: list(oneOf('fi', 'sv', 'en'), 3),
  timeZone: text(60, 1),
  currency: text(3, 3),
  districts: list(Code, 500),
  /** days beside week-ends that are no working days */
  holidays: list(Day, 1000),
  /** least days from announcement to close (ranked) or to opening (rolling) */
  leadDays: object({ ranked: Count, rolling: Count }),
  /** days from sending or publishing to the day of notice */
  noticeDays: object({ electronic: Count, letter: Count, publication: Count }),
  appealDays: Count,
  /** wall-clock time (HH:MM) at which the office closes: from then on, on its last day, an appeal is late */
  appealClosesAt: Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$' }),
  /** days from notice of the decision on an appeal in which it may be taken to the administrative court */
  courtDays: Count,
  /** days to accept an award before it lapses */
  acceptDays: Count,
  /** days to name another recipient */
  recipientChangeDays: Count,
  /** days for a service owner to answer a proposed adoption */
  ownerAnswerDays: Count,
  /** working days from arrival to decision in a rolling call */
  decideWorkingDays: Count,
  /** working days in which silence on a change of plan means yes */
  planChangeWorkingDays: Count,
  /** days before and after the report's due date */
  reportReminderDays: list(Count, 10),
  reportEscalateDays: Count,
  /** unspent money up to this sum need not be returned */
  returnFloorCents: Cents,
  /** days to pay unspent money back after the report is accepted */
  returnDays: Count,
  draftDays: Count,
  /** least days to complete an application after it was asked for */
  completionDays: Count,
  /** days before that day on which the applicant is reminded */
  completionReminderDays: Count,
  /** years for which contact and account of a paid grant are kept, whoever asks */
  retentionYears: Count,
});
export type Policy = Static<typeof Policy>;

export const policyEvents = [
  defineEvent(
    'policy.set',
    'The municipality set its policy: lead times, holidays, notice and appeal days, floors, retention.',
    object({ policy: Policy }),
    {
      v: 2,
      upcast: {
        1: (data) => ({
          ...data,
          policy: { appealClosesAt: '16:15', courtDays: 30, completionDays: 7, completionReminderDays: 2, ...(data['policy'] as object) },
        }),
      },
    },
  ),
] as const;
export type PolicyEvent = EventsOf<typeof policyEvents>;
