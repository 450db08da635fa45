import { parseStream } from '@minipilot/kernel/decider.js';
import type { Recorded } from '@minipilot/kernel/event.js';
import type { Flow, FlowCommand } from '@minipilot/kernel/flow.js';
import { messageIdOf, type About } from '../messages/messages.js';
import { messagesStream } from '../streams.js';

/** What is told to whom. A row for each message: the event that it tells of, its kind, its addressee, and when not always. */
interface Telling {
  of: string;
  kind: string;
  to: About['addressee'];
  when?: (data: Record<string, unknown>) => boolean;
}

export const TELLINGS: readonly Telling[] = [
  { of: 'pilot.submitted', kind: 'receipt', to: 'applicant' },
  { of: 'pilot.completion-requested', kind: 'completion-request', to: 'applicant' },
  { of: 'pilot.completion-reminded', kind: 'completion-reminder', to: 'applicant' },
  { of: 'pilot.completed', kind: 'completion-received', to: 'applicant' },
  { of: 'pilot.not-completed', kind: 'not-completed', to: 'applicant' },
  { of: 'pilot.notified', kind: 'decision', to: 'applicant', when: ({ channel }) => channel === 'electronic' },
  { of: 'pilot.award-accepted', kind: 'award-accepted', to: 'recipient' },
  { of: 'pilot.award-lapsed', kind: 'award-lapsed', to: 'applicant' },
  // whoever changes an account may not be who should: who was reached before hears of it too
  { of: 'pilot.account-changed', kind: 'account-changed', to: 'recipient' },
  { of: 'pilot.account-changed', kind: 'account-changed', to: 'earlier' },
  { of: 'pilot.recipient-withdrew', kind: 'recipient-withdrew', to: 'applicant' },
  { of: 'pilot.recipient-changed', kind: 'recipient-changed', to: 'recipient' },
  { of: 'pilot.recipient-changed', kind: 'recipient-changed', to: 'earlier' },
  { of: 'pilot.paid', kind: 'paid', to: 'recipient' },
  { of: 'pilot.payout-failed', kind: 'payout-failed', to: 'recipient' },
  { of: 'pilot.report-reminded', kind: 'report-reminder', to: 'applicant' },
  { of: 'pilot.report-overdue', kind: 'report-overdue', to: 'applicant' },
  { of: 'pilot.report-extended', kind: 'report-extended', to: 'applicant' },
  { of: 'pilot.report-sent-back', kind: 'report-sent-back', to: 'applicant' },
  { of: 'pilot.report-accepted', kind: 'report-accepted', to: 'applicant' },
  { of: 'pilot.plan-refused', kind: 'plan-refused', to: 'applicant' },
];

type Pending = Pick<About, 'message' | 'kind' | 'cause' | 'addressee'>;

interface NotifyingState {
  pilot: string;
  /** messages that are to be tried again */
  deferred: Readonly<Record<string, Pending>>;
}

const AGAIN = 'again ';

/** Has people told of what happened to their application: each message once, again only where it did not get through. */
export const notifying: Flow<NotifyingState> = {
  name: 'notifying',
  handles: [...new Set(TELLINGS.map(({ of }) => of)), 'messages.deferred'],
  subject: (event) => parseStream(event.stream).key!,
  initial: { pilot: '', deferred: {} },

  evolve(state, input) {
    if (input.kind === 'timer' || input.event.type !== 'messages.deferred') return state;
    const { message, kind, cause, addressee } = input.event.data as unknown as Pending;
    return {
      pilot: parseStream(input.event.stream).key!,
      deferred: { ...state.deferred, [message]: { message, kind, cause, addressee } },
    };
  },

  react(state, input, tenant) {
    if (input.kind === 'timer') {
      const pending = state.deferred[input.timer.slice(AGAIN.length)]!;
      return { commands: [send(messagesStream(tenant, state.pilot), pending)] };
    }
    const { event } = input;
    if (event.type === 'messages.deferred') {
      const { message, until } = event.data as { message: string; until: string };
      return { timers: [{ timer: `${AGAIN}${message}`, due: until }] };
    }
    const stream = messagesStream(tenant, parseStream(event.stream).key!);
    const commands = TELLINGS.filter(({ of, when }) => of === event.type && (when?.(event.data) ?? true)).map(({ kind, to }) =>
      send(stream, { message: messageIdOf(event.id, kind, to), kind, cause: event.id, addressee: to }),
    );
    if (event.type === 'pilot.notified' && event.data['channel'] === 'letter') commands.push(posted(event, stream));
    return { commands };
  },
};

const send = (stream: string, pending: Pending): FlowCommand => ({
  aggregate: 'mail',
  stream,
  command: { type: 'SendMessage', ...pending },
});

/** The officer posted the decision and said so; it is on record with all else that was told. */
function posted({ id, data }: Recorded, stream: string): FlowCommand {
  const { sentOn, document } = data as { sentOn: string; document: { digest: string } | null };
  const command = {
    type: 'RecordDecisionPosted',
    message: messageIdOf(id, 'decision', 'applicant'),
    digest: document?.digest ?? null,
    on: sentOn,
  };
  return { aggregate: 'messages', stream, command };
}
