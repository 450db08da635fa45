import type { Projection, RollupDelta } from '@minipilot/kernel/projection.js';
import type { Recorded } from '@minipilot/kernel/event.js';
import type { CallEvent } from '@minipilot/grants/call/events.js';
import type { PilotEvent } from '@minipilot/grants/pilot/events.js';
import { existing, seen, streamKey } from './rows.js';
import { rollupOf, type Db } from './query.js';

/** Where an application stands for counting; each is in exactly one. A decision that leaves a late one unexamined keeps it late. */
export const FATES = ['undecided', 'withdrawn', 'late', 'granted', 'waiting', 'refused', 'ineligible'] as const;
export type Fate = (typeof FATES)[number];

export const MEASURES = [
  ...FATES,
  'accepted',
  'paid',
  'reported',
  'yes',
  'partly',
  'no',
  'participants',
  'grantedCents',
  'paidCents',
  'usedCents',
  'returnedCents',
  // of granted pilots, whole minutes and how many they are the sum of
  'toDecisionMinutes',
  'toDecisionCount',
  'toMoneyMinutes',
  'toMoneyCount',
  'toReportMinutes',
  'toReportCount',
] as const;
export type Measure = (typeof MEASURES)[number];
export type Measures = Record<Measure, number>;

export const none = (): Measures => Object.fromEntries(MEASURES.map((m) => [m, 0])) as Measures;

export type FigureRow = {
  tenant: string;
  call: string;
  district: string;
  fate: Fate;
  accepted: number;
  cents: number;
  arrivedAt: string;
  decidedAt: string | null;
  paidCents: number;
  paidAt: string | null;
  reportedAt: string | null;
  outcome: 'yes' | 'partly' | 'no' | null;
  participants: number;
  usedCents: number;
  returnedCents: number;
};

function evolve(before: FigureRow | null, event: Recorded): FigureRow | null {
  const e = seen<PilotEvent | Extract<CallEvent, { type: 'call.application-admitted' }>>(event);
  if (e.type === 'pilot.submitted') {
    return {
      tenant: e.tenant,
      call: e.data.call,
      district: e.data.district,
      fate: e.data.late ? 'late' : 'undecided',
      accepted: 0,
      cents: 0,
      arrivedAt: e.data.arrivedAt,
      decidedAt: null,
      paidCents: 0,
      paidAt: null,
      reportedAt: null,
      outcome: null,
      participants: 0,
      usedCents: 0,
      returnedCents: 0,
    };
  }
  const row = existing(before, e);
  switch (e.type) {
    case 'call.application-admitted':
      return { ...row, fate: row.fate === 'late' ? 'undecided' : row.fate };
    case 'pilot.amended':
      return { ...row, district: e.data.district };
    case 'pilot.withdrawn':
      return { ...row, fate: 'withdrawn' };
    case 'pilot.decided':
      return { ...row, fate: e.data.result, cents: e.data.result === 'granted' ? e.data.cents : 0, decidedAt: e.at };
    case 'pilot.award-accepted':
      return { ...row, accepted: 1 };
    case 'pilot.recipient-changed':
      return { ...row, accepted: 0 };
    case 'pilot.paid':
      return { ...row, paidCents: row.paidCents + e.data.cents, paidAt: e.at };
    case 'pilot.payout-failed':
      return e.data.how === 'rejected' ? row : { ...row, paidCents: row.paidCents - e.data.cents, paidAt: null };
    case 'pilot.reported':
      return {
        ...row,
        reportedAt: e.data.reportedAt,
        outcome: e.data.outcome,
        participants: e.data.participants,
        usedCents: e.data.usedCents,
      };
    case 'pilot.money-returned':
      return { ...row, returnedCents: row.returnedCents + e.data.cents };
    default:
      return row;
  }
}

const minutes = (from: string, to: string): number => Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 60_000));

