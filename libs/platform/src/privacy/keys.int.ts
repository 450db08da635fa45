import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PURPOSES } from '@minipilot/kernel/event.js';
import { ensureKeys, KeyRefused, loadKeys } from './keys.js';

describe('keys', () => {
  let root: string;
  let dir: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'keys-'));
    dir = join(root, 'keys');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const contents = (folder: string) =>
    Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
  const expectRefused = (name: string, remedy: RegExp) => {
    let error: unknown;
    try {
      loadKeys(dir, PURPOSES);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(KeyRefused);
    expect((error as Error).message).toContain(join(dir, name));
    expect((error as Error).message).toMatch(remedy);
  };

  it('creates a pair for each purpose and the master key, readable by the owner only, and keeps them', () => {
    ensureKeys(dir);
    expect(readdirSync(dir).sort()).toEqual(['master.key', ...PURPOSES.flatMap((purpose) => [`${purpose}.key`, `${purpose}.pub`])].sort());
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(dir)) expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600);
    const before = contents(dir);
    ensureKeys(dir);
    expect(contents(dir)).toEqual(before);
    expect(new Set(Object.values(before)).size).toBe(Object.keys(before).length);
  });

  it('draws other keys elsewhere, but the same ones from one demo seed', () => {
    ensureKeys(dir);
    ensureKeys(join(root, 'other'));
    expect(contents(join(root, 'other'))['iban.key']).not.toBe(contents(dir)['iban.key']);
    ensureKeys(join(root, 'demo1'), { demoSeed: 'seed' });
    ensureKeys(join(root, 'demo2'), { demoSeed: 'seed' });
    ensureKeys(join(root, 'demo3'), { demoSeed: 'another' });
    expect(contents(join(root, 'demo2'))).toEqual(contents(join(root, 'demo1')));
    for (const [name, text] of Object.entries(contents(join(root, 'demo3')))) expect(text).not.toBe(contents(join(root, 'demo1'))[name]);
  });

  it('loads the private keys of the named purposes only, and needs no others', () => {
    ensureKeys(dir);
    for (const purpose of PURPOSES) if (purpose !== 'iban') rmSync(join(dir, `${purpose}.key`));
    const keys = loadKeys(dir, ['iban']);
    expect(Object.keys(keys.privateKeys)).toEqual(['iban']);
    expect(Object.keys(keys.publicKeys).sort()).toEqual([...PURPOSES].sort());
    expect(keys.masterKey).toHaveLength(32);
    const before = contents(dir);
    ensureKeys(dir);
    expect(contents(dir)).toEqual(before);
  });

  it('writes a public key anew from its private key', () => {
    ensureKeys(dir);
    const before = contents(dir);
    rmSync(join(dir, 'scores.pub'));
    ensureKeys(dir);
    expect(contents(dir)).toEqual(before);
  });

  it('refuses keys that others can reach', () => {
    ensureKeys(dir);
    for (const [name, mode] of [
      ['master.key', 0o640],
      ['iban.key', 0o604],
      ['iban.pub', 0o620],
    ] as const) {
      chmodSync(join(dir, name), mode);
      expectRefused(name, /chmod 600/);
      chmodSync(join(dir, name), 0o600);
    }
    chmodSync(join(dir, 'iban.pub'), 0o644);
    loadKeys(dir, PURPOSES);
    chmodSync(dir, 0o750);
    expectRefused('', /chmod 700/);
  });

  it('refuses keys that are missing, damaged or do not belong together', () => {
    ensureKeys(dir);
    const before = contents(dir);
    const put = (name: string, text: string) => writeFileSync(join(dir, name), text, { mode: 0o600 });
    for (const [name, text] of [
      ['master.key', before['master.key']!.slice(0, 40)],
      ['master.key', ''],
      ['iban.key', before['iban.key']!.slice(0, 60)],
      ['iban.pub', 'nonsense'],
      ['iban.pub', before['contact.pub']!],
    ] as const) {
      put(name, text);
      expectRefused(name, /restore/);
      put(name, before[name]!);
    }
    put('iban.pub', '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n');
    expectRefused('iban.pub', /restore/); // Ed25519
    put('iban.pub', before['iban.pub']!);
    rmSync(join(dir, 'iban.key'));
    expectRefused('iban.key', /missing/);
    rmSync(join(dir, 'master.key'));
    expectRefused('master.key', /missing/);
  });
});
