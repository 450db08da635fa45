import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openReadModels, ReadModelsRefused } from './database.js';

let dir: string;
let file: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'minipilot-read-models-'));
  file = join(dir, 'read-models.db');
});

afterEach(() => rmSync(dir, { recursive: true }));

describe('the read models file', () => {
  it('of another program is refused and left as it is', async () => {
    const foreign = new DatabaseSync(file);
    foreign.exec('create table letters (text)');
    foreign.close();
    const bytes = readFileSync(file);
    await expect(openReadModels({ file })).rejects.toThrow(ReadModelsRefused);
    await expect(openReadModels({ file })).rejects.toThrow('move this one away');
    expect(readFileSync(file)).toEqual(bytes);
  });

  it('that is no database is refused and left as it is', async () => {
    writeFileSync(file, 'Dear diary, '.repeat(1000));
    await expect(openReadModels({ file })).rejects.toThrow('is damaged or no database');
    expect(readFileSync(file, 'utf8')).toBe('Dear diary, '.repeat(1000));
  });

  it('waits for the lock of another process without blocking this one', async () => {
    const readModels = await openReadModels({ file });
    const other = new DatabaseSync(file);
    other.exec('begin immediate');
    let turns = 0;
    const ticking = setInterval(() => turns++, 5);
    // the lock goes only after this process has had its turns
    const release = (async () => {
      while (turns <= 10) await sleep(5);
      other.exec('commit');
    })();
    const write = { sql: `insert into meta (key, value) values (?1, ?2)`, rows: [['a', 'b']], changes: 1 };
    await Promise.all([readModels.setMeta('c', 'd'), readModels.engine.commit([write]), release]);
    clearInterval(ticking);
    expect(turns).toBeGreaterThan(10);
    expect([await readModels.getMeta('a'), await readModels.getMeta('c')]).toEqual(['b', 'd']);
    other.close();
    await readModels.close();
  });

  it('is named by exactly one of url and file', async () => {
    await expect(openReadModels({})).rejects.toThrow('either a url or a file');
    await expect(openReadModels({ file, url: 'postgres://localhost/x' })).rejects.toThrow('either a url or a file');
  });
});
