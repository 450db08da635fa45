import { answerOf, compareAnswers, compareLines, logLines, metricLines, type Answer } from './compare.js';

const headers: [string, string][] = [
  ['content-type', 'application/json; charset=utf-8'],
  ['content-length', '17'],
  ['etag', '"3"'],
  ['date', 'Mon, 01 Mar 2027 08:00:00 GMT'],
  ['x-request-id', 'f3b1c7f0-0000-4000-8000-000000000000'],
];
const plain = answerOf(200, headers, '{"items":[1,2,3]}');
const world = (answer: Answer, key = 'officer GET /x') => new Map([[key, answer]]);
const found = (change: Partial<Answer>) => compareAnswers(world(plain), world({ ...plain, ...change })).differences;

describe('the comparer', () => {
  it('finds nothing between equal worlds, whenever and as whatever request they were asked', () => {
    const later = headers.map(([name, value]): [string, string] => [name, name === 'date' || name === 'x-request-id' ? 'other' : value]);
    expect(compareAnswers(world(plain), world(answerOf(200, later, '{"items":[1,2,3]}')))).toEqual({ compared: 1, differences: [] });
    const problem = (id: string) => answerOf(404, [['content-type', 'application/problem+json']], `{"instance":"urn:uuid:${id}"}`);
    const ids = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-9222-222222222222'] as const;
    expect(compareAnswers(world(problem(ids[0])), world(problem(ids[1]))).differences).toEqual([]);
  });

  it.each<[string, Partial<Answer>, RegExp]>([
    ['a status', { status: 409 }, /status 200 and 409/],
    ['one byte of a body', { body: '{"items":[1,2,4]}' }, /from character 14/],
    ['an order', { body: '{"items":[2,1,3]}' }, /from character 10/],
    ['white space', { body: '{"items":[1,2,3] }' }, /from character 16/],
    ['a size', { headers: { ...plain.headers, 'content-length': '18' } }, /content-length 17 and 18/],
    ['an ETag', { headers: { ...plain.headers, etag: '"4"' } }, /etag "3" and "4"/],
    ['a header that only one has', { headers: { ...plain.headers, 'x-cards': '7' } }, /x-cards undefined and 7/],
  ])('finds a planted leak in %s', (_, change, told) => {
    expect(found(change)).toEqual([expect.stringMatching(told)]);
  });

  it('keeps request ids of bodies that are no problems: an id may be a leak', () => {
    const id = answerOf(200, [['content-type', 'application/json']], '"urn:uuid:11111111-1111-4111-8111-111111111111"');
    expect(id.body).toContain('11111111');
  });

  it('finds a question that only one world was asked', () => {
    expect(compareAnswers(world(plain), new Map()).differences).toHaveLength(1);
    expect(compareAnswers(new Map(), world(plain)).differences).toHaveLength(1);
  });

  it('finds a line more, a line less and a line else in logs and metrics', () => {
    const line = (route: string, ms = 1) =>
      JSON.stringify({ level: 'info', time: String(ms), pid: ms, requestId: String(ms), ms, route, status: 200 });
    expect(compareLines(logLines([line('/a', 1), line('/b', 2)].join('\n')), logLines([line('/b', 9), line('/a', 8)].join('\n')))).toEqual(
      [],
    );
    expect(compareLines(logLines(line('/a')), logLines([line('/a'), line('/a')].join('\n')))).toEqual([
      expect.stringMatching(/^> 1 × .*\/a/),
    ]);
    expect(compareLines(logLines(line('/a')), logLines(line('/b')))).toHaveLength(2);
    const metrics = (n: number) =>
      `minipilot_http_request_duration_seconds_count{route="/a"} ${n}\nminipilot_http_request_duration_seconds_sum{route="/a"} 0.${n}\nminipilot_process_cpu_seconds_total ${n}`;
    expect(compareLines(metricLines(metrics(1)), metricLines(metrics(2)))).toHaveLength(2);
    expect(metricLines(metrics(1))).toHaveLength(1);
  });
});
