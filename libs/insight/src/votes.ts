import type { Projection } from '@minipilot/kernel/projection.js';
import type { Recorded } from '@minipilot/kernel/event.js';
import { parseStream } from '@minipilot/kernel/decider.js';
import type { Instant } from '@minipilot/kernel/time.js';
import type { TallyEvent } from '@minipilot/grants/tally/events.js';
import { page, parsed, viewOf, type Db, type Keyed, type Page, type Paged } from './query.js';
import { existing, seen, streamKey } from './rows.js';

/** What voters see of a project, and its number on the ballot. */
export interface VoteProject {
  number: number;
  application: string;
  title: string;
  summary: string;
  cents: number;
  district: string;
}

export type VoteRow = {
  tenant: string;
  state: 'preparing' | 'open' | 'counted';
  /** JSON of texts by application */
  texts: string;
  /** JSON list of VoteProject */
  projects: string;
  opensAt: string;
  closesAt: string;
  boxKey: string | null;
  paper: number;
  selects: number;
  /** JSON list of counts in the order of the ballot; null before the count, as are those below */
  votes: string | null;
  ballots: number | null;
  voters: number | null;
  imported: number | null;
  /** codes handed out so far; shown only with the count */
  codes: number;
  digest: string | null;
  countedAt: string | null;
  keyDestroyedAt: string | null;
};

type Text = { title: string; summary: string };

/**
 * Residents' votes, for everybody; the key is the call. It reads the tally alone, which holds nothing of single votes before they are
 * counted; what happens to a box between close and count is not shown either.
 */
export const publicVotes: Projection<VoteRow> = {
  name: 'public_votes',
  version: 2,
  table: {
    tenant: 'text',
    state: 'text',
    texts: 'text',
    projects: 'text',
    opensAt: 'text',
    closesAt: 'text',
    boxKey: 'text',
    paper: 'integer',
    selects: 'integer',
    votes: 'text',
    ballots: 'integer',
    voters: 'integer',
    imported: 'integer',
    codes: 'integer',
    digest: 'text',
    countedAt: 'text',
    keyDestroyedAt: 'text',
  },
  handles: ['tally.project-published', 'tally.vote-opened', 'tally.codes-ordered', 'tally.counted', 'tally.box-key-destroyed'],
  keys: streamKey,
  evolve(before, event) {
    const e = seen<TallyEvent>(event);
    switch (e.type) {
      case 'tally.project-published': {
        const { application, title, summary } = e.data;
        const row = before ?? blank(e.tenant);
        return { ...row, texts: JSON.stringify({ ...parsed<Record<string, Text>>(row.texts), [application]: { title, summary } }) };
      }
      case 'tally.vote-opened': {
        const { projects, opensAt, closesAt, boxKey, paper, selects } = e.data;
        const row = existing(before, e);
        const texts = parsed<Record<string, Text>>(row.texts);
        const shown: VoteProject[] = projects.map((project, i) => ({ number: i + 1, ...project, ...texts[project.application]! }));
        return {
          ...row,
          state: 'open',
          texts: '{}',
          projects: JSON.stringify(shown),
          opensAt,
          closesAt,
          boxKey,
          paper: Number(paper),
          selects: Number(selects),
        };
      }
      case 'tally.codes-ordered': {
        const row = existing(before, e);
        return { ...row, codes: row.codes + e.data.count };
      }
      case 'tally.counted': {
        const { votes, ballots, voters, imported, digest } = e.data;
        return {
          ...existing(before, e),
          state: 'counted',
          votes: JSON.stringify(votes),
          ballots,
          voters,
          imported,
          digest,
          countedAt: e.at,
        };
      }
      case 'tally.box-key-destroyed':
        return { ...existing(before, e), keyDestroyedAt: e.at };
      default:
        return before;
    }
  },
};

const blank = (tenant: string): VoteRow => ({
  tenant,
  state: 'preparing',
  texts: '{}',
  projects: '[]',
  opensAt: '',
  closesAt: '',
  boxKey: null,
  paper: 0,
  selects: 0,
  votes: null,
  ballots: null,
  voters: null,
  imported: null,
  codes: 0,
  digest: null,
  countedAt: null,
  keyDestroyedAt: null,
});

export type BallotRow = { tenant: string; call: string; tracker: string; choices: string };

const ballotKey = (event: Recorded, tracker: string) => `${parseStream(event.stream).key!}|${tracker}`;

