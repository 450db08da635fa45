import { exportJWK, generateKeyPair, importJWK, jwtVerify, SignJWT, type CryptoKey, type JWTPayload } from 'jose';
import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InvalidToken } from '@minipilot/platform/http/access.js';
import type { Residence } from '@minipilot/platform/http/request-context.js';
import { isBorn, residenceOf, type Claims, type Identity } from './identity.js';
import { isRole, type Role } from './roles.js';

const ISSUER = 'https://minipilot.example/demo';
const AUDIENCE = 'minipilot';
const TYPE = 'at+jwt';
const ALGORITHM = 'EdDSA';
const TENANT = /^[a-z0-9]{2,20}$/;
const EMAIL = /^[a-z0-9.-]{1,64}@[a-z0-9.-]{1,190}$/;

/** Verified tokens that are remembered at most. */
const CACHE = 5_000;
/** Hours that a demo token lasts. */
export const DEMO_TOKEN_HOURS = 12;

/** The key file cannot be used; the message says why and what to do. */
export class DemoKeyRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DemoKeyRefused';
  }
}

/** Where the demo's signing key lies in a data folder. */
export const demoKeyFile = (data: string): string => join(data, 'keys', 'demo-token.jwk');

async function createKey(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const draft = `${file}.${randomBytes(8).toString('hex')}`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(JSON.stringify(await exportJWK(privateKey)));
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await link(draft, file);
  } catch (error) {
    // another process was faster; its key counts
    if ((error as { code?: string }).code !== 'EEXIST') throw error;
  } finally {
    await unlink(draft);
  }
}

/** Signs and verifies the tokens of a demonstration: no passwords, no real people. Never for production. */
export class DemoIdentity implements Identity {
  private readonly verified = new Map<string, Claims>();

  private constructor(
    private readonly privateKey: CryptoKey,
    private readonly publicKey: CryptoKey,
    private readonly now: () => Date,
  ) {}

  /** Reads the key of a data folder, or makes one. Throws DemoKeyRefused where others could read it or it is damaged. */
  static async open(data: string, now: () => Date = () => new Date()): Promise<DemoIdentity> {
    const file = demoKeyFile(data);
    await stat(file).catch(async (error: { code?: string }) => {
      if (error.code !== 'ENOENT') throw error;
      await createKey(file);
    });
    if (((await stat(file)).mode & 0o077) !== 0) throw new DemoKeyRefused(`${file} can be read by others; run: chmod 600 ${file}`);
    try {
      const { d, ...publicJwk } = JSON.parse(await readFile(file, 'utf8')) as Record<string, string>;
      const privateKey = await importJWK({ ...publicJwk, d: d! }, ALGORITHM);
      const publicKey = await importJWK(publicJwk, ALGORITHM);
      return new DemoIdentity(privateKey as CryptoKey, publicKey as CryptoKey, now);
    } catch {
      throw new DemoKeyRefused(`${file} is damaged; delete it to get a new key (tokens given before stop working)`);
    }
  }

  /** A token for a fictional person. `person` becomes the e-mail `<person>@demo.example`. */
  issue(person: {
    person: string;
    name?: string;
    tenant: string;
    roles: readonly Role[];
    hours?: number;
    residence?: Residence;
  }): Promise<string> {
    const { person: id, name, tenant, roles, hours = DEMO_TOKEN_HOURS, residence = {} } = person;
    if (!/^[a-z0-9-]{1,40}$/.test(id)) throw new RangeError(`person ${id} is not made of 1 to 40 of a–z, 0–9 and dash`);
    if (!TENANT.test(tenant)) throw new RangeError(`tenant ${tenant} is not made of 2 to 20 of a–z and 0–9`);
    if (!(hours > 0 && hours <= 24 * 30)) throw new RangeError('a token lasts from above 0 to 720 hours');
    if (residence.born !== undefined && !isBorn(residence.born)) throw new RangeError(`born ${residence.born} is neither a year nor a day`);
    const seconds = Math.floor(this.now().getTime() / 1000);
    return new SignJWT({
      tenant,
      roles: [...roles],
      email: `${id}@demo.example`,
      auth_time: seconds,
      ...(name === undefined ? {} : { name }),
      ...(residence.born === undefined ? {} : { birthdate: residence.born }),
      ...(residence.resident === undefined ? {} : { municipality: residence.resident ? tenant : 'elsewhere' }),
      ...(residence.district === undefined ? {} : { district: residence.district }),
    })
      .setProtectedHeader({ alg: ALGORITHM, typ: TYPE })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(`demo:${tenant}:${id}`)
      .setIssuedAt(seconds)
      .setExpirationTime(seconds + Math.ceil(hours * 3600))
      .setJti(randomBytes(12).toString('base64url'))
      .sign(this.privateKey);
  }

  async verify(token: string): Promise<Claims> {
    const known = this.verified.get(token);
    if (known !== undefined) {
      if (known.expiresAt * 1000 > this.now().getTime()) return known;
      this.verified.delete(token);
    }
    let payload: JWTPayload;
    try {
      ({ payload } = await jwtVerify(token, this.publicKey, {
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        audience: AUDIENCE,
        typ: TYPE,
        requiredClaims: ['sub', 'exp', 'iat'],
        currentDate: this.now(),
      }));
    } catch (error) {
      throw new InvalidToken('the token does not verify', { cause: error });
    }
    const claims = readClaims(payload);
    if (this.verified.size >= CACHE) this.verified.delete(this.verified.keys().next().value!);
    this.verified.set(token, claims);
    return claims;
  }
}

function readClaims(payload: JWTPayload): Claims {
  const { sub, exp, tenant, roles, email, name, auth_time: authenticatedAt } = payload;
  if (typeof tenant !== 'string' || !TENANT.test(tenant)) throw new InvalidToken('tenant is missing or malformed');
  if (!Array.isArray(roles) || !roles.every(isRole)) throw new InvalidToken('roles are missing or unknown');
  if (typeof email !== 'string' || !EMAIL.test(email)) throw new InvalidToken('email is missing or malformed');
  if (name !== undefined && typeof name !== 'string') throw new InvalidToken('name is malformed');
  if (authenticatedAt !== undefined && !Number.isSafeInteger(authenticatedAt)) throw new InvalidToken('auth_time is malformed');
  const residence = residenceOf(payload, tenant);
  return {
    ...{ subject: sub!, tenant, roles, email, expiresAt: exp! },
    ...(name === undefined ? {} : { name }),
    ...(authenticatedAt === undefined ? {} : { authenticatedAt: authenticatedAt as number }),
    ...(residence === undefined ? {} : { residence }),
  };
}
