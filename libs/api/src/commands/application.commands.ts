import type { Duplicate } from '@minipilot/grants/eligibility/eligibility.js';
import { isParty, mayFollow, pilot, type ApplicationFacts, type Given, type PilotState } from '@minipilot/grants/pilot/pilot.js';
import { call as callAggregate } from '@minipilot/grants/call/call.js';
import { callStream, pilotId, pilotStream } from '@minipilot/grants/streams.js';
import { HELPERS } from '@minipilot/identity/policy-table.js';
import { entityId, uuid5 } from '@minipilot/kernel/ids.js';
import { addDays, localDate, startOfDay } from '@minipilot/kernel/time.js';
import type { Secret } from '@minipilot/platform/run/decision-runner.js';
import {
  Cents,
  IbanField,
  IdentityEmailField,
  isBusinessId,
  ListOf,
  LocalDateField,
  Nested,
  OneOf,
  PhoneField,
  Text,
  Whole,
  YesNo,
} from '@minipilot/platform/http/fields.js';
import { Problem } from '@minipilot/platform/http/problem.js';
import { ShapePipe } from '@minipilot/platform/http/validation.js';
import { asProblem, handler, type Act, type Answer, type Desk } from '../desk.js';
import { businessIdGiven, duplicateOf } from '../eligibility.js';
import { draftScope } from '../ownership.js';
import { textHints } from '../personal-data-hints.js';
import { LineDto, ApplicationForm, DraftForm, HelpedDto, type CHANNELS } from './application.forms.js';

export class StartDraft {
  @Nested(() => DraftForm) form: DraftForm;
  @Nested(() => HelpedDto, { optional: true, description: 'only for staff who fill it in for somebody' }) helped?: HelpedDto;
}
export class SaveDraft {
  @Nested(() => DraftForm) form: DraftForm;
}
export class SubmitDraft {}
export class AmendApplication extends ApplicationForm {}
export class WithdrawApplication {}
export class AcceptAward {
  @IbanField() iban: string;
}
export class ChangeAccount {
  @IbanField() iban: string;
}
export class DeclineAward {}
export class WithdrawRecipient {}
export class ChangeRecipient {
  @Text(120) name: string;
  @PhoneField({ optional: true }) phone?: string;
  @IdentityEmailField({ optional: true }) email?: string;
  @Text(300, { optional: true }) address?: string;
}
export class RetryPayout {}
export class ReportPilot {
  @Text(2000, { multiline: true }) happened: string;
  @Whole(0, 1_000_000) participants: number;
  @OneOf(['yes', 'partly', 'no'], { description: 'did the idea work; no is a good answer too' }) outcome: 'yes' | 'partly' | 'no';
  @Text(2000, { multiline: true }) learned: string;
  @ListOf(() => LineDto, 3) lines: LineDto[];
  @YesNo() goOn: boolean;
  @Text(1000, { multiline: true, min: 0 }) continuation: string;
}
export class CommentDto {
  @Text(4000, { multiline: true }) text: string;
}
export class SendReportBack extends CommentDto {}
export class ChangePlan extends CommentDto {}
export class RefusePlan extends CommentDto {}
export class AcceptReport {}
export class ExtendReport {
  @LocalDateField() due: string;
  @Text(4000, { multiline: true }) reason: string;
}
export class RecordMoneyReturned {
  @Cents() cents: number;
  @Text(40) reference: string;
  @LocalDateField() on: string;
}
export class PublishText {
  @Text(80) title: string;
  @Text(1000, { multiline: true, min: 0 }) summary: string;
  @Text(1000, { multiline: true, optional: true }) lesson?: string;
}
export class PublishRecipient {
  @Text(120) organisation: string;
}

const shape = new ShapePipe();

/** The application in the path. Whose it is, the guard has asked. */
export async function pilotIn(desk: Desk, act: Act): Promise<{ state: PilotState; revision: number; stream: string }> {
  const stream = pilotStream(act.caller.tenant, act.pilot!);
  return { ...(await desk.look(pilot, stream)), stream };
}

/** The draft in the path. Whose it is, the guard has asked. */
export async function draftIn(desk: Desk, act: Act) {
  const draft = await desk.parts.vault.getDraft(act.caller.tenant, act.draft!);
  if (draft === null) throw new Problem('not-found');
  return draft;
}

