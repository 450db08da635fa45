import type { Projection, RollupDelta } from '@minipilot/kernel/projection.js';
import type { Recorded } from '@minipilot/kernel/event.js';
import type { AppealEvent } from '@minipilot/grants/appeal/events.js';
import type { ScoringEvent } from '@minipilot/grants/scoring/events.js';
import { APPEAL_FATES, maskAppeals, sumOf, type AppealFate } from './disclosure.js';
import { existing, seen, streamKey } from './rows.js';
import { page, rollupOf, viewOf, type Db, type Keyed, type Page, type Paged } from './query.js';

export const APPEAL_STATES = ['open', 'withdrawn', 'decided', 'told'] as const;
export type AppealRowState = (typeof APPEAL_STATES)[number];

/** One appeal or taking up, for the municipality's own people; words and names lie sealed in its stream. */
export type AppealRow = {
  tenant: string;
  call: string;
  /** null where a whole section is meant */
  application: string | null;
  /** of the decision that it is against */
  section: string;
  /** how many decisions it concerns */
  decisions: number;
  kind: 'appeal' | 'taken-up';
  by: string | null;
  appellant: string | null;
  filedBy: string;
  channel: string | null;
  state: AppealRowState;
  /** instant; of a taking up the day */
  receivedAt: string;
  until: string | null;
  late: number;
  completedAt: string | null;
  result: string | null;
  why: string | null;
  decidedIn: string | null;
  decidedOn: string | null;
  decidedAt: string | null;
  /** granted by it */
  cents: number;
  /** the reserve was used up in the same moment: money must be found */
  unfunded: number;
  noticeOn: string | null;
  courtUntil: string | null;
  finalFrom: string | null;
};

type Read = AppealEvent | Extract<ScoringEvent, { type: 'scoring.appeal-unfunded' }>;

const begun = (
  e: Recorded,
  data: Extract<AppealEvent, { type: 'appeal.filed' | 'appeal.taken-up' }>['data'],
  rest: Pick<AppealRow, 'kind' | 'by' | 'appellant' | 'filedBy' | 'channel' | 'receivedAt' | 'late'>,
): AppealRow => ({
  tenant: e.tenant,
  call: data.call,
  application: data.application,
  section: data.section,
  decisions: data.decisions.length,
  ...rest,
  state: 'open',
  until: data.until,
  completedAt: null,
  result: null,
  why: null,
  decidedIn: null,
  decidedOn: null,
  decidedAt: null,
  cents: 0,
  unfunded: 0,
  noticeOn: null,
  courtUntil: null,
  finalFrom: null,
});

function evolve(before: AppealRow | null, event: Recorded): AppealRow | null {
  const e = seen<Read>(event);
  switch (e.type) {
    case 'appeal.filed': {
      const { by, appellant, filedBy, channel, receivedAt, late } = e.data;
      return begun(e, e.data, { kind: 'appeal', by, appellant, filedBy, channel, receivedAt, late: late ? 1 : 0 });
    }
    case 'appeal.taken-up':
      return begun(e, e.data, {
        kind: 'taken-up',
        by: null,
        appellant: null,
        filedBy: e.actor,
        channel: null,
        receivedAt: e.data.takenOn,
        late: 0,
      });
    case 'appeal.completed':
      return { ...existing(before, e), completedAt: e.data.completedAt };
    case 'appeal.withdrawn':
      return { ...existing(before, e), state: 'withdrawn' };
    case 'appeal.decided': {
      const { result, why, section, decidedOn } = e.data;
      return { ...existing(before, e), state: 'decided', result, why, decidedIn: section, decidedOn, decidedAt: e.at };
    }
    case 'appeal.outcome-changed': {
      const row = existing(before, e);
      return { ...row, cents: row.cents + e.data.cents };
    }
    case 'scoring.appeal-unfunded':
      return { ...existing(before, e), unfunded: 1 };
    case 'appeal.notice-sent': {
      const { noticeOn, courtUntil, finalFrom } = e.data;
      return { ...existing(before, e), state: 'told', noticeOn, courtUntil, finalFrom };
    }
  }
}

export const deskAppeals: Projection<AppealRow> = {
  name: 'desk_appeals',
  version: 1,
  table: {
    tenant: 'text',
    call: 'text',
    application: 'text',
    section: 'text',
    decisions: 'integer',
    kind: 'text',
    by: 'text',
    appellant: 'text',
    filedBy: 'text',
    channel: 'text',
    state: 'text',
    receivedAt: 'text',
    until: 'text',
    late: 'integer',
    completedAt: 'text',
    result: 'text',
    why: 'text',
    decidedIn: 'text',
    decidedOn: 'text',
    decidedAt: 'text',
    cents: 'integer',
    unfunded: 'integer',
    noticeOn: 'text',
    courtUntil: 'text',
    finalFrom: 'text',
  },
  indexes: [
    ['tenant', 'state', 'receivedAt'],
    ['tenant', 'call', 'receivedAt'],
    ['tenant', 'appellant'],
    ['tenant', 'filedBy'],
  ],
  handles: [
    'appeal.filed',
    'appeal.taken-up',
    'appeal.completed',
    'appeal.withdrawn',
    'appeal.decided',
    'appeal.outcome-changed',
    'appeal.notice-sent',
    'scoring.appeal-unfunded',
  ],
  keys: (event) => (event.type.startsWith('appeal.') ? streamKey(event) : [event.data.appeal as string]),
  evolve,
};

