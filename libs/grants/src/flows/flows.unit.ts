import { uuid5 } from '@minipilot/kernel/ids.js';
import type { Recorded } from '@minipilot/kernel/event.js';
import type { Flow, FlowInput, Reaction } from '@minipilot/kernel/flow.js';
import { recorded } from '@minipilot/kernel/testing.js';
import { CLOSE_PAGE, listDigest } from '../call/call.js';
import { catalogue } from '../catalogue.js';
import { callStream, ledgerStream, pilotStream, scorebookId, scorebookStream, scoringStream, serviceStream } from '../streams.js';
import { CALL, ROLLING, content, hash, id } from '../testing.js';
import { adopting } from './adopting.js';
import { closing } from './closing.js';
import { deciding } from './deciding.js';
import { funding } from './funding.js';
import { reporting } from './reporting.js';
import { nextRound, selecting } from './selecting.js';

const TENANT = 'demo';
const [PILOT, SERVICE] = [id('pilot'), id('service')];

/** Feeds one subject of a flow; `on` and `due` give the reaction to an event and to a timer. */
function host<S>(flow: Flow<S>) {
  let state = flow.initial;
  let n = 0;
  const take = (input: FlowInput): Reaction => {
    const before = JSON.stringify(state);
    const next = flow.evolve(state, input);
    expect(JSON.stringify(state)).toBe(before);
    state = next;
    const reaction = flow.react(state, input, TENANT);
    expect(flow.react(state, input, TENANT)).toEqual(reaction);
    return reaction;
  };
  const event = (stream: string, type: string, data: object, at?: string): Recorded => {
    catalogue.validate(type, data);
    expect(flow.handles).toContain(type);
    return recorded({ type, data, ...(at === undefined ? {} : { at }) }, stream, n++);
  };
  return {
    on: (stream: string, type: string, data: object, at?: string) => take({ kind: 'event', event: event(stream, type, data, at) }),
    due: (timer: string, due: string) => take({ kind: 'timer', timer, due }),
    subject: (stream: string, type: string, data: object) => flow.subject(event(stream, type, data)),
  };
}

const announcement = (change = {}) => ({
  call: CALL,
  content: content(change),
  rulesHash: hash('rules'),
  lotHash: hash('lot'),
  announcedOn: '2027-09-01',
  timeZone: 'Europe/Helsinki',
  currency: 'EUR',
});
const submission = (late = false) => ({
  call: CALL,
  applicant: id('applicant'),
  slot: 0,
  kind: 'resident',
  district: 'Jukola',
  businessId: 'none',
  recipientNamed: false,
  confirmed: true,
  duplicate: 'none',
  askedCents: 50_000,
  involves: [],
  economic: null,
  language: 'fi',
  reach: 'letter',
  arrivedAt: '2027-09-10T08:00:00.000Z',
  late,
  channel: 'online',
  helper: null,
  filedBy: id('applicant'),
});
const later = { closesAt: '2027-09-29T13:00:00.000Z', reason: 'Lisää aikaa.' };

describe('funding', () => {
  it('opens the ledger of a call with budget and reserve, and adds later money', () => {
    const flow = host(funding);
    const to = { aggregate: 'ledger', stream: ledgerStream(TENANT, CALL) };
    expect(flow.on(callStream(TENANT, CALL), 'call.announced', announcement())).toEqual({
      commands: [{ ...to, command: { type: 'Open', call: CALL, budgetCents: 500_000, appealReserveCents: 50_000, currency: 'EUR' } }],
    });
    const raised = { byCents: 100_000, budgetCents: 600_000, authority: { section: '§ 40', on: '2027-09-10' } };
    expect(flow.on(callStream(TENANT, CALL), 'call.budget-raised', raised)).toEqual({
      commands: [{ ...to, command: { type: 'RaiseBudget', cents: 100_000, cause: expect.any(String) as string } }],
    });
    expect(flow.due('none', '2027-09-10T08:00:00.000Z')).toEqual({});
  });
});

