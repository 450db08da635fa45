import type { flowReacted } from '@minipilot/kernel/flow.js';
import type { EventOf } from '@minipilot/kernel/event.js';
import type { Projection } from '@minipilot/kernel/projection.js';
import type { Instant } from '@minipilot/kernel/time.js';
import { seen } from './rows.js';
import { viewOf, type Db, type Keyed } from './query.js';

export type TimerRow = { tenant: string; stream: string; flow: string; subject: string; timer: string; due: string };
export type DueTimer = Keyed<TimerRow>;

type Reacted = EventOf<typeof flowReacted>;
const keyOf = (stream: string, timer: string): string => `${stream}|${timer}`;

/** Timers that flows have set and that neither fired nor were taken back. */
export const deskTimers: Projection<TimerRow> = {
  name: 'desk_timers',
  version: 1,
  table: { tenant: 'text', stream: 'text', flow: 'text', subject: 'text', timer: 'text', due: 'text' },
  indexes: [['due'], ['tenant', 'due']],
  handles: ['flow.reacted'],
  keys(event) {
    const { data } = seen<Reacted>(event);
    const timers = data.timers.map(({ timer }) => timer);
    if (data.input.timer !== undefined) timers.push(data.input.timer);
    return [...new Set(timers)].map((timer) => keyOf(event.stream, timer));
  },
  evolve(row, event, key) {
    const { data } = seen<Reacted>(event);
    const set = data.timers.findLast(({ timer }) => keyOf(event.stream, timer) === key);
    if (set === undefined) {
      // a late call of a timer that was set anew in the meantime does not take the new one away
      return row !== null && data.input.due !== undefined && data.input.due !== row.due ? row : null;
    }
    if (set.due === null) return null;
    return { tenant: event.tenant, stream: event.stream, flow: data.flow, subject: data.subject, timer: set.timer, due: set.due };
  },
};

/** Timers of all tenants that are due at `now`, the earliest first. */
export async function dueTimers(db: Db, now: Instant, limit: number): Promise<DueTimer[]> {
  const query = db.selectFrom(viewOf(deskTimers)).selectAll().where('due', '<=', now);
  return (await query.orderBy('due').orderBy('key').limit(limit).execute()) as DueTimer[];
}

/** When the next timer of any tenant is due; null when there is none. */
export async function nextDue(db: Db): Promise<Instant | null> {
  const row = await db.selectFrom(viewOf(deskTimers)).select('due').orderBy('due').limit(1).executeTakeFirst();
  return row === undefined ? null : (row.due as string);
}
