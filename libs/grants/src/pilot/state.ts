import type { Meta } from '@minipilot/kernel/event.js';
import { addDays, type Instant, type LocalDate } from '@minipilot/kernel/time.js';
import type { CallState } from '../call/call.js';
import type { ApplicantKind } from '../call/events.js';
import type { BusinessIdGiven, Completable, Duplicate, EligibilityFacts, Reason } from '../eligibility/eligibility.js';
import type { Policy } from '../policy/events.js';
import type { DecisionResult, Document, PilotEvent } from './events.js';

/** The plain part of an application. */
export interface ApplicationFacts {
  kind: ApplicantKind;
  district: string;
  askedCents: number;
  involves: ('children' | 'food' | 'public-place' | 'water-or-animals')[];
  economic: { deMinimisCents: number } | null;
  language: 'fi' | 'sv' | 'en';
  reach: 'electronic' | 'letter';
}
/** What the desk found in the sealed parts: what of the form is there, and whether the applicant has another application. */
export interface Given {
  businessId: BusinessIdGiven;
  recipientNamed: boolean;
  confirmed: boolean;
  duplicate: Duplicate;
}
type Channel = 'online' | 'agent' | 'desk' | 'phone' | 'paper';
interface Attempt {
  instalment: number;
  attempt: number;
  cents: number;
  batch: string;
}

export type PilotCommand = { call: string } & (
  | ({
      type: 'SubmitApplication';
      applicant: string;
      slot: number;
      arrivedAt: Instant;
      channel: Channel;
      helper: string | null;
      filedBy: string;
      /** an officer enters it, who may read what stood there before */
      byOfficer?: boolean;
    } & ApplicationFacts &
      Partial<Given>)
  | ({ type: 'AmendApplication' } & ApplicationFacts & Partial<Given>)
  | { type: 'WithdrawApplication' }
  /** `reasoned`: a reason in words is sealed with it */
  | { type: 'CheckApplication'; suggestion: 'eligible' | 'ineligible'; codes: string[]; reasoned?: boolean }
  | { type: 'RequestCompletion'; codes: Reason[]; answerBy?: LocalDate }
  | ({
      type: 'CompleteApplication';
      fields: Completable[];
      /** when it was here: a helped one when it was written down */
      arrivedAt: Instant;
      channel: Channel;
      helper: string | null;
    } & Pick<ApplicationFacts, 'askedCents' | 'economic' | 'reach'> &
      Given)
  | { type: 'RemindCompletion' | 'RecordNotCompleted'; answerBy: LocalDate; effectiveAt: Instant }
  | {
      type: 'RecordDecision';
      result: DecisionResult;
      cents: number;
      from: 'budget' | 'appeal-reserve';
      decision: string;
      section: string;
      decidedOn: LocalDate;
      decider: string;
      deMinimis: string | null;
    }
  | {
      type: 'RecordNotice';
      channel: 'electronic' | 'letter';
      sentOn: LocalDate;
      noticeOn: LocalDate;
      appealUntil: LocalDate;
      document?: Document | null;
    }
  | { type: 'RecordPublication'; publishedOn: LocalDate; noticeOn: LocalDate; appealUntil: LocalDate }
  | { type: 'RecordAppeal'; appeal: string; decision: string }
  | { type: 'SettleAppeal'; appeal: string; how: 'withdrawn' | 'decided'; finalFrom: LocalDate | null }
  | { type: 'AcceptAward' }
  | { type: 'ChangeAccount'; channel: Channel }
  | { type: 'DeclineAward' }
  | { type: 'LapseAward'; effectiveAt: Instant }
  | { type: 'WithdrawRecipient' }
  | { type: 'ChangeRecipient'; recipient: string }
  | { type: 'RequestPayout' }
  | ({ type: 'RecordPaid'; reference: string; paidOn: LocalDate } & Attempt)
  | ({ type: 'RecordPayoutFailed'; how: 'rejected' | 'returned'; code: string; on: LocalDate } & Attempt)
  | { type: 'RetryPayout' }
  | { type: 'RemindReport'; due: LocalDate; days: number; effectiveAt: Instant }
  | { type: 'RecordReportOverdue' | 'EscalateReport'; due: LocalDate; effectiveAt: Instant }
  | { type: 'ExtendReport'; due: LocalDate }
  | { type: 'ReportPilot'; outcome: 'yes' | 'partly' | 'no'; participants: number; usedCents: number; goOn: boolean }
  | { type: 'SendReportBack' }
  | { type: 'AcceptReport' }
  | { type: 'RecordMoneyReturned'; cents: number; reference: string; on: LocalDate }
  | { type: 'ChangePlan' }
  | { type: 'RefusePlan' }
  | { type: 'PublishText'; title: string; summary: string; lesson: string | null }
  | { type: 'PublishRecipient'; organisation: string }
);

