import { Guesses } from './guesses.js';

describe('wrong guesses', () => {
  it('are let through up to a number, then not until their time is over, by caller', () => {
    let now = 0;
    const guesses = new Guesses(3, 60_000, () => now);
    for (let i = 0; i < 3; i++) {
      expect(guesses.wait('a')).toBe(0);
      guesses.note('a');
      now += 1000;
    }
    expect(guesses.wait('a')).toBe(57);
    expect(guesses.wait('b')).toBe(0);
    now = 59_001;
    expect(guesses.wait('a')).toBe(1);
    now = 60_000;
    expect(guesses.wait('a')).toBe(0);
    guesses.note('a');
    expect(guesses.wait('a')).toBe(0);
  });

  it('cost no memory beyond a bound', () => {
    const guesses = new Guesses(1, 60_000, () => 0);
    for (let i = 0; i < 30_000; i++) guesses.note(`caller ${i}`);
    expect(guesses.wait('caller 0')).toBe(0);
    expect(guesses.wait('caller 29999')).toBe(60);
    expect((guesses as unknown as { wrong: Map<string, unknown> }).wrong.size).toBe(10_000);
  });
});
