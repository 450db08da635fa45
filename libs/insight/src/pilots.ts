import type { Projection } from '@minipilot/kernel/projection.js';
import type { Recorded } from '@minipilot/kernel/event.js';
import type { CallEvent } from '@minipilot/grants/call/events.js';
import type { PilotEvent } from '@minipilot/grants/pilot/events.js';
import type { ScoringEvent } from '@minipilot/grants/scoring/events.js';
import { finalOf, follow, isAppealed, noFinality, tellsFinality, type Finality } from './finality.js';
import { existing, handle, seen, streamKey, type Seen } from './rows.js';
import { page, parsed, viewOf, type Db, type Keyed, type Page, type Paged } from './query.js';
import { pilotColumns, type PilotRow, type PilotState } from './pilot-row.js';

export { PILOT_STATES, type PilotRow, type PilotState } from './pilot-row.js';

type Submitted = Seen<Extract<PilotEvent, { type: 'pilot.submitted' }>>;
type Plain = Pick<Submitted['data'], 'kind' | 'district' | 'askedCents' | 'involves' | 'economic' | 'language' | 'reach'> &
  Pick<Submitted['data'], 'businessId' | 'recipientNamed' | 'confirmed' | 'duplicate'>;

const plain = (data: Plain) => ({
  kind: data.kind,
  district: data.district,
  askedCents: data.askedCents,
  involves: JSON.stringify(data.involves),
  economic: data.economic === null ? 0 : 1,
  language: data.language,
  reach: data.reach,
  businessId: data.businessId,
  recipientNamed: data.recipientNamed ? 1 : 0,
  confirmed: data.confirmed ? 1 : 0,
  duplicate: data.duplicate,
});

/** A check of what has changed since says nothing any more. */
const unchecked = { suggestion: null, checkCodes: null, checkedAt: null };
const nothingAsked = { completionCodes: null, completionOpen: null, completionAskedAt: null, completionBy: null, completion: null };

/** Also when a withdrawn application is made again: it begins anew. */
const submitted = (e: Submitted): PilotRow => ({
  ...(Object.fromEntries(Object.keys(pilotColumns).map((column) => [column, null])) as unknown as PilotRow),
  tenant: e.tenant,
  call: e.data.call,
  applicant: e.data.applicant,
  recipient: e.data.applicant,
  filedBy: e.data.filedBy,
  slot: e.data.slot,
  state: e.data.late ? 'late' : 'submitted',
  ...plain(e.data),
  channel: e.data.channel,
  helper: e.data.helper,
  arrivedAt: e.data.arrivedAt,
  late: e.data.late ? 1 : 0,
  admitted: 0,
  appealed: 0,
  cents: 0,
  paidCents: 0,
  overdue: 0,
  toReturnCents: 0,
  returnedCents: 0,
  contactEvent: handle(e, 'contact', null),
  proposalEvent: handle(e, 'proposal', null),
});

/** What the event says of when the decision is final. */
function withFinality(row: PilotRow, event: Recorded): PilotRow {
  if (!tellsFinality(event)) return row;
  const f = follow(row.finality === null ? noFinality : parsed<Finality>(row.finality), event);
  return { ...row, finality: JSON.stringify(f), finalFrom: finalOf(f), appealed: isAppealed(f) ? 1 : 0 };
}

function evolve(before: PilotRow | null, event: Recorded): PilotRow | null {
  const row = step(before, event);
  return row === null ? null : withFinality(row, event);
}

