import { CALL, POLICY, id, told } from '../testing.js';
import { pilot, type PilotState } from '../pilot/pilot.js';
import { service, type ServiceCommand, type ServiceFacts } from './service.js';

type Of<T extends ServiceCommand['type']> = Extract<ServiceCommand, { type: T }>;
const reported = (status: PilotState['report']['status'], outcome: PilotState['report']['outcome'] = 'yes'): ServiceFacts => ({
  policy: POLICY,
  pilot: {
    ...pilot.initial,
    call: CALL,
    application: {} as PilotState['application'],
    report: { ...pilot.initial.report, status, outcome },
  },
});
const past = told(service, reported('accepted'), '2027-09-01T08:00:00.000Z', id('officer'));

const propose: Of<'ProposeAdoption'> = {
  type: 'ProposeAdoption',
  service: id('service'),
  pilot: id('pilot'),
  owner: 'Ikäihmisten palvelut',
  title: 'Mummon ja vaarin iltapäiväkahvila',
  districts: ['Jukola', 'Kauriala'],
};
const answer: ServiceCommand = { type: 'AnswerAdoption', answer: 'for' };
const overdue: ServiceCommand = { type: 'RecordAnswerOverdue', effectiveAt: '2027-11-01T12:00:00.000Z' };
const decide = (change: Partial<Of<'DecideAdoption'>> = {}): ServiceCommand => ({
  type: 'DecideAdoption',
  result: 'adopted',
  section: '§ 88',
  body: 'Sivistyslautakunta',
  decidedOn: '2027-12-01',
  reason: 'Toimi ja maksaa vähän.',
  yearlyCents: 600_000,
  fromYear: 2028,
  districts: ['Jukola', 'Kauriala', 'Keinusaari'],
  ...change,
});
const DECIDED = '2027-12-01T10:00:00.000Z';
const adopted = (...more: ServiceCommand[]) =>
  past(propose, [decide(), DECIDED], ...more.map((c): [ServiceCommand, string] => [c, '2028-12-05T10:00:00.000Z']));
const start = (district: string, on = '2028-01-10'): ServiceCommand => ({ type: 'StartDistrict', district, on });
const reviewDue = (due = '2028-11-30'): ServiceCommand => ({ type: 'RecordReviewDue', due, effectiveAt: `${due}T12:00:00.000Z` });
const review: ServiceCommand = { type: 'ReviewService', on: '2028-12-04', goesOn: true, summary: 'Kävijöitä 400.' };
const end: ServiceCommand = { type: 'EndService', on: '2028-12-04', reason: 'Kävijät loppuivat.' };
const LATER = '2028-12-05T10:00:00.000Z';

describe('an adoption is proposed', () => {
  it('once, from an accepted report, and the owner has 60 days', () => {
    past()
      .when(propose)
      .then([
        {
          type: 'service.adoption-proposed',
          data: {
            service: propose.service,
            pilot: propose.pilot,
            call: CALL,
            owner: propose.owner,
            title: propose.title,
            districts: propose.districts,
            proposedOn: '2027-09-01',
            answerDue: '2027-10-31',
          },
        },
      ]);
    past(propose).when(propose).thenRejected('adoption-already-proposed');
  });

  it('whatever the outcome was: the outcome decides nothing', () => {
    const yes = past().when(propose, undefined, undefined, reported('accepted', 'yes')).result;
    expect(past().when(propose, undefined, undefined, reported('accepted', 'no')).result).toEqual(yes);
  });

  it('nor by the people of the pilot, who do not answer or decide either', () => {
    const people = id('applicant');
    const accepted = reported('accepted', 'yes');
    const own: ServiceFacts = { ...accepted, pilot: { ...accepted.pilot!, applicant: people } };
    past().when(propose, undefined, people, own).thenRejected('own-application');
    past(propose).when(answer, undefined, people, own).thenRejected('own-application');
    past(propose).when(decide(), DECIDED, people, own).thenRejected('own-application');
  });

  it('is decided after it was proposed, and not answered after that', () => {
    past(propose)
      .when(decide({ decidedOn: '2019-01-01' }), DECIDED)
      .thenRejected('decided-too-early');
    past(propose, [decide(), DECIDED]).when(answer, DECIDED).thenRejected('adoption-already-decided');
  });

  it('not from a report that nobody accepted, nor from nothing, nor for a district that is none', () => {
    for (const status of ['none', 'reported', 'sent-back'] as const)
      past().when(propose, undefined, undefined, reported(status)).thenRejected('report-not-accepted');
    past().when(propose, undefined, undefined, { policy: POLICY, pilot: pilot.initial }).thenRejected('application-not-found');
    past().when(propose, undefined, undefined, { policy: POLICY, pilot: null }).thenRejected('application-not-found');
    past()
      .when({ ...propose, districts: ['Iittala'] })
      .thenRejected('unknown-district', { district: 'Iittala' });
  });
});

