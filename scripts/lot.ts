import { repeatLot, USAGE } from './selection/lot.js';
import { command } from './support/command.js';

await command(USAGE, (args) => repeatLot(args, (text) => process.stdout.write(`${text}\n`)));
