import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { instant, type Instant } from '@minipilot/kernel/time.js';
import { systemClock, type Clock } from './clock.js';
import { immediately, openEventsFile, whenUnlocked } from './connection.js';

/** Milliseconds that reading the clock may block: only a process that just opened or closed the file locks readers out. */
const TIMEOUT = 1_000;

/** One clock for all processes on an events file: the system's until it is first set, then it stands still until it is set again. */
export class DemoClock implements Clock {
  private readonly row: StatementSync;

  /** Opens or makes the events file; throws as `SqliteEventStore.open` does. */
  static async open({ file, system = systemClock }: { file: string; system?: Clock }): Promise<DemoClock> {
    return new DemoClock(await openEventsFile({ file, timeout: TIMEOUT }), system);
  }

  private constructor(
    private readonly db: DatabaseSync,
    private readonly system: Clock,
  ) {
    this.row = db.prepare('SELECT at FROM demo_clock');
  }

  now(): Instant {
    return (this.row.get()?.at as Instant | undefined) ?? this.system.now();
  }

  /** Once set it is right by definition; before that it is the system's, with the system's doubt. */
  doubtMs(): number {
    return this.row.get() === undefined ? (this.system.doubtMs?.() ?? 0) : 0;
  }

  /**
   * Sets the clock for all processes. Throws RangeError for what is no instant and for a time before `now()`;
   * the first setting on a store without events may be any time, so that a simulation can begin in the past.
   */
  async set(at: Instant): Promise<void> {
    if (Number.isNaN(Date.parse(at)) || instant(at) !== at) throw new RangeError(`${at} is no UTC instant with milliseconds`);
    await whenUnlocked(() =>
      immediately(this.db, () => {
        const untouched = this.row.get() === undefined && this.db.prepare('SELECT 1 FROM events LIMIT 1').get() === undefined;
        const now = this.now();
        if (at < now && !untouched) throw new RangeError(`the clock does not go back from ${now} to ${at}`);
        this.db.prepare('INSERT INTO demo_clock (one, at) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET at = excluded.at').run(at);
      }),
    );
  }

  close(): void {
    if (this.db.isOpen) this.db.close();
  }
}
