import { instant, type Instant } from '@minipilot/kernel/time.js';

export interface Clock {
  /** UTC instant now */
  now(): Instant;
  /** most milliseconds that `now` may be off; without it nobody checks */
  doubtMs?(): number;
}

export const systemClock: Clock = { now: () => instant(Date.now()) };

/** Milliseconds of doubt beyond which a clock decides nothing: no command is taken and no deadline is called. */
export const MOST_DOUBT_MS = 1_000;

export const isTrusted = (clock: Clock): boolean => (clock.doubtMs?.() ?? 0) <= MOST_DOUBT_MS;