export interface PilotState {
  call: string;
  applicant: string;
  slot: number;
  application: (ApplicationFacts & { arrivedAt: Instant; late: boolean; helper: string | null; filedBy: string }) | null;
  withdrawn: boolean;
  given: Given;
  /** staff who wrote something down for the applicant after it had been filed */
  helpers: readonly string[];
  /** an officer's check of the application as it stands; null again when it has changed since */
  check: { suggestion: 'eligible' | 'ineligible'; codes: readonly string[] } | null;
  /** what the applicant was last asked to complete */
  completion: {
    codes: readonly string[];
    fields: readonly Completable[];
    open: readonly Completable[];
    answerBy: LocalDate;
    status: 'asked' | 'completed' | 'not-completed';
    reminded: boolean;
  } | null;
  decision: {
    result: DecisionResult;
    cents: number;
    decidedOn: LocalDate;
    pay: 'at-once' | 'when-final';
    reportDueDays: number;
    decision: string;
  } | null;
  notice: {
    channel: 'electronic' | 'letter';
    sentOn: LocalDate;
    noticeOn: LocalDate;
    appealUntil: LocalDate;
    document: Document | null;
  } | null;
  publication: { publishedOn: LocalDate; appealUntil: LocalDate } | null;
  /** appeals: those that are open, each with the decision that it is against, and from when the decided ones can no longer go to court */
  appeals: { open: readonly { appeal: string; decision: string }[]; finalFrom: LocalDate | null };
  /** who answers for the money */
  recipient: string;
  acceptBy: LocalDate | null;
  /** last day to name another, while the recipient has stepped back */
  nameBy: LocalDate | null;
  award: 'none' | 'offered' | 'accepted' | 'declined' | 'lapsed';
  /** commitment of the sealed account and the event that holds it */
  account: { com: string; event: string } | null;
  payout: { attempt: number; status: 'none' | 'requested' | 'paid' | 'failed'; accountEvent: string };
  paidCents: number;
  returnedCents: number;
  /** references of money that came back */
  returnReferences: readonly string[];
  paidOn: LocalDate | null;
  report: {
    due: LocalDate | null;
    status: 'none' | 'reported' | 'sent-back' | 'accepted';
    outcome: 'yes' | 'partly' | 'no' | null;
    unspentCents: number;
    returnCents: number;
    overdue: boolean;
    escalated: boolean;
    reminded: readonly number[];
  };
  planOpenUntil: LocalDate | null;
}

/** Whether a person had a hand in the application: its applicant, its recipient, whoever filed it or helped. */
export const isParty = ({ applicant, recipient, application, helpers }: PilotState, person: string): boolean =>
  [applicant, recipient, application?.filedBy, application?.helper, ...helpers].includes(person);

/** Whether a new application may follow the one before in its stream: whoever follows is shown all of it. */
export const mayFollow = ({ application }: PilotState, { filedBy, applicant, byOfficer = false }: Follower): boolean =>
  application === null || byOfficer || filedBy === application.filedBy || filedBy === applicant;
type Follower = Pick<Extract<PilotCommand, { type: 'SubmitApplication' }>, 'filedBy' | 'applicant' | 'byOfficer'>;

export interface PilotFacts {
  policy: Policy;
  call: CallState;
}

