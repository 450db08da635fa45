import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../support/probes.js';

/** Runs Jest with the project's reporters over the given test files and gives all that it printed, in the order printed. */
function runTests(files: Record<string, string>, environment: Record<string, string> = {}): { output: string; lastLine: string } {
  const folder = mkdtempSync(join(tmpdir(), 'minipilot-run-'));
  try {
    mkdirSync(join(folder, 'specs'));
    symlinkSync(join(projectRoot, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(
      join(folder, 'jest.config.mjs'),
      `import config from ${JSON.stringify(join(projectRoot, 'jest.config.mjs'))};
       const reporters = config.reporters.map((reporter) => String(reporter).replace('<rootDir>', ${JSON.stringify(projectRoot)}));
       export default { reporters, testRegex: config.testRegex, transform: config.transform, moduleNameMapper: config.moduleNameMapper };`,
    );
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'specs', name), text);
    const { MINIPILOT_SHARED: _, ...inherited } = process.env;
    const command = '"$0" --experimental-vm-modules node_modules/jest/bin/jest.js --ci --rootDir . 2>&1';
    const { stdout } = spawnSync('sh', ['-c', command, process.execPath], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...inherited, ...environment },
    });
    return { output: stdout, lastLine: stdout.trimEnd().split('\n').at(-1)! };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const sharedSpec = `import { sharedTest } from ${JSON.stringify(join(projectRoot, 'test/support/shared'))};
  sharedTest('reads a vector', 'vectors/one.json', (path) => expect(path.endsWith('vectors/one.json')).toBe(true));`;

describe('a test run', () => {
  test('ends with the line that is counted, after everything else; a suite that cannot load is a failure', () => {
    const { output, lastLine } = runTests({
      'good.unit.ts': "test('a', () => undefined);\ntest('b', () => console.log('said'));",
      'bad.unit.ts': "test('c', () => { throw new Error('no'); });\ntest.todo('d');",
      'broken.unit.ts': "import './nowhere';\ntest('e', () => undefined);",
    });
    expect(output).toContain('Test Suites:');
    expect(lastLine).toBe('2 passed, 2 failed, 1 skipped');
  }, 240_000);

  test('a test on shared material is skipped with its reason, and fails when the folder is named but lacks it', () => {
    const shared = mkdtempSync(join(tmpdir(), 'minipilot-shared-'));
    try {
      const unnamed = runTests({ 'shared.unit.ts': sharedSpec });
      expect(unnamed.lastLine).toBe('0 passed, 0 failed, 1 skipped');
      expect(unnamed.output).toContain('not run: reads a vector (skipped: MINIPILOT_SHARED does not say where vectors/one.json is)');

      const missing = runTests({ 'shared.unit.ts': sharedSpec }, { MINIPILOT_SHARED: shared });
      expect(missing.lastLine).toBe('0 passed, 1 failed, 0 skipped');
      expect(missing.output).toContain('vectors/one.json is missing');

      mkdirSync(join(shared, 'vectors'));
      writeFileSync(join(shared, 'vectors', 'one.json'), '{}');
      expect(runTests({ 'shared.unit.ts': sharedSpec }, { MINIPILOT_SHARED: shared }).lastLine).toBe('1 passed, 0 failed, 0 skipped');
    } finally {
      rmSync(shared, { recursive: true, force: true });
    }
  }, 240_000);
});
