import { Type, type Static } from 'typebox';
import { jcs, sha256 } from '@minipilot/kernel/ids.js';
import { isCents, type Cents } from '@minipilot/kernel/money.js';
import { Cents as CentsSchema, Code, Count, Hash, Id, object, oneOf } from '@minipilot/kernel/schema.js';
import { digestOfLeaves, drawKey, leafOf, type LotKind } from '@minipilot/kernel/lot.js';
import { byText, compare, fraction, granting, type Ratio } from './exact.js';
import type { Rules } from './rules.js';

/** The order cannot be settled without the lot, and the seed of the lot was not given. */
export class LotNeeded extends Error {
  constructor(readonly applications: string[]) {
    super(`a lot is needed between ${applications.join(', ')}`);
    this.name = 'LotNeeded';
  }
}

/** An exact number: two whole numbers in decimal digits, without a common divisor. */
export const Fraction = object({
  numerator: Type.String({ pattern: '^[0-9]{1,40}$' }),
  denominator: Type.String({ pattern: '^[1-9][0-9]{0,39}$' }),
});

/** What the rules propose for one application of a call that is ranked or voted on. */
export const Place = object({
  application: Id,
  /** 1 is the best; absent when not scored */
  rank: Type.Optional(Count),
  /** weighted mean on the scale; absent when not scored */
  score: Type.Optional(Fraction),
  /** cards with values; by equal shares the ballots that choose it */
  cards: Count,
  /** ballots that choose it, where residents voted */
  support: Type.Optional(Count),
  result: oneOf('proposed-grant', 'waiting', 'not-funded', 'not-scored'),
  /** proposed sum, 0 without one */
  cents: CentsSchema,
  /** `shares`: its supporters' shares pay for it; `completion`: added from what the shares left over; `shares-too-small`: neither */
  reason: oneOf('fits', 'over-budget', 'after-stop', 'district-cap', 'too-few-cards', 'shares', 'completion', 'shares-too-small'),
  /**
   * The next better and next worse place where they have the same score, and the last rule that it took to part this one from them. By
   * equal shares: others that could have been bought at the same price, or have as many ballots.
   */
  tie: Type.Optional(
    object({
      with: Type.Array(Id, { minItems: 1, maxItems: 10 }),
      partedBy: oneOf('criterion-order', 'lower-cost', 'more-votes', 'lot'),
      criterion: Type.Optional(Code),
    }),
  ),
  drawKey: Type.Optional(Hash),
});
export type Place = Static<typeof Place>;

/** An opened score card. `values` in the order of the criteria; null = the member did not assess the application. */
export interface Card {
  application: string;
  member: string;
  values: number[] | null;
  /** 32 bytes in hex, made by the server as the card was sealed */
  salt: string;
}

export interface RankedInput {
  rules: Rules;
  /** what can be granted: the budget less the appeal reserve */
  budgetCents: Cents;
  applications: { id: string; district: string; askedCents: Cents }[];
  /** all opened cards; one for an application that is not listed counts in the digest only */
  cards: Card[];
  /** the revealed seed of the lot, 32 bytes in hex; null while it is secret */
  seed: string | null;
  /** how the digest is made of the cards; `v2` unless told otherwise */
  form?: DigestForm;
}

/** `v1`: over all that was opened at once; `v2`: over one leaf for each, so that the digest can be checked without seeing what they stand for. */
export const DigestForm = oneOf('v1', 'v2');
export type DigestForm = Static<typeof DigestForm>;

export interface Ranking {
  /** in order of rank, then those not scored in order of id */
  places: Place[];
  cardsDigest: string;
  totalCents: Cents;
  leftCents: Cents;
}

/**
 * The proposal of a ranked call. Exact, and the same for every order of its inputs.
 *
 * Score = mean over cards with values of Σ weight·value / Σ weight. Highest first; ties are parted by the mean of each criterion in the rules'
 * order, then by lot, lowest draw key first. The ranks are funded while the budget lasts. Throws LotNeeded, or RangeError for input that
 * no valid call can have.
 */
