import { exportDocuments, USAGE } from './documents/export.js';
import { command } from './support/command.js';

await command(USAGE, (args) => exportDocuments(args, (text) => process.stdout.write(`${text}\n`)));
