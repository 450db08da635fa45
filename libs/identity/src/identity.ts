import { decodeJwt } from 'jose';
import { InvalidToken, type Authenticator } from '@minipilot/platform/http/access.js';
import type { Caller, Residence } from '@minipilot/platform/http/request-context.js';
import type { Sessions } from '@minipilot/platform/privacy/sessions.js';
import type { Role } from './roles.js';

/** What a sign-in says about a person. */
export interface Claims {
  /** the identity provider's own name for the person */
  subject: string;
  /** the one municipality in which it holds; null where it says nothing about that */
  tenant: string | null;
  /** beside those that the person was given in the municipality */
  roles: readonly Role[];
  /** verified by the provider, in lower case */
  email: string;
  name?: string;
  /** seconds since 1970 */
  expiresAt: number;
  /** when the person last proved who they are, seconds since 1970; undefined where the token does not say */
  authenticatedAt?: number;
  /** where the provider tells age and home, of the token's municipality */
  residence?: Residence;
  /** the same as the provider's own claims, where the token is of no one municipality */
  home?: Home;
}

/** Claims about age and home, as they came: `birthdate`, `municipality`, `district`. */
export type Home = Readonly<Record<string, unknown>>;

export interface Identity {
  /** Throws InvalidToken for a token that is not genuine, not for this service, or no longer good. */
  verify(token: string): Promise<Claims>;
}

/** What is known here about the people of a municipality. */
export interface People {
  /** the random subject id under which a person is known there; a new person gets one */
  subjectOf(tenant: string, claims: Pick<Claims, 'email' | 'name' | 'roles'>): Promise<{ subject: string }>;
  /** the roles that a person was given there and holds now */
  rolesOf(tenant: string, subject: string): Promise<readonly string[]>;
}

/** Whose token it says it is. It is believed only after that issuer's own keys have verified it. */
function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

/** Tokens of several issuers, each verified by its own keys and by no other's. */
export function byIssuer(identities: ReadonlyMap<string, Identity>): Identity {
  return {
    async verify(token) {
      const identity = identities.get(issuerOf(token) ?? '');
      if (identity === undefined) throw new InvalidToken('the issuer is not known here');
      return identity.verify(token);
    },
  };
}

/** What a caller is made of, whichever way it came. */
type Told = Pick<Claims, 'email' | 'name' | 'roles' | 'authenticatedAt'> & { residence?: Residence | undefined };

/**
 * Bearer tokens and sessions of browsers to callers. `tenants` are those served here. Subject and roles are looked up on every
 * request, so that a role that was taken away is gone at once, and a person who was forgotten is not taken for the one of before.
 */
export function authenticator(
  identity: Identity,
  people: People,
  tenants: readonly string[],
  sessions?: Pick<Sessions, 'find'>,
): Authenticator {
  const caller = async (tenant: string, subject: string, told: Told): Promise<Caller> => {
    const { email, name, authenticatedAt, residence } = told;
    const roles = [...new Set(['applicant', ...told.roles, ...(await people.rolesOf(tenant, subject))])];
    const more = {
      ...(name === undefined ? {} : { name }),
      ...(authenticatedAt === undefined ? {} : { authenticatedAt }),
      ...(residence === undefined ? {} : { residence }),
    };
    return { subject, tenant, roles, email, ...more };
  };
  return {
    async authenticate(token, asked) {
      const claims = await identity.verify(token);
      const tenant = claims.tenant ?? asked ?? tenants[0]!;
      if (!tenants.includes(tenant)) throw new InvalidToken(`tenant ${tenant} is not served here`);
      const residence = claims.residence ?? (claims.home && residenceOf(claims.home, tenant));
      const { subject } = await people.subjectOf(tenant, claims);
      return caller(tenant, subject, { ...claims, residence });
    },
    async ofSession(id) {
      const session = (await sessions?.find(id)) ?? null;
      if (session === null || !tenants.includes(session.tenant)) return null;
      return caller(session.tenant, session.subject, { ...session, roles: [] });
    },
  };
}

/** A day of birth, or its year alone, as OpenID Connect writes them. */
export const isBorn = (text: string): boolean => /^(19|20)\d{2}(-\d{2}-\d{2})?$/.test(text);

/**
 * Age and home in a provider's claims: `birthdate` as OpenID Connect writes it, `municipality` as a code, of which `own` is this
 * municipality's, and `district`. Undefined where it tells none of them. Throws InvalidToken on what is malformed.
 */
export function residenceOf({ birthdate, municipality, district }: Home, own: string): Residence | undefined {
  if (birthdate === undefined && municipality === undefined && district === undefined) return undefined;
  if (birthdate !== undefined && (typeof birthdate !== 'string' || !isBorn(birthdate))) throw new InvalidToken('birthdate is malformed');
  if (municipality !== undefined && typeof municipality !== 'string') throw new InvalidToken('municipality is malformed');
  if (district !== undefined && typeof district !== 'string') throw new InvalidToken('district is malformed');
  return {
    ...(birthdate === undefined ? {} : { born: birthdate }),
    ...(municipality === undefined ? {} : { resident: municipality === own }),
    ...(district === undefined ? {} : { district }),
  };
}
