import { equalShares, type SharesInput, type SharesPlace } from './equal-shares.js';
import { byNumber, byText, granting, groups } from './exact.js';
import { fromParts, type PbBallot, type PbFile, type PbProject } from './pabulib.js';

/** What a published election gives when its rule is applied to its ballots again. Sums are decimal numbers in the file's currency. */
export interface PbReplay {
  rule: string;
  /** project ids in the order in which the rule chose them */
  winners: string[];
  cost: string;
  budget: string;
  /** projects that stood equal where not all of them could win, with what settled their order */
  ties: { projects: string[]; chosen: string[]; settledBy: 'published-result' | 'lower-cost' | 'more-votes' | 'id' }[];
  /** the result if what was equal had been settled by lower cost and then by id; only where that is another one */
  otherwise?: string[];
  /** the result that the file tells; null where it tells none */
  published: { same: boolean; missing: string[]; extra: string[] } | null;
  /** `ballots` were counted; `file` means that the file's own count differs from them and that its result follows from that count */
  count: 'ballots' | 'file';
  notes: string[];
}

/** The rule of the file is none that is known here, or would take for ever. */
export class CannotReplay extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CannotReplay';
  }
}

/** Most rounds of a completion that raises everybody's share. */
const MOST_ROUNDS = 1_000_000n;

type Completion = SharesInput['completion'];
type Rule =
  { kind: 'greedy'; whenOver: 'skip' | 'stop'; overspend: boolean } | { kind: 'equal-shares'; completion: Completion; comparison: boolean };

const COMPLETIONS: Record<string, Completion> = {
  none: 'none',
  add1: 'add1',
  add1u: 'add1u',
  'add1/greedy': 'add1u',
  'add1/utilitarian': 'add1u',
  'add1/u': 'add1u',
  greedy: 'utilitarian',
  utilitarian: 'utilitarian',
  u: 'utilitarian',
};

