import { project } from '@minipilot/kernel/testing.js';
import { appealStream, scoringStream } from '@minipilot/grants/streams.js';
import fc from 'fast-check';
import { deskAppeals, publicAppeals } from './appeals.js';
import { APPEAL_FATES, maskAppeals, type AppealFate } from './disclosure.js';
import { finalOf, follow, noFinality, publicFinality, tellsFinality } from './finality.js';
import { publicPilots } from './public-pilots.js';
import { deskPilots } from './pilots.js';
import { History, id } from './testing.js';

const [CALL, PILOT, APPEAL] = [id('call'), id('pilot'), id('appeal')];
const stream = appealStream('demo', APPEAL);
const target = {
  appeal: APPEAL,
  call: CALL,
  application: PILOT,
  section: '§ 3',
  decisions: [{ application: PILOT, decision: id(`decision on ${PILOT}`) }],
};
const filed = (h: History, at = '2027-03-12T08:00:00.000Z') =>
  h.add(
    stream,
    'appeal.filed',
    {
      ...target,
      by: 'resident',
      appellant: id('resident'),
      filedBy: id('resident'),
      channel: 'online',
      receivedAt: at,
      until: '2027-03-29T13:15:00.000Z',
      late: false,
    },
    at,
    ['contact', 'comment'],
  );
const decided = (h: History, result: 'upheld' | 'dismissed' | 'left-unexamined') =>
  h.add(
    stream,
    'appeal.decided',
    {
      result,
      why: result === 'left-unexamined' ? 'no-right' : null,
      section: '§ 40',
      caseNumber: 'HML/1/2027',
      decidedOn: '2027-04-07',
      body: 'Lautakunta',
      ownDecision: false,
    },
    '2027-04-07T10:00:00.000Z',
    ['comment'],
  );
const told = (h: History) =>
  h.add(
    stream,
    'appeal.notice-sent',
    { channel: 'electronic', sentOn: '2027-04-07', noticeOn: '2027-04-10', courtUntil: '2027-05-10', finalFrom: '2027-05-11' },
    '2027-04-07T11:00:00.000Z',
  );

describe('the desk’s list of appeals', () => {
  it('follows an appeal from filing to the end of the time for the court, and names nobody', () => {
    const h = new History();
    filed(h);
    const row = () => project(deskAppeals, h.events).get(APPEAL)!;
    expect(row()).toMatchObject({ state: 'open', by: 'resident', section: '§ 3', decisions: 1, late: 0, result: null });
    h.add(stream, 'appeal.completed', { completedAt: '2027-03-13T08:00:00.000Z' }, '2027-03-13T08:00:00.000Z', ['comment']);
    decided(h, 'upheld');
    const how = { reasonCode: 'oikaisu', deMinimis: null, section: '§ 40', caseNumber: 'HML/1/2027', decidedOn: '2027-04-07' };
    h.add(
      stream,
      'appeal.outcome-changed',
      { call: CALL, application: PILOT, applicant: id('applicant'), cents: 50_000, ...how },
      '2027-04-07T10:00:00.000Z',
      ['comment'],
    );
    expect(row()).toMatchObject({ state: 'decided', result: 'upheld', decidedIn: '§ 40', cents: 50_000, unfunded: 0 });
    h.add(
      scoringStream('demo', CALL),
      'scoring.appeal-unfunded',
      { application: PILOT, appeal: APPEAL, outcome: id('outcome'), cents: 50_000, leftCents: 0 },
      '2027-04-07T10:00:01.000Z',
    );
    told(h);
    expect(row()).toMatchObject({ state: 'told', unfunded: 1, courtUntil: '2027-05-10', finalFrom: '2027-05-11' });
  });

  it('has what the board took up, and what was withdrawn', () => {
    const h = new History();
    const takenUp = { ...target, body: 'Lautakunta', takenSection: '§ 30', takenOn: '2027-03-20', until: null };
    h.add(stream, 'appeal.taken-up', takenUp, '2027-03-20T10:00:00.000Z', ['comment']);
    expect(project(deskAppeals, h.events).get(APPEAL)).toMatchObject({
      kind: 'taken-up',
      by: null,
      appellant: null,
      receivedAt: '2027-03-20',
    });
    decided(h, 'dismissed');
    expect(project(publicAppeals, h.events).get(APPEAL)).toMatchObject({ fate: 'taken-up' });
    const other = new History();
    filed(other);
    other.add(stream, 'appeal.withdrawn', { withdrawnAt: '2027-03-13T08:00:00.000Z' }, '2027-03-13T08:00:00.000Z');
    expect(project(deskAppeals, other.events).get(APPEAL)!.state).toBe('withdrawn');
    expect(project(publicAppeals, other.events).get(APPEAL)!.fate).toBe('withdrawn');
  });
});

