import { PILOT_STATES, type PilotRow } from '@minipilot/insight/pilots.js';
import type { PilotState } from '@minipilot/grants/pilot/pilot.js';
import { DraftForm, EconomicDto, HelpedDto, LineDto } from '../commands/application.forms.js';
import { BUSINESS_IDS, COMPLETABLE, type BusinessIdGiven } from '@minipilot/grants/eligibility/eligibility.js';
import { CheckAnswer, CompletionAnswer, HintAnswer, ReasonShownAnswer, SuggestionAnswer } from './eligibility.js';
import { Bool, CentsOf, Day, Int, Moment, Of, pageOf, Str, Uuid, Word } from './fields.js';

const KINDS = ['resident', 'group', 'association', 'company'];
const INVOLVES = ['children', 'food', 'public-place', 'water-or-animals'];
const RESULTS = ['granted', 'waiting', 'refused', 'ineligible', 'late'];

class HelpedBy {
  @Word(['agent', 'desk', 'phone', 'paper']) channel: HelpedDto['channel'];
  @Moment({ description: 'when it was written down, which is when it arrived' }) writtenAt: string;
  @Bool() authorised: boolean;
}
export class DraftAnswer {
  @Uuid() id: string;
  @Of(() => DraftForm) form: DraftForm;
  @Of(() => HelpedBy, { nullable: true, description: 'only of a draft that staff fill in for somebody' }) helped: HelpedBy | null;
  @Int({ description: 'for If-Match' }) revision: number;
  @Moment() updatedAt: string;
  @Moment() expiresAt: string;
  @Of(() => ReasonShownAnswer, { list: true, description: 'what the call’s rules say of it so far; it can be submitted all the same' })
  reasons: ReasonShownAnswer[];
  @Of(() => HintAnswer, { list: true, description: 'places in the texts to look at before submitting' }) hints: HintAnswer[];
}
export class DraftList {
  @Of(() => DraftAnswer, { list: true }) items: DraftAnswer[];
}

type Sealed = 'finality' | 'contactEvent' | 'proposalEvent' | 'ibanEvent' | 'reportEvent' | 'decisionEvent';
type Flags = 'appealed' | 'economic' | 'late' | 'admitted' | 'overdue' | 'goOn' | 'recipientNamed' | 'confirmed' | 'duplicate';
type Lists = 'involves' | 'checkCodes' | 'completionCodes' | 'completionOpen';
type Shown = Omit<PilotRow, 'tenant' | 'applicant' | 'recipient' | 'filedBy' | 'helper' | Sealed | Flags | Lists>;

