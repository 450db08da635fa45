import type { Instant } from '@minipilot/kernel/time.js';
import type { Projection } from '@minipilot/kernel/projection.js';
import type { Recorded } from '@minipilot/kernel/event.js';
import type { PilotEvent } from '@minipilot/grants/pilot/events.js';
import { FINALITY_EVENTS, finalOf, follow, noFinality, tellsFinality, type Finality } from './finality.js';
import { existing, seen, streamKey } from './rows.js';
import { page, parsed, viewOf, type Db, type Keyed, type Page, type Paged } from './query.js';

export type PublicPilotState = 'granted' | 'declined' | 'lapsed' | 'paid' | 'reported' | 'completed';

/**
 * What everybody may know of one pilot. A row stands from the application on, since later events do not repeat its call
 * and district, but it is empty beside them and no query gives it until `granted` is 1.
 */
export type PublicPilotRow = {
  tenant: string;
  call: string;
  district: string;
  kind: string;
  granted: number;
  state: PublicPilotState | null;
  cents: number;
  section: string | null;
  /** '' before a decision, so that pages can be ordered by it */
  decidedOn: string;
  /** first day on which nobody can challenge the award; null until then is known and while an appeal is open */
  finalFrom: string | null;
  /** JSON of what tells so; no query gives it */
  finality: string | null;
  paidCents: number;
  paidOn: string | null;
  reportedAt: string | null;
  outcome: string | null;
  participants: number | null;
  usedCents: number | null;
  returnedCents: number;
  goOn: number | null;
  /** words that an officer looked at before they were published */
  title: string | null;
  summary: string | null;
  lesson: string | null;
  /** '' before */
  textPublishedAt: string;
  organisation: string | null;
};

function evolve(before: PublicPilotRow | null, event: Recorded): PublicPilotRow | null {
  const row = step(before, event);
  if (row === null || !tellsFinality(event)) return row;
  const f = follow(row.finality === null ? noFinality : parsed<Finality>(row.finality), event);
  return { ...row, finality: JSON.stringify(f), finalFrom: row.granted === 1 ? finalOf(f) : null };
}

function step(before: PublicPilotRow | null, event: Recorded): PublicPilotRow | null {
  const e = seen<PilotEvent>(event);
  if (e.type === 'pilot.submitted') {
    return {
      tenant: e.tenant,
      call: e.data.call,
      district: e.data.district,
      kind: e.data.kind,
      granted: 0,
      state: null,
      cents: 0,
      section: null,
      decidedOn: '',
      finalFrom: null,
      finality: null,
      paidCents: 0,
      paidOn: null,
      reportedAt: null,
      outcome: null,
      participants: null,
      usedCents: null,
      returnedCents: 0,
      goOn: null,
      title: null,
      summary: null,
      lesson: null,
      textPublishedAt: '',
      organisation: null,
    };
  }
  const row = existing(before, e);
  switch (e.type) {
    case 'pilot.amended':
      return { ...row, district: e.data.district, kind: e.data.kind };
    case 'pilot.decided':
      if (e.data.result !== 'granted') return { ...row, granted: 0, state: null, cents: 0, section: null, decidedOn: '' };
      return { ...row, granted: 1, state: 'granted', cents: e.data.cents, section: e.data.section, decidedOn: e.data.decidedOn };
    case 'pilot.award-declined':
      return { ...row, state: 'declined' };
    case 'pilot.award-lapsed':
      return { ...row, state: 'lapsed' };
    case 'pilot.paid':
      return { ...row, state: 'paid', paidCents: row.paidCents + e.data.cents, paidOn: e.data.paidOn };
    case 'pilot.payout-failed':
      if (e.data.how === 'rejected') return row;
      return { ...row, state: 'granted', paidCents: row.paidCents - e.data.cents, paidOn: null };
    case 'pilot.reported':
      return {
        ...row,
        state: 'reported',
        reportedAt: e.data.reportedAt,
        outcome: e.data.outcome,
        participants: e.data.participants,
        usedCents: e.data.usedCents,
        goOn: e.data.goOn ? 1 : 0,
      };
    case 'pilot.report-accepted':
      return { ...row, state: 'completed' };
    case 'pilot.money-returned':
      return { ...row, returnedCents: row.returnedCents + e.data.cents };
    case 'pilot.text-published':
      return { ...row, title: e.data.title, summary: e.data.summary, lesson: e.data.lesson, textPublishedAt: e.at };
    case 'pilot.recipient-published':
      return { ...row, organisation: e.data.organisation };
    default:
      return row;
  }
}

