import { randomBytes, randomUUID } from 'node:crypto';
import type { NewEvent, Position, Recorded } from '@minipilot/kernel/event.js';
import { addMilliseconds, instant } from '@minipilot/kernel/time.js';
import { MAX_APPEND_BYTES, NO_STREAM, StoreUnavailable, TooLate, WrongRevision, type Batch, type EventStore } from './port.js';

/** A store under test. It may hold other events already; its clock is the system's. */
export interface Opened {
  store: EventStore;
  /** another client of the same events, beside `store` or after it was closed */
  reopen?: () => Promise<EventStore>;
  /** closes what is still open and removes the events */
  cleanup: () => Promise<void>;
}

export const newStream = (category = 'pilot'): string => `demo.${category}-${randomUUID()}`;

/** A valid new event; `data` and the rest can be given. */
export function newEvent(stream: string, fields: Partial<NewEvent> = {}): NewEvent {
  return {
    id: randomUUID(),
    type: 'pilot.noted',
    v: 1,
    stream,
    at: '2027-01-01T08:00:00.000Z',
    tenant: 'demo',
    actor: randomUUID(),
    commandId: randomUUID(),
    correlationId: randomUUID(),
    causationId: randomUUID(),
    fp: randomBytes(32).toString('hex'),
    data: { text: 'a note' },
    ...fields,
  };
}

/** Follows a store until `enough` says so, and returns all batches seen. Fails after 20 s. */
export async function follow(
  store: EventStore,
  after: Position | null,
  enough: (events: Recorded[], last: Batch) => boolean,
  limit?: number,
): Promise<Batch[]> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), 20_000);
  const batches: Batch[] = [];
  const events: Recorded[] = [];
  let done = false;
  for await (const batch of store.subscribe(after, stop.signal, limit)) {
    batches.push(batch);
    events.push(...batch.events);
    if (!done && enough(events, batch)) {
      done = true;
      stop.abort();
    }
  }
  clearTimeout(timer);
  if (!done) throw new Error(`the subscription ended after ${events.length} events, before what was waited for`);
  return batches;
}

const without = (event: Recorded): NewEvent => {
  const { revision: _, position: __, ...rest } = event;
  return rest;
};

