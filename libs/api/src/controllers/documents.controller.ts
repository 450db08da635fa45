import { Body, Controller, Get, HttpCode, Post, Query, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { messages } from '@minipilot/grants/messages/messages.js';
import { scoring } from '@minipilot/grants/scoring/scoring.js';
import { messagesStream, scoringStream } from '@minipilot/grants/streams.js';
import {
  deskMessages,
  listMessages,
  listMessagesIn,
  MESSAGE_STATES,
  type MessageRow,
  type MessageState,
} from '@minipilot/insight/messages.js';
import type { Keyed } from '@minipilot/insight/query.js';
import { localDate } from '@minipilot/kernel/time.js';
import { LocalDateField, OneOf } from '@minipilot/platform/http/fields.js';
import { Problem } from '@minipilot/platform/http/problem.js';
import { Actor, After, CommandId, Id, Page, Tenant, type Caller, type PageRequest } from '@minipilot/platform/http/request-context.js';
import { Done } from '../answers/commands.js';
import { Describe } from '../answers/describe.js';
import { MessagePage } from '../answers/documents.js';
import { MarkPosted } from '../commands/notice.commands.js';
import { Desk, order } from '../desk.js';
import { callDocument } from '../documents/call-decisions.js';
import { DocumentFacts } from '../documents/facts.js';
import { draftDecision, ownerOf, readDecision, type Read } from '../documents/issue.js';
import { answerPage } from '../html.js';
import { listOf, pageOf, ReadSide } from '../read-side.js';

const LANGUAGES = ['fi', 'sv', 'en'] as const;
type Language = (typeof LANGUAGES)[number];

export class DocumentQuery {
  @OneOf(LANGUAGES, { optional: true, description: 'another language than that of the document: a translation' }) language?: Language;
}
class LetterQuery extends DocumentQuery {
  @LocalDateField({ optional: true, description: 'the day on which it will be posted, from which the window runs' }) postedOn?: string;
}
class MessagesQuery {
  @OneOf(MESSAGE_STATES, { optional: true, description: 'to-post: letters to print; failed: notices that reached nobody' })
  state?: MessageState;
}

/** Decision documents, letters, and what was told to whom. Pages that can be read, printed and kept. */
@ApiTags('documents')
@Controller('api/:tenant')
export class DocumentsController {
  constructor(
    private readonly bus: CommandBus,
    private readonly desk: Desk,
    private readonly read: ReadSide,
  ) {}

  @Describe('getDecisionDocument', 'Shows the decision document as it was given to its addressee', 'page', {
    description: 'A page to read and print; its ETag is the SHA-256 of its bytes. In another language it is a translation without one.',
    refusals: { 409: 'The decision has not been told yet', 410: 'It has been erased here; the municipality’s registry has it' },
  })
  @Get('applications/:pilot/decision.html')
  async decision(
    @Tenant() tenant: string,
    @Id('pilot') pilot: string,
    @Query() { language }: DocumentQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return answered(reply, await readDecision(this.desk, tenant, pilot, language));
  }

  @Describe('getDecisionDraft', 'Shows the decision document before it is told, or the letter to be posted', 'page', {
    description: 'With `postedOn` it is, byte by byte, what a notice by letter of that day will keep.',
    refusals: { 409: 'Nothing is decided yet' },
  })
  @Get('applications/:pilot/decision-draft.html')
  async draft(
    @Tenant() tenant: string,
    @Id('pilot') pilot: string,
    @Query() { language, postedOn }: LetterQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const telling = postedOn === undefined ? null : { channel: 'letter' as const, sentOn: postedOn };
    return answered(reply, await draftDecision(this.desk, tenant, pilot, telling, language));
  }

  @Describe('getMinutes', 'Shows all decisions of a call with names and reasons, for the minutes', 'page', {
    description: 'Made now; who has been forgotten since stands in it no more.',
    refusals: { 409: 'Nothing is decided yet' },
  })
  @Get('calls/:call/minutes.html')
  async minutes(
    @Tenant() tenant: string,
    @Id('call') call: string,
    @Query() { language }: DocumentQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const { state } = await this.desk.look(scoring, scoringStream(tenant, call));
    if (Object.keys(state.decided).length === 0) throw new Problem('not-decided');
    const facts = await DocumentFacts.of(this.desk, tenant, call);
    const wanted = language ?? facts.policy.languages[0] ?? 'fi';
    const today = localDate(this.desk.now(), facts.policy.timeZone);
    return answered(reply, { text: callDocument(await facts.decisions(today, 'minutes'), 'minutes', wanted), language: wanted });
  }

  @Describe('listMessages', 'Lists what was told to the people of an application, and how', MessagePage)
  @Get('applications/:pilot/messages')
  async messages(@Tenant() tenant: string, @Id('pilot') pilot: string, @Page() page: PageRequest, @After() after?: string) {
    const stale = await this.read.after(after, [deskMessages]);
    return { ...listOf(await listMessages(this.read.db, tenant, pilot, pageOf(page)), shown), ...stale };
  }

  @Describe(
    'listDeskMessages',
    'Lists what was told to applicants: letters to print, notices that reached nobody, and the rest',
    MessagePage,
  )
  @Get('desk/messages')
  async deskMessages(@Tenant() tenant: string, @Query() { state }: MessagesQuery, @Page() page: PageRequest, @After() after?: string) {
    const stale = await this.read.after(after, [deskMessages]);
    return { ...listOf(await listMessagesIn(this.read.db, tenant, state, pageOf(page)), shown), ...stale };
  }

  @Describe('getLetter', 'Shows a letter to be printed and posted', 'page', { refusals: { 410: 'It has been erased' } })
  @Get('applications/:pilot/letters/:message')
  async letter(
    @Tenant() tenant: string,
    @Id('pilot') pilot: string,
    @Id('message') message: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const { state } = await this.desk.look(messages, messagesStream(tenant, pilot));
    const found = state.messages[message];
    if (found?.digest == null || found.to === '') throw new Problem('letter-not-found');
    const bytes = await this.desk.parts.files.read(ownerOf(tenant, found.to), found.digest);
    if (bytes === null) throw new Problem('document-erased');
    return answered(reply, { text: bytes.toString('utf8'), language: found.language, digest: found.digest });
  }

  @Describe('postLetter', 'Records that a letter was posted', Done)
  @Post('applications/:pilot/letters/:message/posting')
  @HttpCode(200)
  posted(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('pilot') pilot: string,
    @Id('message') message: string,
    @Body() body: MarkPosted,
  ): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId, pilot, message }));
  }
}

const shown = ({ key, tenant: _, ...row }: Keyed<MessageRow>) => ({ id: key, ...row });

const answered = (reply: FastifyReply, { text, language, digest }: Read): string =>
  answerPage(reply, text, { language, ...(digest === undefined ? {} : { etag: digest }) });
