import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { flowReacted } from '@minipilot/kernel/flow.js';
import * as insight from '@minipilot/insight/index.js';
import { catalogue, content, hash, History, id, PLANTED, policy } from '@minipilot/insight/testing.js';
import { openReadModels, type ReadModels } from '@minipilot/platform/read-models/database.js';
import { Projector } from '@minipilot/platform/read-models/projector.js';
import { decodeCursor, encodeCursor } from '@minipilot/platform/read-models/page-cursor.js';
import { rollupViewName, viewName } from '@minipilot/platform/read-models/tables.js';
import { SqliteEventStore } from '@minipilot/platform/store/sqlite.js';
import { testDatabase } from '../support/postgres.js';

const NOW = '2028-02-01T10:00:00.000Z';
const page = { limit: 50 };
const [ranked, rolling, draft] = [id('ranked call'), id('rolling call'), id('draft call')];
const cafe = id('café');
const nth = (n: number): string => id(`pilot ${n}`);
const service = id('service');
const batch = id('batch 1');

/** The cases of a year: a rolling call that is open, and a ranked one with 23 applications that ran its course. */
function year(): History {
  const h = new History();
  h.policy();
  h.add(
    `demo.call-${draft}`,
    'call.drafted',
    { call: draft, content: content({ opensAt: '2028-05-01T06:00:00.000Z' }) },
    '2028-01-10T08:00:00.000Z',
  );
  h.announce(ranked, { opensAt: '2027-09-01T06:00:00.000Z' });
  h.announce(rolling, {
    opensAt: '2027-02-01T06:00:00.000Z',
    closesAt: '2028-12-31T22:00:00.000Z',
    budget: { cents: 900_000, year: 2028, costCentre: '100', account: '4740', project: 'mp' },
    rules: { ...content().rules, method: 'rolling' },
  });
  h.ledger(
    ranked,
    'ledger.opened',
    {
      call: ranked,
      budgetCents: 500_000,
      appealReserveCents: 50_000,
      currency: 'EUR',
      entries: moved('budget', 'available', 450_000, 'appeal-reserve', 50_000),
    },
    '2027-01-10T08:01:00.000Z',
  );

  h.submit(cafe, rolling, { district: 'Jukola' }, '2027-03-02T10:00:00.000Z');
  h.decide(cafe, rolling, 'granted', '2027-03-05T10:00:00.000Z');
  h.pilot(
    cafe,
    'pilot.decision-published',
    { publishedOn: '2027-03-08', noticeOn: '2027-03-15', appealUntil: '2027-03-29' },
    '2027-03-08T08:00:00.000Z',
  );
  h.pilot(
    cafe,
    'pilot.notified',
    { channel: 'letter', sentOn: '2027-03-05', noticeOn: '2027-03-12', appealUntil: '2027-03-30', acceptBy: '2027-04-12', document: null },
    '2027-03-08T08:30:00.000Z',
  );
  h.pilot(cafe, 'pilot.award-accepted', { acceptedAt: '2027-03-09T08:00:00.000Z' }, '2027-03-09T08:00:00.000Z', ['iban']);
  h.pay(cafe, '2027-03-15T10:00:00.000Z');
  h.report(cafe, 'yes', '2027-06-14T10:00:00.000Z');
  h.pilot(cafe, 'pilot.report-accepted', { returnCents: 3_840, returnDue: '2027-07-01' }, '2027-06-15T10:00:00.000Z');
  h.pilot(cafe, 'pilot.money-returned', { cents: 3_840, reference: 'RF1', on: '2027-06-20' }, '2027-06-20T10:00:00.000Z');
  h.pilot(
    cafe,
    'pilot.text-published',
    { title: 'Kahvila', summary: 'Eläkeläisten iltapäivä', lesson: 'Keskiviikko sopi' },
    '2027-06-21T10:00:00.000Z',
  );
  h.adopt(service, cafe, rolling);
  // arrived in the open call and not decided
  h.submit(id('waiting in the open call'), rolling, { district: 'Kauriala' }, '2028-01-20T10:00:00.000Z');

  for (let n = 1; n <= 23; n++)
    h.submit(
      nth(n),
      ranked,
      { district: policy.districts[n % 3]!, late: n === 23 },
      `2027-09-${n < 22 ? '10' : '22'}T10:00:${String(n).padStart(2, '0')}.000Z`,
    );
  h.pilot(nth(22), 'pilot.withdrawn', { withdrawnAt: '2027-09-22T11:00:00.000Z' }, '2027-09-22T11:00:00.000Z');
  h.close(ranked, []);
  const decidedAt = (n: number) => `2027-10-08T10:00:${String(n).padStart(2, '0')}.000Z`;
  for (let n = 1; n <= 21; n++) {
    const result = n <= 9 ? 'granted' : n <= 12 ? 'waiting' : n <= 20 ? 'refused' : 'ineligible';
    h.decide(nth(n), ranked, result, decidedAt(n));
    h.pilot(
      nth(n),
      'pilot.notified',
      {
        channel: 'electronic',
        sentOn: '2027-10-08',
        noticeOn: '2027-10-11',
        appealUntil: '2027-10-25',
        document: null,
        acceptBy: n <= 9 ? '2027-11-10' : null,
      },
      decidedAt(n),
    );
    h.pilot(
      nth(n),
      'pilot.decision-published',
      { publishedOn: '2027-10-08', noticeOn: '2027-10-15', appealUntil: '2027-10-29' },
      decidedAt(n),
    );
  }
  h.decide(nth(23), ranked, 'late', decidedAt(23));
  h.pay(nth(1), '2027-10-13T10:00:00.000Z');
  h.report(nth(1), 'no', '2027-11-22T10:00:00.000Z', 21_000);
  h.pilot(
    nth(1),
    'pilot.text-published',
    { title: 'Taekwondo', summary: '', lesson: 'Koulubussi lähtee kahdelta' },
    '2027-11-25T10:00:00.000Z',
  );
  h.ledger(
    ranked,
    'ledger.posted',
    { key: 'a', step: 'reserved', pilot: nth(1), cents: 50_000, entries: moved('available', 'reserved', 50_000), cause: id('c1') },
    decidedAt(1),
  );
  h.ledger(
    ranked,
    'ledger.posted',
    {
      key: 'b',
      step: 'settled',
      pilot: nth(1),
      batch,
      cents: 50_000,
      entries: moved('reserved', 'paid', 50_000),
      cause: id('c2'),
      reference: 'bank-1',
    },
    '2027-10-13T10:00:00.000Z',
  );

  h.batch(batch, 'batch.opened', { batch, day: '2027-10-13', number: 1 }, '2027-10-12T10:00:00.000Z');
  for (const n of [2, 3]) {
    const row = {
      row: `${nth(n)}/1/1`,
      call: ranked,
      pilot: nth(n),
      instalment: 1,
      attempt: 1,
      cents: 50_000,
      account: hash('iban'),
      accountEvent: id('e'),
      recipient: id('r'),
    };
    h.batch(batch, 'batch.row-added', { batch, row }, '2027-10-12T10:00:00.000Z');
  }
  h.batch(batch, 'batch.name-checked', { batch, row: `${nth(2)}/1/1`, account: hash('iban'), result: 'close' }, '2027-10-12T10:01:00.000Z');
  h.batch(
    batch,
    'batch.name-checked',
    { batch, row: `${nth(3)}/1/1`, account: hash('iban'), result: 'no-match' },
    '2027-10-12T10:02:00.000Z',
  );
  const timers = [
    { timer: 'a', due: '2028-02-01T10:00:00.000Z' },
    { timer: 'b', due: '2028-01-01T10:00:00.000Z' },
    { timer: 'c', due: '2028-02-01T10:00:00.001Z' },
  ];
  h.push(
    'demo.flow-closing-x',
    flowReacted.type,
    { flow: 'closing', subject: 'x', inputId: id('i'), input: { kind: 'event' }, commands: [], timers },
    NOW,
  );
  return h;
}

