import { demoToken } from '@minipilot/identity/demo-token.js';

process.exitCode = await demoToken(
  process.argv.slice(2),
  process.env,
  (token) => process.stdout.write(`${token}\n`),
  (text) => process.stderr.write(`${text}\n`),
);
