import type { CallContent } from '@minipilot/grants/call/events.js';
import { grantableCents } from '@minipilot/grants/call/call.js';
import type { Policy } from '@minipilot/grants/policy/events.js';
import { fromParts, startsFormula, writePb } from '@minipilot/grants/selection/pabulib.js';
import type { Rules } from '@minipilot/grants/selection/rules.js';
import { add1Step } from '@minipilot/grants/selection/voted.js';
import type { BallotView, TallyView, VoteView } from '@minipilot/insight/votes.js';
import { localDate } from '@minipilot/kernel/time.js';

export interface Election {
  content: CallContent;
  policy: Pick<Policy, 'municipality' | 'timeZone' | 'currency'>;
  vote: VoteView;
  tally: TallyView;
  /** in the order of trackers */
  ballots: readonly BallotView[];
}

const euros = (cents: number): string => fromParts(BigInt(cents), 100n);

/** As text that a spreadsheet program does not run; titles of projects are refused where they would be. */
const plain = (text: string): string => (startsFormula(text) ? `'${text}` : text);

/** As other programs name it; a vote that only advises beside a committee selects by no rule of theirs. */
const ruleOf = ({ method, completion = 'none' }: CallContent['rules']): string =>
  method !== 'equal-shares' ? 'unknown' : completion === 'none' ? 'equalshares' : `equalshares/${completion}`;

/** What `npm run select` needs beside the names that pabulib has, to come to the same result. */
function sharesKeys(rules: Rules, budgetCents: number, ballots: number): Record<string, string | number> {
  return {
    increment: euros(add1Step(budgetCents, ballots)),
    min_project_score_threshold: rules.minimumCards,
    ...(rules.districtCap && { district_cap: euros(rules.districtCap.cents) }),
  };
}

/** A counted vote as a file of pabulib: projects by their applications, voters as numbers in the order of trackers. */
export function electionFile({ content, policy, vote, tally, ballots }: Election): string {
  const { rules, budget } = content;
  const { min, max } = rules.vote!.ballot;
  const applicationOf = new Map(vote.projects.map(({ number, application }) => [number, application]));
  const day = (at: string) => localDate(at, policy.timeZone).split('-').reverse().join('.');
  return writePb({
    meta: {
      description: plain(content.title.en ?? content.title.fi),
      country: 'Finland',
      unit: plain(policy.municipality),
      instance: budget.year,
      num_projects: vote.projects.length,
      num_votes: ballots.length,
      budget: euros(grantableCents(content)),
      currency: policy.currency,
      vote_type: 'approval',
      rule: ruleOf(rules),
      ...(rules.method === 'equal-shares' ? sharesKeys(rules, grantableCents(content), ballots.length) : {}),
      date_begin: day(vote.opensAt),
      date_end: day(vote.closesAt),
      min_length: min,
      max_length: max,
      edition: tally.digest,
    },
    projects: tally.projects.map(({ application, cents, title, district, votes }) => ({
      project_id: application,
      cost: euros(cents),
      votes,
      name: title,
      neighborhood: district,
    })),
    votes: ballots.map(({ choices }, i) => ({
      voter_id: i + 1,
      vote: choices.map((number) => applicationOf.get(number)!).join(','),
    })),
  });
}
