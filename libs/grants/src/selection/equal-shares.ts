import { byNumber, byText, compare, gcd, groups, type Ratio } from './exact.js';

/**
 * The Method of Equal Shares (Peters, Pierczyński, Skowron: Proportional Participatory Budgeting with Additive Utilities, 2021).
 *
 * The money is divided equally among the ballots. Again and again that project is bought whose supporters can pay for it at the lowest
 * price per utility; each pays the same price per utility, or all that is left of the own share. All sums are whole numbers of the same
 * part (a cent), all shares are exact.
 */
export interface SharesInput {
  projects: readonly SharesProject[];
  ballots: readonly SharesBallot[];
  budget: bigint;
  completion: 'none' | 'add1' | 'utilitarian' | 'add1u';
  /** by how much `add1` raises every share at a time */
  step: bigint;
  /** how ties are parted before the lot */
  tieRule: readonly ('lower-cost' | 'more-votes')[];
  /** puts projects that nothing else parts in order */
  lot: (tied: readonly string[]) => readonly string[];
  /** most that the projects of one district can get together */
  districtCap?: bigint;
  /** least number of ballots that a project needs */
  minimum: number;
}

export interface SharesProject {
  id: string;
  cost: bigint;
  district?: string;
}

/**
 * `points` are the utilities of the choices, in their order. Without them the ballot approves its choices, and the utility of a project
 * is its cost: a voter is glad about money that is spent on what the voter supports.
 */
export interface SharesBallot {
  choices: readonly string[];
  points?: readonly bigint[] | null;
}

export interface SharesTie {
  /** the others that stood equal, in order of id; by lot only those that no rule before it had parted */
  with: string[];
  partedBy: 'lower-cost' | 'more-votes' | 'lot';
}

export interface SharesPlace {
  id: string;
  reason: 'shares' | 'completion' | 'over-budget' | 'district-cap' | 'shares-too-small' | 'too-few-cards';
  /** ballots that support it */
  support: number;
  tie?: SharesTie;
}

export interface SharesResult {
  /** bought by shares in the order of buying, then by completion, then the others by utility; last those below the minimum, by id */
  places: SharesPlace[];
  /** what every ballot had to spend in the end */
  share: Ratio;
  cost: bigint;
}

interface Candidate extends SharesProject {
  district: string;
  support: number;
  /** sum of points; of an approval ballot 1 each */
  total: bigint;
  /** supporters by how much of the price each pays: everybody alike where ballots approve */
  levels: { weight: bigint; voters: number[] }[];
  /** utility of weight 1 */
  unit: bigint;
}

/** Ballots that are alike act alike, so they are one voter with a count. */
interface Electorate {
  counts: bigint[];
  size: bigint;
}

interface Outcome {
  picks: { candidate: Candidate; tie?: SharesTie }[];
  cost: bigint;
}

export function equalShares(input: SharesInput): SharesResult {
  const { electorate, candidates } = electorateOf(input);
  const able = candidates.filter((c) => c.support >= input.minimum && c.support > 0);
  const withinCap = capOf(input.districtCap);

  let share: Ratio = { n: input.budget, d: electorate.size === 0n ? 1n : electorate.size };
  let outcome = buy(able, electorate, share, input);
  if (input.completion === 'add1' || input.completion === 'add1u') [outcome, share] = raised(able, electorate, share, outcome, input);

  const bought = new Set(outcome.picks.map((p) => p.candidate));
  const spent = new Map<string, bigint>();
  for (const { district, cost } of bought) spent.set(district, (spent.get(district) ?? 0n) + cost);
  let left = input.budget - outcome.cost;
  const completes = input.completion === 'utilitarian' || input.completion === 'add1u';
  const places: SharesPlace[] = outcome.picks.map(({ candidate, tie }) => placeOf(candidate, 'shares', tie));
  const waiting: SharesPlace[] = [];
  for (const { candidate, tie } of byUtility(
    able.filter((c) => !bought.has(c)),
    input,
  )) {
    const inDistrict = (spent.get(candidate.district) ?? 0n) + candidate.cost;
    const reason = !withinCap(inDistrict)
      ? 'district-cap'
      : candidate.cost > left
        ? 'over-budget'
        : completes
          ? 'completion'
          : 'shares-too-small';
    (reason === 'completion' ? places : waiting).push(placeOf(candidate, reason, tie));
    if (reason !== 'completion') continue;
    spent.set(candidate.district, inDistrict);
    left -= candidate.cost;
  }
  const few = candidates.filter((c) => !able.includes(c)).sort((a, b) => byText(a.id, b.id));
  return {
    places: [...places, ...waiting, ...few.map((c) => placeOf(c, 'too-few-cards'))],
    share,
    cost: input.budget - left,
  };
}

const placeOf = ({ id, support }: Candidate, reason: SharesPlace['reason'], tie?: SharesTie): SharesPlace => ({
  id,
  reason,
  support,
  ...(tie && { tie }),
});

