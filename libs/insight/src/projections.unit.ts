import { flowReacted } from '@minipilot/kernel/flow.js';
import { project } from '@minipilot/kernel/testing.js';
import { pilotEvents } from '@minipilot/grants/pilot/events.js';
import { callStream, scorebookStream, scoringStream, scorebookId } from '@minipilot/grants/streams.js';
import { deskCalls, phaseOf, publicCalls } from './calls.js';
import { allProjections, publicProjections, publicViews } from './index.js';
import { deskPostings, publicMoney } from './money.js';
import { deskBatches, deskPayoutRows } from './payouts.js';
import { deskBooks, deskReadings, deskScoring } from './scoring.js';
import { publicServices } from './services.js';
import { publicFacts, publicStories } from './stories.js';
import { catalogue, content, hash, History, id } from './testing.js';
import { deskTimers } from './timers.js';

const call = id('call');
const pilot = id('pilot');
const at = '2027-03-02T10:00:00.000Z';

describe('calls', () => {
  it('are public from their announcement, with deadline and budget as they are now', () => {
    const h = new History();
    h.add(callStream('demo', call), 'call.drafted', { call, content: content({ decisionMaker: null }) }, at);
    expect(project(publicCalls, h.events).size).toBe(0);
    expect(project(deskCalls, h.events).get(call)!.state).toBe('draft');
    h.announce(call);
    h.add(callStream('demo', call), 'call.deadline-extended', { closesAt: '2027-10-01T13:00:00.000Z', reason: 'Lisäaika' }, at);
    h.add(
      callStream('demo', call),
      'call.budget-raised',
      { byCents: 100, budgetCents: 500_100, authority: { section: '§ 1', on: '2027-03-01' } },
      at,
    );
    for (const projection of [publicCalls, deskCalls]) {
      const row = project(projection, h.events).get(call)!;
      expect(row).toMatchObject({ state: 'announced', closesAt: '2027-10-01T13:00:00.000Z', year: 2027, lotHash: hash('lot') });
      expect(JSON.parse(row.content)).toMatchObject({
        closesAt: row.closesAt,
        budget: { cents: 500_100 },
        decisionMaker: 'Kehittämispäällikkö',
      });
      expect([phaseOf(row, '2027-01-31T00:00:00.000Z'), phaseOf(row, row.opensAt), phaseOf(row, row.closesAt)]).toEqual([
        'upcoming',
        'open',
        'closing',
      ]);
    }
    h.close(call, [pilot]);
    expect(project(publicCalls, h.events).get(call)).toMatchObject({ state: 'closed', closedAt: '2027-09-22T13:00:00.000Z' });
  });

  it('do not show a dropped draft to the public', () => {
    const h = new History();
    h.add(callStream('demo', call), 'call.drafted', { call, content: content() }, at);
    h.add(callStream('demo', call), 'call.cancelled', { reason: 'Ei rahaa' }, at);
    expect(project(publicCalls, h.events).size).toBe(0);
    expect(project(deskCalls, h.events).get(call)!.state).toBe('cancelled');
  });

  it('close with the last page of their list', () => {
    const h = new History();
    h.announce(call);
    h.add(callStream('demo', call), 'call.closed', { effectiveAt: at, page: 0, applications: [], last: false }, at);
    expect(project(publicCalls, h.events).get(call)!.state).toBe('announced');
  });
});

