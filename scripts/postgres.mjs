// PostgreSQL for the tests: a private cluster in a temporary folder, reached by a socket in it, gone with the process that asked for it.
//   node scripts/postgres.mjs --install    as root installs Debian's server where it is missing, else says what to install
//   node scripts/postgres.mjs --keep       starts the cluster when first asked and keeps it until standard input closes
import { spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const MISSING = 'PostgreSQL is missing; on Debian: apt-get install postgresql';
const PREFIX = 'minipilot-pg-';
const isRoot = process.getuid?.() === 0;
// the server's own user must reach it, and a socket's path has a short limit
const base = isRoot ? '/tmp' : tmpdir();

/** The folder with `initdb` and `postgres`, the newest where there are several; undefined where there is none. */
export function findPostgres() {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...versions.map((version) => join(debian, version, 'bin')), ...process.env.PATH.split(delimiter), '/usr/local/bin'];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
}

/** The server refuses to run as root. */
function serverUser() {
  if (!isRoot) return {};
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  const entry = ['postgres', 'nobody'].map((name) => lines.find((line) => line.startsWith(`${name}:`))).find(Boolean);
  if (!entry) throw new Error('PostgreSQL does not run as root, and there is neither a user postgres nor nobody');
  const [, , uid, gid] = entry.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

const isAlive = (pid) => existsSync(`/proc/${pid}`);
const commandOf = (pid) => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
};
const pidIn = (file) => {
  try {
    return Number(readFileSync(file, 'utf8').split('\n')[0]);
  } catch {
    return 0;
  }
};

/** Ends clusters whose keeper was killed, and removes their folders. Those of other users are left alone. */
async function clearOrphans() {
  for (const name of readdirSync(base).filter((entry) => entry.startsWith(PREFIX))) {
    const dir = join(base, name);
    const keeper = pidIn(join(dir, 'keeper.pid'));
    // without a pid it is another keeper that begins just now, or not ours to read
    if (keeper === 0 || commandOf(keeper).includes('postgres.mjs')) continue;
    const server = pidIn(join(dir, 'data', 'postmaster.pid'));
    try {
      if (server !== 0 && commandOf(server).includes(dir)) {
        process.kill(server, 'SIGQUIT');
        for (let i = 0; i < 100 && isAlive(server); i++) await sleep(50);
      }
      rmSync(dir, { recursive: true, force: true });
    } catch (error) {
      if (error.code !== 'EPERM' && error.code !== 'EACCES') throw error;
    }
  }
}

/** Starts a cluster in `dir`. Resolves to the URL of its server and the process. */
async function startCluster(dir) {
  const bin = findPostgres();
  if (!bin) throw new Error(MISSING);
  const user = serverUser();
  const data = join(dir, 'data');
  const options = { ...user, cwd: dir, env: { PATH: process.env.PATH, LC_ALL: 'C' } };
  const initdb = spawn(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'minipilot', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions'],
    { ...options, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let output = '';
  initdb.stderr.on('data', (chunk) => (output += chunk));
  const code = await new Promise((resolve) => initdb.on('close', resolve));
  if (code !== 0) throw new Error(`initdb failed: ${output.trim()}`);

  const settings = [
    'listen_addresses=',
    `unix_socket_directories=${dir}`,
    'unix_socket_permissions=0700',
    'max_connections=200',
    // the data does not outlive the run
    'fsync=off',
    'full_page_writes=off',
    'shared_buffers=64MB',
  ];
  const server = spawn(join(bin, 'postgres'), ['-D', data, ...settings.flatMap((s) => ['-c', s])], {
    ...options,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  output = '';
  await new Promise((resolve, reject) => {
    server.stderr.on('data', (chunk) => {
      output = (output + chunk).slice(-10_000);
      if (output.includes('ready to accept connections')) resolve();
    });
    server.on('exit', () => reject(new Error(`PostgreSQL did not start: ${output.trim()}`)));
  });
  return { url: `postgres://minipilot@localhost/postgres?host=${encodeURIComponent(dir)}`, server };
}

async function stopServer(server) {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = new Promise((resolve) => server.on('exit', resolve));
  server.kill('SIGINT');
  const timer = setTimeout(() => server.kill('SIGQUIT'), 5000);
  await ended;
  clearTimeout(timer);
}

/** Prints the path of a socket on standard output. Who connects to it is answered one line of JSON: `url` or `error`. */
async function keep() {
  await clearOrphans();
  const dir = mkdtempSync(join(base, PREFIX));
  const { uid, gid } = serverUser();
  if (uid !== undefined) chownSync(dir, uid, gid);
  writeFileSync(join(dir, 'keeper.pid'), `${process.pid}\n`);

  let cluster;
  const door = createServer((connection) => {
    connection.on('error', () => {});
    cluster ??= startCluster(dir);
    cluster.then(
      ({ url }) => connection.end(`${JSON.stringify({ url })}\n`),
      ({ message }) => connection.end(`${JSON.stringify({ error: message })}\n`),
    );
  });
  const socket = join(dir, 'keeper');
  await new Promise((resolve, reject) => door.on('error', reject).listen(socket, resolve));

  let ending = false;
  const end = async () => {
    if (ending) return;
    ending = true;
    door.close();
    const started = await cluster?.catch(() => undefined);
    if (started) await stopServer(started.server);
    rmSync(dir, { recursive: true, force: true });
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, end);
  process.stdin.on('end', end).on('error', end).resume();
  process.stdout.on('error', end);
  process.stdout.write(`${socket}\n`);
}

function install() {
  if (findPostgres()) return;
  if (!isRoot) {
    console.error(MISSING);
    process.exit(1);
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const command = 'apt-get install -y -q postgresql || (apt-get update -q && apt-get install -y -q postgresql)';
  spawnSync('sh', ['-c', command], { stdio: ['ignore', 2, 2], env });
  if (!findPostgres()) {
    console.error(MISSING);
    process.exit(1);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--install')) install();
  else if (process.argv.includes('--keep')) await keep();
  else console.error('node scripts/postgres.mjs --install | --keep');
}
