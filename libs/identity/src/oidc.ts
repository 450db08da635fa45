import { createRemoteJWKSet, customFetch, errors, jwtVerify, type JWTPayload, type JWTVerifyOptions, type RemoteJWKSet } from 'jose';
import * as client from 'openid-client';
import type { ProviderConfig } from '@minipilot/platform/config-sign-in.js';
import { InvalidToken } from '@minipilot/platform/http/access.js';
import { hasPlainLocalPart } from '@minipilot/platform/http/fields.js';
import { residenceOf, type Claims, type Home, type Identity } from './identity.js';
import type { Residence } from '@minipilot/platform/http/request-context.js';
import { VerifiedTokens } from './verified-tokens.js';

/** Signatures that are believed: by a key that only the provider holds. Never a shared secret, never none. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];
/** Seconds by which the provider's clock may differ from ours. */
const TOLERANCE = 30;
/** Milliseconds that the provider may take to answer. */
const PATIENCE = 5_000;
/** Milliseconds for which keys and verified tokens are believed without asking again: a key that was withdrawn counts no longer. */
const KEYS_LAST = 5 * 60_000;
/** Milliseconds after which the provider's description is read anew. */
const DESCRIPTION_LASTS = 60 * 60_000;

/**
 * Why nobody was signed in. `unavailable`: the provider does not answer, or not properly; `interrupted`: the answer does not belong to
 * what this browser began, or comes twice; `refused`: the provider says no; `unverified`: it does not vouch for an e-mail address;
 * `unusable`: the address has letters before the @ that may look like others; `elsewhere`: the person is not of this municipality.
 */
export type SignInFailure = 'unavailable' | 'interrupted' | 'refused' | 'unverified' | 'unusable' | 'elsewhere';

/** Nobody was signed in. The message stays on the server. */
export class SignInFailed extends Error {
  constructor(
    readonly reason: SignInFailure,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'SignInFailed';
  }
}

export interface OidcSettings extends Omit<ProviderConfig, 'issuer'> {
  issuer: () => string;
  /** where the provider sends the browser back to */
  redirectUri: () => string;
  now?: () => Date;
  /** milliseconds before an unknown key makes us ask the provider for its keys again */
  keyCooldownMs?: number;
  /** milliseconds before a provider that did not answer is asked again */
  retryMs?: number;
  fetch?: typeof fetch;
}

/** What the browser must bring back to end the sign-in that it began. */
export interface Begun {
  state: string;
  nonce: string;
  verifier: string;
  /** milliseconds since 1970 */
  at: number;
}

/** Somebody who has signed in. */
export interface SignedIn {
  email: string;
  name?: string;
  /** seconds since 1970; 0 where the provider does not say */
  authenticatedAt: number;
  idToken: string;
  residence?: Residence;
}

interface Known {
  config: client.Configuration;
  keys: RemoteJWKSet;
  at: number;
}

/**
 * An OpenID provider that is known by its issuer alone (OpenID Connect Discovery): signs people in by authorization code with PKCE
 * and verifies the access tokens that it gives for this API (RFC 9068). It may be away at any time, also at start.
 */
export class Oidc implements Identity {
  private readonly tokens: VerifiedTokens;
  private readonly now: () => Date;
  private known: Known | undefined;
  private asking: Promise<Known> | undefined;
  private failedAt = -Infinity;

  constructor(private readonly settings: OidcSettings) {
    this.now = settings.now ?? (() => new Date());
    this.tokens = new VerifiedTokens(this.now, KEYS_LAST);
  }

