import { createHmac } from 'node:crypto';
import { call as callAggregate } from '@minipilot/grants/call/call.js';
import type { DecisionResult } from '@minipilot/grants/pilot/events.js';
import { cardProblem, scorebook, type Ground } from '@minipilot/grants/scorebook/scorebook.js';
import { scoring } from '@minipilot/grants/scoring/scoring.js';
import { callStream, pilotStream, scorebookId, scorebookStream, scoringStream } from '@minipilot/grants/streams.js';
import { isParty, pilot } from '@minipilot/grants/pilot/pilot.js';
import { sha256, uuid5 } from '@minipilot/kernel/ids.js';
import { Rejected } from '@minipilot/kernel/decider.js';
import type { Secret } from '@minipilot/platform/run/decision-runner.js';
import {
  Cents,
  IdentityEmailField,
  IdField,
  InstantField,
  ListOf,
  LocalDateField,
  Nested,
  OneOf,
  Text,
  Whole,
  YesNo,
} from '@minipilot/platform/http/fields.js';
import { Problem } from '@minipilot/platform/http/problem.js';
import { StaleDraft } from '@minipilot/platform/privacy/vault.js';
import { handler, type Act, type Desk } from '../desk.js';
import { CodeField } from '../fields.js';

export class MemberDto {
  @IdentityEmailField() email: string;
  @Text(120) name: string;
}
export class StartScoring {
  @ListOf(() => MemberDto, 30, { min: 1 }) members: MemberDto[];
  @IdentityEmailField() chair: string;
  @InstantField() closesAt: string;
}
export class ExtendScoring {
  @InstantField() closesAt: string;
}
const GROUNDS = ['party', 'close-person', 'organisation-role', 'benefit', 'employment', 'other'] as const;
export class ConflictDto {
  @Text(64, { description: 'stands for one of the names shown' }) name: string;
  @OneOf(GROUNDS) ground: Ground;
}
export class DeclareConflicts {
  @ListOf(() => ConflictDto, 1000) conflicts: ConflictDto[];
}
export class RecuseFromApplication {
  @IdField() application: string;
  @OneOf([...GROUNDS, 'recognised']) ground: Ground;
}
export class CardValuesDto {
  @Whole(0, 100, { list: { max: 20, min: 1 } }) values: number[];
}
export class SaveCard {
  @Nested(() => CardValuesDto, { optional: true, description: 'leave out for "not assessed", which is not zero' }) assessed?: CardValuesDto;
  @Text(2000, { optional: true, multiline: true }) comment?: string;
}
export class FinishBook {}
export class SignProposal {
  @Text(64, { min: 64 }) digest: string;
}
export class RecordReading {
  @IdField() application: string;
  @YesNo({ list: { max: 20, min: 1 } }) values: boolean[];
}
export class ProposeRound {}
export class DecisionDto {
  @IdField() application: string;
  @OneOf(['granted', 'waiting', 'refused', 'ineligible', 'late']) result: DecisionResult;
  @Cents({ min: 0 }) cents: number;
  @OneOf(['budget', 'appeal-reserve'], { optional: true }) from?: 'budget' | 'appeal-reserve';
  @CodeField() reasonCode: string;
  @Text(4000, { multiline: true, description: 'in words; a score alone is no reason' }) reason: string;
  @CodeField({ optional: true, description: 'code, where the decision departs from the proposal' }) departure?: string;
  @Text(4000, { optional: true, multiline: true }) departureReason?: string;
  @Text(60, { optional: true, description: 'regulation, for economic activity' }) deMinimis?: string;
}
export class DecideApplications {
  @Text(60) section: string;
  @Text(60) caseNumber: string;
  @LocalDateField() decidedOn: string;
  @ListOf(() => DecisionDto, 50, { min: 1 }) decisions: DecisionDto[];
}
export const cardDraft = (call: string, member: string, application: string) => uuid5('card', call, member, application);

