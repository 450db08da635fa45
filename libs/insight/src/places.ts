import { batchEvents } from '@minipilot/grants/batch/events.js';
import { callEvents } from '@minipilot/grants/call/events.js';
import { ledgerEvents } from '@minipilot/grants/ledger/events.js';
import { pilotEvents } from '@minipilot/grants/pilot/events.js';
import { policyEvents } from '@minipilot/grants/policy/events.js';
import { scoringEvents } from '@minipilot/grants/scoring/events.js';
import { serviceEvents } from '@minipilot/grants/service/events.js';
import { tallyEvents } from '@minipilot/grants/tally/events.js';
import type { Position } from '@minipilot/kernel/event.js';
import type { Projection } from '@minipilot/kernel/projection.js';
import { viewOf, type Db } from './query.js';

export type PlaceRow = { revision: number; position: string };

/**
 * How far each stream has been read, for a process without the event store that is asked to wait for an event; the key is the stream.
 * Only streams from which public pages are made: a member's book or a voter's ballot has no row here.
 */
export const publicPlaces: Projection<PlaceRow> = {
  name: 'public_places',
  version: 1,
  table: { revision: 'integer', position: 'text' },
  handles: [policyEvents, callEvents, pilotEvents, scoringEvents, ledgerEvents, batchEvents, serviceEvents, tallyEvents].flatMap((events) =>
    events.map(({ type }) => type),
  ),
  keys: (event) => [event.stream],
  evolve: (_, { revision, position }) => ({ revision, position }),
};

/** A position at or after that event's, once it has been read; null before. */
export async function positionOf(db: Db, { stream, revision }: { stream: string; revision: number }): Promise<Position | null> {
  const row = (await db.selectFrom(viewOf(publicPlaces)).selectAll().where('key', '=', stream).executeTakeFirst()) as PlaceRow | undefined;
  return row === undefined || row.revision < revision ? null : row.position;
}
