import { Type } from 'typebox';
import { Catalogue, defineEvent, type NewEvent, type Recorded } from '@minipilot/kernel/event.js';
import { uuid5 } from '@minipilot/kernel/ids.js';
import type { Projection, Value } from '@minipilot/kernel/projection.js';
import { NO_STREAM, type EventStore } from '../store/port.js';

const district = Type.Object({ district: Type.String(), cents: Type.Integer() });

/** A small world for tests: huts are built, moved, joined to another and torn down. */
export const hutBuilt = defineEvent('hut.built', 'A hut was built.', district);
export const hutMoved = defineEvent('hut.moved', 'A hut was moved.', Type.Object({ district: Type.String() }));
export const hutPaid = defineEvent('hut.paid', 'Money was paid for a hut.', Type.Object({ cents: Type.Integer() }));
export const hutJoined = defineEvent('hut.joined', 'Two huts share a wall.', Type.Object({ other: Type.String() }));
export const hutTornDown = defineEvent('hut.torn-down', 'A hut was torn down.', Type.Object({}));
export const weather = defineEvent('weather.noted', 'It rained.', Type.Object({}));

export const catalogue = new Catalogue([hutBuilt, hutMoved, hutPaid, hutJoined, hutTornDown, weather]);

export interface HutRow extends Record<string, Value> {
  district: string;
  cents: number;
  joins: number;
  note: string | null;
  at: string;
}

const hutKey = (event: Recorded): string => event.stream.split('-').slice(1).join('-');

/** One row a hut, counters by district. */
export const huts: Projection<HutRow> = {
  name: 'huts',
  version: 1,
  table: { district: 'text', cents: 'integer', joins: 'integer', note: 'text', at: 'text' },
  indexes: [['district', 'key']],
  handles: ['hut.built', 'hut.moved', 'hut.paid', 'hut.joined', 'hut.torn-down'],
  keys: (event) => (event.type === 'hut.joined' ? [hutKey(event), event.data.other as string] : [hutKey(event)]),
  evolve(row, event) {
    if (event.type === 'hut.built') {
      return { district: event.data.district as string, cents: event.data.cents as number, joins: 0, note: null, at: event.at };
    }
    if (row === null) return null;
    switch (event.type) {
      case 'hut.moved':
        return { ...row, district: event.data.district as string, note: `moved at ${event.revision}` };
      case 'hut.paid':
        return { ...row, cents: row.cents + (event.data.cents as number) };
      case 'hut.joined':
        return { ...row, joins: row.joins + 1 };
      default:
        return null;
    }
  },
  rollup(before, after) {
    const deltas = [];
    if (before)
      deltas.push({ key: before.district, column: 'huts', delta: -1 }, { key: before.district, column: 'cents', delta: -before.cents });
    if (after) deltas.push({ key: after.district, column: 'huts', delta: 1 }, { key: after.district, column: 'cents', delta: after.cents });
    return deltas;
  },
};

/** Counts payments, one row a day of the month. No counters. */
export const payments: Projection<{ paid: number }> = {
  name: 'payments',
  version: 1,
  table: { paid: 'integer' },
  handles: ['hut.paid'],
  keys: (event) => [event.at.slice(8, 10)],
  evolve: (row, event) => ({ paid: (row?.paid ?? 0) + (event.data.cents as number) }),
};

/** Numbers from 0 up to `below`, the same for the same seed. */
export function numbers(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
}

const DISTRICTS = ['Keskusta', 'Itä', 'Länsi', 'Pohjoinen 😀', 'Süd'];

export function newEvent(stream: string, type: string, data: object, v = 1, index = 0): NewEvent {
  const id = uuid5('test', stream, String(index));
  return {
    id,
    type,
    v,
    stream,
    at: new Date(Date.UTC(2027, 0, 1) + (index % 40_000) * 60_000).toISOString(),
    tenant: stream.split('.')[0]!,
    actor: uuid5('actor', String(index % 7)),
    commandId: uuid5('command', id),
    correlationId: uuid5('command', id),
    causationId: uuid5('command', id),
    fp: id.replaceAll('-', ''),
    data: data as Record<string, unknown>,
  };
}

/** Appends a life of many huts: about `count` events over `huts` streams, repeatable by seed. */
export async function fill(store: EventStore, count: number, huts: number, seed = 1, group = 40): Promise<void> {
  const next = numbers(seed);
  const revisions = new Map<string, number>();
  for (let done = 0; done < count;) {
    const appends = [];
    // each stream at most once among the appends that run together
    const names = new Set(Array.from({ length: group }, () => `demo.hut-${next(huts)}`));
    for (const stream of names) {
      const revision = (await revisionOf(store, revisions, stream)) + 1;
      const choice = revision === 0 ? 0 : next(10);
      const event =
        choice === 0
          ? newEvent(stream, 'hut.built', { district: DISTRICTS[next(5)], cents: next(100_000) }, 1, revision)
          : choice < 3
            ? newEvent(stream, 'hut.moved', { district: DISTRICTS[next(5)] }, 1, revision)
            : choice < 7
              ? newEvent(stream, 'hut.paid', { cents: next(5_000) }, 1, revision)
              : choice === 7
                ? newEvent(stream, 'hut.joined', { other: String(next(huts)) }, 1, revision)
                : choice === 8
                  ? newEvent(stream, 'weather.noted', {}, 1, revision)
                  : newEvent(stream, 'hut.torn-down', {}, 1, revision);
      revisions.set(stream, revision);
      appends.push(store.append(stream, [event], revision - 1));
      if (++done >= count) break;
    }
    await Promise.all(appends);
  }
}

async function revisionOf(store: EventStore, known: Map<string, number>, stream: string): Promise<number> {
  const revision = known.get(stream);
  return revision ?? (await store.read(stream)).revision ?? NO_STREAM;
}
