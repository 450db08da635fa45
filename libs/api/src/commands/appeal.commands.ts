import { appeal, type AppealCommand } from '@minipilot/grants/appeal/appeal.js';
import type { AppealResult, Unexamined } from '@minipilot/grants/appeal/events.js';
import { pilot } from '@minipilot/grants/pilot/pilot.js';
import { appealStream, pilotStream } from '@minipilot/grants/streams.js';
import { entityId, uuid5 } from '@minipilot/kernel/ids.js';
import type { Secret } from '@minipilot/platform/run/decision-runner.js';
import {
  Cents,
  EmailField,
  IdField,
  InstantField,
  ListOf,
  LocalDateField,
  Nested,
  OneOf,
  PhoneField,
  Text,
  YesNo,
} from '@minipilot/platform/http/fields.js';
import { Problem } from '@minipilot/platform/http/problem.js';
import { withoutPeople } from '../audit.js';
import { handler, type Act, type Answer, type Desk } from '../desk.js';
import { CodeField } from '../fields.js';
import { CHANNELS } from './application.forms.js';
import { CommentDto } from './application.commands.js';

export class RegisteredDto {
  @OneOf(CHANNELS) channel: (typeof CHANNELS)[number];
  @InstantField({ description: 'when it reached the municipality, which counts for the time to appeal' }) receivedAt: string;
  @YesNo({ description: 'it comes from the applicant of the application' }) party: boolean;
}
export class FileAppeal {
  @IdField({ optional: true, description: 'whose decision is meant' }) application?: string;
  @Text(60, { optional: true, description: 'without an application: the section whose decisions are all meant' }) section?: string;
  @YesNo({ optional: true, description: 'I am a member of the municipality: a resident, or an organisation or owner of property in it' })
  resident?: boolean;
  @Text(2000, { multiline: true, description: 'what should be changed' }) demand: string;
  @Text(4000, { multiline: true, description: 'why' }) grounds: string;
  @Text(120, { optional: true, description: 'of whoever appeals; by default the name of the sign-in' }) name?: string;
  @PhoneField({ optional: true }) phone?: string;
  @EmailField({ optional: true, description: 'by default that of the sign-in' }) email?: string;
  @Text(300, { optional: true }) address?: string;
  @Nested(() => RegisteredDto, { optional: true, description: 'only for officers who register an appeal that came on paper or by phone' })
  registered?: RegisteredDto;
}
export class CompleteAppeal extends CommentDto {}
export class WithdrawAppeal {}
export class TakeUpDecision {
  @IdField({ optional: true, description: 'whose decision is taken up' }) application?: string;
  @Text(60, { optional: true, description: 'without an application: the section whose decisions are all taken up' }) section?: string;
  @Text(60, { description: 'section of the board’s minutes in which it took the decision up' }) takenSection: string;
  @LocalDateField() takenOn: string;
  @Text(4000, { multiline: true }) reason: string;
}
export class ChangeDto {
  @IdField() application: string;
  @Cents({ description: 'granted, from the appeal reserve' }) cents: number;
  @CodeField() reasonCode: string;
  @Text(4000, { multiline: true, description: 'for the applicant, in words' }) reason: string;
  @Text(60, { optional: true, description: 'regulation, for economic activity' }) deMinimis?: string;
}
export class DecideAppeal {
  @OneOf(['upheld', 'partly', 'dismissed', 'left-unexamined']) result: AppealResult;
  @OneOf(['late', 'no-right', 'unclear'], { optional: true, description: 'why it is left unexamined' }) why?: Unexamined;
  @Text(60) section: string;
  @Text(60) caseNumber: string;
  @LocalDateField() decidedOn: string;
  @Text(4000, { multiline: true, description: 'for the appellant, in words' }) reason: string;
  @ListOf(() => ChangeDto, 50, { optional: true }) changes?: ChangeDto[];
}
export class SendAppealNotice {
  @OneOf(['electronic', 'letter']) channel: 'electronic' | 'letter';
  @LocalDateField() sentOn: string;
}

const given = (o: Record<string, unknown>) => Object.fromEntries(Object.entries(o).filter(([, v]) => v !== undefined));

/** Whose appeal it is, and how to reach them. */
async function appellantOf(desk: Desk, act: Act, body: FileAppeal): Promise<{ appellant: string; contact: Record<string, unknown> }> {
  const { tenant, subject, name: ownName, email: ownEmail } = act.caller;
  const { registered, name, phone, email, address, application } = body;
  if (registered === undefined) {
    const known = name ?? ownName ?? ownEmail;
    if (known === undefined) throw new Problem('invalid-body', {}, { errors: [{ pointer: '#/name', code: 'required' }] });
    const reach = phone ?? email ?? address;
    return { appellant: subject, contact: given({ v: 1, name: known, phone, address, email: reach === undefined ? ownEmail : email }) };
  }
  const errors: { pointer: string; code: string }[] = [];
  if (name === undefined) errors.push({ pointer: '#/name', code: 'required' });
  const reach = phone ?? email ?? address;
  if (reach === undefined) errors.push({ pointer: '#/phone', code: 'reach-missing' });
  if (registered.party && application === undefined) errors.push({ pointer: '#/application', code: 'required' });
  if (errors.length > 0) throw new Problem('invalid-body', {}, { errors });
  const contact = given({ v: 1, name, phone, email, address });
  if (registered.party) {
    const { state } = await desk.look(pilot, pilotStream(tenant, application!));
    return { appellant: state.applicant, contact };
  }
  // what a repetition of this command finds again
  const fresh = uuid5('subject', act.commandId);
  const { subject: appellant } = await desk.parts.vault.resolve(tenant, { kind: 'weak', name: name!, reach: reach! }, fresh);
  return { appellant, contact };
}

