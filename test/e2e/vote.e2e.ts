import { policyTable } from '@minipilot/identity/policy-table.js';
import { randomBytes, randomUUID } from 'node:crypto';
import { VOTING_CODE, written } from '@minipilot/grants/vote/codes.js';
import { parsePb } from '@minipilot/grants/selection/pabulib.js';
import { replayPb } from '@minipilot/grants/selection/replay-pb.js';
import { ask, expectProblem, ok, type Person } from '../support/api.js';
import { startAll, startThree, type Deployment } from '../support/running.js';
import { form, Municipality, rankedCall, rankedRules, START } from './municipality.js';
import { cast, castByCode, CLOSES, OPENS, search, sharesRules, trackerOf, votedCall, voting } from './voting.js';
import { repeatLot } from '../../scripts/selection/lot.js';

/** Ballots of the story by voter: numbers of projects, the last one counts. */
const STORY: [who: string, ...choices: number[][]][] = [
  ...Array.from({ length: 12 }, (_, n): [string, number[]] => [`asukas-${n}`, [1, 2]]),
  ...Array.from({ length: 8 }, (_, n): [string, number[]] => [`naapuri-${n}`, [3]]),
  ['empiva', [4], [5], [1, 3]],
  ['kaksi-kertaa', [1], [2, 3, 4]],
];

