import { reject, type Aggregate, type Occasion, type Rejected } from '@minipilot/kernel/decider.js';
import { addDays, addWorkingDays, localDate, nextWorkingDay, type LocalDate } from '@minipilot/kernel/time.js';
import { call } from '../call/call.js';
import type { Policy } from '../policy/events.js';
import { ELSEWHERE } from '../eligibility/eligibility.js';
import { policyOf } from '../policy/policy.js';
import { callStream } from '../streams.js';
import { checkOrComplete, partyProblem } from './checking.js';
import type { PilotEvent } from './events.js';
import {
  applicationFacts,
  evolve,
  finalFrom,
  given,
  initial,
  mayFollow,
  type ApplicationFacts,
  type PilotCommand,
  type PilotFacts,
  type PilotState,
} from './state.js';

export {
  eligibilityFacts,
  finalFrom,
  helpedBy,
  isLive,
  isParty,
  mayFollow,
  toReturnCents,
  type ApplicationFacts,
  type Given,
  type PilotCommand,
  type PilotFacts,
  type PilotState,
} from './state.js';

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
        return beforeDecision(command, state, facts, occasion);
      case 'CheckApplication':
      case 'RequestCompletion':
      case 'CompleteApplication':
      case 'RemindCompletion':
      case 'RecordNotCompleted':
        return checkOrComplete(command, state, facts, occasion);
      case 'RecordDecision':
      case 'RecordNotice':
      case 'RecordPublication':
      case 'RecordAppeal':
      case 'SettleAppeal':
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

const reportDays = (due: LocalDate, policy: Policy) => ({
  remindOn: policy.reportReminderDays.map((days) => addDays(due, -days)),
  escalateOn: addDays(due, policy.reportEscalateDays),
});

type Of<T extends PilotCommand['type']> = Extract<PilotCommand, { type: T }>;

function submit(command: Of<'SubmitApplication'>, state: PilotState, facts: PilotFacts): PilotEvent[] | Rejected {
  const { content } = facts.call;
  if (content === null || facts.call.status === 'draft' || facts.call.status === 'none') return reject('call-not-found');
  if (facts.call.status === 'cancelled') return reject('call-cancelled');
  if (!mayFollow(state, command)) return reject('organisation-applied-by-another');
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
        ...given(command),
      },
      seal: { contact: applicant, proposal: applicant },
    },
  ];
}

const isOrganisation = (kind: ApplicationFacts['kind']): boolean => kind === 'association' || kind === 'company';

/** Only what no record could hold. Whatever the call's own rules say against an application is suggested, and decided by people. */
function applicationProblem(application: ApplicationFacts, facts: PilotFacts): Rejected | null {
  if (application.district !== ELSEWHERE && !facts.policy.districts.includes(application.district))
    return reject('unknown-district', { district: application.district }, '/district');
  return null;
}

function beforeDecision(
  command: Of<'AmendApplication' | 'WithdrawApplication'>,
  state: PilotState,
  facts: PilotFacts,
  occasion: Occasion,
): PilotEvent[] | Rejected {
  if (state.withdrawn) return command.type === 'WithdrawApplication' ? [] : reject('application-withdrawn');
  if (state.decision !== null) return reject('already-decided');
  const { closesAt } = facts.call.content!;
  if (occasion.now >= closesAt) return reject('call-closed', { closesAt });
  if (command.type === 'AmendApplication' && isOrganisation(command.kind) !== isOrganisation(state.application!.kind))
    return reject('applicant-stays', {}, '/kind');
  if (command.type === 'WithdrawApplication') return [{ type: 'pilot.withdrawn', data: { withdrawnAt: occasion.now } }];
  const problem = applicationProblem(command, facts);
  if (problem !== null) return problem;
  return [
    {
      type: 'pilot.amended',
      data: { ...applicationFacts(command), ...given(command), amendedAt: occasion.now },
      seal: { contact: state.applicant, proposal: state.applicant },
    },
  ];
}

