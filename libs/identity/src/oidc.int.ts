import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { InvalidToken } from '@minipilot/platform/http/access.js';
import { Oidc, SignInFailed, type Begun, type OidcSettings, type SignInFailure } from './oidc.js';
import { CLIENT, ForeignProvider, Visitor } from './test-support.js';

const BACK = 'https://pilotit.example/auth/callback';
const WANTED = { fresh: false, language: 'fi', lastsMs: 12 * 3_600_000 };
const HERE = { tenant: 'demo', fresh: false };
const base64url = (value: string | Buffer) => Buffer.from(value).toString('base64url');

let provider: ForeignProvider;
const oidcWith = (change: Partial<OidcSettings> = {}) =>
  new Oidc({
    ...CLIENT,
    tenantClaim: undefined,
    issuer: () => provider.issuer,
    redirectUri: () => BACK,
    keyCooldownMs: 0,
    retryMs: 0,
    ...change,
  });

/** A whole visit to the provider; `query` is what it sends the browser back with. */
async function visit(oidc: Oidc, wanted = WANTED, visitor = new Visitor()): Promise<{ query: string; begun: Begun }> {
  const { url, begun } = await oidc.begin(wanted);
  return { query: new URL(await visitor.follow(url.href, BACK)).search, begun };
}
const refused = async (reason: SignInFailure, what: Promise<unknown>) => {
  await expect(what).rejects.toMatchObject({ name: 'SignInFailed', reason });
};

beforeEach(async () => {
  provider = await ForeignProvider.start(BACK);
});
afterEach(() => provider.away());