describe('closing', () => {
  const stream = callStream(TENANT, CALL);
  const CLOSES = content().closesAt;
  const DUE = '2027-09-22T13:00:30.000Z';
  const arrives = (flow: ReturnType<typeof host>, pilot: string, late = false) =>
    flow.on(pilotStream(TENANT, pilot), 'pilot.submitted', submission(late));
  const announced = () => {
    const flow = host(closing);
    expect(flow.on(stream, 'call.announced', announcement())).toEqual({ timers: [{ timer: 'close', due: DUE }] });
    return flow;
  };
  const closed = (page: number, applications: string[], last = true) => ({ effectiveAt: CLOSES, page, applications, last });
  const close = (page: number, applications: string[], total?: string[]) => ({
    aggregate: 'call',
    stream,
    command: {
      type: 'CloseCall',
      effectiveAt: CLOSES,
      page,
      applications,
      last: total !== undefined,
      ...(total === undefined ? {} : { count: total.length, digest: listDigest(total) }),
    },
  });
  const admit = (application: string) => ({
    aggregate: 'call',
    stream,
    command: { type: 'AdmitApplication', application, why: 'arrived-in-time', reason: '' },
  });
  const [a, b, c] = [1, 2, 3].map(id) as [string, string, string];

  it('belongs to the call that an application names', () => {
    expect(host(closing).subject(pilotStream(TENANT, a), 'pilot.submitted', submission())).toBe(CALL);
    expect(host(closing).subject(stream, 'call.cancelled', { reason: 'Raha loppui.' })).toBe(CALL);
  });

  it('freezes, 30 s after the close, what arrived in time, in the order of the log', () => {
    const flow = announced();
    for (const pilot of [b, a]) expect(arrives(flow, pilot)).toEqual({});
    expect(arrives(flow, c, true)).toEqual({});
    expect(arrives(flow, b)).toEqual({});
    expect(flow.due('close', DUE)).toEqual({ commands: [close(0, [b, a], [b, a])] });
    expect(flow.on(stream, 'call.closed', closed(0, [b, a]))).toEqual({ commands: [] });
  });

  it('admits one by one what arrived in time and came in after the list was frozen, before its last page or after', () => {
    const flow = announced();
    arrives(flow, a);
    flow.due('close', DUE);
    expect(arrives(flow, b)).toEqual({});
    expect(flow.on(stream, 'call.closed', closed(0, [a]))).toEqual({ commands: [admit(b)] });
    expect(arrives(flow, c)).toEqual({ commands: [admit(c)] });
    expect(arrives(flow, id('late'), true)).toEqual({});
    expect(arrives(flow, a)).toEqual({});
  });

  it('lists in pages, which follow one another', () => {
    const flow = announced();
    const all = Array.from({ length: CLOSE_PAGE + 1 }, (_, i) => uuid5('many', String(i)));
    for (const pilot of all) arrives(flow, pilot);
    const first = all.slice(0, CLOSE_PAGE);
    expect(flow.due('close', DUE)).toEqual({ commands: [close(0, first)] });
    expect(flow.on(stream, 'call.closed', closed(0, first, false))).toEqual({ commands: [close(1, all.slice(CLOSE_PAGE), all)] });
    const straggler = id('straggler');
    expect(arrives(flow, straggler)).toEqual({});
    expect(flow.on(stream, 'call.closed', closed(1, all.slice(CLOSE_PAGE)))).toEqual({ commands: [admit(straggler)] });
  });

  it('follows an extension and a cancellation', () => {
    const flow = announced();
    expect(flow.on(stream, 'call.deadline-extended', later)).toEqual({ timers: [{ timer: 'close', due: '2027-09-29T13:00:30.000Z' }] });
    arrives(flow, a);
    expect(flow.due('close', '2027-09-29T13:00:30.000Z').commands![0]!.command['effectiveAt']).toBe('2027-09-29T13:00:00.000Z');
    expect(announced().on(stream, 'call.cancelled', { reason: 'Raha loppui.' })).toEqual({ timers: [{ timer: 'close', due: null }] });
  });
});

