import { parseStream } from '@minipilot/kernel/decider.js';
import type { Flow } from '@minipilot/kernel/flow.js';
import { addDays, type LocalDate } from '@minipilot/kernel/time.js';
import { pilotStream } from '../streams.js';
import { noon } from './awarding.js';

interface CompletingState {
  call: string;
  pilot: string;
  answerBy: LocalDate | null;
  remindOn: LocalDate;
  /** what is still missing, by the newest completion */
  open: number;
}

/** Reminds an applicant of what is to be completed, and notes on the day after that it did not come. */
export const completing: Flow<CompletingState> = {
  name: 'completing',
  handles: ['pilot.completion-requested', 'pilot.completed', 'pilot.amended', 'pilot.withdrawn', 'pilot.decided'],
  subject: (event) => parseStream(event.stream).key!,
  initial: { call: '', pilot: '', answerBy: null, remindOn: '', open: 0 },

  evolve(state, input) {
    if (input.kind === 'timer') return state;
    const { type, data, stream } = input.event;
    switch (type) {
      case 'pilot.completion-requested':
        return {
          call: data['call'] as string,
          pilot: parseStream(stream).key!,
          answerBy: data['answerBy'] as LocalDate,
          remindOn: data['remindOn'] as LocalDate,
          open: (data['fields'] as string[]).length,
        };
      case 'pilot.completed':
        return { ...state, open: (data['open'] as string[]).length };
      default:
        return { ...state, open: 0 };
    }
  },

  react(state, input, tenant) {
    if (input.kind === 'timer') {
      const type = input.timer === 'remind' ? 'RemindCompletion' : 'RecordNotCompleted';
      const command = { type, call: state.call, answerBy: state.answerBy!, effectiveAt: input.due };
      return { commands: [{ aggregate: 'pilot', stream: pilotStream(tenant, state.pilot), command }] };
    }
    const { type, at } = input.event;
    if (state.answerBy === null) return {};
    if (state.open === 0) return { timers: ['remind', 'missed'].map((timer) => ({ timer, due: null })) };
    if (type !== 'pilot.completion-requested') return {};
    return {
      // a day that has passed already is no occasion any more
      timers: [
        { timer: 'remind', due: noon(state.remindOn) },
        { timer: 'missed', due: noon(addDays(state.answerBy, 1)) },
      ].filter((t) => t.due > at),
    };
  },
};
