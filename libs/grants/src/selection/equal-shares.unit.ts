import fc from 'fast-check';
import { equalShares, type SharesBallot, type SharesInput, type SharesProject } from './equal-shares.js';

const project = (id: string, cost: number, district = 'Jukola'): SharesProject => ({ id, cost: BigInt(cost), district });
/** `{ 'a,b': 3 }` is three ballots that choose a and b. */
const cast = (counts: Record<string, number>): SharesBallot[] =>
  Object.entries(counts).flatMap(([choices, n]) =>
    Array.from({ length: n }, () => ({ choices: choices.split(',').filter((c) => c !== '') })),
  );
const vote = (projects: SharesProject[], ballots: SharesBallot[], budget: number, change: Partial<SharesInput> = {}): SharesInput => ({
  projects,
  ballots,
  budget: BigInt(budget),
  completion: 'none',
  step: 1n,
  tieRule: ['lower-cost', 'more-votes'],
  lot: (tied) => tied,
  minimum: 1,
  ...change,
});
const result = (input: SharesInput) => equalShares(input).places.map((p) => `${p.id} ${p.reason}`);

describe('equal shares', () => {
  it('lets the majority spend its own share only', () => {
    // 6 shares of 100: four voters pay 75 each for a and have 100 left, too little for c; the two others pay for b
    const input = vote([project('a', 300), project('b', 200), project('c', 300)], cast({ 'a,c': 4, b: 2 }), 600);
    expect(equalShares({ ...input, tieRule: [] })).toMatchObject({
      places: [
        { id: 'a', reason: 'shares', support: 4, tie: { with: ['c'], partedBy: 'lot' } },
        { id: 'b', reason: 'shares', support: 2 },
        { id: 'c', reason: 'over-budget', support: 4 },
      ],
      share: { n: 600n, d: 6n },
      cost: 500n,
    });
  });

  it('takes all of who has too little, and the same from each of the others', () => {
    // shares of 10. a costs 6 of each of 1, 2, 3. b costs 18 of 2, 3, 4: they have 4, 4, 10, which is just enough
    const input = vote([project('a', 18), project('b', 18)], cast({ a: 1, 'a,b': 2, b: 1 }), 40);
    expect(result(input)).toEqual(['a shares', 'b shares']);
    expect(result({ ...input, projects: [project('a', 18), project('b', 19)] })).toEqual(['a shares', 'b shares-too-small']);
  });

  it('spends what is left as the rules say', () => {
    const input = vote([project('a', 300), project('b', 200), project('c', 300)], cast({ 'a,c': 4, b: 2 }), 800);
    // shares of 133⅓: after a four voters have 233⅓ left, and c costs 300. Shares of 150 pay for all: as much as there is
    expect(result(input)).toEqual(['a shares', 'b shares', 'c shares-too-small']);
    expect(result({ ...input, completion: 'utilitarian' })).toEqual(['a shares', 'b shares', 'c completion']);
    const { share, cost } = equalShares({ ...input, completion: 'add1' });
    expect([share, cost]).toEqual([{ n: 150n, d: 1n }, 800n]);
    expect(equalShares({ ...input, completion: 'add1', step: 100n }).share).toEqual({ n: 200n, d: 1n });
  });

  it('raises shares only as far as what they buy fits, then adds by number of ballots', () => {
    const projects = [project('a', 60), project('b', 50), project('c', 40), project('d', 10)];
    const input = vote(projects, cast({ a: 2, b: 2, c: 1, d: 1 }), 110);
    // shares of 18⅓ buy d. From 25 on b is bought as well; from 30 on a too, which is more than there is
    expect(result({ ...input, completion: 'none' })).toEqual([
      'd shares',
      'b shares-too-small',
      'a shares-too-small',
      'c shares-too-small',
    ]);
    expect(equalShares({ ...input, completion: 'add1' })).toMatchObject({ share: { n: 29n, d: 1n }, cost: 60n });
    expect(result({ ...input, completion: 'add1u' })).toEqual(['b shares', 'd shares', 'c completion', 'a over-budget']);
    expect(result({ ...input, completion: 'utilitarian' })).toEqual(['d shares', 'b completion', 'c completion', 'a over-budget']);
  });

  it('counts a project that would break the cap of its district as one that nobody can pay for', () => {
    const projects = [project('a', 50, 'north'), project('b', 50, 'north'), project('c', 60, 'south')];
    const input = vote(projects, cast({ 'a,b': 4, c: 2 }), 180, { districtCap: 60n, completion: 'add1u' });
    expect(result(input)).toEqual(['a shares', 'c shares', 'b district-cap']);
    // the cap holds for what is added afterwards too, and to the cent
    expect(result({ ...input, ballots: cast({ 'a,b': 4, c: 1, '': 13 }), completion: 'utilitarian' })).toEqual([
      'a completion',
      'c completion',
      'b district-cap',
    ]);
    expect(result({ ...input, districtCap: 100n })).toEqual(['a shares', 'b shares', 'c shares']);
  });

  it('leaves out what has fewer ballots than the rules ask for', () => {
    const input = vote([project('a', 10), project('b', 10), project('z', 10)], cast({ a: 2, b: 1 }), 100, {
      minimum: 2,
      completion: 'add1u',
    });
    expect(equalShares(input).places).toEqual([
      { id: 'a', reason: 'shares', support: 2 },
      { id: 'b', reason: 'too-few-cards', support: 1 },
      { id: 'z', reason: 'too-few-cards', support: 0 },
    ]);
  });

  it('parts ties by cost, then by ballots, then by lot', () => {
    // each of them costs every supporter the same per euro of cost
    const cheap = vote([project('a', 40), project('b', 20)], cast({ a: 2, b: 2 }), 200);
    expect(equalShares(cheap).places[0]).toMatchObject({ id: 'b', tie: { with: ['a'], partedBy: 'lower-cost' } });
    const lot = vote([project('a', 20), project('b', 20)], cast({ a: 2, b: 2 }), 200, { lot: (tied) => [...tied].reverse() });
    expect(equalShares(lot).places[0]).toMatchObject({ id: 'b', tie: { with: ['a'], partedBy: 'lot' } });
    const points = (id: string, ...given: number[]) => given.map((p) => ({ choices: [id], points: [BigInt(p)] }));
    const votes = vote([project('a', 20), project('b', 20)], [...points('a', 4), ...points('b', 1, 3)], 600);
    expect(equalShares(votes).places[0]).toMatchObject({ id: 'b', tie: { with: ['a'], partedBy: 'more-votes' } });
  });

  it('takes points for what they are: who gives twice the points pays twice', () => {
    // shares of 30; for a 40 are missing: 10 and 20 by points, the first has 30
    const ballots = [
      { choices: ['a'], points: [1n] },
      { choices: ['a', 'b'], points: [2n, 1n] },
    ];
    const input = vote([project('a', 30), project('b', 11)], ballots, 60);
    expect(result(input)).toEqual(['a shares', 'b shares-too-small']);
    expect(result({ ...input, projects: [project('a', 30), project('b', 10)] })).toEqual(['b shares', 'a shares']);
  });

  it('has something to say where there is nothing to divide', () => {
    expect(equalShares(vote([], [], 100))).toEqual({ places: [], share: { n: 100n, d: 1n }, cost: 0n });
    expect(result(vote([project('a', 10)], [], 100, { completion: 'add1u' }))).toEqual(['a too-few-cards']);
    expect(result(vote([project('a', 10)], cast({ a: 1 }), 0, { completion: 'add1u' }))).toEqual(['a over-budget']);
    expect(result(vote([project('a', 0), project('b', 10)], cast({ 'a,b': 1 }), 10))).toEqual(['a shares', 'b shares']);
    // more than there is: never bought, and it does not keep the shares from rising for the others
    expect(result(vote([project('a', 1000), project('b', 10)], cast({ 'a,b': 1, '': 4 }), 20, { completion: 'add1' }))).toEqual([
      'b shares',
      'a over-budget',
    ]);
  });
});

