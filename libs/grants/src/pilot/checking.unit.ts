import { CALL, POLICY, announced, content, id } from '../testing.js';
import { pilotId } from '../streams.js';
import { AUNE, OFFICER, decided, facts, past, submit, type Of } from './testing.js';
import { eligibilityFacts, isParty, type PilotCommand } from './pilot.js';

const [AGENT, CLERK] = [id('agent'), id('clerk of the association')];
const DAY = '2027-09-24T08:00:00.000Z';
const UNTIL = '2027-10-01';
const closed = { ...facts, call: announced({}, { closed: true }) };

const check = (change: Partial<Of<'CheckApplication'>> = {}): PilotCommand => ({
  type: 'CheckApplication',
  call: CALL,
  suggestion: 'eligible',
  codes: [],
  ...change,
});
const request = (change: Partial<Of<'RequestCompletion'>> = {}): PilotCommand => ({
  type: 'RequestCompletion',
  call: CALL,
  codes: ['business-id-missing'],
  ...change,
});
const complete = (change: Partial<Of<'CompleteApplication'>> = {}): PilotCommand => ({
  type: 'CompleteApplication',
  call: CALL,
  fields: ['businessId'],
  arrivedAt: '2027-09-28T09:00:00.000Z',
  channel: 'online',
  helper: null,
  askedCents: 50_000,
  economic: null,
  reach: 'electronic',
  businessId: 'valid',
  recipientNamed: false,
  confirmed: true,
  duplicate: 'none',
  ...change,
});
const withdraw: [PilotCommand, string] = [{ type: 'WithdrawApplication', call: CALL }, '2027-09-20T08:00:00.000Z'];
const association = submit({ kind: 'association', businessId: 'missing', filedBy: CLERK });
const byOfficer = (command: PilotCommand): [PilotCommand, string, string] => [command, DAY, OFFICER];
const asked = [association, byOfficer(request())] as const;
const missed: PilotCommand = { type: 'RecordNotCompleted', call: CALL, answerBy: UNTIL, effectiveAt: '2027-10-02T12:00:00.000Z' };
const remind: PilotCommand = { type: 'RemindCompletion', call: CALL, answerBy: UNTIL, effectiveAt: '2027-09-29T12:00:00.000Z' };
const checked = (suggestion: string, codes: string[], suggested: object, departs = false) => ({
  type: 'pilot.checked',
  data: { suggestion, codes, suggested, departs },
});

describe('the check of an application', () => {
  it('confirms what the rules suggest, and keeps what that was', () => {
    past(submit())
      .when(check(), DAY, OFFICER)
      .then([checked('eligible', [], { suggestion: 'eligible', codes: [] })]);
    const outside = { ...facts, call: announced({ districts: ['Kauriala'] }) };
    const found = ['place-outside-districts'];
    const suggested = { suggestion: 'ineligible', codes: found };
    past(submit())
      .when(check({ suggestion: 'ineligible', codes: found }), DAY, OFFICER, outside)
      .then([checked('ineligible', found, suggested)]);
  });

  it('departs from it with a reason in words only', () => {
    const outside = { ...facts, call: announced({ districts: ['Kauriala'] }) };
    past(submit()).when(check(), DAY, OFFICER, outside).thenRejected('check-departs-without-reason', { suggested: 'ineligible' });
    const suggested = { suggestion: 'ineligible', codes: ['place-outside-districts'] };
    past(submit())
      .when(check({ reasoned: true }), DAY, OFFICER, outside)
      .then([{ ...checked('eligible', [], suggested, true), seal: { comment: AUNE } }]);
    past(submit())
      .when(check({ suggestion: 'ineligible', codes: ['elsewhere'] }), DAY, OFFICER)
      .thenRejected('check-departs-without-reason', { suggested: 'eligible' });
    // nobody was asked for what is missing
    past(association)
      .when(check({ suggestion: 'ineligible', codes: ['business-id-missing'] }), DAY, OFFICER)
      .thenRejected('check-departs-without-reason', { suggested: 'incomplete' });
  });

  it('is made by somebody who had no hand in it, before the decision, and names reasons', () => {
    const helped = submit({ helper: AGENT, filedBy: AGENT });
    past(helped).when(check(), DAY, AGENT).thenRejected('helper-may-not-judge');
    past(helped).when(check(), DAY, AUNE).thenRejected('own-application');
    past(association).when(check(), DAY, CLERK).thenRejected('own-application');
    past(submit())
      .when(check({ suggestion: 'ineligible' }), DAY, OFFICER)
      .thenRejected('reason-missing');
    past(submit(), withdraw).when(check(), DAY, OFFICER).thenRejected('application-withdrawn');
    past(submit(), decided()).when(check(), DAY, OFFICER).thenRejected('already-decided');
  });

  it('says nothing any more of an application that has changed since', () => {
    const { kind, district, askedCents, involves, economic, language, reach } = submit() as Of<'SubmitApplication'>;
    const amend: PilotCommand = { type: 'AmendApplication', call: CALL, kind, district, askedCents, involves, economic, language, reach };
    expect(past(submit(), byOfficer(check())).state.check).toEqual({ suggestion: 'eligible', codes: [] });
    expect(past(submit(), byOfficer(check()), [amend, '2027-09-20T08:00:00.000Z']).state.check).toBeNull();
    const given = past(association, [check({ reasoned: true }), DAY, OFFICER], byOfficer(request()));
    expect(given.state.check).toBeNull();
    expect(past(...asked, [complete(), DAY, AUNE]).state.check).toBeNull();
  });
});