export function ranked({ rules, budgetCents, applications, cards, seed, form = 'v2' }: RankedInput): Ranking {
  checkMoney(budgetCents, applications);
  checkUnique(cards.map((c) => [c.application, c.member]));
  const assessed = new Map<string, number[][]>(applications.map((a) => [a.id, []]));
  for (const { application, values } of cards) {
    if (values === null) continue;
    const { min, max } = rules.scale;
    const sane = values.length === rules.criteria.length && values.every((v) => Number.isSafeInteger(v) && v >= min && v <= max);
    if (!sane) throw new RangeError(`a card of ${application} does not match the rules`);
    assessed.get(application)?.push(values);
  }
  const fields = (c: Card) => [c.application, c.member, c.values, c.salt];
  const cardsDigest = form === 'v1' ? wholeDigest('cards', cards.map(fields)) : digestOf('cards', cards, fields);
  const weights = rules.criteria.map((c) => BigInt(c.weight));
  const totalWeight = weights.reduce((a, b) => a + b, 0n);

  const scored = applications
    .map((a) => ({ ...a, values: assessed.get(a.id)! }))
    .filter((a) => a.values.length >= rules.minimumCards)
    .map((a) => {
      const sums = weights.map((_, i) => a.values.reduce((sum, values) => sum + BigInt(values[i]!), 0n));
      const n = BigInt(a.values.length);
      const weighted = sums.reduce((sum, s, i) => sum + s * weights[i]!, 0n);
      return {
        ...a,
        score: fraction(weighted, n * totalWeight),
        means: rules.tieRule.includes('criterion-order') ? sums.map((s) => fraction(s, n)) : [],
      };
    });

  scored.sort((a, b) => compare(b.score, a.score) || compareMeans(b, a));
  const drawKeys = new Map<string, string>();
  for (let start = 0, end; start < scored.length; start = end) {
    for (end = start + 1; end < scored.length && alike(scored[start]!, scored[end]!);) end++;
    if (end === start + 1) continue;
    const group = scored.slice(start, end);
    if (seed === null) throw new LotNeeded(group.map((a) => a.id).sort(byText));
    for (const { id } of group) drawKeys.set(id, drawKey(seed, cardsDigest, id));
    scored.splice(start, group.length, ...group.sort((a, b) => byText(drawKeys.get(a.id)!, drawKeys.get(b.id)!)));
  }

  /** what settled the place of the i-th among its neighbours of the same score */
  const tieOf = (i: number): Place['tie'] => {
    const own = scored[i]!;
    const neighbours = [scored[i - 1], scored[i + 1]].filter((b) => b !== undefined && compare(b.score, own.score) === 0) as Scored[];
    if (neighbours.length === 0) return undefined;
    const tied = neighbours.map((b) => b.id);
    if (drawKeys.has(own.id)) return { with: tied, partedBy: 'lot' };
    const last = Math.max(...neighbours.map((b) => own.means.findIndex((mean, k) => compare(mean, b.means[k]!) !== 0)));
    return { with: tied, partedBy: 'criterion-order', criterion: rules.criteria[last]!.id };
  };

  const grant = granting(BigInt(budgetCents), rules.whenOverBudget);
  const districts = new Map<string, Cents>();
  let waiting = 0;
  const places = scored.map((a, i): Place => {
    const inDistrict = (districts.get(a.district) ?? 0) + a.askedCents;
    const capped = rules.districtCap !== undefined && inDistrict > rules.districtCap.cents;
    const reason = capped ? 'district-cap' : grant(BigInt(a.askedCents));
    const funded = reason === 'fits';
    if (funded) districts.set(a.district, inDistrict);
    const tie = tieOf(i);
    const key = drawKeys.get(a.id);
    return {
      application: a.id,
      rank: i + 1,
      score: { numerator: a.score.n.toString(), denominator: a.score.d.toString() },
      cards: a.values.length,
      result: funded ? 'proposed-grant' : waiting++ < (rules.waitingList ?? Infinity) ? 'waiting' : 'not-funded',
      cents: funded ? a.askedCents : 0,
      reason,
      ...(tie && { tie }),
      ...(key && { drawKey: key }),
    };
  });
  for (const { id } of [...applications].sort((a, b) => byText(a.id, b.id))) {
    const count = assessed.get(id)!.length;
    if (count < rules.minimumCards) places.push({ application: id, cards: count, result: 'not-scored', cents: 0, reason: 'too-few-cards' });
  }
  const totalCents = places.reduce((sum, p) => sum + p.cents, 0);
  return { places, cardsDigest, totalCents, leftCents: budgetCents - totalCents };
}

