import { fillText, type Language, type Params } from '@minipilot/platform/http/language.js';
import { html, page, type Content } from '../html.js';
import { FRAME, TEMPLATES } from './words.js';

/** What every message of ours can say, beside what its event says. */
export interface MessageFacts {
  kind: string;
  language: Language;
  municipality: string;
  /** title of the call in the language */
  call: string;
  receipt: string;
  office: string;
  reach: string;
  /** where the service is */
  url: string;
  /** page of the decision document, where the message tells of one */
  decisionUrl?: string;
  params: Params;
}

export interface Message {
  subject: string;
  text: string;
  html: string;
}

interface Said {
  subject: string;
  lines: string[];
  ends: string[];
  signature: string;
}

/** One line, without what would end it or hide in it. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').trim();

function said(facts: MessageFacts): Said {
  const { kind, language, params } = facts;
  const template = TEMPLATES[kind];
  if (template === undefined) throw new TypeError(`there are no words for a message of kind ${kind}`);
  const { call, receipt, office, reach, municipality } = facts;
  const all = { ...params, call, receipt, office, reach, municipality };
  const fill = (words: Readonly<Record<Language, string>>, more: Params = {}) =>
    oneLine(fillText(words[language], { ...all, ...more }, language));
  return {
    subject: fill(template.subject),
    lines: [fill(FRAME.about), ...template.lines.filter(({ when }) => when?.(all) ?? true).map(({ text }) => fill(text))],
    ends: [fill(FRAME.contact)],
    signature: fill(FRAME.signature),
  };
}

/** An e-mail in text and HTML: the same words in both, links to the service alone, nothing that tells when it is read. */
export function mail(facts: MessageFacts): Message {
  const { subject, lines, ends, signature } = said(facts);
  const { language, url, decisionUrl } = facts;
  const links = [
    ...(decisionUrl === undefined ? [] : [[FRAME.decisionLink[language], decisionUrl] as const]),
    [FRAME.link[language], url] as const,
  ];
  const plain = links.map(([text, to]) => text.replace('{url}', to));
  const text = [FRAME.greeting[language], ...lines, ...plain, ...ends, FRAME.noReply[language], signature].join('\n\n');
  const main: Content = html`<h1>${subject}</h1>
    <p>${FRAME.greeting[language]}</p>
    ${lines.map((line) => html`<p>${line}</p>`)}
    ${links.map(([words, to]) => html`<p>${words.replace('{url}', '')}<a href="${to}">${to}</a></p>`)}
    ${ends.map((line) => html`<p>${line}</p>`)}
    <p class="quiet">${FRAME.noReply[language]}</p>
    <p>${signature}</p>`;
  return { subject, text: `${text}\n`, html: page({ language, title: subject, main }) };
}

/** The same as a letter to be printed. `token`: what nobody can guess, so that the letter's digest tells nothing. */
export function letter(facts: MessageFacts, to: { name: string; address?: string }, token: string): string {
  const { subject, lines, ends, signature } = said(facts);
  const address = [to.name, ...(to.address ?? '').split('\n')].map(oneLine).filter((line) => line !== '');
  return page({
    language: facts.language,
    title: subject,
    header: html`<p>${facts.municipality}</p>
      <p>${address.map((line) => [line, html`<br />`])}</p>`,
    main: html`<h1>${subject}</h1>
      ${[...lines, ...ends, signature].map((line) => html`<p>${line}</p>`)}`,
    footer: html`<p class="quiet"><code>${token}</code></p>`,
  });
}

/** Name of the file in which a decision document is attached. */
export const attachmentName = ({ language, receipt }: MessageFacts): string => `${FRAME.attachment[language]}-${receipt}.html`;
