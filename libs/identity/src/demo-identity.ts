import { importJWK, jwtVerify, SignJWT, type CryptoKey, type JWTPayload } from 'jose';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { InvalidToken } from '@minipilot/platform/http/access.js';
import type { Residence } from '@minipilot/platform/http/request-context.js';
import { DemoKeyRefused, openDemoKey } from './demo-key.js';
import { isBorn, residenceOf, type Claims, type Identity } from './identity.js';
import { isRole, type Role } from './roles.js';
import { VerifiedTokens } from './verified-tokens.js';

export { DemoKeyRefused } from './demo-key.js';

/** Who issues demo tokens, as they say. */
export const DEMO_ISSUER = 'https://minipilot.example/demo';
const AUDIENCE = 'minipilot';
const TYPE = 'at+jwt';
const ALGORITHM = 'EdDSA';
const TENANT = /^[a-z0-9]{2,20}$/;
const EMAIL = /^[a-z0-9.-]{1,64}@[a-z0-9.-]{1,190}$/;

/** Hours that a demo token lasts. */
export const DEMO_TOKEN_HOURS = 12;

/** Where the demo's signing key lies in a data folder. */
export const demoKeyFile = (data: string): string => join(data, 'keys', 'demo-token.jwk');

/** Signs and verifies the tokens of a demonstration: no passwords, no real people. Never for production. */
export class DemoIdentity implements Identity {
  private readonly verified: VerifiedTokens;

  private constructor(
    private readonly privateKey: CryptoKey,
    private readonly publicKey: CryptoKey,
    private readonly now: () => Date,
  ) {
    this.verified = new VerifiedTokens(now);
  }

  /** Reads the key of a data folder, or makes one. Throws DemoKeyRefused where others could read it or it is damaged. */
  static async open(data: string, now: () => Date = () => new Date()): Promise<DemoIdentity> {
    const file = demoKeyFile(data);
    const jwk = await openDemoKey(file, ALGORITHM);
    try {
      const { d, ...publicJwk } = jwk;
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
      .setIssuer(DEMO_ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(`demo:${tenant}:${id}`)
      .setIssuedAt(seconds)
      .setExpirationTime(seconds + Math.ceil(hours * 3600))
      .setJti(randomBytes(12).toString('base64url'))
      .sign(this.privateKey);
  }

  async verify(token: string): Promise<Claims> {
    const known = this.verified.get(token);
    if (known !== undefined) return known;
    let payload: JWTPayload;
    try {
      ({ payload } = await jwtVerify(token, this.publicKey, {
        algorithms: [ALGORITHM],
        issuer: DEMO_ISSUER,
        audience: AUDIENCE,
        typ: TYPE,
        requiredClaims: ['sub', 'exp', 'iat'],
        currentDate: this.now(),
      }));
    } catch (error) {
      throw new InvalidToken('the token does not verify', { cause: error });
    }
    const claims = readClaims(payload);
    this.verified.remember(token, claims);
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