describe('residents vote', () => {
  let deployment: Deployment;
  let town: Municipality;
  let call: string;
  let projects: string[];
  let codes: string[];
  const trackers = new Map<string, { tracker: string; choices: number[] }>();
  const replaced: string[] = [];
  const ids = (numbers: number[]) => numbers.map((n) => projects[n - 1]!);
  const code = (n: number) => codes[n]!;
  const note = (who: string, tracker: string, choices: number[]) => {
    const before = trackers.get(who);
    if (before !== undefined) replaced.push(before.tracker);
    trackers.set(who, { tracker, choices: [...choices].sort() });
  };

  beforeAll(async () => {
    deployment = await startAll({ clock: START });
    town = await Municipality.open(deployment);
  }, 120_000);
  afterAll(() => deployment?.end());

  it('on what an officer has published, once the call has closed', async () => {
    const { officer } = town.staff;
    expectProblem(
      await officer.ask('POST', 'calls', { body: votedCall({ rules: { ...sharesRules, vote: undefined } }) }),
      400,
      'rules-for-vote-missing',
    );
    const early = await town.announce(votedCall({ title: { fi: 'Toinen', sv: 'Andra' } }));
    const times = { opensAt: OPENS, closesAt: CLOSES, online: true, paper: false };
    expectProblem(await officer.ask('POST', `calls/${early}/vote`, { body: times }), 409, 'call-still-open');
    const ranked = await town.announce(
      rankedCall({
        districts: ['Jukola'],
        opensAt: '2027-02-01T07:00:00.000Z',
        authority: { section: '§ 1', on: '2027-01-04' },
        themes: votedCall()['themes'],
      }),
    );
    expectProblem(await officer.ask('POST', `calls/${ranked}/vote`, { body: times }), 409, 'call-without-vote');
    expectProblem(await town.api.ask('GET', `calls/${early}/vote`), 404, 'not-found');
    ({ call, projects } = await voting(town, 5));
    expect(projects).toEqual([...projects].sort());
    const shown = await town.api.open(`calls/${call}/vote`);
    expect(shown).toMatchObject({ phase: 'upcoming', online: true, paper: false, selects: true, opensAt: OPENS, closesAt: CLOSES });
    expect(shown.projects.map((p: any) => [p.number, p.cents, p.district])).toEqual([1, 2, 3, 4, 5].map((n) => [n, 50_000, 'Jukola']));
    expect(shown.boxKey).toMatch(/^[0-9a-f]{64}$/);
    expectProblem(await officer.ask('POST', `calls/${call}/vote`, { body: times }), 409, 'vote-already-opened');
    expect(await officer.get(`desk/calls/${call}/vote`)).toMatchObject({ opened: true, counted: false, codes: 0 });
    const waiting = (await officer.all('worklist')).filter(({ duty }) => duty === 'open-vote').map(({ id }) => id);
    expect(waiting).toEqual([early]);
  });

  it('not before it opens, not the wrong people, not with what is no ballot', async () => {
    const voter = await town.api.voter('asukas-0');
    expectProblem(await cast(voter, call, ids([1])), 409, 'vote-not-open');
    await town.api.advance(OPENS);
    expectProblem(await cast(await town.api.as('ilman-tunnistusta'), call, ids([1])), 409, 'voter-unknown');
    expectProblem(
      await cast(await town.api.voter('lapsi', { born: '2015-02-11', resident: true }), call, ids([1])),
      409,
      'voter-too-young',
    );
    expect((await cast(await town.api.voter('juuri-12', { born: '2015-02-10', resident: true }), call, ids([5]))).status).toBe(200);
    expectProblem(
      await cast(await town.api.voter('muualta', { born: '1980', resident: false }), call, ids([1])),
      409,
      'voter-not-resident',
    );
    expectProblem(
      await ask(deployment.desk, 'POST', `/api/demo/calls/${call}/ballots`, { body: { choices: ids([1]) } }),
      401,
      'unauthorised',
    );
    const wrong = (choices: string[]) => cast(voter, call, choices);
    expectProblem(await wrong([]), 400, 'invalid-body', { '#/choices': 'too-few' });
    expectProblem(await wrong(ids([1, 2, 3, 4])), 400, 'ballot-size', { '#/choices': 'ballot-size' });
    expectProblem(await wrong([...ids([1]), ...ids([1])]), 400, 'project-twice', { '#/choices/1': 'project-twice' });
    expectProblem(await wrong([...ids([1]), randomUUID()]), 400, 'project-not-on-ballot', { '#/choices/1': 'project-not-on-ballot' });
    expectProblem(await cast(voter, randomUUID(), ids([1])), 404, 'vote-not-found');
    expect(await voter.get(`calls/${call}/ballots/mine`)).toEqual({ cast: 0, lastAt: null });
    const juuri = await town.api.voter('juuri-12', { born: '2015-02-10', resident: true });
    note('juuri-12', trackerOf(await cast(juuri, call, ids([5]))), [5]);
  });

  it('by signing in, as often as they like; a retry gives the first receipt, and the key of another ballot is refused', async () => {
    for (const [who, ...ballots] of STORY) {
      const voter = await town.api.voter(who);
      for (const choices of ballots) {
        const key = randomUUID();
        const first = ok(await cast(voter, call, ids(choices), key));
        expect(first.replaced).toBe(trackers.has(who));
        expect(ok(await cast(voter, call, ids([...choices].reverse()), key))).toEqual(first);
        expectProblem(await cast(voter, call, ids(choices[0] === 5 ? [4] : [5]), key), 422, 'idempotency-key-reused');
        note(who, first.tracker, choices);
      }
    }
    const own = await (await town.api.voter('empiva')).get(`calls/${call}/ballots/mine`);
    expect(own).toMatchObject({ cast: 3 });
  });

  it('once, also if they ask to be forgotten in between', async () => {
    const voter = await town.api.voter('naapuri-0');
    expect(await voter.post('my/erasure')).toMatchObject({
      held: [{ purpose: 'once-per-person', until: null }],
      erased: { identities: 0 },
    });
    const again = ok(await cast(voter, call, ids([3])));
    expect(again.replaced).toBe(true);
    note('naapuri-0', again.tracker, [3]);
    // nobody who erases another learns who has voted: it is the same for those who have not
    const { admin } = town.staff;
    // known from a sign-in, and has not voted
    await (await town.api.voter('ei-valitse')).get('my/applications');
    for (const who of ['naapuri-1', 'ei-valitse'])
      expect(await admin.post('people/erasure', { email: `${who}@demo.example` })).toMatchObject({
        held: [{ purpose: 'once-per-person', until: null }],
        erased: { identities: 0 },
      });
  });

  it('with a code from the library, which counts once however often it is used', async () => {
    const { officer, agent, auditor } = town.staff;
    const key = randomUUID();
    const ordered = await agent.post(`calls/${call}/vote/codes`, { count: 8, place: 'Pääkirjasto' }, { key });
    codes = ordered.codes;
    expect(new Set(codes).size).toBe(8);
    for (const one of codes) {
      expect(one).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/);
      expect(ordered.sheet).toContain(one);
    }
    expect(ordered.sheet).not.toContain('<script');
    expect((await agent.post(`calls/${call}/vote/codes`, { count: 8, place: 'Pääkirjasto' }, { key })).codes).toEqual(codes);
    expectProblem(await auditor.ask('POST', `calls/${call}/vote/codes`, { body: { count: 1, place: 'x' } }), 403, 'forbidden');
    expect(await officer.get(`desk/calls/${call}/vote`)).toMatchObject({ codes: 8 });

    const typed = code(0).toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l');
    const first = ok(await castByCode(town, call, typed, ids([4])));
    expect(first.replaced).toBe(false);
    note('koodi-0', first.tracker, [4]);
    const again = ok(await castByCode(town, call, code(0), ids([4, 5])));
    expect(again.replaced).toBe(true);
    note('koodi-0', again.tracker, [4, 5]);
    for (const n of [1, 2, 3, 4, 5, 6]) note(`koodi-${n}`, trackerOf(await castByCode(town, call, code(n), ids([2]))), [2]);

    const slip = code(7).replace(/.$/, (sign) => (sign === 'A' ? 'B' : 'A'));
    expectProblem(await castByCode(town, call, slip, ids([1])), 400, 'invalid-body', { '#/code': 'voting-code-malformed' });
  });

  it('and nobody is told of it before the count, not even how many they are', async () => {
    const { officer, auditor, decider } = town.staff;
    for (const path of ['tally', 'tally/ballots', 'tally/pabulib']) {
      expectProblem(await town.api.ask('GET', `calls/${call}/${path}`), 409, 'not-counted-yet');
      expectProblem(await officer.ask('GET', `calls/${call}/${path}`), 409, 'not-counted-yet');
    }
    expectProblem(await search(town, call, [...trackers.values()][0]!.tracker), 409, 'not-counted-yet');
    expectProblem(await decider.ask('GET', `calls/${call}/proposal`), 404, 'not-found');
    expectProblem(await auditor.ask('GET', `audit/streams/demo.tally-${call}`), 409, 'sealed-until-count');
    const size = await auditor.get('audit/summary');
    ok(await cast(await town.api.voter('viime-hetki'), call, ids([3])));
    note('viime-hetki', trackerOf(await cast(await town.api.voter('viime-hetki'), call, ids([1]))), [1]);
    expect(await auditor.get('audit/summary')).toEqual(size);
    expect(JSON.stringify(await town.api.open(`calls/${call}/vote`))).not.toMatch(/voters|votes|turnout/);
  });

  it('so that everything that anybody can ask is the same, byte by byte, before and after more of them vote', async () => {
    const people: Record<string, Person | null> = { nobody: null, voter: await town.api.voter('asukas-1'), ...town.staff };
    const named: Record<string, string> = { tenant: 'demo', call, pilot: projects[0]!, application: projects[0]!, code: 'not-found' };
    const streams = [
      `demo.tally-${call}`,
      `demo.flow-tallying-${call}`,
      `demo.flow-selecting-${call}`,
      `demo.scoring-${call}`,
      `demo.call-${call}`,
    ];
    const paths = Object.keys(policyTable)
      .filter((route) => route.startsWith('GET ') && route !== 'GET /metrics')
      .flatMap((route) => (route.includes(':stream') ? streams.map((stream) => route.replace(':stream', stream)) : [route]))
      .map((route) => route.slice(4).replace(/:(\w+)/g, (_, name: string) => named[name] ?? '00000000-0000-4000-8000-000000000000'));
    const look = async () => {
      const seen = new Map<string, string>();
      for (const path of paths)
        for (const [who, person] of Object.entries(people)) {
          const sent = person === null ? {} : { headers: { authorization: `Bearer ${person.token}` } };
          const answer = await fetch(deployment.desk + path, { redirect: 'manual', ...sent });
          const heads = [...answer.headers].filter(([name]) => !['date', 'x-request-id', 'set-cookie', 'location'].includes(name));
          const text = (await answer.text()).replace(/urn:uuid:[0-9a-f-]{36}/g, 'urn:uuid:…');
          seen.set(`${path} as ${who}`, JSON.stringify([answer.status, heads, text]));
        }
      return seen;
    };
    await town.api.settle();
    const before = await look();
    for (const who of ['lisaa-1', 'lisaa-2', 'lisaa-1']) note(who, trackerOf(await cast(await town.api.voter(who), call, ids([4]))), [4]);
    await town.api.settle();
    const after = await look();
    const differing = [...before].filter(([what, answer]) => after.get(what) !== answer).map(([what]) => what);
    process.stdout.write(`residents' vote: ${before.size} answers compared before and after more ballots, ${differing.length} differ\n`);
    expect(before.size).toBeGreaterThan(500);
    expect(differing).toEqual([]);
  });

  it('until the close; then there are as many ballots as voters, and every tracker is found', async () => {
    await town.api.advance(CLOSES);
    expectProblem(await cast(await town.api.voter('myohassa'), call, ids([1])), 409, 'vote-closed');
    expectProblem(await castByCode(town, call, code(7), ids([1])), 409, 'vote-closed');
    expectProblem(await town.api.ask('GET', `calls/${call}/tally`), 409, 'not-counted-yet');
    await town.api.advance('2027-02-17T13:01:00.000Z');
    const tally = await town.api.open(`calls/${call}/tally`);
    expect(tally).toMatchObject({
      ballots: trackers.size,
      voters: trackers.size,
      imported: 0,
      keyDestroyedAt: expect.any(String),
      codes: 8,
    });
    const counts = [1, 2, 3, 4, 5].map((n) => [...trackers.values()].filter(({ choices }) => choices.includes(n)).length);
    expect(tally.projects.map((p: any) => p.votes)).toEqual(counts);
    const ballots = await town.api.openAll(`calls/${call}/tally/ballots`, 7);
    expect(ballots.map((b) => b.tracker)).toEqual([...trackers.values()].map((b) => b.tracker).sort());
    for (const { tracker, choices } of trackers.values()) {
      expect(ok(await search(town, call, tracker.toLowerCase().replaceAll('-', ' ')))).toEqual({ tracker, choices });
      expectProblem(
        await search(
          town,
          call,
          tracker.replace(/.$/, (s) => (s === 'A' ? 'B' : 'A')),
        ),
        400,
        'invalid-body',
        {
          '#/tracker': 'tracker-malformed',
        },
      );
    }
    // what was replaced is not counted
    expect(replaced.length).toBeGreaterThan(3);
    for (const tracker of replaced) expectProblem(await search(town, call, tracker), 404, 'tracker-not-found');
    expect(await (await town.api.voter('empiva')).get(`calls/${call}/ballots/mine`)).toMatchObject({ cast: 3 });
  });

  it('as a file of pabulib, in which voters are numbers in the order of trackers', async () => {
    const reply = await town.api.ask('GET', `calls/${call}/tally/pabulib`);
    expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8']);
    const lines = reply.text.trim().split('\n');
    expect(lines).toEqual(
      expect.arrayContaining(['META', 'PROJECTS', 'VOTES', 'vote_type;approval', 'rule;equalshares/add1u', 'budget;1500']),
    );
    const votes = lines.slice(lines.indexOf('VOTES') + 1);
    expect(votes[0]).toBe('voter_id;vote');
    const inOrder = [...trackers.values()].sort((a, b) => (a.tracker < b.tracker ? -1 : 1));
    expect(votes.slice(1)).toEqual(inOrder.map(({ choices }, i) => `${i + 1};${ids(choices).join(',')}`));
    for (const { tracker } of trackers.values()) expect(reply.text).not.toContain(tracker);
  });

  it('which gives the proposal by equal shares, that anyone can compute again and the decision-maker confirms', async () => {
    const { decider, auditor } = town.staff;
    const proposal = await decider.get(`calls/${call}/proposal`);
    expect(proposal.signed).toBe(false);
    const duties = await decider.all('worklist');
    expect(duties.filter((d) => d.duty === 'decide-application' && d.call === call)).toHaveLength(5);
    expect(duties.filter((d) => d.duty === 'sign-proposal')).toEqual([]);
    expect(proposal.places).toHaveLength(5);
    expect(proposal.places.filter((p: any) => p.result === 'proposed-grant')).toHaveLength(3);
    expect(proposal.vote).toMatchObject({ ballots: trackers.size, voters: trackers.size });
    const recomputed = await auditor.get(`audit/calls/${call}/recompute`);
    expect(recomputed).toMatchObject({ method: 'equal-shares', same: true, differences: [] });
    expect(recomputed.checked).toContain('there are as many ballots as voters');
    // and by everybody, from the published file
    const { text } = await ask(deployment.open, 'GET', `/api/demo/calls/${call}/tally/pabulib`);
    const granted = proposal.places.filter((p: any) => p.result === 'proposed-grant').map((p: any) => p.application);
    expect(replayPb(parsePb(text)).winners).toEqual(granted);
    // the digest that the lot is drawn over is one that everybody can make of the ballots
    const said: string[] = [];
    expect(await repeatLot([call, '--url', deployment.open, '--tenant', 'demo'], (text) => said.push(text))).toBe(0);
    expect([said.at(-1), said.find((line) => line.includes('leaves'))]).toEqual(['same', `    over ${trackers.size} leaves: same`]);
    const decisions = proposal.places.map((p: any) => ({
      application: p.application,
      result: p.result === 'proposed-grant' ? 'granted' : p.result === 'waiting' ? 'waiting' : 'refused',
      cents: p.cents,
      reasonCode: 'äänestys',
      reason: 'Asukkaiden äänestyksen mukaan.',
    }));
    const decided = { section: '§ 20', caseNumber: 'KAU/20/2027', decidedOn: '2027-02-17' };
    const flipped = structuredClone(decisions);
    Object.assign(flipped[0], { result: 'refused', cents: 0 });
    expectProblem(
      await decider.ask('POST', `calls/${call}/decisions`, { body: { ...decided, decisions: flipped } }),
      409,
      'departure-without-reason',
    );
    await decider.post(`calls/${call}/decisions`, { ...decided, decisions });
    expect(await town.ledger(call)).toMatchObject({ reserved: 150_000, 'appeal-reserve': 50_000 });
  });

  it('and whoever voted may be forgotten: the ballot stays counted, and who it was is gone', async () => {
    const { tracker, choices } = trackers.get('asukas-3')!;
    const voter = await town.api.voter('asukas-3');
    expect((await voter.get('my/data')).votes).toEqual([{ call, cast: 1, lastAt: expect.any(String) }]);
    expect(await voter.post('my/erasure')).toMatchObject({ held: [], erased: { identities: 1 } });
    expect(ok(await search(town, call, tracker))).toEqual({ tracker, choices });
    expect(await town.api.open(`calls/${call}/tally`)).toMatchObject({ ballots: trackers.size, voters: trackers.size });
    // the one who signs in again is somebody new
    expect(await (await town.api.voter('asukas-3')).get(`calls/${call}/ballots/mine`)).toEqual({ cast: 0, lastAt: null });
  });
});

