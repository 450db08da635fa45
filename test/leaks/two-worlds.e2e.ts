import { replayStream } from '../../scripts/history/replay.js';
import { compareAnswers, compareLines, logLines, metricLines, type Answer } from './compare.js';
import { everyQuestion } from './questions.js';
import { sweep, until } from './sweep.js';
import { PEOPLE, SCORING_CLOSES, World, type Who } from './world.js';

/** What one member alone does differently in each world. Nobody else may see a byte of it before the close. */
const STORIES = {
  'as it is': async (world: World) => {
    await only(world, 'a', 0, [50, 50, 50], 'Selkeä ehdotus.');
    await only(world, 'b', 1, [30, 40, 50]);
  },
  'other scores and words': async (world: World) => {
    await only(
      world,
      'a',
      0,
      [99, 1, 100],
      'Paljon pidempi kommentti, jossa kerrotaan tarkkaan, miksi tämä on paras kaikista hakemuksista.',
    );
    await only(world, 'b', 1, [0, 0, 0]);
  },
  'more cards': async (world: World) => {
    await only(world, 'a', 0, [50, 50, 50], 'Selkeä ehdotus.');
    for (const again of [1, 2, 3]) await only(world, `a again ${again}`, 0, [50, 50, 50 + again]);
    await only(world, 'b', 1, [30, 40, 50]);
    await only(world, 'c', 2, [10, 20, 30]);
    await only(world, 'd', 3, null);
  },
  'fewer cards and a step back': async (world: World) => {
    const path = `/api/demo/calls/${world.ranked}/scorebook/recusals`;
    const body = { application: world.ids.pilots[1], ground: 'recognised' };
    const { status } = await world.ask('member', 'POST', path, { body, headers: { 'idempotency-key': 'step-back' } });
    expect(status).toBe(200);
  },
};
type Story = keyof typeof STORIES;
/** Changes of one card at the very end, each by its value. */
const LAST: Readonly<Record<Story, readonly number[]>> = {
  'as it is': [60],
  'other scores and words': [5],
  'more cards': [60, 61, 62, 63],
  'fewer cards and a step back': [],
};

async function only(world: World, step: string, n: number, values: number[] | null, comment?: string): Promise<void> {
  const path = `/api/demo/calls/${world.ranked}/scorebook/cards/${world.ids.pilots[n]}`;
  const body = { ...(values === null ? {} : { assessed: { values } }), ...(comment === undefined ? {} : { comment }) };
  const { status } = await world.ask('member', 'PUT', path, { body, headers: { 'idempotency-key': step.replaceAll(' ', '-') } });
  expect(status).toBe(200);
}

/** What the member may see of the member's own book. */
const isOwn = (who: Who, path: string): boolean => who === 'member' && /\/scorebook$|\/my\/data$/.test(path);

