import { setTimeout as sleep } from 'node:timers/promises';
import { instant, type Instant } from '@minipilot/kernel/time.js';
import { isTrusted, systemClock, type Clock } from './clock.js';
import { askTime, type TimeReading } from './sntp.js';

/** Milliseconds between questions to the time server, while the clock is trusted and while it is not. */
const PERIODS = { trusted: 16_000, doubted: 1_000 } as const;
/** Questions at the start, of which the quickest answer counts. */
const FIRST = 4;
/** What a machine's oscillator may be off by at most, as a part of the time that passes. */
const DRIFT = 500e-6;

export interface CheckedClockOptions {
  ask: () => Promise<TimeReading>;
  /** the machine's clock that never jumps, in milliseconds since 1970 */
  steady: () => number;
  /** the machine's clock as it is set, in milliseconds since 1970: where it jumps, the machine slept or somebody set it */
  wall: () => number;
  log?: { warn(fields: Record<string, unknown>, message: string): void };
}

/**
 * The machine's clock, corrected by a time server and knowing its own doubt: that of the best answer, and what may have drifted or jumped
 * since. Before the first answer the doubt is infinite. It never goes back.
 */
export class CheckedClock implements Clock {
  private best: { reading: TimeReading; steady: number; wall: number } | null = null;
  private last = 0;
  private readonly stopping = new AbortController();
  private running: Promise<void> | null = null;

  constructor(private readonly options: CheckedClockOptions) {}

  now(): Instant {
    this.last = Math.max(this.last, this.options.steady() + this.offsetMs);
    return instant(Math.floor(this.last));
  }

  get offsetMs(): number {
    return this.best?.reading.offsetMs ?? 0;
  }

  doubtMs(): number {
    if (this.best === null) return Infinity;
    const { reading, steady, wall } = this.best;
    const passed = this.options.steady() - steady;
    const jumped = Math.abs(this.options.wall() - wall - passed);
    return reading.doubtMs + passed * DRIFT + jumped;
  }

  /** Asks a few times at once, then goes on in the background until `stop`. Resolves also when nobody answered. */
  async start(): Promise<this> {
    for (let i = 0; i < FIRST; i++) await this.measure();
    this.running = this.goOn();
    return this;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** One question. An answer counts when it leaves less doubt than there is now. */
  async measure(): Promise<void> {
    try {
      const reading = await this.options.ask();
      if (reading.doubtMs <= this.doubtMs()) this.best = { reading, steady: this.options.steady(), wall: this.options.wall() };
    } catch (error) {
      if (!isTrusted(this)) this.options.log?.warn({ error: String(error) }, 'the time server does not answer: the clock is in doubt');
    }
  }

  private async goOn(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await sleep(isTrusted(this) ? PERIODS.trusted : PERIODS.doubted, undefined, { signal, ref: false }).catch(() => {});
      if (!signal.aborted) await this.measure();
    }
  }
}

/** The clock of this machine: checked where there is a time server. `offsetMs` is how wrong a demonstration shall take it to be. */
export async function openMachineClock(options: {
  timeServer: { host: string; port: number } | undefined;
  offsetMs: number;
  log?: CheckedClockOptions['log'];
}): Promise<{ clock: Clock; checked: CheckedClock | null; close(): Promise<void> }> {
  const { timeServer, offsetMs, log } = options;
  if (timeServer === undefined) {
    const clock = offsetMs === 0 ? systemClock : { now: () => instant(Date.now() + offsetMs) };
    return { clock, checked: null, close: () => Promise.resolve() };
  }
  const steady = () => performance.timeOrigin + performance.now() + offsetMs;
  const checked = new CheckedClock({
    ask: () => askTime(timeServer, steady),
    steady,
    wall: () => Date.now() + offsetMs,
    ...(log === undefined ? {} : { log }),
  });
  await checked.start();
  return { clock: checked, checked, close: () => checked.stop() };
}
