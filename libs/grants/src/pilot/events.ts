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
import { ApplicantKind } from '../call/events.js';
import { BUSINESS_IDS, COMPLETABLE, DUPLICATES, SUGGESTIONS } from '../eligibility/eligibility.js';

/** Who applies and how to reach them. */
export const Contact = object({
  v: version1,
  name: text(120, 1),
  businessId: optional(text(20)),
  phone: optional(text(40)),
  email: optional(text(254)),
  address: optional(text(300)),
  /** the adult who answers for the money, where it is not who applies */
  recipientName: optional(text(120)),
});
/** What is proposed, in the applicant's words. `idea` is the only thing that is scored. */
export const ProposalText = object({
  v: version1,
  title: text(80, 1),
  idea: text(1000, 1),
  place: text(300),
  time: text(300),
  lines: list(object({ what: text(120, 1), cents: PositiveCents }), 3),
  tradeSecret: optional(text(500)),
});
/** What was completed of the proposal, by its own schema: title and idea cannot be among it. */
export const CompletedText = object({
  v: version1,
  place: optional(text(300)),
  time: optional(text(300)),
  lines: optional(list(object({ what: text(120, 1), cents: PositiveCents }), 3)),
});
const Account = object({ v: version1, iban: text(34, 15) });
const Comment = object({ v: version1, text: text(4000, 1) });
export const ReportText = object({
  v: version1,
  happened: text(2000, 1),
  learned: text(2000, 1),
  lines: list(object({ what: text(120, 1), cents: PositiveCents }), 3),
  continuation: text(1000),
});

export const Outcome = oneOf('yes', 'partly', 'no');
export const DecisionResult = oneOf('granted', 'waiting', 'refused', 'ineligible', 'late');
export type DecisionResult = Static<typeof DecisionResult>;
export const Reach = oneOf('electronic', 'letter');
/** A document whose bytes are kept, by their SHA-256. */
export const Document = object({
  digest: Hash,
  language: oneOf('fi', 'sv', 'en'),
  /** version of the words and the layout that it was made with */
  template: Count,
});
export type Document = Static<typeof Document>;
export const Channel = oneOf('online', 'agent', 'desk', 'phone', 'paper');

/** The plain part of an application: what decisions and counts need, and nothing that points to a person. */
const plain = {
  kind: ApplicantKind,
  district: Code,
  askedCents: PositiveCents,
  involves: list(oneOf('children', 'food', 'public-place', 'water-or-animals'), 4),
  /** de minimis aid in the last three years, for economic activity only */
  economic: nullable(object({ deMinimisCents: Cents })),
  language: oneOf('fi', 'sv', 'en'),
  reach: Reach,
  /** Y-tunnus as given: its check digit holds or not; none where the applicant has none to give */
  businessId: oneOf(...BUSINESS_IDS),
  /** an adult is named who answers for the money of a group */
  recipientNamed: flag,
  /** the tick: adult, terms accepted, may act for these people */
  confirmed: flag,
  /** the same applicant has another live application: perhaps, by name and reach, or for certain, by Y-tunnus */
  duplicate: oneOf(...DUPLICATES),
};

/** Before version 2 the form took no application without these. */
const complete = (data: Record<string, unknown>): Record<string, unknown> => ({
  ...data,
  businessId: data['kind'] === 'association' || data['kind'] === 'company' ? 'valid' : 'none',
  recipientNamed: data['kind'] === 'group',
  confirmed: true,
  duplicate: 'none',
});
const applied = { contact: { v: 1, schema: Contact }, proposal: { v: 1, schema: ProposalText } };
const Suggested = object({ suggestion: oneOf(...SUGGESTIONS), codes: list(Code, 20) });
const Asked = list(oneOf(...COMPLETABLE), COMPLETABLE.length);

const attempt = { instalment: Count, attempt: Count };

/** When to remind of a report and when to take a missing one up, by the policy of the day. */
const reportDays = { remindOn: list(Day, 10), escalateOn: Day };

