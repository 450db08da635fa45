import { type Rejected } from '@minipilot/kernel/decider.js';
import { CALL, POLICY, ROLLING, SEED, announced, hash, id, told } from '../testing.js';
import { messages } from '../messages/messages.js';
import { CARD_PAGE, nextWaiting, placesDigest, scoring, type DecisionItem, type ScoringCommand, type ScoringFacts } from './scoring.js';
import { type ScoringEvent } from './events.js';
import {
  MEMBERS,
  CLOSES,
  application,
  IDS,
  pilots,
  call,
  cards,
  facts,
  past,
  start,
  extend,
  open,
  compute,
  proposed,
  digest,
  sign,
  signed,
  item,
  decide,
  asProposed,
  decided,
  CHAIR,
  SECOND,
  DECIDER,
  NOW,
  AFTER,
  DAY,
} from './testing.js';

describe('scoring starts', () => {
  it('with a committee and what takes part', () => {
    const others = facts({
      pilots: pilots({
        [IDS[1]]: { ...application(2), withdrawn: true },
        [IDS[2]]: { ...application(3), check: { suggestion: 'ineligible', codes: ['elsewhere'] } },
        // withdrawn in time, and handed in again after the close
        [IDS[3]]: application(4, { late: true }),
        [IDS[4]]: application(5, { late: true }),
      }),
      call: { ...call, admitted: [IDS[4]] },
    });
    past()
      .when(start(), NOW, DECIDER, others)
      .then([
        {
          type: 'scoring.started',
          data: {
            call: CALL,
            members: MEMBERS,
            chair: CHAIR,
            applications: [IDS[0], IDS[4], IDS[5]],
            left: [
              { application: IDS[1], why: 'withdrawn' },
              { application: IDS[2], why: 'ineligible' },
              { application: IDS[3], why: 'late' },
            ],
            closesAt: CLOSES,
          },
        },
      ]);
    past(start()).when(start()).thenRejected('scoring-already-started');
  });

  it('when the call has closed, with enough members, each once, the chair among them', () => {
    past()
      .when(start(), NOW, DECIDER, facts({ call: { ...call, closed: false } }))
      .thenRejected('call-still-open');
    past()
      .when(start({ members: [CHAIR] }))
      .thenRejected('too-few-members', { members: 1, needed: 2 });
    past()
      .when(start({ members: [CHAIR, CHAIR] }))
      .thenRejected('member-twice');
    past()
      .when(start({ chair: DECIDER }))
      .thenRejected('chair-not-member');
    past()
      .when(start({ closesAt: NOW }))
      .thenRejected('deadline-in-past');
    past()
      .when(start(), NOW, DECIDER, facts({ call: announced({ rules: ROLLING }) }))
      .thenRejected('call-is-rolling');
    past()
      .when(start(), NOW, DECIDER, facts({ call: { ...call, status: 'cancelled' } }))
      .thenRejected('call-cancelled');
    past()
      .when(start(), NOW, DECIDER, facts({ call: announced({}, { status: 'draft' }) }))
      .thenRejected('call-not-found');
  });

  it('and may be extended until it closes', () => {
    past(start())
      .when(extend('2027-10-04T12:00:00.000Z'))
      .then([{ type: 'scoring.extended', data: { closesAt: '2027-10-04T12:00:00.000Z' } }]);
    past(start()).when(extend(CLOSES)).thenRejected('deadline-only-later');
    past(start()).when(extend('2027-10-04T12:00:00.000Z'), CLOSES).thenRejected('scoring-closed');
    past().when(extend(CLOSES)).thenRejected('scoring-not-started');
  });
});

