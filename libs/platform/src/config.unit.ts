import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidConfig, readConfig } from './config.js';

describe('the settings', () => {
  it('have defaults that suit a first start', () => {
    expect(readConfig({ PORT: '' })).toEqual({
      port: 3000,
      host: '127.0.0.1',
      mode: 'demo',
      data: `${process.cwd()}/data`,
      databaseUrl: undefined,
      logLevel: 'info',
      tenants: ['demo'],
      trustProxy: false,
      signIn: { provider: undefined, admins: [], idleMs: 1_800_000, lastsMs: 43_200_000 },
      freshMinutes: 15,
      smtpUrl: undefined,
      mailFrom: 'minipilot@demo.example',
      publicUrl: undefined,
      operatorToken: undefined,
      timeServer: undefined,
      clockOffsetMs: 0,
      instance: undefined,
    });
  });

  it('are read', () => {
    const env = {
      PORT: '0',
      HOST: '::',
      MINIPILOT_MODE: 'production',
      MINIPILOT_DATA: '/srv/minipilot',
      DATABASE_URL: 'postgresql://me@db/pilot',
      MINIPILOT_LOG_LEVEL: 'warn',
      MINIPILOT_TENANTS: 'helsinki, espoo',
      MINIPILOT_TRUST_PROXY: '10.0.0.0/8,::1',
      MINIPILOT_FRESH_MINUTES: '5',
      MINIPILOT_SMTP_URL: 'smtps://me:secret@mail.example:465',
      MINIPILOT_MAIL_FROM: 'avustukset@kunta.example',
      MINIPILOT_PUBLIC_URL: 'https://pilotit.example/',
      MINIPILOT_OIDC_ISSUER: 'https://login.example/realms/kunta',
      MINIPILOT_OIDC_CLIENT_ID: 'minipilot-web',
      MINIPILOT_OIDC_CLIENT_SECRET: 'tuike',
      MINIPILOT_OIDC_AUDIENCE: 'minipilot-api',
      MINIPILOT_OIDC_TENANT_CLAIM: 'kunta',
      MINIPILOT_ADMINS: 'helsinki:Anna.Admin@kunta.example, espoo:a@b.example',
      MINIPILOT_SESSION_IDLE_MINUTES: '10',
      MINIPILOT_SESSION_HOURS: '8',
      MINIPILOT_OPERATOR_TOKEN: 'x'.repeat(24),
      MINIPILOT_TIME_SERVER: 'ntp.example:1123',
      MINIPILOT_INSTANCE: 'desk-2',
    };
    expect(readConfig(env)).toEqual({
      port: 0,
      host: '::',
      mode: 'production',
      data: '/srv/minipilot',
      databaseUrl: 'postgresql://me@db/pilot',
      logLevel: 'warn',
      tenants: ['helsinki', 'espoo'],
      trustProxy: ['10.0.0.0/8', '::1'],
      signIn: {
        provider: {
          issuer: 'https://login.example/realms/kunta',
          clientId: 'minipilot-web',
          clientSecret: 'tuike',
          audience: 'minipilot-api',
          tenantClaim: 'kunta',
        },
        admins: [
          { tenant: 'helsinki', email: 'anna.admin@kunta.example' },
          { tenant: 'espoo', email: 'a@b.example' },
        ],
        idleMs: 600_000,
        lastsMs: 28_800_000,
      },
      freshMinutes: 5,
      smtpUrl: 'smtps://me:secret@mail.example:465',
      mailFrom: 'avustukset@kunta.example',
      publicUrl: 'https://pilotit.example',
      operatorToken: 'x'.repeat(24),
      timeServer: { host: 'ntp.example', port: 1123 },
      clockOffsetMs: 0,
      instance: 'desk-2',
    });
    expect(readConfig({ MINIPILOT_CLOCK_OFFSET_MS: '-5000' }).clockOffsetMs).toBe(-5000);
    for (const [text, host, port] of [
      ['[::1]:99', '::1', 99],
      ['10.0.0.1', '10.0.0.1', 123],
    ] as const)
      expect(readConfig({ MINIPILOT_TIME_SERVER: text }).timeServer).toEqual({ host, port });
  });

  it('tell all faults at once and no value', () => {
    const env = {
      MINIPILOT_TENANTS: 'demo,demo',
      PORT: '70000',
      HOST: 'a b',
      MINIPILOT_MODE: 'test',
      DATABASE_URL: 'mysql://secret@db',
      MINIPILOT_LOG_LEVEL: 'loud',
      MINIPILOT_TRUST_PROXY: 'yes',
      MINIPILOT_OIDC_ISSUER: 'http://login.example',
      MINIPILOT_OIDC_CLIENT_ID: 'a b',
      MINIPILOT_OIDC_CLIENT_SECRET: 'very secret\n',
      MINIPILOT_OIDC_CLIENT_SECRET_FILE: '/no/such/secret',
      MINIPILOT_ADMINS: 'other:a@b.example',
      MINIPILOT_SESSION_IDLE_MINUTES: '0',
      MINIPILOT_SESSION_HOURS: '1000',
      MINIPILOT_FRESH_MINUTES: '0',
      MINIPILOT_SMTP_URL: 'http://secret@mail.example',
      MINIPILOT_MAIL_FROM: 'Kunta <a@b.example>',
      MINIPILOT_PUBLIC_URL: 'https://kunta.example/pilotit',
      MINIPILOT_OPERATOR_TOKEN: 'short',
      MINIPILOT_TIME_SERVER: 'ntp.example:0',
      MINIPILOT_CLOCK_OFFSET_MS: '5s',
      MINIPILOT_INSTANCE: 'all',
    };
    const read = () => readConfig(env);
    expect(read).toThrow(InvalidConfig);
    try {
      read();
    } catch (error) {
      expect((error as InvalidConfig).faults.map((fault) => fault.split(' ')[0])).toEqual(Object.keys(env));
      expect((error as InvalidConfig).message).not.toMatch(/secret|short|70000/);
    }
  });

  it('let only a demonstration have a wrong clock', () => {
    expect(() => readConfig({ MINIPILOT_MODE: 'production', MINIPILOT_CLOCK_OFFSET_MS: '1' })).toThrow('MINIPILOT_CLOCK_OFFSET_MS');
  });

  it('of a provider go together', () => {
    const faults = (env: Record<string, string>): string[] => {
      try {
        readConfig(env);
        return [];
      } catch (error) {
        return [...(error as InvalidConfig).faults];
      }
    };
    const issuer = { MINIPILOT_OIDC_ISSUER: 'https://login.example', MINIPILOT_OIDC_CLIENT_ID: 'web' };
    expect(faults(issuer)).toEqual([]);
    expect(faults({ ...issuer, MINIPILOT_OIDC_CLIENT_ID: '' })).toEqual([
      'MINIPILOT_OIDC_CLIENT_ID must be set where MINIPILOT_OIDC_ISSUER is',
    ]);
    const dir = mkdtempSync(join(tmpdir(), 'minipilot-config-'));
    try {
      const file = join(dir, 'secret');
      writeFileSync(file, 'tuike\n');
      expect(readConfig({ ...issuer, MINIPILOT_OIDC_CLIENT_SECRET_FILE: file }).signIn.provider?.clientSecret).toBe('tuike');
      expect(faults({ ...issuer, MINIPILOT_OIDC_CLIENT_SECRET_FILE: file, MINIPILOT_OIDC_CLIENT_SECRET: 'x' })).toEqual([
        'MINIPILOT_OIDC_CLIENT_SECRET and MINIPILOT_OIDC_CLIENT_SECRET_FILE must not both be set',
      ]);
    } finally {
      rmSync(dir, { recursive: true });
    }
    for (const MINIPILOT_OIDC_ISSUER of [
      'ftp://a.example',
      'https://me:secret@a.example',
      'https://a.example/?x',
      'http://10.0.0.1',
      'login',
    ])
      expect(faults({ ...issuer, MINIPILOT_OIDC_ISSUER })).toEqual([
        'MINIPILOT_OIDC_ISSUER must be an https address, or http on this machine',
      ]);
    for (const MINIPILOT_OIDC_ISSUER of ['http://127.0.0.1:8080/realms/x', 'http://localhost', 'http://[::1]:1'])
      expect(faults({ ...issuer, MINIPILOT_OIDC_ISSUER })).toEqual([]);
  });
});
