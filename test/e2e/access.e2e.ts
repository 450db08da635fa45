import { ROLES, type Role } from '@minipilot/identity/roles.js';
import { ask, expectProblem, ok, type Person } from '../support/api.js';
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

/** What the matrix of test/access cannot see: lists, reads by other paths, and what serves machines. */
describe('who sees what', () => {
  let deployment: Deployment;
  let town: Municipality;
  let call: string;
  let owner: Person;
  let draft: string;
  let pilot: string;

  beforeAll(async () => {
    deployment = await startAll({ clock: START, settings: { MINIPILOT_TENANTS: 'demo,toinen', MINIPILOT_OPERATOR_TOKEN: OPERATOR } });
    town = await Municipality.open(deployment);
    call = await town.announce(callForm({ districts: ['Jukola'] }));
    await town.api.advance('2027-02-02T08:00:00.000Z');
    owner = await town.api.as('oma', [], 'Oma Omistaja');
    ({ id: pilot } = await town.apply(call, owner, form(owner.name, { email: owner.email })));
    ({ id: draft } = await owner.post(`calls/${call}/drafts`, { form: { title: 'Oma idea' } }));
  }, 120_000);
  afterAll(() => deployment?.end());

  it('leaves what machines ask open, and the metrics to the operator', async () => {
    for (const [method, path] of UNDESCRIBED) expect([path, (await ask(deployment.desk, method, path)).status]).toEqual([path, 200]);
    expectProblem(await ask(deployment.desk, 'GET', '/metrics'), 401, 'unauthorised');
    const { token } = await town.api.as('kaikki', ROLES);
    expectProblem(await ask(deployment.desk, 'GET', '/metrics', { token }), 401, 'invalid-token');
    expect((await ask(deployment.desk, 'GET', '/metrics', { token: OPERATOR })).status).toBe(200);
  });

  it('lists nothing of others as one’s own, whatever role one has', async () => {
    await town.api.settle();
    const strangers: [string, Role[]][] = [
      ['varas', []],
      ['kaikki', [...ROLES]],
    ];
    for (const [name, roles] of strangers) {
      const stranger = await town.api.as(name, roles);
      expect((await stranger.get(`calls/${call}/drafts`)).items).toEqual([]);
      expect((await stranger.get('my/applications')).items).toEqual([]);
      expect(await stranger.get('my/data')).toMatchObject({ drafts: [], applications: [] });
    }
    expect((await owner.get(`calls/${call}/drafts`)).items.map((d: { id: string }) => d.id)).toEqual([draft]);
    expect((await owner.get('my/applications')).items.map((a: { id: string }) => a.id)).toEqual([pilot]);
  });

  it('shows who scores a call neither its applications nor their titles until scoring closes, by no role', async () => {
    const scored = await town.announce(
      callForm({
        districts: ['Jukola'],
        opensAt: '2027-02-03T07:00:00.000Z',
        closesAt: '2027-02-20T13:00:00.000Z',
        rules: {
          method: 'ranked-until-budget',
          criteria: [{ id: 'hyöty', weight: 100 }],
          scale: { min: 0, max: 5 },
          minimumCards: 1,
          tieRule: ['lot'],
          whenOverBudget: 'skip',
        },
      }),
    );
    await town.api.advance('2027-02-04T08:00:00.000Z');
    const { id } = await town.apply(scored, owner, form(owner.name, { email: owner.email }));
    await town.api.advance('2027-02-20T13:01:00.000Z');
    const both = await town.api.as('kaksi-roolia', ['officer', 'member', 'chair', 'decision-maker'], 'Kaisa Kaksi');
    const titles = async () => (await both.get(`desk/calls/${scored}/applications`)).items.map((a: { title?: string }) => a.title ?? null);
    expect((await both.get(`applications/${id}`)).contact.name).toBe(owner.name);
    expect(await titles()).toEqual([`Kokeilu: ${owner.name}`]);
    const scoring = { members: [{ email: both.email, name: both.name }], chair: both.email, closesAt: '2027-02-27T13:00:00.000Z' };
    await town.staff.officer.post(`calls/${scored}/scoring`, scoring);
    expectProblem(await both.ask('GET', `applications/${id}`), 404, 'not-found');
    expect(await titles()).toEqual([null]);
    // nor is it told by what an officer does with an application
    for (const path of ['check', 'completion-request', 'public-text', 'public-text/hints']) {
      const body = { title: 'Kokeilu', summary: `Mukana ${owner.name}.` };
      expectProblem(await both.ask('POST', `applications/${id}/${path}`, { body }), 404, 'not-found');
      expect((await town.staff.officer.ask('POST', `applications/${id}/${path}`, { body })).status).not.toBe(404);
    }
    expect((await town.staff.officer.get(`applications/${id}`)).contact.name).toBe(owner.name);
    await town.api.advance('2027-02-27T13:01:00.000Z');
    expect((await both.get(`applications/${id}`)).contact.name).toBe(owner.name);
    expect(await titles()).toEqual([`Kokeilu: ${owner.name}`]);
  });

  it('shows nothing of one municipality in another, whoever asks by whatever path', async () => {
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
