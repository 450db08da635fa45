import fc from 'fast-check';
import type { Recorded } from '@minipilot/kernel/event.js';
import { eventId } from '@minipilot/kernel/ids.js';
import { pilot } from '../pilot/pilot.js';
import { ballotsDigest } from '../selection/voted.js';
import { application } from '../scoring/testing.js';
import { CALL, RANKED, SHARES, announced, hash, id, told } from '../testing.js';
import type { Ballot } from '../vote/events.js';
import type { OpenedBallot } from './events.js';
import {
  isReady,
  lastOfEach,
  paperFile,
  tally,
  votedBallots,
  votesOf,
  type TallyCommand,
  type TallyFacts,
  type TallyState,
} from './tally.js';

const OFFICER = id('officer');
const NOW = '2027-10-01T06:00:00.000Z';
const CLOSES = '2027-10-08T13:00:00.000Z';
const AFTER = '2027-10-08T13:00:30.000Z';
const IDS = [id('x'), id('y'), id('z')].sort() as [string, string, string];
const pilots = Object.fromEntries(IDS.map((key, i) => [key, application(i + 1)]));
const call = announced({ rules: SHARES }, { closed: true, applications: IDS });
const facts = (change: Partial<TallyFacts> = {}): TallyFacts => ({
  ...{ call, pilots, boxKey: hash('box'), casts: [], opened: [], paperSecret: hash('secret') },
  ...change,
});
const past = told(tally, facts(), NOW, OFFICER);

type Of<T extends TallyCommand['type']> = Extract<TallyCommand, { type: T }>;
const publish = (ids: readonly string[] = IDS): TallyCommand => ({
  type: 'PublishProjects',
  call: CALL,
  projects: ids.map((key) => ({ application: key, title: `Kokeilu ${key.slice(0, 4)}`, summary: 'Kokeillaan.' })),
});
const open = (change: Partial<Of<'OpenVote'>> = {}): TallyCommand => ({
  type: 'OpenVote',
  call: CALL,
  opensAt: null,
  closesAt: CLOSES,
  online: true,
  paper: false,
  ...change,
});
const codes: TallyCommand = { type: 'OrderCodes', call: CALL, count: 30, place: 'Pääkirjasto' };
const paper = (ballots: number[][], change: Partial<Of<'ImportBallots'>> = {}): TallyCommand => ({
  type: 'ImportBallots',
  call: CALL,
  source: 'Paperiliput',
  ballots,
  digest: hash(JSON.stringify(ballots)),
  complete: true,
  ...change,
});
const close: TallyCommand = { type: 'CloseBox', call: CALL, effectiveAt: CLOSES };
const openBallots = (page = 0): TallyCommand => ({ type: 'OpenBallots', call: CALL, page });
const destroyed: TallyCommand = { type: 'RecordBoxKeyDestroyed', call: CALL };

/** What lies in the box: one event for each ballot, in the order of voting. */
const cast = (voter: string, revision: number): Recorded => ({
  ...{ id: eventId(id(`${voter} ${revision}`), 0), type: 'vote.cast', v: 1, stream: `demo.vote-${id(voter)}`, revision, at: NOW },
  ...{ tenant: 'demo', actor: id(voter), commandId: '', correlationId: '', causationId: '', fp: '', data: { call: CALL }, position: '' },
});
const ballot = (voter: string, revision: number, choices: number[]): Ballot => ({
  v: 1,
  tracker: hash(`${voter} ${revision}`).slice(0, 15),
  choices,
});
const box = (votes: [voter: string, ...choices: number[]][]): Pick<TallyFacts, 'casts' | 'opened'> => {
  const counts = new Map<string, number>();
  const all = votes.map(([voter, ...choices]) => {
    const revision = counts.get(voter) ?? 0;
    counts.set(voter, revision + 1);
    return { event: cast(voter, revision), ballot: ballot(voter, revision, choices) };
  });
  const casts = lastOfEach(all.map((v) => v.event));
  return { casts, opened: casts.map((e) => all.find((v) => v.event === e)!.ballot) };
};

