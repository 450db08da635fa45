import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Browsers } from './browser.js';
import { createServer, type ServerOptions } from './server.js';
import { as, call, people, problem, SampleModule, serverOptions, valid } from './test-support.js';

const URL_HERE = 'https://pilotit.example';
const SESSION = 'session-of-the-officer';

describe('a browser that has signed in', () => {
  let app: NestFastifyApplication;
  let browsers: Browsers;
  const open = async (publicUrl: string): Promise<void> => {
    browsers = new Browsers(() => publicUrl);
    const plain = serverOptions();
    const options: ServerOptions = {
      ...plain,
      browsers,
      authenticator: {
        authenticate: (token) => plain.authenticator.authenticate(token),
        ofSession: async (session) => (session === SESSION ? people['officer']! : null),
      },
    };
    app = await createServer(SampleModule, options);
  };
  beforeAll(() => open(URL_HERE));
  afterAll(() => app.close());

  const cookie = (session = SESSION) => ({ cookie: `__Host-minipilot-session=${session}` });
  const own = () => ({ origin: URL_HERE, 'sec-fetch-site': 'same-origin', 'x-csrf-token': browsers.csrfToken(SESSION) });
  const read = (headers: Record<string, string>) => app.inject({ url: `/api/demo/calls/${call}`, headers });
  const announce = (headers: Record<string, string>) =>
    app.inject({ method: 'POST', url: '/api/demo/calls', payload: valid, headers: { 'idempotency-key': 'k', ...headers } });

  it('reads with its cookie', async () => {
    expect((await read(cookie())).statusCode).toBe(200);
    problem(await app.inject({ url: `/api/espoo/calls/${call}`, headers: cookie() }), 404, 'not-found');
  });

  it('changes what its own page asks for', async () => {
    const done = await announce({ ...cookie(), ...own() });
    expect([done.statusCode, done.json<{ by: string }>().by]).toEqual([201, 's-officer']);
  });

  const forged: [string, (good: ReturnType<typeof own>) => Record<string, string>][] = [
    ['without the token', ({ origin }) => ({ origin })],
    ['with an empty token', (good) => ({ ...good, 'x-csrf-token': '' })],
    ['with the token of another session', (good) => ({ ...good, 'x-csrf-token': browsers.csrfToken('another') })],
    ['with the session as token', (good) => ({ ...good, 'x-csrf-token': SESSION })],
    ['from another site', (good) => ({ ...good, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' })],
    ['from another site by an old browser', ({ 'x-csrf-token': token }) => ({ 'x-csrf-token': token, origin: 'https://evil.example' })],
    ['from a sister site', (good) => ({ ...good, origin: 'https://blog.pilotit.example', 'sec-fetch-site': 'same-site' })],
    ['from the same name without encryption', ({ 'x-csrf-token': token }) => ({ 'x-csrf-token': token, origin: 'http://pilotit.example' })],
    ['from another port', ({ 'x-csrf-token': token }) => ({ 'x-csrf-token': token, origin: `${URL_HERE}:444` })],
    ['from a frame of no origin', (good) => ({ ...good, origin: 'null', 'sec-fetch-site': 'cross-site' })],
    ['of no origin by an old browser', ({ 'x-csrf-token': token }) => ({ 'x-csrf-token': token, origin: 'null' })],
    ['without a word about the site', ({ 'x-csrf-token': token }) => ({ 'x-csrf-token': token })],
    ['with two origins', (good) => ({ ...good, origin: `${URL_HERE}, https://evil.example` })],
  ];
  it.each(forged)('does not change what is asked for %s', async (_, change) => {
    problem(await announce({ ...cookie(), ...change(own()) }), 403, 'request-from-elsewhere');
  });

  it('changes what a form of its own page asks for, which names no origin', async () => {
    expect((await announce({ ...cookie(), ...own(), origin: 'null' })).statusCode).toBe(201);
  });

  it('is nobody when its session has ended or its cookie is not ours', async () => {
    problem(await read(cookie('over')), 401, 'unauthorised');
    problem(await read({ cookie: `minipilot-session=${SESSION}` }), 401, 'unauthorised');
    problem(await read({ cookie: 'a=b; ;;=; __Host-minipilot-session' }), 401, 'unauthorised');
  });

  it('counts for nothing beside a bearer token', async () => {
    // the applicant may not; the officer of the cookie might
    problem(await announce({ ...cookie(), ...own(), ...as('applicant') }), 403, 'forbidden');
    problem(await announce({ ...cookie(), ...own(), ...as('forged') }), 401, 'invalid-token');
    // and needs no proof of the page
    expect((await announce({ ...cookie('over'), ...as('officer') })).statusCode).toBe(201);
  });

  it('over plain HTTP of a demonstration has a cookie that plain HTTP can keep', () => {
    expect(new Browsers(() => 'http://127.0.0.1:3000').cookieName('session')).toBe('minipilot-session');
    expect(browsers.cookieName('session')).toBe('__Host-minipilot-session');
  });
});
