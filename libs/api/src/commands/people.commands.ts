import { call as callAggregate, takesPart } from '@minipilot/grants/call/call.js';
import { person } from '@minipilot/grants/person/person.js';
import { finalFrom, isLive, pilot } from '@minipilot/grants/pilot/pilot.js';
import { policy } from '@minipilot/grants/policy/policy.js';
import { messages } from '@minipilot/grants/messages/messages.js';
import { callStream, messagesStream, personStream, pilotStream, policyStream, tallyStream } from '@minipilot/grants/streams.js';
import { tally } from '@minipilot/grants/tally/tally.js';
import { PURPOSES, type Purpose } from '@minipilot/kernel/event.js';
import { addDays, localDate, type LocalDate } from '@minipilot/kernel/time.js';
import { Cents, EmailField, IdField, LocalDateField, LocalTimeField, Nested, OneOf, Text, Whole } from '@minipilot/platform/http/fields.js';
import { Problem } from '@minipilot/platform/http/problem.js';
import { fileOf } from '@minipilot/platform/privacy/sealer.js';
import { handler, type Act, type Desk } from '../desk.js';
import { outboxName } from '../mail/transport.js';
import { CodeField } from '../fields.js';

export class LeadDaysDto {
  @Whole(0, 365) ranked: number;
  @Whole(0, 365) rolling: number;
}
export class NoticeDaysDto {
  @Whole(0, 60) electronic: number;
  @Whole(0, 60) letter: number;
  @Whole(0, 60) publication: number;
}
export class SetPolicy {
  @Text(100) municipality: string;
  @OneOf(['fi', 'sv', 'en'], { list: { max: 3, min: 1 } }) languages: ('fi' | 'sv' | 'en')[];
  @Text(60) timeZone: string;
  @OneOf(['EUR']) currency: string;
  @CodeField({ list: { max: 500, min: 1 } }) districts: string[];
  @LocalDateField({ list: { max: 1000 } }) holidays: string[];
  @Nested(() => LeadDaysDto) leadDays: LeadDaysDto;
  @Nested(() => NoticeDaysDto) noticeDays: NoticeDaysDto;
  @Whole(1, 365) appealDays: number;
  @LocalTimeField({ optional: true, description: 'when the office closes, HH:MM; as in force unless told otherwise' })
  appealClosesAt?: string;
  @Whole(1, 365, { optional: true, description: 'days to take a decision on an appeal to court; as in force unless told otherwise' })
  courtDays?: number;
  @Whole(1, 365) acceptDays: number;
  @Whole(1, 365) recipientChangeDays: number;
  @Whole(1, 365) ownerAnswerDays: number;
  @Whole(1, 100) decideWorkingDays: number;
  @Whole(1, 100) planChangeWorkingDays: number;
  @Whole(1, 365, { list: { max: 10 } }) reportReminderDays: number[];
  @Whole(1, 365) reportEscalateDays: number;
  @Cents({ min: 0 }) returnFloorCents: number;
  @Whole(1, 365) returnDays: number;
  @Whole(1, 365) draftDays: number;
  @Whole(1, 365, { optional: true, description: 'as in force unless told otherwise' }) completionDays?: number;
  @Whole(0, 365, { optional: true, description: 'as in force unless told otherwise' }) completionReminderDays?: number;
  @Whole(0, 100) retentionYears: number;
}
/** Exactly one of the two. */
export class ForgetPerson {
  @EmailField({ optional: true, description: 'with which the person signs in' }) email?: string;
  @IdField({ optional: true, description: 'of whose applicant, for somebody who was helped and never signed in' }) application?: string;
}
export class ForgetMe {}

/** What the law holds back, and until when: contact and account behind grants that were paid. */
async function heldFor(
  desk: Desk,
  act: Act,
  subject: string,
  pilots: readonly string[],
): Promise<{ purpose: Purpose; until: LocalDate }[]> {
  const { retentionYears } = await desk.policy(act.caller.tenant);
  let until: LocalDate | null = null;
  for (const id of pilots) {
    const { state } = await desk.parts.runner.look(pilot, pilotStream(act.caller.tenant, id));
    const own = [state.applicant, state.recipient].includes(subject);
    if (!own || state.decision?.result !== 'granted' || state.award === 'declined' || state.award === 'lapsed') continue;
    const last = addDays(state.decision.decidedOn, Math.ceil(365.25 * retentionYears));
    if (until === null || last > until) until = last;
  }
  return until === null ? [] : (['contact', 'iban'] as const).map((purpose) => ({ purpose, until }));
}