/** Closes, opens every page and counts, as the flow does. */
function counted(votes: [string, ...number[]][], imported: number[][] | null = null, paperSecret = hash('secret')): TallyState {
  const full = facts({ ...box(votes), paperSecret });
  const steps: TallyCommand[] = [publish(), open({ paper: imported !== null })];
  if (imported !== null) steps.push(paper(imported));
  let { state } = told(tally, full, NOW, OFFICER)(...steps, [close, AFTER]);
  for (let page = 0; isReady(state); page++) {
    const events = tally.decide(openBallots(page), state, full, {
      now: AFTER,
      actor: 'flow.tallying',
      tenant: 'demo',
      commandId: '',
      salt: '',
    });
    for (const event of events as never[]) state = tally.evolve(state, event);
  }
  return state;
}

describe('the officer', () => {
  it('publishes what voters are shown of each application, again only where it changed', () => {
    const first = past().when(publish());
    expect((first.result as object[]).length).toBe(3);
    past(publish()).when(publish()).thenNothing();
    past()
      .when(publish([id('stranger')]), NOW, OFFICER, facts({ pilots: { ...pilots, [id('stranger')]: pilot.initial } }))
      .thenRejected('application-not-found');
  });

  it.each(['=cmd|x', '+1', '-2+3', '@x', '\tx', '\rx', '＝1'])('gives no project the title %j, which a spreadsheet would run', (title) => {
    const [first, second] = (publish() as Of<'PublishProjects'>).projects;
    const command: TallyCommand = { type: 'PublishProjects', call: CALL, projects: [first!, { ...second!, title }] };
    past().when(command).thenRejected('title-like-formula');
    expect(past().when(command).result).toMatchObject({ pointer: '/projects/1/title' });
    const inside: TallyCommand = { ...command, projects: [{ ...first!, title: 'Penkki + pöytä = kahvila' }] };
    expect(past().when(inside).result).toHaveLength(1);
  });

  it('fixes the ballot: every application that takes part, in the order of ids that mean nothing', () => {
    past(publish())
      .when(open())
      .then([
        {
          type: 'tally.vote-opened',
          data: {
            call: CALL,
            projects: IDS.map((key) => ({ application: key, cents: 50_000, district: 'Jukola' })),
            opensAt: NOW,
            closesAt: CLOSES,
            boxKey: hash('box'),
            paper: false,
            selects: true,
          },
        },
      ]);
    const [withdrawn, unfit] = IDS;
    const others = {
      ...pilots,
      [withdrawn]: { ...pilots[withdrawn]!, withdrawn: true },
      [unfit]: { ...pilots[unfit]!, check: { suggestion: 'ineligible' as const, codes: [] } },
    };
    const left = past(publish()).when(open(), NOW, OFFICER, facts({ pilots: others as typeof pilots }));
    expect((left.result as { data: { projects: object[] } }[])[0]!.data.projects).toHaveLength(1);
  });

  it('opens no vote without its texts, its times, its channel, its call', () => {
    past(publish(IDS.slice(1)))
      .when(open())
      .thenRejected('projects-unpublished', { count: 1 });
    past(publish())
      .when(open({ closesAt: NOW }))
      .thenRejected('vote-times');
    past(publish())
      .when(open({ opensAt: '2027-09-30T06:00:00.000Z' }))
      .thenRejected('deadline-in-past');
    past(publish())
      .when(open({ online: false }))
      .thenRejected('vote-without-channel');
    past(publish(), open()).when(open()).thenRejected('vote-already-opened');
    past(publish(), open()).when(publish()).thenRejected('vote-already-opened');
    const other = (change: Parameters<typeof announced>[1], rules = SHARES) => facts({ call: announced({ rules }, change) });
    past(publish())
      .when(open(), NOW, OFFICER, other({ closed: false, applications: IDS }))
      .thenRejected('call-still-open');
    past(publish())
      .when(open(), NOW, OFFICER, other({ closed: true, applications: [] }))
      .thenRejected('vote-too-few-projects');
    past()
      .when(publish(), NOW, OFFICER, other({ status: 'cancelled' }))
      .thenRejected('call-cancelled');
    past()
      .when(publish(), NOW, OFFICER, other({ closed: true }, RANKED))
      .thenRejected('call-without-vote');
  });

  it('opens a vote beside a ranked call, which then does not select', () => {
    const beside = facts({ call: announced({ rules: { ...RANKED, vote: SHARES.vote! } }, { closed: true, applications: IDS }) });
    const opened = past(publish()).when(open(), NOW, OFFICER, beside);
    expect((opened.result as { data: object }[])[0]!.data).toMatchObject({ selects: false });
  });

  it('orders codes until the close', () => {
    past(publish(), open())
      .when(codes)
      .then([{ type: 'tally.codes-ordered', data: { count: 30, place: 'Pääkirjasto' } }]);
    past(publish(), open()).when(codes, CLOSES).thenRejected('vote-closed');
    past(publish()).when(codes).thenRejected('vote-not-found');
    past(publish(), open({ online: false, paper: true }))
      .when(codes)
      .thenRejected('vote-not-found');
  });

  it('reads in ballots on paper, each file once, until all are there', () => {
    const before = past(publish(), open({ paper: true }));
    before.when(paper([[1], [2, 3]])).then([
      { type: 'tally.ballots-imported', data: { source: 'Paperiliput', ballots: [[1], [2, 3]], digest: hash('[[1],[2,3]]') } },
      { type: 'tally.paper-completed', data: { imported: 2 } },
    ]);
    before.when(paper([[1], []])).thenRejected('ballot-size');
    before.when(paper([[4]])).thenRejected('project-not-on-ballot');
    const more = past(publish(), open({ paper: true }), paper([[1]], { complete: false }));
    more.when(paper([[1]])).thenRejected('file-already-imported');
    more.when(paper([[2]])).then([
      { type: 'tally.ballots-imported', data: { source: 'Paperiliput', ballots: [[2]], digest: hash('[[2]]') } },
      { type: 'tally.paper-completed', data: { imported: 2 } },
    ]);
    past(publish(), open({ paper: true }), paper([[1]]))
      .when(paper([[2]]))
      .thenRejected('ballots-complete');
    past(publish(), open())
      .when(paper([[1]]))
      .thenRejected('vote-not-on-paper');
  });
});

