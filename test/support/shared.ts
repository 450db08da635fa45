import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A test on a file or folder of the shared material (vectors, schemas, data), which lies outside this repository in the folder
 * that MINIPILOT_SHARED names. Without the variable it counts as skipped and its name says why; with it, a missing file fails.
 */
export function sharedTest(name: string, relativePath: string, run: (path: string) => void | Promise<void>, timeoutMs?: number): void {
  const folder = process.env.MINIPILOT_SHARED;
  if (folder === undefined || folder === '') {
    const { skip: withoutFolder } = test;
    withoutFolder(`${name} (skipped: MINIPILOT_SHARED does not say where ${relativePath} is)`, () => undefined);
    return;
  }
  const path = join(folder, relativePath);
  const body = async () => {
    if (!existsSync(path)) throw new Error(`${relativePath} is missing in the folder that MINIPILOT_SHARED names`);
    await run(path);
  };
  test(name, body, timeoutMs);
}
