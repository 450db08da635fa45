// Compiles apps, libs and scripts into dist when dist is older than they are. Plain JavaScript for Node 20 and later:
// it runs before the project's own Node is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
const stamp = join(dist, '.sources');
const lock = join(dist, '.lock');
const SOURCES = ['apps', 'libs', 'scripts'];

const filesBelow = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
        .sort()
    : [];

/** Digest of everything that dist is made of. */
function sourcesDigest() {
  const hash = createHash('sha256');
  const sources = SOURCES.flatMap((folder) => filesBelow(join(root, folder))).filter((file) => file.endsWith('.ts'));
  for (const file of [...sources, join(root, '.swcrc'), fileURLToPath(import.meta.url)]) {
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex');
}

export const isBuilt = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === sourcesDigest();

function holderIsGone() {
  try {
    const pid = Number(readFileSync(lock, 'utf8'));
    if (!(pid > 0)) return Date.now() - statSync(lock).mtimeMs > 10_000; // killed between creating and writing
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

/** Runs `work` while no other process of this clone installs or builds. */
export function exclusively(work) {
  mkdirSync(dist, { recursive: true });
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (holderIsGone()) rmSync(lock, { force: true });
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
  }
  try {
    return work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Moves what differs into dist file by file, so that a running server never finds a file missing or half written. */
function publish(built) {
  const fresh = new Set(filesBelow(built).map((file) => relative(built, file)));
  for (const file of fresh) {
    const target = join(dist, file);
    if (existsSync(target) && readFileSync(target).equals(readFileSync(join(built, file)))) continue;
    mkdirSync(dirname(target), { recursive: true });
    renameSync(join(built, file), target);
  }
  for (const file of filesBelow(dist)) {
    if (file !== lock && !fresh.has(relative(dist, file))) rmSync(file);
  }
}

/** Compiles when needed. Throws with the compiler's message. */
export function build() {
  if (isBuilt()) return;
  exclusively(() => {
    if (isBuilt()) return;
    const digest = sourcesDigest();
    const built = join(root, `.dist-${process.pid}`);
    try {
      const swc = join(root, 'node_modules', '@swc', 'cli', 'bin', 'swc.js');
      const folders = SOURCES.filter((folder) => existsSync(join(root, folder)));
      const args = [swc, ...folders, '--out-dir', built, '--extensions', '.ts', '--quiet'];
      const result = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
      if (result.status !== 0) throw new Error(`the build failed:\n${result.stdout}${result.stderr}`);
      rmSync(stamp, { force: true });
      publish(built);
      writeFileSync(stamp, digest);
    } finally {
      rmSync(built, { recursive: true, force: true });
    }
  });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    build();
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
