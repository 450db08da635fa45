import { CALL, RANKED, hash, id, told } from '../testing.js';
import { cardProblem, scorebook, type ScorebookCommand, type ScorebookFacts } from './scorebook.js';

const [MEMBER, OTHER, A, B] = [id('member'), id('other member'), id(1), id(2)];
const CLOSES = '2027-09-30T12:00:00.000Z';
const facts: ScorebookFacts = { task: { members: [MEMBER, OTHER], applications: [A, B], closesAt: CLOSES }, parties: [], own: [] };
const past = told(scorebook, facts, '2027-09-24T08:00:00.000Z', MEMBER);
const me = { call: CALL, member: MEMBER };
const declare = (...applications: string[]): ScorebookCommand => ({
  ...me,
  type: 'DeclareConflicts',
  conflicts: applications.map((application) => ({ application, ground: 'organisation-role' })),
  shown: 4,
  shownDigest: hash('names'),
});
const save = (application = A): ScorebookCommand => ({ ...me, type: 'SaveCard', application });
const recuse = (application = A): ScorebookCommand => ({ ...me, type: 'RecuseFromApplication', application, ground: 'recognised' });
const finish: ScorebookCommand = { ...me, type: 'FinishBook' };
const close: ScorebookCommand = { ...me, type: 'CloseBook', effectiveAt: CLOSES };
const saved = (application = A) => [{ type: 'scorebook.card-saved', data: { application }, seal: { scores: CALL, comment: MEMBER } }];

describe('a member', () => {
  it('tells conflicts first, once, and never sees which application it was', () => {
    past().when(save()).thenRejected('conflicts-first');
    past().when(recuse()).thenRejected('conflicts-first');
    past()
      .when(declare(A))
      .then([
        {
          type: 'scorebook.conflicts-declared',
          data: { ...me, conflicts: [{ application: A, ground: 'organisation-role' }], shown: 4, shownDigest: hash('names') },
        },
      ]);
    past(declare()).when(declare(A)).thenRejected('conflicts-already-declared');
    past()
      .when(declare(id('stranger')))
      .thenRejected('application-not-found');
    // the answer is the same as for an application that does not exist
    past(declare(A)).when(save(A)).thenRejected('application-not-found');
    past(declare(A))
      .when(save(id('stranger')))
      .thenRejected('application-not-found');
    past(declare(A)).when(save(B)).then(saved(B));
  });

  it('fills in a card and revises it until the close; the values are sealed for the call, so that no erasure takes them away', () => {
    past(declare()).when(save()).then(saved());
    const revised = past(declare(), save()).when(save());
    revised.then(saved());
    expect(Object.keys(revised.after().cards)).toEqual([A]);
    expect(revised.after().cards[A]).not.toBe(past(declare(), save()).state.cards[A]);
  });

  it('steps back later on recognising a proposal, also after a card', () => {
    past(declare(), save())
      .when(recuse())
      .then([{ type: 'scorebook.recused', data: { application: A, ground: 'recognised' } }]);
    past(declare(), recuse()).when(save()).thenRejected('application-not-found');
    past(declare(), recuse()).when(recuse()).thenRejected('application-not-found');
  });

  it('never scores what the member had a hand in, whatever was ticked', () => {
    past(declare())
      .when(save(), undefined, MEMBER, { ...facts, parties: [id('applicant'), MEMBER] })
      .thenRejected('application-not-found');
  });

  it('scores only on the committee', () => {
    for (const command of [declare(), save(), recuse(), finish, close]) {
      past()
        .when({ ...command, member: id('stranger') })
        .thenRejected('not-on-committee');
      past().when(command, undefined, MEMBER, { task: null, parties: [], own: [] }).thenRejected('not-on-committee');
    }
  });
});