describe('timers', () => {
  const react = (h: History, input: object, timers: { timer: string; due: string | null }[]) =>
    h.push(
      'demo.flow-closing-x',
      flowReacted.type,
      { flow: 'closing', subject: 'x', inputId: id('input'), input, commands: [], timers },
      at,
    );
  const rows = (h: History) => [...project(deskTimers, h.events)];
  const event = { kind: 'event', type: 'call.announced' };

  it('wait from when they are set until they fire', () => {
    const h = new History();
    react(h, event, [
      { timer: 'close', due: '2027-03-03T00:00:00.000Z' },
      { timer: 'remind', due: '2027-03-04T00:00:00.000Z' },
    ]);
    expect(rows(h).map(([key, row]) => [key, row.due])).toEqual([
      ['demo.flow-closing-x|close', '2027-03-03T00:00:00.000Z'],
      ['demo.flow-closing-x|remind', '2027-03-04T00:00:00.000Z'],
    ]);
    react(h, { kind: 'timer', timer: 'close', due: '2027-03-03T00:00:00.000Z' }, []);
    expect(rows(h).map(([, row]) => row.timer)).toEqual(['remind']);
    catalogue.validate('flow.reacted', h.events[0]!.data);
  });

  it('are moved, taken back, and set anew by their own firing', () => {
    const h = new History();
    react(h, event, [{ timer: 'close', due: '2027-03-03T00:00:00.000Z' }]);
    react(h, event, [{ timer: 'close', due: '2027-03-05T00:00:00.000Z' }]);
    expect(rows(h)[0]![1].due).toBe('2027-03-05T00:00:00.000Z');
    react(h, { kind: 'timer', timer: 'close', due: '2027-03-05T00:00:00.000Z' }, [{ timer: 'close', due: '2027-03-12T00:00:00.000Z' }]);
    expect(rows(h)[0]![1].due).toBe('2027-03-12T00:00:00.000Z');
    react(h, event, [{ timer: 'close', due: null }]);
    expect(rows(h)).toEqual([]);
  });

  it('outlive a late call of what they were before', () => {
    const h = new History();
    react(h, event, [{ timer: 'close', due: '2027-03-05T00:00:00.000Z' }]);
    react(h, { kind: 'timer', timer: 'close', due: '2027-03-03T00:00:00.000Z' }, []);
    expect(rows(h)).toHaveLength(1);
  });
});

describe('scoring', () => {
  const member = id('member');
  const start = (h: History) =>
    h.add(
      scoringStream('demo', call),
      'scoring.started',
      { call, members: [member], chair: id('chair'), applications: [pilot], left: [], closesAt: '2027-10-01T13:00:00.000Z' },
      at,
    );

  it('shows nothing that depends on cards before they are opened', () => {
    const [a, b] = [new History(), new History()];
    const book = scorebookStream('demo', scorebookId(call, member));
    const declared = { call, member, conflicts: [], shown: 1, shownDigest: hash('names') };
    for (const h of [a, b]) {
      start(h);
      h.add(book, 'scorebook.conflicts-declared', declared, at);
    }
    b.add(book, 'scorebook.card-saved', { application: pilot }, at, ['scores', 'comment']);
    b.add(book, 'scorebook.card-saved', { application: pilot }, at, ['scores']);
    for (const projection of allProjections) expect([...project(projection, b.events)]).toEqual([...project(projection, a.events)]);
    expect([...project(deskBooks, a.events).values()]).toEqual([
      { tenant: 'demo', call, member, declaredAt: at, finishedAt: null, closedAt: null },
    ]);
  });

  it('goes from start to a signed proposal in pages', () => {
    const h = new History();
    const stream = scoringStream('demo', call);
    start(h);
    const state = () => project(deskScoring, h.events).get(call)!;
    h.add(stream, 'scoring.opened', { cards: 2, digest: hash('cards'), digestForm: 'v2', seed: hash('seed'), effectiveAt: at }, at);
    expect(state()).toMatchObject({ state: 'opened', seed: hash('seed') });
    const first = h.add(stream, 'scoring.proposed', { page: 0, places: [], last: false }, at);
    expect(state().state).toBe('opened');
    const last = h.add(
      stream,
      'scoring.proposed',
      { page: 1, places: [], last: true, count: 0, totalCents: 5, digest: hash('proposal') },
      at,
    );
    expect(state()).toMatchObject({
      state: 'proposed',
      proposalDigest: hash('proposal'),
      totalCents: 5,
      pages: JSON.stringify([first.id, last.id]),
    });
    h.add(stream, 'scoring.proposal-signed', { digest: hash('proposal') }, at);
    expect(state()).toMatchObject({ state: 'signed', signedAt: at });
  });

  it('tells who has read a rolling application and not what they said', () => {
    const h = new History();
    h.add(
      scoringStream('demo', call),
      'scoring.reading-recorded',
      { application: pilot, reader: member, values: [true, false], salt: hash('salt') },
      at,
    );
    expect([...project(deskReadings, h.events)]).toEqual([
      [`${pilot}|${member}`, { tenant: 'demo', call, application: pilot, reader: member, at }],
    ]);
  });
});

