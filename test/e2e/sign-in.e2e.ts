import { DemoIdentity } from '@minipilot/identity/demo-identity.js';
import { CLIENT, ForeignProvider } from '@minipilot/identity/test-support.js';
import { Api, ask, expectProblem, ok } from '../support/api.js';
import { Browser, freePort } from '../support/browser.js';
import { Deployment, refusedStart, startAll } from '../support/running.js';
import { form } from './municipality.js';

describe('signing in at a demonstration', () => {
  let deployment: Deployment;
  let call: string;
  beforeAll(async () => {
    deployment = await startAll();
    const { items } = ok(await ask(deployment.open, 'GET', '/api/demo/calls'));
    call = items[0].call;
  });
  afterAll(() => deployment.end());

  it('is told when it starts', () => {
    expect(deployment.output()).toContain(`sign in   ${deployment.desk}/auth/demo/login`);
  });

  it('offers everybody by role on a page that needs no script, in three languages', async () => {
    const browser = new Browser(deployment.desk);
    const choose = await browser.follow(`${deployment.desk}/auth/demo/login`, `${deployment.desk}/demo/oidc/choose/`);
    for (const [lang, title] of Object.entries({ fi: 'Kuka kirjautuu?', sv: 'Vem loggar in?', en: 'Who signs in?' })) {
      const page = await browser.go(`${choose}?lang=${lang}`);
      expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
      expect(page.text).toContain(`<html lang="${lang}">`);
      expect(page.text).toContain(`<h1>${title}</h1>`);
      expect(page.text.match(/<button name="person" value="[a-z]+">/g)!.length).toBeGreaterThan(13);
      expect(page.text).not.toMatch(/<script| on\w+=| style=/);
      expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'; style-src 'sha256-[\w+/=]+'; form-action 'self'/);
    }
    // somebody whom it does not know, and a browser that began nothing
    const nobody = { method: 'POST', body: 'person=nobody', headers: { 'content-type': 'application/x-www-form-urlencoded' } };
    expect((await browser.go(choose, nobody)).status).toBe(400);
    expect((await new Browser(deployment.desk).go(choose)).status).toBe(400);
    expect((await browser.go(choose, { ...nobody, body: 'x'.repeat(10_000) })).status).toBe(400);
  });

  it('lets an applicant apply and an officer check the application, each at a browser', async () => {
    const aino = new Browser(deployment.desk);
    expect(await aino.session()).toEqual({ signedIn: false });
    expectProblem(await aino.ask('GET', '/api/demo/my/applications'), 401, 'unauthorised');
    expect(await aino.signInAs('aino', '?return=/api/demo/calls%3Flimit=1')).toBe(`${deployment.desk}/api/demo/calls?limit=1`);
    expect(await aino.session()).toMatchObject({ signedIn: true, tenant: 'demo', name: 'Aino Esimerkki', roles: ['applicant'] });
    const draft = ok(await aino.ask('POST', `/api/demo/calls/${call}/drafts`, { form: form('Aino Esimerkki') }));
    const { id } = ok(await aino.ask('POST', `/api/demo/calls/${call}/drafts/${draft.id}/submit`));
    expectProblem(await aino.ask('POST', `/api/demo/applications/${id}/check`, { suggestion: 'eligible', codes: [] }), 403, 'forbidden');

    const outi = new Browser(deployment.desk);
    await outi.signInAs('outi');
    expect(await outi.session()).toMatchObject({ name: 'Outi Esimerkki', roles: ['applicant', 'officer'] });
    ok(await outi.ask('POST', `/api/demo/applications/${id}/check`, { suggestion: 'eligible', codes: [] }));
    // the person behind token and browser is one
    const api = await Api.of(deployment);
    expect((await (await api.as('aino')).all('my/applications')).map((one) => one.id)).toEqual([id]);
  });

  it('is not needed to apply: an agent writes down what somebody without e-mail tells', async () => {
    const anders = new Browser(deployment.desk);
    await anders.signInAs('anders');
    const { email: _, ...told } = form('Kaino Kuvitteellinen', { phone: '040 765 4321', address: 'Jukolantie 9' });
    const helped = { channel: 'agent', writtenAt: new Date(Date.now() - 3_600_000).toISOString(), authorised: true };
    const draft = ok(await anders.ask('POST', `/api/demo/calls/${call}/drafts`, { form: told, helped }));
    const sent = ok(await anders.ask('POST', `/api/demo/calls/${call}/drafts/${draft.id}/submit`));
    expect(sent).toMatchObject({ late: false });
    const risto = new Browser(deployment.desk);
    await risto.signInAs('risto');
    expect(ok(await risto.ask('GET', `/api/demo/audit/pilots/${sent.id}`)).state.application).toMatchObject({
      filedBy: 'Anders Esimerkki',
      reach: 'letter',
    });
  });

  it('changes nothing for another site, nor without the token of the page', async () => {
    const browser = new Browser(deployment.desk);
    await browser.signInAs('eino');
    const drafts = `/api/demo/calls/${call}/drafts`;
    const body = { form: form('Eino Esimerkki') };
    const forged: Record<string, string>[] = [
      { 'x-csrf-token': 'x' },
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
    ];
    for (const headers of forged) expectProblem(await browser.ask('POST', drafts, body, headers), 403, 'request-from-elsewhere');
    expect(ok(await browser.ask('GET', drafts)).items ?? []).toEqual([]);
    expectProblem(await browser.ask('POST', '/auth/logout', undefined, { origin: 'https://evil.example' }), 403, 'request-from-elsewhere');
    expect(await browser.session()).toMatchObject({ signedIn: true });
  });

  it('begins a session of a new name each time and ends the one before', async () => {
    const browser = new Browser(deployment.desk);
    browser.cookies.set('minipilot-session', 'planted-by-somebody-else');
    await browser.signInAs('eino');
    const first = browser.cookies.get('minipilot-session')!;
    expect(first).toMatch(/^[\w-]{43}$/);
    await browser.signInAs('maija');
    expect(browser.cookies.get('minipilot-session')).not.toBe(first);
    const thief = new Browser(deployment.desk);
    thief.cookies.set('minipilot-session', first);
    expect(await thief.session()).toEqual({ signedIn: false });
  });

  it('ends at once, here and at the provider', async () => {
    const browser = new Browser(deployment.desk);
    await browser.signInAs('eino');
    const stolen = browser.cookies.get('minipilot-session')!;
    const { signedIn, continueAt } = ok(await browser.ask('POST', '/auth/logout'));
    expect(signedIn).toBe(false);
    expect(browser.cookies.has('minipilot-session')).toBe(false);
    const thief = new Browser(deployment.desk);
    thief.cookies.set('minipilot-session', stolen);
    expect(await thief.session()).toEqual({ signedIn: false });
    expectProblem(await browser.ask('POST', '/auth/logout'), 401, 'unauthorised');
    const page = await browser.go(continueAt);
    expect(page.status).toBe(200);
    expect(page.text).toContain('op.logoutForm');
  });

  it('leads nowhere else than to a page of the service', async () => {
    const browser = new Browser(deployment.desk);
    const elsewhere = [
      '//evil.example',
      'https://evil.example',
      '/\\evil.example',
      '\\/evil.example',
      '/\t/evil.example',
      'javascript:alert(1)',
      'x',
      '/a b',
      '/.//evil.example/phish',
      '/%2e//evil.example/x',
      '/x/..//evil.example',
    ];
    for (const to of elsewhere) {
      const reply = await browser.ask('GET', `/auth/demo/login?return=${encodeURIComponent(to)}`);
      expect([to, reply.status]).toEqual([to, 400]);
    }
    expectProblem(await browser.ask('GET', '/auth/demo/login?return=//evil.example'), 400, 'return-elsewhere', {
      return: 'return-elsewhere',
    });
    expect(await browser.signInAs('eino', `?return=${encodeURIComponent('/api/demo/calls?limit=1#x')}`)).toBe(
      `${deployment.desk}/api/demo/calls?limit=1#x`,
    );
    expectProblem(await browser.ask('GET', '/auth/other/login'), 404, 'not-found');
  });

  it('is done only by the browser that began it, and once', async () => {
    const browser = new Browser(deployment.desk);
    const choose = await browser.follow(`${deployment.desk}/auth/demo/login`, `${deployment.desk}/demo/oidc/choose/`);
    const form = { method: 'POST', body: 'person=outi', headers: { 'content-type': 'application/x-www-form-urlencoded' } };
    const callback = await browser.follow((await browser.go(choose, form)).location!, `${deployment.desk}/auth/callback`);
    const path = callback.slice(deployment.desk.length);
    // whoever is sent the address of somebody else's sign-in does not become them
    expectProblem(await new Browser(deployment.desk).ask('GET', path), 400, 'sign-in-interrupted');
    const other = new Browser(deployment.desk);
    await other.go(`${deployment.desk}/auth/demo/login`);
    expectProblem(await other.ask('GET', path), 400, 'sign-in-interrupted');
    expect(await other.session()).toEqual({ signedIn: false });
    expect((await browser.go(callback)).status).toBe(302);
    expectProblem(await browser.ask('GET', path), 400, 'sign-in-interrupted');
    expect(await browser.session()).toMatchObject({ name: 'Outi Esimerkki' });
  });

  it('tells a browser on a page when it was interrupted, and how to begin again', async () => {
    const browser = new Browser(deployment.desk);
    const html = { accept: 'text/html,application/xhtml+xml', 'accept-language': 'fi' };
    const page = await browser.go(`${deployment.desk}/auth/callback?code=x&state=<script>`, { headers: html });
    expect([page.status, page.headers.get('content-type')]).toEqual([400, 'text/html; charset=utf-8']);
    expect(page.text).toContain('<h1>Kirjautuminen keskeytyi</h1>');
    expect(page.text).toContain(`<a href="${deployment.desk}/auth/`);
    expect(page.text).not.toMatch(/<script|state=/);
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; .*style-src 'sha256-/);
  });

  it('must be fresh for decisions, accounts, approvals and roles', async () => {
    const earlier = await DemoIdentity.open(deployment.data, () => new Date(Date.now() - 16 * 60_000));
    const old = (roles: any[]) => earlier.issue({ person: 'doris', tenant: 'demo', roles });
    const nobody = '0b8c3e52-5f0a-5c1e-9d56-0d2f6c1f0a11';
    const guarded: [path: string, role: any, method?: string][] = [
      [`calls/${call}/decisions`, 'decision-maker'],
      [`batches/${nobody}/approval`, 'finance-approver'],
      [`services/${nobody}/decision`, 'decision-maker'],
      ['roles', 'admin'],
      ['roles/revocation', 'admin'],
      [`services/${nobody}/end`, 'owner'],
      [`calls/${call}/proposal/signature`, 'chair'],
      ['policy', 'admin', 'PUT'],
    ];
    for (const [path, role, method = 'POST'] of guarded) {
      const reply = await ask(deployment.desk, method, `/api/demo/${path}`, { token: await old([role]), body: {}, ifMatch: 0 });
      expect([path, expectProblem(reply, 401, 'fresh-sign-in-needed').params]).toEqual([path, { minutes: 15 }]);
      expect(reply.headers.get('www-authenticate')).toContain('error="insufficient_user_authentication", max_age="900"');
    }
    // everything else goes on
    ok(await ask(deployment.desk, 'GET', `/api/demo/desk/calls/${call}`, { token: await old(['decision-maker']) }));
    const doris = new Browser(deployment.desk);
    await doris.signInAs('doris', '?fresh=1');
    const { authenticatedAt, freshUntil } = await doris.session();
    expect(Date.parse(freshUntil) - Date.parse(authenticatedAt)).toBe(15 * 60_000);
    expectProblem(await doris.ask('POST', `/api/demo/calls/${call}/decisions`, {}), 400, 'invalid-body');
  });

  it('shows a role that was taken away no longer, at once; nobody changes their own', async () => {
    const [aleksi, outi] = [new Browser(deployment.desk), new Browser(deployment.desk)];
    await aleksi.signInAs('aleksi');
    await outi.signInAs('otso');
    ok(await outi.ask('GET', '/api/demo/worklist'));
    const role = { email: 'Otso@demo.example', role: 'officer' };
    expectProblem(await outi.ask('POST', '/api/demo/roles', { email: 'otso@demo.example', role: 'admin' }), 403, 'forbidden');
    const { position } = ok(await aleksi.ask('POST', '/api/demo/roles/revocation', role));
    expectProblem(await outi.ask('GET', '/api/demo/worklist'), 403, 'forbidden');
    expect(await outi.session()).toMatchObject({ signedIn: true, roles: ['applicant'] });
    expectProblem(await aleksi.ask('POST', '/api/demo/roles/revocation', role), 409, 'role-not-held');
    for (const path of ['roles', 'roles/revocation'])
      expectProblem(await aleksi.ask('POST', `/api/demo/${path}`, { email: 'aleksi@demo.example', role: 'admin' }), 409, 'own-roles');
    const rows: any[] = ok(await aleksi.ask('GET', `/api/demo/roles?limit=200&after=${position}`)).items;
    expect(rows.find((row) => row.email === 'otso@demo.example')).toBeUndefined();
    expect(rows.find((row) => row.email === 'sanelma@demo.example').roles.map((held: any) => held.role)).toEqual([
      'officer',
      'member',
      'owner',
    ]);
    // subject ids stand in no answer
    expect(Object.keys(rows[0]).sort()).toEqual(['email', 'roles']);
    ok(await aleksi.ask('POST', '/api/demo/roles', role));
    ok(await outi.ask('GET', '/api/demo/worklist'));
    expectProblem(
      await aleksi.ask('POST', '/api/demo/roles', { ...role, until: '2020-01-01T00:00:00.000Z' }),
      409,
      'role-ends-in-the-past',
      {
        '#/until': 'role-ends-in-the-past',
      },
    );
    expectProblem(await aleksi.ask('POST', '/api/demo/roles', { ...role, role: 'applicant' }), 400, 'invalid-body', {
      '#/role': 'not-a-choice',
    });
  });

  it('gives roles by the address that is meant, and once for each key', async () => {
    const aleksi = new Browser(deployment.desk);
    await aleksi.signInAs('aleksi');
    const token = await (await DemoIdentity.open(deployment.data)).issue({ person: 'aleksi', tenant: 'demo', roles: ['admin'] });
    const give = (path: string, body: object, key?: string) =>
      ask(deployment.desk, 'POST', `/api/demo/${path}`, { token, body, ...(key === undefined ? {} : { key }) });
    // letters that look the same stand for nobody who signs in
    for (const email of ['\uff4berttu@demo.example', '\u212aerttu@demo.example', 'j\u00e4sen@demo.example'])
      expectProblem(await give('roles', { email, role: 'agent' }), 400, 'invalid-body', { '#/email': 'email-letters' });
    const key = 'the-same-key-for-two-people';
    const [first, second] = [
      { email: 'ensi@demo.example', role: 'agent' },
      { email: 'toinen@demo.example', role: 'agent' },
    ];
    const given = ok(await give('roles', first, key));
    expect(ok(await give('roles', first, key))).toEqual(given);
    expectProblem(await give('roles', second, key), 422, 'idempotency-key-reused');
    expectProblem(await give('roles', { ...first, role: 'officer' }, key), 422, 'idempotency-key-reused');
    const { position } = ok(await give('roles', second));
    ok(await give('roles/revocation', first, key));
    expectProblem(await give('roles/revocation', second, key), 422, 'idempotency-key-reused');
    const rows: any[] = ok(await aleksi.ask('GET', `/api/demo/roles?limit=200&after=${position}`)).items;
    expect(rows.some((row) => row.email === second.email)).toBe(true);
  });

  it('ends with the person who asks to be forgotten', async () => {
    const browser = new Browser(deployment.desk);
    await browser.signInAs('maija');
    const elsewhere = new Browser(deployment.desk);
    await elsewhere.signInAs('maija');
    expect(ok(await browser.ask('GET', '/api/demo/my/data')).sessions.length).toBeGreaterThanOrEqual(2);
    expect(ok(await browser.ask('POST', '/api/demo/my/erasure')).erased.sessions).toBeGreaterThanOrEqual(2);
    for (const one of [browser, elsewhere]) expect(await one.session()).toEqual({ signedIn: false });
    await browser.signInAs('maija');
    expect(await browser.session()).toMatchObject({ roles: ['applicant'] });
  });

  it('leaves no name, address, code or token in the log', () => {
    expect(deployment.output()).not.toMatch(/Esimerkki|outi@|code=|[?&]state=|eyJ/);
  });
});

