import { randomUUID } from 'node:crypto';
import { ROLES, type Role } from '@minipilot/identity/roles.js';
import { ask, expectProblem, iban, ok, type Person, type Reply } from '../support/api.js';
import { startAll, type Deployment } from '../support/running.js';
import { callForm, form, Municipality, START } from './municipality.js';

const OPERATOR = 'operator-token-for-tests-0123456789';
/** Routes that serve machines and are no part of the API's description. */
const UNDESCRIBED = [
  ['GET', '/health/live'],
  ['GET', '/health/ready'],
  ['GET', '/problems'],
  ['GET', '/problems/not-found'],
  ['GET', '/openapi.json'],
  ['GET', '/docs'],
] as const;

interface Operation {
  method: string;
  path: string;
  access: string[];
}

/** What a person could send to routes with something of somebody's in their path; a body where one is needed. */
const OWN: Record<string, unknown> = {
  'GET calls/{call}/drafts/{draft}': undefined,
  'PUT calls/{call}/drafts/{draft}': { form: { title: 'Minun' } },
  'DELETE calls/{call}/drafts/{draft}': undefined,
  'POST calls/{call}/drafts/{draft}/submit': undefined,
  'GET applications/{pilot}': undefined,
  'PUT applications/{pilot}': form('Varas'),
  'POST applications/{pilot}/withdrawal': undefined,
  'POST applications/{pilot}/acceptance': { iban: iban(66) },
  'POST applications/{pilot}/account': { iban: iban(66) },
  'POST applications/{pilot}/decline': undefined,
  'POST applications/{pilot}/recipient-withdrawal': undefined,
  'POST applications/{pilot}/recipient': { name: 'Varas', phone: '040 666 6666' },
  'POST applications/{pilot}/report': {
    happened: 'Ei.',
    participants: 0,
    outcome: 'no',
    learned: 'Ei.',
    lines: [],
    goOn: false,
    continuation: '',
  },
  'POST applications/{pilot}/plan-change': { text: 'Toisin.' },
};

