import { parsed, viewOf, type Db, type Keyed } from './query.js';
import { publicCalls, type CallRow } from './calls.js';
import type { CallContent } from '@minipilot/grants/call/events.js';
import { figureCells, total, type FigureCell } from './figures.js';
import { known, maskCall, maskDistricts, SENSITIVE, sumOf, type Count, type Sensitive } from './disclosure.js';
import { publicMoney, type MoneyRow } from './money.js';
import { publicPilots } from './public-pilots.js';
import { publicServices } from './services.js';

export const GROUPINGS = ['call', 'district', 'year'] as const;
export type Grouping = (typeof GROUPINGS)[number];

export interface DashboardFilter {
  call?: string;
  district?: string;
  /** of the call's budget */
  year?: number;
  /** one group for each; without it one group for all */
  by?: Grouping;
}

/** `group` is the call, district or year; null where everything is in one group. */
export interface Group {
  group: string | null;
}

export interface FunnelGroup extends Group {
  /** announced calls, and how many of them still take applications: of these only what has been decided counts */
  calls: number;
  openCalls: number;
  applied: number | null;
  inTime: number | null;
  late: number | null;
  withdrawn: number | null;
  decided: number | null;
  waiting: number | null;
  refused: number | null;
  ineligible: number | null;
  granted: number;
  accepted: number;
  paid: number;
  reported: number;
  adopted: number;
  /** true where a count is null so that nobody can be pointed at */
  suppressed: boolean;
  /** for counts that are null: what may be known all the same */
  atLeast: Partial<Record<Sensitive | 'applied' | 'inTime' | 'decided', number>>;
}

export interface OutcomesGroup extends Group {
  yes: number;
  partly: number;
  no: number;
  reported: number;
  participants: number;
  adopted: number;
}

/** Mean of granted pilots, in hours; null without any. */
export interface Mean {
  hours: number | null;
  count: number;
}

export interface TimesGroup extends Group {
  arrivalToDecision: Mean;
  decisionToMoney: Mean;
  moneyToReport: Mean;
  reportToAdoption: Mean;
}

/** Cents. Budget and what is reserved, committed or on its way belong to calls: null where a district is looked at. */
export interface MoneyGroup extends Group {
  budgetCents: number | null;
  availableCents: number | null;
  appealReserveCents: number | null;
  reservedCents: number | null;
  committedCents: number | null;
  inTransitCents: number | null;
  grantedCents: number;
  paidCents: number;
  returnedCents: number;
  netCents: number;
  usedCents: number;
}

interface Call {
  call: string;
  year: number;
  open: boolean;
  districts: string[];
}

interface Scope {
  calls: Call[];
  /** cells of these calls; what is undecided in an open call has been taken out */
  cells: FigureCell[];
  adopted: { call: string; district: string; minutes: number | null }[];
}

async function scopeOf(db: Db, tenant: string, only: { call?: string }): Promise<Scope> {
  let query = db.selectFrom(viewOf(publicCalls)).select(['key', 'year', 'state', 'content']).where('tenant', '=', tenant);
  if (only.call !== undefined) query = query.where('key', '=', only.call);
  const rows = (await query.orderBy('opensAt').orderBy('key').execute()) as Pick<Keyed<CallRow>, 'key' | 'year' | 'state' | 'content'>[];
  const calls = rows.map(({ key, year, state, content }) => ({
    call: key,
    year,
    open: state === 'announced',
    districts: parsed<CallContent>(content).districts,
  }));
  const byId = new Map(calls.map((call) => [call.call, call]));
  const cells = (await figureCells(db, tenant, only.call))
    .filter(({ call }) => byId.has(call))
    .map((cell) => (byId.get(cell.call)!.open ? { ...cell, measures: { ...cell.measures, undecided: 0, withdrawn: 0, late: 0 } } : cell));
  return { calls, cells, adopted: await adoptedPilots(db, tenant, byId) };
}