function recordDecision(
  command: Of<'RecordDecision' | 'RecordNotice' | 'RecordPublication' | 'RecordAppeal' | 'SettleAppeal'>,
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
      const { channel, sentOn, noticeOn, appealUntil, document = null } = command;
      const { notice } = state;
      if (notice?.channel === channel && notice.sentOn === sentOn && notice.noticeOn === noticeOn && notice.appealUntil === appealUntil)
        return [];
      const acceptBy = state.award === 'offered' ? addDays(noticeOn, facts.policy.acceptDays) : null;
      return [{ type: 'pilot.notified', data: { channel, sentOn, noticeOn, appealUntil, acceptBy, document } }];
    }
    case 'RecordPublication': {
      if (state.decision === null) return reject('not-decided');
      const { publishedOn, noticeOn, appealUntil } = command;
      if (state.publication?.publishedOn === publishedOn && state.publication.appealUntil === appealUntil) return [];
      return [{ type: 'pilot.decision-published', data: { publishedOn, noticeOn, appealUntil } }];
    }
    case 'RecordAppeal': {
      const { appeal, decision } = command;
      if (state.appeals.open.some((a) => a.appeal === appeal)) return [];
      return [{ type: 'pilot.appeal-opened', data: { appeal, decision } }];
    }
    case 'SettleAppeal': {
      const { appeal, how, finalFrom: day } = command;
      if (!state.appeals.open.some((a) => a.appeal === appeal)) return [];
      return [{ type: 'pilot.appeal-settled', data: { appeal, how, finalFrom: day } }];
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
      return [
        { type: 'pilot.account-changed', data: { changedAt: occasion.now, channel: command.channel }, seal: { iban: state.recipient } },
      ];
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
      return [
        {
          type: 'pilot.recipient-changed',
          data: { recipient: command.recipient, acceptBy: addDays(today, facts.policy.acceptDays) },
          seal: { contact: command.recipient },
        },
      ];
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
      if (state.decision!.pay === 'when-final' && (final === null || localDate(occasion.now, facts.policy.timeZone) < final))
        return reject('not-final-yet');
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
      if (command.attempt !== state.payout.attempt || state.payout.status !== 'requested') return [];
      const { instalment, attempt, cents, batch, reference, paidOn } = command;
      const reportDue = addDays(paidOn, state.decision!.reportDueDays);
      return [
        {
          type: 'pilot.paid',
          data: { instalment, attempt, cents, batch, reference, paidOn, reportDue, ...reportDays(reportDue, facts.policy) },
        },
      ];
    }
    case 'RecordPayoutFailed': {
      if (command.attempt !== state.payout.attempt || state.payout.status !== (command.how === 'returned' ? 'paid' : 'requested'))
        return [];
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
      | 'RequestCompletion'
      | 'CompleteApplication'
      | 'RemindCompletion'
      | 'RecordNotCompleted'
      | 'RecordDecision'
      | 'RecordNotice'
      | 'RecordPublication'
      | 'RecordAppeal'
      | 'SettleAppeal'
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
    default:
  }
  if (state.payout.status !== 'paid') return reject('not-paid');
  switch (command.type) {
    case 'ExtendReport':
      if (!waiting) return reject('already-reported');
      if (command.due <= report.due!) return reject('report-due-only-later', { due: report.due! }, '/due');
      return [
        {
          type: 'pilot.report-extended',
          data: { due: command.due, ...reportDays(command.due, facts.policy) },
          seal: { comment: state.applicant },
        },
      ];
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
      const returnDue =
        returnCents > state.returnedCents ? nextWorkingDay(addDays(today, facts.policy.returnDays), facts.policy.holidays) : null;
      return [{ type: 'pilot.report-accepted', data: { returnCents, returnDue } }];
    }
    case 'RecordMoneyReturned':
      if (command.on > today) return reject('date-in-future', { on: command.on }, '/on');
      if (state.returnReferences.includes(command.reference))
        return reject('return-already-recorded', { reference: command.reference }, '/reference');
      if (command.on < state.paidOn!) return reject('returned-before-paid', { paidOn: state.paidOn! }, '/on');
      if (state.returnedCents + command.cents > state.paidCents)
        return reject('returned-more-than-paid', { paidCents: state.paidCents }, '/cents');
      if (report.outcome !== null && state.returnedCents + command.cents > report.unspentCents)
        return reject('returned-more-than-unspent', { unspentCents: report.unspentCents }, '/cents');
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
