import { replayStream } from '../../scripts/history/replay.js';
import { CLOSES } from '../e2e/voting.js';
import { compareAnswers, compareLines, logLines, metricLines } from './compare.js';
import { everyQuestion } from './questions.js';
import { sweep, until } from './sweep.js';
import { PEOPLE_OF_A_VOTE, World, type Who } from './world.js';

/** What a voter may see of the voter's own vote. */
const isOwn = (who: Who, path: string): boolean => who === 'voter' && /\/ballots\/mine$|\/my\/data$/.test(path);

/** In one world a voter casts one ballot, in the other three others. What everybody else does is the same. */
describe('two worlds that differ in one voter’s ballots alone', () => {
  let one: World;
  let other: World;
  let questions: string[];
  let compared = 0;
  const both = () => [one, other];

  beforeAll(async () => {
    [one, other] = (await Promise.all(['one ballot', 'three ballots'].map((name) => World.open(name)))) as [World, World];
    await Promise.all(
      both().map(async (world) => {
        await world.beginVote();
        await world.ballot('resident', 'first', 0);
        if (world === one) await world.ballot('voter', 'only', 0);
        else for (const n of [1, 2]) await world.ballot('voter', `again-${n}`, n, 0);
        await world.settle();
        await world.ballot('resident', 'second', 0, 1);
        await world.act('a command of somebody else', 'officer', 'POST', `applications/${world.ids.pilots[0]}/check`, {
          suggestion: 'eligible',
          codes: [],
        });
        if (world === other) await world.ballot('voter', 'last', 2);
        await world.settle();
      }),
    );
    const { position } = JSON.parse(one.answered.get('a command of somebody else')!.body) as { position: string };
    questions = (await everyQuestion(both(), [position])).filter((path) => !path.includes('?') || /\/audit\/|after=|limit=/.test(path));
  }, 240_000);
  afterAll(async () => {
    await Promise.all(both().map((world) => world?.end()));
  });

  async function expectAlike(when: string): Promise<void> {
    const [a, b] = await Promise.all(both().map((world) => sweep(world, PEOPLE_OF_A_VOTE, questions, isOwn)));
    const { compared: n, differences } = compareAnswers(a!, b!);
    compared += n;
    const good = [...a!.values()].filter(({ status }) => status === 200).length;
    console.log(
      `${when}: ${questions.length} questions to ${PEOPLE_OF_A_VOTE.length} people: ${n} answers, ${good} × 200, compared byte for byte`,
    );
    expect(differences.slice(0, 20)).toEqual([]);
    expect(good).toBeGreaterThan(400);
  }

  it('answer everybody alike while the vote is open', async () => {
    expect(compareAnswers(one.answered, other.answered).differences).toEqual([]);
    await expectAlike('while voting');
    const mine = await Promise.all(both().map((world) => world.ask('voter', 'GET', `/api/demo/calls/${world.ids.calls[0]}/ballots/mine`)));
    expect(mine.map(({ body }) => (JSON.parse(body) as { cast: number }).cast)).toEqual([1, 3]);
  }, 240_000);

  it('hold the same rows for reading, and replay the same streams on the command line', async () => {
    expect(compareLines(one.readModelRows(), other.readModelRows())).toEqual([]);
    const streams = [...new Set(both().flatMap((world) => world.streams()))];
    expect(streams.filter((name) => name.startsWith('demo.vote-'))).toHaveLength(2);
    for (const stream of streams) {
      const told = both().map(async (world) => {
        const lines: string[] = [];
        await replayStream([stream, '--data', world.deployment.data], (line) => lines.push(line)).catch((error: Error) =>
          lines.push(error.message),
        );
        return lines.join('\n').replaceAll(/[0-9a-f]{64}/g, 'a digest or key');
      });
      const [a, b] = await Promise.all(told);
      compared++;
      expect([stream, b]).toEqual([stream, a]);
    }
  }, 120_000);

  it('answer alike when the vote has closed and is not counted, in metrics and logs too', async () => {
    await Promise.all(both().map((world) => world.at(CLOSES)));
    await expectAlike('at the close');
    const metrics = await Promise.all(both().map((world) => world.ask('operator', 'GET', '/metrics')));
    const [a, b] = metrics.map(({ body }) => metricLines(body));
    expect(compareLines(a!, b!)).toEqual([]);
    expect(a!.filter((line) => /calls\/:call\/ballots/.test(line))).toEqual([]);
    for (const world of both()) await until(() => /"route":"\/metrics"/.test(world.deployment.output()));
    const logs = both().map((world) => logLines(world.deployment.output()));
    expect(logs[0]!.length).toBeGreaterThan(500);
    expect(compareLines(logs[0]!, logs[1]!).slice(0, 20)).toEqual([]);
    compared += a!.length + logs[0]!.length;
  }, 240_000);

  it('differ after the count', async () => {
    await Promise.all(both().map((world) => world.at('2027-02-17T13:01:00.000Z')));
    const counted = await Promise.all(both().map((world) => world.ask('public', 'GET', `/api/demo/calls/${world.ids.calls[0]}/tally`)));
    expect(counted.map(({ status }) => status)).toEqual([200, 200]);
    expect(counted[0]!.body).not.toBe(counted[1]!.body);
    console.log(`two worlds of a vote: ${compared} comparisons, 0 differences before the count`);
  }, 60_000);
});
