import { faults, USAGE } from './faults/faults.js';
import { command } from './support/command.js';
import { builtFolder } from './support/server.js';

await command(USAGE, (args) =>
  faults(
    args,
    builtFolder(),
    (text) => process.stdout.write(`${text}\n`),
    (text) => process.stderr.write(`${text}\n`),
  ),
);
