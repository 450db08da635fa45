import { eventId, flowCommandId, timerInputId } from '@minipilot/kernel/ids.js';
import type { Flow } from '@minipilot/kernel/flow.js';
import { addMilliseconds } from '@minipilot/kernel/time.js';
import { StoreUnavailable, type EventStore } from '../store/port.js';
import { DecisionRunner } from './decision-runner.js';
import { allIdle } from './demo-clock-advance.js';
import { dispatcher, FlowRunner, type DueTimer, type FlowRunnerOptions } from './flow-runner.js';
import {
  ACTOR,
  box,
  logTimers,
  memoryCursors,
  START,
  streams,
  toBox,
  watch,
  withChanges,
  workbench,
  type BoxCommand,
  type Workbench,
} from './testing.js';

const HOUR_LATER = addMilliseconds(START, 3_600_000);
const FLOW_A = 'demo.flow-watch-a';

describe('FlowRunner', () => {
  let bench: Workbench;
  let cursors: ReturnType<typeof memoryCursors>;
  let hosts: FlowRunner[];
  let changes: Partial<EventStore>;
  let commands: number;

  beforeEach(async () => {
    hosts = [];
    changes = {};
    commands = 0;
    bench = await workbench();
    cursors = memoryCursors();
  });
  afterEach(async () => {
    await Promise.all(hosts.map((host) => host.stop()));
    await bench.close();
  });

  const dispatch = (command: Parameters<FlowRunnerOptions['dispatch']>[0], ids: Parameters<FlowRunnerOptions['dispatch']>[1]) =>
    dispatcher(bench.runner, [box])(command, ids);

  /** A process that hosts flows. */
  function host(more: Partial<FlowRunnerOptions> = {}): FlowRunner {
    const store = withChanges(bench.sqlite, changes);
    const runner = new FlowRunner({
      ...{ store, catalogue: bench.options.catalogue, clock: bench.clock, cursors, dispatch },
      ...{ flows: [watch], runner: new DecisionRunner({ ...bench.options, store }), timers: logTimers(bench.sqlite) },
      ...{ pollMs: 20, backOffMs: [2, 10] },
      ...more,
    });
    hosts.push(runner);
    runner.start();
    return runner;
  }

  async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
    const end = Date.now() + 15_000;
    while (!(await condition())) {
      if (Date.now() > end) throw new Error(`not in time: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
  }

  const rest = (...runners: FlowRunner[]) =>
    until(`rest: ${JSON.stringify(runners.flatMap((runner) => runner.status()))}`, () => {
      for (const runner of runners) runner.poke();
      return allIdle(bench.sqlite, bench.clock, runners);
    });

  const give = (command: BoxCommand, key = 'a') => bench.runner.run(toBox(`command ${++commands}`, command, key));
  const reactions = async (stream = FLOW_A) => (await bench.sqlite.read(stream)).events;

  it('writes input and reaction first, then carries the commands out in its own name', async () => {
    await bench.runner.run(toBox('c1', { type: 'Fill', n: 2 }, 'a', { correlationId: 'matter' }));
    await bench.runner.run(toBox('c2', { type: 'Close' }, 'a', { correlationId: 'matter' }));
    await rest(host());
    const [filled, closed] = await reactions();
    const fp = await bench.options.sealer.fingerprint('flow.watch', { inputId: eventId('c1', 0) });
    expect(filled).toMatchObject({ actor: 'flow.watch', tenant: 'demo', correlationId: 'matter', causationId: eventId('c1', 0), fp });
    expect(filled!.data).toEqual({
      flow: 'watch',
      subject: 'a',
      inputId: eventId('c1', 0),
      input: { kind: 'event', type: 'box.filled', v: 1, stream: 'demo.box-a', revision: 0, at: START, actor: ACTOR, data: { n: 2 } },
      commands: [],
      timers: [{ timer: 'close a', due: HOUR_LATER }],
    });
    expect(closed!.data['timers']).toEqual([{ timer: 'close a', due: null }]);
    const [copied, ...more] = (await bench.sqlite.read('demo.box-loga')).events;
    expect(more).toEqual([]);
    expect(copied).toMatchObject({ data: { n: 20 }, actor: 'flow.watch', correlationId: 'matter', causationId: closed!.id });
    expect(copied!.commandId).toBe(flowCommandId(FLOW_A, eventId('c2', 0), 'Fill', 'demo.box-loga', 0));
    expect(closed!.position < copied!.position).toBe(true);
  });

  it('writes the inputs that stand together in one append, the same events as one by one', async () => {
    for (let n = 1; n <= 250; n++) await give({ type: 'Fill', n }, `k${n % 2}`);
    await give({ type: 'Close' }, 'k0');
    const appends: number[] = [];
    changes = {
      append: (stream, events, expected, notAfter) => {
        if (stream.includes('flow-watch')) appends.push(events.length);
        return bench.sqlite.append(stream, events, expected, notAfter);
      },
    };
    await rest(host());
    expect(appends.sort((a, b) => a - b)).toEqual([25, 26, 100, 100]);
    const together = await streams(bench);
    expect(together['demo.flow-watch-k1']).toHaveLength(125);
    expect(together['demo.box-logk0']).toHaveLength(1);
    // another host that lost the cursor meets them in other portions
    cursors = memoryCursors();
    await give({ type: 'Fill', n: 1 }, 'k1');
    await rest(host({ cursors }));
    const { 'demo.flow-watch-k1': longer, ...others } = await streams(bench);
    expect(longer!.slice(0, 125)).toEqual(together['demo.flow-watch-k1']);
    expect(longer).toHaveLength(126);
    expect(others['demo.flow-watch-k0']).toEqual(together['demo.flow-watch-k0']);
    const [first] = await reactions('demo.flow-watch-k1');
    expect(first).toMatchObject({ correlationId: 'command 1', causationId: eventId('command 1', 0) });
  });

  it('fires a timer when it is due, not before, with what its setting handed on', async () => {
    const runner = host();
    await bench.runner.run(toBox('c1', { type: 'Fill', n: 2 }, 'a', { correlationId: 'matter' }));
    await bench.clock.set(addMilliseconds(HOUR_LATER, -1));
    await rest(runner);
    expect(await reactions()).toHaveLength(1);
    await bench.clock.set(HOUR_LATER);
    await rest(runner);
    const [set, fired, closed] = await reactions();
    expect(fired).toMatchObject({ at: HOUR_LATER, correlationId: 'matter', causationId: set!.id });
    expect(fired!.data).toMatchObject({
      inputId: timerInputId(FLOW_A, 'close a', HOUR_LATER),
      input: { kind: 'timer', timer: 'close a', due: HOUR_LATER },
    });
    expect(closed!.data['input']).toMatchObject({ type: 'box.closed' });
    expect((await bench.sqlite.read('demo.box-a')).events.map((event) => event.type)).toEqual(['box.filled', 'box.closed']);
  });

  it('writes nothing for an event that leads to nothing, also when it is met again in another state', async () => {
    await give({ type: 'Fill', n: 0 });
    await give({ type: 'Fill', n: 5 });
    await give({ type: 'Fill', n: 0 });
    await rest(host());
    const before = await streams(bench);
    expect(before[FLOW_A]).toHaveLength(2);
    cursors.positions.clear();
    await rest(host());
    cursors = memoryCursors();
    await rest(host());
    expect(await streams(bench)).toEqual(before);
  });

  it.each(['an event', 'a timer'])(
    'carries commands out after a crash between writing the reaction to %s and dispatching',
    async (kind) => {
      const runner = host({ dispatch: () => Promise.reject(new StoreUnavailable('crash')) });
      await give({ type: 'Fill', n: 3 });
      if (kind === 'an event') await give({ type: 'Close' });
      else await bench.clock.set(HOUR_LATER);
      await until('retrying', () => runner.status()[0]!.status === 'retrying');
      expect(await reactions()).toHaveLength(2);
      expect(runner.status()[0]!.error).toContain('StoreUnavailable: crash');
      expect((await runner.idle(await bench.sqlite.head(), HOUR_LATER)) && 'idle').toBe(false);
      await runner.stop();
      expect((await streams(bench))['demo.box-loga']).toBeUndefined();
      await rest(host());
      expect((await streams(bench))['demo.box-loga']).toHaveLength(1);
      expect((await bench.sqlite.read('demo.box-a')).events.map((event) => event.type)).toEqual(['box.filled', 'box.closed']);
    },
  );

  it('comes to the same when several hosts do everything at once, and when the cursor is lost', async () => {
    const many = [host(), host(), host({ cursors: memoryCursors() })];
    for (let i = 1; i <= 20; i++) await give({ type: 'Fill', n: i }, `k${i % 4}`);
    await bench.clock.set(HOUR_LATER);
    await rest(...many);
    const before = await streams(bench);
    for (let k = 0; k < 4; k++) {
      expect(before[`demo.flow-watch-k${k}`]).toHaveLength(7);
      expect(before[`demo.box-logk${k}`]).toHaveLength(1);
      expect(before[`demo.box-logtimerk${k}`]).toHaveLength(1);
    }
    await rest(host({ cursors: memoryCursors() }));
    expect(await streams(bench)).toEqual(before);
  });

  it('goes on where another host has moved the cursor', async () => {
    const runner = host();
    await give({ type: 'Fill', n: 1 });
    await rest(runner);
    await until('cursor', async () => cursors.positions.get('watch') === (await bench.sqlite.head()));
    cursors.positions.set('watch', '0'.repeat(16));
    await give({ type: 'Fill', n: 2 });
    await rest(runner);
    await until('cursor', async () => cursors.positions.get('watch') === (await bench.sqlite.head()));
    expect(await reactions()).toHaveLength(2);
  });

  it('does nothing on a timer that is listed though it is not due, was taken back, or is another flow’s', async () => {
    const listed: DueTimer[] = [];
    const runner = host({ timers: { due: async () => listed } });
    await give({ type: 'Fill', n: 1 });
    await give({ type: 'Fill', n: 1 }, 'b');
    await give({ type: 'Close' }, 'b');
    const of = (key: string, flow = 'watch') => ({
      stream: `demo.flow-watch-${key}`,
      flow,
      subject: key,
      tenant: 'demo',
      timer: `close ${key}`,
      due: HOUR_LATER,
    });
    listed.push(of('a'), of('b'));
    await new Promise((resolve) => setTimeout(resolve, 100));
    await bench.clock.set(HOUR_LATER);
    listed.splice(0, 2, of('b'), of('a', 'other'));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(runner.status()[0]!.status).toBe('running');
    expect(await reactions()).toHaveLength(1);
    expect(await reactions('demo.flow-watch-b')).toHaveLength(2);
  });

  it('reads everything that was there when the timer was due before it fires', async () => {
    const timers = logTimers(bench.sqlite);
    let late = true;
    const runner = host({
      timers: {
        async due(now, limit, flow) {
          const due = await timers.due(now, limit, flow);
          if (due.length > 0 && late) {
            late = false;
            for (let i = 0; i < 5; i++) await give({ type: 'Fill', n: 10 });
          }
          return due;
        },
      },
    });
    await give({ type: 'Fill', n: 1 });
    await bench.clock.set(HOUR_LATER);
    await rest(runner);
    expect(late).toBe(false);
    expect((await bench.sqlite.read('demo.box-logtimera')).events.map((event) => event.data)).toEqual([{ n: 51 }]);
  });

  it('calls no deadline while the clock is in doubt', async () => {
    let doubt = 0;
    const clock = { now: () => bench.clock.now(), doubtMs: () => doubt };
    const runner = host({ clock });
    await give({ type: 'Fill', n: 1 });
    await rest(runner);
    doubt = 1_001;
    await bench.clock.set(HOUR_LATER);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await reactions()).toHaveLength(1);
    doubt = 0;
    await until('fired', async () => (await reactions()).length >= 2);
  });

  it('names in a timer’s reaction only what it takes in: how much else was written meanwhile stands nowhere', async () => {
    const fills: Flow<any> = { ...watch, handles: ['box.filled'] };
    const runner = host({ flows: [fills] });
    await give({ type: 'Fill', n: 1 });
    await rest(runner);
    for (let i = 0; i < 3; i++) await give({ type: 'Close' }, `secret${i}`);
    await bench.clock.set(HOUR_LATER);
    await rest(runner);
    const fired = (await reactions()).find((event) => (event.data['input'] as { kind: string }).kind === 'timer');
    // the last that concerned it is its own setting of the timer
    expect(fired!.data['input']).toEqual({ kind: 'timer', timer: 'close a', due: HOUR_LATER, stream: FLOW_A, revision: 0 });
  });

  it('fires while events keep coming', async () => {
    const runner = host();
    await give({ type: 'Fill', n: 1 });
    await rest(runner);
    await bench.clock.set(HOUR_LATER);
    let going = true;
    const flood = (async () => {
      for (let i = 0; going; i++) await bench.runner.run(toBox(`flood ${i}`, { type: 'Fill', n: 1 }, 'logflood'));
    })();
    await until('fired', async () => (await reactions()).length >= 2).finally(() => (going = false));
    await flood;
  });

  it('fires an instant once, though the flow sets it again', async () => {
    const again: Flow<number> = {
      name: 'again',
      handles: ['box.filled'],
      subject: () => 'x',
      initial: 0,
      evolve: (state) => state + 1,
      react: () => ({ timers: [{ timer: 't', due: START }] }),
    };
    const runner = host({ flows: [again] });
    await give({ type: 'Fill', n: 1 });
    await rest(runner);
    await give({ type: 'Fill', n: 1 });
    await rest(runner);
    const events = await reactions('demo.flow-again-x');
    expect(events.map((event) => (event.data['input'] as { kind: string }).kind)).toEqual(['event', 'timer', 'event']);
    expect(events.map((event) => event.data['timers'])).toEqual([
      [{ timer: 't', due: START }],
      [{ timer: 't', due: null }],
      [{ timer: 't', due: null }],
    ]);
  });

  it('stops a flow at a mistake, says where, and lets the others go on', async () => {
    const errors: unknown[] = [];
    const brittle: Flow<number> = {
      ...{ name: 'brittle', handles: ['box.filled'], subject: () => 'x', initial: 0 },
      evolve(state, input) {
        if (input.kind === 'event' && input.event.data['n'] === 13) throw new TypeError('unlucky');
        return state + 1;
      },
      react: () => ({}),
    };
    const runner = host({
      flows: [brittle, watch],
      log: { warn: () => {}, error: (fields, message) => errors.push([message, fields['flow']]) },
    });
    for (const n of [1, 13, 3]) await give({ type: 'Fill', n });
    await rest(runner);
    const [stopped, running] = runner.status();
    const culprit = (await bench.all()).find((event) => event.data['n'] === 13)!;
    expect(stopped).toMatchObject({ name: 'brittle', status: 'stopped', error: `box.filled ${culprit.id}: TypeError: unlucky` });
    expect(stopped!.position! < culprit.position).toBe(true);
    expect(running).toMatchObject({ status: 'running', error: null, position: await bench.sqlite.head() });
    expect(await reactions()).toHaveLength(3);
    expect(await reactions('demo.flow-brittle-x')).toHaveLength(1);
    expect(errors).toEqual([['a flow stopped', 'brittle']]);
    await runner.stop();
    expect(cursors.positions.get('brittle')).toBe(stopped!.position);

    const mended = host({ flows: [{ ...brittle, evolve: (state: number) => state + 1 }] });
    await rest(mended);
    expect(await reactions('demo.flow-brittle-x')).toHaveLength(3);
  });

  it('stops at a version of an event that this release does not know, and at an error that does not pass', async () => {
    await give({ type: 'Fill', n: 1 });
    const { revision: _, position: __, ...event } = (await bench.all())[0]!;
    await bench.sqlite.append('demo.box-z', [{ ...event, stream: 'demo.box-z', id: eventId('z', 0), commandId: 'z', v: 9 }], -1);
    const runner = host();
    await until('stopped', () => runner.status()[0]!.status === 'stopped');
    expect(runner.status()[0]!.error).toContain('UnknownEvent: event box.filled v9');
    expect(await reactions()).toHaveLength(1);

    let tries = 0;
    const puzzled: Flow<null> = {
      ...{ name: 'puzzled', handles: ['box.filled'], initial: null, evolve: () => null, react: () => ({}) },
      subject() {
        tries++;
        throw new Error('who knows');
      },
    };
    const other = host({ flows: [puzzled] });
    await until('stopped', () => other.status()[0]!.status === 'stopped');
    // once with the event beside it, then alone
    expect(tries).toBe(1 + 8);
  });

  it('waits for a store that does not answer, cursor unmoved, and goes on', async () => {
    let down = true;
    const trouble = () => (down ? Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })) : undefined);
    changes = {
      read: (stream, from) => trouble() ?? bench.sqlite.read(stream, from),
      append: (stream, events, expected) => trouble() ?? bench.sqlite.append(stream, events, expected),
    };
    let tries = 0;
    const runner = host({ log: { warn: () => {}, error: () => tries++ } });
    await give({ type: 'Fill', n: 1 });
    await until('tried', () => tries > 12);
    expect(runner.status()[0]).toMatchObject({ status: 'retrying', position: null });
    expect(cursors.positions.size).toBe(0);
    down = false;
    await rest(runner);
    expect(runner.status()[0]).toMatchObject({ status: 'running', error: null });
    expect(await reactions()).toHaveLength(1);
  });

  it('counts and logs a refused command without its data, and goes on', async () => {
    const warnings: unknown[] = [];
    await give({ type: 'Close' }, 'loga');
    await give({ type: 'Fill', n: 4711 });
    await give({ type: 'Close' });
    await give({ type: 'Fill', n: 1 }, 'b');
    const runner = host({ log: { warn: (fields) => warnings.push(fields), error: () => {} } });
    await rest(runner);
    expect(runner.status()[0]).toMatchObject({ status: 'running', commands: 1, rejected: 1, inputs: 3 });
    expect(warnings).toEqual([{ flow: 'watch', command: 'Fill', stream: 'demo.box-loga', code: 'box-closed' }]);
    expect(await reactions('demo.flow-watch-b')).toHaveLength(1);
  });

  it('stops at a command that no aggregate decides', async () => {
    const lost: Flow<null> = {
      ...{ name: 'lost', handles: ['box.filled'], subject: () => 'x', initial: null, evolve: () => null },
      react: () => ({ commands: [{ aggregate: 'nowhere', stream: 'demo.nowhere-1', command: { type: 'Go' } }] }),
    };
    const runner = host({ flows: [lost] });
    await give({ type: 'Fill', n: 1 });
    await until('stopped', () => runner.status()[0]!.status === 'stopped');
    expect(runner.status()[0]!.error).toContain('no aggregate decides for nowhere');
  });

  it('finishes the input in hand when it stops', async () => {
    let release!: () => void;
    let begun = false;
    const runner = host({
      async dispatch(command, ids) {
        begun = true;
        await new Promise<void>((resolve) => (release = resolve));
        return dispatch(command, ids);
      },
    });
    await give({ type: 'Fill', n: 1 });
    await give({ type: 'Close' });
    await until('dispatching', () => begun);
    let stopped = false;
    const stopping = runner.stop().then(() => (stopped = true));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(stopped).toBe(false);
    release();
    await stopping;
    expect((await bench.sqlite.read('demo.box-loga')).events).toHaveLength(1);
  });
});
