import type { Flow, FlowCommand, Reaction } from '@minipilot/kernel/flow.js';
import { parseStream } from '@minipilot/kernel/decider.js';
import { addDays, type LocalDate } from '@minipilot/kernel/time.js';
import { batchId, MAX_ROWS, rowKey } from '../batch/batch.js';
import type { MoveReason, Row } from '../batch/events.js';
import { batchStream, ledgerStream, pilotStream } from '../streams.js';

/** Days after the release of a batch in which the bank is asked for replies; returns come late. */
const ASK_DAYS = 10;

type Account = Pick<Row, 'account' | 'accountEvent' | 'recipient'>;

interface PayingState {
  /** the batch that takes new rows */
  current: { day: LocalDate; number: number; rows: number; open: boolean } | null;
  /** rows of batches that are not yet done with, by key, and where they are */
  rows: Readonly<Record<string, Row & { batch: string }>>;
  /** the newest account of a row, which overtakes what a moved row says */
  accounts: Readonly<Record<string, Account>>;
  /** last day on which the bank is asked about a released batch */
  asked: Readonly<Record<string, LocalDate>>;
}

/** Early in the bank's working day, UTC. */
const morning = (day: LocalDate) => `${day}T08:00:00.000Z`;
const dayOf = (at: string): LocalDate => at.slice(0, 10);
const without = <T>(map: Readonly<Record<string, T>>, drop: (key: string, value: T) => boolean): Record<string, T> =>
  Object.fromEntries(Object.entries(map).filter(([k, v]) => !drop(k, v)));

/** Which batch the next row goes to. */
function nextBatch(state: PayingState, day: LocalDate): { day: LocalDate; number: number } {
  const { current } = state;
  if (current === null || current.day < day) {
    if (current?.open === true && current.rows < MAX_ROWS) return current;
    return { day, number: 1 };
  }
  return current.open && current.rows < MAX_ROWS ? current : { day: current.day, number: current.number + 1 };
}

/**
 * Gathers due payments of a municipality into batches, has names checked and approved batches handed to the bank, and carries the bank's
 * replies to pilots and ledgers. Commands to `bank` are errands outside: asking a name, handing over a file, fetching replies.
 */
