// Before all tests: a keeper that starts PostgreSQL when the first test asks for it. It ends with this process, however that ends.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export default async function setup() {
  if (process.env.MINIPILOT_TEST_POSTGRES) return;
  const script = fileURLToPath(new URL('postgres.mjs', import.meta.url));
  // a group of its own: an interrupt from the terminal must not overtake the closing of its standard input
  const keeper = spawn(process.execPath, [script, '--keep'], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  const [line] = await Promise.race([
    once(keeper.stdout, 'data'),
    once(keeper, 'exit').then(() => Promise.reject(new Error('the keeper of PostgreSQL did not start'))),
  ]);
  process.env.MINIPILOT_TEST_POSTGRES_KEEPER = String(line).trim();
  keeper.unref();
  keeper.stdin.unref?.();
  keeper.stdout.destroy();
  globalThis.postgresKeeper = keeper;
}