/** What every adapter of `EventStore` keeps. `open` is called before each test, `cleanup` after it. */
export function eventStoreContract(name: string, open: () => Promise<Opened>): void {
  describe(`event store contract: ${name}`, () => {
    let opened: Opened;
    let store: EventStore;

    beforeEach(async () => {
      opened = await open();
      store = opened.store;
    });
    afterEach(() => opened.cleanup());

    const note = (stream: string, expected: number, fields?: Partial<NewEvent>) =>
      store.append(stream, [newEvent(stream, fields)], expected);

    describe('append and read', () => {
      it('gives back every field of an event as it was handed in', async () => {
        const stream = newStream();
        const ciphertexts = [randomBytes(60).toString('base64url'), randomBytes(3_000).toString('base64url')];
        const full = newEvent(stream, {
          v: 3,
          actor: 'flow.close',
          sealed: [
            { subject: randomUUID(), purpose: 'contact', ct: 'a1'.repeat(32), com: 'b2'.repeat(32) },
            { subject: randomUUID(), purpose: 'iban', ct: 'c3'.repeat(32), com: 'd4'.repeat(32) },
          ],
          ciphertexts,
          data: {
            cents: Number.MAX_SAFE_INTEGER,
            share: -0.1,
            none: null,
            yes: true,
            empty: '',
            list: [1, [2, { three: 3 }]],
            nothing: {},
          },
        });
        const plain = newEvent(stream);
        const appended = await store.append(stream, [full, plain], NO_STREAM);
        const { events, revision } = await store.read(stream);
        expect(events.map(without)).toEqual([full, plain]);
        expect(events.map((event) => event.revision)).toEqual([0, 1]);
        expect(revision).toBe(1);
        expect(events[0]!.ciphertexts).toEqual(ciphertexts);
        expect('sealed' in events[1]! || 'ciphertexts' in events[1]!).toBe(false);
        expect(appended.events).toEqual(events);
        expect(appended.revision).toBe(1);
        expect(appended.position).toBe(events[1]!.position);
        expect(Object.keys(appended).sort()).toEqual(['events', 'position', 'revision']);
      });

      it('keeps text of any script, control characters and awkward names', async () => {
        const stream = newStream();
        const data = JSON.parse(
          '{"fi":"Hyvää yötä, Ääkköset","emoji":"🌱👩🏽‍🌾","rtl":"مرحبا","nul":"a\\u0000b","line":"\\u2028\\u2029\\r\\n\\t","quote":"\\"\\\\/","constructor":{"x":1},"__proto__":{"polluted":true},"toString":"text"}',
        ) as Record<string, unknown>;
        const appended = await note(stream, NO_STREAM, { data });
        for (const [event] of [appended.events, (await store.read(stream)).events]) {
          expect(JSON.stringify(event!.data)).toBe(JSON.stringify(data));
          expect(Object.getPrototypeOf(event!.data)).toBe(Object.prototype);
          expect(Object.getPrototypeOf(event)).toBe(Object.prototype);
        }
        expect(({} as Record<string, unknown>).polluted).toBeUndefined();
      });

      it('stores what was handed in, not what the caller makes of it later', async () => {
        const stream = newStream();
        const event = newEvent(stream, { data: { text: 'before' } });
        const pending = store.append(stream, [event], NO_STREAM);
        event.data.text = 'after';
        expect((await pending).events[0]!.data.text).toBe('before');
        expect((await store.read(stream)).events[0]!.data.text).toBe('before');
      });

      it('reads from a revision and says the last revision of the stream', async () => {
        const stream = newStream();
        expect(await store.read(stream)).toEqual({ events: [], revision: NO_STREAM });
        await store.append(stream, [newEvent(stream), newEvent(stream), newEvent(stream)], NO_STREAM);
        await note(stream, 2);
        const { events, revision } = await store.read(stream, 2);
        expect(events.map((event) => event.revision)).toEqual([2, 3]);
        expect(revision).toBe(3);
        expect(await store.read(stream, 4)).toEqual({ events: [], revision: 3 });
        expect(await store.read(newStream())).toEqual({ events: [], revision: NO_STREAM });
      });

      it('reads a long stream whole and in order', async () => {
        const stream = newStream('ledger');
        for (let revision = NO_STREAM; revision < 2_399; revision += 400) {
          const events = Array.from({ length: 400 }, (_, i) => newEvent(stream, { data: { n: revision + 1 + i } }));
          await store.append(stream, events, revision);
        }
        const { events, revision } = await store.read(stream);
        expect(revision).toBe(2_399);
        expect(events.map((event) => event.data.n)).toEqual(Array.from({ length: 2_400 }, (_, i) => i));
      });

      it('does not mix streams whose names begin alike', async () => {
        const stream = newStream();
        await note(stream, NO_STREAM);
        await note(`${stream}-1`, NO_STREAM);
        expect((await store.read(stream)).events).toHaveLength(1);
        expect((await store.read(`${stream}-1`)).events).toHaveLength(1);
      });

      it('takes appends up to the limit and refuses larger ones', async () => {
        const stream = newStream();
        const text = 'ä'.repeat(MAX_APPEND_BYTES / 2 - 2_000);
        await note(stream, NO_STREAM, { data: { text } });
        expect((await store.read(stream)).events[0]!.data.text).toBe(text);
        await expect(note(stream, 0, { data: { text: 'ä'.repeat(MAX_APPEND_BYTES / 2) } })).rejects.toThrow(RangeError);
        const half = { text: 'x'.repeat(MAX_APPEND_BYTES / 2) };
        await expect(store.append(stream, [newEvent(stream, { data: half }), newEvent(stream, { data: half })], 0)).rejects.toThrow(
          RangeError,
        );
        const sealed = newEvent(stream, { ciphertexts: ['x'.repeat(MAX_APPEND_BYTES)] });
        await expect(store.append(stream, [sealed], 0)).rejects.toThrow(RangeError);
        expect((await store.read(stream)).revision).toBe(0);
      });

      it('refuses an append without events, to another stream than its events name, or at no revision', async () => {
        const stream = newStream();
        await expect(store.append(stream, [], NO_STREAM)).rejects.toThrow(RangeError);
        await expect(store.append(stream, [newEvent(newStream())], NO_STREAM)).rejects.toThrow(TypeError);
        for (const expected of [-2, 0.5, NaN]) await expect(note(stream, expected)).rejects.toThrow(RangeError);
        expect((await store.read(stream)).revision).toBe(NO_STREAM);
      });
    });

    describe('expected revision', () => {
      it.each([
        ['no stream, where there is one', NO_STREAM],
        ['an older revision', 0],
        ['a newer revision', 2],
      ])('refuses %s and writes nothing', async (_, expected) => {
        const stream = newStream();
        await store.append(stream, [newEvent(stream), newEvent(stream)], NO_STREAM);
        const refused = await store.append(stream, [newEvent(stream), newEvent(stream)], expected).catch((error: unknown) => error);
        expect(refused).toBeInstanceOf(WrongRevision);
        expect(refused).toMatchObject({ name: 'WrongRevision', stream, expected, actual: 1 });
        expect((await store.read(stream)).revision).toBe(1);
      });

      it('refuses a revision of a stream that is not there', async () => {
        const stream = newStream();
        await expect(note(stream, 0)).rejects.toMatchObject({ name: 'WrongRevision', stream, expected: 0, actual: NO_STREAM });
        expect((await store.read(stream)).revision).toBe(NO_STREAM);
      });

      it('lets exactly one of many concurrent appends to one stream win, again and again', async () => {
        const stream = newStream();
        for (let revision = NO_STREAM; revision < 4; revision++) {
          const results = await Promise.allSettled(Array.from({ length: 10 }, (_, i) => note(stream, revision, { data: { i } })));
          const won = results.filter((result) => result.status === 'fulfilled');
          const lost = results.filter((result) => result.status === 'rejected');
          expect(won).toHaveLength(1);
          expect(lost.every((result) => result.reason instanceof WrongRevision && result.reason.expected === revision)).toBe(true);
          const { events } = await store.read(stream);
          expect(events).toHaveLength(revision + 2);
          expect(events.at(-1)).toEqual(won[0]!.value.events[0]);
        }
      });

      it('takes many concurrent streams, each append with its own outcome', async () => {
        const streams = Array.from({ length: 60 }, () => newStream());
        const results = await Promise.allSettled(
          streams.map((stream, i) => store.append(stream, [newEvent(stream), newEvent(stream)], i % 3 === 0 ? 7 : NO_STREAM)),
        );
        for (const [i, result] of results.entries()) {
          const { revision } = await store.read(streams[i]!);
          expect({ i, status: result.status, revision }).toEqual(
            i % 3 === 0 ? { i, status: 'rejected', revision: NO_STREAM } : { i, status: 'fulfilled', revision: 1 },
          );
        }
      });
    });

    describe('notAfter', () => {
      it('writes in time and refuses what is late, without a trace', async () => {
        const stream = newStream();
        const now = instant(Date.now());
        const past = addMilliseconds(now, -1_000);
        await store.append(stream, [newEvent(stream)], NO_STREAM, addMilliseconds(now, 60_000));
        const late = await store.append(stream, [newEvent(stream), newEvent(stream)], 0, past).catch((error: unknown) => error);
        expect(late).toBeInstanceOf(TooLate);
        expect(late).toMatchObject({ name: 'TooLate', notAfter: past });
        expect((await store.read(stream)).revision).toBe(0);
      });
    });

    describe('all streams', () => {
      it('gives positions of one width that rise in commit order over all streams', async () => {
        const before = await store.head();
        const streams = [newStream(), newStream('call'), newStream('ledger')];
        const positions: Position[] = before === null ? [] : [before];
        for (let revision = NO_STREAM; revision < 3; revision++) {
          for (const stream of streams) {
            const { events, position } = await store.append(stream, [newEvent(stream)], revision);
            expect(events[0]!.position).toBe(position);
            positions.push(position);
          }
        }
        expect([...positions].sort()).toEqual(positions);
        expect(new Set(positions).size).toBe(positions.length);
        expect(new Set(positions.map((position) => position.length)).size).toBe(1);
        expect(await store.head()).toBe(positions.at(-1));
      });

      it('reads all in pages, after a position, without gap or overlap', async () => {
        const before = await store.head();
        const appended: Recorded[] = [];
        for (let i = 0; i < 11; i++) appended.push(...(await note(newStream(), NO_STREAM, { data: { i } })).events);
        const paged: Recorded[] = [];
        for (let page = await store.readAll(before, 4); page.length > 0; page = await store.readAll(paged.at(-1)!.position, 4)) {
          expect(page.length).toBeLessThanOrEqual(4);
          paged.push(...page);
        }
        expect(paged).toEqual(appended);
        expect(await store.readAll(before, 100)).toEqual(appended);
        expect(await store.readAll(appended[4]!.position, 2)).toEqual(appended.slice(5, 7));
        expect(await store.readAll(await store.head(), 5)).toEqual([]);
      });
    });

    describe('subscribe', () => {
      it('gives everything from the beginning in pages, says when it has caught up, and goes on live', async () => {
        const past: Recorded[] = [];
        for (let i = 0; i < 7; i++) past.push(...(await note(newStream(), NO_STREAM, { data: { i } })).events);
        const live: Recorded[] = [];
        const batches = await follow(
          store,
          null,
          (events, last) => {
            if (last.caughtUp && live.length === 0) {
              void note(newStream(), NO_STREAM, { data: { live: true } }).then((appended) => live.push(...appended.events));
            }
            return events.at(-1)?.data.live === true;
          },
          3,
        );
        const events = batches.flatMap((batch) => batch.events);
        expect(events.slice(-8)).toEqual([...past, ...live]);
        expect(events.map((event) => event.position)).toEqual(events.map((event) => event.position).sort());
        expect(batches.every((batch) => batch.events.length <= 3)).toBe(true);
        expect(batches.slice(0, -2).every((batch) => !batch.caughtUp)).toBe(true);
        expect(batches.at(-1)).toEqual({ events: live, caughtUp: true });
      });

      it('begins after the position that it is given', async () => {
        const appended: Recorded[] = [];
        for (let i = 0; i < 6; i++) appended.push(...(await note(newStream(), NO_STREAM)).events);
        const batches = await follow(store, appended[2]!.position, (events) => events.length >= 3);
        expect(batches.flatMap((batch) => batch.events)).toEqual(appended.slice(3));
      });

      it('says at once that it has caught up where nothing is new', async () => {
        await note(newStream(), NO_STREAM);
        expect(await follow(store, await store.head(), () => true)).toEqual([{ events: [], caughtUp: true }]);
      });

      it('misses nothing while the reader is slow and writers go on', async () => {
        const before = await store.head();
        const stop = new AbortController();
        const seen: Recorded[] = [];
        const reading = (async () => {
          for await (const batch of store.subscribe(before, stop.signal, 10)) {
            seen.push(...batch.events);
            if (seen.length >= 200) stop.abort();
            await new Promise((resolve) => setTimeout(resolve, 2));
          }
        })();
        const written: Recorded[] = [];
        for (let i = 0; i < 20; i++) {
          const group = await Promise.all(Array.from({ length: 10 }, () => note(newStream(), NO_STREAM)));
          written.push(...group.flatMap((appended) => appended.events));
        }
        await reading;
        written.sort((a, b) => (a.position < b.position ? -1 : 1));
        expect(seen).toEqual(written);
      });

      it('serves several subscribers, and ends each when its own signal aborts', async () => {
        const before = await store.head();
        const stream = newStream();
        const reading = [1, 2].map((n) => follow(store, before, (events) => events.length >= n));
        await new Promise((resolve) => setTimeout(resolve, 50));
        await note(stream, NO_STREAM);
        expect((await reading[0]!).flatMap((batch) => batch.events)).toHaveLength(1);
        await note(stream, 0);
        expect((await reading[1]!).flatMap((batch) => batch.events)).toHaveLength(2);
      });

      it('ends at once when aborted while it waits, or before it begins', async () => {
        const stop = new AbortController();
        const after = await store.head();
        const batches: Batch[] = [];
        const reading = (async () => {
          for await (const batch of store.subscribe(after, stop.signal)) batches.push(batch);
        })();
        await new Promise((resolve) => setTimeout(resolve, 60));
        stop.abort();
        await reading;
        expect(batches).toEqual([{ events: [], caughtUp: true }]);
        for await (const batch of store.subscribe(null, stop.signal)) batches.push(batch);
        expect(batches).toHaveLength(1);
      });
    });

    describe('close and other clients', () => {
      it('finishes what was appended before, then refuses everything', async () => {
        const stream = newStream();
        const pending = note(stream, NO_STREAM);
        const closing = store.close();
        await expect(note(stream, 0)).rejects.toThrow(StoreUnavailable);
        expect((await pending).revision).toBe(0);
        await closing;
        await store.close();
        await expect(note(stream, 0)).rejects.toThrow(StoreUnavailable);
        await expect(store.read(stream)).rejects.toThrow(StoreUnavailable);
        await expect(store.readAll(null, 1)).rejects.toThrow(StoreUnavailable);
        await expect(store.head()).rejects.toThrow(StoreUnavailable);
        if (opened.reopen === undefined) return;
        const again = await opened.reopen();
        expect((await again.read(stream)).events).toEqual((await pending).events);
        await again.close();
      });

      it('ends a waiting subscription with an error, so that its reader does not take the end for an abort', async () => {
        const after = await store.head();
        const reading = follow(store, after, () => false);
        const outcome = reading.catch((error: unknown) => error);
        await new Promise((resolve) => setTimeout(resolve, 60));
        await store.close();
        expect(await outcome).toBeInstanceOf(StoreUnavailable);
      });

      it('shows each client what the other wrote, and wakes its subscribers promptly', async () => {
        if (opened.reopen === undefined) throw new Error('this store has no second client to try');
        const other = await opened.reopen();
        const stream = newStream();
        const first = await note(stream, NO_STREAM);
        expect(await other.read(stream)).toEqual({ events: first.events, revision: 0 });
        const reading = follow(store, first.position, (events) => events.length === 1);
        await new Promise((resolve) => setTimeout(resolve, 60));
        const began = performance.now();
        const second = await other.append(stream, [newEvent(stream)], 0);
        expect((await reading).flatMap((batch) => batch.events)).toEqual(second.events);
        expect(performance.now() - began).toBeLessThan(1_000);
        await expect(note(stream, 0)).rejects.toMatchObject({ name: 'WrongRevision', actual: 1 });
        await other.close();
      });
    });
  });
}