describe('signing in in production', () => {
  const provider = {
    MINIPILOT_MODE: 'production',
    MINIPILOT_OIDC_ISSUER: 'https://login.example',
    MINIPILOT_OIDC_CLIENT_ID: 'web',
    MINIPILOT_PUBLIC_URL: 'https://pilotit.example',
  };
  const without = (name: keyof typeof provider) => Object.fromEntries(Object.entries(provider).filter(([key]) => key !== name));
  it.each([
    ['without a provider', without('MINIPILOT_OIDC_ISSUER'), 'set MINIPILOT_OIDC_ISSUER and MINIPILOT_OIDC_CLIENT_ID'],
    ['without its address', without('MINIPILOT_PUBLIC_URL'), 'Set MINIPILOT_PUBLIC_URL'],
    [
      'with the provider of the demonstration',
      { ...provider, MINIPILOT_OIDC_ISSUER: 'https://pilotit.example/demo/oidc' },
      'not there in production',
    ],
    ['over plain HTTP', { ...provider, MINIPILOT_PUBLIC_URL: 'http://pilotit.example' }, 'Set MINIPILOT_PUBLIC_URL to the https address'],
  ])('is refused at start %s', async (_, settings, message) => {
    const deployment = new Deployment();
    try {
      const { code, output } = await refusedStart('desk', { ...deployment.settings, ...settings });
      expect([code, output]).toEqual([1, expect.stringContaining(message)]);
    } finally {
      await deployment.end();
    }
  });

  it('is by the provider alone; it may be away, and whoever the settings name gives the first roles', async () => {
    const port = await freePort();
    const here = `http://127.0.0.1:${port}`;
    const foreign = await ForeignProvider.start(`${here}/auth/callback`);
    await foreign.away();
    const deployment = new Deployment({
      settings: {
        PORT: String(port),
        MINIPILOT_MODE: 'production',
        MINIPILOT_TENANTS: 'demo,espoo',
        MINIPILOT_PUBLIC_URL: here,
        MINIPILOT_OIDC_ISSUER: foreign.issuer,
        MINIPILOT_OIDC_CLIENT_ID: CLIENT.clientId,
        MINIPILOT_OIDC_CLIENT_SECRET: CLIENT.clientSecret,
        MINIPILOT_OIDC_AUDIENCE: CLIENT.audience,
        MINIPILOT_ADMINS: 'demo:Kerttu@kunta.example',
      },
    });
    try {
      await deployment.start('desk');
      const kerttu = new Browser(here);
      // nobody gets in while the provider is away, and the service stands
      expectProblem(await kerttu.ask('GET', '/auth/demo/login'), 503, 'sign-in-unavailable');
      expect((await kerttu.go(`${here}/health/ready`)).status).toBe(200);
      await foreign.back();
      // it is asked again after a moment
      while ((await kerttu.go(`${here}/auth/demo/login`)).status === 503) await new Promise((resolve) => setTimeout(resolve, 50));
      await kerttu.comeBack(`${here}/auth/demo/login`);
      expect(await kerttu.session()).toMatchObject({ tenant: 'demo', email: 'kerttu@kunta.example', roles: ['applicant', 'admin'] });
      ok(await kerttu.ask('POST', '/api/demo/roles', { email: 'olli@kunta.example', role: 'officer' }));

      // roles are held in one municipality
      const abroad = new Browser(here);
      await abroad.comeBack(`${here}/auth/espoo/login`);
      expect(await abroad.session()).toMatchObject({ tenant: 'espoo', roles: ['applicant'] });
      expectProblem(await abroad.ask('GET', '/api/demo/roles'), 404, 'not-found');

      // a bearer token of the provider stands for the same person
      const bearer = async (claims = {}, header = {}) => ({ token: await foreign.accessToken(claims, header) });
      foreign.person = { sub: 'p-2', email: 'olli@kunta.example', email_verified: true };
      const draftCall = async (tenant: string, how: { token: string }) => ask(here, 'POST', `/api/${tenant}/calls`, { ...how, body: {} });
      expectProblem(await draftCall('demo', await bearer()), 400, 'invalid-body');
      expectProblem(await draftCall('espoo', await bearer()), 403, 'forbidden');
      expectProblem(await draftCall('turku', await bearer()), 404, 'not-found');
      expectProblem(await draftCall('demo', await bearer({}, { typ: 'JWT' })), 401, 'invalid-token');
      expectProblem(await ask(here, 'GET', '/api/demo/roles', await bearer()), 403, 'forbidden');
      const stale = Math.floor(Date.now() / 1000) - 3600;
      const boss = { email: 'kerttu@kunta.example', auth_time: stale };
      const more = { body: { email: 'a@kunta.example', role: 'agent' } };
      expectProblem(await ask(here, 'POST', '/api/demo/roles', { ...(await bearer(boss)), ...more }), 401, 'fresh-sign-in-needed');
      ok(await ask(here, 'POST', '/api/demo/roles', { ...(await bearer({ ...boss, auth_time: stale + 3600 })), ...more }));

      // nothing of the demonstration is there
      const demo = await DemoIdentity.open(deployment.data);
      const forged = await demo.issue({ person: 'aleksi', tenant: 'demo', roles: ['admin'] });
      expectProblem(await ask(here, 'GET', '/api/demo/roles', { token: forged }), 401, 'invalid-token');
      for (const path of ['/demo/oidc/.well-known/openid-configuration', '/demo/oidc/auth', '/demo/clock'])
        expect([path, (await kerttu.go(here + path)).status]).toEqual([path, 404]);
    } finally {
      await foreign.away();
      await deployment.end();
    }
  });
});