/** Opened ballots, for everybody, in the order of their trackers. */
export const publicBallots: Projection<BallotRow> = {
  name: 'public_ballots',
  version: 1,
  table: { tenant: 'text', call: 'text', tracker: 'text', choices: 'text' },
  indexes: [['call', 'tracker']],
  handles: ['tally.ballots-opened'],
  keys(event) {
    const { ballots } = event.data as unknown as { ballots: { tracker: string }[] };
    return ballots.map(({ tracker }) => ballotKey(event, tracker));
  },
  evolve(_, event, key) {
    const { ballots } = event.data as unknown as { ballots: { tracker: string; choices: number[] }[] };
    const tracker = key.slice(key.indexOf('|') + 1);
    const { choices } = ballots.find((ballot) => ballot.tracker === tracker)!;
    return { tenant: event.tenant, call: parseStream(event.stream).key!, tracker, choices: JSON.stringify(choices) };
  },
};

export interface VoteView {
  call: string;
  opensAt: Instant;
  closesAt: Instant;
  /** where it stands by the clock; `counting` is past the close */
  phase: 'upcoming' | 'open' | 'counting' | 'counted';
  online: boolean;
  paper: boolean;
  selects: boolean;
  boxKey: string | null;
  projects: VoteProject[];
}

export interface TallyView {
  call: string;
  closesAt: Instant;
  countedAt: Instant;
  ballots: number;
  voters: number;
  imported: number;
  /** codes for voting without signing in that were handed out: at most as many ballots came by code */
  codes: number;
  digest: string;
  /** when the keys that could open a single ballot were destroyed; null where there were none, or not yet */
  keyDestroyedAt: Instant | null;
  projects: (VoteProject & { votes: number })[];
}

const rowOf = async (db: Db, tenant: string, call: string): Promise<Keyed<VoteRow> | undefined> => {
  const query = db.selectFrom(viewOf(publicVotes)).selectAll().where('key', '=', call).where('tenant', '=', tenant);
  const row = (await query.executeTakeFirst()) as Keyed<VoteRow> | undefined;
  return row?.state === 'preparing' ? undefined : row;
};

/** Calls of which a vote is fixed. */
export async function callsWithVotes(db: Db, tenant: string): Promise<string[]> {
  const query = db.selectFrom(viewOf(publicVotes)).select('key').where('tenant', '=', tenant).where('state', '!=', 'preparing');
  return (await query.orderBy('key').execute()).map((row) => row['key'] as string);
}

/** A vote that is fixed; undefined where there is none. */
export async function findVote(db: Db, tenant: string, call: string, now: Instant): Promise<VoteView | undefined> {
  const row = await rowOf(db, tenant, call);
  if (row === undefined) return undefined;
  const { opensAt, closesAt, state, boxKey } = row;
  const phase = state === 'counted' ? 'counted' : now < opensAt ? 'upcoming' : now < closesAt ? 'open' : 'counting';
  const projects = parsed<VoteProject[]>(row.projects);
  return { call, opensAt, closesAt, phase, online: boxKey !== null, paper: row.paper === 1, selects: row.selects === 1, boxKey, projects };
}

/** The count; null before it, undefined where there is no vote. */
export async function findTally(
  db: Db,
  tenant: string,
  call: string,
): Promise<TallyView | { closesAt: Instant; countedAt: null } | undefined> {
  const row = await rowOf(db, tenant, call);
  if (row === undefined) return undefined;
  if (row.countedAt === null) return { closesAt: row.closesAt, countedAt: null };
  const votes = parsed<number[]>(row.votes!);
  return {
    call,
    closesAt: row.closesAt,
    countedAt: row.countedAt,
    ballots: row.ballots!,
    voters: row.voters!,
    imported: row.imported!,
    codes: row.codes,
    digest: row.digest!,
    keyDestroyedAt: row.keyDestroyedAt,
    projects: parsed<VoteProject[]>(row.projects).map((project) => ({ ...project, votes: votes[project.number - 1]! })),
  };
}

export interface BallotView {
  tracker: string;
  /** numbers of projects on the ballot */
  choices: number[];
}

const ballotView = ({ tracker, choices }: BallotRow): BallotView => ({ tracker, choices: parsed<number[]>(choices) });

/** Opened ballots in the order of their trackers. */
export async function listBallots(db: Db, tenant: string, call: string, at: Page): Promise<Paged<BallotView>> {
  const query = db.selectFrom(viewOf(publicBallots)).selectAll().where('call', '=', call).where('tenant', '=', tenant);
  const { items, next } = await page<BallotRow>(query, 'tracker', 'asc', at);
  return { items: items.map(ballotView), next };
}

export async function findBallot(db: Db, tenant: string, call: string, tracker: string): Promise<BallotView | undefined> {
  const query = db.selectFrom(viewOf(publicBallots)).selectAll().where('key', '=', `${call}|${tracker}`).where('tenant', '=', tenant);
  const row = (await query.executeTakeFirst()) as Keyed<BallotRow> | undefined;
  return row && ballotView(row);
}
