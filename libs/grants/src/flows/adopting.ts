import { parseStream } from '@minipilot/kernel/decider.js';
import type { Flow } from '@minipilot/kernel/flow.js';
import { addDays, type LocalDate } from '@minipilot/kernel/time.js';
import { serviceStream } from '../streams.js';
import { noon } from './awarding.js';

/** Notes when a service owner has not answered in time and when a yearly review is due. */
export const adopting: Flow<{ service: string; reviewDue: LocalDate | null }> = {
  name: 'adopting',
  handles: ['service.adoption-proposed', 'service.answered', 'service.decided', 'service.reviewed', 'service.ended'],
  subject: (event) => parseStream(event.stream).key!,
  initial: { service: '', reviewDue: null },

  evolve(state, input) {
    if (input.kind === 'timer') return state;
    const { type, data } = input.event;
    switch (type) {
      case 'service.adoption-proposed':
        return { ...state, service: data['service'] as string };
      case 'service.decided':
        return { ...state, reviewDue: data['result'] === 'adopted' ? (data['reviewDue'] as LocalDate) : null };
      case 'service.reviewed':
        return { ...state, reviewDue: data['nextDue'] as LocalDate };
      default:
        return state;
    }
  },

  react(state, input, tenant) {
    const stream = serviceStream(tenant, state.service);
    if (input.kind === 'timer') {
      const command =
        input.timer === 'answer'
          ? { type: 'RecordAnswerOverdue', effectiveAt: input.due }
          : { type: 'RecordReviewDue', due: state.reviewDue, effectiveAt: input.due };
      return { commands: [{ aggregate: 'service', stream, command }] };
    }
    const review = { timer: 'review', due: state.reviewDue === null ? null : noon(state.reviewDue) };
    switch (input.event.type) {
      case 'service.adoption-proposed':
        return { timers: [{ timer: 'answer', due: noon(addDays(input.event.data['answerDue'] as LocalDate, 1)) }] };
      case 'service.answered':
        return { timers: [{ timer: 'answer', due: null }] };
      case 'service.decided':
        return { timers: [{ timer: 'answer', due: null }, review] };
      case 'service.reviewed':
        return { timers: [review] };
      default:
        return { timers: [{ timer: 'review', due: null }] };
    }
  },
};
