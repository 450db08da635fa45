import { leafOf, type LotKind } from '@minipilot/kernel/lot.js';
import type { Projection } from '@minipilot/kernel/projection.js';
import type { Recorded } from '@minipilot/kernel/event.js';
import type { LocalDate } from '@minipilot/kernel/time.js';
import type { CallEvent } from '@minipilot/grants/call/events.js';
import type { ScoringEvent } from '@minipilot/grants/scoring/events.js';
import { seen, streamKey } from './rows.js';
import { parsed, viewOf, type Db, type Keyed } from './query.js';

/** What a call committed to at its announcement, and what was revealed. The key is the call. */
export type LotRow = {
  tenant: string;
  lotHash: string;
  announcedOn: string;
  /** null while it is secret */
  seed: string | null;
  /** of all cards; the rounds of a rolling call have digests of their own */
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
  kind: LotKind;
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

function evolveLot(row: LotRow | null, event: Recorded): LotRow | null {
  const e = seen<CallEvent | ScoringEvent>(event);
  switch (e.type) {
    case 'call.announced':
      return {
        tenant: e.tenant,
        lotHash: e.data.lotHash,
        announcedOn: e.data.announcedOn,
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
  table: { tenant: 'text', lotHash: 'text', announcedOn: 'text', seed: 'text', digest: 'text', repeatable: 'integer', proposed: 'integer' },
  handles: ['call.announced', 'scoring.opened', 'scoring.proposed', 'scoring.round-proposed'],
  keys: streamKey,
  evolve: evolveLot,
};

function evolvePage(_: LotPageRow | null, event: Recorded): LotPageRow | null {
  const e = seen<ScoringEvent>(event);
  const page = (kind: LotKind, rest: Partial<LotPageRow>): LotPageRow => ({
    tenant: e.tenant,
    call: streamKey(e)[0]!,
    kind,
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
      return page('cards', { page: e.data.page, leaves: JSON.stringify(leaves) });
    }
    case 'scoring.proposed': {
      const drawn = e.data.places.flatMap(({ application, rank, drawKey, tie }): Drawn[] =>
        drawKey === undefined ? [] : [{ application, order: rank!, drawKey, tiedWith: tie?.with ?? [] }],
      );
      return drawn.length === 0 ? null : page('cards', { page: e.data.page, drawn: JSON.stringify(drawn) });
    }
    case 'scoring.round-proposed': {
      if (e.data.seed === null) return null;
      const drawn = e.data.places.flatMap(({ application, order, drawKey }): Drawn[] =>
        drawKey === undefined ? [] : [{ application, order: order!, drawKey, tiedWith: null }],
      );
      const { round, leaves, readingsDigest } = e.data;
      return page('readings', { round, leaves: JSON.stringify(leaves), digest: readingsDigest, drawn: JSON.stringify(drawn) });
    }
    default:
      return null;
  }
}

/** What draws were made from, as leaves that tell nothing, and the order that they gave. */
export const publicLotPages: Projection<LotPageRow> = {
  name: 'public_lot_pages',
  version: 1,
  table: {
    tenant: 'text',
    call: 'text',
    kind: 'text',
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
  /** applications that stood equal, each group in the order that the draw gave */
  groups: { drawn: { application: string; order: number; drawKey: string }[] }[];
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
  return lotView(call, lot, pages);
}

export function lotView(call: string, lot: LotRow, pages: readonly LotPageRow[]): LotView {
  const { lotHash, announcedOn, seed } = lot;
  const told = { call, lotHash, announcedOn, seed, proposed: lot.proposed === 1 };
  if (seed === null) return { ...told, draws: [] };
  const rounds = [...new Set(pages.map((p) => p.round))].sort((a, b) => a - b);
  const draws = rounds.map((round): LotDraw => {
    const own = pages.filter((p) => p.round === round).sort((a, b) => a.page - b.page);
    const digest = round === 0 ? lot.digest : (own.find((p) => p.digest !== null)?.digest ?? null);
    const drawn = own.flatMap((p) => parsed<Drawn[]>(p.drawn)).sort((a, b) => a.order - b.order);
    return {
      kind: own[0]!.kind,
      round: round === 0 ? null : round,
      digest,
      repeatable: digest !== null && lot.repeatable === 1,
      leaves: own.flatMap((p) => parsed<string[]>(p.leaves)).sort(),
      groups: grouped(drawn),
    };
  });
  return { ...told, draws: draws.filter((d) => d.leaves.length > 0 || d.groups.length > 0) };
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
