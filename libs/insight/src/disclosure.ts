import type { Measures } from './figures.js';

/** Counts from 1 up to below this could point to a person. */
export const SMALL = 5;

/** Counts of people who got nothing; granted pilots are public decisions one by one and never masked. */
export const SENSITIVE = ['late', 'withdrawn', 'waiting', 'refused', 'ineligible'] as const;
export type Sensitive = (typeof SENSITIVE)[number];

/** A count that may be held back. `atLeast` is what may be known all the same. */
export interface Count {
  value: number | null;
  atLeast: number;
}

export const known = (value: number): Count => ({ value, atLeast: value });
const hidden = (atLeast = 0): Count => ({ value: null, atLeast });

/** Sum that is held back when one of its parts is. */
export const sumOf = (counts: readonly Count[]): Count => ({
  value: counts.every(({ value }) => value !== null) ? counts.reduce((sum, { value }) => sum + value!, 0) : null,
  atLeast: counts.reduce((sum, { atLeast }) => sum + atLeast, 0),
});

/** Whether a group of held-back counts may have its sum known. */
const safe = (values: readonly number[]): boolean =>
  values.length === 0 || (values.length > 1 && values.reduce((sum, value) => sum + value, 0) >= SMALL);

/**
 * Adds the next smallest to those held back until their sum may be known, or nothing is left to add:
 * counts above 0 first, since they hide more.
 */
function hide(counts: ReadonlyMap<string, number>, first: ReadonlySet<string>): Set<string> {
  const names = new Set(first);
  const spare = [...counts]
    .filter(([name]) => !names.has(name))
    .sort(([a, x], [b, y]) => Number(x === 0) - Number(y === 0) || x - y || (a < b ? -1 : 1));
  while (!safe([...names].map((name) => counts.get(name)!))) {
    const next = spare.shift();
    if (next === undefined) break;
    names.add(next[0]);
  }
  return names;
}

const small = (counts: ReadonlyMap<string, number>): Set<string> =>
  new Set([...counts].filter(([, value]) => value > 0 && value < SMALL).map(([name]) => name));

export type CallCounts = Record<Sensitive | 'applied' | 'inTime' | 'decided', Count>;

/**
 * What may be told of the applications of one call. Small counts are held back, as many more as keep them from being
 * computed from a total, and the totals too where that is not enough. Figures of several calls are sums of these,
 * so that no combination of filters tells more.
 */
export function maskCall(m: Measures): CallCounts {
  const counts = new Map<string, number>(SENSITIVE.map((name) => [name, m[name]]));
  const names = hide(counts, small(counts));
  const part = (...of: Sensitive[]) => safe(of.filter((name) => names.has(name)).map((name) => counts.get(name)!));
  const shown = (...of: Sensitive[]) => of.reduce((sum, name) => sum + (names.has(name) ? 0 : m[name]), 0);

  const rest = m.undecided + m.granted;
  const all = part(...SENSITIVE);
  const applied = rest + shown(...SENSITIVE);
  // applied less in time is late; applied less decided is late, withdrawn and undecided
  const inTime = all && !names.has('late');
  const decided = all && part('waiting', 'refused', 'ineligible') && part('late', 'withdrawn');
  const count = (tell: boolean, value: number, atLeast: number): Count => (tell ? known(value) : hidden(atLeast));
  return {
    ...(Object.fromEntries(SENSITIVE.map((name) => [name, names.has(name) ? hidden() : known(m[name])])) as Record<Sensitive, Count>),
    applied: count(all, rest + m.late + m.withdrawn + m.waiting + m.refused + m.ineligible, applied),
    inTime: count(
      inTime,
      rest + m.withdrawn + m.waiting + m.refused + m.ineligible,
      rest + shown('withdrawn', 'waiting', 'refused', 'ineligible'),
    ),
    decided: count(decided, m.granted + m.waiting + m.refused + m.ineligible, m.granted + shown('waiting', 'refused', 'ineligible')),
  };
}

/**
 * How many applied in each district in one year. Held back where few of them got nothing, with as many other districts
 * as keep it from being computed from the year's total.
 */
export function maskDistricts(districts: ReadonlyMap<string, Measures>): Map<string, Count> {
  const applied = (m: Measures) => m.undecided + m.granted + m.late + m.withdrawn + m.waiting + m.refused + m.ineligible;
  const without = new Map([...districts].map(([district, m]) => [district, applied(m) - m.granted]));
  const names = hide(without, small(without));
  return new Map([...districts].map(([district, m]) => [district, names.has(district) ? hidden(m.granted) : known(applied(m))]));
}

/** What became of an appeal; each is in exactly one. */
export const APPEAL_FATES = ['open', 'withdrawn', 'upheld', 'partly', 'dismissed', 'unexamined'] as const;
export type AppealFate = (typeof APPEAL_FATES)[number];

/** What may be told of the appeals of one call; `filed` is their total. */
export function maskAppeals(fates: Readonly<Record<AppealFate, number>>): Record<AppealFate | 'filed', Count> {
  const counts = new Map<string, number>(APPEAL_FATES.map((name) => [name, fates[name]]));
  const names = hide(counts, small(counts));
  const shown = APPEAL_FATES.reduce((sum, name) => sum + (names.has(name) ? 0 : fates[name]), 0);
  const all = APPEAL_FATES.reduce((sum, name) => sum + fates[name], 0);
  const filed = safe([...names].map((name) => counts.get(name)!)) ? known(all) : hidden(shown);
  const each = APPEAL_FATES.map((name) => [name, names.has(name) ? hidden() : known(fates[name])]);
  return { ...(Object.fromEntries(each) as Record<AppealFate, Count>), filed };
}
