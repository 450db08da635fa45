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
      MINIPILOT_PUBLIC_URL: 'https://kunta.example/pilotit/',
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
      freshMinutes: 5,
      smtpUrl: 'smtps://me:secret@mail.example:465',
      mailFrom: 'avustukset@kunta.example',
      publicUrl: 'https://kunta.example/pilotit',
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
      PORT: '70000',
      HOST: 'a b',
      MINIPILOT_MODE: 'test',
      DATABASE_URL: 'mysql://secret@db',
      MINIPILOT_LOG_LEVEL: 'loud',
      MINIPILOT_TENANTS: 'demo,demo',
      MINIPILOT_TRUST_PROXY: 'yes',
      MINIPILOT_FRESH_MINUTES: '0',
      MINIPILOT_SMTP_URL: 'http://secret@mail.example',
      MINIPILOT_MAIL_FROM: 'Kunta <a@b.example>',
      MINIPILOT_PUBLIC_URL: 'kunta.example',
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
});