describe('who may do what', () => {
  let deployment: Deployment;
  let town: Municipality;
  let operations: Operation[];
  const tokens = new Map<Role, string>();
  let foreign: string;

  beforeAll(async () => {
    deployment = await startAll({ clock: START, settings: { MINIPILOT_TENANTS: 'demo,toinen', MINIPILOT_OPERATOR_TOKEN: OPERATOR } });
    town = await Municipality.open(deployment);
    const { paths } = ok(await ask(deployment.desk, 'GET', '/openapi.json'));
    operations = Object.entries(paths as Record<string, Record<string, Record<string, string[]>>>).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, access: operation['x-access']! })),
    );
    for (const role of ROLES) tokens.set(role, (await town.api.as(`rooli-${role}`, [role])).token);
    foreign = (await town.api.as('vieras', ROLES, 'Vieras', 'toinen')).token;
  }, 120_000);
  afterAll(() => deployment?.end());

  /** The path with ids of nothing. */
  const concrete = (path: string, tenant = 'demo') =>
    path
      .replace('{tenant}', tenant)
      .replace('{stream}', `${tenant}.pilot-${randomUUID()}`)
      .replace(/\{\w+\}/g, () => randomUUID());
  const send = ({ method, path }: Operation, token?: string, tenant?: string) =>
    ask(deployment.desk, method, concrete(path, tenant), token === undefined ? {} : { token });
  const isPublic = ({ access }: Operation) => access.includes('public');

  it('is declared by every route, and there are routes for everybody', () => {
    expect(operations.length).toBeGreaterThan(80);
    for (const { method, path, access } of operations) {
      const known = ['public', 'signed-in', ...ROLES];
      expect([method, path, access.length > 0 && access.every((who) => known.includes(who))]).toEqual([method, path, true]);
    }
    // whoever is nobody in particular has routes of their own; these roles work on what is built later
    const later = ['applicant', 'agent', 'appeal-body', 'evaluator'];
    for (const role of ROLES.filter((r) => !later.includes(r))) expect(operations.some((o) => o.access.includes(role))).toBe(true);
  });

  it('holds for every route and every role: 401 without a token, 403 without the role, 404 for another municipality, never 500', async () => {
    const wrong: string[] = [];
    const expectOne = (operation: Operation, who: string, reply: Reply, right: (status: number) => boolean) => {
      const problem = reply.status > 399 && reply.headers.get('content-type') !== 'application/problem+json';
      if (!right(reply.status) || reply.status > 499 || problem)
        wrong.push(`${operation.method} ${operation.path} as ${who}: ${reply.status}`);
    };
    for (const operation of operations) {
      if (isPublic(operation)) {
        expectOne(operation, 'nobody', await send(operation), (s) => s !== 401 && s !== 403);
        if (operation.path.includes('{tenant}'))
          expectOne(operation, 'nobody, elsewhere', await send(operation, undefined, 'eiole'), (s) => s === 404);
        continue;
      }
      expectOne(operation, 'nobody', await send(operation), (s) => s === 401);
      expectOne(operation, 'a forged token', await send(operation, tokens.get('admin')!.slice(0, -8) + 'AAAAAAAA'), (s) => s === 401);
      if (operation.path.includes('{tenant}')) {
        expectOne(operation, 'all roles of another municipality', await send(operation, foreign), (s) => s === 404);
        expectOne(operation, 'all roles, where nothing is', await send(operation, foreign, 'eiole'), (s) => s === 404);
      }
      for (const role of ROLES) {
        const may = operation.access.includes('signed-in') || operation.access.includes(role);
        expectOne(operation, role, await send(operation, tokens.get(role)), (s) => (may ? s !== 401 && s !== 403 : s === 403));
      }
    }
    expect(wrong).toEqual([]);
  }, 120_000);

  it('leaves what machines ask open, and the metrics to the operator', async () => {
    for (const [method, path] of UNDESCRIBED) expect([path, (await ask(deployment.desk, method, path)).status]).toEqual([path, 200]);
    expectProblem(await ask(deployment.desk, 'GET', '/metrics'), 401, 'unauthorised');
    for (const token of tokens.values()) expectProblem(await ask(deployment.desk, 'GET', '/metrics', { token }), 401, 'invalid-token');
    expect((await ask(deployment.desk, 'GET', '/metrics', { token: OPERATOR })).status).toBe(200);
  });

  describe('what is somebody else’s', () => {
    let call: string;
    let owner: Person;
    let draft: string;
    let pilot: string;
    const concreteOwn = (path: string, ids: { draft: string; pilot: string }) =>
      path.replace('{call}', call).replace('{draft}', ids.draft).replace('{pilot}', ids.pilot);

    beforeAll(async () => {
      call = await town.announce(callForm({ districts: ['Jukola'] }));
      await town.api.advance('2027-02-02T08:00:00.000Z');
      owner = await town.api.as('oma', [], 'Oma Omistaja');
      ({ id: pilot } = await town.apply(call, owner, form(owner.name, { email: owner.email })));
      ({ id: draft } = await owner.post(`calls/${call}/drafts`, { form: { title: 'Oma idea' } }));
    });

    it('is looked for on every route that has it in its path', () => {
      const paths = operations
        .filter(({ access, path }) => access.includes('signed-in') && /\{(draft|pilot)\}/.test(path))
        .map(({ method, path }) => `${method} ${path.replace('/api/{tenant}/', '')}`);
      expect(paths.sort()).toEqual(Object.keys(OWN).sort());
    });

    it('is not there: each of these routes answers as for what does not exist, and changes nothing', async () => {
      const before = [await owner.get(`calls/${call}/drafts/${draft}`), await owner.get(`applications/${pilot}`)];
      const strangers = [
        await town.api.as('varas'),
        // those who work on applications, but not on whose they are
        await town.api.as('rooli-agent', ['agent']),
        await town.api.as('raati', ['member', 'chair']),
        await town.api.as('muut', ['finance-approver', 'owner', 'auditor', 'admin', 'evaluator', 'appeal-body', 'finance-clerk']),
      ];
      for (const stranger of strangers)
        for (const [route, body] of Object.entries(OWN)) {
          const [method, path] = route.split(' ') as [string, string];
          const ifMatch = method === 'PUT' ? { ifMatch: before[path.includes('draft') ? 0 : 1].revision as number } : {};
          const how = { ...(body === undefined ? {} : { body }), ...ifMatch };
          const theirs = await stranger.ask(method, concreteOwn(path, { draft, pilot }), how);
          const nothing = await stranger.ask(method, concreteOwn(path, { draft: randomUUID(), pilot: randomUUID() }), how);
          const { instance: _, ...told } = expectProblem(theirs, 404, 'not-found');
          const { instance: __, ...same } = nothing.body;
          expect([route, told]).toEqual([route, same]);
        }
      expect([await owner.get(`calls/${call}/drafts/${draft}`), await owner.get(`applications/${pilot}`)]).toEqual(before);
      expect((await strangers[0]!.get(`calls/${call}/drafts`)).items).toEqual([]);
      await town.api.settle();
      expect((await strangers[0]!.get('my/applications')).items).toEqual([]);
      expect(await strangers[0]!.get('my/data')).toMatchObject({ drafts: [], applications: [] });
    });

    it('is not there from another municipality, whoever asks by whatever path', async () => {
      const twin = await town.api.as('oma', ['officer', 'auditor', 'admin'], 'Oma Omistaja', 'toinen');
      const there = (path: string) => ask(deployment.desk, 'GET', `/api/toinen/${path}`, { token: twin.token });
      for (const path of [
        `applications/${pilot}`,
        `desk/calls/${call}`,
        `calls/${call}/drafts/${draft}`,
        `audit/pilots/${pilot}`,
        `audit/ledgers/${call}`,
      ])
        expectProblem(await there(path), 404, 'not-found');
      expectProblem(await there(`audit/streams/demo.pilot-${pilot}`), 404, 'not-found');
      expect(ok(await there('my/applications')).items).toEqual([]);
      expect(ok(await there('desk/calls')).items.map((c: { call: string }) => c.call)).not.toContain(call);
      expectProblem(await ask(deployment.open, 'GET', `/api/toinen/calls/${call}`), 404, 'not-found');
      expect(JSON.stringify(ok(await ask(deployment.open, 'GET', '/api/toinen/calls')))).not.toContain(call);
    });
  });
});
