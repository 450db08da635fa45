import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { exportDocuments } from '../../scripts/documents/export.js';
import { ask, expectProblem, iban, ok, type Person } from '../support/api.js';
import { startAll, type Deployment } from '../support/running.js';
import { businessId, callForm, form, Municipality, START } from './municipality.js';

/** Found nowhere else, in text or in bytes. */
const PLANTED = {
  name: 'Kerttu Kätkytsalo',
  email: 'kerttu-katkytsalo@demo.example',
  phone: '040 987 1234',
  address: 'Piilopolku 17',
  title: 'Taikaviitta lainaan',
  idea: 'Salaperäinen viittapaja torstaisin',
  place: 'Kellarin perähuone',
  line: 'Samettikangasta',
  secret: 'Näkymättömyyslanka',
  iban: iban(987_654),
  ibanTwo: iban(987_655),
  happened: 'Viitta katosi kokonaan',
  helped: 'Vilho Vaikenee',
  helpedAddress: 'Hiljaisuustie 3',
};

describe('what people tell about themselves', () => {
  let deployment: Deployment;
  let town: Municipality;
  let staff: Municipality['staff'];
  let call: string;
  let kerttu: Person;
  /** one that is paid, and one of the helped person that is not */
  let paid: string;
  let helped: string;
  /** another call, with one application for each applicant */
  let one: string;

  beforeAll(async () => {
    deployment = await startAll({ clock: START, settings: { MINIPILOT_LOG_LEVEL: 'trace' } });
    town = await Municipality.open(deployment);
    staff = town.staff;
    call = await town.announce(callForm({ districts: ['Jukola'], applicationsPerApplicant: 2 }));
    one = await town.announce(callForm({ districts: ['Jukola'] }));
    await town.api.advance('2027-02-02T08:00:00.000Z');
    kerttu = await town.api.as('kerttu-katkytsalo', [], PLANTED.name);
    const filled = form(PLANTED.name, {
      email: PLANTED.email,
      phone: PLANTED.phone,
      address: PLANTED.address,
      title: PLANTED.title,
      idea: PLANTED.idea,
      place: PLANTED.place,
      lines: [{ what: PLANTED.line, cents: 50_000 }],
      tradeSecret: PLANTED.secret,
    });
    ({ id: paid } = await town.apply(call, kerttu, filled));
    // the same in a draft, in refused requests and in what is not even an address
    await kerttu.post(`calls/${call}/drafts`, { form: filled });
    await kerttu.ask('POST', `calls/${call}/drafts`, { body: { form: { ...filled, [PLANTED.secret]: PLANTED.iban } } });
    await kerttu.ask('GET', `my/applications?nimi=${encodeURIComponent(PLANTED.name)}`);
    await ask(deployment.desk, 'GET', `/api/demo/calls/${encodeURIComponent(PLANTED.title)}`);
    await ask(deployment.desk, 'GET', `/${encodeURIComponent(PLANTED.idea)}`);
    const { email: _, ...paper } = form(PLANTED.helped, { address: PLANTED.helpedAddress, title: 'Hiljainen hetki' });
    ({ id: helped } = await town.apply(call, staff.agent, paper, {
      channel: 'paper',
      writtenAt: '2027-02-01T09:00:00.000Z',
      authorised: true,
    }));

    await town.api.account(PLANTED.iban, PLANTED.name);
    for (const application of [paid, helped])
      await staff.officer.post(`calls/${call}/readings`, { application, values: [true, true, true] });
    await town.api.advance('2027-02-05T09:00:00.000Z');
    const item = { result: 'granted', cents: 50_000, reasonCode: 'hyödyllinen', reason: `Hyvä idea: ${PLANTED.idea}` };
    const decision = { section: '§ 9', caseNumber: 'K/9', decidedOn: '2027-02-05' };
    await staff.decider.post(`calls/${call}/decisions`, { ...decision, decisions: [{ ...item, application: paid }] });
    await staff.officer.post(`calls/${call}/notices`, { applications: [paid], channel: 'electronic', sentOn: '2027-02-05' });
    await staff.officer.post(`calls/${call}/publication`, { publishedOn: '2027-02-05' });
    await town.api.settle();
    await kerttu.post(`applications/${paid}/acceptance`, { iban: PLANTED.iban });
    const [batch] = await town.openBatches();
    await town.release(batch.id);
    await town.api.advance('2027-02-08T09:00:00.000Z');
    await kerttu.post(`applications/${paid}/report`, {
      happened: PLANTED.happened,
      participants: 3,
      outcome: 'yes',
      learned: PLANTED.secret,
      lines: [{ what: PLANTED.line, cents: 50_000 }],
      goOn: false,
      continuation: PLANTED.idea,
    });
    await staff.officer.post(`applications/${paid}/report-acceptance`);
    await town.api.settle();
  }, 120_000);
  afterAll(() => deployment?.end());

  const needles = Object.entries(PLANTED).flatMap(([what, text]) => {
    const spellings = [
      text,
      text.replaceAll(' ', ''),
      JSON.stringify(text).slice(1, -1),
      encodeURIComponent(text),
      Buffer.from(text).toString('base64').slice(0, -4),
    ];
    return [...new Set(spellings)].map((spelling): [string, Buffer] => [what, Buffer.from(spelling)]);
  });
  const found = (where: string, bytes: Buffer) =>
    needles.filter(([, needle]) => bytes.includes(needle)).map(([what]) => `${what} in ${where}`);

  const filesBelow = (folder: string): string[] =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  const inFiles = (wanted: (name: string) => boolean = () => true) =>
    filesBelow(deployment.data)
      .filter((file) => wanted(file))
      .flatMap((file) => found(file, readFileSync(file)));

  /** Mail of the demonstration lies open in its outbox, as it would in the mailbox of whoever it is for. */
  const elsewhere = (file: string) => file.includes('demo-bank') || file.includes('outbox');
  const letters = async () => (await staff.officer.get('desk/messages?state=to-post')).items.filter((m: any) => m.pilot === helped);

  async function publicAnswers(): Promise<string[]> {
    const { paths } = ok(await ask(deployment.desk, 'GET', '/openapi.json'));
    const ids: Record<string, string[]> = { call: [call], pilot: [paid, helped], service: [] };
    const answers: string[] = [];
    for (const [path, methods] of Object.entries(paths as Record<string, Record<string, Record<string, unknown>>>)) {
      if (!(methods['get']?.['x-access'] as string[] | undefined)?.includes('public')) continue;
      const name = /\{(call|pilot|service)\}/.exec(path)?.[1];
      const concrete = name === undefined ? [path] : ids[name]!.map((id) => path.replace(`{${name}}`, id));
      const queries = path.includes('dashboard')
        ? ['', `?call=${call}`, '?by=district', '?by=call']
        : [path.includes('yearly') ? '?year=2027' : ''];
      for (const address of concrete) for (const query of queries) answers.push(address.replace('{tenant}', 'demo') + query);
    }
    return [...answers, '/metrics', '/openapi.json', '/problems', '/docs', '/health/ready'];
  }

  it('is there for those who may see it', async () => {
    const { contact, proposal } = await staff.officer.get(`applications/${paid}`);
    expect(contact).toMatchObject({ name: PLANTED.name, phone: PLANTED.phone });
    expect(proposal).toMatchObject({ idea: PLANTED.idea, tradeSecret: PLANTED.secret });
    const data = JSON.stringify(await kerttu.get('my/data'));
    for (const what of ['name', 'phone', 'idea', 'happened'] as const) expect(data).toContain(PLANTED[what]);
    // in the decision, in mail and in a letter
    const { text } = await kerttu.ask('GET', `applications/${paid}/decision.html`);
    for (const what of ['name', 'address', 'title', 'idea', 'line'] as const) expect(text).toContain(PLANTED[what]);
    expect(data).toContain(JSON.stringify(text).slice(1, -1));
    expect(inFiles((file) => file.includes('outbox'))).toContainEqual(expect.stringMatching(/^email in .*\.eml$/));
    const [letter] = await letters();
    const printed = await staff.officer.ask('GET', `applications/${helped}/letters/${letter.id}`);
    for (const what of ['helped', 'helpedAddress'] as const) expect(printed.text).toContain(PLANTED[what]);
    // and in what the case system is given
    const folder = join(deployment.data, 'exported');
    const said: string[] = [];
    expect(await exportDocuments(['--call', call, '--out', folder, '--data', deployment.data], (line) => said.push(line))).toBe(0);
    const { documents } = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8'));
    expect(JSON.parse(said[0]!)).toEqual({ call, documents: documents.length, erased: 0 });
    expect(documents.map((d: any) => d.kind)).toEqual(['decision', 'public', 'public', 'public']);
    for (const { file, digest } of documents)
      expect(
        createHash('sha256')
          .update(readFileSync(join(folder, file)))
          .digest('hex'),
      ).toBe(digest);
    expect(readFileSync(join(folder, documents[0].file), 'utf8')).toBe(text);
    rmSync(folder, { recursive: true });
    // and the search would find it
    expect(found('a line', Buffer.from(data))).toEqual(expect.arrayContaining(['name in a line', 'idea in a line']));
    expect(found('a line', Buffer.from(`x ${encodeURIComponent(PLANTED.helped)} ${PLANTED.iban}`))).toEqual([
      'iban in a line',
      'helped in a line',
    ]);
  });

  it('stands in no file: not in the read models, not in events, vault or bank', () => {
    expect(filesBelow(deployment.data).length).toBeGreaterThan(5);
    const rows = filesBelow(deployment.data).filter((file) => file.includes('read-models.sqlite'));
    expect(rows.reduce((sum, file) => sum + statSync(file).size, 0)).toBeGreaterThan(50_000);
    // the demo bank knows accounts that it was told of, as a bank does
    expect(inFiles((file) => !elsewhere(file))).toEqual([]);
  });

  it('stands in no line of the log, though it logs all it can', () => {
    const output = deployment.output();
    expect(output.split('\n').length).toBeGreaterThan(50);
    expect(found('the log', Buffer.from(output))).toEqual([]);
  });

  it('stands on no public page, in no metric and in no description', async () => {
    const addresses = await publicAnswers();
    expect(addresses.length).toBeGreaterThan(20);
    for (const address of addresses) {
      const { status, text } = await ask(deployment.open, 'GET', address);
      // a pilot that was not granted has no page, a call without a vote no tally
      const none = address.includes(helped) || /\/(vote|tally)(\/|$)/.test(address);
      expect([address, status]).toEqual([address, none ? 404 : 200]);
      expect(found(address, Buffer.from(text))).toEqual([]);
    }
  });

  it('stands in no auditor’s answer, in no batch and on no worklist', async () => {
    const { auditor, clerk, officer } = staff;
    for (const path of [
      `audit/pilots/${paid}`,
      `audit/pilots/${paid}/money`,
      `audit/calls/${call}/recompute`,
      `audit/ledgers/${call}`,
      'audit/postings',
    ])
      expect(found(path, Buffer.from((await auditor.ask('GET', path)).text))).toEqual([]);
    expect(found('worklist', Buffer.from((await officer.ask('GET', 'worklist')).text))).toEqual([]);
    expect(found('batches', Buffer.from((await clerk.ask('GET', 'batches')).text))).toEqual([]);
  });

  it('comes without the ids of the register, in what people get of themselves and in what auditors replay', async () => {
    const vault = new DatabaseSync(join(deployment.data, 'vault.sqlite'), { readOnly: true });
    const register = vault.prepare('select subject from identity union select actor from actor_key').all() as { subject: string }[];
    vault.close();
    const ids = register.map(({ subject }) => subject).filter((subject) => /^[0-9a-f-]{36}$/.test(subject));
    expect(ids.length).toBeGreaterThan(5);
    const { auditor, agent, decider } = staff;
    const [{ batch } = { batch: '' }] = (await auditor.get(`audit/pilots/${paid}/money`)).approvals;
    const answers: [string, string][] = [];
    for (const who of [kerttu, agent, decider]) answers.push(['my/data', (await who.ask('GET', 'my/data')).text]);
    const streams = [`pilot-${paid}`, `pilot-${helped}`, `messages-${paid}`, `call-${call}`, `scoring-${call}`, `batch-${batch}`];
    const paths = streams.map((stream) => `audit/streams/demo.${stream}`);
    for (const path of [
      ...paths,
      `audit/pilots/${paid}/money`,
      `audit/calls/${call}/recompute`,
      `audit/ledgers/${call}`,
      'audit/postings',
    ]) {
      const answer = await auditor.ask('GET', path);
      expect([path, answer.status]).toEqual([path, 200]);
      answers.push([path, answer.text]);
    }
    expect(answers.flatMap(([where, text]) => ids.filter((id) => text.includes(id)).map(() => where))).toEqual([]);
    const [filed] = (await auditor.get(`audit/streams/demo.messages-${paid}`)).steps;
    expect(filed.data.to).toMatch(/^person /);
  });

  it('of an organisation is not shown to somebody else who knows its Y-tunnus', async () => {
    const [first, second] = [await town.api.as('seuran-eka', [], 'Eka Esimerkki'), await town.api.as('seuran-toka', [], 'Toka Esimerkki')];
    const filled = (who: Person) => form('Esimerkkiseura ry', { kind: 'association', businessId: businessId(90), email: who.email });
    const { id } = await town.apply(one, first, filled(first));
    const other = await second.post(`calls/${one}/drafts`, { form: filled(second) });
    const submit = () => second.ask('POST', `calls/${one}/drafts/${other.id}/submit`);
    expectProblem(await submit(), 409, 'organisation-applied-by-another');
    await first.post(`applications/${id}/withdrawal`);
    expectProblem(await submit(), 409, 'organisation-applied-by-another');
    for (const path of [`applications/${id}`, `applications/${id}/messages`])
      expectProblem(await second.ask('GET', path), 404, 'not-found');
    expect((await second.get('my/data')).applications).toEqual([]);
    expect(await first.get(`applications/${id}`)).toMatchObject({ id });
    expect((await first.get('my/data')).applications).toMatchObject([{ id, state: { withdrawn: true } }]);
    // what the association has agreed on in the meantime an officer enters, but no agent, who may not read what was there
    const paper = { channel: 'paper', writtenAt: '2027-02-08T08:00:00.000Z', authorised: true };
    const byAgent = await staff.agent.post(`calls/${one}/drafts`, { form: filled(second), helped: paper });
    const refused = await staff.agent.ask('POST', `calls/${one}/drafts/${byAgent.id}/submit`);
    expectProblem(refused, 409, 'organisation-applied-by-another');
    expect(await town.apply(one, staff.officer, filled(second), paper)).toMatchObject({ id });
  });

  it('of an organisation without Y-tunnus is not shown to somebody else who knows its name and number', async () => {
    const [first, second] = [await town.api.as('kerhon-eka', [], 'Eka Kerho'), await town.api.as('kerhon-toka', [], 'Toka Kerho')];
    const filled = form('Esimerkkikerho', { kind: 'association', phone: '040 765 4321' });
    const { id } = await town.apply(one, first, filled);
    await first.post(`applications/${id}/withdrawal`);
    const other = await town.apply(one, second, filled);
    expect(other.id).not.toBe(id);
    expect((await second.get('my/data')).applications).toMatchObject([{ id: other.id }]);
    expectProblem(await second.ask('GET', `applications/${id}`), 404, 'not-found');
    expect((await town.apply(one, first, filled)).id).toBe(id);
  });

  describe('and is then to be forgotten', () => {
    it('goes, but for name and account of a paid grant, which the law holds back; the answer says until when', async () => {
      const answer = await kerttu.post('my/erasure');
      expect(answer.held).toEqual([
        { purpose: 'contact', until: '2037-02-05' },
        { purpose: 'iban', until: '2037-02-05' },
        { purpose: 'once-per-person', until: '2037-02-05' },
      ]);
      expect(answer.erased).toMatchObject({ drafts: 2, identities: 0, actorKeys: 1 });
      const after = await staff.officer.get(`applications/${paid}`);
      expect(after).toMatchObject({ proposal: null, reportText: null, contact: { name: PLANTED.name } });
      expect(after.decision.reason).toBeNull();
      // the decision itself is kept as long as the law wants the grant's papers; mail of the demonstration is not
      expect((await staff.officer.ask('GET', `applications/${paid}/decision.html`)).text).toContain(PLANTED.name);
      expect(inFiles((file) => file.includes('outbox'))).toEqual([]);
    });

    it('leaves the grant counted: who signs in again has applied before', async () => {
      const again = () => form('Kerttu Uudelleen', { email: 'uudelleen@demo.example' });
      await town.apply(call, kerttu, again());
      const { id } = await kerttu.post(`calls/${call}/drafts`, { form: again() });
      expectProblem(await kerttu.ask('POST', `calls/${call}/drafts/${id}/submit`), 409, 'already-applied');
    });

    it('goes for good where nothing was paid: nobody can read it any more, and the history still stands', async () => {
      const shy = await town.api.as('kerttu-toinen', [], PLANTED.name);
      const before = await town.apply(
        call,
        shy,
        form(PLANTED.name, { email: 'kerttu-toinen@demo.example', phone: PLANTED.phone, idea: PLANTED.idea }),
      );
      await town.api.settle();
      const history = await staff.auditor.get(`audit/pilots/${before.id}`);
      expect(await shy.post('my/erasure')).toMatchObject({
        held: [{ purpose: 'once-per-person', until: null }],
        erased: { identities: 0 },
      });
      await town.api.settle();

      const after = await staff.officer.get(`applications/${before.id}`);
      expect(after).toMatchObject({ contact: null, proposal: null });
      // while it is in the running, whoever signs in with the same address is the same, and finds nothing to read
      expect(await shy.get('my/data')).toMatchObject({ applications: [{ id: before.id, contact: null, proposal: null }], drafts: [] });
      // the events are as they were; the keys are gone
      const replayed = await staff.auditor.get(`audit/pilots/${before.id}`);
      expect(replayed.state).toEqual(history.state);
      expect(replayed.steps).toEqual(history.steps);
      expect(replayed.steps[0].sealed.map((s: { purpose: string }) => s.purpose).sort()).toEqual(['contact', 'proposal']);
      expect(inFiles((file) => !file.includes('demo-bank'))).toEqual([]);
      expect(found('the log', Buffer.from(deployment.output()))).toEqual([]);

      // once nothing is asked of them any more, they are somebody new
      await shy.post(`applications/${before.id}/withdrawal`);
      expect(await shy.post('my/erasure')).toMatchObject({ held: [], erased: { identities: 1 } });
      expect(await shy.get('my/data')).toMatchObject({ applications: [], drafts: [] });
      expect((await shy.get('my/applications')).items).toEqual([]);
      expectProblem(await shy.ask('GET', `applications/${before.id}`), 404, 'not-found');
    });

    it('names staff as they name themselves, whatever a refused request called them, until they are forgotten', async () => {
      const [own, typed] = ['Oona Ominimi', 'Väärin Väännetty'];
      const email = 'oona-ominimi@demo.example';
      const members = [{ email, name: typed }];
      const task = { members, chair: email, closesAt: '2027-06-01T09:00:00.000Z' };
      const refused = await staff.officer.ask('POST', `calls/${call}/scoring`, { body: task });
      expectProblem(refused, 409, 'call-is-rolling');
      const oona = await town.api.as('oona-ominimi', ['officer'], own);
      await oona.post(`applications/${helped}/check`, { suggestion: 'eligible', codes: [] });
      const audited = async () => JSON.stringify(await staff.auditor.get(`audit/pilots/${helped}`));
      expect(await audited()).toContain(own);
      expect(await audited()).not.toContain(typed);
      expect(await oona.post('my/erasure')).toMatchObject({ held: [], erased: { identities: 1 } });
      expect(await audited()).not.toContain(own);
    });

    it('goes for somebody who was helped and never signed in, when the municipality is asked on paper', async () => {
      const { admin, officer } = staff;
      const erase = (body: object) => admin.ask('POST', 'people/erasure', { body });
      expectProblem(await erase({}), 400, 'invalid-body', { '#/email': 'required' });
      expectProblem(await erase({ email: PLANTED.email, application: helped }), 400, 'invalid-body', { '#/email': 'unknown-field' });
      expectProblem(await erase({ application: call }), 404, 'not-found');
      expect((await officer.get(`applications/${helped}`)).contact.name).toBe(PLANTED.helped);
      expect(ok(await erase({ application: helped }))).toMatchObject({
        held: [{ purpose: 'once-per-person', until: null }],
        erased: { identities: 0 },
      });
      expect(await officer.get(`applications/${helped}`)).toMatchObject({ contact: null, proposal: null });
      const [letter] = await letters();
      expectProblem(await officer.ask('GET', `applications/${helped}/letters/${letter.id}`), 410, 'document-erased');
      expect(filesBelow(deployment.data).filter((file) => file.endsWith(letter.digest))).toEqual([]);
    });

    it('goes by the address once for each key; whoever is not known by it has nothing to go', async () => {
      const { admin } = staff;
      const known = await Promise.all(['eka-lahtija', 'toka-lahtija'].map((person) => town.api.as(person)));
      for (const person of known) await person.get('my/data');
      const [first, second] = known.map(({ email }) => ({ email }));
      const key = 'one-key-for-two-erasures';
      const erase = (body: object, sent?: string) =>
        admin.ask('POST', 'people/erasure', { body, ...(sent === undefined ? {} : { key: sent }) });
      expect(ok(await erase(first!, key))).toMatchObject({ held: [], erased: { identities: 1 } });
      expectProblem(await erase(second!, key), 422, 'idempotency-key-reused');
      expectProblem(await erase({ application: helped }, key), 422, 'idempotency-key-reused');
      // nobody is known by it any more, and asking makes nobody known
      for (const sent of [key, undefined]) expectProblem(await erase(first!, sent), 404, 'not-found');
      expect(ok(await erase(second!))).toMatchObject({ erased: { identities: 1 } });
      const again = 'one-key-for-one-application';
      const revision = ok(await erase({ application: helped }, again)).revision;
      expect(ok(await erase({ application: helped }, again)).revision).toBe(revision);
    });

    it('stays gone when the process starts anew, and all that goes on with the rest goes on', async () => {
      await deployment.stop('all');
      expect(inFiles((file) => !file.includes('demo-bank'))).toEqual([]);
      await deployment.start('all');
      expect((await staff.officer.get(`applications/${paid}`)).proposal).toBeNull();
      expect((await staff.officer.get(`applications/${helped}`)).contact).toBeNull();
      const { state } = await staff.auditor.get(`audit/pilots/${paid}`);
      expect(state).toMatchObject({ paidCents: 50_000, report: { status: 'accepted' } });
      await town.api.advance('2027-02-12T09:00:00.000Z');
    });
  });
});
