import { reject, type Occasion, type Rejected } from '@minipilot/kernel/decider.js';
import { addDays, daysBetween, localDate, nextWorkingDay } from '@minipilot/kernel/time.js';
import { takesPart } from '../call/call.js';
import { fieldsOf, suggest, type Completable } from '../eligibility/eligibility.js';
import { pilotId } from '../streams.js';
import type { PilotEvent } from './events.js';
import {
  applicationFacts,
  eligibilityFacts,
  givenIn,
  isParty,
  helpedBy,
  type PilotCommand,
  type PilotFacts,
  type PilotState,
} from './state.js';

type Of<T extends PilotCommand['type']> = Extract<PilotCommand, { type: T }>;

/** Whose hands were on the application may not judge it. */
export function partyProblem(state: PilotState, actor: string): Rejected | null {
  if (helpedBy(state, actor)) return reject('helper-may-not-judge');
  if (isParty(state, actor)) return reject('own-application');
  return null;
}

const CONTACT: readonly Completable[] = ['businessId', 'recipientName', 'phone', 'email', 'address'];
const PROPOSAL: readonly Completable[] = ['place', 'time', 'lines'];
const some = (fields: readonly Completable[], of: readonly Completable[]) => fields.some((field) => of.includes(field));

/** What is still missing: one way to be reached is as good as another. */
function stillOpen(open: readonly Completable[], given: readonly Completable[]): Completable[] {
  const reach: readonly Completable[] = ['phone', 'email', 'address'];
  return open.filter((field) => !given.includes(field) && !(reach.includes(field) && some(given, reach)));
}

/** From arrival to decision: an officer's check, and what the applicant is asked to complete. */
export function checkOrComplete(
  command: Of<'CheckApplication' | 'RequestCompletion' | 'CompleteApplication' | 'RemindCompletion' | 'RecordNotCompleted'>,
  state: PilotState,
  facts: PilotFacts,
  occasion: Occasion,
): PilotEvent[] | Rejected {
  const { completion } = state;
  const { timeZone, holidays, completionDays, completionReminderDays } = facts.policy;
  if (command.type === 'RemindCompletion' || command.type === 'RecordNotCompleted') {
    const { answerBy, effectiveAt } = command;
    const settled = state.withdrawn || state.decision !== null || completion?.status !== 'asked' || completion.answerBy !== answerBy;
    const today = localDate(occasion.now, timeZone);
    if (command.type === 'RemindCompletion')
      return settled || completion.reminded || today > answerBy
        ? []
        : [{ type: 'pilot.completion-reminded', data: { answerBy, effectiveAt } }];
    return settled || today <= answerBy
      ? []
      : [{ type: 'pilot.not-completed', data: { answerBy, open: [...completion.open], effectiveAt } }];
  }
  if (state.withdrawn) return reject('application-withdrawn');
  if (state.decision !== null) return reject('already-decided');
  switch (command.type) {
    case 'CheckApplication': {
      const party = partyProblem(state, occasion.actor);
      if (party !== null) return party;
      const { suggestion, codes, reasoned = false } = command;
      if (suggestion === 'ineligible' && codes.length === 0) return reject('reason-missing', {}, '/codes');
      const suggested = suggest(facts.call.content!, eligibilityFacts(state)!);
      const departs = suggested.suggestion !== suggestion;
      if (departs && !reasoned) return reject('check-departs-without-reason', { suggested: suggested.suggestion }, '/reason');
      return [
        {
          type: 'pilot.checked',
          data: { suggestion, codes, suggested, departs },
          ...(reasoned ? { seal: { comment: state.applicant } } : {}),
        },
      ];
    }
    case 'RequestCompletion': {
      const party = partyProblem(state, occasion.actor);
      if (party !== null) return party;
      const { arrivedAt, late } = state.application!;
      if (!takesPart(facts.call, pilotId(state.call, state.applicant, state.slot), late)) return reject('application-late', { arrivedAt });
      if (completion?.status === 'asked') return reject('completion-already-asked', { answerBy: completion.answerBy });
      const fields = fieldsOf(command.codes);
      if (fields.length === 0) return reject('nothing-to-complete', {}, '/codes');
      const today = localDate(occasion.now, timeZone);
      const answerBy = command.answerBy ?? nextWorkingDay(addDays(today, completionDays), holidays);
      const days = daysBetween(today, answerBy);
      if (days < completionDays) return reject('completion-too-soon', { days, needed: completionDays }, '/answerBy');
      return [
        {
          type: 'pilot.completion-requested',
          data: { call: state.call, codes: command.codes, fields, answerBy, remindOn: addDays(answerBy, -completionReminderDays) },
          seal: { comment: state.applicant },
        },
      ];
    }
    case 'CompleteApplication': {
      if (completion === null) return reject('completion-not-asked');
      const { fields, arrivedAt, channel, helper } = command;
      const { answerBy } = completion;
      if (localDate(arrivedAt, timeZone) > answerBy) return reject('completion-too-late', { answerBy });
      const stranger = fields.find((field) => !completion.fields.includes(field));
      if (stranger !== undefined) return reject('completion-not-asked', {}, `/${stranger}`);
      if (fields.length === 0) return reject('completion-empty');
      // after the close nobody may ask for more than the others knew of
      if (command.askedCents > state.application!.askedCents)
        return reject('completion-asks-for-more', { askedCents: state.application!.askedCents }, '/lines');
      const seal = {
        ...(some(fields, CONTACT) ? { contact: state.applicant } : {}),
        ...(some(fields, PROPOSAL) ? { proposal: state.applicant } : {}),
      };
      const open = stillOpen(completion.open, fields);
      const { askedCents, economic, reach } = command;
      const plain = { ...applicationFacts({ ...state.application!, askedCents, economic, reach }), ...givenIn(command) };
      return [
        {
          type: 'pilot.completed',
          data: { ...plain, fields, open, completedAt: arrivedAt, channel, helper },
          ...(Object.keys(seal).length > 0 ? { seal } : {}),
        },
      ];
    }
  }
}
