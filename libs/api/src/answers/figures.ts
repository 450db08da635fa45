import type { AppealFigures } from '@minipilot/insight/appeals.js';
import type { FunnelGroup, Mean, MoneyGroup, OutcomesGroup, TimesGroup } from '@minipilot/insight/dashboards.js';
import type { Story } from '@minipilot/insight/stories.js';
import type { YearlyReport } from '@minipilot/insight/yearly-report.js';
import { CallAnswer } from './calls.js';
import { Bool, CentsOf, Counts, Int, Moment, Of, Stale, Str, Uuid, Word } from './fields.js';
import { ApiProperty } from '@nestjs/swagger';
import { PublicPilotAnswer, ServiceAnswer, StoryStepAnswer } from './pilots.js';

const GROUP = 'call, district or year; null where all is in one group';
const OF_CALLS = { nullable: true, description: 'belongs to whole calls: null where a district is looked at' } as const;
const MASKED = { nullable: true, description: 'null where the count could point to a person; see `atLeast`' } as const;

export class MoneyFigures implements MoneyGroup {
  @Str({ nullable: true, description: GROUP }) group: string | null;
  @CentsOf(OF_CALLS) budgetCents: number | null;
  @CentsOf(OF_CALLS) availableCents: number | null;
  @CentsOf(OF_CALLS) appealReserveCents: number | null;
  @CentsOf(OF_CALLS) reservedCents: number | null;
  @CentsOf(OF_CALLS) committedCents: number | null;
  @CentsOf(OF_CALLS) inTransitCents: number | null;
  @CentsOf() grantedCents: number;
  @CentsOf() paidCents: number;
  @CentsOf() returnedCents: number;
  @CentsOf({ description: 'paid less returned' }) netCents: number;
  @CentsOf({ description: 'by the pilots’ reports' }) usedCents: number;
}
export class FunnelFigures implements FunnelGroup {
  @Str({ nullable: true, description: GROUP }) group: string | null;
  @Int({ description: 'announced calls' }) calls: number;
  @Int({ description: 'those of them that still take applications: of these only what has been decided counts' }) openCalls: number;
  @Int(MASKED) applied: number | null;
  @Int(MASKED) inTime: number | null;
  @Int(MASKED) late: number | null;
  @Int(MASKED) withdrawn: number | null;
  @Int(MASKED) decided: number | null;
  @Int(MASKED) waiting: number | null;
  @Int(MASKED) refused: number | null;
  @Int(MASKED) ineligible: number | null;
  @Int() granted: number;
  @Int() accepted: number;
  @Int() paid: number;
  @Int() reported: number;
  @Int() adopted: number;
  @Bool({ description: 'true where a count is null so that nobody can be pointed at' }) suppressed: boolean;
  @Counts({ description: 'for counts that are null: what may be known all the same' }) atLeast: Record<string, number>;
}
export class OutcomeFigures implements OutcomesGroup {
  @Str({ nullable: true, description: GROUP }) group: string | null;
  @Int() yes: number;
  @Int() partly: number;
  @Int() no: number;
  @Int() reported: number;
  @Int() participants: number;
  @Int() adopted: number;
}
class MeanFigure implements Mean {
  @ApiProperty({ type: 'number', nullable: true, description: 'mean, to a tenth of an hour; null without any' }) hours: number | null;
  @Int({ description: 'of how many' }) count: number;
}
export class TimeFigures implements TimesGroup {
  @Str({ nullable: true, description: GROUP }) group: string | null;
  @Of(() => MeanFigure) arrivalToDecision: MeanFigure;
  @Of(() => MeanFigure) decisionToMoney: MeanFigure;
  @Of(() => MeanFigure) moneyToReport: MeanFigure;
  @Of(() => MeanFigure) reportToAdoption: MeanFigure;
}

export class MoneyDashboard {
  @Of(() => MoneyFigures, { list: true }) groups: MoneyFigures[];
  @Stale() stale?: true;
}
export class FunnelDashboard {
  @Of(() => FunnelFigures, { list: true }) groups: FunnelFigures[];
  @Stale() stale?: true;
}
export class OutcomesDashboard {
  @Of(() => OutcomeFigures, { list: true }) groups: OutcomeFigures[];
  @Stale() stale?: true;
}
export class TimesDashboard {
  @Of(() => TimeFigures, { list: true }) groups: TimeFigures[];
  @Stale() stale?: true;
}

