import { reject, type Occasion, type Rejected } from '@minipilot/kernel/decider.js';
import { localDate, type LocalDate } from '@minipilot/kernel/time.js';
import { undelivered } from '../messages/messages.js';
import type { Policy } from '../policy/events.js';
import { appealWindow, type Told } from '../policy/windows.js';
import type { ScoringEvent } from './events.js';
import { PUBLISH_PAGE, reserveLeftCents, type ScoringCommand, type ScoringFacts, type ScoringState } from './state.js';

type Of<T extends ScoringCommand['type']> = Extract<ScoringCommand, { type: T }>;

/**
 * Changes a decision as the appeal body decided. No one who has won loses, and nobody wins twice. The appeal body was refused what the
 * reserve cannot pay; where two appeals were upheld in the same moment, the second is recorded as unfunded instead of being lost.
 */
export function decideAfterAppeal(command: Of<'DecideAfterAppeal'>, state: ScoringState, facts: ScoringFacts): ScoringEvent[] | Rejected {
  const { application, cents, reasonCode, deMinimis, section, caseNumber, decidedOn, appeal, outcome, decider } = command;
  const before = state.decided[application];
  const p = facts.pilots[application]!;
  if (before === undefined) return reject('not-decided');
  if ((before.result === 'granted' && !before.freed) || state.unfunded.includes(outcome)) return [];
  const leftCents = reserveLeftCents(state, facts.call.content!.appealReserveCents);
  if (cents > leftCents) return [{ type: 'scoring.appeal-unfunded', data: { application, appeal, outcome, cents, leftCents } }];
  const proposed = state.proposed[application] ?? null;
  return [
    {
      type: 'scoring.decided',
      data: {
        application,
        applicant: p.applicant,
        result: 'granted',
        cents,
        from: 'appeal-reserve',
        section,
        caseNumber,
        decidedOn,
        reasonCode,
        departure: { proposed: proposed?.result ?? null, code: 'appeal-upheld' },
        proposal: facts.call.content!.rules.method === 'rolling' ? (proposed?.basis ?? null) : state.proposal,
        rulesHash: facts.call.rulesHash,
        deMinimis,
        waitingRank: null,
        appeal: { appeal, outcome, decider },
      },
    },
  ];
}

/** What follows a decision: it is told and published, its place is freed. */
export function afterDecision(
  command: Of<'SendNotice' | 'PublishDecisions' | 'FreePlace'>,
  state: ScoringState,
  facts: ScoringFacts,
  occasion: Occasion,
): ScoringEvent[] | Rejected {
  const { policy } = facts;
  const today = localDate(occasion.now, policy.timeZone);
  switch (command.type) {
    case 'SendNotice': {
      if (command.sentOn > today) return reject('date-in-future', { on: command.sentOn }, '/sentOn');
      // mail leaves now; only a letter may have been posted before it is entered
      if (command.channel === 'electronic' && command.sentOn < today) return reject('told-today', { today }, '/sentOn');
      for (const [i, id] of command.applications.entries()) {
        const decided = state.decided[id];
        if (decided === undefined) return reject('not-decided', {}, `/applications/${i}`);
        // what did not reach its addressee was not told: the window runs from the notice that does
        if (decided.noticed && undelivered(facts.told[id]!).length === 0) return reject('already-noticed', {}, `/applications/${i}`);
        if (command.sentOn < decided.decidedOn) return reject('notice-before-decision', { decidedOn: decided.decidedOn }, '/sentOn');
        if (command.channel === 'electronic' && facts.pilots[id]!.application?.reach === 'letter')
          return reject('no-electronic-address', {}, `/applications/${i}`);
      }
      const { channel, sentOn, documents } = command;
      const groups = byWindow(command.applications, state, policy, channel, sentOn);
      if (documents !== undefined && outdated(documents, command.applications, groups)) return reject('document-outdated');
      return groups.map(({ applications, window }) => ({
        type: 'scoring.notice-sent',
        data: {
          applications,
          channel,
          sentOn,
          ...window,
          documents: (documents?.of ?? []).filter(({ application }) => applications.includes(application)),
        },
      }));
    }
    case 'PublishDecisions': {
      if (command.publishedOn > today) return reject('date-in-future', { on: command.publishedOn }, '/publishedOn');
      if (command.publishedOn < today) return reject('told-today', { today }, '/publishedOn');
      const applications = toPublish(state, command.publishedOn);
      if (applications.length === 0) return reject('nothing-to-publish');
      const { publishedOn, documents } = command;
      if (documents !== undefined && documents.decisions.join() !== applications.join()) return reject('document-outdated');
      const pages = byWindow(applications, state, policy, 'publication', publishedOn).flatMap(({ applications: all, window }) =>
        Array.from({ length: Math.ceil(all.length / PUBLISH_PAGE) }, (_, i) => ({
          ...window,
          applications: all.slice(i * PUBLISH_PAGE, (i + 1) * PUBLISH_PAGE),
        })),
      );
      return pages.map((page, i) => ({
        type: 'scoring.published',
        data: { publishedOn, ...page, documents: i === 0 ? (documents?.of ?? []) : [] },
      }));
    }
    case 'FreePlace': {
      const place = state.decided[command.application];
      if (place === undefined || place.result !== 'granted' || place.freed) return [];
      return [
        {
          type: 'scoring.place-freed',
          data: { application: command.application, cents: place.cents, why: command.why, next: nextWaiting(state) },
        },
      ];
    }
  }
}

/** Whether documents tell other last days than the notice will, or lack one of its decisions. */
function outdated(
  { appealUntil, courtUntil, of }: NonNullable<Of<'SendNotice'>['documents']>,
  applications: readonly string[],
  groups: ReturnType<typeof byWindow>,
): boolean {
  const covered = new Set(of.map(({ application }) => application));
  return (
    applications.some((id) => !covered.has(id)) ||
    groups.some(({ at, window }) => window.appealUntil !== (at === 'court' ? courtUntil : appealUntil))
  );
}

/** Decisions that a publication on a day would make public. */
export const toPublish = (state: ScoringState, publishedOn: LocalDate): string[] =>
  Object.entries(state.decided)
    .filter(([, d]) => !d.published && d.decidedOn <= publishedOn)
    .map(([id]) => id)
    .sort();

/** Decisions with an appeal before them, and those that came of one: these go to the administrative court, not to the appeal body again. */
function byWindow(all: readonly string[], state: ScoringState, policy: Policy, how: Told, on: LocalDate) {
  return (['appeal-body', 'court'] as const).flatMap((at) => {
    const applications = all.filter((id) => (state.decided[id]!.appeal !== null) === (at === 'court'));
    return applications.length === 0 ? [] : [{ at, applications, window: appealWindow(policy, how, on, at) }];
  });
}

/** First on the waiting list. */
export function nextWaiting(state: ScoringState): string | null {
  const waiting = Object.entries(state.decided)
    .filter(([, d]) => d.result === 'waiting' && d.waitingRank !== null)
    .sort(([, a], [, b]) => a.waitingRank! - b.waitingRank!);
  return waiting[0]?.[0] ?? null;
}