/** What one pilot adds to the figures of its call and district; measures that are 0 are left out. */
export function measuresOf(row: FigureRow): Partial<Measures> {
  const m: Partial<Measures> = { [row.fate]: 1 };
  if (row.fate !== 'granted') return m;
  m.grantedCents = row.cents;
  m.accepted = row.accepted;
  m.toDecisionMinutes = minutes(row.arrivedAt, row.decidedAt!);
  m.toDecisionCount = 1;
  m.returnedCents = row.returnedCents;
  if (row.paidAt !== null) {
    m.paid = 1;
    m.paidCents = row.paidCents;
    m.toMoneyMinutes = minutes(row.decidedAt!, row.paidAt);
    m.toMoneyCount = 1;
  }
  if (row.reportedAt !== null && row.outcome !== null) {
    m.reported = 1;
    m[row.outcome] = 1;
    m.participants = row.participants;
    m.usedCents = row.usedCents;
    if (row.paidAt !== null) {
      m.toReportMinutes = minutes(row.paidAt, row.reportedAt);
      m.toReportCount = 1;
    }
  }
  return m;
}

const cellOf = (row: FigureRow): string => `${row.tenant}|${row.call}|${row.district}`;

function rollup(before: FigureRow | null, after: FigureRow | null): RollupDelta[] {
  const deltas: RollupDelta[] = [];
  const add = (row: FigureRow | null, sign: 1 | -1) => {
    if (row === null) return;
    for (const [column, value] of Object.entries(measuresOf(row)))
      if (value !== 0) deltas.push({ key: cellOf(row), column, delta: sign * value });
  };
  add(before, -1);
  add(after, 1);
  return deltas;
}

/** Counters by call and district. Only the counters are for the public; the rows behind them are single applications. */
export const publicFigures: Projection<FigureRow> = {
  name: 'public_figures',
  version: 1,
  table: {
    tenant: 'text',
    call: 'text',
    district: 'text',
    fate: 'text',
    accepted: 'integer',
    cents: 'integer',
    arrivedAt: 'text',
    decidedAt: 'text',
    paidCents: 'integer',
    paidAt: 'text',
    reportedAt: 'text',
    outcome: 'text',
    participants: 'integer',
    usedCents: 'integer',
    returnedCents: 'integer',
  },
  handles: [
    'pilot.submitted',
    'call.application-admitted',
    'pilot.amended',
    'pilot.withdrawn',
    'pilot.decided',
    'pilot.award-accepted',
    'pilot.recipient-changed',
    'pilot.paid',
    'pilot.payout-failed',
    'pilot.reported',
    'pilot.money-returned',
  ],
  keys: (event) => (event.type.startsWith('pilot.') ? streamKey(event) : [event.data.application as string]),
  evolve,
  rollup,
};

export interface FigureCell {
  call: string;
  district: string;
  measures: Measures;
}

/** The counters of a municipality, or of one of its calls, by call and district. Not masked: never hand them out as they are. */
export async function figureCells(db: Db, tenant: string, call?: string): Promise<FigureCell[]> {
  const prefix = call === undefined ? tenant : `${tenant}|${call}`;
  // '}' follows '|'; keys compare by code point
  const rows = (await db
    .selectFrom(rollupOf(publicFigures))
    .select(['key', 'measure', 'value'])
    .where('key', '>=', `${prefix}|`)
    .where('key', '<', `${prefix}}`)
    .execute()) as { key: string; measure: Measure; value: number }[];
  const cells = new Map<string, FigureCell>();
  for (const { key, measure, value } of rows) {
    let cell = cells.get(key);
    if (cell === undefined) {
      const [, of, district] = key.split('|') as [string, string, string];
      cells.set(key, (cell = { call: of, district, measures: none() }));
    }
    cell.measures[measure] = value;
  }
  return [...cells.values()];
}

export function total(cells: readonly FigureCell[]): Measures {
  const sum = none();
  for (const { measures } of cells) for (const m of MEASURES) sum[m] += measures[m];
  return sum;
}
