import fc from 'fast-check';
import { Check } from 'typebox/value';
import { sha256, uuid5 } from '@minipilot/kernel/ids.js';
import { SHARES } from '../testing.js';
import { DEFAULT_TIE_RULE, Rules, rulesProblems } from './rules.js';
import { LotNeeded, Place, ranked, type Card, type RankedInput } from './selection.js';

const SEED = sha256('seed');
const id = (n: number | string) => uuid5('test', String(n));
const salt = (...parts: (number | string)[]) => sha256(parts.join('/'));

const rankedRules: Rules = {
  method: 'ranked-until-budget',
  criteria: [
    { id: 'benefit', weight: 50 },
    { id: 'learning', weight: 30 },
    { id: 'doable', weight: 20 },
  ],
  scale: { min: 0, max: 5 },
  minimumCards: 2,
  tieRule: DEFAULT_TIE_RULE,
  whenOverBudget: 'skip',
};
const rollingRules: Rules = {
  ...rankedRules,
  method: 'rolling',
  criteria: ['in-district', 'tries-something', 'costs-covered'].map((c) => ({ id: c, weight: 0 })),
  scale: { min: 0, max: 1 },
  minimumCards: 1,
};

/** Applications named by a number, all asking 500 €, with the values each member gave. */
function call(values: Record<number, (number[] | null)[]>, change: Partial<RankedInput> = {}): RankedInput {
  return {
    rules: rankedRules,
    budgetCents: 450_000,
    seed: SEED,
    applications: Object.keys(values).map((n) => ({ id: id(n), district: 'Jukola', askedCents: 50_000 })),
    cards: Object.entries(values).flatMap(([n, cards]) =>
      cards.map((v, member): Card => ({ application: id(n), member: id(`member-${member}`), values: v, salt: salt(n, member) })),
    ),
    ...change,
  };
}
const order = (input: RankedInput) => ranked(input).places.map((p) => p.application);

describe('rules at announcement', () => {
  it('accepts sane rules of each method', () => {
    expect(rulesProblems(rankedRules)).toEqual([]);
    expect(rulesProblems(rollingRules)).toEqual([]);
    expect(rulesProblems(SHARES)).toEqual([]);
    expect(rulesProblems({ ...rankedRules, vote: SHARES.vote })).toEqual([]);
    expect(Check(Rules, SHARES)).toBe(true);
    expect(Check(Rules, rankedRules)).toBe(true);
    expect(Check(Rules, { ...rankedRules, bonus: 1 })).toBe(false);
  });

  const criteria = rankedRules.criteria;
  it.each<[string, Partial<Rules>, string, string]>([
    ['weights that do not add up', { criteria: criteria.slice(0, 2) }, 'rules-weights-total', '/criteria'],
    ['no criteria', { criteria: [] }, 'rules-criteria-count', '/criteria'],
    [
      'a part of a per cent',
      {
        criteria: [
          { id: 'a', weight: 49.5 },
          { id: 'b', weight: 50.5 },
        ],
      },
      'rules-weight',
      '/criteria/0/weight',
    ],
    [
      'a weight of nothing',
      {
        criteria: [
          { id: 'a', weight: 100 },
          { id: 'b', weight: 0 },
        ],
      },
      'rules-weight',
      '/criteria/1/weight',
    ],
    [
      'one criterion twice',
      {
        criteria: [
          { id: 'a', weight: 50 },
          { id: 'a', weight: 50 },
        ],
      },
      'rules-criterion-repeated',
      '/criteria/1/id',
    ],
    ['a scale of one step', { scale: { min: 3, max: 3 } }, 'rules-scale', '/scale'],
    ['a scale upside down', { scale: { min: 5, max: 1 } }, 'rules-scale', '/scale'],
    ['a scale with parts', { scale: { min: 0, max: 2.5 } }, 'rules-scale', '/scale'],
    ['no card needed', { minimumCards: 0 }, 'rules-minimum-cards', '/minimumCards'],
    ['ties that nothing parts', { tieRule: ['criterion-order'] }, 'rules-tie-rule', '/tieRule'],
    ['no tie rule', { tieRule: [] }, 'rules-tie-rule', '/tieRule'],
    ['the lot first', { tieRule: ['lot', 'criterion-order'] }, 'rules-tie-rule', '/tieRule'],
    ['the lot twice', { tieRule: ['lot', 'lot'] }, 'rules-tie-rule', '/tieRule'],
    ['a cap of nothing', { districtCap: { cents: 0 } }, 'rules-district-cap', '/districtCap/cents'],
    ['a tie rule of votes', { tieRule: ['more-votes', 'lot'] }, 'rules-tie-rule-method', '/tieRule/0'],
    ['a completion', { completion: 'add1' }, 'rules-only-for-equal-shares', '/completion'],
    ['half a waiting place', { waitingList: 0.5 }, 'rules-waiting-list', '/waitingList'],
  ])('refuses %s', (_, change, code, pointer) => {
    expect(rulesProblems({ ...rankedRules, ...change })).toContainEqual(expect.objectContaining({ code, pointer }));
  });

  it.each<[string, Partial<Rules>, string]>([
    ['two criteria', { criteria: rollingRules.criteria.slice(0, 2) }, 'rules-criteria-count'],
    ['six criteria', { criteria: [...'abcdef'].map((c) => ({ id: c, weight: 0 })) }, 'rules-criteria-count'],
    ['weights', { criteria: rankedRules.criteria }, 'rules-weight'],
    ['a waiting list', { waitingList: 3 }, 'rules-not-for-rolling'],
    ['a district cap', { districtCap: { cents: 1 } }, 'rules-not-for-rolling'],
    ['a vote', { vote: SHARES.vote }, 'rules-not-for-rolling'],
  ])('refuses a rolling call with %s', (_, change, code) => {
    expect(rulesProblems({ ...rollingRules, ...change }).map((p) => p.code)).toContain(code);
  });
});