export interface AppealFilter {
  call?: string;
  state?: AppealRowState;
}

/** Appeals and takings up, the longest waiting first. */
export function listAppeals(db: Db, tenant: string, filter: AppealFilter, at: Page): Promise<Paged<Keyed<AppealRow>>> {
  let query = db.selectFrom(viewOf(deskAppeals)).selectAll().where('tenant', '=', tenant);
  if (filter.call !== undefined) query = query.where('call', '=', filter.call);
  if (filter.state !== undefined) query = query.where('state', '=', filter.state);
  return page<AppealRow>(query, 'receivedAt', 'asc', at);
}

/** What a person appealed against or registered, the newest first. */
export function listAppealsOf(db: Db, tenant: string, subject: string, at: Page): Promise<Paged<Keyed<AppealRow>>> {
  const query = db
    .selectFrom(viewOf(deskAppeals))
    .selectAll()
    .where('tenant', '=', tenant)
    .where('kind', '=', 'appeal')
    .where((eb) => eb.or([eb('appellant', '=', subject), eb('filedBy', '=', subject)]));
  return page<AppealRow>(query, 'receivedAt', 'desc', at);
}

/** Ids of all that a person appealed against; what they registered for others is not theirs. */
export async function appealsBy(db: Db, tenant: string, subject: string): Promise<string[]> {
  const rows = await db
    .selectFrom(viewOf(deskAppeals))
    .select('key')
    .where('tenant', '=', tenant)
    .where('appellant', '=', subject)
    .orderBy('receivedAt')
    .orderBy('key')
    .execute();
  return rows.map(({ key }) => key as string);
}

/** What became of one appeal; the key is the appeal. */
export type AppealFateRow = { tenant: string; call: string; fate: AppealFate | 'taken-up' };

const FATE_OF = { upheld: 'upheld', partly: 'partly', dismissed: 'dismissed', 'left-unexamined': 'unexamined' } as const;

/** How many appeals came to a call and what became of them. Only the counters are for the public, and only masked. */
export const publicAppeals: Projection<AppealFateRow> = {
  name: 'public_appeals',
  version: 1,
  table: { tenant: 'text', call: 'text', fate: 'text' },
  handles: ['appeal.filed', 'appeal.taken-up', 'appeal.withdrawn', 'appeal.decided'],
  keys: streamKey,
  evolve(before, event) {
    const e = seen<Extract<AppealEvent, { type: 'appeal.filed' | 'appeal.taken-up' | 'appeal.withdrawn' | 'appeal.decided' }>>(event);
    if (e.type === 'appeal.filed') return { tenant: e.tenant, call: e.data.call, fate: 'open' };
    if (e.type === 'appeal.taken-up') return { tenant: e.tenant, call: e.data.call, fate: 'taken-up' };
    const row = existing(before, e);
    // what the board takes up is its own business and points to nobody: it is counted once, whatever becomes of it
    if (row.fate === 'taken-up') return row;
    return { ...row, fate: e.type === 'appeal.withdrawn' ? 'withdrawn' : FATE_OF[e.data.result] };
  },
  rollup(before, after) {
    if (before?.fate === after?.fate) return [];
    const delta = (row: AppealFateRow, by: 1 | -1): RollupDelta => ({ key: `${row.tenant}|${row.call}`, column: row.fate, delta: by });
    return [...(before === null ? [] : [delta(before, -1)]), ...(after === null ? [] : [delta(after, 1)])];
  },
};

/** Appeals of one call, or of several together. Counts that could point to a person are null. */
export type AppealFigures = Record<AppealFate | 'filed', number | null> & {
  call: string | null;
  takenUp: number;
  suppressed: boolean;
};

/** Figures of each of the calls, and of all of them: sums of what may be told of each, so that no total tells more. */
export async function appealFigures(
  db: Db,
  tenant: string,
  calls: readonly string[],
): Promise<{ total: AppealFigures; byCall: AppealFigures[] }> {
  const rows = (await db
    .selectFrom(rollupOf(publicAppeals))
    .select(['key', 'measure', 'value'])
    .where('key', 'in', ['', ...calls.map((call) => `${tenant}|${call}`)])
    .execute()) as { key: string; measure: AppealFate | 'taken-up'; value: number }[];
  const of = (call: string, measure: AppealFate | 'taken-up') =>
    rows.find((row) => row.key === `${tenant}|${call}` && row.measure === measure)?.value ?? 0;
  const masked = calls.map((call) => ({
    call,
    counts: maskAppeals(Object.fromEntries(APPEAL_FATES.map((fate) => [fate, of(call, fate)])) as Record<AppealFate, number>),
    takenUp: of(call, 'taken-up'),
  }));
  const figures = (call: string | null, group: typeof masked): AppealFigures => {
    const names = [...APPEAL_FATES, 'filed'] as const;
    const values = names.map((name) => [name, sumOf(group.map(({ counts }) => counts[name])).value] as const);
    return {
      call,
      ...(Object.fromEntries(values) as Record<AppealFate | 'filed', number | null>),
      takenUp: group.reduce((sum, { takenUp }) => sum + takenUp, 0),
      suppressed: values.some(([, value]) => value === null),
    };
  };
  return { total: figures(null, masked), byCall: masked.map((one) => figures(one.call, [one])) };
}
