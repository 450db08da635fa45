import { setTimeout as sleep } from 'node:timers/promises';
import type { Position } from '@minipilot/kernel/event.js';
import type { Instant } from '@minipilot/kernel/time.js';
import type { Clock } from '../store/clock.js';
import type { EventStore } from '../store/port.js';

/** Milliseconds between looks whether all is idle. */
const LOOK = 2;

export interface Advance {
  clock: Clock & { set(at: Instant): void | Promise<void> };
  /** where the clock shall stand in the end */
  to: Instant;
  /** the earliest timer that is set */
  nextDue(): Promise<Instant | null>;
  /** whether projections and flows have done all that there is to do now */
  idle(): Promise<boolean>;
  /** names of projections and flows that stopped, and of those that still work */
  trouble?(): { stopped: string[]; behind: string[] };
  /** wakes projections and flows */
  poke?(): void;
  /** milliseconds that one step may take; default 30,000 */
  timeoutMs?: number;
}

/** The clock could not be advanced: something stopped or took too long. It stands where it was set last. */
export class AdvanceFailed extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'AdvanceFailed';
  }
}

/**
 * Takes the demo clock to `to`, from due timer to due timer, and lets everything that falls due happen at its own time.
 * Resolves when all is done. Throws RangeError when `to` is past, AdvanceFailed when a step does not come to rest.
 */
export async function advance(options: Advance): Promise<{ steps: number }> {
  const { clock, to, nextDue } = options;
  if (to < clock.now()) throw new RangeError(`the clock does not go back from ${clock.now()} to ${to}`);
  await rest(options);
  for (let steps = 0; ; steps++) {
    const due = await nextDue();
    const now = clock.now();
    if (due !== null && due <= now) throw new AdvanceFailed(`a timer that was due at ${due} did not fire by ${now}`);
    const next = due === null || due > to ? to : due;
    if (next > now) {
      await clock.set(next);
      await rest(options);
    }
    if (next === to && (due === null || due > to)) return { steps };
  }
}

async function rest({ clock, idle, poke, trouble, timeoutMs = 30_000 }: Advance): Promise<void> {
  const end = Date.now() + timeoutMs;
  const complain = (text: string) => new AdvanceFailed(`at ${clock.now()} ${text}`);
  for (;;) {
    poke?.();
    const isIdle = await idle();
    const { stopped, behind } = trouble?.() ?? { stopped: [], behind: [] };
    if (stopped.length > 0) throw complain(`these had stopped: ${stopped.join(', ')}`);
    if (isIdle) return;
    if (Date.now() > end) throw complain(`not all was done in ${timeoutMs} ms; still at work: ${behind.join(', ') || 'unknown'}`);
    await sleep(LOOK);
  }
}

/** `idle` for `advance`: everybody has read to the head, nothing is due, and nobody appended in the meantime. */
export async function allIdle(
  store: Pick<EventStore, 'head'>,
  clock: Clock,
  hosts: readonly { idle(head: Position | null, now: Instant): boolean | Promise<boolean> }[],
): Promise<boolean> {
  const now = clock.now();
  const head = await store.head();
  for (const host of hosts) if (!(await host.idle(head, now))) return false;
  return (await store.head()) === head;
}