/** The call of an appeal. Whose the appeal is, the guard has asked. */
export async function appealIn(desk: Desk, act: Act) {
  const stream = appealStream(act.caller.tenant, act.appeal!);
  return { stream, ...(await desk.look(appeal, stream)) };
}

/** Why the appeal body changed a decision, in the words that the applicant was given; null where they were erased. */
export async function reasonOfAppeal(desk: Desk, tenant: string, { appeal: id, outcome }: { appeal: string; outcome: string }) {
  const event = (await desk.history(appealStream(tenant, id))).find((e) => e.id === outcome);
  return event === undefined ? null : ((await desk.opened<{ reason: string }>([event], 'comment'))?.reason ?? null);
}

/** All that is held of one appeal on who made it. */
export async function appealHeld(desk: Desk, tenant: string, id: string) {
  const events = await desk.history(appealStream(tenant, id));
  const added = events.filter((e) => e.type === 'appeal.completed').map((e) => desk.opened<{ text: string }>([e], 'comment'));
  return {
    id,
    contact: await desk.opened(events, 'contact'),
    text: await desk.opened(events, 'comment', ['appeal.filed']),
    added: (await Promise.all(added)).flatMap((comment) => (comment === null ? [] : [comment.text])),
    history: events.map(({ type, at, data }) => ({ type, at, data: withoutPeople(data) })),
  };
}

const toAppeal = async (
  desk: Desk,
  act: Act,
  command: (call: string) => AppealCommand,
  body: object,
  secrets: Secret[] = [],
): Promise<Answer> => {
  const { state, stream } = await appealIn(desk, act);
  return desk.answer(act, appeal, stream, command(state.call), { body, secrets });
};

export const appealHandlers = [
  handler(FileAppeal, async (desk, body, act) => {
    if (body.registered !== undefined && !act.caller.roles.includes('officer')) throw new Problem('forbidden');
    const { application, section, resident, demand, grounds, registered } = body;
    const { appellant, contact } = await appellantOf(desk, act, body);
    const id = entityId(act.commandId);
    const done = await desk.run(
      act,
      appeal,
      appealStream(act.caller.tenant, id),
      {
        type: 'FileAppeal',
        call: act.call!,
        appeal: id,
        application: application ?? null,
        section: section ?? null,
        appellant,
        resident: resident ?? false,
        channel: registered?.channel ?? 'online',
        receivedAt: registered?.receivedAt ?? desk.arrivalOf(act),
      },
      {
        body: JSON.parse(JSON.stringify(body)),
        secrets: [
          { purpose: 'contact', payload: contact },
          { purpose: 'comment', payload: { v: 1, demand, grounds } },
        ],
      },
    );
    const { receivedAt, until, late } = done.events[0]!.data;
    return { id, receivedAt, until, late, revision: done.revision, position: done.position };
  }),
  handler(TakeUpDecision, async (desk, { application, section, takenSection, takenOn, reason }, act) => {
    const id = entityId(act.commandId);
    const target = { call: act.call!, appeal: id, application: application ?? null, section: section ?? null };
    const command = { type: 'TakeUp' as const, ...target, takenSection, takenOn };
    const answer = await desk.answer(act, appeal, appealStream(act.caller.tenant, id), command, {
      body: { ...command, reason },
      secrets: [{ purpose: 'comment', payload: { v: 1, reason } }],
    });
    return { id, ...answer };
  }),
  handler(CompleteAppeal, (desk, { text }, act) =>
    toAppeal(desk, act, (call) => ({ type: 'CompleteAppeal', call, appeal: act.appeal! }), { text }, [
      { purpose: 'comment', payload: { v: 1, text } },
    ]),
  ),
  handler(WithdrawAppeal, (desk, _body, act) => toAppeal(desk, act, (call) => ({ type: 'WithdrawAppeal', call, appeal: act.appeal! }), {})),
  handler(DecideAppeal, (desk, body, act) => {
    const { result, why, section, caseNumber, decidedOn, reason, changes = [] } = body;
    const items = changes.map(({ application, cents, reasonCode, deMinimis }) => ({
      application,
      cents,
      reasonCode,
      deMinimis: deMinimis ?? null,
    }));
    const words = [reason, ...changes.map((c) => c.reason)];
    return toAppeal(
      desk,
      act,
      (call) => ({
        type: 'DecideAppeal',
        call,
        appeal: act.appeal!,
        result,
        why: why ?? null,
        section,
        caseNumber,
        decidedOn,
        changes: items,
      }),
      JSON.parse(JSON.stringify(body)) as object,
      words.map((text, index): Secret => ({ purpose: 'comment', index, payload: { v: 1, reason: text } })),
    );
  }),
  handler(SendAppealNotice, (desk, { channel, sentOn }, act) =>
    toAppeal(desk, act, (call) => ({ type: 'SendAppealNotice', call, appeal: act.appeal!, channel, sentOn }), { channel, sentOn }),
  ),
];
