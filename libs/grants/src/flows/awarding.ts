import { parseStream } from '@minipilot/kernel/decider.js';
import type { Recorded } from '@minipilot/kernel/event.js';
import type { Flow, FlowCommand, FlowTimer } from '@minipilot/kernel/flow.js';
import { addDays, type Instant, type LocalDate } from '@minipilot/kernel/time.js';
import { ledgerStream, pilotStream, scoringStream } from '../streams.js';

interface AwardingState {
  call: string;
  pilot: string;
  pay: 'at-once' | 'when-final';
  status: 'none' | 'offered' | 'accepted' | 'gone' | 'failed';
  noticeUntil: LocalDate | null;
  publishedUntil: LocalDate | null;
  /** event of the award in the call's decisions */
  decision: string;
  /** open appeals with the decision that each is against */
  appeals: readonly { appeal: string; decision: string }[];
  /** from when the decided ones can no longer go to court */
  appealsFinal: LocalDate | null;
  /** last day to name another recipient, while one is missing */
  nameBy: LocalDate | null;
  /** how often the award was accepted, by one recipient after another */
  acceptances: number;
}

/** Noon UTC of a day: the same calendar day everywhere in Europe, so that a decider which asks for that day says yes. */
export const noon = (date: LocalDate): string => `${date}T12:00:00.000Z`;

