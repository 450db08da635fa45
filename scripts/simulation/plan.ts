import type { Role } from '@minipilot/identity/roles.js';
import { chance, type Chance } from '../support/chance.js';
import type { Person } from '../support/client.js';
import { grantSize, type Idea } from './input.js';

export type Method = 'ranked' | 'rolling';
type Outcome = 'yes' | 'partly' | 'no';

/** What one applicant is going to do, drawn before anything happens. */
export interface Plan {
  n: number;
  method: Method;
  /** who signs in for it: the applicant, or the agent who helps */
  who: Person;
  helped: boolean;
  form: Form;
  askedCents: number;
  /** week in which it arrives, counted from the beginning of the year */
  week: number;
  /** arrives after the close */
  late: boolean;
  before: 'nothing' | 'amends' | 'withdraws' | 'withdraws-and-applies-again';
  /** is to happen where the call does not reach */
  ineligible: boolean;
  /** an association that leaves its Y-tunnus out: it is asked for it, and sends it or not */
  lacks: 'nothing' | 'business-id' | 'business-id-for-good';
  /** 0 to 1; committee and readers see it, each in their own way */
  quality: number;
  award: 'accepts' | 'declines' | 'is-silent' | 'other-recipient';
  account: 'plain' | 'close-name' | 'other-name' | 'unchecked' | 'rejects' | 'returns';
  /** weeks from money to report */
  reportWeeks: number;
  report: { outcome: Outcome; participants: number; unspentShare: number; goOn: boolean };
  after: 'nothing' | 'changes-plan' | 'needs-time';
  /** the officer asks to complete the report */
  incomplete: boolean;
  publishes: boolean;
  adoption: 'none' | 'adopted' | 'not-adopted' | 'try-elsewhere';
}

export interface Form {
  kind: 'resident' | 'group' | 'association' | 'company';
  name: string;
  businessId?: string;
  recipientName?: string;
  phone?: string;
  email?: string;
  address?: string;
  title: string;
  idea: string;
  district: string;
  place: string;
  time: string;
  lines: { what: string; cents: number }[];
  involves: string[];
  economic?: { deMinimisCents: number };
  language: 'fi' | 'sv' | 'en';
  confirmed: true;
}

const person = (id: string, name: string, ...roles: Role[]): Person => ({ person: id, name, roles });

/** The municipality's people; the same that `npm run token` signs in. */
export const STAFF = {
  admin: person('aleksi', 'Aleksi Admin', 'admin'),
  officer: person('outi', 'Outi Officer', 'officer'),
  agent: person('anders', 'Anders Agent', 'agent'),
  decider: person('doris', 'Doris Decider', 'decision-maker'),
  board: person('arvo', 'Arvo Appeals', 'appeal-body'),
  clerk: person('fanny', 'Fanny Finance', 'finance-clerk'),
  approver: person('frans', 'Frans Finance', 'finance-approver'),
  owner: person('olavi', 'Olavi Owner', 'owner'),
  auditor: person('risto', 'Risto Auditor', 'auditor'),
} as const;

/** The committee; the first is its chair. One member takes part in nothing. */
export const COMMITTEE: readonly Person[] = [
  person('camilla', 'Camilla Chair', 'chair', 'member'),
  person('matti', 'Matti Member', 'member'),
  person('meri', 'Meri Member', 'member'),
  person('mikael', 'Mikael Member', 'member'),
  person('mona', 'Mona Member', 'member'),
];
export const ABSENT = 4;

/** A district of the municipality that no call of the year covers. */
export const ELSEWHERE = 'Takamaa';

/** Weeks of the year in which things happen; week 0 begins with the start, a Monday at 9. */
export const WEEKS = {
  ranked: { opens: 1, closes: 5, scored: 8, signed: 9 },
  rolling: { opens: 2, closes: 26 },
  lastPromotion: 30,
  end: 52,
} as const;

const FIRST = 'Aino Eero Helmi Toivo Lempi Onni Saga Elias Siiri Oskar Freja Ilmari Venla Axel Kerttu Olavi Linnea Väinö Maija Nils'.split(
  ' ',
);
const LAST =
  'Koivu Lahti Niemi Salo Björklund Ranta Mäkelä Holm Laine Saari Lindroos Harju Kallio Öhman Vuori Joki Sandell Pelto Suo Lehto'.split(
    ' ',
  );
const USES = ['tarvikkeet', 'tilavuokra', 'ohjaajan palkkio', 'tarjoilu', 'materiaalit', 'kuljetukset', 'tiedotus'];
const TIMES = ['huhti–toukokuu', 'kesällä', 'elo–syyskuu', 'joka toinen keskiviikko', 'kahtena viikonloppuna'];
const INVOLVES = ['children', 'food', 'public-place', 'water-or-animals'];

