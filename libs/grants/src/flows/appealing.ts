import { parseStream } from '@minipilot/kernel/decider.js';
import type { Flow, FlowCommand } from '@minipilot/kernel/flow.js';
import { pilotStream, scoringStream } from '../streams.js';

interface AppealingState {
  call: string;
  late: boolean;
  decisions: readonly { application: string; decision: string }[];
}

/**
 * Brings an appeal to what it concerns: while it is open, its applications' decisions are not final; what the appeal body changes
 * goes to the call's decisions. A late one keeps nothing open, since the decision was final before it came.
 */
export const appealing: Flow<AppealingState> = {
  name: 'appealing',
  handles: ['appeal.filed', 'appeal.taken-up', 'appeal.withdrawn', 'appeal.outcome-changed', 'appeal.notice-sent'],
  subject: (event) => parseStream(event.stream).key!,
  initial: { call: '', late: false, decisions: [] },

  evolve(state, input) {
    if (input.kind === 'timer') return state;
    const { type, data } = input.event;
    if (type !== 'appeal.filed' && type !== 'appeal.taken-up') return state;
    const { call, decisions } = data as unknown as AppealingState;
    return { call, decisions, late: data['late'] === true };
  },

  react(state, input, tenant) {
    if (input.kind === 'timer') return {};
    const { type, data, stream, id, actor } = input.event;
    const appeal = parseStream(stream).key!;
    const toPilots = (command: (decision: string) => { type: string } & Record<string, unknown>) => ({
      commands: state.decisions.map(({ application, decision }): FlowCommand => ({
        aggregate: 'pilot',
        stream: pilotStream(tenant, application),
        command: { call: state.call, appeal, ...command(decision) },
      })),
    });
    if (type === 'appeal.outcome-changed') {
      const { applicant: _, ...change } = data;
      const command = { type: 'DecideAfterAppeal', ...change, call: state.call, appeal, outcome: id, decider: actor };
      return { commands: [{ aggregate: 'scoring', stream: scoringStream(tenant, state.call), command }] };
    }
    if (state.late) return {};
    switch (type) {
      case 'appeal.withdrawn':
        return toPilots(() => ({ type: 'SettleAppeal', how: 'withdrawn', finalFrom: null }));
      case 'appeal.notice-sent':
        return toPilots(() => ({ type: 'SettleAppeal', how: 'decided', finalFrom: data['finalFrom'] }));
      default:
        return toPilots((decision) => ({ type: 'RecordAppeal', decision }));
    }
  },
};
