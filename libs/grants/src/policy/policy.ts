import { reject, type Aggregate, type FactSources, type Rejected } from '@minipilot/kernel/decider.js';
import { policyStream } from '../streams.js';
import type { Policy, PolicyEvent } from './events.js';

export type PolicyCommand = { type: 'SetPolicy'; policy: Policy };
export type PolicyState = Policy | null;

/** Defaults of Finnish law and custom. A municipality changes them by events, never by a release. */
export const defaultPolicy: Omit<Policy, 'municipality' | 'districts' | 'holidays'> = {
  languages: ['fi', 'sv', 'en'],
  timeZone: 'Europe/Helsinki',
  currency: 'EUR',
  leadDays: { ranked: 14, rolling: 7 },
  noticeDays: { electronic: 3, letter: 7, publication: 7 },
  appealDays: 14,
  appealClosesAt: '16:15',
  courtDays: 30,
  acceptDays: 30,
  recipientChangeDays: 14,
  ownerAnswerDays: 60,
  decideWorkingDays: 10,
  planChangeWorkingDays: 5,
  reportReminderDays: [14, 3],
  reportEscalateDays: 14,
  returnFloorCents: 2000,
  returnDays: 14,
  draftDays: 90,
  completionDays: 7,
  completionReminderDays: 2,
  retentionYears: 10,
};

function knownZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

export const policy: Aggregate<PolicyCommand, PolicyState, PolicyEvent, null> = {
  category: 'policy',
  initial: null,
  evolve: (_state, event) => event.data.policy,
  facts: () => Promise.resolve(null),
  decide(command, state): PolicyEvent[] | Rejected {
    const { policy: next } = command;
    if (!knownZone(next.timeZone)) return reject('unknown-time-zone', { timeZone: next.timeZone }, '/timeZone');
    if (next.districts.length === 0) return reject('no-districts', {}, '/districts');
    if (state !== null && JSON.stringify(state) === JSON.stringify(next)) return [];
    return [{ type: 'policy.set', data: { policy: next } }];
  },
};

/** The policy in force. Throws where the municipality has none: it must be set before anything else. */
export async function policyOf(sources: FactSources): Promise<Policy> {
  const found = await sources.fold(policy, policyStream(sources.tenant));
  if (found === null) throw new Error(`tenant ${sources.tenant} has no policy`);
  return found;
}