function moved(from: string, ...to: (string | number)[]) {
  const entries: { account: string; side: string; cents: number }[] = [];
  for (let i = 0; i < to.length; i += 2) {
    entries.push(
      { account: to[i] as string, side: 'debit', cents: to[i + 1] as number },
      { account: from, side: 'credit', cents: to[i + 1] as number },
    );
  }
  return entries as never;
}

it('projections change neither rows nor events that they are given, and keep nothing sealed', () => {
  const { events } = year();
  expect(JSON.stringify(events)).toContain(PLANTED);
  for (const event of events) Object.freeze(event.data);
  for (const projection of insight.allProjections) {
    const rows = new Map<string, Record<string, unknown>>();
    for (const event of events.filter(({ type }) => projection.handles.includes(type))) {
      for (const key of projection.keys(Object.freeze(event))) {
        const row = projection.evolve(rows.get(key) ?? null, event, key);
        if (row === null) rows.delete(key);
        else rows.set(key, Object.freeze(row));
      }
    }
    for (const row of rows.values()) expect(Object.keys(row).sort()).toEqual(Object.keys(projection.table).sort());
    expect(JSON.stringify([...rows])).not.toContain(PLANTED);
  }
});

const engines = {
  sqlite: async (dir: string) => ({ options: { file: join(dir, 'read-models.db') }, drop: async () => {} }),
  postgres: async () => {
    const { url, drop } = await testDatabase();
    return { options: { url }, drop };
  },
};

