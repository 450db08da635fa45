import { bench, USAGE } from './bench/bench.js';
import { command } from './support/command.js';
import { builtFolder } from './support/server.js';

await command(USAGE, (args) =>
  bench(
    args,
    builtFolder(),
    (text) => process.stdout.write(`${text}\n`),
    (text) => process.stderr.write(`${text}\n`),
  ),
);
