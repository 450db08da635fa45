import { Type, type Static } from 'typebox';
import { isCents } from '@minipilot/kernel/money.js';
import { Code, Count, PositiveCents, Texts, object, oneOf } from '@minipilot/kernel/schema.js';

/** The residents' vote of a call; advisory, as the decision-maker confirms. */
export const VoteRules = object({
  /** full years on the day of voting */
  minAge: Type.Integer({ minimum: 0, maximum: 100 }),
  /** who votes: all residents of the municipality, or those of the call's districts */
  residence: oneOf('municipality', 'districts'),
  /** `approval`: a voter chooses from `min` to `max` applications, all alike */
  ballot: object({
    kind: oneOf('approval'),
    min: Type.Integer({ minimum: 1, maximum: 100 }),
    max: Type.Integer({ minimum: 1, maximum: 100 }),
  }),
});
export type VoteRules = Static<typeof VoteRules>;

/** The rules of selection as a call freezes them when it is announced. Sums in cents, weights in whole per cent. */
export const Rules = object({
  method: oneOf('rolling', 'ranked-until-budget', 'equal-shares'),
  /** in the order in which they part ties; `rolling` has yes/no criteria of weight 0, `equal-shares` has none */
  criteria: Type.Array(object({ id: Code, weight: Type.Integer({ minimum: 0, maximum: 100 }), text: Type.Optional(Texts) }), {
    maxItems: 20,
  }),
  scale: object({ min: Type.Integer({ minimum: 0 }), max: Type.Integer({ minimum: 0 }) }),
  /** fewer cards with values than this, or by `equal-shares` fewer ballots that choose the application: not scored */
  minimumCards: Type.Integer({ minimum: 1, maximum: 100 }),
  tieRule: Type.Array(oneOf('criterion-order', 'lower-cost', 'more-votes', 'lot'), { minItems: 1, maxItems: 4 }),
  /** most that one district can get */
  districtCap: Type.Optional(object({ cents: PositiveCents })),
  whenOverBudget: oneOf('skip', 'stop'),
  /** places on the waiting list; without it everyone who is scored and not funded waits */
  waitingList: Type.Optional(Count),
  /** readers that each application of a rolling call needs */
  readers: Type.Optional(Type.Integer({ minimum: 1, maximum: 5 })),
  /** when a rolling call puts its weekly round together: ISO weekday and local time `HH:MM` */
  round: Type.Optional(
    object({ weekday: Type.Integer({ minimum: 1, maximum: 7 }), time: Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' }) }),
  ),
  /**
   * How `equal-shares` spends what the shares leave over, by its names in the literature: `add1` raises every share little by little while
   * the result stays within the budget, `utilitarian` adds what still fits by number of votes, `add1u` does first the one, then the other.
   */
  completion: Type.Optional(oneOf('none', 'add1', 'utilitarian', 'add1u')),
  /** there where residents vote: `equal-shares` selects by it, `ranked-until-budget` only shows it */
  vote: Type.Optional(VoteRules),
});
export type Rules = Static<typeof Rules>;

export const DEFAULT_TIE_RULE: Rules['tieRule'] = ['criterion-order', 'lot'];
export const EQUAL_SHARES_TIE_RULE: Rules['tieRule'] = ['lower-cost', 'more-votes', 'lot'];

/** What is wrong with rules; `pointer` is a JSON pointer into them. */
export interface RulesProblem {
  code: string;
  params: Record<string, string | number>;
  pointer: string;
}

/** Problems that keep a call with these rules from being announced; none when they can be applied. */
export function rulesProblems(rules: Rules): RulesProblem[] {
  const problems: RulesProblem[] = [];
  const problem = (code: string, pointer: string, params: RulesProblem['params'] = {}) => problems.push({ code, params, pointer });
  const rolling = rules.method === 'rolling';
  const byVote = rules.method === 'equal-shares';
  const [fewest, most] = rolling ? [3, 5] : byVote ? [0, 0] : [1, 10];

  const count = rules.criteria.length;
  if (count < fewest || count > most) problem('rules-criteria-count', '/criteria', { count, fewest, most });
  rules.criteria.forEach((criterion, i) => {
    if (rules.criteria.findIndex((c) => c.id === criterion.id) !== i) {
      problem('rules-criterion-repeated', `/criteria/${i}/id`, { criterion: criterion.id });
    }
    const { weight } = criterion;
    const sane = Number.isInteger(weight) && (rolling ? weight === 0 : weight >= 1 && weight <= 100);
    if (!sane) problem('rules-weight', `/criteria/${i}/weight`, { criterion: criterion.id, weight });
  });
  const total = rules.criteria.reduce((sum, c) => sum + c.weight, 0);
  if (!rolling && !byVote && total !== 100) problem('rules-weights-total', '/criteria', { total });

  const { min, max } = rules.scale;
  if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max) || min < 0 || min >= max) problem('rules-scale', '/scale', { min, max });
  if (!Number.isInteger(rules.minimumCards) || rules.minimumCards < 1) {
    problem('rules-minimum-cards', '/minimumCards', { minimumCards: rules.minimumCards });
  }
  const parts: Rules['tieRule'] = byVote ? EQUAL_SHARES_TIE_RULE : DEFAULT_TIE_RULE;
  const lotIsLast = rules.tieRule.indexOf('lot') === rules.tieRule.length - 1;
  if (rules.tieRule.length === 0 || !lotIsLast || new Set(rules.tieRule).size !== rules.tieRule.length)
    problem('rules-tie-rule', '/tieRule');
  const foreign = rules.tieRule.findIndex((rule) => !parts.includes(rule));
  if (foreign !== -1) problem('rules-tie-rule-method', `/tieRule/${foreign}`, { rule: rules.tieRule[foreign]! });

  if (rules.districtCap !== undefined) {
    if (rolling) problem('rules-not-for-rolling', '/districtCap', { rule: 'districtCap' });
    else if (!isCents(rules.districtCap.cents) || rules.districtCap.cents <= 0) problem('rules-district-cap', '/districtCap/cents');
  }
  if (rules.waitingList !== undefined) {
    if (rolling) problem('rules-not-for-rolling', '/waitingList', { rule: 'waitingList' });
    else if (!Number.isInteger(rules.waitingList) || rules.waitingList < 0) problem('rules-waiting-list', '/waitingList');
  }
  return [...problems, ...(byVote ? sharesProblems(rules) : []), ...voteProblems(rules)];
}