interface Scored {
  id: string;
  score: Ratio;
  means: Ratio[];
}

/** What the rules propose for one application of a weekly round. */
export const RoundPlace = object({
  application: Id,
  /** order in which those that passed were funded: of arrival, or of the lot; absent when not passed */
  order: Type.Optional(Count),
  readings: Count,
  result: oneOf('proposed-grant', 'not-passed', 'incomplete', 'no-money'),
  cents: CentsSchema,
  reason: oneOf('fits', 'over-budget', 'after-stop', 'criterion-not-met', 'too-few-readings'),
  /** criteria to which some reader said no, in the rules' order */
  notMet: Type.Optional(Type.Array(Code)),
  drawKey: Type.Optional(Hash),
});
export type RoundPlace = Static<typeof RoundPlace>;

/** One reader's yes or no to each criterion, in the rules' order. */
export interface Reading {
  application: string;
  reader: string;
  values: boolean[];
  /** 32 bytes in hex, made by the server as the reading was recorded */
  salt: string;
}

export interface RoundInput {
  rules: Rules;
  /** what is left to grant */
  leftCents: Cents;
  /** `arrivedAt` is a UTC instant */
  applications: { id: string; askedCents: Cents; arrivedAt: string }[];
  readings: Reading[];
  readersNeeded: number;
  /** the revealed seed of the lot, 32 bytes in hex; null while it is secret */
  seed: string | null;
  /** how the digest is made of the readings; `v2` unless told otherwise */
  form?: DigestForm;
}

export interface Round {
  /** those that passed in the order of funding, then the others in order of arrival */
  places: RoundPlace[];
  /** over the readings of those that passed */
  readingsDigest: string;
  /** what the digest is made of: a leaf for the readings of each that passed, in order */
  leaves: string[];
  /** whether the lot gave the order */
  lot: boolean;
  totalCents: Cents;
  leftCents: Cents;
}

/**
 * The proposal of one weekly round of a rolling call. An application passes when every reader said yes to every criterion.
 * When those that passed ask for more than is left, the lot gives the order in which they are funded; otherwise there is no lot.
 * Exact, and the same for every order of its inputs. Throws LotNeeded, or RangeError for input that no valid round can have.
 */