export const initial: PilotState = {
  call: '',
  applicant: '',
  slot: 0,
  application: null,
  withdrawn: false,
  given: { businessId: 'none', recipientNamed: false, confirmed: true, duplicate: 'none' },
  helpers: [],
  check: null,
  completion: null,
  decision: null,
  notice: null,
  publication: null,
  appeals: { open: [], finalFrom: null },
  recipient: '',
  acceptBy: null,
  nameBy: null,
  award: 'none',
  account: null,
  payout: { attempt: 0, status: 'none', accountEvent: '' },
  paidCents: 0,
  returnedCents: 0,
  returnReferences: [],
  paidOn: null,
  report: { due: null, status: 'none', outcome: null, unspentCents: 0, returnCents: 0, overdue: false, escalated: false, reminded: [] },
  planOpenUntil: null,
};

/** The day from which nobody can appeal any more, once both windows are known and while no appeal against the decision is open. */
export function finalFrom(state: PilotState): LocalDate | null {
  if (state.notice === null || state.publication === null) return null;
  if (state.appeals.open.some(({ decision }) => decision === state.decision?.decision)) return null;
  const last = [state.notice.appealUntil, state.publication.appealUntil].sort().at(-1)!;
  return [addDays(last, 1), state.appeals.finalFrom ?? ''].sort().at(-1)!;
}

/** Money that a completed pilot has neither used nor returned, above the floor. */
export const toReturnCents = (state: PilotState): number => Math.max(0, state.report.returnCents - state.returnedCents);

/** In the running for money: arrived, not withdrawn. */
export const isLive = (state: PilotState): boolean => state.application !== null && !state.withdrawn;

export const applicationFacts = (a: ApplicationFacts): ApplicationFacts => ({
  kind: a.kind,
  district: a.district,
  askedCents: a.askedCents,
  involves: a.involves,
  economic: a.economic,
  language: a.language,
  reach: a.reach,
});

const isOrganisation = (kind: ApplicantKind): boolean => kind === 'association' || kind === 'company';

/** What a command tells of it; one that says nothing comes from a form that takes nothing incomplete. */
export const given = (a: { kind: ApplicantKind } & Partial<Given>): Given => ({
  businessId: a.businessId ?? (isOrganisation(a.kind) ? 'valid' : 'none'),
  recipientNamed: a.recipientNamed ?? a.kind === 'group',
  confirmed: a.confirmed ?? true,
  duplicate: a.duplicate ?? 'none',
});
export const givenIn = ({ businessId, recipientNamed, confirmed, duplicate }: Given): Given => ({
  businessId,
  recipientNamed,
  confirmed,
  duplicate,
});

/** Staff who helped: they may not judge it either, for another reason. */
export const helpedBy = (state: PilotState, actor: string): boolean => state.application?.helper === actor || state.helpers.includes(actor);

/** What the call's rules look at; null before there is an application. */
export function eligibilityFacts({ application, given, completion }: PilotState): EligibilityFacts | null {
  if (application === null) return null;
  const { kind, district, askedCents } = application;
  return { kind, district, askedCents, ...given, notCompleted: completion?.status === 'not-completed' };
}

