import { Body, Controller, Get, HttpCode, Post, Query, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { batch as batchAggregate, payable, rowsDigest, type BatchRow } from '@minipilot/grants/batch/batch.js';
import { batchStream, pilotStream } from '@minipilot/grants/streams.js';
import { deskBatches, deskPayoutRows, listBatches, type BatchState } from '@minipilot/insight/payouts.js';
import { OneOf } from '@minipilot/platform/http/fields.js';
import {
  Actor,
  After,
  CommandId,
  etag,
  Id,
  IfMatch,
  Page,
  Tenant,
  type Caller,
  type PageRequest,
} from '@minipilot/platform/http/request-context.js';
import { Done } from '../answers/commands.js';
import { Describe } from '../answers/describe.js';
import { BatchAnswer, BatchSummaryPage } from '../answers/money.js';
import { AcceptCloseMatch, ApproveBatch, PrepareBatch } from '../commands/payout.commands.js';
import { Desk, order } from '../desk.js';
import { listOf, pageOf, ReadSide } from '../read-side.js';

class BatchesQuery {
  @OneOf(['open', 'prepared', 'approved', 'released', 'finished'], { optional: true, description: 'how far the batch is' })
  state?: BatchState;
}

/** The finance desk: two different people for each batch. */
@ApiTags('payouts')
@Controller('api/:tenant/batches')
export class PayoutsController {
  constructor(
    private readonly bus: CommandBus,
    private readonly desk: Desk,
    private readonly read: ReadSide,
  ) {}

  @Describe('listBatches', 'Lists payment batches, the newest first', BatchSummaryPage)
  @Get()
  async list(@Tenant() tenant: string, @Query() { state }: BatchesQuery, @Page() page: PageRequest, @After() after?: string) {
    const stale = await this.read.after(after, [deskBatches, deskPayoutRows]);
    const batches = await listBatches(this.read.db, tenant, state === undefined ? {} : { states: [state] }, pageOf(page));
    const list = listOf(batches, ({ batch, preparedBy: _p, approvedBy: _a, ...rest }) => ({ id: batch, ...rest }));
    return { ...list, ...stale };
  }

  @Describe('getBatch', 'Shows a batch with its rows', BatchAnswer, {
    description: 'From the batch’s own stream; `digest` is what an approval must name.',
    etag: true,
  })
  @Get(':batch')
  async one(@Tenant() tenant: string, @Id('batch') id: string, @Res({ passthrough: true }) reply: FastifyReply) {
    const { state, revision } = await this.desk.look(batchAggregate, batchStream(tenant, id));
    etag(reply, revision);
    const rows = await Promise.all(Object.values(state.rows).map((row) => this.row(tenant, row)));
    const { status, messageId, fileDigest, executionOn } = state;
    return {
      id,
      status,
      digest: rowsDigest(state),
      payable: payable(state).map((r) => r.row),
      messageId,
      fileDigest,
      executionOn,
      rows,
      revision,
    };
  }

  private async row(
    tenant: string,
    { row, pilot, call, instalment, attempt, cents, check, acceptedBy, status, reply, movedFrom }: BatchRow,
  ) {
    const contact = await this.desk.opened<{ name: string; recipientName?: string }>(
      await this.desk.history(pilotStream(tenant, pilot)),
      'contact',
    );
    const payee = contact === null ? null : (contact.recipientName ?? contact.name);
    return {
      row,
      pilot,
      call,
      instalment,
      attempt,
      cents,
      payee,
      check,
      accepted: acceptedBy !== null,
      status,
      reply,
      movedFrom: movedFrom ?? null,
    };
  }

  @Describe('prepareBatch', 'Prepares a batch for approval', Done, { description: 'Not by somebody whom it would pay.' })
  @Post(':batch/preparation')
  @HttpCode(200)
  prepare(@Actor() caller: Caller, @CommandId() commandId: string, @Id('batch') batch: string): Promise<unknown> {
    return this.bus.execute(order(new PrepareBatch(), { caller, commandId, batch }));
  }

  @Describe('approveBatch', 'Approves a batch; it is released to the bank', Done, {
    description: 'Never by who prepared it. Names the digest of the rows as they were shown.',
  })
  @Post(':batch/approval')
  @HttpCode(200)
  approve(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('batch') batch: string,
    @IfMatch() expected: number,
    @Body() body: ApproveBatch,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, batch, expected }));
  }

  @Describe('acceptCloseMatch', 'Accepts a name that nearly matches the account’s holder', Done)
  @Post(':batch/close-matches')
  @HttpCode(200)
  acceptCloseMatch(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('batch') batch: string,
    @Body() body: AcceptCloseMatch,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, batch }));
  }
}