export const paying: Flow<PayingState> = {
  name: 'paying',
  handles: [
    'pilot.payout-requested',
    'pilot.payout-redirected',
    'batch.opened',
    'batch.row-added',
    'batch.row-moved',
    'batch.account-changed',
    'batch.prepared',
    'batch.approved',
    'batch.released',
    'batch.row-settled',
    'batch.row-rejected',
    'batch.row-returned',
  ],
  subject: () => 'all',
  initial: { current: null, rows: {}, accounts: {}, asked: {} },

  evolve(state, input) {
    if (input.kind === 'timer') {
      const batch = input.timer.slice('replies '.length);
      if (dayOf(input.due) < (state.asked[batch] ?? '')) return state;
      return { ...state, rows: without(state.rows, (_, row) => row.batch === batch), asked: without(state.asked, (id) => id === batch) };
    }
    const { type, data, stream } = input.event;
    switch (type) {
      case 'pilot.payout-redirected': {
        const { account, accountEvent, recipient, instalment, attempt } = data as unknown as Row;
        return {
          ...state,
          accounts: { ...state.accounts, [rowKey(parseStream(stream).key!, instalment, attempt)]: { account, accountEvent, recipient } },
        };
      }
      case 'batch.opened':
        return { ...state, current: { day: data['day'] as LocalDate, number: data['number'] as number, rows: 0, open: true } };
      case 'batch.row-added': {
        const row = data['row'] as Row;
        const current = state.current === null ? null : { ...state.current, rows: state.current.rows + 1 };
        return { ...state, current, rows: { ...state.rows, [row.row]: { ...row, batch: data['batch'] as string } } };
      }
      case 'batch.row-moved': {
        const reason = data['reason'] as MoveReason;
        const current =
          state.current !== null && (reason === 'late' || reason === 'full') ? { ...state.current, open: false } : state.current;
        return { ...state, current, rows: without(state.rows, (key) => key === (data['row'] as Row).row) };
      }
      case 'batch.prepared':
      case 'batch.approved': {
        const { current } = state;
        const closes = current !== null && batchId(input.event.tenant, current.day, current.number) === data['batch'];
        return closes ? { ...state, current: { ...current, open: false } } : state;
      }
      case 'batch.released':
        return { ...state, asked: { ...state.asked, [data['batch'] as string]: addDays(dayOf(input.event.at), ASK_DAYS) } };
      case 'batch.row-settled':
        return { ...state, accounts: without(state.accounts, (key) => key === data['row']) };
      default:
        return state;
    }
  },

  react(state, input, tenant): Reaction {
    const toBatch = (batch: string, command: FlowCommand['command']): FlowCommand => ({
      aggregate: 'batch',
      stream: batchStream(tenant, batch),
      command,
    });
    const errand = (batch: string, command: FlowCommand['command']): FlowCommand => ({
      aggregate: 'bank',
      stream: batchStream(tenant, batch),
      command,
    });

    if (input.kind === 'timer') {
      const batch = input.timer.slice('replies '.length);
      const again = batch in state.asked ? [{ timer: input.timer, due: morning(addDays(dayOf(input.due), 1)) }] : [];
      return { commands: [errand(batch, { type: 'FetchReplies' })], timers: again };
    }
    const { type, data, stream, at, id } = input.event;
    const add = (row: Omit<Row, 'row'>): FlowCommand => {
      const next = nextBatch(state, dayOf(at));
      return toBatch(batchId(tenant, next.day, next.number), { type: 'AddRow', day: next.day, number: next.number, ...row });
    };
    const batch = data['batch'] as string;
    switch (type) {
      case 'pilot.payout-requested': {
        const { call, instalment, attempt, cents, account, accountEvent, recipient } = data as unknown as Row;
        return { commands: [add({ call, pilot: parseStream(stream).key!, instalment, attempt, cents, account, accountEvent, recipient })] };
      }
      case 'pilot.payout-redirected': {
        const key = rowKey(parseStream(stream).key!, data['instalment'] as number, data['attempt'] as number);
        const row = state.rows[key];
        return row === undefined ? {} : { commands: [toBatch(row.batch, { type: 'ChangeAccount', row: key, ...state.accounts[key] })] };
      }
      case 'batch.row-added': {
        const row = data['row'] as Row;
        const newest = state.accounts[row.row];
        const change = newest !== undefined && newest.accountEvent !== row.accountEvent;
        return {
          commands: [
            change
              ? toBatch(batch, { type: 'ChangeAccount', row: row.row, ...newest })
              : errand(batch, { type: 'CheckName', row: row.row }),
          ],
        };
      }
      case 'batch.account-changed':
        return { commands: [errand(batch, { type: 'CheckName', row: data['row'] })] };
      case 'batch.row-moved': {
        if (data['reason'] === 'withdrawn') return {};
        const { row, ...content } = data['row'] as Row;
        return { commands: [add({ ...content, ...state.accounts[row], movedFrom: batch })] };
      }
      case 'batch.approved':
        return { commands: [errand(batch, { type: 'ReleaseBatch', cause: id })] };
      case 'batch.released':
        return {
          commands: [errand(batch, { type: 'HandOver' })],
          timers: [{ timer: `replies ${batch}`, due: morning(addDays(dayOf(at), 1)) }],
        };
      case 'batch.row-settled':
      case 'batch.row-rejected':
      case 'batch.row-returned':
        return { commands: reply(state, type, data, tenant, id) };
      default:
        return {};
    }
  },
};

/** What the bank said of a row, to the pilot and to the ledger of its call. */
function reply(state: PayingState, type: string, data: Record<string, unknown>, tenant: string, cause: string): FlowCommand[] {
  const row = state.rows[data['row'] as string];
  if (row === undefined) return [];
  const { call, pilot, instalment, attempt, cents, batch } = row;
  const payment = { pilot, instalment, attempt, cents, batch };
  const { reference, code, on } = data as Record<string, string>;
  const toLedger = (command: FlowCommand['command']): FlowCommand => ({ aggregate: 'ledger', stream: ledgerStream(tenant, call), command });
  const toPilot = (command: FlowCommand['command']): FlowCommand => ({ aggregate: 'pilot', stream: pilotStream(tenant, pilot), command });
  const { pilot: _, ...ofPilot } = payment;
  if (type === 'batch.row-settled')
    return [
      toLedger({ type: 'Settle', ...payment, reference, effectiveOn: on, cause }),
      toPilot({ type: 'RecordPaid', call, ...ofPilot, reference, paidOn: on }),
    ];
  const returned = type === 'batch.row-returned';
  return [
    toLedger({ type: returned ? 'BankReturn' : 'Reject', ...payment, effectiveOn: on, cause }),
    toPilot({ type: 'RecordPayoutFailed', call, ...ofPilot, how: returned ? 'returned' : 'rejected', code, on }),
  ];
}
