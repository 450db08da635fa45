import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from './probes.js';

let built = false;

/**
 * Compiles the sources into `dist` (dist/apps/…, dist/libs/…) unless they are as they were at the last build, and returns that folder,
 * for tests that start real processes. Test workers that come at once wait for one another.
 */
export function buildOnce(): string {
  if (!built) execFileSync(process.execPath, [join(projectRoot, 'scripts', 'build.mjs')], { stdio: ['ignore', 'ignore', 'inherit'] });
  built = true;
  return join(projectRoot, 'dist');
}
