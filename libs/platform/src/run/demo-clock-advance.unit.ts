import { advance, AdvanceFailed, type Advance } from './demo-clock-advance.js';

const at = (minute: number): string => new Date(Date.UTC(2027, 2, 1, 8, minute)).toISOString();

/** A world with a clock and timers that take a few looks to fire. */
function world(timers: string[], more: Partial<Advance> = {}) {
  let now = at(0);
  let pokes = 0;
  const fired: [string, string][] = [];
  const options: Advance = {
    clock: { now: () => now, set: (to) => void (now = to) },
    to: at(60),
    nextDue: async () => timers.toSorted()[0] ?? null,
    poke: () => pokes++,
    async idle() {
      if (pokes++ < 3) return false;
      pokes = 0;
      const due = timers.filter((timer) => timer <= now);
      for (const timer of due) {
        timers.splice(timers.indexOf(timer), 1);
        fired.push([timer, now]);
      }
      return due.length === 0;
    },
    timeoutMs: 500,
    ...more,
  };
  return { options, fired, timers, now: () => now };
}

describe('advance', () => {
  it('lets everything happen at its own time, also what is set on the way', async () => {
    const { options, fired, now, timers } = world([at(30), at(10), at(10), at(60), at(61)]);
    const { idle } = options;
    options.idle = async () => {
      const before = fired.length;
      const result = await idle();
      if (fired.length > before && now() === at(10)) timers.push(at(20));
      return result;
    };
    expect(await advance(options)).toEqual({ steps: 4 });
    expect(fired).toEqual([at(10), at(10), at(20), at(30), at(60)].map((time) => [time, time]));
    expect(now()).toBe(at(60));
    expect(timers).toEqual([at(61)]);
  });

  it('goes straight to the end where nothing is due, and rests there', async () => {
    const { options, now } = world([]);
    expect(await advance(options)).toEqual({ steps: 0 });
    expect(now()).toBe(at(60));
    expect(await advance(options)).toEqual({ steps: 0 });
  });

  it('first does what is due already', async () => {
    const { options, fired } = world([at(-5)]);
    await advance(options);
    expect(fired).toEqual([[at(-5), at(0)]]);
  });

  it('does not go back', async () => {
    const { options, now } = world([], { to: at(-1) });
    await expect(advance(options)).rejects.toThrow(RangeError);
    expect(now()).toBe(at(0));
  });

  it('says what stopped, and what takes too long', async () => {
    const stopped = world([at(10)], { trouble: () => ({ stopped: ['desk_calls', 'flow money'], behind: [] }) });
    await expect(advance(stopped.options)).rejects.toThrow(new AdvanceFailed(`at ${at(0)} these had stopped: desk_calls, flow money`));
    const slow = world([], { idle: async () => false, trouble: () => ({ stopped: [], behind: ['desk_calls'] }), timeoutMs: 20 });
    await expect(advance(slow.options)).rejects.toThrow('not all was done in 20 ms; still at work: desk_calls');
  });

  it('complains of a timer that does not fire instead of going on for ever', async () => {
    const { options, now } = world([], { nextDue: async () => at(10), idle: async () => true });
    await expect(advance(options)).rejects.toThrow(`a timer that was due at ${at(10)} did not fire by ${at(10)}`);
    expect(now()).toBe(at(10));
  });
});