/** Follows one award: money reserved, committed or released; lapsed when nobody accepts; payment requested when it may be paid. */
export const awarding: Flow<AwardingState> = {
  name: 'awarding',
  handles: [
    'pilot.decided',
    'pilot.notified',
    'pilot.decision-published',
    'pilot.appeal-opened',
    'pilot.appeal-settled',
    'pilot.award-accepted',
    'pilot.account-changed',
    'pilot.award-declined',
    'pilot.award-lapsed',
    'pilot.recipient-withdrew',
    'pilot.recipient-changed',
    'pilot.payout-failed',
    'pilot.money-returned',
  ],
  subject: (event) => (event.type === 'pilot.decided' && event.data['result'] !== 'granted' ? null : parseStream(event.stream).key!),
  initial: {
    call: '',
    pilot: '',
    pay: 'at-once',
    status: 'none',
    noticeUntil: null,
    publishedUntil: null,
    decision: '',
    appeals: [],
    appealsFinal: null,
    nameBy: null,
    acceptances: 0,
  },

  evolve(state, input) {
    if (input.kind === 'timer') return state;
    const { type, data, stream } = input.event;
    switch (type) {
      case 'pilot.decided':
        return {
          pilot: parseStream(stream).key!,
          call: data['call'] as string,
          pay: data['pay'] as AwardingState['pay'],
          status: 'offered',
          noticeUntil: null,
          publishedUntil: null,
          decision: data['decision'] as string,
          appeals: state.appeals.filter(({ decision }) => decision === data['decision']),
          appealsFinal: null,
          nameBy: null,
          acceptances: 0,
        };
      case 'pilot.notified':
        return { ...state, noticeUntil: data['appealUntil'] as LocalDate };
      case 'pilot.decision-published':
        return { ...state, publishedUntil: data['appealUntil'] as LocalDate };
      case 'pilot.appeal-opened':
        return { ...state, appeals: [...state.appeals, { appeal: data['appeal'] as string, decision: data['decision'] as string }] };
      case 'pilot.appeal-settled': {
        const days = [state.appealsFinal, data['finalFrom'] as LocalDate | null].filter((day) => day !== null).sort();
        return { ...state, appeals: state.appeals.filter(({ appeal }) => appeal !== data['appeal']), appealsFinal: days.at(-1) ?? null };
      }
      case 'pilot.award-accepted':
        return { ...state, status: 'accepted', acceptances: state.acceptances + 1 };
      case 'pilot.award-declined':
      case 'pilot.award-lapsed':
        return { ...state, status: 'gone' };
      case 'pilot.recipient-withdrew':
        return { ...state, status: 'offered', nameBy: data['nameBy'] as LocalDate };
      case 'pilot.recipient-changed':
        return { ...state, nameBy: null };
      case 'pilot.payout-failed':
        return { ...state, status: 'failed' };
      default:
        return state;
    }
  },

  react(state, input, tenant) {
    if (state.status === 'none') return {};
    const toPilot = (type: string, more: object = {}): FlowCommand => ({
      aggregate: 'pilot',
      stream: pilotStream(tenant, state.pilot),
      command: { type, call: state.call, ...more },
    });
    if (input.kind === 'timer')
      return { commands: [input.timer === 'lapse' ? toPilot('LapseAward', { effectiveAt: input.due }) : toPilot('RequestPayout')] };
    const { event } = input;
    const toLedger = (type: string, more: object = {}): FlowCommand => ({
      aggregate: 'ledger',
      stream: ledgerStream(tenant, state.call),
      command: { type, pilot: state.pilot, cause: event.id, ...more },
    });
    const lapse = (after: LocalDate | null): FlowTimer => ({ timer: 'lapse', due: after === null ? null : noon(addDays(after, 1)) });
    const pay = payment(state, event.at, () => toPilot('RequestPayout'));
    switch (event.type) {
      case 'pilot.decided':
        return {
          commands: [
            toLedger('Reserve', { cents: event.data['cents'], from: event.data['from'] === 'budget' ? 'available' : 'appeal-reserve' }),
          ],
        };
      case 'pilot.notified':
        return state.status === 'offered' ? { timers: [lapse(state.nameBy ?? (event.data['acceptBy'] as LocalDate | null))] } : pay;
      case 'pilot.decision-published':
        return state.status === 'accepted' ? pay : {};
      // money that waits for the decision to be final waits for the appeal too; money paid at once goes on
      case 'pilot.appeal-opened':
        return state.pay === 'when-final' ? { timers: [{ timer: 'pay', due: null }] } : {};
      case 'pilot.appeal-settled':
        return state.pay === 'when-final' ? pay : {};
      case 'pilot.award-accepted':
        // the money of an award stays committed while its recipient changes
        return {
          commands: [...(state.acceptances === 1 ? [toLedger('Commit')] : []), ...(pay.commands ?? [])],
          timers: [lapse(null), ...(pay.timers ?? [])],
        };
      case 'pilot.account-changed':
        // a payment that is due already is redirected, a failed one tried again; one that is not due yet is refused and comes by itself
        return { commands: [toPilot('RequestPayout')] };
      case 'pilot.award-declined':
      case 'pilot.award-lapsed':
        return { commands: freed(event, toLedger, tenant, state), timers: [lapse(null), { timer: 'pay', due: null }] };
      case 'pilot.recipient-withdrew':
        return { timers: [lapse(event.data['nameBy'] as LocalDate), { timer: 'pay', due: null }] };
      case 'pilot.recipient-changed':
        return { timers: [lapse(event.data['acceptBy'] as LocalDate)] };
      case 'pilot.money-returned': {
        const { cents, reference, on } = event.data;
        return { commands: [toLedger('Repay', { cents, reference, effectiveOn: on })] };
      }
      default:
        return {};
    }
  },
};

function payment(state: AwardingState, at: Instant, request: () => FlowCommand): { commands?: FlowCommand[]; timers?: FlowTimer[] } {
  if (state.status !== 'accepted') return {};
  if (state.pay === 'at-once') return { commands: [request()] };
  if (state.noticeUntil === null || state.publishedUntil === null) return {};
  if (state.appeals.some(({ decision }) => decision === state.decision)) return {};
  const last = state.noticeUntil > state.publishedUntil ? state.noticeUntil : state.publishedUntil;
  const due = noon([addDays(last, 1), state.appealsFinal ?? ''].sort().at(-1)!);
  // an instant falls due once, and a second recipient may accept after it
  return at >= due ? { commands: [request()] } : { timers: [{ timer: 'pay', due }] };
}

function freed(
  event: Recorded,
  toLedger: (type: string, more: object) => FlowCommand,
  tenant: string,
  { call, pilot }: AwardingState,
): FlowCommand[] {
  const reason = event.type === 'pilot.award-declined' ? 'declined' : 'lapsed';
  return [
    toLedger('Release', { reason }),
    { aggregate: 'scoring', stream: scoringStream(tenant, call), command: { type: 'FreePlace', call, application: pilot, why: reason } },
  ];
}