describe('rules of equal shares at announcement', () => {
  const ballot = (min: number, max: number) => ({ vote: { ...SHARES.vote!, ballot: { kind: 'approval' as const, min, max } } });
  it.each<[string, Partial<Rules>, string, string]>([
    ['criteria', { criteria: rankedRules.criteria }, 'rules-criteria-count', '/criteria'],
    ['no completion', { completion: undefined }, 'rules-for-vote-missing', '/completion'],
    ['no vote', { vote: undefined }, 'rules-for-vote-missing', '/vote'],
    ['a tie rule of criteria', { tieRule: ['lower-cost', 'criterion-order', 'lot'] }, 'rules-tie-rule-method', '/tieRule/1'],
    ['ties that nothing parts', { tieRule: ['lower-cost', 'more-votes'] }, 'rules-tie-rule', '/tieRule'],
    ['a stop at what does not fit', { whenOverBudget: 'stop' }, 'rules-not-for-equal-shares', '/whenOverBudget'],
    ['readers', { readers: 2 }, 'rules-not-for-equal-shares', '/readers'],
    ['rounds', { round: { weekday: 5, time: '09:00' } }, 'rules-not-for-equal-shares', '/round'],
    ['a ballot upside down', ballot(3, 2), 'rules-vote-ballot', '/vote/ballot/max'],
    ['an empty ballot', ballot(0, 2), 'rules-vote-ballot', '/vote/ballot/max'],
    ['no ballot needed', { minimumCards: 0 }, 'rules-minimum-cards', '/minimumCards'],
    ['a cap of nothing', { districtCap: { cents: 0 } }, 'rules-district-cap', '/districtCap/cents'],
  ])('refuses %s', (_, change, code, pointer) => {
    expect(rulesProblems({ ...SHARES, ...change })).toEqual([expect.objectContaining({ code, pointer })]);
  });
});

