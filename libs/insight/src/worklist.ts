import { addWorkingDays, localDate, type Instant, type LocalDate } from '@minipilot/kernel/time.js';
import type { CallContent } from '@minipilot/grants/call/events.js';
import type { SelectQueryBuilder } from 'kysely';
import { deskAppeals } from './appeals.js';
import { deskCalls, type CallRow } from './calls.js';
import { deskMessages } from './messages.js';
import { deskBatches, deskPayoutRows } from './payouts.js';
import { deskPilots } from './pilots.js';
import { policyOf } from './policy.js';
import { deskBooks, deskScoring, type BookRow, type ScoringRow } from './scoring.js';
import { publicServices } from './services.js';
import { publicVotes, type VoteRow } from './votes.js';
import { paged, parsed, viewOf, type Db, type Keyed, type Keyset, type Page, type Paged } from './query.js';

/** Whom a duty waits for; `recipient` is the applicant's side. */
export type DutyRole =
  'officer' | 'member' | 'chair' | 'decision-maker' | 'appeal-body' | 'finance-clerk' | 'finance-approver' | 'owner' | 'recipient';

export interface Duty {
  /** what is to be done, a stable word */
  duty: string;
  role: DutyRole;
  about: 'call' | 'pilot' | 'appeal' | 'batch' | 'payout-row' | 'service' | 'message';
  id: string;
  call: string | null;
  /** the one person it waits for, where that is known */
  person: string | null;
  /** instant or day from which it waits */
  since: string;
  /** last day or instant; null where there is none */
  until: string | null;
  overdue: boolean;
}

type Query = SelectQueryBuilder<any, any, any>;

interface Context {
  tenant: string;
  today: LocalDate;
  now: Instant;
  calls: ReadonlyMap<string, Keyed<CallRow>>;
  scorings: readonly Keyed<ScoringRow>[];
  books: readonly Keyed<BookRow>[];
  votes: readonly Keyed<VoteRow>[];
  /** calls whose applications may be decided now: rolling ones, and those with a proposal that is signed or that residents voted on */
  decidable: string[];
  decideBy: (arrivedAt: Instant, call: string) => LocalDate | null;
}

type Row = Readonly<Record<string, string | null>> & { key: string };

/** A duty that is read off the rows of one view. */
interface Reading {
  duty: string;
  role: DutyRole;
  about: Duty['about'];
  view: string;
  since: string;
  where: (query: Query, context: Context) => Query;
  until?: (row: Row, context: Context) => string | null;
}

const pilots = viewOf(deskPilots);
const payouts = viewOf(deskPayoutRows);
const services = viewOf(publicServices);
const appeals = viewOf(deskAppeals);
const inState =
  (...states: string[]) =>
  (query: Query) =>
    query.where('state', 'in', states);
const column = (name: string) => (row: Row) => row[name] ?? null;

