import { reject, type Aggregate, type Rejected } from '@minipilot/kernel/decider.js';
import type { Instant } from '@minipilot/kernel/time.js';
import { call as callAggregate } from '../call/call.js';
import type { VoteRules } from '../selection/rules.js';
import { callStream, tallyStream } from '../streams.js';
import { tally, type OpenedVote } from '../tally/tally.js';
import type { VoteEvent } from './events.js';

/** What a sign-in says of a voter, as far as the rules ask; null where it says nothing. */
export interface VoterClaims {
  ofAge: boolean | null;
  resident: boolean | null;
}

export type VoteCommand = { type: 'CastVote'; call: string; /** when the request was here */ arrivedAt: Instant } & (
  | { channel: 'sign-in'; voter: VoterClaims }
  /** age and residence were checked where the code was handed out */
  | { channel: 'code' }
);

export interface VoteState {
  /** ballots so far; the last one counts */
  cast: number;
  lastAt: Instant | null;
}

export interface VoteFacts {
  /** null where residents do not vote, or not yet, or not online */
  vote: { opened: OpenedVote; closed: boolean; rules: VoteRules } | null;
}

/** One voter's ballots in one call. What is on them is sealed to the call's box; no decider sees it. */
export const vote: Aggregate<VoteCommand, VoteState, VoteEvent, VoteFacts> = {
  category: 'vote',
  initial: { cast: 0, lastAt: null },

  evolve: (state, event) => ({ cast: state.cast + 1, lastAt: event.at }),

  async facts({ call }, sources) {
    const { opened, boxClosed } = await sources.fold(tally, tallyStream(sources.tenant, call));
    const { content } = await sources.fold(callAggregate, callStream(sources.tenant, call));
    const rules = content?.rules.vote;
    if (opened === null || opened.boxKey === null || rules === undefined) return { vote: null };
    return { vote: { opened, closed: boxClosed !== null, rules } };
  },

  decide(command, _state, { vote }): VoteEvent[] | Rejected {
    if (vote === null) return reject('vote-not-found');
    const { opened, closed, rules } = vote;
    const { arrivedAt } = command;
    if (arrivedAt < opened.opensAt) return reject('vote-not-open', { opensAt: opened.opensAt });
    if (closed || arrivedAt >= opened.closesAt) return reject('vote-closed', { closesAt: opened.closesAt });
    if (command.channel === 'sign-in') {
      const { ofAge, resident } = command.voter;
      if (ofAge === null || resident === null) return reject('voter-unknown');
      if (!ofAge) return reject('voter-too-young', { minAge: rules.minAge });
      if (!resident) return reject('voter-not-resident');
    }
    return [{ type: 'vote.cast', data: { call: command.call, channel: command.channel }, seal: { ballot: command.call } }];
  },
};
