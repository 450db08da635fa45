import type { FastifyReply, FastifyRequest } from 'fastify';
import { preferredLanguage, type Texts } from '@minipilot/platform/http/language.js';
import { problemBody, type Problem } from '@minipilot/platform/http/problem.js';
import { answerPage, html, page } from './html.js';

const AGAIN: Texts = { fi: 'Kirjaudu uudelleen', sv: 'Logga in på nytt', en: 'Sign in again' };

/** Whether whoever asks would rather read a page than JSON. */
export const wantsPage = (request: FastifyRequest): boolean => /\btext\/html\b/.test(request.headers.accept ?? '');

/** Tells on a page why nobody was signed in, and how to go on. */
export function sendPage(problem: Problem, request: FastifyRequest, reply: FastifyReply): void {
  const language = preferredLanguage(request.headers['accept-language']);
  const { title, detail } = problemBody(problem, language, String(request.id));
  const again = problem.params['again'];
  const main = html`<h1>${title}</h1>
    <p>${detail}</p>
    ${again !== undefined && html`<p><a href="${again}">${AGAIN[language]}</a></p>`}`;
  void reply.status(problem.status).headers({ ...problem.headers, vary: 'Accept, Accept-Language' });
  void reply.send(answerPage(reply, page({ language, title: `${title} – Minipilot`, main }), { language }));
}
