import { instant, type Instant } from '@minipilot/kernel/time.js';

export interface Clock {
  /** UTC instant now */
  now(): Instant;
}

export const systemClock: Clock = { now: () => instant(Date.now()) };
