import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import Provider, { type Configuration } from 'oidc-provider';
import { providerMemory } from './demo-memory.js';

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** where it leads, absolute; undefined where it does not */
  location: string | undefined;
}

/** A browser as far as signing in goes: keeps cookies by name and follows redirects as it is told. */
export class Visitor {
  readonly cookies = new Map<string, string>();

  async go(url: string, init: RequestInit = {}): Promise<Answer> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...(init.headers as Record<string, string> | undefined), ...(cookie === '' ? {} : { cookie }) };
    const answer = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      if (value === '' || /max-age=0|expires=Thu, 01 Jan 1970/i.test(line)) this.cookies.delete(name!);
      else this.cookies.set(name!, value!);
    }
    const location = answer.headers.get('location');
    return {
      status: answer.status,
      headers: answer.headers,
      text: await answer.text(),
      location: location === null ? undefined : new URL(location, url).href,
    };
  }

  /** Goes on from `url` until something leads to an address that begins with `until`, and returns that address without going there. */
  async follow(url: string, until: string): Promise<string> {
    let at = url;
    for (let steps = 0; steps < 20; steps++) {
      const { location, status, text } = await this.go(at);
      if (location === undefined) throw new Error(`${at} leads nowhere: ${status} ${text}`);
      if (location.startsWith(until)) return location;
      at = location;
    }
    throw new Error(`${url} leads around in circles`);
  }
}

/** Whom the foreign provider signs in, and what it says about them. */
export interface Person {
  sub: string;
  email?: string;
  email_verified?: unknown;
  name?: string;
  [claim: string]: unknown;
}

export const CLIENT = { clientId: 'minipilot-web', clientSecret: 'tuikesalainen-tuikesalainen', audience: 'minipilot-api' };

/** A real OpenID provider of somebody else's on loopback. It asks no password; it can change its keys, go away and come back. */
export class ForeignProvider {
  person: Person = { sub: 'p-1', email: 'Kerttu@Kunta.example', email_verified: true, name: 'Kerttu Kuvitteellinen' };
  /** answers to requests for its keys so far */
  keysAsked = 0;
  /** claims only at the userinfo endpoint */
  thrifty = false;
  private server: Server | undefined;
  private port = 0;
  private current!: { kid: string; privateKey: CryptoKey; jwk: JWK };
  private provider!: Provider;

  private constructor(private readonly redirectUri: string) {}

  static async start(redirectUri: string): Promise<ForeignProvider> {
    const foreign = new ForeignProvider(redirectUri);
    await foreign.newKey();
    await foreign.back();
    return foreign;
  }

  get issuer(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get key(): { kid: string; privateKey: CryptoKey; jwk: JWK } {
    return this.current;
  }

  async back(): Promise<void> {
    this.server = createServer((request, response) => void this.answer(request, response));
    await new Promise<void>((resolve) => this.server!.listen(this.port, '127.0.0.1', resolve));
    this.port = (this.server.address() as AddressInfo).port;
    this.provider = this.create();
  }

  async away(): Promise<void> {
    this.server!.closeAllConnections();
    await new Promise((resolve) => this.server!.close(resolve));
  }

  /** From now on it signs with another key, and names the old one no more. */
  async rotate(): Promise<void> {
    await this.newKey();
    this.provider = this.create();
  }

  /** An access token as this provider would give one, but for what is told. */
  accessToken(claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const { sub, email, email_verified, name } = this.person;
    const good = { iss: this.issuer, aud: CLIENT.audience, iat: now, exp: now + 600, auth_time: now, sub, email, email_verified, name };
    return new SignJWT({ ...good, ...claims })
      .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: this.current.kid, ...header })
      .sign(this.current.privateKey);
  }

  private async newKey(): Promise<void> {
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    const kid = `key-${Math.random().toString(36).slice(2)}`;
    this.current = { kid, privateKey, jwk: { ...(await exportJWK(privateKey)), kid, alg: 'RS256', use: 'sig' } };
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/jwks') this.keysAsked++;
    if (request.url?.startsWith('/who/') !== true) return this.provider.callback()(request, response);
    await this.provider.interactionFinished(request, response, { login: { accountId: this.person.sub } });
  }

  private create(): Provider {
    const configuration: Configuration = {
      adapter: providerMemory(),
      clients: [
        {
          client_id: CLIENT.clientId,
          client_secret: CLIENT.clientSecret,
          redirect_uris: [this.redirectUri],
          post_logout_redirect_uris: ['https://pilotit.example/auth/session'],
        },
      ],
      jwks: { keys: [this.current.jwk as never] },
      cookies: { keys: ['test'], names: { session: 'op', interaction: 'op-who', resume: 'op-resume' } },
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'birthdate', 'municipality', 'district'] },
      scopes: ['openid', 'email', 'profile'],
      conformIdTokenClaims: this.thrifty,
      findAccount: (_, sub) => ({ accountId: sub, claims: async () => ({ ...this.person, sub }) }),
      loadExistingGrant: async (ctx) => {
        const grant = new ctx.oidc.provider.Grant({ clientId: CLIENT.clientId, accountId: ctx.oidc.session!.accountId! });
        grant.addOIDCScope('openid email profile');
        await grant.save();
        return grant;
      },
      interactions: { url: (_, { uid }) => `/who/${uid}` },
      features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true }, userinfo: { enabled: true } },
      ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
    };
    return new Provider(this.issuer, configuration);
  }
}