/** Names of applicants, recipients and organisations behind a call's applications, sorted, with what stands for each. */
export async function namesOf(
  desk: Desk,
  act: Act,
  applications: readonly string[],
): Promise<Map<string, { name: string; applications: string[] }>> {
  const names = new Map<string, { name: string; applications: string[] }>();
  const { tenant, subject: member } = act.caller;
  for (const application of applications) {
    const contacts = (await desk.history(pilotStream(tenant, application))).filter((e) =>
      e.sealed?.some((part) => part.purpose === 'contact'),
    );
    // the newest words of the applicant, and of a recipient who took over
    const newest = [false, true].map((other) => contacts.findLast((e) => (e.type === 'pilot.recipient-changed') === other));
    for (const event of newest) {
      if (event === undefined) continue;
      for (const ref of event.sealed?.filter((s) => s.purpose === 'contact') ?? []) {
        const contact = (await desk.parts.sealer.unseal(event, 'contact', ref.subject)) as { name: string; recipientName?: string } | null;
        for (const name of contact === null ? [] : [contact.name, contact.recipientName].filter((n): n is string => n !== undefined)) {
          const key = createHmac('sha256', desk.parts.tokenKey)
            .update(`name|${tenant}|${act.call}|${member}|${name}`)
            .digest('hex')
            .slice(0, 32);
          const entry = names.get(key) ?? { name, applications: [] };
          if (!entry.applications.includes(application)) entry.applications.push(application);
          names.set(key, entry);
        }
      }
    }
  }
  return new Map([...names].sort(([, a], [, b]) => a.name.localeCompare(b.name, 'fi')));
}

/** The committee's task. Who is on the committee, the guard has asked. */
export async function taskOf(desk: Desk, act: Act) {
  const { state } = await desk.look(scoring, scoringStream(act.caller.tenant, act.call!));
  if (state.started === null) throw new Problem('not-found');
  return state.started;
}

/** The applications that a member is shown: not those of a conflict, nor those that the member had a hand in. */
export async function shownTo(
  desk: Desk,
  act: Act,
  applications: readonly string[],
  conflicts: Readonly<Record<string, unknown>>,
): Promise<string[]> {
  const shown: string[] = [];
  const { tenant, subject } = act.caller;
  for (const application of applications) {
    if (application in conflicts) continue;
    const { state } = await desk.look(pilot, pilotStream(tenant, application));
    if (isParty(state, subject)) continue;
    shown.push(application);
  }
  return shown;
}

export const toScoring = (desk: Desk, act: Act, command: Record<string, unknown> & { type: string }, body: object, secrets?: Secret[]) =>
  desk.answer(act, scoring, scoringStream(act.caller.tenant, act.call!), { call: act.call!, ...command } as never, {
    body: { ...body },
    ...(secrets === undefined ? {} : { secrets }),
  });

