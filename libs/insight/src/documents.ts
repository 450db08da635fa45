import { parseStream } from '@minipilot/kernel/decider.js';
import type { Projection } from '@minipilot/kernel/projection.js';
import type { ScoringEvent } from '@minipilot/grants/scoring/events.js';
import { page, viewOf, type Db, type Keyed, type Page, type Paged } from './query.js';
import { seen } from './rows.js';

type Published = Extract<ScoringEvent, { type: 'scoring.published' }>;

/** A public document of a call's decisions in one language; the key is its digest. */
export type DocumentRow = {
  tenant: string;
  call: string;
  language: string;
  publishedOn: string;
  /** last day on which a resident can appeal */
  appealUntil: string;
  at: string;
};

export const publicDocuments: Projection<DocumentRow> = {
  name: 'public_documents',
  version: 1,
  table: { tenant: 'text', call: 'text', language: 'text', publishedOn: 'text', appealUntil: 'text', at: 'text' },
  indexes: [['call', 'at']],
  handles: ['scoring.published'],
  keys: (event) => seen<Published>(event).data.documents.map(({ digest }) => digest),
  evolve(_row, recorded, key) {
    const { data } = seen<Published>(recorded);
    const { language } = data.documents.find(({ digest }) => digest === key)!;
    const { publishedOn, appealUntil } = data;
    return { tenant: recorded.tenant, call: parseStream(recorded.stream).key!, language, publishedOn, appealUntil, at: recorded.at };
  },
};

/** Documents of a call's published decisions, the newest first. */
export async function listDocuments(db: Db, tenant: string, call: string, wanted: Page): Promise<Paged<Keyed<DocumentRow>>> {
  const query = db.selectFrom(viewOf(publicDocuments)).selectAll().where('tenant', '=', tenant).where('call', '=', call);
  return page<DocumentRow>(query, 'at', 'desc', wanted);
}

/** One of a call's documents by its digest, or the newest in a language. */
export async function findDocument(
  db: Db,
  tenant: string,
  call: string,
  { digest, language }: { digest?: string | undefined; language?: string | undefined },
): Promise<Keyed<DocumentRow> | undefined> {
  let query = db.selectFrom(viewOf(publicDocuments)).selectAll().where('tenant', '=', tenant).where('call', '=', call);
  if (digest !== undefined) query = query.where('key', '=', digest);
  if (language !== undefined) query = query.where('language', '=', language);
  return (await query.orderBy('at', 'desc').orderBy('language').limit(1).executeTakeFirst()) as Keyed<DocumentRow> | undefined;
}
