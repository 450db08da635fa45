import { parseStream } from '@minipilot/kernel/decider.js';
import type { Projection } from '@minipilot/kernel/projection.js';
import type { Recorded } from '@minipilot/kernel/event.js';
import type { ScorebookEvent } from '@minipilot/grants/scorebook/events.js';
import type { ScoringEvent } from '@minipilot/grants/scoring/events.js';
import { existing, seen, streamKey } from './rows.js';
import { parsed, viewOf, type Db, type Keyed } from './query.js';

export type ScoringState = 'started' | 'opened' | 'proposed' | 'signed' | 'rolling';

/** How far the choosing of a call is; the key is the call. Nothing here depends on scores before they are opened. */
export type ScoringRow = {
  tenant: string;
  state: ScoringState;
  startedAt: string | null;
  chair: string | null;
  /** JSON list of subjects */
  members: string;
  /** JSON list of pilots */
  applications: string;
  /** JSON list of { application, why } that take no part */
  left: string;
  closesAt: string | null;
  openedAt: string | null;
  cardsDigest: string | null;
  seed: string | null;
  /** JSON list of the events that hold the proposal's pages, or the rounds of a rolling call */
  pages: string;
  proposalDigest: string | null;
  totalCents: number | null;
  proposedAt: string | null;
  signedAt: string | null;
  rounds: number;
  publishedOn: string | null;
};

const blank = (tenant: string, state: ScoringState): ScoringRow => ({
  tenant,
  state,
  startedAt: null,
  chair: null,
  members: '[]',
  applications: '[]',
  left: '[]',
  closesAt: null,
  openedAt: null,
  cardsDigest: null,
  seed: null,
  pages: '[]',
  proposalDigest: null,
  totalCents: null,
  proposedAt: null,
  signedAt: null,
  rounds: 0,
  publishedOn: null,
});

function evolve(before: ScoringRow | null, event: Recorded): ScoringRow | null {
  const e = seen<ScoringEvent>(event);
  switch (e.type) {
    case 'scoring.started':
      return {
        ...blank(e.tenant, 'started'),
        startedAt: e.at,
        chair: e.data.chair,
        members: JSON.stringify(e.data.members),
        applications: JSON.stringify(e.data.applications),
        left: JSON.stringify(e.data.left),
        closesAt: e.data.closesAt,
      };
    case 'scoring.extended':
      return { ...existing(before, e), closesAt: e.data.closesAt };
    case 'scoring.opened':
      // a residents' vote has no committee that began
      return {
        ...(before ?? blank(e.tenant, 'opened')),
        state: 'opened',
        openedAt: e.data.effectiveAt,
        cardsDigest: e.data.digest,
        seed: e.data.seed,
      };
    case 'scoring.proposed': {
      const row = existing(before, e);
      const pages = JSON.stringify([...(e.data.page === 0 ? [] : parsed<string[]>(row.pages)), e.id]);
      if (!e.data.last) return { ...row, pages };
      return {
        ...row,
        pages,
        state: 'proposed',
        proposalDigest: e.data.digest ?? null,
        totalCents: e.data.totalCents ?? null,
        proposedAt: e.at,
      };
    }
    case 'scoring.proposal-signed':
      return { ...existing(before, e), state: 'signed', signedAt: e.at };
    case 'scoring.round-proposed': {
      const row = before ?? blank(e.tenant, 'rolling');
      const pages = JSON.stringify([...parsed<string[]>(row.pages), e.id]);
      return { ...row, pages, rounds: e.data.round, proposalDigest: e.data.digest, proposedAt: e.at };
    }
    case 'scoring.published':
      return { ...(before ?? blank(e.tenant, 'rolling')), publishedOn: e.data.publishedOn };
    default:
      return before;
  }
}

export const deskScoring: Projection<ScoringRow> = {
  name: 'desk_scoring',
  version: 1,
  table: {
    tenant: 'text',
    state: 'text',
    startedAt: 'text',
    chair: 'text',
    members: 'text',
    applications: 'text',
    left: 'text',
    closesAt: 'text',
    openedAt: 'text',
    cardsDigest: 'text',
    seed: 'text',
    pages: 'text',
    proposalDigest: 'text',
    totalCents: 'integer',
    proposedAt: 'text',
    signedAt: 'text',
    rounds: 'integer',
    publishedOn: 'text',
  },
  indexes: [['tenant', 'state']],
  handles: [
    'scoring.started',
    'scoring.extended',
    'scoring.opened',
    'scoring.proposed',
    'scoring.proposal-signed',
    'scoring.round-proposed',
    'scoring.published',
  ],
  keys: streamKey,
  evolve,
};

