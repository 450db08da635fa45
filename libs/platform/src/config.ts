import { resolve } from 'node:path';
import type { LevelWithSilent } from 'pino';
import { readSignIn, type SignInConfig } from './config-sign-in.js';

export interface Config {
  port: number;
  host: string;
  mode: 'demo' | 'production';
  /** absolute path of the data folder */
  data: string;
  /** PostgreSQL for the read models; without it they are a file in the data folder */
  databaseUrl: string | undefined;
  logLevel: LevelWithSilent;
  /** codes of the municipalities served */
  tenants: readonly string[];
  /** addresses or networks of proxies whose X-Forwarded headers are believed; false believes nobody */
  trustProxy: readonly string[] | false;
  signIn: SignInConfig;
  /** minutes for which a sign-in counts as fresh, where approvals, accounts and decisions want one */
  freshMinutes: number;
  /** mail server, with its credentials; without it the demonstration keeps mail in a folder */
  smtpUrl: string | undefined;
  /** address that mail comes from */
  mailFrom: string;
  /** where browsers find the service: scheme, host and port; undefined where it was not said */
  publicUrl: string | undefined;
  /** bearer token for /metrics */
  operatorToken: string | undefined;
  /** the reference that the machine's clock is held against; without it the machine's clock is believed */
  timeServer: { host: string; port: number } | undefined;
  /** milliseconds by which a demonstration takes the machine's clock to be wrong */
  clockOffsetMs: number;
  /** name of this process beside others of its kind on one data folder */
  instance: string | undefined;
}

/** The settings do not make sense; the message lists every fault, one a line. */
export class InvalidConfig extends Error {
  constructor(readonly faults: readonly string[]) {
    super(`The settings cannot be used:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.name = 'InvalidConfig';
  }
}

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** `host`, `host:port`, `[address]:port`; NTP's port is 123. */
function hostAndPort(value: string): { host: string; port: number } | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]{2,45})\]|([\w.-]{1,253}))(?::(\d{1,5}))?$/.exec(value);
  const port = Number(match?.[3] ?? 123);
  return match === null || port < 1 || port > 65_535 ? undefined : { host: (match[1] ?? match[2])!, port };
}

/** Reads the settings of a process from its environment. Throws InvalidConfig with all faults at once. An empty value is as none. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const faults: string[] = [];
  function setting<T>(name: string, fallback: T, read: (value: string) => T | undefined, wanted: string): T {
    const value = env[name];
    if (value === undefined || value === '') return fallback;
    const result = read(value);
    if (result === undefined) faults.push(`${name} must be ${wanted}`);
    return result ?? fallback;
  }
  const oneOf =
    <T extends string>(choices: readonly T[]) =>
    (value: string): T | undefined =>
      choices.find((choice) => choice === value);
  const list = (pattern: RegExp) => (value: string) => {
    const items = value.split(',').map((item) => item.trim());
    return items.every((item) => pattern.test(item)) && new Set(items).size === items.length ? items : undefined;
  };

  const whole = (from: number, to: number) => (value: string) =>
    /^\d{1,9}$/.test(value) && Number(value) >= from && Number(value) <= to ? Number(value) : undefined;

  const tenants = setting('MINIPILOT_TENANTS', ['demo'], list(/^[a-z0-9]{2,20}$/), 'codes of 2 to 20 of a–z and 0–9, with commas between');
  const config: Config = {
    port: setting(
      'PORT',
      3000,
      (value) => (/^\d{1,5}$/.test(value) && Number(value) <= 65535 ? Number(value) : undefined),
      'a number from 0 to 65535',
    ),
    host: setting('HOST', '127.0.0.1', (value) => (/^[\w.:-]{1,253}$/.test(value) ? value : undefined), 'a host name or address'),
    mode: setting('MINIPILOT_MODE', 'demo', oneOf(['demo', 'production']), 'demo or production'),
    data: resolve(setting('MINIPILOT_DATA', './data', (value) => (value.includes('\0') ? undefined : value), 'a folder')),
    databaseUrl: setting<string | undefined>(
      'DATABASE_URL',
      undefined,
      (value) => (/^postgres(ql)?:\/\/\S+$/.test(value) && URL.canParse(value) ? value : undefined),
      'a URL such as postgresql://user@host/database',
    ),
    logLevel: setting('MINIPILOT_LOG_LEVEL', 'info', oneOf(LEVELS), LEVELS.join(', ')),
    tenants,
    trustProxy: setting<readonly string[] | false>(
      'MINIPILOT_TRUST_PROXY',
      false,
      list(/^[0-9a-fA-F.:]+(\/\d{1,3})?$/),
      'addresses or networks with commas between',
    ),
    signIn: readSignIn(env, setting, whole, tenants, (text) => faults.push(text)),
    freshMinutes: setting('MINIPILOT_FRESH_MINUTES', 15, whole(1, 1440), 'a number of minutes from 1 to 1440'),
    smtpUrl: setting<string | undefined>(
      'MINIPILOT_SMTP_URL',
      undefined,
      (value) => (/^smtps?:\/\/\S+$/.test(value) && URL.canParse(value) ? value : undefined),
      'a URL such as smtps://user:password@mail.example',
    ),
    mailFrom: setting(
      'MINIPILOT_MAIL_FROM',
      'minipilot@demo.example',
      (value) => (/^[\w.+-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(value) ? value : undefined),
      'an e-mail address',
    ),
    publicUrl: setting<string | undefined>(
      'MINIPILOT_PUBLIC_URL',
      undefined,
      (value) => (/^https?:\/\/[^\s/?#@]+\/?$/.test(value) && URL.canParse(value) ? new URL(value).origin : undefined),
      'an address without a path, such as https://minipilot.example',
    ),
    operatorToken: setting<string | undefined>(
      'MINIPILOT_OPERATOR_TOKEN',
      undefined,
      (value) => (/^[\w.~+/=-]{24,512}$/.test(value) ? value : undefined),
      '24 or more characters of a–z, A–Z, 0–9 and -._~+/=',
    ),
    timeServer: setting<Config['timeServer']>(
      'MINIPILOT_TIME_SERVER',
      undefined,
      hostAndPort,
      'a host name or address, perhaps with :port',
    ),
    clockOffsetMs: setting(
      'MINIPILOT_CLOCK_OFFSET_MS',
      0,
      (value) => (/^-?\d{1,8}$/.test(value) ? Number(value) : undefined),
      'a number of milliseconds',
    ),
    instance: setting<string | undefined>(
      'MINIPILOT_INSTANCE',
      undefined,
      (value) => (/^[a-z][a-z0-9-]{0,30}$/.test(value) && value !== 'all' ? value : undefined),
      'a name of a–z, 0–9 and -, other than "all"',
    ),
  };
  if (config.clockOffsetMs !== 0 && config.mode !== 'demo') faults.push('MINIPILOT_CLOCK_OFFSET_MS is for demonstrations only');
  if (faults.length > 0) throw new InvalidConfig(faults);
  return config;
}
