import { checkLedgers, USAGE } from './ledger/check.js';
import { command } from './support/command.js';

await command(USAGE, (args) => checkLedgers(args, (text) => process.stdout.write(`${text}\n`)));
