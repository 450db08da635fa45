import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { PURPOSES, type NewEvent } from '@minipilot/kernel/event.js';
import { buildOnce } from '../../../../test/support/built.js';
import { ensureKeys, loadKeys } from './keys.js';
import { systemRandomness } from './randomness.js';
import { VaultSealer } from './sealer.js';
import { Vault } from './vault.js';

/** What each child does after `vault`, `sealer`, `event` and `print` are there. */
const TASKS = {
  register: `
    const subjects = [];
    for (let i = 0; i < 100; i++) subjects.push((await vault.resolve('demo', { kind: 'email', value: 'person' + i + '@example.fi' })).subject);
    print({ subjects, fingerprint: await sealer.fingerprint('s1', { a: 1 }) });`,
  seal: `
    for (let i = 0; ; i++) print((await sealer.seal([{ event: event(process.pid + '-' + i), seal: [{ subject: 's1', purpose: 'contact', payload: { v: 1, i } }] }]))[0]);`,
};

describe('vault shared by processes', () => {
  let dir: string;
  let children: ChildProcess[];
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'vault-processes-'));
    children = [];
    ensureKeys(join(dir, 'keys'));
  });
  afterEach(async () => {
    for (const child of children) {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
    }
    rmSync(dir, { recursive: true });
  });

  const start = (task: keyof typeof TASKS) => {
    const of = (name: string) => JSON.stringify(pathToFileURL(join(buildOnce(), `libs/platform/src/privacy/${name}.js`)).href);
    const script = join(dir, `${task}.mjs`);
    writeFileSync(
      script,
      `import { writeSync } from 'node:fs';
      import { loadKeys } from ${of('keys')};
      import { systemRandomness as random } from ${of('randomness')};
      import { VaultSealer } from ${of('sealer')};
      import { Vault } from ${of('vault')};
      const keys = loadKeys(${JSON.stringify(join(dir, 'keys'))}, []);
      const vault = await Vault.open({ file: ${JSON.stringify(join(dir, 'vault.sqlite'))}, masterKey: keys.masterKey, random });
      const sealer = new VaultSealer({ vault, keys, random });
      const event = (id) => ({ id, type: 'pilot.submitted', tenant: 'demo' });
      const print = (value) => writeSync(1, JSON.stringify(value) + '\\n');
      ${TASKS[task]}
      await vault.close();`,
    );
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    const lines: string[] = [];
    const reader = createInterface({ input: child.stdout! }).on('line', (line) => lines.push(line));
    return { child, lines, end: Promise.all([once(child, 'close'), once(reader, 'close')]).then(() => child.exitCode) };
  };

  it('gives one subject and one actor key, while the file is being made too', async () => {
    const runs = [start('register'), start('register'), start('register')];
    expect(await Promise.all(runs.map(({ end }) => end))).toEqual([0, 0, 0]);
    const answers = runs.map(({ lines }) => JSON.parse(lines[0]!) as { subjects: string[]; fingerprint: string });
    expect(new Set(answers[0]!.subjects).size).toBe(100);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  }, 60_000);

  it('has every acknowledged key after kill -9, and seals and erases go on beside', async () => {
    const { masterKey, ...keys } = loadKeys(join(dir, 'keys'), PURPOSES);
    const vault = await Vault.open({ file: join(dir, 'vault.sqlite'), masterKey, random: systemRandomness });
    const sealer = new VaultSealer({ vault, keys: { masterKey, ...keys }, random: systemRandomness });
    try {
      for (let round = 0; round < 4; round++) {
        const runs = [start('seal'), start('seal')];
        while (!runs.every(({ lines }) => lines.length > 5)) await new Promise((resolve) => setTimeout(resolve, 10));
        const own = (
          await sealer.seal([
            {
              event: { id: `own-${round}`, type: 'pilot.submitted', tenant: 'demo' } as NewEvent,
              seal: [{ subject: 's2', purpose: 'iban', payload: { v: 1 } }],
            },
          ])
        )[0]!;
        expect((await vault.erase('demo', 's2', ['iban'])).wrappedKeys).toEqual({ iban: 1 });
        expect(await sealer.unseal(own, 'iban', 's2')).toBeNull();
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 50));
        for (const { child, end } of runs) {
          child.kill('SIGKILL');
          await end;
        }
        for (const { lines } of runs) {
          for (const [i, line] of lines.entries())
            expect(await sealer.unseal(JSON.parse(line) as NewEvent, 'contact', 's1')).toEqual({ v: 1, i });
        }
      }
    } finally {
      await vault.close();
    }
  }, 120_000);
});
