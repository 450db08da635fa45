import { InvalidToken, type Authenticator } from '@minipilot/platform/http/access.js';
import type { Caller } from '@minipilot/platform/http/request-context.js';
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
      const { tenant, email, name, authenticatedAt } = claims;
      const more = { ...(name === undefined ? {} : { name }), ...(authenticatedAt === undefined ? {} : { authenticatedAt }) };
      return { subject, tenant, roles, email, ...more };
    },
  };
}
