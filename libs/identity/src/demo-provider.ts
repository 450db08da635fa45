import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import Provider, { type Configuration, type JWK as ProviderKey, type KoaContextWithOIDC } from 'oidc-provider';
import { preferredLanguage } from '@minipilot/platform/http/language.js';
import type { Mount } from '@minipilot/platform/http/server.js';
import { openDemoKey } from './demo-key.js';
import { providerMemory } from './demo-memory.js';
import { DEMO_PEOPLE, demoEmail } from './demo-people.js';
import { PAGE_STYLE_HASH, peoplePage, sayPage, signOutPage } from './demo-provider-page.js';

/** Where the demonstration's own provider lies. */
export const DEMO_PROVIDER = '/demo/oidc';
/** As which the service is known to it. */
export const DEMO_CLIENT = 'minipilot';
const ALGORITHM = 'ES256';
const SECONDS = { minute: 60, hour: 3_600 };

/** The provider's memory of a browser, as the browser sends it. */
const SESSION_COOKIES = /(^|;)\s*demo-provider(\.sig)?=[^;]*/g;

/** Most bytes of the form with which somebody is chosen. */
const FORM = 1_000;

/** What the provider's pages may load: nothing but their own style. */
export const DEMO_PROVIDER_POLICY = {
  'default-src': ["'none'"],
  'style-src': [`'sha256-${PAGE_STYLE_HASH}'`],
  'form-action': ["'self'"],
  'frame-ancestors': ["'none'"],
  'base-uri': ["'none'"],
};

/**
 * An OpenID provider for a demonstration: it lives in this process, asks for no password and signs in whomever one picks from its
 * fictional people. What it remembers is gone with the process. `publicUrl` is where browsers reach this service, `home`
 * the municipality where its people live.
 */
export async function demoProvider(data: string, publicUrl: () => string, home: string): Promise<Mount> {
  const key = await openDemoKey(join(data, 'keys', 'demo-provider.jwk'), ALGORITHM);
  // the address is known when the server listens, which is before the first request
  let provider: Provider | undefined;
  const ready = () => (provider ??= createProvider(publicUrl(), { ...key, alg: ALGORITHM, use: 'sig' } as ProviderKey, home));
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { host, protocol } = new URL(publicUrl());
    // its addresses follow from ours, never from what a request says
    request.headers['x-forwarded-host'] = host;
    request.headers['x-forwarded-proto'] = protocol.slice(0, -1);
    const path = request.url!.split('?', 1)[0]!;
    // each sign-in chooses anew, so that one may go on as somebody else
    if (path === '/auth' || path.startsWith('/auth/')) request.headers.cookie = (request.headers.cookie ?? '').replace(SESSION_COOKIES, '');
    if (!path.startsWith('/choose/')) return void ready().callback()(request, response);
    await choose(ready(), request, response);
  };
  return {
    prefix: DEMO_PROVIDER,
    handle: (request, response) =>
      void handle(request, response).catch(() =>
        sendPage(response, 400, sayPage(languageOf(request), 'over', `${publicUrl()}/auth/session`)),
      ),
  };
}

const languageOf = (request: IncomingMessage) => {
  const asked = /[?&]lang=(fi|sv|en)\b/.exec(request.url ?? '')?.[1];
  return preferredLanguage(asked ?? request.headers['accept-language'] ?? 'fi');
};

function sendPage(response: ServerResponse, status: number, page: string): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }).end(page);
}

/** The list of people, and the choice of one. */
async function choose(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  // throws where this browser began no sign-in here, or it is over
  await provider.interactionDetails(request, response);
  if (request.method !== 'POST') return sendPage(response, 200, peoplePage(languageOf(request)));
  const chosen = new URLSearchParams(await bodyOf(request)).get('person');
  if (!DEMO_PEOPLE.some(({ id }) => id === chosen)) return sendPage(response, 400, peoplePage(languageOf(request)));
  await provider.interactionFinished(request, response, { login: { accountId: chosen! } }, { mergeWithLastSubmission: false });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > FORM) throw new RangeError('the form is too big');
  }
  return text;
}

function createProvider(publicUrl: string, key: ProviderKey, home: string): Provider {
  const secure = publicUrl.startsWith('https:');
  const cookie = { httpOnly: true, sameSite: 'lax' as const, secure, signed: true };
  const configuration: Configuration = {
    adapter: providerMemory(),
    clients: [
      {
        client_id: DEMO_CLIENT,
        redirect_uris: [`${publicUrl}/auth/callback`],
        post_logout_redirect_uris: [`${publicUrl}/auth/session`],
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code'],
        response_types: ['code'],
        id_token_signed_response_alg: ALGORITHM,
      },
    ],
    jwks: { keys: [key] },
    clientDefaults: { id_token_signed_response_alg: ALGORITHM },
    enabledJWA: { idTokenSigningAlgValues: [ALGORITHM] },
    cookies: {
      keys: [randomBytes(32).toString('base64url')],
      names: { session: 'demo-provider', interaction: 'demo-provider-choice', resume: 'demo-provider-resume' },
      long: cookie,
      short: cookie,
    },
    pkce: { required: () => true },
    scopes: ['openid', 'email', 'profile'],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'birthdate', 'municipality', 'district'] },
    conformIdTokenClaims: false,
    findAccount: (_, id) => {
      const person = DEMO_PEOPLE.find((one) => one.id === id);
      if (person === undefined) return undefined;
      const { born, resident, district } = person.residence ?? {};
      const lives = { birthdate: born, district, ...(resident === true ? { municipality: home } : {}) };
      return { accountId: id, claims: () => ({ sub: id, name: person.name, email: demoEmail(id), email_verified: true, ...lives }) };
    },
    // nothing to agree to: the one client is this very service
    loadExistingGrant: async (ctx) => {
      const grant = new ctx.oidc.provider.Grant({ clientId: DEMO_CLIENT, accountId: ctx.oidc.session!.accountId! });
      grant.addOIDCScope('openid email profile');
      await grant.save();
      return grant;
    },
    interactions: { url: (_, { uid }) => `${DEMO_PROVIDER}/choose/${uid}` },
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => htmlOf(ctx, signOutPage(languageOf(ctx.req), form)),
        postLogoutSuccessSource: (ctx) => htmlOf(ctx, sayPage(languageOf(ctx.req), 'out', `${publicUrl}/auth/session`)),
      },
    },
    ttl: {
      AccessToken: SECONDS.minute,
      AuthorizationCode: SECONDS.minute,
      Grant: SECONDS.hour,
      IdToken: SECONDS.hour,
      Interaction: SECONDS.hour,
      Session: SECONDS.hour,
    },
    renderError: (ctx) => htmlOf(ctx, sayPage(languageOf(ctx.req), 'over', `${publicUrl}/auth/session`)),
  };
  const provider = new Provider(`${publicUrl}${DEMO_PROVIDER}`, configuration);
  provider.proxy = true;
  return provider;
}

function htmlOf(ctx: KoaContextWithOIDC, page: string): void {
  ctx.type = 'html';
  ctx.body = page;
}
