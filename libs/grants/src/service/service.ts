import { reject, type Aggregate, type Rejected } from '@minipilot/kernel/decider.js';
import { addDays, localDate, type Instant, type LocalDate } from '@minipilot/kernel/time.js';
import { isParty, pilot, type PilotState } from '../pilot/pilot.js';
import type { Policy } from '../policy/events.js';
import { policyOf } from '../policy/policy.js';
import { pilotStream } from '../streams.js';
import type { ServiceEvent } from './events.js';

export type ServiceCommand =
  | { type: 'ProposeAdoption'; service: string; pilot: string; owner: string; title: string; districts: string[] }
  | { type: 'RecordAnswerOverdue'; effectiveAt: Instant }
  /** `pilot`, from which the service came, is there so that nobody answers or decides on their own */
  | { type: 'AnswerAdoption'; answer: 'for' | 'against' | 'try-elsewhere'; pilot?: string }
  | {
      type: 'DecideAdoption';
      pilot?: string;
      result: 'adopted' | 'not-adopted' | 'try-elsewhere';
      section: string;
      body: string;
      decidedOn: LocalDate;
      reason: string;
      yearlyCents: number;
      fromYear: number;
      districts: string[];
    }
  | { type: 'StartDistrict'; district: string; on: LocalDate }
  | { type: 'RecordReviewDue'; due: LocalDate; effectiveAt: Instant }
  | { type: 'ReviewService'; on: LocalDate; goesOn: boolean; summary: string }
  | { type: 'EndService'; on: LocalDate; reason: string };

export interface ServiceState {
  status: 'none' | 'proposed' | 'answered' | 'adopted' | 'not-adopted' | 'try-elsewhere' | 'ended';
  pilot: string;
  applicant: string;
  proposedOn: LocalDate | null;
  answerDue: LocalDate | null;
  answerOverdue: boolean;
  districts: readonly string[];
  started: readonly string[];
  reviewDue: LocalDate | null;
  reviewNoted: LocalDate | null;
}

export interface ServiceFacts {
  policy: Policy;
  pilot: PilotState | null;
}

