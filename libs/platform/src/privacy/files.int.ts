import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PURPOSES, type Purpose } from '@minipilot/kernel/event.js';
import { sha256 } from '@minipilot/kernel/ids.js';
import { StoreUnavailable } from '../store/port.js';
import { FileDamaged, FileFolder, PublicFiles, SealedFiles, type FileOwner } from './files.js';
import { ensureKeys, loadKeys } from './keys.js';
import { demoRandomness, systemRandomness } from './randomness.js';
import { KeyNotHeld, VaultSealer } from './sealer.js';
import { Vault } from './vault.js';

const OWNER: FileOwner = { tenant: 'demo', subject: '11111111-1111-4111-8111-111111111111', purpose: 'contact' };
const text = Buffer.from('Päätös: Planted-Virtanen, 500 €, tunniste 4c6f');

describe.each([
  ['chance', systemRandomness],
  ['a seed', demoRandomness('test')],
])('files sealed with keys from %s', (_, random) => {
  let dir: string;
  let vault: Vault;
  let files: SealedFiles;
  const sealerFor = (purposes: readonly Purpose[]) => new VaultSealer({ vault, keys: loadKeys(join(dir, 'keys'), purposes), random });
  const stored = (digest: string) => join(dir, 'files', 'demo', digest);

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'files-'));
    ensureKeys(join(dir, 'keys'));
    vault = await Vault.open({ file: join(dir, 'vault.sqlite'), masterKey: loadKeys(join(dir, 'keys'), []).masterKey, random });
    files = new SealedFiles(join(dir, 'files'), sealerFor(PURPOSES));
  });
  afterEach(async () => {
    await vault.close();
    rmSync(dir, { recursive: true });
  });

  it('come back byte by byte, are named by their digest and say nothing on disk', async () => {
    const digest = await files.put(OWNER, text);
    expect(digest).toBe(sha256(text));
    expect(await files.read(OWNER, digest)).toEqual(text);
    expect(readdirSync(join(dir, 'files', 'demo'))).toEqual([digest]);
    expect(statSync(stored(digest)).mode & 0o777).toBe(0o600);
    expect(statSync(join(dir, 'files')).mode & 0o777).toBe(0o700);
    for (const file of readdirSync(dir, { recursive: true, withFileTypes: true }))
      if (file.isFile()) expect(readFileSync(join(file.parentPath, file.name)).includes('Planted')).toBe(false);
  });

  it('are the same however often and however concurrently they are written', async () => {
    const digests = await Promise.all(Array.from({ length: 8 }, () => files.put(OWNER, text)));
    expect(new Set(digests).size).toBe(1);
    const before = readFileSync(stored(digests[0]!));
    expect(await files.put(OWNER, text)).toBe(digests[0]);
    expect(readFileSync(stored(digests[0]!))).toEqual(before);
    expect(await files.read(OWNER, digests[0]!)).toEqual(text);
    expect(readdirSync(join(dir, 'files', 'demo')).length).toBe(1);
  });

  it('are written by who can only seal, and read by who holds the key of the purpose', async () => {
    const digest = await new SealedFiles(join(dir, 'files'), sealerFor([])).put(OWNER, text);
    await expect(new SealedFiles(join(dir, 'files'), sealerFor(['iban'])).read(OWNER, digest)).rejects.toThrow(KeyNotHeld);
    expect(await files.read(OWNER, digest)).toEqual(text);
  });

  it('are nobody else’s, and of no other municipality or purpose', async () => {
    const digest = await files.put(OWNER, text);
    for (const other of [{ subject: '22222222-1111-4111-8111-111111111111' }, { purpose: 'comment' as const }, { tenant: 'other' }])
      expect(await files.read({ ...OWNER, ...other }, digest)).toBeNull();
  });

  it('are unreadable once the person’s keys of the purpose are destroyed, and only then; the bytes can be swept away', async () => {
    const digest = await files.put(OWNER, text);
    await vault.erase('demo', OWNER.subject, ['proposal', 'comment']);
    expect(await files.read(OWNER, digest)).toEqual(text);
    const { wrappedKeys } = await vault.erase('demo', OWNER.subject, ['contact']);
    expect(wrappedKeys.contact).toBeGreaterThanOrEqual(1);
    expect(await files.read(OWNER, digest)).toBeNull();
    await files.sweep('demo', [digest, digest]);
    expect(readdirSync(join(dir, 'files', 'demo'))).toEqual([]);
    expect(await files.read(OWNER, digest)).toBeNull();
  });

  it('are missed when they are lost or changed', async () => {
    const digest = await files.put(OWNER, text);
    const bytes = readFileSync(stored(digest));
    for (const at of [0, 20, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1;
      writeFileSync(stored(digest), changed);
      await expect(files.read(OWNER, digest)).rejects.toThrow(FileDamaged);
    }
    unlinkSync(stored(digest));
    await expect(files.read(OWNER, digest)).rejects.toThrow('is not there: restore it from the backup of files');
    // another file of the same person under its name
    const other = await files.put(OWNER, Buffer.from('another'));
    writeFileSync(stored(digest), readFileSync(stored(other)));
    await expect(files.read(OWNER, digest)).rejects.toThrow(FileDamaged);
    writeFileSync(stored(digest), bytes);
    expect(await files.read(OWNER, digest)).toEqual(text);
  });
});

describe('files for everybody', () => {
  let dir: string;
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'files-'))));
  afterEach(() => rmSync(dir, { recursive: true }));

  it('are read by digest, and missed when they are changed or gone', async () => {
    const files = new PublicFiles(join(dir, 'public'));
    const digest = await files.put(text);
    expect(await files.put(text)).toBe(digest);
    expect(await files.read(digest)).toEqual(text);
    writeFileSync(join(dir, 'public', digest), 'something else');
    await expect(files.read(digest)).rejects.toThrow('was changed');
    // whoever can write it again mends it
    await files.put(text);
    expect(await files.read(digest)).toEqual(text);
    await expect(files.read('0'.repeat(64))).rejects.toThrow(FileDamaged);
  });

  it('have plain names and stay in their folder', async () => {
    const folder = new FileFolder(join(dir, 'made', 'deep'));
    expect(await folder.list()).toEqual([]);
    await folder.put('a.eml', text);
    expect(await folder.list()).toEqual(['a.eml']);
    for (const name of ['../a', '/a', '.a', 'a/b', '', 'a\0', 'A']) await expect(folder.put(name, text)).rejects.toThrow(RangeError);
    await folder.remove('a.eml');
    await folder.remove('a.eml');
    expect(await folder.read('a.eml')).toBeNull();
  });

  it('ask to try again where they cannot be written, and leave nothing half', async () => {
    writeFileSync(join(dir, 'no-folder'), '');
    await expect(new FileFolder(join(dir, 'no-folder')).put('a', text)).rejects.toThrow(StoreUnavailable);
    const folder = new FileFolder(dir);
    await expect(folder.put('a', 7 as never)).rejects.toThrow(StoreUnavailable);
    expect(readdirSync(dir)).toEqual(['no-folder']);
  });
});