describe('ballots on paper', () => {
  let deployment: Deployment;
  let town: Municipality;
  let officer: Person;
  let call: string;
  let projects: string[];
  let other: { call: string; projects: string[] };
  const FILE = (votes: string[], ids: string[] = ['A', 'B', 'C']) =>
    [
      'META',
      'key;value',
      'budget;1500',
      'vote_type;approval',
      'PROJECTS',
      'project_id;cost',
      ...ids.map((id) => `${id};500`),
      'VOTES',
      'voter_id;vote',
    ]
      .concat(votes)
      .join('\r\n');
  const mapping = () => ['A', 'B', 'C'].map((project, i) => ({ project, application: projects[i]! }));
  const read = (file: string, change: Record<string, unknown> = {}) =>
    officer.ask('POST', `calls/${call}/vote/imports`, {
      body: { source: 'Paperiliput, pääkirjasto', file, projects: mapping(), complete: false, ...change },
    });

  beforeAll(async () => {
    deployment = await startAll({ clock: START });
    town = await Municipality.open(deployment);
    officer = town.staff.officer;
    const rules = { ...rankedRules, vote: sharesRules.vote };
    const elsewhere = await town.announce(votedCall({ title: { fi: 'Paperilla', sv: 'På papper' }, rules }));
    const applied: string[] = [];
    ({ call, projects } = await voting(town, 3, {
      call: { rules },
      vote: { paper: true },
      async beside() {
        for (let n = 1; n <= 3; n++) {
          const who = await town.api.as(`toinen-${n}`, [], `Toinen ${n}`);
          applied.push((await town.apply(elsewhere, who, form(who.name, { email: who.email }))).id);
        }
      },
    }));
    const texts = applied.map((application) => ({ application, title: 'Kokeilu', summary: 'Kokeillaan.' }));
    await officer.post(`calls/${elsewhere}/vote/projects`, { projects: texts });
    await officer.post(`calls/${elsewhere}/vote`, { opensAt: OPENS, closesAt: CLOSES, online: false, paper: true });
    other = { call: elsewhere, projects: [...applied].sort() };
  }, 120_000);
  afterAll(() => deployment?.end());

  it('are read in from a file that is right to the last cell; else the answer names line and column, and nothing is lost', async () => {
    const at = async (file: string, fault: string, where: RegExp, change: Record<string, unknown> = {}) => {
      const problem = expectProblem(await read(file, change), 400, 'invalid-body');
      expect(problem.errors[0]).toMatchObject({ pointer: expect.stringMatching(/^#\/(file|projects)/), code: fault });
      expect(problem.errors[0].detail).toMatch(where);
    };
    await at('hello', 'pabulib-outside-section', /1/);
    await at(FILE(['1;A', '2;A,X']), 'pabulib-unknown-project', /13.*X/);
    await at(FILE(['1;A', '2;A,A']), 'pabulib-choice-twice', /13.*A/);
    await at(FILE(['1;A', '1;B']), 'pabulib-voter-twice', /13/);
    await at(FILE(['1;A']).replace('A;500', 'A;paljon'), 'pabulib-number', /7.*paljon/);
    await at(FILE(['1;A']).replace('vote_type;approval', 'vote_type;ordinal'), 'file-not-approval', /ordinal/);
    await at(FILE(['1;A', '2;']), 'file-ballot-size', /2/);
    await at(FILE(['1;D'], ['A', 'B', 'C', 'D']), 'project-unmapped', /D/);
    await at(FILE(['1;A']), 'project-not-on-ballot', /./, { projects: [{ project: 'A', application: randomUUID() }] });
    const long = await read('x'.repeat(200_001));
    expectProblem(long, 400, 'invalid-body', { '#/file': 'too-long' });
    expect(await officer.get(`desk/calls/${call}/vote`)).toMatchObject({ files: 0, paperComplete: false });
  });

  it('count beside those cast here, once all are there', async () => {
    await town.api.advance(OPENS);
    const tracker = trackerOf(await cast(await town.api.voter('verkossa'), call, [projects[0]!]));
    const file = FILE(['hakija-7;A,B', '2;C', 'x;C']);
    expect(ok(await read(file)).ballots).toBe(3);
    expectProblem(await read(file), 409, 'file-already-imported');
    for (const same of [`${file}\n`, FILE(['x;C', '2;C', 'hakija-7;B,A']), FILE(['hakija-7;A,B', '2;C', 'x;C']).replaceAll('\r\n', '\n')])
      expectProblem(await read(same), 409, 'file-already-imported');
    await town.api.advance('2027-02-20T08:00:00.000Z');
    expectProblem(await town.api.ask('GET', `calls/${call}/tally`), 409, 'not-counted-yet');
    const waits = async () => (await officer.all('worklist')).filter(({ duty }) => duty === 'read-in-ballots').map(({ id }) => id);
    expect((await waits()).sort()).toEqual([call, other.call].sort());
    ok(await read(FILE(['9;A']), { complete: true }));
    await town.api.settle();
    expect(await town.api.open(`calls/${call}/tally`)).toMatchObject({
      ...{ ballots: 5, voters: 5, imported: 4 },
      projects: [{ votes: 3 }, { votes: 1 }, { votes: 2 }],
    });
    expect(await waits()).toEqual([other.call]);
    expect(ok(await search(town, call, tracker)).choices).toEqual([1]);
    expectProblem(await read(FILE(['5;B'])), 409, 'ballots-complete');
    // a ranked call's proposal comes from its committee
    expectProblem(await officer.ask('GET', `calls/${call}/proposal`), 404, 'not-found');
  });

  it('make a round trip: what one vote gives out, another call reads in as a vote held elsewhere, and counts the same', async () => {
    const { text } = await town.api.ask('GET', `calls/${call}/tally/pabulib`);
    expect(text).not.toMatch(/hakija-7|verkossa/);
    const [first, second] = [projects, other.projects];
    const body = {
      source: 'Sama äänestys toisaalla',
      file: text,
      projects: first.map((project, i) => ({ project, application: second[i]! })),
      complete: true,
    };
    ok(await officer.ask('POST', `calls/${other.call}/vote/imports`, { body }));
    await town.api.settle();
    const counted = await town.api.open(`calls/${other.call}/tally`);
    expect(counted).toMatchObject({ ballots: 5, voters: 5, imported: 5, keyDestroyedAt: null });
    expect(counted.projects.map((p: any) => p.votes)).toEqual([3, 1, 2]);
    // nobody votes here: the ballot box was never made
    expectProblem(await cast(await town.api.voter('verkossa'), other.call, [second[0]!]), 404, 'vote-not-found');
    expectProblem(
      await officer.ask('POST', `calls/${other.call}/vote/codes`, { body: { count: 1, place: 'Kirjasto' } }),
      404,
      'vote-not-found',
    );
    const again = await town.api.ask('GET', `calls/${other.call}/tally/pabulib`);
    const ballots = (file: string, ids: string[]) =>
      ids
        .reduce((t, id, i) => t.replaceAll(id, `P${i}`), file.slice(file.indexOf('VOTES')))
        .split('\n')
        .map((line) => line.split(';')[1])
        .sort();
    expect(ballots(again.text, second)).toEqual(ballots(text, first));
  });

  it('are not asked of who guesses codes: an address may be wrong twenty times, whatever a header says of it', async () => {
    const guess = (code: string, n: number) =>
      town.api.ask('POST', `calls/${call}/ballots/by-code`, {
        body: { code, choices: [projects[0]!] },
        headers: { 'x-forwarded-for': `10.0.0.${n}` },
      });
    const made = () => written(VOTING_CODE, randomBytes(10));
    for (let n = 0; n < 30; n++)
      expectProblem(await guess(made().replace(/.$/, '*'), n), 400, 'invalid-body', { '#/code': 'voting-code-malformed' });
    for (let n = 0; n < 20; n++) expectProblem(await guess(made(), n), 404, 'voting-code-unknown');
    const refused = await guess(made(), 99);
    expectProblem(refused, 429, 'too-many-requests');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(500);
  });
});

describe('in three processes, of which only the worker holds the key of ballots', () => {
  let deployment: Deployment;
  let town: Municipality;
  beforeAll(async () => {
    deployment = await startThree({ clock: START });
    town = await Municipality.open(deployment);
  }, 120_000);
  afterAll(() => deployment?.end());

  it('residents vote at the desk, the worker counts, and everybody reads the count where no store of events is', async () => {
    const { call, projects } = await voting(town, 2);
    await town.api.advance(OPENS);
    const { codes } = await town.staff.officer.post(`calls/${call}/vote/codes`, { count: 1, place: 'Kirjasto' });
    const trackers = [
      trackerOf(await cast(await town.api.voter('yksi'), call, [projects[0]!])),
      trackerOf(await castByCode(town, call, codes[0], projects)),
    ];
    await town.api.advance('2027-02-17T13:05:00.000Z');
    expect(await town.api.open(`calls/${call}/tally`)).toMatchObject({ ballots: 2, voters: 2, projects: [{ votes: 2 }, { votes: 1 }] });
    expect((await town.api.openAll(`calls/${call}/tally/ballots`)).map((b) => b.tracker)).toEqual(trackers.sort());
    const found = await ask(deployment.open, 'POST', `/api/demo/calls/${call}/tally/search`, { body: { tracker: trackers[0]! } });
    expect(ok(found).tracker).toBe(trackers[0]);
    expect((await ask(deployment.open, 'GET', `/api/demo/calls/${call}/tally/pabulib`)).text).toContain('num_votes;2');
  });
});
