import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { findPublicCall, listPublicCalls, publicCalls, type CallPhase } from '@minipilot/insight/calls.js';
import { funnel, GROUPINGS, money, outcomes, times, type DashboardFilter, type Grouping } from '@minipilot/insight/dashboards.js';
import { findDocument, listDocuments, publicDocuments, type DocumentRow } from '@minipilot/insight/documents.js';
import type { Keyed } from '@minipilot/insight/query.js';
import { publicFigures } from '@minipilot/insight/figures.js';
import { findLot, publicLotPages, publicLots } from '@minipilot/insight/lots.js';
import { publicMoney } from '@minipilot/insight/money.js';
import { policyOf } from '@minipilot/insight/policy.js';
import { callFinality, publicFinality } from '@minipilot/insight/finality.js';
import {
  listLessons,
  listPublicPilots,
  publicPilots,
  type PublicPilotFilter,
  type PublicPilotState,
} from '@minipilot/insight/public-pilots.js';
import { findService, listServices, publicServices, type ServiceState } from '@minipilot/insight/services.js';
import { findStory, publicStories } from '@minipilot/insight/stories.js';
import { publicBallots, publicVotes } from '@minipilot/insight/votes.js';
import { yearlyReport } from '@minipilot/insight/yearly-report.js';
import { localDate } from '@minipilot/kernel/time.js';
import { IdField, OneOf, Text } from '@minipilot/platform/http/fields.js';
import { Problem } from '@minipilot/platform/http/problem.js';
import { answerPage } from '../html.js';
import { lotPage } from '../lot-page.js';
import { After, Id, Page, Tenant, type PageRequest } from '@minipilot/platform/http/request-context.js';
import { CallPage, PublicCall } from '../answers/calls.js';
import { Describe } from '../answers/describe.js';
import { PublishedDocumentPage } from '../answers/documents.js';
import {
  FunnelDashboard,
  MoneyDashboard,
  Municipality,
  OutcomesDashboard,
  StoryAnswer,
  TimesDashboard,
  YearAnswer,
} from '../answers/figures.js';
import { LotAnswer } from '../answers/lot.js';
import { PublicPilotPage, PublicService, ServicePage } from '../answers/pilots.js';
import { YearField } from '../fields.js';
import { listOf, pageOf, ReadSide } from '../read-side.js';

class CallsQuery {
  @OneOf(['upcoming', 'open', 'closing', 'closed', 'cancelled'], { optional: true, description: 'where the call stands by the clock' })
  phase?: CallPhase;
  @YearField({ optional: true, description: 'of the call’s budget' }) year?: string;
}
class DecisionsQuery {
  @OneOf(['fi', 'sv', 'en'], { optional: true, description: 'of the document' }) language?: 'fi' | 'sv' | 'en';
  @Text(64, { optional: true, min: 64, description: 'digest of the document' }) document?: string;
}
class DashboardQuery {
  @IdField({ optional: true, description: 'only of this call' }) call?: string;
  @Text(60, { optional: true, description: 'only of this district' }) district?: string;
  @YearField({ optional: true, description: 'of the call’s budget' }) year?: string;
  @OneOf(GROUPINGS, { optional: true, description: 'one group for each; without it one for all' }) by?: Grouping;
}
class PilotsQuery {
  @IdField({ optional: true, description: 'only of this call' }) call?: string;
  @Text(60, { optional: true, description: 'only of this district' }) district?: string;
  @OneOf(['yes', 'partly', 'no'], { optional: true, description: 'did the idea work, by its own report' }) outcome?:
    'yes' | 'partly' | 'no';
  @OneOf(['granted', 'declined', 'lapsed', 'paid', 'reported', 'completed'], { optional: true, description: 'how far the pilot is' })
  state?: PublicPilotState;
}
class ServicesQuery {
  @OneOf(['proposed', 'answered', 'adopted', 'not-adopted', 'try-elsewhere', 'ended'], {
    optional: true,
    description: 'how far the adoption is',
  })
  state?: ServiceState;
}
class LotQuery {
  @OneOf(['fi', 'sv', 'en'], { optional: true, description: 'of the page; else the first of the municipality' }) language?:
    'fi' | 'sv' | 'en';
}
class YearQuery {
  @YearField({ description: 'of the calls’ budgets' }) year: string;
}

