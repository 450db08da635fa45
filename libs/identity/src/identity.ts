import { InvalidToken, type Authenticator } from '@minipilot/platform/http/access.js';
import type { Caller, Residence } from '@minipilot/platform/http/request-context.js';
import type { Role } from './roles.js';

/** What a sign-in says about a person. */
export interface Claims {
  /** the identity provider's own name for the person */
  subject: string;
  tenant: string;
  roles: readonly Role[];
  /** verified by the provider, in lower case */
  email: string;
  name?: string;
  /** seconds since 1970 */
  expiresAt: number;
  /** when the person last proved who they are, seconds since 1970; undefined where the token does not say */
  authenticatedAt?: number;
  /** where the provider tells age and home */
  residence?: Residence;
}

export interface Identity {
  /** Throws InvalidToken for a token that is not genuine, not for this service, or no longer good. */
  verify(token: string): Promise<Claims>;
}

/** Finds the random subject id under which a person is known in a municipality; a new person gets one. */
export type SubjectResolver = (tenant: string, claims: Claims) => Promise<{ subject: string }>;

/**
 * Bearer tokens to callers. `tenants` are those served here. The subject is looked up on every request, so that a
 * person who was forgotten is not taken for the one of before.
 */
export function authenticator(identity: Identity, subjectOf: SubjectResolver, tenants: readonly string[]): Authenticator {
  return {
    async authenticate(token): Promise<Caller> {
      const claims = await identity.verify(token);
      if (!tenants.includes(claims.tenant)) throw new InvalidToken(`tenant ${claims.tenant} is not served here`);
      const { subject } = await subjectOf(claims.tenant, claims);
      const roles = claims.roles.includes('applicant') ? claims.roles : ['applicant', ...claims.roles];
      const { tenant, email, name, authenticatedAt, residence } = claims;
      const more = {
        ...(name === undefined ? {} : { name }),
        ...(authenticatedAt === undefined ? {} : { authenticatedAt }),
        ...(residence === undefined ? {} : { residence }),
      };
      return { subject, tenant, roles, email, ...more };
    },
  };
}

/** A day of birth, or its year alone, as OpenID Connect writes them. */
export const isBorn = (text: string): boolean => /^(19|20)\d{2}(-\d{2}-\d{2})?$/.test(text);

/**
 * Age and home in a provider's claims: `birthdate` as OpenID Connect writes it, `municipality` as a code, of which `own` is this
 * municipality's, and `district`. Undefined where it tells none of them. Throws InvalidToken on what is malformed.
 */
export function residenceOf({ birthdate, municipality, district }: Readonly<Record<string, unknown>>, own: string): Residence | undefined {
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
