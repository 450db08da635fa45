import { reject, type Aggregate, type Rejected } from '@minipilot/kernel/decider.js';
import { jcs, sha256 } from '@minipilot/kernel/ids.js';
import { daysBetween, localDate, type Instant, type LocalDate } from '@minipilot/kernel/time.js';
import type { Policy } from '../policy/events.js';
import { policyOf } from '../policy/policy.js';
import { rulesProblems } from '../selection/rules.js';
import { pilotStream } from '../streams.js';
import type { CallContent, CallEvent } from './events.js';

export type CallCommand =
  | { type: 'DraftCall'; call: string; content: CallContent }
  | { type: 'ReviseCall'; content: CallContent }
  /** `lotHash` commits to the lot's seed: SHA-256 of its 32 bytes; the seed itself lies in the vault */
  | { type: 'AnnounceCall'; lotHash: string }
  | { type: 'ExtendDeadline'; closesAt: Instant; reason: string }
  | { type: 'RaiseBudget'; byCents: number; authority: { section: string; on: LocalDate } }
  | { type: 'CancelCall'; reason: string }
  | { type: 'CloseCall'; effectiveAt: Instant; page: number; applications: string[]; last: boolean; count?: number; digest?: string }
  | { type: 'AdmitApplication'; application: string; why: 'arrived-in-time' | 'service-was-down'; reason: string };

export interface CallState {
  status: 'none' | 'draft' | 'announced' | 'cancelled';
  call: string;
  content: CallContent | null;
  rulesHash: string;
  lotHash: string;
  announcedOn: LocalDate | null;
  /** pages of the frozen list so far, and whether it is complete */
  closedPages: number;
  closed: boolean;
  /** arrived in time, by the frozen list and admissions */
  applications: readonly string[];
  /** those of them that take part by an admission */
  admitted: readonly string[];
}

export interface CallFacts {
  policy: Policy;
  /** the application that is to be admitted */
  application: { call: string; arrivedAt: Instant; late: boolean; decided?: boolean } | null;
}

/** Most applications on one page of the frozen list: a page stays far below the store's limit. */
export const CLOSE_PAGE = 4000;

