import { ballotLeaf, digestOfLeaves, drawKey, leafOf } from '@minipilot/kernel/lot.js';
import { project } from '@minipilot/kernel/testing.js';
import type { CallContent } from '@minipilot/grants/call/events.js';
import { callStream, scoringStream } from '@minipilot/grants/streams.js';
import { lotView, publicLotPages, publicLots, type LotBallot, type LotView } from './lots.js';
import { content, hash, History, id, TENANT } from './testing.js';

const call = id('call');
const at = '2027-09-30T13:01:00.000Z';
const stream = scoringStream(TENANT, call);
const card = (n: number, member: string) => ({
  application: id(`a${n}`),
  member: id(member),
  values: [3],
  salt: hash(`${n}${member}`),
  card: id(`c${n}${member}`),
});
const leaf = (c: ReturnType<typeof card>) => leafOf(c.application, c.member, c.values, c.salt);

const view = (h: History, ballots: LotBallot[] = []): LotView | undefined => {
  const lot = project(publicLots, h.events).get(call);
  return lot && lotView(call, lot, [...project(publicLotPages, h.events).values()], ballots);
};
const announced = (change: Partial<CallContent['rules']> = {}) => {
  const h = new History();
  h.announce(call, { rules: { ...content().rules, ...change } });
  return h;
};
const fraction = { numerator: '3', denominator: '1' };
const place = (n: number, rank: number, tiedWith?: number[]) => ({
  application: id(`a${n}`),
  rank,
  score: fraction,
  cards: 2,
  result: 'waiting' as const,
  cents: 0,
  reason: 'over-budget' as const,
  ...(tiedWith && { tie: { with: tiedWith.map((other) => id(`a${other}`)), partedBy: 'lot' as const }, drawKey: hash(`key ${n}`) }),
});

