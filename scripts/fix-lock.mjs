// Completes package-lock.json after npm has written it; see CONTRIBUTING.md, "Lock file".
// 1. A registry may lack optional packages of other platforms. npm then leaves them out of the lock, and `npm ci` refuses
//    that lock as out of step. They are entered by name and version, bound to their platform.
// 2. No address of a registry stays in the file.
import { readFileSync, writeFileSync } from 'node:fs';

const OS = ['android', 'darwin', 'win32', 'freebsd', 'openharmony', 'netbsd', 'openbsd', 'sunos', 'aix', 'linux'];
const CPU = ['arm64', 'x64', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'mips64el', 'wasm32', 'arm'];
/** No machine has it: keeps npm from fetching a package whose name does not tell its platform. */
const NOWHERE = ['none'];

/** Where Node looks for `name` from the package at `path`, nearest first. */
function* lookups(path, name) {
  const parents = path.split('/node_modules/');
  for (let depth = parents.length; depth > 0; depth--) yield `${parents.slice(0, depth).join('/node_modules/')}/node_modules/${name}`;
  yield `node_modules/${name}`;
}

export function fixLock(lock) {
  const packages = { ...lock.packages };
  for (const [path, entry] of Object.entries(lock.packages)) {
    for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
      const version = range.replace(/^[^\d]*/, '');
      const found = path === '' ? packages[`node_modules/${name}`] : packages[[...lookups(path, name)].find((at) => packages[at])];
      if (found !== undefined && (found.version === version || range !== version)) continue;
      const platform = (known) => known.find((word) => name.split(/[-/]/).includes(word));
      const os = platform(OS);
      const cpu = platform(CPU);
      const place = packages[`node_modules/${name}`] === undefined ? `node_modules/${name}` : `${path}/node_modules/${name}`;
      packages[place] = {
        version,
        ...(entry.dev ? { dev: true } : {}),
        ...(entry.devOptional ? { devOptional: true } : {}),
        optional: true,
        os: os ? [os] : NOWHERE,
        cpu: cpu ? [cpu] : NOWHERE,
      };
    }
  }
  for (const entry of Object.values(packages)) {
    if (entry.resolved?.startsWith('http')) delete entry.resolved;
  }
  const sorted = Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, 'en'));
  return { ...lock, packages: Object.fromEntries(sorted) };
}

if (process.argv[1]?.endsWith('fix-lock.mjs')) {
  const file = new URL('../package-lock.json', import.meta.url);
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  const fixed = fixLock(lock);
  writeFileSync(file, `${JSON.stringify(fixed, null, 2)}\n`);
  console.log(`package-lock.json: ${Object.keys(fixed.packages).length - Object.keys(lock.packages).length} platform packages entered`);
}
