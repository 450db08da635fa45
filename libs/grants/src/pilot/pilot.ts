import { reject, type Aggregate, type Occasion, type Rejected } from '@minipilot/kernel/decider.js';
import type { Meta } from '@minipilot/kernel/event.js';
import { addDays, addWorkingDays, localDate, nextWorkingDay, type Instant, type LocalDate } from '@minipilot/kernel/time.js';
import { call, type CallState } from '../call/call.js';
import type { ApplicantKind } from '../call/events.js';
import type { Policy } from '../policy/events.js';
import { policyOf } from '../policy/policy.js';
import { callStream } from '../streams.js';
import type { DecisionResult, PilotEvent } from './events.js';

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
type Channel = 'online' | 'agent' | 'desk' | 'phone' | 'paper';
interface Attempt {
  instalment: number;
  attempt: number;
  cents: number;
  batch: string;
}

export type PilotCommand = { call: string } & (
  | ({ type: 'SubmitApplication'; applicant: string; slot: number; arrivedAt: Instant; channel: Channel; helper: string | null; filedBy: string } & ApplicationFacts)
  | ({ type: 'AmendApplication' } & ApplicationFacts)
  | { type: 'WithdrawApplication' }
  | { type: 'CheckApplication'; suggestion: 'eligible' | 'ineligible'; codes: string[] }
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
  | { type: 'RecordNotice'; channel: 'electronic' | 'letter'; sentOn: LocalDate; noticeOn: LocalDate; appealUntil: LocalDate }
  | { type: 'RecordPublication'; publishedOn: LocalDate; noticeOn: LocalDate; appealUntil: LocalDate }
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
  check: { suggestion: 'eligible' | 'ineligible'; codes: readonly string[] } | null;
  decision: { result: DecisionResult; cents: number; decidedOn: LocalDate; pay: 'at-once' | 'when-final'; reportDueDays: number; decision: string } | null;
  notice: { appealUntil: LocalDate } | null;
  publication: { appealUntil: LocalDate } | null;
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

export interface PilotFacts {
  policy: Policy;
  call: CallState;
}

const initial: PilotState = {
  call: '',
  applicant: '',
  slot: 0,
  application: null,
  withdrawn: false,
  check: null,
  decision: null,
  notice: null,
  publication: null,
  recipient: '',
  acceptBy: null,
  nameBy: null,
  award: 'none',
  account: null,
  payout: { attempt: 0, status: 'none', accountEvent: '' },
  paidCents: 0,
  returnedCents: 0,
  report: { due: null, status: 'none', outcome: null, unspentCents: 0, returnCents: 0, overdue: false, escalated: false, reminded: [] },
  planOpenUntil: null,
};

/** The day from which nobody can appeal any more, once both windows are known. */
export function finalFrom(state: PilotState): LocalDate | null {
  if (state.notice === null || state.publication === null) return null;
  const last = [state.notice.appealUntil, state.publication.appealUntil].sort().at(-1)!;
  return addDays(last, 1);
}

/** Money that a completed pilot has neither used nor returned, above the floor. */
export const toReturnCents = (state: PilotState): number => Math.max(0, state.report.returnCents - state.returnedCents);

const reportDays = (due: LocalDate, policy: Policy) => ({
  remindOn: policy.reportReminderDays.map((days) => addDays(due, -days)),
  escalateOn: addDays(due, policy.reportEscalateDays),
});

/** In the running for money: arrived, not withdrawn. */
export const isLive = (state: PilotState): boolean => state.application !== null && !state.withdrawn;

/** The mini-pilot as one stream, from application to accepted report. */
export const pilot: Aggregate<PilotCommand, PilotState, PilotEvent, PilotFacts> = {
  category: 'pilot',
  initial,
  evolve,
  async facts(command, sources) {
    return { policy: await policyOf(sources), call: await sources.fold(call, callStream(sources.tenant, command.call)) };
  },
  decide(command, state, facts, occasion) {
    if (command.type === 'SubmitApplication') return submit(command, state, facts);
    if (state.application === null || state.call !== command.call) return reject('application-not-found');
    switch (command.type) {
      case 'AmendApplication':
      case 'WithdrawApplication':
      case 'CheckApplication':
        return beforeDecision(command, state, facts, occasion);
      case 'RecordDecision':
      case 'RecordNotice':
      case 'RecordPublication':
        return recordDecision(command, state, facts);
      case 'AcceptAward':
      case 'ChangeAccount':
      case 'DeclineAward':
      case 'LapseAward':
      case 'WithdrawRecipient':
      case 'ChangeRecipient':
        return award(command, state, facts, occasion);
      case 'RequestPayout':
      case 'RetryPayout':
      case 'RecordPaid':
      case 'RecordPayoutFailed':
        return payout(command, state, facts, occasion);
      default:
        return carryOut(command, state, facts, occasion);
    }
  },
};

function evolve(state: PilotState, event: PilotEvent & Meta): PilotState {
  const account = () => ({ com: event.sealed?.find((s) => s.purpose === 'iban')?.com ?? '', event: event.id });
  const report = (change: Partial<PilotState['report']>) => ({ ...state, report: { ...state.report, ...change } });
  switch (event.type) {
    case 'pilot.submitted': {
      const { call, applicant, slot, arrivedAt, late, helper, filedBy } = event.data;
      return { ...initial, call, applicant, slot, recipient: applicant, application: { ...applicationFacts(event.data), arrivedAt, late, helper, filedBy } };
    }
    case 'pilot.amended':
      return { ...state, application: { ...state.application!, ...applicationFacts(event.data) } };
    case 'pilot.withdrawn':
      return { ...state, withdrawn: true };
    case 'pilot.checked':
      return { ...state, check: event.data };
    case 'pilot.decided':
      // a changed decision has windows of its own
      return { ...state, decision: event.data, notice: null, publication: null, award: event.data.result === 'granted' ? 'offered' : 'none' };
    case 'pilot.notified':
      return { ...state, notice: event.data, acceptBy: event.data.acceptBy };
    case 'pilot.decision-published':
      return { ...state, publication: event.data };
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
        report: { ...state.report, due: event.data.reportDue },
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
      return { ...state, returnedCents: state.returnedCents + event.data.cents };
    case 'pilot.plan-changed':
      return { ...state, planOpenUntil: event.data.silenceUntil };
    case 'pilot.plan-refused':
      return { ...state, planOpenUntil: null };
    case 'pilot.text-published':
    case 'pilot.recipient-published':
      return state;
  }
}

type Of<T extends PilotCommand['type']> = Extract<PilotCommand, { type: T }>;

function submit(command: Of<'SubmitApplication'>, state: PilotState, facts: PilotFacts): PilotEvent[] | Rejected {
  const { content } = facts.call;
  if (content === null || facts.call.status === 'draft' || facts.call.status === 'none') return reject('call-not-found');
  if (facts.call.status === 'cancelled') return reject('call-cancelled');
  if (state.application !== null && !state.withdrawn) return reject('already-applied', { most: content.applicationsPerApplicant });
  if (command.slot >= content.applicationsPerApplicant) return reject('already-applied', { most: content.applicationsPerApplicant });
  if (command.arrivedAt < content.opensAt) return reject('call-not-open', { opensAt: content.opensAt });
  const problem = applicationProblem(command, facts);
  if (problem !== null) return problem;
  const { applicant, slot, arrivedAt, channel, helper, filedBy } = command;
  return [
    {
      type: 'pilot.submitted',
      data: {
        call: command.call,
        applicant,
        slot,
        ...applicationFacts(command),
        arrivedAt,
        late: arrivedAt >= content.closesAt,
        channel,
        helper,
        filedBy,
      },
      seal: { contact: applicant, proposal: applicant },
    },
  ];
}

const applicationFacts = (a: ApplicationFacts): ApplicationFacts => ({
  kind: a.kind,
  district: a.district,
  askedCents: a.askedCents,
  involves: a.involves,
  economic: a.economic,
  language: a.language,
  reach: a.reach,
});

function applicationProblem(application: ApplicationFacts, facts: PilotFacts): Rejected | null {
  const content = facts.call.content!;
  if (!content.whoMayApply.includes(application.kind)) return reject('kind-may-not-apply', { kind: application.kind }, '/kind');
  if (!facts.policy.districts.includes(application.district)) return reject('unknown-district', { district: application.district }, '/district');
  const { minCents, maxCents } = content.grant;
  if (application.askedCents < minCents || application.askedCents > maxCents)
    return reject('sum-outside-grant-size', { minCents, maxCents }, '/lines');
  return null;
}

/** Whose hands were on the application may not judge it. */
function partyProblem(state: PilotState, actor: string): Rejected | null {
  if (state.application?.helper === actor) return reject('helper-may-not-judge');
  if ([state.applicant, state.recipient, state.application?.filedBy].includes(actor)) return reject('own-application');
  return null;
}

function beforeDecision(
  command: Of<'AmendApplication' | 'WithdrawApplication' | 'CheckApplication'>,
  state: PilotState,
  facts: PilotFacts,
  occasion: Occasion,
): PilotEvent[] | Rejected {
  if (state.withdrawn) return command.type === 'WithdrawApplication' ? [] : reject('application-withdrawn');
  if (state.decision !== null) return reject('already-decided');
  if (command.type === 'CheckApplication') {
    const party = partyProblem(state, occasion.actor);
    if (party !== null) return party;
    if (command.suggestion === 'ineligible' && command.codes.length === 0) return reject('reason-missing', {}, '/codes');
    return [{ type: 'pilot.checked', data: { suggestion: command.suggestion, codes: command.codes } }];
  }
  const { closesAt } = facts.call.content!;
  if (occasion.now >= closesAt) return reject('call-closed', { closesAt });
  if (command.type === 'WithdrawApplication') return [{ type: 'pilot.withdrawn', data: { withdrawnAt: occasion.now } }];
  const problem = applicationProblem(command, facts);
  if (problem !== null) return problem;
  return [
    {
      type: 'pilot.amended',
      data: { ...applicationFacts(command), amendedAt: occasion.now },
      seal: { contact: state.applicant, proposal: state.applicant },
    },
  ];
}

function recordDecision(
  command: Of<'RecordDecision' | 'RecordNotice' | 'RecordPublication'>,
  state: PilotState,
  facts: PilotFacts,
): PilotEvent[] | Rejected {
  switch (command.type) {
    case 'RecordDecision': {
      if (state.decision?.decision === command.decision) return [];
      const { result, cents, from, decision, section, decidedOn, decider, deMinimis } = command;
      const { pay, reportDueDays } = facts.call.content!;
      const data = { call: command.call, result, cents, from, decision, section, decidedOn, decider, pay, reportDueDays, deMinimis };
      return [{ type: 'pilot.decided', data }];
    }
    case 'RecordNotice': {
      if (state.decision === null) return reject('not-decided');
      const { channel, sentOn, noticeOn, appealUntil } = command;
      const acceptBy = state.award === 'offered' ? addDays(noticeOn, facts.policy.acceptDays) : null;
      return [{ type: 'pilot.notified', data: { channel, sentOn, noticeOn, appealUntil, acceptBy } }];
    }
    case 'RecordPublication': {
      if (state.decision === null) return reject('not-decided');
      const { publishedOn, noticeOn, appealUntil } = command;
      return [{ type: 'pilot.decision-published', data: { publishedOn, noticeOn, appealUntil } }];
    }
  }
}

function award(
  command: Of<'AcceptAward' | 'ChangeAccount' | 'DeclineAward' | 'LapseAward' | 'WithdrawRecipient' | 'ChangeRecipient'>,
  state: PilotState,
  facts: PilotFacts,
  occasion: Occasion,
): PilotEvent[] | Rejected {
  if (state.decision?.result !== 'granted') return reject('no-award');
  const today = localDate(occasion.now, facts.policy.timeZone);
  const lastDay = state.nameBy ?? state.acceptBy;
  switch (command.type) {
    case 'AcceptAward':
      if (state.nameBy !== null) return reject('recipient-missing', { nameBy: state.nameBy });
      if (state.award === 'accepted') return reject('award-already-accepted');
      if (state.award !== 'offered') return reject('award-gone', { award: state.award });
      if (lastDay !== null && today > lastDay) return reject('award-lapsed', { lastDay });
      return [{ type: 'pilot.award-accepted', data: { acceptedAt: occasion.now }, seal: { iban: state.recipient } }];
    case 'ChangeAccount':
      if (state.award !== 'accepted') return reject('award-not-accepted');
      if (state.payout.status === 'paid') return reject('already-paid');
      return [{ type: 'pilot.account-changed', data: { changedAt: occasion.now, channel: command.channel }, seal: { iban: state.recipient } }];
    case 'DeclineAward':
      if (state.award === 'declined') return [];
      if (state.award === 'lapsed') return reject('award-gone', { award: state.award });
      if (state.payout.status === 'requested' || state.payout.status === 'paid') return reject('payout-under-way');
      return [{ type: 'pilot.award-declined', data: { declinedAt: occasion.now } }];
    case 'LapseAward':
      if (state.award !== 'offered' || lastDay === null || today <= lastDay) return [];
      return [{ type: 'pilot.award-lapsed', data: { effectiveAt: command.effectiveAt } }];
    case 'WithdrawRecipient':
      if (state.award !== 'offered' && state.award !== 'accepted') return reject('award-gone', { award: state.award });
      if (state.payout.status === 'requested' || state.payout.status === 'paid') return reject('payout-under-way');
      if (state.nameBy !== null) return [];
      return [{ type: 'pilot.recipient-withdrew', data: { nameBy: addDays(today, facts.policy.recipientChangeDays) } }];
    case 'ChangeRecipient':
      if (state.nameBy === null) return reject('recipient-not-withdrawn');
      if (today > state.nameBy) return reject('award-lapsed', { lastDay: state.nameBy });
      if (command.recipient === state.recipient) return reject('same-recipient');
      return [{ type: 'pilot.recipient-changed', data: { recipient: command.recipient, acceptBy: addDays(today, facts.policy.acceptDays) }, seal: { contact: command.recipient } }];
  }
}

function payout(
  command: Of<'RequestPayout' | 'RetryPayout' | 'RecordPaid' | 'RecordPayoutFailed'>,
  state: PilotState,
  facts: PilotFacts,
  occasion: Occasion,
): PilotEvent[] | Rejected {
  switch (command.type) {
    case 'RequestPayout':
    case 'RetryPayout': {
      if (state.award !== 'accepted' || state.account === null) return reject('award-not-accepted');
      const { com: account, event: accountEvent } = state.account;
      if (state.payout.status === 'requested' && state.payout.accountEvent !== accountEvent) {
        const redirected = { instalment: 1, attempt: state.payout.attempt, account, accountEvent, recipient: state.recipient };
        return [{ type: 'pilot.payout-redirected', data: redirected }];
      }
      if (state.payout.status === 'requested' || state.payout.status === 'paid')
        return command.type === 'RequestPayout' ? [] : reject('payout-under-way');
      if (command.type === 'RetryPayout' && state.payout.status !== 'failed') return reject('nothing-to-retry');
      const final = finalFrom(state);
      if (state.decision!.pay === 'when-final' && (final === null || localDate(occasion.now, facts.policy.timeZone) < final)) return reject('not-final-yet');
      return [
        {
          type: 'pilot.payout-requested',
          data: {
            call: command.call,
            instalment: 1,
            attempt: state.payout.attempt + 1,
            cents: state.decision!.cents,
            account,
            accountEvent,
            recipient: state.recipient,
          },
        },
      ];
    }
    case 'RecordPaid': {
      if (command.attempt !== state.payout.attempt || state.payout.status === 'paid') return [];
      const { instalment, attempt, cents, batch, reference, paidOn } = command;
      const reportDue = addDays(paidOn, state.decision!.reportDueDays);
      return [{ type: 'pilot.paid', data: { instalment, attempt, cents, batch, reference, paidOn, reportDue, ...reportDays(reportDue, facts.policy) } }];
    }
    case 'RecordPayoutFailed': {
      if (command.attempt !== state.payout.attempt || state.payout.status === 'failed') return [];
      const { instalment, attempt, cents, batch, how, code, on } = command;
      return [{ type: 'pilot.payout-failed', data: { instalment, attempt, cents, batch, how, code, on } }];
    }
  }
}

function carryOut(
  command: Exclude<
    PilotCommand,
    Of<
      | 'SubmitApplication'
      | 'AmendApplication'
      | 'WithdrawApplication'
      | 'CheckApplication'
      | 'RecordDecision'
      | 'RecordNotice'
      | 'RecordPublication'
      | 'AcceptAward'
      | 'ChangeAccount'
      | 'DeclineAward'
      | 'LapseAward'
      | 'WithdrawRecipient'
      | 'ChangeRecipient'
      | 'RequestPayout'
      | 'RetryPayout'
      | 'RecordPaid'
      | 'RecordPayoutFailed'
    >
  >,
  state: PilotState,
  facts: PilotFacts,
  occasion: Occasion,
): PilotEvent[] | Rejected {
  const today = localDate(occasion.now, facts.policy.timeZone);
  const { report } = state;
  const waiting = report.status === 'none' || report.status === 'sent-back';
  switch (command.type) {
    case 'RemindReport':
      if (!waiting || report.due !== command.due || report.reminded.includes(command.days)) return [];
      return [{ type: 'pilot.report-reminded', data: { due: command.due, days: command.days, effectiveAt: command.effectiveAt } }];
    case 'RecordReportOverdue':
      if (!waiting || report.due !== command.due || report.overdue) return [];
      return [{ type: 'pilot.report-overdue', data: { due: command.due, effectiveAt: command.effectiveAt } }];
    case 'EscalateReport':
      if (!waiting || report.due !== command.due || report.escalated) return [];
      return [{ type: 'pilot.report-escalated', data: { due: command.due, effectiveAt: command.effectiveAt } }];
    case 'PublishRecipient': {
      if (state.decision?.result !== 'granted') return reject('no-award');
      const kind = state.application!.kind;
      if (kind !== 'association' && kind !== 'company') return reject('private-person', {}, '/organisation');
      return [{ type: 'pilot.recipient-published', data: { organisation: command.organisation } }];
    }
    case 'PublishText':
      if (state.decision?.result !== 'granted') return reject('no-award');
      return [{ type: 'pilot.text-published', data: { title: command.title, summary: command.summary, lesson: command.lesson } }];
  }
  if (state.payout.status !== 'paid') return reject('not-paid');
  switch (command.type) {
    case 'ExtendReport':
      if (!waiting) return reject('already-reported');
      if (command.due <= report.due!) return reject('deadline-only-later', { closesAt: report.due! }, '/due');
      return [{ type: 'pilot.report-extended', data: { due: command.due, ...reportDays(command.due, facts.policy) }, seal: { comment: state.applicant } }];
    case 'ReportPilot': {
      if (!waiting) return reject('already-reported');
      if (command.usedCents > state.paidCents) return reject('used-more-than-paid', { paidCents: state.paidCents }, '/lines');
      const { outcome, participants, usedCents, goOn } = command;
      return [
        {
          type: 'pilot.reported',
          data: { reportedAt: occasion.now, outcome, participants, usedCents, unspentCents: state.paidCents - usedCents, goOn },
          seal: { proposal: state.applicant },
        },
      ];
    }
    case 'SendReportBack':
    case 'AcceptReport': {
      if (report.status !== 'reported') return reject('nothing-reported');
      const party = partyProblem(state, occasion.actor);
      if (party !== null) return party;
      if (command.type === 'SendReportBack') return [{ type: 'pilot.report-sent-back', data: {}, seal: { comment: state.applicant } }];
      const returnCents = report.unspentCents > facts.policy.returnFloorCents ? report.unspentCents : 0;
      const returnDue = returnCents > state.returnedCents ? nextWorkingDay(addDays(today, facts.policy.returnDays), facts.policy.holidays) : null;
      return [{ type: 'pilot.report-accepted', data: { returnCents, returnDue } }];
    }
    case 'RecordMoneyReturned':
      if (command.on > today) return reject('date-in-future', { on: command.on }, '/on');
      if (state.returnedCents + command.cents > state.paidCents) return reject('returned-more-than-paid', { paidCents: state.paidCents }, '/cents');
      return [{ type: 'pilot.money-returned', data: { cents: command.cents, reference: command.reference, on: command.on } }];
    case 'ChangePlan':
      if (!waiting) return reject('already-reported');
      return [
        {
          type: 'pilot.plan-changed',
          data: { silenceUntil: addWorkingDays(today, facts.policy.planChangeWorkingDays, facts.policy.holidays) },
          seal: { proposal: state.applicant },
        },
      ];
    case 'RefusePlan':
      if (state.planOpenUntil === null || today > state.planOpenUntil) return reject('plan-already-stands');
      return [{ type: 'pilot.plan-refused', data: {}, seal: { comment: state.applicant } }];
  }
}
