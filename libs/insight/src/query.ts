import type { Kysely, SelectQueryBuilder } from 'kysely';
import type { Projection } from '@minipilot/kernel/projection.js';

export type Db = Kysely<any>;

/** What a projection's view gives: its columns and the row's key. */
export type Keyed<Row> = Row & { key: string };

type Named = Pick<Projection, 'name' | 'version'>;
export const viewOf = (projection: Named): string => `${projection.name}_v${projection.version}`;
/** View over a projection's counters: columns `key`, `measure`, `value`. */
export const rollupOf = (projection: Named): string => `${viewOf(projection)}_rollup`;

/** Where a page ended: the last row's sort value and key. */
export type Keyset = readonly [sort: string, key: string];

export interface Page {
  /** most rows to give, at least 1 */
  limit: number;
  after?: Keyset;
}

export interface Paged<T> {
  items: T[];
  /** goes into the next page's `after`; null at the end */
  next: Keyset | null;
}

/** Cuts one row more than the limit off again and says where the next page begins. */
export function paged<T>(rows: T[], limit: number, keyset: (row: T) => Keyset): Paged<T> {
  const items = rows.slice(0, limit);
  return { items, next: rows.length > limit ? keyset(items.at(-1)!) : null };
}

/** One page of a query in order of a column that is never null, then key. */
export async function page<Row>(
  query: SelectQueryBuilder<any, any, any>,
  sort: string & keyof Row,
  direction: 'asc' | 'desc',
  { limit, after }: Page,
): Promise<Paged<Keyed<Row>>> {
  let rows = query
    .orderBy(sort, direction)
    .orderBy('key', direction)
    .limit(limit + 1);
  if (after !== undefined) {
    const beyond = direction === 'asc' ? '>' : '<';
    const column: string = sort;
    rows = rows.where((eb) => eb.or([eb(column, beyond, after[0]), eb.and([eb(column, '=', after[0]), eb('key', beyond, after[1])])]));
  }
  return paged((await rows.execute()) as Keyed<Row>[], limit, (row) => [String(row[sort]), row.key]);
}

/** JSON text of a row. */
export const parsed = <T>(json: string): T => JSON.parse(json) as T;