export const draftsOf = (desk: Desk, act: Act) => desk.parts.vault.listDrafts(act.caller.tenant, act.caller.subject, draftScope(act.call!));

/** The plain facts and the sealed payloads of a complete form. */
function split(form: ApplicationForm, duplicate: Duplicate): { facts: ApplicationFacts & Given; secrets: Secret[] } {
  const { kind, district, involves, economic, language, name, businessId, phone, email, address, recipientName } = form;
  const { title, idea, place, time, tradeSecret } = form;
  const lines = form.lines.map(({ what, cents }) => ({ what, cents }));
  return {
    facts: {
      kind,
      district,
      involves,
      economic: economic === undefined ? null : { deMinimisCents: economic.deMinimisCents },
      language,
      askedCents: lines.reduce((sum, line) => sum + line.cents, 0),
      reach: email === undefined ? 'letter' : 'electronic',
      businessId: businessIdGiven(kind, businessId),
      recipientNamed: recipientName !== undefined,
      confirmed: form.confirmed,
      duplicate,
    },
    secrets: [
      { purpose: 'contact', payload: given({ v: 1, name, businessId, phone, email, address, recipientName }) },
      { purpose: 'proposal', payload: given({ v: 1, title, idea, place, time, lines, tradeSecret }) },
    ],
  };
}

/** Without what was left out. */
export const given = (o: Record<string, unknown>) => Object.fromEntries(Object.entries(o).filter(([, v]) => v !== undefined));

/**
 * What the fields together must say, beyond the shape of each. What the call's rules miss – a Y-tunnus, the adult of a group – is no reason to
 * turn anybody away: it is suggested as incomplete and asked for. A slip of the pen is told to whoever writes; from paper it is taken as it stands.
 */
function checkForm(form: ApplicationForm, helped: boolean): void {
  const errors: { pointer: string; code: string; params?: { max: number } }[] = [];
  if (form.phone === undefined && form.email === undefined && form.address === undefined)
    errors.push({ pointer: '#/phone', code: 'reach-missing' });
  if (!helped && form.businessId !== undefined && !isBusinessId(form.businessId))
    errors.push({ pointer: '#/businessId', code: 'business-id' });
  if (!helped && !form.confirmed) errors.push({ pointer: '#/confirmed', code: 'must-be-confirmed' });
  if (form.lines.reduce((sum, line) => sum + line.cents, 0) > MOST_CENTS)
    errors.push({ pointer: '#/lines', code: 'too-much-money', params: { max: MOST_CENTS } });
  if (errors.length > 0) throw new Problem('invalid-body', {}, { errors });
}
const MOST_CENTS = 100_000_000_000;

async function completeForm(form: unknown, helped: boolean): Promise<ApplicationForm> {
  // a field that was emptied again while drafting was not given
  const filled = Object.fromEntries(Object.entries(form as object).filter(([, value]) => value !== '' && value !== null));
  const complete = (await shape.transform(filled, { type: 'body', metatype: ApplicationForm })) as ApplicationForm;
  checkForm(complete, helped);
  return complete;
}

const isOrganisation = (kind: unknown): boolean => kind === 'association' || kind === 'company';

/** Under whom an application counts, and whether that person is perhaps known already. An organisation without Y-tunnus has but a name. */
async function applicantOf(
  desk: Desk,
  act: Act,
  form: ApplicationForm,
  helped: boolean,
): Promise<{ subject: string; weak: boolean; known: boolean }> {
  const { tenant, subject } = act.caller;
  if (form.businessId !== undefined && isBusinessId(form.businessId))
    return { ...(await desk.parts.vault.resolve(tenant, { kind: 'business-id', value: form.businessId })), weak: false };
  if (!helped && !isOrganisation(form.kind)) return { subject, weak: false, known: true };
  // whoever is new gets an id that this command alone gives, so that its repetition does not take the person for known
  const fresh = uuid5('subject', act.commandId);
  const found = await desk.parts.vault.resolve(
    tenant,
    { kind: 'weak', name: form.name, reach: form.phone ?? form.email ?? form.address! },
    fresh,
  );
  return { subject: found.subject, weak: true, known: found.subject !== fresh };
}

