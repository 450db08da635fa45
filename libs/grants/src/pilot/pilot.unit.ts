import { CALL, POLICY, announced, content, hash, id, told } from '../testing.js';
import { finalFrom, isLive, pilot, toReturnCents, type PilotCommand, type PilotFacts } from './pilot.js';

type Of<T extends PilotCommand['type']> = Extract<PilotCommand, { type: T }>;
const [AUNE, AGENT, OFFICER] = [id('Aune'), id('agent'), id('officer')];
const facts: PilotFacts = { policy: POLICY, call: announced() };
const OPEN = '2027-09-10T08:00:00.000Z';
const CLOSES = content().closesAt;
const past = told(pilot, facts, OPEN, AUNE);

const plain = {
  kind: 'resident' as const,
  district: 'Jukola',
  askedCents: 50_000,
  involves: ['children' as const],
  economic: null,
  language: 'fi' as const,
  reach: 'letter' as const,
};
/** What a form has that takes nothing incomplete. */
const whole = { businessId: 'none' as const, recipientNamed: false, confirmed: true, duplicate: 'none' as const };
const submit = (change: Partial<Of<'SubmitApplication'>> = {}): PilotCommand => ({
  type: 'SubmitApplication',
  call: CALL,
  applicant: AUNE,
  slot: 0,
  arrivedAt: OPEN,
  channel: 'agent',
  helper: AGENT,
  filedBy: AGENT,
  ...plain,
  ...change,
});
const amend = (change: object = {}): PilotCommand => ({ type: 'AmendApplication', call: CALL, ...plain, ...change });
const withdraw: PilotCommand = { type: 'WithdrawApplication', call: CALL };
const check = (suggestion: 'eligible' | 'ineligible' = 'eligible', codes: string[] = []): PilotCommand => ({
  type: 'CheckApplication',
  call: CALL,
  suggestion,
  codes,
});
const decided = (change: Partial<Of<'RecordDecision'>> = {}): PilotCommand => ({
  type: 'RecordDecision',
  call: CALL,
  result: 'granted',
  cents: 50_000,
  from: 'budget',
  decision: id('decision'),
  section: '§ 3',
  decidedOn: '2027-10-08',
  decider: id('decider'),
  deMinimis: null,
  ...change,
});
const submitted = (change: object = {}, late = false) => [
  {
    type: 'pilot.submitted',
    data: {
      call: CALL,
      applicant: AUNE,
      slot: 0,
      ...plain,
      ...whole,
      arrivedAt: OPEN,
      late,
      channel: 'agent',
      helper: AGENT,
      filedBy: AGENT,
      ...change,
    },
    seal: { contact: AUNE, proposal: AUNE },
  },
];

