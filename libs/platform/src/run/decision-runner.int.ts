import { Rejected } from '@minipilot/kernel/decider.js';
import { Catalogue, InvalidEvent, UnknownEvent, type NewEvent } from '@minipilot/kernel/event.js';
import { eventId } from '@minipilot/kernel/ids.js';
import { StoreUnavailable, TooLate, WrongRevision, type EventStore } from '../store/port.js';
import { DecisionRunner, KeyReused, Stale, type Done } from './decision-runner.js';
import { ACTOR, box, START, toBox, withChanges, workbench, type Workbench } from './testing.js';

const done = (result: Done | Rejected): Done => {
  if (result instanceof Rejected) throw new Error(`refused: ${result.code}`);
  return result;
};

/** What the store does at the n-th append (from 1). */
type Trouble = (n: number, append: () => ReturnType<EventStore['append']>) => ReturnType<EventStore['append']>;

describe('DecisionRunner', () => {
  let bench: Workbench;
  let trouble: Trouble;
  let appends: NewEvent[][];
  let onRead: () => Promise<void>;

  beforeEach(async () => {
    trouble = (_, append) => append();
    appends = [];
    onRead = async () => {};
    bench = await workbench((store) =>
      withChanges(store, {
        async read(stream, from) {
          await onRead();
          return store.read(stream, from);
        },
        append(stream, events, expected, notAfter) {
          appends.push(events);
          return trouble(appends.length, () => store.append(stream, events, expected, notAfter));
        },
      }),
    );
  });
  afterEach(() => bench.close());

  /** Another process with the same files. */
  const elsewhere = () => new DecisionRunner({ ...bench.options, store: bench.sqlite });

  it('puts decided events into full envelopes', async () => {
    const result = done(
      await bench.runner.run(toBox('c1', { type: 'Fill', n: 2, times: 2 }, 'a', { correlationId: 'cor', causationId: 'cau' })),
    );
    const fp = await bench.options.sealer.fingerprint(ACTOR, { type: 'Fill', n: 2, times: 2 });
    const envelope = (index: number) => ({
      id: eventId('c1', index),
      type: 'box.filled',
      v: 1,
      stream: 'demo.box-a',
      revision: index,
      at: START,
      tenant: 'demo',
      actor: ACTOR,
      commandId: 'c1',
      correlationId: 'cor',
      causationId: 'cau',
      fp,
      data: { n: 2 },
      position: String(index + 1).padStart(16, '0'),
    });
    expect(result).toEqual({ events: [envelope(0), envelope(1)], revision: 1, position: '2'.padStart(16, '0'), repeated: false });
    expect(await bench.all()).toEqual(result.events);
    const second = done(await bench.runner.run(toBox('c2', { type: 'Close' })));
    expect(second.events[0]).toMatchObject({ revision: 2, data: { after: 4 }, correlationId: 'c2', causationId: 'c2' });
  });

  it('gives the first result for a repeated command id, here and in another process', async () => {
    const first = done(await bench.runner.run(toBox('c1', { type: 'Fill', n: 1, times: 2 })));
    await bench.runner.run(toBox('c2', { type: 'Fill', n: 5 }));
    await bench.runner.run(toBox('c3', { type: 'Close' }));
    for (const runner of [bench.runner, elsewhere()]) {
      expect(await runner.run(toBox('c1', { type: 'Fill', n: 1, times: 2 }))).toEqual({ ...first, repeated: true });
      expect(await runner.run(toBox('c1', { type: 'Fill', n: 1, times: 2 }, 'a', { expected: -1 }))).toEqual({ ...first, repeated: true });
    }
    expect(await bench.all()).toHaveLength(4);
  });

  it('refuses a command id that comes back with another body or by another person', async () => {
    await bench.runner.run(toBox('c1', { type: 'Fill', n: 1 }));
    await expect(bench.runner.run(toBox('c1', { type: 'Fill', n: 2 }))).rejects.toThrow(KeyReused);
    await expect(bench.runner.run(toBox('c1', { type: 'Fill', n: 1 }, 'a', { actor: ACTOR.replace('1', '2') }))).rejects.toThrow(KeyReused);
    await expect(bench.runner.run(toBox('c1', { type: 'Fill', n: 2 }, 'a', { expected: 7 }))).rejects.toThrow(KeyReused);
    expect(await bench.all()).toHaveLength(1);
  });

  it('returns a refusal and stores nothing of it', async () => {
    await bench.runner.run(toBox('c1', { type: 'Close' }));
    const before = await bench.all();
    const refused = await bench.runner.run(toBox('c2', { type: 'Fill', n: 1 }));
    expect(refused).toEqual(new Rejected('box-closed', { sum: 0 }));
    expect(await bench.all()).toEqual(before);
    expect(appends).toHaveLength(1);
  });

  it('is done with nothing to record where the decider finds nothing to do', async () => {
    const { position } = done(await bench.runner.run(toBox('c1', { type: 'Close' })));
    await bench.runner.run(toBox('c2', { type: 'Fill', n: 1 }, 'b'));
    expect(await bench.runner.run(toBox('c3', { type: 'Close' }))).toEqual({ events: [], position, revision: 0, repeated: false });
    expect(await bench.all()).toHaveLength(2);
  });

  it('carries one command id out once under 200 concurrent doubles in two processes', async () => {
    const other = elsewhere();
    const results = await Promise.all(
      Array.from({ length: 200 }, (_, i) => (i % 2 ? bench.runner : other).run(toBox('c1', { type: 'Fill', n: 1, times: 3 }))),
    );
    const events = await bench.all();
    expect(events).toHaveLength(3);
    for (const result of results) expect(done(result).events).toEqual(events);
    expect(results.filter((result) => !done(result).repeated)).toHaveLength(1);
  });

  it('lets 100 parallel commands to one stream through, and different streams in parallel', async () => {
    const results = await Promise.all(Array.from({ length: 100 }, (_, i) => bench.runner.run(toBox(`c${i}`, { type: 'Fill', n: 1 }))));
    expect(results.map((result) => done(result).revision)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(appends).toHaveLength(100);

    let atOnce = 0;
    let most = 0;
    trouble = async (_, append) => {
      most = Math.max(most, ++atOnce);
      await new Promise((resolve) => setTimeout(resolve, 5));
      atOnce--;
      return append();
    };
    await Promise.all(Array.from({ length: 20 }, (_, i) => bench.runner.run(toBox(`d${i}`, { type: 'Fill', n: 1 }, `s${i}`))));
    expect(most).toBe(20);
  });

  it('decides again on a conflict, three times, and then says try again', async () => {
    const other = elsewhere();
    trouble = async (n, append) => {
      if (n <= 3) await other.run(toBox(`x${n}`, { type: 'Fill', n: 10 }));
      return append();
    };
    const result = done(await bench.runner.run(toBox('c1', { type: 'Close' })));
    expect(result.events[0]!.data).toEqual({ after: 30 });
    expect(appends).toHaveLength(4);

    trouble = async (n, append) => {
      await other.run(toBox(`y${n}`, { type: 'Fill', n: 1 }, 'b'));
      return append();
    };
    await expect(bench.runner.run(toBox('c2', { type: 'Close' }, 'b'))).rejects.toThrow(StoreUnavailable);
    expect(appends).toHaveLength(8);
    expect((await bench.all()).filter((event) => event.commandId === 'c2')).toEqual([]);
  });

  it('gives the first result where a double in another process was faster', async () => {
    const other = elsewhere();
    for (const expected of [undefined, -1]) {
      const id = `c${expected}`;
      trouble = async (_, append) => {
        await other.run(toBox(id, { type: 'Fill', n: 1 }, id));
        return append();
      };
      const result = done(await bench.runner.run(toBox(id, { type: 'Fill', n: 1 }, id, expected === undefined ? {} : { expected })));
      expect(result.repeated).toBe(true);
      expect(result.events).toEqual((await bench.all()).filter((event) => event.commandId === id));
    }
  });

  it('holds If-Match against the stream, before and while it appends, without deciding again', async () => {
    await bench.runner.run(toBox('c1', { type: 'Fill', n: 1 }));
    await expect(bench.runner.run(toBox('c2', { type: 'Fill', n: 1 }, 'a', { expected: -1 }))).rejects.toEqual(
      new Stale('demo.box-a', -1, 0),
    );
    expect(appends).toHaveLength(1);
    trouble = async (_, append) => {
      await elsewhere().run(toBox('x', { type: 'Fill', n: 1 }));
      return append();
    };
    await expect(bench.runner.run(toBox('c2', { type: 'Fill', n: 1 }, 'a', { expected: 0 }))).rejects.toEqual(
      new Stale('demo.box-a', 0, 1),
    );
    expect(appends).toHaveLength(2);
    trouble = (_, append) => append();
    expect(done(await bench.runner.run(toBox('c2', { type: 'Fill', n: 1 }, 'a', { expected: 1 }))).revision).toBe(2);
  });

  it('finds out after an error that leaves the append open', async () => {
    trouble = async (_, append) => {
      await append();
      throw new Error('connection lost');
    };
    const landed = done(await bench.runner.run(toBox('c1', { type: 'Fill', n: 1 })));
    expect(landed).toMatchObject({ revision: 0, repeated: true });
    expect(landed.events).toEqual(await bench.all());

    trouble = () => Promise.reject(new Error('connection lost'));
    await expect(bench.runner.run(toBox('c2', { type: 'Fill', n: 1 }))).rejects.toThrow('connection lost');
    trouble = (_, append) => append();
    expect(done(await bench.runner.run(toBox('c2', { type: 'Fill', n: 1 })))).toMatchObject({ revision: 1, repeated: false });
  });

  it('lets the first error stand where it cannot find out', async () => {
    trouble = async (_, append) => {
      await append();
      onRead = () => Promise.reject(new Error('still no connection'));
      throw new Error('connection lost');
    };
    await expect(bench.runner.run(toBox('c1', { type: 'Fill', n: 1 }))).rejects.toThrow('connection lost');
    onRead = async () => {};
    expect(done(await bench.runner.run(toBox('c1', { type: 'Fill', n: 1 })))).toMatchObject({ repeated: true, revision: 0 });
  });

  it('passes lateness on and stores nothing', async () => {
    await expect(bench.runner.run(toBox('c1', { type: 'Fill', n: 1 }, 'a', { notAfter: '2027-03-01T07:59:59.999Z' }))).rejects.toThrow(
      TooLate,
    );
    expect(done(await bench.runner.run(toBox('c1', { type: 'Fill', n: 1 }, 'a', { notAfter: START }))).repeated).toBe(false);
  });

  it('makes keys durable before the append, and the sealed text opens with its salt', async () => {
    const order: string[] = [];
    const { sealer } = bench.options;
    const runner = new DecisionRunner({
      ...bench.options,
      sealer: {
        fingerprint: (actor, body) => sealer.fingerprint(actor, body),
        unseal: (event, purpose, subject) => sealer.unseal(event, purpose, subject),
        unsealWithSalt: (event, purpose, subject) => sealer.unsealWithSalt(event, purpose, subject),
        async seal(events) {
          const sealed = await sealer.seal(events);
          order.push('sealed');
          return sealed;
        },
      },
    });
    trouble = (_, append) => {
      order.push('append');
      return append();
    };
    const { events } = done(
      await runner.run(
        toBox('c1', { type: 'Fill', n: 1, times: 3, seal: { comment: 'subject-a', contact: 'subject-b' } }, 'a', {
          secrets: [
            { purpose: 'comment', index: 1, payload: { v: 1, text: 'planted one' } },
            { purpose: 'comment', subject: 'subject-a', payload: { v: 1, text: 'planted all' } },
            { purpose: 'contact', index: 2, payload: { v: 1, name: 'Planted Name' } },
          ],
        }),
      ),
    );
    expect(order).toEqual(['sealed', 'append']);
    expect(events.map((event) => event.sealed!.map((ref) => ref.purpose))).toEqual([['comment'], ['comment'], ['comment', 'contact']]);
    expect(JSON.stringify(await bench.all())).not.toContain('lanted');
    const texts = await Promise.all(events.map((event) => sealer.unseal(event, 'comment', 'subject-a')));
    expect(texts.map((text) => text!['text'])).toEqual(['planted all', 'planted one', 'planted all']);
    expect(await sealer.unsealWithSalt(events[2]!, 'contact', 'subject-b')).toEqual({
      payload: { v: 1, name: 'Planted Name' },
      salt: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it('seals only what the command holds, and loses nothing that it holds', async () => {
    const { events } = done(await bench.runner.run(toBox('c1', { type: 'Fill', n: 1, seal: { comment: 'a' } })));
    expect(events[0]).not.toHaveProperty('sealed');
    const secrets = [{ purpose: 'comment' as const, payload: { v: 1, text: 'x' } }];
    await expect(bench.runner.run(toBox('c2', { type: 'Fill', n: 1 }, 'a', { secrets }))).rejects.toThrow('would be lost');
    const wrong = [{ purpose: 'comment' as const, payload: { v: 1, text: '' } }];
    await expect(bench.runner.run(toBox('c3', { type: 'Fill', n: 1, seal: { comment: 'a' } }, 'a', { secrets: wrong }))).rejects.toThrow(
      InvalidEvent,
    );
    expect(appends).toHaveLength(1);
  });

  it('never stores what the schema or its own fold refuses', async () => {
    await expect(bench.runner.run(toBox('c1', { type: 'Fill', n: 1.5 }))).rejects.toThrow(InvalidEvent);
    const brittle = {
      ...box,
      evolve: () => {
        throw new Error('cannot fold');
      },
    };
    await expect(bench.runner.run(toBox('c2', { type: 'Fill', n: 1 }, 'a', { aggregate: brittle }))).rejects.toThrow('cannot fold');
    expect(appends).toEqual([]);
  });

  it('refuses a stream of another tenant or category', async () => {
    await expect(bench.runner.run(toBox('c1', { type: 'Close' }, 'a', { stream: 'other.box-a' }))).rejects.toThrow('cannot go to stream');
    await expect(bench.runner.run(toBox('c1', { type: 'Close' }, 'a', { stream: 'demo.call-a' }))).rejects.toThrow('cannot go to stream');
  });

  it('stops at a version that this release does not know', async () => {
    const { events } = done(await bench.runner.run(toBox('c1', { type: 'Fill', n: 1 })));
    const { revision: _, position: __, ...event } = events[0]!;
    await bench.sqlite.append('demo.box-a', [{ ...event, id: eventId('x', 0), commandId: 'x', v: 2 }], 0);
    await expect(bench.runner.run(toBox('c2', { type: 'Close' }))).rejects.toThrow(UnknownEvent);
  });

  it('folds upcast events, also for history and repeated commands', async () => {
    await bench.runner.run(toBox('c1', { type: 'Fill', n: 2 }));
    const v2 = new Catalogue(
      bench.options.catalogue.definitions.map((d) =>
        d.type === 'box.filled' ? { ...d, v: 2, upcast: { 1: (data) => ({ ...data, n: Number(data['n']) * 100 }) } } : d,
      ),
    );
    const runner = new DecisionRunner({ ...bench.options, catalogue: v2 });
    let history: unknown[] = [];
    const curious = {
      ...box,
      facts: async (_: unknown, sources: Parameters<typeof box.facts>[1]) => {
        history = (await sources.history('demo.box-a')).map((event) => [event.v, event.data]);
        return {};
      },
    };
    expect(done(await runner.run(toBox('c1', { type: 'Fill', n: 2 }))).events[0]).toMatchObject({ v: 2, data: { n: 200 } });
    expect(done(await runner.run(toBox('c2', { type: 'Close' }, 'a', { aggregate: curious }))).events[0]!.data).toEqual({ after: 200 });
    expect(history).toEqual([[2, { n: 200 }]]);
  });

  it('takes facts from other streams as they are now, and ports by name', async () => {
    const runner = new DecisionRunner({ ...bench.options, ports: { bank: 'the bank' } });
    await runner.run(toBox('c1', { type: 'Fill', n: 7 }, 'other'));
    expect(done(await runner.run(toBox('c2', { type: 'Fill', n: 1, look: 'demo.box-other' }))).events[0]!.data).toEqual({ n: 1, seen: 7 });
    await elsewhere().run(toBox('c3', { type: 'Fill', n: 1 }, 'other'));
    expect(done(await runner.run(toBox('c4', { type: 'Fill', n: 1, look: 'demo.box-other' }))).events[0]!.data).toEqual({ n: 1, seen: 8 });
    const asking = (name: string) => ({
      ...box,
      facts: async (_: unknown, sources: Parameters<typeof box.facts>[1]) => ({ seen: sources.port<string>(name).length }),
    });
    expect(done(await runner.run(toBox('c5', { type: 'Fill', n: 1 }, 'p', { aggregate: asking('bank') }))).events[0]!.data).toEqual({
      n: 1,
      seen: 8,
    });
    for (const name of ['post', 'constructor']) {
      await expect(runner.run(toBox('c6', { type: 'Fill', n: 1 }, 'p', { aggregate: asking(name) }))).rejects.toThrow(
        `has no port ${name}`,
      );
    }
  });

  it('lets many commands read one other stream at once', async () => {
    await bench.runner.run(toBox('c1', { type: 'Fill', n: 7 }, 'other'));
    await elsewhere().run(toBox('c2', { type: 'Fill', n: 1 }, 'other'));
    const looks = Array.from({ length: 20 }, (_, i) =>
      bench.runner.run(toBox(`d${i}`, { type: 'Fill', n: 1, look: 'demo.box-other' }, `s${i}`)),
    );
    for (const result of await Promise.all(looks)) expect(done(result).events[0]!.data).toEqual({ n: 1, seen: 8 });
  });

  it('shows a stream as it is now', async () => {
    expect(await bench.runner.look(box, 'demo.box-a')).toEqual({ state: box.initial, revision: -1, position: null });
    const { position } = done(await elsewhere().run(toBox('c1', { type: 'Fill', n: 3, times: 2 })));
    expect(await bench.runner.look(box, 'demo.box-a')).toEqual({ state: { sum: 6, closed: false }, revision: 1, position });
  });

  it('draws a salt for each command, the same one when it is decided again', async () => {
    const salts = async (runner: DecisionRunner, id: string, key: string) =>
      done(await runner.run(toBox(id, { type: 'Fill', n: 1, withSalt: true }, key))).events[0]!.data['salt'];
    const first = await salts(bench.runner, 'c1', 'a');
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(await salts(bench.runner, 'c2', 'a')).not.toBe(first);
    expect(await salts(bench.runner, 'c1', 'b').catch((error: Error) => error.name)).toBe('DuplicateEvent');
    trouble = (n, append) => (n === 4 ? Promise.reject(new WrongRevision('demo.box-a', 1, 2)) : append());
    const third = await salts(bench.runner, 'c3', 'a');
    expect(new Set(appends.slice(3).map(([event]) => event!.data['salt']))).toEqual(new Set([third]));
    expect(appends).toHaveLength(5);
  });

  it('stays right with a cache of one stream', async () => {
    const runner = new DecisionRunner({ ...bench.options, cache: { streams: 1, events: 2 } });
    for (let i = 0; i < 12; i++) await runner.run(toBox(`c${i}`, { type: 'Fill', n: i }, i % 3 ? 'a' : 'b'));
    expect(done(await runner.run(toBox('ca', { type: 'Close' }, 'a'))).events[0]!.data).toEqual({ after: 48 });
    expect(done(await runner.run(toBox('cb', { type: 'Close' }, 'b'))).events[0]!.data).toEqual({ after: 18 });
    expect(done(await runner.run(toBox('c1', { type: 'Fill', n: 1 }, 'a'))).repeated).toBe(true);
  });
});