async function adoptedPilots(db: Db, tenant: string, calls: ReadonlyMap<string, Call>): Promise<Scope['adopted']> {
  const rows = (await db
    .selectFrom(`${viewOf(publicServices)} as s`)
    .innerJoin(`${viewOf(publicPilots)} as p`, 'p.key', 's.pilot')
    .select(['p.call as call', 'p.district as district', 'p.reportedAt as reportedAt', 's.decidedAt as decidedAt'])
    .where('s.tenant', '=', tenant)
    .where('p.granted', '=', 1)
    .where('s.fromYear', 'is not', null)
    .where('s.state', 'in', ['adopted', 'ended'])
    .execute()) as { call: string; district: string; reportedAt: string | null; decidedAt: string }[];
  return rows
    .filter(({ call }) => calls.has(call))
    .map(({ call, district, reportedAt, decidedAt }) => ({
      call,
      district,
      minutes: reportedAt === null ? null : (Date.parse(decidedAt) - Date.parse(reportedAt)) / 60_000,
    }));
}

/** What belongs to one group: its calls, cells and adoptions. */
interface Slice extends Scope {
  group: string | null;
}

function slices(scope: Scope, { call, district, year, by }: DashboardFilter): Slice[] {
  const calls = scope.calls.filter(
    (c) =>
      (call === undefined || c.call === call) &&
      (year === undefined || c.year === year) &&
      (district === undefined || c.districts.includes(district)),
  );
  const chosen = new Map(
    scope.calls.filter((c) => (call === undefined || c.call === call) && (year === undefined || c.year === year)).map((c) => [c.call, c]),
  );
  const inScope = (x: { call: string; district: string }) => chosen.has(x.call) && (district === undefined || x.district === district);
  const cells = scope.cells.filter(inScope);
  const adopted = scope.adopted.filter(inScope);
  if (by === undefined) return [{ group: null, calls, cells, adopted }];
  const groupOf = (x: { call: string; district: string }) =>
    by === 'district' ? x.district : by === 'call' ? x.call : String(chosen.get(x.call)!.year);
  const groupsOf = (c: Call) =>
    by === 'district' ? c.districts.filter((d) => district === undefined || d === district) : [groupOf({ call: c.call, district: '' })];
  const groups = new Set([...calls.flatMap(groupsOf), ...cells.map(groupOf)]);
  return [...groups].sort().map((group) => ({
    group,
    calls: calls.filter((c) => groupsOf(c).includes(group)),
    cells: cells.filter((cell) => groupOf(cell) === group),
    adopted: adopted.filter((a) => groupOf(a) === group),
  }));
}

const unknown: Count = { value: null, atLeast: 0 };

/** Applications by how far they came. Counts that could point to a person who got nothing are null. */
export async function funnel(db: Db, tenant: string, filter: DashboardFilter): Promise<FunnelGroup[]> {
  const local = filter.district !== undefined || filter.by === 'district';
  const crossed = local && (filter.call !== undefined || filter.by === 'call');
  // districts are masked by year, over all its calls
  const scope = await scopeOf(db, tenant, local ? {} : filter);
  const yearOf = new Map(scope.calls.map(({ call, year }) => [call, year]));
  const byCall = groupBy(scope.cells, ({ call }) => call);
  const masked = new Map([...byCall].map(([call, cells]) => [call, maskCall(total(cells))]));
  const byYear = groupBy(scope.cells, ({ call }) => yearOf.get(call)!);
  const districts = new Map(
    [...byYear].map(([year, cells]) => [
      year,
      maskDistricts(new Map([...groupBy(cells, (c) => c.district)].map(([d, of]) => [d, total(of)]))),
    ]),
  );

  return slices(scope, filter).map((slice) => {
    const m = total(slice.cells);
    const counts: Record<string, Count> = {};
    const names = ['applied', 'inTime', 'decided', ...SENSITIVE] as const;
    if (local) {
      const cells = new Map(
        slice.cells.map(({ call, district }) => [`${yearOf.get(call)!}|${district}`, [yearOf.get(call)!, district] as const]),
      );
      for (const name of names) counts[name] = slice.cells.length === 0 ? known(0) : unknown;
      counts.applied = crossed
        ? { value: slice.cells.length === 0 ? 0 : null, atLeast: m.granted }
        : sumOf([...cells.values()].map(([year, district]) => districts.get(year)!.get(district)!));
    } else {
      const calls = [...new Set(slice.cells.map(({ call }) => call))].map((call) => masked.get(call)!);
      for (const name of names) counts[name] = sumOf(calls.map((c) => c[name]));
    }
    const value = (name: (typeof names)[number]) => counts[name]!.value;
    const held = names.filter((name) => value(name) === null);
    return {
      group: slice.group,
      calls: slice.calls.length,
      openCalls: slice.calls.filter(({ open }) => open).length,
      applied: value('applied'),
      inTime: value('inTime'),
      late: value('late'),
      withdrawn: value('withdrawn'),
      decided: value('decided'),
      waiting: value('waiting'),
      refused: value('refused'),
      ineligible: value('ineligible'),
      granted: m.granted,
      accepted: m.accepted,
      paid: m.paid,
      reported: m.reported,
      adopted: slice.adopted.length,
      suppressed: held.length > 0,
      atLeast: Object.fromEntries(held.map((name) => [name, counts[name]!.atLeast])),
    };
  });
}