describe('an application', () => {
  it('arrives with its contact and proposal sealed', () => {
    past().when(submit()).then(submitted());
    expect(isLive(past(submit()).state)).toBe(true);
  });

  it('arrives when it was written down; the close itself is late', () => {
    const before = '2027-09-22T12:59:59.999Z';
    past()
      .when(submit({ arrivedAt: before }), '2027-09-24T08:00:00.000Z')
      .then(submitted({ arrivedAt: before }));
    past()
      .when(submit({ arrivedAt: CLOSES }), CLOSES)
      .then(submitted({ arrivedAt: CLOSES }, true));
    past()
      .when(submit({ arrivedAt: '2027-09-22T13:00:04.000Z' }))
      .then(submitted({ arrivedAt: '2027-09-22T13:00:04.000Z' }, true));
    past()
      .when(submit({ arrivedAt: '2027-09-01T05:59:59.999Z' }))
      .thenRejected('call-not-open', { opensAt: content().opensAt });
  });

  it('is one for each applicant and slot, and may come again after it was withdrawn', () => {
    past(submit()).when(submit()).thenRejected('already-applied', { most: 1 });
    past()
      .when(submit({ slot: 1 }))
      .thenRejected('already-applied', { most: 1 });
    const checked: [PilotCommand, string, string] = [
      { ...check('ineligible', ['elsewhere']), reasoned: true } as PilotCommand,
      OPEN,
      OFFICER,
    ];
    past(submit(), checked, withdraw).when(submit()).then(submitted());
    expect(past(submit(), checked, withdraw, submit()).state).toEqual(past(submit()).state);
  });

  it('is followed only by one of whoever filed it, of the applicant or of an officer: whoever follows sees what was there', () => {
    const [association, stranger] = [id('association'), id('stranger')];
    const first = submit({ kind: 'association', applicant: association, filedBy: AUNE });
    const by = (filedBy: string, change: Partial<Of<'SubmitApplication'>> = {}) =>
      submit({ kind: 'association', applicant: association, filedBy, ...change });
    const helped = { channel: 'paper', helper: AGENT } as const;
    const code = 'organisation-applied-by-another';
    // whether it still stands is not told either
    for (const before of [past(first), past(first, withdraw)]) {
      before.when(by(stranger)).thenRejected(code);
      before.when(by(AGENT, helped)).thenRejected(code);
    }
    expect(past(first, withdraw).when(by(AUNE)).result).toHaveLength(1);
    expect(past(first, withdraw).when(by(OFFICER, { ...helped, helper: OFFICER, byOfficer: true })).result).toHaveLength(1);
    past(first)
      .when(by(OFFICER, { ...helped, helper: OFFICER, byOfficer: true }))
      .thenRejected('already-applied', { most: 1 });
    // whoever was helped may go on alone
    expect(past(submit({ filedBy: AGENT, ...helped }), withdraw).when(submit()).result).toHaveLength(1);
  });

  it.each<[string, Partial<Of<'SubmitApplication'>>, Partial<PilotFacts>]>([
    ['unknown-district', { district: 'Iittala' }, {}],
    ['call-not-found', {}, { call: announced({}, { status: 'draft' }) }],
    ['call-not-found', {}, { call: announced({}, { status: 'none', content: null }) }],
    ['call-cancelled', {}, { call: announced({}, { status: 'cancelled' }) }],
  ])('is refused: %s', (code, change, others) => {
    past()
      .when(submit(change), OPEN, AUNE, { ...facts, ...others })
      .thenRejected(code);
  });

  it.each<[Partial<Of<'SubmitApplication'>>, Partial<PilotFacts>]>([
    [{ kind: 'company' }, { call: announced({ whoMayApply: ['resident'] }) }],
    [{ district: 'Kauriala' }, { call: announced({ districts: ['Jukola'] }) }],
    [{ district: 'elsewhere' }, {}],
    [{ askedCents: 50_001 }, {}],
    [{ askedCents: 1 }, {}],
    [{ kind: 'association', businessId: 'missing' }, {}],
  ])('is registered whatever the call’s rules say against it: %j', (change, others) => {
    const { result } = past().when(submit(change), OPEN, AUNE, { ...facts, ...others });
    expect(result).toMatchObject([{ type: 'pilot.submitted', data: { ...change, late: false } }]);
  });

  it('is amended until the close', () => {
    past(submit())
      .when(amend({ askedCents: 40_000 }), '2027-09-22T12:59:59.999Z')
      .then([
        {
          type: 'pilot.amended',
          data: { ...plain, ...whole, askedCents: 40_000, amendedAt: '2027-09-22T12:59:59.999Z' },
          seal: { contact: AUNE, proposal: AUNE },
        },
      ]);
    past(submit()).when(amend(), CLOSES).thenRejected('call-closed', { closesAt: CLOSES });
    past(submit())
      .when(amend({ kind: 'association' }))
      .thenRejected('applicant-stays');
    past(submit())
      .when(amend({ district: 'Iittala' }))
      .thenRejected('unknown-district');
    past(submit(), withdraw).when(amend()).thenRejected('application-withdrawn');
    past(submit(), decided()).when(amend()).thenRejected('already-decided');
    past().when(amend()).thenRejected('application-not-found');
    past(submit())
      .when(amend({ call: id('another call') }))
      .thenRejected('application-not-found');
  });

  it('is withdrawn until the close, once', () => {
    past(submit())
      .when(withdraw)
      .then([{ type: 'pilot.withdrawn', data: { withdrawnAt: OPEN } }]);
    past(submit(), withdraw).when(withdraw).thenNothing();
    past(submit()).when(withdraw, CLOSES).thenRejected('call-closed');
    past(submit(), decided()).when(withdraw).thenRejected('already-decided');
    expect(isLive(past(submit(), withdraw).state)).toBe(false);
  });
});