describe('signing in with a provider', () => {
  it('is by authorization code with PKCE, found by discovery', async () => {
    const oidc = oidcWith();
    const { url } = await oidc.begin(WANTED);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      redirect_uri: BACK,
      ui_locales: 'fi',
    });
    expect(url.searchParams.has('prompt')).toBe(false);
    const { query, begun } = await visit(oidc);
    const somebody = await oidc.finish(query, begun, HERE);
    expect(somebody).toMatchObject({ email: 'kerttu@kunta.example', name: 'Kerttu Kuvitteellinen', idToken: expect.any(String) });
    expect(Math.abs(somebody.authenticatedAt - Date.now() / 1000)).toBeLessThan(60);
    const leave = await oidc.endSessionUrl(somebody.idToken, 'https://pilotit.example/auth/session');
    expect(leave?.origin).toBe(provider.issuer);
    expect(leave?.searchParams.get('id_token_hint')).toBe(somebody.idToken);
  });

  it('takes the e-mail address from the userinfo endpoint where the ID token has none', async () => {
    provider.thrifty = true;
    await provider.rotate();
    const oidc = oidcWith();
    const { query, begun } = await visit(oidc);
    expect(await oidc.finish(query, begun, HERE)).toMatchObject({ email: 'kerttu@kunta.example' });
  });

  it('asks anew for a fresh sign-in, also where the provider remembers the person', async () => {
    const oidc = oidcWith();
    const visitor = new Visitor();
    const first = await visit(oidc, WANTED, visitor);
    await oidc.finish(first.query, first.begun, HERE);
    const { url } = await oidc.begin({ ...WANTED, fresh: true });
    expect([url.searchParams.get('prompt'), url.searchParams.get('max_age')]).toEqual(['login', '0']);
    const again = await visit(oidc, { ...WANTED, fresh: true }, visitor);
    expect((await oidc.finish(again.query, again.begun, { ...HERE, fresh: true })).authenticatedAt).toBeGreaterThan(0);
    // a provider that does not ask anew gives an older time than that at which we asked
    const lazy = await visit(oidc, WANTED, visitor);
    await refused('interrupted', oidc.finish(lazy.query, { ...lazy.begun, at: Date.now() + 60_000 }, { ...HERE, fresh: true }));
  });

  const changed = (query: string, name: string, value: string | null) => {
    const parameters = new URLSearchParams(query);
    if (value === null) parameters.delete(name);
    else parameters.set(name, value);
    return `?${parameters.toString()}`;
  };
  const wrong: [string, SignInFailure, (query: string, begun: Begun) => [string, Begun]][] = [
    ['another state', 'interrupted', (query, begun) => [query, { ...begun, state: 'x'.repeat(43) }]],
    ['no state', 'interrupted', (query, begun) => [changed(query, 'state', null), begun]],
    ['another nonce', 'interrupted', (query, begun) => [query, { ...begun, nonce: 'x'.repeat(43) }]],
    ['another proof key', 'interrupted', (query, begun) => [query, { ...begun, verifier: 'x'.repeat(43) }]],
    ['another code', 'interrupted', (query, begun) => [changed(query, 'code', 'x'.repeat(43)), begun]],
    ['no code', 'interrupted', (query, begun) => [changed(query, 'code', null), begun]],
    ['another issuer (mix-up)', 'interrupted', (query, begun) => [changed(query, 'iss', 'https://evil.example'), begun]],
    ['no issuer, though the provider promises one', 'interrupted', (query, begun) => [changed(query, 'iss', null), begun]],
    ['a second code', 'interrupted', (query, begun) => [`${query}&code=another`, begun]],
    ['a refusal', 'refused', (query, begun) => [`${changed(changed(query, 'code', null), 'error', 'access_denied')}`, begun]],
    ['nothing', 'interrupted', (_, begun) => ['', begun]],
  ];
  it.each(wrong)('is not done with %s', async (_, reason, change) => {
    const oidc = oidcWith();
    const { query, begun } = await visit(oidc);
    await refused(reason, oidc.finish(...change(query, begun), HERE));
  });

  it('takes each code once', async () => {
    const oidc = oidcWith();
    const { query, begun } = await visit(oidc);
    await oidc.finish(query, begun, HERE);
    await refused('interrupted', oidc.finish(query, begun, HERE));
  });

  it.each([
    ['without an e-mail address', { email: undefined }],
    ['with one that nobody verified', { email_verified: false }],
    ['with one of which it does not say so', { email_verified: undefined }],
    ['that is verified in words only', { email_verified: 'true' }],
    ['with one that is none', { email: 'a b@x' }],
  ])('is not done %s', async (_, change) => {
    Object.assign(provider.person, change);
    const oidc = oidcWith();
    const { query, begun } = await visit(oidc);
    await refused('unverified', oidc.finish(query, begun, HERE));
  });

  it('is not done with letters before the @ that look like others, by browser or by token', async () => {
    for (const email of ['\uff4boordinaattori@kunta.example', '\u212aoordinaattori@kunta.example', 'j\u00e4sen@kunta.example']) {
      Object.assign(provider.person, { email });
      const oidc = oidcWith();
      const { query, begun } = await visit(oidc);
      await refused('unusable', oidc.finish(query, begun, HERE));
      await expect(oidc.verify(await provider.accessToken({ email }))).rejects.toThrow(InvalidToken);
    }
  });

  it('tells age and home where the provider does, and is not hindered where it does so badly', async () => {
    Object.assign(provider.person, { birthdate: '1953-05-17', municipality: 'demo', district: 'Jukola' });
    const oidc = oidcWith();
    const first = await visit(oidc);
    const residence = { born: '1953-05-17', resident: true, district: 'Jukola' };
    expect((await oidc.finish(first.query, first.begun, HERE)).residence).toEqual(residence);
    const second = await visit(oidc);
    const elsewhere = await oidc.finish(second.query, second.begun, { tenant: 'espoo', fresh: false });
    expect(elsewhere.residence).toEqual({ ...residence, resident: false });
    const lives = { birthdate: '1953-05-17', municipality: 'demo', district: 'Jukola' };
    expect((await oidc.verify(await provider.accessToken(lives))).home).toEqual(lives);
    Object.assign(provider.person, { birthdate: '0000-05-17' });
    const third = await visit(oidc);
    expect(await oidc.finish(third.query, third.begun, HERE)).not.toHaveProperty('residence');
    expect(await oidc.verify(await provider.accessToken({ ...lives, birthdate: '?' }))).not.toHaveProperty('home');
  });

  it('is for the municipality that the provider names, where it names one', async () => {
    provider.person['kunta'] = 'demo';
    const oidc = oidcWith({ tenantClaim: 'kunta' });
    const tokens = (claim: unknown) => provider.accessToken(claim === undefined ? {} : { kunta: claim });
    expect(await oidc.verify(await tokens('demo'))).toMatchObject({ tenant: 'demo' });
    for (const claim of [undefined, 7, ['demo', 'espoo'], null])
      await expect(oidc.verify(await tokens(claim))).rejects.toThrow(InvalidToken);
    const { query, begun } = await visit(oidc);
    await refused('elsewhere', oidc.finish(query, begun, { tenant: 'espoo', fresh: false }));
  });

  describe('with an ID token that the provider did not sign so', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const forge = (header: object, payload: object, signer: (input: string) => Buffer) => {
      const input = `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(payload))}`;
      return `${input}.${base64url(signer(input))}`;
    };
    const forged: [string, (header: object, payload: object) => string][] = [
      ['no signature', (header, payload) => forge({ ...header, alg: 'none' }, payload, () => Buffer.alloc(0))],
      [
        'the client secret as key',
        (header, payload) =>
          forge({ ...header, alg: 'HS256' }, payload, (i) => createHmac('sha256', CLIENT.clientSecret).update(i).digest()),
      ],
      ['another key', (header, payload) => forge(header, payload, (i) => sign('sha256', Buffer.from(i), rsa))],
      [
        'its own key in the header',
        (header, payload) =>
          forge({ ...header, jwk: createPublicKey(rsa).export({ format: 'jwk' }) }, payload, (i) => sign('sha256', Buffer.from(i), rsa)),
      ],
    ];
    it.each(forged)('nobody is signed in: %s', async (_, make) => {
      const tampering: typeof fetch = async (input, init) => {
        const answer = await fetch(input, init);
        if (!String(input).endsWith('/token')) return answer;
        const body = (await answer.json()) as { id_token: string };
        const [header, payload] = body.id_token
          .split('.', 2)
          .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as object);
        return Response.json({ ...body, id_token: make(header!, payload!) });
      };
      const oidc = oidcWith({ fetch: tampering });
      const { query, begun } = await visit(oidc);
      await expect(oidc.finish(query, begun, HERE)).rejects.toBeInstanceOf(SignInFailed);
    });
  });
});

