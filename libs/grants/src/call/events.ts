import { defineEvent, type EventsOf } from '@minipilot/kernel/event.js';
import {
  At,
  Cents,
  Code,
  Count,
  Day,
  Hash,
  Id,
  PositiveCents,
  Texts,
  flag,
  list,
  nullable,
  object,
  oneOf,
  optional,
  text,
} from '@minipilot/kernel/schema.js';
import type { Static } from 'typebox';
import { Rules } from '../selection/rules.js';

export const ApplicantKind = oneOf('resident', 'group', 'association', 'company');
export type ApplicantKind = Static<typeof ApplicantKind>;

/** All that an officer writes of a call. Everything is there in a draft too; what may still be empty is checked at announcement. */
export const CallContent = object({
  title: Texts,
  description: Texts,
  themes: list(object({ theme: Code, owner: nullable(Code), ownerPromisedOn: nullable(Day) }), 20),
  districts: list(Code, 500),
  grant: object({ minCents: PositiveCents, maxCents: PositiveCents }),
  budget: object({ cents: PositiveCents, year: Count, costCentre: text(40), account: text(40), project: text(40) }),
  /** kept back for decisions that an appeal changes */
  appealReserveCents: Cents,
  whoMayApply: list(ApplicantKind, 4),
  applicationsPerApplicant: Count,
  opensAt: At,
  closesAt: At,
  reportDueDays: Count,
  pay: oneOf('at-once', 'when-final'),
  authority: nullable(object({ section: text(60, 1), on: Day })),
  /** offices, never persons */
  decisionMaker: nullable(text(120, 1)),
  deputy: nullable(text(120, 1)),
  appealBody: nullable(text(120, 1)),
  contactPoint: nullable(object({ office: text(120, 1), reach: text(120, 1) })),
  rules: Rules,
});
export type CallContent = Static<typeof CallContent>;

const same = (data: Record<string, unknown>) => data;

export const callEvents = [
  defineEvent('call.drafted', 'An officer began a call.', object({ call: Id, content: CallContent }), {
    access: 'party',
    v: 2,
    upcast: { 1: same },
  }),
  defineEvent('call.revised', 'An officer changed a call that is not yet announced.', object({ content: CallContent }), {
    access: 'party',
    v: 2,
    upcast: { 1: same },
  }),
  defineEvent(
    'call.announced',
    'The call was announced; its rules are frozen and its lot is committed.',
    object({
      call: Id,
      content: CallContent,
      rulesHash: Hash,
      /** SHA-256 of the lot's seed */
      lotHash: Hash,
      announcedOn: Day,
      timeZone: text(60, 1),
      currency: text(3, 3),
    }),
    { v: 2, upcast: { 1: same } },
  ),
  defineEvent('call.deadline-extended', 'The deadline was moved later.', object({ closesAt: At, reason: text(1000, 1) })),
  defineEvent(
    'call.budget-raised',
    'Money was added to the call.',
    object({ byCents: PositiveCents, budgetCents: PositiveCents, authority: object({ section: text(60, 1), on: Day }) }),
  ),
  defineEvent('call.cancelled', 'The call was cancelled.', object({ reason: text(1000, 1) })),
  defineEvent(
    'call.closed',
    'The call closed; what had arrived in time is listed, in pages. The last page carries count and digest.',
    object({
      effectiveAt: At,
      page: Count,
      applications: list(Id),
      last: flag,
      count: optional(Count),
      /** SHA-256 of all ids of all pages, sorted, joined by line feeds */
      digest: optional(Hash),
    }),
    { access: 'party' },
  ),
  defineEvent(
    'call.application-admitted',
    'An application that the list of the closed call lacks takes part: it had arrived in time, or our service was down.',
    object({ application: Id, why: oneOf('arrived-in-time', 'service-was-down'), arrivedAt: At, reason: text(1000) }),
    { access: 'party' },
  ),
] as const;
export type CallEvent = EventsOf<typeof callEvents>;