/** What every applicant of the year does, from the ideas and the seed alone. `districts` is never empty. */
export function drawPlans(ideas: readonly Idea[], seed: number, districts: readonly string[]): Plan[] {
  const toCents = grantSize(ideas);
  return ideas.map((idea, n) => {
    const draw = chance(seed, 'applicant', n);
    const method: Method = draw.under(0.6) ? 'ranked' : 'rolling';
    const { opens, closes } = WEEKS[method];
    const late = draw.under(0.04);
    const helped = draw.under(0.1);
    const askedCents = idea.euros === null ? 1000 * draw.whole(10, 50) : toCents(idea.euros);
    const outcome: Outcome = draw.under(0.5) ? 'yes' : draw.under(0.55) ? 'partly' : 'no';
    const form = formOf(idea, n, seed, draw, askedCents, idea.district ?? districts[draw.whole(0, districts.length - 1)]!);
    const week = late ? closes + 1 : draw.whole(opens, closes);
    const plan: Plan = {
      n,
      method,
      who: helped ? STAFF.agent : { person: `a${n}-${seed}`, name: form.recipientName ?? form.name, roles: ['applicant'] },
      helped,
      form,
      askedCents,
      week,
      late,
      before: late ? 'nothing' : weighted(draw, { nothing: 88, amends: 6, withdraws: 5, 'withdraws-and-applies-again': 1 }),
      ineligible: !late && draw.under(0.03),
      lacks: lacksOf(seed, n, form, late || (method === 'rolling' && week > closes - 3)),
      quality: draw.next(),
      award: weighted(draw, { accepts: 87, declines: 5, 'is-silent': 5, 'other-recipient': 3 }),
      account: weighted(draw, { plain: 80, 'close-name': 5, 'other-name': 4, unchecked: 2, rejects: 5, returns: 4 }),
      reportWeeks: weighted(draw, { 4: 30, 6: 30, 8: 25, 9: 10, 11: 5 }, Number),
      report: {
        outcome,
        participants: draw.whole(3, 120),
        unspentShare: draw.under(0.2) ? draw.whole(5, 60) / 100 : 0,
        goOn: outcome === 'yes',
      },
      after: weighted(draw, { nothing: 90, 'changes-plan': 6, 'needs-time': 4 }),
      incomplete: draw.under(0.05),
      publishes: draw.under(0.8),
      adoption: outcome === 'yes' && draw.under(0.25) ? weighted(draw, { adopted: 60, 'not-adopted': 25, 'try-elsewhere': 15 }) : 'none',
    };
    return plan.ineligible ? { ...plan, form: { ...form, district: ELSEWHERE } } : plan;
  });
}

function weighted<K extends string>(draw: Chance, weights: Readonly<Record<K, number>>): K;
function weighted<T>(draw: Chance, weights: Readonly<Record<string, number>>, as: (key: string) => T): T;
function weighted(draw: Chance, weights: Readonly<Record<string, number>>, as: (key: string) => unknown = (key) => key): unknown {
  const entries = Object.entries(weights);
  let left = draw.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [key, weight] of entries) if ((left -= weight) < 0) return as(key);
  return as(entries.at(-1)![0]);
}

function formOf(idea: Idea, n: number, seed: number, draw: Chance, askedCents: number, district: string): Form {
  const kind = weighted(draw, { resident: 60, group: 15, association: 20, company: 5 });
  const human = `${draw.pick(FIRST)} ${draw.pick(LAST)}`;
  const organisation = kind === 'association' || kind === 'company';
  const name = {
    resident: human,
    group: `Ryhmä ${human.split(' ')[1]}`,
    association: `${district} ${draw.pick(LAST)} ry`,
    company: `${draw.pick(LAST)} ${n} Oy`,
  }[kind];
  const reach = weighted(draw, { email: 60, phone: 25, address: 15 });
  const first = draw.under(0.5) ? Math.round((askedCents * draw.whole(30, 70)) / 100) : askedCents;
  const what = (cents: number) => ({ what: draw.pick(USES), cents });
  return {
    kind,
    name: name.slice(0, 120),
    ...(organisation ? { businessId: businessId(n, seed) } : {}),
    ...(kind === 'group' ? { recipientName: human } : {}),
    ...(reach === 'email' ? { email: `a${n}.${seed}@posti.example` } : {}),
    ...(reach === 'address' ? { address: `Koivukuja ${n + 1}, ${district}` } : {}),
    phone: `040 ${String(seed % 1000).padStart(3, '0')} ${String(n).padStart(6, '0')}`,
    title: idea.title,
    idea: idea.text,
    district,
    place: `${district}, kirjaston ja puiston välillä`,
    time: draw.pick(TIMES),
    lines: first === askedCents ? [what(askedCents)] : [what(first), what(askedCents - first)],
    involves: INVOLVES.filter(() => draw.under(0.2)),
    ...(kind === 'company' ? { economic: { deMinimisCents: draw.whole(0, 5) * 100_000 } } : {}),
    language: weighted(draw, { fi: 85, sv: 10, en: 5 }),
    confirmed: true,
  };
}

/** Some associations leave their Y-tunnus out, where there is time to ask for it. */
function lacksOf(seed: number, n: number, { kind }: Form, noTime: boolean): Plan['lacks'] {
  const draw = chance(seed, 'lacks', n);
  if (kind !== 'association' || noTime || !draw.under(0.3)) return 'nothing';
  return draw.under(0.8) ? 'business-id' : 'business-id-for-good';
}

/** A Y-tunnus with its check digit, another one for each applicant. */
export function businessId(n: number, seed: number): string {
  for (let number = 1_000_000 + ((n * 9 + seed * 131_071) % 8_000_000); ; number++) {
    const digits = String(number);
    const sum = [7, 9, 10, 5, 8, 4, 2].reduce((total, weight, i) => total + weight * Number(digits[i]), 0);
    if (sum % 11 !== 1) return `${digits}-${sum % 11 === 0 ? 0 : 11 - (sum % 11)}`;
  }
}

/** A Finnish IBAN; `which` tells several accounts of one applicant apart. */
export function iban(n: number, seed: number, which: number): string {
  const body = `1${which}${String(seed % 1000).padStart(3, '0')}${String(n).padStart(8, '0')}`;
  const luhn = [...body].reverse().reduce((sum, digit, i) => {
    const doubled = Number(digit) * (i % 2 === 0 ? 2 : 1);
    return sum + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  const bban = `${body}${(10 - (luhn % 10)) % 10}`;
  // F is 15 and I is 18
  const check = 98n - (BigInt(`${bban}151800`) % 97n);
  return `FI${String(check).padStart(2, '0')}${bban}`;
}