describe('a provider', () => {
  it('that changes its keys is followed, for browsers and for tokens', async () => {
    const oidc = oidcWith();
    const first = await visit(oidc);
    await oidc.finish(first.query, first.begun, HERE);
    const old = await provider.accessToken();
    await oidc.verify(old);
    await provider.rotate();
    expect(await oidc.verify(await provider.accessToken())).toMatchObject({ email: 'kerttu@kunta.example' });
    const second = await visit(oidc);
    expect(await oidc.finish(second.query, second.begun, HERE)).toMatchObject({ email: 'kerttu@kunta.example' });
  });

  it('that withdrew a key has its tokens believed for five minutes at most', async () => {
    let at = Date.now();
    const oidc = oidcWith({ now: () => new Date(at) });
    const old = await provider.accessToken();
    await oidc.verify(old);
    await provider.rotate();
    await oidc.verify(await provider.accessToken());
    expect(await oidc.verify(old)).toMatchObject({ email: 'kerttu@kunta.example' });
    at += 5 * 60_000;
    await expect(oidc.verify(old)).rejects.toThrow(InvalidToken);
  });

  it('is not asked for its keys with every token of an unknown key', async () => {
    const oidc = oidcWith({ keyCooldownMs: 60_000 });
    await oidc.verify(await provider.accessToken());
    const asked = provider.keysAsked;
    for (let n = 0; n < 50; n++)
      await expect(oidc.verify(await provider.accessToken({}, { kid: `unknown-${n}` }))).rejects.toThrow(InvalidToken);
    expect(provider.keysAsked).toBe(asked);
  });

  it('that is away lets nobody in, and everybody when it is back', async () => {
    const token = await provider.accessToken();
    await provider.away();
    const oidc = oidcWith();
    expect(await oidc.prepare()).toBe(false);
    await refused('unavailable', oidc.begin(WANTED));
    await refused('unavailable', oidc.verify(token));
    expect(await oidc.endSessionUrl('id', BACK)).toBeNull();
    await provider.back();
    expect(await oidc.prepare()).toBe(true);
    expect(await oidc.verify(token)).toMatchObject({ email: 'kerttu@kunta.example' });
    const { query, begun } = await visit(oidc);
    expect(await oidc.finish(query, begun, HERE)).toMatchObject({ email: 'kerttu@kunta.example' });
  });

  it('that goes away in the middle interrupts the sign-in; tokens of known keys go on', async () => {
    const oidc = oidcWith();
    await oidc.verify(await provider.accessToken());
    const { query, begun } = await visit(oidc);
    const token = await provider.accessToken({ jti: 'another' });
    await provider.away();
    await refused('unavailable', oidc.finish(query, begun, HERE));
    expect(await oidc.verify(token)).toMatchObject({ email: 'kerttu@kunta.example' });
    await provider.back();
  });

  it('that does not answer is left alone for a moment', async () => {
    await provider.away();
    let asked = 0;
    const counting: typeof fetch = (input, init) => {
      asked++;
      return fetch(input, init);
    };
    let at = Date.now();
    const oidc = oidcWith({ fetch: counting, retryMs: 2_000, now: () => new Date(at) });
    await Promise.all(Array.from({ length: 20 }, () => oidc.prepare()));
    for (let n = 0; n < 20; n++) await oidc.prepare();
    expect(asked).toBe(1);
    at += 2_000;
    await provider.back();
    expect(await oidc.prepare()).toBe(true);
  });

  it('that calls itself by another name is none', async () => {
    const oidc = oidcWith({ issuer: () => `${provider.issuer}/` });
    await refused('unavailable', oidc.begin(WANTED));
    const elsewhere: typeof fetch = async (input, init) => {
      const answer = await fetch(input, init);
      return Response.json({ ...((await answer.json()) as object), issuer: 'https://evil.example' });
    };
    await refused('unavailable', oidcWith({ fetch: elsewhere }).begin(WANTED));
  });
});

