import { Rejected, type Aggregate, type DomainEvent } from '@minipilot/kernel/decider.js';
import type { Purpose, SealedRef } from '@minipilot/kernel/event.js';
import { eventId, sha256, uuid5 } from '@minipilot/kernel/ids.js';
import { occasionAt, specification } from '@minipilot/kernel/testing.js';
import type { Instant } from '@minipilot/kernel/time.js';
import type { CallState } from './call/call.js';
import type { CallContent } from './call/events.js';
import { catalogue } from './catalogue.js';
import type { Policy } from './policy/events.js';
import { defaultPolicy } from './policy/policy.js';
import type { Rules } from './selection/rules.js';

export const id = (name: string | number): string => uuid5('test', String(name));
export const hash = (name: string): string => sha256(name);
export const CALL = id('call');
export const SEED = hash('the seed of the lot');

/** Days off in Finland that do not fall on a week-end, 2027 to spring 2028. */
export const HOLIDAYS = [
  '2027-01-01',
  '2027-01-06',
  '2027-03-26',
  '2027-03-29',
  '2027-05-06',
  '2027-06-25',
  '2027-12-06',
  '2027-12-24',
  '2028-01-06',
  '2028-04-14',
  '2028-04-17',
];
export const POLICY: Policy = {
  ...defaultPolicy,
  municipality: 'Hämeenlinna',
  districts: ['Jukola', 'Kauriala', 'Keinusaari'],
  holidays: HOLIDAYS,
};

export const RANKED: Rules = {
  method: 'ranked-until-budget',
  criteria: [
    { id: 'need', weight: 60 },
    { id: 'new', weight: 40 },
  ],
  scale: { min: 0, max: 5 },
  minimumCards: 2,
  tieRule: ['criterion-order', 'lot'],
  whenOverBudget: 'skip',
};
export const ROLLING: Rules = {
  method: 'rolling',
  criteria: ['open', 'new', 'safe'].map((name) => ({ id: name, weight: 0 })),
  scale: { min: 0, max: 1 },
  minimumCards: 1,
  tieRule: ['lot'],
  whenOverBudget: 'skip',
  readers: 1,
  round: { weekday: 5, time: '09:00' },
};
export const SHARES: Rules = {
  method: 'equal-shares',
  criteria: [],
  scale: { min: 0, max: 1 },
  minimumCards: 1,
  tieRule: ['lower-cost', 'more-votes', 'lot'],
  whenOverBudget: 'skip',
  completion: 'add1u',
  vote: { minAge: 12, residence: 'municipality', ballot: { kind: 'approval', min: 1, max: 3 } },
};

/** A complete call: announced on 1 September 2027, closing on the 22nd at 16.00 in Finland. */
export const content = (change: Partial<CallContent> = {}): CallContent => ({
  title: { fi: 'Kokeillaan yhdessä', sv: 'Vi provar tillsammans' },
  description: { fi: 'Pieniä kokeiluja.', sv: 'Små försök.' },
  themes: [{ theme: 'together', owner: 'Vapaa-aika', ownerPromisedOn: '2027-08-20' }],
  districts: POLICY.districts,
  grant: { minCents: 10_000, maxCents: 50_000 },
  budget: { cents: 500_000, year: 2027, costCentre: '1200', account: '4740', project: 'mp' },
  appealReserveCents: 50_000,
  whoMayApply: ['resident', 'group', 'association', 'company'],
  applicationsPerApplicant: 1,
  opensAt: '2027-09-01T06:00:00.000Z',
  closesAt: '2027-09-22T13:00:00.000Z',
  reportDueDays: 45,
  pay: 'at-once',
  authority: { section: '§ 12', on: '2027-08-16' },
  decisionMaker: 'Kehittämispäällikkö',
  deputy: 'Kulttuurijohtaja',
  appealBody: 'Sivistyslautakunta',
  contactPoint: { office: 'Avustukset', reach: '03 6211' },
  rules: RANKED,
  ...change,
});

/** The call as others see it when it has been announced. */
export const announced = (change: Partial<CallContent> = {}, state: Partial<CallState> = {}): CallState => ({
  status: 'announced',
  call: CALL,
  content: content(change),
  rulesHash: hash('rules'),
  lotHash: hash(SEED),
  announcedOn: '2027-09-01',
  closedPages: 0,
  closed: false,
  applications: [],
  admitted: [],
  ...state,
});

/** What the store would keep of the sealed parts of an event. */
export const sealedRefs = (seal: DomainEvent['seal'], name: string): SealedRef[] =>
  Object.entries(seal ?? {}).map(([purpose, subject]) => ({
    subject,
    purpose: purpose as Purpose,
    ct: hash(`ct ${name} ${purpose}`),
    com: hash(`com ${name} ${purpose}`),
  }));

type Step<C> = C | [command: C, at: Instant, actor?: string];

/** Throws where an event is none that the store would take. */
export function checked<E extends DomainEvent>(events: readonly E[]): readonly E[] {
  for (const { type, data, seal } of events) {
    catalogue.validate(type, JSON.parse(JSON.stringify(data)));
    for (const purpose of Object.keys(seal ?? {})) {
      if (catalogue.get(type)!.sealed[purpose as Purpose] === undefined)
        throw new Error(`${type} seals ${purpose}, which it does not declare`);
    }
  }
  return events;
}

/**
 * Specifications whose past is told in commands: `past(a, b).when(c).then([...])`. Every event is checked against its schema;
 * a command of the past that is refused throws. `at` is the time of commands that bring none.
 */
export function told<C, S, E extends DomainEvent, F>(aggregate: Aggregate<C, S, E, F>, facts: F, at: Instant, actor = id('somebody')) {
  return (...steps: Step<C>[]) => {
    const given: E[] = [];
    let state = aggregate.initial;
    for (const step of steps) {
      const [command, when, who] = Array.isArray(step) ? (step as [C, Instant, string?]) : [step as C, at];
      const events = aggregate.decide(command, state, facts, occasionAt(when, who ?? actor));
      if (events instanceof Rejected) throw new Error(`${JSON.stringify(command)} was refused: ${events.code}`);
      for (const event of checked(events)) {
        const kept = { ...event, at: when, actor: who ?? actor, sealed: sealedRefs(event.seal, String(given.length)) };
        state = aggregate.evolve(state, {
          ...kept,
          id: eventId(`given-${given.length}`, 0),
          revision: given.length,
        });
        given.push(kept);
      }
    }
    return {
      given,
      state,
      when(command: C, time: Instant = at, who = actor, others: F = facts) {
        const step = specification(aggregate)(given).when(command, others, occasionAt(time, who));
        if (!(step.result instanceof Rejected)) checked(step.result);
        return { ...step, thenNothing: () => step.then([]) };
      },
    };
  };
}