function ruleOf(file: PbFile, notes: string[]): Rule {
  const name = (file.meta['rule'] ?? '').toLowerCase().replace(/\s+/g, '');
  const shares = /^(?:equalshares|equal-shares|equal_shares|mes)(.*)$/.exec(name);
  if (shares !== null) {
    const comparison = /[-/+_]comparison$/.test(shares[1]!);
    const rest = shares[1]!
      .replace(/[-/+_]comparison$/, '')
      .replaceAll(/[-+_]/g, '/')
      .replace(/^\//, '');
    const completion = rest === '' ? 'none' : COMPLETIONS[rest];
    if (completion === undefined) throw new CannotReplay(`the rule ${name} is not known`);
    return { kind: 'equal-shares', completion, comparison };
  }
  const greedy: Rule = { kind: 'greedy', whenOver: 'skip', overspend: false };
  switch (name) {
    case 'greedy':
    case 'greedy-threshold':
      return greedy;
    case 'greedy-no-skip':
      return { ...greedy, whenOver: 'stop' };
    case 'greedy-custom':
      if (/^pozna[nń]$/i.test(file.meta['unit'] ?? '')) return { ...greedy, whenOver: 'stop', overspend: true };
      notes.push('the rule has its own conditions, which only the comment of the file tells; computed by votes');
      return greedy;
    case 'greedy-exclusive':
      notes.push('the file does not tell which projects exclude each other; computed as if none did');
      return greedy;
    case 'unknown':
    case '':
      notes.push('the file does not tell its rule; computed by votes');
      return greedy;
    default:
      throw new CannotReplay(`the rule ${name} is not known`);
  }
}

/** Applies the rule of a file to its ballots. Throws CannotReplay. */
export function replayPb(file: PbFile): PbReplay {
  const notes: string[] = [];
  const rule = ruleOf(file, notes);
  const { increment } = file.meta;
  if (rule.kind === 'equal-shares' && increment !== undefined && !isSum(increment))
    notes.push(`the increment ${increment} is no sum above 0; one unit of currency is taken`);
  const published = publishedOf(file);
  const ballots = pointed(file);
  const apply = (counted: ReadonlyMap<string, bigint>, preferred: ReadonlySet<string>) =>
    rule.kind === 'greedy' ? greedy(file, rule, counted, preferred) : shares(file, rule, ballots, preferred);

  const counted = counts(file, ballots);
  const tries: { count: PbReplay['count']; scores: ReadonlyMap<string, bigint> }[] = [{ count: 'ballots', scores: counted }];
  const told = toldCounts(file);
  if (rule.kind === 'greedy' && told !== null && published !== null && differ(told, counted, file))
    tries.push({ count: 'file', scores: told });

  const results = tries.map(({ count, scores }) => ({ count, scores, ...apply(scores, published ?? new Set()) }));
  const best = results.find((r) => published !== null && sameSet(r.winners, published)) ?? results[0]!;
  const alone = apply(best.scores, new Set());
  if (best.count === 'file') notes.push("the file's own count of votes differs from its ballots; its result follows from that count");
  const costs = new Map(file.projects.map((p) => [p.id, p.cost]));
  const total = best.winners.reduce((sum, id) => sum + costs.get(id)!, 0n);
  return {
    rule: file.meta['rule'] ?? 'unknown',
    winners: best.winners,
    cost: fromParts(total, file.parts),
    budget: fromParts(file.budget, file.parts),
    ties: best.ties,
    ...(sameSet(alone.winners, new Set(best.winners)) ? {} : { otherwise: alone.winners }),
    published:
      published === null
        ? null
        : {
            same: sameSet(best.winners, published),
            missing: [...published].filter((id) => !best.winners.includes(id)),
            extra: best.winners.filter((id) => !published.has(id)),
          },
    count: best.count,
    notes,
  };
}

const sameSet = (ids: readonly string[], set: ReadonlySet<string>) => ids.length === set.size && ids.every((id) => set.has(id));

/** Projects that the file marks as chosen by its rule. `2` and more stand for other reasons; in Poznań 2 is its 80 per cent rule. */
function publishedOf(file: PbFile): Set<string> | null {
  if (!file.projects.some((p) => (p.cells['selected'] ?? '') !== '')) return null;
  const marks = /^pozna[nń]$/i.test(file.meta['unit'] ?? '') ? ['1', '2'] : ['1'];
  return new Set(file.projects.filter((p) => marks.includes((p.cells['selected'] ?? '').replace(/\.0+$/, ''))).map((p) => p.id));
}

/** Ballots with points where the kind of vote gives points; a ranking gives the last one 1 point, the one before 2 and so on. */
function pointed(file: PbFile): PbBallot[] {
  const most = BigInt(Number(file.meta['max_length'] ?? '') || 0);
  if (file.voteType !== 'ordinal') return file.ballots;
  const told = toldCounts(file);
  const ranked = (longest: bigint) =>
    file.ballots.map((b) => {
      const top = longest > 0n ? longest : BigInt(b.choices.length);
      return { ...b, points: b.points ?? b.choices.map((_, i) => top - BigInt(i)) };
    });
  const byLength = ranked(0n);
  if (told === null || most === 0n || !differ(told, counts(file, byLength), file)) return byLength;
  const byMost = ranked(most);
  return differ(told, counts(file, byMost), file) ? byLength : byMost;
}

/** Votes or points of every project. In a `scoring` vote those who did not name a project give it the default. */
function counts(file: PbFile, ballots: readonly PbBallot[]): Map<string, bigint> {
  const totals = new Map(file.projects.map((p) => [p.id, 0n]));
  const named = new Map<string, bigint>();
  for (const { choices, points } of ballots)
    choices.forEach((id, i) => {
      totals.set(id, totals.get(id)! + (points?.[i] ?? 1n));
      named.set(id, (named.get(id) ?? 0n) + 1n);
    });
  const unnamed = file.voteType === 'scoring' ? BigInt(parseInt(file.meta['default_score'] ?? '', 10) || 0) * file.pointParts : 0n;
  if (unnamed !== 0n) for (const [id, total] of totals) totals.set(id, total + unnamed * (BigInt(ballots.length) - (named.get(id) ?? 0n)));
  return totals;
}

/** The counts that the file tells: points where it has them, else votes; null where some are missing. */
function toldCounts(file: PbFile): Map<string, bigint> | null {
  const column = file.projects.every((p) => /^-?\d+$/.test(p.cells['score'] ?? '')) ? 'score' : 'votes';
  if (column === 'votes' && file.voteType !== 'approval' && file.voteType !== 'choose-1') return null;
  if (!file.projects.every((p) => /^-?\d+$/.test(p.cells[column] ?? ''))) return null;
  const parts = column === 'score' ? file.pointParts : 1n;
  return new Map(file.projects.map((p) => [p.id, BigInt(p.cells[column]!) * parts]));
}

const differ = (a: ReadonlyMap<string, bigint>, b: ReadonlyMap<string, bigint>, { projects }: PbFile) =>
  projects.some((p) => a.get(p.id) !== b.get(p.id));

interface Result {
  winners: string[];
  ties: PbReplay['ties'];
}

/** By count, the most first. Equal ones: those of the published result first, as some draw has chosen them; else the cheaper one, then by id. */
function greedy(
  file: PbFile,
  rule: Extract<Rule, { kind: 'greedy' }>,
  scores: ReadonlyMap<string, bigint>,
  preferred: ReadonlySet<string>,
): Result {
  const least = BigInt(Math.ceil(Number((file.meta['min_project_score_threshold'] ?? '0').replace(',', '.')) || 0));
  const parts = file.voteType === 'approval' || file.voteType === 'choose-1' ? 1n : file.pointParts;
  const able = file.projects.filter(
    (p) => scores.get(p.id)! >= least * parts && !(rule.whenOver === 'stop' && p.cost === WITHDRAWN * file.parts),
  );
  const grant = granting(file.budget, rule.whenOver);
  let left = file.budget;
  let over = false;
  let stopped = false;
  const winners: string[] = [];
  const ties: PbReplay['ties'] = [];
  for (const equal of groups(able, (a, b) => byNumber(scores.get(b.id)!, scores.get(a.id)!))) {
    const before = left;
    const wanted = (p: PbProject) => (preferred.has(p.id) ? 0 : 1);
    const order = [...equal].sort(
      (a, b) =>
        wanted(a) - wanted(b) ||
        (preferred.size > 0 && wanted(a) === 1 ? byNumber(b.cost, a.cost) : byNumber(a.cost, b.cost)) ||
        byText(a.id, b.id),
    );
    const chosen: string[] = [];
    for (const { id, cost } of order) {
      const fits = grant(cost);
      // what lacks less than a fifth is topped up, once, and nothing comes after it
      const toppedUp = rule.overspend && fits === 'over-budget' && !over && left * 5n >= cost * 4n;
      if (fits === 'over-budget') over = true;
      if (fits !== 'fits' && !toppedUp) continue;
      chosen.push(id);
      left -= cost;
    }
    winners.push(...chosen);
    // the order of equals decides only where those that could win cannot all win
    const rivals = rule.whenOver === 'skip' ? equal.filter((p) => p.cost <= before) : equal;
    const sum = rivals.reduce((total, p) => total + p.cost, 0n);
    const matters = !stopped && rivals.length > 1 && sum > before && rivals.some((p) => p.cost <= before);
    stopped = over && rule.whenOver === 'stop';
    if (!matters) continue;
    const byResult = order.some((p) => preferred.has(p.id)) && order.some((p) => !preferred.has(p.id));
    const byCost = new Set(equal.map((p) => p.cost)).size > 1;
    ties.push({
      projects: equal.map((p) => p.id).sort(byText),
      chosen,
      settledBy: byResult ? 'published-result' : byCost ? 'lower-cost' : 'id',
    });
  }
  return { winners, ties };
}

/** The cost that marks a project as withdrawn. */
const WITHDRAWN = 999_999_999n;

function shares(
  file: PbFile,
  rule: Extract<Rule, { kind: 'equal-shares' }>,
  ballots: readonly PbBallot[],
  preferred: ReadonlySet<string>,
): Result {
  const { step, finer } = stepOf(file.meta['increment'], file.parts);
  if ((file.budget * finer) / step > MOST_ROUNDS * BigInt(Math.max(1, ballots.length)))
    throw new CannotReplay(`the increment ${file.meta['increment']} would take more than ${MOST_ROUNDS} rounds`);
  const cap = file.meta['district_cap'];
  const input: SharesInput = {
    projects: file.projects.map(({ id, cost, cells }) => ({ id, cost: cost * finer, district: cells['neighborhood'] ?? '' })),
    ballots,
    budget: file.budget * finer,
    completion: rule.completion,
    step,
    ...(cap !== undefined && { districtCap: stepOf(cap, file.parts * finer).step }),
    tieRule: ['lower-cost', 'more-votes'],
    lot: (tied) => [...tied].sort((a, b) => Number(preferred.has(b)) - Number(preferred.has(a)) || byText(a, b)),
    minimum: Math.max(1, Number(file.meta['min_project_score_threshold'] ?? 1) || 1),
  };
  const result = equalShares(input);
  const bought = (p: SharesPlace) => p.reason === 'shares' || p.reason === 'completion';
  const winners = result.places.filter(bought).map((p) => p.id);
  const ties = result.places
    .filter((p) => bought(p) && p.tie?.partedBy === 'lot')
    .map((p) => ({
      projects: [p.id, ...p.tie!.with].sort(byText),
      chosen: [p.id],
      settledBy: preferred.has(p.id) && p.tie!.with.some((id) => !preferred.has(id)) ? ('published-result' as const) : ('id' as const),
    }));
  if (!rule.comparison) return { winners, ties };
  const scores = counts(file, ballots);
  const other = greedy(file, { kind: 'greedy', whenOver: 'skip', overspend: false }, scores, preferred);
  return prefersOther(ballots, winners, other.winners) ? other : { winners, ties };
}

const isSum = (text: string): boolean => /^\d+(?:[.,]\d+)?$/.test(text) && /[1-9]/.test(text);

/** A sum of the file in its parts, or in finer ones where it needs them; one unit of currency where there is none. */
function stepOf(text: string | undefined, parts: bigint): { step: bigint; finer: bigint } {
  if (text === undefined || !isSum(text)) return { step: parts, finer: 1n };
  const [whole, fraction = ''] = text.split(/[.,]/) as [string, string?];
  const places = parts.toString().length - 1;
  const finer = 10n ** BigInt(Math.max(0, fraction.length - places));
  return { step: BigInt(whole + fraction.padEnd(places, '0')), finer };
}

/** Whether more voters get more of what they named from the other result. */
function prefersOther(ballots: readonly PbBallot[], own: readonly string[], other: readonly string[]): boolean {
  const [first, second] = [new Set(own), new Set(other)];
  let balance = 0;
  for (const { choices } of ballots) {
    const gain = choices.filter((id) => second.has(id)).length - choices.filter((id) => first.has(id)).length;
    balance += Math.sign(gain);
  }
  return balance > 0;
}