/** Whether granted pilots worked, by their own reports. */
export async function outcomes(db: Db, tenant: string, filter: DashboardFilter): Promise<OutcomesGroup[]> {
  return slices(await scopeOf(db, tenant, filter), filter).map((slice) => {
    const { yes, partly, no, reported, participants } = total(slice.cells);
    return { group: slice.group, yes, partly, no, reported, participants, adopted: slice.adopted.length };
  });
}

const mean = (minutes: number, count: number): Mean => ({ hours: count === 0 ? null : Math.round(minutes / count / 6) / 10, count });

/** How long granted pilots waited between stages. */
export async function times(db: Db, tenant: string, filter: DashboardFilter): Promise<TimesGroup[]> {
  return slices(await scopeOf(db, tenant, filter), filter).map((slice) => {
    const m = total(slice.cells);
    const adoptions = slice.adopted.flatMap(({ minutes }) => (minutes === null ? [] : [minutes]));
    return {
      group: slice.group,
      arrivalToDecision: mean(m.toDecisionMinutes, m.toDecisionCount),
      decisionToMoney: mean(m.toMoneyMinutes, m.toMoneyCount),
      moneyToReport: mean(m.toReportMinutes, m.toReportCount),
      reportToAdoption: mean(
        adoptions.reduce((sum, x) => sum + x, 0),
        adoptions.length,
      ),
    };
  });
}

/** Money against budget. */
export async function money(db: Db, tenant: string, filter: DashboardFilter): Promise<MoneyGroup[]> {
  const scope = await scopeOf(db, tenant, filter);
  let query = db.selectFrom(viewOf(publicMoney)).selectAll().where('tenant', '=', tenant);
  if (filter.call !== undefined) query = query.where('key', '=', filter.call);
  const ledgers = new Map(((await query.execute()) as Keyed<MoneyRow>[]).map((row) => [row.key, row]));
  const local = filter.district !== undefined || filter.by === 'district';
  return slices(scope, filter).map((slice) => {
    const m = total(slice.cells);
    const rows = slice.calls.flatMap(({ call }) => ledgers.get(call) ?? []);
    const sum = (column: keyof MoneyRow & `${string}Cents`) => rows.reduce((total, row) => total + row[column], 0);
    const ofCalls = (column: keyof MoneyRow & `${string}Cents`) => (local ? null : sum(column));
    const paidCents = local ? m.paidCents : sum('paidCents');
    const returnedCents = local ? m.returnedCents : sum('returnedCents');
    return {
      group: slice.group,
      budgetCents: ofCalls('budgetCents'),
      availableCents: ofCalls('availableCents'),
      appealReserveCents: ofCalls('appealReserveCents'),
      reservedCents: ofCalls('reservedCents'),
      committedCents: ofCalls('committedCents'),
      inTransitCents: ofCalls('inTransitCents'),
      grantedCents: m.grantedCents,
      paidCents,
      returnedCents,
      netCents: paidCents - returnedCents,
      usedCents: m.usedCents,
    };
  });
}

function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
