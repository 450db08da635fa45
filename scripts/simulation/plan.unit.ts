import { FinnishBusinessIds } from 'finnish-business-ids';
import { isValidIBAN } from 'ibantools';
import { chance } from '../support/chance.js';
import { firstMonday } from './simulate.js';
import { businessId, drawPlans, iban, WEEKS } from './plan.js';
import { target } from './clock.js';

const ideas = Array.from({ length: 300 }, (_, i) => ({
  title: `Idea ${i}`,
  text: 'Kokeillaan.',
  district: i % 3 === 0 ? null : 'Jukola',
  euros: i % 2 === 0 ? null : 200 + i,
}));
const plans = (seed: number) => drawPlans(ideas, seed, ['Harjula']);

test('the same seed draws the same plans, another one others', () => {
  expect(plans(7)).toEqual(plans(7));
  expect(plans(7)).not.toEqual(plans(8));
});

test('what one applicant does depends on nobody else', () => {
  const alone = drawPlans(ideas.slice(0, 10), 7, ['Harjula']).map(({ askedCents: _, form: { lines: __, ...form }, ...plan }) => ({
    ...plan,
    form,
  }));
  const among = plans(7)
    .slice(0, 10)
    .map(({ askedCents: _, form: { lines: __, ...form }, ...plan }) => ({ ...plan, form }));
  expect(alone).toEqual(among);
});

test('plans hold every kind of course that a year can take', () => {
  const all = plans(7);
  const kinds = (name: 'lacks' | 'method' | 'before' | 'award' | 'account' | 'after' | 'adoption') =>
    new Set(all.map((plan) => plan[name])).size;
  expect([kinds('method'), kinds('award'), kinds('account'), kinds('after')]).toEqual([2, 4, 6, 3]);
  expect(kinds('lacks')).toBe(3);
  expect(kinds('before')).toBeGreaterThan(2);
  expect(kinds('adoption')).toBeGreaterThan(2);
  expect(all.some((plan) => plan.late)).toBe(true);
  expect(all.some((plan) => plan.helped)).toBe(true);
  expect(all.some((plan) => plan.ineligible)).toBe(true);
  expect(new Set(all.map((plan) => plan.report.outcome)).size).toBe(3);
});

test('each form asks for a sum of the right size, in lines that add up', () => {
  for (const { form, askedCents, week, late, method } of plans(7)) {
    expect(form.lines.reduce((sum, line) => sum + line.cents, 0)).toBe(askedCents);
    expect(askedCents).toBeGreaterThanOrEqual(10_000);
    expect(askedCents).toBeLessThanOrEqual(50_000);
    expect(form.lines.every(({ cents }) => cents > 0)).toBe(true);
    expect(week > WEEKS[method].closes).toBe(late);
  }
});

test('accounts and business ids are genuine in form, and nobody has another one’s', () => {
  const people = Array.from({ length: 500 }, (_, n) => n);
  for (const n of people) {
    expect(isValidIBAN(iban(n, 7, 0))).toBe(true);
    expect(FinnishBusinessIds.isValidBusinessId(businessId(n, 7))).toBe(true);
  }
  expect(new Set(people.flatMap((n) => [iban(n, 7, 0), iban(n, 7, 1)])).size).toBe(1000);
  expect(new Set(people.map((n) => businessId(n, 7))).size).toBe(500);
});

test('draws are spread over their range and reach both ends', () => {
  const draw = chance(1, 'spread');
  const drawn = new Set(Array.from({ length: 6_000 }, () => draw.whole(1, 6)));
  expect([...drawn].sort()).toEqual([1, 2, 3, 4, 5, 6]);
  expect(chance(1, 'a', 'b').next()).not.toBe(chance(1, 'ab').next());
});

test.each([
  ['2026-11-24', '2027-01-04'],
  ['2027-12-31', '2028-01-03'],
  ['2023-06-01', '2024-01-01'],
])('a simulation on %s begins on %s, a Monday', (today, monday) => expect(firstMonday(today)).toBe(monday));

describe('the demo clock', () => {
  const now = '2027-01-04T07:00:00.000Z';
  test('is asked when nothing is said', () => expect(target(now, undefined, undefined)).toBeNull());
  test.each([
    [undefined, '90m', '2027-01-04T08:30:00.000Z'],
    [undefined, '30d', '2027-02-03T07:00:00.000Z'],
    [undefined, '2w', '2027-01-18T07:00:00.000Z'],
    ['2027-03-01', undefined, '2027-03-01T00:00:00.000Z'],
    ['2027-03-01T10:00:00Z', undefined, '2027-03-01T10:00:00.000Z'],
  ])('goes to %s, by %s', (to, by, at) => expect(target(now, to, by)).toBe(at));
  test.each([
    ['tomorrow', undefined],
    ['2027-13-01', undefined],
    [undefined, '30'],
    [undefined, '-3d'],
    ['2027-03-01', '1d'],
  ])('is not moved to %s, by %s', (to, by) => expect(() => target(now, to, by)).toThrow());
});
