import fc from 'fast-check';
import { maskCall, maskDistricts, SENSITIVE, SMALL, sumOf, known } from './disclosure.js';
import { none, type Measures } from './figures.js';

const counts = (change: Partial<Measures>): Measures => ({ ...none(), ...change });
const applied = (m: Measures) => m.undecided + m.granted + m.late + m.withdrawn + m.waiting + m.refused + m.ineligible;

describe('small counts', () => {
  it('of a ranked call are held back beside those that would give them away', () => {
    const masked = maskCall(counts({ late: 1, withdrawn: 1, granted: 9, waiting: 3, refused: 8, ineligible: 1 }));
    expect(masked.refused.value).toBe(8);
    expect(masked.applied.value).toBe(23);
    for (const name of ['late', 'withdrawn', 'waiting', 'ineligible', 'inTime', 'decided'] as const) expect(masked[name].value).toBeNull();
    // the smallest that the decision-makers' public decisions alone tell
    expect(masked.decided.atLeast).toBe(17);
  });

  it('takes the next smallest along when one alone would follow from the total', () => {
    const masked = maskCall(counts({ granted: 5, refused: 30, withdrawn: 7, ineligible: 2 }));
    expect(masked).toMatchObject({
      ineligible: { value: null },
      withdrawn: { value: null },
      refused: { value: 30 },
      applied: { value: 44 },
    });
  });

  it('holds the total back when nothing else hides a small count', () => {
    const masked = maskCall(counts({ granted: 5, refused: 2 }));
    expect(masked.applied).toEqual({ value: null, atLeast: 5 });
  });

  it('hides nothing where there is nothing to hide', () => {
    const masked = maskCall(counts({ granted: 5, refused: 8, undecided: 1 }));
    for (const count of Object.values(masked)) expect(count.value).not.toBeNull();
  });

  const count = fc.oneof(fc.nat(6), fc.nat(20));
  const call = fc
    .tuple(fc.nat(9), fc.nat(3), count, count, count, count, count)
    .map(([granted, undecided, late, withdrawn, waiting, refused, ineligible]) =>
      counts({ granted, undecided, late, withdrawn, waiting, refused, ineligible }),
    );

  it('never follow from what is told of a call, even to one who knows all that is granted or undecided', () => {
    fc.assert(
      fc.property(call, (m) => {
        const masked = maskCall(m);
        const hidden = SENSITIVE.filter((name) => masked[name].value === null);
        for (const name of SENSITIVE)
          if (masked[name].value !== null) expect(masked[name].value === 0 || masked[name].value! >= SMALL).toBe(true);
        // all worlds that agree with what is told
        const possible = new Map<string, Set<number>>(hidden.map((name) => [name, new Set()]));
        const most = hidden.reduce((sum, name) => sum + m[name], 0) + 2;
        const world = { ...m };
        const visit = (i: number, left: number): void => {
          if (i < hidden.length) {
            for (let v = 0; v <= left; v++) {
              world[hidden[i]!] = v;
              visit(i + 1, left - v);
            }
            return;
          }
          const rest = world.undecided + world.granted;
          const decided = world.granted + world.waiting + world.refused + world.ineligible;
          if (masked.applied.value !== null && masked.applied.value !== applied(world)) return;
          if (
            masked.inTime.value !== null &&
            masked.inTime.value !== rest + world.withdrawn + world.waiting + world.refused + world.ineligible
          )
            return;
          if (masked.decided.value !== null && masked.decided.value !== decided) return;
          for (const name of hidden) possible.get(name)!.add(world[name]);
        };
        visit(0, Math.min(most, 14));
        if (most <= 14) for (const name of hidden) expect(possible.get(name)!.size).toBeGreaterThan(1);
      }),
      { numRuns: 300 },
    );
  });

  it('never promises more than there is', () => {
    fc.assert(
      fc.property(call, (m) => {
        const masked = maskCall(m);
        expect(masked.applied.atLeast).toBeLessThanOrEqual(applied(m));
        expect(masked.decided.atLeast).toBeLessThanOrEqual(m.granted + m.waiting + m.refused + m.ineligible);
        expect(masked.inTime.atLeast).toBeLessThanOrEqual(applied(m) - m.late);
        for (const name of SENSITIVE) expect(masked[name].atLeast).toBeLessThanOrEqual(m[name]);
      }),
    );
  });

  it('of districts are held back at least in pairs that hide each other', () => {
    fc.assert(
      fc.property(fc.array(call, { minLength: 1, maxLength: 6 }), (all) => {
        const districts = new Map(all.map((m, i) => [`d${i}`, m]));
        const masked = maskDistricts(districts);
        const hidden = [...districts].filter(([d]) => masked.get(d)!.value === null);
        for (const [d, m] of districts) {
          const without = applied(m) - m.granted;
          if (masked.get(d)!.value === null) expect(masked.get(d)!.atLeast).toBe(m.granted);
          else expect([applied(m), without === 0 || without >= SMALL]).toEqual([masked.get(d)!.value, true]);
        }
        const sum = hidden.reduce((s, [, m]) => s + applied(m) - m.granted, 0);
        if (hidden.length > 0 && hidden.length < districts.size) expect(hidden.length > 1 && sum >= SMALL).toBe(true);
      }),
    );
  });

  it('hold a sum back that one of them is part of', () => {
    expect(sumOf([known(7), { value: null, atLeast: 2 }])).toEqual({ value: null, atLeast: 9 });
    expect(sumOf([known(7), known(0)])).toEqual(known(7));
  });
});