const capOf = (cap: bigint | undefined) => (sum: bigint) => cap === undefined || sum <= cap;

function electorateOf({ projects, ballots }: SharesInput): { electorate: Electorate; candidates: Candidate[] } {
  const alike = new Map<string, { ballot: SharesBallot; count: bigint }>();
  for (const ballot of ballots) {
    const entries = ballot.choices.map((id, i) => `${id}\n${ballot.points?.[i] ?? ''}`).sort(byText);
    const key = entries.join('\n\n');
    const known = alike.get(key);
    if (known === undefined) alike.set(key, { ballot, count: 1n });
    else known.count++;
  }
  const candidates = projects.map((p) => ({ support: 0, total: 0n, levels: new Map<bigint, number[]>(), unit: 1n, project: p }));
  const byId = new Map(candidates.map((c) => [c.project.id, c]));
  const counts: bigint[] = [];
  for (const { ballot, count } of alike.values()) {
    const voter = counts.push(count) - 1;
    ballot.choices.forEach((id, i) => {
      const candidate = byId.get(id);
      const points = ballot.points?.[i] ?? 1n;
      if (candidate === undefined || points <= 0n) return;
      if (!ballot.points) candidate.unit = candidate.project.cost;
      candidate.support += Number(count);
      candidate.total += points * count;
      const level = candidate.levels.get(points);
      if (level === undefined) candidate.levels.set(points, [voter]);
      else level.push(voter);
    });
  }
  return {
    electorate: { counts, size: BigInt(ballots.length) },
    candidates: candidates.map(({ project, levels, ...rest }) => ({
      ...rest,
      id: project.id,
      cost: project.cost,
      district: project.district ?? '',
      levels: [...levels].map(([weight, voters]) => ({ weight, voters })),
    })),
  };
}

/**
 * What every voter has left, in parts of one common denominator, which grows with what is bought. A purse is brought to it only when it is
 * looked at: most are not, between one purchase and the next.
 */
class Purses {
  private readonly parts: bigint[];
  private readonly steps: Uint16Array;
  /** the denominator after each refinement */
  private readonly denominators: bigint[];
  /** by which a purse of an earlier refinement grows until now; found when it is needed */
  private growth: bigint[] = [];

  constructor(voters: number, share: Ratio) {
    this.parts = new Array<bigint>(voters).fill(share.n);
    this.steps = new Uint16Array(voters);
    this.denominators = [share.d];
  }

  get denominator(): bigint {
    return this.denominators.at(-1)!;
  }

  /** Makes every part so many parts. */
  refine(by: bigint): void {
    if (by === 1n) return;
    this.denominators.push(this.denominator * by);
    this.growth = [];
  }

  of(voter: number): bigint {
    const step = this.steps[voter]!;
    const now = this.denominators.length - 1;
    if (step === now) return this.parts[voter]!;
    const growth = (this.growth[step] ??= this.denominator / this.denominators[step]!);
    this.steps[voter] = now;
    return (this.parts[voter]! *= growth);
  }

  /** Takes so many parts out of a purse, or all that is in it. */
  take(voter: number, parts: bigint): void {
    const purse = this.of(voter);
    this.parts[voter] = purse > parts ? purse - parts : 0n;
  }
}

/** Buys with these shares until no supporters can pay for anything more. */
function buy(able: readonly Candidate[], { counts }: Electorate, share: Ratio, input: SharesInput): Outcome {
  const withinCap = capOf(input.districtCap);
  const purses = new Purses(counts.length, share);
  const spent = new Map<string, bigint>();
  const outcome: Outcome = { picks: [], cost: 0n };
  // purses only shrink, so what a project cost per utility when it was last looked at is the least that it can cost now
  let open = able
    .filter((c) => c.cost <= input.budget)
    .map((candidate) => ({ candidate, floor: { n: 0n, d: 1n } as Ratio, price: { n: 0n, d: 1n } as Ratio }));

  while (open.length > 0) {
    open.sort((a, b) => compare(a.floor, b.floor) || byText(a.candidate.id, b.candidate.id));
    let best: typeof open = [];
    const gone = new Set<(typeof open)[number]>();
    for (const option of open) {
      if (best.length > 0 && compare(option.floor, best[0]!.floor) > 0) break;
      const { candidate } = option;
      const inDistrict = (spent.get(candidate.district) ?? 0n) + candidate.cost;
      const price = withinCap(inDistrict) ? priceOf(candidate, purses, counts) : null;
      if (price === null) {
        gone.add(option);
        continue;
      }
      option.price = price;
      // free for all: nothing can be cheaper, whatever its utility
      option.floor = candidate.cost === 0n ? { n: 0n, d: 1n } : { n: price.n, d: price.d * purses.denominator * candidate.unit };
      const order = best.length === 0 ? -1 : compare(option.floor, best[0]!.floor);
      if (order < 0) best = [option];
      else if (order === 0) best.push(option);
    }
    open = open.filter((o) => !gone.has(o));
    if (best.length === 0) break;

    const { first, tie } = parted(
      best.map((o) => o.candidate),
      input,
    );
    const { candidate, price } = best.find((o) => o.candidate === first)!;
    const divisor = gcd(price.n, price.d);
    const [top, bottom] = [price.n / divisor, price.d / divisor];
    purses.refine(bottom);
    for (const { weight, voters } of candidate.levels) for (const voter of voters) purses.take(voter, top * weight);
    spent.set(candidate.district, (spent.get(candidate.district) ?? 0n) + candidate.cost);
    outcome.picks.push({ candidate, ...(tie && { tie }) });
    outcome.cost += candidate.cost;
    open = open.filter((o) => o.candidate !== candidate);
  }
  return outcome;
}

