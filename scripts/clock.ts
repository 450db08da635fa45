import { moveClock, USAGE } from './simulation/clock.js';
import { command } from './support/command.js';

await command(USAGE, (args) => moveClock(args, (text) => process.stdout.write(`${text}\n`)));
