import { reject, type Aggregate, type FactSources, type Occasion, type Rejected } from '@minipilot/kernel/decider.js';
import { addDays, atLocalTime, localDate, type Instant, type LocalDate } from '@minipilot/kernel/time.js';
import { call, type CallState } from '../call/call.js';
import { ledger, type LedgerState } from '../ledger/ledger.js';
import { helpedBy, pilot, type PilotState } from '../pilot/pilot.js';
import type { Policy } from '../policy/events.js';
import { policyOf } from '../policy/policy.js';
import { appealWindow } from '../policy/windows.js';
import { reserveLeftCents, scoring, type ScoringState } from '../scoring/scoring.js';
import { appealStream, callStream, ledgerStream, pilotStream, scoringStream } from '../streams.js';
import { MOST_DECISIONS, type AppealEvent, type AppealResult, type Unexamined } from './events.js';

type Channel = 'online' | 'agent' | 'desk' | 'phone' | 'paper';

/** What is appealed against: one application's decision, or all that was decided in a section. */
interface Target {
  appeal: string;
  application: string | null;
  /** needed where no application is named */
  section: string | null;
}

/** An award that the appeal body gives, in cents, from the reserve. */
export interface Change {
  application: string;
  cents: number;
  reasonCode: string;
  deMinimis: string | null;
}

export type AppealCommand = { call: string } & (
  | ({
      type: 'FileAppeal';
      appellant: string;
      /** says to be a member of the municipality, which opens the residents' window */
      resident: boolean;
      channel: Channel;
      receivedAt: Instant;
    } & Target)
  | ({ type: 'TakeUp'; takenSection: string; takenOn: LocalDate } & Target)
  | { type: 'CompleteAppeal'; appeal: string }
  | { type: 'WithdrawAppeal'; appeal: string }
  | {
      type: 'DecideAppeal';
      appeal: string;
      result: AppealResult;
      why: Unexamined | null;
      section: string;
      caseNumber: string;
      decidedOn: LocalDate;
      changes: Change[];
    }
  | { type: 'SendAppealNotice'; appeal: string; channel: 'electronic' | 'letter'; sentOn: LocalDate }
);

export interface AppealState {
  kind: 'none' | 'appeal' | 'taken-up';
  appeal: string;
  call: string;
  application: string | null;
  section: string;
  decisions: readonly { application: string; decision: string }[];
  by: 'party' | 'resident' | null;
  appellant: string | null;
  filedBy: string;
  channel: Channel | null;
  /** day on which it was received or taken up */
  receivedOn: Instant | LocalDate;
  until: Instant | null;
  late: boolean;
  status: 'none' | 'open' | 'withdrawn' | 'decided' | 'told';
  /** who wrote down what was added */
  completedBy: readonly string[];
  decision: {
    result: AppealResult;
    why: Unexamined | null;
    section: string;
    caseNumber: string;
    decidedOn: LocalDate;
    body: string;
    ownDecision: boolean;
  } | null;
  changes: readonly { application: string; cents: number }[];
  notice: { channel: 'electronic' | 'letter'; sentOn: LocalDate; noticeOn: LocalDate; courtUntil: LocalDate; finalFrom: LocalDate } | null;
}

export interface AppealFacts {
  policy: Policy;
  call: CallState;
  scoring: ScoringState;
  ledger: LedgerState;
  /** the applications that the appeal concerns */
  pilots: Readonly<Record<string, PilotState>>;
}

const initial: AppealState = {
  kind: 'none',
  appeal: '',
  call: '',
  application: null,
  section: '',
  decisions: [],
  by: null,
  appellant: null,
  filedBy: '',
  channel: null,
  receivedOn: '',
  until: null,
  late: false,
  status: 'none',
  completedBy: [],
  decision: null,
  changes: [],
  notice: null,
};

