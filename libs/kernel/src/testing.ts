import { Rejected, type Aggregate, type DomainEvent, type Occasion } from './decider.js';
import type { Meta, Recorded } from './event.js';
import type { Projection, Value } from './projection.js';
import { eventId } from './ids.js';

const meta = (index: number, occasion: Occasion): Meta => ({
  id: eventId(`given-${index}`, 0),
  at: occasion.now,
  actor: occasion.actor,
  revision: index,
});

export const occasionAt = (now: string, actor = 'subject-1'): Occasion => ({
  now,
  actor,
  tenant: 'demo',
  commandId: '00000000-0000-5000-8000-000000000000',
  salt: '00'.repeat(32),
});

/** given([...]).when(command, facts, occasion).then([...]) | .thenRejected(code). Given events may bring their own `at` and `actor`. */
export function specification<C, S, E extends DomainEvent, F>(aggregate: Aggregate<C, S, E, F>) {
  return (given: E[]) => ({
    when(command: C, facts: F, occasion: Occasion = occasionAt('2027-01-01T00:00:00.000Z')) {
      const state = given.reduce<S>((s, event, i) => aggregate.evolve(s, { ...meta(i, occasion), ...event }), aggregate.initial);
      const before = JSON.stringify(state);
      const result = aggregate.decide(command, state, facts, occasion);
      const after = () =>
        (result as E[]).reduce<S>((s, event, i) => aggregate.evolve(s, { ...event, ...meta(given.length + i, occasion) }), state);
      return {
        result,
        /** the state after the new events */
        after,
        then(expected: DomainEvent[]) {
          expect(result).toEqual(expected);
          after();
          expect(JSON.stringify(state)).toBe(before);
        },
        thenRejected(code: string, params?: Record<string, unknown>) {
          expect(result).toBeInstanceOf(Rejected);
          expect((result as Rejected).code).toBe(code);
          if (params) expect((result as Rejected).params).toMatchObject(params);
        },
      };
    },
  });
}

/** A recorded event for projection and flow specs; positions count up from `index`. */
export function recorded(event: DomainEvent & { at?: string; actor?: string }, stream: string, index = 0): Recorded {
  const id = eventId(`${stream}-${index}`, 0);
  return {
    id,
    type: event.type,
    v: 1,
    stream,
    revision: index,
    at: event.at ?? '2027-01-01T00:00:00.000Z',
    tenant: stream.split('.')[0]!,
    actor: event.actor ?? 'subject-1',
    commandId: id,
    correlationId: id,
    causationId: id,
    fp: '',
    data: event.data as Record<string, unknown>,
    position: String(index).padStart(16, '0'),
  };
}

/** Folds a projection in memory: rows by key. */
export function project<Row extends Record<string, Value>>(projection: Projection<Row>, events: Recorded[]): Map<string, Row> {
  const rows = new Map<string, Row>();
  for (const event of events) {
    if (!projection.handles.includes(event.type)) continue;
    for (const key of projection.keys(event)) {
      const row = projection.evolve(rows.get(key) ?? null, event, key);
      if (row === null) rows.delete(key);
      else rows.set(key, row);
    }
  }
  return rows;
}