export const call: Aggregate<CallCommand, CallState, CallEvent, CallFacts> = {
  category: 'call',
  initial: {
    status: 'none',
    call: '',
    content: null,
    rulesHash: '',
    lotHash: '',
    announcedOn: null,
    closedPages: 0,
    closed: false,
    applications: [],
    admitted: [],
  },

  evolve(state, event) {
    switch (event.type) {
      case 'call.drafted':
        return { ...state, status: 'draft', call: event.data.call, content: event.data.content };
      case 'call.revised':
        return { ...state, content: event.data.content };
      case 'call.announced':
        return {
          ...state,
          status: 'announced',
          content: event.data.content,
          rulesHash: event.data.rulesHash,
          lotHash: event.data.lotHash,
          announcedOn: event.data.announcedOn,
        };
      case 'call.deadline-extended':
        return { ...state, content: { ...state.content!, closesAt: event.data.closesAt } };
      case 'call.budget-raised':
        return { ...state, content: { ...state.content!, budget: { ...state.content!.budget, cents: event.data.budgetCents } } };
      case 'call.cancelled':
        return { ...state, status: 'cancelled' };
      case 'call.closed':
        return {
          ...state,
          closedPages: event.data.page + 1,
          closed: event.data.last,
          applications: [...state.applications, ...event.data.applications],
        };
      case 'call.application-admitted':
        return {
          ...state,
          applications: [...new Set([...state.applications, event.data.application])],
          admitted: [...state.admitted, event.data.application],
        };
    }
  },

  async facts(command, sources) {
    const policy = await policyOf(sources);
    if (command.type !== 'AdmitApplication') return { policy, application: null };
    const history = await sources.history(pilotStream(sources.tenant, command.application));
    const submitted = history.findLast((e) => e.type === 'pilot.submitted')?.data as NonNullable<CallFacts['application']> | undefined;
    const decided = history.some((e) => e.type === 'pilot.decided');
    return { policy, application: submitted === undefined ? null : { ...submitted, decided } };
  },

  decide(command, state, facts, occasion) {
    if (command.type === 'DraftCall') {
      if (state.status !== 'none') return reject('call-exists');
      return (
        contentProblem(command.content, facts.policy) ?? [{ type: 'call.drafted', data: { call: command.call, content: command.content } }]
      );
    }
    if (state.status === 'none' || state.content === null) return reject('call-not-found');
    const content = state.content;

    if (command.type === 'ReviseCall') {
      if (state.status !== 'draft') return reject('call-already-announced');
      return contentProblem(command.content, facts.policy) ?? [{ type: 'call.revised', data: { content: command.content } }];
    }
    if (command.type === 'AnnounceCall') {
      if (state.status !== 'draft') return reject('call-already-announced');
      const today = localDate(occasion.now, facts.policy.timeZone);
      return (
        announcementProblem(content, facts.policy, today, occasion.now) ?? [
          {
            type: 'call.announced',
            data: {
              call: state.call,
              content,
              rulesHash: rulesHash(content),
              lotHash: command.lotHash,
              announcedOn: today,
              timeZone: facts.policy.timeZone,
              currency: facts.policy.currency,
            },
          },
        ]
      );
    }
    if (state.status === 'draft') return reject('call-not-announced');

    switch (command.type) {
      case 'ExtendDeadline':
        if (state.status === 'cancelled') return reject('call-cancelled');
        if (occasion.now >= content.closesAt) return reject('call-closed', { closesAt: content.closesAt });
        if (command.closesAt <= content.closesAt) return reject('deadline-only-later', { closesAt: content.closesAt }, '/closesAt');
        return [{ type: 'call.deadline-extended', data: { closesAt: command.closesAt, reason: command.reason } }];
      case 'RaiseBudget':
        if (state.status === 'cancelled') return reject('call-cancelled');
        if (command.authority.on > localDate(occasion.now, facts.policy.timeZone))
          return reject('date-in-future', { on: command.authority.on }, '/authority/on');
        return [
          {
            type: 'call.budget-raised',
            data: { byCents: command.byCents, budgetCents: content.budget.cents + command.byCents, authority: command.authority },
          },
        ];
      case 'CancelCall':
        if (state.status === 'cancelled') return reject('call-cancelled');
        if (state.closedPages > 0 || occasion.now >= content.closesAt) return reject('call-closed', { closesAt: content.closesAt });
        return [{ type: 'call.cancelled', data: { reason: command.reason } }];
      case 'CloseCall': {
        if (state.status === 'cancelled') return reject('call-cancelled');
        if (command.page < state.closedPages || state.closed) return [];
        if (command.page > state.closedPages) return reject('page-missing', { page: state.closedPages });
        if (command.effectiveAt !== content.closesAt || occasion.now < content.closesAt)
          return reject('call-still-open', { closesAt: content.closesAt });
        const { type: _, ...data } = command;
        return [{ type: 'call.closed', data }];
      }
      case 'AdmitApplication': {
        const application = facts.application;
        if (application === null || application.call !== state.call) return reject('application-not-found');
        if ((application.late ? state.admitted : state.applications).includes(command.application)) return [];
        if (!state.closed) return reject('call-still-open', { closesAt: content.closesAt });
        if (command.why === 'arrived-in-time' && application.late) return reject('application-late', { arrivedAt: application.arrivedAt });
        if (command.why === 'service-was-down' && command.reason.trim() === '') return reject('reason-missing', {}, '/reason');
        if (command.why === 'service-was-down' && application.decided === true) return reject('already-decided');
        return [
          {
            type: 'call.application-admitted',
            data: { application: command.application, why: command.why, arrivedAt: application.arrivedAt, reason: command.reason },
          },
        ];
      }
    }
  },
};

export const rulesHash = (content: CallContent): string => sha256(jcs(content.rules));

/** Whether an application takes part. One that was withdrawn and came again late is late, though the frozen list has it. */
export const takesPart = (state: CallState, application: string, late: boolean): boolean => !late || state.admitted.includes(application);

