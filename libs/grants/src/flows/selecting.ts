import { parseStream } from '@minipilot/kernel/decider.js';
import type { Flow, FlowCommand } from '@minipilot/kernel/flow.js';
import { addDays, addMilliseconds, atLocalTime, localDate, weekday, type Instant } from '@minipilot/kernel/time.js';
import type { CallContent } from '../call/events.js';
import { scorebookId, scorebookStream, scoringStream } from '../streams.js';
import { CLOSE_DELAY_MS } from './closing.js';

interface SelectingState {
  call: string;
  members: readonly string[];
  closesAt: Instant;
  booksClosed: readonly string[];
  /** rolling calls: when rounds are put together */
  round: { weekday: number; time: string; zone: string; until: Instant } | null;
}

/** The first such weekday and time after an instant. */
export function nextRound(after: Instant, round: { weekday: number; time: string; zone: string }): Instant {
  const today = localDate(after, round.zone);
  const first = addDays(today, (round.weekday - weekday(today) + 7) % 7);
  const at = atLocalTime(first, round.time, round.zone);
  return at > after ? at : atLocalTime(addDays(first, 7), round.time, round.zone);
}

/** Closes the members' books and opens their cards, computes the proposal; in a rolling call puts a round together every week. */
export const selecting: Flow<SelectingState> = {
  name: 'selecting',
  handles: [
    'call.announced',
    'call.deadline-extended',
    'call.cancelled',
    'scoring.started',
    'scoring.extended',
    'scorebook.book-closed',
    'scoring.cards-opened',
    'scoring.opened',
    'scoring.proposed',
  ],
  subject(event) {
    if (event.type === 'scorebook.book-closed') return event.data['call'] as string;
    return parseStream(event.stream).key!;
  },
  initial: { call: '', members: [], closesAt: '', booksClosed: [], round: null },

  evolve(state, input) {
    if (input.kind === 'timer') return state;
    const { type, data, stream } = input.event;
    switch (type) {
      case 'call.announced': {
        const { rules, closesAt } = data['content'] as CallContent;
        if (rules.method !== 'rolling') return state;
        const { weekday, time } = rules.round ?? { weekday: 5, time: '09:00' };
        return { ...state, call: parseStream(stream).key!, round: { weekday, time, zone: data['timeZone'] as string, until: closesAt } };
      }
      case 'call.deadline-extended':
        return state.round === null ? state : { ...state, round: { ...state.round, until: data['closesAt'] as Instant } };
      case 'scoring.started':
        return { ...state, call: data['call'] as string, members: data['members'] as string[], closesAt: data['closesAt'] as Instant };
      case 'scoring.extended':
        return { ...state, closesAt: data['closesAt'] as Instant };
      case 'scorebook.book-closed':
        return { ...state, booksClosed: [...state.booksClosed, data['member'] as string] };
      default:
        return state;
    }
  },

  react(state, input, tenant) {
    const stream = scoringStream(tenant, state.call);
    const toScoring = (command: Record<string, unknown> & { type: string }): FlowCommand => ({
      aggregate: 'scoring',
      stream,
      command: { call: state.call, ...command },
    });
    const closeBook = (member: string): FlowCommand => ({
      aggregate: 'scorebook',
      stream: scorebookStream(tenant, scorebookId(state.call, member)),
      command: { type: 'CloseBook', call: state.call, member, effectiveAt: state.closesAt },
    });

    if (input.kind === 'timer') {
      if (input.timer === 'close') return { commands: state.members.map(closeBook) };
      const round = state.round!;
      const goesOn = input.due < round.until;
      return {
        commands: [toScoring({ type: 'ProposeRound', effectiveAt: input.due })],
        timers: goesOn ? [{ timer: 'round', due: nextRound(input.due, round) }] : [],
      };
    }
    const { type, data } = input.event;
    switch (type) {
      case 'call.announced':
        if (state.round === null) return {};
        return { timers: [{ timer: 'round', due: nextRound((data['content'] as CallContent).opensAt, state.round) }] };
      case 'call.cancelled':
        return state.round === null ? {} : { timers: [{ timer: 'round', due: null }] };
      case 'scoring.started':
      case 'scoring.extended':
        return { timers: [{ timer: 'close', due: addMilliseconds(state.closesAt, CLOSE_DELAY_MS) }] };
      case 'scorebook.book-closed':
        if (!state.members.every((m) => state.booksClosed.includes(m))) return {};
        return { commands: [toScoring({ type: 'OpenCards', page: 0, effectiveAt: state.closesAt })] };
      case 'scoring.cards-opened':
        return { commands: [toScoring({ type: 'OpenCards', page: (data['page'] as number) + 1, effectiveAt: state.closesAt })] };
      case 'scoring.opened':
        if (state.members.length === 0) return {};
        return { commands: [toScoring({ type: 'ComputeProposal', page: 0 })] };
      case 'scoring.proposed':
        // without a committee it is the residents' vote that selects, and the tallying flow that asks for pages
        return data['last'] === true || state.members.length === 0
          ? {}
          : { commands: [toScoring({ type: 'ComputeProposal', page: (data['page'] as number) + 1 })] };
      default:
        return {};
    }
  },
};
