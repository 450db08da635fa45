import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { call as callAggregate } from '@minipilot/grants/call/call.js';
import { scoring } from '@minipilot/grants/scoring/scoring.js';
import { tally } from '@minipilot/grants/tally/tally.js';
import { callStream, ledgerStream, pilotStream, scoringStream, tallyStream } from '@minipilot/grants/streams.js';
import { listPostings, deskPostings } from '@minipilot/insight/money.js';
import { parseStream } from '@minipilot/kernel/decider.js';
import { IdField, InstantField } from '@minipilot/platform/http/fields.js';
import { Problem } from '@minipilot/platform/http/problem.js';
import { After, Id, Page, Tenant, type PageRequest } from '@minipilot/platform/http/request-context.js';
import { HistorySizeAnswer, MoneyTrail, RecomputeAnswer, ReplayAnswer } from '../answers/audit.js';
import { Describe } from '../answers/describe.js';
import { PostingPage } from '../answers/money.js';
import { followMoney, HistoryCount, pseudonym, recompute, replay, withAliases } from '../audit.js';
import { reasonOfAppeal } from '../commands/appeal.commands.js';
import { Desk } from '../desk.js';
import { RevisionField } from '../fields.js';
import { listOf, pageOf, ReadSide } from '../read-side.js';

class MomentQuery {
  @RevisionField({ optional: true, description: 'up to this revision, from 0' }) revision?: string;
  @InstantField({ optional: true, description: 'up to this instant' }) at?: string;
}
class PostingsQuery {
  @IdField({ optional: true, description: 'only of this call' }) call?: string;
  @IdField({ optional: true, description: 'only of this pilot' }) pilot?: string;
  @IdField({ optional: true, description: 'only of this batch' }) batch?: string;
}

/** The auditor's desk: any history at any moment, the money of any grant, any proposal computed again. Changes nothing. */
@ApiTags('audit')
@Controller('api/:tenant/audit')
export class AuditController {
  private readonly count: HistoryCount;

  constructor(
    private readonly desk: Desk,
    private readonly read: ReadSide,
  ) {
    this.count = new HistoryCount(desk.parts.store);
  }

  @Describe('getHistorySize', 'Counts the events and streams of the municipality’s history', HistorySizeAnswer)
  @Get('summary')
  summary(@Tenant() tenant: string) {
    return this.count.of(tenant);
  }

  @Describe('replayStream', 'Replays any stream as it stood at a moment', ReplayAnswer, {
    description: 'People are told by the names of staff or by pseudonyms.',
    refusals: { 409: 'A member’s book stays closed until scoring closes' },
  })
  @Get('streams/:stream')
  stream(@Tenant() tenant: string, @Param('stream') stream: string, @Query() query: MomentQuery) {
    return this.replay(tenant, stream, query);
  }

  @Describe('replayPilot', 'Replays a mini-pilot as it stood at a moment', ReplayAnswer)
  @Get('pilots/:pilot')
  pilot(@Tenant() tenant: string, @Id('pilot') pilot: string, @Query() query: MomentQuery) {
    return this.replay(tenant, pilotStream(tenant, pilot), query);
  }

  @Describe('replayCall', 'Replays a call as it stood at a moment', ReplayAnswer)
  @Get('calls/:call')
  call(@Tenant() tenant: string, @Id('call') call: string, @Query() query: MomentQuery) {
    return this.replay(tenant, callStream(tenant, call), query);
  }

  @Describe('replayLedger', 'Replays a call’s ledger as it stood at a moment', ReplayAnswer)
  @Get('ledgers/:call')
  ledger(@Tenant() tenant: string, @Id('call') call: string, @Query() query: MomentQuery) {
    return this.replay(tenant, ledgerStream(tenant, call), query);
  }

  @Describe('followMoney', 'Follows one grant’s money, from the budget line to the bank’s reference and back', MoneyTrail)
  @Get('pilots/:pilot/money')
  async money(@Tenant() tenant: string, @Id('pilot') pilot: string) {
    const found = await followMoney(this.desk.parts.store, tenant, pilot);
    if (found === null) throw new Problem('not-found');
    return withAliases(found, await this.aliases(tenant, found));
  }

