import { defineEvent, type EventsOf } from '@minipilot/kernel/event.js';
import { At, Code, Count, Hash, Id, PositiveCents, flag, list, nullable, object, text } from '@minipilot/kernel/schema.js';
import { Type, type Static } from 'typebox';
import { Choices } from '../vote/events.js';

export const OpenedBallot = object({ tracker: text(20, 1), choices: Choices });
export type OpenedBallot = Static<typeof OpenedBallot>;

export const tallyEvents = [
  defineEvent(
    'tally.project-published',
    'An officer wrote what voters are shown of one application.',
    object({ application: Id, title: text(80, 1), summary: text(1000, 1) }),
    { access: 'party' },
  ),
  defineEvent(
    'tally.vote-opened',
    'The residents’ vote was fixed: its projects in the order of the ballot, its time, and the key that ballots are sealed to.',
    object({
      call: Id,
      /** number 1 first */
      projects: list(object({ application: Id, cents: PositiveCents, district: Code }), 1000),
      opensAt: At,
      closesAt: At,
      /** X25519 public key of the ballot box; null where people vote on paper only */
      boxKey: nullable(Hash),
      /** ballots on paper are counted too */
      paper: flag,
      /** the proposal is computed from the count; else the count stands beside it */
      selects: flag,
    }),
  ),
  defineEvent(
    'tally.codes-ordered',
    'Codes for voting without signing in were made and handed to whoever checks age and residence; only their HMACs are kept, in the vault.',
    object({ count: Count, place: text(120, 1) }),
    { access: 'party' },
  ),
  defineEvent(
    'tally.ballots-imported',
    'Ballots of a vote on paper, or of one held elsewhere, were read in from a file.',
    object({
      source: text(120, 1),
      ballots: list(Choices),
      /** SHA-256 of the ballots of the file, as `paperFile` makes it */
      digest: Hash,
    }),
    { access: 'party' },
  ),
  defineEvent('tally.paper-completed', 'All ballots from outside are read in; no more will come.', object({ imported: Count }), {
    access: 'party',
  }),
  defineEvent(
    'tally.box-closed',
    'Voting closed; the ballots that lay in the box then are the ones that count.',
    object({
      effectiveAt: At,
      voters: Count,
      /** SHA-256 of the ids of the events that count, sorted, joined by line feeds */
      digest: Hash,
    }),
    { access: 'party' },
  ),
  defineEvent(
    'tally.ballots-opened',
    'Ballots were opened, in pages, in the order of their trackers: without voters, times or the order of voting.',
    object({ page: Count, ballots: list(OpenedBallot, 4000), last: flag }),
  ),
  defineEvent(
    'tally.counted',
    'The ballots were counted.',
    object({
      ballots: Count,
      /** people who voted, and ballots read in from files */
      voters: Count,
      imported: Count,
      /** ballots that choose each project, number 1 first */
      votes: list(Count, 1000),
      /** of all ballots, as `ballotsDigest` of the selection makes it */
      digest: Hash,
    }),
  ),
  defineEvent(
    'tally.box-key-destroyed',
    'The keys that could open a single ballot were destroyed.',
    object({ boxKey: Type.String({ pattern: '^[0-9a-f]{64}$' }) }),
  ),
] as const;
export type TallyEvent = EventsOf<typeof tallyEvents>;