/** One mini-pilot in a list, from its application to its accepted report. */
export class ApplicationRow implements Shown {
  @Uuid() id: string;
  @Str({ nullable: true, optional: true, description: 'only for those who may read it; null when it was erased' }) title?: string | null;
  @Bool({ description: 'staff filed it for somebody' }) helped: boolean;
  @Uuid() call: string;
  @Int({ description: 'which of the applicant’s applications to this call, from 0' }) slot: number;
  @Word(PILOT_STATES) state: PilotRow['state'];
  @Word(KINDS) kind: string;
  @Str() district: string;
  @CentsOf() askedCents: number;
  @Word(INVOLVES, { list: true }) involves: string[];
  @Bool({ description: 'economic activity' }) economic: boolean;
  @Word(['fi', 'sv', 'en']) language: string;
  @Word(['electronic', 'letter']) reach: string;
  @Word(['online', 'agent', 'desk', 'phone', 'paper']) channel: string;
  @Moment() arrivedAt: string;
  @Bool() late: boolean;
  @Bool({ description: 'admitted to a closed call' }) admitted: boolean;
  @Moment({ nullable: true }) withdrawnAt: string | null;
  @Word(BUSINESS_IDS, { description: 'Y-tunnus as given' }) businessId: string;
  @Bool({ description: 'an adult is named who answers for a group’s money' }) recipientNamed: boolean;
  @Bool({ description: 'the tick is there' }) confirmed: boolean;
  @Of(() => SuggestionAnswer, { nullable: true, optional: true, description: 'what the call’s rules suggest; only at the desk' })
  eligibility?: SuggestionAnswer | null;
  @Str({ list: true, nullable: true, description: 'why the applicant was asked to complete it' }) completionCodes: string[] | null;
  @Word(COMPLETABLE, { list: true, nullable: true, description: 'what is still missing' }) completionOpen: string[] | null;
  @Moment({ nullable: true }) completionAskedAt: string | null;
  @Day({ nullable: true, description: 'last day to complete it' }) completionBy: string | null;
  @Word(['asked', 'completed', 'not-completed'], { nullable: true }) completion: PilotRow['completion'];
  @Word(['eligible', 'ineligible'], { nullable: true, description: 'what the officer’s check suggests' }) suggestion: string | null;
  @Str({ list: true, nullable: true, description: 'codes of what the check found' }) checkCodes: string[] | null;
  @Moment({ nullable: true }) checkedAt: string | null;
  @Word(RESULTS, { nullable: true }) result: string | null;
  @CentsOf({ description: 'granted' }) cents: number;
  @Str({ nullable: true, description: 'section of the minutes' }) section: string | null;
  @Day({ nullable: true }) decidedOn: string | null;
  @Moment({ nullable: true }) decidedAt: string | null;
  @Int({ nullable: true, description: 'place on the waiting list, 1 is next' }) waitingRank: number | null;
  @Word(['at-once', 'when-final'], { nullable: true }) pay: string | null;
  @Int({ nullable: true }) reportDueDays: number | null;
  @Day({ nullable: true, description: 'the addressee counts as told' }) noticeOn: string | null;
  @Day({ nullable: true, description: 'last day on which the addressee can appeal' }) appealUntil: string | null;
  @Day({ nullable: true }) publishedOn: string | null;
  @Day({ nullable: true, description: 'residents count as told' }) publicNoticeOn: string | null;
  @Day({ nullable: true, description: 'last day on which residents can appeal' }) publicAppealUntil: string | null;
  @Bool({ description: 'an appeal against the decision is open' }) appealed: boolean;
  @Day({ nullable: true, description: 'first day on which nobody can challenge the decision; null while an appeal is open' }) finalFrom:
    string | null;
  @Day({ nullable: true, description: 'last day to accept the award' }) acceptBy: string | null;
  @Moment({ nullable: true }) acceptedAt: string | null;
  @Day({ nullable: true, description: 'last day to name another recipient' }) nameBy: string | null;
  @Int({ nullable: true }) instalment: number | null;
  @Int({ nullable: true, description: 'attempt to pay, from 1' }) attempt: number | null;
  @Moment({ nullable: true }) requestedAt: string | null;
  @Word(['rejected', 'returned'], { nullable: true }) failedHow: string | null;
  @Str({ nullable: true, description: 'the bank’s reason code' }) failedCode: string | null;
  @Moment({ nullable: true }) failedAt: string | null;
  @CentsOf() paidCents: number;
  @Day({ nullable: true }) paidOn: string | null;
  @Moment({ nullable: true }) paidAt: string | null;
  @Day({ nullable: true }) reportDue: string | null;
  @Bool() overdue: boolean;
  @Moment({ nullable: true }) reportedAt: string | null;
  @Word(['yes', 'partly', 'no'], { nullable: true }) outcome: string | null;
  @Int({ nullable: true }) participants: number | null;
  @CentsOf({ nullable: true }) usedCents: number | null;
  @CentsOf({ nullable: true }) unspentCents: number | null;
  @Bool({ nullable: true }) goOn: boolean | null;
  @Moment({ nullable: true }) reportAcceptedAt: string | null;
  @CentsOf({ description: 'unspent money to pay back' }) toReturnCents: number;
  @Day({ nullable: true }) returnDue: string | null;
  @CentsOf() returnedCents: number;
  @Moment({ nullable: true }) planChangedAt: string | null;
  @Day({ nullable: true, description: 'silence until then means yes to the change of plan' }) planSilenceUntil: string | null;
  @Moment({ nullable: true }) textPublishedAt: string | null;
}
export const ApplicationRowPage = pageOf('ApplicationRowPage', ApplicationRow);

