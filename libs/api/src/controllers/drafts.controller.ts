import { Body, Controller, Delete, Get, HttpCode, Post, Put, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { call as callAggregate } from '@minipilot/grants/call/call.js';
import { callStream, pilotStream } from '@minipilot/grants/streams.js';
import type { Instant } from '@minipilot/kernel/time.js';
import type { Language } from '@minipilot/platform/http/language.js';
import { Problem } from '@minipilot/platform/http/problem.js';
import { Actor, Arrival, CommandId, etag, Id, IfMatch, type Caller } from '@minipilot/platform/http/request-context.js';
import { DraftAnswer, DraftList } from '../answers/applications.js';
import { DraftSaved, Submitted } from '../answers/commands.js';
import { Describe } from '../answers/describe.js';
import { FORM_EXAMPLE } from '../answers/examples.js';
import { draftIn, draftsOf, SaveDraft, StartDraft, SubmitDraft } from '../commands/application.commands.js';
import type { DraftForm } from '../commands/application.forms.js';
import { Desk, order } from '../desk.js';
import { draftReasons, SpokenLanguage } from '../eligibility.js';
import { formHints } from '../personal-data-hints.js';

type Saved = { id: string } & Record<string, unknown>;

/** The form until it is submitted: private, kept on the way, with what its writer may want to change. */
@ApiTags('applications')
@Controller('api/:tenant/calls/:call/drafts')
export class DraftsController {
  constructor(
    private readonly bus: CommandBus,
    private readonly desk: Desk,
  ) {}

  @Describe('startDraft', 'Begins an application as a draft', DraftSaved, {
    description: 'Of an announced call. Staff may fill it in for somebody and say so in `helped`.',
    status: 201,
  })
  @ApiBody({ type: StartDraft, examples: FORM_EXAMPLE })
  @Post()
  async startDraft(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('call') call: string,
    @SpokenLanguage() language: Language,
    @Body() body: StartDraft,
  ) {
    const saved: Saved = await this.bus.execute(order(body, { caller, commandId, call }));
    return { ...saved, ...(await this.advice(caller, call, body.form, language)) };
  }

  @Describe('listDrafts', 'Lists one’s own drafts for a call', DraftList)
  @Get()
  async drafts(@Actor() caller: Caller, @Id('call') call: string, @SpokenLanguage() language: Language) {
    const drafts = (await draftsOf(this.desk, { caller, commandId: '', call })).filter((d) => d.body !== null);
    const items = drafts.map(async ({ id, version, body, updatedAt, expiresAt }) => {
      const advice = await this.advice(caller, call, body!['form'] as DraftForm, language);
      return { id, ...body, revision: version, updatedAt, expiresAt, ...advice };
    });
    return { items: await Promise.all(items) };
  }

  @Describe('getDraft', 'Shows one’s own draft with its ETag', DraftAnswer, {
    etag: true,
    refusals: { 409: 'It was submitted', 410: 'It has expired' },
  })
  @Get(':draft')
  async draft(
    @Actor() caller: Caller,
    @Id('call') call: string,
    @Id('draft') draft: string,
    @SpokenLanguage() language: Language,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { id, version, body, result, updatedAt, expiresAt } = await draftIn(this.desk, { caller, commandId: '', call, draft });
    if (body === null) throw new Problem(result === null ? 'draft-expired' : 'draft-submitted');
    etag(reply, version);
    const advice = await this.advice(caller, call, body['form'] as DraftForm, language);
    return { id, ...body, revision: version, updatedAt, expiresAt, ...advice };
  }

  @Describe('saveDraft', 'Saves a draft as far as it is filled in', DraftSaved, { refusals: { 410: 'It has expired' } })
  @ApiBody({ type: SaveDraft, examples: FORM_EXAMPLE })
  @Put(':draft')
  async saveDraft(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('call') call: string,
    @Id('draft') draft: string,
    @IfMatch() expected: number,
    @SpokenLanguage() language: Language,
    @Body() body: SaveDraft,
  ) {
    const saved: Saved = await this.bus.execute(order(body, { caller, commandId, call, draft, expected }));
    return { ...saved, ...(await this.advice(caller, call, body.form, language)) };
  }

  @Describe('deleteDraft', 'Throws one’s own draft away', null, { status: 204 })
  @Delete(':draft')
  @HttpCode(204)
  async deleteDraft(@Actor() caller: Caller, @Id('call') call: string, @Id('draft') draft: string): Promise<void> {
    const found = await draftIn(this.desk, { caller, commandId: '', call, draft });
    if (found.result === null) await this.desk.parts.vault.deleteDraft(caller.tenant, found.id);
  }

  @Describe('submitDraft', 'Submits a draft as an application', Submitted, {
    description:
      'Stored within 10 seconds of arrival, else answered 503. A draft is submitted once; doing it again gives the first answer.',
    status: 201,
    refusals: { 410: 'The draft has expired' },
  })
  @Post(':draft/submit')
  async submit(
    @Actor() caller: Caller,
    @CommandId() commandId: string,
    @Id('call') call: string,
    @Id('draft') draft: string,
    @Arrival() arrivedAt: Instant,
    @SpokenLanguage() language: Language,
  ) {
    const act = { caller, commandId, call, draft, arrivedAt };
    const { body } = await draftIn(this.desk, act);
    const submitted: Saved = await this.bus.execute(order(new SubmitDraft(), act));
    // a draft that was submitted before is gone, and a repeated request is answered the same
    const form = body === null ? await this.submitted(caller, submitted.id) : (body['form'] as DraftForm);
    return { ...submitted, hints: formHints(form, language) };
  }

  private async submitted(caller: Caller, pilot: string): Promise<DraftForm> {
    const events = await this.desk.history(pilotStream(caller.tenant, pilot));
    const words = { ...(await this.desk.opened<object>(events, 'contact')), ...(await this.desk.proposal(events)) };
    return { ...words, kind: events[0]!.data['kind'] as string };
  }

  /** What the rules say so far, and what in the texts tells who applies: for the writer alone, stored nowhere. */
  private async advice(caller: Caller, call: string, form: DraftForm, language: Language) {
    const { content } = (await this.desk.parts.runner.look(callAggregate, callStream(caller.tenant, call))).state;
    return { reasons: content === null ? [] : draftReasons(content, form, language), hints: formHints(form, language) };
  }
}