/** Fractions as the textbook has them, for comparison: no common denominator, no equal ballots taken together, nothing left out early. */
class Fraction {
  constructor(
    readonly n: bigint,
    readonly d = 1n,
  ) {}
  plus = (o: Fraction) => new Fraction(this.n * o.d + o.n * this.d, this.d * o.d);
  minus = (o: Fraction) => new Fraction(this.n * o.d - o.n * this.d, this.d * o.d);
  times = (o: Fraction) => new Fraction(this.n * o.n, this.d * o.d);
  over = (o: Fraction) => new Fraction(this.n * o.d, this.d * o.n);
  below = (o: Fraction) => this.n * o.d < o.n * this.d;
}
const ZERO = new Fraction(0n);

/** The rule as it is defined: at each step the least ρ with Σ min(purse, ρ · utility) = cost, tried for every project and every purse. */
function textbook({ projects, ballots, budget }: SharesInput): string[] {
  const utility = (b: SharesBallot, p: SharesProject) => {
    const at = b.choices.indexOf(p.id);
    return new Fraction(at === -1 ? 0n : b.points ? b.points[at]! : p.cost);
  };
  const purses = ballots.map(() => new Fraction(budget, BigInt(ballots.length)));
  const bought: string[] = [];
  for (;;) {
    let best: { p: SharesProject; rho: Fraction } | null = null;
    for (const p of projects.filter((o) => !bought.includes(o.id))) {
      const order = ballots
        .map((b, i) => ({ i, u: utility(b, p) }))
        .filter(({ u }) => ZERO.below(u))
        .sort((a, b) => (purses[a.i]!.over(a.u).below(purses[b.i]!.over(b.u)) ? -1 : 1));
      let paid = ZERO;
      let weight = order.reduce((sum, { u }) => sum.plus(u), ZERO);
      for (const { i, u } of order) {
        const rho = new Fraction(p.cost).minus(paid).over(weight);
        if (!purses[i]!.below(rho.times(u))) {
          const better = best === null || rho.below(best.rho);
          const same = best !== null && !rho.below(best.rho) && !best.rho.below(rho);
          const first = same && (p.cost < best!.p.cost || (p.cost === best!.p.cost && p.id < best!.p.id));
          if (better || first) best = { p, rho };
          break;
        }
        paid = paid.plus(purses[i]!);
        weight = weight.minus(u);
      }
    }
    if (best === null) return bought;
    bought.push(best.p.id);
    ballots.forEach((b, i) => {
      const due = best.rho.times(utility(b, best.p));
      purses[i] = purses[i]!.below(due) ? ZERO : purses[i]!.minus(due);
    });
  }
}

