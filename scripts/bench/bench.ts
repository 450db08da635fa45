import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CannotDo, wholeOption } from '../support/command.js';
import { benchRebuild } from './rebuild.js';
import { benchSubmit, hottest } from './submit.js';

export const USAGE = `Usage: npm run bench -- [--only submit|rebuild] [--events N] [--profile]
Measures beside a limit that does the same work with nothing of ours, in the same run; one JSON line for each figure.
  submit   durable applications through HTTP; limit: bare Fastify that commits the same bytes as often. Goal 0.60, p99 at most twice
  rebuild  row folds of all read models from nothing; limit: scan and parse of the same store. Goal 0.30, on PostgreSQL 0.12
  --events   least events in the store of rebuild, default 30000
  --profile  says where the server spends its time while it is submitted to
Absolute figures say little; ratios of one run can be compared.`;

/** The command `bench`. `built` is the folder with the built programs. */
export async function bench(args: string[], built: string, out: (text: string) => void, err: (text: string) => void): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { only: { type: 'string' }, events: { type: 'string' }, profile: { type: 'boolean', default: false } },
  });
  const { only } = values;
  if (only !== undefined && only !== 'submit' && only !== 'rebuild') throw new CannotDo('--only must be submit or rebuild');
  const events = wholeOption('events', values.events, 30_000, 1_000, 10_000_000);
  if (only !== 'rebuild') {
    const profile = values.profile ? mkdtempSync(join(tmpdir(), 'minipilot-profile-')) : undefined;
    out(JSON.stringify(await benchSubmit(built, profile, err)));
    if (profile !== undefined) {
      for (const line of hottest(profile, 25)) out(line);
      rmSync(profile, { recursive: true, force: true });
    }
  }
  if (only !== 'submit')
    for (const figure of await benchRebuild(built, events, process.env['DATABASE_URL'], err)) out(JSON.stringify(figure));
  return 0;
}