/** What a pilot that worked can become. */
export const service: Aggregate<ServiceCommand, ServiceState, ServiceEvent, ServiceFacts> = {
  category: 'service',
  initial: {
    status: 'none',
    pilot: '',
    applicant: '',
    proposedOn: null,
    answerDue: null,
    answerOverdue: false,
    districts: [],
    started: [],
    reviewDue: null,
    reviewNoted: null,
  },

  evolve(state, event) {
    switch (event.type) {
      case 'service.adoption-proposed':
        return {
          ...state,
          status: 'proposed',
          pilot: event.data.pilot,
          proposedOn: event.data.proposedOn,
          answerDue: event.data.answerDue,
        };
      case 'service.answer-overdue':
        return { ...state, answerOverdue: true };
      case 'service.answered':
        return { ...state, status: 'answered' };
      case 'service.decided':
        return { ...state, status: event.data.result, districts: event.data.districts, reviewDue: event.data.reviewDue };
      case 'service.district-started':
        return { ...state, started: [...state.started, event.data.district] };
      case 'service.review-due':
        return { ...state, reviewNoted: event.data.due };
      case 'service.reviewed':
        return { ...state, reviewDue: event.data.nextDue };
      case 'service.ended':
        return { ...state, status: 'ended' };
    }
  },

  async facts(command, sources) {
    const policy = await policyOf(sources);
    if (!('pilot' in command) || command.pilot === undefined) return { policy, pilot: null };
    return { policy, pilot: await sources.fold(pilot, pilotStream(sources.tenant, command.pilot)) };
  },

  decide(command, state, { policy, pilot }, occasion): ServiceEvent[] | Rejected {
    const today = localDate(occasion.now, policy.timeZone);
    if (command.type === 'ProposeAdoption') {
      if (state.status !== 'none') return reject('adoption-already-proposed');
      if (pilot?.application == null) return reject('application-not-found');
      if (pilot.report.status !== 'accepted') return reject('report-not-accepted');
      if (isParty(pilot, occasion.actor)) return reject('own-application');
      const stranger = command.districts.find((d) => !policy.districts.includes(d));
      if (stranger !== undefined) return reject('unknown-district', { district: stranger }, '/districts');
      const { service, owner, title, districts } = command;
      return [
        {
          type: 'service.adoption-proposed',
          data: {
            service,
            pilot: command.pilot,
            call: pilot.call,
            owner,
            title,
            districts,
            proposedOn: today,
            answerDue: addDays(today, policy.ownerAnswerDays),
          },
        },
      ];
    }
    if (state.status === 'none') return reject('service-not-found');
    switch (command.type) {
      case 'RecordAnswerOverdue':
        if (state.status !== 'proposed' || state.answerOverdue) return [];
        return [{ type: 'service.answer-overdue', data: { answerDue: state.answerDue!, effectiveAt: command.effectiveAt } }];
      case 'AnswerAdoption':
        if (state.status === 'answered') return reject('already-answered');
        if (state.status !== 'proposed') return reject('adoption-already-decided');
        if (pilot !== null && isParty(pilot, occasion.actor)) return reject('own-application');
        return [{ type: 'service.answered', data: { answer: command.answer, answeredOn: today }, seal: { comment: occasion.actor } }];
      case 'DecideAdoption': {
        if (state.status !== 'proposed' && state.status !== 'answered') return reject('adoption-already-decided');
        if (pilot !== null && isParty(pilot, occasion.actor)) return reject('own-application');
        if (state.status === 'proposed' && today <= state.answerDue!)
          return reject('owner-has-time-to-answer', { answerDue: state.answerDue! });
        if (command.decidedOn > today) return reject('date-in-future', { on: command.decidedOn }, '/decidedOn');
        if (command.decidedOn < state.proposedOn!) return reject('decided-too-early', { earliest: state.proposedOn! }, '/decidedOn');
        const stranger = command.districts.find((d) => !policy.districts.includes(d));
        if (stranger !== undefined) return reject('unknown-district', { district: stranger }, '/districts');
        if (command.result === 'adopted' && command.districts.length === 0) return reject('no-districts', {}, '/districts');
        if (command.result !== 'adopted' && command.yearlyCents > 0) return reject('cost-without-adoption', {}, '/yearlyCents');
        const { type: _, pilot: __, ...data } = command;
        return [{ type: 'service.decided', data: { ...data, reviewDue: addDays(command.decidedOn, 365) } }];
      }
      default:
    }
    if (state.status !== 'adopted') return reject('service-not-adopted');
    switch (command.type) {
      case 'StartDistrict':
        if (!state.districts.includes(command.district)) return reject('district-not-decided', { district: command.district }, '/district');
        if (state.started.includes(command.district))
          return reject('district-already-started', { district: command.district }, '/district');
        if (command.on > today) return reject('date-in-future', { on: command.on }, '/on');
        return [{ type: 'service.district-started', data: { district: command.district, on: command.on } }];
      case 'RecordReviewDue':
        if (state.reviewDue !== command.due || state.reviewNoted === command.due) return [];
        return [{ type: 'service.review-due', data: { due: command.due, effectiveAt: command.effectiveAt } }];
      case 'ReviewService':
        if (command.on > today) return reject('date-in-future', { on: command.on }, '/on');
        return [
          {
            type: 'service.reviewed',
            data: { on: command.on, goesOn: command.goesOn, summary: command.summary, nextDue: addDays(command.on, 365) },
          },
        ];
      case 'EndService':
        if (command.on > today) return reject('date-in-future', { on: command.on }, '/on');
        return [{ type: 'service.ended', data: { on: command.on, reason: command.reason } }];
    }
  },
};