const anyVote = fc
  .record({
    costs: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 7 }),
    ballots: fc.array(fc.uniqueArray(fc.nat(6), { maxLength: 5 }), { minLength: 1, maxLength: 9 }),
    points: fc.boolean(),
    budget: fc.integer({ min: 1, max: 150 }),
    completion: fc.constantFrom('none' as const, 'add1' as const, 'utilitarian' as const, 'add1u' as const),
    cap: fc.option(fc.integer({ min: 10, max: 90 }), { nil: undefined }),
  })
  .map(({ costs, ballots, points, budget, completion, cap }) =>
    vote(
      costs.map((cost, i) => project(`p${i}`, cost, i % 2 === 0 ? 'north' : 'south')),
      ballots.map((chosen) => {
        const there = chosen.filter((i) => i < costs.length);
        return { choices: there.map((i) => `p${i}`), ...(points && { points: there.map((i) => BigInt((i % 3) + 1)) }) };
      }),
      budget,
      { completion, tieRule: ['lower-cost'], ...(cap !== undefined && { districtCap: BigInt(cap) }) },
    ),
  );

describe('equal shares: properties', () => {
  it('buy what the textbook buys, in its order', () => {
    fc.assert(
      fc.property(anyVote, (input) => {
        const plain: SharesInput = { ...input, completion: 'none', districtCap: undefined };
        const bought = equalShares(plain).places.filter((p) => p.reason === 'shares');
        expect(bought.map((p) => p.id)).toEqual(textbook(plain));
      }),
      { numRuns: 400 },
    );
  });

  it('give one result for every order of projects and ballots', () => {
    fc.assert(
      fc.property(anyVote, fc.infiniteStream(fc.nat()), (input, chance) => {
        const mix = <T>(items: readonly T[]): T[] =>
          items
            .map((item) => ({ item, key: chance.next().value as number }))
            .sort((a, b) => a.key - b.key)
            .map(({ item }) => item);
        expect(equalShares({ ...input, projects: mix(input.projects), ballots: mix(input.ballots) })).toEqual(equalShares(input));
      }),
    );
  });

  it('never exceed the budget or a cap, and place every project once', () => {
    fc.assert(
      fc.property(anyVote, (input) => {
        const { places, cost } = equalShares(input);
        const funded = places.filter((p) => p.reason === 'shares' || p.reason === 'completion').map((p) => p.id);
        const sum = (ids: string[]) => input.projects.filter((p) => ids.includes(p.id)).reduce((total, p) => total + p.cost, 0n);
        expect(sum(funded)).toBe(cost);
        expect(cost <= input.budget).toBe(true);
        for (const district of ['north', 'south']) {
          const there = funded.filter((id) => input.projects.find((p) => p.id === id)!.district === district);
          expect(input.districtCap === undefined || sum(there) <= input.districtCap).toBe(true);
        }
        expect(places.map((p) => p.id).sort()).toEqual(input.projects.map((p) => p.id).sort());
      }),
    );
  });

  it('leave nothing that fits once they have added by number of ballots', () => {
    fc.assert(
      fc.property(anyVote, (input) => {
        const { places, cost } = equalShares({ ...input, completion: 'add1u' });
        for (const p of places.filter((o) => o.reason === 'over-budget'))
          expect(input.projects.find((o) => o.id === p.id)!.cost > input.budget - cost).toBe(true);
        expect(places.some((p) => p.reason === 'shares-too-small')).toBe(false);
      }),
    );
  });
});
