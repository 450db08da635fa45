import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidToken } from '@minipilot/platform/http/access.js';
import { DEMO_ISSUER, DemoIdentity, demoKeyFile, DemoKeyRefused } from './demo-identity.js';
import { demoToken } from './demo-token.js';
import { authenticator, byIssuer, residenceOf, type People } from './identity.js';
import { ROLES } from './roles.js';

const base64url = (value: string | Buffer) => Buffer.from(value).toString('base64url');
const decode = (token: string) =>
  token.split('.', 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>);

describe('demo tokens', () => {
  const folders: string[] = [];
  const folder = () => {
    const made = mkdtempSync(join(tmpdir(), 'minipilot-identity-'));
    folders.push(made);
    return made;
  };
  afterAll(() => folders.forEach((made) => rmSync(made, { recursive: true })));

  const person = { person: 'outi', name: 'Outi Virtanen', tenant: 'demo', roles: ['officer'] as const };

  it('say who somebody is', async () => {
    const identity = await DemoIdentity.open(folder());
    const token = await identity.issue(person);
    expect(await identity.verify(token)).toEqual({
      subject: 'demo:demo:outi',
      tenant: 'demo',
      roles: ['officer'],
      email: 'outi@demo.example',
      name: 'Outi Virtanen',
      expiresAt: expect.any(Number),
      authenticatedAt: expect.any(Number),
    });
    const [header, payload] = decode(token);
    expect(header).toEqual({ alg: 'EdDSA', typ: 'at+jwt' });
    expect(Number(payload!['exp']) - Number(payload!['iat'])).toBe(12 * 3600);
    expect(payload!['auth_time']).toBe(payload!['iat']);
  });

  it('are signed with one key of the data folder, which only its owner reads', async () => {
    const data = folder();
    const all = await Promise.all(Array.from({ length: 8 }, () => DemoIdentity.open(data)));
    const token = await all[0]!.issue(person);
    for (const identity of all) expect((await identity.verify(token)).subject).toBe('demo:demo:outi');
    expect(statSync(demoKeyFile(data)).mode & 0o777).toBe(0o600);
    expect(statSync(join(data, 'keys')).mode & 0o777).toBe(0o700);
    await expect((await DemoIdentity.open(folder())).verify(token)).rejects.toThrow(InvalidToken);
  });

  it('are refused with a key that others read, or that is damaged', async () => {
    const data = folder();
    await DemoIdentity.open(data);
    chmodSync(demoKeyFile(data), 0o644);
    await expect(DemoIdentity.open(data)).rejects.toThrow(`chmod 600 ${demoKeyFile(data)}`);
    chmodSync(demoKeyFile(data), 0o600);
    for (const text of ['', '{}', '{"kty":"OKP","crv":"Ed25519","x":"AA","d":"AA"}', 'null']) {
      writeFileSync(demoKeyFile(data), text);
      await expect(DemoIdentity.open(data)).rejects.toThrow(DemoKeyRefused);
    }
  });

  it('end by real time, also when they are remembered', async () => {
    const data = folder();
    let at = Date.parse('2027-03-01T10:00:00Z');
    const identity = await DemoIdentity.open(data, () => new Date(at));
    const token = await identity.issue({ ...person, hours: 1 });
    await identity.verify(token);
    at += 3600_000 - 1000;
    await identity.verify(token);
    at += 1000;
    await expect(identity.verify(token)).rejects.toThrow(InvalidToken);
    const past = await DemoIdentity.open(data, () => new Date('2020-01-01T00:00:00Z'));
    await expect((await DemoIdentity.open(data)).verify(await past.issue(person))).rejects.toThrow(InvalidToken);
  });

  it('are made for sensible people only', async () => {
    const identity = await DemoIdentity.open(folder());
    for (const wrong of [{ person: 'A b' }, { tenant: 'X' }, { hours: 0 }, { hours: NaN }, { hours: 10_000 }])
      expect(() => identity.issue({ ...person, ...wrong })).toThrow(RangeError);
  });

  describe('of an attacker', () => {
    let identity: DemoIdentity;
    let key: KeyObject;
    let jwk: Record<string, string>;
    let good: Record<string, unknown>;
    beforeAll(async () => {
      const data = folder();
      identity = await DemoIdentity.open(data);
      jwk = JSON.parse(readFileSync(demoKeyFile(data), 'utf8')) as Record<string, string>;
      key = createPrivateKey({ key: jwk, format: 'jwk' });
      good = decode(await identity.issue(person))[1]!;
    });
    const forge = (header: object, payload: object, signer: (input: string) => Buffer = (input) => sign(null, Buffer.from(input), key)) => {
      const input = `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(payload))}`;
      return `${input}.${base64url(signer(input))}`;
    };
    const header = { alg: 'EdDSA', typ: 'at+jwt' };

    it('the forger writes tokens as we do', async () => {
      expect((await identity.verify(forge(header, good))).email).toBe('outi@demo.example');
    });

    const publicBytes = () => createPublicKey(key).export({ format: 'pem', type: 'spki' });
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const now = Math.floor(Date.now() / 1000);
    const attacks: [string, () => string][] = [
      ['no algorithm', () => forge({ ...header, alg: 'none' }, good, () => Buffer.alloc(0))],
      ['no algorithm, in capitals', () => forge({ ...header, alg: 'NONE' }, good, () => Buffer.alloc(0))],
      [
        'our public key as HMAC secret (PEM)',
        () => forge({ ...header, alg: 'HS256' }, good, (i) => createHmac('sha256', publicBytes()).update(i).digest()),
      ],
      [
        'our public key as HMAC secret (raw)',
        () => forge({ ...header, alg: 'HS256' }, good, (i) => createHmac('sha256', Buffer.from(jwk['x']!, 'base64url')).update(i).digest()),
      ],
      ['RSA', () => forge({ ...header, alg: 'RS256' }, good, (i) => sign('sha256', Buffer.from(i), rsa))],
      ['another Ed25519 key', () => forge(header, good, (i) => sign(null, Buffer.from(i), generateKeyPairSync('ed25519').privateKey))],
      [
        'a key in the header',
        () => {
          const own = generateKeyPairSync('ed25519');
          return forge({ ...header, jwk: own.publicKey.export({ format: 'jwk' }) }, good, (i) =>
            sign(null, Buffer.from(i), own.privateKey),
          );
        },
      ],
      [
        'a key address in the header',
        () => {
          const own = generateKeyPairSync('ed25519');
          return forge({ ...header, jku: 'http://127.0.0.1:9/keys', kid: '../../etc/passwd' }, good, (i) =>
            sign(null, Buffer.from(i), own.privateKey),
          );
        },
      ],
      ['a critical header that we do not know', () => forge({ ...header, crit: ['b64'], b64: false }, good)],
      ['another audience', () => forge(header, { ...good, aud: 'other' })],
      ['no audience', () => forge(header, { ...good, aud: undefined })],
      ['another issuer', () => forge(header, { ...good, iss: 'https://evil.example' })],
      ['no issuer', () => forge(header, { ...good, iss: undefined })],
      ['another type', () => forge({ ...header, typ: 'JWT' }, good)],
      ['no type', () => forge({ alg: 'EdDSA' }, good)],
      ['an end in the past', () => forge(header, { ...good, exp: now - 1 })],
      ['a time of sign-in as text', () => forge(header, { ...good, auth_time: '9999999999' })],
      ['no end', () => forge(header, { ...good, exp: undefined })],
      ['an end as text', () => forge(header, { ...good, exp: '9999999999' })],
      ['a start in the future', () => forge(header, { ...good, nbf: now + 3600 })],
      ['no subject', () => forge(header, { ...good, sub: undefined })],
      ['no tenant', () => forge(header, { ...good, tenant: undefined })],
      ['a tenant that is a path', () => forge(header, { ...good, tenant: '../demo' })],
      ['a list of tenants', () => forge(header, { ...good, tenant: ['demo', 'espoo'] })],
      ['an unknown role', () => forge(header, { ...good, roles: ['officer', 'root'] })],
      ['a role that is not a list', () => forge(header, { ...good, roles: 'admin' })],
      ['no e-mail', () => forge(header, { ...good, email: undefined })],
      ['an e-mail with a line break', () => forge(header, { ...good, email: 'a@b.fi\nx' })],
      [
        'a changed payload',
        () => {
          const [h, , s] = forge(header, good).split('.');
          return `${h}.${base64url(JSON.stringify({ ...good, roles: ['admin'] }))}.${s}`;
        },
      ],
      ['a cut signature', () => forge(header, good).slice(0, -8)],
      ['five parts', () => `${forge(header, good)}.a.b`],
      ['garbage', () => 'garbage'],
      ['nothing', () => ''],
      ['100 KB', () => 'a'.repeat(100_000)],
    ];
    it.each(attacks)('%s is refused', async (_, token) => {
      await expect(identity.verify(token())).rejects.toThrow(InvalidToken);
    });
  });

  it('become callers of a municipality that is served', async () => {
    const identity = await DemoIdentity.open(folder());
    const asked: [string, string][] = [];
    const people: People = {
      async subjectOf(tenant, { email }) {
        asked.push([tenant, email]);
        return { subject: 'random-subject' };
      },
      rolesOf: async () => ['owner', 'officer'],
    };
    const sign = authenticator(byIssuer(new Map([[DEMO_ISSUER, identity]])), people, ['demo']);
    expect(await sign.authenticate(await identity.issue(person))).toEqual({
      subject: 'random-subject',
      tenant: 'demo',
      // those of the token and those that the person was given
      roles: ['applicant', 'officer', 'owner'],
      email: 'outi@demo.example',
      name: 'Outi Virtanen',
      authenticatedAt: expect.any(Number),
    });
    expect(asked).toEqual([['demo', 'outi@demo.example']]);
    await expect(sign.authenticate(await identity.issue({ ...person, tenant: 'espoo' }))).rejects.toThrow(InvalidToken);
    expect(asked.length).toBe(1);
  });

  it('say age and home only where they were told, and carry them to the caller', async () => {
    const identity = await DemoIdentity.open(folder());
    const residence = { born: '1950-05-17', resident: true, district: 'Jukola' };
    const nobodyElse: People = { subjectOf: async () => ({ subject: 's' }), rolesOf: async () => [] };
    const sign = authenticator(identity, nobodyElse, ['demo']);
    expect((await sign.authenticate(await identity.issue({ ...person, residence }))).residence).toEqual(residence);
    const elsewhere = await identity.issue({ ...person, residence: { born: '1950', resident: false } });
    expect((await sign.authenticate(elsewhere)).residence).toEqual({ born: '1950', resident: false });
    expect(await sign.authenticate(await identity.issue(person))).not.toHaveProperty('residence');
    expect(() => identity.issue({ ...person, residence: { born: '17.5.1950' } })).toThrow(RangeError);
    for (const wrong of [{ birthdate: 1950 }, { birthdate: '50' }, { municipality: 1 }, { district: {} }])
      expect(() => residenceOf(wrong, 'demo')).toThrow(InvalidToken);
  });

  describe('from the command line', () => {
    const run = async (args: string[], env: Record<string, string>) => {
      const out: string[] = [];
      const err: string[] = [];
      const code = await demoToken(
        args,
        env,
        (text) => out.push(text),
        (text) => err.push(text),
      );
      return { code, out, err: err.join('\n') };
    };

    it('stand alone on stdout, and each role has a person of its own', async () => {
      const data = folder();
      const identity = await DemoIdentity.open(data);
      const people = new Set<string>();
      for (const role of ROLES) {
        const { code, out, err } = await run(['--role', role], { MINIPILOT_DATA: data });
        expect([code, out.length, err]).toEqual([0, 1, '']);
        const claims = await identity.verify(out[0]!);
        expect(claims).toMatchObject({ tenant: 'demo', roles: [role] });
        people.add(claims.email);
      }
      expect(people.size).toBe(ROLES.length);
    });

    it('have several roles, a person and a municipality as asked', async () => {
      const data = folder();
      const args = ['--role', 'member', '--role', 'chair', '--person', 'kalle', '--tenant', 'espoo', '--hours', '1'];
      const { out } = await run(args, { MINIPILOT_DATA: data, MINIPILOT_TENANTS: 'demo,espoo' });
      const claims = await (await DemoIdentity.open(data)).verify(out[0]!);
      expect(claims).toMatchObject({ tenant: 'espoo', roles: ['member', 'chair'], email: 'kalle@demo.example' });
      expect(claims.expiresAt).toBeLessThanOrEqual(Date.now() / 1000 + 3601);
    });

    it('tell age and home as asked', async () => {
      const data = folder();
      const { out } = await run(['--role', 'applicant', '--born', '1950', '--district', 'Jukola'], { MINIPILOT_DATA: data });
      expect((await (await DemoIdentity.open(data)).verify(out[0]!)).residence).toEqual({
        born: '1950',
        resident: true,
        district: 'Jukola',
      });
      const refused = await run(['--role', 'applicant', '--born', 'x'], { MINIPILOT_DATA: data });
      expect([refused.code, refused.err]).toEqual([2, 'born x is neither a year nor a day']);
    });

    it.each([
      [['--role', 'officer'], { MINIPILOT_MODE: 'production' }, 1, 'demo mode only'],
      [[], {}, 2, 'Which role?'],
      [['--role', 'king'], {}, 2, 'Unknown role: king'],
      [['--rolle', 'officer'], {}, 2, "Unknown option '--rolle'"],
      [['--role', 'officer', '--tenant', 'espoo'], {}, 2, 'Municipality espoo is not served here'],
      [['--role', 'officer', '--person', 'A B'], {}, 2, 'person A B'],
      [['--role', 'officer', '--hours', 'x'], {}, 2, 'from above 0'],
      [['--role', 'officer'], { PORT: 'x' }, 2, 'PORT must be'],
      [['--help'], {}, 0, 'Usage: npm run token'],
    ])('are refused for %p %p', async (args, env, code, text) => {
      const result = await run(args, { MINIPILOT_DATA: folder(), ...env });
      expect([result.code, result.out]).toEqual([code, []]);
      expect(result.err).toContain(text);
    });
  });
});