const filterOf = ({ call, district, year, by }: DashboardQuery): DashboardFilter => ({
  ...(call === undefined ? {} : { call }),
  ...(district === undefined ? {} : { district }),
  ...(year === undefined ? {} : { year: Number(year) }),
  ...(by === undefined ? {} : { by }),
});
const pilotFilter = ({ call, ...rest }: PilotsQuery): PublicPilotFilter => ({ ...(call === undefined ? {} : { calls: [call] }), ...rest });
const found = <T>(row: T | undefined): T => {
  if (row === undefined) throw new Problem('not-found');
  return row;
};

/** What everybody may see; needs neither event store nor vault. */
@ApiTags('public')
@Controller('api/:tenant')
export class PublicController {
  constructor(private readonly read: ReadSide) {}

  @Describe('getMunicipality', 'Tells about the municipality: name, languages, districts, clock', Municipality)
  @Get('municipality')
  async municipality(@Tenant() tenant: string) {
    const policy = found(await policyOf(this.read.db, tenant));
    const { municipality, languages, timeZone, currency, districts } = policy;
    return { tenant, municipality, languages, timeZone, currency, districts, now: this.read.now() };
  }

  @Describe('listCalls', 'Lists announced calls, the last to open first', CallPage)
  @Get('calls')
  async calls(@Tenant() tenant: string, @Query() query: CallsQuery, @Page() page: PageRequest, @After() after?: string) {
    const stale = await this.read.after(after, [publicCalls]);
    const { phase, year } = query;
    const filter = { ...(phase === undefined ? {} : { phase }), ...(year === undefined ? {} : { year: Number(year) }) };
    return { ...listOf(await listPublicCalls(this.read.db, tenant, this.read.now(), filter, pageOf(page))), ...stale };
  }

  @Describe('getCall', 'Shows an announced call', PublicCall)
  @Get('calls/:call')
  async call(@Tenant() tenant: string, @Id('call') call: string, @After() after?: string) {
    const stale = await this.read.after(after, [publicCalls, publicFinality]);
    const shown = found(await findPublicCall(this.read.db, tenant, call, this.read.now()));
    const today = localDate(this.read.now(), (await policyOf(this.read.db, tenant))?.timeZone ?? 'UTC');
    return { ...shown, finality: await callFinality(this.read.db, tenant, call, today), ...stale };
  }

  @Describe('listDecisionDocuments', 'Lists the documents of a call’s published decisions, the newest first', PublishedDocumentPage)
  @Get('calls/:call/decisions')
  async decisionDocuments(@Tenant() tenant: string, @Id('call') call: string, @Page() page: PageRequest, @After() after?: string) {
    const stale = await this.read.after(after, [publicDocuments]);
    const shown = ({ key, language, publishedOn, appealUntil }: Keyed<DocumentRow>) => ({
      digest: key,
      language,
      publishedOn,
      appealUntil,
    });
    return { ...listOf(await listDocuments(this.read.db, tenant, call, pageOf(page)), shown), ...stale };
  }

  @Describe('getDecisionsDocument', 'Shows the document of a call’s published decisions, without names of private persons', 'page', {
    description: 'The newest, or one by its digest. A page to read and print; its ETag is the SHA-256 of its bytes.',
  })
  @Get('calls/:call/decisions.html')
  async decisions(
    @Tenant() tenant: string,
    @Id('call') call: string,
    @Query() { language, document }: DecisionsQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
    @After() after?: string,
  ): Promise<string> {
    await this.read.after(after, [publicDocuments]);
    const row = await findDocument(this.read.db, tenant, call, { language, digest: document });
    if (row === undefined) throw new Problem('decisions-not-published');
    const bytes = await this.read.publicFiles.read(row.key);
    return answerPage(reply, bytes.toString('utf8'), { language: row.language as 'fi', etag: row.key, public: true });
  }

  @Describe('getLot', 'Shows the lot of a call: what was committed to, and once it is revealed all that it takes to repeat it', LotAnswer)
  @Get('calls/:call/lot')
  async lot(@Tenant() tenant: string, @Id('call') call: string, @After() after?: string) {
    const stale = await this.read.after(after, [publicLots, publicLotPages, publicVotes, publicBallots]);
    return { ...found(await findLot(this.read.db, tenant, call)), ...stale };
  }

