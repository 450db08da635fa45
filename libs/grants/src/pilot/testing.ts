import { CALL, POLICY, announced, id, told } from '../testing.js';
import { pilot, type PilotCommand, type PilotFacts } from './pilot.js';

export type Of<T extends PilotCommand['type']> = Extract<PilotCommand, { type: T }>;
export const [AUNE, SANNA, OFFICER, BATCH] = [id('Aune'), id('Sanna'), id('officer'), id('batch')];
export const facts: PilotFacts = { policy: POLICY, call: announced() };
export const DAY = '2027-10-12T08:00:00.000Z';
export const past = told(pilot, facts, DAY, AUNE);
export const whenFinal = told(pilot, { ...facts, call: announced({ pay: 'when-final' }) }, DAY, AUNE);

export const submit = (change: Partial<Of<'SubmitApplication'>> = {}): PilotCommand => ({
  type: 'SubmitApplication',
  call: CALL,
  applicant: AUNE,
  slot: 0,
  arrivedAt: '2027-09-10T08:00:00.000Z',
  channel: 'online',
  helper: null,
  filedBy: AUNE,
  kind: 'resident',
  district: 'Jukola',
  askedCents: 50_000,
  involves: [],
  economic: null,
  language: 'fi',
  reach: 'electronic',
  ...change,
});
export const decided = (change: Partial<Of<'RecordDecision'>> = {}): PilotCommand => ({
  type: 'RecordDecision',
  call: CALL,
  result: 'granted',
  cents: 50_000,
  from: 'budget',
  decision: id('decision'),
  section: '§ 3',
  decidedOn: '2027-10-08',
  decider: id('decider'),
  deMinimis: null,
  ...change,
});
export const window = { noticeOn: '2027-10-11', appealUntil: '2027-10-25' };
export const notice: PilotCommand = { type: 'RecordNotice', call: CALL, channel: 'electronic', sentOn: '2027-10-08', ...window };
export const published: PilotCommand = {
  type: 'RecordPublication',
  call: CALL,
  publishedOn: '2027-10-08',
  noticeOn: '2027-10-15',
  appealUntil: '2027-10-29',
};
export const bare = <T extends PilotCommand['type']>(type: T) => ({ type, call: CALL }) as unknown as PilotCommand;
export const accept = bare('AcceptAward');
export const decline = bare('DeclineAward');
export const stepBack = bare('WithdrawRecipient');
export const request = bare('RequestPayout');
export const retry = bare('RetryPayout');
export const lapse: PilotCommand = { type: 'LapseAward', call: CALL, effectiveAt: '2027-11-11T12:00:00.000Z' };
export const changeTo = (recipient: string): PilotCommand => ({ type: 'ChangeRecipient', call: CALL, recipient });
export const otherAccount: PilotCommand = { type: 'ChangeAccount', call: CALL, channel: 'desk' };
export const paid = (attempt = 1, change: Partial<Of<'RecordPaid'>> = {}): PilotCommand => ({
  type: 'RecordPaid',
  call: CALL,
  instalment: 1,
  attempt,
  cents: 50_000,
  batch: BATCH,
  reference: 'E1',
  paidOn: '2027-10-13',
  ...change,
});
export const failed = (attempt = 1, how: 'rejected' | 'returned' = 'rejected'): PilotCommand => ({
  type: 'RecordPayoutFailed',
  call: CALL,
  instalment: 1,
  attempt,
  cents: 50_000,
  batch: BATCH,
  how,
  code: 'AC04',
  on: '2027-10-13',
});
export const offered = [submit(), decided(), notice] as const;
export const due = [...offered, accept, request] as const;