describe('a file of paper ballots', () => {
  const ballots = fc.uniqueArray(
    fc.record({ voter: fc.string({ minLength: 1 }), choices: fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { minLength: 1 }) }),
    { selector: (b) => b.voter, minLength: 1, maxLength: 8 },
  );

  it('is the same in whatever order its ballots and their choices stand, and another one with any other ballot', () => {
    const orders = ballots.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })));
    fc.assert(
      fc.property(orders, ([all, shuffled]) => {
        const again = shuffled.map(({ voter, choices }) => ({ voter, choices: [...choices].reverse() }));
        expect(paperFile(again)).toBe(paperFile(all));
        expect(paperFile(all.slice(1))).not.toBe(paperFile(all));
        expect(paperFile([{ ...all[0]!, voter: `${all[0]!.voter}x` }, ...all.slice(1)])).not.toBe(paperFile(all));
      }),
    );
  });

  it('leaves nothing of its order in what is recorded', () => {
    const before = past(publish(), open({ paper: true }));
    const inFile = [[3], [1, 2], [2], [2, 1], [1]];
    const digest = hash('file');
    const recorded = before.when(paper(inFile, { digest })).result as { data: { ballots: number[][] } }[];
    expect(recorded[0]!.data.ballots).toEqual([[1], [1, 2], [1, 2], [2], [3]]);
    expect(before.when(paper([...inFile].reverse(), { digest })).result).toEqual(recorded);
  });
});

