import { defineEvent, type EventsOf } from '@minipilot/kernel/event.js';
import { At, Cents, Code, Count, Day, Id, flag, list, object, oneOf, text, version1 } from '@minipilot/kernel/schema.js';

const Comment = { v: 1, schema: object({ v: version1, text: text(4000, 1) }) };

export const serviceEvents = [
  defineEvent(
    'service.adoption-proposed',
    'A pilot that worked was put before the owner of the service.',
    object({
      service: Id,
      pilot: Id,
      call: Id,
      owner: Code,
      title: text(120, 1),
      districts: list(Code, 500),
      proposedOn: Day,
      answerDue: Day,
    }),
  ),
  defineEvent('service.answer-overdue', 'The owner did not answer by the day.', object({ answerDue: Day, effectiveAt: At })),
  defineEvent('service.answered', 'The owner answered.', object({ answer: oneOf('for', 'against', 'try-elsewhere'), answeredOn: Day }), {
    sealed: { comment: Comment },
  }),
  defineEvent(
    'service.decided',
    'Whoever holds the budget decided on the adoption.',
    object({
      result: oneOf('adopted', 'not-adopted', 'try-elsewhere'),
      section: text(60, 1),
      body: text(120, 1),
      decidedOn: Day,
      reason: text(1000, 1),
      yearlyCents: Cents,
      fromYear: Count,
      districts: list(Code, 500),
      reviewDue: Day,
    }),
  ),
  defineEvent('service.district-started', 'The service began in a district.', object({ district: Code, on: Day })),
  defineEvent('service.review-due', 'The yearly review is due.', object({ due: Day, effectiveAt: At })),
  defineEvent('service.reviewed', 'The service was reviewed.', object({ on: Day, goesOn: flag, summary: text(1000, 1), nextDue: Day })),
  defineEvent('service.ended', 'The service ended.', object({ on: Day, reason: text(1000, 1) })),
] as const;
export type ServiceEvent = EventsOf<typeof serviceEvents>;