class ApplicationFactsAnswer {
  @Word(KINDS) kind: string;
  @Str() district: string;
  @CentsOf() askedCents: number;
  @Word(INVOLVES, { list: true }) involves: string[];
  @Of(() => EconomicDto, { nullable: true }) economic: EconomicDto | null;
  @Word(['fi', 'sv', 'en']) language: string;
  @Word(['electronic', 'letter']) reach: string;
  @Moment() arrivedAt: string;
  @Bool() late: boolean;
  @Bool({ description: 'staff filed it for somebody' }) helped: boolean;
  @Word(BUSINESS_IDS, { description: 'Y-tunnus as given' }) businessId: BusinessIdGiven;
  @Bool({ description: 'an adult is named who answers for a group’s money' }) recipientNamed: boolean;
  @Bool({ description: 'the tick is there' }) confirmed: boolean;
}
export class DocumentAnswer {
  @Str({ description: 'SHA-256 of its bytes' }) digest: string;
  @Word(['fi', 'sv', 'en']) language: 'fi' | 'sv' | 'en';
  @Int({ description: 'version of words and layout' }) template: number;
}
class NoticeAnswer {
  @Word(['electronic', 'letter']) channel: 'electronic' | 'letter';
  @Day() sentOn: string;
  @Day({ description: 'the addressee counts as told' }) noticeOn: string;
  @Day() appealUntil: string;
  @Day({ nullable: true, description: 'last day to accept; only with an award' }) acceptBy: string | null;
  @Of(() => DocumentAnswer, { nullable: true, description: 'the decision document that went with it' }) document: DocumentAnswer | null;
}
class PublicationAnswer {
  @Day() publishedOn: string;
  @Day({ description: 'residents count as told' }) noticeOn: string;
  @Day() appealUntil: string;
}
class OpenAppeal {
  @Uuid() appeal: string;
  @Uuid({ description: 'event of the decision that it is against' }) decision: string;
}
class AppealsAnswer {
  @Of(() => OpenAppeal, { list: true, description: 'while one is open the decision is not final' }) open: OpenAppeal[];
  @Day({ nullable: true, description: 'first day on which decided appeals can no longer be taken to court' }) finalFrom: string | null;
}
class PayoutAnswer {
  @Int({ description: 'from 1; 0 before the first' }) attempt: number;
  @Word(['none', 'requested', 'paid', 'failed']) status: PilotState['payout']['status'];
  @Str({ description: 'event that holds the sealed account; empty before' }) accountEvent: string;
}
class ReportAnswer {
  @Day({ nullable: true }) due: string | null;
  @Word(['none', 'reported', 'sent-back', 'accepted']) status: PilotState['report']['status'];
  @Word(['yes', 'partly', 'no'], { nullable: true }) outcome: PilotState['report']['outcome'];
  @CentsOf() unspentCents: number;
  @CentsOf() returnCents: number;
  @Bool() overdue: boolean;
  @Bool() escalated: boolean;
  @Int({ list: true, description: 'reminders sent, by days before the due day' }) reminded: number[];
}
export class ContactAnswer {
  @Int() v: number;
  @Str() name: string;
  @Str({ optional: true }) businessId?: string;
  @Str({ optional: true }) phone?: string;
  @Str({ optional: true }) email?: string;
  @Str({ optional: true }) address?: string;
  @Str({ optional: true, description: 'the adult who answers for the money of a group' }) recipientName?: string;
}
export class ProposalTextAnswer {
  @Int() v: number;
  @Str() title: string;
  @Str({ description: 'the only thing that is scored' }) idea: string;
  @Str() place: string;
  @Str() time: string;
  @Of(() => LineDto, { list: true }) lines: LineDto[];
  @Str({ optional: true }) tradeSecret?: string;
}
export class ReportTextAnswer {
  @Int() v: number;
  @Str() happened: string;
  @Str() learned: string;
  @Of(() => LineDto, { list: true }) lines: LineDto[];
  @Str() continuation: string;
}
class ReasonAnswer {
  @Int() v: number;
  @Str({ description: 'in words' }) reason: string;
  @Str({ optional: true, description: 'why it departs from the proposal' }) departure?: string;
}
class DepartureAnswer {
  @Str({ nullable: true, description: 'what had been proposed' }) proposed: string | null;
  @Str() code: string;
}
class DecisionAnswer {
  @Uuid() call: string;
  @Word(RESULTS) result: string;
  @CentsOf() cents: number;
  @Word(['budget', 'appeal-reserve']) from: string;
  @Uuid({ description: 'event of the decision' }) decision: string;
  @Str() section: string;
  @Day() decidedOn: string;
  @Word(['at-once', 'when-final']) pay: string;
  @Int() reportDueDays: number;
  @Str({ nullable: true, description: 'regulation, where the money is de minimis aid' }) deMinimis: string | null;
  @Of(() => ReasonAnswer, { nullable: true, optional: true }) reason?: ReasonAnswer | null;
  @Of(() => DepartureAnswer, { nullable: true, optional: true }) departure?: DepartureAnswer | null;
}