describe('money', () => {
  const entries = (from: string, to: string, cents: number) =>
    [
      { account: to, side: 'debit', cents },
      { account: from, side: 'credit', cents },
    ] as never;

  it('follows one grant from the budget to the bank and back', () => {
    const h = new History();
    h.ledger(
      call,
      'ledger.opened',
      {
        call,
        budgetCents: 100_000,
        appealReserveCents: 10_000,
        currency: 'EUR',
        entries: [...(entries('budget', 'available', 90_000) as never[]), ...(entries('budget', 'appeal-reserve', 10_000) as never[])],
      },
      at,
    );
    const post = (
      step: 'reserved' | 'committed' | 'in-transit' | 'settled' | 'bank-returned' | 'repaid',
      from: string,
      to: string,
      cents: number,
    ) =>
      h.ledger(
        call,
        'ledger.posted',
        { key: `${pilot}/1/1/${step}`, step, pilot, cents, entries: entries(from, to, cents), cause: id(step) },
        at,
      );
    const row = () => project(publicMoney, h.events).get(call)!;
    post('reserved', 'available', 'reserved', 50_000);
    expect(row()).toMatchObject({ budgetCents: 100_000, availableCents: 40_000, appealReserveCents: 10_000, reservedCents: 50_000 });
    post('committed', 'reserved', 'committed', 50_000);
    post('in-transit', 'committed', 'in-transit', 50_000);
    post('settled', 'in-transit', 'paid', 50_000);
    post('bank-returned', 'paid', 'committed', 50_000);
    expect(row()).toMatchObject({ committedCents: 50_000, paidCents: 0 });
    post('in-transit', 'committed', 'in-transit', 50_000);
    post('settled', 'in-transit', 'paid', 50_000);
    post('repaid', 'paid', 'returned', 3_840);
    expect(row()).toMatchObject({
      paidCents: 50_000,
      returnedCents: 3_840,
      committedCents: 0,
      inTransitCents: 0,
      debitsCents: row().creditsCents,
    });
    const postings = [...project(deskPostings, h.events).values()];
    expect(postings.map(({ step }) => step)).toEqual([
      'opened',
      'reserved',
      'committed',
      'in-transit',
      'settled',
      'bank-returned',
      'in-transit',
      'settled',
      'repaid',
    ]);
    expect(postings.map(({ sort }) => sort)).toEqual([...postings.map(({ sort }) => sort)].sort());
  });
});

describe('payments', () => {
  const [first, second] = [id('batch 1'), id('batch 2')];
  const row = `${pilot}/1/1`;
  const payment = {
    row,
    call,
    pilot,
    instalment: 1,
    attempt: 1,
    cents: 50_000,
    account: hash('account'),
    accountEvent: id('account'),
    recipient: id('aune'),
  };

  it('that must wait leave their batch and join a later one, with the first approval still to be seen', () => {
    const h = new History();
    h.batch(first, 'batch.opened', { batch: first, day: '2027-03-09', number: 1 }, at);
    h.batch(first, 'batch.row-added', { batch: first, row: payment }, at);
    h.batch(first, 'batch.prepared', { batch: first, digest: hash('rows'), rows: 1, cents: 50_000, by: id('clerk') }, at);
    h.batch(first, 'batch.approved', { batch: first, digest: hash('rows'), by: id('approver') }, at);
    h.batch(first, 'batch.name-checked', { batch: first, row, account: hash('account'), result: 'no-match' }, at);
    expect(project(deskBatches, h.events).get(first)).toMatchObject({ state: 'approved', preparedRows: 1, approvedBy: id('approver') });
    h.batch(
      first,
      'batch.account-changed',
      { batch: first, row, account: hash('own'), accountEvent: id('own'), recipient: id('aune') },
      at,
    );
    h.batch(first, 'batch.approval-voided', { batch: first, reason: 'account-changed', rows: [row] }, at);
    expect(project(deskBatches, h.events).get(first)).toMatchObject({
      state: 'open',
      digest: null,
      approvedBy: null,
      voided: 1,
      voidedAt: at,
    });
    expect(project(deskPayoutRows, h.events).get(`${first}|${row}`)).toMatchObject({
      check: 'pending',
      account: hash('own'),
      state: 'waiting',
    });
    h.batch(first, 'batch.row-moved', { batch: first, row: payment, reason: 'name-check' }, at);
    h.batch(second, 'batch.opened', { batch: second, day: '2027-03-15', number: 1 }, at);
    h.batch(second, 'batch.row-added', { batch: second, row: { ...payment, movedFrom: first } }, at);
    h.batch(second, 'batch.name-checked', { batch: second, row, account: hash('account'), result: 'close' }, at);
    h.batch(second, 'batch.close-match-accepted', { batch: second, row, account: hash('account'), by: id('officer') }, at);
    h.batch(
      second,
      'batch.released',
      {
        batch: second,
        messageId: 'm',
        fileDigest: hash('file'),
        executionOn: '2027-03-15',
        rows: [{ row, call, cents: 50_000 }],
        cents: 50_000,
      },
      at,
    );
    h.batch(second, 'batch.row-settled', { batch: second, row, reference: 'bank-1', on: '2027-03-15' }, at);
    h.batch(second, 'batch.finished', { batch: second }, at);
    const rows = project(deskPayoutRows, h.events);
    expect(rows.get(`${first}|${row}`)).toMatchObject({ state: 'moved', moveReason: 'name-check' });
    expect(rows.get(`${second}|${row}`)).toMatchObject({
      state: 'settled',
      movedFrom: first,
      acceptedBy: id('officer'),
      reply: 'bank-1',
      repliedOn: '2027-03-15',
    });
    expect(project(deskBatches, h.events).get(second)).toMatchObject({ state: 'finished', releasedRows: 1, releasedCents: 50_000 });
  });

  it('that come to a released batch are recorded there as moved', () => {
    const h = new History();
    h.batch(first, 'batch.opened', { batch: first, day: '2027-03-09', number: 1 }, at);
    h.batch(first, 'batch.row-moved', { batch: first, row: payment, reason: 'late' }, at);
    expect(project(deskPayoutRows, h.events).get(`${first}|${row}`)).toMatchObject({
      state: 'moved',
      moveReason: 'late',
      check: 'pending',
    });
  });
});

