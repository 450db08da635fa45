import { replayStream, USAGE } from './history/replay.js';
import { command } from './support/command.js';

await command(USAGE, (args) => replayStream(args, (text) => process.stdout.write(`${text}\n`)));
