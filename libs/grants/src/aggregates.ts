import type { Aggregate } from '@minipilot/kernel/decider.js';
import type { Flow } from '@minipilot/kernel/flow.js';
import { appeal } from './appeal/appeal.js';
import { batch } from './batch/batch.js';
import { call } from './call/call.js';
import { adopting } from './flows/adopting.js';
import { appealing } from './flows/appealing.js';
import { awarding } from './flows/awarding.js';
import { closing } from './flows/closing.js';
import { completing } from './flows/completing.js';
import { deciding } from './flows/deciding.js';
import { funding } from './flows/funding.js';
import { notifying } from './flows/notifying.js';
import { paying } from './flows/paying.js';
import { reporting } from './flows/reporting.js';
import { selecting } from './flows/selecting.js';
import { tallying } from './flows/tallying.js';
import { ledger } from './ledger/ledger.js';
import { messages } from './messages/messages.js';
import { person } from './person/person.js';
import { pilot } from './pilot/pilot.js';
import { policy } from './policy/policy.js';
import { scorebook } from './scorebook/scorebook.js';
import { scoring } from './scoring/scoring.js';
import { service } from './service/service.js';
import { tally } from './tally/tally.js';
import { vote } from './vote/vote.js';

/** Every kind of stream that decides. */
export const aggregates: readonly Aggregate<any, any, any, any>[] = [
  policy,
  person,
  call,
  pilot,
  scorebook,
  scoring,
  vote,
  tally,
  appeal,
  ledger,
  batch,
  service,
  messages,
];

/** Everything that goes on by itself. */
export const flows: readonly Flow<any>[] = [
  funding,
  closing,
  selecting,
  tallying,
  deciding,
  appealing,
  awarding,
  paying,
  reporting,
  adopting,
  completing,
  notifying,
];
