import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreUnavailable } from '../store/port.js';
import { systemRandomness } from './randomness.js';
import { VaultFile } from './vault-file.js';
import { Vault, VaultRefused, type Draft, type Identity } from './vault.js';

const NOW = '2027-03-01T08:00:00.000Z';
const EXPIRY = '2027-04-01T00:00:00.000Z';
const DAY = { idleMs: 86_400_000, lastsMs: 86_400_000 };
const masterKey = Buffer.alloc(32, 7);

describe('vault file', () => {
  let dir: string;
  let path: string;
  let vault: Vault;
  let open: Vault[];
  const openVault = async (random = systemRandomness, file = path) => {
    const opened = await Vault.open({ file, masterKey, random });
    open.push(opened);
    return opened;
  };
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'vault-'));
    path = join(dir, 'data', 'vault.sqlite');
    open = [];
    vault = await openVault();
  });
  afterEach(async () => {
    for (const each of open) await each.close();
    rmSync(dir, { recursive: true });
  });

  const filesContain = (text: string | Buffer) =>
    readdirSync(join(dir, 'data')).filter((name) => readFileSync(join(dir, 'data', name)).includes(text));
  const raw = <T>(run: (db: DatabaseSync) => T): T => {
    const db = new DatabaseSync(path);
    try {
      return run(db);
    } finally {
      db.close();
    }
  };
  const email = (value: string): Identity => ({ kind: 'email', value });
  const newDraft = (over: Partial<Draft> = {}) =>
    vault.createDraft({
      id: 'd1',
      tenant: 'demo',
      owner: 'o1',
      scope: 'application/c1',
      body: { idea: 'Benches' },
      now: NOW,
      expiresAt: EXPIRY,
      ...(over as object),
    });

  it('is readable by its owner only, and kept across restarts', async () => {
    const { subject } = await vault.resolve('demo', email('aino@example.fi'));
    for (const name of readdirSync(join(dir, 'data'))) expect(statSync(join(dir, 'data', name)).mode & 0o077).toBe(0);
    await vault.close();
    expect(await (await openVault()).resolve('demo', email('aino@example.fi'))).toEqual({ subject, known: true, weak: false });
  });

  it('is refused when it is foreign, damaged, newer, incomplete or of another master key', async () => {
    await vault.resolve('demo', email('aino@example.fi'));
    const refused = (file: string, message: RegExp, key = masterKey) =>
      expect(Vault.open({ file, masterKey: key, random: systemRandomness })).rejects.toMatchObject({
        name: 'VaultRefused',
        message: expect.stringMatching(message),
      });
    await refused(path, /another master key/, Buffer.alloc(32, 8));
    await vault.close();
    const other = join(dir, 'other.sqlite');
    writeFileSync(other, 'no database at all, but long enough to be read as a header, one would think, by anybody who looks '.repeat(20));
    await refused(other, /damaged or not a vault/);
    rmSync(other);
    const db = new DatabaseSync(other);
    db.exec('create table t (a)');
    db.close();
    const before = readFileSync(other);
    await refused(other, /another program/);
    expect(readFileSync(other)).toEqual(before);
    raw((file) => file.exec('drop table secret'));
    await refused(path, /lacks tables/);
    raw((file) => file.exec('pragma user_version = 3'));
    await refused(path, /newer release/);
    truncateSync(path, 4096);
    await refused(path, /damaged/);
    expect(new VaultRefused('x')).toBeInstanceOf(Error);
  });

  it('of an older release gets what it lacks, once, however many open it', async () => {
    const { subject } = await vault.resolve('demo', email('aino@example.fi'));
    await vault.close();
    raw((file) => file.exec('drop table session; pragma user_version = 1'));
    const opened = await Promise.all(Array.from({ length: 5 }, () => openVault()));
    for (const one of opened) expect((await one.resolve('demo', email('aino@example.fi'))).subject).toBe(subject);
    const id = await opened[0]!.sessions.begin({ tenant: 'demo', subject, email: 'aino@example.fi', authenticatedAt: 1 }, DAY);
    expect(await opened[4]!.sessions.find(id)).toMatchObject({ subject });
    expect(raw((file) => Object.values(file.prepare('pragma user_version').get()!))).toEqual([2]);
  });

  it('waits for a lock without blocking, and loses nothing', async () => {
    const holder = new DatabaseSync(path);
    holder.exec('begin immediate');
    let ticks = 0;
    const ticking = setInterval(() => ticks++, 5);
    const write = vault.resolve('demo', email('aino@example.fi'));
    while (ticks <= 10) await new Promise((resolve) => setTimeout(resolve, 5));
    holder.exec('commit');
    expect((await write).known).toBe(false);
    clearInterval(ticking);
    holder.close();
  });

  it('waits with erasure until readers let go of the old bytes', async () => {
    const subject = 's1';
    await vault.putWrappedKeys([
      { tenant: 'demo', subject, purpose: 'contact', eventId: 'e1', ct: 'aa', wrapped: Buffer.from('wrapped-bytes') },
    ]);
    const reader = new DatabaseSync(path);
    reader.exec('begin');
    reader.prepare('select * from wrapped_key').all();
    let done = false;
    const erase = vault.erase('demo', subject, ['contact']).then(() => (done = true));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(done).toBe(false);
    reader.exec('commit');
    await erase;
    expect(filesContain('wrapped-bytes')).toEqual([]);
    reader.close();
  });

  it('says when it is full, and goes on when there is room', async () => {
    const db = (vault as unknown as { file: { db: DatabaseSync } }).file.db;
    const { page_count } = db.prepare('pragma page_count').get() as { page_count: number };
    db.exec(`pragma max_page_count = ${page_count}`);
    const big = newDraft({ body: { text: 'x'.repeat(100_000) } });
    const small = vault.deleteDraft('demo', 'nothing');
    await expect(big).rejects.toThrow(StoreUnavailable);
    await expect(small).rejects.toThrow(StoreUnavailable);
    expect(await vault.getDraft('demo', 'd1')).toBeNull();
    db.exec('pragma max_page_count = 1000000');
    expect((await newDraft({ body: { text: 'x'.repeat(100_000) } })).version).toBe(1);
  });

  it('undoes one failed write alone, and a whole group when the file fails', async () => {
    const file = await VaultFile.open(join(dir, 'data', 'group.sqlite'));
    const put = (name: string) => file.sql('insert into meta values (?, ?)').run(name, Buffer.from('x'));
    const names = () =>
      file.read(() =>
        file
          .sql('select name from meta order by name')
          .all()
          .map((row) => row['name']),
      );
    try {
      const half = file.write(() => {
        put('half');
        throw new RangeError('refused');
      });
      const twice = file.write(() => {
        put('twice');
        put('twice');
      });
      await file.write(() => put('whole'));
      await expect(half).rejects.toThrow('refused');
      await expect(twice).rejects.toThrow(/UNIQUE/);
      expect(await names()).toEqual(['whole']);
      const beside = file.write(() => put('beside'));
      const failing = file.write(() => file.sql('select nonsense'));
      await expect(beside).rejects.toThrow(/nonsense/);
      await expect(failing).rejects.toThrow(/nonsense/);
      await file.write(() => put('after'));
      expect(await names()).toEqual(['after', 'whole']);
    } finally {
      await file.close();
    }
  });

  it('finishes what is queued when closed, and takes nothing after', async () => {
    const drafts = Array.from({ length: 30 }, (_, i) => newDraft({ id: `q${i}` }));
    await vault.close();
    expect((await Promise.all(drafts)).map(({ version }) => version)).toEqual(Array(30).fill(1));
    await expect(newDraft()).rejects.toThrow(StoreUnavailable);
    await expect(vault.getDraft('demo', 'q1')).rejects.toThrow(StoreUnavailable);
    await vault.close();
    expect(await (await openVault()).listDrafts('demo', 'o1')).toHaveLength(30);
  });
});