describe('the count', () => {
  it('waits for the close, then fixes which ballots lie in the box', () => {
    past(publish(), open()).when(close).thenRejected('vote-still-open', { closesAt: CLOSES });
    const full = facts(
      box([
        ['a', 1],
        ['b', 2],
        ['a', 3],
      ]),
    );
    const closed = past(publish(), open()).when(close, AFTER, 'flow.tallying', full);
    expect((closed.result as { data: object }[])[0]!.data).toMatchObject({ effectiveAt: CLOSES, voters: 2 });
    past(publish(), open(), [close, AFTER]).when(close, AFTER).thenNothing();
  });

  it('waits for paper where there is some, and opens nothing before all is there', () => {
    past(publish(), open()).when(openBallots(), AFTER).thenNothing();
    past(publish(), open({ paper: true }), [close, AFTER])
      .when(openBallots(), AFTER)
      .thenNothing();
    past(publish(), open({ paper: true }), paper([[1]]))
      .when(openBallots(), NOW)
      .thenNothing();
    const onPaper = past(publish(), open({ online: false, paper: true }), paper([[1], [1, 2]])).when(openBallots());
    expect((onPaper.result as { type: string }[]).map((e) => e.type)).toEqual(['tally.ballots-opened', 'tally.counted']);
    expect(onPaper.after().counted).toMatchObject({ ballots: 2, voters: 2, imported: 2, votes: [2, 1, 0] });
  });

  it('stops with all keys there when a ballot cannot be opened, breaks the rules or is not one that lay there', () => {
    const closed = past(publish(), open(), [close, AFTER]);
    const one = box([['a', 1]]);
    const full = told(tally, facts(one), NOW, OFFICER)(publish(), open(), [close, AFTER]);
    const count = (change: Partial<TallyFacts>) => () => full.when(openBallots(), AFTER, 'flow.tallying', facts({ ...one, ...change }));
    expect(count({ opened: [null] })).toThrow('cannot be opened');
    expect(count({ opened: [ballot('a', 0, [9])] })).toThrow('breaks the rules');
    expect(count(box([['b', 1]]))).toThrow('not hold what it held');
    expect(
      count(
        box([
          ['a', 1],
          ['b', 1],
        ]),
      ),
    ).toThrow('not hold what it held');
    expect(() => closed.when(openBallots(), AFTER, 'flow.tallying', facts(one))).toThrow('not hold what it held');
    const twins = facts(
      box([
        ['a', 1],
        ['b', 2],
      ]),
    );
    const same = { ...twins, opened: twins.opened.map((b) => ({ ...b!, tracker: 'same' })) };
    const two = told(tally, twins, NOW, OFFICER)(publish(), open(), [close, AFTER]);
    expect(() => two.when(openBallots(), AFTER, 'flow.tallying', same)).toThrow('one tracker');
  });

  it('records that the key is destroyed, once, and only after the count', () => {
    past(publish(), open(), [close, AFTER]).when(destroyed, AFTER).thenNothing();
    past(publish(), open(), [close, AFTER], [openBallots(), AFTER])
      .when(destroyed, AFTER)
      .then([{ type: 'tally.box-key-destroyed', data: { boxKey: hash('box') } }]);
    past(publish(), open(), [close, AFTER], [openBallots(), AFTER], [destroyed, AFTER]).when(destroyed, AFTER).thenNothing();
  });

  const votes = fc.array(
    fc
      .tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.uniqueArray(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }))
      .map(([voter, choices]): [string, ...number[]] => [voter, ...choices]),
    { maxLength: 20 },
  );
  const papers = fc.option(fc.array(fc.uniqueArray(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }), { maxLength: 5 }));

  it('has as many ballots as voters, of each voter the last one, for whatever sequence of casting and replacing', () => {
    fc.assert(
      fc.property(votes, papers, (all, imported) => {
        const { counted: count, ballots } = counted(all, imported);
        const last = new Map(all.map(([voter, ...choices]) => [voter, choices]));
        const paperCount = imported?.length ?? 0;
        expect(count).toMatchObject({ ballots: last.size + paperCount, voters: last.size + paperCount, imported: paperCount });
        expect(ballots).toHaveLength(last.size + paperCount);
        const sorted = (lists: number[][]) => lists.map((l) => [...l].sort().join()).sort();
        expect(sorted(ballots.map((b) => [...b.choices]))).toEqual(sorted([...last.values(), ...(imported ?? [])]));
        const mine = [1, 2, 3].map((n) => [...last.values(), ...(imported ?? [])].filter((choices) => choices.includes(n)).length);
        expect(count!.votes).toEqual(mine);
        expect(count!.digest).toBe(
          ballotsDigest(votedBallots({ projects: IDS.map((application) => ({ application, cents: 1, district: '' })) }, ballots)),
        );
      }),
    );
  });

  it('says nothing of the order of voting: the ballots stand by tracker, and any order of voters gives the same events', () => {
    fc.assert(
      fc.property(votes, fc.array(fc.nat()), (all, swaps) => {
        const { ballots } = counted(all);
        expect(ballots.map((b) => b.tracker)).toEqual(ballots.map((b) => b.tracker).sort());
        // voters in another order, each with the own ballots in the own order
        const shuffled = [...all];
        swaps.forEach((n) => {
          const i = n % Math.max(1, shuffled.length - 1);
          const [one, other] = [shuffled[i], shuffled[i + 1]];
          if (one !== undefined && other !== undefined && one[0] !== other[0]) [shuffled[i], shuffled[i + 1]] = [other, one];
        });
        expect(counted(shuffled)).toEqual(counted(all));
      }),
    );
  });

  it('gives ballots on paper trackers that nobody can compute without the secret of this call', () => {
    const trackers = (secret: string) => counted([], [[1], [2], [3]], secret).ballots.map((b) => b.tracker);
    expect(trackers(hash('one'))).toEqual(trackers(hash('one')));
    expect(trackers(hash('one')).filter((tracker) => trackers(hash('other')).includes(tracker))).toEqual([]);
    const onPaper = past(publish(), open({ paper: true, online: false }), paper([[1]]));
    expect(() => onPaper.when(openBallots(), AFTER, 'flow.tallying', facts({ paperSecret: null }))).toThrow('no secret');
  });

  it('finds the newest ballot of each voter in whatever order they are read', () => {
    const all = [cast('a', 0), cast('b', 0), cast('a', 1), cast('a', 2), cast('b', 1)];
    const orders = fc.shuffledSubarray(all, { minLength: all.length });
    fc.assert(
      fc.property(orders, (order) => {
        expect(new Set(lastOfEach(order).map((e) => e.id))).toEqual(new Set([all[3]!.id, all[4]!.id]));
      }),
    );
  });

  it('comes in pages that stay below the limit of the store, whatever the size of the ballots', () => {
    const many = { ...SHARES, vote: { ...SHARES.vote!, ballot: { kind: 'approval' as const, min: 1, max: 100 } } };
    const ids = Array.from({ length: 1000 }, (_, i) => id(`p${i}`)).sort();
    const large = announced({ rules: many }, { closed: true, applications: ids });
    const all = box(
      Array.from({ length: 500 }, (_, v): [string, ...number[]] => [`v${v}`, ...Array.from({ length: 100 }, (_, i) => 901 + i)]),
    );
    const full = facts({ ...all, call: large, pilots: Object.fromEntries(ids.map((key) => [key, application(1)])) });
    const before = told(tally, full, NOW, OFFICER)(publish(ids), open(), [close, AFTER]);
    let { state } = before;
    const pages: { data: { ballots?: OpenedBallot[] } }[] = [];
    while (isReady(state)) {
      const events = tally.decide(openBallots(state.ballotPages), state, full, {
        ...{ now: AFTER, actor: 'flow.tallying', tenant: 'demo', commandId: '', salt: '' },
      }) as never[];
      expect(JSON.stringify(events).length).toBeLessThan(250_000);
      for (const event of events) state = tally.evolve(state, event);
      pages.push(...(events as typeof pages));
    }
    expect(pages.filter((p) => p.data.ballots !== undefined).length).toBeGreaterThan(1);
    expect(state.counted).toMatchObject({ ballots: 500, voters: 500 });
    expect(votesOf(state.opened!, state.ballots).at(-1)).toBe(500);
    // a page again is no new page
    expect(tally.decide(openBallots(0), state, full, { now: AFTER, actor: '', tenant: 'demo', commandId: '', salt: '' })).toEqual([]);
  });
});
