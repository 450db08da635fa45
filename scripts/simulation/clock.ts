import { parseArgs } from 'node:util';
import { addMilliseconds, instant, type Instant } from '@minipilot/kernel/time.js';
import { Client, Refused } from '../support/client.js';
import { CannotDo, demoIdentity, settings } from '../support/command.js';
import { STAFF } from './plan.js';

export const USAGE = `Usage: npm run clock -- [--to INSTANT | --by 30d] [--url URL]
Moves the clock of a demonstration on, from due timer to due timer, and answers when all that fell due is done.
Without an option it tells the time.
  --to   an instant such as 2027-03-01T10:00:00.000Z, or a day, which means its beginning in UTC
  --by   so many minutes, hours, days or weeks: 90m, 12h, 30d, 6w`;

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** Where the clock shall stand. Throws CannotDo for what is no time. */
export function target(now: Instant, to: string | undefined, by: string | undefined): Instant | null {
  if (to !== undefined && by !== undefined) throw new CannotDo('Either --to or --by, not both.');
  if (to !== undefined) {
    const full = /^\d{4}-\d{2}-\d{2}$/.test(to) ? `${to}T00:00:00.000Z` : to;
    if (!/^\d{4}-\d{2}-\d{2}T/.test(full) || Number.isNaN(Date.parse(full)))
      throw new CannotDo(`--to ${to} is no instant such as 2027-03-01T10:00:00.000Z`);
    return instant(full);
  }
  if (by === undefined) return null;
  const match = /^(\d{1,6})([mhdw])$/.exec(by);
  if (match === null) throw new CannotDo(`--by ${by} is no span such as 90m, 12h, 30d or 6w`);
  return addMilliseconds(now, Number(match[1]) * UNITS[match[2]!]!);
}

/** The command `clock`. Prints where the clock stands, in JSON. */
export async function moveClock(args: string[], out: (text: string) => void): Promise<number> {
  const { values } = parseArgs({ args, options: { to: { type: 'string' }, by: { type: 'string' }, url: { type: 'string' } } });
  const { config, url } = settings(values.url);
  const client = new Client({ url, tenant: config.tenants[0]!, identity: await demoIdentity(config), prefix: 'clock', patienceMs: 0 });
  const { now } = (await client.get(STAFF.officer, '/demo/clock')) as { now: Instant };
  const to = target(now, values.to, values.by);
  try {
    out(JSON.stringify(to === null ? { now } : await client.post(STAFF.officer, '/demo/clock', 'clock', { to })));
  } catch (error) {
    throw error instanceof Refused ? new CannotDo(error.message) : error;
  }
  return 0;
}
