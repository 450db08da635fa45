import type { Answer } from './compare.js';
import type { Who, World } from './world.js';

/** Requests under way at a time, in each world. */
const WIDTH = 6;

/**
 * Answers to all questions by everybody, with the further pages of every list. Who is turned away at a path (401, 403, 404) is asked with
 * its first filter once more, and not with all the others. What `isOwn` says is left out.
 */
export async function sweep(
  world: World,
  people: readonly Who[],
  questions: readonly string[],
  isOwn: (who: Who, path: string) => boolean,
): Promise<Map<string, Answer>> {
  const answers = new Map<string, Answer>();
  const byPath = Map.groupBy(questions, (path) => path.split('?', 1)[0]!);
  const todo = people.flatMap((who) =>
    [...byPath].filter(([path]) => path !== '/metrics' && !isOwn(who, path)).map(([, group]) => ({ who, group: [...group] })),
  );
  const worker = async () => {
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
      const { who, group } = next;
      for (let path = group.shift(), turnedAway = 0; path !== undefined && turnedAway < 2; path = group.shift()) {
        const answer = await world.ask(who, 'GET', path);
        answers.set(`${who} GET ${path}`, answer);
        if ([401, 403, 404].includes(answer.status)) turnedAway++;
        const cursor =
          answer.status === 200 && /[?&]limit=1\b/.test(path) ? (JSON.parse(answer.body) as { next?: string | null }).next : null;
        if (typeof cursor === 'string') group.push(`${path.replace(/&cursor=.*/, '')}&cursor=${cursor}`);
      }
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, worker));
  return answers;
}

/** Waits, with a limit, for what must come. */
export async function until(met: () => boolean): Promise<void> {
  const end = Date.now() + 20_000;
  while (!met() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(met()).toBe(true);
}