function step(before: PilotRow | null, event: Recorded): PilotRow | null {
  const e = seen<
    PilotEvent | Extract<CallEvent, { type: 'call.application-admitted' }> | Extract<ScoringEvent, { type: 'scoring.decided' }>
  >(event);
  if (e.type === 'pilot.submitted') return submitted(e);
  const row = existing(before, e);
  switch (e.type) {
    case 'call.application-admitted':
      return { ...row, admitted: 1, state: row.state === 'late' ? 'submitted' : row.state };
    case 'pilot.amended':
      return {
        ...row,
        ...plain(e.data),
        ...unchecked,
        ...nothingAsked,
        contactEvent: handle(e, 'contact', row.contactEvent),
        proposalEvent: handle(e, 'proposal', row.proposalEvent),
      };
    case 'pilot.completion-requested':
      return {
        ...row,
        ...unchecked,
        completionCodes: JSON.stringify(e.data.codes),
        completionOpen: JSON.stringify(e.data.fields),
        completionAskedAt: e.at,
        completionBy: e.data.answerBy,
        completion: 'asked',
      };
    case 'pilot.completed':
      return {
        ...row,
        ...plain(e.data),
        ...unchecked,
        completionOpen: JSON.stringify(e.data.open),
        completion: e.data.open.length === 0 ? 'completed' : row.completion,
        contactEvent: handle(e, 'contact', row.contactEvent),
      };
    case 'pilot.not-completed':
      return { ...row, completion: 'not-completed' };
    case 'pilot.withdrawn':
      return { ...row, state: 'withdrawn', withdrawnAt: e.data.withdrawnAt };
    case 'pilot.checked':
      return { ...row, suggestion: e.data.suggestion, checkCodes: JSON.stringify(e.data.codes), checkedAt: e.at };
    case 'scoring.decided':
      return { ...row, waitingRank: e.data.waitingRank };
    case 'pilot.decided':
      return {
        ...row,
        state: e.data.result === 'late' ? 'left' : e.data.result,
        result: e.data.result,
        cents: e.data.cents,
        section: e.data.section,
        decidedOn: e.data.decidedOn,
        decidedAt: e.at,
        decisionEvent: e.data.decision,
        pay: e.data.pay,
        reportDueDays: e.data.reportDueDays,
        // another decision has its own notice and windows
        noticeOn: null,
        appealUntil: null,
        publishedOn: null,
        publicNoticeOn: null,
        publicAppealUntil: null,
        acceptBy: null,
      };
    case 'pilot.notified':
      return { ...row, noticeOn: e.data.noticeOn, appealUntil: e.data.appealUntil, acceptBy: e.data.acceptBy };
    case 'pilot.decision-published':
      return { ...row, publishedOn: e.data.publishedOn, publicNoticeOn: e.data.noticeOn, publicAppealUntil: e.data.appealUntil };
    case 'pilot.award-accepted':
      return { ...row, state: 'accepted', acceptedAt: e.data.acceptedAt, ibanEvent: handle(e, 'iban', row.ibanEvent) };
    case 'pilot.account-changed':
      return { ...row, state: row.state === 'payout-failed' ? 'accepted' : row.state, ibanEvent: handle(e, 'iban', row.ibanEvent) };
    case 'pilot.award-declined':
      return { ...row, state: 'declined' };
    case 'pilot.award-lapsed':
      return { ...row, state: 'lapsed' };
    case 'pilot.recipient-withdrew':
      return { ...row, state: 'recipient-withdrew', nameBy: e.data.nameBy, acceptedAt: null, ibanEvent: null };
    case 'pilot.recipient-changed':
      return {
        ...row,
        state: 'granted',
        recipient: e.data.recipient,
        nameBy: null,
        acceptBy: e.data.acceptBy,
        contactEvent: handle(e, 'contact', row.contactEvent),
      };
    case 'pilot.payout-requested':
      return { ...row, state: 'in-payment', instalment: e.data.instalment, attempt: e.data.attempt, requestedAt: e.at };
    case 'pilot.paid':
      return {
        ...row,
        state: 'paid',
        paidCents: row.paidCents + e.data.cents,
        paidOn: e.data.paidOn,
        paidAt: e.at,
        reportDue: e.data.reportDue,
      };
    case 'pilot.payout-failed': {
      const failed: PilotRow = { ...row, state: 'payout-failed', failedHow: e.data.how, failedCode: e.data.code, failedAt: e.at };
      if (e.data.how === 'rejected') return failed;
      // a returned payment had been settled before
      return { ...failed, paidCents: row.paidCents - e.data.cents, paidOn: null, paidAt: null, reportDue: null, overdue: 0 };
    }
    case 'pilot.report-overdue':
      return { ...row, overdue: 1 };
    case 'pilot.report-extended':
      return { ...row, reportDue: e.data.due, overdue: 0 };
    case 'pilot.reported':
      return {
        ...row,
        state: 'reported',
        reportedAt: e.data.reportedAt,
        outcome: e.data.outcome,
        participants: e.data.participants,
        usedCents: e.data.usedCents,
        unspentCents: e.data.unspentCents,
        goOn: e.data.goOn ? 1 : 0,
        reportEvent: handle(e, 'proposal', row.reportEvent),
      };
    case 'pilot.report-sent-back':
      return { ...row, state: 'sent-back' };
    case 'pilot.report-accepted':
      return {
        ...row,
        state: e.data.returnCents > row.returnedCents ? 'to-return' : 'completed',
        overdue: 0,
        reportAcceptedAt: e.at,
        toReturnCents: e.data.returnCents,
        returnDue: e.data.returnDue,
      };
    case 'pilot.money-returned': {
      const returnedCents = row.returnedCents + e.data.cents;
      const done = row.state === 'to-return' && returnedCents >= row.toReturnCents;
      return { ...row, returnedCents, state: done ? 'completed' : row.state };
    }
    case 'pilot.plan-changed':
      return { ...row, planChangedAt: e.at, planSilenceUntil: e.data.silenceUntil };
    case 'pilot.plan-refused':
      return { ...row, planSilenceUntil: null };
    case 'pilot.text-published':
      return { ...row, textPublishedAt: e.at };
    default:
      return row;
  }
}