/** One member's scorebook; which cards it holds is not told. */
export type BookRow = {
  tenant: string;
  call: string;
  member: string;
  declaredAt: string | null;
  finishedAt: string | null;
  closedAt: string | null;
};

export const deskBooks: Projection<BookRow> = {
  name: 'desk_books',
  version: 2,
  table: { tenant: 'text', call: 'text', member: 'text', declaredAt: 'text', finishedAt: 'text', closedAt: 'text' },
  indexes: [['tenant', 'call']],
  handles: ['scorebook.conflicts-declared', 'scorebook.finished', 'scorebook.book-closed'],
  keys: streamKey,
  evolve(before, event) {
    const e =
      seen<Extract<ScorebookEvent, { type: 'scorebook.conflicts-declared' | 'scorebook.finished' | 'scorebook.book-closed' }>>(event);
    const { call, member } = e.data;
    const row = before ?? { tenant: e.tenant, call, member, declaredAt: null, finishedAt: null, closedAt: null };
    if (e.type === 'scorebook.book-closed') return { ...row, closedAt: e.data.effectiveAt };
    return e.type === 'scorebook.finished' ? { ...row, finishedAt: e.at } : { ...row, declaredAt: e.at };
  },
};

/** Who has read which application of a rolling call, without what they said; the key is application and reader. */
export type ReadingRow = { tenant: string; call: string; application: string; reader: string; at: string };

export const deskReadings: Projection<ReadingRow> = {
  name: 'desk_readings',
  version: 1,
  table: { tenant: 'text', call: 'text', application: 'text', reader: 'text', at: 'text' },
  indexes: [['tenant', 'call'], ['application']],
  handles: ['scoring.reading-recorded'],
  keys: (event) => [`${event.data.application as string}|${event.data.reader as string}`],
  evolve(_, event) {
    const { data } = seen<Extract<ScoringEvent, { type: 'scoring.reading-recorded' }>>(event);
    const call = parseStream(event.stream).key!;
    return { tenant: event.tenant, call, application: data.application, reader: data.reader, at: event.at };
  },
};

export type ScoringView = Omit<Keyed<ScoringRow>, 'key' | 'tenant' | 'members' | 'applications' | 'left' | 'pages'> & {
  call: string;
  members: { member: string; declaredAt: string | null; closedAt: string | null }[];
  applications: string[];
  left: { application: string; why: string }[];
  pages: string[];
};

/** Members with whether they have declared their conflicts and whether their book is closed. */
export async function findScoring(db: Db, tenant: string, call: string): Promise<ScoringView | undefined> {
  const row = await db.selectFrom(viewOf(deskScoring)).selectAll().where('key', '=', call).where('tenant', '=', tenant).executeTakeFirst();
  if (row === undefined) return undefined;
  const { key, tenant: _, members, applications, left, pages, ...rest } = row as Keyed<ScoringRow>;
  const books = (await db
    .selectFrom(viewOf(deskBooks))
    .selectAll()
    .where('tenant', '=', tenant)
    .where('call', '=', call)
    .execute()) as Keyed<BookRow>[];
  return {
    call: key,
    ...rest,
    members: parsed<string[]>(members).map((member) => {
      const book = books.find((b) => b.member === member);
      return { member, declaredAt: book?.declaredAt ?? null, closedAt: book?.closedAt ?? null };
    }),
    applications: parsed(applications),
    left: parsed(left),
    pages: parsed(pages),
  };
}

/** Committees that a member or chair sits on, those that close last first. */
export async function listScoringsOf(
  db: Db,
  tenant: string,
  member: string,
): Promise<{ call: string; state: ScoringState; closesAt: string | null; chair: boolean }[]> {
  const rows = (await db
    .selectFrom(viewOf(deskScoring))
    .selectAll()
    .where('tenant', '=', tenant)
    .where('state', '!=', 'rolling')
    .orderBy('closesAt', 'desc')
    .orderBy('key')
    .execute()) as Keyed<ScoringRow>[];
  return rows
    .filter((row) => row.chair === member || parsed<string[]>(row.members).includes(member))
    .map(({ key, state, closesAt, chair }) => ({ call: key, state, closesAt, chair: chair === member }));
}

/** Who has read an application of a rolling call. */
export async function readersOf(db: Db, tenant: string, application: string): Promise<string[]> {
  const rows = await db
    .selectFrom(viewOf(deskReadings))
    .select('reader')
    .where('tenant', '=', tenant)
    .where('application', '=', application)
    .orderBy('reader')
    .execute();
  return rows.map(({ reader }) => reader as string);
}
