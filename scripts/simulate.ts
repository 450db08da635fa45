import { simulate, USAGE } from './simulation/simulate.js';
import { command } from './support/command.js';

await command(USAGE, (args) => simulate(args, (text) => process.stdout.write(`${text}\n`), process.stderr));
