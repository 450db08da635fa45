import { parseStream } from '@minipilot/kernel/decider.js';
import type { Flow, FlowCommand } from '@minipilot/kernel/flow.js';
import type { CallContent } from '../call/events.js';
import { ledgerStream } from '../streams.js';

/** Opens a call's ledger with its budget and appeal reserve, and adds money that is granted to the call later. */
export const funding: Flow<null> = {
  name: 'funding',
  handles: ['call.announced', 'call.budget-raised'],
  subject: (event) => parseStream(event.stream).key!,
  initial: null,
  evolve: () => null,
  react(_state, input, tenant) {
    if (input.kind === 'timer') return {};
    const { type, data, stream, id } = input.event;
    const call = parseStream(stream).key!;
    const toLedger = (command: FlowCommand['command']) => ({
      commands: [{ aggregate: 'ledger', stream: ledgerStream(tenant, call), command }],
    });
    if (type === 'call.budget-raised') return toLedger({ type: 'RaiseBudget', cents: data['byCents'], cause: id });
    const { budget, appealReserveCents } = data['content'] as CallContent;
    return toLedger({ type: 'Open', call, budgetCents: budget.cents, appealReserveCents, currency: data['currency'] });
  },
};