describe('a member who is done', () => {
  const finished = [{ type: 'scorebook.finished', data: me }];

  it('says so when every application shown has a card, once; cards may still be changed', () => {
    past().when(finish).thenRejected('conflicts-first');
    past(declare()).when(finish).thenRejected('cards-missing', { cards: 2 });
    past(declare(), save(A)).when(finish).thenRejected('cards-missing', { cards: 1 });
    past(declare(), save(A), save(B)).when(finish).then(finished);
    past(declare(), save(A), save(B), finish).when(finish).thenNothing();
    past(declare(), save(A), save(B), finish).when(save(A)).then(saved());
  });

  it('needs no card for a conflict, told or recognised, nor for what the member had a hand in', () => {
    past(declare(A), save(B)).when(finish).then(finished);
    past(declare(), save(A), recuse(B)).when(finish).then(finished);
    past(declare(), save(A))
      .when(finish, undefined, MEMBER, { ...facts, own: [B] })
      .then(finished);
  });
});

describe('a book', () => {
  it('takes nothing at the close or after it', () => {
    for (const command of [declare(), save(), recuse(), finish]) {
      past().when(command, CLOSES).thenRejected('scoring-closed', { closesAt: CLOSES });
      past([close, CLOSES]).when(command).thenRejected('scoring-closed');
    }
    past(declare()).when(save(), '2027-09-30T11:59:59.999Z').then(saved());
  });

  it('closes once, not before its time', () => {
    past(declare()).when(close, '2027-09-30T11:59:59.999Z').thenRejected('scoring-still-open', { closesAt: CLOSES });
    past(declare())
      .when(close, '2027-09-30T12:00:30.000Z')
      .then([{ type: 'scorebook.book-closed', data: { ...me, effectiveAt: CLOSES, code: null } }]);
    past([close, CLOSES]).when(close, '2027-09-30T12:00:30.000Z').thenNothing();
  });
});

describe('the facts of a book', () => {
  it('are the newest close of the task and all people behind the application', async () => {
    const histories: Record<string, { type: string; data: object }[]> = {
      [`demo.scoring-${CALL}`]: [
        { type: 'scoring.started', data: { members: [MEMBER], applications: [A], closesAt: CLOSES } },
        { type: 'scoring.extended', data: { closesAt: '2027-10-04T12:00:00.000Z' } },
      ],
      [`demo.pilot-${A}`]: [
        { type: 'pilot.submitted', data: { applicant: id('a'), filedBy: id('f'), helper: id('h') } },
        { type: 'pilot.recipient-changed', data: { recipient: id('r') } },
      ],
    };
    const sources = { tenant: 'demo', history: (stream: string) => Promise.resolve(histories[stream] ?? []) } as never;
    expect(await scorebook.facts(save(), sources)).toEqual({
      task: { members: [MEMBER], applications: [A], closesAt: '2027-10-04T12:00:00.000Z' },
      parties: [id('a'), id('f'), id('h'), id('r')],
      own: [],
    });
    for (const [member, own] of [[id('h'), [A]] as const, [id('stranger'), []] as const])
      expect((await scorebook.facts({ type: 'FinishBook', call: CALL, member }, sources)).own).toEqual(own);
    expect((await scorebook.facts(close, sources)).parties).toEqual([]);
    expect((await scorebook.facts({ ...save(), call: id('other') } as ScorebookCommand, sources)).task).toBeNull();
  });
});

describe('a card', () => {
  it('has a whole number in scale for each criterion, or nothing at all', () => {
    expect(cardProblem(RANKED, null)).toBeNull();
    expect(cardProblem(RANKED, [0, 5])).toBeNull();
    expect(cardProblem(RANKED, [3])).toMatchObject({ code: 'card-criteria', params: { criteria: 2 } });
    for (const wrong of [-1, 6, 2.5, Number.NaN]) {
      expect(cardProblem(RANKED, [3, wrong])).toMatchObject({
        code: 'card-out-of-scale',
        params: { min: 0, max: 5 },
        pointer: '/values/1',
      });
    }
  });
});
