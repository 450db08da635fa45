import * as finnishCalendar from 'finnish-holidays-js';
import { call } from '@minipilot/grants/call/call.js';
import type { CallContent } from '@minipilot/grants/call/events.js';
import type { Policy } from '@minipilot/grants/policy/events.js';
import { defaultPolicy, policy } from '@minipilot/grants/policy/policy.js';
import { callStream, policyStream } from '@minipilot/grants/streams.js';
import { catalogue } from '@minipilot/grants/catalogue.js';
import { DEMO_PEOPLE, demoEmail } from '@minipilot/identity/demo-people.js';
import { Rejected } from '@minipilot/kernel/decider.js';
import { sha256, uuid5 } from '@minipilot/kernel/ids.js';
import { addDays, addMilliseconds, atLocalTime, localDate, type Instant } from '@minipilot/kernel/time.js';
import { DecisionRunner } from '@minipilot/platform/run/decision-runner.js';
import { lotSeed } from '../lot.js';
import type { WriteParts } from './parts.js';
import { appoint } from './sign-in.js';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Finnish public holidays that are no banking days, from a kept calendar, as the first policy of a municipality. */
export function finnishHolidays(from: number, to: number): string[] {
  // a CommonJS package: its exports are one default under ESM
  const calendar = (finnishCalendar as unknown as { default?: typeof finnishCalendar }).default ?? finnishCalendar;
  const days: string[] = [];
  for (let year = from; year <= to; year++)
    for (const { month, day } of calendar.year(year, true))
      days.push(`${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`);
  return [...new Set(days)].sort();
}

const texts = (fi: string, sv: string, en: string) => ({ fi, sv, en });

/** The policy that a demonstration begins with: an invented municipality under Finnish law. */
export const demoPolicy = (year: number): Policy => ({
  ...defaultPolicy,
  municipality: 'Koivulahti',
  districts: ['Jukola', 'Keskusta', 'Iittala', 'Rantakylä', 'Harjula'],
  holidays: finnishHolidays(year - 1, year + 6),
});

function demoCall(now: Instant, zone: string): CallContent {
  const today = localDate(now, zone);
  return {
    title: texts('Kokeile Koivulahdessa', 'Prova på i Koivulahti', 'Try it out in Koivulahti'),
    description: texts(
      'Pieni raha pieneen kokeiluun: enintään 500 euroa palveluideaan, jota voi kokeilla omalla alueella heti.',
      'Lite pengar till ett litet försök: högst 500 euro för en serviceidé som kan prövas genast i det egna området.',
      'A little money for a little trial: at most 500 euros for a service idea that can be tried at once in your own district.',
    ),
    themes: [{ theme: 'Arjen apu', owner: 'Hyvinvointipalvelut', ownerPromisedOn: addDays(today, -20) }],
    districts: ['Jukola', 'Keskusta', 'Iittala', 'Rantakylä', 'Harjula'],
    grant: { minCents: 10_000, maxCents: 50_000 },
    budget: { cents: 1_000_000, year: Number(today.slice(0, 4)), costCentre: '4100', account: '4740', project: 'MP-1' },
    appealReserveCents: 100_000,
    whoMayApply: ['resident', 'group', 'association', 'company'],
    applicationsPerApplicant: 1,
    opensAt: atLocalTime(addDays(today, -1), '09:00', zone),
    closesAt: atLocalTime(addDays(today, 180), '16:00', zone),
    reportDueDays: 90,
    pay: 'at-once',
    authority: { section: '§ 12', on: addDays(today, -30) },
    decisionMaker: 'Palvelujohtaja',
    deputy: 'Kehittämispäällikkö',
    appealBody: 'Hyvinvointilautakunta',
    contactPoint: { office: 'Avustuskoordinaattori', reach: 'avustukset@koivulahti.example' },
    rules: {
      method: 'rolling',
      criteria: [
        {
          id: 'hyöty',
          weight: 0,
          text: texts('Hyödyttää alueen asukkaita', 'Är till nytta för områdets invånare', 'Benefits people of the district'),
        },
        { id: 'opittavaa', weight: 0, text: texts('Siitä opitaan jotain uutta', 'Man lär sig något nytt', 'Something new is learned') },
        {
          id: 'toteutuu',
          weight: 0,
          text: texts('Onnistuu pyydetyllä rahalla', 'Går att genomföra med pengarna', 'Can be done for the money'),
        },
      ],
      scale: { min: 0, max: 1 },
      minimumCards: 1,
      tieRule: ['lot'],
      whenOverBudget: 'skip',
      readers: 1,
      round: { weekday: 5, time: '09:00' },
    },
  };
}

/** Gives the fictional people of a demonstration their roles, once: what an admin takes away stays away. */
export async function seedDemoRoles(parts: WriteParts, tenant: string): Promise<void> {
  for (const { id, roles } of DEMO_PEOPLE)
    for (const role of roles) await appoint(parts, { tenant, email: demoEmail(id), role, by: 'flow.demo' });
}

/** Gives a demonstration its municipality and one open call, once, however many processes start at the same time. */
export async function seedDemo(parts: WriteParts, tenant: string): Promise<void> {
  const { store, sealer, random, vault, clock } = parts;
  const now = clock.now();
  // announced eight days ago, so that it may be open today
  const earlier = { now: () => addMilliseconds(now, -8 * DAY_MS) };
  if ((await store.read(policyStream(tenant))).revision >= 0) return;
  const runner = new DecisionRunner({ store, catalogue, sealer, randomness: random, clock: earlier });
  const actor = 'flow.demo';
  const run = async (name: string, stream: string, aggregate: typeof call | typeof policy, command: object) => {
    const done = await runner.run({
      aggregate: aggregate as typeof call,
      stream,
      command: command as never,
      commandId: uuid5('demo', tenant, name),
      actor,
      tenant,
      body: {},
    });
    if (done instanceof Rejected) throw new Error(`the demonstration could not be set up: ${done.code} ${JSON.stringify(done.params)}`);
  };
  const id = uuid5('demo-call', tenant);
  const stream = callStream(tenant, id);
  const rules = demoPolicy(Number(now.slice(0, 4)));
  await run('policy', policyStream(tenant), policy, { type: 'SetPolicy', policy: rules });
  await run('draft', stream, call, { type: 'DraftCall', call: id, content: demoCall(now, rules.timeZone) });
  const seed = await lotSeed({ vault, random }, tenant, id);
  await run('announce', stream, call, { type: 'AnnounceCall', lotHash: sha256(seed) });
}