jest.setTimeout(60_000);

describe.each(Object.keys(engines) as (keyof typeof engines)[])('queries on %s', (kind) => {
  let dir: string;
  let readModels: ReadModels;
  let db: insight.Db;
  const after: (() => Promise<unknown>)[] = [];
  const history = year();

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'minipilot-queries-'));
    after.push(async () => rmSync(dir, { recursive: true }));
    const store = await SqliteEventStore.open({ file: join(dir, 'events.db'), now: () => new Date().toISOString() });
    after.push(() => store.close());
    const where = await engines[kind](dir);
    after.push(where.drop);
    readModels = await openReadModels(where.options);
    after.push(() => readModels.close());
    db = readModels.db;
    for (const { revision, position: _, ...event } of history.events) await store.append(event.stream, [event], revision - 1);
    const projector = new Projector({ store, readModels, catalogue, projections: insight.allProjections });
    projector.start();
    while (!projector.idle(await store.head())) await sleep(10);
    expect(projector.status().filter(({ status }) => status !== 'running')).toEqual([]);
    await projector.stop();
  });

  afterAll(async () => {
    for (const step of after.reverse()) await step();
  });

  it('read the views that the host makes', () => {
    for (const projection of insight.allProjections) {
      expect([insight.viewOf(projection), insight.rollupOf(projection)]).toEqual([viewName(projection), rollupViewName(projection)]);
    }
  });

  it('list calls by phase, drafts at the desk only', async () => {
    const publicly = await insight.listPublicCalls(db, 'demo', NOW, {}, page);
    expect(publicly.items.map(({ call, phase }) => [call, phase])).toEqual([
      [ranked, 'closed'],
      [rolling, 'open'],
    ]);
    expect(publicly.items[0]).toMatchObject({ title: { fi: 'Kokeillaan' }, budget: { cents: 500_000 }, lotHash: hash('lot') });
    const of = async (filter: insight.CallFilter) =>
      (await insight.listDeskCalls(db, 'demo', NOW, filter, page)).items.map(({ call }) => call);
    expect([await of({ phase: 'draft' }), await of({ phase: 'open' }), await of({ phase: 'closed' }), await of({ year: 2028 })]).toEqual([
      [draft],
      [rolling],
      [ranked],
      [rolling],
    ]);
    expect(await insight.findPublicCall(db, 'demo', draft, NOW)).toBeUndefined();
    expect(await insight.findPublicCall(db, 'other', ranked, NOW)).toBeUndefined();
  });

  it('page through applications by cursor without a gap or repeat', async () => {
    const seen: string[] = [];
    let at: insight.Page = { limit: 4 };
    for (;;) {
      const { items, next } = await insight.listPilots(db, 'demo', { call: ranked }, at);
      expect(items.length).toBeLessThanOrEqual(4);
      seen.push(...items.map(({ key }) => key));
      if (next === null) break;
      at = { limit: 4, after: decodeCursor(encodeCursor(next), 'text') as insight.Keyset };
    }
    expect(seen).toEqual(Array.from({ length: 23 }, (_, i) => nth(i + 1)));
    const waiting = await insight.listPilots(db, 'demo', { call: ranked, states: ['waiting'], district: 'Kauriala' }, page);
    expect(waiting.items.map(({ key }) => key)).toEqual([nth(10)]);
    const mine = await insight.listPilotsOf(db, 'demo', id(`applicant of ${cafe}`), page);
    expect(mine.items.map(({ key, state }) => [key, state])).toEqual([[cafe, 'completed']]);
    expect((await insight.listPilotsOf(db, 'other', id(`applicant of ${cafe}`), page)).items).toEqual([]);
  });

  it('count the funnel with small counts held back, and of open calls what is decided', async () => {
    const [all] = await insight.funnel(db, 'demo', { call: ranked });
    expect(all).toMatchObject({
      calls: 1,
      openCalls: 0,
      applied: 23,
      granted: 9,
      refused: 8,
      paid: 1,
      reported: 1,
      adopted: 0,
      suppressed: true,
    });
    for (const name of ['late', 'withdrawn', 'waiting', 'ineligible', 'inTime', 'decided'] as const) expect(all![name]).toBeNull();
    const [open] = await insight.funnel(db, 'demo', { call: rolling });
    expect(open).toMatchObject({ openCalls: 1, applied: 1, decided: 1, granted: 1, paid: 1, reported: 1, adopted: 1, suppressed: false });
    expect(await insight.funnel(db, 'demo', { by: 'year' })).toMatchObject([
      { group: '2027', calls: 1, applied: 23 },
      { group: '2028', calls: 1, applied: 1 },
    ]);
    expect(await insight.funnel(db, 'demo', {})).toMatchObject([{ group: null, calls: 2, applied: 24, granted: 10, refused: 8 }]);
    expect((await insight.funnel(db, 'demo', { by: 'call' })).map(({ group }) => group).sort()).toEqual([ranked, rolling].sort());
    const districts = await insight.funnel(db, 'demo', { year: 2027, by: 'district' });
    expect(districts.map(({ group, granted }) => [group, granted])).toEqual([
      ['Jukola', 3],
      ['Kauriala', 3],
      ['Keinusaari', 3],
    ]);
    // 14 of 23 got nothing: 4 or 5 in each district, so that all are held back or none can be told from the others
    expect(districts.filter(({ applied }) => applied === null).length).not.toBe(1);
    for (const { applied, granted, refused } of districts) {
      expect(applied === null || applied - granted >= 5).toBe(true);
      expect(refused).toBeNull();
    }
    expect(await insight.funnel(db, 'other', {})).toMatchObject([{ calls: 0, applied: 0, granted: 0, suppressed: false }]);
  });

  it('give outcomes, times and money', async () => {
    expect(await insight.outcomes(db, 'demo', {})).toEqual([
      { group: null, yes: 1, partly: 0, no: 1, reported: 2, participants: 46, adopted: 1 },
    ]);
    expect(await insight.outcomes(db, 'demo', { district: 'Jukola', by: 'year' })).toMatchObject([
      { group: '2027', yes: 0 },
      { group: '2028', yes: 1 },
    ]);
    const [times] = await insight.times(db, 'demo', { call: rolling });
    expect(times).toMatchObject({
      arrivalToDecision: { hours: 72, count: 1 },
      decisionToMoney: { hours: 240, count: 1 },
      moneyToReport: { hours: 2184, count: 1 },
    });
    expect(times!.reportToAdoption).toEqual({ hours: 24 * 170, count: 1 });
    expect(await insight.money(db, 'demo', { call: ranked })).toMatchObject([
      {
        budgetCents: 500_000,
        availableCents: 400_000,
        appealReserveCents: 50_000,
        reservedCents: 0,
        paidCents: 50_000,
        grantedCents: 450_000,
        netCents: 50_000,
      },
    ]);
    const jukola = (await insight.money(db, 'demo', { by: 'district' })).find(({ group }) => group === 'Jukola');
    expect(jukola).toMatchObject({ budgetCents: null, paidCents: 50_000, returnedCents: 3_840, netCents: 46_160, usedCents: 46_160 });
  });

  it('tell the stories of granted pilots and of no other', async () => {
    const story = (await insight.findStory(db, 'demo', cafe, NOW))!;
    expect(story.pilot).toMatchObject({
      pilot: cafe,
      state: 'completed',
      title: 'Kahvila',
      outcome: 'yes',
      paidCents: 50_000,
      returnedCents: 3_840,
    });
    expect(story.services).toMatchObject([{ service, state: 'adopted', yearlyCents: 600_000, districts: policy.districts }]);
    expect(story.call!.call).toBe(rolling);
    expect(story.steps.map(({ type }) => type)).toEqual([
      'pilot.submitted',
      'pilot.decided',
      'pilot.decision-published',
      'pilot.paid',
      'pilot.reported',
      'pilot.report-accepted',
      'pilot.money-returned',
      'pilot.text-published',
      'service.adoption-proposed',
      'service.answered',
      'service.decided',
    ]);
    for (const n of [10, 13, 21, 22, 23]) expect(await insight.findStory(db, 'demo', nth(n), NOW)).toBeUndefined();
    expect(await insight.findStory(db, 'other', cafe, NOW)).toBeUndefined();
    const list = await insight.listPublicPilots(db, 'demo', {}, page);
    expect(list.items).toHaveLength(10);
    expect(list.items.at(-1)!.pilot).toBe(cafe);
    expect((await insight.listPublicPilots(db, 'demo', { outcome: 'no', calls: [ranked] }, page)).items).toHaveLength(1);
    const lessons = await insight.listLessons(db, 'demo', {}, page);
    expect(lessons.items.map(({ lesson, outcome }) => [lesson, outcome])).toEqual([
      ['Koulubussi lähtee kahdelta', 'no'],
      ['Keskiviikko sopi', 'yes'],
    ]);
  });

  it('follow one euro, and show a batch with its rows', async () => {
    const { items } = await insight.listPostings(db, 'demo', { pilot: nth(1) }, page);
    expect(items.map(({ step, reference }) => [step, reference])).toEqual([
      ['reserved', null],
      ['settled', 'bank-1'],
    ]);
    expect((await insight.listPostings(db, 'demo', { batch }, page)).items).toHaveLength(1);
    expect((await insight.listPostings(db, 'demo', { call: ranked }, page)).items[0]!.entries).toHaveLength(4);
    expect((await insight.listBatches(db, 'demo', {}, page)).items).toMatchObject([
      { batch, state: 'open', rows: 2, cents: 100_000, byState: { waiting: 2 } },
    ]);
    expect(await insight.findBatch(db, 'other', batch)).toBeUndefined();
    expect((await insight.listPayoutRows(db, 'demo', { batch, checks: ['no-match'] }, page)).items.map(({ pilot }) => pilot)).toEqual([
      nth(3),
    ]);
  });

  it('give timers that are due, and the next', async () => {
    expect((await insight.dueTimers(db, NOW, 10)).map(({ timer }) => timer)).toEqual(['b', 'a']);
    expect((await insight.dueTimers(db, NOW, 1)).map(({ timer }) => timer)).toEqual(['b']);
    expect(await insight.nextDue(db)).toBe('2028-01-01T10:00:00.000Z');
  });

  it('tell what waits for whom, page by page, longest first', async () => {
    const all = await insight.worklist(db, 'demo', NOW, { limit: 200 });
    expect(all.next).toBeNull();
    const duties = all.items.map(({ duty, id: about }) => `${duty} ${about}`);
    expect(duties).toEqual(
      expect.arrayContaining([
        `check-application ${id('waiting in the open call')}`,
        `accept-award ${nth(2)}`,
        `accept-report ${nth(1)}`,
        `prepare-batch ${batch}`,
        `look-at-name ${batch}|${nth(2)}/1/1`,
        `clear-account ${batch}|${nth(3)}/1/1`,
        `start-scoring ${ranked}`,
        `send-notice ${nth(23)}`,
      ]),
    );
    expect(duties).not.toContain(`accept-award ${cafe}`);
    expect([...all.items].map(({ since }) => since)).toEqual(all.items.map(({ since }) => since).sort());
    const check = all.items.find(({ duty }) => duty === 'check-application')!;
    expect(check).toMatchObject({ role: 'officer', call: rolling, until: '2028-02-03', overdue: false });
    expect(all.items.find(({ duty }) => duty === 'accept-award')).toMatchObject({ until: '2027-11-10', overdue: true });

    const paged: string[] = [];
    let at: insight.Page = { limit: 3 };
    for (;;) {
      const { items, next } = await insight.worklist(db, 'demo', NOW, at);
      paged.push(...items.map(({ duty, id: about }) => `${duty} ${about}`));
      if (next === null) break;
      at = { limit: 3, after: next };
    }
    expect(paged).toEqual(duties);
    const clerk = await insight.worklist(db, 'demo', NOW, { limit: 50, role: 'finance-clerk' });
    expect(clerk.items.map(({ duty }) => duty)).toEqual(['prepare-batch']);
    expect((await insight.worklist(db, 'other', NOW, { limit: 50 })).items).toEqual([]);
  });

  it('make the yearly report', async () => {
    const report = await insight.yearlyReport(db, 'demo', 2028, NOW);
    expect(report).toMatchObject({
      year: 2028,
      municipality: 'Hämeenlinna',
      funnel: { total: { granted: 1, adopted: 1 } },
      outcomes: { total: { yes: 1 } },
    });
    expect(report.calls.map(({ call }) => call)).toEqual([rolling]);
    expect(report.lessons.map(({ pilot }) => pilot)).toEqual([cafe]);
    expect(report.services.map((s) => s.service)).toEqual([service]);
    const empty = await insight.yearlyReport(db, 'demo', 2031, NOW);
    expect(empty).toMatchObject({ calls: [], lessons: [], services: [], money: { total: { budgetCents: 0 } } });
  });

  it('hold no subject in what the public side reads', async () => {
    const subjects = new Set(
      history.events
        .flatMap(({ data }) => [data.applicant, data.filedBy, data.recipient, data.decider, data.helper])
        .filter((s): s is string => typeof s === 'string'),
    );
    expect(subjects.size).toBeGreaterThan(20);
    for (const view of insight.publicViews) {
      const text = JSON.stringify(await db.selectFrom(view).selectAll().execute());
      expect([view, [...subjects].filter((subject) => text.includes(subject))]).toEqual([view, []]);
    }
  });
});
