import { person, rolesAt } from '@minipilot/grants/person/person.js';
import { personStream } from '@minipilot/grants/streams.js';
import { DEMO_ISSUER, DemoIdentity } from '@minipilot/identity/demo-identity.js';
import { authenticator, byIssuer, type Identity, type People } from '@minipilot/identity/identity.js';
import { Oidc } from '@minipilot/identity/oidc.js';
import { Rejected } from '@minipilot/kernel/decider.js';
import { uuid5 } from '@minipilot/kernel/ids.js';
import type { Config } from '@minipilot/platform/config.js';
import { isSafe } from '@minipilot/platform/config-sign-in.js';
import type { Authenticator } from '@minipilot/platform/http/access.js';
import { Browsers } from '@minipilot/platform/http/browser.js';
import type { Mount } from '@minipilot/platform/http/server.js';
import type { SignInParts } from '../sign-in.js';
import type { WriteParts } from './parts.js';

/** The process cannot do its work with these settings. */
export class CannotStart extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CannotStart';
  }
}

/** Where the demonstration's own provider lies; its module is loaded in demo mode alone. */
const DEMO_PROVIDER = '/demo/oidc';

/** How people sign in at a process, ready for its server. */
export interface SigningIn {
  authenticator: Authenticator;
  browsers: Browsers;
  mounts: readonly Mount[];
  /** Content-Security-Policy of the pages of the demonstration's provider */
  pages: (path: string) => Readonly<Record<string, readonly string[]>> | undefined;
  parts: SignInParts;
  /** tells where the process listens */
  listening(url: string): void;
}

/** Throws CannotStart where nobody could sign in safely. */
export function requireProvider({ mode, publicUrl, signIn: { provider } }: Config): void {
  if (mode !== 'production') return;
  if (provider === undefined)
    throw new CannotStart(
      'In production people sign in with an OpenID provider: set MINIPILOT_OIDC_ISSUER and MINIPILOT_OIDC_CLIENT_ID. ' +
        "The demonstration's own provider, which asks for no password, runs with MINIPILOT_MODE=demo only.",
    );
  if (publicUrl === undefined || !isSafe(publicUrl))
    throw new CannotStart('Set MINIPILOT_PUBLIC_URL to the https address under which browsers reach this service.');
  if (provider.issuer.startsWith(`${publicUrl}${DEMO_PROVIDER}`))
    throw new CannotStart("MINIPILOT_OIDC_ISSUER names the demonstration's own provider, which is not there in production.");
}

/** Composes signing in: with the provider of the settings, or in a demonstration with its own. */
export async function openSignIn(config: Config, write: WriteParts, log: SignInParts['log']): Promise<SigningIn> {
  const { mode, data, tenants, freshMinutes, signIn } = config;
  const { vault } = write;
  let local: string | undefined;
  const publicUrl = (): string => {
    const url = config.publicUrl ?? local;
    if (url === undefined) throw new Error('nobody signs in before the server listens');
    return url;
  };
  const people = peopleOf(write);
  const identities = new Map<string, Identity>();
  if (mode === 'demo') identities.set(DEMO_ISSUER, await DemoIdentity.open(data));
  const redirectUri = () => `${publicUrl()}/auth/callback`;
  let oidc: Oidc;
  const mounts: Mount[] = [];
  let pages: SigningIn['pages'] = () => undefined;
  if (signIn.provider !== undefined) {
    const { issuer } = signIn.provider;
    oidc = new Oidc({ ...signIn.provider, issuer: () => issuer, redirectUri });
    identities.set(issuer, oidc);
  } else {
    const { demoProvider, DEMO_CLIENT, DEMO_PROVIDER_POLICY } = await import('@minipilot/identity/demo-provider.js');
    mounts.push(await demoProvider(data, publicUrl, tenants[0]!));
    pages = (path) => (path.startsWith(`${DEMO_PROVIDER}/`) ? DEMO_PROVIDER_POLICY : undefined);
    oidc = new Oidc({
      ...{ clientId: DEMO_CLIENT, clientSecret: undefined, audience: DEMO_CLIENT, tenantClaim: undefined },
      issuer: () => publicUrl() + DEMO_PROVIDER,
      redirectUri,
      // it is this very process, which may not reach itself by its public name
      fetch: (input, init) => fetch(String(input).replace(publicUrl(), local!), init),
    });
  }
  const browsers = new Browsers(publicUrl);
  const sign = authenticator(byIssuer(identities), people, tenants, vault.sessions);
  const limits = { idleMs: signIn.idleMs, lastsMs: signIn.lastsMs };
  await appointAdmins(signIn.admins, write);
  return {
    authenticator: sign,
    browsers,
    mounts,
    pages,
    parts: {
      ...{ oidc, browsers, limits, people, tenants, freshMinutes, log },
      sessions: vault.sessions,
      authenticator: sign,
      ownAddress: config.publicUrl === undefined,
    },
    listening(url) {
      // an address for everybody is none to go to
      local = url.replace(/\/\/(0\.0\.0\.0|\[::\])/, '//localhost');
      void oidc.prepare().then((there) => {
        if (!there) log.warn({}, 'the sign-in provider does not answer; it is asked again when somebody signs in');
      });
    },
  };
}

/** People by the vault's register, their roles by their own streams. */
function peopleOf({ vault, runner, clock }: WriteParts): People {
  const rolesOf: People['rolesOf'] = async (tenant, subject) => {
    const { state } = await runner.look(person, personStream(tenant, subject));
    return rolesAt(state, clock.now());
  };
  return {
    rolesOf,
    async subjectOf(tenant, { email, name, roles }) {
      const { subject } = await vault.resolve(tenant, { kind: 'email', value: email });
      // staff are called by their names where an auditor asks who did it
      const staff = roles.some((role) => role !== 'applicant') || (await rolesOf(tenant, subject)).length > 0;
      if (staff) await vault.putName(tenant, subject, name ?? email, name === undefined ? 'other' : 'self');
      return { subject };
    },
  };
}

/** Gives a role by the settings or the demonstration, where the person does not hold it. `again` makes it another command. */
export async function appoint(
  { runner, vault }: Pick<WriteParts, 'runner' | 'vault'>,
  {
    tenant,
    email,
    role,
    by,
    again = '',
  }: { tenant: string; email: string; role: string; by: 'flow.settings' | 'flow.demo'; again?: string },
): Promise<void> {
  const { subject } = await vault.resolve(tenant, { kind: 'email', value: email });
  const done = await runner.run({
    aggregate: person,
    stream: personStream(tenant, subject),
    command: { type: 'GrantRole', subject, role, until: null },
    commandId: uuid5('appoint', by, tenant, subject, role, again),
    actor: by,
    tenant,
    body: {},
    secrets: [{ purpose: 'contact', payload: { v: 1, email } }],
  });
  if (done instanceof Rejected) throw new Error(`${role} could not be given: ${done.code}`);
}

/** Whoever the settings name is admin after each start, also after having lost the role: it is the way back in. */
async function appointAdmins(admins: Config['signIn']['admins'], write: WriteParts): Promise<void> {
  for (const { tenant, email } of admins) {
    const { subject } = await write.vault.resolve(tenant, { kind: 'email', value: email });
    const { state, revision } = await write.runner.look(person, personStream(tenant, subject));
    if (rolesAt(state, write.clock.now()).includes('admin')) continue;
    await appoint(write, { tenant, email, role: 'admin', by: 'flow.settings', again: String(revision) });
  }
}
