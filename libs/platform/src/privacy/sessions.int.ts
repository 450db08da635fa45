import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { systemRandomness } from './randomness.js';
import { Vault } from './vault.js';

const MINUTE = 60_000;
const LIMITS = { idleMs: 30 * MINUTE, lastsMs: 12 * 60 * MINUTE };
const START = Date.parse('2027-03-01T08:00:00Z');
const aino = {
  tenant: 'demo',
  subject: 's-aino',
  email: 'aino.planted@example.fi',
  name: 'Aino Planted',
  authenticatedAt: START / 1000,
  idToken: 'planted.id.token',
};

describe('sessions', () => {
  let dir: string;
  let vault: Vault;
  let other: Vault;
  const open = () => Vault.open({ file: join(dir, 'vault.sqlite'), masterKey: Buffer.alloc(32, 7), random: systemRandomness });
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'sessions-'));
    // two processes over one file
    [vault, other] = [await open(), await open()];
  });
  afterEach(async () => {
    await vault.close();
    await other.close();
    rmSync(dir, { recursive: true });
  });
  const bytes = () => Buffer.concat(readdirSync(dir).map((name) => readFileSync(join(dir, name))));
  const raw = <T>(run: (db: DatabaseSync) => T): T => {
    const db = new DatabaseSync(join(dir, 'vault.sqlite'));
    try {
      return run(db);
    } finally {
      db.close();
    }
  };

  it('hold for every process, and end for every process', async () => {
    const id = await vault.sessions.begin(aino, LIMITS, START);
    expect(await other.sessions.find(id, START + MINUTE)).toEqual(aino);
    await other.sessions.end(id);
    expect(await vault.sessions.find(id, START + MINUTE)).toBeNull();
    await other.sessions.end(id);
  });

  it('have ids that nobody guesses, and that are kept nowhere', async () => {
    const ids = await Promise.all(Array.from({ length: 200 }, () => vault.sessions.begin(aino, LIMITS, START)));
    expect(new Set(ids).size).toBe(200);
    for (const id of ids) expect(id).toMatch(/^[\w-]{43}$/);
    for (const text of [ids[0]!, aino.email, aino.name, aino.idToken]) expect(bytes().includes(text)).toBe(false);
    for (const wrong of ['', 'x', `${ids[0]}x`, ids[0]!.slice(1), '\0', "' or 1=1 --"])
      expect(await vault.sessions.find(wrong, START)).toBeNull();
  });

  it('end when they are not used', async () => {
    const id = await vault.sessions.begin(aino, LIMITS, START);
    // used every 29 minutes it lives on
    for (let at = START; at < START + 5 * 60 * MINUTE; at += 29 * MINUTE) expect(await vault.sessions.find(id, at)).not.toBeNull();
    const last = START + 10 * 29 * MINUTE;
    expect(await other.sessions.find(id, last + 30 * MINUTE - 1)).not.toBeNull();
    expect(await vault.sessions.find(id, last + 61 * MINUTE)).toBeNull();
    // and does not come back to life
    expect(await vault.sessions.find(id, last + MINUTE)).not.toBeNull();
  });

  it('end at the latest when their time is over, however much they are used', async () => {
    const id = await vault.sessions.begin(aino, LIMITS, START);
    for (let at = START; at < START + LIMITS.lastsMs; at += 20 * MINUTE) expect(await vault.sessions.find(id, at)).not.toBeNull();
    expect(await vault.sessions.find(id, START + LIMITS.lastsMs)).toBeNull();
  });

  it('are swept when they have ended, those alone', async () => {
    const [old, idle, live] = [
      await vault.sessions.begin(aino, { ...LIMITS, lastsMs: 10 * MINUTE }, START),
      await vault.sessions.begin(aino, { ...LIMITS, idleMs: 5 * MINUTE }, START),
      await vault.sessions.begin(aino, LIMITS, START),
    ];
    expect(await vault.sessions.sweep(START + 10 * MINUTE)).toBe(2);
    for (const gone of [old, idle]) expect(await vault.sessions.find(gone, START)).toBeNull();
    expect(await vault.sessions.find(live, START + 10 * MINUTE)).toEqual(aino);
  });

  it('end with the person who is forgotten, in that municipality', async () => {
    const id = await vault.sessions.begin(aino, LIMITS, START);
    const elsewhere = await vault.sessions.begin({ ...aino, tenant: 'espoo' }, LIMITS, START);
    const others = await vault.sessions.begin({ ...aino, subject: 's-eino' }, LIMITS, START);
    expect((await vault.export('demo', 's-aino')).sessions).toEqual([{ began: START, seen: START, ends: START + LIMITS.lastsMs }]);
    expect(await vault.erase('demo', 's-aino', [])).toMatchObject({ sessions: 1 });
    expect(await other.sessions.find(id, START)).toBeNull();
    for (const kept of [elsewhere, others]) expect(await other.sessions.find(kept, START)).not.toBeNull();
  });

  it('cannot be moved to another person or municipality in the file', async () => {
    const id = await vault.sessions.begin(aino, LIMITS, START);
    raw((db) => db.exec("update session set subject = 's-eino'"));
    await expect(vault.sessions.find(id, START)).rejects.toThrow();
    raw((db) => db.exec("update session set subject = 's-aino', tenant = 'espoo'"));
    await expect(vault.sessions.find(id, START)).rejects.toThrow();
  });

  it('wrap what a browser carries, for one use', async () => {
    const carried = vault.sessions.wrap('login', { state: 'planted-state' });
    expect(Buffer.from(carried, 'base64url').includes('planted-state')).toBe(false);
    expect(other.sessions.unwrap('login', carried)).toEqual({ state: 'planted-state' });
    expect(other.sessions.unwrap('logout', carried)).toBeNull();
    const changed = Buffer.from(carried, 'base64url');
    changed[20]! ^= 1;
    for (const wrong of ['', 'x', changed.toString('base64url'), carried.slice(4), 'a'.repeat(1000)])
      expect(vault.sessions.unwrap('login', wrong)).toBeNull();
  });
});