/** Money that may be granted without an appeal. */
export const grantableCents = (content: CallContent): number => content.budget.cents - content.appealReserveCents;

/** Digest of the frozen list: the same for every order of the ids. */
export const listDigest = (applications: readonly string[]): string => sha256([...applications].sort().join('\n'));

/** What is wrong with a call at any time, also as a draft. */
function contentProblem(content: CallContent, policy: Policy): Rejected | null {
  if (content.opensAt >= content.closesAt) return reject('opens-after-close', {}, '/closesAt');
  if (content.grant.minCents > content.grant.maxCents) return reject('grant-size-upside-down', {}, '/grant/maxCents');
  if (content.appealReserveCents >= content.budget.cents) return reject('reserve-eats-budget', {}, '/appealReserveCents');
  if (content.grant.maxCents > grantableCents(content)) return reject('grant-above-budget', {}, '/grant/maxCents');
  const stranger = content.districts.find((d) => !policy.districts.includes(d));
  if (stranger !== undefined) return reject('unknown-district', { district: stranger }, '/districts');
  if (content.whoMayApply.length === 0) return reject('nobody-may-apply', {}, '/whoMayApply');
  if (content.applicationsPerApplicant < 1 || content.applicationsPerApplicant > 10)
    return reject('applications-per-applicant', {}, '/applicationsPerApplicant');
  const problem = rulesProblems(content.rules)[0];
  return problem === undefined ? null : reject(problem.code, problem.params, `/rules${problem.pointer}`);
}

function announcementProblem(content: CallContent, policy: Policy, today: LocalDate, now: Instant): Rejected | null {
  const wrong = contentProblem(content, policy);
  if (wrong !== null) return wrong;
  const missing = missingForAnnouncement(content, policy);
  if (missing.length > 0) return reject('announcement-incomplete', { missing: missing.map((m) => m.what).join(', ') }, missing[0]!.pointer);
  if (content.authority!.on > today) return reject('date-in-future', { on: content.authority!.on }, '/authority/on');
  const yearOf = (date: LocalDate) => Number(date.slice(0, 4));
  const [from, to] = [yearOf(today), yearOf(localDate(content.closesAt, policy.timeZone)) + 1];
  if (content.budget.year < from || content.budget.year > to) return reject('budget-year', { from, to }, '/budget/year');
  const rolling = content.rules.method === 'rolling';
  const needed = rolling ? policy.leadDays.rolling : policy.leadDays.ranked;
  const last = rolling ? content.opensAt : content.closesAt;
  const days = now >= last ? 0 : daysBetween(today, localDate(last, policy.timeZone));
  if (days < needed) return reject('lead-time-too-short', { days, needed }, rolling ? '/opensAt' : '/closesAt');
  return null;
}

/** The check-list of an announcement: who answers for what must be known before anybody applies. */
export function missingForAnnouncement(content: CallContent, policy: Policy): { what: string; pointer: string }[] {
  const missing: { what: string; pointer: string }[] = [];
  const need = (there: boolean, what: string, pointer: string) => {
    if (!there) missing.push({ what, pointer });
  };
  need(content.authority !== null, 'authority', '/authority');
  need(content.decisionMaker !== null, 'decision-maker', '/decisionMaker');
  need(content.deputy !== null, 'deputy', '/deputy');
  need(content.appealBody !== null, 'appeal body', '/appealBody');
  need(content.budget.costCentre !== '' && content.budget.account !== '', 'budget line', '/budget');
  need(content.contactPoint !== null, 'contact point', '/contactPoint');
  need(content.districts.length > 0, 'districts', '/districts');
  need(content.themes.length > 0, 'theme', '/themes');
  content.themes.forEach((theme, i) =>
    need(theme.owner !== null && theme.ownerPromisedOn !== null, `service owner's promise for ${theme.theme}`, `/themes/${i}/owner`),
  );
  for (const language of policy.languages.filter((l): l is 'fi' | 'sv' => l !== 'en'))
    need(
      content.title[language].trim() !== '' && content.description[language].trim() !== '',
      `texts in ${language}`,
      `/title/${language}`,
    );
  return missing;
}