describe('ranked until budget', () => {
  it('scores the mean of the cards exactly', () => {
    const [place] = ranked(
      call({
        1: [
          [5, 4, 3],
          [4, 4, 4],
          [3, 3, 4],
        ],
      }),
    ).places;
    // 430 + 400 + 320 over 3 cards of weight 100
    expect(place).toMatchObject({
      rank: 1,
      cards: 3,
      score: { numerator: '23', denominator: '6' },
      result: 'proposed-grant',
      cents: 50_000,
    });
  });

  it('takes "not assessed" neither for zero nor for a card', () => {
    const { places } = ranked(call({ 1: [[1, 1, 1], [1, 1, 1], null], 2: [[5, 5, 5], null, null] }));
    expect(places).toMatchObject([
      { application: id(1), score: { numerator: '1', denominator: '1' }, cards: 2 },
      { application: id(2), result: 'not-scored', reason: 'too-few-cards', cards: 1, cents: 0 },
    ]);
    expect(places[1]).not.toHaveProperty('rank');
  });

  it('parts a tie by the criteria in the order of the rules', () => {
    // all three score 3: 1 by benefit, then 2 over 3 by learning
    const { places } = ranked(
      call(
        {
          1: [
            [4, 2, 2],
            [4, 2, 2],
          ],
          2: [
            [2, 4, 4],
            [2, 4, 4],
          ],
          3: [
            [2, 2, 7],
            [2, 2, 7],
          ],
        },
        { rules: { ...rankedRules, scale: { min: 0, max: 9 } } },
      ),
    );
    expect(places.map((p) => p.score)).toEqual([
      { numerator: '3', denominator: '1' },
      { numerator: '3', denominator: '1' },
      { numerator: '3', denominator: '1' },
    ]);
    expect(places.map((p) => [p.application, p.tie!.partedBy, p.tie!.criterion])).toEqual([
      [id(1), 'criterion-order', 'benefit'],
      [id(2), 'criterion-order', 'learning'],
      [id(3), 'criterion-order', 'learning'],
    ]);
  });

  it('goes straight to the lot where the rules say so', () => {
    const tied = call(
      {
        1: [
          [4, 2, 2],
          [4, 2, 2],
        ],
        2: [
          [2, 4, 4],
          [2, 4, 4],
        ],
      },
      { rules: { ...rankedRules, tieRule: ['lot'] } },
    );
    expect(ranked(tied).places.map((p) => p.tie!.partedBy)).toEqual(['lot', 'lot']);
  });

  it('stops at what does not fit, or skips it, as the rules say', () => {
    const sums = [30_000, 90_000, 20_000];
    const input = call(
      {
        1: [
          [5, 5, 5],
          [5, 5, 5],
        ],
        2: [
          [4, 4, 4],
          [4, 4, 4],
        ],
        3: [
          [3, 3, 3],
          [3, 3, 3],
        ],
      },
      { budgetCents: 100_000 },
    );
    input.applications.forEach((a, i) => (a.askedCents = sums[i]!));
    expect(ranked(input)).toMatchObject({
      places: [{ reason: 'fits' }, { reason: 'over-budget', result: 'waiting' }, { reason: 'fits', result: 'proposed-grant' }],
      totalCents: 50_000,
      leftCents: 50_000,
    });
    const stop = ranked({ ...input, rules: { ...rankedRules, whenOverBudget: 'stop' } });
    expect(stop.places.map((p) => p.reason)).toEqual(['fits', 'over-budget', 'after-stop']);
    expect(stop.leftCents).toBe(70_000);
  });

  it('gives a district no more than its cap and goes on with the others', () => {
    const input = call(
      {
        1: [
          [5, 5, 5],
          [5, 5, 5],
        ],
        2: [
          [4, 4, 4],
          [4, 4, 4],
        ],
        3: [
          [3, 3, 3],
          [3, 3, 3],
        ],
      },
      { rules: { ...rankedRules, whenOverBudget: 'stop', districtCap: { cents: 60_000 } } },
    );
    input.applications[2]!.district = 'Iittala';
    expect(ranked(input).places.map((p) => [p.result, p.reason])).toEqual([
      ['proposed-grant', 'fits'],
      ['waiting', 'district-cap'],
      ['proposed-grant', 'fits'],
    ]);
  });

  it('draws nothing without the seed, and says who is tied', () => {
    const input = call(
      {
        1: [
          [3, 3, 3],
          [3, 3, 3],
        ],
        2: [
          [3, 3, 3],
          [3, 3, 3],
        ],
        3: [
          [4, 4, 4],
          [4, 4, 4],
        ],
      },
      { seed: null },
    );
    expect(() => ranked(input)).toThrow(LotNeeded);
    expect(() => ranked(input)).toThrow([id(1), id(2)].sort().join(', '));
    expect(order({ ...input, applications: input.applications.slice(1) })).toEqual([id(3), id(2)]);
  });

  it.each<[string, Partial<RankedInput>]>([
    ['a value outside the scale', { cards: [{ application: id(1), member: id('m'), values: [6, 1, 1], salt: salt(1) }] }],
    ['a part of a point', { cards: [{ application: id(1), member: id('m'), values: [1.5, 1, 1], salt: salt(1) }] }],
    ['too few values', { cards: [{ application: id(1), member: id('m'), values: [1, 1], salt: salt(1) }] }],
    ['two cards of one member', { cards: [0, 1].map((n) => ({ application: id(1), member: id('m'), values: [1, 1, 1], salt: salt(n) })) }],
    ['a budget with parts of a cent', { budgetCents: 0.5 }],
    ['a sum below nothing', { applications: [{ id: id(1), district: 'Jukola', askedCents: -1 }] }],
    ['one application twice', { applications: [1, 1].map((n) => ({ id: id(n), district: 'Jukola', askedCents: 1 })) }],
  ])('refuses %s', (_, change) => {
    expect(() =>
      ranked(
        call(
          {
            1: [
              [1, 1, 1],
              [1, 1, 1],
            ],
          },
          change,
        ),
      ),
    ).toThrow(RangeError);
  });

  it('scores what floating point cannot', () => {
    const top = Number.MAX_SAFE_INTEGER;
    const rules = { ...rankedRules, criteria: [{ id: 'a', weight: 100 }], scale: { min: 0, max: top } };
    const { places } = ranked(
      call({ 1: [[top], [top - 1], [top - 1]], 2: [[top], [top], [top - 2]], 3: [[top], [top], [top - 1]] }, { rules, seed: SEED }),
    );
    expect(places[0]).toMatchObject({ application: id(3), score: { numerator: (3n * BigInt(top) - 1n).toString(), denominator: '3' } });
    // 1 and 2 have the same mean, one unit in 2^53 below; only the lot can part them
    expect(places[1]!.score).toEqual(places[2]!.score);
    expect(places[1]!.tie!.partedBy).toBe('lot');
  });

  describe('20 scored, two tie for the 9th place, budget for nine', () => {
    // eight clear winners, 9 and 10 card for card alike, ten below them
    const values: Record<number, number[][]> = {};
    for (let n = 1; n <= 8; n++)
      values[n] = [
        [50, 50, 50 - n],
        [50, 50, 50],
      ];
    values[9] = [
      [40, 40, 40],
      [30, 30, 30],
    ];
    values[10] = [
      [30, 30, 30],
      [40, 40, 40],
    ];
    for (let n = 11; n <= 20; n++)
      values[n] = [
        [30, 30, 30 - n],
        [30, 30, 30],
      ];
    const input = call(values, { rules: { ...rankedRules, scale: { min: 0, max: 50 }, waitingList: 3 } });

    it('parts them by the committed lot', () => {
      const { places, totalCents, leftCents, cardsDigest } = ranked(input);
      expect(places.map((p) => p.result)).toEqual([
        ...Array(9).fill('proposed-grant'),
        ...Array(3).fill('waiting'),
        ...Array(8).fill('not-funded'),
      ]);
      expect([totalCents, leftCents]).toEqual([450_000, 0]);
      const [ninth, tenth] = [places[8]!, places[9]!];
      expect([ninth.application, tenth.application].sort()).toEqual([id(9), id(10)].sort());
      expect(ninth.tie).toEqual({ with: [tenth.application], partedBy: 'lot' });
      expect(ninth.drawKey! < tenth.drawKey!).toBe(true);
      // anybody can draw again with a command line: printf %s "$seed$digest$application" | sha256sum
      expect(ninth.drawKey).toBe(sha256(`${SEED}${cardsDigest}${ninth.application}`));
      expect(places.filter((p) => p.drawKey)).toHaveLength(2);
      for (const place of places) expect(Check(Place, place)).toBe(true);
    });

    it('can be drawn either way by the salts, which nobody knows before the cards open', () => {
      const ninths = new Set(
        Array.from({ length: 40 }, (_, n) => {
          const cards = input.cards.map((c, i) => (i === 0 ? { ...c, salt: salt('other', n) } : c));
          return ranked({ ...input, cards }).places[8]!.application;
        }),
      );
      expect(ninths.size).toBe(2);
    });
  });
});

