import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { call as callAggregate } from '@minipilot/grants/call/call.js';
import type { ApplicantKind, CallContent } from '@minipilot/grants/call/events.js';
import {
  REASONS,
  suggest,
  type BusinessIdGiven,
  type Duplicate,
  type EligibilityFacts,
  type Reason,
} from '@minipilot/grants/eligibility/eligibility.js';
import { pilot } from '@minipilot/grants/pilot/pilot.js';
import { callStream, pilotId, pilotStream } from '@minipilot/grants/streams.js';
import type { PilotRow } from '@minipilot/insight/pilots.js';
import { isBusinessId } from '@minipilot/platform/http/fields.js';
import { preferredLanguage, type Language } from '@minipilot/platform/http/language.js';
import type { Desk } from './desk.js';
import type { DraftForm } from './commands/application.forms.js';
import { REASON_TEXTS } from './problem-texts-eligibility.js';

/** The language in which whoever asks is answered. */
export const SpokenLanguage = createParamDecorator((_: unknown, context: ExecutionContext): Language =>
  preferredLanguage(context.switchToHttp().getRequest<FastifyRequest>().headers['accept-language']),
);

/** A reason code and what it means; an officer's own code means what it says. */
export interface ReasonShown {
  code: string;
  text: string;
}
export const reasonsIn = (codes: readonly string[], language: Language): ReasonShown[] =>
  codes.map((code) => ({ code, text: code in REASONS ? REASON_TEXTS[code as Reason][language] : code }));

/** What the call's rules say of an application. */
export function suggestionIn(content: CallContent, facts: EligibilityFacts, language: Language) {
  const { suggestion, codes } = suggest(content, facts);
  return { suggestion, reasons: reasonsIn(codes, language) };
}

/** The facts of an application as a read model holds them. */
export const factsOfRow = (
  row: Pick<PilotRow, keyof EligibilityFacts & keyof PilotRow> & Pick<PilotRow, 'completion'>,
): EligibilityFacts => ({
  kind: row.kind as ApplicantKind,
  district: row.district,
  askedCents: row.askedCents,
  businessId: row.businessId as BusinessIdGiven,
  recipientNamed: row.recipientNamed === 1,
  confirmed: row.confirmed === 1,
  duplicate: row.duplicate as Duplicate,
  notCompleted: row.completion === 'not-completed',
});

const isOrganisation = (kind: unknown): boolean => kind === 'association' || kind === 'company';

/** How a Y-tunnus was given. It is computed here, where it can be read; what is stored is this word. */
export function businessIdGiven(kind: unknown, businessId: string | undefined): BusinessIdGiven {
  if (!isOrganisation(kind)) return 'none';
  if (businessId === undefined || businessId === '') return 'missing';
  return isBusinessId(businessId) ? 'valid' : 'invalid';
}

/**
 * What the rules would say of a draft, as far as it is filled in: only what stands there already, so that the applicant can still change it.
 * Nothing of it is stored, and nothing keeps the applicant from submitting.
 */
export function draftReasons(content: CallContent, form: DraftForm, language: Language): ReasonShown[] {
  const cents = (form.lines ?? []).reduce((sum, line) => sum + (line.cents ?? 0), 0);
  const { codes } = suggest(content, {
    kind: (form.kind as ApplicantKind | undefined) ?? content.whoMayApply[0]!,
    district: form.district === undefined || form.district === '' ? content.districts[0]! : form.district,
    askedCents: cents === 0 ? content.grant.minCents : cents,
    businessId: businessIdGiven(form.kind, form.businessId),
    recipientNamed: form.kind !== 'group' || (form.recipientName ?? '') !== '',
    confirmed: true,
    duplicate: 'none',
    notCompleted: false,
  });
  return reasonsIn(codes, language);
}

/** What of a contact tells one applicant from another. */
export interface Recognised {
  name: string;
  businessId?: string | undefined;
  phone?: string | undefined;
  email?: string | undefined;
  address?: string | undefined;
}

/**
 * Whether somebody who is perhaps the same, or an organisation of the same Y-tunnus, has another live application to the call.
 * The register is asked and learns nothing; a name with a phone number, e-mail or address may belong to two people.
 */
export async function duplicateOf(desk: Desk, tenant: string, call: string, applicant: string, who: Recognised): Promise<Duplicate> {
  const { vault } = desk.parts;
  const { content } = (await desk.look(callAggregate, callStream(tenant, call))).state;
  const applied = async (subject: string | null): Promise<boolean> => {
    if (subject === null || subject === applicant) return false;
    for (let slot = 0; slot < content!.applicationsPerApplicant; slot++) {
      const { state } = await desk.parts.runner.look(pilot, pilotStream(tenant, pilotId(call, subject, slot)));
      if (state.application !== null && !state.withdrawn) return true;
    }
    return false;
  };
  if (who.businessId !== undefined && isBusinessId(who.businessId)) {
    if (await applied(await vault.find(tenant, { kind: 'business-id', value: who.businessId }))) return 'certain';
    // people of one organisation may apply for themselves too
    return 'none';
  }
  for (const reach of [who.phone, who.email, who.address]) {
    if (reach !== undefined && (await applied(await vault.find(tenant, { kind: 'weak', name: who.name, reach })))) return 'perhaps';
  }
  return who.email !== undefined && (await applied(await vault.find(tenant, { kind: 'email', value: who.email }))) ? 'perhaps' : 'none';
}
