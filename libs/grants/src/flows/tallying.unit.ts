import { parseStream } from '@minipilot/kernel/decider.js';
import { callStream, pilotId, pilotStream, policyStream, tallyStream, voteId, voteStream } from '../streams.js';
import { tally, type TallyState } from '../tally/tally.js';
import { POLICY, RANKED, SHARES, content, hash, id } from '../testing.js';
import { tallying } from './tallying.js';
import { TENANT, Town } from './testing.js';

const OFFICER = id('officer');
const CALL = id('voted call');
const CLOSES = '2027-10-08T13:00:00.000Z';

/** A town whose ranked call has three projects before its residents. */
async function town(paper: boolean, name = 'seed', online = true): Promise<Town> {
  const one = new Town('2027-08-20T05:00:00.000Z', name);
  const must = async (category: string, stream: string, command: { type: string } & Record<string, unknown>, actor = OFFICER) => {
    const done = await one.act(category, stream, command, actor);
    if (!Array.isArray(done)) throw new Error(`${command.type}: ${done.code}`);
  };
  await must('policy', policyStream(TENANT), { type: 'SetPolicy', policy: POLICY });
  const stream = callStream(TENANT, CALL);
  await must('call', stream, { type: 'DraftCall', call: CALL, content: content({ rules: { ...RANKED, vote: SHARES.vote! } }) });
  await must('call', stream, { type: 'AnnounceCall', lotHash: hash(CALL) });
  await one.advance('2027-09-10T08:00:00.000Z');
  const projects = [];
  for (const who of ['a', 'b', 'c']) {
    const key = pilotId(CALL, id(who), 0);
    projects.push(key);
    const form = {
      kind: 'resident',
      district: 'Jukola',
      askedCents: 50_000,
      involves: [],
      economic: null,
      language: 'fi',
      reach: 'letter',
    };
    const submit = { type: 'SubmitApplication', call: CALL, applicant: id(who), slot: 0, arrivedAt: one.now, channel: 'online', ...form };
    await must('pilot', pilotStream(TENANT, key), { ...submit, helper: null, filedBy: id(who) }, id(who));
  }
  await one.advance('2027-10-01T08:00:00.000Z');
  const inTally = { stream: tallyStream(TENANT, CALL), call: CALL };
  const texts = projects.map((application) => ({ application, title: 'Kokeilu', summary: 'Kokeillaan.' }));
  await must('tally', inTally.stream, { type: 'PublishProjects', call: CALL, projects: texts });
  await must('tally', inTally.stream, { type: 'OpenVote', call: CALL, opensAt: null, closesAt: CLOSES, online, paper });
  return one;
}
const vote = (one: Town, who: string, choices: number[], arrivedAt = one.now) =>
  one.act('vote', voteStream(TENANT, voteId(CALL, id(who))), { type: 'CastVote', call: CALL, channel: 'code', arrivedAt }, id(who), {
    ballot: { v: 1, tracker: hash(who + choices.join()).slice(0, 15), choices },
  });
const stateOf = (one: Town) => one.state<TallyState>(tally, tallyStream(TENANT, CALL));

describe('the tallying flow', () => {
  it('closes the box 30 seconds after the close, counts what lay in it, and destroys the key', async () => {
    const one = await town(false);
    await vote(one, 'v1', [1]);
    await vote(one, 'v2', [2]);
    await vote(one, 'v1', [3, 1]);
    await one.advance('2027-10-08T13:00:29.999Z');
    expect(one.ofType('tally.box-closed')).toHaveLength(0);
    expect(await vote(one, 'late', [1])).toMatchObject({ code: 'vote-closed' });
    // it was here in time, and only waited for its turn
    expect(await vote(one, 'v3', [2], '2027-10-08T12:59:59.999Z')).toHaveLength(1);
    await one.advance('2027-10-08T13:00:30.000Z');
    expect(one.ofType('tally.box-closed')[0]!.data).toMatchObject({ effectiveAt: CLOSES, voters: 3 });
    expect(stateOf(one)).toMatchObject({ counted: { ballots: 3, voters: 3, votes: [1, 2, 1] }, keyDestroyed: true });
    expect(one.destroyed.has(CALL)).toBe(true);
    expect(one.refused).toEqual([]);
  });

  it('waits for ballots on paper, which may come before or after the close', async () => {
    const files = { type: 'ImportBallots', call: CALL, source: 'Paperi', ballots: [[1]], digest: hash('file'), complete: true };
    for (const before of [true, false]) {
      const one = await town(true, String(before));
      await vote(one, 'v1', [2]);
      if (!before) await one.advance('2027-10-20T08:00:00.000Z');
      expect(stateOf(one)).toMatchObject({ counted: null, keyDestroyed: false });
      await one.act('tally', tallyStream(TENANT, CALL), files, OFFICER);
      if (before) expect(stateOf(one).counted).toBeNull();
      await one.advance('2027-10-20T08:00:00.000Z');
      expect(stateOf(one)).toMatchObject({ counted: { ballots: 2, voters: 2, imported: 1 }, keyDestroyed: true });
    }
  });

  it('destroys the secret of the trackers also where people vote on paper only', async () => {
    const one = await town(true, 'paper', false);
    const file = { type: 'ImportBallots', call: CALL, source: 'Paperi', ballots: [[1]], digest: hash('file'), complete: true };
    await one.act('tally', tallyStream(TENANT, CALL), file, OFFICER);
    expect(stateOf(one)).toMatchObject({ counted: { ballots: 1 }, keyDestroyed: false });
    expect(one.destroyed.has(CALL)).toBe(true);
    expect(one.refused).toEqual([]);
  });

  it('takes no vote and no ballot into its own stream, and nothing that the count writes leads back to a vote', async () => {
    const one = await town(false);
    for (const who of ['v1', 'v2', 'v3']) await vote(one, who, [1]);
    await one.advance('2027-10-09T08:00:00.000Z');
    const own = one.log.filter((e) => e.stream.startsWith(`${TENANT}.flow-tallying-`));
    expect(own.length).toBeGreaterThan(2);
    const casts = one.ofType('vote.cast');
    const links = casts.flatMap((e) => [
      e.id,
      e.stream,
      parseStream(e.stream).key!,
      e.actor,
      e.commandId,
      ...e.sealed!.flatMap((s) => [s.ct, s.com]),
    ]);
    const written = one.log.filter((e) => e.type !== 'vote.cast').map((e) => JSON.stringify(e));
    for (const link of links) expect(written.filter((text) => text.includes(link))).toEqual([]);
    const trackers = stateOf(one).ballots.map((b) => b.tracker);
    for (const event of own) for (const tracker of trackers) expect(JSON.stringify(event)).not.toContain(tracker);
    expect(tallying.handles.filter((type) => type.startsWith('vote.') || type.includes('ballots'))).toEqual([]);
  });
});