describe('selecting', () => {
  const stream = scoringStream(TENANT, CALL);
  const [m, n] = [id('member m'), id('member n')];
  const CLOSES = '2027-09-30T12:00:00.000Z';
  const started = { call: CALL, members: [m, n], chair: m, applications: [PILOT], left: [], closesAt: CLOSES };
  const book = (member: string) =>
    [
      scorebookStream(TENANT, scorebookId(CALL, member)),
      'scorebook.book-closed',
      { call: CALL, member, effectiveAt: CLOSES, code: null },
    ] as const;
  const to = (command: object) => ({ commands: [{ aggregate: 'scoring', stream, command: { call: CALL, ...command } }] });

  it('closes the books, opens the cards page by page, and computes the proposal page by page', () => {
    const flow = host(selecting);
    expect(flow.on(callStream(TENANT, CALL), 'call.announced', announcement())).toEqual({});
    expect(flow.on(stream, 'scoring.started', started)).toEqual({ timers: [{ timer: 'close', due: '2027-09-30T12:00:30.000Z' }] });
    expect(flow.due('close', '2027-09-30T12:00:30.000Z')).toEqual({
      commands: [m, n].map((member) => ({
        aggregate: 'scorebook',
        stream: scorebookStream(TENANT, scorebookId(CALL, member)),
        command: { type: 'CloseBook', call: CALL, member, effectiveAt: CLOSES },
      })),
    });
    expect(flow.subject(...book(m))).toBe(CALL);
    expect(flow.on(...book(m))).toEqual({});
    expect(flow.on(...book(m))).toEqual({});
    expect(flow.on(...book(n))).toEqual(to({ type: 'OpenCards', page: 0, effectiveAt: CLOSES }));
    expect(flow.on(stream, 'scoring.cards-opened', { page: 0, cards: [] })).toEqual(
      to({ type: 'OpenCards', page: 1, effectiveAt: CLOSES }),
    );
    const opened = { cards: 0, digest: hash('cards'), digestForm: 'v2', seed: hash('seed'), effectiveAt: CLOSES };
    expect(flow.on(stream, 'scoring.opened', opened)).toEqual(to({ type: 'ComputeProposal', page: 0 }));
    expect(flow.on(stream, 'scoring.proposed', { page: 0, places: [], last: false })).toEqual(to({ type: 'ComputeProposal', page: 1 }));
    expect(flow.on(stream, 'scoring.proposed', { page: 1, places: [], last: true })).toEqual({});
  });

  it('waits longer where scoring is extended', () => {
    const flow = host(selecting);
    flow.on(stream, 'scoring.started', started);
    const closesAt = '2027-10-04T12:00:00.000Z';
    expect(flow.on(stream, 'scoring.extended', { closesAt })).toEqual({ timers: [{ timer: 'close', due: '2027-10-04T12:00:30.000Z' }] });
    expect(flow.due('close', '2027-10-04T12:00:30.000Z').commands![0]!.command['effectiveAt']).toBe(closesAt);
  });

  const rolling = { rules: ROLLING, opensAt: '2027-03-05T06:00:00.000Z', closesAt: '2027-04-09T13:00:00.000Z' };
  const round = (due: string, next?: string) => ({
    ...to({ type: 'ProposeRound', effectiveAt: due }),
    timers: next === undefined ? [] : [{ timer: 'round', due: next }],
  });

  it('puts a round together every Friday at nine, summer time or not, and one after the end', () => {
    const flow = host(selecting);
    expect(flow.on(callStream(TENANT, CALL), 'call.announced', announcement(rolling))).toEqual({
      timers: [{ timer: 'round', due: '2027-03-05T07:00:00.000Z' }],
    });
    expect(flow.due('round', '2027-03-05T07:00:00.000Z')).toEqual(round('2027-03-05T07:00:00.000Z', '2027-03-12T07:00:00.000Z'));
    // clocks are turned on Sunday 28 March
    expect(flow.due('round', '2027-03-26T07:00:00.000Z')).toEqual(round('2027-03-26T07:00:00.000Z', '2027-04-02T06:00:00.000Z'));
    expect(flow.due('round', '2027-04-09T06:00:00.000Z')).toEqual(round('2027-04-09T06:00:00.000Z', '2027-04-16T06:00:00.000Z'));
    expect(flow.due('round', '2027-04-16T06:00:00.000Z')).toEqual(round('2027-04-16T06:00:00.000Z'));
  });

  it('goes on longer when the call does, and stops when it is cancelled', () => {
    const flow = host(selecting);
    flow.on(callStream(TENANT, CALL), 'call.announced', announcement(rolling));
    flow.on(callStream(TENANT, CALL), 'call.deadline-extended', { closesAt: '2027-04-23T13:00:00.000Z', reason: 'Rahaa on.' });
    expect(flow.due('round', '2027-04-16T06:00:00.000Z').timers).toEqual([{ timer: 'round', due: '2027-04-23T06:00:00.000Z' }]);
    expect(flow.on(callStream(TENANT, CALL), 'call.cancelled', { reason: 'Raha loppui.' })).toEqual({
      timers: [{ timer: 'round', due: null }],
    });
    const scored = host(selecting);
    scored.on(callStream(TENANT, CALL), 'call.announced', announcement());
    expect(scored.on(callStream(TENANT, CALL), 'call.cancelled', { reason: 'Raha loppui.' })).toEqual({});
  });

  it('finds the next round strictly after an instant', () => {
    const friday = { weekday: 5, time: '09:00', zone: 'Europe/Helsinki' };
    expect(nextRound('2027-10-29T05:59:59.999Z', friday)).toBe('2027-10-29T06:00:00.000Z');
    // back to winter time on Sunday 31 October
    expect(nextRound('2027-10-29T06:00:00.000Z', friday)).toBe('2027-11-05T07:00:00.000Z');
    expect(nextRound('2027-10-28T22:30:00.000Z', friday)).toBe('2027-10-29T06:00:00.000Z');
    // 03.30 does not exist on 28 March 2027
    expect(nextRound('2027-03-27T12:00:00.000Z', { weekday: 7, time: '03:30', zone: 'Europe/Helsinki' })).toBe('2027-03-28T01:30:00.000Z');
  });
});

