import type { Projection } from '@minipilot/kernel/projection.js';
import type { Recorded } from '@minipilot/kernel/event.js';
import type { ServiceEvent } from '@minipilot/grants/service/events.js';
import { existing, seen, streamKey } from './rows.js';
import { page, parsed, viewOf, type Db, type Keyed, type Page, type Paged } from './query.js';

export type ServiceState = 'proposed' | 'answered' | 'adopted' | 'not-adopted' | 'try-elsewhere' | 'ended';

/** From a pilot that worked to a permanent service. */
export type ServiceRow = {
  tenant: string;
  pilot: string;
  call: string;
  owner: string;
  title: string;
  state: ServiceState;
  proposedOn: string;
  answerDue: string;
  /** the owner had not answered by the day */
  overdue: number;
  answer: string | null;
  answeredOn: string | null;
  section: string | null;
  body: string | null;
  decidedOn: string | null;
  decidedAt: string | null;
  reason: string | null;
  yearlyCents: number;
  fromYear: number | null;
  /** JSON list: proposed, later as decided */
  districts: string;
  /** JSON list of { district, on } */
  started: string;
  reviewDue: string | null;
  reviewOverdue: number;
  /** JSON list of { on, goesOn, summary } */
  reviews: string;
  endedOn: string | null;
  endReason: string | null;
};

function evolve(before: ServiceRow | null, event: Recorded): ServiceRow | null {
  const e = seen<ServiceEvent>(event);
  if (e.type === 'service.adoption-proposed') {
    return {
      tenant: e.tenant,
      pilot: e.data.pilot,
      call: e.data.call,
      owner: e.data.owner,
      title: e.data.title,
      state: 'proposed',
      proposedOn: e.data.proposedOn,
      answerDue: e.data.answerDue,
      overdue: 0,
      answer: null,
      answeredOn: null,
      section: null,
      body: null,
      decidedOn: null,
      decidedAt: null,
      reason: null,
      yearlyCents: 0,
      fromYear: null,
      districts: JSON.stringify(e.data.districts),
      started: '[]',
      reviewDue: null,
      reviewOverdue: 0,
      reviews: '[]',
      endedOn: null,
      endReason: null,
    };
  }
  const row = existing(before, e);
  switch (e.type) {
    case 'service.answer-overdue':
      return { ...row, overdue: 1 };
    case 'service.answered':
      return { ...row, state: 'answered', overdue: 0, answer: e.data.answer, answeredOn: e.data.answeredOn };
    case 'service.decided':
      return {
        ...row,
        state: e.data.result,
        section: e.data.section,
        body: e.data.body,
        decidedOn: e.data.decidedOn,
        decidedAt: e.at,
        reason: e.data.reason,
        yearlyCents: e.data.yearlyCents,
        fromYear: e.data.fromYear,
        districts: JSON.stringify(e.data.districts),
        reviewDue: e.data.result === 'adopted' ? e.data.reviewDue : null,
      };
    case 'service.district-started':
      return { ...row, started: JSON.stringify([...parsed<unknown[]>(row.started), e.data]) };
    case 'service.review-due':
      return { ...row, reviewOverdue: 1 };
    case 'service.reviewed': {
      const { on, goesOn, summary, nextDue } = e.data;
      return {
        ...row,
        reviewDue: nextDue,
        reviewOverdue: 0,
        reviews: JSON.stringify([...parsed<unknown[]>(row.reviews), { on, goesOn, summary }]),
      };
    }
    case 'service.ended':
      return { ...row, state: 'ended', endedOn: e.data.on, endReason: e.data.reason, reviewDue: null, reviewOverdue: 0 };
  }
}

export const publicServices: Projection<ServiceRow> = {
  name: 'public_services',
  version: 1,
  table: {
    tenant: 'text',
    pilot: 'text',
    call: 'text',
    owner: 'text',
    title: 'text',
    state: 'text',
    proposedOn: 'text',
    answerDue: 'text',
    overdue: 'integer',
    answer: 'text',
    answeredOn: 'text',
    section: 'text',
    body: 'text',
    decidedOn: 'text',
    decidedAt: 'text',
    reason: 'text',
    yearlyCents: 'integer',
    fromYear: 'integer',
    districts: 'text',
    started: 'text',
    reviewDue: 'text',
    reviewOverdue: 'integer',
    reviews: 'text',
    endedOn: 'text',
    endReason: 'text',
  },
  indexes: [['tenant', 'proposedOn'], ['pilot']],
  handles: [
    'service.adoption-proposed',
    'service.answer-overdue',
    'service.answered',
    'service.decided',
    'service.district-started',
    'service.review-due',
    'service.reviewed',
    'service.ended',
  ],
  keys: streamKey,
  evolve,
};

export type ServiceView = Omit<Keyed<ServiceRow>, 'key' | 'tenant' | 'districts' | 'started' | 'reviews' | 'overdue' | 'reviewOverdue'> & {
  service: string;
  /** the owner had not answered by the day */
  overdue: boolean;
  reviewOverdue: boolean;
  districts: string[];
  started: { district: string; on: string }[];
  reviews: { on: string; goesOn: boolean; summary: string }[];
};

const serviceView = ({ key, tenant: _, districts, started, reviews, ...row }: Keyed<ServiceRow>): ServiceView => ({
  service: key,
  ...row,
  districts: parsed(districts),
  started: parsed(started),
  reviews: parsed(reviews),
  overdue: row.overdue === 1,
  reviewOverdue: row.reviewOverdue === 1,
});

export interface ServiceFilter {
  states?: readonly ServiceState[];
  pilots?: readonly string[];
  /** answers past their day */
  overdue?: boolean;
}

/** Adoptions, the last proposed first. */
export async function listServices(db: Db, tenant: string, filter: ServiceFilter, at: Page): Promise<Paged<ServiceView>> {
  let query = db.selectFrom(viewOf(publicServices)).selectAll().where('tenant', '=', tenant);
  if (filter.states !== undefined) query = query.where('state', 'in', [...filter.states]);
  if (filter.pilots !== undefined) query = query.where('pilot', 'in', ['', ...filter.pilots]);
  if (filter.overdue !== undefined) query = query.where('overdue', '=', filter.overdue ? 1 : 0);
  const { items, next } = await page<ServiceRow>(query, 'proposedOn', 'desc', at);
  return { items: items.map(serviceView), next };
}

export async function findService(db: Db, tenant: string, service: string): Promise<ServiceView | undefined> {
  const query = db.selectFrom(viewOf(publicServices)).selectAll().where('key', '=', service).where('tenant', '=', tenant);
  const row = await query.executeTakeFirst();
  return row && serviceView(row as Keyed<ServiceRow>);
}
