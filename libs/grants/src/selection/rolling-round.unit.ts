import fc from 'fast-check';
import { Check } from 'typebox/value';
import { sha256, uuid5 } from '@minipilot/kernel/ids.js';
import { DEFAULT_TIE_RULE, type Rules } from './rules.js';
import { drawKey } from '@minipilot/kernel/lot.js';
import { LotNeeded, RoundPlace, rollingRound, type RoundInput } from './selection.js';

const SEED = sha256('seed');
const id = (n: number | string) => uuid5('test', String(n));
const salt = (...parts: (number | string)[]) => sha256(parts.join('/'));

const rollingRules: Rules = {
  method: 'rolling',
  criteria: ['in-district', 'tries-something', 'costs-covered'].map((c) => ({ id: c, weight: 0 })),
  scale: { min: 0, max: 1 },
  minimumCards: 1,
  tieRule: DEFAULT_TIE_RULE,
  whenOverBudget: 'skip',
};

describe('rolling round', () => {
  const yes = [true, true, true];
  const round = (n: number, change: Partial<RoundInput> = {}): RoundInput => ({
    rules: rollingRules,
    leftCents: 500_000,
    readersNeeded: 2,
    seed: null,
    applications: Array.from({ length: n }, (_, i) => ({ id: id(i), askedCents: 50_000, arrivedAt: `2027-03-0${9 - i}T08:00:00.000Z` })),
    readings: Array.from({ length: n }, (_, i) =>
      ['r1', 'r2'].map((reader) => ({ application: id(i), reader: id(reader), values: yes, salt: salt(i, reader) })),
    ).flat(),
    ...change,
  });

  it('funds all that pass, in order of arrival and without a lot, while the money lasts', () => {
    const result = rollingRound(round(3));
    expect(result.places.map((p) => [p.application, p.order, p.result])).toEqual([
      [id(2), 1, 'proposed-grant'],
      [id(1), 2, 'proposed-grant'],
      [id(0), 3, 'proposed-grant'],
    ]);
    expect(result).toMatchObject({ lot: false, totalCents: 150_000, leftCents: 350_000 });
  });

  it('passes nothing to which a reader said no, and decides nothing that was not read', () => {
    const input = round(3);
    input.readings[1]!.values = [true, false, true];
    input.readings.splice(2, 1);
    const { places } = rollingRound(input);
    expect(places.map((p) => [p.application, p.result, p.reason])).toEqual([
      [id(2), 'proposed-grant', 'fits'],
      [id(0), 'not-passed', 'criterion-not-met'],
      [id(1), 'incomplete', 'too-few-readings'],
    ]);
    expect(places[1]!.notMet).toEqual(['tries-something']);
    for (const place of places) expect(Check(RoundPlace, place)).toBe(true);
  });

  it('lets the officer read alone where one reader is enough', () => {
    const input = round(1, { readersNeeded: 1 });
    input.readings.splice(1);
    expect(rollingRound(input).places[0]!.result).toBe('proposed-grant');
  });

  it('draws the order when the round asks for more than is left', () => {
    const input = round(4, { leftCents: 110_000 });
    expect(() => rollingRound(input)).toThrow(LotNeeded);
    const { places, lot, leftCents, readingsDigest } = rollingRound({ ...input, seed: SEED });
    expect(lot).toBe(true);
    expect(places.map((p) => p.result)).toEqual(['proposed-grant', 'proposed-grant', 'no-money', 'no-money']);
    expect(places.map((p) => p.drawKey)).toEqual(places.map((p) => drawKey(SEED, readingsDigest, p.application)).sort());
    expect(leftCents).toBe(10_000);
  });

  it('needs no lot for one that asks for more than is left', () => {
    expect(rollingRound(round(1, { leftCents: 1 })).places).toMatchObject([{ result: 'no-money', reason: 'over-budget', cents: 0 }]);
  });

  it('stops or skips as the rules say', () => {
    const input = round(3, { leftCents: 100_000, seed: SEED });
    const first = rollingRound(input).places[0]!.application;
    input.applications.find((a) => a.id === first)!.askedCents = 100_001;
    expect(rollingRound(input).places.map((p) => p.reason)).toEqual(['over-budget', 'fits', 'fits']);
    const stop = { ...input, rules: { ...rollingRules, whenOverBudget: 'stop' as const } };
    expect(rollingRound(stop).places.map((p) => p.reason)).toEqual(['over-budget', 'after-stop', 'after-stop']);
  });

  it('refuses a seed that is not 32 bytes, a reading twice and a reading of other criteria', () => {
    const input = round(3, { leftCents: 1, seed: 'abc' });
    expect(() => rollingRound(input)).toThrow(RangeError);
    expect(() => rollingRound({ ...input, seed: SEED, readings: [...input.readings, input.readings[0]!] })).toThrow(RangeError);
    expect(() => rollingRound({ ...input, seed: SEED, readings: [{ ...input.readings[0]!, values: [true] }] })).toThrow(RangeError);
  });

  it('gives one result for every order of the input and never exceeds what is left', () => {
    const anyRound = fc.record({
      left: fc.nat(1_000),
      asked: fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 9 }),
      no: fc.array(fc.nat(60), { maxLength: 6 }),
    });
    fc.assert(
      fc.property(anyRound, ({ left, asked, no }) => {
        const input = round(asked.length, { leftCents: left, seed: SEED });
        input.applications.forEach((a, i) => (a.askedCents = asked[i]!));
        for (const n of no) if (input.readings[n]) input.readings[n].values = [true, true, false];
        const result = rollingRound(input);
        expect(
          rollingRound({ ...input, applications: [...input.applications].reverse(), readings: [...input.readings].reverse() }),
        ).toEqual(result);
        expect(result.places.reduce((sum, p) => sum + p.cents, 0)).toBe(result.totalCents);
        expect(result.totalCents + result.leftCents).toBe(left);
        expect(result.leftCents).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