describe('a decision is copied to its pilot', () => {
  const { type: _, ...copy } = decided() as Of<'RecordDecision'>;
  const notice = (change: object = {}): PilotCommand => ({
    type: 'RecordNotice',
    call: CALL,
    channel: 'electronic',
    sentOn: '2027-10-08',
    noticeOn: '2027-10-11',
    appealUntil: '2027-10-25',
    ...change,
  });
  const published = (change: object = {}): PilotCommand => ({
    type: 'RecordPublication',
    call: CALL,
    publishedOn: '2027-10-08',
    noticeOn: '2027-10-15',
    appealUntil: '2027-10-29',
    ...change,
  });

  it('with what the call says of payment and report, once', () => {
    past(submit())
      .when(decided())
      .then([{ type: 'pilot.decided', data: { ...copy, pay: 'at-once', reportDueDays: 45 } }]);
    past(submit(), decided()).when(decided()).thenNothing();
    past().when(decided()).thenRejected('application-not-found');
  });

  it('and so is the notice, once, with the last day to accept for a winner alone', () => {
    const data = { channel: 'electronic', sentOn: '2027-10-08', noticeOn: '2027-10-11', appealUntil: '2027-10-25' };
    past(submit(), decided())
      .when(notice())
      .then([{ type: 'pilot.notified', data: { ...data, acceptBy: '2027-11-10', document: null } }]);
    past(submit(), decided({ result: 'refused', cents: 0 }))
      .when(notice())
      .then([{ type: 'pilot.notified', data: { ...data, acceptBy: null, document: null } }]);
    past(submit(), decided(), notice()).when(notice()).thenNothing();
    expect(past(submit(), decided(), notice()).when(notice({ channel: 'letter', sentOn: '2027-10-12' })).result).toHaveLength(1);
    past(submit()).when(notice()).thenRejected('not-decided');
  });

  it('and so is the publication, once', () => {
    const data = { publishedOn: '2027-10-08', noticeOn: '2027-10-15', appealUntil: '2027-10-29' };
    past(submit(), decided())
      .when(published())
      .then([{ type: 'pilot.decision-published', data }]);
    past(submit(), decided(), published()).when(published()).thenNothing();
    past(submit()).when(published()).thenRejected('not-decided');
  });

  it('and is final the day after the later of the two windows', () => {
    expect(finalFrom(past(submit(), decided()).state)).toBeNull();
    expect(finalFrom(past(submit(), decided(), notice()).state)).toBeNull();
    expect(finalFrom(past(submit(), decided(), notice(), published()).state)).toBe('2027-10-30');
    expect(finalFrom(past(submit(), decided(), notice({ appealUntil: '2027-11-02' }), published()).state)).toBe('2027-11-03');
  });

  it('and not while an appeal against it is open, nor before the time to go to court has passed', () => {
    const opened = (appeal: string, decision = id('decision')): PilotCommand => ({
      type: 'RecordAppeal',
      call: CALL,
      appeal: id(appeal),
      decision,
    });
    const settled = (appeal: string, how: 'withdrawn' | 'decided', day: string | null): PilotCommand => ({
      type: 'SettleAppeal',
      call: CALL,
      appeal: id(appeal),
      how,
      finalFrom: day,
    });
    const told = [submit(), decided(), notice(), published()] as const;
    past(...told)
      .when(opened('a'))
      .then([{ type: 'pilot.appeal-opened', data: { appeal: id('a'), decision: id('decision') } }]);
    past(...told, opened('a'))
      .when(opened('a'))
      .thenNothing();
    past(...told, opened('a'))
      .when(settled('a', 'decided', '2027-12-21'))
      .then([{ type: 'pilot.appeal-settled', data: { appeal: id('a'), how: 'decided', finalFrom: '2027-12-21' } }]);
    past(...told)
      .when(settled('a', 'withdrawn', null))
      .thenNothing();
    const final = (...more: PilotCommand[]) => finalFrom(past(...told, ...more).state);
    expect(final(opened('a'))).toBeNull();
    expect(final(opened('a'), settled('a', 'withdrawn', null))).toBe('2027-10-30');
    expect(final(opened('a'), settled('a', 'decided', '2027-12-21'))).toBe('2027-12-21');
    expect(final(opened('a'), opened('b'), settled('a', 'decided', '2027-12-21'))).toBeNull();
    // copied before the decision that it is against, or against one that was changed since
    expect(finalFrom(past(submit(), opened('a'), ...told.slice(1)).state)).toBeNull();
    expect(final(opened('a', id('before')))).toBe('2027-10-30');
  });

  it('and a changed decision has windows of its own', () => {
    const appeal = decided({ decision: id('after the appeal'), from: 'appeal-reserve' });
    const { state } = past(submit(), decided({ result: 'ineligible', cents: 0 }), notice(), published(), appeal);
    expect([finalFrom(state), state.acceptBy, state.award]).toEqual([null, null, 'offered']);
  });
});

describe('a pilot tells publicly', () => {
  const granted = past(submit(), decided());
  it('only of organisations by name, and only of what was granted', () => {
    const name: PilotCommand = { type: 'PublishRecipient', call: CALL, organisation: 'Jukolan kyläyhdistys ry' };
    granted.when(name, OPEN, OFFICER).thenRejected('private-person');
    past(submit({ kind: 'group' }), decided())
      .when(name)
      .thenRejected('private-person');
    past(submit({ kind: 'association' }))
      .when(name)
      .thenRejected('no-award');
    past(submit({ kind: 'association' }), decided())
      .when(name)
      .then([{ type: 'pilot.recipient-published', data: { organisation: 'Jukolan kyläyhdistys ry' } }]);
  });

  it('in words that an officer has looked at', () => {
    const text: PilotCommand = {
      type: 'PublishText',
      call: CALL,
      title: 'Iltapäiväkahvila',
      summary: 'Yksitoista kertaa.',
      lesson: 'Kello 14 käy.',
    };
    granted
      .when(text, OPEN, OFFICER)
      .then([
        { type: 'pilot.text-published', data: { title: 'Iltapäiväkahvila', summary: 'Yksitoista kertaa.', lesson: 'Kello 14 käy.' } },
      ]);
    past(submit(), decided({ result: 'refused', cents: 0 }))
      .when(text)
      .thenRejected('no-award');
  });

  it('and keeps the commitment of its account, never the account', () => {
    const { given, state } = past(submit(), decided(), { type: 'AcceptAward', call: CALL });
    expect(state.account).toEqual({ com: hash('com 2 iban'), event: expect.any(String) as string });
    expect(given.at(-1)).toMatchObject({ type: 'pilot.award-accepted', seal: { iban: AUNE } });
    expect(toReturnCents(state)).toBe(0);
  });
});
