import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';

/** Markup that may stand in a page as it is. */
export class Html {
  constructor(readonly text: string) {}
  toString(): string {
    return this.text;
  }
}

/** What a page is made of. Texts and numbers are escaped; null, undefined and false are nothing; lists stand one after the other. */
export type Content = Html | string | number | null | undefined | false | readonly Content[];

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
// characters that HTML forbids, and those that turn the direction of text round, say nothing on paper
const UNSEEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** Text for any place in a page, in an attribute with quotes too. */
export const escaped = (text: string): string =>
  text
    .toWellFormed()
    .replace(UNSEEN, '')
    .replace(/[&<>"']/g, (c) => ESCAPES[c]!);

function markup(content: Content): string {
  if (content instanceof Html) return content.text;
  if (content === null || content === undefined || content === false) return '';
  return typeof content === 'object' ? content.map(markup).join('') : escaped(String(content));
}

/** A template of markup: what is put into it is escaped, unless it is markup itself. Values of attributes need their quotes. */
export function html(strings: TemplateStringsArray, ...values: Content[]): Html {
  return new Html(strings.reduce((text, part, i) => text + markup(values[i - 1]) + part));
}

/** Text with its line breaks, as paragraphs. */
export const paragraphs = (text: string): Html[] =>
  text
    .split(/\n\s*\n/)
    .filter((part) => part.trim() !== '')
    .map(
      (part) =>
        html`<p>
          ${part
            .trim()
            .split('\n')
            .map((line, i) => [i > 0 && html`<br />`, line])}
        </p>`,
    );

/** Legible on a phone of 360 px, on a screen and on A4; dark on light, at least 7 : 1. */
const STYLE = `
:root{color-scheme:light}
*{box-sizing:border-box}
body{margin:0;background:#fff;color:#1a1a1a;font:1.0625rem/1.5 system-ui,"Segoe UI",Roboto,"Noto Sans",Arial,sans-serif;overflow-wrap:break-word}
header,main,footer{max-width:46rem;margin:0 auto;padding:1rem}
h1{font-size:1.6rem;line-height:1.25;margin:.75rem 0;hyphens:auto}
h2{font-size:1.2rem;line-height:1.3;margin:1.75rem 0 .5rem}
p{margin:.5rem 0}
a{color:#00438a}
dl{margin:.75rem 0;display:grid;grid-template-columns:minmax(9rem,30%) 1fr;gap:.35rem 1rem}
dt{font-weight:600}
dd{margin:0;min-width:0}
table{border-collapse:collapse;width:100%;margin:.75rem 0}
caption{text-align:start;font-weight:600;padding:.25rem 0}
th,td{border:1px solid #767676;padding:.35rem .5rem;text-align:start;vertical-align:top}
th{background:#f0f0f0}
td.number,th.number{text-align:end;white-space:nowrap}
.wide{overflow-x:auto}
.address{white-space:pre-line;margin:1rem 0}
.result{border-inline-start:.35rem solid #00438a;padding:.25rem 1rem;font-size:1.15rem}
.quiet{color:#474747;font-size:.95rem}
code{overflow-wrap:anywhere;font-size:.9em}
@media (max-width:30rem){h1{font-size:1.3rem}dl{grid-template-columns:1fr;gap:0}dt{margin-top:.5rem}th,td{padding:.3rem}}
@page{size:A4;margin:20mm 18mm}
@media print{
body{font-size:10.5pt}
header,main,footer{max-width:none;padding:0}
h1{font-size:16pt}h2{font-size:12pt;break-after:avoid}
a{color:inherit;text-decoration:none}
table,dl,.keep{break-inside:avoid}
.long table{break-inside:auto}
tr,li{break-inside:avoid}
thead{display:table-header-group}
.screen{display:none}
}
`;

export interface PageParts {
  language: 'fi' | 'sv' | 'en';
  title: string;
  /** above the heading, such as who speaks */
  header?: Content;
  /** begins with the page's only h1 */
  main: Content;
  footer?: Content;
}

const POLICY = ["default-src 'none'", "base-uri 'none'", "form-action 'none'"];

/** Content-Security-Policy of a page: its own style, by its hash, and nothing else; no scripts, pictures or forms. */
export function policyOf(page: string): string {
  const hashes = [...page.matchAll(/<style>([^<]*)<\/style>/g)].map(([, style]) => styleSource(style!));
  return [...POLICY, `style-src ${hashes.length === 0 ? "'none'" : hashes.join(' ')}`, "frame-ancestors 'none'"].join('; ');
}

const styleSource = (style: string): string => `'sha256-${createHash('sha256').update(style).digest('base64')}'`;

/** A whole page that needs nothing but itself: to be read, printed, sent and kept. */
export function page({ language, title, header, main, footer }: PageParts): string {
  const policy = [...POLICY, `style-src ${styleSource(STYLE)}`].join('; ');
  return html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        ${new Html(`<style>${STYLE}</style>`)}
      </head>
      <body>
        ${header !== undefined && html`<header>${header}</header>`}
        <main>${main}</main>
        ${footer !== undefined && html`<footer>${footer}</footer>`}
      </body>
    </html> `.text;
}

export interface PageAnswer {
  language: 'fi' | 'sv' | 'en';
  /** digest of what is answered, for pages that never change */
  etag?: string;
  /** may lie in shared caches */
  public?: boolean;
}

/** Heads for a page that a handler returns as its answer. */
export function answerPage(reply: FastifyReply, text: string, { language, etag, public: open = false }: PageAnswer): string {
  void reply
    .header('content-type', 'text/html; charset=utf-8')
    .header('content-language', language)
    .header('content-security-policy', policyOf(text))
    .header('cache-control', open ? 'public, max-age=60' : 'private, no-store');
  if (etag !== undefined) void reply.header('etag', `"${etag}"`);
  return text;
}