/** One appeal against decisions of a call, or one taking up by the board, from filing to the end of the time for the court. */
export const appeal: Aggregate<AppealCommand, AppealState, AppealEvent, AppealFacts> = {
  category: 'appeal',
  initial,

  evolve(state, event) {
    switch (event.type) {
      case 'appeal.filed': {
        const { receivedAt, ...data } = event.data;
        return { ...initial, kind: 'appeal', ...data, receivedOn: receivedAt, status: 'open' };
      }
      case 'appeal.taken-up': {
        const { body: _, takenSection: __, takenOn, ...data } = event.data;
        return { ...initial, kind: 'taken-up', ...data, filedBy: event.actor, receivedOn: takenOn, status: 'open' };
      }
      case 'appeal.completed':
        return { ...state, completedBy: [...new Set([...state.completedBy, event.actor])] };
      case 'appeal.withdrawn':
        return { ...state, status: 'withdrawn' };
      case 'appeal.decided':
        return { ...state, status: 'decided', decision: event.data };
      case 'appeal.outcome-changed':
        return { ...state, changes: [...state.changes, { application: event.data.application, cents: event.data.cents }] };
      case 'appeal.notice-sent':
        return { ...state, status: 'told', notice: event.data };
    }
  },

  async facts(command, sources) {
    const { tenant } = sources;
    const decisions = await sources.fold(scoring, scoringStream(tenant, command.call));
    const own: AppealState = await sources.fold(appeal, appealStream(tenant, command.appeal));
    const concerned =
      command.type === 'FileAppeal' || command.type === 'TakeUp' ? targetOf(command, decisions) : own.decisions.map((d) => d.application);
    return {
      policy: await policyOf(sources),
      call: await sources.fold(call, callStream(tenant, command.call)),
      scoring: decisions,
      ledger: await sources.fold(ledger, ledgerStream(tenant, command.call)),
      pilots: await fold(concerned, sources),
    };
  },

  decide(command, state, facts, occasion) {
    if (facts.call.content === null) return reject('call-not-found');
    if (command.type === 'FileAppeal') return file(command, state, facts, occasion);
    if (command.type === 'TakeUp') return takeUp(command, state, facts, occasion);
    if (state.kind === 'none' || state.call !== command.call) return reject('appeal-not-found');
    switch (command.type) {
      case 'CompleteAppeal':
        if (state.kind === 'taken-up') return reject('appeal-not-found');
        if (state.status !== 'open') return reject('appeal-closed');
        return [{ type: 'appeal.completed', data: { completedAt: occasion.now }, seal: { comment: state.appellant! } }];
      case 'WithdrawAppeal':
        if (state.kind === 'taken-up') return reject('appeal-not-found');
        if (state.status === 'withdrawn') return [];
        if (state.status !== 'open') return reject('appeal-closed');
        return [{ type: 'appeal.withdrawn', data: { withdrawnAt: occasion.now } }];
      case 'DecideAppeal':
        return decideAppeal(command, state, facts, occasion);
      case 'SendAppealNotice':
        return sendNotice(command, state, facts, occasion);
    }
  },
};

type Of<T extends AppealCommand['type']> = Extract<AppealCommand, { type: T }>;

async function fold(applications: readonly string[], sources: FactSources): Promise<Record<string, PilotState>> {
  const pilots: Record<string, PilotState> = {};
  for (const id of applications.slice(0, MOST_DECISIONS)) pilots[id] = await sources.fold(pilot, pilotStream(sources.tenant, id));
  return pilots;
}

/** The applications whose decisions are meant; what came of an appeal already goes to court. */
function targetOf({ application, section }: Pick<Target, 'application' | 'section'>, { decided }: ScoringState): string[] {
  if (application !== null) return application in decided ? [application] : [];
  return Object.entries(decided)
    .filter(([, d]) => d.section === section && d.appeal === null)
    .map(([id]) => id)
    .sort();
}

/** Who has a stake of their own in an application. */
const partiesOf = (p: PilotState): string[] => [p.applicant, p.recipient, p.application?.filedBy ?? ''];

/** The instant at which the last day of a window is over: when the office closes. */
export const windowEnd = (lastDay: LocalDate, policy: Policy): Instant => atLocalTime(lastDay, policy.appealClosesAt, policy.timeZone);

/** The later end of several windows; null while one of them has not begun. */
function untilOf(days: readonly (LocalDate | null)[], policy: Policy): Instant | null {
  const last = days.some((day) => day === null) ? null : [...days].sort().at(-1);
  return last === null || last === undefined ? null : windowEnd(last, policy);
}

function targetProblem(command: Target, applications: readonly string[], facts: AppealFacts): Rejected | null {
  if (command.application === null && command.section === null) return reject('appeal-target-missing', {}, '/application');
  const at = command.application === null ? '/section' : '/application';
  if (applications.length === 0) return reject('decision-not-found', {}, at);
  if (applications.length > MOST_DECISIONS) return reject('appeal-too-wide', { most: MOST_DECISIONS }, at);
  if (command.application !== null && facts.scoring.decided[command.application]!.appeal !== null)
    return reject('appeal-goes-to-court', {}, at);
  return null;
}

const targetData = (command: Of<'FileAppeal' | 'TakeUp'>, applications: readonly string[], facts: AppealFacts) => {
  const { decided } = facts.scoring;
  return {
    appeal: command.appeal,
    call: command.call,
    application: command.application,
    section: command.application === null ? command.section! : decided[command.application]!.section,
    decisions: applications.map((application) => ({ application, decision: decided[application]!.decision })),
  };
};