describe('deciding', () => {
  const stream = scoringStream(TENANT, CALL);
  const to = (pilot: string, command: object) => ({
    aggregate: 'pilot',
    stream: pilotStream(TENANT, pilot),
    command: { call: CALL, ...command },
  });

  it('copies a decision, a notice and a publication to the pilots that they concern', () => {
    const flow = host(deciding);
    const decision = { result: 'granted', cents: 50_000, from: 'budget', section: '§ 3', decidedOn: '2027-10-08', deMinimis: null };
    const decided = {
      ...decision,
      application: PILOT,
      applicant: id('applicant'),
      caseNumber: 'HML/1/2027',
      reasonCode: 'best',
      departure: null,
      proposal: hash('proposal'),
      rulesHash: hash('rules'),
      waitingRank: null,
      appeal: null,
    };
    expect(flow.on(stream, 'scoring.decided', decided)).toEqual({
      commands: [
        to(PILOT, { type: 'RecordDecision', ...decision, decision: expect.any(String) as string, decider: expect.any(String) as string }),
      ],
    });
    // what the appeal body decided is its own decision, not the flow's that brought it
    const after = { ...decided, from: 'appeal-reserve', appeal: { appeal: id('appeal'), outcome: id('outcome'), decider: id('board') } };
    expect(flow.on(stream, 'scoring.decided', after).commands).toMatchObject([
      { command: { decider: id('board'), from: 'appeal-reserve' } },
    ]);
    const window = { noticeOn: '2027-10-11', appealUntil: '2027-10-25' };
    const notice = { channel: 'electronic', sentOn: '2027-10-08', ...window };
    const document = { digest: hash('document'), language: 'sv', template: 1 };
    const documents = [{ application: id(2), ...document }];
    expect(flow.on(stream, 'scoring.notice-sent', { applications: [id(1), id(2)], ...notice, documents })).toEqual({
      commands: [1, 2].map((n) => to(id(n), { type: 'RecordNotice', ...notice, document: n === 2 ? document : null })),
    });
    const published = { applications: [PILOT], publishedOn: '2027-10-08', ...window, documents: [document] };
    expect(flow.on(stream, 'scoring.published', published)).toEqual({
      commands: [to(PILOT, { type: 'RecordPublication', publishedOn: '2027-10-08', ...window })],
    });
    expect(flow.due('none', '2027-10-08T12:00:00.000Z')).toEqual({});
  });
});

