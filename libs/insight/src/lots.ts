import { ballotLeaf, drawKey, leafOf, type LotKind } from '@minipilot/kernel/lot.js';
import type { Projection } from '@minipilot/kernel/projection.js';
import type { Recorded } from '@minipilot/kernel/event.js';
import type { LocalDate } from '@minipilot/kernel/time.js';
import type { CallEvent } from '@minipilot/grants/call/events.js';
import type { ScoringEvent } from '@minipilot/grants/scoring/events.js';
import { seen, streamKey } from './rows.js';
import { parsed, viewOf, type Db, type Keyed } from './query.js';
import { findVote, publicBallots, type BallotRow } from './votes.js';

/** What a call committed to at its announcement, and what was revealed. The key is the call. */
export type LotRow = {
  tenant: string;
  lotHash: string;
  announcedOn: string;
  /** what the draw is made from */
  kind: LotKind;
  /** null while it is secret */
  seed: string | null;
  /** of all cards or ballots; the rounds of a rolling call have digests of their own */
  digest: string | null;
  /** whether the leaves give the digest: in the first calls they do not */
  repeatable: number;
  /** whether a proposal or a round was computed */
  proposed: number;
};

/** One page of what a draw was made from, or of whom it put in order. The key is the event. */
export type LotPageRow = {
  tenant: string;
  call: string;
  /** round of a rolling call, else 0 */
  round: number;
  page: number;
  /** JSON list of leaves */
  leaves: string;
  digest: string | null;
  /** JSON list of Drawn */
  drawn: string;
};

interface Drawn {
  application: string;
  /** place among all: the rank, or the order of funding in a round */
  order: number;
  drawKey: string;
  /** those that it was parted from, where the proposal names them */
  tiedWith: string[] | null;
}

const KINDS = { rolling: 'readings', 'ranked-until-budget': 'cards', 'equal-shares': 'ballots' } as const satisfies Record<string, LotKind>;

function evolveLot(row: LotRow | null, event: Recorded): LotRow | null {
  const e = seen<CallEvent | ScoringEvent>(event);
  switch (e.type) {
    case 'call.announced':
      return {
        tenant: e.tenant,
        lotHash: e.data.lotHash,
        announcedOn: e.data.announcedOn,
        kind: KINDS[e.data.content.rules.method],
        seed: null,
        digest: null,
        repeatable: 1,
        proposed: 0,
      };
    case 'scoring.opened':
      return row && { ...row, seed: e.data.seed, digest: e.data.digest, repeatable: e.data.digestForm === 'v1' ? 0 : 1 };
    case 'scoring.proposed':
      return row && { ...row, proposed: e.data.last ? 1 : 0 };
    case 'scoring.round-proposed':
      return row && { ...row, proposed: 1, seed: e.data.seed ?? row.seed };
    default:
      return row;
  }
}

/** Commitments and revealed seeds, for everybody. */
export const publicLots: Projection<LotRow> = {
  name: 'public_lots',
  version: 1,
  table: {
    tenant: 'text',
    lotHash: 'text',
    announcedOn: 'text',
    kind: 'text',
    seed: 'text',
    digest: 'text',
    repeatable: 'integer',
    proposed: 'integer',
  },
  handles: ['call.announced', 'scoring.opened', 'scoring.proposed', 'scoring.round-proposed'],
  keys: streamKey,
  evolve: evolveLot,
};

function evolvePage(_: LotPageRow | null, event: Recorded): LotPageRow | null {
  const e = seen<ScoringEvent>(event);
  const page = (rest: Partial<LotPageRow>): LotPageRow => ({
    tenant: e.tenant,
    call: streamKey(e)[0]!,
    round: 0,
    page: 0,
    leaves: '[]',
    digest: null,
    drawn: '[]',
    ...rest,
  });
  switch (e.type) {
    case 'scoring.cards-opened': {
      const leaves = e.data.cards.map((c) => leafOf(c.application, c.member, c.values, c.salt));
      return page({ page: e.data.page, leaves: JSON.stringify(leaves) });
    }
    case 'scoring.proposed': {
      const drawn = e.data.places.flatMap(({ application, rank, drawKey, tie }): Drawn[] =>
        drawKey === undefined ? [] : [{ application, order: rank!, drawKey, tiedWith: tie?.with ?? [] }],
      );
      return drawn.length === 0 ? null : page({ page: e.data.page, drawn: JSON.stringify(drawn) });
    }
    case 'scoring.round-proposed': {
      if (e.data.seed === null) return null;
      const drawn = e.data.places.flatMap(({ application, order, drawKey }): Drawn[] =>
        drawKey === undefined ? [] : [{ application, order: order!, drawKey, tiedWith: null }],
      );
      const { round, leaves, readingsDigest } = e.data;
      return page({ round, leaves: JSON.stringify(leaves), digest: readingsDigest, drawn: JSON.stringify(drawn) });
    }
    default:
      return null;
  }
}

/** What draws were made from, as leaves that tell nothing, and the order that they gave. Opened ballots are public as they are: see votes.ts. */
export const publicLotPages: Projection<LotPageRow> = {
  name: 'public_lot_pages',
  version: 1,
  table: {
    tenant: 'text',
    call: 'text',
    round: 'integer',
    page: 'integer',
    leaves: 'text',
    digest: 'text',
    drawn: 'text',
  },
  indexes: [['tenant', 'call']],
  handles: ['scoring.cards-opened', 'scoring.proposed', 'scoring.round-proposed'],
  keys: (event) => [event.id],
  evolve: evolvePage,
};

