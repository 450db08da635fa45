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
      operatorToken: undefined,
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
      MINIPILOT_OPERATOR_TOKEN: 'x'.repeat(24),
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
      operatorToken: 'x'.repeat(24),
    });
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
      MINIPILOT_OPERATOR_TOKEN: 'short',
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
});
