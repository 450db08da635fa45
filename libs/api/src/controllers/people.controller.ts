import { Body, Controller, Get, HttpCode, Post, Put, Query, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Recorded } from '@minipilot/kernel/event.js';
import { pilot } from '@minipilot/grants/pilot/pilot.js';
import { policy } from '@minipilot/grants/policy/policy.js';
import { pilotStream, policyStream, voteId, voteStream } from '@minipilot/grants/streams.js';
import { vote } from '@minipilot/grants/vote/vote.js';
import { appealsBy } from '@minipilot/insight/appeals.js';
import { callsWithVotes } from '@minipilot/insight/votes.js';
import { deskPilots } from '@minipilot/insight/pilots.js';
import { worklist, type DutyRole } from '@minipilot/insight/worklist.js';
import { OneOf } from '@minipilot/platform/http/fields.js';
import { fileOf } from '@minipilot/platform/privacy/sealer.js';
import {
  Actor,
  After,
  CommandId,
  etag,
  IfMatch,
  Page,
  Tenant,
  type Caller,
  type PageRequest,
} from '@minipilot/platform/http/request-context.js';
import { Done, Erasure } from '../answers/commands.js';
import { Describe } from '../answers/describe.js';
import { DutyPage, MyData } from '../answers/people.js';
import { withoutPeople } from '../audit.js';
import { appealHeld } from '../commands/appeal.commands.js';
import { ForgetMe, ForgetPerson, SetPolicy } from '../commands/people.commands.js';
import { Desk, order } from '../desk.js';
import { listOf, pageOf, ReadSide } from '../read-side.js';

const DUTY_ROLES = ['officer', 'member', 'chair', 'decision-maker', 'appeal-body', 'finance-clerk', 'finance-approver', 'owner'] as const;
class WorklistQuery {
  @OneOf(DUTY_ROLES, { optional: true, description: 'only what waits for this role' }) role?: DutyRole;
}

/** Policy of the municipality, what waits for whom, and the rights of a person. */
@ApiTags('municipality')
@Controller('api/:tenant')
export class PeopleController {
  constructor(
    private readonly bus: CommandBus,
    private readonly desk: Desk,
    private readonly read: ReadSide,
  ) {}

  @Describe('getPolicy', 'Shows the municipality’s policy with its ETag', SetPolicy, { etag: true })
  @Get('policy')
  async policy(@Tenant() tenant: string, @Res({ passthrough: true }) reply: FastifyReply) {
    const { state, revision } = await this.desk.look(policy, policyStream(tenant));
    etag(reply, revision);
    return state;
  }

  @Describe('setPolicy', 'Sets the municipality’s policy', Done)
  @Put('policy')
  setPolicy(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @IfMatch() expected: number,
    @Body() body: SetPolicy,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, expected }));
  }

  @Describe('listWorklist', 'Lists what waits for whom, the longest waiting first', DutyPage)
  @Get('worklist')
  async worklist(
    @Actor() caller: Caller,
    @Tenant() tenant: string,
    @Query() { role }: WorklistQuery,
    @Page() page: PageRequest,
    @After() after?: string,
  ) {
    const stale = await this.read.after(after, [deskPilots]);
    const duties = await worklist(this.read.db, tenant, this.read.now(), {
      ...pageOf(page),
      ...(role === undefined ? {} : { role }),
      person: caller.subject,
    });
    return { ...listOf(duties, ({ person: _, ...duty }) => duty), ...stale };
  }

  @Describe('getMyData', 'Shows all that is held on whoever asks, machine-readable', MyData)
  @Get('my/data')
  async myData(@Actor() { tenant, subject, email, roles }: Caller) {
    const { vault } = this.desk.parts;
    const { identities, drafts, sealed, sessions } = await vault.export(tenant, subject);
    const applications = [];
    for (const id of await this.desk.parts.pilotsOf(tenant, subject)) {
      const stream = pilotStream(tenant, id);
      const { state, revision } = await this.desk.parts.runner.look(pilot, stream);
      if (![state.applicant, state.recipient, state.application?.filedBy].includes(subject)) continue;
      const events = await this.desk.history(stream);
      applications.push({
        id,
        revision,
        // whether somebody else asks for the same is not theirs to know
        state: withoutPeople({ ...state, given: { ...state.given, duplicate: undefined } }),
        contact: await this.desk.opened(events, 'contact'),
        proposal: await this.desk.proposal(events),
        report: await this.desk.opened(events, 'proposal', ['pilot.reported']),
        history: await Promise.all(events.map((event) => this.told(event))),
      });
    }
    const votes = [];
    for (const call of await callsWithVotes(this.read.db, tenant)) {
      const { state, revision } = await this.desk.parts.runner.look(vote, voteStream(tenant, voteId(call, subject)));
      if (revision >= 0) votes.push({ call, ...withoutPeople(state) });
    }
    const appeals = [];
    for (const id of await appealsBy(this.read.db, tenant, subject)) appeals.push(await appealHeld(this.desk, tenant, id));
    const kept = drafts
      .filter((d) => d.body !== null)
      .map(({ scope, body, updatedAt, expiresAt }) => ({ scope, body, updatedAt, expiresAt }));
    const moment = (at: number) => new Date(at).toISOString();
    const signIns = sessions.map(({ began, seen, ends }) => ({ began: moment(began), lastUsed: moment(seen), ends: moment(ends) }));
    const files = [];
    for (const { purpose, eventId } of sealed) {
      const digest = fileOf(eventId);
      if (digest === undefined) continue;
      files.push({ digest, html: (await this.desk.parts.files.read({ tenant, subject, purpose }, digest))?.toString('utf8') ?? null });
    }
    const events = sealed.filter(({ eventId }) => fileOf(eventId) === undefined);
    return { email, roles, identities, sealed: events, files, drafts: kept, sessions: signIns, applications, votes, appeals };
  }

  /** One step of an application's history, with what an officer wrote to its people. */
  private async told(event: Recorded) {
    const { type, at, data, sealed = [] } = event;
    const told = { type, at, data: withoutPeople({ ...data, duplicate: undefined }) };
    if (!sealed.some(({ purpose }) => purpose === 'comment')) return told;
    return { ...told, words: (await this.desk.opened<{ text: string }>([event], 'comment'))?.text ?? null };
  }

  @Describe('forgetMe', 'Destroys the keys of what is held on whoever asks', Erasure, {
    description: 'The answer says what the law holds back, and until when.',
  })
  @Post('my/erasure')
  @HttpCode(200)
  forgetMe(@Actor() caller: Caller, @CommandId() commandId: string): Promise<unknown> {
    return this.bus.execute(order(new ForgetMe(), { caller, commandId }));
  }

  @Describe('forgetPerson', 'Destroys the keys of what is held on a person who asked on paper', Erasure, {
    description: 'The answer says what the law holds back, and until when. Once forgotten, nobody is known by the address any more: 404.',
  })
  @Post('people/erasure')
  @HttpCode(200)
  forget(@Actor() caller: Caller, @CommandId() commandId: string, @Body() body: ForgetPerson): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId }));
  }
}