/** One draw: all ties of a ranked call, or one round of a rolling call. */
export interface LotDraw {
  kind: LotKind;
  /** of a rolling call, from 1 */
  round: number | null;
  /** null where the digest of the first calls was told nobody */
  digest: string | null;
  /** whether the digest can be computed from the leaves */
  repeatable: boolean;
  /** a leaf for each card or application's readings, in order */
  leaves: string[];
  /**
   * Applications that stood equal, each group in the order that the draw gave. In a vote the first of a group was drawn from among the others,
   * which go on without a place of their own here.
   */
  groups: { drawn: { application: string; order: number | null; drawKey: string }[] }[];
}

export interface LotView {
  call: string;
  /** commits to the seed since the announcement */
  lotHash: string;
  announcedOn: LocalDate;
  /** null while it is secret */
  seed: string | null;
  proposed: boolean;
  /** empty while the seed is secret, and where nothing had to be drawn by lot */
  draws: LotDraw[];
}

/** The lot of a call as everybody can repeat it; undefined where there is no such call. */
export async function findLot(db: Db, tenant: string, call: string): Promise<LotView | undefined> {
  const lot = (await db
    .selectFrom(viewOf(publicLots))
    .selectAll()
    .where('tenant', '=', tenant)
    .where('key', '=', call)
    .executeTakeFirst()) as Keyed<LotRow> | undefined;
  if (lot === undefined) return undefined;
  const pages = (await db
    .selectFrom(viewOf(publicLotPages))
    .selectAll()
    .where('tenant', '=', tenant)
    .where('call', '=', call)
    .execute()) as Keyed<LotPageRow>[];
  const drawsBallots = lot.kind === 'ballots' && lot.seed !== null;
  return lotView(call, lot, pages, drawsBallots ? await ballotsOf(db, tenant, call) : []);
}

/** Opened ballots with the applications that they choose. */
async function ballotsOf(db: Db, tenant: string, call: string): Promise<LotBallot[]> {
  const vote = await findVote(db, tenant, call, '');
  if (vote === undefined) return [];
  const rows = (await db
    .selectFrom(viewOf(publicBallots))
    .selectAll()
    .where('tenant', '=', tenant)
    .where('call', '=', call)
    .execute()) as BallotRow[];
  const chosen = vote.projects.map((p) => p.application);
  return rows.map(({ tracker, choices }) => ({ tracker, choices: parsed<number[]>(choices).map((n) => chosen[n - 1]!) }));
}

/** An opened ballot; `choices` are applications. */
export interface LotBallot {
  tracker: string;
  choices: string[];
}

export function lotView(call: string, lot: LotRow, pages: readonly LotPageRow[], ballots: readonly LotBallot[]): LotView {
  const { lotHash, announcedOn, seed, kind } = lot;
  const told = { call, lotHash, announcedOn, seed, proposed: lot.proposed === 1 };
  if (seed === null) return { ...told, draws: [] };
  const rounds = [...new Set(pages.map((p) => p.round).concat(kind === 'ballots' ? 0 : []))].sort((a, b) => a - b);
  const draws = rounds.map((round): LotDraw => {
    const own = pages.filter((p) => p.round === round).sort((a, b) => a.page - b.page);
    const digest = round === 0 ? lot.digest : (own.find((p) => p.digest !== null)?.digest ?? null);
    const drawn = own.flatMap((p) => parsed<Drawn[]>(p.drawn)).sort((a, b) => a.order - b.order);
    const leaves =
      kind === 'ballots' ? ballots.map((b) => ballotLeaf(b.tracker, b.choices)) : own.flatMap((p) => parsed<string[]>(p.leaves));
    return {
      kind,
      round: round === 0 ? null : round,
      digest,
      repeatable: digest !== null && lot.repeatable === 1,
      leaves: leaves.sort(),
      groups: kind === 'ballots' ? drawn.map((one) => fromAmong(one, seed, digest!)) : grouped(drawn),
    };
  });
  return { ...told, draws: draws.filter((d) => d.leaves.length > 0 || d.groups.length > 0) };
}

/** One that the lot chose, before those that it was chosen from. */
function fromAmong({ application, order, drawKey: key, tiedWith }: Drawn, seed: string, digest: string): LotDraw['groups'][number] {
  const others = tiedWith!.map((other) => ({ application: other, order: null, drawKey: drawKey(seed, digest, other) }));
  return { drawn: [{ application, order, drawKey: key }, ...others.sort((a, b) => (a.drawKey < b.drawKey ? -1 : 1))] };
}

/** Those that follow one another and were tied with one another stand in one group. */
function grouped(drawn: readonly Drawn[]): LotDraw['groups'] {
  const groups: Drawn[][] = [];
  for (const next of drawn) {
    const last = groups.at(-1)?.at(-1);
    const together = last !== undefined && (next.tiedWith === null || next.tiedWith.includes(last.application));
    if (together) groups.at(-1)!.push(next);
    else groups.push([next]);
  }
  return groups.map((group) => ({ drawn: group.map(({ application, order, drawKey }) => ({ application, order, drawKey })) }));
}
