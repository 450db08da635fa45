import type { Flow } from '@minipilot/kernel/flow.js';
import { addMilliseconds } from '@minipilot/kernel/time.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flowReacted } from '@minipilot/kernel/flow.js';
import type { Projection } from '@minipilot/kernel/projection.js';
import { openReadModels, type ReadModels } from '../read-models/database.js';
import { Projector } from '../read-models/projector.js';
import { viewName } from '../read-models/tables.js';
import { advance, allIdle } from './demo-clock-advance.js';
import type { Reacted } from './flow-book.js';
import { readModelCursors } from './flow-cursors.js';
import { dispatcher, FlowRunner, type DueTimer } from './flow-runner.js';
import { box, START, toBox, workbench, type Workbench } from './testing.js';

const HOUR = 3_600_000;

/** Fills the box `log` every hour, until the box has been filled `n` times. */
const hourly: Flow<{ left: number }> = {
  name: 'hourly',
  handles: ['box.filled'],
  subject: (event) => (event.stream === 'demo.box-a' ? 'a' : null),
  initial: { left: 0 },
  evolve: (state, input) => ({ left: input.kind === 'timer' ? state.left - 1 : (input.event.data['n'] as number) }),
  react({ left }, input) {
    const now = input.kind === 'timer' ? input.due : input.event.at;
    const commands = input.kind === 'timer' ? [{ aggregate: 'box', stream: 'demo.box-log', command: { type: 'Fill', n: left } }] : [];
    return { commands, timers: left > 0 ? [{ timer: 'hour', due: addMilliseconds(now, HOUR) }] : [] };
  },
};

type Row = Omit<DueTimer, 'timer'> & { timer: string };
const timers: Projection<Row> = {
  name: 'timers',
  version: 1,
  table: { stream: 'text', flow: 'text', subject: 'text', tenant: 'text', timer: 'text', due: 'text' },
  handles: [flowReacted.type],
  keys: (event) => [event.stream],
  evolve(_, { stream, tenant, data }) {
    const { flow, subject, timers: set } = data as unknown as Reacted['data'];
    const next = set.at(-1);
    return next === undefined || next.due === null ? null : { stream, flow, subject, tenant, timer: next.timer, due: next.due };
  },
};

describe('advance with projections and flows', () => {
  let bench: Workbench;
  let dir: string;
  let readModels: ReadModels;
  let projector: Projector;
  let flows: FlowRunner;

  beforeEach(async () => {
    bench = await workbench();
    dir = mkdtempSync(join(tmpdir(), 'minipilot-advance-'));
    readModels = await openReadModels({ file: join(dir, 'read.db') });
    const { catalogue } = bench.options;
    const rows = () => readModels.db.selectFrom(viewName(timers)).selectAll();
    projector = new Projector({ store: bench.sqlite, readModels, catalogue, projections: [timers] });
    flows = new FlowRunner({
      ...{ store: bench.sqlite, catalogue, flows: [hourly], runner: bench.runner, dispatch: dispatcher(bench.runner, [box]) },
      ...{ cursors: readModelCursors(readModels), clock: bench.clock },
      timers: {
        due: async (now, limit, flow) =>
          (await rows().where('due', '<=', now).where('flow', '=', flow).limit(limit).execute()) as DueTimer[],
      },
    });
    projector.start();
    flows.start();
  });
  afterEach(async () => {
    await flows.stop();
    await projector.stop();
    await readModels.close();
    await bench.close();
    rmSync(dir, { recursive: true });
  });

  const to = (hours: number) =>
    advance({
      clock: bench.clock,
      to: addMilliseconds(START, hours * HOUR),
      nextDue: async () => {
        const row = await readModels.db.selectFrom(viewName(timers)).select('due').orderBy('due').limit(1).executeTakeFirst();
        return (row?.due as string | undefined) ?? null;
      },
      idle: () => allIdle(bench.sqlite, bench.clock, [projector, flows]),
      poke: () => flows.poke(),
      trouble: () => ({
        stopped: flows.status().flatMap((flow) => (flow.status === 'stopped' ? [flow.name] : [])),
        behind: [],
      }),
      timeoutMs: 20_000,
    });

  it('does what falls due at its own instant, one after the other, before it answers', async () => {
    await bench.runner.run(toBox('c1', { type: 'Fill', n: 48 }));
    const began = Date.now();
    expect(await to(40.5)).toEqual({ steps: 40 });
    const perStep = (Date.now() - began) / 40;
    const log = async () => (await bench.sqlite.read('demo.box-log')).events.map((event) => event.at);
    const hours = (n: number) => Array.from({ length: n }, (_, i) => addMilliseconds(START, (i + 1) * HOUR));
    expect(await log()).toEqual(hours(40));
    expect(bench.clock.now()).toBe(addMilliseconds(START, 40.5 * HOUR));
    expect(await to(100)).toEqual({ steps: 8 });
    expect(await log()).toEqual(hours(48));
    // far below the 250 ms between looks at the timers: a step is woken, not awaited
    expect(perStep).toBeLessThan(200);
  }, 30_000);

  it('names the flow that stopped', async () => {
    await bench.runner.run(toBox('c1', { type: 'Fill', n: 3 }));
    await to(1);
    const { revision: _, position: __, ...event } = (await bench.all())[0]!;
    await bench.sqlite.append('demo.box-z', [{ ...event, stream: 'demo.box-z', id: event.id.replace(/^./, 'f'), v: 9 }], -1);
    await expect(to(2)).rejects.toThrow('these had stopped: hourly');
  });
});
