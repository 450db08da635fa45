import fc from 'fast-check';
import { Check } from 'typebox/value';
import { sha256, uuid5 } from '@minipilot/kernel/ids.js';
import { SHARES } from '../testing.js';
import { drawKey } from '@minipilot/kernel/lot.js';
import { LotNeeded, Place } from './selection.js';
import { add1Step, ballotsDigest, equalSharesProposal, type OpenedBallot, type VotedInput } from './voted.js';

const SEED = sha256('seed');
const id = (n: number | string) => uuid5('test', String(n));
const ballot = (n: number, ...choices: number[]): OpenedBallot => ({ tracker: sha256(`tracker ${n}`), choices: choices.map(id) });
const input = (cents: number[], ballots: number[][], change: Partial<VotedInput> = {}): VotedInput => ({
  rules: SHARES,
  budgetCents: 100_000,
  projects: cents.map((c, i) => ({ id: id(i), cents: c, district: i % 2 === 0 ? 'Jukola' : 'Kauriala' })),
  ballots: ballots.map((choices, n) => ballot(n, ...choices)),
  seed: SEED,
  ...change,
});

describe('the proposal of a call that residents voted on', () => {
  it('tells every place, why, and by how many ballots', () => {
    const { places, totalCents, leftCents } = equalSharesProposal(
      input([50_000, 40_000, 30_000, 20_000, 10_000], [[0], [0], [0], [1, 0], [1], [2]], {
        rules: { ...SHARES, completion: 'utilitarian', minimumCards: 1, waitingList: 1 },
      }),
    );
    expect(places).toEqual([
      { application: id(0), rank: 1, cards: 4, support: 4, result: 'proposed-grant', cents: 50_000, reason: 'shares' },
      { application: id(1), rank: 2, cards: 2, support: 2, result: 'proposed-grant', cents: 40_000, reason: 'completion' },
      { application: id(2), rank: 3, cards: 1, support: 1, result: 'waiting', cents: 0, reason: 'over-budget' },
      ...[id(3), id(4)].sort().map((application) => ({
        application,
        cards: 0,
        support: 0,
        result: 'not-scored',
        cents: 0,
        reason: 'too-few-cards',
      })),
    ]);
    expect([totalCents, leftCents]).toEqual([90_000, 10_000]);
    for (const place of places) expect(Check(Place, place)).toBe(true);
  });

  it('draws a lot between equals, over the digest of all ballots', () => {
    const equal = input([50_000, 50_000, 50_000], [[0], [1], [2]], { budgetCents: 150_000 });
    const { places, ballotsDigest: digest } = equalSharesProposal(equal);
    const order = [0, 1, 2].map((n) => id(n)).sort((a, b) => (drawKey(SEED, digest, a) < drawKey(SEED, digest, b) ? -1 : 1));
    expect(places.map((p) => p.application)).toEqual(order);
    expect(places[0]).toMatchObject({ tie: { with: order.slice(1).sort(), partedBy: 'lot' }, drawKey: drawKey(SEED, digest, order[0]!) });
    expect(digest).toBe(ballotsDigest([...equal.ballots].reverse()));
    expect(() => equalSharesProposal({ ...equal, seed: null })).toThrow(LotNeeded);
    // where nothing is equal nothing is drawn, and no seed is needed
    expect(equalSharesProposal({ ...input([50_000, 10_000], [[0], [0], [1]]), seed: null }).places).toHaveLength(2);
  });

  it('lets neither the seed nor the ids nor the choices decide a lot alone', () => {
    const first = (seed: string, trackers: string) => {
      const equal = input([50_000, 50_000], [[0], [1]], { budgetCents: 50_000, seed });
      const ballots = equal.ballots.map((b, i) => ({ ...b, tracker: sha256(`${trackers} ${i}`) }));
      return equalSharesProposal({ ...equal, ballots }).places[0]!.application;
    };
    const numbers = Array.from({ length: 40 }, (_, i) => String(i));
    expect(new Set(numbers.map((n) => first(SEED, n))).size).toBe(2);
    expect(new Set(numbers.map((n) => first(sha256(n), 'the same'))).size).toBe(2);
  });

  it('counts a choice of what is no longer there for nothing', () => {
    const { places } = equalSharesProposal(input([50_000], [[0, 7], [7]]));
    expect(places).toMatchObject([{ application: id(0), support: 1, reason: 'shares' }]);
  });

  it.each<[string, VotedInput]>([
    ['rules of another method', { ...input([1], []), rules: { ...SHARES, completion: undefined } }],
    ['a broken budget', input([1], [], { budgetCents: 0.5 })],
    ['an application that asks for nothing', input([0], [])],
    ['an application twice', { ...input([1], []), projects: [...input([1], []).projects, ...input([1], []).projects] }],
    ['a ballot twice', { ...input([1], [[0]]), ballots: [ballot(1, 0), ballot(1, 0)] }],
    ['an empty ballot', input([1], [[]])],
    ['a ballot with too much on it', input([1, 1, 1, 1], [[0, 1, 2, 3]])],
    ['a ballot with one application twice', input([1], [[0, 0]])],
    ['a seed that is none', input([50_000, 50_000], [[0], [1]], { seed: 'seed' })],
  ])('refuses %s', (_, bad) => {
    expect(() => equalSharesProposal(bad)).toThrow(RangeError);
  });

  it('is the same for every order of applications and ballots', () => {
    const some = fc.record({
      cents: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 6 }),
      ballots: fc.array(fc.uniqueArray(fc.nat(5), { minLength: 1, maxLength: 3 }), { maxLength: 10 }),
      left: fc.boolean(),
    });
    fc.assert(
      fc.property(some, ({ cents, ballots, left }) => {
        const one = input(
          cents.map((c) => c * 10_000),
          ballots,
        );
        const turn = <T>(items: T[]) => (left ? [...items].reverse() : [...items.slice(1), ...items.slice(0, 1)]);
        expect(equalSharesProposal({ ...one, projects: turn(one.projects), ballots: turn(one.ballots) })).toEqual(equalSharesProposal(one));
      }),
    );
  });

  it('raises shares by half a per cent, in whole cents', () => {
    expect([add1Step(100_000, 50), add1Step(100_001, 7), add1Step(100, 200), add1Step(100, 0)]).toEqual([10, 72, 1, 1]);
  });
});