export class Municipality {
  @Str({ description: 'its code in paths' }) tenant: string;
  @Str({ description: 'its name' }) municipality: string;
  @Word(['fi', 'sv', 'en'], { list: true }) languages: string[];
  @Str({ description: 'IANA time zone by which days and deadlines go' }) timeZone: string;
  @Str({ description: 'ISO 4217' }) currency: string;
  @Str({ list: true }) districts: string[];
  @Moment({ description: 'the clock of this service' }) now: string;
}

export class StoryAnswer implements Omit<Story, 'call'> {
  @Of(() => PublicPilotAnswer) pilot: PublicPilotAnswer;
  @Of(() => CallAnswer, { optional: true }) call?: CallAnswer;
  @Of(() => ServiceAnswer, { list: true }) services: ServiceAnswer[];
  @Of(() => StoryStepAnswer, { list: true, description: 'oldest first' }) steps: StoryStepAnswer[];
  @Stale() stale?: true;
}

class YearMoney {
  @Of(() => MoneyFigures) total: MoneyFigures;
  @Of(() => MoneyFigures, { list: true }) byCall: MoneyFigures[];
  @Of(() => MoneyFigures, { list: true }) byDistrict: MoneyFigures[];
}
class YearFunnel {
  @Of(() => FunnelFigures) total: FunnelFigures;
  @Of(() => FunnelFigures, { list: true }) byCall: FunnelFigures[];
  @Of(() => FunnelFigures, { list: true }) byDistrict: FunnelFigures[];
}
class YearOutcomes {
  @Of(() => OutcomeFigures) total: OutcomeFigures;
  @Of(() => OutcomeFigures, { list: true }) byCall: OutcomeFigures[];
  @Of(() => OutcomeFigures, { list: true }) byDistrict: OutcomeFigures[];
}
class AppealFiguresAnswer implements AppealFigures {
  @Uuid({ nullable: true, description: 'null for all calls together' }) call: string | null;
  @Int({ nullable: true, description: 'all that were filed; null where that could point to a person' }) filed: number | null;
  @Int({ nullable: true }) open: number | null;
  @Int({ nullable: true }) withdrawn: number | null;
  @Int({ nullable: true }) upheld: number | null;
  @Int({ nullable: true }) partly: number | null;
  @Int({ nullable: true }) dismissed: number | null;
  @Int({ nullable: true, description: 'late, by somebody without the right, or not to be understood' }) unexamined: number | null;
  @Int({ description: 'decisions that the board took up by itself' }) takenUp: number;
  @Bool({ description: 'true where a count is null so that nobody can be pointed at' }) suppressed: boolean;
}
class YearAppeals {
  @Of(() => AppealFiguresAnswer) total: AppealFiguresAnswer;
  @Of(() => AppealFiguresAnswer, { list: true }) byCall: AppealFiguresAnswer[];
}
class YearTimes {
  @Of(() => TimeFigures) total: TimeFigures;
  @Of(() => TimeFigures, { list: true }) byCall: TimeFigures[];
  @Of(() => TimeFigures, { list: true }) byDistrict: TimeFigures[];
}
/** The year for the council, from what everybody may see. */
export class YearAnswer implements Omit<YearlyReport, 'calls'> {
  @Int() year: number;
  @Str({ nullable: true }) municipality: string | null;
  @Of(() => CallAnswer, { list: true }) calls: CallAnswer[];
  @Of(() => YearMoney) money: YearMoney;
  @Of(() => YearFunnel) funnel: YearFunnel;
  @Of(() => YearOutcomes) outcomes: YearOutcomes;
  @Of(() => YearTimes) times: YearTimes;
  @Of(() => YearAppeals) appeals: YearAppeals;
  @Of(() => PublicPilotAnswer, { list: true, description: 'published lessons of the year’s pilots' }) lessons: PublicPilotAnswer[];
  @Of(() => ServiceAnswer, { list: true, description: 'adoptions that came of the year’s pilots' }) services: ServiceAnswer[];
}