describe('ranked: properties', () => {
  const anyCall = fc
    .record({
      skip: fc.boolean(),
      cap: fc.option(fc.integer({ min: 1, max: 400 }), { nil: undefined }),
      budget: fc.integer({ min: 0, max: 1_000 }),
      // a narrow scale makes ties common
      applications: fc.array(
        fc.record({
          asked: fc.integer({ min: 1, max: 200 }),
          district: fc.constantFrom('Jukola', 'Iittala'),
          cards: fc.array(fc.option(fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 3, maxLength: 3 })), { maxLength: 3 }),
        }),
        { maxLength: 12 },
      ),
    })
    .map(({ skip, cap, budget, applications }): RankedInput => ({
      ...call(Object.fromEntries(applications.map((a, n) => [n, a.cards]))),
      rules: { ...rankedRules, whenOverBudget: skip ? 'skip' : 'stop', ...(cap && { districtCap: { cents: cap } }) },
      budgetCents: budget,
      applications: applications.map((a, n) => ({ id: id(n), district: a.district, askedCents: a.asked })),
    }));

  it('gives one result for every order of the input', () => {
    fc.assert(
      fc.property(anyCall, fc.infiniteStream(fc.nat()), (input, keys) => {
        const shuffled = <T>(items: T[]) =>
          items
            .map((item) => ({ item, key: keys.next().value! }))
            .sort((a, b) => a.key - b.key)
            .map(({ item }) => item);
        expect(ranked({ ...input, applications: shuffled(input.applications), cards: shuffled(input.cards) })).toEqual(ranked(input));
      }),
    );
  });

  it('never exceeds the budget or a cap, and loses no application', () => {
    fc.assert(
      fc.property(anyCall, (input) => {
        const { places, totalCents, leftCents } = ranked(input);
        expect(totalCents).toBe(places.reduce((sum, p) => sum + p.cents, 0));
        expect(totalCents + leftCents).toBe(input.budgetCents);
        expect(leftCents).toBeGreaterThanOrEqual(0);
        for (const district of ['Jukola', 'Iittala']) {
          const granted = places.filter((p) => input.applications.find((a) => a.id === p.application)!.district === district);
          expect(granted.reduce((sum, p) => sum + p.cents, 0)).toBeLessThanOrEqual(input.rules.districtCap?.cents ?? Infinity);
        }
        expect(places.map((p) => p.application).sort()).toEqual(input.applications.map((a) => a.id).sort());
        expect(places.flatMap((p) => p.rank ?? [])).toEqual(places.flatMap((p, i) => (p.rank === undefined ? [] : i + 1)));
        for (const place of places) expect(Check(Place, place)).toBe(true);
      }),
    );
  });

  it('ranks by the score that arithmetic with whole numbers gives', () => {
    fc.assert(
      fc.property(anyCall, (input) => {
        const scores = ranked(input).places.flatMap((p) => (p.score ? [p] : []));
        for (const { application, score, cards } of scores) {
          const values = input.cards.flatMap((c) => (c.application === application && c.values ? [c.values] : []));
          const points = values.reduce((sum, v) => sum + 50 * v[0]! + 30 * v[1]! + 20 * v[2]!, 0);
          expect(BigInt(score!.numerator) * BigInt(100 * cards)).toBe(BigInt(points) * BigInt(score!.denominator));
        }
        for (let i = 1; i < scores.length; i++) {
          const [a, b] = [scores[i - 1]!.score!, scores[i]!.score!];
          expect(BigInt(a.numerator) * BigInt(b.denominator) >= BigInt(b.numerator) * BigInt(a.denominator)).toBe(true);
        }
      }),
    );
  });

  it('takes nothing from anybody when the budget grows and nothing is skipped', () => {
    fc.assert(
      fc.property(anyCall, fc.nat(500), (input, more) => {
        const stop: RankedInput = { ...input, rules: { ...input.rules, whenOverBudget: 'stop' } };
        const funded = (budgetCents: number) =>
          ranked({ ...stop, budgetCents })
            .places.filter((p) => p.result === 'proposed-grant')
            .map((p) => p.application);
        expect(funded(input.budgetCents + more)).toEqual(expect.arrayContaining(funded(input.budgetCents)));
      }),
    );
  });

  it('lets neither the seed nor the ids decide a lot alone', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(), (seed, a, b) => {
        fc.pre(a !== b);
        const input = call(
          {
            1: [
              [3, 3, 3],
              [3, 3, 3],
            ],
            2: [
              [3, 3, 3],
              [3, 3, 3],
            ],
          },
          { seed: sha256(String(seed)) },
        );
        const keys = (s: number) =>
          ranked({ ...input, cards: input.cards.map((c, i) => (i === 3 ? { ...c, salt: salt('drawn', s) } : c)) }).places.map(
            (p) => p.drawKey,
          );
        expect(new Set([...keys(a), ...keys(b)]).size).toBe(4);
      }),
    );
  });
});
