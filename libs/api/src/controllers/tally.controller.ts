import { Body, Controller, Get, HttpCode, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { findPublicCall } from '@minipilot/insight/calls.js';
import { policyOf } from '@minipilot/insight/policy.js';
import { findBallot, findTally, findVote, listBallots, publicBallots, publicVotes, type TallyView } from '@minipilot/insight/votes.js';
import { read, TRACKER } from '@minipilot/grants/vote/codes.js';
import { Text } from '@minipilot/platform/http/fields.js';
import { Problem } from '@minipilot/platform/http/problem.js';
import { After, ChangesNothing, Id, Page, Tenant, type PageRequest } from '@minipilot/platform/http/request-context.js';
import { Describe } from '../answers/describe.js';
import { BallotAnswer, BallotPage, TallyAnswer, VoteAnswer } from '../answers/vote.js';
import { electionFile } from '../election-file.js';
import { listOf, pageOf, ReadSide } from '../read-side.js';

/** In the body and not in the path: an address is kept by browsers and proxies, and would join who asks to a ballot. */
export class FindBallot {
  @Text(40, { description: 'as it was told when the ballot was cast; spaces, dashes and small letters do not matter' }) tracker: string;
}

/** What everybody may see of a residents' vote: what it is about, and after the count every ballot. */
@ApiTags('vote')
@Controller('api/:tenant/calls/:call')
export class TallyController {
  constructor(private readonly reader: ReadSide) {}

  @Describe('getVote', 'Shows what residents vote on, and when', VoteAnswer)
  @Get('vote')
  async vote(@Tenant() tenant: string, @Id('call') call: string, @After() after?: string) {
    const stale = await this.reader.after(after, [publicVotes]);
    const found = await findVote(this.reader.db, tenant, call, this.reader.now());
    if (found === undefined) throw new Problem('not-found');
    return { ...found, ...stale };
  }

  @Describe('getTally', 'Shows the count of a residents’ vote', TallyAnswer, {
    refusals: { 409: 'Not counted yet: nothing is told before' },
  })
  @Get('tally')
  async tally(@Tenant() tenant: string, @Id('call') call: string, @After() after?: string) {
    const stale = await this.reader.after(after, [publicVotes]);
    return { ...(await this.counted(tenant, call)), ...stale };
  }

  @Describe('listBallots', 'Lists the opened ballots, in the order of their trackers', BallotPage, { refusals: { 409: 'Not counted yet' } })
  @Get('tally/ballots')
  async ballots(@Tenant() tenant: string, @Id('call') call: string, @Page() page: PageRequest, @After() after?: string) {
    const stale = await this.reader.after(after, [publicVotes, publicBallots]);
    await this.counted(tenant, call);
    return { ...listOf(await listBallots(this.reader.db, tenant, call, pageOf(page))), ...stale };
  }

  @Describe('findBallot', 'Finds the ballot of a tracker', BallotAnswer, {
    description: 'In the body, so that no address joins who asks to a ballot.',
    refusals: { 404: 'No such ballot was counted', 409: 'Not counted yet' },
  })
  @Post('tally/search')
  @HttpCode(200)
  @ChangesNothing()
  async find(@Tenant() tenant: string, @Id('call') call: string, @Body() { tracker }: FindBallot) {
    await this.counted(tenant, call);
    const plain = read(TRACKER, tracker);
    if (plain === null) throw new Problem('invalid-body', {}, { errors: [{ pointer: '#/tracker', code: 'tracker-malformed' }] });
    const found = await findBallot(this.reader.db, tenant, call, plain);
    if (found === undefined) throw new Problem('tracker-not-found');
    return found;
  }

  @Describe('exportBallots', 'Gives the vote as a file of pabulib', null, {
    description: 'Voters are numbers in the order of trackers; nothing is told of them.',
    refusals: { 409: 'Not counted yet' },
    media: 'text/plain',
  })
  @Get('tally/pabulib')
  async export(@Tenant() tenant: string, @Id('call') call: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const tally = await this.counted(tenant, call);
    const { db } = this.reader;
    const [content, policy] = await Promise.all([findPublicCall(db, tenant, call, this.reader.now()), policyOf(db, tenant)]);
    const vote = await findVote(db, tenant, call, this.reader.now());
    if (content === undefined || vote === undefined || policy === null || policy === undefined) throw new Problem('not-found');
    const ballots = [];
    for (let after: readonly [string, string] | undefined; ;) {
      const { items, next } = await listBallots(db, tenant, call, { limit: 200, ...(after === undefined ? {} : { after }) });
      ballots.push(...items);
      if (next === null) break;
      after = next;
    }
    void reply
      .header('content-type', 'text/plain; charset=utf-8')
      .header('content-disposition', `attachment; filename="${tenant}-${call}.pb"`);
    return electionFile({ content, policy, vote, tally, ballots });
  }

  private async counted(tenant: string, call: string): Promise<TallyView> {
    const found = await findTally(this.reader.db, tenant, call);
    if (found === undefined) throw new Problem('not-found');
    if (found.countedAt === null) throw new Problem('not-counted-yet', { closesAt: found.closesAt });
    return found as TallyView;
  }
}