const READINGS: readonly Reading[] = [
  {
    duty: 'check-application',
    role: 'officer',
    about: 'pilot',
    view: pilots,
    since: 'arrivedAt',
    where: (query, { calls }) =>
      query
        .where('state', '=', 'submitted')
        .where('suggestion', 'is', null)
        // while the applicant has time to complete it, it waits for the applicant
        .where((eb) => eb.or([eb('completion', 'is', null), eb('completion', '!=', 'asked')]))
        .where('call', 'in', ['', ...calls.keys()]),
    until: (row, { decideBy }) => decideBy(row.arrivedAt!, row.call!),
  },
  {
    duty: 'complete-application',
    role: 'recipient',
    about: 'pilot',
    view: pilots,
    since: 'completionAskedAt',
    where: (query) => query.where('state', '=', 'submitted').where('completion', '=', 'asked'),
    until: column('completionBy'),
  },
  {
    duty: 'decide-application',
    role: 'decision-maker',
    about: 'pilot',
    view: pilots,
    since: 'arrivedAt',
    where: (query, { decidable }) =>
      query
        .where((eb) => eb.or([eb('state', '=', 'late'), eb.and([eb('state', '=', 'submitted'), eb('suggestion', 'is not', null)])]))
        .where('call', 'in', ['', ...decidable]),
    until: (row, { decideBy }) => decideBy(row.arrivedAt!, row.call!),
  },
  {
    duty: 'send-notice',
    role: 'officer',
    about: 'pilot',
    view: pilots,
    since: 'decidedAt',
    where: (query) => query.where('decidedAt', 'is not', null).where('noticeOn', 'is', null),
  },
  {
    duty: 'post-letter',
    role: 'officer',
    about: 'message',
    view: viewOf(deskMessages),
    since: 'at',
    where: inState('to-post'),
  },
  {
    // a notice that reached nobody: its addressee is told by letter, and the window runs anew
    duty: 'notify-by-letter',
    role: 'officer',
    about: 'message',
    view: viewOf(deskMessages),
    since: 'at',
    where: (query) => query.where('state', '=', 'failed').where('kind', '=', 'decision'),
  },
  {
    duty: 'publish-decision',
    role: 'officer',
    about: 'pilot',
    view: pilots,
    since: 'decidedAt',
    where: (query) => query.where('decidedAt', 'is not', null).where('publishedOn', 'is', null),
  },
  { duty: 'decide-appeal', role: 'appeal-body', about: 'appeal', view: appeals, since: 'receivedAt', where: inState('open') },
  { duty: 'send-appeal-notice', role: 'officer', about: 'appeal', view: appeals, since: 'decidedAt', where: inState('decided') },
  {
    duty: 'find-money-for-appeal',
    role: 'officer',
    about: 'appeal',
    view: appeals,
    since: 'decidedAt',
    where: (query) => query.where('unfunded', '=', 1),
  },
  {
    duty: 'accept-award',
    role: 'recipient',
    about: 'pilot',
    view: pilots,
    since: 'decidedAt',
    where: inState('granted'),
    until: column('acceptBy'),
  },
  {
    duty: 'name-recipient',
    role: 'recipient',
    about: 'pilot',
    view: pilots,
    since: 'decidedAt',
    where: inState('recipient-withdrew'),
    until: column('nameBy'),
  },
  {
    duty: 'give-account-after-failure',
    role: 'recipient',
    about: 'pilot',
    view: pilots,
    since: 'failedAt',
    where: inState('payout-failed'),
  },
  {
    duty: 'answer-plan-change',
    role: 'officer',
    about: 'pilot',
    view: pilots,
    since: 'planChangedAt',
    where: (query, { today }) => query.where('planSilenceUntil', '>=', today),
    until: column('planSilenceUntil'),
  },
  { duty: 'report', role: 'recipient', about: 'pilot', view: pilots, since: 'paidAt', where: inState('paid'), until: column('reportDue') },
  {
    duty: 'complete-report',
    role: 'recipient',
    about: 'pilot',
    view: pilots,
    since: 'reportedAt',
    where: inState('sent-back'),
    until: column('reportDue'),
  },
  {
    duty: 'chase-report',
    role: 'officer',
    about: 'pilot',
    view: pilots,
    since: 'paidAt',
    where: (query) => query.where('overdue', '=', 1).where('state', 'in', ['paid', 'sent-back']),
    until: column('reportDue'),
  },
  { duty: 'accept-report', role: 'officer', about: 'pilot', view: pilots, since: 'reportedAt', where: inState('reported') },
  {
    duty: 'return-money',
    role: 'recipient',
    about: 'pilot',
    view: pilots,
    since: 'reportAcceptedAt',
    where: inState('to-return'),
    until: column('returnDue'),
  },
  {
    duty: 'publish-text',
    role: 'officer',
    about: 'pilot',
    view: pilots,
    since: 'reportAcceptedAt',
    where: (query) => query.where('reportAcceptedAt', 'is not', null).where('textPublishedAt', 'is', null),
  },
  {
    duty: 'prepare-batch',
    role: 'finance-clerk',
    about: 'batch',
    view: viewOf(deskBatches),
    since: 'openedAt',
    where: (query, { tenant }) =>
      query
        .where('state', '=', 'open')
        .where((eb) => eb('key', 'in', eb.selectFrom(payouts).select('batch').where('tenant', '=', tenant).where('state', '=', 'waiting'))),
  },
  {
    duty: 'approve-batch',
    role: 'finance-approver',
    about: 'batch',
    view: viewOf(deskBatches),
    since: 'preparedAt',
    where: inState('prepared'),
  },
  {
    duty: 'look-at-name',
    role: 'officer',
    about: 'payout-row',
    view: payouts,
    since: 'checkedAt',
    where: (query) => query.where('state', '=', 'waiting').where('check', '=', 'close').where('acceptedBy', 'is', null),
  },
  {
    duty: 'clear-account',
    role: 'officer',
    about: 'payout-row',
    view: payouts,
    since: 'checkedAt',
    where: (query) => query.where('state', '=', 'waiting').where('check', 'in', ['no-match', 'unchecked']),
  },
  {
    duty: 'answer-adoption',
    role: 'owner',
    about: 'service',
    view: services,
    since: 'proposedOn',
    where: inState('proposed'),
    until: column('answerDue'),
  },
  { duty: 'decide-adoption', role: 'decision-maker', about: 'service', view: services, since: 'answeredOn', where: inState('answered') },
  {
    duty: 'review-service',
    role: 'owner',
    about: 'service',
    view: services,
    since: 'reviewDue',
    where: (query, { today }) => query.where('state', '=', 'adopted').where('reviewDue', '<=', today),
    until: column('reviewDue'),
  },
];

