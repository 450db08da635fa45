import { Body, Controller, Get, HttpCode, Post, Req } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { call as callAggregate } from '@minipilot/grants/call/call.js';
import { callStream, tallyStream, voteId, voteStream } from '@minipilot/grants/streams.js';
import { tally } from '@minipilot/grants/tally/tally.js';
import { vote } from '@minipilot/grants/vote/vote.js';
import type { Instant } from '@minipilot/kernel/time.js';
import { Actor, Arrival, CommandId, Id, IdempotencyKey, routeOf, Tenant, type Caller } from '@minipilot/platform/http/request-context.js';
import { Done } from '../answers/commands.js';
import { Describe } from '../answers/describe.js';
import { BallotReceipt, BallotsImported, CodesOrdered, DeskVote, OwnVote } from '../answers/vote.js';
import { CastBallot, CastByCode, castByCode, ImportBallots, OpenVote, OrderCodes, PublishProjects } from '../commands/vote.commands.js';
import { Desk, order } from '../desk.js';

/** The residents' vote: prepared by an officer, cast by residents. Nobody is told how many voted before the count. */
@ApiTags('vote')
@Controller('api/:tenant')
export class VotingController {
  constructor(
    private readonly bus: CommandBus,
    private readonly desk: Desk,
  ) {}

  @Describe('getDeskVote', 'Shows how far a residents’ vote is prepared', DeskVote)
  @Get('desk/calls/:call/vote')
  async prepared(@Tenant() tenant: string, @Id('call') call: string) {
    const { state: content } = await this.desk.look(callAggregate, callStream(tenant, call));
    const { state } = await this.desk.parts.runner.look(tally, tallyStream(tenant, call));
    const applications = state.opened?.projects.map((p) => p.application) ?? [...content.applications].sort();
    return {
      projects: applications.map((application) => {
        const { title = null, summary = null } = state.published[application] ?? {};
        return { application, title, summary };
      }),
      opened: state.opened !== null,
      opensAt: state.opened?.opensAt ?? null,
      closesAt: state.opened?.closesAt ?? null,
      codes: state.codes,
      files: state.importDigests.length,
      paperComplete: state.paperDone,
      counted: state.counted !== null,
    };
  }

  @Describe('publishProjects', 'Writes what voters are shown of applications', Done)
  @Post('calls/:call/vote/projects')
  @HttpCode(200)
  publish(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('call') call: string,
    @Body() body: PublishProjects,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, call }));
  }

  @Describe('openVote', 'Fixes a residents’ vote: its projects, its time, the key of its ballot box', Done, {
    status: 201,
    description: 'All applications that take part after the check, once each has its public text.',
  })
  @Post('calls/:call/vote')
  open(@Actor() caller: Caller, @CommandId() commandId: string, @Id('call') call: string, @Body() body: OpenVote): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, call }));
  }

  @Describe('orderVotingCodes', 'Makes codes for people who vote without signing in, and a page to print', CodesOrdered, {
    status: 201,
    description: 'Only their HMACs are kept. Whoever hands them out checks age and residence.',
  })
  @Post('calls/:call/vote/codes')
  codes(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @IdempotencyKey() key: string,
    @Id('call') call: string,
    @Body() body: OrderCodes,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, call, key }));
  }

  @Describe('importBallots', 'Reads in ballots on paper, or of a vote held elsewhere, from a pabulib file', BallotsImported, {
    status: 201,
  })
  @Post('calls/:call/vote/imports')
  import(@Actor() caller: Caller, @CommandId() commandId: string, @Id('call') call: string, @Body() body: ImportBallots): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, call }));
  }

  @Describe('castBallot', 'Casts a resident’s ballot, or replaces the one before; the last one counts', BallotReceipt, {
    description: 'Age and residence are taken from the sign-in and kept nowhere. The ballot is sealed until the count.',
  })
  @Post('calls/:call/ballots')
  @HttpCode(200)
  cast(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @IdempotencyKey() key: string,
    @Id('call') call: string,
    @Arrival() arrivedAt: Instant,
    @Body() body: CastBallot,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, call, key, arrivedAt }));
  }

  @Describe('castBallotByCode', 'Casts a ballot with a code that a library handed out', BallotReceipt, {
    description: 'Without signing in. The same code again replaces its ballot.',
    refusals: { 404: 'No such code, or no such vote', 409: 'The vote is not open', 429: 'Too many wrong codes from this address' },
  })
  @Post('calls/:call/ballots/by-code')
  @HttpCode(200)
  castByCode(
    @Tenant() tenant: string,
    @IdempotencyKey() key: string,
    @Id('call') call: string,
    @Arrival() arrivedAt: Instant,
    @Body() body: CastByCode,
    @Req() request: FastifyRequest,
  ): Promise<unknown> {
    return castByCode(this.desk, { tenant, address: request.ip, route: routeOf(request), key, arrivedAt }, call, body);
  }

  @Describe('getMyVote', 'Tells whether whoever is signed in has voted, and nothing of the ballot', OwnVote)
  @Get('calls/:call/ballots/mine')
  async mine(@Actor() { tenant, subject }: Caller, @Id('call') call: string) {
    await this.desk.look(callAggregate, callStream(tenant, call));
    const { state } = await this.desk.parts.runner.look(vote, voteStream(tenant, voteId(call, subject)));
    return { cast: state.cast, lastAt: state.lastAt };
  }
}
