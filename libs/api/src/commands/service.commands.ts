import { service } from '@minipilot/grants/service/service.js';
import type { ServiceCommand } from '@minipilot/grants/service/service.js';
import { serviceStream } from '@minipilot/grants/streams.js';
import { entityId } from '@minipilot/kernel/ids.js';
import type { Secret } from '@minipilot/platform/run/decision-runner.js';
import { Cents, LocalDateField, OneOf, Text, Whole, YesNo } from '@minipilot/platform/http/fields.js';
import { handler, type Act, type Answer, type Desk } from '../desk.js';
import { CodeField } from '../fields.js';

export class ProposeAdoption {
  @CodeField({ description: 'unit or authority that owns the service' }) owner: string;
  @Text(120, { description: 'name of the service, in an officer’s words' }) title: string;
  @CodeField({ list: { max: 500 } }) districts: string[];
}
export class AnswerAdoption {
  @OneOf(['for', 'against', 'try-elsewhere']) answer: 'for' | 'against' | 'try-elsewhere';
  @Text(4000, { multiline: true }) comment: string;
}
export class DecideAdoption {
  @OneOf(['adopted', 'not-adopted', 'try-elsewhere']) result: 'adopted' | 'not-adopted' | 'try-elsewhere';
  @Text(60) section: string;
  @Text(120, { description: 'who decided: an office or a board' }) body: string;
  @LocalDateField() decidedOn: string;
  @Text(1000, { multiline: true }) reason: string;
  @Cents({ min: 0, description: 'yearly cost' }) yearlyCents: number;
  @Whole(2000, 2200) fromYear: number;
  @CodeField({ list: { max: 500 } }) districts: string[];
}
export class StartDistrict {
  @CodeField() district: string;
  @LocalDateField() on: string;
}
export class ReviewService {
  @LocalDateField() on: string;
  @YesNo() goesOn: boolean;
  @Text(1000, { multiline: true }) summary: string;
}
export class EndService {
  @LocalDateField() on: string;
  @Text(1000, { multiline: true }) reason: string;
}

const toService = (desk: Desk, act: Act, command: ServiceCommand, secrets?: Secret[]): Promise<Answer> =>
  desk.answer(act, service, serviceStream(act.caller.tenant, act.service!), command, secrets === undefined ? {} : { secrets });

/** The pilot that an adoption came from. */
const pilotOf = async (desk: Desk, act: Act): Promise<string> =>
  (await desk.look(service, serviceStream(act.caller.tenant, act.service!))).state.pilot;

export const serviceHandlers = [
  handler(ProposeAdoption, async (desk, { owner, title, districts }, act) => {
    const id = entityId(act.commandId);
    const answer = await toService(
      desk,
      { ...act, service: id },
      { type: 'ProposeAdoption', service: id, pilot: act.pilot!, owner, title, districts },
    );
    return { id, ...answer };
  }),
  handler(AnswerAdoption, async (desk, { answer, comment }, act) =>
    toService(desk, act, { type: 'AnswerAdoption', answer, pilot: await pilotOf(desk, act) }, [
      { purpose: 'comment', payload: { v: 1, text: comment } },
    ]),
  ),
  handler(DecideAdoption, async (desk, body, act) =>
    toService(desk, act, { type: 'DecideAdoption', pilot: await pilotOf(desk, act), ...body }),
  ),
  handler(StartDistrict, (desk, { district, on }, act) => toService(desk, act, { type: 'StartDistrict', district, on })),
  handler(ReviewService, (desk, { on, goesOn, summary }, act) => toService(desk, act, { type: 'ReviewService', on, goesOn, summary })),
  handler(EndService, (desk, { on, reason }, act) => toService(desk, act, { type: 'EndService', on, reason })),
];
