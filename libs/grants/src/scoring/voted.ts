import { reject, type FactSources, type Rejected } from '@minipilot/kernel/decider.js';
import { grantableCents, type CallState } from '../call/call.js';
import { isLive, pilot, type PilotState } from '../pilot/pilot.js';
import { equalSharesProposal, type VotedProposal } from '../selection/voted.js';
import { pilotStream, tallyStream } from '../streams.js';
import { tally, votedBallots, type TallyState } from '../tally/tally.js';
import type { ScoringEvent } from './events.js';
import { PLACE_PAGE, placesDigest, type LotSeeds, type ScoringFacts, type ScoringState } from './state.js';

/** The tally of a call, and the applications that were voted on. */
export async function votedFacts(call: string, sources: FactSources): Promise<Pick<ScoringFacts, 'tally' | 'pilots' | 'seed'>> {
  const state = await sources.fold(tally, tallyStream(sources.tenant, call));
  const pilots: Record<string, PilotState> = {};
  for (const { application } of state.opened?.projects ?? [])
    pilots[application] = await sources.fold(pilot, pilotStream(sources.tenant, application));
  // a seed that is shown before the count could be used to choose ballots
  const seed = state.counted === null ? null : await sources.port<LotSeeds>('lot-seeds').reveal(sources.tenant, call);
  return { tally: state, pilots, seed };
}

/** What residents propose by their votes, in pages; the first one reveals the lot's seed. Nobody signs it: it is computed. */
export function proposeByVote(
  { page }: { page: number },
  state: ScoringState,
  { call, tally: vote, pilots, seed }: ScoringFacts,
): ScoringEvent[] | Rejected {
  if (vote === null || vote.opened === null) return reject('vote-not-found');
  if (vote.counted === null) return reject('not-counted-yet', { closesAt: vote.opened.closesAt });
  if (state.proposal !== null || page < state.proposalPages) return [];
  const { places, ballotsDigest, totalCents } = votedProposal(vote, call, pilots, seed!);
  const shown = places.slice(page * PLACE_PAGE, (page + 1) * PLACE_PAGE);
  const last = (page + 1) * PLACE_PAGE >= places.length;
  const total = last ? { count: places.length, totalCents, digest: placesDigest(places) } : {};
  const proposed: ScoringEvent = { type: 'scoring.proposed', data: { page, places: shown, last, ...total } };
  if (page > 0) return [proposed];
  const revealed = {
    cards: vote.counted.ballots,
    digest: ballotsDigest,
    digestForm: 'v2' as const,
    seed: seed!,
    effectiveAt: vote.opened.closesAt,
  };
  return [{ type: 'scoring.opened', data: revealed }, proposed];
}

/** The proposal by equal shares, as anyone can compute it from rules, ballots and lot. What was withdrawn since buys nothing. */
export function votedProposal(
  { opened, ballots }: Pick<TallyState, 'opened' | 'ballots'>,
  call: CallState,
  pilots: Readonly<Record<string, PilotState>>,
  seed: string,
): VotedProposal {
  const content = call.content!;
  return equalSharesProposal({
    rules: content.rules,
    budgetCents: grantableCents(content),
    projects: opened!.projects.flatMap(({ application, cents, district }) =>
      isLive(pilots[application]!) ? [{ id: application, cents, district }] : [],
    ),
    ballots: votedBallots(opened!, ballots),
    seed,
  });
}