/**
 * Whether a rule still asks who the person is: for an application in the running, or because people vote. Who has voted is not looked
 * at, as the answer would tell it, and a ballot could come while this looks.
 */
async function stillCounts(desk: Desk, tenant: string, subject: string, pilots: readonly string[]): Promise<boolean> {
  const { runner, callsWithVotes } = desk.parts;
  const today = localDate(desk.now(), (await desk.policy(tenant)).timeZone);
  for (const id of pilots) {
    const { state } = await runner.look(pilot, pilotStream(tenant, id));
    if (![state.applicant, state.recipient].includes(subject) || !isLive(state)) continue;
    const { state: call } = await runner.look(callAggregate, callStream(tenant, state.call));
    const final = finalFrom(state);
    const settled = !takesPart(call, id, state.application!.late) || (final !== null && final <= today);
    if (call.status !== 'cancelled' && !(call.closed && settled)) return true;
  }
  for (const call of await callsWithVotes(tenant)) {
    const { opened, keyDestroyed } = (await runner.look(tally, tallyStream(tenant, call))).state;
    if (opened !== null && opened.boxKey !== null && !keyDestroyed) return true;
  }
  return false;
}

/** The demonstration keeps mail as it was sent; what was sent to somebody goes with them, whatever the law holds back elsewhere. */
async function clearOutbox(desk: Desk, tenant: string, subject: string, pilots: readonly string[]): Promise<void> {
  const { outbox } = desk.parts;
  if (outbox === null) return;
  for (const id of pilots) {
    const { state } = await desk.parts.runner.look(messages, messagesStream(tenant, id));
    for (const [message, { to }] of Object.entries(state.messages)) if (to === subject) await outbox.remove(outboxName(message));
  }
}

/** An address is no part of `body`: its fingerprint would stay with the events of somebody who is forgotten. */
async function forget(desk: Desk, act: Act, subject: string, body: { application?: string } = {}) {
  const { tenant } = act.caller;
  const pilots = await desk.parts.pilotsOf(tenant, subject);
  const held = await heldFor(desk, act, subject, pilots);
  const purposes = PURPOSES.filter((p) => !held.some((h) => h.purpose === p));
  const answer = await desk.answer(act, person, personStream(tenant, subject), { type: 'ForgetPerson', purposes, held }, { body });
  const { sealed } = await desk.parts.vault.export(tenant, subject);
  const recognised = held.length > 0 || (await stillCounts(desk, tenant, subject, pilots));
  const erased = await desk.parts.vault.erase(tenant, subject, purposes, { recognised });
  const gone = sealed.filter((key) => purposes.includes(key.purpose)).flatMap((key) => fileOf(key.eventId) ?? []);
  await desk.parts.files.sweep(tenant, gone);
  await clearOutbox(desk, tenant, subject, pilots);
  const once = recognised ? [{ purpose: 'once-per-person', until: held[0]?.until ?? null }] : [];
  return { ...answer, erased, held: [...held, ...once] };
}

export const peopleHandlers = [
  handler(SetPolicy, async (desk, body, act) => {
    const { appealClosesAt, courtDays, completionDays, completionReminderDays } = await desk.policy(act.caller.tenant);
    const set = { appealClosesAt, courtDays, completionDays, completionReminderDays, ...(JSON.parse(JSON.stringify(body)) as SetPolicy) };
    return desk.answer(act, policy, policyStream(act.caller.tenant), { type: 'SetPolicy', policy: set }, { body: { ...body } });
  }),
  handler(ForgetMe, (desk, _body, act) => forget(desk, act, act.caller.subject)),
  handler(ForgetPerson, async (desk, { email, application }, act) => {
    const { tenant } = act.caller;
    if ((email === undefined) === (application === undefined))
      throw new Problem('invalid-body', {}, { errors: [{ pointer: '#/email', code: email === undefined ? 'required' : 'unknown-field' }] });
    if (application !== undefined) {
      const { applicant } = (await desk.look(pilot, pilotStream(tenant, application))).state;
      return forget(desk, act, applicant, { application });
    }
    const subject = await desk.parts.vault.find(tenant, { kind: 'email', value: email! });
    if (subject === null) throw new Problem('not-found');
    return forget(desk, act, subject);
  }),
];