describe('the lot of a call, for everybody', () => {
  it('is its commitment alone until all cards are open', () => {
    const h = announced();
    const secret = { call, lotHash: hash('lot'), announcedOn: '2027-01-10', seed: null, proposed: false, draws: [] };
    expect(view(h)).toEqual(secret);
    h.add(stream, 'scoring.cards-opened', { page: 0, cards: [card(1, 'x')] }, at);
    expect(view(h)).toEqual(secret);
  });

  it('is what it takes to repeat it afterwards, without members', () => {
    const h = announced();
    const pages = [[card(1, 'x'), card(1, 'y')], [card(2, 'x')]];
    pages.forEach((cards, page) => h.add(stream, 'scoring.cards-opened', { page, cards }, at));
    const leaves = pages.flat().map(leaf).sort();
    const digest = digestOfLeaves('cards', leaves);
    h.add(stream, 'scoring.opened', { cards: 3, digest, digestForm: 'v2', seed: hash('seed'), effectiveAt: at }, at);
    const open = { kind: 'cards', round: null, digest, repeatable: true, leaves, groups: [] };
    expect(view(h)).toMatchObject({ seed: hash('seed'), proposed: false, draws: [open] });
    expect(JSON.stringify(view(h))).not.toContain(id('x'));
    // two ties, one of them over the border between two pages
    h.add(
      stream,
      'scoring.proposed',
      { page: 0, places: [place(1, 1), place(2, 2, [3]), place(3, 3, [2]), place(4, 4, [5])], last: false },
      at,
    );
    expect(view(h)!.proposed).toBe(false);
    const end = { page: 1, places: [place(5, 5, [4, 6]), place(6, 6, [5])], last: true, count: 6, totalCents: 0, digest: hash('proposal') };
    h.add(stream, 'scoring.proposed', end, at);
    const drawn = (n: number) => ({ application: id(`a${n}`), order: n, drawKey: hash(`key ${n}`) });
    expect(view(h)).toMatchObject({
      proposed: true,
      draws: [{ ...open, groups: [{ drawn: [2, 3].map(drawn) }, { drawn: [4, 5, 6].map(drawn) }] }],
    });
  });

  it('says where the digest of an early call cannot be repeated', () => {
    const h = announced();
    h.add(stream, 'scoring.cards-opened', { page: 0, cards: [card(1, 'x')] }, at);
    h.add(stream, 'scoring.opened', { cards: 1, digest: hash('early'), digestForm: 'v1', seed: hash('seed'), effectiveAt: at }, at);
    expect(view(h)!.draws).toMatchObject([{ digest: hash('early'), repeatable: false }]);
  });

  it('comes with each round of a rolling call that needed one', () => {
    const h = announced({ method: 'rolling' });
    const round = { effectiveAt: at, leftCents: 50_000, digest: hash('places') };
    const passed = (n: number, order: number) => ({
      application: id(`a${n}`),
      order,
      readings: 1,
      result: 'no-money' as const,
      cents: 0,
      reason: 'over-budget' as const,
    });
    h.add(
      stream,
      'scoring.round-proposed',
      { ...round, round: 1, places: [passed(1, 1)], seed: null, readingsDigest: null, leaves: [] },
      at,
    );
    expect(view(h)).toMatchObject({ seed: null, proposed: true, draws: [] });
    const leaves = [hash('leaf 2'), hash('leaf 1')].sort();
    const places = [passed(2, 1), passed(3, 2)].map((p) => ({ ...p, drawKey: hash(p.application) }));
    const drawn = { seed: hash('seed'), readingsDigest: digestOfLeaves('readings', leaves), leaves };
    h.add(stream, 'scoring.round-proposed', { ...round, round: 2, places, ...drawn }, at);
    expect(view(h)).toMatchObject({
      seed: hash('seed'),
      draws: [
        {
          kind: 'readings',
          round: 2,
          digest: drawn.readingsDigest,
          repeatable: true,
          leaves,
          groups: [{ drawn: places.map(({ application, order, drawKey }) => ({ application, order, drawKey })) }],
        },
      ],
    });
    // the first rounds told nobody their digest
    h.add(stream, 'scoring.round-proposed', { ...round, round: 3, places, seed: hash('seed'), readingsDigest: null, leaves: [] }, at);
    expect(view(h)!.draws[1]).toMatchObject({ round: 3, digest: null, repeatable: false, leaves: [] });
  });

  it('is drawn from the ballots where residents voted; what was drawn from stands behind what was chosen', () => {
    const h = announced({ method: 'equal-shares' });
    const ballots = [
      { tracker: 'B', choices: [id('a2'), id('a1')] },
      { tracker: 'A', choices: [id('a3')] },
    ];
    const leaves = ballots.map((b) => ballotLeaf(b.tracker, b.choices)).sort();
    const digest = digestOfLeaves('ballots', leaves);
    h.add(stream, 'scoring.opened', { cards: 2, digest, digestForm: 'v2', seed: hash('seed'), effectiveAt: at }, at);
    const key = (n: number) => drawKey(hash('seed'), digest, id(`a${n}`));
    const [first, ...others] = [1, 2, 3].sort((a, b) => (key(a) < key(b) ? -1 : 1)) as [number, number, number];
    const chosen = {
      ...place(
        first,
        1,
        [1, 2, 3].filter((n) => n !== first),
      ),
      drawKey: key(first),
    };
    h.add(stream, 'scoring.proposed', { page: 0, places: [chosen], last: true, count: 1, totalCents: 0, digest: hash('proposal') }, at);
    const drawn = [first, ...others].map((n, i) => ({ application: id(`a${n}`), order: i === 0 ? 1 : null, drawKey: key(n) }));
    expect(view(h, ballots)!.draws).toEqual([{ kind: 'ballots', round: null, digest, repeatable: true, leaves, groups: [{ drawn }] }]);
  });

  it('is nothing before the announcement', () => {
    const h = new History();
    h.add(callStream(TENANT, call), 'call.cancelled', { reason: 'Ei rahaa' }, at);
    expect(view(h)).toBeUndefined();
  });
});