export const scoringHandlers = [
  handler(StartScoring, async (desk, body, act) => {
    const { tenant } = act.caller;
    await desk.look(callAggregate, callStream(tenant, act.call!));
    const members: string[] = [];
    const names = new Map<string, string>();
    let chair = '';
    for (const { email, name } of body.members) {
      const { subject } = await desk.parts.vault.resolve(tenant, { kind: 'email', value: email });
      names.set(subject, name);
      members.push(subject);
      if (email === body.chair) chair = subject;
    }
    const { closesAt } = body;
    const answer = await toScoring(desk, act, { type: 'StartScoring', members, chair, closesAt }, { members, chair, closesAt });
    // only now: a task that is refused names nobody
    for (const [subject, name] of names) await desk.parts.vault.putName(tenant, subject, name, 'other');
    return answer;
  }),
  handler(ExtendScoring, (desk, { closesAt }, act) => toScoring(desk, act, { type: 'ExtendScoring', closesAt }, { closesAt })),
  handler(DeclareConflicts, async (desk, { conflicts }, act) => {
    const { tenant, subject: member } = act.caller;
    const task = await taskOf(desk, act);
    const names = await namesOf(desk, act, task.applications);
    const declared = new Map<string, Ground>();
    for (const [i, { name, ground }] of conflicts.entries()) {
      const entry = names.get(name);
      if (entry === undefined)
        throw new Problem('invalid-body', {}, { errors: [{ pointer: `#/conflicts/${i}/name`, code: 'unknown-name' }] });
      for (const application of entry.applications) declared.set(application, ground);
    }
    return desk.answer(
      act,
      scorebook,
      scorebookStream(tenant, scorebookId(act.call!, member)),
      {
        type: 'DeclareConflicts',
        call: act.call!,
        member,
        conflicts: [...declared].map(([application, ground]) => ({ application, ground })),
        shown: names.size,
        shownDigest: sha256([...names.keys()].sort().join('\n')),
      },
      { body: { conflicts: conflicts.map(({ name, ground }) => ({ name, ground })) } },
    );
  }),
  handler(RecuseFromApplication, async (desk, { application, ground }, act) => {
    const { tenant, subject: member } = act.caller;
    await taskOf(desk, act);
    const stream = scorebookStream(tenant, scorebookId(act.call!, member));
    return desk.answer(act, scorebook, stream, { type: 'RecuseFromApplication', call: act.call!, member, application, ground });
  }),
  handler(SaveCard, async (desk, { assessed, comment }, act) => {
    const { tenant, subject: member } = act.caller;
    const application = act.application!;
    await taskOf(desk, act);
    const { state } = await desk.look(callAggregate, callStream(tenant, act.call!));
    const values = assessed?.values ?? null;
    const problem = cardProblem(state.content!.rules, values);
    if (problem instanceof Rejected) throw Problem.of(problem);
    const secrets: Secret[] = [{ purpose: 'scores', payload: { v: 1, application, values } }];
    if (comment !== undefined) secrets.push({ purpose: 'comment', payload: { v: 1, text: comment } });
    const answer = await desk.answer(
      act,
      scorebook,
      scorebookStream(tenant, scorebookId(act.call!, member)),
      { type: 'SaveCard', call: act.call!, member, application },
      { secrets, body: { values, comment: comment ?? null } },
    );
    await keepOwnCard(desk, act, { values, comment: comment ?? null, revision: answer.revision });
    return answer;
  }),
  handler(FinishBook, async (desk, _body, act) => {
    const { tenant, subject: member } = act.caller;
    await taskOf(desk, act);
    const stream = scorebookStream(tenant, scorebookId(act.call!, member));
    return desk.answer(act, scorebook, stream, { type: 'FinishBook', call: act.call!, member }, { body: {} });
  }),
  handler(SignProposal, (desk, { digest }, act) => toScoring(desk, act, { type: 'SignProposal', digest }, { digest })),
  handler(RecordReading, (desk, { application, values }, act) =>
    toScoring(desk, act, { type: 'RecordReading', application, values }, { application, values }),
  ),
  handler(ProposeRound, (desk, _body, act) => toScoring(desk, act, { type: 'ProposeRound', effectiveAt: desk.now() }, {})),
  handler(DecideApplications, (desk, { section, caseNumber, decidedOn, decisions }, act) => {
    const without = decisions.findIndex((d) => d.departure !== undefined && d.departureReason === undefined);
    if (without >= 0)
      throw new Problem('invalid-body', {}, { errors: [{ pointer: `#/decisions/${without}/departureReason`, code: 'required' }] });
    const items = decisions.map(({ application, result, cents, from, reasonCode, departure, deMinimis }) => ({
      application,
      result,
      cents,
      from: from ?? 'budget',
      reasonCode,
      departure: departure ?? null,
      deMinimis: deMinimis ?? null,
    }));
    const secrets = decisions.map(({ reason, departureReason }, index): Secret => ({
      purpose: 'comment',
      index,
      payload: { v: 1, reason, ...(departureReason === undefined ? {} : { departure: departureReason }) },
    }));
    const body = { section, caseNumber, decidedOn, decisions: decisions.map((d) => ({ ...d })) };
    return toScoring(desk, act, { type: 'DecideApplications', decisions: items, section, caseNumber, decidedOn }, body, secrets);
  }),
];

/** A member's own card as the vault keeps it; `revision` is that of its event in the book. */
export interface OwnCard {
  values: number[] | null;
  comment: string | null;
  revision: number;
}

/**
 * The member's own card stays readable to the member, and to nobody else, from a draft in the vault. What counts is the newest in the book:
 * of cards saved at the same time on several machines a later one is never written over by an earlier one.
 */
async function keepOwnCard(desk: Desk, act: Act, card: OwnCard): Promise<void> {
  const { tenant, subject: owner } = act.caller;
  const { vault } = desk.parts;
  const id = cardDraft(act.call!, owner, act.application!);
  const now = desk.now();
  const scope = `card/${act.call}`;
  let { version, body } = await vault.createDraft({ id, tenant, owner, scope, body: card, now, expiresAt: '9999-12-31T00:00:00.000Z' });
  while (body !== null && ((body as Partial<OwnCard>).revision ?? -1) < card.revision) {
    try {
      await vault.saveDraft(tenant, id, card, version, now);
      return;
    } catch (error) {
      if (!(error instanceof StaleDraft)) throw error;
      const stands = await vault.getDraft(tenant, id);
      if (stands === null) return;
      ({ version, body } = stands);
    }
  }
}