  @Describe('getLotPage', 'Explains the lot of a call with its own numbers, and how to repeat it', 'page')
  @Get('calls/:call/lot.html')
  async lotPage(
    @Tenant() tenant: string,
    @Id('call') call: string,
    @Query() { language }: LotQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
    @After() after?: string,
  ): Promise<string> {
    await this.read.after(after, [publicLots, publicLotPages, publicCalls, publicVotes, publicBallots]);
    const lot = found(await findLot(this.read.db, tenant, call));
    const { title } = found(await findPublicCall(this.read.db, tenant, call, this.read.now()));
    const spoken = language ?? (await policyOf(this.read.db, tenant))?.languages[0] ?? 'fi';
    return answerPage(reply, lotPage(lot, title[spoken] ?? title.fi, spoken), { language: spoken });
  }

  @Describe('getMoneyDashboard', 'Shows money against budget', MoneyDashboard)
  @Get('dashboard/money')
  async money(@Tenant() tenant: string, @Query() query: DashboardQuery, @After() after?: string) {
    const stale = await this.read.after(after, [publicMoney, publicPilots]);
    return { groups: await money(this.read.db, tenant, filterOf(query)), ...stale };
  }

  @Describe('getFunnelDashboard', 'Shows how far applications came', FunnelDashboard, {
    description: 'Counts that could point to a person are null.',
  })
  @Get('dashboard/funnel')
  async funnel(@Tenant() tenant: string, @Query() query: DashboardQuery, @After() after?: string) {
    const stale = await this.read.after(after, [publicFigures, publicCalls]);
    return { groups: await funnel(this.read.db, tenant, filterOf(query)), ...stale };
  }

  @Describe('getTimesDashboard', 'Shows how long granted pilots waited between stages', TimesDashboard)
  @Get('dashboard/times')
  async times(@Tenant() tenant: string, @Query() query: DashboardQuery, @After() after?: string) {
    const stale = await this.read.after(after, [publicFigures]);
    return { groups: await times(this.read.db, tenant, filterOf(query)), ...stale };
  }

  @Describe('getOutcomesDashboard', 'Shows whether granted pilots worked, by their own reports', OutcomesDashboard)
  @Get('dashboard/outcomes')
  async outcomes(@Tenant() tenant: string, @Query() query: DashboardQuery, @After() after?: string) {
    const stale = await this.read.after(after, [publicFigures]);
    return { groups: await outcomes(this.read.db, tenant, filterOf(query)), ...stale };
  }

  @Describe('listPilots', 'Lists granted pilots, the last decided first', PublicPilotPage)
  @Get('pilots')
  async pilots(@Tenant() tenant: string, @Query() query: PilotsQuery, @Page() page: PageRequest, @After() after?: string) {
    const stale = await this.read.after(after, [publicPilots]);
    return { ...listOf(await listPublicPilots(this.read.db, tenant, pilotFilter(query), pageOf(page))), ...stale };
  }

  @Describe('getStory', 'Tells the whole story of one granted pilot', StoryAnswer)
  @Get('pilots/:pilot')
  async story(@Tenant() tenant: string, @Id('pilot') pilot: string, @After() after?: string) {
    const stale = await this.read.after(after, [publicPilots, publicStories]);
    return { ...found(await findStory(this.read.db, tenant, pilot, this.read.now())), ...stale };
  }

  @Describe('listLessons', 'Lists published lessons of granted pilots, the newest first', PublicPilotPage)
  @Get('lessons')
  async lessons(@Tenant() tenant: string, @Query() query: PilotsQuery, @Page() page: PageRequest, @After() after?: string) {
    const stale = await this.read.after(after, [publicPilots]);
    return { ...listOf(await listLessons(this.read.db, tenant, pilotFilter(query), pageOf(page))), ...stale };
  }

  @Describe('listServices', 'Lists adoptions, the last proposed first', ServicePage)
  @Get('services')
  async services(@Tenant() tenant: string, @Query() query: ServicesQuery, @Page() page: PageRequest, @After() after?: string) {
    const stale = await this.read.after(after, [publicServices]);
    const filter = query.state === undefined ? {} : { states: [query.state] };
    return { ...listOf(await listServices(this.read.db, tenant, filter, pageOf(page))), ...stale };
  }

  @Describe('getService', 'Shows a service and how it came to be', PublicService)
  @Get('services/:service')
  async service(@Tenant() tenant: string, @Id('service') service: string, @After() after?: string) {
    const stale = await this.read.after(after, [publicServices]);
    return { ...found(await findService(this.read.db, tenant, service)), ...stale };
  }

  @Describe('getYearlyReport', 'Reports a year to the council, from what everybody may see', YearAnswer)
  @Get('yearly-report')
  async yearlyReport(@Tenant() tenant: string, @Query() { year }: YearQuery) {
    return yearlyReport(this.read.db, tenant, Number(year), this.read.now());
  }
}