describe('reporting', () => {
  const stream = pilotStream(TENANT, PILOT);
  const decided = (result: string) => ({
    call: CALL,
    result,
    cents: result === 'granted' ? 50_000 : 0,
    from: 'budget',
    decision: id('decision'),
    section: '§ 3',
    decidedOn: '2027-10-08',
    decider: id('decider'),
    pay: 'at-once',
    reportDueDays: 45,
    deMinimis: null,
  });
  const days = { remindOn: ['2027-11-13', '2027-11-24'], escalateOn: '2027-12-11' };
  const paid = {
    instalment: 1,
    attempt: 1,
    cents: 50_000,
    batch: id('batch'),
    reference: 'E1',
    paidOn: '2027-10-13',
    reportDue: '2027-11-27',
    ...days,
  };
  const reported = {
    reportedAt: '2027-11-20T10:00:00.000Z',
    outcome: 'no',
    participants: 2,
    usedCents: 21_000,
    unspentCents: 29_000,
    goOn: false,
  };
  const NAMES = ['remind 2027-11-13', 'remind 2027-11-24', 'overdue', 'escalate'];
  const DUES = ['2027-11-13T12:00:00.000Z', '2027-11-24T12:00:00.000Z', '2027-11-28T12:00:00.000Z', '2027-12-11T12:00:00.000Z'];
  const all = NAMES.map((timer, i) => ({ timer, due: DUES[i]! }));
  const running = () => {
    const flow = host(reporting);
    flow.on(stream, 'pilot.decided', decided('granted'));
    expect(flow.on(stream, 'pilot.paid', paid, '2027-10-14T08:00:00.000Z')).toEqual({ timers: all });
    return flow;
  };
  const to = (type: string, due: string, effectiveAt: string, more = {}) => ({
    commands: [{ aggregate: 'pilot', stream, command: { type, call: CALL, due, effectiveAt, ...more } }],
  });

  it('follows what was granted', () => {
    expect(host(reporting).subject(stream, 'pilot.decided', decided('granted'))).toBe(PILOT);
    expect(host(reporting).subject(stream, 'pilot.decided', decided('refused'))).toBeNull();
  });

  it('reminds twice, notes that the report is missing, and takes it up', () => {
    const flow = running();
    expect(flow.due(NAMES[0]!, DUES[0]!)).toEqual(to('RemindReport', '2027-11-27', DUES[0]!, { days: 14 }));
    expect(flow.due(NAMES[1]!, DUES[1]!)).toEqual(to('RemindReport', '2027-11-27', DUES[1]!, { days: 3 }));
    expect(flow.due('overdue', DUES[2]!)).toEqual(to('RecordReportOverdue', '2027-11-27', DUES[2]!));
    expect(flow.due('escalate', DUES[3]!)).toEqual(to('EscalateReport', '2027-11-27', DUES[3]!));
  });

  it('falls silent when the report came, when it was accepted, and when the money came back', () => {
    const off = { timers: NAMES.map((timer) => ({ timer, due: null })) };
    expect(running().on(stream, 'pilot.reported', reported)).toEqual(off);
    expect(running().on(stream, 'pilot.report-accepted', { returnCents: 0, returnDue: null })).toEqual(off);
    const failed = { instalment: 1, attempt: 1, cents: 50_000, batch: id('batch'), how: 'returned', code: 'MD07', on: '2027-10-18' };
    expect(running().on(stream, 'pilot.payout-failed', failed)).toEqual(off);
  });

  it('speaks up again for what is still to come when a report goes back', () => {
    const flow = running();
    flow.on(stream, 'pilot.reported', reported);
    expect(flow.on(stream, 'pilot.report-sent-back', {}, '2027-11-25T08:00:00.000Z')).toEqual({ timers: all.slice(2) });
  });

  it('moves with more time, and leaves no reminder of the earlier day behind', () => {
    const flow = running();
    const extended = { due: '2027-12-27', remindOn: ['2027-12-13', '2027-12-24'], escalateOn: '2028-01-10' };
    const { timers } = flow.on(stream, 'pilot.report-extended', extended, '2027-11-01T08:00:00.000Z');
    expect(new Map(timers!.map((t) => [t.timer, t.due]))).toEqual(
      new Map([
        ['remind 2027-11-13', null],
        ['remind 2027-11-24', null],
        ['remind 2027-12-13', '2027-12-13T12:00:00.000Z'],
        ['remind 2027-12-24', '2027-12-24T12:00:00.000Z'],
        ['overdue', '2027-12-28T12:00:00.000Z'],
        ['escalate', '2028-01-10T12:00:00.000Z'],
      ]),
    );
    expect(flow.due('overdue', '2027-12-28T12:00:00.000Z').commands![0]!.command['due']).toBe('2027-12-27');
  });
});

