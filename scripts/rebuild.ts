import { rebuildReadModels, USAGE } from './read-models/rebuild.js';
import { command } from './support/command.js';

await command(USAGE, (args) => rebuildReadModels(args, (text) => process.stdout.write(`${text}\n`), process.stderr));
