import { call as callAggregate } from '@minipilot/grants/call/call.js';
import type { Contact } from '@minipilot/grants/pilot/events.js';
import { pilot, type PilotState } from '@minipilot/grants/pilot/pilot.js';
import type { Policy } from '@minipilot/grants/policy/events.js';
import { appealWindow } from '@minipilot/grants/policy/windows.js';
import type { OpenedCard } from '@minipilot/grants/scoring/events.js';
import { callStream, pilotStream, scorebookId, scorebookStream, scoringStream } from '@minipilot/grants/streams.js';
import { addDays, type LocalDate } from '@minipilot/kernel/time.js';
import type { Recorded } from '@minipilot/kernel/event.js';
import type { Static } from 'typebox';
import { reasonOfAppeal } from '../commands/appeal.commands.js';
import type { Desk } from '../desk.js';
import type { CallDecisions, DecisionLine } from './call-decisions.js';
import type { CallFacts, DecisionFacts, NoticeFacts } from './decision.js';

type Decided = Recorded & {
  data: {
    application: string;
    applicant: string;
    result: DecisionFacts['result'];
    cents: number;
    from: DecisionFacts['from'];
    section: string;
    caseNumber: string;
    decidedOn: LocalDate;
    deMinimis: string | null;
    waitingRank: number | null;
    /** absent in events of earlier releases */
    appeal?: { appeal: string; outcome: string; decider: string } | null;
    proposal: string | null;
  };
};
/** Events that hold the applicant's contact; a recipient who took over has one of their own. */
const APPLYING = ['pilot.submitted', 'pilot.amended', 'pilot.completed'];
type Words = { reason: string; departure?: string };

/** One decision as its document tells it, and whose and in which language the document is. */
export interface Issue {
  facts: DecisionFacts;
  subject: string;
  language: 'fi' | 'sv' | 'en';
}

/** How and when a decision is told. */
export interface Telling {
  channel: 'electronic' | 'letter';
  sentOn: LocalDate;
}

/** What a decision is told in: the applicant's language where the municipality has it. */
export const languageOf = (wanted: 'fi' | 'sv' | 'en', { languages }: Policy): 'fi' | 'sv' | 'en' =>
  languages.includes(wanted) ? wanted : (languages[0] ?? 'fi');

/** Collects, for one call, what its documents say: from the streams, with sealed parts opened. */
export class DocumentFacts {
  private constructor(
    private readonly desk: Desk,
    private readonly tenant: string,
    private readonly call: string,
    readonly policy: Policy,
    private readonly about: CallFacts,
    private readonly scoring: readonly Recorded[],
  ) {}

  /** Throws not-found where there is no such announced call. */
  static async of(desk: Desk, tenant: string, call: string): Promise<DocumentFacts> {
    const policy = await desk.policy(tenant);
    const { state } = await desk.look(callAggregate, callStream(tenant, call));
    const { municipality, timeZone, appealDays, returnFloorCents } = policy;
    const about: CallFacts = {
      municipality,
      timeZone,
      content: state.content!,
      announcedOn: state.announcedOn ?? '',
      rulesHash: state.rulesHash ?? '',
      appealDays,
      returnFloorCents,
    };
    return new DocumentFacts(desk, tenant, call, policy, about, await desk.history(scoringStream(tenant, call)));
  }

  /** The newest decision on an application; undefined where there is none. */
  private decided(application: string): Decided | undefined {
    return this.scoring.findLast((e) => e.type === 'scoring.decided' && e.data['application'] === application) as Decided | undefined;
  }

  /** All newest decisions, in order of their days and applications. */
  private all(): Decided[] {
    const newest = new Map<string, Decided>();
    for (const e of this.scoring) if (e.type === 'scoring.decided') newest.set(e.data['application'] as string, e as Decided);
    return [...newest.values()];
  }

  /** One application's decision, told so or not told yet. Null where it is not decided. */
  async decision(application: string, telling: Telling | null): Promise<Issue | null> {
    const decided = this.decided(application);
    if (decided === undefined) return null;
    const { state } = await this.desk.look(pilot, pilotStream(this.tenant, application));
    const events = await this.desk.history(pilotStream(this.tenant, application));
    const { data } = decided;
    const words = await this.words(decided);
    const changed = data.appeal ?? null;
    const decider = await this.desk.parts.vault.nameOf(this.tenant, changed?.decider ?? decided.actor);
    const notice = telling === null ? null : this.notice(state, decided, telling);
    const { district, askedCents, arrivedAt } = state.application!;
    const facts: DecisionFacts = {
      call: this.about,
      section: data.section,
      caseNumber: data.caseNumber,
      decidedOn: data.decidedOn,
      decider,
      body: changed === null ? null : this.about.content.appealBody,
      result: data.result,
      cents: data.cents,
      from: data.from,
      waitingRank: data.waitingRank,
      deMinimis: data.result === 'granted' ? data.deMinimis : null,
      reason: words?.reason ?? null,
      departureReason: words?.departure ?? null,
      receipt: receiptOf(application),
      district,
      askedCents,
      arrivedAt,
      contact: await this.desk.opened<Static<typeof Contact>>(events, 'contact', APPLYING),
      proposal: await this.desk.proposal(events),
      assessments: await this.assessments(application),
      notice,
      token: await this.token(state.applicant, [decided.id, telling]),
    };
    return { facts, subject: state.applicant, language: languageOf(state.application!.language, this.policy) };
  }