  @Describe('recomputeProposal', 'Computes a proposal again from its events alone and compares', RecomputeAnswer, {
    refusals: { 409: 'Nothing is proposed yet' },
  })
  @Get('calls/:call/recompute')
  async recompute(@Tenant() tenant: string, @Id('call') call: string) {
    await this.desk.look(callAggregate, callStream(tenant, call));
    const found = await recompute(this.desk.parts.store, tenant, call);
    if (found === null) throw new Problem('no-proposal');
    const events = await this.desk.history(scoringStream(tenant, call));
    const departures = await Promise.all(
      found.departures.map(async (d) => {
        const own = events.filter((e) => e.id === d.event);
        const comment = await this.desk.opened<{ departure?: string }>(own, 'comment');
        return { ...d, reason: d.appeal === null ? (comment?.departure ?? null) : await reasonOfAppeal(this.desk, tenant, d.appeal) };
      }),
    );
    return { ...found, departures };
  }

  @Describe('listPostings', 'Lists postings of calls, pilots or batches, oldest first', PostingPage)
  @Get('postings')
  async postings(@Tenant() tenant: string, @Query() query: PostingsQuery, @Page() page: PageRequest, @After() after?: string) {
    const stale = await this.read.after(after, [deskPostings]);
    return { ...listOf(await listPostings(this.read.db, tenant, { ...query }, pageOf(page))), ...stale };
  }

  private async replay(tenant: string, stream: string, { revision, at }: MomentQuery) {
    let name: ReturnType<typeof parseStream>;
    try {
      name = parseStream(stream);
    } catch {
      throw new Problem('not-found');
    }
    if (name.tenant !== tenant) throw new Problem('not-found');
    if (name.category === 'scorebook') await this.afterOpening(tenant, stream);
    if (name.category === 'vote' || name.category === 'tally') await this.afterCount(tenant, stream, name);
    const until = { ...(revision === undefined ? {} : { revision: Number(revision) }), ...(at === undefined ? {} : { at }) };
    const found = await replay(this.desk.parts.store, stream, until);
    if (found === null) throw new Problem('not-found');
    const { events, ...rest } = found;
    const steps = events.map(({ revision, type, at, actor, data, sealed, commandId, causationId, id }) => ({
      revision,
      type,
      at,
      actor,
      id,
      commandId,
      causationId,
      data,
      sealed: sealed?.map(({ purpose, ct, com }) => ({ purpose, ct, com })) ?? [],
    }));
    // nor where it stands in the log, which counts what everybody wrote
    const { ciphertexts: _, sealed: __, fp: ___, position: ____, ...event } = rest.event;
    const answer = { ...rest, event, steps };
    return withAliases(answer, await this.aliases(tenant, answer));
  }

  /** Not even an auditor learns before the close who has filled in how many cards, or any. */
  private async afterOpening(tenant: string, stream: string): Promise<void> {
    const first = (await this.desk.history(stream))[0];
    const call = first?.data['call'] as string | undefined;
    const opened = call !== undefined && (await this.desk.parts.runner.look(scoring, scoringStream(tenant, call))).state.opened !== null;
    // whether there is a book is not told either
    if (!opened) throw new Problem('sealed-until-scoring-closes');
  }

  /** Nor who voted, or what was read in from paper, before the count. */
  private async afterCount(tenant: string, stream: string, { category, key }: ReturnType<typeof parseStream>): Promise<void> {
    const call = category === 'tally' ? key : ((await this.desk.history(stream))[0]?.data['call'] as string | undefined);
    const counted = call !== undefined && (await this.desk.parts.runner.look(tally, tallyStream(tenant, call))).state.counted !== null;
    if (!counted) throw new Problem('sealed-until-count');
  }

  /** Staff are called by their names, everybody else by a name that only says who is the same. */
  private async aliases(tenant: string, value: unknown): Promise<(subject: string) => string> {
    const subjects = new Set<string>();
    withAliases(value, (subject) => (subjects.add(subject), subject));
    const names = new Map<string, string>();
    for (const subject of subjects) {
      const name = await this.desk.parts.vault.nameOf(tenant, subject);
      names.set(subject, name ?? pseudonym(this.desk.parts.tokenKey, subject));
    }
    return (subject) => names.get(subject)!;
  }
}
