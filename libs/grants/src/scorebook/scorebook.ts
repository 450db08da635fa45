import { reject, type Aggregate, type Rejected } from '@minipilot/kernel/decider.js';
import type { Instant } from '@minipilot/kernel/time.js';
import { pilotStream, scoringStream } from '../streams.js';
import type { Rules } from '../selection/rules.js';
import type { ScorebookEvent } from './events.js';

export type Ground = 'party' | 'close-person' | 'organisation-role' | 'benefit' | 'employment' | 'other' | 'recognised';

export type ScorebookCommand = { call: string; member: string } & (
  | { type: 'DeclareConflicts'; conflicts: { application: string; ground: Ground }[]; shown: number; shownDigest: string }
  | { type: 'RecuseFromApplication'; application: string; ground: Ground }
  | { type: 'SaveCard'; application: string }
  | { type: 'FinishBook' }
  | { type: 'CloseBook'; effectiveAt: Instant }
);

export interface ScorebookState {
  declared: boolean;
  /** applications that this member takes no part in */
  conflicts: Readonly<Record<string, Ground>>;
  /** newest card by application */
  cards: Readonly<Record<string, string>>;
  /** by the member's own word: all that others learn of a book before the close */
  finished: boolean;
  closed: boolean;
}

export interface ScorebookFacts {
  /** the committee's task, or null before it has one */
  task: { members: string[]; applications: string[]; closesAt: Instant } | null;
  /** people behind the application of a card */
  parties: string[];
  /** for a member who is done: applications that the member had a hand in */
  own: string[];
}

export const scorebook: Aggregate<ScorebookCommand, ScorebookState, ScorebookEvent, ScorebookFacts> = {
  category: 'scorebook',
  initial: { declared: false, conflicts: {}, cards: {}, finished: false, closed: false },

  evolve(state, event) {
    switch (event.type) {
      case 'scorebook.conflicts-declared':
        return {
          ...state,
          declared: true,
          conflicts: { ...state.conflicts, ...Object.fromEntries(event.data.conflicts.map((c) => [c.application, c.ground])) },
        };
      case 'scorebook.recused':
        return { ...state, conflicts: { ...state.conflicts, [event.data.application]: event.data.ground } };
      case 'scorebook.card-saved':
        return { ...state, cards: { ...state.cards, [event.data.application]: event.id } };
      case 'scorebook.finished':
        return { ...state, finished: true };
      case 'scorebook.book-closed':
        return { ...state, closed: true };
    }
  },

  async facts(command, sources) {
    let task: ScorebookFacts['task'] = null;
    for (const event of await sources.history(scoringStream(sources.tenant, command.call))) {
      if (event.type === 'scoring.started') task = event.data as unknown as NonNullable<typeof task>;
      if (event.type === 'scoring.extended') task = { ...task!, closesAt: event.data['closesAt'] as string };
    }
    const partiesOf = async (application: string): Promise<string[]> =>
      (await sources.history(pilotStream(sources.tenant, application))).flatMap((e) => {
        const { applicant, filedBy, helper, recipient } = e.data as Record<string, string | null>;
        const hands =
          e.type === 'pilot.submitted'
            ? [applicant, filedBy, helper]
            : e.type === 'pilot.recipient-changed'
              ? [recipient]
              : e.type === 'pilot.completed'
                ? [helper]
                : [];
        return hands.filter((person): person is string => typeof person === 'string');
      });
    const own: string[] = [];
    if (command.type === 'FinishBook')
      for (const application of task?.applications ?? [])
        if ((await partiesOf(application)).includes(command.member)) own.push(application);
    return { task, parties: 'application' in command ? await partiesOf(command.application) : [], own };
  },

  decide(command, state, { task, parties, own }, occasion): ScorebookEvent[] | Rejected {
    if (task === null || !task.members.includes(command.member)) return reject('not-on-committee');
    const { call, member } = command;
    if (command.type === 'CloseBook') {
      if (state.closed) return [];
      if (occasion.now < task.closesAt) return reject('scoring-still-open', { closesAt: task.closesAt });
      return [{ type: 'scorebook.book-closed', data: { call, member, effectiveAt: command.effectiveAt, code: null } }];
    }
    if (state.closed || occasion.now >= task.closesAt) return reject('scoring-closed', { closesAt: task.closesAt });
    if (command.type === 'DeclareConflicts') {
      if (state.declared) return reject('conflicts-already-declared');
      const { conflicts, shown, shownDigest } = command;
      if (conflicts.some((c) => !task.applications.includes(c.application))) return reject('application-not-found');
      return [{ type: 'scorebook.conflicts-declared', data: { call, member, conflicts, shown, shownDigest } }];
    }
    if (!state.declared) return reject('conflicts-first');
    if (command.type === 'FinishBook') {
      if (state.finished) return [];
      const without = task.applications.filter((id) => !(id in state.conflicts) && !(id in state.cards) && !own.includes(id));
      if (without.length > 0) return reject('cards-missing', { cards: without.length });
      return [{ type: 'scorebook.finished', data: { call, member } }];
    }
    if (!task.applications.includes(command.application) || command.application in state.conflicts || parties.includes(member))
      return reject('application-not-found');
    if (command.type === 'RecuseFromApplication')
      return [{ type: 'scorebook.recused', data: { application: command.application, ground: command.ground } }];
    return [{ type: 'scorebook.card-saved', data: { application: command.application }, seal: { scores: call, comment: member } }];
  },
};

/** What is wrong with the values of a card, which is sealed before any decider sees it; null when nothing is. */
export function cardProblem(rules: Rules, values: readonly number[] | null): Rejected | null {
  if (values === null) return null;
  if (values.length !== rules.criteria.length) return reject('card-criteria', { criteria: rules.criteria.length }, '/values');
  const { min, max } = rules.scale;
  const wrong = values.findIndex((v) => !Number.isInteger(v) || v < min || v > max);
  return wrong < 0 ? null : reject('card-out-of-scale', { min, max }, `/values/${wrong}`);
}