describe('two worlds that differ in one member’s book alone', () => {
  const worlds = new Map<Story, World>();
  const others = (Object.keys(STORIES) as Story[]).slice(1);
  const base = () => worlds.get('as it is')!;
  let questions: string[];
  let compared = 0;

  beforeAll(async () => {
    await Promise.all(
      (Object.keys(STORIES) as Story[]).map(async (story) => {
        const world = await World.open(story);
        worlds.set(story, world);
        await world.begin();
        await STORIES[story](world);
        await world.goOn();
        // the last that is written before the close is the member's
        for (const [again, value] of LAST[story].entries()) await only(world, `last ${again}`, 0, [value, value, value]);
        await world.settle();
      }),
    );
    const tokens = ['policy', 'policy again', 'colleague is done', 'chair 1', 'submit late'].map((step) => {
      const answer = base().answered.get(step) ?? base().answered.get(`card ${step}`)!;
      return (JSON.parse(answer.body) as { position: string }).position;
    });
    questions = await everyQuestion([...worlds.values()], tokens);
  }, 300_000);
  afterAll(async () => {
    await Promise.all([...worlds.values()].map((world) => world.end()));
  });

  async function expectAlike(when: string, questions: readonly string[], atLeast: number): Promise<void> {
    const seen = new Map<Story, Map<string, Answer>>();
    await Promise.all([...worlds].map(async ([story, world]) => seen.set(story, await sweep(world, PEOPLE, questions, isOwn))));
    for (const story of others) {
      const { compared: n, differences } = compareAnswers(seen.get('as it is')!, seen.get(story)!);
      compared += n;
      expect([story, differences.slice(0, 20)]).toEqual([story, []]);
    }
    const base = [...seen.get('as it is')!.values()];
    const byStatus = (status: number) => base.filter((answer) => answer.status === status).length;
    console.log(
      `${when}: ${questions.length} questions to ${PEOPLE.length} people: ${base.length} answers (${byStatus(200)} × 200, ${byStatus(403)} × 403, ` +
        `${byStatus(404)} × 404), each compared byte for byte with ${others.length} other worlds`,
    );
    // a sweep of refusals would prove nothing
    expect(byStatus(200)).toBeGreaterThan(atLeast);
  }

  it('answer everybody’s commands alike: ids, revisions and position tokens', () => {
    for (const story of others) {
      const { compared: n, differences } = compareAnswers(base().answered, worlds.get(story)!.answered);
      compared += n;
      expect([story, differences]).toEqual([story, []]);
    }
  });

  it('answer every GET alike to everybody during scoring, but the member’s own book to the member', async () => {
    await expectAlike('during scoring', questions, 2_000);
    for (const story of others) {
      const own = [base(), worlds.get(story)!].map((world) => world.ask('member', 'GET', `/api/demo/calls/${world.ranked}/scorebook`));
      const [one, other] = await Promise.all(own);
      expect([one!.status, other!.status]).toEqual([200, 200]);
      expect(other!.body).not.toBe(one!.body);
    }
  }, 300_000);

  it('hold the same rows for reading, and replay the same streams on the command line', async () => {
    for (const story of others)
      expect([story, compareLines(base().readModelRows(), worlds.get(story)!.readModelRows())]).toEqual([story, []]);
    expect(base().readModelRows().length).toBeGreaterThan(40);
    const streams = [...new Set([...worlds.values()].flatMap((world) => world.streams()))];
    expect(streams.some((name) => name.startsWith('demo.scorebook-'))).toBe(true);
    let replayed = 0;
    for (const stream of streams) {
      const told = await Promise.all(
        [...worlds.values()].map(async (world) => {
          const lines: string[] = [];
          await replayStream([stream, '--data', world.deployment.data], (line) => lines.push(line)).catch((error: Error) =>
            lines.push(error.message),
          );
          return lines.join('\n');
        }),
      );
      compared += others.length;
      expect([stream, new Set(told).size]).toEqual([stream, 1]);
      if (told[0]!.startsWith('{')) replayed++;
    }
    expect(replayed).toBeGreaterThan(15);
  }, 120_000);

  it('answer alike at the close itself, before the books are opened', async () => {
    await Promise.all([...worlds.values()].map((world) => world.at(SCORING_CLOSES)));
    await expectAlike(
      'at the close',
      questions.filter((path) => !path.includes('?') || path.includes('/audit/')),
      400,
    );
  }, 300_000);

  it('have alike metrics and log lines: how often a book was used is in neither', async () => {
    const metrics = await Promise.all([...worlds.values()].map((world) => world.ask('operator', 'GET', '/metrics')));
    for (const { status } of metrics) expect(status).toBe(200);
    const lines = metrics.map(({ body }) => metricLines(body));
    const routes = lines[0]!.filter((line) => line.includes('minipilot_http_request_duration_seconds_count'));
    expect(routes.length).toBeGreaterThan(40);
    expect(routes.filter((line) => /scorebook(?!\/completion)/.test(line))).toEqual([]);
    // the line of an answer comes after the answer
    for (const world of worlds.values()) await until(() => /"route":"\/metrics"/.test(world.deployment.output()));
    for (const [i, story] of [...worlds.keys()].entries()) {
      compared += lines[i]!.length;
      expect([story, compareLines(lines[0]!, lines[i]!)]).toEqual([story, []]);
      const log = logLines(worlds.get(story)!.deployment.output());
      compared += log.length;
      expect(log.length).toBeGreaterThan(1_000);
      expect([story, compareLines(logLines(base().deployment.output()), log).slice(0, 20)]).toEqual([story, []]);
    }
  });

  it('open all at once after the close, and differ then as they should', async () => {
    await Promise.all([...worlds.values()].map((world) => world.at('2027-10-04T13:01:00.000Z')));
    const proposal = (world: World) => world.ask('officer', 'GET', `/api/demo/calls/${world.ranked}/proposal`);
    const stream = (world: World, name: string) => world.ask('auditor', 'GET', `/api/demo/audit/streams/${name}`);
    const proposed = await proposal(base());
    expect(proposed.status).toBe(200);
    for (const story of others) {
      const other = await proposal(worlds.get(story)!);
      expect(other.status).toBe(200);
      expect([story, other.body === proposed.body]).toEqual([story, false]);
    }
    const books = base()
      .streams()
      .filter((name) => name.startsWith('demo.scorebook-'));
    const differing = [];
    for (const book of books) {
      const [one, other] = await Promise.all([stream(base(), book), stream(worlds.get('more cards')!, book)]);
      expect([one.status, other.status]).toEqual([200, 200]);
      if (one.body !== other.body) differing.push(book);
    }
    expect([books.length, differing.length]).toEqual([3, 1]);
    console.log(`two worlds: ${compared} comparisons, 0 differences before the close`);
  }, 60_000);
});