/** Mini-pilots for the municipality's own people; personal parts are handles to sealed events. */
export const deskPilots: Projection<PilotRow> = {
  name: 'desk_pilots',
  version: 2,
  table: pilotColumns,
  indexes: [
    ['tenant', 'call', 'arrivedAt'],
    ['tenant', 'applicant'],
    ['tenant', 'recipient'],
    ['tenant', 'filedBy'],
    ['tenant', 'state', 'arrivedAt'],
  ],
  handles: [
    'pilot.submitted',
    'pilot.amended',
    'pilot.withdrawn',
    'pilot.checked',
    'pilot.completion-requested',
    'pilot.completed',
    'pilot.not-completed',
    'call.application-admitted',
    'scoring.decided',
    'pilot.decided',
    'pilot.notified',
    'pilot.decision-published',
    'pilot.appeal-opened',
    'pilot.appeal-settled',
    'pilot.award-accepted',
    'pilot.account-changed',
    'pilot.award-declined',
    'pilot.award-lapsed',
    'pilot.recipient-withdrew',
    'pilot.recipient-changed',
    'pilot.payout-requested',
    'pilot.paid',
    'pilot.payout-failed',
    'pilot.report-overdue',
    'pilot.report-extended',
    'pilot.reported',
    'pilot.report-sent-back',
    'pilot.report-accepted',
    'pilot.money-returned',
    'pilot.plan-changed',
    'pilot.plan-refused',
    'pilot.text-published',
  ],
  keys: (event) => (event.type.startsWith('pilot.') ? streamKey(event) : [event.data.application as string]),
  evolve,
};

export interface PilotFilter {
  call?: string;
  states?: readonly PilotState[];
  district?: string;
}

/** Applications and pilots in order of arrival. */
export function listPilots(db: Db, tenant: string, filter: PilotFilter, at: Page): Promise<Paged<Keyed<PilotRow>>> {
  let query = db.selectFrom(viewOf(deskPilots)).selectAll().where('tenant', '=', tenant);
  if (filter.call !== undefined) query = query.where('call', '=', filter.call);
  if (filter.states !== undefined) query = query.where('state', 'in', [...filter.states]);
  if (filter.district !== undefined) query = query.where('district', '=', filter.district);
  return page<PilotRow>(query, 'arrivedAt', 'asc', at);
}

/** What a person or organisation applied for, filed or answers for, the newest first. */
export function listPilotsOf(db: Db, tenant: string, subject: string, at: Page): Promise<Paged<Keyed<PilotRow>>> {
  const query = db
    .selectFrom(viewOf(deskPilots))
    .selectAll()
    .where('tenant', '=', tenant)
    .where((eb) => eb.or([eb('applicant', '=', subject), eb('recipient', '=', subject), eb('filedBy', '=', subject)]));
  return page<PilotRow>(query, 'arrivedAt', 'desc', at);
}
