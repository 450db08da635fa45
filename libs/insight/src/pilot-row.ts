import type { ColumnType } from '@minipilot/kernel/projection.js';

export const PILOT_STATES = [
  'submitted',
  'withdrawn',
  'late',
  // decided
  'granted',
  'waiting',
  'refused',
  'ineligible',
  /** late, left unexamined in the decision */
  'left',
  // the award
  'accepted',
  'declined',
  'lapsed',
  /** the recipient stepped back; another may be named until `nameBy` */
  'recipient-withdrew',
  'in-payment',
  'payout-failed',
  'paid',
  // the report
  'reported',
  'sent-back',
  'to-return',
  'completed',
] as const;
export type PilotState = (typeof PILOT_STATES)[number];

/** One mini-pilot from its application to its accepted report. Days are the municipality's, instants end in `At`, money is cents. */
export type PilotRow = {
  tenant: string;
  call: string;
  applicant: string;
  recipient: string;
  /** the person who filed it: for a resident the applicant, for an organisation one of its people */
  filedBy: string;
  slot: number;
  state: PilotState;
  kind: string;
  district: string;
  askedCents: number;
  /** JSON list */
  involves: string;
  economic: number;
  language: string;
  reach: string;
  channel: string;
  helper: string | null;
  arrivedAt: string;
  late: number;
  /** admitted to a closed call, late or missing from its list */
  admitted: number;
  withdrawnAt: string | null;
  /** Y-tunnus as given, and what else of the form may be missing */
  businessId: string;
  recipientNamed: number;
  confirmed: number;
  duplicate: string;
  /** JSON lists: why the applicant was asked to complete it, and what is still missing */
  completionCodes: string | null;
  completionOpen: string | null;
  completionAskedAt: string | null;
  /** last day to complete it */
  completionBy: string | null;
  completion: 'asked' | 'completed' | 'not-completed' | null;
  suggestion: string | null;
  /** JSON list of reason codes */
  checkCodes: string | null;
  checkedAt: string | null;
  result: string | null;
  cents: number;
  section: string | null;
  decidedOn: string | null;
  decidedAt: string | null;
  /** event that holds the decision with its reasons, in the call's scoring stream */
  decisionEvent: string | null;
  waitingRank: number | null;
  pay: string | null;
  reportDueDays: number | null;
  noticeOn: string | null;
  appealUntil: string | null;
  publishedOn: string | null;
  publicNoticeOn: string | null;
  publicAppealUntil: string | null;
  /** an appeal against the decision is open */
  appealed: number;
  /** first day on which nobody can challenge the decision; null until all have been told and while an appeal is open */
  finalFrom: string | null;
  /** JSON of what tells so */
  finality: string | null;
  /** last day to accept the award */
  acceptBy: string | null;
  acceptedAt: string | null;
  nameBy: string | null;
  instalment: number | null;
  attempt: number | null;
  requestedAt: string | null;
  failedHow: string | null;
  failedCode: string | null;
  failedAt: string | null;
  paidCents: number;
  paidOn: string | null;
  paidAt: string | null;
  reportDue: string | null;
  overdue: number;
  reportedAt: string | null;
  outcome: string | null;
  participants: number | null;
  usedCents: number | null;
  unspentCents: number | null;
  goOn: number | null;
  reportAcceptedAt: string | null;
  toReturnCents: number;
  returnDue: string | null;
  returnedCents: number;
  planChangedAt: string | null;
  planSilenceUntil: string | null;
  textPublishedAt: string | null;
  /** newest event of the pilot's stream that holds the sealed part */
  contactEvent: string | null;
  proposalEvent: string | null;
  ibanEvent: string | null;
  reportEvent: string | null;
};

/** Its columns. */
export const pilotColumns: Readonly<Record<keyof PilotRow, ColumnType>> = {
  tenant: 'text',
  call: 'text',
  applicant: 'text',
  recipient: 'text',
  filedBy: 'text',
  slot: 'integer',
  state: 'text',
  kind: 'text',
  district: 'text',
  askedCents: 'integer',
  involves: 'text',
  economic: 'integer',
  language: 'text',
  reach: 'text',
  channel: 'text',
  helper: 'text',
  arrivedAt: 'text',
  late: 'integer',
  admitted: 'integer',
  withdrawnAt: 'text',
  businessId: 'text',
  recipientNamed: 'integer',
  confirmed: 'integer',
  duplicate: 'text',
  completionCodes: 'text',
  completionOpen: 'text',
  completionAskedAt: 'text',
  completionBy: 'text',
  completion: 'text',
  suggestion: 'text',
  checkCodes: 'text',
  checkedAt: 'text',
  result: 'text',
  cents: 'integer',
  section: 'text',
  decidedOn: 'text',
  decidedAt: 'text',
  decisionEvent: 'text',
  waitingRank: 'integer',
  pay: 'text',
  reportDueDays: 'integer',
  noticeOn: 'text',
  appealUntil: 'text',
  publishedOn: 'text',
  publicNoticeOn: 'text',
  publicAppealUntil: 'text',
  appealed: 'integer',
  finalFrom: 'text',
  finality: 'text',
  acceptBy: 'text',
  acceptedAt: 'text',
  nameBy: 'text',
  instalment: 'integer',
  attempt: 'integer',
  requestedAt: 'text',
  failedHow: 'text',
  failedCode: 'text',
  failedAt: 'text',
  paidCents: 'integer',
  paidOn: 'text',
  paidAt: 'text',
  reportDue: 'text',
  overdue: 'integer',
  reportedAt: 'text',
  outcome: 'text',
  participants: 'integer',
  usedCents: 'integer',
  unspentCents: 'integer',
  goOn: 'integer',
  reportAcceptedAt: 'text',
  toReturnCents: 'integer',
  returnDue: 'text',
  returnedCents: 'integer',
  planChangedAt: 'text',
  planSilenceUntil: 'text',
  textPublishedAt: 'text',
  contactEvent: 'text',
  proposalEvent: 'text',
  ibanEvent: 'text',
  reportEvent: 'text',
};
