import type { Recorded } from '@minipilot/kernel/event.js';
import type { Projection, RollupDelta } from '@minipilot/kernel/projection.js';
import { addDays, type LocalDate } from '@minipilot/kernel/time.js';
import type { PilotEvent } from '@minipilot/grants/pilot/events.js';
import { seen, streamKey } from './rows.js';
import { parsed, rollupOf, type Db } from './query.js';

/** What tells from when a decision is final. Kept as JSON in a row; days are the municipality's. */
export interface Finality {
  decision: string | null;
  /** last days of the addressee's window and of the residents' */
  notice: LocalDate | null;
  publication: LocalDate | null;
  /** open appeals and the decision that each is against */
  open: { appeal: string; decision: string }[];
  /** from when decided appeals can no longer go to court */
  settled: LocalDate | null;
}

export const noFinality: Finality = { decision: null, notice: null, publication: null, open: [], settled: null };

type Read = Extract<
  PilotEvent,
  {
    type: 'pilot.decided' | 'pilot.notified' | 'pilot.decision-published' | 'pilot.appeal-opened' | 'pilot.appeal-settled';
  }
>;
export const FINALITY_EVENTS: readonly Read['type'][] = [
  'pilot.decided',
  'pilot.notified',
  'pilot.decision-published',
  'pilot.appeal-opened',
  'pilot.appeal-settled',
];
export const tellsFinality = (event: Recorded): event is Recorded & Read => (FINALITY_EVENTS as readonly string[]).includes(event.type);

/** The same as the pilot's own state knows it. */
export function follow(f: Finality, e: Read): Finality {
  switch (e.type) {
    case 'pilot.decided':
      return {
        ...noFinality,
        decision: e.data.decision,
        // an appeal may be read before the decision that it is against
        open: f.open.filter(({ decision }) => decision === e.data.decision),
      };
    case 'pilot.notified':
      return { ...f, notice: e.data.appealUntil };
    case 'pilot.decision-published':
      return { ...f, publication: e.data.appealUntil };
    case 'pilot.appeal-opened':
      return { ...f, open: [...f.open, { appeal: e.data.appeal, decision: e.data.decision }] };
    case 'pilot.appeal-settled': {
      const days = [f.settled, e.data.finalFrom].filter((day) => day !== null).sort();
      return { ...f, open: f.open.filter(({ appeal }) => appeal !== e.data.appeal), settled: days.at(-1) ?? null };
    }
  }
}

/** Whether an appeal against the decision as it stands is open. */
export const isAppealed = ({ open, decision }: Finality): boolean => open.some((a) => a.decision === decision);

/** First day on which nobody can challenge the decision any more; null while that is not known. */
export function finalOf(f: Finality): LocalDate | null {
  if (f.notice === null || f.publication === null || isAppealed(f)) return null;
  const last = f.notice > f.publication ? f.notice : f.publication;
  return [addDays(last, 1), f.settled ?? ''].sort().at(-1)!;
}

export type FinalityRow = { tenant: string; call: string; finality: string };

const cell = ({ tenant, call }: FinalityRow) => `${tenant}|${call}`;
/** Only what is published counts, so that nothing is told of decisions before. */
function measureOf(row: FinalityRow | null): string | null {
  if (row === null) return null;
  const f = parsed<Finality>(row.finality);
  if (f.publication === null) return null;
  return finalOf(f) ?? (isAppealed(f) ? 'appealed' : 'not-told');
}

/** How many published decisions of a call are final from which day. Only the counters are for the public. */
export const publicFinality: Projection<FinalityRow> = {
  name: 'public_finality',
  version: 1,
  table: { tenant: 'text', call: 'text', finality: 'text' },
  handles: ['pilot.submitted', ...FINALITY_EVENTS],
  keys: streamKey,
  evolve(before, event) {
    const e = seen<Read | Extract<PilotEvent, { type: 'pilot.submitted' }>>(event);
    if (e.type === 'pilot.submitted') return { tenant: e.tenant, call: e.data.call, finality: JSON.stringify(noFinality) };
    if (before === null) throw new Error(`${event.type} in ${event.stream} without a beginning`);
    return { ...before, finality: JSON.stringify(follow(parsed<Finality>(before.finality), e)) };
  },
  rollup(before, after) {
    const [was, is] = [measureOf(before), measureOf(after)];
    if (was === is) return [];
    const delta = (row: FinalityRow, column: string, by: 1 | -1): RollupDelta => ({ key: cell(row), column, delta: by });
    return [...(was === null ? [] : [delta(before!, was, -1)]), ...(is === null ? [] : [delta(after!, is, 1)])];
  },
};

/** Where the published decisions of a call stand; `finalFrom` is the last of their days, once all have one. */
export interface CallFinality {
  state: 'undecided' | 'not-final' | 'final';
  finalFrom: LocalDate | null;
}

export async function callFinality(db: Db, tenant: string, call: string, today: LocalDate): Promise<CallFinality> {
  const rows = (await db
    .selectFrom(rollupOf(publicFinality))
    .select(['measure', 'value'])
    .where('key', '=', `${tenant}|${call}`)
    .execute()) as { measure: string; value: number }[];
  const measures = rows.filter(({ value }) => value > 0).map(({ measure }) => measure);
  if (measures.length === 0) return { state: 'undecided', finalFrom: null };
  if (measures.includes('appealed') || measures.includes('not-told')) return { state: 'not-final', finalFrom: null };
  const finalFrom = measures.sort().at(-1)!;
  return { state: finalFrom <= today ? 'final' : 'not-final', finalFrom };
}