describe('stories', () => {
  const definition = (type: string) => pilotEvents.find((d) => d.type === type)!;

  it('tell public fields only, and never a subject', () => {
    const h = new History();
    const { data } = h.decide(pilot, call, 'granted');
    expect(publicFacts(definition('pilot.decided'), data)).toMatchObject({ result: 'granted', cents: 50_000, section: '§ 7' });
    expect(publicFacts(definition('pilot.decided'), data)).not.toHaveProperty('decider');
    expect(publicFacts(definition('pilot.submitted'), h.submit(pilot, call).data)).toEqual({});
    expect(publicFacts(definition('pilot.paid'), h.pay(pilot).data)).not.toHaveProperty('reference');
  });

  it('keep silent on reminders, accounts and refusals', () => {
    const h = new History();
    h.submit(pilot, call);
    h.decide(pilot, call, 'ineligible');
    h.decide(pilot, call, 'granted', '2027-05-03T10:00:00.000Z');
    h.pilot(pilot, 'pilot.award-accepted', { acceptedAt: at }, at, ['iban']);
    h.pilot(pilot, 'pilot.report-overdue', { due: '2027-06-14', effectiveAt: at }, at);
    expect([...project(publicStories, h.events).values()].map(({ type, facts }) => [type, JSON.parse(facts).result])).toEqual([
      ['pilot.submitted', undefined],
      ['pilot.decided', 'granted'],
    ]);
  });
});

it('services go from a proposal to reviews, district by district', () => {
  const h = new History();
  const service = id('service');
  h.adopt(service, pilot, call);
  const stream = `demo.service-${service}`;
  h.add(stream, 'service.district-started', { district: 'Jukola', on: '2028-01-10' }, at);
  h.add(stream, 'service.review-due', { due: '2028-12-01', effectiveAt: at }, at);
  expect(project(publicServices, h.events).get(service)).toMatchObject({
    state: 'adopted',
    yearlyCents: 600_000,
    reviewOverdue: 1,
    reviewDue: '2028-12-01',
  });
  h.add(stream, 'service.reviewed', { on: '2028-12-02', goesOn: true, summary: 'Hyvä', nextDue: '2029-12-01' }, at);
  const row = project(publicServices, h.events).get(service)!;
  expect(row).toMatchObject({
    reviewOverdue: 0,
    reviewDue: '2029-12-01',
    started: JSON.stringify([{ district: 'Jukola', on: '2028-01-10' }]),
  });
  h.add(stream, 'service.ended', { on: '2030-01-01', reason: 'Loppui' }, at);
  expect(project(publicServices, h.events).get(service)).toMatchObject({ state: 'ended', endedOn: '2030-01-01', reviewDue: null });
});

describe('all projections', () => {
  it('know the events that they handle and have names that tell who may read them', () => {
    for (const { name, handles } of allProjections) {
      for (const type of handles) expect([name, type, catalogue.get(type)?.type]).toEqual([name, type, type]);
      expect(name).toMatch(/^(public|desk)_/);
    }
    expect(publicProjections.every(({ name }) => name.startsWith('public_'))).toBe(true);
    expect(new Set(allProjections.map(({ name }) => name)).size).toBe(allProjections.length);
    expect(publicViews).toContain('public_figures_v1_rollup');
    expect(publicViews).not.toContain('public_figures_v1');
  });
});
