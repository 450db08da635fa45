import { Body, Controller, Get, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { ApiTags } from '@nestjs/swagger';
import { nextDue } from '@minipilot/insight/timers.js';
import type { Instant } from '@minipilot/kernel/time.js';
import type { DemoBank } from '@minipilot/platform/bank/demo-bank.js';
import { IbanField, InstantField, OneOf, Text } from '@minipilot/platform/http/fields.js';
import type { FileFolder } from '@minipilot/platform/privacy/files.js';
import { Problem } from '@minipilot/platform/http/problem.js';
import { ChangesNothing, Page, type PageRequest } from '@minipilot/platform/http/request-context.js';
import type { ReadModels } from '@minipilot/platform/read-models/database.js';
import { advance, AdvanceFailed } from '@minipilot/platform/run/demo-clock-advance.js';
import type { DemoClock } from '@minipilot/platform/store/demo-clock.js';
import { DemoAccount, DemoClockMoved, DemoTime } from '../answers/commands.js';
import { Describe } from '../answers/describe.js';
import { OutboxPage } from '../answers/documents.js';

/** What the demonstration can do that no real municipality could. */
export interface DemoParts {
  clock: DemoClock;
  readModels: ReadModels;
  bank: DemoBank;
  outbox: FileFolder;
  idle(): Promise<boolean>;
  trouble(): { stopped: string[]; behind: string[] };
  poke(): void;
  /** called after each move of the clock */
  moved(at: Instant): Promise<void>;
}
export const DEMO_PARTS = Symbol('demo parts');

/** Row that tells processes without an event store what the demo clock says. */
export const DEMO_CLOCK = 'demo-clock';

class MoveClock {
  @InstantField({ description: 'where the clock shall stand; it never goes back' }) to: string;
}
class RegisterAccount {
  @IbanField() iban: string;
  @Text(120, { optional: true, description: 'without a holder the bank answers no name check' }) holder?: string;
  @OneOf(['settle', 'reject', 'return']) behaviour: 'settle' | 'reject' | 'return';
}

/** Only in demo mode: the clock that can be moved on, and the bank that can be told how to behave. */
@ApiTags('demo')
@Controller('demo')
export class DemoController {
  /** one move at a time */
  private moving: Promise<unknown> = Promise.resolve();

  constructor(@Inject(DEMO_PARTS) private readonly parts: DemoParts) {}

  @Describe('getDemoClock', 'Tells the time of the demonstration', DemoTime)
  @Get('clock')
  now() {
    return { now: this.parts.clock.now() };
  }

  @Describe('moveDemoClock', 'Moves the clock of the demonstration on', DemoClockMoved, {
    description: 'From due timer to due timer; answers when all that fell due is done. Never back.',
    refusals: { 409: 'The clock would go back' },
  })
  @Post('clock')
  @HttpCode(200)
  @ChangesNothing()
  async move(@Body() { to }: MoveClock) {
    const move = async () => {
      const { clock, readModels, idle, trouble, poke, moved } = this.parts;
      if (to < clock.now()) throw new Problem('clock-goes-back', { now: clock.now() });
      try {
        const { steps } = await advance({ clock, to, nextDue: () => nextDue(readModels.db), idle, trouble, poke });
        await moved(to);
        return { now: clock.now(), steps };
      } catch (error) {
        if (error instanceof AdvanceFailed) throw new Problem('clock-stuck', { reason: error.message });
        if (error instanceof RangeError) throw new Problem('clock-goes-back', { now: clock.now() });
        throw error;
      }
    };
    const turn = this.moving.then(move, move);
    this.moving = turn;
    return turn;
  }

  @Describe('registerDemoAccount', 'Tells the demo bank who holds an account and what becomes of payments to it', DemoAccount)
  @Post('bank/accounts')
  @HttpCode(200)
  @ChangesNothing()
  async register(@Body() { iban, holder, behaviour }: RegisterAccount) {
    await this.parts.bank.register({ iban, holder: holder ?? null, behaviour });
    return { iban, behaviour };
  }

  @Describe('listDemoOutbox', 'Lists the mail that the demonstration would have sent', OutboxPage)
  @Get('outbox')
  async outbox(@Page() { limit, cursor }: PageRequest) {
    const names = (await this.parts.outbox.list()).sort();
    const from = cursor === undefined ? 0 : names.findIndex((name) => name > cursor);
    const shown = from < 0 ? [] : names.slice(from, from + limit);
    const items = await Promise.all(shown.map(async (name) => ({ name, ...headersOf(await this.parts.outbox.read(name)) })));
    const last = shown.at(-1);
    return { items, next: last !== undefined && last !== names.at(-1) ? last : null };
  }

  @Describe('getDemoMail', 'Shows one message as it would have been sent (RFC 5322)', null, { media: 'message/rfc822' })
  @Get('outbox/:name')
  async mail(@Param('name') name: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const bytes = /^[0-9a-f-]{36}\.eml$/.test(name) ? await this.parts.outbox.read(name) : null;
    if (bytes === null) throw new Problem('letter-not-found');
    void reply.header('content-type', 'message/rfc822').header('content-disposition', 'attachment; filename="message.eml"');
    return bytes.toString('latin1');
  }
}

/** Whom a message is for, and its Message-ID; empty where the file is gone. */
function headersOf(bytes: Buffer | null): { to: string; messageId: string } {
  const header = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(bytes?.toString('latin1') ?? '')?.[1]?.trim() ?? '';
  return { to: header('To'), messageId: header('Message-ID') };
}
