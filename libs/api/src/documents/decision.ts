import type { CallContent } from '@minipilot/grants/call/events.js';
import type { DecisionResult } from '@minipilot/grants/pilot/events.js';
import type { Instant, LocalDate } from '@minipilot/kernel/time.js';
import { fillText, type Language } from '@minipilot/platform/http/language.js';
import { html, page, paragraphs, type Content } from '../html.js';
import { officers, speaker, type Word } from './words.js';

/** Version of words and layout, kept with every document. Raise it with each change of what a document says. */
export const TEMPLATE = 1;

/** What all documents of a call say of it. */
export interface CallFacts {
  municipality: string;
  timeZone: string;
  content: CallContent;
  announcedOn: LocalDate;
  rulesHash: string;
  appealDays: number;
  returnFloorCents: number;
}

/** How a decision is told, and until when it can be appealed. */
export interface NoticeFacts {
  channel: 'electronic' | 'letter';
  sentOn: LocalDate;
  noticeOn: LocalDate;
  /** days from sending to the day of notice */
  days: number;
  /** last day to appeal, or to go to court where the decision came of an appeal */
  appealUntil: LocalDate;
  /** days to go to court; only for a decision that came of an appeal */
  courtDays?: number;
  acceptBy: LocalDate | null;
}

/** One decision with all that its document says. Parts that were erased are null. */
export interface DecisionFacts {
  call: CallFacts;
  section: string;
  caseNumber: string;
  decidedOn: LocalDate;
  /** who decided, by name; the office stands in the call */
  decider: string | null;
  /** the board that changed the decision on an appeal; else the call's decision-maker decided */
  body?: string | null;
  result: DecisionResult;
  cents: number;
  from: 'budget' | 'appeal-reserve';
  waitingRank: number | null;
  deMinimis: string | null;
  reason: string | null;
  departureReason: string | null;
  receipt: string;
  district: string;
  askedCents: number;
  arrivedAt: Instant;
  contact: { name: string; businessId?: string; address?: string; recipientName?: string } | null;
  proposal: { title: string; idea: string; place: string; time: string; lines: readonly { what: string; cents: number }[] } | null;
  /** one for each person who assessed it, in an order that tells nothing; by criterion, null where it was not assessed */
  assessments: readonly { values: readonly (number | boolean)[] | null; comment: string | null }[];
  notice: NoticeFacts | null;
  /** nobody can guess it, so that the document's digest tells nothing */
  token: string;
}

export interface DocumentOptions {
  language: Language;
  /** language in which the decision was given, where this is a translation */
  original?: Language;
}

export type Say = ReturnType<typeof speaker>;
export const euro = (cents: number, language: Language): string => fillText('{cents|euro}', { cents }, language);
export const day = (date: LocalDate, language: Language): string => fillText('{date|date}', { date }, language);
const LOCALES = { fi: 'fi-FI', sv: 'sv-FI', en: 'en-GB' } as const;
const time = (at: Instant, timeZone: string, language: Language): string =>
  new Intl.DateTimeFormat(LOCALES[language], { dateStyle: 'long', timeStyle: 'short', timeZone }).format(new Date(at));

/** Particulars as a list of terms; what there is nothing to say of is left out. */
export const particulars = (...rows: readonly (readonly [term: string, value: Content])[]): Content =>
  html`<dl>
    ${rows
      .filter(
        ([, value]) =>
          value !== null && value !== undefined && value !== '' && value !== false && !(Array.isArray(value) && value.length === 0),
      )
      .map(
        ([term, value]) =>
          html`<dt>${term}</dt>
            <dd>${value}</dd>`,
      )}
  </dl>`;

