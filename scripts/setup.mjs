// Makes a fresh clone ready: packages and build; with --test also what tests need from Debian. Plain JavaScript for
// Node 20 and later: the project's own Node 24 comes with the packages. Does nothing, and writes nothing, when all is in place.
//   node scripts/setup.mjs [--test]    install and build
//   node scripts/setup.mjs --verify    only say what is wrong; run by npm scripts in case their "pre" part was skipped
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { build, exclusively, isBuilt, root } from './build.mjs';

const REQUIRED = 24;
const modules = join(root, 'node_modules');
/** Holds the digest of the lock file that node_modules was installed from; lies inside, so it goes when they go. */
const marker = join(modules, '.installed-from');
const projectNode = join(modules, '.bin', 'node');

function stop(message) {
  console.error(message);
  process.exit(1);
}

const major = (version) => Number(version.split('.')[0].replace('v', ''));
const lockDigest = () =>
  createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
const isInstalled = () => existsSync(marker) && readFileSync(marker, 'utf8') === lockDigest();
const node = () => (existsSync(projectNode) ? projectNode : process.execPath);

const TOO_OLD =
  process.platform === 'linux' && process.arch === 'x64'
    ? `Node ${REQUIRED} did not come with the packages: \`rm -r node_modules\` and \`npm run setup\` fetch it again, or install Node ${REQUIRED} or newer.`
    : `Minipilot needs Node ${REQUIRED} or newer; this is ${process.version}. Install it and start again.`;

function install() {
  if (isInstalled()) return;
  exclusively(() => {
    if (isInstalled()) return;
    console.error('Installing packages (about a minute)…');
    // The npm of the machine, with its own Node: this project's Node is among what is being replaced.
    const path = process.env.PATH.split(delimiter).filter((folder) => !folder.endsWith(join('node_modules', '.bin')));
    // No package needs its install script. Optional ones bring Node 24 and the compiler, development ones the tests.
    const args = ['ci', '--include=dev', '--include=optional', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    const result = spawnSync('npm', args, { cwd: root, stdio: ['ignore', 2, 2], env: { ...process.env, PATH: path.join(delimiter) } });
    if (result.status !== 0) stop('npm could not install the packages; the reason stands above. Nothing was started.');
    writeFileSync(marker, lockDigest());
  });
}

const isOnPath = (program) => process.env.PATH.split(delimiter).some((folder) => existsSync(join(folder, program)));

/** As root installs what is missing, else says what to install; the tests that need it then fail and say so. */
function testPrograms() {
  spawnSync(node(), [join(root, 'scripts', 'postgres.mjs'), '--install'], { cwd: root, stdio: ['ignore', 2, 2] });
  if (isOnPath('strace')) return;
  if (process.getuid?.() === 0 && isOnPath('apt-get')) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const command = 'apt-get install -y -q strace || (apt-get update -q && apt-get install -y -q strace)';
    if (spawnSync('sh', ['-c', command], { stdio: ['ignore', 2, 2], env }).status === 0) return;
  }
  console.error('strace is missing; on Debian: apt-get install strace');
}

if (process.argv.includes('--verify')) {
  if (!isInstalled() || !isBuilt()) stop('Not set up: npm was told to skip scripts (ignore-scripts). Run `npm run setup` first.');
  if (major(process.version) < REQUIRED) stop(TOO_OLD);
} else {
  if (major(process.version) < 20) stop(`Node 20 or newer is needed to set up; this is ${process.version}.`);
  try {
    if (!isInstalled() || !isBuilt()) accessSync(root, constants.W_OK);
  } catch {
    stop(`This user may not write into ${root}: set up as its owner (\`npm run setup\`), or clone it as this user.`);
  }
  try {
    install();
    if (major(spawnSync(node(), ['--version'], { encoding: 'utf8' }).stdout) < REQUIRED) stop(TOO_OLD);
    build();
  } catch (error) {
    stop(error.message);
  }
  if (process.argv.includes('--test')) testPrograms();
}
