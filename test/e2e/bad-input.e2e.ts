import { ask, expectProblem, iban, type Ask, type Person, type Reply } from '../support/api.js';
import { startAll, type Deployment } from '../support/running.js';
import { callForm, form, Municipality, rankedCall, rankedRules, START } from './municipality.js';

describe('bad input is refused in words, with what is to blame, and nothing is lost:', () => {
  let deployment: Deployment;
  let town: Municipality;
  let staff: Municipality['staff'];
  let call: string;
  let draftedCall: string;
  let who: Person;
  let draft: string;
  let application: string;

  beforeAll(async () => {
    deployment = await startAll({ clock: START });
    town = await Municipality.open(deployment);
    staff = town.staff;
    call = await town.announce(callForm({ districts: ['Jukola', 'Iittala'] }));
    ({ id: draftedCall } = await staff.officer.post('calls', rankedCall({ districts: ['Jukola'] })));
    await town.api.advance('2027-02-02T08:00:00.000Z');
    const first = await town.api.as('hakija', [], 'Heikki Hakija');
    ({ id: application } = await town.apply(call, first, form(first.name, { email: first.email })));
    who = first;
    ({ id: draft } = await who.post(`calls/${call}/drafts`, { form: form(who.name, { title: 'Toinen idea' }) }));
  }, 120_000);
  afterAll(() => deployment?.end());

  let before: unknown;
  const everything = async () => [
    await who.get(`calls/${call}/drafts/${draft}`),
    await who.get(`applications/${application}`),
    await staff.officer.get(`desk/calls/${call}`),
    await staff.officer.get(`desk/calls/${draftedCall}`),
    await staff.admin.get('policy'),
    (await staff.officer.all(`desk/calls/${call}/applications`)).length,
    (await staff.officer.all('desk/calls')).length,
  ];
  beforeEach(async () => void (before = await everything()));
  afterEach(async () => expect(await everything()).toEqual(before));

  /** The same refusal in Finnish, Swedish and English; returns the English one. */
  async function inThreeLanguages(
    send: (language: string) => Promise<Reply>,
    status: number,
    code: string,
    blamed?: Record<string, string>,
  ) {
    const details = new Set<string>();
    let body: any;
    for (const language of ['fi', 'sv', 'en']) {
      const reply = await send(language);
      body = expectProblem(reply, status, code, blamed);
      expect(reply.headers.get('content-language')).toBe(language);
      details.add(body.detail);
    }
    expect(details.size).toBe(3);
    return body;
  }
  const refused = (person: Person, method: string, path: string, how: Ask, status: number, code: string, blamed?: Record<string, string>) =>
    inThreeLanguages((language) => person.ask(method, path, { ...how, language }), status, code, blamed);
  const badBody = (person: Person, path: string, body: unknown, blamed: Record<string, string>, method = 'POST', ifMatch?: number) =>
    refused(person, method, path, { body, ...(ifMatch === undefined ? {} : { ifMatch }) }, 400, 'invalid-body', blamed);
  const drafts = () => `calls/${call}/drafts`;

  it('fields that nobody knows, also those that reach for prototypes', async () => {
    await badBody(
      who,
      drafts(),
      { form: form('A', { colour: 'red' }), extra: 1 },
      { '#/form/colour': 'unknown-field', '#/extra': 'unknown-field' },
    );
    const raw = '{"form":{"__proto__":{"admin":true},"constructor":1}}';
    await refused(who, 'POST', drafts(), { raw }, 400, 'invalid-body', {
      '#/form/__proto__': 'forbidden-name',
      '#/form/constructor': 'forbidden-name',
    });
    await refused(who, 'GET', `my/applications?colour=red`, {}, 400, 'invalid-query', { colour: 'unknown-parameter' });
  });

  it('values of the wrong kind', async () => {
    const wrong = { form: { title: 7, lines: 'none', confirmed: 'yes', involves: ['dragons'], economic: [] } };
    const blamed = {
      '#/form/title': 'text',
      '#/form/lines': 'list',
      '#/form/confirmed': 'yes-or-no',
      '#/form/involves': 'not-a-choice',
      '#/form/economic': 'object',
    };
    await badBody(who, drafts(), wrong, blamed);
    await badBody(who, drafts(), { form: null }, { '#/form': 'object' });
    await badBody(who, drafts(), {}, { '#/form': 'required' });
    await refused(who, 'POST', drafts(), { raw: '[]' }, 400, 'invalid-body', { '#': 'object' });
  });

  it('texts that are too long, and characters that nobody can read', async () => {
    const long = { title: 'x'.repeat(81), idea: 'y'.repeat(1001), name: 'Aa\u202eBb', place: ' koulu' };
    await badBody(
      who,
      drafts(),
      { form: form('A', long) },
      { '#/form/title': 'too-long', '#/form/idea': 'too-long', '#/form/name': 'one-line', '#/form/place': 'not-trimmed' },
    );
    await badBody(who, drafts(), { form: { title: 'a\u0000b' } }, { '#/form/title': 'characters' });
    await refused(who, 'POST', drafts(), { raw: '{"form":{"title":"\\ud800"}}' }, 400, 'invalid-body', { '#/form/title': 'characters' });
  });

  it('days and times that do not exist', async () => {
    const { officer, decider, admin, clerk } = staff;
    const impossible = callForm({
      opensAt: '2027-02-30T07:00:00.000Z',
      closesAt: '2027-04-30 13:00',
      authority: { section: '§ 1', on: '2027-02-29' },
    });
    await badBody(officer, 'calls', impossible, { '#/opensAt': 'instant', '#/closesAt': 'instant', '#/authority/on': 'date' });
    const decisions = [{ application, result: 'granted', cents: 1, reasonCode: 'syy', reason: 'Syy.' }];
    const decided = { section: '§ 1', caseNumber: 'K/1', decidedOn: '2027-04-31', decisions };
    await badBody(decider, `calls/${call}/decisions`, decided, { '#/decidedOn': 'date' });
    await badBody(officer, `applications/${application}/report-extension`, { due: 'huomenna', reason: 'Syy.' }, { '#/due': 'date' });
    await badBody(
      clerk,
      `applications/${application}/returned-money`,
      { cents: 1, reference: 'RF18', on: '2027-13-01' },
      { '#/on': 'date' },
    );
    const policy = await admin.get('policy');
    await badBody(admin, 'policy', { ...policy, holidays: ['2027-02-30'] }, { '#/holidays': 'date' }, 'PUT', 0);
    const helped = { channel: 'phone', writtenAt: '2027-02-03T08:00:00.000Z', authorised: false };
    await badBody(staff.agent, drafts(), { form: {}, helped }, { '#/helped/authorised': 'must-be-confirmed' });
    await badBody(staff.agent, drafts(), { form: {}, helped: { ...helped, authorised: true } }, { '#/helped/writtenAt': 'in-the-future' });
  });

  it.each([
    [500.5, 'whole-number'],
    ['500', 'whole-number'],
    [-1, 'too-little-money'],
    [1e300, 'too-much-money'],
    [null, 'whole-number'],
  ])('money that is not whole cents: %p', async (cents, code) => {
    await badBody(who, drafts(), { form: { lines: [{ what: 'Kahvi', cents }] } }, { '#/form/lines/0/cents': code });
    await badBody(staff.officer, 'calls', callForm({ grant: { minCents: cents, maxCents: 50_000 } }), { '#/grant/minCents': code });
  });

  it('codes that the municipality’s own records could not hold', async () => {
    const { officer, decider } = staff;
    await badBody(officer, 'calls', callForm({ districts: ['Jukola & Iittala'] }), { '#/districts': 'malformed' });
    await badBody(officer, 'calls', callForm({ themes: [{ theme: '<b>Ruoka</b>', owner: '-' }] }), {
      '#/themes/0/theme': 'malformed',
      '#/themes/0/owner': 'malformed',
    });
    await badBody(officer, `applications/${application}/check`, { suggestion: 'ineligible', codes: ['a;b'] }, { '#/codes': 'malformed' });
    const decisions = [
      { application, result: 'granted', cents: 1, reasonCode: 'a=b', reason: 'Syy.', departure: '!', departureReason: 'Syy.' },
    ];
    const blamed = { '#/decisions/0/reasonCode': 'malformed', '#/decisions/0/departure': 'malformed' };
    await badBody(decider, `calls/${call}/decisions`, { section: '§ 1', caseNumber: 'K/1', decidedOn: '2027-02-01', decisions }, blamed);
    const adoption = { owner: '"x"', title: 'Kahvila', districts: ['{}'] };
    await badBody(officer, `applications/${application}/adoption`, adoption, { '#/owner': 'malformed', '#/districts': 'malformed' });
  });

  it('rules that no call can have, and calls that are not ready', async () => {
    const { officer } = staff;
    const weights = { ...rankedRules, criteria: rankedRules.criteria.map((c) => ({ ...c, weight: 30 })) };
    const put = (change: object) => ({ body: rankedCall({ districts: ['Jukola'], ...change }), ifMatch: 0 });
    const wrong = await refused(officer, 'PUT', `calls/${draftedCall}`, put({ rules: weights }), 400, 'rules-weights-total', {
      '#/rules/criteria': 'rules-weights-total',
    });
    expect(wrong.detail).toContain('90');
    await refused(officer, 'PUT', `calls/${draftedCall}`, put({ districts: ['Muualla'] }), 409, 'unknown-district', {
      '#/districts': 'unknown-district',
    });
    await refused(officer, 'PUT', `calls/${draftedCall}`, put({ closesAt: '2027-08-01T09:00:00.000Z' }), 400, 'opens-after-close', {
      '#/closesAt': 'opens-after-close',
    });

    const { authority: _, ...without } = callForm({ districts: ['Jukola'] });
    const { id } = await officer.post('calls', without);
    const missing = await refused(officer, 'POST', `calls/${id}/announcement`, {}, 409, 'announcement-incomplete', {
      '#/authority': 'announcement-incomplete',
    });
    expect(missing.params).toEqual({ missing: 'authority' });
    expect((await officer.get(`desk/calls/${id}`)).missing).toEqual([{ what: 'authority', pointer: '/authority' }]);

    const soon = await officer.post('calls', callForm({ districts: ['Jukola'], opensAt: '2027-02-05T07:00:00.000Z' }));
    const short = await refused(officer, 'POST', `calls/${soon.id}/announcement`, {}, 409, 'lead-time-too-short', {
      '#/opensAt': 'lead-time-too-short',
    });
    expect(short.params).toEqual({ days: 3, needed: 7 });
    expect(short.detail).toMatch(/\b7\b.*\b3\b|\b3\b.*\b7\b/);
    before = await everything();
  });

  it('an application that is not complete, and a second one', async () => {
    const path = `calls/${call}/drafts/${draft}/submit`;
    await refused(who, 'POST', path, {}, 409, 'already-applied');
    const other = await town.api.as('toinen-hakija');
    const empty = await other.post(drafts(), { form: { kind: 'group', name: '', confirmed: false } });
    const reply = await other.ask('POST', `calls/${call}/drafts/${empty.id}/submit`);
    const lacks = ['name', 'title', 'idea', 'district', 'place', 'time', 'lines', 'involves', 'language'];
    expectProblem(reply, 400, 'invalid-body', Object.fromEntries(lacks.map((field) => [`#/${field}`, 'required'])));
    const { email: _, ...unreachable } = form('Ryhmä', { kind: 'group', confirmed: false });
    const { id, revision } = empty;
    await other.put(`calls/${call}/drafts/${id}`, { form: unreachable }, { ifMatch: revision });
    const blamed = { '#/phone': 'reach-missing', '#/confirmed': 'must-be-confirmed' };
    await refused(other, 'POST', `calls/${call}/drafts/${id}/submit`, {}, 400, 'invalid-body', blamed);
    const kept = await other.get(`calls/${call}/drafts/${id}`);
    expect(kept).toMatchObject({ revision: revision + 1, form: { name: 'Ryhmä' } });
    const lines = Array.from({ length: 3 }, () => ({ what: 'Kaikki', cents: 100_000_000_000 }));
    const unfit = form('Seura', { kind: 'association', businessId: '1572860-1', lines });
    await other.put(`calls/${call}/drafts/${id}`, { form: unfit }, { ifMatch: revision + 1 });
    await refused(other, 'POST', `calls/${call}/drafts/${id}/submit`, {}, 400, 'invalid-body', {
      '#/businessId': 'business-id',
      '#/lines': 'too-much-money',
    });
    expect((await other.get(`calls/${call}/drafts/${id}`)).form.businessId).toBe('1572860-1');
  });

  it('an edit of what has changed in the meantime, or that does not say what it edits', async () => {
    const { officer, admin } = staff;
    const edits: [Person, string, unknown][] = [
      [who, `calls/${call}/drafts/${draft}`, { form: { title: 'Uusi' } }],
      [who, `applications/${application}`, form(who.name)],
      [officer, `calls/${draftedCall}`, rankedCall({ districts: ['Jukola'] })],
      [admin, 'policy', { ...(await admin.get('policy')), appealDays: 30 }],
    ];
    for (const [person, path, body] of edits) {
      await refused(person, 'PUT', path, { body, ifMatch: 7 }, 412, 'stale');
      await refused(person, 'PUT', path, { body }, 428, 'precondition-required');
      for (const ifMatch of ['*', 'W/"0"', '0', '"-1"', '"0", "1"'])
        expectProblem(await person.ask('PUT', path, { body, ifMatch }), 400, 'malformed-etag');
    }
  });

  it('a command without a key, and a key that comes again with another body', async () => {
    const { officer, agent } = staff;
    await refused(who, 'POST', drafts(), { body: { form: {} }, key: null }, 400, 'idempotency-key-missing');
    await refused(officer, 'POST', `calls/${draftedCall}/announcement`, { key: null }, 400, 'idempotency-key-missing');
    for (const key of ['two words', 'x'.repeat(256)])
      expectProblem(await who.ask('POST', drafts(), { body: { form: {} }, key }), 400, 'idempotency-key-malformed');
    const key = 'avain-1';
    const first = await officer.post('calls', callForm({ districts: ['Jukola'] }), { key });
    expect(await officer.post('calls', callForm({ districts: ['Jukola'] }), { key })).toEqual(first);
    await refused(officer, 'POST', 'calls', { key, body: callForm({ districts: ['Iittala'] }) }, 422, 'idempotency-key-reused');
    expect((await officer.get(`desk/calls/${first.id}`)).content.districts).toEqual(['Jukola']);
    const check = (codes: string[]) => ({ body: { suggestion: 'eligible', codes }, key: 'avain-2' });
    const other = await town.api.as('kolmas-hakija');
    const { id } = await town.apply(call, other, form('Kolmas'));
    await officer.ask('POST', `applications/${id}/check`, check([]));
    await refused(officer, 'POST', `applications/${id}/check`, check(['toisin']), 422, 'idempotency-key-reused');
    const begun = await agent.post(drafts(), { form: { title: 'Yksi' } }, { key });
    await refused(agent, 'POST', drafts(), { body: { form: { title: 'Kaksi' } }, key }, 422, 'idempotency-key-reused');
    expect((await agent.get(`${drafts()}/${begun.id}`)).form).toEqual({ title: 'Yksi' });
    await town.api.settle();
    before = await everything();
  });

  it('cursors, positions and limits that nobody gave out', async () => {
    const cursor = Buffer.from('["a"]').toString('base64url');
    for (const bad of ['x', cursor, 'a'.repeat(600), '%00']) {
      expect((await ask(deployment.open, 'GET', `/api/demo/calls?cursor=${bad}`)).status).toBe(400);
      await refused(staff.officer, 'GET', `desk/calls?cursor=${bad === '%00' ? 'ä' : bad}`, {}, 400, 'malformed-cursor');
    }
    for (const bad of ['x', 'A'.repeat(43), 'A'.repeat(43).replace('A', 'B')]) {
      await inThreeLanguages(
        (language) => ask(deployment.open, 'GET', `/api/demo/calls?after=${bad}`, { language }),
        400,
        'malformed-position',
      );
      await refused(who, 'GET', `my/applications?after=${bad}`, {}, 400, 'malformed-position');
    }
    for (const [bad, code] of [
      ['0', 'too-small'],
      ['201', 'too-large'],
      ['ten', 'whole-number'],
      ['-1', 'whole-number'],
    ] as const)
      await refused(who, 'GET', `my/applications?limit=${bad}`, {}, 400, 'invalid-query', { limit: code });
  });

  it('bodies that are too big, broken, or of another kind', async () => {
    const big = JSON.stringify({ form: { idea: 'x'.repeat(2 * 1024 * 1024) } });
    await refused(who, 'POST', drafts(), { raw: big }, 413, 'body-too-large');
    for (const raw of ['{"form":', '{form:{}}', '\u0000', '{"form":{}} more'])
      await refused(who, 'POST', drafts(), { raw }, 400, 'not-json');
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml'])
      await refused(who, 'POST', drafts(), { raw: '{"form":{}}', headers: { 'content-type': type } }, 415, 'unsupported-media-type');
    await refused(who, 'POST', `calls/${call}/drafts/${draft}/submit`, { body: { form: {} } }, 400, 'body-not-expected');
    const deep = `{"form":${'['.repeat(100)}${']'.repeat(100)}}`;
    expectProblem(await who.ask('POST', drafts(), { raw: deep }), 400, 'invalid-body');
  });

  it('accounts that no bank has', async () => {
    for (const bad of ['FI2112345600000786', 'FI21 1234 5600 0007 85', 'fi2112345600000785', '', iban(1).slice(0, -1)])
      await badBody(who, `applications/${application}/acceptance`, { iban: bad }, { '#/iban': 'iban' });
    await refused(who, 'POST', `applications/${application}/acceptance`, { body: { iban: iban(1) } }, 409, 'no-award');
  });

  it('addresses that lead nowhere, and methods that do nothing there', async () => {
    await refused(who, 'GET', 'nothing', {}, 404, 'not-found');
    await refused(who, 'GET', 'applications/not-an-id', {}, 404, 'not-found');
    await refused(who, 'GET', `applications/${call}`, {}, 404, 'not-found');
    await refused(who, 'DELETE', `applications/${application}`, {}, 405, 'method-not-allowed');
  });

  it('while long letters and pictures in text are what they are: characters', async () => {
    const other = await town.api.as('kuvakirjoittaja');
    const pictured = form('Åse Øien-Ñandú', { title: '👩‍👩‍👧‍👦'.repeat(11), idea: `${'😀'.repeat(999)}\n`.trim(), place: 'Ääkköstie 1–3' });
    const { id } = await town.apply(call, other, pictured);
    const kept = await other.get(`applications/${id}`);
    expect(kept.proposal).toMatchObject({ title: pictured['title'], idea: pictured['idea'] });
    await town.api.settle();
    before = await everything();
  });
});