/** The decision document (päätösasiakirja) of one application, a page that needs nothing but itself. */
export function decisionDocument(facts: DecisionFacts, { language, original }: DocumentOptions): string {
  const say = speaker(language);
  const { call, contact, proposal, notice } = facts;
  const { content } = call;
  const erased = say('erased');
  const result = say(`result.${facts.result}`, { cents: facts.cents, rank: facts.waitingRank ?? '' });
  const granted = facts.result === 'granted';
  return page({
    language,
    title: `${say('decision')} ${facts.caseNumber} ${facts.section}`,
    header: html`<p>${call.municipality}</p>
      ${original !== undefined && html`<p class="quiet">${say('translation', { language: say(original) })}</p>`}
      ${notice === null && html`<p class="quiet">${say('preview')}</p>`}
      <p>
        ${contact === null ? erased : [contact.name, ...(contact.address ?? '').split('\n')].map((line) => line !== '' && [line, html`<br />`])}
      </p>`,
    main: html`<h1>${say('decision')}</h1>
      ${particulars(
        [say('decisionMaker'), [facts.decider !== null && [facts.decider, ', '], facts.body ?? content.decisionMaker]],
        [say('authority'), authority(facts, language)],
        [say('section'), facts.section],
        [say('caseNumber'), facts.caseNumber],
        [say('decidedOn'), day(facts.decidedOn, language)],
        [say('applicant'), contact?.name ?? erased],
        [say('businessId'), contact?.businessId],
        [say('recipient'), contact?.recipientName],
        [say('call'), officers(content.title, language)],
        [say('idea'), proposal?.title ?? erased],
        [say('district'), facts.district],
        [say('receipt'), facts.receipt],
        [say('arrivedAt'), time(facts.arrivedAt, call.timeZone, language)],
        [say('asked'), euro(facts.askedCents, language)],
      )}
      <h2>${say('result')}</h2>
      <div class="result keep">
        <p><strong>${result}</strong></p>
        ${facts.deMinimis !== null && html`<p>${say('deMinimis', { cents: facts.cents, regulation: facts.deMinimis })}</p>`}
        ${granted && facts.from === 'appeal-reserve' && html`<p>${say('reserve')}</p>`}
      </div>
      <h2>${say('reasons')}</h2>
      ${facts.reason === null ? html`<p>${erased}</p>` : paragraphs(facts.reason)}
      ${facts.departureReason !== null && [html`<h3>${say('departure')}</h3>`, paragraphs(facts.departureReason)]}
      ${granted && use(facts, say, language)} ${rules(facts, say, language)} ${assessments(facts, say, language)}
      ${notice !== null && [noticed(notice, say), remedy(call, notice, say)]}
      <h2>${say('contact')}</h2>
      <p>${content.contactPoint === null ? '' : [content.contactPoint.office, ', ', content.contactPoint.reach]}</p>`,
    footer: html`<p class="quiet">${say('token')} <code>${facts.token}</code>, ${say('template', { template: TEMPLATE })}</p>`,
  });
}

const authority = ({ call }: Pick<DecisionFacts, 'call'>, language: Language): string => {
  const { authority: given } = call.content;
  return given === null ? '' : `${given.section}, ${day(given.on, language)}`;
};

function use({ call, proposal }: DecisionFacts, say: Say, language: Language): Content {
  const { content } = call;
  return html`<h2>${say('use')}</h2>
    ${particulars(
      [say('purpose'), proposal === null ? say('erased') : [proposal.title, '. ', proposal.idea]],
      [say('period'), proposal === null ? '' : say('periodText', { time: proposal.time, days: content.reportDueDays })],
    )}
    ${
      proposal !== null &&
      table(
        [say('what'), say('sum')],
        proposal.lines.map(({ what, cents }) => [what, euro(cents, language)]),
        [1],
      )
    }
    <p>${say(`pay.${content.pay}`)}</p>
    <p>${say('unspent', { floor: call.returnFloorCents })}</p>`;
}

/** A table with a row of headings; the first cell of each row is its heading. `numbers`: columns that stand to the right. */
export function table(
  head: readonly string[],
  rows: readonly (readonly Content[])[],
  numbers: readonly number[] = [],
  caption?: string,
): Content {
  const right = (i: number) => (numbers.includes(i) ? 'number' : 'text');
  return html`<div class="wide long">
    <table>
      ${
        caption !== undefined &&
        html`<caption>
          ${caption}
        </caption>`
      }
      <thead>
        <tr>
          ${head.map((name, i) => html`<th scope="col" class="${right(i)}">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((cell, i) => (i === 0 ? html`<th scope="row">${cell}</th>` : html`<td class="${right(i)}">${cell}</td>`))}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

const criterionName = (criterion: CallContent['rules']['criteria'][number], language: Language): string =>
  officers(criterion.text, language, criterion.id);

