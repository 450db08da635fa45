import { parseStream } from '@minipilot/kernel/decider.js';
import type { Flow } from '@minipilot/kernel/flow.js';
import { addDays, daysBetween, type LocalDate } from '@minipilot/kernel/time.js';
import { pilotStream } from '../streams.js';
import { noon } from './awarding.js';

interface ReportingState {
  call: string;
  pilot: string;
  due: LocalDate | null;
  remindOn: readonly LocalDate[];
  /** reminders of an earlier due day, which are taken back */
  dropped: readonly LocalDate[];
  escalateOn: LocalDate;
}

/** Reminds of a report before its day, notes that it is missing after it, and takes the matter up. */
export const reporting: Flow<ReportingState> = {
  name: 'reporting',
  handles: [
    'pilot.decided',
    'pilot.paid',
    'pilot.report-extended',
    'pilot.reported',
    'pilot.report-sent-back',
    'pilot.report-accepted',
    'pilot.payout-failed',
  ],
  subject: (event) => (event.type === 'pilot.decided' && event.data['result'] !== 'granted' ? null : parseStream(event.stream).key!),
  initial: { call: '', pilot: '', due: null, remindOn: [], dropped: [], escalateOn: '' },

  evolve(state, input) {
    if (input.kind === 'timer') return state;
    const { type, data, stream } = input.event;
    switch (type) {
      case 'pilot.decided':
        return { ...state, call: data['call'] as string, pilot: parseStream(stream).key! };
      case 'pilot.paid':
      case 'pilot.report-extended': {
        const { due, reportDue, escalateOn } = data as Record<string, LocalDate>;
        const remindOn = data['remindOn'] as LocalDate[];
        return {
          ...state,
          due: reportDue ?? due!,
          remindOn,
          dropped: state.remindOn.filter((day) => !remindOn.includes(day)),
          escalateOn: escalateOn!,
        };
      }
      default:
        return state;
    }
  },

  react(state, input, tenant) {
    if (input.kind === 'timer') {
      const due = state.due!;
      const [what, day] = input.timer.split(' ') as [string, LocalDate | undefined];
      const command = { call: state.call, due, effectiveAt: input.due };
      const toPilot = (type: string, more: object = {}) => [
        { aggregate: 'pilot', stream: pilotStream(tenant, state.pilot), command: { type, ...command, ...more } },
      ];
      if (what === 'remind') return { commands: toPilot('RemindReport', { days: daysBetween(day!, due) }) };
      return { commands: toPilot(what === 'overdue' ? 'RecordReportOverdue' : 'EscalateReport') };
    }
    const names = [...state.remindOn.map((d) => `remind ${d}`), 'overdue', 'escalate'];
    switch (input.event.type) {
      case 'pilot.paid':
      case 'pilot.report-extended':
      case 'pilot.report-sent-back': {
        const due = state.due!;
        const dropped = state.dropped.map((day) => ({ timer: `remind ${day}`, due: null }));
        return {
          // a day that has passed already is no occasion any more
          timers: [
            ...dropped,
            ...state.remindOn.map((day) => ({ timer: `remind ${day}`, due: noon(day) })),
            { timer: 'overdue', due: noon(addDays(due, 1)) },
            { timer: 'escalate', due: noon(state.escalateOn) },
          ].filter((t) => t.due === null || t.due > input.event.at),
        };
      }
      case 'pilot.reported':
      case 'pilot.report-accepted':
      case 'pilot.payout-failed':
        return { timers: names.map((timer) => ({ timer, due: null })) };
      default:
        return {};
    }
  },
};
