import { addDays, atLocalTime, type Instant, type LocalDate } from '@minipilot/kernel/time.js';
import type { Client, Json } from '../support/client.js';
import { STAFF, WEEKS, type Method, type Plan } from './plan.js';

/** The year's calendar: week 0 begins on `monday`. */
export interface Calendar {
  monday: LocalDate;
  zone: string;
}

export const METHODS: readonly Method[] = ['ranked', 'rolling'];

/** Wall-clock time on a day of a week, day 0 is Monday. */
export const moment = ({ monday, zone }: Calendar, week: number, day: number, time: string): Instant =>
  atLocalTime(addDays(monday, 7 * week + day), time, zone);

/** Marks both calls of a simulation, so that the same one finds them again. */
export const projectOf = (seed: number, monday: LocalDate): string => `SIM-${seed}-${monday}`;

const texts = (fi: string, sv: string, en: string) => ({ fi, sv, en });

const CRITERIA = {
  ranked: [
    {
      id: 'hyöty',
      weight: 50,
      text: texts('Hyödyttää alueen asukkaita', 'Är till nytta för områdets invånare', 'Benefits people of the district'),
    },
    { id: 'opittavaa', weight: 30, text: texts('Siitä opitaan jotain uutta', 'Man lär sig något nytt', 'Something new is learned') },
    {
      id: 'toteutuu',
      weight: 20,
      text: texts('Onnistuu pyydetyllä rahalla', 'Går att genomföra med pengarna', 'Can be done for the money'),
    },
  ],
  rolling: [
    {
      id: 'asukkaille',
      weight: 0,
      text: texts('Alueen asukkaille avoin', 'Öppet för områdets invånare', 'Open to people of the district'),
    },
    { id: 'uutta', weight: 0, text: texts('Kokeilee jotain uutta', 'Prövar något nytt', 'Tries something new') },
    { id: 'turvallinen', weight: 0, text: texts('Turvallinen toteuttaa', 'Tryggt att genomföra', 'Safe to carry out') },
  ],
};

const RULES = {
  ranked: (applications: number) => ({
    method: 'ranked-until-budget',
    criteria: CRITERIA.ranked,
    scale: { min: 1, max: 5 },
    minimumCards: 2,
    tieRule: ['criterion-order', 'lot'],
    whenOverBudget: 'skip',
    waitingList: Math.max(3, Math.ceil(applications / 10)),
  }),
  rolling: () => ({
    method: 'rolling',
    criteria: CRITERIA.rolling,
    scale: { min: 0, max: 1 },
    minimumCards: 1,
    tieRule: ['lot'],
    whenOverBudget: 'skip',
    readers: 2,
    round: { weekday: 5, time: '09:00' },
  }),
};

const TITLES = {
  ranked: texts('Kokeilut yhdessä', 'Försök tillsammans', 'Trials together'),
  rolling: texts('Kokeilu heti', 'Försök genast', 'Try it at once'),
};

/** Less than all ask for, in whole hundreds of euros, and enough for one grant of the greatest size. */
export function budgetOf(plans: readonly Plan[], method: Method): { cents: number; reserveCents: number; raiseCents: number } {
  const asked = plans.filter((p) => p.method === method && !p.late).reduce((sum, p) => sum + p.askedCents, 0);
  const cents = Math.max(200_000, Math.ceil((asked * (method === 'ranked' ? 0.45 : 0.5)) / 10_000) * 10_000);
  return { cents, reserveCents: Math.floor(cents / 100_000) * 10_000, raiseCents: Math.ceil(cents / 100_000) * 10_000 };
}

function contentOf(method: Method, calendar: Calendar, plans: readonly Plan[], districts: readonly string[], project: string): object {
  const { opens, closes } = WEEKS[method];
  const { cents, reserveCents } = budgetOf(plans, method);
  return {
    title: TITLES[method],
    description: texts(
      'Pieni raha pieneen kokeiluun omalla alueella.',
      'Lite pengar till ett litet försök i det egna området.',
      'A little money for a little trial in your own district.',
    ),
    themes: [{ theme: 'Arjen apu', owner: 'Hyvinvointipalvelut', ownerPromisedOn: addDays(calendar.monday, -7) }],
    districts,
    grant: { minCents: 10_000, maxCents: 50_000 },
    budget: { cents, year: Number(calendar.monday.slice(0, 4)), costCentre: '4100', account: '4740', project },
    appealReserveCents: reserveCents,
    whoMayApply: ['resident', 'group', 'association', 'company'],
    applicationsPerApplicant: 1,
    opensAt: moment(calendar, opens, 0, '09:00'),
    closesAt: moment(calendar, closes, 4, '16:00'),
    reportDueDays: 60,
    pay: method === 'ranked' ? 'when-final' : 'at-once',
    authority: { section: '§ 21', on: addDays(calendar.monday, -14) },
    decisionMaker: 'Palvelujohtaja',
    deputy: 'Kehittämispäällikkö',
    appealBody: 'Hyvinvointilautakunta',
    contactPoint: { office: 'Avustuskoordinaattori', reach: 'avustukset@koivulahti.example' },
    rules: RULES[method](plans.filter((p) => p.method === method).length),
  };
}

/** Adds the districts of the input to those of the municipality. */
export async function addDistricts(client: Client, wanted: readonly string[]): Promise<void> {
  const { body: policy, etag } = await client.edit(STAFF.admin, 'policy');
  const districts = [...new Set([...(policy['districts'] as string[]), ...wanted])].slice(0, 500);
  if (districts.length === (policy['districts'] as string[]).length) return;
  await client.put(STAFF.admin, 'policy', `policy/${districts.length}`, { ...policy, districts }, etag);
}

/** Drafts and announces both calls; gives their ids. */
export async function announceCalls(
  client: Client,
  calendar: Calendar,
  plans: readonly Plan[],
  districts: readonly string[],
  project: string,
): Promise<Record<Method, string>> {
  const ids: Partial<Record<Method, string>> = {};
  for (const method of METHODS) {
    const drafted: Json = await client.post(
      STAFF.officer,
      'calls',
      `call/${method}`,
      contentOf(method, calendar, plans, districts, project),
    );
    ids[method] = drafted['id'] as string;
    await client.post(STAFF.officer, `calls/${ids[method]}/announcement`, `announce/${method}`);
  }
  return ids as Record<Method, string>;
}
