import { parseArgs } from 'node:util';
import { addDays, atLocalTime, localDate, weekday, type LocalDate } from '@minipilot/kernel/time.js';
import { SingleBar } from 'cli-progress';
import { Client, type Json } from '../support/client.js';
import { CannotDo, demoIdentity, settings, wholeOption } from '../support/command.js';
import { addDistricts, announceCalls, METHODS, projectOf, type Calendar } from './calls.js';
import { FORMATS, readIdeas, type Format, type Input } from './input.js';
import { drawPlans, ELSEWHERE, STAFF, WEEKS, type Method } from './plan.js';
import { Year } from './year.js';

export const USAGE = `Usage: npm run simulate -- --input FILE --applications N --seed S
Plays a whole year of a municipality with a running server (npm start), as all its people would: a ranked and a rolling call,
applications from the file, committee, decisions, payments, reports, adoption. The demo clock moves on by a year.
  --input         CSV file of real or invented ideas
  --format        ${Object.keys(FORMATS).join(' or ')}; csv has the columns title, text, district and sum (euros). Default omastadi
  --applications  how many of its rows apply, 1 to 20000
  --seed          a whole number; the same seed on a new data folder gives the same summary
  --url           of the server, default http://localhost:PORT
  --public-url    of the process with dashboards, where it is another one
The last line of standard output is the summary, in JSON.`;

const PATIENCE_MS = 120_000;

/** The first Monday of the year after the clock's. */
export function firstMonday(today: LocalDate): LocalDate {
  const newYear = `${Number(today.slice(0, 4)) + 1}-01-01`;
  return addDays(newYear, (8 - weekday(newYear)) % 7);
}

/** The command `simulate`. Writes the summary line to `out` and everything else to `err`. */
export async function simulate(args: string[], out: (text: string) => void, err: NodeJS.WriteStream): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      input: { type: 'string' },
      format: { type: 'string', default: 'omastadi' },
      applications: { type: 'string' },
      seed: { type: 'string' },
      url: { type: 'string' },
      'public-url': { type: 'string' },
    },
  });
  const began = performance.now();
  if (values.input === undefined) throw new CannotDo(`Which input? Name a CSV file: --input FILE\n\n${USAGE}`);
  if (!(values.format in FORMATS)) throw new CannotDo(`--format must be ${Object.keys(FORMATS).join(' or ')}`);
  const applications = wholeOption('applications', values.applications, undefined, 1, 20_000);
  const seed = wholeOption('seed', values.seed, undefined, 0, 2 ** 31 - 1);
  const { config, url } = settings(values.url);
  const identity = await demoIdentity(config);
  const say = (line: string) => void err.write(`${line}\n`);

  const input = await readIdeas(values.input, values.format as Format, applications, say);
  if (input.ideas.length === 0) throw new CannotDo(`${values.input} holds no idea that could apply`);
  if (input.ideas.length < applications) say(`${values.input} has only ${input.ideas.length} ideas; so many apply.`);

  const tenant = config.tenants[0]!;
  const bar = new SingleBar({ format: '{bar} week {value}/{total}  {phase}', stream: err, hideCursor: true });
  // a server that is not there at the start is told at once; one that goes away in the middle is waited for
  const clientOf = (at: string, prefix: string, patienceMs = PATIENCE_MS) =>
    new Client({ url: at, tenant, identity, prefix, patienceMs, away: (why) => bar.update({ phase: `waiting for the server: ${why}` }) });
  const { calendar, project } = await calendarOf(clientOf(url, 'look', 0), seed);
  const client = clientOf(url, project);
  const publicClient = clientOf((values['public-url'] ?? url).replace(/\/+$/, ''), project);

  const districts = [...new Set(input.ideas.flatMap((idea) => idea.district ?? []))].sort();
  await moveToStart(client, calendar);
  await addDistricts(client, [...districts, ELSEWHERE]);
  const all = ((await client.get(STAFF.admin, 'policy'))['districts'] as string[]).filter((district) => district !== ELSEWHERE);
  const plans = drawPlans(input.ideas, seed, districts.length > 0 ? districts : all);
  const calls = await announceCalls(client, calendar, plans, all, project);

  let phase = '';
  bar.start(WEEKS.end, 0, { phase: 'announcing' });
  const tell = (week: number, what: string) => {
    bar.update(week, { phase: what });
    if (!err.isTTY && what !== phase) say(`week ${week}/${WEEKS.end}: ${what}`);
    phase = what;
  };
  try {
    await new Year({ client, publicClient, calendar, seed, plans, calls, tell }).run();
  } finally {
    bar.stop();
  }
  const summary = await summarise(client, publicClient, calls, input);
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  out(JSON.stringify({ seed, applications: plans.length, begins: calendar.monday, ...summary, seconds }));
  return 0;
}