export const publicPilots: Projection<PublicPilotRow> = {
  name: 'public_pilots',
  version: 2,
  table: {
    tenant: 'text',
    call: 'text',
    district: 'text',
    kind: 'text',
    granted: 'integer',
    state: 'text',
    cents: 'integer',
    section: 'text',
    decidedOn: 'text',
    finalFrom: 'text',
    finality: 'text',
    paidCents: 'integer',
    paidOn: 'text',
    reportedAt: 'text',
    outcome: 'text',
    participants: 'integer',
    usedCents: 'integer',
    returnedCents: 'integer',
    goOn: 'integer',
    title: 'text',
    summary: 'text',
    lesson: 'text',
    textPublishedAt: 'text',
    organisation: 'text',
  },
  indexes: [
    ['tenant', 'granted', 'decidedOn'],
    ['tenant', 'granted', 'textPublishedAt'],
    ['call', 'granted'],
  ],
  handles: [
    'pilot.submitted',
    'pilot.amended',
    ...FINALITY_EVENTS,
    'pilot.award-declined',
    'pilot.award-lapsed',
    'pilot.paid',
    'pilot.payout-failed',
    'pilot.reported',
    'pilot.report-accepted',
    'pilot.money-returned',
    'pilot.text-published',
    'pilot.recipient-published',
  ],
  keys: streamKey,
  evolve,
};

/** A granted pilot as everybody may see it. */
export type PublicPilot = Omit<Keyed<PublicPilotRow>, 'key' | 'granted' | 'tenant' | 'goOn' | 'textPublishedAt' | 'finality'> & {
  pilot: string;
  /** null before the report */
  goOn: boolean | null;
  textPublishedAt: Instant | null;
};

export const publicPilot = ({ key, granted: _, tenant: __, finality: ___, ...row }: Keyed<PublicPilotRow>): PublicPilot => ({
  pilot: key,
  ...row,
  goOn: row.goOn === null ? null : row.goOn === 1,
  textPublishedAt: row.textPublishedAt === '' ? null : row.textPublishedAt,
});

/** Granted pilots only: the one door to the rows of this projection. */
export const grantedPilots = (db: Db, tenant: string) =>
  db.selectFrom(viewOf(publicPilots)).selectAll().where('tenant', '=', tenant).where('granted', '=', 1);

export interface PublicPilotFilter {
  /** any of these calls */
  calls?: readonly string[];
  district?: string;
  outcome?: 'yes' | 'partly' | 'no';
  state?: PublicPilotState;
}

export function filtered(db: Db, tenant: string, filter: PublicPilotFilter) {
  let query = grantedPilots(db, tenant);
  if (filter.calls !== undefined) query = query.where('call', 'in', ['', ...filter.calls]);
  if (filter.district !== undefined) query = query.where('district', '=', filter.district);
  if (filter.outcome !== undefined) query = query.where('outcome', '=', filter.outcome);
  if (filter.state !== undefined) query = query.where('state', '=', filter.state);
  return query;
}

/** Granted pilots, the last decided first. */
export async function listPublicPilots(db: Db, tenant: string, filter: PublicPilotFilter, at: Page): Promise<Paged<PublicPilot>> {
  const { items, next } = await page<PublicPilotRow>(filtered(db, tenant, filter), 'decidedOn', 'desc', at);
  return { items: items.map(publicPilot), next };
}

/** Published lessons of granted pilots, the newest first: what is shown while the next call is drafted. */
export async function listLessons(db: Db, tenant: string, filter: PublicPilotFilter, at: Page): Promise<Paged<PublicPilot>> {
  const query = filtered(db, tenant, filter).where('lesson', 'is not', null);
  const { items, next } = await page<PublicPilotRow>(query, 'textPublishedAt', 'desc', at);
  return { items: items.map(publicPilot), next };
}
