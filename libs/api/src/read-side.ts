import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { Position } from '@minipilot/kernel/event.js';
import type { Projection } from '@minipilot/kernel/projection.js';
import type { Instant } from '@minipilot/kernel/time.js';
import type { Db, Keyset, Page, Paged } from '@minipilot/insight/query.js';
import { Problem } from '@minipilot/platform/http/problem.js';
import type { PageRequest } from '@minipilot/platform/http/request-context.js';
import type { PublicFiles } from '@minipilot/platform/privacy/files.js';
import type { ReadModels } from '@minipilot/platform/read-models/database.js';
import { BadCursor, decodeCursor, encodeCursor } from '@minipilot/platform/read-models/page-cursor.js';
import { BadToken, decodePlace, waitFor, type Place } from '@minipilot/platform/read-models/read-after.js';
import type { Clock } from '@minipilot/platform/store/clock.js';

/** What a reading process works with. */
export interface ReadParts {
  readModels: ReadModels;
  tokenKey: Buffer;
  clock: Clock;
  /** where an event stands in the log; null where it is not known, or not yet */
  positionOf(place: Place): Promise<Position | null>;
  /** documents for everybody */
  publicFiles: PublicFiles;
}
export const READ_PARTS = Symbol('read parts');

/** Longest that a read waits for its own write. */
const WAIT_MS = 2_000;
/** Milliseconds between looks for an event that has not been read yet. */
const LOOK_MS = 20;

/** Rows by projections: pages with cursors, and reads that wait for a command's position. */
@Injectable()
export class ReadSide {
  constructor(@Inject(READ_PARTS) private readonly parts: ReadParts) {}

  get db(): Db {
    return this.parts.readModels.db;
  }

  get publicFiles(): PublicFiles {
    return this.parts.publicFiles;
  }

  now(): Instant {
    return this.parts.clock.now();
  }

  /** Waits until the projections hold the event that the token names; `{ stale: true }` when they do not in time. */
  async after(token: string | undefined, projections: readonly Pick<Projection, 'name' | 'version'>[]): Promise<{ stale?: true }> {
    if (token === undefined) return {};
    let place: Place;
    try {
      place = decodePlace(token, this.parts.tokenKey);
    } catch (error) {
      if (error instanceof BadToken) throw new Problem('malformed-position');
      throw error;
    }
    if (place.revision < 0) return {};
    const until = performance.now() + WAIT_MS;
    for (;;) {
      const position = await this.parts.positionOf(place);
      const left = until - performance.now();
      if (position !== null) {
        const { stale } = await waitFor(this.parts.readModels, projections, position, left);
        return stale ? { stale: true } : {};
      }
      if (left <= 0) return { stale: true };
      await sleep(LOOK_MS);
    }
  }
}

/** The page that a request asks for, for a list sorted by text. */
export function pageOf({ limit, cursor }: PageRequest): Page {
  if (cursor === undefined) return { limit };
  try {
    return { limit, after: decodeCursor(cursor, 'text') as Keyset };
  } catch (error) {
    if (error instanceof BadCursor) throw new Problem('malformed-cursor');
    throw error;
  }
}

/** A list as it is answered; `next` is the cursor of the next page, null at the end. */
export function listOf<T, U = T>(
  { items, next }: Paged<T>,
  view: (item: T) => U = (item) => item as unknown as U,
): { items: U[]; next: string | null } {
  return { items: items.map(view), next: next === null ? null : encodeCursor(next) };
}
