import { call } from '@minipilot/grants/call/call.js';
import type { CallContent } from '@minipilot/grants/call/events.js';
import type { Rules } from '@minipilot/grants/selection/rules.js';
import { callStream } from '@minipilot/grants/streams.js';
import { sha256, entityId } from '@minipilot/kernel/ids.js';
import {
  Cents,
  IdField,
  InstantField,
  ListOf,
  LocalDateField,
  LocalTimeField,
  Nested,
  OneOf,
  Text,
  TextsInThreeLanguages,
  Whole,
  type ThreeLanguages,
} from '@minipilot/platform/http/fields.js';
import { handler } from '../desk.js';
import { CodeField } from '../fields.js';
import { lotSeed } from '../lot.js';

export class ThemeDto {
  @CodeField() theme: string;
  @CodeField({ optional: true, description: 'unit that answers for services of this theme' }) owner?: string;
  @LocalDateField({ optional: true, description: 'day of the promise to look at every pilot that worked within 60 days' })
  ownerPromisedOn?: string;
}
export class GrantDto {
  @Cents() minCents: number;
  @Cents() maxCents: number;
}
export class BudgetDto {
  @Cents() cents: number;
  @Whole(2000, 2200) year: number;
  @Text(40, { min: 0 }) costCentre: string;
  @Text(40, { min: 0 }) account: string;
  @Text(40, { min: 0 }) project: string;
}
export class AuthorityDto {
  @Text(60, { description: 'section of the minutes, such as § 12' }) section: string;
  @LocalDateField() on: string;
}
export class ContactPointDto {
  @Text(120) office: string;
  @Text(120) reach: string;
}
export class CriterionDto {
  @CodeField() id: string;
  @Whole(0, 100) weight: number;
  @TextsInThreeLanguages(400, { optional: true }) text?: ThreeLanguages;
}
export class ScaleDto {
  @Whole(0, 100) min: number;
  @Whole(0, 100) max: number;
}
export class DistrictCapDto {
  @Cents() cents: number;
}
export class RoundDto {
  @Whole(1, 7, { description: 'ISO weekday' }) weekday: number;
  @LocalTimeField() time: string;
}
export class BallotDto {
  @OneOf(['approval'], { description: 'a voter chooses applications, all alike' }) kind: 'approval';
  @Whole(1, 100, { description: 'fewest applications on a ballot' }) min: number;
  @Whole(1, 100, { description: 'most applications on a ballot' }) max: number;
}
export class VoteRulesDto {
  @Whole(0, 100, { description: 'full years on the day of voting' }) minAge: number;
  @OneOf(['municipality', 'districts'], { description: 'all residents, or those of the call’s districts' }) residence:
    'municipality' | 'districts';
  @Nested(() => BallotDto) ballot: BallotDto;
}
export class RulesDto {
  @OneOf(['rolling', 'ranked-until-budget', 'equal-shares']) method: 'rolling' | 'ranked-until-budget' | 'equal-shares';
  @ListOf(() => CriterionDto, 20) criteria: CriterionDto[];
  @Nested(() => ScaleDto) scale: ScaleDto;
  @Whole(1, 100) minimumCards: number;
  @OneOf(['criterion-order', 'lower-cost', 'more-votes', 'lot'], { list: { max: 4, min: 1 } }) tieRule: Rules['tieRule'];
  @Nested(() => DistrictCapDto, { optional: true }) districtCap?: DistrictCapDto;
  @OneOf(['skip', 'stop']) whenOverBudget: 'skip' | 'stop';
  @Whole(0, 10000, { optional: true }) waitingList?: number;
  @Whole(1, 5, { optional: true }) readers?: number;
  @Nested(() => RoundDto, { optional: true }) round?: RoundDto;
  @OneOf(['none', 'add1', 'utilitarian', 'add1u'], { optional: true, description: 'how equal shares spend what they leave over' })
  completion?: Rules['completion'];
  @Nested(() => VoteRulesDto, { optional: true, description: 'the residents’ vote; advisory' }) vote?: VoteRulesDto;
}

