import { uuid5 } from '@minipilot/kernel/ids.js';
import { streamName } from '@minipilot/kernel/decider.js';

/** Names of streams: a storage format. Each is `<tenant>.<category>[-<key>]`. */
export const policyStream = (tenant: string) => streamName(tenant, 'policy');
export const personStream = (tenant: string, subject: string) => streamName(tenant, 'person', subject);
export const callStream = (tenant: string, call: string) => streamName(tenant, 'call', call);
export const pilotStream = (tenant: string, pilot: string) => streamName(tenant, 'pilot', pilot);
export const scorebookStream = (tenant: string, book: string) => streamName(tenant, 'scorebook', book);
export const scoringStream = (tenant: string, call: string) => streamName(tenant, 'scoring', call);
export const voteStream = (tenant: string, vote: string) => streamName(tenant, 'vote', vote);
export const tallyStream = (tenant: string, call: string) => streamName(tenant, 'tally', call);
export const ledgerStream = (tenant: string, call: string) => streamName(tenant, 'ledger', call);
export const batchStream = (tenant: string, batch: string) => streamName(tenant, 'batch', batch);
/** What was told to the people of a pilot. */
export const messagesStream = (tenant: string, pilot: string) => streamName(tenant, 'messages', pilot);
export const appealStream = (tenant: string, appeal: string) => streamName(tenant, 'appeal', appeal);
export const serviceStream = (tenant: string, service: string) => streamName(tenant, 'service', service);

/** One pilot per applicant, call and slot; applying again after a withdrawal continues the withdrawn stream. */
export const pilotId = (call: string, subject: string, slot: number) => uuid5('pilot', call, subject, String(slot));
export const scorebookId = (call: string, member: string) => uuid5('scorebook', call, member);

/** All ballots of one voter in one call. */
export const voteId = (call: string, voter: string) => uuid5('vote', call, voter);
