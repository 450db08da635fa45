import type { Place, RoundPlace } from '@minipilot/grants/selection/selection.js';
import { LineDto } from '../commands/application.forms.js';
import { CriterionDto, ScaleDto } from '../commands/call.commands.js';
import { Bool, CentsOf, Day, Digest, Int, Moment, Of, Str, Uuid, Word } from './fields.js';

export class ScoringNotStarted {
  @Bool({ description: 'false' }) started: boolean;
  @Int({ description: 'rounds of a rolling call so far' }) rounds: number;
}
class MemberStatus {
  @Str() name: string;
  @Bool() chair: boolean;
  @Bool({ description: 'has not said to be done; how many cards there are is not told' }) missing: boolean;
}
export class ScoringStarted {
  @Bool({ description: 'true' }) started: boolean;
  @Moment() closesAt: string;
  @Int({ description: 'how many take part' }) applications: number;
  @Of(() => MemberStatus, { list: true }) members: MemberStatus[];
  @Bool({ description: 'scoring is closed and the cards are open' }) opened: boolean;
  @Bool({ description: 'the chair has signed the proposal' }) signed: boolean;
}

class NameToKnow {
  @Str({ description: 'stands for the name when a conflict is told' }) key: string;
  @Str() name: string;
}
export class ConflictsStep {
  @Word(['conflicts']) step: string;
  @Moment() closesAt: string;
  @Of(() => NameToKnow, { list: true, description: 'names only, so that conflicts are told before any proposal is seen' })
  names: NameToKnow[];
}
class OwnCard {
  @Int({ list: true, nullable: true, description: 'in the order of the criteria; null is "not assessed", which is not zero' })
  values: number[] | null;
  @Str({ nullable: true }) comment: string | null;
}
class ToScore {
  @Uuid() id: string;
  @Bool({ description: 'the words were erased' }) erased: boolean;
  @Str({ optional: true }) title?: string;
  @Str({ optional: true }) idea?: string;
  @Str({ optional: true }) place?: string;
  @Str({ optional: true }) time?: string;
  @Of(() => LineDto, { list: true, optional: true }) lines?: LineDto[];
  @Of(() => OwnCard, { nullable: true, description: 'the member’s own, as saved last' }) card: OwnCard | null;
}
export class CardsStep {
  @Word(['cards', 'closed']) step: string;
  @Bool({ description: 'the member has said to be done' }) finished: boolean;
  @Moment() closesAt: string;
  @Of(() => CriterionDto, { list: true }) criteria: CriterionDto[];
  @Of(() => ScaleDto) scale: ScaleDto;
  @Of(() => ToScore, { list: true, description: 'those without a conflict of this member' }) applications: ToScore[];
}

class FractionAnswer {
  @Str() numerator: string;
  @Str() denominator: string;
}
class TieAnswer {
  @Uuid({ list: true, description: 'next better and next worse place with the same score' }) with: string[];
  @Word(['criterion-order', 'lower-cost', 'more-votes', 'lot'], { description: 'last rule that it took to part them' })
  partedBy: NonNullable<Place['tie']>['partedBy'];
  @Str({ optional: true }) criterion?: string;
}
class PlaceAnswer implements Place {
  @Uuid() application: string;
  @Int({ optional: true, description: '1 is the best; absent when not scored' }) rank?: number;
  @Of(() => FractionAnswer, { optional: true, description: 'exact weighted mean; absent when not scored' }) score?: FractionAnswer;
  @Int({ description: 'cards with values; by equal shares the ballots that choose it' }) cards: number;
  @Int({ optional: true, description: 'ballots that choose it, where residents voted' }) support?: number;
  @Word(['proposed-grant', 'waiting', 'not-funded', 'not-scored']) result: Place['result'];
  @CentsOf({ description: 'proposed sum, 0 without one' }) cents: number;
  @Word(['fits', 'over-budget', 'after-stop', 'district-cap', 'too-few-cards', 'shares', 'completion', 'shares-too-small'])
  reason: Place['reason'];
  @Of(() => TieAnswer, { optional: true }) tie?: TieAnswer;
  @Digest({ optional: true, description: 'key by which the lot was drawn' }) drawKey?: string;
}
class RoundPlaceAnswer implements RoundPlace {
  @Uuid() application: string;
  @Int({ optional: true, description: 'order of funding; absent when not passed' }) order?: number;
  @Int({ description: 'how many have read it' }) readings: number;
  @Word(['proposed-grant', 'not-passed', 'incomplete', 'no-money']) result: RoundPlace['result'];
  @CentsOf() cents: number;
  @Word(['fits', 'over-budget', 'after-stop', 'criterion-not-met', 'too-few-readings']) reason: RoundPlace['reason'];
  @Str({ list: true, optional: true, description: 'criteria to which some reader said no' }) notMet?: string[];
  @Digest({ optional: true, description: 'key by which the lot was drawn' }) drawKey?: string;
}
class DecidedAnswer {
  @Uuid() application: string;
  @Word(['granted', 'waiting', 'refused', 'ineligible', 'late']) result: string;
  @CentsOf() cents: number;
  @Day() decidedOn: string;
  @Bool({ description: 'a winner that declined, withdrew or let the award lapse' }) freed: boolean;
  @Bool() published: boolean;
}
/** The proposal of a ranked call. */
class SupportAnswer {
  @Uuid() application: string;
  @Int({ description: 'ballots that choose it' }) votes: number;
}
class VoteBeside {
  @Int() ballots: number;
  @Int() voters: number;
  @Digest({ description: 'of all ballots' }) digest: string;
  @Of(() => SupportAnswer, { list: true }) support: SupportAnswer[];
}
export class RankedProposal {
  @Digest({ description: 'what the chair signs' }) digest: string;
  @Bool() signed: boolean;
  @Digest({ description: 'revealed seed of the lot, 32 bytes in hex' }) seed: string;
  @Digest({ description: 'of all opened cards; by equal shares of all ballots' }) cardsDigest: string;
  @Of(() => PlaceAnswer, { list: true, description: 'in order of rank, then those not scored' }) places: PlaceAnswer[];
  @Of(() => DecidedAnswer, { list: true }) decided: DecidedAnswer[];
  @Of(() => VoteBeside, { nullable: true, description: 'the residents’ vote, which advises; null without one, or before its count' })
  vote: VoteBeside | null;
}
class RoundAnswer {
  @Int({ description: 'from 1' }) round: number;
  @Moment() effectiveAt: string;
  @Of(() => RoundPlaceAnswer, { list: true }) places: RoundPlaceAnswer[];
  @CentsOf({ description: 'what the round could use' }) leftCents: number;
  @Digest() digest: string;
  @Digest({ nullable: true, description: 'seed of the lot, when one was drawn' }) seed: string | null;
  @Digest({ nullable: true, description: 'of the readings of those that passed, when a lot was drawn' }) readingsDigest: string | null;
  @Digest({ list: true, description: 'what that digest is made of' }) leaves: string[];
}
/** The rounds of a rolling call. */
export class RollingProposal {
  @Of(() => RoundAnswer, { list: true }) rounds: RoundAnswer[];
  @Of(() => DecidedAnswer, { list: true }) decided: DecidedAnswer[];
}
