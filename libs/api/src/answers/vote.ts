import type { BallotView, TallyView, VoteProject, VoteView } from '@minipilot/insight/votes.js';
import { Done } from './commands.js';
import { Bool, CentsOf, Digest, Int, Moment, Of, pageOf, Stale, Str, Uuid, Word } from './fields.js';

class VoteProjectAnswer implements VoteProject {
  @Int({ description: 'on the ballot, from 1' }) number: number;
  @Uuid() application: string;
  @Str() title: string;
  @Str() summary: string;
  @CentsOf({ description: 'asked for' }) cents: number;
  @Str() district: string;
}
/** What residents vote on, and when. */
export class VoteAnswer implements VoteView {
  @Uuid() call: string;
  @Moment() opensAt: string;
  @Moment() closesAt: string;
  @Word(['upcoming', 'open', 'counting', 'counted'], { description: '`counting` is past the close with ballots not yet counted' })
  phase: VoteView['phase'];
  @Bool({ description: 'people vote here, by signing in or with a code' }) online: boolean;
  @Bool({ description: 'ballots on paper, or of a vote held elsewhere, are counted too' }) paper: boolean;
  @Bool({ description: 'the proposal is computed from the count; else the count stands beside it' }) selects: boolean;
  @Str({ nullable: true, description: 'X25519 public key that ballots are sealed to, in hex; null without voting online' })
  boxKey: string | null;
  @Of(() => VoteProjectAnswer, { list: true }) projects: VoteProjectAnswer[];
  @Stale() stale?: true;
}

class CountedProject extends VoteProjectAnswer {
  @Int({ description: 'ballots that choose it' }) votes: number;
}
/** The count, once the vote is over. */
export class TallyAnswer implements TallyView {
  @Uuid() call: string;
  @Moment() closesAt: string;
  @Moment() countedAt: string;
  @Int() ballots: number;
  @Int({ description: 'people who voted here, and ballots read in from files; as many as ballots' }) voters: number;
  @Int({ description: 'ballots read in from files' }) imported: number;
  @Int({ description: 'codes for voting without signing in that were handed out; at most as many ballots came by code' }) codes: number;
  @Digest({ description: 'of all ballots with their trackers' }) digest: string;
  @Moment({
    nullable: true,
    description: 'when the keys that could open a single ballot were destroyed; null where there were none, or not yet',
  })
  keyDestroyedAt: string | null;
  @Of(() => CountedProject, { list: true }) projects: CountedProject[];
  @Stale() stale?: true;
}
export class BallotAnswer implements BallotView {
  @Str({ description: 'told to its voter alone, as it was cast' }) tracker: string;
  @Int({ list: true, description: 'numbers of projects on the ballot' }) choices: number[];
}
export const BallotPage = pageOf('BallotPage', BallotAnswer);

/** What a voter gets; the tracker is told here and nowhere else. */
export class BallotReceipt {
  @Str({ description: 'by it the voter finds the own ballot after the count' }) tracker: string;
  @Bool({ description: 'it took the place of a ballot before' }) replaced: boolean;
  @Moment({ description: 'until then it can be replaced' }) closesAt: string;
}
export class OwnVote {
  @Int({ description: 'ballots so far; the last one counts' }) cast: number;
  @Moment({ nullable: true }) lastAt: string | null;
}
export class CodesOrdered extends Done {
  @Str({ list: true, description: 'told here and nowhere else' }) codes: string[];
  @Str({ description: 'page to print and cut, HTML' }) sheet: string;
}
export class BallotsImported extends Done {
  @Int({ description: 'ballots of the file' }) ballots: number;
}
class ProjectToPublish {
  @Uuid() application: string;
  @Str({ nullable: true, description: 'null where it is still to be written' }) title: string | null;
  @Str({ nullable: true }) summary: string | null;
}
/** The officer's view of a vote: never a count before it is public. */
export class DeskVote {
  @Of(() => ProjectToPublish, { list: true, description: 'applications of the call, and what voters are shown' })
  projects: ProjectToPublish[];
  @Bool() opened: boolean;
  @Moment({ nullable: true }) opensAt: string | null;
  @Moment({ nullable: true }) closesAt: string | null;
  @Int({ description: 'voting codes ordered' }) codes: number;
  @Int({ description: 'files of ballots read in' }) files: number;
  @Bool({ description: 'no more ballots on paper will come' }) paperComplete: boolean;
  @Bool() counted: boolean;
}
