import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildOnce } from '../../../../test/support/built.js';
import { DataFolderHeld, holdDataFolder } from './data-folder.js';

describe('holdDataFolder', () => {
  let parent: string;
  let dir: string;
  const holds: { release(): void }[] = [];
  const children: ChildProcess[] = [];

  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'folder-'));
    dir = join(parent, 'data');
  });
  afterEach(() => {
    for (const hold of holds.splice(0)) hold.release();
    for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
    rmSync(parent, { recursive: true, force: true });
  });

  function hold(name: string): { release(): void } {
    const held = holdDataFolder(dir, name);
    holds.push(held);
    return held;
  }

  async function holdElsewhere(name: string): Promise<ChildProcess> {
    const source = `
      import { holdDataFolder } from ${JSON.stringify(pathToFileURL(join(buildOnce(), 'libs/platform/src/store/data-folder.js')).href)};
      holdDataFolder(${JSON.stringify(dir)}, ${JSON.stringify(name)});
      globalThis.gc();
      console.log('held');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', source], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    await once(child.stdout!, 'data');
    return child;
  }

  it('makes the folder for its owner only and writes who holds it', () => {
    const held = hold('desk');
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    const [pid, since] = readFileSync(join(dir, 'desk.pid'), 'utf8').split('\n');
    expect(pid).toBe(String(process.pid));
    expect(Math.abs(Date.parse(since!) - (Date.now() - process.uptime() * 1000))).toBeLessThan(5_000);
    held.release();
    expect(existsSync(join(dir, 'desk.pid'))).toBe(false);
    held.release();
    hold('desk');
  });

  it('refuses a second start of a name while the first lives, and says how to stop it', async () => {
    const child = await holdElsewhere('desk');
    const error = (() => {
      try {
        return hold('desk');
      } catch (reason) {
        return reason;
      }
    })();
    expect(error).toBeInstanceOf(DataFolderHeld);
    expect((error as Error).message).toContain(`"desk" runs there as process ${child.pid} since 2`);
    expect((error as Error).message).toContain(`kill ${child.pid}`);
    expect(readFileSync(join(dir, 'desk.pid'), 'utf8')).toContain(String(child.pid));
  }, 60_000);

  it('takes over after a kill -9, also when the process id lives on in another process', async () => {
    const child = await holdElsewhere('desk');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(existsSync(join(dir, 'desk.pid'))).toBe(true);
    hold('desk').release();
    writeFileSync(join(dir, 'desk.pid'), `${process.ppid}\n2027-01-01T00:00:00.000Z\n`);
    hold('desk');
    expect(readFileSync(join(dir, 'desk.pid'), 'utf8')).toContain(String(process.pid));
  }, 60_000);

  it('lets different names share the folder, but nobody with "all"', async () => {
    const desk = hold('desk');
    await holdElsewhere('worker');
    writeFileSync(join(dir, 'transparency.pid'), '1\n2027-01-01T00:00:00.000Z\n');
    expect(() => hold('all')).toThrow(/"desk" runs there.*"worker" runs there/);
    expect(() => hold('all')).not.toThrow(/transparency/);
    expect(existsSync(join(dir, 'all.pid'))).toBe(false);
    desk.release();
    expect(() => hold('all')).toThrow(/"worker" runs there/);
  }, 60_000);

  it('excludes the others while "all" runs, until it is killed', async () => {
    const all = await holdElsewhere('all');
    expect(() => hold('desk')).toThrow(new RegExp(`"all" runs there as process ${all.pid} .*kill ${all.pid}`));
    expect(() => hold('all')).toThrow(DataFolderHeld);
    all.kill('SIGKILL');
    await once(all, 'exit');
    hold('desk');
  }, 60_000);

  it('refuses a name that is no file name', () => {
    for (const name of ['', '../desk', 'Desk', 'a/b']) expect(() => hold(name)).toThrow(RangeError);
  });
});