/**
 * A party may appeal from the decision on until the end of their own window, also before they were told. A member of the municipality
 * may from the publication on until the end of the residents' window. Who is both has the later of the two.
 */
function file(command: Of<'FileAppeal'>, state: AppealState, facts: AppealFacts, occasion: Occasion): AppealEvent[] | Rejected {
  if (state.kind !== 'none') return reject('appeal-exists');
  const { policy } = facts;
  const { decided } = facts.scoring;
  const { appellant, resident, channel, receivedAt } = command;
  const all = targetOf(command, facts.scoring);
  const own = all.filter((id) => partiesOf(facts.pilots[id] ?? pilot.initial).includes(appellant));
  // what is not published yet is nobody's business but the parties'
  const applications = own.length > 0 ? all : all.filter((id) => decided[id]!.published);
  const problem = targetProblem(command, applications, facts);
  if (problem !== null) return problem;
  if (own.length === 0 && !resident) return reject('appeal-right-missing', {}, '/resident');
  if (receivedAt > occasion.now) return reject('received-in-future', {}, '/receivedAt');
  const decidedOn = applications.map((id) => decided[id]!.decidedOn).sort()[0]!;
  if (localDate(receivedAt, policy.timeZone) < decidedOn) return reject('appeal-before-decision', { decidedOn }, '/receivedAt');
  const until = untilOf(
    [...own.map((id) => decided[id]!.noticeUntil), ...(resident ? applications.map((id) => decided[id]!.publicUntil) : [])],
    policy,
  );
  return [
    {
      type: 'appeal.filed',
      data: {
        ...targetData(command, applications, facts),
        by: own.length > 0 ? 'party' : 'resident',
        appellant,
        filedBy: occasion.actor,
        channel,
        receivedAt,
        until,
        late: until !== null && receivedAt >= until,
      },
      seal: { contact: appellant, comment: appellant },
    },
  ];
}

/** The board's own right to take a decision up ends with the window in which others may appeal. */
function takeUp(command: Of<'TakeUp'>, state: AppealState, facts: AppealFacts, occasion: Occasion): AppealEvent[] | Rejected {
  if (state.kind !== 'none') return reject('appeal-exists');
  const { policy } = facts;
  const { decided } = facts.scoring;
  const applications = targetOf(command, facts.scoring);
  const problem = targetProblem(command, applications, facts);
  if (problem !== null) return problem;
  const data = targetData(command, applications, facts);
  const conflict = conflictOf({ ...initial, ...data }, facts, occasion.actor);
  if (conflict !== null) return conflict;
  const today = localDate(occasion.now, policy.timeZone);
  if (command.takenOn > today) return reject('date-in-future', { on: command.takenOn }, '/takenOn');
  const decidedOn = applications.map((id) => decided[id]!.decidedOn).sort()[0]!;
  if (command.takenOn < decidedOn) return reject('appeal-before-decision', { decidedOn }, '/takenOn');
  const days = applications.flatMap((id) => [decided[id]!.noticeUntil, decided[id]!.publicUntil]);
  const until = untilOf(days, policy);
  if (until !== null && command.takenOn > localDate(until, policy.timeZone))
    return reject('taken-up-too-late', { lastDay: localDate(until, policy.timeZone) }, '/takenOn');
  const { takenSection, takenOn } = command;
  return [
    {
      type: 'appeal.taken-up',
      data: { ...data, body: facts.call.content!.appealBody!, takenSection, takenOn, until },
      // no single person stands behind it
      seal: { comment: command.call },
    },
  ];
}

/** Whether the board that hears the appeal made the decision itself. */
const isOwnDecision = ({ content }: CallState): boolean => content!.appealBody === content!.decisionMaker;

/** Who decided, scored, helped or has a stake does not decide on the appeal. A board may hear its own decision again. */
function conflictOf(state: AppealState, facts: AppealFacts, actor: string): Rejected | null {
  if ([state.appellant, state.kind === 'appeal' ? state.filedBy : null, ...state.completedBy].includes(actor)) return reject('own-appeal');
  const { started, readings, decided } = facts.scoring;
  if (started?.members.includes(actor) === true) return reject('scored-it');
  for (const { application } of state.decisions) {
    const p = facts.pilots[application]!;
    if (partiesOf(p).includes(actor)) return reject('own-application');
    if (helpedBy(p, actor)) return reject('helper-may-not-judge');
    if (readings.some((r) => r.application === application && r.reader === actor)) return reject('scored-it');
    if (!isOwnDecision(facts.call) && decided[application]!.deciders.includes(actor)) return reject('decided-it');
  }
  return null;
}

