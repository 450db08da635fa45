import type { ApplicantKind, CallContent } from '@minipilot/grants/call/events.js';
import type { CallFinality } from '@minipilot/insight/finality.js';
import type { CallPhase, CallView } from '@minipilot/insight/calls.js';
import type { ThreeLanguages } from '@minipilot/platform/http/fields.js';
import { AuthorityDto, BudgetDto, ContactPointDto, GrantDto, RulesDto } from '../commands/call.commands.js';
import { Bool, CentsOf, Day, Digest, Int, Moment, Of, pageOf, Stale, Str, Uuid, Word } from './fields.js';
import { PublicPilotAnswer } from './pilots.js';

class TextsAnswer implements ThreeLanguages {
  @Str() fi: string;
  @Str() sv: string;
  @Str({ optional: true }) en?: string;
}
class ThemeAnswer {
  @Str() theme: string;
  @Str({ nullable: true, description: 'unit that answers for services of this theme' }) owner: string | null;
  @Day({ nullable: true, description: 'day of its promise to look at every pilot that worked' }) ownerPromisedOn: string | null;
}

/** All that an officer wrote of a call; what a draft still lacks is null. */
export class CallContentAnswer implements Omit<CallContent, 'rules'> {
  @Of(() => TextsAnswer) title: TextsAnswer;
  @Of(() => TextsAnswer) description: TextsAnswer;
  @Of(() => ThemeAnswer, { list: true }) themes: ThemeAnswer[];
  @Str({ list: true }) districts: string[];
  @Of(() => GrantDto) grant: GrantDto;
  @Of(() => BudgetDto) budget: BudgetDto;
  @CentsOf({ description: 'kept back for decisions that an appeal changes' }) appealReserveCents: number;
  @Word(['resident', 'group', 'association', 'company'], { list: true }) whoMayApply: ApplicantKind[];
  @Int() applicationsPerApplicant: number;
  @Moment() opensAt: string;
  @Moment() closesAt: string;
  @Int({ description: 'days from payment to the report' }) reportDueDays: number;
  @Word(['at-once', 'when-final']) pay: 'at-once' | 'when-final';
  @Of(() => AuthorityDto, { nullable: true, description: 'decision that the call rests on' }) authority: AuthorityDto | null;
  @Str({ nullable: true, description: 'office, never a person' }) decisionMaker: string | null;
  @Str({ nullable: true }) deputy: string | null;
  @Str({ nullable: true }) appealBody: string | null;
  @Of(() => ContactPointDto, { nullable: true }) contactPoint: ContactPointDto | null;
  @Of(() => RulesDto, { description: 'how applications are chosen; frozen by the announcement' }) rules: RulesDto;
}

/** A call as it stands by the clock. */
export class CallAnswer extends CallContentAnswer implements Omit<CallView, 'rules'> {
  @Uuid() call: string;
  @Word(['draft', 'upcoming', 'open', 'closing', 'closed', 'cancelled'], {
    description: '`closing` is past its deadline with the list of applications not yet frozen',
  })
  phase: CallPhase;
  @Digest({ nullable: true, description: 'of the rules as announced' }) rulesHash: string | null;
  @Digest({ nullable: true, description: 'commits to the seed of the lot, which is told after the close' }) lotHash: string | null;
  @Day({ nullable: true }) announcedOn: string | null;
  @Moment({ nullable: true }) closedAt: string | null;
  @Str({ nullable: true }) cancelReason: string | null;
}
export const CallPage = pageOf('CallPage', CallAnswer);
class FinalityAnswer implements CallFinality {
  @Word(['undecided', 'not-final', 'final'], { description: 'of all decisions that are published so far' }) state: CallFinality['state'];
  @Day({
    nullable: true,
    description: 'first day on which none of them can be challenged; null while an appeal is open or somebody was not told',
  })
  finalFrom: string | null;
}
export class PublicCall extends CallAnswer {
  @Of(() => FinalityAnswer) finality: FinalityAnswer;
  @Stale() stale?: true;
}

class MissingAnswer {
  @Str() what: string;
  @Str({ description: 'JSON pointer into the call' }) pointer: string;
}
/** A call from its own stream, for whoever edits it. */
export class DeskCall {
  @Uuid() id: string;
  @Uuid({ description: 'the same as `id`' }) call: string;
  @Word(['draft', 'announced', 'cancelled']) status: string;
  @Of(() => CallContentAnswer) content: CallContentAnswer;
  @Str({ description: 'SHA-256 in hex; empty before the announcement' }) rulesHash: string;
  @Str({ description: 'SHA-256 in hex; empty before the announcement' }) lotHash: string;
  @Day({ nullable: true }) announcedOn: string | null;
  @Int({ description: 'pages of the frozen list of applications so far' }) closedPages: number;
  @Bool() closed: boolean;
  @Uuid({ list: true, description: 'applications that take part by an admission' }) admitted: string[];
  @Of(() => MissingAnswer, { list: true, description: 'what a draft lacks for its announcement' }) missing: MissingAnswer[];
  @Of(() => PublicPilotAnswer, { list: true, description: 'published lessons of earlier pilots, for a draft' })
  lessons: PublicPilotAnswer[];
  @Int({ description: 'for If-Match' }) revision: number;
}