describe('what is missing', () => {
  it('is asked for with a day, by policy a week on and moved to a working day, also after the close', () => {
    past(association)
      .when(request(), DAY, OFFICER, closed)
      .then([
        {
          type: 'pilot.completion-requested',
          data: { call: CALL, codes: ['business-id-missing'], fields: ['businessId'], answerBy: UNTIL, remindOn: '2027-09-29' },
          seal: { comment: AUNE },
        },
      ]);
    const saturday = past(association).when(request(), '2027-09-25T08:00:00.000Z', OFFICER, closed);
    expect(saturday.after().completion).toMatchObject({ answerBy: '2027-10-04', status: 'asked' });
    past(association)
      .when(request({ answerBy: '2027-09-30' }), DAY, OFFICER)
      .thenRejected('completion-too-soon', { days: 6, needed: 7 });
    const later = past(association).when(request({ answerBy: '2027-10-20' }), DAY, OFFICER);
    expect(later.after().completion!.answerBy).toBe('2027-10-20');
  });

  it('is asked for by somebody who had no hand in it, once at a time, of what takes part and is not decided', () => {
    past(association).when(request(), DAY, CLERK).thenRejected('own-application');
    past(association)
      .when(request({ codes: ['place-outside-districts'] }), DAY, OFFICER)
      .thenRejected('nothing-to-complete');
    past(...asked)
      .when(request(), DAY, OFFICER)
      .thenRejected('completion-already-asked', { answerBy: UNTIL });
    past(association, decided()).when(request(), DAY, OFFICER).thenRejected('already-decided');
    const late = submit({ arrivedAt: content().closesAt });
    past(late)
      .when(request({ codes: ['costs-unclear'] }), DAY, OFFICER)
      .thenRejected('application-late');
    const admitted = { ...facts, call: announced({}, { closed: true, admitted: [pilotId(CALL, AUNE, 0)] }) };
    expect(past(late).when(request({ codes: ['costs-unclear'] }), DAY, OFFICER, admitted).result).toHaveLength(1);
    expect(past(...asked, [complete(), DAY, AUNE]).when(request({ codes: ['costs-unclear'] }), DAY, OFFICER).result).toHaveLength(1);
  });

  it('is completed until the end of that day, and nothing else with it', () => {
    const plain = {
      kind: 'association',
      district: 'Jukola',
      askedCents: 50_000,
      involves: [],
      economic: null,
      language: 'fi',
      reach: 'electronic',
    };
    const whole = { businessId: 'valid', recipientNamed: false, confirmed: true, duplicate: 'none' };
    const last = '2027-10-01T20:59:59.999Z';
    past(...asked)
      .when(complete({ arrivedAt: last }), last, AUNE, closed)
      .then([
        {
          type: 'pilot.completed',
          data: { ...plain, ...whole, fields: ['businessId'], open: [], completedAt: last, channel: 'online', helper: null },
          seal: { contact: AUNE },
        },
      ]);
    const after = '2027-10-01T21:00:00.000Z';
    past(...asked)
      .when(complete({ arrivedAt: after }), after, AUNE, closed)
      .thenRejected('completion-too-late', { answerBy: UNTIL });
    past(...asked)
      .when(complete({ fields: ['businessId', 'place'] }), DAY, AUNE)
      .thenRejected('completion-not-asked');
    past(...asked)
      .when(complete({ fields: [] }), DAY, AUNE)
      .thenRejected('completion-empty');
    past(association).when(complete(), DAY, AUNE).thenRejected('completion-not-asked');
    past(...asked, withdraw)
      .when(complete(), DAY, AUNE)
      .thenRejected('application-withdrawn');
    past(...asked, decided())
      .when(complete(), DAY, AUNE)
      .thenRejected('already-decided');
    expect(past(...asked, [complete(), DAY, AUNE]).state.completion).toMatchObject({ status: 'completed', open: [] });
  });

  it('comes in parts too, and one way to be reached is as good as another', () => {
    const unclear = byOfficer(request({ codes: ['contact-unclear', 'costs-unclear', 'place-unclear'] }));
    const first = past(submit(), unclear, [complete({ fields: ['phone', 'place'], businessId: 'none' }), DAY, AUNE]);
    expect(first.state.completion).toMatchObject({ status: 'asked', open: ['lines'] });
    const lower = first.when(complete({ fields: ['lines'], businessId: 'none', askedCents: 40_000 }), DAY, AUNE);
    expect(lower.result).toMatchObject([{ data: { askedCents: 40_000, open: [] }, seal: { proposal: AUNE } }]);
    expect(lower.after().application!.askedCents).toBe(40_000);
    first
      .when(complete({ fields: ['lines'], askedCents: 50_001 }), DAY, AUNE)
      .thenRejected('completion-asks-for-more', { askedCents: 50_000 });
    const ticked = past(submit({ confirmed: false }), byOfficer(request({ codes: ['confirmation-missing'] })));
    expect(ticked.when(complete({ fields: ['confirmed'], businessId: 'none' }), DAY, AUNE).result).toMatchObject([
      { data: { confirmed: true } },
    ]);
  });

  it('may be written down by staff, who then may not judge; a letter of the last day counts when it is entered later', () => {
    const entered = complete({ helper: OFFICER, channel: 'paper', arrivedAt: '2027-10-01T10:00:00.000Z' });
    const late = past(...asked, [missed, '2027-10-02T12:00:00.000Z'], [entered, '2027-10-04T08:00:00.000Z', OFFICER]);
    expect(late.state.completion).toMatchObject({ status: 'completed' });
    expect([AUNE, CLERK, OFFICER, AGENT].map((person) => isParty(late.state, person))).toEqual([true, true, true, false]);
    late.when(check(), '2027-10-04T09:00:00.000Z', OFFICER).thenRejected('helper-may-not-judge');
  });

  it('is reminded of once, and noted the day after when it did not come: a suggestion, not a decision', () => {
    past(...asked)
      .when(remind, '2027-09-29T12:00:00.000Z')
      .then([{ type: 'pilot.completion-reminded', data: { answerBy: UNTIL, effectiveAt: '2027-09-29T12:00:00.000Z' } }]);
    past(...asked, [remind, '2027-09-29T12:00:00.000Z'])
      .when(remind, '2027-09-29T12:00:00.000Z')
      .thenNothing();
    past(...asked)
      .when(missed, '2027-10-01T20:59:00.000Z')
      .thenNothing();
    const gone = past(...asked).when(missed, '2027-10-02T12:00:00.000Z');
    gone.then([{ type: 'pilot.not-completed', data: { answerBy: UNTIL, open: ['businessId'], effectiveAt: '2027-10-02T12:00:00.000Z' } }]);
    expect(eligibilityFacts(gone.after())).toMatchObject({ notCompleted: true, businessId: 'missing' });
    expect(gone.after().decision).toBeNull();
    const found = ['not-completed', 'business-id-missing'];
    past(...asked, [missed, '2027-10-02T12:00:00.000Z'])
      .when(check({ suggestion: 'ineligible', codes: found }), '2027-10-04T08:00:00.000Z', OFFICER)
      .then([checked('ineligible', found, { suggestion: 'ineligible', codes: found })]);
    past(...asked, [complete(), DAY, AUNE])
      .when(missed, '2027-10-02T12:00:00.000Z')
      .thenNothing();
    past(...asked, [complete(), DAY, AUNE])
      .when(remind, '2027-09-29T12:00:00.000Z')
      .thenNothing();
    past(...asked)
      .when({ ...missed, answerBy: '2027-09-30' } as PilotCommand, '2027-10-02T12:00:00.000Z')
      .thenNothing();
  });

  it('leaves the policy its days', () => expect(POLICY).toMatchObject({ completionDays: 7, completionReminderDays: 2 }));
});
