import { readFileSync } from 'node:fs';
import { parseArgs, TextDecoder } from 'node:util';
import { parsePb, PbError } from '@minipilot/grants/selection/pabulib.js';
import { replayPb, CannotReplay } from '@minipilot/grants/selection/replay-pb.js';
import { CannotDo } from '../support/command.js';

export const USAGE = `Usage: npm run select -- --pb FILE
Applies the rule of an election file of pabulib.org (.pb) to its ballots, with the selection of this service, and compares the result with
the published one. Prints one JSON object: winners, cost, ties that no rule parts, what differs from the published result, and what looked
odd in the file. Ends with 1 when the result differs and no tie explains it, with 2 when the file cannot be read.`;

/** Warnings that are shown; a file may have one per line. */
const SHOWN = 20;

/** The command `select`. */
export function selectFile(args: string[], out: (text: string) => void): Promise<number> {
  const { values } = parseArgs({ args, options: { pb: { type: 'string' } } });
  if (values.pb === undefined) throw new CannotDo(USAGE);
  try {
    const file = parsePb(textOf(values.pb));
    const replay = replayPb(file);
    const warnings = file.warnings
      .slice(0, SHOWN)
      .map(({ line, column, code, value }) => `line ${line}, column ${column}: ${code} ${value}`.trim());
    const more = file.warnings.length - warnings.length;
    out(JSON.stringify({ file: values.pb, ...replay, warnings: more > 0 ? [...warnings, `and ${more} more`] : warnings }));
    return Promise.resolve(replay.published === null || replay.published.same ? 0 : 1);
  } catch (error) {
    if (error instanceof PbError || error instanceof CannotReplay) throw new CannotDo(`${values.pb}: ${error.message}`);
    throw error;
  }
}

function textOf(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new CannotDo(`${path} cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new CannotDo(`${path} is no text in UTF-8`);
  }
}