const idOf = (duty: Pick<Duty, 'duty' | 'id' | 'person'>): string =>
  `${duty.duty}|${duty.id}${duty.person === null ? '' : `|${duty.person}`}`;
const compare = (a: Keyset, b: Keyset): number => (a[0] === b[0] ? (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0) : a[0] < b[0] ? -1 : 1);
const keyset = (duty: Duty): Keyset => [duty.since, idOf(duty)];

async function read(db: Db, reading: Reading, context: Context, { limit, after }: Page): Promise<Duty[]> {
  const { duty, role, about, view, since } = reading;
  let query = reading.where(db.selectFrom(view).selectAll().where('tenant', '=', context.tenant), context);
  if (after !== undefined) {
    const [from, id] = after;
    const prefix = `${duty}|`;
    query = query.where((eb) => {
      const later = eb(since, '>', from);
      if (id.startsWith(prefix)) return eb.or([later, eb.and([eb(since, '=', from), eb('key', '>', id.slice(prefix.length))])]);
      return prefix > id ? eb.or([later, eb(since, '=', from)]) : later;
    });
  }
  const rows = (await query
    .orderBy(since)
    .orderBy('key')
    .limit(limit + 1)
    .execute()) as Row[];
  return rows.map((row) => ({
    duty,
    role,
    about,
    id: row.key,
    call: row.call ?? null,
    person: null,
    since: row[since]!,
    until: reading.until?.(row, context) ?? null,
    overdue: false,
  }));
}