describe('adopting', () => {
  const stream = serviceStream(TENANT, SERVICE);
  const proposed = {
    service: SERVICE,
    pilot: PILOT,
    call: CALL,
    owner: 'Vapaa-aika',
    title: 'Kahvila',
    districts: ['Jukola'],
    proposedOn: '2027-09-01',
    answerDue: '2027-10-31',
  };
  const decided = (result: string) => ({
    result,
    section: '§ 88',
    body: 'Lautakunta',
    decidedOn: '2027-12-01',
    reason: 'Toimi.',
    yearlyCents: 0,
    fromYear: 2028,
    districts: ['Jukola'],
    reviewDue: '2028-11-30',
  });
  const proposal = () => {
    const flow = host(adopting);
    expect(flow.on(stream, 'service.adoption-proposed', proposed)).toEqual({
      timers: [{ timer: 'answer', due: '2027-11-01T12:00:00.000Z' }],
    });
    return flow;
  };
  const to = (command: object) => ({ commands: [{ aggregate: 'service', stream, command }] });
  const quiet = { timer: 'answer', due: null };

  it('notes a silent owner, and no other', () => {
    expect(proposal().due('answer', '2027-11-01T12:00:00.000Z')).toEqual(
      to({ type: 'RecordAnswerOverdue', effectiveAt: '2027-11-01T12:00:00.000Z' }),
    );
    expect(proposal().on(stream, 'service.answered', { answer: 'for', answeredOn: '2027-10-04' })).toEqual({ timers: [quiet] });
  });

  it('keeps the yearly review of what was adopted, until it ends', () => {
    const flow = proposal();
    expect(flow.on(stream, 'service.decided', decided('adopted'))).toEqual({
      timers: [quiet, { timer: 'review', due: '2028-11-30T12:00:00.000Z' }],
    });
    const due = '2028-11-30T12:00:00.000Z';
    expect(flow.due('review', due)).toEqual(to({ type: 'RecordReviewDue', due: '2028-11-30', effectiveAt: due }));
    const review = { on: '2028-12-04', goesOn: true, summary: 'Kävijöitä 400.', nextDue: '2029-12-04' };
    expect(flow.on(stream, 'service.reviewed', review)).toEqual({ timers: [{ timer: 'review', due: '2029-12-04T12:00:00.000Z' }] });
    expect(flow.on(stream, 'service.ended', { on: '2029-06-01', reason: 'Loppui.' })).toEqual({ timers: [{ timer: 'review', due: null }] });
    expect(proposal().on(stream, 'service.decided', decided('not-adopted'))).toEqual({ timers: [quiet, { timer: 'review', due: null }] });
  });
});
