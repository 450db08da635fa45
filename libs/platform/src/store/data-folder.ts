import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { instant } from '@minipilot/kernel/time.js';
import { isLocked } from './connection.js';

/** The instance that keeps all processes in one: it shares its folder with nobody. */
const ALONE = 'all';
/** Milliseconds to wait for a start beside this one that is still looking. */
const TIMEOUT = 300;

/** Keeps the locks from the garbage collector, which would end them. */
const held = new Set<DatabaseSync>();

/** Another running process holds the data folder. The message says which, and how to stop it. */
export class DataFolderHeld extends Error {
  constructor(
    readonly dir: string,
    readonly holders: readonly string[],
  ) {
    super(`data folder ${dir} is in use: ${holders.join('; ')}`);
    this.name = 'DataFolderHeld';
  }
}

/** The operating system ends such a lock with its process, so none is left behind by a kill. Undefined when it is taken. */
function lock(file: string, kind: 'shared' | 'exclusive'): DatabaseSync | undefined {
  const db = new DatabaseSync(file, { timeout: TIMEOUT });
  try {
    db.exec(kind === 'exclusive' ? 'BEGIN EXCLUSIVE' : 'BEGIN; SELECT count(*) FROM sqlite_schema');
    return db;
  } catch (error) {
    db.close();
    if (isLocked(error)) return undefined;
    throw error;
  }
}

function describe(dir: string, name: string): string {
  const file = join(dir, `${name}.pid`);
  const [pid, since] = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  if (!pid) return `"${name}" is starting there`;
  return `"${name}" runs there as process ${pid} since ${since ?? ''} – stop it first: kill ${pid}`;
}

function holdersBeside(dir: string, own: string): string[] {
  const names = readdirSync(dir)
    .filter((file) => file.endsWith('.pid'))
    .map((file) => file.slice(0, -'.pid'.length))
    .filter((name) => name !== own);
  return names.filter((name) => {
    const free = lock(join(dir, `${name}.lock`), 'exclusive');
    free?.close();
    return free === undefined;
  });
}

/**
 * Holds a data folder (made with mode 0700 where there is none) for one instance name until `release` or the end of the process.
 * Different names share a folder; `all` shares with nobody. Writes `<name>.pid`: the process id, and since when it runs.
 * Throws DataFolderHeld.
 */
export function holdDataFolder(dir: string, name: string): { release(): void } {
  if (!/^[a-z][a-z0-9-]*$/.test(name)) throw new RangeError(`${name} is no instance name`);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const own = lock(join(dir, `${name}.lock`), 'exclusive');
  if (own === undefined) throw new DataFolderHeld(dir, [describe(dir, name)]);
  const folder = lock(join(dir, 'folder.lock'), name === ALONE ? 'exclusive' : 'shared');
  if (folder === undefined) {
    own.close();
    const holders = name === ALONE ? holdersBeside(dir, name) : [ALONE];
    throw new DataFolderHeld(
      dir,
      holders.map((holder) => describe(dir, holder)),
    );
  }
  const pidFile = join(dir, `${name}.pid`);
  writeFileSync(pidFile, `${process.pid}\n${instant(Date.now() - process.uptime() * 1000)}\n`, { mode: 0o600 });
  held.add(own).add(folder);
  return {
    release() {
      if (!held.delete(folder) || !held.delete(own)) return;
      rmSync(pidFile, { force: true });
      folder.close();
      own.close();
    },
  };
}