/** The calendar of this simulation on this store: the one it had before, else from the first Monday of next year, else from the next one. */
async function calendarOf(client: Client, seed: number): Promise<{ calendar: Calendar; project: string }> {
  const { timeZone: zone } = (await client.get(STAFF.officer, 'policy')) as { timeZone: string };
  const { now } = (await client.get(STAFF.officer, '/demo/clock')) as { now: string };
  const before = (await client.list(STAFF.officer, 'desk/calls'))
    .map((call) => (call['budget'] as Json)['project'] as string)
    .filter((project) => project.startsWith(`SIM-${seed}-`))
    .sort()
    .at(-1);
  const today = localDate(now, zone);
  let monday = before === undefined ? firstMonday(today) : before.slice(`SIM-${seed}-`.length);
  // a store whose clock was moved by another simulation goes on from there
  const moved = (await client.list(STAFF.officer, 'desk/calls')).some((call) =>
    String((call['budget'] as Json)['project']).startsWith('SIM-'),
  );
  if (before === undefined && moved) {
    monday = addDays(today, (8 - weekday(today)) % 7);
    if (atLocalTime(monday, '09:00', zone) < now) monday = addDays(monday, 7);
  }
  return { calendar: { monday, zone }, project: projectOf(seed, monday) };
}

async function moveToStart(client: Client, { monday, zone }: Calendar): Promise<void> {
  const { now } = (await client.get(STAFF.officer, '/demo/clock')) as { now: string };
  const start = atLocalTime(monday, '09:00', zone);
  await client.post(STAFF.officer, '/demo/clock', 'clock', { to: start > now ? start : now });
}

/** What the year came to, as the server tells it. */
async function summarise(client: Client, publicClient: Client, calls: Readonly<Record<Method, string>>, { skipped }: Input): Promise<Json> {
  const stages: Record<string, number> = {};
  const outcomes = { yes: 0, partly: 0, no: 0, adopted: 0 };
  const money = { budgetedCents: 0, paidCents: 0, returnedCents: 0, debitsCents: 0, creditsCents: 0 };
  for (const method of METHODS) {
    const call = calls[method];
    for (const { state } of await client.list(STAFF.officer, `desk/calls/${call}/applications`)) {
      // late ones are left unexamined in the decision
      const stage = state === 'left' ? 'late' : (state as string);
      stages[stage] = (stages[stage] ?? 0) + 1;
    }
    const [group] = (await publicClient.get(null, `dashboard/money?call=${call}`))['groups'] as Json[];
    money.budgetedCents += group!['budgetCents'] as number;
    money.paidCents += group!['paidCents'] as number;
    money.returnedCents += group!['returnedCents'] as number;
    const { state } = (await client.get(STAFF.auditor, `audit/ledgers/${call}`)) as { state: { debits: number; credits: number } };
    money.debitsCents += state.debits;
    money.creditsCents += state.credits;
    const [worked] = (await publicClient.get(null, `dashboard/outcomes?call=${call}`))['groups'] as Json[];
    for (const name of Object.keys(outcomes) as (keyof typeof outcomes)[]) outcomes[name] += worked![name] as number;
  }
  const { events, reactions } = await client.get(STAFF.auditor, 'audit/summary');
  const sorted = Object.fromEntries(Object.entries(stages).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { stages: sorted, events: (events as number) - (reactions as number), ...money, outcomes, skipped };
}
