import { existsSync } from 'node:fs';
import { demoKeyFile, DemoIdentity, DemoKeyRefused } from '@minipilot/identity/demo-identity.js';
import { InvalidConfig, readConfig, type Config } from '@minipilot/platform/config.js';
import { KeyRefused } from '@minipilot/platform/privacy/keys.js';
import { ReadModelsRefused } from '@minipilot/platform/read-models/database.js';
import { StoreRefused } from '@minipilot/platform/store/connection.js';

/** A command cannot do what was asked; the message says why and what to do. */
export class CannotDo extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CannotDo';
  }
}

const TOLD = [CannotDo, InvalidConfig, DemoKeyRefused, KeyRefused, StoreRefused, ReadModelsRefused];

/**
 * Runs a command line: `work` gives the exit code. What the operator can mend is said in one message (code 2);
 * anything else keeps its stack.
 */
export async function command(usage: string, work: (args: string[]) => Promise<number>): Promise<void> {
  const args = process.argv.slice(2);
  if (args.includes('--help')) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  try {
    process.exitCode = await work(args);
  } catch (error) {
    const asked = String((error as { code?: string }).code).startsWith('ERR_PARSE_ARGS');
    if (!asked && !TOLD.some((type) => error instanceof type)) throw error;
    process.stderr.write(`${(error as Error).message}${asked ? `\n\n${usage}` : ''}\n`);
    process.exitCode = 2;
  }
}

/** A whole number that an option gives. Throws CannotDo. */
export function wholeOption(name: string, value: string | undefined, fallback: number | undefined, min: number, max: number): number {
  if (value === undefined && fallback !== undefined) return fallback;
  const number = /^\d{1,15}$/.test(value ?? '') ? Number(value) : NaN;
  if (!(number >= min && number <= max)) throw new CannotDo(`--${name} must be a whole number from ${min} to ${max}`);
  return number;
}

/** The settings of the processes on this data folder, and where the server answers. */
export function settings(url: string | undefined): { config: Config; url: string } {
  const config = readConfig(process.env);
  const address = url ?? `http://localhost:${config.port}`;
  if (!/^https?:\/\//.test(address) || !URL.canParse(address))
    throw new CannotDo(`--url ${address} is no address such as http://localhost:3000`);
  return { config, url: address.replace(/\/+$/, '') };
}

/** Issues tokens as the demonstration on this data folder does; never makes a key of its own. */
export function demoIdentity(config: Config): Promise<DemoIdentity> {
  if (config.mode !== 'demo')
    throw new CannotDo('This command plays people of a demonstration: it needs MINIPILOT_MODE=demo, here and in the server.');
  const file = demoKeyFile(config.data);
  if (!existsSync(file))
    throw new CannotDo(
      `There is no ${file}, with which the server signs tokens. Start the server first (npm start), and name its data folder here too: MINIPILOT_DATA=<folder>.`,
    );
  return DemoIdentity.open(config.data);
}
