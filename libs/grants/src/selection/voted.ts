import { isCents, type Cents } from '@minipilot/kernel/money.js';
import { equalShares, type SharesInput } from './equal-shares.js';
import { ballotLeaf, digestOfLeaves, drawKey } from '@minipilot/kernel/lot.js';
import { byText } from './exact.js';
import type { Rules } from './rules.js';
import { checkUnique, LotNeeded, type Place } from './selection.js';

/** An opened ballot. The tracker is random and made by the server, so that nobody can foresee the digest of all ballots. */
export interface OpenedBallot {
  tracker: string;
  /** applications that the voter chose */
  choices: string[];
}

export interface VotedInput {
  rules: Rules;
  /** what can be granted: the budget less the appeal reserve */
  budgetCents: Cents;
  /** what is voted on; a choice of anything else, such as what was withdrawn since, buys nothing */
  projects: { id: string; cents: Cents; district: string }[];
  ballots: OpenedBallot[];
  /** the revealed seed of the lot, 32 bytes in hex; null while it is secret */
  seed: string | null;
}

export interface VotedProposal {
  /** bought by shares in that order, added by completion, then the waiting by number of ballots, then those with too few */
  places: Place[];
  ballotsDigest: string;
  totalCents: Cents;
  leftCents: Cents;
}

/** Digest of all opened ballots, whatever order they came in. */
export const ballotsDigest = (ballots: readonly OpenedBallot[]): string =>
  digestOfLeaves(
    'ballots',
    ballots.map((b) => ballotLeaf(b.tracker, b.choices)),
  );

/**
 * By how much `add1` raises every share at a time, in cents: half a per cent of the equal share, and a cent at least. Small enough to leave
 * little money over, large enough that a vote of a whole city is counted in seconds.
 */
export function add1Step(budgetCents: Cents, ballots: number): Cents {
  return ballots === 0 ? 1 : Math.max(1, Math.ceil(Math.floor(budgetCents / ballots) / 200));
}

/**
 * The proposal of a call that residents voted on. Exact, and the same for every order of its inputs. Throws LotNeeded, or RangeError for
 * input that no valid call can have.
 */
export function equalSharesProposal({ rules, budgetCents, projects, ballots, seed }: VotedInput): VotedProposal {
  if (rules.completion === undefined || rules.vote === undefined) throw new RangeError('the rules are none of equal shares');
  if (!isCents(budgetCents) || budgetCents < 0) throw new RangeError('the budget is not a sum in cents');
  if (projects.some((p) => !isCents(p.cents) || p.cents <= 0)) throw new RangeError('an application asks for no sum in cents');
  checkUnique(projects.map((p) => [p.id]));
  checkUnique(ballots.map((b) => [b.tracker]));
  const { min, max } = rules.vote.ballot;
  for (const { choices } of ballots) {
    const sane = choices.length >= min && choices.length <= max && new Set(choices).size === choices.length;
    if (!sane) throw new RangeError('a ballot does not match the rules');
  }

  const digest = ballotsDigest(ballots);
  const keys = new Map<string, string>();
  const keyOf = (id: string) => {
    if (!keys.has(id)) keys.set(id, drawKey(seed!, digest, id));
    return keys.get(id)!;
  };
  const { places } = equalShares({
    projects: projects.map((p) => ({ id: p.id, cost: BigInt(p.cents), district: p.district })),
    ballots,
    budget: BigInt(budgetCents),
    completion: rules.completion,
    step: BigInt(add1Step(budgetCents, ballots.length)),
    tieRule: rules.tieRule.filter((rule): rule is SharesInput['tieRule'][number] => rule === 'lower-cost' || rule === 'more-votes'),
    lot: (tied) => {
      if (seed === null) throw new LotNeeded([...tied]);
      return [...tied].sort((a, b) => byText(keyOf(a), keyOf(b)));
    },
    ...(rules.districtCap && { districtCap: BigInt(rules.districtCap.cents) }),
    minimum: rules.minimumCards,
  });

  const cents = new Map(projects.map((p) => [p.id, p.cents]));
  let rank = 0;
  let waiting = 0;
  const proposed = places.map(({ id, reason, support, tie }): Place => {
    const scored = reason !== 'too-few-cards';
    const funded = reason === 'shares' || reason === 'completion';
    const waits = scored && !funded && waiting++ < (rules.waitingList ?? Infinity);
    return {
      application: id,
      ...(scored && { rank: ++rank }),
      cards: support,
      support,
      result: !scored ? 'not-scored' : funded ? 'proposed-grant' : waits ? 'waiting' : 'not-funded',
      cents: funded ? cents.get(id)! : 0,
      reason,
      ...(tie && { tie: { with: tie.with.slice(0, TIED), partedBy: tie.partedBy } }),
      ...(tie?.partedBy === 'lot' && { drawKey: keyOf(id) }),
    };
  });
  const totalCents = proposed.reduce((sum, p) => sum + p.cents, 0);
  return { places: proposed, ballotsDigest: digest, totalCents, leftCents: budgetCents - totalCents };
}

/** Most others that a place names as its equals. */
const TIED = 10;