describe('an access token', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const now = () => Math.floor(Date.now() / 1000);
  const parts = (token: string) =>
    token.split('.', 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>) as [object, object];
  /** The provider's own token with another header or payload, signed as told. */
  const resigned = async (header: object, claims: object, signer: (input: string) => Buffer): Promise<string> => {
    const [h, p] = parts(await provider.accessToken());
    const input = `${base64url(JSON.stringify({ ...h, ...header }))}.${base64url(JSON.stringify({ ...p, ...claims }))}`;
    return `${input}.${base64url(signer(input))}`;
  };
  const publicPem = () => createPublicKey({ key: provider.key.jwk as never, format: 'jwk' }).export({ format: 'pem', type: 'spki' });
  const by = (key: KeyObject) => (input: string) => sign('sha256', Buffer.from(input), key);
  const own = () => createPrivateKey({ key: provider.key.jwk as never, format: 'jwk' });
  const hmac = (secret: string | Buffer) => (input: string) => createHmac('sha256', secret).update(input).digest();

  it('of the provider for this API says who somebody is', async () => {
    const { person } = provider;
    expect(await oidcWith().verify(await provider.accessToken())).toEqual({
      subject: `${provider.issuer} ${person.sub}`,
      tenant: null,
      roles: [],
      email: 'kerttu@kunta.example',
      name: 'Kerttu Kuvitteellinen',
      expiresAt: expect.any(Number),
      authenticatedAt: expect.any(Number),
    });
    expect(await oidcWith().verify(await provider.accessToken({ aud: ['other', CLIENT.audience] }))).toMatchObject({ tenant: null });
    expect(await oidcWith().verify(await resigned({}, {}, by(own())))).toMatchObject({ email: 'kerttu@kunta.example' });
    // clocks differ a little
    await oidcWith().verify(await provider.accessToken({ exp: now() - 10, nbf: now() + 10 }));
  });

  it('is verified once and remembered until it ends', async () => {
    let at = Date.now();
    const oidc = oidcWith({ now: () => new Date(at) });
    const token = await provider.accessToken({ exp: now() + 120 });
    const first = await oidc.verify(token);
    expect(await oidc.verify(token)).toBe(first);
    at += 119_000;
    expect(await oidc.verify(token)).toBe(first);
    at += 32_000;
    await expect(oidc.verify(token)).rejects.toThrow(InvalidToken);
  });

  const attacks: [string, () => Promise<string> | string][] = [
    ['no algorithm', () => resigned({ alg: 'none' }, {}, () => Buffer.alloc(0))],
    ['no algorithm, in mixed case', () => resigned({ alg: 'nOnE' }, {}, () => Buffer.alloc(0))],
    ['the public key as shared secret (PEM)', () => resigned({ alg: 'HS256' }, {}, hmac(publicPem() as string))],
    ['the modulus as shared secret', () => resigned({ alg: 'HS256' }, {}, hmac(Buffer.from(provider.key.jwk.n!, 'base64url')))],
    ['the client secret as shared secret', () => resigned({ alg: 'HS256' }, {}, hmac(CLIENT.clientSecret))],
    ['another key under the same name', () => resigned({}, {}, by(rsa))],
    ['its own key in the header', () => resigned({ jwk: createPublicKey(rsa).export({ format: 'jwk' }) }, {}, by(rsa))],
    ['the address of its own keys', () => resigned({ jku: 'http://127.0.0.1:9/jwks', kid: 'mine' }, {}, by(rsa))],
    ['the address of its own certificate', () => resigned({ x5u: 'http://127.0.0.1:9/cert', x5c: ['AAAA'] }, {}, by(rsa))],
    ['a name of a key that is a path', () => resigned({ kid: '../../../dev/null' }, {}, hmac(''))],
    ['a critical header that we do not know', () => resigned({ crit: ['exp'], exp: 1 }, {}, (i) => sign('sha256', Buffer.from(i), own()))],
    ['the type of an ID token', () => provider.accessToken({}, { typ: 'JWT' })],
    ['no type', () => provider.accessToken({}, { typ: undefined })],
    ['another type', () => provider.accessToken({}, { typ: 'logout+jwt' })],
    ['another audience', () => provider.accessToken({ aud: 'other-api' })],
    ['this service as client, not as API', () => provider.accessToken({ aud: CLIENT.clientId })],
    ['no audience', () => provider.accessToken({ aud: undefined })],
    ['another issuer', () => provider.accessToken({ iss: 'https://evil.example' })],
    ['an issuer with a slash more', () => provider.accessToken({ iss: `${provider.issuer}/` })],
    ['no issuer', () => provider.accessToken({ iss: undefined })],
    ['an end in the past', () => provider.accessToken({ exp: now() - 31 })],
    ['no end', () => provider.accessToken({ exp: undefined })],
    ['an end as text', () => provider.accessToken({ exp: '9999999999' })],
    ['a start in the future', () => provider.accessToken({ nbf: now() + 60 })],
    ['no start of its own', () => provider.accessToken({ iat: undefined })],
    ['no subject', () => provider.accessToken({ sub: undefined })],
    ['a time of sign-in as text', () => provider.accessToken({ auth_time: 'now' })],
    ['no e-mail address', () => provider.accessToken({ email: undefined })],
    ['an e-mail address that is not verified', () => provider.accessToken({ email_verified: false })],
    ['an e-mail address that says it is verified', () => provider.accessToken({ email_verified: 'true' })],
    ['an e-mail address with a line break', () => provider.accessToken({ email: 'a@b.fi\nx' })],
    [
      'a changed payload',
      async () => {
        const [h, p, s] = (await provider.accessToken()).split('.');
        const claims = JSON.parse(Buffer.from(p!, 'base64url').toString()) as object;
        return `${h}.${base64url(JSON.stringify({ ...claims, email: 'boss@kunta.example' }))}.${s}`;
      },
    ],
    ['a cut signature', async () => (await provider.accessToken()).slice(0, -4)],
    ['five parts', async () => `${await provider.accessToken()}.a.b`],
    ['garbage', () => 'a.b.c'],
    ['nothing', () => ''],
  ];
  it.each(attacks)('with %s is refused', async (_, token) => {
    const oidc = oidcWith();
    await expect(oidc.verify(await token())).rejects.toThrow(InvalidToken);
  });
});
