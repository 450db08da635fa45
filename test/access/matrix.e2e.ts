import { request } from 'node:http';
import { policyTable, type PolicyRow } from '@minipilot/identity/policy-table.js';
import { Matrix, type Table } from './matrix.js';
import { outsideStages } from './outside.js';
import { World } from './world.js';

const table: Table = policyTable;

/** Sends a path byte by byte as it is written; `fetch` would tidy it up. */
const statusOf = (base: string, method: string, path: string, headers: Record<string, string>): Promise<number> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(base);
    const sent = request({ hostname, port, method, path, headers }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer.statusCode!));
    });
    sent.once('error', reject);
    sent.end();
  });

describe('the policy table holds in every cell', () => {
  let world: World;
  let matrix: Matrix;
  beforeAll(async () => {
    world = await World.begin();
    matrix = await Matrix.of(world);
  }, 120_000);
  afterAll(() => world?.end());

  const history = () => world.town.staff.auditor.get('audit/summary');

  it('of routes, roles, own and others’ things, municipalities, and time since signing in', async () => {
    const before = await history();
    const { cells, failures } = await matrix.try(table);
    process.stdout.write(`policy matrix: cells tried: ${cells}, failures: ${failures.length}\n`);
    expect(failures).toEqual([]);
    expect(cells).toBeGreaterThan(5_000);
    // whoever was let through came to a handler, and changed nothing
    expect(await history()).toEqual(before);
  }, 300_000);

  it('however the path is written, and for HEAD as for GET', async () => {
    const reads = Object.entries(table).filter(([route, row]) => route.startsWith('GET ') && Array.isArray(row.for));
    expect(reads.length).toBeGreaterThan(15);
    const { token } = await world.town.api.as('tuntematon');
    const wrong: string[] = [];
    for (const [route] of reads) {
      const path = route.slice(4).replace(/:(\w+)/g, (_, name: string) => (name === 'tenant' ? 'demo' : world.ids[name]!));
      const spellings = [
        path,
        `${path}/`,
        `${path}?x=1`,
        `${path};x=1`,
        path.replace('/api/', '//api/'),
        path.replace('/demo/', '/demo//'),
        path.replace('/demo/', '/demo/./'),
        path.replace('/demo/', '/toinen/../demo/'),
        path.replace('/demo/', '/%64emo/'),
        path.replace('/demo/', '/demo%2F'),
        path.toUpperCase(),
      ];
      for (const url of spellings)
        for (const method of ['GET', 'HEAD'])
          for (const authorization of [undefined, `Bearer ${token}`]) {
            const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
            const status = await statusOf(world.deployment.desk, method, url, headers);
            const told = authorization === undefined ? [401, 404] : [403, 404];
            if (!told.includes(status) || (url === path && status === 404)) wrong.push(`${method} ${url}: ${status}`);
          }
    }
    expect(wrong).toEqual([]);
  }, 120_000);

  describe('and the matrix would see it if it did not:', () => {
    const planted: [what: string, route: string, change: Partial<Record<keyof PolicyRow, unknown>>][] = [
      ['a role more', 'PUT /api/:tenant/policy', { for: ['admin', 'officer'] }],
      ['a role less', 'POST /api/:tenant/calls/:call/readings', { for: ['officer'] }],
      ['signed in, not public', 'GET /api/:tenant/calls', { for: 'signed-in' }],
      ['public, not signed in', 'GET /api/:tenant/my/applications', { for: 'public' }],
      ['others’ drafts too', 'GET /api/:tenant/calls/:call/drafts/:draft', { own: undefined }],
      [
        'others’ applications for the auditor too',
        'GET /api/:tenant/applications/:pilot',
        { others: ['officer', 'decision-maker', 'auditor'] },
      ],
      ['others’ applications for officers no more', 'GET /api/:tenant/applications/:pilot', { others: ['decision-maker'] }],
      ['nobody helped', 'POST /api/:tenant/applications/:pilot/report', { helped: [] }],
      ['the whole committee, not its chair alone', 'GET /api/:tenant/calls/:call/scoring', { for: ['member', 'chair'], own: 'committee' }],
      ['no fresh sign-in', 'POST /api/:tenant/batches/:batch/approval', { fresh: undefined }],
      ['a fresh sign-in', 'POST /api/:tenant/batches/:batch/preparation', { fresh: true }],
    ];
    it.each(planted)('%s', async (_, route, change) => {
      const row = { ...table[route]!, ...change } as PolicyRow;
      const { cells, failures } = await matrix.try({ [route]: row });
      expect(cells).toBeGreaterThan(10);
      expect(failures.length).toBeGreaterThan(0);
      for (const failure of failures) expect(failure).toContain(route);
    });
  });

  it('of stages: outside it, each route is refused as the table says, and nothing changes', async () => {
    await world.closeScoring();
    const outside = outsideStages(world);
    const before = await history();
    const { cells, failures } = await matrix.tryStages(table, outside);
    process.stdout.write(`policy matrix: stages tried: ${cells}, failures: ${failures.length}\n`);
    expect(failures).toEqual([]);
    expect(Object.keys(outside).filter((route) => table[route]?.stage === undefined)).toEqual([]);
    expect(await history()).toEqual(before);

    // a stage that is another's, and one that nobody knows how to leave
    const other = { ...table['POST /api/:tenant/calls/:call/rounds']!, stage: 'paid' as const };
    const unknown = { ...table['PUT /api/:tenant/policy']!, stage: 'paid' as const };
    const planted = { 'POST /api/:tenant/calls/:call/rounds': other, 'PUT /api/:tenant/policy': unknown };
    expect((await matrix.tryStages(planted, outside)).failures).toEqual([
      'POST /api/:tenant/calls/:call/rounds: wanted not-paid, got call-is-ranked',
      'PUT /api/:tenant/policy: wanted not-paid, got no call from outside its stage',
    ]);
  }, 120_000);
});