/** Duties about whole calls; there are few calls, so they are worked out in memory. */
function aboutCalls({ calls, scorings, books, votes, now }: Context): Duty[] {
  const duties: Duty[] = [];
  const add = (duty: string, role: DutyRole, id: string, since: string, until: string | null, person: string | null = null) =>
    duties.push({ duty, role, about: 'call', id, call: id, person, since, until, overdue: false });
  const started = new Set(scorings.map(({ key }) => key));
  for (const call of calls.values()) {
    if (call.state === 'closed' && call.method === 'ranked-until-budget' && !started.has(call.key))
      add('start-scoring', 'officer', call.key, call.closedAt!, null);
    const vote = votes.find(({ key }) => key === call.key);
    const hasVote = parsed<CallContent>(call.content).rules.vote !== undefined;
    const over = scorings.some(({ key, state }) => key === call.key && state !== 'started' && state !== 'opened');
    if (call.state === 'closed' && hasVote && !over && (vote === undefined || vote.state === 'preparing'))
      add('open-vote', 'officer', call.key, call.closedAt!, null);
    if (vote?.state === 'open' && vote.paper === 1 && vote.closesAt <= now)
      add('read-in-ballots', 'officer', call.key, vote.closesAt, null);
  }
  for (const scoring of scorings) {
    if (!calls.has(scoring.key)) continue;
    // what residents propose nobody signs
    if (scoring.state === 'proposed' && scoring.chair !== null)
      add('sign-proposal', 'chair', scoring.key, scoring.proposedAt!, null, scoring.chair);
    if (scoring.state !== 'started') continue;
    for (const member of parsed<string[]>(scoring.members)) {
      const book = books.find((b) => b.call === scoring.key && b.member === member);
      if (typeof book?.closedAt === 'string' || typeof book?.finishedAt === 'string') continue;
      add(
        typeof book?.declaredAt !== 'string' ? 'declare-conflicts' : 'score',
        'member',
        scoring.key,
        scoring.startedAt!,
        scoring.closesAt,
        member,
      );
    }
  }
  return duties;
}

async function contextOf(db: Db, tenant: string, now: Instant): Promise<Context> {
  const policy = await policyOf(db, tenant);
  const zone = policy?.timeZone ?? 'UTC';
  const of = (view: string) => db.selectFrom(view).selectAll().where('tenant', '=', tenant);
  const rows = (await of(viewOf(deskCalls)).where('state', 'in', ['announced', 'closed']).execute()) as Keyed<CallRow>[];
  const calls = new Map(rows.map((row) => [row.key, row]));
  const scorings = (await of(viewOf(deskScoring)).execute()) as Keyed<ScoringRow>[];
  const books = (await of(viewOf(deskBooks)).execute()) as Keyed<BookRow>[];
  const votes = (await of(viewOf(publicVotes)).execute()) as Keyed<VoteRow>[];
  const signed = scorings
    .filter(({ state, chair }) => state === 'signed' || (state === 'proposed' && chair === null))
    .map(({ key }) => key);
  const rolling = rows.filter(({ method }) => method === 'rolling').map(({ key }) => key);
  return {
    tenant,
    now,
    today: localDate(now, zone),
    calls,
    scorings,
    books,
    votes,
    decidable: [...signed.filter((call) => calls.has(call)), ...rolling],
    decideBy: (arrivedAt, call) =>
      policy === undefined || calls.get(call)?.method !== 'rolling'
        ? null
        : addWorkingDays(localDate(arrivedAt, zone), policy.decideWorkingDays, policy.holidays),
  };
}

/** What waits for whom, the longest waiting first. `role` limits it to one kind of people, `person` to what may concern one. */
export async function worklist(
  db: Db,
  tenant: string,
  now: Instant,
  { role, person, ...page }: Page & { role?: DutyRole; person?: string },
): Promise<Paged<Duty>> {
  const context = await contextOf(db, tenant, now);
  const wanted = (duty: Duty) =>
    (role === undefined || duty.role === role) && (person === undefined || duty.person === null || duty.person === person);
  const duties: Duty[] = [];
  for (const reading of READINGS) if (role === undefined || reading.role === role) duties.push(...(await read(db, reading, context, page)));
  for (const duty of aboutCalls(context)) {
    if (wanted(duty) && (page.after === undefined || compare(keyset(duty), page.after) > 0)) duties.push(duty);
  }
  duties.sort((a, b) => compare(keyset(a), keyset(b)));
  for (const duty of duties) {
    if (duty.until !== null) duty.overdue = duty.until.length > 10 ? duty.until <= now : duty.until < context.today;
  }
  return paged(duties, page.limit, keyset);
}