describe('public counts of appeals', () => {
  it('move from one fate to the next, and add up by call', () => {
    const before = { tenant: 'demo', call: CALL, fate: 'open' as const };
    const after = { ...before, fate: 'upheld' as const };
    expect(publicAppeals.rollup!(null, before)).toEqual([{ key: `demo|${CALL}`, column: 'open', delta: 1 }]);
    expect(publicAppeals.rollup!(before, after)).toEqual([
      { key: `demo|${CALL}`, column: 'open', delta: -1 },
      { key: `demo|${CALL}`, column: 'upheld', delta: 1 },
    ]);
    expect(publicAppeals.rollup!(after, after)).toEqual([]);
  });

  it('hold back what could point to a person, and what would let it be computed', () => {
    const fates = (change: Partial<Record<AppealFate, number>>) =>
      maskAppeals({ ...(Object.fromEntries(APPEAL_FATES.map((f) => [f, 0])) as Record<AppealFate, number>), ...change });
    expect(fates({})).toMatchObject({ filed: { value: 0 }, open: { value: 0 } });
    expect(fates({ dismissed: 7 })).toMatchObject({ filed: { value: 7 }, dismissed: { value: 7 } });
    // one alone is hidden, and so is the total that would tell it
    expect(fates({ upheld: 1 }).upheld.value).toBeNull();
    expect(fates({ upheld: 1 }).filed.value).toBeNull();
    const two = fates({ upheld: 2, dismissed: 9 });
    expect([two.upheld.value, two.dismissed.value, two.filed.value]).toEqual([null, null, 11]);
    fc.assert(
      fc.property(fc.array(fc.nat(12), { minLength: 6, maxLength: 6 }), (counts) => {
        const told = fates(Object.fromEntries(APPEAL_FATES.map((f, i) => [f, counts[i]!])));
        const hidden = APPEAL_FATES.filter((f) => told[f].value === null);
        for (const [i, f] of APPEAL_FATES.entries()) if (counts[i]! > 0 && counts[i]! < 5) expect(hidden).toContain(f);
        // whoever subtracts what is told from the total learns of nobody
        if (told.filed.value !== null && hidden.length > 0) {
          const rest = told.filed.value - APPEAL_FATES.reduce((sum, f) => sum + (told[f].value ?? 0), 0);
          expect(hidden.length).toBeGreaterThan(1);
          expect(rest).toBeGreaterThanOrEqual(5);
        }
      }),
      { numRuns: 2_000, seed: 23 },
    );
  });
});

describe('finality', () => {
  const history = () => {
    const h = new History();
    h.submit(PILOT, CALL);
    h.decide(PILOT, CALL, 'granted');
    return h;
  };
  const notice = (h: History, appealUntil = '2027-03-30') =>
    h.pilot(
      PILOT,
      'pilot.notified',
      { channel: 'letter', sentOn: '2027-03-05', noticeOn: '2027-03-12', appealUntil, acceptBy: '2027-04-11', document: null },
      '2027-03-05T12:00:00.000Z',
    );
  const web = (h: History) =>
    h.pilot(
      PILOT,
      'pilot.decision-published',
      { publishedOn: '2027-03-08', noticeOn: '2027-03-15', appealUntil: '2027-03-30' },
      '2027-03-08T12:00:00.000Z',
    );
  const open = (h: History, decision = id(`decision on ${PILOT}`)) =>
    h.pilot(PILOT, 'pilot.appeal-opened', { appeal: APPEAL, decision }, '2027-03-12T08:00:00.000Z');
  const settle = (h: History, finalFrom: string | null) =>
    h.pilot(
      PILOT,
      'pilot.appeal-settled',
      { appeal: APPEAL, how: finalFrom === null ? 'withdrawn' : 'decided', finalFrom },
      '2027-04-07T11:00:00.000Z',
    );
  const desk = (h: History) => {
    const { appealed, finalFrom } = project(deskPilots, h.events).get(PILOT)!;
    return [appealed, finalFrom];
  };
  const open_ = (h: History) => project(publicPilots, h.events).get(PILOT)!.finalFrom;
  const counted = (h: History) => {
    const cells = new Map<string, number>();
    let row: Parameters<NonNullable<typeof publicFinality.rollup>>[0] = null;
    for (const event of h.events.filter((e) => publicFinality.handles.includes(e.type))) {
      const next = publicFinality.evolve(row, event, PILOT);
      for (const { column, delta } of publicFinality.rollup!(row, next)) cells.set(column, (cells.get(column) ?? 0) + delta);
      row = next;
    }
    return Object.fromEntries([...cells].filter(([, n]) => n !== 0));
  };

  it('is the day after the later window, shown to desk and public alike', () => {
    const h = history();
    notice(h);
    expect([desk(h), open_(h), counted(h)]).toEqual([[0, null], null, {}]);
    web(h);
    expect([desk(h), open_(h), counted(h)]).toEqual([[0, '2027-03-31'], '2027-03-31', { '2027-03-31': 1 }]);
  });

  it('is not there while an appeal is open, and comes with the end of the time for the court', () => {
    const h = history();
    notice(h);
    web(h);
    open(h);
    expect([desk(h), open_(h), counted(h)]).toEqual([[1, null], null, { appealed: 1 }]);
    settle(h, '2027-05-11');
    expect([desk(h), open_(h), counted(h)]).toEqual([[0, '2027-05-11'], '2027-05-11', { '2027-05-11': 1 }]);
    const back = history();
    notice(back);
    web(back);
    open(back);
    settle(back, null);
    expect(desk(back)).toEqual([0, '2027-03-31']);
  });

  it('tells nothing of a decision that is not published, nor of one that grants nothing', () => {
    const h = new History();
    h.submit(PILOT, CALL);
    h.decide(PILOT, CALL, 'refused');
    expect(counted(h)).toEqual({});
    web(h);
    expect([open_(h), counted(h)]).toEqual([null, { 'not-told': 1 }]);
  });

  it('begins anew with a changed decision; an appeal may be read before the decision that it is against', () => {
    const f = [open(history(), id('later')), history().decide(PILOT, CALL, 'granted')].reduce(
      (state, event) => (tellsFinality(event) ? follow(state, event) : state),
      noFinality,
    );
    expect(f.open).toEqual([]);
    expect(finalOf(f)).toBeNull();
  });
});
