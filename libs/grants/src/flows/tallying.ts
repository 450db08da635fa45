import { parseStream } from '@minipilot/kernel/decider.js';
import type { Flow, FlowCommand } from '@minipilot/kernel/flow.js';
import { addMilliseconds, type Instant } from '@minipilot/kernel/time.js';
import { scoringStream, tallyStream } from '../streams.js';
import { CLOSE_DELAY_MS } from './closing.js';

interface TallyingState {
  call: string;
  closesAt: Instant;
  online: boolean;
  selects: boolean;
}

/**
 * Closes the box when every ballot that came in time must be there, has the ballots counted, then the keys destroyed and, where the vote
 * selects, the proposal computed. It reads neither votes nor ballots: its own stream holds nothing of them.
 */
export const tallying: Flow<TallyingState> = {
  name: 'tallying',
  handles: ['tally.vote-opened', 'tally.paper-completed', 'tally.box-closed', 'tally.counted', 'scoring.proposed'],
  subject: (event) => parseStream(event.stream).key!,
  initial: { call: '', closesAt: '', online: false, selects: false },

  evolve(state, input) {
    if (input.kind === 'timer' || input.event.type !== 'tally.vote-opened') return state;
    const { call, closesAt, boxKey, selects } = input.event.data as unknown as TallyingState & { boxKey: string | null };
    return { call, closesAt, online: boxKey !== null, selects };
  },

  react({ call, closesAt, online, selects }, input, tenant) {
    const stream = tallyStream(tenant, call);
    const toBox = (type: string): FlowCommand => ({ aggregate: 'ballot-box', stream, command: { type, call } });
    const propose = (page: number): FlowCommand => ({
      aggregate: 'scoring',
      stream: scoringStream(tenant, call),
      command: { type: 'ComputeProposal', call, page },
    });
    if (input.kind === 'timer')
      return { commands: [{ aggregate: 'tally', stream, command: { type: 'CloseBox', call, effectiveAt: closesAt } }] };
    const { type, data } = input.event;
    switch (type) {
      case 'tally.vote-opened':
        return online ? { timers: [{ timer: 'close', due: addMilliseconds(closesAt, CLOSE_DELAY_MS) }] } : {};
      case 'tally.paper-completed':
      case 'tally.box-closed':
        // whichever comes last; before that there is nothing to do
        return { commands: [toBox('CountBallots')] };
      case 'tally.counted':
        // also where nobody voted online: trackers of ballots on paper follow from a secret too
        return { commands: [toBox('DestroyBoxKey'), ...(selects ? [propose(0)] : [])] };
      default:
        return selects && data['last'] !== true ? { commands: [propose((data['page'] as number) + 1)] } : {};
    }
  },
};
