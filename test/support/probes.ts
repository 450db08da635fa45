import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The folder of the project's package.json. */
export const projectRoot = dirname(dirname(__dirname));

/**
 * A small tree outside the project with the project's packages and the named settings files, to plant violations in.
 * `files` maps paths to text. Remove it with `remove`.
 */
export function plantTree(settings: string[], files: Record<string, string>): { folder: string; remove(): void } {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'minipilot-probes-')));
  symlinkSync(join(projectRoot, 'node_modules'), join(folder, 'node_modules'));
  for (const file of settings) copyFileSync(join(projectRoot, file), join(folder, file));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Runs a program of node_modules and gives its JSON. Throws with what it said when that is none. */
export function runForJson<T>(program: string, args: string[], cwd: string): T {
  const script = join(projectRoot, 'node_modules', program);
  const result = spawnSync(process.execPath, [script, ...args], { cwd, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  try {
    return JSON.parse(result.stdout) as T;
  } catch {
    throw new Error(`${program} gave no JSON: ${result.stderr}${result.stdout}`);
  }
}
