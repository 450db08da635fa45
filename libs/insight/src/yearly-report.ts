import { appealFigures, type AppealFigures } from './appeals.js';
import type { Instant } from '@minipilot/kernel/time.js';
import { listPublicCalls, type CallView } from './calls.js';
import { funnel, money, outcomes, times, type FunnelGroup, type MoneyGroup, type OutcomesGroup, type TimesGroup } from './dashboards.js';
import { listLessons, type PublicPilot } from './public-pilots.js';
import { listServices, type ServiceView } from './services.js';
import { policyOf } from './policy.js';
import type { Db, Keyset, Page, Paged } from './query.js';

/** The year for the council, from what everybody may see. */
export interface YearlyReport {
  year: number;
  municipality: string | null;
  calls: CallView[];
  money: { total: MoneyGroup; byCall: MoneyGroup[]; byDistrict: MoneyGroup[] };
  funnel: { total: FunnelGroup; byCall: FunnelGroup[]; byDistrict: FunnelGroup[] };
  outcomes: { total: OutcomesGroup; byDistrict: OutcomesGroup[] };
  times: { total: TimesGroup; byCall: TimesGroup[] };
  appeals: { total: AppealFigures; byCall: AppealFigures[] };
  lessons: PublicPilot[];
  /** adoptions that came of the year's pilots */
  services: ServiceView[];
}

async function all<T>(next: (page: Page) => Promise<Paged<T>>): Promise<T[]> {
  const items: T[] = [];
  let after: Keyset | null | undefined;
  do {
    const page: Paged<T> = await next(!after ? { limit: 200 } : { limit: 200, after });
    items.push(...page.items);
    after = page.next;
  } while (after !== null);
  return items;
}

/** The year is that of the calls' budgets. */
export async function yearlyReport(db: Db, tenant: string, year: number, now: Instant): Promise<YearlyReport> {
  const calls = await all((page) => listPublicCalls(db, tenant, now, { year }, page));
  const ids = calls.map(({ call }) => call);
  const of = async <G>(figures: (db: Db, tenant: string, filter: { year: number; by?: 'call' | 'district' }) => Promise<G[]>) => ({
    total: (await figures(db, tenant, { year }))[0]!,
    byCall: await figures(db, tenant, { year, by: 'call' }),
    byDistrict: await figures(db, tenant, { year, by: 'district' }),
  });
  const inYear = new Set(ids);
  const services = await all((page) => listServices(db, tenant, {}, page));
  return {
    year,
    municipality: (await policyOf(db, tenant))?.municipality ?? null,
    calls,
    money: await of(money),
    funnel: await of(funnel),
    outcomes: await of(outcomes),
    times: await of(times),
    appeals: await appealFigures(db, tenant, ids),
    lessons: await all((page) => listLessons(db, tenant, { calls: ids }, page)),
    services: services.filter(({ call }) => inYear.has(call)),
  };
}
