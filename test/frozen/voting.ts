import { callStream, pilotId, pilotStream, tallyStream, voteId, voteStream } from '@minipilot/grants/streams.js';
import { RANKED, SHARES, content, hash, id } from '@minipilot/grants/testing.js';
import { TENANT, type Town } from '@minipilot/grants/flows/testing.js';

type Command = Record<string, unknown> & { type: string };

/** A ranked call beside which residents vote, online and on paper: from the published projects to the destroyed keys. */
export async function voting(town: Town, form: object): Promise<void> {
  const must = async (category: string, stream: string, command: Command, actor: string, secrets = {}) => {
    const done = await town.act(category, stream, command, actor, secrets);
    if (!Array.isArray(done)) throw new Error(`${command.type} was refused: ${done.code}`);
  };
  const officer = id('officer');
  const call = id('call with a vote');
  const stream = callStream(TENANT, call);
  const year = { ...content().budget, year: 2029 };
  const text = content({
    rules: { ...RANKED, vote: SHARES.vote! },
    opensAt: '2029-05-01T06:00:00.000Z',
    closesAt: '2029-05-22T13:00:00.000Z',
    authority: { section: '§ 12', on: '2029-04-02' },
    budget: year,
  });
  await must('call', stream, { type: 'DraftCall', call, content: text }, officer);
  await must('call', stream, { type: 'AnnounceCall', lotHash: hash(call) }, officer);
  await town.advance('2029-05-02T08:00:00.000Z');
  const projects: string[] = [];
  for (const who of ['baker', 'skater']) {
    const key = pilotId(call, id(who), 0);
    const applied = { type: 'SubmitApplication', call, applicant: id(who), slot: 0, arrivedAt: town.now, channel: 'online', helper: null };
    await must('pilot', pilotStream(TENANT, key), { ...applied, filedBy: id(who), ...form }, id(who));
    projects.push(key);
  }
  await town.advance('2029-05-23T08:00:00.000Z');
  const inTally = (command: Command) => must('tally', tallyStream(TENANT, call), { call, ...command }, officer);
  const shown = projects.map((application, i) => ({ application, title: `Kokeilu ${i + 1}`, summary: 'Kokeillaan yhdessä.' }));
  await inTally({ type: 'PublishProjects', projects: shown });
  await inTally({ type: 'OpenVote', opensAt: null, closesAt: '2029-05-30T13:00:00.000Z', online: true, paper: true });
  await inTally({ type: 'OrderCodes', count: 20, place: 'Pääkirjasto' });
  const cast = (who: string, choices: number[], more: object) =>
    must('vote', voteStream(TENANT, voteId(call, id(who))), { type: 'CastVote', call, arrivedAt: town.now, ...more }, id(who), {
      ballot: { v: 1, tracker: hash(who + choices.join()).slice(0, 15), choices },
    });
  const voter = { ofAge: true, resident: true };
  await cast('one', [1], { channel: 'sign-in', voter });
  await cast('two', [1, 2], { channel: 'code' });
  await cast('one', [2], { channel: 'sign-in', voter });
  await town.advance('2029-05-31T08:00:00.000Z');
  await inTally({ type: 'ImportBallots', source: 'Paperiliput', ballots: [[1], [2, 1]], digest: hash('file'), complete: true });
}
