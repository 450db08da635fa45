import { parseStream } from '@minipilot/kernel/decider.js';
import type { Flow, FlowCommand } from '@minipilot/kernel/flow.js';
import { addMilliseconds, type Instant } from '@minipilot/kernel/time.js';
import { CLOSE_PAGE, listDigest } from '../call/call.js';
import { callStream } from '../streams.js';

/** A submission is appended within 10 s of its arrival; after 30 s everything that arrived in time can be read. */
export const CLOSE_DELAY_MS = 30_000;

interface ClosingState {
  call: string;
  closesAt: Instant;
  /** arrived in time, in the order of the log */
  inTime: readonly string[];
  /** the list as it was frozen at the close */
  frozen: readonly string[] | null;
  closed: boolean;
}

/** Closes a call in two steps: freeze the list when all that arrived in time must have been read, then admit stragglers one by one. */
export const closing: Flow<ClosingState> = {
  name: 'closing',
  handles: ['call.announced', 'call.deadline-extended', 'call.cancelled', 'call.closed', 'pilot.submitted'],
  subject: (event) => (event.type === 'pilot.submitted' ? (event.data['call'] as string) : parseStream(event.stream).key!),
  initial: { call: '', closesAt: '', inTime: [], frozen: null, closed: false },

  evolve(state, input) {
    if (input.kind === 'timer') return { ...state, frozen: state.inTime };
    const { type, data, stream } = input.event;
    switch (type) {
      case 'call.announced':
        return { ...state, call: data['call'] as string, closesAt: (data['content'] as { closesAt: Instant }).closesAt };
      case 'call.deadline-extended':
        return { ...state, closesAt: data['closesAt'] as Instant };
      case 'call.closed':
        return { ...state, closed: data['last'] as boolean };
      case 'pilot.submitted': {
        const pilot = parseStream(stream).key!;
        return data['late'] === true || state.inTime.includes(pilot) ? state : { ...state, inTime: [...state.inTime, pilot] };
      }
      default:
        return state;
    }
  },

  react(state, input, tenant) {
    const stream = callStream(tenant, state.call);
    const close = (page: number): FlowCommand => {
      const all = state.frozen!;
      const last = (page + 1) * CLOSE_PAGE >= all.length;
      const applications = all.slice(page * CLOSE_PAGE, (page + 1) * CLOSE_PAGE);
      const total = last ? { count: all.length, digest: listDigest(all) } : {};
      return { aggregate: 'call', stream, command: { type: 'CloseCall', effectiveAt: state.closesAt, page, applications, last, ...total } };
    };
    const admit = (application: string): FlowCommand => ({
      aggregate: 'call',
      stream,
      command: { type: 'AdmitApplication', application, why: 'arrived-in-time', reason: '' },
    });
    if (input.kind === 'timer') return { commands: [close(0)] };
    switch (input.event.type) {
      case 'call.announced':
      case 'call.deadline-extended':
        return { timers: [{ timer: 'close', due: addMilliseconds(state.closesAt, CLOSE_DELAY_MS) }] };
      case 'call.cancelled':
        return { timers: [{ timer: 'close', due: null }] };
      case 'call.closed':
        if (!state.closed) return { commands: [close((input.event.data['page'] as number) + 1)] };
        return { commands: state.inTime.filter((id) => !state.frozen!.includes(id)).map(admit) };
      default: {
        const pilot = parseStream(input.event.stream).key!;
        const straggler = state.closed && input.event.data['late'] === false && !state.frozen!.includes(pilot);
        return straggler ? { commands: [admit(pilot)] } : {};
      }
    }
  },
};
