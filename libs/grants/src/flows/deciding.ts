import { parseStream } from '@minipilot/kernel/decider.js';
import type { Flow, FlowCommand } from '@minipilot/kernel/flow.js';
import type { Document } from '../pilot/events.js';
import { pilotStream } from '../streams.js';

type Issued = { application: string } & Document;

/** Copies each decision, notice and publication from the call's scoring stream to the pilots that it concerns. */
export const deciding: Flow<null> = {
  name: 'deciding',
  handles: ['scoring.decided', 'scoring.notice-sent', 'scoring.published'],
  subject: (event) => parseStream(event.stream).key!,
  initial: null,
  evolve: () => null,

  react(_state, input, tenant) {
    if (input.kind === 'timer') return {};
    const { type, data, stream, id, actor } = input.event;
    const call = parseStream(stream).key!;
    const toPilot = (pilot: string, command: { type: string } & Record<string, unknown>): FlowCommand => ({
      aggregate: 'pilot',
      stream: pilotStream(tenant, pilot),
      command: { call, ...command },
    });
    if (type === 'scoring.decided') {
      const { application, result, cents, from, section, decidedOn, deMinimis } = data as Record<string, never>;
      const decider = (data['appeal'] as { decider: string } | null)?.decider ?? actor;
      const decision = { type: 'RecordDecision', result, cents, from, decision: id, section, decidedOn, decider, deMinimis };
      return { commands: [toPilot(application, decision)] };
    }
    const { applications, documents, ...window } = data as { applications: string[]; documents: Issued[] } & Record<string, unknown>;
    if (type === 'scoring.published')
      return { commands: applications.map((pilot) => toPilot(pilot, { type: 'RecordPublication', ...window })) };
    const commands = applications.map((pilot) => {
      const { application: _, ...document } = documents.find(({ application }) => application === pilot) ?? { application: '' };
      return toPilot(pilot, { type: 'RecordNotice', ...window, document: 'digest' in document ? document : null });
    });
    return { commands };
  },
};
