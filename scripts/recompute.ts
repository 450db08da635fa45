import { recomputeCalls, USAGE } from './history/recompute.js';
import { command } from './support/command.js';

await command(USAGE, (args) => recomputeCalls(args, (text) => process.stdout.write(`${text}\n`)));
