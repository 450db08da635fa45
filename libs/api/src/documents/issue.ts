import { pilot } from '@minipilot/grants/pilot/pilot.js';
import type { Document } from '@minipilot/grants/pilot/events.js';
import { messages, undelivered } from '@minipilot/grants/messages/messages.js';
import { scoring, toPublish } from '@minipilot/grants/scoring/scoring.js';
import { messagesStream, pilotStream, scoringStream } from '@minipilot/grants/streams.js';
import type { LocalDate } from '@minipilot/kernel/time.js';
import { Problem } from '@minipilot/platform/http/problem.js';
import type { FileOwner } from '@minipilot/platform/privacy/files.js';
import type { Act, Desk } from '../desk.js';
import { callDocument } from './call-decisions.js';
import { decisionDocument, TEMPLATE } from './decision.js';
import { DocumentFacts, type Telling } from './facts.js';

/** Whose a document about an application is: it goes when the applicant's contact goes. */
export const ownerOf = (tenant: string, subject: string): FileOwner => ({ tenant, subject, purpose: 'contact' });

const bytesOf = (text: string): Buffer => Buffer.from(text, 'utf8');

/** Whether the command was carried out before; its documents stand then. */
async function isRepeated(desk: Desk, { caller, commandId, call }: Act): Promise<boolean> {
  return (await desk.history(scoringStream(caller.tenant, call!))).some((e) => e.commandId === commandId);
}

/**
 * Makes and keeps the documents that a notice gives to its addressees, in the language of each: what they are given is what is kept.
 * Undefined where the notice will be refused, or was given before.
 */
export async function issueDecisions(desk: Desk, act: Act, applications: readonly string[], telling: Telling) {
  const { tenant } = act.caller;
  if (await isRepeated(desk, act)) return undefined;
  const { state } = await desk.parts.runner.look(scoring, scoringStream(tenant, act.call!));
  for (const id of applications) {
    const decided = state.decided[id];
    if (decided === undefined || telling.sentOn < decided.decidedOn) return undefined;
    if (!decided.noticed) continue;
    const { state: told } = await desk.parts.runner.look(messages, messagesStream(tenant, id));
    if (undelivered(told).length === 0) return undefined;
  }
  const facts = await DocumentFacts.of(desk, tenant, act.call!);
  const of: ({ application: string } & Document)[] = [];
  for (const application of applications) {
    const { facts: decision, subject, language } = (await facts.decision(application, telling))!;
    const digest = await desk.parts.files.put(ownerOf(tenant, subject), bytesOf(decisionDocument(decision, { language })));
    of.push({ application, digest, language, template: TEMPLATE });
  }
  return { appealUntil: facts.window(telling).appealUntil, courtUntil: facts.window(telling, 'court').appealUntil, of };
}

/** Makes and keeps the public document of the decisions that a publication makes public, in each language of the municipality. */
export async function issuePublication(desk: Desk, act: Act, publishedOn: LocalDate) {
  const { tenant } = act.caller;
  if (await isRepeated(desk, act)) return undefined;
  const { state } = await desk.parts.runner.look(scoring, scoringStream(tenant, act.call!));
  const decisions = toPublish(state, publishedOn);
  if (decisions.length === 0) return undefined;
  const facts = await DocumentFacts.of(desk, tenant, act.call!);
  const told = await facts.decisions(publishedOn, 'public', decisions);
  const of: Document[] = [];
  for (const language of facts.policy.languages) {
    const digest = await desk.parts.publicFiles.put(bytesOf(callDocument(told, 'public', language)));
    of.push({ digest, language, template: TEMPLATE });
  }
  return { decisions, of };
}

export interface Read {
  text: string;
  language: 'fi' | 'sv' | 'en';
  /** of a document that was issued; a draft or a translation has none */
  digest?: string;
}

/** The document that an applicant was given, byte by byte; in another language, a translation made now. */
export async function readDecision(desk: Desk, tenant: string, application: string, wanted?: 'fi' | 'sv' | 'en'): Promise<Read> {
  const { state } = await desk.look(pilot, pilotStream(tenant, application));
  const { notice } = state;
  if (notice === null) throw new Problem('not-noticed');
  const { document, channel, sentOn } = notice;
  if (document !== null && (wanted === undefined || wanted === document.language)) {
    const bytes = await desk.parts.files.read(ownerOf(tenant, state.applicant), document.digest);
    if (bytes === null) throw new Problem('document-erased');
    return { text: bytes.toString('utf8'), language: document.language, digest: document.digest };
  }
  const facts = await DocumentFacts.of(desk, tenant, state.call);
  const issue = (await facts.decision(application, { channel, sentOn }))!;
  const language = wanted ?? issue.language;
  const original = document?.language ?? issue.language;
  return { text: decisionDocument(issue.facts, original === language ? { language } : { language, original }), language };
}

/** What an addressee would be given, to be looked at, or printed and posted on the day that it names. Not kept. */
export async function draftDecision(
  desk: Desk,
  tenant: string,
  application: string,
  telling: Telling | null,
  wanted?: 'fi' | 'sv' | 'en',
): Promise<Read> {
  const { state } = await desk.look(pilot, pilotStream(tenant, application));
  const issue = await (await DocumentFacts.of(desk, tenant, state.call)).decision(application, telling);
  if (issue === null) throw new Problem('not-decided');
  const language = wanted ?? issue.language;
  return {
    text: decisionDocument(issue.facts, language === issue.language ? { language } : { language, original: issue.language }),
    language,
  };
}