/** What only equal shares needs or cannot use. */
function sharesProblems(rules: Rules): RulesProblem[] {
  const unused = [
    ...(rules.whenOverBudget === 'skip' ? [] : ['whenOverBudget']),
    ...(['readers', 'round'] as const).filter((rule) => rules[rule] !== undefined),
  ];
  return [
    ...(['completion', 'vote'] as const)
      .filter((rule) => rules[rule] === undefined)
      .map((rule) => ({ code: 'rules-for-vote-missing', params: { rule }, pointer: `/${rule}` })),
    ...unused.map((rule) => ({ code: 'rules-not-for-equal-shares', params: { rule }, pointer: `/${rule}` })),
  ];
}

function voteProblems({ method, completion, vote }: Rules): RulesProblem[] {
  const problems: RulesProblem[] = [];
  if (completion !== undefined && method !== 'equal-shares')
    problems.push({ code: 'rules-only-for-equal-shares', params: { rule: 'completion' }, pointer: '/completion' });
  if (vote === undefined) return problems;
  if (method === 'rolling') problems.push({ code: 'rules-not-for-rolling', params: { rule: 'vote' }, pointer: '/vote' });
  const { min, max } = vote.ballot;
  if (!Number.isInteger(min) || !Number.isInteger(max) || min < 1 || min > max)
    problems.push({ code: 'rules-vote-ballot', params: { min, max }, pointer: '/vote/ballot/max' });
  return problems;
}
