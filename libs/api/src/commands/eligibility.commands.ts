import { ASKABLE, COMPLETABLE, type Completable, type Reason } from '@minipilot/grants/eligibility/eligibility.js';
import type { Contact } from '@minipilot/grants/pilot/events.js';
import { isParty, pilot } from '@minipilot/grants/pilot/pilot.js';
import { HELPERS } from '@minipilot/identity/policy-table.js';
import type { Secret } from '@minipilot/platform/run/decision-runner.js';
import {
  BusinessIdField,
  EmailField,
  ListOf,
  LocalDateField,
  Nested,
  OneOf,
  PhoneField,
  Text,
  YesNo,
} from '@minipilot/platform/http/fields.js';
import { Problem } from '@minipilot/platform/http/problem.js';
import type { Static } from 'typebox';
import { handler } from '../desk.js';
import { businessIdGiven, duplicateOf } from '../eligibility.js';
import { CodeField } from '../fields.js';
import { comment, given, pilotIn, recognise } from './application.commands.js';
import { EconomicDto, HelpedDto, LineDto } from './application.forms.js';

export class CheckApplication {
  @OneOf(['eligible', 'ineligible']) suggestion: 'eligible' | 'ineligible';
  @CodeField({ list: { max: 20 } }) codes: string[];
  @Text(4000, { multiline: true, optional: true, description: 'why, where it departs from what the rules suggest' }) reason?: string;
}
export class RequestCompletion {
  @OneOf(ASKABLE, { list: { max: 20, min: 1 }, description: 'what is missing or unclear' }) codes: Reason[];
  @Text(4000, { multiline: true, description: 'to the applicant, in words' }) text: string;
  @LocalDateField({ optional: true, description: 'last day; by the policy of the municipality unless told otherwise' }) answerBy?: string;
}
/** Only what was asked for; each field is optional, and at least one must be there. */
export class CompleteApplication {
  @BusinessIdField({ optional: true }) businessId?: string;
  @Text(120, { optional: true, description: 'the adult who answers for the money of a group' }) recipientName?: string;
  @PhoneField({ optional: true }) phone?: string;
  @EmailField({ optional: true }) email?: string;
  @Text(300, { optional: true }) address?: string;
  @Text(300, { optional: true, multiline: true }) place?: string;
  @Text(300, { optional: true, multiline: true }) time?: string;
  @ListOf(() => LineDto, 3, { optional: true, min: 1, description: 'all lines anew; their sum may not rise' }) lines?: LineDto[];
  @Nested(() => EconomicDto, { optional: true, description: 'it is economic activity' }) economic?: EconomicDto;
  @YesNo({ optional: true, description: 'true where it is no economic activity' }) notEconomic?: boolean;
  @YesNo({ optional: true, description: 'adult, terms accepted, may act for these people' }) confirmed?: boolean;
  @Nested(() => HelpedDto, { optional: true, description: 'only for staff who write it down for somebody' }) helped?: HelpedDto;
}

export const eligibilityHandlers = [
  handler(CheckApplication, async (desk, body, act) => {
    const { state, stream } = await pilotIn(desk, act);
    const { suggestion, codes, reason } = body;
    const command = { type: 'CheckApplication', call: state.call, suggestion, codes, reasoned: reason !== undefined } as const;
    const secrets = reason === undefined ? [] : comment({ text: reason });
    return desk.answer(act, pilot, stream, command, { secrets, body: given({ suggestion, codes, reason }) });
  }),
  handler(RequestCompletion, async (desk, body, act) => {
    const { state, stream } = await pilotIn(desk, act);
    const { codes, text, answerBy } = body;
    const command = { type: 'RequestCompletion', call: state.call, codes, ...(answerBy === undefined ? {} : { answerBy }) } as const;
    const done = await desk.run(act, pilot, stream, command, { secrets: comment({ text }), body: given({ codes, text, answerBy }) });
    const asked = done.events[0]!.data as { fields: Completable[]; answerBy: string };
    return { fields: asked.fields, answerBy: asked.answerBy, revision: done.revision, position: done.position };
  }),
  handler(CompleteApplication, async (desk, body, act) => {
    const { tenant, subject, roles } = act.caller;
    const { state, stream } = await pilotIn(desk, act);
    const { helped, notEconomic, ...parts } = body;
    const application = state.application!;
    // whoever only helped, and staff who have the letter before them, say how it came
    const own = isParty(state, subject) && application.helper !== subject && !state.helpers.includes(subject);
    const errors: { pointer: string; code: string }[] = [];
    if (helped === undefined && !own) errors.push({ pointer: '#/helped', code: 'required' });
    if (helped !== undefined && !HELPERS.some((role) => roles.includes(role))) throw new Problem('forbidden');
    if (helped?.authorised === false) errors.push({ pointer: '#/helped/authorised', code: 'must-be-confirmed' });
    if (helped !== undefined && helped.writtenAt > desk.now()) errors.push({ pointer: '#/helped/writtenAt', code: 'in-the-future' });
    if (parts.confirmed === false) errors.push({ pointer: '#/confirmed', code: 'must-be-confirmed' });
    if (errors.length > 0) throw new Problem('invalid-body', {}, { errors });

    const fields = COMPLETABLE.filter((field) => parts[field] !== undefined || (field === 'economic' && notEconomic === true));
    const before = await desk.opened<Static<typeof Contact>>(await desk.history(stream), 'contact');
    if (before === null) throw new Problem('not-found');
    const { businessId, recipientName, phone, email, address, place, time } = parts;
    const contact = { ...before, ...given({ businessId, recipientName, phone, email, address }) };
    const lines = parts.lines?.map(({ what, cents }) => ({ what, cents }));
    const secrets: Secret[] = [];
    if (businessId ?? recipientName ?? phone ?? email ?? address) secrets.push({ purpose: 'contact', payload: contact });
    if (place !== undefined || time !== undefined || lines !== undefined)
      secrets.push({ purpose: 'proposal', payload: given({ v: 1, place, time, lines }) });
    const answer = await desk.answer(
      act,
      pilot,
      stream,
      {
        type: 'CompleteApplication',
        call: state.call,
        fields,
        arrivedAt: helped?.writtenAt ?? desk.arrivalOf(act),
        channel: helped?.channel ?? 'online',
        helper: helped === undefined ? null : subject,
        askedCents: lines?.reduce((sum, line) => sum + line.cents, 0) ?? application.askedCents,
        economic: economicOf(parts.economic, notEconomic, application.economic),
        reach: contact.email === undefined ? 'letter' : 'electronic',
        businessId: businessIdGiven(application.kind, contact.businessId),
        recipientNamed: contact.recipientName !== undefined,
        confirmed: parts.confirmed ?? state.given.confirmed,
        duplicate: await duplicateOf(desk, tenant, state.call, state.applicant, contact),
      },
      { secrets, body: JSON.parse(JSON.stringify(body)) as object },
    );
    await recognise(desk, tenant, state.applicant, businessId);
    return answer;
  }),
];

function economicOf<T>(told: EconomicDto | undefined, not: boolean | undefined, before: T): { deMinimisCents: number } | null | T {
  if (told !== undefined) return { deMinimisCents: told.deMinimisCents };
  return not === true ? null : before;
}
