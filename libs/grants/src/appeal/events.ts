import { defineEvent, type EventsOf } from '@minipilot/kernel/event.js';
import {
  At,
  Code,
  Day,
  Id,
  PositiveCents,
  Subject,
  flag,
  list,
  nullable,
  object,
  oneOf,
  optional,
  text,
  version1,
} from '@minipilot/kernel/schema.js';
import type { Static } from 'typebox';
import { Channel, Reach } from '../pilot/events.js';

/** What is asked for and why, in the words of whoever appeals. */
export const AppealText = object({ v: version1, demand: text(2000, 1), grounds: text(4000, 1) });
export const AppealContact = object({
  v: version1,
  name: text(120, 1),
  phone: optional(text(40)),
  email: optional(text(254)),
  address: optional(text(300)),
});
const Comment = object({ v: version1, text: text(4000, 1) });
const Reason = object({ v: version1, reason: text(4000, 1) });

export const AppealResult = oneOf('upheld', 'partly', 'dismissed', 'left-unexamined');
export type AppealResult = Static<typeof AppealResult>;
/** Why an appeal is left unexamined. */
export const Unexamined = oneOf('late', 'no-right', 'unclear');
export type Unexamined = Static<typeof Unexamined>;

/** Most decisions that one appeal concerns; a larger section is appealed against application by application. */
export const MOST_DECISIONS = 500;

const target = {
  appeal: Id,
  call: Id,
  /** the one application, or null where the whole decision of the section is meant */
  application: nullable(Id),
  section: text(60, 1),
  /** the decisions as they stood: event ids in the call's scoring stream */
  decisions: list(object({ application: Id, decision: Id }), MOST_DECISIONS),
};

export const appealEvents = [
  defineEvent(
    'appeal.filed',
    'A party or a member of the municipality appealed; an appeal out of time is registered too.',
    object({
      ...target,
      by: oneOf('party', 'resident'),
      appellant: Subject,
      /** the person who filed it, who registered it for somebody, or both in one */
      filedBy: Subject,
      channel: Channel,
      receivedAt: At,
      /** end of the appellant's window; null where nobody has been told yet and it is open */
      until: nullable(At),
      late: flag,
    }),
    { access: 'party', sealed: { contact: { v: 1, schema: AppealContact }, comment: { v: 1, schema: AppealText } } },
  ),
  defineEvent(
    'appeal.taken-up',
    'The board took a decision up by itself, within the window.',
    object({ ...target, body: text(120, 1), takenSection: text(60, 1), takenOn: Day, until: nullable(At) }),
    { access: 'party', sealed: { comment: { v: 1, schema: Reason } } },
  ),
  defineEvent('appeal.completed', 'The appellant added to the appeal.', object({ completedAt: At }), {
    access: 'party',
    sealed: { comment: { v: 1, schema: Comment } },
  }),
  defineEvent('appeal.withdrawn', 'The appellant took the appeal back.', object({ withdrawnAt: At }), { access: 'party' }),
  defineEvent(
    'appeal.decided',
    'The appeal body decided.',
    object({
      result: AppealResult,
      /** why it was left unexamined */
      why: nullable(Unexamined),
      section: text(60, 1),
      caseNumber: text(60, 1),
      decidedOn: Day,
      body: text(120, 1),
      /** the body had made the decision itself and decides on it again, as the law has it for a board */
      ownDecision: flag,
    }),
    { access: 'party', sealed: { comment: { v: 1, schema: Reason } } },
  ),
  defineEvent(
    'appeal.outcome-changed',
    'The decision on the appeal grants an application, from the appeal reserve.',
    object({
      call: Id,
      application: Id,
      applicant: Subject,
      cents: PositiveCents,
      reasonCode: Code,
      /** regulation named when the money is de minimis aid */
      deMinimis: nullable(text(60)),
      section: text(60, 1),
      caseNumber: text(60, 1),
      decidedOn: Day,
    }),
    { access: 'party', sealed: { comment: { v: 1, schema: Reason } } },
  ),
  defineEvent(
    'appeal.notice-sent',
    'The appellant was told of the decision on the appeal; the time for the administrative court follows.',
    object({ channel: Reach, sentOn: Day, noticeOn: Day, courtUntil: Day, finalFrom: Day }),
    { access: 'party' },
  ),
] as const;
export type AppealEvent = EventsOf<typeof appealEvents>;
