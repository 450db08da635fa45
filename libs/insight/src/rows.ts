import { parseStream } from '@minipilot/kernel/decider.js';
import type { Purpose, Recorded } from '@minipilot/kernel/event.js';

/** A recorded event seen as one of the events of `E`, so that its type tells its data. */
export type Seen<E> = Recorded & E;
export const seen = <E>(event: Recorded): Seen<E> => event as unknown as Seen<E>;

/** The key of the stream that an event lies in: the pilot of a pilot event, the call of a ledger event. */
export const streamKey = (event: Recorded): string[] => [parseStream(event.stream).key!];

/** Id of the event if it holds a sealed part of the purpose, else what was known before. */
export const handle = (event: Recorded, purpose: Purpose, before: string | null): string | null =>
  event.sealed?.some((part) => part.purpose === purpose) ? event.id : before;

/** The row that an event goes on from. Throws where the history lacks its beginning, which stops the projection there. */
export function existing<Row>(row: Row | null, event: Recorded): Row {
  if (row === null) throw new Error(`${event.type} in ${event.stream} without a beginning`);
  return row;
}