function decideAppeal(command: Of<'DecideAppeal'>, state: AppealState, facts: AppealFacts, occasion: Occasion): AppealEvent[] | Rejected {
  const { result, why, section, caseNumber, decidedOn, changes } = command;
  if (state.status !== 'open') return reject('appeal-closed');
  const conflict = conflictOf(state, facts, occasion.actor);
  if (conflict !== null) return conflict;
  const today = localDate(occasion.now, facts.policy.timeZone);
  if (decidedOn > today) return reject('date-in-future', { on: decidedOn }, '/decidedOn');
  const receivedOn = state.kind === 'appeal' ? localDate(state.receivedOn, facts.policy.timeZone) : state.receivedOn;
  if (decidedOn < receivedOn) return reject('decided-before-received', { on: receivedOn }, '/decidedOn');
  if (state.late && (result !== 'left-unexamined' || why !== 'late')) return reject('appeal-late', { untilAt: state.until! }, '/result');
  if (!state.late && why === 'late') return reject('appeal-in-time', {}, '/why');
  if ((result === 'left-unexamined') !== (why !== null)) return reject('unexamined-needs-why', {}, '/why');
  const problem = changesProblem(command, state, facts);
  if (problem !== null) return problem;
  const content = facts.call.content!;
  return [
    {
      type: 'appeal.decided',
      data: { result, why, section, caseNumber, decidedOn, body: content.appealBody!, ownDecision: isOwnDecision(facts.call) },
      seal: { comment: state.appellant ?? command.call },
    },
    ...changes.map(({ application, cents, reasonCode, deMinimis }): AppealEvent => {
      const { applicant } = facts.pilots[application]!;
      return {
        type: 'appeal.outcome-changed',
        data: { call: command.call, application, applicant, cents, reasonCode, deMinimis, section, caseNumber, decidedOn },
        seal: { comment: applicant },
      };
    }),
  ];
}

/** What the body may change: it grants what was asked, at most, to who holds no award, as far as the reserve goes. */
function changesProblem({ result, changes }: Of<'DecideAppeal'>, state: AppealState, facts: AppealFacts): Rejected | null {
  if (changes.length > 0 && result !== 'upheld' && result !== 'partly') return reject('change-without-success', {}, '/changes');
  if (changes.length === 0 && result === 'upheld') return reject('success-without-change', {}, '/changes');
  const { ledger: books, scoring: decisions } = facts;
  const inReserve = reserveLeftCents(decisions, facts.call.content!.appealReserveCents);
  const leftCents = Math.min(inReserve, books.opened === null ? inReserve : books.balances['appeal-reserve']);
  let sum = 0;
  const seen = new Set<string>();
  for (const [i, { application, cents, deMinimis }] of changes.entries()) {
    const at = `/changes/${i}`;
    const p = facts.pilots[application];
    const decided = decisions.decided[application];
    if (p === undefined || decided === undefined || !state.decisions.some((d) => d.application === application))
      return reject('application-not-in-appeal', {}, `${at}/application`);
    if (seen.has(application) || (decided.result === 'granted' && !decided.freed))
      return reject('already-granted', {}, `${at}/application`);
    seen.add(application);
    if (p.withdrawn) return reject('application-withdrawn', {}, `${at}/application`);
    const { askedCents, economic } = p.application!;
    if (cents < 1 || cents > askedCents) return reject('sum-outside-what-was-asked', { askedCents }, `${at}/cents`);
    if (economic !== null && deMinimis === null) return reject('de-minimis-regulation-missing', {}, `${at}/deMinimis`);
    sum += cents;
    if (sum > leftCents) return reject('reserve-exceeded', { leftCents }, `${at}/cents`);
  }
  return null;
}

function sendNotice(command: Of<'SendAppealNotice'>, state: AppealState, facts: AppealFacts, occasion: Occasion): AppealEvent[] | Rejected {
  const { policy } = facts;
  const { channel, sentOn } = command;
  if (state.decision === null) return reject('appeal-not-decided');
  if (state.notice !== null) return reject('already-noticed');
  const today = localDate(occasion.now, policy.timeZone);
  if (sentOn > today) return reject('date-in-future', { on: sentOn }, '/sentOn');
  if (channel === 'electronic' && sentOn < today) return reject('told-today', { today }, '/sentOn');
  const { decidedOn } = state.decision;
  if (sentOn < decidedOn) return reject('notice-before-decision', { decidedOn }, '/sentOn');
  const { noticeOn, appealUntil: courtUntil } = appealWindow(policy, channel, sentOn, 'court');
  return [{ type: 'appeal.notice-sent', data: { channel, sentOn, noticeOn, courtUntil, finalFrom: addDays(courtUntil, 1) } }];
}