describe('the owner', () => {
  it('answers once', () => {
    past(propose)
      .when(answer, '2027-10-04T08:00:00.000Z', id('owner'))
      .then([{ type: 'service.answered', data: { answer: 'for', answeredOn: '2027-10-04' }, seal: { comment: id('owner') } }]);
    past(propose, answer).when(answer).thenRejected('already-answered');
    past().when(answer).thenRejected('service-not-found');
  });

  it('who is silent is noted once, and may still answer', () => {
    const noted = [{ type: 'service.answer-overdue', data: { answerDue: '2027-10-31', effectiveAt: '2027-11-01T12:00:00.000Z' } }];
    past(propose).when(overdue).then(noted);
    past(propose, overdue).when(overdue).thenNothing();
    past(propose, answer).when(overdue).thenNothing();
    expect(past(propose, overdue).when(answer).result).toHaveLength(1);
  });
});

describe('the decision', () => {
  it('waits for the owner’s answer, or for the end of the time to answer', () => {
    const early = decide({ decidedOn: '2027-10-31' });
    past(propose).when(early, '2027-10-31T21:59:00.000Z').thenRejected('owner-has-time-to-answer', { answerDue: '2027-10-31' });
    expect(past(propose, answer).when(early, '2027-10-31T21:59:00.000Z').result).toHaveLength(1);
    expect(past(propose).when(early, '2027-10-31T22:00:00.000Z').result).toHaveLength(1);
  });

  it('falls with or without an answer, once, with a review after a year', () => {
    const { type: _, ...data } = decide() as Of<'DecideAdoption'>;
    past(propose)
      .when(decide(), DECIDED)
      .then([{ type: 'service.decided', data: { ...data, reviewDue: '2028-11-30' } }]);
    expect(past(propose, answer).when(decide(), DECIDED).result).toHaveLength(1);
    past(propose, [decide(), DECIDED]).when(decide(), DECIDED).thenRejected('adoption-already-decided');
    past().when(decide(), DECIDED).thenRejected('service-not-found');
  });

  it('is neither of tomorrow nor contradicts itself', () => {
    past(propose)
      .when(decide({ decidedOn: '2027-12-02' }), DECIDED)
      .thenRejected('date-in-future');
    past(propose)
      .when(decide({ districts: ['Iittala'] }), DECIDED)
      .thenRejected('unknown-district');
    past(propose)
      .when(decide({ districts: [] }), DECIDED)
      .thenRejected('no-districts');
    past(propose)
      .when(decide({ result: 'not-adopted' }), DECIDED)
      .thenRejected('cost-without-adoption');
    expect(past(propose).when(decide({ result: 'try-elsewhere', yearlyCents: 0, districts: [] }), DECIDED).result).toHaveLength(1);
  });
});

describe('an adopted service', () => {
  it('spreads district by district', () => {
    adopted()
      .when(start('Jukola'), LATER)
      .then([{ type: 'service.district-started', data: { district: 'Jukola', on: '2028-01-10' } }]);
    adopted(start('Jukola')).when(start('Jukola'), LATER).thenRejected('district-already-started', { district: 'Jukola' });
    adopted().when(start('Iittala'), LATER).thenRejected('district-not-decided', { district: 'Iittala' });
    adopted().when(start('Jukola', '2028-12-06'), LATER).thenRejected('date-in-future');
  });

  it('is reviewed every year, and a review that is due is noted once', () => {
    adopted()
      .when(reviewDue(), LATER)
      .then([{ type: 'service.review-due', data: { due: '2028-11-30', effectiveAt: '2028-11-30T12:00:00.000Z' } }]);
    adopted(reviewDue()).when(reviewDue(), LATER).thenNothing();
    adopted().when(reviewDue('2028-11-29'), LATER).thenNothing();
    const next = adopted(reviewDue()).when(review, LATER);
    next.then([{ type: 'service.reviewed', data: { on: '2028-12-04', goesOn: true, summary: 'Kävijöitä 400.', nextDue: '2029-12-04' } }]);
    adopted(reviewDue(), review).when(reviewDue(), LATER).thenNothing();
    expect(adopted(reviewDue(), review).when(reviewDue('2029-12-04'), LATER).result).toHaveLength(1);
    adopted()
      .when({ ...review, on: '2028-12-06' } as ServiceCommand, LATER)
      .thenRejected('date-in-future');
  });

  it('ends', () => {
    adopted()
      .when(end, LATER)
      .then([{ type: 'service.ended', data: { on: '2028-12-04', reason: 'Kävijät loppuivat.' } }]);
    adopted()
      .when({ ...end, on: '2028-12-06' } as ServiceCommand, LATER)
      .thenRejected('date-in-future');
    for (const command of [start('Jukola'), reviewDue(), review, end])
      adopted(end).when(command, LATER).thenRejected('service-not-adopted');
  });

  it('is nothing that was not adopted', () => {
    const not: [ServiceCommand, string] = [decide({ result: 'not-adopted', yearlyCents: 0, districts: [] }), DECIDED];
    for (const command of [start('Jukola'), review, end]) past(propose, not).when(command, LATER).thenRejected('service-not-adopted');
  });
});