  /** Where to send the browser, and what it must bring back. `fresh` asks the person to prove anew who they are. */
  async begin({ fresh, language, lastsMs }: { fresh: boolean; language: string; lastsMs: number }): Promise<{ url: URL; begun: Begun }> {
    const { config } = await this.description();
    const begun = {
      state: client.randomState(),
      nonce: client.randomNonce(),
      verifier: client.randomPKCECodeVerifier(),
      at: this.now().getTime(),
    };
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: this.settings.redirectUri(),
      scope: 'openid email profile',
      state: begun.state,
      nonce: begun.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(begun.verifier),
      code_challenge_method: 'S256',
      ui_locales: language,
      // makes the provider tell when the person signed in
      max_age: String(fresh ? 0 : Math.floor(lastsMs / 1000)),
      ...(fresh ? { prompt: 'login' } : {}),
    });
    return { url, begun };
  }

  /** Who comes back from the provider. `query` is as it came, with its question mark. Throws SignInFailed. */
  async finish(query: string, begun: Begun, { tenant, fresh }: { tenant: string; fresh: boolean }): Promise<SignedIn> {
    const { config, keys } = await this.description();
    try {
      const answer = await client.authorizationCodeGrant(config, new URL(this.settings.redirectUri() + query), {
        expectedState: begun.state,
        expectedNonce: begun.nonce,
        pkceCodeVerifier: begun.verifier,
        idTokenExpected: true,
      });
      const idToken = answer.id_token!;
      // the library checks the claims; whose signature it is we see for ourselves
      const { clientId } = this.settings;
      const claims = await this.signed(idToken, keys, { audience: clientId });
      const person = claims['email'] === undefined ? await this.userInfo(config, answer.access_token, claims.sub!) : claims;
      const authenticatedAt = typeof claims['auth_time'] === 'number' ? claims['auth_time'] : 0;
      if (fresh && authenticatedAt * 1000 < begun.at - TOLERANCE * 1000)
        throw new SignInFailed('interrupted', 'the provider did not ask the person anew');
      this.requireTenant(claims, tenant);
      const home = homeOf(person);
      const residence = home && residenceOf(home, tenant);
      return { ...readPerson(person), authenticatedAt, idToken, ...(residence === undefined ? {} : { residence }) };
    } catch (error) {
      throw asFailure(error);
    }
  }

  /** Where the browser tells the provider that the person signs out; null where the provider has no such page or does not answer. */
  async endSessionUrl(idToken: string, returnTo: string): Promise<URL | null> {
    const known = await this.description().catch(() => null);
    if (known?.config.serverMetadata().end_session_endpoint === undefined) return null;
    return client.buildEndSessionUrl(known.config, { id_token_hint: idToken, post_logout_redirect_uri: returnTo });
  }

  /** Verifies an access token. Throws InvalidToken, or SignInFailed `unavailable` where the provider's keys cannot be had. */
  async verify(token: string): Promise<Claims> {
    const remembered = this.tokens.get(token);
    if (remembered !== undefined) return remembered;
    const { keys } = await this.description();
    const payload = await this.signed(token, keys, { audience: this.settings.audience, typ: 'at+jwt' });
    const { sub, iss, exp, auth_time: authenticatedAt } = payload;
    let person: Pick<SignedIn, 'email' | 'name'>;
    try {
      person = readPerson(payload);
    } catch (error) {
      throw new InvalidToken('the token vouches for no e-mail address', { cause: error });
    }
    if (authenticatedAt !== undefined && !Number.isSafeInteger(authenticatedAt)) throw new InvalidToken('auth_time is malformed');
    const home = homeOf(payload);
    const claims: Claims = {
      ...{ subject: `${iss} ${sub}`, tenant: this.tenantOf(payload), roles: [], expiresAt: exp!, ...person },
      ...(authenticatedAt === undefined ? {} : { authenticatedAt: authenticatedAt as number }),
      ...(home === undefined ? {} : { home }),
    };
    this.tokens.remember(token, claims);
    return claims;
  }

  /** Reads the provider's description if need be, so that the first who signs in need not wait. Never throws. */
  async prepare(): Promise<boolean> {
    return this.description().then(
      () => true,
      () => false,
    );
  }

  private async signed(token: string, keys: RemoteJWKSet, checks: JWTVerifyOptions): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(token, keys, {
        algorithms: ALGORITHMS,
        issuer: this.settings.issuer(),
        requiredClaims: ['sub', 'exp', 'iat'],
        clockTolerance: TOLERANCE,
        currentDate: this.now(),
        ...checks,
      });
      return payload;
    } catch (error) {
      if (keysMissing(error)) throw new SignInFailed('unavailable', 'the keys of the sign-in provider cannot be had', { cause: error });
      throw new InvalidToken('the token does not verify', { cause: error });
    }
  }

  /** The municipality that a token names; null where tokens are not asked to. */
  private tenantOf(payload: JWTPayload): string | null {
    if (this.settings.tenantClaim === undefined) return null;
    const tenant = payload[this.settings.tenantClaim];
    if (typeof tenant !== 'string') throw new InvalidToken('the municipality is missing or malformed');
    return tenant;
  }

  private requireTenant(claims: JWTPayload, tenant: string): void {
    const { tenantClaim } = this.settings;
    if (tenantClaim !== undefined && claims[tenantClaim] !== tenant)
      throw new SignInFailed('elsewhere', `the sign-in is not for municipality ${tenant}`);
  }

  private async userInfo(config: client.Configuration, accessToken: string, sub: string): Promise<JWTPayload> {
    if (config.serverMetadata().userinfo_endpoint === undefined) return {};
    return (await client.fetchUserInfo(config, accessToken, sub)) as JWTPayload;
  }

  /** The provider's description; one question at a time, and not again at once after a failure. */
  private async description(): Promise<Known> {
    const now = this.now().getTime();
    if (this.known !== undefined && now - this.known.at < DESCRIPTION_LASTS) return this.known;
    if (now - this.failedAt < (this.settings.retryMs ?? 2_000)) {
      if (this.known !== undefined) return this.known;
      throw new SignInFailed('unavailable', 'the sign-in provider did not answer a moment ago');
    }
    this.asking ??= this.ask().finally(() => (this.asking = undefined));
    try {
      return (this.known = await this.asking);
    } catch (error) {
      this.failedAt = this.now().getTime();
      if (this.known !== undefined) return this.known;
      throw new SignInFailed('unavailable', 'the sign-in provider does not answer', { cause: error });
    }
  }

  private async ask(): Promise<Known> {
    const { clientId, clientSecret, keyCooldownMs = 5_000, fetch: own } = this.settings;
    const issuer = this.settings.issuer();
    const insecure = issuer.startsWith('http:');
    const metadata = { [client.clockTolerance]: TOLERANCE };
    const config = await client.discovery(new URL(issuer), clientId, metadata, authentication(clientSecret), {
      timeout: PATIENCE / 1000,
      execute: insecure ? [client.allowInsecureRequests] : [],
      ...(own === undefined ? {} : { [client.customFetch]: own as client.CustomFetch }),
    });
    const server = config.serverMetadata();
    if (server.issuer !== issuer) throw new Error(`the provider calls itself ${server.issuer}, not ${issuer}`);
    const jwksUri = new URL(server.jwks_uri ?? '');
    if (jwksUri.protocol !== 'https:' && !insecure) throw new Error(`the keys of the provider lie at ${jwksUri.href}, which is not https`);
    const keys = createRemoteJWKSet(jwksUri, {
      timeoutDuration: PATIENCE,
      cooldownDuration: keyCooldownMs,
      cacheMaxAge: KEYS_LAST,
      ...(own === undefined ? {} : { [customFetch]: own }),
    });
    // keys that are there already are not asked for again
    return { config, keys: this.known !== undefined && sameKeys(this.known, config) ? this.known.keys : keys, at: this.now().getTime() };
  }
}

