import fc from 'fast-check';
import { addMilliseconds } from '@minipilot/kernel/time.js';
import { DecisionRunner } from './decision-runner.js';
import { allIdle } from './demo-clock-advance.js';
import { dispatcher, FlowRunner } from './flow-runner.js';
import { box, logTimers, memoryCursors, START, streams, toBox, watch, workbench } from './testing.js';

const HOUR_LATER = addMilliseconds(START, 3_600_000);

describe('FlowRunner, however it is woken', () => {
  type Step = { do: 'command'; n: number; key: string } | { do: 'restart' | 'second' | 'lose' | 'poke' | 'clock' | 'rest' };
  const script: { n: number; key: string }[] = [
    { n: 0, key: 'a' },
    { n: 1, key: 'a' },
    { n: 5, key: 'b' },
    { n: 0, key: 'a' },
    { n: -1, key: 'b' },
    { n: 2, key: 'c' },
  ];

  /** Gives the script's commands in order with disturbances between, and returns what is in the streams in the end. */
  async function play(disturbances: Step['do'][][], lies: readonly number[]): Promise<unknown> {
    const bench = await workbench();
    let cursors = memoryCursors();
    const hosts: FlowRunner[] = [];
    const truth = logTimers(bench.sqlite);
    let asked = 0;
    const open = () => {
      const runner = new FlowRunner({
        ...{ store: bench.sqlite, catalogue: bench.options.catalogue, clock: bench.clock, cursors, flows: [watch] },
        ...{
          runner: new DecisionRunner(bench.options),
          dispatch: dispatcher(bench.runner, [box]),
          pollMs: 5,
          backOffMs: [1, 5] as [number, number],
        },
        timers: {
          async due(now, limit, flow) {
            const due = await truth.due(now, limit, flow);
            const lie = lies[asked++];
            // forgotten, doubled, or all that are set though not due
            if (lie === 0) return [];
            if (lie === 1) return [...due, ...due];
            return lie === 2 ? truth.set() : due;
          },
        },
      });
      hosts.push(runner);
      runner.start();
    };
    const rest = async () => {
      const end = Date.now() + 15_000;
      for (;;) {
        for (const host of hosts) host.poke();
        if (await allIdle(bench.sqlite, bench.clock, hosts)) return;
        if (Date.now() > end) throw new Error(`no rest: ${JSON.stringify(hosts.flatMap((host) => host.status()))}`);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    };
    try {
      open();
      for (const [i, { n, key }] of script.entries()) {
        await bench.runner.run(toBox(`command ${i}`, n < 0 ? { type: 'Close' } : { type: 'Fill', n }, key));
        for (const step of disturbances[i] ?? []) {
          if (step === 'restart') await hosts.shift()?.stop();
          if (step === 'lose') cursors.positions.clear();
          if (step === 'restart' || step === 'second') open();
          if (step === 'poke') for (const host of hosts) host.poke();
          if (step === 'rest') await rest();
        }
      }
      await rest();
      await bench.clock.set(HOUR_LATER);
      cursors = memoryCursors();
      open();
      await rest();
      return await streams(bench);
    } finally {
      await Promise.all(hosts.map((host) => host.stop()));
      await bench.close();
    }
  }

  it('writes the same streams', async () => {
    const expected = await play([], []);
    const step = fc.constantFrom<Step['do']>('restart', 'second', 'lose', 'poke', 'rest');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(step, { maxLength: 3 }), { minLength: script.length, maxLength: script.length }),
        fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 60 }),
        async (disturbances, lies) => {
          expect(await play(disturbances, lies)).toEqual(expected);
        },
      ),
      { numRuns: 12 },
    );
  }, 60_000);
});
