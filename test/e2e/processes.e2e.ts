import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { ask, type Person } from '../support/api.js';
import { Process, refusedStart, startAll, startThree, type Deployment } from '../support/running.js';
import { callForm, form, Municipality, START } from './municipality.js';

const OPEN = '2027-02-02T08:00:00.000Z';

describe('desk, worker and transparency', () => {
  let deployment: Deployment;
  let town: Municipality;
  let call: string;

  beforeAll(async () => {
    deployment = await startThree({ clock: START });
    town = await Municipality.open(deployment);
    call = await town.announce(callForm({ districts: ['Jukola', 'Iittala'] }));
    await town.api.advance(OPEN);
  }, 120_000);
  afterAll(() => deployment?.end());

  const applicant = (person: string) => town.api.as(person, [], `Asukas ${person}`);
  const mine = (who: Person, after: string) => who.get(`my/applications?after=${after}`);
  /** Waits, with a limit, until a look shows what is wanted. */
  async function eventually(look: () => Promise<unknown>, wanted: unknown): Promise<void> {
    const end = Date.now() + 20_000;
    let seen: unknown;
    while (JSON.stringify((seen = await look())) !== JSON.stringify(wanted) && Date.now() < end)
      await new Promise((r) => setTimeout(r, 50));
    expect(seen).toEqual(wanted);
  }

  it('each serve what is theirs, and one may read behind the other what it has just written', async () => {
    const { officer } = town.staff;
    const { id } = await officer.post('calls', callForm({ opensAt: '2027-03-01T07:00:00.000Z', districts: ['Jukola'] }));
    const { position } = await officer.post(`calls/${id}/announcement`);
    expect((await town.api.open(`calls/${id}?after=${position}`)).phase).toBe('upcoming');
    for (const app of ['desk', 'worker', 'transparency'] as const) {
      const { status, body } = await ask(deployment.of(app).url, 'GET', '/health/ready');
      expect([app, status, body.status]).toEqual([app, 200, 'ok']);
    }
    // transparency has no desk, and the worker no pages
    expect((await ask(deployment.open, 'GET', '/api/demo/worklist', { token: officer.token })).status).toBe(404);
    expect((await ask(deployment.of('worker').url, 'GET', '/api/demo/calls')).status).toBe(404);
    await eventually(async () => (await town.api.open('municipality')).now, OPEN);
  });

  it('go on without the worker: the desk takes applications, the pages are there; back again, the worker catches up', async () => {
    expect(await deployment.stop('worker')).toBe(0);
    const who = await applicant('ilman-tyontekijaa');
    const { id, position, late } = await town.apply(call, who, form(who.name));
    expect(late).toBe(false);
    expect(await mine(who, position)).toMatchObject({ items: [], stale: true });
    expect(await who.get(`applications/${id}`)).toMatchObject({ id, revision: 0 });
    expect((await town.api.open('calls')).items).toHaveLength(3);
    await deployment.start('worker');
    await eventually(async () => (await mine(who, position)).items.map((a: { id: string }) => a.id), [id]);
  });

  it('go on without the desk: the pages are there, and what is under way goes on', async () => {
    const who = await applicant('ennen-sulkua');
    const { id, position } = await town.apply(call, who, form(who.name));
    await deployment.kill9('desk');
    expect((await town.api.open('calls')).items).toHaveLength(3);
    expect((await ask(deployment.of('worker').url, 'GET', '/health/ready')).status).toBe(200);
    await deployment.start('desk');
    expect((await mine(who, position)).items.map((a: { id: string }) => a.id)).toEqual([id]);
  });

  it('lose nothing when all are killed at once', async () => {
    const who = await applicant('sahkokatko');
    const draft = await who.post(`calls/${call}/drafts`, { form: form(who.name, { title: 'Ennen katkoa' }) });
    const people = await Promise.all(Array.from({ length: 8 }, (_, n) => applicant(`katko-${n}`)));
    const sent = await Promise.all(people.map((one) => town.apply(call, one, form(one.name))));
    await Promise.all((['desk', 'worker', 'transparency'] as const).map((app) => deployment.kill9(app)));
    await deployment.start('desk', 'worker', 'transparency');
    expect(await town.api.now()).toBe(OPEN);
    for (const [n, one] of people.entries())
      expect(await one.get(`applications/${sent[n].id}`)).toMatchObject({ id: sent[n].id, revision: 0 });
    expect((await who.get(`calls/${call}/drafts/${draft.id}`)).form.title).toBe('Ennen katkoa');
    // what was open before is what goes on
    await town.api.settle();
    expect(await town.staff.officer.all(`desk/calls/${call}/applications`)).toHaveLength(10);
  });

  it('show the same pages from a copy of the read models alone, beside stores that nobody can read', async () => {
    await town.api.settle();
    const paths = [
      'municipality',
      'calls',
      `calls/${call}`,
      'dashboard/money',
      'dashboard/funnel?by=call',
      'pilots',
      'services',
      'yearly-report?year=2027',
    ];
    const before = await Promise.all(paths.map((path) => town.api.open(path)));
    const alone = join(deployment.data, 'copy');
    mkdirSync(alone);
    // the file as a whole, with what its log still holds
    await deployment.stop('worker');
    for (const end of ['', '-wal']) {
      const file = `read-models.sqlite${end}`;
      if (existsSync(join(deployment.data, file))) copyFileSync(join(deployment.data, file), join(alone, file));
    }
    const unreadable = ['events.sqlite', 'vault.sqlite', 'keys'];
    for (const name of unreadable) writeFileSync(join(alone, name), 'nothing to see here');
    const copy = await Process.spawn('transparency', { MINIPILOT_DATA: alone }).ready();
    try {
      for (const [n, path] of paths.entries()) expect((await ask(copy.url, 'GET', `/api/demo/${path}`)).body).toEqual(before[n]);
      expect((await ask(copy.url, 'GET', '/health/ready')).status).toBe(200);
    } finally {
      expect(await copy.stop()).toBe(0);
    }
    for (const name of unreadable) expect(readFileSync(join(alone, name), 'utf8')).toBe('nothing to see here');
    expect(readdirSync(alone).filter((name) => !name.startsWith('read-models.') && !unreadable.includes(name))).toEqual([]);
    await deployment.start('worker');
  });

  it('stop in good order, each with exit code 0', async () => {
    for (const app of ['transparency', 'desk', 'worker'] as const) expect([app, await deployment.stop(app)]).toEqual([app, 0]);
  });
});