function rules(facts: DecisionFacts, say: Say, language: Language): Content {
  return html`<h2>${say('rules')}</h2>
    ${ruleText(facts.call, say)} ${facts.assessments.length === 0 && criteria(facts.call, say, language)}`;
}

/** The rules in words, and which ones by their digest. */
export function ruleText({ content, announcedOn, rulesHash }: CallFacts, say: Say): Content {
  return html`<p>${say(`method.${content.rules.method}`)}</p>
    <p>${say('terms', { announcedOn })} <code>${rulesHash}</code>.</p>`;
}

export function criteria({ content }: CallFacts, say: Say, language: Language): Content {
  const { criteria: all, method } = content.rules;
  if (all.length === 0) return null;
  const weighted = method !== 'rolling';
  return table(
    [say('criterion'), ...(weighted ? [say('weight')] : [])],
    all.map((c) => [criterionName(c, language), ...(weighted ? [`${c.weight} %`] : [])]),
    [1],
  );
}

function assessments({ call, assessments: all }: DecisionFacts, say: Say, language: Language): Content {
  if (all.length === 0) return null;
  const { criteria: by, scale, method } = call.content.rules;
  const shown = (value: number | boolean | undefined): string =>
    value === undefined ? say('notAssessed') : typeof value === 'boolean' ? say(value ? 'yes' : 'no') : String(value);
  const comments = all.flatMap(({ comment }) => (comment === null ? [] : [comment]));
  return html`<h2>${say('own')}</h2>
    <p class="quiet">${say('ownHint')} ${method !== 'rolling' && say('scale', { ...scale })}</p>
    ${table(
      [say('criterion'), ...all.map((_, i) => say('assessment', { n: i + 1 }))],
      by.map((criterion, i) => [
        [criterionName(criterion, language), method !== 'rolling' && ` (${criterion.weight} %)`],
        ...all.map(({ values }) => shown(values?.[i])),
      ]),
      all.map((_, i) => i + 1),
    )}
    ${comments.length > 0 && [html`<h3>${say('comments')}</h3>`, comments.map(paragraphs)]}`;
}

function noticed(notice: NoticeFacts, say: Say): Content {
  const { channel, sentOn, noticeOn, days, acceptBy } = notice;
  return html`<h2>${say('notice')}</h2>
    <p>${say(`sent.${channel}` satisfies Word, { sentOn, noticeOn, days })}</p>
    ${acceptBy !== null && html`<p><strong>${say('acceptBy', { acceptBy })}</strong></p>`}`;
}

const remedy = (call: CallFacts, { appealUntil, courtDays }: NoticeFacts, say: Say): Content =>
  courtDays === undefined ? appeal(call, appealUntil, say, true) : court(appealUntil, courtDays, say);

/** How a decision that came of an appeal is taken to the administrative court. */
export function court(until: LocalDate, days: number, say: Say): Content {
  return html`<section class="keep">
    <h2>${say('court')}</h2>
    <p>${say('court.what')}</p>
    ${particulars([say('court.who'), say('court.whoText')], [say('appeal.when'), say('court.whenText', { days, until })])}
    <p>${say('court.fee')}</p>
  </section>`;
}

/** Who may appeal, to whom, until when, and what to write. `party`: for the addressee, whose days are not those of the residents. */
export function appeal({ content, appealDays }: CallFacts, appealUntil: LocalDate, say: Say, party: boolean): Content {
  const where = content.contactPoint;
  return html`<section class="keep">
    <h2>${say('appeal')}</h2>
    <p>${say('appeal.what')}</p>
    ${particulars(
      [say('appeal.who'), say('appeal.whoText')],
      [say('appeal.to'), content.appealBody],
      [say('appeal.when'), [say('appeal.whenText', { days: appealDays, appealUntil }), party && [' ', say('appeal.residents')]]],
      [
        say('appeal.content'),
        html`<ul>
          ${([1, 2, 3, 4] as const).map((n) => html`<li>${say(`appeal.content${n}`)}</li>`)}
        </ul>`,
      ],
      [say('appeal.where'), where === null ? '' : [content.appealBody, ', ', where.office, ', ', where.reach]],
    )}
    <p>${say('appeal.free')}</p>
  </section>`;
}