/** All that an officer writes of a call. What an announcement needs and a draft may lack is optional. */
export class CallForm {
  @TextsInThreeLanguages(200) title: ThreeLanguages;
  @TextsInThreeLanguages(4000, { multiline: true }) description: ThreeLanguages;
  @ListOf(() => ThemeDto, 20) themes: ThemeDto[];
  @CodeField({ list: { max: 500 } }) districts: string[];
  @Nested(() => GrantDto) grant: GrantDto;
  @Nested(() => BudgetDto) budget: BudgetDto;
  @Cents({ min: 0 }) appealReserveCents: number;
  @OneOf(['resident', 'group', 'association', 'company'], { list: { max: 4 } }) whoMayApply: (
    'resident' | 'group' | 'association' | 'company'
  )[];
  @Whole(1, 10) applicationsPerApplicant: number;
  @InstantField() opensAt: string;
  @InstantField() closesAt: string;
  @Whole(1, 1000) reportDueDays: number;
  @OneOf(['at-once', 'when-final']) pay: 'at-once' | 'when-final';
  @Nested(() => AuthorityDto, { optional: true }) authority?: AuthorityDto;
  @Text(120, { optional: true, description: 'office, never a person' }) decisionMaker?: string;
  @Text(120, { optional: true }) deputy?: string;
  @Text(120, { optional: true }) appealBody?: string;
  @Nested(() => ContactPointDto, { optional: true }) contactPoint?: ContactPointDto;
  @Nested(() => RulesDto) rules: RulesDto;
}

export class DraftCall extends CallForm {}
export class ReviseCall extends CallForm {}
export class AnnounceCall {}
export class ExtendDeadline {
  @InstantField() closesAt: string;
  @Text(1000, { multiline: true }) reason: string;
}
export class RaiseBudget {
  @Cents() byCents: number;
  @Nested(() => AuthorityDto) authority: AuthorityDto;
}
export class CancelCall {
  @Text(1000, { multiline: true }) reason: string;
}
export class AdmitApplication {
  @IdField() application: string;
  @Text(1000, { multiline: true, description: 'the evidence that our service was down' }) reason: string;
}

const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

export function contentOf(form: CallForm): CallContent {
  const { themes, authority, decisionMaker, deputy, appealBody, contactPoint, ...rest } = plain(form);
  return {
    ...rest,
    themes: themes.map(({ theme, owner, ownerPromisedOn }) => ({ theme, owner: owner ?? null, ownerPromisedOn: ownerPromisedOn ?? null })),
    authority: authority ?? null,
    decisionMaker: decisionMaker ?? null,
    deputy: deputy ?? null,
    appealBody: appealBody ?? null,
    contactPoint: contactPoint ?? null,
  };
}

export const callHandlers = [
  handler(DraftCall, async (desk, form, act) => {
    const id = entityId(act.commandId);
    const content = contentOf(form);
    const done = await desk.answer(act, call, callStream(act.caller.tenant, id), { type: 'DraftCall', call: id, content });
    return { id, ...done };
  }),
  handler(ReviseCall, async (desk, form, act) => {
    const stream = callStream(act.caller.tenant, act.call!);
    await desk.look(call, stream);
    return desk.answer(act, call, stream, { type: 'ReviseCall', content: contentOf(form) });
  }),
  handler(AnnounceCall, async (desk, _command, act) => {
    const stream = callStream(act.caller.tenant, act.call!);
    await desk.look(call, stream);
    const seed = await lotSeed(desk.parts, act.caller.tenant, act.call!);
    return desk.answer(act, call, stream, { type: 'AnnounceCall', lotHash: sha256(seed) });
  }),
  handler(ExtendDeadline, (desk, { closesAt, reason }, act) =>
    desk.answer(act, call, callStream(act.caller.tenant, act.call!), { type: 'ExtendDeadline', closesAt, reason }),
  ),
  handler(RaiseBudget, (desk, { byCents, authority }, act) =>
    desk.answer(act, call, callStream(act.caller.tenant, act.call!), { type: 'RaiseBudget', byCents, authority: plain(authority) }),
  ),
  handler(CancelCall, (desk, { reason }, act) =>
    desk.answer(act, call, callStream(act.caller.tenant, act.call!), { type: 'CancelCall', reason }),
  ),
  handler(AdmitApplication, (desk, { application, reason }, act) =>
    desk.answer(act, call, callStream(act.caller.tenant, act.call!), {
      type: 'AdmitApplication',
      application,
      why: 'service-was-down',
      reason,
    }),
  ),
];
