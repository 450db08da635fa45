import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const ROOT = resolve(__dirname, '../..');
const DIST = join(ROOT, 'dist');
const SOURCES = ['apps', 'libs'];
/** Name, time and size of every source at the last build. */
const STAMP = join(DIST, '.sources');

let built = false;

function fingerprint(): string {
  const hash = createHash('sha256');
  for (const folder of SOURCES) {
    const files = (readdirSync(join(ROOT, folder), { recursive: true }) as string[]).filter((file) => /\.tsx?$/.test(file)).sort();
    for (const file of files) {
      const { mtimeMs, size } = statSync(join(ROOT, folder, file));
      hash.update(`${folder}/${file} ${mtimeMs} ${size}\n`);
    }
  }
  return hash.update(readFileSync(join(ROOT, '.swcrc'))).digest('hex');
}

/**
 * Compiles the sources into `dist` (dist/apps/…, dist/libs/…) unless they are as they were at the last build, and returns that folder,
 * for tests that start real processes. Test workers that come at once wait for one another.
 */
export function buildOnce(): string {
  if (built) return DIST;
  mkdirSync(DIST, { recursive: true });
  const lock = new DatabaseSync(join(DIST, '.lock'), { timeout: 120_000 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    const sources = fingerprint();
    if (!existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== sources) {
      execFileSync(process.execPath, [join(ROOT, 'node_modules/@swc/cli/bin/swc.js'), ...SOURCES, '-d', DIST, '--quiet'], {
        cwd: ROOT,
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, NODE_ENV: 'production' },
      });
      writeFileSync(STAMP, sources);
    }
    built = true;
    return DIST;
  } finally {
    lock.close();
  }
}