/** The slot of an applicant that this command used before or may use now. */
async function freeSlot(desk: Desk, act: Act, filed: { applicant: string; byOfficer: boolean }, most: number): Promise<number | null> {
  const { subject: filedBy, tenant } = act.caller;
  for (let slot = 0; slot < most; slot++) {
    const stream = pilotStream(tenant, pilotId(act.call!, filed.applicant, slot));
    const events = await desk.history(stream);
    if (events.some((e) => e.commandId === act.commandId)) return slot;
    const { state } = await desk.parts.runner.look(pilot, stream);
    if (state.application === null || (state.withdrawn && mayFollow(state, { ...filed, filedBy }))) return slot;
  }
  return null;
}

/** From now on an organisation that has given its Y-tunnus is known by it. */
export async function recognise(desk: Desk, tenant: string, applicant: string, businessId: string | undefined): Promise<void> {
  if (businessId === undefined || !isBusinessId(businessId)) return;
  const { vault } = desk.parts;
  const identity = { kind: 'business-id', value: businessId } as const;
  // one that another applicant has is a second application, which people look at
  if ((await vault.find(tenant, identity)) === null) await vault.link(tenant, applicant, identity);
}

interface Filed {
  call: string;
  body: Record<string, unknown>;
  helped: { channel: (typeof CHANNELS)[number]; writtenAt: string } | null;
}

async function submit(desk: Desk, act: Act, { body, helped }: Filed): Promise<Answer & { id: string }> {
  const { tenant, subject: actor } = act.caller;
  const arrivedAt = desk.arrivalOf(act);
  const form = await completeForm(body, helped !== null);
  const { state: call } = await desk.look(callAggregate, callStream(tenant, act.call!));
  if (call.content === null) throw new Problem('not-found');
  const most = call.content.applicationsPerApplicant;
  let applicant = await applicantOf(desk, act, form, helped !== null);
  const byOfficer = helped !== null && act.caller.roles.includes('officer');
  let slot = await freeSlot(desk, act, { applicant: applicant.subject, byOfficer }, most);
  const warnings: string[] = [];
  if (applicant.weak && applicant.known) warnings.push('perhaps-known');
  if (slot === null && applicant.weak) {
    // a name and a phone number may belong to two people: warn, and take the application
    applicant = { subject: uuid5('subject', act.commandId), weak: true, known: false };
    slot = 0;
    warnings.push('perhaps-applied-before');
  }
  const repeats = warnings.includes('perhaps-applied-before');
  const duplicate = repeats ? 'perhaps' : await duplicateOf(desk, tenant, act.call!, applicant.subject, form);
  const { facts, secrets } = split(form, duplicate);
  const id = pilotId(act.call!, applicant.subject, slot ?? 0);
  const done = await desk.run(
    act,
    pilot,
    pilotStream(tenant, id),
    {
      type: 'SubmitApplication',
      call: act.call!,
      applicant: applicant.subject,
      slot: slot ?? 0,
      arrivedAt: helped?.writtenAt ?? arrivedAt,
      channel: helped?.channel ?? 'online',
      helper: helped === null ? null : actor,
      filedBy: actor,
      byOfficer,
      ...facts,
    },
    { secrets, notAfter: desk.submitBy({ ...act, arrivedAt }), body: { draft: act.draft ?? null } },
  );
  const { late, arrivedAt: registered } = done.events[0]!.data as { late: boolean; arrivedAt: string };
  return {
    id,
    receipt: id.slice(0, 8).toUpperCase(),
    arrivedAt: registered,
    closesAt: call.content.closesAt,
    late,
    // for staff: whoever gives another's name and number does not learn here that the other is known
    ...(helped !== null && warnings.length > 0 ? { warnings } : {}),
    revision: done.revision,
    position: done.position,
  };
}

export const toPilot =
  (command: (body: never) => Record<string, unknown> & { type: string }, secrets?: (body: never) => Secret[]) =>
  async (desk: Desk, body: object, act: Act): Promise<Answer> => {
    const { state, stream } = await pilotIn(desk, act);
    return desk.answer(act, pilot, stream, { call: state.call, ...command(body as never) } as never, {
      ...(secrets === undefined ? {} : { secrets: secrets(body as never) }),
      body: { ...body },
    });
  };
export const comment = ({ text }: CommentDto): Secret[] => [{ purpose: 'comment', payload: { v: 1, text } }];
const account = ({ iban }: { iban: string }): Secret[] => [{ purpose: 'iban', payload: { v: 1, iban } }];

