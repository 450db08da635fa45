import type { PublicPilot, PublicPilotState } from '@minipilot/insight/public-pilots.js';
import type { ServiceState, ServiceView } from '@minipilot/insight/services.js';
import { Bool, CentsOf, Day, Int, Moment, Of, Open, pageOf, Stale, Str, Uuid, Word } from './fields.js';

/** A granted pilot as everybody may see it. */
export class PublicPilotAnswer implements PublicPilot {
  @Uuid() pilot: string;
  @Uuid() call: string;
  @Str() district: string;
  @Word(['resident', 'group', 'association', 'company']) kind: string;
  @Word(['granted', 'declined', 'lapsed', 'paid', 'reported', 'completed'], { nullable: true }) state: PublicPilotState | null;
  @CentsOf({ description: 'granted' }) cents: number;
  @Str({ nullable: true, description: 'section of the minutes' }) section: string | null;
  @Day() decidedOn: string;
  @Day({
    nullable: true,
    description: 'first day on which nobody can challenge the award; null until then is known and while an appeal is open',
  })
  finalFrom: string | null;
  @CentsOf() paidCents: number;
  @Day({ nullable: true }) paidOn: string | null;
  @Moment({ nullable: true }) reportedAt: string | null;
  @Word(['yes', 'partly', 'no'], { nullable: true, description: 'did the idea work, by its own report' }) outcome: string | null;
  @Int({ nullable: true }) participants: number | null;
  @CentsOf({ nullable: true }) usedCents: number | null;
  @CentsOf() returnedCents: number;
  @Bool({ nullable: true, description: 'null before the report' }) goOn: boolean | null;
  @Str({ nullable: true, description: 'null until an officer has published the pilot’s words' }) title: string | null;
  @Str({ nullable: true }) summary: string | null;
  @Str({ nullable: true }) lesson: string | null;
  @Moment({ nullable: true }) textPublishedAt: string | null;
  @Str({ nullable: true, description: 'an organisation that was named; people never are' }) organisation: string | null;
}
export const PublicPilotPage = pageOf('PublicPilotPage', PublicPilotAnswer);

class DistrictStarted {
  @Str() district: string;
  @Day() on: string;
}
class ServiceReviewed {
  @Day() on: string;
  @Bool() goesOn: boolean;
  @Str() summary: string;
}
/** From a pilot that worked to a permanent service. */
export class ServiceAnswer implements ServiceView {
  @Uuid() service: string;
  @Uuid() pilot: string;
  @Uuid() call: string;
  @Str({ description: 'unit that owns the service' }) owner: string;
  @Str() title: string;
  @Word(['proposed', 'answered', 'adopted', 'not-adopted', 'try-elsewhere', 'ended']) state: ServiceState;
  @Day() proposedOn: string;
  @Day() answerDue: string;
  @Bool({ description: 'the owner had not answered by the day' }) overdue: boolean;
  @Word(['for', 'against', 'try-elsewhere'], { nullable: true }) answer: string | null;
  @Day({ nullable: true }) answeredOn: string | null;
  @Str({ nullable: true }) section: string | null;
  @Str({ nullable: true, description: 'office or board that decided' }) body: string | null;
  @Day({ nullable: true }) decidedOn: string | null;
  @Moment({ nullable: true }) decidedAt: string | null;
  @Str({ nullable: true }) reason: string | null;
  @CentsOf({ description: 'yearly cost' }) yearlyCents: number;
  @Int({ nullable: true }) fromYear: number | null;
  @Str({ list: true, description: 'as proposed, later as decided' }) districts: string[];
  @Of(() => DistrictStarted, { list: true }) started: DistrictStarted[];
  @Day({ nullable: true }) reviewDue: string | null;
  @Bool({ description: 'a review is due' }) reviewOverdue: boolean;
  @Of(() => ServiceReviewed, { list: true }) reviews: ServiceReviewed[];
  @Day({ nullable: true }) endedOn: string | null;
  @Str({ nullable: true }) endReason: string | null;
}
export const ServicePage = pageOf('ServicePage', ServiceAnswer);
export class PublicService extends ServiceAnswer {
  @Stale() stale?: true;
}

export class StoryStepAnswer {
  @Uuid() event: string;
  @Moment() at: string;
  @Str({ description: 'type of the event, such as pilot.paid' }) type: string;
  @Open({ description: 'the public facts of the event' }) facts: Record<string, unknown>;
}
