import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DatabaseSync } from 'node:sqlite';
import type { Recorded } from '@minipilot/kernel/event.js';
import { instant } from '@minipilot/kernel/time.js';
import { buildOnce } from '../../../../test/support/built.js';
import { openEventsFile, StoreRefused } from './connection.js';
import { eventStoreContract, follow, newEvent, newStream } from './contract.js';
import { DemoClock } from './demo-clock.js';
import { DuplicateEvent, NO_STREAM, StoreUnavailable } from './port.js';
import { SqliteEventStore } from './sqlite.js';

const now = () => instant(Date.now());
const directories: string[] = [];
const stores: SqliteEventStore[] = [];
const children: ChildProcess[] = [];

function newFile(): string {
  const dir = mkdtempSync(join(tmpdir(), 'events-'));
  directories.push(dir);
  return join(dir, 'events.db');
}

async function open(file: string, options: { readOnly?: boolean; patience?: number; now?: () => string } = {}): Promise<SqliteEventStore> {
  const store = await SqliteEventStore.open({ file, now, ...options });
  stores.push(store);
  return store;
}

async function cleanup(): Promise<void> {
  for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
  await Promise.all(stores.splice(0).map((store) => store.close()));
  for (const dir of directories.splice(0)) rmSync(dir, { recursive: true, force: true });
}

/** Starts a process that runs `script` with the store at `file` in `store`, on the code as it stands. */
function child(file: string, script: string): ChildProcess {
  const source = `
    import { randomUUID } from 'node:crypto';
    import { SqliteEventStore } from ${JSON.stringify(pathToFileURL(join(buildOnce(), 'libs/platform/src/store/sqlite.js')).href)};
    const store = await SqliteEventStore.open({ file: ${JSON.stringify(file)}, now: () => new Date().toISOString() });
    const event = (stream, commandId, data) => ({ id: randomUUID(), type: 'pilot.noted', v: 1, stream, at: '2027-01-01T08:00:00.000Z', tenant: 'demo',
      actor: 'a', commandId, correlationId: commandId, causationId: commandId, fp: '', data });
    ${script}`;
  const started = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(started);
  return started;
}

eventStoreContract('SQLite', async () => {
  const file = newFile();
  return { store: await open(file), reopen: () => open(file), cleanup };
});