export const pilotEvents = [
  defineEvent(
    'pilot.submitted',
    'An application arrived and was registered, in time or late.',
    object({
      call: Id,
      applicant: Subject,
      slot: Count,
      ...plain,
      /** when the complete request had been received; a helped one: when it was written down */
      arrivedAt: At,
      late: flag,
      channel: Channel,
      /** who helped; takes no part in deciding */
      helper: nullable(Subject),
      /** the person who filed it; for a resident the applicant, for an organisation one of its people */
      filedBy: Subject,
    }),
    { v: 2, access: 'party', sealed: applied, upcast: { 1: complete } },
  ),
  defineEvent('pilot.amended', 'The applicant changed the application before the close.', object({ ...plain, amendedAt: At }), {
    v: 2,
    access: 'party',
    sealed: applied,
    upcast: { 1: complete },
  }),
  defineEvent('pilot.withdrawn', 'The applicant took the application back.', object({ withdrawnAt: At }), { access: 'party' }),
  defineEvent(
    'pilot.checked',
    'An officer checked the application and suggests whether it is eligible; the decision-maker decides.',
    object({
      suggestion: oneOf('eligible', 'ineligible'),
      codes: list(Code, 20),
      /** what the call's rules said at that moment; null where nothing was computed yet */
      suggested: nullable(Suggested),
      /** the officer found otherwise; why is sealed */
      departs: flag,
    }),
    {
      v: 2,
      access: 'party',
      sealed: { comment: { v: 1, schema: Comment } },
      upcast: { 1: (data) => ({ ...data, suggested: null, departs: false }) },
    },
  ),
  defineEvent(
    'pilot.completion-requested',
    'An officer asked the applicant to complete the application by a day; when it arrived stays as it was.',
    object({
      call: Id,
      codes: list(Code, 20),
      /** what may be completed; title and idea never */
      fields: Asked,
      /** last day */
      answerBy: Day,
      remindOn: Day,
    }),
    { access: 'party', sealed: { comment: { v: 1, schema: Comment } } },
  ),
  defineEvent(
    'pilot.completed',
    'The applicant completed what was asked for, and nothing else.',
    object({
      ...plain,
      fields: Asked,
      /** asked for and still missing */
      open: Asked,
      completedAt: At,
      channel: Channel,
      /** who wrote it down for the applicant; takes no part in deciding */
      helper: nullable(Subject),
    }),
    { access: 'party', sealed: { contact: { v: 1, schema: Contact }, proposal: { v: 1, schema: CompletedText } } },
  ),
  defineEvent(
    'pilot.completion-reminded',
    'The applicant was reminded of what is to be completed.',
    object({ answerBy: Day, effectiveAt: At }),
    { access: 'party' },
  ),
  defineEvent(
    'pilot.not-completed',
    'What was asked for did not come by its day; the decision-maker decides all the same.',
    object({ answerBy: Day, open: Asked, effectiveAt: At }),
    { access: 'party' },
  ),
  defineEvent(
    'pilot.decided',
    "The decision on this application, copied from the call's decisions.",
    object({
      call: Id,
      result: DecisionResult,
      cents: Cents,
      from: oneOf('budget', 'appeal-reserve'),
      /** event id of the decision in the call's scoring stream, which holds the reasons */
      decision: Id,
      section: text(60, 1),
      decidedOn: Day,
      decider: Subject,
      pay: oneOf('at-once', 'when-final'),
      reportDueDays: Count,
      /** regulation named when the money is de minimis aid */
      deMinimis: nullable(text(60)),
    }),
    { fields: { decider: 'party' } },
  ),
  defineEvent(
    'pilot.notified',
    'The addressee was told of the decision; the own appeal window follows.',
    object({
      channel: Reach,
      sentOn: Day,
      noticeOn: Day,
      appealUntil: Day,
      /** last day to accept; only with an award */
      acceptBy: nullable(Day),
      /** the decision document that the addressee was given */
      document: nullable(Document),
    }),
    { v: 2, access: 'party', upcast: { 1: (data) => ({ ...data, document: null }) } },
  ),
  defineEvent(
    'pilot.decision-published',
    "The decision was published on the web; the residents' appeal window follows.",
    object({ publishedOn: Day, noticeOn: Day, appealUntil: Day }),
  ),
  defineEvent(
    'pilot.appeal-opened',
    'Somebody appealed against the decision, or the board took it up: it is not final until that is settled.',
    object({ appeal: Id, decision: Id }),
    { access: 'party' },
  ),
  defineEvent(
    'pilot.appeal-settled',
    'An appeal was withdrawn, or decided and told.',
    object({
      appeal: Id,
      how: oneOf('withdrawn', 'decided'),
      /** first day on which the decision on the appeal can no longer be taken to court; null when it was withdrawn */
      finalFrom: nullable(Day),
    }),
    { access: 'party' },
  ),
  defineEvent('pilot.award-accepted', 'The recipient accepted the award by giving an account.', object({ acceptedAt: At }), {
    access: 'party',
    sealed: { iban: { v: 1, schema: Account } },
  }),
  defineEvent('pilot.account-changed', 'The recipient gave another account.', object({ changedAt: At, channel: Channel }), {
    access: 'party',
    sealed: { iban: { v: 1, schema: Account } },
  }),
  defineEvent('pilot.award-declined', 'The recipient declined the award.', object({ declinedAt: At })),
  defineEvent('pilot.award-lapsed', 'Nobody accepted the award in time.', object({ effectiveAt: At })),
  defineEvent('pilot.recipient-withdrew', 'The recipient steps back; another may be named by a day.', object({ nameBy: Day }), {
    access: 'party',
  }),
  defineEvent('pilot.recipient-changed', 'Another recipient took over before payment.', object({ recipient: Subject, acceptBy: Day }), {
    access: 'party',
    sealed: { contact: { v: 1, schema: Contact } },
  }),
  defineEvent(
    'pilot.payout-requested',
    'A payment of the award became due.',
    object({
      call: Id,
      ...attempt,
      cents: PositiveCents,
      /** commitment (`com`) of the sealed account and the event that holds it */
      account: Hash,
      accountEvent: Id,
      recipient: Subject,
    }),
    { access: 'party' },
  ),
  defineEvent(
    'pilot.payout-redirected',
    'A payment that is due goes to another account.',
    object({ ...attempt, account: Hash, accountEvent: Id, recipient: Subject }),
    { access: 'party' },
  ),
  defineEvent(
    'pilot.paid',
    'The bank settled a payment.',
    object({ ...attempt, cents: PositiveCents, batch: Id, reference: text(40, 1), paidOn: Day, reportDue: Day, ...reportDays }),
    { fields: { reference: 'party', batch: 'party', remindOn: 'party', escalateOn: 'party' } },
  ),
  defineEvent(
    'pilot.payout-failed',
    'The bank rejected or returned a payment; a new attempt may follow.',
    object({ ...attempt, cents: PositiveCents, batch: Id, how: oneOf('rejected', 'returned'), code: Code, on: Day }),
    { access: 'party' },
  ),
  defineEvent('pilot.report-reminded', 'The recipient was reminded of the report.', object({ due: Day, days: Count, effectiveAt: At }), {
    access: 'party',
  }),
  defineEvent('pilot.report-overdue', 'The report was not there on its day.', object({ due: Day, effectiveAt: At }), { access: 'party' }),
  defineEvent('pilot.report-escalated', "A missing report went to the officer's superior.", object({ due: Day, effectiveAt: At }), {
    access: 'party',
  }),
  defineEvent('pilot.report-extended', 'More time for the report was granted.', object({ due: Day, ...reportDays }), {
    access: 'party',
    sealed: { comment: { v: 1, schema: Comment } },
  }),
  defineEvent(
    'pilot.reported',
    'The recipient told what happened, whether it worked and what was learned.',
    object({
      reportedAt: At,
      outcome: Outcome,
      participants: Count,
      usedCents: Cents,
      unspentCents: Cents,
      goOn: flag,
    }),
    { sealed: { proposal: { v: 1, schema: ReportText } } },
  ),
  defineEvent('pilot.report-sent-back', 'The officer asked to complete the report.', object({}), {
    access: 'party',
    sealed: { comment: { v: 1, schema: Comment } },
  }),
  defineEvent(
    'pilot.report-accepted',
    'The officer accepted the report; unspent money above the floor is to be returned.',
    object({ returnCents: Cents, returnDue: nullable(Day) }),
  ),
  defineEvent('pilot.money-returned', 'Unspent money came back.', object({ cents: PositiveCents, reference: text(40, 1), on: Day }), {
    fields: { reference: 'party' },
  }),
  defineEvent(
    'pilot.plan-changed',
    'The recipient told of a change of plan; silence until a day means yes.',
    object({ silenceUntil: Day }),
    {
      access: 'party',
      sealed: { proposal: { v: 1, schema: Comment } },
    },
  ),
  defineEvent('pilot.plan-refused', 'The officer did not agree to the change of plan.', object({}), {
    access: 'party',
    sealed: { comment: { v: 1, schema: Comment } },
  }),
  defineEvent(
    'pilot.text-published',
    "An officer looked at the pilot's own words and published them.",
    object({ title: text(80, 1), summary: text(1000), lesson: nullable(text(1000)) }),
  ),
  defineEvent('pilot.recipient-published', 'An organisation that got an award was named.', object({ organisation: text(120, 1) })),
] as const;
export type PilotEvent = EventsOf<typeof pilotEvents>;
