import type { DecisionResult } from '@minipilot/grants/pilot/events.js';
import type { LocalDate } from '@minipilot/kernel/time.js';
import type { Language } from '@minipilot/platform/http/language.js';
import { html, page, type Content } from '../html.js';
import { appeal, court, criteria, day, euro, particulars, ruleText, table, TEMPLATE, type CallFacts } from './decision.js';
import { officers, speaker } from './words.js';

/** One line of the document of a call's decisions. What is null is not told here. */
export interface DecisionLine {
  receipt: string;
  kind: 'resident' | 'group' | 'association' | 'company';
  district: string;
  result: DecisionResult;
  cents: number;
  askedCents: number;
  waitingRank: number | null;
  section: string;
  decidedOn: LocalDate;
  /** of an organisation that was named in public; for the minutes of everybody */
  name: string | null;
  /** for the minutes only */
  title: string | null;
  caseNumber: string | null;
  reason: string | null;
  departureReason: string | null;
}

export interface CallDecisions {
  call: CallFacts;
  /** digests of the proposals or rounds that were before the decision-maker */
  proposals: readonly string[];
  lines: readonly DecisionLine[];
  published: {
    publishedOn: LocalDate;
    noticeOn: LocalDate;
    days: number;
    appealUntil: LocalDate;
    /** where some of the decisions came of an appeal, or all of them (`only`): how they are taken to court */
    court?: { until: LocalDate; days: number; only: boolean };
  };
  token: string;
}

/**
 * All decisions together: for the minutes with names and reasons; for everybody only the grants, without names of private persons. How many
 * got nothing is no part of it, since with the figures of the dashboards it could tell more than they do.
 */
export function callDocument(facts: CallDecisions, audience: 'minutes' | 'public', language: Language): string {
  const say = speaker(language);
  const { call, lines, proposals } = facts;
  const { content } = call;
  const short = (line: DecisionLine) => say(`short.${line.result}`, { rank: line.waitingRank ?? '' });
  const granted = lines.filter((line) => line.result === 'granted');
  const total = granted.reduce((sum, line) => sum + line.cents, 0);
  const minutes = () =>
    table(
      [say('applicant'), say('idea'), say('district'), say('asked'), say('result'), say('granted'), say('reasons'), say('caseNumber')],
      lines.map((line) => [
        [line.name ?? say('erased'), html`<br />`, line.receipt],
        line.title ?? say('erased'),
        line.district,
        euro(line.askedCents, language),
        short(line),
        line.result === 'granted' ? euro(line.cents, language) : '–',
        [line.reason ?? say('erased'), line.departureReason !== null && [html`<br />`, say('departure'), ': ', line.departureReason]],
        [line.caseNumber, ' ', line.section],
      ]),
      [3, 5],
      say('minutes'),
    );
  const awards = () =>
    granted.length === 0
      ? html`<p>${say('none')}</p>`
      : table(
          [say('receipt'), say('recipient'), say('district'), say('decidedOn'), say('section'), say('granted')],
          granted.map((line) => [
            line.receipt,
            line.name ?? say(`kind.${line.kind}`),
            line.district,
            day(line.decidedOn, language),
            line.section,
            euro(line.cents, language),
          ]),
          [5],
          say('awards'),
        );
  return page({
    language,
    title: `${say('decisions')}: ${officers(content.title, language)}`,
    header: html`<p>${call.municipality}</p>`,
    main: html`<h1>${say('decisions')}: ${officers(content.title, language)}</h1>
      ${particulars(
        [say('decisionMaker'), content.decisionMaker],
        [say('authority'), content.authority === null ? '' : `${content.authority.section}, ${day(content.authority.on, language)}`],
        [say('section'), [...new Set(lines.map((line) => line.section))].join(', ')],
        [say('decidedOn'), [...new Set(lines.map((line) => day(line.decidedOn, language)))].join(', ')],
        [say('budget'), euro(content.budget.cents, language)],
        [say('granted'), euro(total, language)],
        [say('proposal'), proposals.map((digest) => html`<code>${digest}</code> `)],
      )}
      <h2>${say(audience === 'minutes' ? 'minutes' : 'published')}</h2>
      ${audience === 'minutes' ? minutes() : awards()} ${audience === 'public' && html`<p>${say('others')}</p>`}
      <h2>${say('rules')}</h2>
      ${ruleText(call, say)} ${criteria(call, say, language)} ${told(facts, say)} ${remedies(facts, say)}
      <h2>${say('contact')}</h2>
      <p>${content.contactPoint === null ? '' : [content.contactPoint.office, ', ', content.contactPoint.reach]}</p>`,
    footer: html`<p class="quiet">${say('token')} <code>${facts.token}</code>, ${say('template', { template: TEMPLATE })}</p>`,
  });
}

function remedies({ call, published: { appealUntil, court: toCourt } }: CallDecisions, say: ReturnType<typeof speaker>): Content {
  if (toCourt === undefined) return appeal(call, appealUntil, say, false);
  return [!toCourt.only && appeal(call, appealUntil, say, false), court(toCourt.until, toCourt.days, say)];
}

function told({ published }: CallDecisions, say: ReturnType<typeof speaker>): Content {
  const { publishedOn: sentOn, noticeOn, days } = published;
  return html`<h2>${say('notice')}</h2>
    <p>${say('sent.publication', { sentOn, noticeOn, days })}</p>`;
}