describe('cards are opened', () => {
  it('all at once, with the seed of the lot, after every book has closed', () => {
    const step = past(start()).when(open(), AFTER);
    expect(step.result).toMatchObject([
      { type: 'scoring.cards-opened', data: { page: 0, cards } },
      { type: 'scoring.opened', data: { cards: 12, seed: SEED, effectiveAt: CLOSES } },
    ]);
    past(start())
      .when(open(), AFTER, DECIDER, facts({ booksOpen: 2 }))
      .thenRejected('books-still-open', { books: 2 });
    past(start(), [open(), AFTER]).when(open(), AFTER).thenNothing();
    past(start(), [open(), AFTER]).when(open(1), AFTER).thenNothing();
    past().when(open()).thenRejected('scoring-not-started');
  });

  it('in pages, of which the last reveals the seed', () => {
    const many = Array.from({ length: CARD_PAGE + 1 }, (_, i) => ({ ...cards[0]!, member: id(`member ${i}`), card: id(`card ${i}`) }));
    const more = facts({ cards: many });
    const first = past(start()).when(open(), AFTER, DECIDER, more);
    expect((first.result as ScoringEvent[]).map((e) => e.type)).toEqual(['scoring.cards-opened']);
    expect(first.after()).toMatchObject({ cardPages: 1, opened: null });
    const paged = told(scoring, more, AFTER, DECIDER)([start(), NOW], open());
    expect(paged.when(open(1)).result).toMatchObject([{ data: { page: 1, cards: [many[CARD_PAGE]] } }, { type: 'scoring.opened' }]);
    paged.when(open(0)).thenNothing();
  });
});

describe('the proposal', () => {
  it('is computed from rules, cards and lot, once', () => {
    const { places, ...rest } = (past(start(), [open(), AFTER]).when(compute(), AFTER).result as ScoringEvent[])[0]!
      .data as never as Record<string, unknown[]>;
    expect((places as { application: string; result: string }[]).map((p) => [p.application, p.result])).toEqual(
      IDS.map((a, i) => [a, i < 3 ? 'proposed-grant' : 'waiting']),
    );
    expect(rest).toEqual({ page: 0, last: true, count: 6, totalCents: 150_000, digest: placesDigest(places as never) });
    past(start(), [open(), AFTER], [compute(), AFTER]).when(compute(), AFTER).thenNothing();
    past(start()).when(compute()).thenRejected('scoring-still-open');
  });

  it('is signed by the chair, as it stands, once', () => {
    proposed.when(sign(), AFTER, CHAIR).then([{ type: 'scoring.proposal-signed', data: { digest } }]);
    proposed.when(sign(), AFTER, SECOND).thenRejected('only-the-chair');
    proposed.when(sign(hash('another')), AFTER, CHAIR).thenRejected('other-proposal', { digest });
    past(...signed)
      .when(sign(), AFTER, CHAIR)
      .thenRejected('already-signed');
    past(start()).when(sign(), AFTER, CHAIR).thenRejected('no-proposal');
  });

  it('of a call without applications is empty', () => {
    const none = told(scoring, facts({ call: { ...call, applications: [] }, pilots: {}, cards: [] }), AFTER, DECIDER);
    expect(none([start(), NOW], open()).when(compute()).result).toMatchObject([
      { data: { places: [], last: true, count: 0, totalCents: 0 } },
    ]);
  });
});