describe('a start is refused, with what to do,', () => {
  let deployment: Deployment;
  beforeAll(async () => void (deployment = await startAll()), 120_000);
  afterAll(() => deployment?.end());
  const plain = (output: string) => {
    // a message for an operator, not a stack
    expect(output).not.toMatch(/\n\s+at /);
    return output;
  };

  it('on a data folder that another process holds: it says which one', async () => {
    const { pid } = deployment.of('all');
    const { code, output } = await refusedStart('worker', deployment.settings);
    expect(code).toBe(1);
    expect(plain(output)).toMatch(new RegExp(`"all" runs there as process ${pid} .*stop it first: kill ${pid}`));
  });

  it('on a port that another process has: it says which one, and how to choose another', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    const { port } = holder.address() as AddressInfo;
    const { code, output } = await refusedStart('all', { MINIPILOT_DATA: join(deployment.data, 'other'), PORT: String(port) });
    await new Promise((resolve) => holder.close(resolve));
    expect(code).toBe(1);
    expect(plain(output)).toContain(`Port ${port} is taken by process ${process.pid} (`);
    expect(output).toContain(`PORT=${port + 1}`);
  });

  it('with settings that make no sense: it lists all of them', async () => {
    const { code, output } = await refusedStart('all', { MINIPILOT_DATA: deployment.data, PORT: 'seven', MINIPILOT_MODE: 'toy' });
    expect(code).toBe(1);
    expect(plain(output)).toMatch(/PORT must be .*\n.*MINIPILOT_MODE must be /);
  });

  it('on files that are damaged or of a newer release: they stay as they are, and put back they work', async () => {
    const { officer } = (await Municipality.open(deployment)).staff;
    const { id } = await officer.post('calls', callForm({ districts: ['Jukola'] }));
    await deployment.stop('all');
    const damage = (file: string) => writeFileSync(file, 'this is no database, whatever its name says. '.repeat(200));
    const age = (sql: string) => (file: string) => {
      const db = new DatabaseSync(file);
      db.exec(sql);
      db.close();
    };
    for (const [name, change, advice] of [
      ['events.sqlite', damage, /damaged or no SQLite file.*Restore the last backup/],
      ['events.sqlite', age('pragma user_version = 99'), /newer release.*Start the newer release/],
      ['vault.sqlite', age('pragma user_version = 99'), /newer release/],
      [
        'read-models.sqlite',
        age("insert into read_model_migration values ('9999-later', '2030-01-01')"),
        /newer release: start that release/,
      ],
    ] as const) {
      const file = join(deployment.data, name);
      const good = readFileSync(file);
      change(file);
      const bad = readFileSync(file);
      const { code, output } = await refusedStart('all', deployment.settings);
      expect([name, code]).toEqual([name, 1]);
      expect(plain(output)).toContain(file);
      expect(output).toMatch(advice);
      // read models can be made again at any time; the other two cannot
      if (name !== 'read-models.sqlite') expect(readFileSync(file).equals(bad)).toBe(true);
      writeFileSync(file, good);
    }
    await deployment.start('all');
    expect(await officer.get(`desk/calls/${id}`)).toMatchObject({ id, status: 'draft' });
  }, 120_000);
});