/**
 * What the supporters pay per weight so that the project is paid for, in parts of the purses' denominator; null where they cannot.
 * Who has less than that gives everything.
 */
function priceOf(candidate: Candidate, purses: Purses, counts: readonly bigint[]): Ratio | null {
  let missing = candidate.cost * purses.denominator;
  let weights = candidate.total;
  let levels = candidate.levels;
  for (;;) {
    if (weights === 0n) return missing === 0n ? { n: 0n, d: 1n } : null;
    const [due, among] = [missing, weights];
    let poor = false;
    levels = levels.map(({ weight, voters }) => {
      // in whole parts a purse is below the price exactly when it is below the price rounded up
      const price = (due * weight + among - 1n) / among;
      const rich = voters.filter((voter) => {
        const purse = purses.of(voter);
        if (purse >= price) return true;
        missing -= purse * counts[voter]!;
        weights -= weight * counts[voter]!;
        poor = true;
        return false;
      });
      return { weight, voters: rich };
    });
    if (!poor) return { n: missing, d: weights };
  }
}

/** Raises all shares step by step while what they buy stays within the budget and leaves room for more. */
function raised(able: readonly Candidate[], electorate: Electorate, share: Ratio, outcome: Outcome, input: SharesInput): [Outcome, Ratio] {
  if (electorate.size === 0n) return [outcome, share];
  let whole = input.budget / electorate.size;
  whole -= whole % input.step;
  while (hasRoom(able, outcome, input)) {
    whole += input.step;
    const next = buy(able, electorate, { n: whole, d: 1n }, input);
    if (next.cost > input.budget) break;
    outcome = next;
    share = { n: whole, d: 1n };
  }
  return [outcome, share];
}

/** Whether anything that was not bought would still fit. */
function hasRoom(able: readonly Candidate[], { picks, cost }: Outcome, { budget, districtCap }: SharesInput): boolean {
  const withinCap = capOf(districtCap);
  const bought = new Set(picks.map((p) => p.candidate));
  const spent = (district: string) => picks.reduce((sum, p) => (p.candidate.district === district ? sum + p.candidate.cost : sum), 0n);
  return able.some((c) => !bought.has(c) && cost + c.cost <= budget && withinCap(spent(c.district) + c.cost));
}

const PARTING = {
  'lower-cost': (a: Candidate, b: Candidate) => byNumber(a.cost, b.cost),
  'more-votes': (a: Candidate, b: Candidate) => b.support - a.support,
};

/** Which of those that stand equal goes first, and what parted it from the others. */
function parted(tied: readonly Candidate[], { tieRule, lot }: SharesInput): { first: Candidate; tie?: SharesTie } {
  if (tied.length === 1) return { first: tied[0]! };
  let rest = [...tied];
  let partedBy: SharesTie['partedBy'] = 'lot';
  for (const rule of tieRule) {
    const [ahead] = groups(rest, PARTING[rule]);
    if (ahead!.length < rest.length) partedBy = rule;
    rest = ahead!;
    if (rest.length === 1) break;
  }
  if (rest.length > 1) partedBy = 'lot';
  const ids = rest.map((c) => c.id).sort(byText);
  const id = rest.length === 1 ? ids[0]! : lot(ids)[0]!;
  const first = tied.find((c) => c.id === id)!;
  const others = (partedBy === 'lot' ? rest : tied).filter((c) => c !== first).map((c) => c.id);
  return { first, tie: { with: others.sort(byText), partedBy } };
}

/** By sum of utilities, the most wanted first; equal ones by the tie rule. */
function byUtility(candidates: readonly Candidate[], input: SharesInput): { candidate: Candidate; tie?: SharesTie }[] {
  return groups(candidates, (a, b) => byNumber(b.total, a.total)).flatMap((equal) => {
    const order: { candidate: Candidate; tie?: SharesTie }[] = [];
    for (let rest = equal; rest.length > 0;) {
      const { first, tie } = parted(rest, input);
      order.push({ candidate: first, ...(tie && { tie }) });
      rest = rest.filter((c) => c !== first);
    }
    return order;
  });
}
