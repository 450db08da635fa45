import type { Value } from '@minipilot/kernel/projection.js';
import { sql, type SelectQueryBuilder } from 'kysely';

/** The text is no cursor of this list. */
export class BadCursor extends Error {
  constructor() {
    super('not a cursor of this list');
    this.name = 'BadCursor';
  }
}

/** The sort value and the key of the last row of a page. */
export type PageEnd = readonly [Value, string];

/** The end of a page as text for a link. It holds what the page itself showed, so it is not secret; it is not trusted either. */
export const encodeCursor = (end: PageEnd): string => Buffer.from(JSON.stringify(end)).toString('base64url');

/** Throws BadCursor. `type` is the type of the sort column. */
export function decodeCursor(text: string, type: 'text' | 'integer'): PageEnd {
  let end: unknown;
  try {
    end = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    throw new BadCursor();
  }
  const isValue = (v: unknown): boolean => (type === 'text' ? typeof v === 'string' && isClean(v) : Number.isSafeInteger(v));
  if (!Array.isArray(end) || end.length !== 2 || !isValue(end[0]) || typeof end[1] !== 'string' || !isClean(end[1])) throw new BadCursor();
  return [end[0] as Value, end[1]];
}

const isClean = (text: string): boolean => text.isWellFormed() && !text.includes('\u0000');

export interface PageRequest {
  /** sort column of the view, never null in it; `key` breaks ties in the same direction */
  sort: string;
  type: 'text' | 'integer';
  descending?: boolean;
  /** rows of a page */
  limit: number;
  /** `next` of the page before */
  cursor?: string | undefined;
}

/**
 * One page of a query over a view, by keyset: its cost does not grow with the page's number, and rows that come or go
 * do not shift it. `next` is null on the last page. The query must select `key` and the sort column. Throws BadCursor.
 */
export async function page<DB, TB extends keyof DB, Row extends object>(
  query: SelectQueryBuilder<DB, TB, Row>,
  { sort, type, descending = false, limit, cursor }: PageRequest,
): Promise<{ rows: Row[]; next: string | null }> {
  const direction = descending ? 'desc' : 'asc';
  let paged = query
    .orderBy(sql.ref(sort), direction)
    .orderBy(sql.ref('key'), direction)
    .limit(limit + 1);
  if (cursor !== undefined) {
    const [value, key] = decodeCursor(cursor, type);
    const compare = descending ? sql`<` : sql`>`;
    paged = paged.where(sql<boolean>`(${sql.ref(sort)}, ${sql.ref('key')}) ${compare} (${value}, ${key})`);
  }
  const rows = (await paged.execute()) as Row[];
  if (rows.length <= limit) return { rows, next: null };
  rows.length = limit;
  const last = rows.at(-1) as Record<string, Value>;
  return { rows, next: encodeCursor([last[sort]!, last.key as string]) };
}