export const applicationHandlers = [
  handler(StartDraft, async (desk, { form, helped }, act) => {
    const { tenant, subject, roles } = act.caller;
    if (helped !== undefined) {
      if (!HELPERS.some((role) => roles.includes(role))) throw new Problem('forbidden');
      if (!helped.authorised)
        throw new Problem('invalid-body', {}, { errors: [{ pointer: '#/helped/authorised', code: 'must-be-confirmed' }] });
      if (helped.writtenAt > desk.now())
        throw new Problem('invalid-body', {}, { errors: [{ pointer: '#/helped/writtenAt', code: 'in-the-future' }] });
    }
    const { state } = await desk.look(callAggregate, callStream(tenant, act.call!));
    if (state.status === 'cancelled') throw new Problem('call-cancelled');
    if (state.status !== 'announced') throw new Problem('not-found');
    const policy = await desk.policy(tenant);
    const now = desk.now();
    const id = entityId(act.commandId);
    const fp = await desk.parts.sealer.fingerprint(subject, { form, helped: helped ?? null });
    const first = await desk.parts.vault.putSecret(tenant, `start:${id}`, Buffer.from(fp));
    if (first.toString() !== fp) throw new Problem('idempotency-key-reused');
    const draft = await desk.parts.vault.createDraft({
      id,
      tenant,
      owner: subject,
      scope: draftScope(act.call!),
      body: { form: { ...form }, helped: helped === undefined ? null : { ...helped } },
      now,
      expiresAt: startOfDay(addDays(localDate(now, policy.timeZone), policy.draftDays), policy.timeZone),
    });
    return { id: draft.id, revision: draft.version, expiresAt: draft.expiresAt };
  }),
  handler(SaveDraft, async (desk, { form }, act) => {
    const draft = await draftIn(desk, act);
    if (draft.body === null) throw new Problem(draft.result === null ? 'draft-expired' : 'draft-submitted');
    try {
      const body = { ...draft.body, form: { ...form } };
      const version = await desk.parts.vault.saveDraft(act.caller.tenant, draft.id, body, act.expected!, desk.now());
      return { id: draft.id, revision: version, expiresAt: draft.expiresAt };
    } catch (error) {
      throw asProblem(error);
    }
  }),
  handler(SubmitDraft, async (desk, _command, act) => {
    const draft = await draftIn(desk, act);
    if (draft.result !== null) return repeated(draft.result);
    if (draft.body === null) throw new Problem('draft-expired');
    const { form, helped } = draft.body as { form: Record<string, unknown>; helped: Filed['helped'] };
    const weak = helped !== null || (isOrganisation(form['kind']) && !isBusinessId(String(form['businessId'])));
    const answer = await submit(desk, weak ? await oneSubmission(desk, act) : act, { call: act.call!, body: form, helped });
    const stands = await desk.parts.vault.settleDraft(act.caller.tenant, draft.id, JSON.stringify({ answer }), desk.now());
    return stands === null ? answer : repeated(stands);
  }),
  handler(AmendApplication, async (desk, form, act) => {
    const { state, stream } = await pilotIn(desk, act);
    checkForm(form, state.application!.helper !== null);
    const before = await desk.opened<{ businessId?: string }>(await desk.history(stream), 'contact');
    // an organisation applies under its business id, so that stays; one that had none may give it
    const had = before?.businessId !== undefined && isBusinessId(before.businessId);
    if (before !== null && before.businessId !== form.businessId && (had || !isOrganisation(form.kind)))
      throw new Problem('applicant-stays', {}, { errors: [{ pointer: '#/businessId', code: 'applicant-stays' }] });
    const { facts, secrets } = split(form, await duplicateOf(desk, act.caller.tenant, state.call, state.applicant, form));
    const command = { type: 'AmendApplication', call: state.call, ...facts } as const;
    const answer = await desk.answer(act, pilot, stream, command, { secrets, body: { ...form } });
    if (!had) await recognise(desk, act.caller.tenant, state.applicant, form.businessId);
    return answer;
  }),
  handler(WithdrawApplication, async (desk, _body, act) => {
    const { state, stream } = await pilotIn(desk, act);
    return desk.answer(act, pilot, stream, { type: 'WithdrawApplication', call: state.call }, { body: {} });
  }),
  handler(
    AcceptAward,
    toPilot(() => ({ type: 'AcceptAward' }), account),
  ),
  handler(ChangeAccount, async (desk, { iban }, act) => {
    const { state, stream } = await pilotIn(desk, act);
    const channel = isParty(state, act.caller.subject) ? 'online' : 'desk';
    return desk.answer(
      act,
      pilot,
      stream,
      { type: 'ChangeAccount', call: state.call, channel },
      { secrets: account({ iban }), body: { iban } },
    );
  }),
  handler(
    DeclineAward,
    toPilot(() => ({ type: 'DeclineAward' })),
  ),
  handler(
    WithdrawRecipient,
    toPilot(() => ({ type: 'WithdrawRecipient' })),
  ),
  handler(ChangeRecipient, async (desk, body, act) => {
    const { state, stream } = await pilotIn(desk, act);
    const { name, phone, email, address } = body;
    const reach = phone ?? email ?? address;
    if (reach === undefined) throw new Problem('invalid-body', {}, { errors: [{ pointer: '#/phone', code: 'reach-missing' }] });
    const { subject: recipient } = await desk.parts.vault.resolve(
      act.caller.tenant,
      email === undefined ? { kind: 'weak', name, reach } : { kind: 'email', value: email },
    );
    const secrets: Secret[] = [{ purpose: 'contact', payload: given({ v: 1, name, phone, email, address }) }];
    return desk.answer(act, pilot, stream, { type: 'ChangeRecipient', call: state.call, recipient }, { secrets, body: { ...body } });
  }),
  handler(
    RetryPayout,
    toPilot(() => ({ type: 'RetryPayout' })),
  ),
  handler(
    ReportPilot,
    toPilot(
      ({ outcome, participants, lines, goOn }: ReportPilot) => ({
        type: 'ReportPilot',
        outcome,
        participants,
        usedCents: lines.reduce((sum, line) => sum + line.cents, 0),
        goOn,
      }),
      ({ happened, learned, lines, continuation }: ReportPilot) => [
        {
          purpose: 'proposal',
          payload: { v: 1, happened, learned, lines: lines.map(({ what, cents }) => ({ what, cents })), continuation },
        },
      ],
    ),
  ),
  handler(
    SendReportBack,
    toPilot(() => ({ type: 'SendReportBack' }), comment),
  ),
  handler(
    AcceptReport,
    toPilot(() => ({ type: 'AcceptReport' })),
  ),
  handler(
    ExtendReport,
    toPilot(
      ({ due }: ExtendReport) => ({ type: 'ExtendReport', due }),
      ({ reason }: ExtendReport) => comment({ text: reason }),
    ),
  ),
  handler(
    RecordMoneyReturned,
    toPilot(({ cents, reference, on }: RecordMoneyReturned) => ({ type: 'RecordMoneyReturned', cents, reference, on })),
  ),
  handler(
    ChangePlan,
    toPilot(
      () => ({ type: 'ChangePlan' }),
      ({ text }: ChangePlan) => [{ purpose: 'proposal', payload: { v: 1, text } }],
    ),
  ),
  handler(
    RefusePlan,
    toPilot(() => ({ type: 'RefusePlan' }), comment),
  ),
  handler(PublishText, async (desk, body, act) => {
    const { title, summary, lesson } = body;
    // what is published stays; these are known for certain
    const [secret] = textHints({ title, summary, lesson }, {}, 'en').filter(({ advice }) => advice === 'remove-before-submit');
    if (secret !== undefined) {
      const { pointer } = secret;
      throw new Problem('invalid-body', {}, { errors: [{ pointer, code: 'secret-number-in-text' }] });
    }
    const { state, stream } = await pilotIn(desk, act);
    const command = { type: 'PublishText', call: state.call, title, summary, lesson: lesson ?? null } as const;
    return desk.answer(act, pilot, stream, command, { body: { ...body } });
  }),
  handler(
    PublishRecipient,
    toPilot(({ organisation }: PublishRecipient) => ({ type: 'PublishRecipient', organisation })),
  ),
];

/**
 * Of several submissions of one helped draft, each with its own key, the first to get here gives its command id to all: where people are told
 * apart by a weak key only, nothing else would keep the second from becoming another application.
 */
async function oneSubmission(desk: Desk, act: Act): Promise<Act> {
  const first = await desk.parts.vault.putSecret(act.caller.tenant, `submit:${act.draft}`, Buffer.from(act.commandId));
  return { ...act, commandId: first.toString() };
}

/** A draft is submitted once; whoever submits it again gets the first answer. */
function repeated(result: string): unknown {
  return (JSON.parse(result) as { answer: unknown }).answer;
}