describe('applications are decided', () => {
  const at = (command: ScoringCommand, change: Partial<ScoringFacts> = {}) => past(...signed).when(command, DAY, DECIDER, facts(change));

  it('as proposed, each on its own, with the reasons sealed for the applicant', () => {
    const step = at(decide(item(IDS[0], 'granted'), item(IDS[3], 'waiting')));
    const common = { section: '§ 3', caseNumber: 'HML/1/2027', decidedOn: '2027-10-08', reasonCode: 'ranked', departure: null };
    const rest = { from: 'budget', proposal: digest, rulesHash: hash('rules'), deMinimis: null, appeal: null };
    step.then([
      {
        type: 'scoring.decided',
        data: {
          application: IDS[0],
          applicant: id('applicant 1'),
          result: 'granted',
          cents: 50_000,
          ...common,
          ...rest,
          waitingRank: null,
        },
        seal: { comment: id('applicant 1') },
      },
      {
        type: 'scoring.decided',
        data: { application: IDS[3], applicant: id('applicant 4'), result: 'waiting', cents: 0, ...common, ...rest, waitingRank: 4 },
        seal: { comment: id('applicant 4') },
      },
    ]);
    expect(step.after()).toMatchObject({ grantedCents: 50_000, reserveUsedCents: 0 });
  });

  it.each<[string, DecisionItem, Partial<ScoringFacts>]>([
    ['departure-without-reason', item(IDS[0], 'refused'), {}],
    ['departure-without-reason', item(IDS[4], 'granted'), {}],
    ['departure-without-reason', item(IDS[0], 'granted', { cents: 40_000 }), {}],
    ['no-departure', item(IDS[0], 'granted', { departure: 'because' }), {}],
    ['sum-outside-what-was-asked', item(IDS[0], 'granted', { cents: 50_001 }), {}],
    ['sum-outside-what-was-asked', item(IDS[0], 'granted', { cents: 0 }), {}],
    ['sum-without-award', item(IDS[3], 'waiting', { cents: 1 }), {}],
    ['reserve-only-after-appeal', item(IDS[0], 'granted', { from: 'appeal-reserve' }), {}],
    [
      'de-minimis-regulation-missing',
      item(IDS[0], 'granted'),
      { pilots: pilots({ [IDS[0]]: application(1, { economic: { deMinimisCents: 0 } }) }) },
    ],
    ['application-late', item(IDS[0], 'granted'), { pilots: pilots({ [IDS[0]]: application(1, { late: true }) }) }],
    ['application-in-time', item(IDS[0], 'late'), {}],
    ['application-withdrawn', item(IDS[0], 'granted'), { pilots: pilots({ [IDS[0]]: { ...application(1), withdrawn: true } }) }],
    ['helper-may-not-judge', item(IDS[0], 'granted'), { pilots: pilots({ [IDS[0]]: application(1, { helper: DECIDER }) }) }],
    ['own-application', item(IDS[0], 'granted'), { pilots: pilots({ [IDS[0]]: { ...application(1), recipient: DECIDER } }) }],
    ['own-application', item(IDS[0], 'granted'), { pilots: pilots({ [IDS[0]]: application(1, { filedBy: DECIDER }) }) }],
    ['application-not-found', item(id('stranger'), 'refused'), {}],
    ['application-not-found', item(IDS[0], 'granted'), { pilots: pilots({ [IDS[0]]: { ...application(1), call: id('other') } }) }],
  ])('but not so: %s', (code, decision, change) => {
    at(decide(decision), change).thenRejected(code);
  });

  it('where the blame lies is told', () => {
    expect((at(decide(item(IDS[0], 'granted'), item(IDS[4], 'granted'))).result as Rejected).pointer).toBe('/decisions/1/departure');
  });

  it('with a reason for each departure, late ones unexamined, ineligible ones as suggested', () => {
    expect(at(decide(item(IDS[0], 'refused', { departure: 'double-funding' }))).result).toMatchObject([
      { data: { departure: { proposed: 'proposed-grant', code: 'double-funding' } } },
    ]);
    const late = { pilots: pilots({ [id('late')]: application(9, { late: true }) }) };
    expect(at(decide(item(id('late'), 'late', { reasonCode: 'late' })), late).result).toHaveLength(1);
    const outside = { pilots: pilots({ [id('x')]: { ...application(9), check: { suggestion: 'ineligible', codes: ['elsewhere'] } } }) };
    expect(at(decide(item(id('x'), 'ineligible')), outside).result).toHaveLength(1);
    at(decide(item(id('x'), 'refused')), outside).thenRejected('departure-without-reason', { proposed: 'ineligible' });
    const unproposed = { pilots: pilots({ [id('x')]: application(9) }) };
    at(decide(item(id('x'), 'refused')), unproposed).thenRejected('departure-without-reason', { proposed: 'none' });
  });

  it('once, and not twice in one breath', () => {
    decided()
      .when(decide(item(IDS[0], 'granted')), DAY)
      .thenRejected('already-decided');
    at(decide(item(IDS[0], 'granted'), item(IDS[0], 'granted'))).thenRejected('already-decided');
  });

  it('after the chair has signed, with a day that is not to come', () => {
    proposed.when(asProposed, DAY).thenRejected('proposal-not-signed');
    past(...signed)
      .when({ ...asProposed, decidedOn: '2027-10-09' } as ScoringCommand, DAY)
      .thenRejected('date-in-future');
  });

  it('never beyond the budget', () => {
    decided()
      .when(decide(item(IDS[4], 'granted', { departure: 'better' })), DAY)
      .thenRejected('budget-exceeded', { leftCents: 0 });
    const over = [...IDS.slice(0, 3).map((a) => item(a, 'granted')), item(IDS[3], 'granted', { departure: 'better' })];
    at(decide(...over)).thenRejected('budget-exceeded', { leftCents: 150_000 });
  });

  it('by the decision-maker never as if there had been an appeal', () => {
    at(decide(item(IDS[4], 'granted', { departure: 'appeal-upheld' }))).thenRejected('reserve-only-after-appeal');
    decided()
      .when(decide(item(IDS[4], 'granted', { from: 'appeal-reserve', departure: 'appeal-upheld' })), DAY)
      .thenRejected('reserve-only-after-appeal');
  });
});