type State = Omit<
  PilotState,
  | 'check'
  | 'completion'
  | 'given'
  | 'helpers'
  | 'application'
  | 'applicant'
  | 'recipient'
  | 'account'
  | 'decision'
  | 'returnReferences'
  | 'paidOn'
>;

/** One application from its own stream, with its sealed parts opened; a part that was erased is null. */
export class ApplicationDetail implements State {
  @Uuid() id: string;
  @Uuid() call: string;
  @Int() slot: number;
  @Of(() => ApplicationFactsAnswer) application: ApplicationFactsAnswer;
  @Bool() withdrawn: boolean;
  @Of(() => SuggestionAnswer, { description: 'what the call’s rules suggest' }) eligibility: SuggestionAnswer;
  @Of(() => CheckAnswer, { nullable: true, description: 'what the officer found; null again when the application changed since' })
  check: CheckAnswer | null;
  @Of(() => CompletionAnswer, { nullable: true }) completion: CompletionAnswer | null;
  @Of(() => NoticeAnswer, { nullable: true }) notice: NoticeAnswer | null;
  @Of(() => PublicationAnswer, { nullable: true }) publication: PublicationAnswer | null;
  @Of(() => AppealsAnswer) appeals: AppealsAnswer;
  @Day({ nullable: true, description: 'last day to accept the award' }) acceptBy: string | null;
  @Day({ nullable: true, description: 'last day to name another recipient' }) nameBy: string | null;
  @Word(['none', 'offered', 'accepted', 'declined', 'lapsed']) award: PilotState['award'];
  @Of(() => PayoutAnswer) payout: PayoutAnswer;
  @CentsOf() paidCents: number;
  @CentsOf() returnedCents: number;
  @Of(() => ReportAnswer) report: ReportAnswer;
  @Day({ nullable: true, description: 'silence until then means yes to the change of plan' }) planOpenUntil: string | null;
  @Bool({ description: 'an account number was given' }) hasAccount: boolean;
  @Day({ nullable: true, description: 'first day on which nobody can appeal' }) finalFrom: string | null;
  @CentsOf({ description: 'still to be paid back' }) toReturnCents: number;
  @Of(() => ContactAnswer, { nullable: true }) contact: ContactAnswer | null;
  @Of(() => ProposalTextAnswer, { nullable: true }) proposal: ProposalTextAnswer | null;
  @Of(() => ReportTextAnswer, { nullable: true }) reportText: ReportTextAnswer | null;
  @Of(() => DecisionAnswer, { nullable: true }) decision: DecisionAnswer | null;
  @Int({ description: 'for If-Match' }) revision: number;
}
