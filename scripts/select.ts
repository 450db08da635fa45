import { selectFile, USAGE } from './selection/select.js';
import { command } from './support/command.js';

await command(USAGE, (args) => selectFile(args, (text) => process.stdout.write(`${text}\n`)));
