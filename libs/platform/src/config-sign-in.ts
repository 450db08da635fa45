import { readFileSync } from 'node:fs';

/** How people sign in. */
export interface SignInConfig {
  /** the OpenID provider; undefined in a demonstration, which brings its own */
  provider: ProviderConfig | undefined;
  /** who is admin after each start */
  admins: readonly { tenant: string; email: string }[];
  /** how long a browser stays signed in without a request, and at the longest; milliseconds */
  idleMs: number;
  lastsMs: number;
}

export interface ProviderConfig {
  /** as the provider's discovery document and its tokens name it */
  issuer: string;
  clientId: string;
  /** undefined for a public client */
  clientSecret: string | undefined;
  /** that access tokens for this API must be made for */
  audience: string;
  /** claim that must name the municipality, where one provider serves several with people apart */
  tenantClaim: string | undefined;
}

type Setting = <T>(name: string, fallback: T, read: (value: string) => T | undefined, wanted: string) => T;

/** Whether secrets may travel to an address: by https, or by http on this machine. */
export function isSafe(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname } = new URL(value);
  return protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname));
}

const isPlain = ({ username, password, search, hash }: URL): boolean => [username, password, search, hash].every((part) => part === '');

const WORD = /^[\x21-\x7e]{1,200}$/;
const word = (value: string): string | undefined => (WORD.test(value) ? value : undefined);

function secretIn(file: string): string | undefined {
  try {
    return word(readFileSync(file, 'utf8').trim());
  } catch {
    return undefined;
  }
}

/** Reads what is about signing in. `fault` is told about settings that do not go together. */
export function readSignIn(
  env: Readonly<Record<string, string | undefined>>,
  setting: Setting,
  whole: (from: number, to: number) => (value: string) => number | undefined,
  tenants: readonly string[],
  fault: (text: string) => void,
): SignInConfig {
  const optional = (name: string, read: (value: string) => string | undefined, wanted: string) =>
    setting<string | undefined>(name, undefined, read, wanted);
  const issuer = optional(
    'MINIPILOT_OIDC_ISSUER',
    (value) => (isSafe(value) && isPlain(new URL(value)) ? value : undefined),
    'an https address, or http on this machine',
  );
  const clientId = optional('MINIPILOT_OIDC_CLIENT_ID', word, 'the name under which the provider knows this service');
  const secret = optional('MINIPILOT_OIDC_CLIENT_SECRET', word, 'the password of this service at the provider');
  const secretFile = optional('MINIPILOT_OIDC_CLIENT_SECRET_FILE', secretIn, 'a file with the password of this service at the provider');
  const audience = optional('MINIPILOT_OIDC_AUDIENCE', word, 'a name that access tokens are made for');
  const tenantClaim = optional('MINIPILOT_OIDC_TENANT_CLAIM', word, 'the name of a claim');
  if (issuer !== undefined && clientId === undefined && !env['MINIPILOT_OIDC_CLIENT_ID'])
    fault('MINIPILOT_OIDC_CLIENT_ID must be set where MINIPILOT_OIDC_ISSUER is');
  if (secret !== undefined && secretFile !== undefined)
    fault('MINIPILOT_OIDC_CLIENT_SECRET and MINIPILOT_OIDC_CLIENT_SECRET_FILE must not both be set');
  return {
    provider:
      issuer === undefined || clientId === undefined
        ? undefined
        : { issuer, clientId, clientSecret: secret ?? secretFile, audience: audience ?? 'minipilot', tenantClaim },
    admins: setting(
      'MINIPILOT_ADMINS',
      [],
      (value) => {
        const named = value.split(',').map((item) => /^\s*([a-z0-9]{2,20}):([!-9;-?A-~]{1,64}@[^\s:@]{1,190})\s*$/.exec(item));
        const admins = named.map((found) => ({ tenant: found?.[1] ?? '', email: (found?.[2] ?? '').toLowerCase() }));
        return admins.every(({ tenant }) => tenants.includes(tenant)) ? admins : undefined;
      },
      'MUNICIPALITY:E-MAIL with commas between, of municipalities that are served',
    ),
    idleMs: setting('MINIPILOT_SESSION_IDLE_MINUTES', 30, whole(1, 1440), 'a number of minutes from 1 to 1440') * 60_000,
    lastsMs: setting('MINIPILOT_SESSION_HOURS', 12, whole(1, 168), 'a number of hours from 1 to 168') * 3_600_000,
  };
}