const sameKeys = (known: Known, config: client.Configuration): boolean =>
  known.config.serverMetadata().jwks_uri === config.serverMetadata().jwks_uri;

/** By HTTP Basic, which every provider takes unless it says otherwise; by nothing where there is no secret, since PKCE binds the code. */
function authentication(secret: string | undefined): client.ClientAuth {
  if (secret === undefined) return client.None();
  const [basic, post] = [client.ClientSecretBasic(secret), client.ClientSecretPost(secret)];
  return (server, ...more) => {
    const methods = server.token_endpoint_auth_methods_supported;
    return (methods === undefined || methods.includes('client_secret_basic') ? basic : post)(server, ...more);
  };
}

/** Whom the claims vouch for. Throws SignInFailed. */
function readPerson({ email, email_verified: verified, name }: JWTPayload): Pick<SignedIn, 'email' | 'name'> {
  if (typeof email !== 'string' || !/^[^\s@\p{Cc}]{1,64}@[^\s@\p{Cc}]{1,190}$/u.test(email))
    throw new SignInFailed('unverified', 'there is no e-mail address');
  if (verified !== true) throw new SignInFailed('unverified', 'the e-mail address is not verified');
  if (!hasPlainLocalPart(email)) throw new SignInFailed('unusable', 'the e-mail address has letters other than ASCII before the @');
  const known = typeof name === 'string' && /^[^\p{Cc}]{1,200}$/u.test(name);
  return { email: email.toLowerCase(), ...(known ? { name } : {}) };
}

/** Claims about age and home, where there are any that can be read; they are for a residents' vote and hinder no sign-in. */
function homeOf({ birthdate, municipality, district }: JWTPayload): Home | undefined {
  const home = { birthdate, municipality, district };
  try {
    return residenceOf(home, '') === undefined ? undefined : home;
  } catch (error) {
    if (error instanceof InvalidToken) return undefined;
    throw error;
  }
}

/** Whether the network failed, as `fetch` tells it, perhaps in the words of a library. */
function notReached(error: unknown): boolean {
  const { name, message, cause } = (error ?? {}) as { name?: unknown; message?: unknown; cause?: unknown };
  return (name === 'TypeError' && message === 'fetch failed') || (cause !== undefined && notReached(cause));
}

/** Whether the keys could not be had, as opposed to not fitting the token. */
const keysMissing = (error: unknown): boolean =>
  error instanceof errors.JWKSTimeout ||
  error instanceof errors.JWKSInvalid ||
  (error instanceof errors.JOSEError && error.code === 'ERR_JOSE_GENERIC') ||
  notReached(error);

/** Answers by which the provider shows that it does not work, rather than that it was asked wrongly. */
const BROKEN = new Set([
  'OAUTH_TIMEOUT',
  'OAUTH_ABORT',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_PARSE_ERROR',
  'OAUTH_UNSUPPORTED_OPERATION',
  'OAUTH_HTTP_REQUEST_FORBIDDEN',
]);

function asFailure(error: unknown): SignInFailed {
  if (error instanceof SignInFailed) return error;
  const cause = { cause: error };
  if (error instanceof client.AuthorizationResponseError) return new SignInFailed('refused', `the provider answers ${error.error}`, cause);
  if (error instanceof client.ResponseBodyError) {
    const used = error.error === 'invalid_grant';
    return new SignInFailed(used ? 'interrupted' : 'unavailable', `the provider answers ${error.error}`, cause);
  }
  const broken = notReached(error) || BROKEN.has(String((error as { code?: unknown }).code));
  return new SignInFailed(broken ? 'unavailable' : 'interrupted', 'the answer of the provider is not good', cause);
}