describe('the waiting list', () => {
  const free = (application: string): ScoringCommand => ({ type: 'FreePlace', call: CALL, application, why: 'declined' });

  it('gets the place that a winner gives up, once, next in rank first', () => {
    const step = decided().when(free(IDS[1]), DAY);
    step.then([{ type: 'scoring.place-freed', data: { application: IDS[1], cents: 50_000, why: 'declined', next: IDS[3] } }]);
    expect(step.after().grantedCents).toBe(100_000);
    expect(nextWaiting(step.after())).toBe(IDS[3]);
    decided([free(IDS[1])])
      .when(free(IDS[1]), DAY)
      .thenNothing();
    decided().when(free(IDS[4]), DAY).thenNothing();
    decided()
      .when(free(id('stranger')), DAY)
      .thenNothing();
  });

  it('is kept: the next one needs no reason, any other does', () => {
    const after = decided([free(IDS[1])]);
    expect(after.when(decide(item(IDS[3], 'granted')), DAY).result).toMatchObject([{ data: { departure: null, result: 'granted' } }]);
    after.when(decide(item(IDS[4], 'granted')), DAY).thenRejected('departure-without-reason', { proposed: 'waiting' });
    decided()
      .when(decide(item(IDS[3], 'granted')), DAY)
      .thenRejected('budget-exceeded');
  });

  it('ends by a decision, which is no departure', () => {
    const ended = decided().when(decide(item(IDS[3], 'refused', { reasonCode: 'list-ended' })), DAY);
    expect(ended.result).toMatchObject([{ data: { application: IDS[3], result: 'refused', departure: null } }]);
    expect(nextWaiting(ended.after())).not.toBe(IDS[3]);
    decided()
      .when(decide(item(IDS[0], 'refused')), DAY)
      .thenRejected('already-decided');
  });
});