export function evolve(state: PilotState, event: PilotEvent & Meta): PilotState {
  const account = () => ({ com: event.sealed?.find((s) => s.purpose === 'iban')?.com ?? '', event: event.id });
  const report = (change: Partial<PilotState['report']>) => ({ ...state, report: { ...state.report, ...change } });
  switch (event.type) {
    case 'pilot.submitted': {
      const { call, applicant, slot, arrivedAt, late, helper, filedBy } = event.data;
      return {
        ...initial,
        call,
        applicant,
        slot,
        recipient: applicant,
        application: { ...applicationFacts(event.data), arrivedAt, late, helper, filedBy },
        given: givenIn(event.data),
      };
    }
    case 'pilot.amended':
      // whoever checked it had seen another text, and what was asked for is answered by the whole
      return {
        ...state,
        application: { ...state.application!, ...applicationFacts(event.data) },
        given: givenIn(event.data),
        check: null,
        completion: null,
      };
    case 'pilot.withdrawn':
      return { ...state, withdrawn: true };
    case 'pilot.checked':
      return { ...state, check: { suggestion: event.data.suggestion, codes: event.data.codes } };
    case 'pilot.completion-requested': {
      const { codes, fields, answerBy } = event.data;
      return { ...state, check: null, completion: { codes, fields, open: fields, answerBy, status: 'asked', reminded: false } };
    }
    case 'pilot.completed': {
      const { open, helper } = event.data;
      return {
        ...state,
        application: { ...state.application!, ...applicationFacts(event.data) },
        given: givenIn(event.data),
        helpers: helper === null || state.helpers.includes(helper) ? state.helpers : [...state.helpers, helper],
        check: null,
        completion: { ...state.completion!, open, status: open.length === 0 ? 'completed' : state.completion!.status },
      };
    }
    case 'pilot.completion-reminded':
      return { ...state, completion: { ...state.completion!, reminded: true } };
    case 'pilot.not-completed':
      return { ...state, completion: { ...state.completion!, status: 'not-completed' } };
    case 'pilot.decided':
      // a changed decision has windows of its own
      return {
        ...state,
        decision: event.data,
        notice: null,
        publication: null,
        // an appeal may be read before the decision that it is against
        appeals: { open: state.appeals.open.filter(({ decision }) => decision === event.data.decision), finalFrom: null },
        acceptBy: null,
        nameBy: null,
        award: event.data.result === 'granted' ? 'offered' : 'none',
      };
    case 'pilot.notified':
      return { ...state, notice: event.data, acceptBy: event.data.acceptBy };
    case 'pilot.decision-published':
      return { ...state, publication: event.data };
    case 'pilot.appeal-opened':
      return { ...state, appeals: { ...state.appeals, open: [...state.appeals.open, event.data] } };
    case 'pilot.appeal-settled': {
      const { open, finalFrom } = state.appeals;
      const last = [finalFrom, event.data.finalFrom].filter((day) => day !== null).sort();
      return { ...state, appeals: { open: open.filter(({ appeal }) => appeal !== event.data.appeal), finalFrom: last.at(-1) ?? null } };
    }
    case 'pilot.award-accepted':
      return { ...state, award: 'accepted', account: account() };
    case 'pilot.account-changed':
      return { ...state, account: account() };
    case 'pilot.award-declined':
      return { ...state, award: 'declined' };
    case 'pilot.award-lapsed':
      return { ...state, award: 'lapsed' };
    case 'pilot.recipient-withdrew':
      return { ...state, award: 'offered', account: null, nameBy: event.data.nameBy };
    case 'pilot.recipient-changed':
      return { ...state, recipient: event.data.recipient, nameBy: null, acceptBy: event.data.acceptBy };
    case 'pilot.payout-requested':
      return { ...state, payout: { attempt: event.data.attempt, status: 'requested', accountEvent: event.data.accountEvent } };
    case 'pilot.payout-redirected':
      return { ...state, payout: { ...state.payout, accountEvent: event.data.accountEvent } };
    case 'pilot.paid':
      return {
        ...state,
        payout: { ...state.payout, status: 'paid' },
        paidCents: state.paidCents + event.data.cents,
        paidOn: event.data.paidOn,
        report: { ...state.report, due: event.data.reportDue, overdue: false, escalated: false, reminded: [] },
      };
    case 'pilot.payout-failed':
      return {
        ...state,
        payout: { ...state.payout, status: 'failed' },
        paidCents: event.data.how === 'returned' ? state.paidCents - event.data.cents : state.paidCents,
      };
    case 'pilot.report-reminded':
      return report({ reminded: [...state.report.reminded, event.data.days] });
    case 'pilot.report-overdue':
      return report({ overdue: true });
    case 'pilot.report-escalated':
      return report({ escalated: true });
    case 'pilot.report-extended':
      return report({ due: event.data.due, overdue: false, escalated: false, reminded: [] });
    case 'pilot.reported':
      return report({ status: 'reported', outcome: event.data.outcome, unspentCents: event.data.unspentCents });
    case 'pilot.report-sent-back':
      return report({ status: 'sent-back' });
    case 'pilot.report-accepted':
      return report({ status: 'accepted', returnCents: event.data.returnCents });
    case 'pilot.money-returned':
      return {
        ...state,
        returnedCents: state.returnedCents + event.data.cents,
        returnReferences: [...state.returnReferences, event.data.reference],
      };
    case 'pilot.plan-changed':
      return { ...state, planOpenUntil: event.data.silenceUntil };
    case 'pilot.plan-refused':
      return { ...state, planOpenUntil: null };
    case 'pilot.text-published':
    case 'pilot.recipient-published':
      return state;
  }
}
