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
import { Type, type Static } from 'typebox';
import { DecisionResult, Document, Reach } from '../pilot/events.js';
import { DigestForm, Place, RoundPlace } from '../selection/selection.js';

export const OpenedCard = object({
  application: Id,
  member: Subject,
  values: nullable(list(Type.Integer(), 20)),
  salt: Hash,
  /** the `scorebook.card-saved` event whose commitment these values open */
  card: Id,
});
export type OpenedCard = Static<typeof OpenedCard>;

export const scoringEvents = [
  defineEvent(
    'scoring.started',
    'The committee was named and got the applications that take part.',
    object({
      call: Id,
      members: list(Subject, 30),
      chair: Subject,
      applications: list(Id),
      left: list(object({ application: Id, why: oneOf('late', 'ineligible', 'withdrawn') })),
      closesAt: At,
    }),
    { access: 'party' },
  ),
  defineEvent('scoring.extended', 'Scoring goes on for longer.', object({ closesAt: At }), { access: 'party' }),
  defineEvent(
    'scoring.cards-opened',
    'Cards were opened after the close, in pages.',
    object({ page: Count, cards: list(OpenedCard, 800) }),
    { access: 'party' },
  ),
  defineEvent(
    'scoring.opened',
    "All cards, or the ballots of a residents' vote, are open; the lot's seed is revealed.",
    object({
      /** or ballots */
      cards: Count,
      /** digest of all opened cards or ballots with their salts, as in the selection */
      digest: Hash,
      digestForm: DigestForm,
      seed: Hash,
      effectiveAt: At,
    }),
    { access: 'party', v: 2, upcast: { 1: (data) => ({ ...data, digestForm: 'v1' }) } },
  ),
  defineEvent(
    'scoring.proposed',
    'The proposal was computed from rules, cards or ballots, and lot, in pages.',
    object({
      page: Count,
      places: list(Place, 200),
      last: flag,
      count: optional(Count),
      totalCents: optional(Cents),
      digest: optional(Hash),
    }),
    { access: 'party', v: 2, upcast: { 1: (data) => data } },
  ),
  defineEvent('scoring.proposal-signed', "The chair signed the committee's proposal.", object({ digest: Hash }), { access: 'party' }),
  defineEvent(
    'scoring.reading-recorded',
    'A reader of a rolling call said yes or no to each criterion.',
    object({ application: Id, reader: Subject, values: list(flag, 20), salt: Hash }),
    { access: 'party' },
  ),
  defineEvent(
    'scoring.round-proposed',
    'A weekly round of a rolling call was put together.',
    object({
      round: Count,
      effectiveAt: At,
      places: list(RoundPlace, 500),
      leftCents: Cents,
      digest: Hash,
      /** revealed where a lot was drawn */
      seed: nullable(Hash),
      /** of the readings of those that passed, where a lot was drawn; the first rounds told it nobody */
      readingsDigest: nullable(Hash),
      /** what that digest is made of */
      leaves: list(Hash, 500),
    }),
    { access: 'party', v: 2, upcast: { 1: (data) => ({ ...data, readingsDigest: null, leaves: [] }) } },
  ),
  defineEvent(
    'scoring.decided',
    'The decision-maker decided one application.',
    object({
      application: Id,
      applicant: Subject,
      result: DecisionResult,
      cents: Cents,
      from: oneOf('budget', 'appeal-reserve'),
      section: text(60, 1),
      caseNumber: text(60, 1),
      decidedOn: Day,
      reasonCode: Code,
      /** what the proposal had said, where the decision departs from it */
      departure: nullable(
        object({
          proposed: nullable(oneOf('proposed-grant', 'waiting', 'not-funded', 'not-scored', 'not-passed', 'incomplete', 'no-money')),
          code: Code,
        }),
      ),
      /** digest of the proposal or round that was before the decision-maker */
      proposal: nullable(Hash),
      rulesHash: Hash,
      deMinimis: nullable(text(60)),
      /** waiting list place, 1 is next */
      waitingRank: nullable(Count),
      /** the appeal that changed the decision, its event that says so, and who decided there; the reason in words lies with it */
      appeal: nullable(object({ appeal: Id, outcome: Id, decider: Subject })),
    }),
    {
      v: 2,
      upcast: { 1: (data) => ({ ...data, appeal: null }) },
      fields: { applicant: 'party', caseNumber: 'party', appeal: 'party' },
      sealed: { comment: { v: 1, schema: object({ v: version1, reason: text(4000, 1), departure: optional(text(4000, 1)) }) } },
    },
  ),
  defineEvent(
    'scoring.notice-sent',
    'Addressees were told of their decisions; their own appeal windows follow.',
    object({
      applications: list(Id, 500),
      channel: Reach,
      sentOn: Day,
      noticeOn: Day,
      appealUntil: Day,
      /** the decision documents that they were given */
      documents: list(object({ application: Id, ...Document.properties }), 500),
    }),
    { v: 2, access: 'party', upcast: { 1: (data) => ({ ...data, documents: [] }) } },
  ),
  defineEvent(
    'scoring.published',
    "Decisions were published on the web; the residents' appeal window follows.",
    object({
      publishedOn: Day,
      noticeOn: Day,
      appealUntil: Day,
      applications: list(Id, 500),
      /** the public document of all these decisions in each language of the municipality; with the first page */
      documents: list(Document, 3),
    }),
    { v: 2, upcast: { 1: (data) => ({ ...data, documents: [] }) } },
  ),
  defineEvent(
    'scoring.place-freed',
    'A winner declined, withdrew or let the award lapse; its money is free for the waiting list.',
    object({ application: Id, cents: PositiveCents, why: oneOf('declined', 'lapsed', 'withdrawn'), next: nullable(Id) }),
    { access: 'party' },
  ),
  defineEvent(
    'scoring.appeal-unfunded',
    'An appeal was upheld in the same moment as another that used the reserve up: money must be found before it can be paid.',
    object({ application: Id, appeal: Id, outcome: Id, cents: PositiveCents, leftCents: Cents }),
    { access: 'party' },
  ),
] as const;
export type ScoringEvent = EventsOf<typeof scoringEvents>;