describe('notice and publication', () => {
  const notice = (channel: 'electronic' | 'letter', sentOn: string, applications = [IDS[0]]): ScoringCommand => ({
    type: 'SendNotice',
    call: CALL,
    applications,
    channel,
    sentOn,
  });
  /** a call that closed early in the year, so that decisions of March may follow */
  const { call } = facts();
  const inSpring = facts({
    call: { ...call, announcedOn: '2027-01-04', content: { ...call.content!, closesAt: '2027-02-01T14:00:00.000Z' } },
  });
  const march = '2027-03-04T10:00:00.000Z';
  const decidedInSpring = told(scoring, inSpring, NOW, DECIDER)(
    start(),
    [open(), march],
    [compute(), march],
    [sign(), march, CHAIR],
    [{ ...asProposed, decidedOn: '2027-03-05' } as ScoringCommand, '2027-03-05T10:00:00.000Z'],
  );
  const publish = (publishedOn: string): ScoringCommand => ({ type: 'PublishDecisions', call: CALL, publishedOn });

  it.each([
    ['electronic', '2027-10-08', '2027-10-11', '2027-10-25'],
    ['letter', '2027-10-08', '2027-10-15', '2027-10-29'],
    // Good Friday is 26 March, Easter Monday 29 March
    ['letter', '2027-03-05', '2027-03-12', '2027-03-30'],
    ['electronic', '2027-03-12', '2027-03-15', '2027-03-30'],
    // Ascension Day; a Saturday; Independence Day; Christmas Eve with its week-end
    ['electronic', '2027-04-19', '2027-04-22', '2027-05-07'],
    ['electronic', '2027-10-06', '2027-10-09', '2027-10-25'],
    ['electronic', '2027-11-19', '2027-11-22', '2027-12-07'],
    ['electronic', '2027-12-07', '2027-12-10', '2027-12-27'],
  ] as const)('%s on %s is noticed on %s and may be appealed until %s', (channel, sentOn, noticeOn, appealUntil) => {
    decidedInSpring
      // a letter may be entered long after it was posted
      .when(notice(channel, sentOn), channel === 'letter' ? '2028-01-03T08:00:00.000Z' : `${sentOn}T08:00:00.000Z`)
      .then([{ type: 'scoring.notice-sent', data: { applications: [IDS[0]], channel, sentOn, noticeOn, appealUntil, documents: [] } }]);
  });

  it('follows the decision, and is not told ahead', () => {
    decided().when(notice('letter', '2027-10-09'), DAY).thenRejected('date-in-future');
    decidedInSpring
      .when(notice('electronic', '2027-03-11'), '2027-03-12T08:00:00.000Z')
      .thenRejected('told-today', { today: '2027-03-12' });
    decidedInSpring.when(publish('2027-03-11'), '2027-03-12T08:00:00.000Z').thenRejected('told-today', { today: '2027-03-12' });
    decided().when(notice('letter', '2027-10-07'), DAY).thenRejected('notice-before-decision', { decidedOn: '2027-10-08' });
    decided()
      .when(notice('letter', '2027-10-08', [IDS[0], id('stranger')]), DAY)
      .thenRejected('not-decided');
  });

  it('carries the documents that were given, whose last day must be that of the notice', () => {
    const of = [{ application: IDS[0], digest: hash('document'), language: 'sv' as const, template: 1 }];
    const given = (appealUntil: string) => ({ ...notice('letter', '2027-10-08'), documents: { appealUntil, of } }) as ScoringCommand;
    expect(decided().when(given('2027-10-29'), DAY).result).toMatchObject([{ data: { documents: of } }]);
    decided().when(given('2027-10-25'), DAY).thenRejected('document-outdated');
    decided()
      .when({ ...given('2027-10-29'), applications: [IDS[0], IDS[1]] } as ScoringCommand, DAY)
      .thenRejected('document-outdated');
  });

  it('goes by e-mail to those who have one, and again to those whom it did not reach', () => {
    const onPaper = facts({ pilots: pilots({ [IDS[0]]: application(1, { reach: 'letter' }) }) });
    const noticed = decided([notice('electronic', '2027-10-08')]);
    decided().when(notice('electronic', '2027-10-08'), DAY, undefined, onPaper).thenRejected('no-electronic-address', {});
    const about = {
      message: id('message'),
      kind: 'decision',
      cause: id('cause'),
      addressee: 'applicant',
      to: id('to'),
      language: 'fi',
    } as const;
    const { state } = told(messages, POLICY, DAY)({ type: 'RecordFailed', ...about, why: 'refused', code: '550', letter: null });
    const lost = facts({ told: { ...facts().told, [IDS[0]]: state } });
    expect(noticed.when(notice('letter', '2027-10-08'), DAY, undefined, lost).result).toMatchObject([
      { data: { channel: 'letter', appealUntil: '2027-10-29' } },
    ]);
  });

  it('is given once, and never of a decision from before the proposal was signed', () => {
    decided([notice('letter', '2027-10-08')])
      .when(notice('electronic', '2027-10-08'), DAY)
      .thenRejected('already-noticed');
    past(...signed)
      .when({ ...asProposed, decidedOn: '2020-05-01' } as ScoringCommand, DAY)
      .thenRejected('decided-too-early', { earliest: AFTER.slice(0, 10) });
  });

  it('on the web starts the residents’ window, once for each decision', () => {
    const documents = [{ digest: hash('document'), language: 'fi' as const, template: 1 }];
    const window = { publishedOn: '2027-10-08', noticeOn: '2027-10-15', appealUntil: '2027-10-29' };
    const data = { ...window, applications: [...IDS].sort(), documents };
    decided()
      .when({ ...publish('2027-10-08'), documents: { decisions: data.applications, of: documents } } as ScoringCommand, DAY)
      .then([{ type: 'scoring.published', data }]);
    decided()
      .when({ ...publish('2027-10-08'), documents: { decisions: [IDS[0]], of: documents } } as ScoringCommand, DAY)
      .thenRejected('document-outdated');
    decided([publish('2027-10-08')])
      .when(publish('2027-10-08'), DAY)
      .thenRejected('nothing-to-publish');
    decided().when(publish('2027-10-09'), DAY).thenRejected('date-in-future');
    // Aune's residents: on the web on Monday 8 March, noticed on the 15th, Easter Monday moves the last day
    const spring = decidedInSpring.when(publish('2027-03-08'), '2027-03-08T10:00:00.000Z');
    expect(spring.result).toMatchObject([{ data: { noticeOn: '2027-03-15', appealUntil: '2027-03-30' } }]);
  });
});
