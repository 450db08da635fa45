import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { ReadModels } from './database.js';

const PAGE = 5000;

/**
 * SHA-256 in hex over all rows of a view in the order of their keys, and their number. Equal rows give equal digests
 * on both databases. `view` comes from viewName or rollupViewName. Throws where there is no such view.
 */
export async function tableDigest(readModels: ReadModels, view: string): Promise<{ rows: number; sha256: string }> {
  const order = view.endsWith('_rollup') ? ['key', 'measure'] : ['key'];
  const hash = createHash('sha256');
  let rows = 0;
  let last: Record<string, unknown> | undefined;
  for (;;) {
    let query = readModels.db.selectFrom(view).selectAll().limit(PAGE);
    for (const column of order) query = query.orderBy(column);
    if (last) {
      const after = last;
      query = query.where(sql<boolean>`(${sql.join(order.map((c) => sql.ref(c)))}) > (${sql.join(order.map((c) => after[c]))})`);
    }
    const page = (await query.execute()) as Record<string, unknown>[];
    for (const row of page) {
      const columns = Object.keys(row).sort();
      hash.update(JSON.stringify(columns.map((column) => [column, row[column]])) + '\n');
    }
    rows += page.length;
    if (page.length < PAGE) return { rows, sha256: hash.digest('hex') };
    last = page.at(-1);
  }
}