describe('SqliteEventStore', () => {
  afterEach(cleanup);

  it('syncs every commit to disk, on every connection', async () => {
    const file = newFile();
    for (const timeout of [0, 100]) {
      const db = await openEventsFile({ file, timeout });
      expect(db.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
      expect(db.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
      db.close();
    }
  });

  it('is empty at first and counts positions as 16 digits', async () => {
    const store = await open(newFile());
    expect(await store.head()).toBeNull();
    expect(await store.readAll(null, 10)).toEqual([]);
    const stream = newStream();
    expect((await store.append(stream, [newEvent(stream)], NO_STREAM)).position).toBe('0000000000000001');
    expect(await store.head()).toBe('0000000000000001');
  });

  it('refuses a second event with an id, also within one group, and only that append', async () => {
    const store = await open(newFile());
    const id = randomUUID();
    const [a, b, c] = [newStream(), newStream(), newStream()];
    const results = await Promise.allSettled([
      store.append(a, [newEvent(a, { id })], NO_STREAM),
      store.append(b, [newEvent(b), newEvent(b, { id })], NO_STREAM),
      store.append(c, [newEvent(c)], NO_STREAM),
      store.append(a, [newEvent(a, { id })], 0),
    ]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
    expect((results[1] as PromiseRejectedResult).reason).toBeInstanceOf(DuplicateEvent);
    expect((results[3] as PromiseRejectedResult).reason).toMatchObject({ id });
    expect((await store.read(b)).revision).toBe(NO_STREAM);
    expect((await store.readAll(null, 10)).map((event) => event.position)).toEqual(['0000000000000001', '0000000000000002']);
  });

  it('holds notAfter against the clock at the commit, not at the call', async () => {
    const file = newFile();
    let clock = '2027-01-01T12:00:00.000Z';
    const store = await open(file, { now: () => clock });
    const stream = newStream();
    const deadline = '2027-01-01T12:00:10.000Z';
    const blocker = new DatabaseSync(file);
    blocker.exec('BEGIN IMMEDIATE');
    const late = store.append(stream, [newEvent(stream)], NO_STREAM, deadline);
    await new Promise((resolve) => setTimeout(resolve, 30));
    clock = '2027-01-01T12:00:10.001Z';
    blocker.exec('COMMIT');
    await expect(late).rejects.toMatchObject({ name: 'TooLate', notAfter: deadline });
    clock = deadline;
    await expect(store.append(stream, [newEvent(stream)], NO_STREAM, deadline)).resolves.toMatchObject({ revision: 0 });
    blocker.close();
  });

  it('waits for a lock without blocking the process, and gives up in the end with nothing written', async () => {
    const file = newFile();
    const store = await open(file, { patience: 1_000 });
    const stream = newStream();
    const blocker = new DatabaseSync(file);
    blocker.exec('BEGIN IMMEDIATE');
    let turns = 0;
    const ticking = setInterval(() => turns++, 5);
    await expect(store.append(stream, [newEvent(stream)], NO_STREAM)).rejects.toThrow(StoreUnavailable);
    clearInterval(ticking);
    expect(turns).toBeGreaterThan(5);
    expect((await store.read(stream)).revision).toBe(NO_STREAM);
    const waiting = store.append(stream, [newEvent(stream)], NO_STREAM);
    await new Promise((resolve) => setTimeout(resolve, 20));
    blocker.exec('COMMIT');
    expect((await waiting).revision).toBe(0);
    blocker.close();
  });

  it('refuses writes on a full disk, writes nothing of the group, and goes on when there is room', async () => {
    const file = newFile();
    const store = await open(file);
    const first = newStream();
    await store.append(first, [newEvent(first)], NO_STREAM);
    const { db } = store as unknown as { db: DatabaseSync };
    const { page_count } = db.prepare('PRAGMA page_count').get() as { page_count: number };
    db.exec(`PRAGMA max_page_count = ${page_count + 4}`);
    const streams = Array.from({ length: 20 }, () => newStream());
    const results = await Promise.allSettled(
      streams.map((stream) => store.append(stream, [newEvent(stream, { data: { text: 'x'.repeat(3_000) } })], NO_STREAM)),
    );
    expect(results.every((result) => result.status === 'rejected' && result.reason instanceof StoreUnavailable)).toBe(true);
    expect((await store.readAll(null, 100)).map((event) => event.stream)).toEqual([first]);
    db.exec('PRAGMA max_page_count = 1000000');
    expect((await store.append(streams[0]!, [newEvent(streams[0]!)], NO_STREAM)).position).toBe('0000000000000002');
    expect(db.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
  });

  it('opens for reading only, beside a writer', async () => {
    const file = newFile();
    await expect(open(file, { readOnly: true })).rejects.toThrow(StoreRefused);
    const writer = await open(file);
    const reader = await open(file, { readOnly: true });
    const stream = newStream();
    await expect(reader.append(stream, [newEvent(stream)], NO_STREAM)).rejects.toThrow(StoreUnavailable);
    const reading = follow(reader, null, (events) => events.length === 1);
    const { events } = await writer.append(stream, [newEvent(stream)], NO_STREAM);
    expect((await reading).flatMap((batch) => batch.events)).toEqual(events);
  });

  it('moves the write-ahead log into the file now and then', async () => {
    const file = newFile();
    const store = await open(file);
    const data = { text: 'x'.repeat(200_000) };
    for (let group = 0; group < 20; group++) {
      const streams = Array.from({ length: 10 }, () => newStream());
      await Promise.all(streams.map((stream) => store.append(stream, [newEvent(stream, { data })], NO_STREAM)));
    }
    expect(statSync(`${file}-wal`).size).toBeLessThan(25_000_000);
    expect(statSync(file).size).toBeGreaterThan(15_000_000);
  }, 60_000);

  describe('refuses a file that must not be touched', () => {
    async function filled(): Promise<string> {
      const file = newFile();
      const store = await open(file);
      for (let i = 0; i < 50; i++) {
        const stream = newStream();
        await store.append(stream, [newEvent(stream)], NO_STREAM);
      }
      await store.close();
      return file;
    }

    async function refused(file: string, message: RegExp): Promise<void> {
      const before = readFileSync(file);
      const error = await open(file).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(StoreRefused);
      expect((error as Error).message).toMatch(message);
      expect(readFileSync(file).equals(before)).toBe(true);
    }

    it('another program made', async () => {
      const file = newFile();
      const db = new DatabaseSync(file);
      db.exec('CREATE TABLE notes (text TEXT)');
      db.close();
      await refused(file, /belongs to another program/);
    });

    it('that is no SQLite file', async () => {
      const file = newFile();
      writeFileSync(file, 'Minutes of the meeting\n'.repeat(300));
      await refused(file, /damaged or no SQLite file.*Restore the last backup/);
    });

    it('that was cut', async () => {
      const file = await filled();
      truncateSync(file, statSync(file).size - 8_192);
      await refused(file, /damaged/);
    });

    it('whose header was overwritten', async () => {
      const file = await filled();
      const handle = openSync(file, 'r+');
      writeSync(handle, Buffer.alloc(64, 0xff), 0, 64, 0);
      closeSync(handle);
      await refused(file, /damaged/);
    });

    it('whose tables are not ours', async () => {
      const file = await filled();
      const db = new DatabaseSync(file);
      db.exec('ALTER TABLE events ADD COLUMN more TEXT');
      db.close();
      await refused(file, /table events is not as this release made it/);
    });

    it('whose last event is unreadable', async () => {
      const file = await filled();
      const db = new DatabaseSync(file);
      db.exec("UPDATE events SET body = '{' WHERE position = (SELECT max(position) FROM events)");
      db.close();
      await refused(file, /damaged at its last event/);
    });

    it('that a newer release wrote', async () => {
      const file = await filled();
      const db = new DatabaseSync(file);
      db.exec('PRAGMA user_version = 2');
      db.close();
      await refused(file, /newer release \(format 2, this release reads up to 1\)\. Start the newer release/);
    });

    it('in a folder that is not there', async () => {
      await expect(open(join(newFile(), 'nowhere', 'events.db'))).rejects.toThrow(/Check that its folder exists/);
    });
  });

  it('lets several processes make the file at once', async () => {
    const file = newFile();
    const starts = Array.from({ length: 4 }, () =>
      child(file, `await store.append('demo.call-' + process.pid, [event('demo.call-' + process.pid, 'c', {})], -1);`),
    );
    const codes = await Promise.all(starts.map(async (started) => ((await once(started, 'exit')) as [number])[0]));
    expect(codes).toEqual([0, 0, 0, 0]);
    expect(await (await open(file)).readAll(null, 10)).toHaveLength(4);
  }, 60_000);

  it('shows a reader every event of several writing processes once and in order', async () => {
    const file = newFile();
    const store = await open(file);
    const [writers, each] = [3, 250];
    const reading = follow(store, null, (events) => events.length >= writers * each * 2, 40);
    for (let n = 0; n < writers; n++) {
      child(
        file,
        `
        const shared = 'demo.ledger-shared', own = 'demo.pilot-${n}';
        let at = (await store.read(shared)).revision;
        for (let i = 0; i < ${each}; i++) {
          const mine = store.append(own, [event(own, 'c', { i })], i - 1);
          for (;;) {
            try { at = (await store.append(shared, [event(shared, 'c', { n: ${n}, i })], at)).revision; break; }
            catch (error) { if (error.name !== 'WrongRevision') throw error; at = error.actual; }
          }
          await mine;
        }
        await store.close();`,
      );
    }
    const events = (await reading).flatMap((batch) => batch.events);
    expect(events.map((event) => Number(event.position))).toEqual(events.map((_, i) => i + 1));
    const streams = new Map<string, Recorded[]>();
    for (const event of events) streams.set(event.stream, [...(streams.get(event.stream) ?? []), event]);
    for (const stream of streams.values()) expect(stream.map((event) => event.revision)).toEqual(stream.map((_, i) => i));
    expect([...streams.values()].map((stream) => stream.length).sort((a, b) => a - b)).toEqual([each, each, each, writers * each]);
    expect(await store.readAll(null, events.length + 1)).toEqual(events);
  }, 60_000);

  it('opens while another process writes: a stream that grows meanwhile is no damage', async () => {
    const file = newFile();
    await (await open(file)).close();
    const writer = child(
      file,
      `
        process.stdout.write('writes');
        for (let i = 0; ; i++) await store.append('demo.ledger-shared', [event('demo.ledger-shared', 'c', { i })], i - 1);`,
    );
    await new Promise((resolve) => writer.stdout!.once('data', resolve));
    try {
      for (let round = 0; round < 200; round++) await (await open(file)).close();
    } finally {
      writer.kill('SIGKILL');
    }
  }, 60_000);

  it('keeps all that was acknowledged, and nothing by half, when the writer is killed', async () => {
    const file = newFile();
    const acknowledged = new Set<string>();
    for (let round = 0; round < 10; round++) {
      const writer = child(
        file,
        `
        const write = async () => {
          for (;;) {
            const stream = 'demo.pilot-' + randomUUID(), command = randomUUID();
            await store.append(stream, [event(stream, command, {}), event(stream, command, {}), event(stream, command, {})], -1);
            process.stdout.write(command + '\\n');
          }
        };
        for (let i = 0; i < 8; i++) void write();`,
      );
      let printed = '';
      writer.stdout!.setEncoding('utf8').on('data', (text: string) => (printed += text));
      await once(writer.stdout!, 'data');
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 150));
      writer.kill('SIGKILL');
      await once(writer, 'close');
      const whole = printed.slice(0, printed.lastIndexOf('\n')).split('\n');
      for (const command of whole) acknowledged.add(command);

      const store = await open(file);
      const found = new Map<string, number>();
      for (let page = await store.readAll(null, 1_000); page.length > 0; page = await store.readAll(page.at(-1)!.position, 1_000)) {
        for (const event of page) found.set(event.commandId, (found.get(event.commandId) ?? 0) + 1);
      }
      await store.close();
      expect([...found.values()].every((count) => count === 3)).toBe(true);
      expect([...acknowledged].filter((command) => !found.has(command))).toEqual([]);
    }
    expect(acknowledged.size).toBeGreaterThan(100);
  }, 120_000);
});

describe('DemoClock', () => {
  afterEach(cleanup);

  it('is the system clock until it is set, and then stands still for every process', async () => {
    const file = newFile();
    const system = { now: () => '2027-03-01T10:00:00.000Z' };
    const [one, other] = [await DemoClock.open({ file, system }), await DemoClock.open({ file, system })];
    const store = await open(file, { now: () => other.now() });
    expect(one.now()).toBe(system.now());
    const noon = '2027-03-01T12:00:00.000Z';
    await one.set(noon);
    await one.set(noon);
    expect([one.now(), other.now()]).toEqual([noon, noon]);
    const stream = newStream();
    await store.append(stream, [newEvent(stream)], NO_STREAM, noon);
    await other.set('2027-03-01T12:00:00.001Z');
    expect(one.now()).toBe('2027-03-01T12:00:00.001Z');
    await expect(store.append(stream, [newEvent(stream)], 0, noon)).rejects.toMatchObject({ name: 'TooLate' });
    one.close();
    other.close();
    const again = await DemoClock.open({ file, system });
    expect(again.now()).toBe('2027-03-01T12:00:00.001Z');
    again.close();
  });

  it('refuses to go back and what is no instant', async () => {
    const file = newFile();
    const system = { now: () => '2027-03-01T10:00:00.000Z' };
    const clock = await DemoClock.open({ file, system });
    await clock.set('2020-01-01T00:00:00.000Z');
    await clock.set('2027-03-01T12:00:00.000Z');
    await expect(clock.set('2027-03-01T11:59:59.999Z')).rejects.toThrow(/does not go back from 2027-03-01T12:00:00.000Z/);
    for (const wrong of ['tomorrow', '2028-01-01', '2028-01-01T00:00:00Z', '']) await expect(clock.set(wrong)).rejects.toThrow(RangeError);
    expect(clock.now()).toBe('2027-03-01T12:00:00.000Z');
    clock.close();
  });

  it('begins in the past only where nothing has happened yet', async () => {
    const file = newFile();
    const clock = await DemoClock.open({ file, system: { now: () => '2027-03-01T10:00:00.000Z' } });
    const stream = newStream();
    await (await open(file)).append(stream, [newEvent(stream)], NO_STREAM);
    await expect(clock.set('2020-01-01T00:00:00.000Z')).rejects.toThrow(RangeError);
    expect(clock.now()).toBe('2027-03-01T10:00:00.000Z');
    clock.close();
  });
});
