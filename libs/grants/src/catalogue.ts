import { Catalogue } from '@minipilot/kernel/event.js';
import { flowReacted } from '@minipilot/kernel/flow.js';
import { appealEvents } from './appeal/events.js';
import { batchEvents } from './batch/events.js';
import { callEvents } from './call/events.js';
import { ledgerEvents } from './ledger/events.js';
import { messagesEvents } from './messages/events.js';
import { personEvents } from './person/events.js';
import { pilotEvents } from './pilot/events.js';
import { policyEvents } from './policy/events.js';
import { scorebookEvents } from './scorebook/events.js';
import { scoringEvents } from './scoring/events.js';
import { serviceEvents } from './service/events.js';
import { tallyEvents } from './tally/events.js';
import { voteEvents } from './vote/events.js';

/** Every event type of the product. */
export const catalogue = new Catalogue([
  ...policyEvents,
  ...personEvents,
  ...callEvents,
  ...pilotEvents,
  ...scorebookEvents,
  ...scoringEvents,
  ...voteEvents,
  ...tallyEvents,
  ...appealEvents,
  ...ledgerEvents,
  ...batchEvents,
  ...serviceEvents,
  ...messagesEvents,
  flowReacted,
]);