export function rollingRound({ rules, leftCents, applications, readings, readersNeeded, seed, form = 'v2' }: RoundInput): Round {
  checkMoney(leftCents, applications);
  checkUnique(readings.map((r) => [r.application, r.reader]));
  if (!Number.isInteger(readersNeeded) || readersNeeded < 1) throw new RangeError('readersNeeded must be at least 1');
  if (readings.some((r) => r.values.length !== rules.criteria.length)) throw new RangeError('a reading does not match the rules');

  const read = applications
    .map((a) => {
      const own = readings.filter((r) => r.application === a.id);
      const notMet = rules.criteria.filter((_, i) => own.some((r) => !r.values[i])).map((c) => c.id);
      return { ...a, count: own.length, notMet };
    })
    .sort((a, b) => byText(a.arrivedAt, b.arrivedAt) || byText(a.id, b.id));
  const incomplete = read.filter((a) => a.count < readersNeeded);
  const notPassed = read.filter((a) => a.count >= readersNeeded && a.notMet.length > 0);
  const passed = read.filter((a) => a.count >= readersNeeded && a.notMet.length === 0);

  const readingsOf = (id: string) => readings.filter((r) => r.application === id).map((r) => [r.reader, r.values, r.salt]);
  const leaves = passed.map((a) => leafOf(a.id, readingsOf(a.id).map(jcs).sort(byText))).sort(byText);
  const readingsDigest =
    form === 'v1'
      ? wholeDigest(
          'readings',
          readings.map((r) => [r.application, r.reader, r.values, r.salt]),
        )
      : digestOfLeaves('readings', leaves);
  const asked = passed.reduce((total, a) => total + BigInt(a.askedCents), 0n);
  const lot = passed.length > 1 && asked > BigInt(leftCents);
  if (lot && seed === null) throw new LotNeeded(passed.map((a) => a.id).sort(byText));
  const drawn = passed.map((a) => ({ ...a, key: lot ? drawKey(seed!, readingsDigest, a.id) : undefined }));
  if (lot) drawn.sort((a, b) => byText(a.key!, b.key!));

  const grant = granting(BigInt(leftCents), rules.whenOverBudget);
  const places: RoundPlace[] = drawn.map((a, i) => {
    const reason = grant(BigInt(a.askedCents));
    const funded = reason === 'fits';
    return {
      application: a.id,
      order: i + 1,
      readings: a.count,
      result: funded ? 'proposed-grant' : 'no-money',
      cents: funded ? a.askedCents : 0,
      reason,
      ...(a.key && { drawKey: a.key }),
    };
  });
  for (const a of notPassed) {
    places.push({ application: a.id, readings: a.count, result: 'not-passed', cents: 0, reason: 'criterion-not-met', notMet: a.notMet });
  }
  for (const a of incomplete) {
    places.push({ application: a.id, readings: a.count, result: 'incomplete', cents: 0, reason: 'too-few-readings' });
  }
  const totalCents = places.reduce((sum, p) => sum + p.cents, 0);
  return { places, readingsDigest, leaves, lot, totalCents, leftCents: leftCents - totalCents };
}

const compareMeans = (a: Scored, b: Scored): number => {
  const at = a.means.findIndex((mean, i) => compare(mean, b.means[i]!) !== 0);
  return at === -1 ? 0 : compare(a.means[at]!, b.means[at]!);
};

const alike = (a: Scored, b: Scored): boolean => compare(a.score, b.score) === 0 && compareMeans(a, b) === 0;

/** Digest of all that was opened, whatever order it came in: over one leaf for each. */
export const digestOf = <T>(kind: LotKind, items: readonly T[], fields: (item: T) => unknown[]): string =>
  digestOfLeaves(
    kind,
    items.map((item) => leafOf(...fields(item))),
  );

/** As the first calls had it: over the fields of all at once. */
const wholeDigest = (kind: LotKind, items: unknown[][]): string => sha256(`minipilot/${kind}/v1`, jcs(items.map(jcs).sort(byText)));

function checkMoney(limit: Cents, applications: { id: string; askedCents: Cents }[]): void {
  if (!isCents(limit) || limit < 0) throw new RangeError('the budget is not a sum in cents');
  if (applications.some((a) => !isCents(a.askedCents) || a.askedCents <= 0))
    throw new RangeError('an application asks for no sum in cents');
  checkUnique(applications.map((a) => [a.id]));
}

/** Throws RangeError where a key stands twice. */
export function checkUnique(keys: string[][]): void {
  if (new Set(keys.map(jcs)).size !== keys.length) throw new RangeError('an application, card, reading or ballot is listed twice');
}
