/** One answer as it came over the wire, without what is random for each request. */
export interface Answer {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: string;
}

/** By who asked what: `officer GET /api/demo/calls`. */
export type Answers = ReadonlyMap<string, Answer>;

export interface Comparison {
  compared: number;
  /** `<who asked what>: <what differs>` */
  differences: string[];
}

/** Headers that say when and as what number a request was answered; they tell nothing of what is stored. */
const OF_THE_REQUEST = new Set(['date', 'x-request-id']);
const REQUEST_URN = /urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;

/** An answer without date and request id. Everything else is compared byte for byte, `content-length` and `etag` included. */
export function answerOf(status: number, headers: Iterable<readonly [string, string]>, body: string): Answer {
  const kept = [...headers].filter(([name]) => !OF_THE_REQUEST.has(name.toLowerCase()));
  const problem = kept.some(([name, value]) => name === 'content-type' && value.startsWith('application/problem+json'));
  return { status, headers: Object.fromEntries(kept), body: problem ? body.replace(REQUEST_URN, 'urn:uuid:request') : body };
}

/** What differs between the answers of two worlds to the same questions. A question that only one of them was asked is a difference. */
export function compareAnswers(one: Answers, other: Answers): Comparison {
  const differences: string[] = [];
  for (const key of other.keys()) if (!one.has(key)) differences.push(`${key}: asked in one world only`);
  for (const [key, a] of one) {
    const b = other.get(key);
    if (b === undefined) differences.push(`${key}: asked in one world only`);
    else for (const what of differing(a, b)) differences.push(`${key}: ${what}`);
  }
  return { compared: one.size, differences };
}

function* differing(a: Answer, b: Answer): Iterable<string> {
  if (a.status !== b.status) yield `status ${a.status} and ${b.status}`;
  for (const name of new Set([...Object.keys(a.headers), ...Object.keys(b.headers)])) {
    if (a.headers[name] !== b.headers[name]) yield `header ${name} ${a.headers[name]} and ${b.headers[name]}`;
  }
  if (a.body === b.body) return;
  let at = 0;
  while (a.body[at] === b.body[at]) at++;
  const near = (text: string) => JSON.stringify(text.slice(Math.max(0, at - 60), at + 60));
  yield `body from character ${at} on: ${near(a.body)} and ${near(b.body)}`;
}

/** What differs between two bags of lines, whatever their order: `< line` is in the first only, `> line` in the second only. */
export function compareLines(one: readonly string[], other: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of one) counts.set(line, (counts.get(line) ?? 0) + 1);
  for (const line of other) counts.set(line, (counts.get(line) ?? 0) - 1);
  return [...counts].flatMap(([line, n]) => (n === 0 ? [] : [`${n > 0 ? '<' : '>'} ${Math.abs(n)} × ${line}`])).sort();
}

/** The log lines of a process without time, process id, duration and request id. What is no JSON (the greeting) tells addresses and is left out. */
export function logLines(output: string): string[] {
  return output.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return [];
    const { time: _, pid: __, ms: ___, requestId: ____, ...rest } = JSON.parse(line) as Record<string, unknown>;
    return [JSON.stringify(rest)];
  });
}

/**
 * The metrics that tell of work: which series there are, and every count and gauge of ours. How long something took and what the
 * runtime needs (memory, garbage, event loop) is different in each run of the same world and is left out.
 */
export function metricLines(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('minipilot_') && !/^minipilot_(process|nodejs)_/.test(line))
    .filter((line) => !/_bucket\{|_sum[{ ]/.test(line));
}