  /** The day of notice and the last day to appeal, or to go to court with what came of an appeal. */
  window({ channel, sentOn }: Telling, at: 'appeal-body' | 'court' = 'appeal-body'): { noticeOn: LocalDate; appealUntil: LocalDate } {
    return appealWindow(this.policy, channel, sentOn, at);
  }

  /** The reasons in words; what the appeal body changed has them in the appeal. */
  private async words(decided: Decided): Promise<Words | null> {
    const { appeal } = decided.data;
    if (appeal === undefined || appeal === null) return this.desk.opened<Words>([decided], 'comment');
    const reason = await reasonOfAppeal(this.desk, this.tenant, appeal);
    return reason === null ? null : { reason };
  }

  private notice(state: PilotState, { data }: Decided, telling: Telling): NoticeFacts {
    const { channel, sentOn } = telling;
    const { result, appeal = null } = data;
    const window = this.window(telling, appeal === null ? 'appeal-body' : 'court');
    const offered = result === 'granted' && (state.award === 'none' || state.award === 'offered');
    return {
      channel,
      sentOn,
      ...window,
      days: this.policy.noticeDays[channel],
      ...(appeal === null ? {} : { courtDays: this.policy.courtDays }),
      acceptBy: offered ? addDays(window.noticeOn, this.policy.acceptDays) : null,
    };
  }

  /** Own scores with comments, or own readings; in an order that tells nobody's name. */
  private async assessments(application: string): Promise<DecisionFacts['assessments']> {
    const cards = this.scoring
      .filter((e) => e.type === 'scoring.cards-opened')
      .flatMap((e) => (e.data['cards'] as OpenedCard[]).filter((card) => card.application === application))
      .sort(bySalt);
    const shown = [];
    for (const card of cards) {
      const book = await this.desk.history(scorebookStream(this.tenant, scorebookId(this.call, card.member)));
      const saved = book.find((e) => e.id === card.card);
      const comment = saved === undefined ? null : await this.desk.opened<{ text: string }>([saved], 'comment');
      shown.push({ values: card.values, comment: comment?.text ?? null });
    }
    const readings = new Map<string, { values: boolean[]; salt: string }>();
    for (const { type, data } of this.scoring)
      if (type === 'scoring.reading-recorded' && data['application'] === application)
        readings.set(data['reader'] as string, data as { values: boolean[]; salt: string });
    return [...shown, ...[...readings.values()].sort(bySalt).map(({ values }) => ({ values, comment: null }))];
  }

  /** The decisions on these applications as the public hears of them on a day, or as the minutes have them. */
  async decisions(publishedOn: LocalDate, audience: 'minutes' | 'public', applications?: readonly string[]): Promise<CallDecisions> {
    const decided = this.all().filter(({ data }) => applications?.includes(data.application) ?? true);
    const lines: DecisionLine[] = [];
    for (const one of decided) lines.push(await this.line(one, audience));
    const changed = decided.filter(({ data }) => (data.appeal ?? null) !== null).length;
    const { appealUntil: until } = appealWindow(this.policy, 'publication', publishedOn, 'court');
    const proposals = new Set(decided.flatMap(({ data }) => data.proposal ?? []));
    return {
      call: this.about,
      proposals: [...proposals],
      lines: lines.sort((a, b) => (a.decidedOn + a.receipt < b.decidedOn + b.receipt ? -1 : 1)),
      published: {
        publishedOn,
        ...appealWindow(this.policy, 'publication', publishedOn),
        days: this.policy.noticeDays.publication,
        ...(changed === 0 ? {} : { court: { until, days: this.policy.courtDays, only: changed === decided.length } }),
      },
      token: await this.token(`call.${this.call}`, [decided.map(({ id }) => id), publishedOn, audience]),
    };
  }

  private async line(decided: Decided, audience: 'minutes' | 'public'): Promise<DecisionLine> {
    const { application, result, cents, waitingRank, section, decidedOn, caseNumber } = decided.data;
    const { state } = await this.desk.look(pilot, pilotStream(this.tenant, application));
    const events = await this.desk.history(pilotStream(this.tenant, application));
    const { kind, district, askedCents } = state.application!;
    const plain = { receipt: receiptOf(application), kind, district, result, cents, askedCents, waitingRank, section, decidedOn };
    if (audience === 'public') {
      const named = events.findLast((e) => e.type === 'pilot.recipient-published')?.data['organisation'] as string | undefined;
      return { ...plain, name: named ?? null, title: null, caseNumber: null, reason: null, departureReason: null };
    }
    const words = await this.words(decided);
    return {
      ...plain,
      name: (await this.desk.opened<{ name: string }>(events, 'contact', APPLYING))?.name ?? null,
      title: (await this.desk.proposal(events))?.title ?? null,
      caseNumber,
      reason: words?.reason ?? null,
      departureReason: words?.departure ?? null,
    };
  }

  /** The same document gets the same code, which nobody can compute without a key that goes when the person is forgotten. */
  private async token(whose: string, what: unknown): Promise<string> {
    return (await this.desk.parts.sealer.fingerprint(whose, ['document', what])).slice(0, 32);
  }
}

const receiptOf = (application: string): string => application.slice(0, 8).toUpperCase();

const bySalt = (a: { salt: string }, b: { salt: string }): number => (a.salt < b.salt ? -1 : 1);
