import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { aggregates, flows } from '@minipilot/grants/aggregates.js';
import { catalogue } from '@minipilot/grants/catalogue.js';
import { parseStream } from '@minipilot/kernel/decider.js';
import { Catalogue, defineEvent, UnknownEvent, type EventDefinition, type Recorded } from '@minipilot/kernel/event.js';
import { jcs, sha256 } from '@minipilot/kernel/ids.js';
import { object, text } from '@minipilot/kernel/schema.js';
import { story } from './story.js';

/** Hash of the schema by event type and version, with that of its sealed parts. */
type Hashes = Record<string, Record<string, string>>;

const file = (name: string) => join(__dirname, name);
const read = <T>(name: string): T => JSON.parse(readFileSync(file(name), 'utf8')) as T;
const recordings = () =>
  readdirSync(__dirname)
    .filter((name) => /^\d{3}\.json$/.test(name))
    .sort();
const schemaHash = ({ data, sealed }: EventDefinition) =>
  sha256(
    jcs({
      data,
      sealed: Object.fromEntries(Object.entries(sealed).map(([purpose, part]) => [purpose, { v: part.v, schema: part.schema }])),
    }),
  );
const versionOf = (e: { type: string; v: number }) => `${e.type} v${e.v}`;

/** Types and versions that a recording lacks, of all that were ever written. */
const missing = (definitions: readonly EventDefinition[], events: readonly Recorded[]): string[] => {
  const there = new Set(events.map(versionOf));
  return definitions
    .flatMap((d) => Array.from({ length: d.v }, (_, i) => versionOf({ type: d.type, v: i + 1 })))
    .filter((v) => !there.has(v));
};

/** Schemas that changed without a new version. */
const changed = (definitions: readonly EventDefinition[], frozen: Hashes): string[] =>
  definitions.filter((d) => frozen[d.type]?.[d.v] !== schemaHash(d)).map(versionOf);

/** Whole streams, as few as hold every version that is wanted. */
function chosen(log: readonly Recorded[], wanted: readonly string[]): Recorded[] {
  const streams = new Map<string, Recorded[]>();
  for (const event of log) streams.set(event.stream, [...(streams.get(event.stream) ?? []), event]);
  const open = new Set(wanted);
  const taken: Recorded[] = [];
  const gain = (events: readonly Recorded[]) => new Set(events.map(versionOf).filter((v) => open.has(v))).size;
  while (open.size > 0) {
    const best = [...streams.values()].sort((a, b) => gain(b) - gain(a) || a.length - b.length)[0];
    if (best === undefined || gain(best) === 0) throw new Error(`the story has no ${[...open].join(', ')}`);
    taken.push(...best);
    for (const event of best) open.delete(versionOf(event));
  }
  return taken;
}

/** Records what is missing and never touches what is there: `MINIPILOT_FREEZE=1 npx jest test/frozen`, once for each new event or version. */
async function freeze(): Promise<void> {
  const wanted = missing(catalogue.definitions, frozenEvents());
  const write = async (name: string, value: unknown) =>
    writeFileSync(file(name), await format(JSON.stringify(value), { parser: 'json', printWidth: 140 }));
  if (wanted.length > 0) await write(`${String(recordings().length + 1).padStart(3, '0')}.json`, chosen((await story()).log, wanted));
  const hashes: Hashes = existsSync(file('schemas.json')) ? read('schemas.json') : {};
  for (const d of catalogue.definitions) hashes[d.type] = { [d.v]: schemaHash(d), ...hashes[d.type] };
  await write('schemas.json', hashes);
}

const frozenEvents = () => recordings().flatMap((name) => read<Recorded[]>(name));

describe('frozen events', () => {
  if (process.env.MINIPILOT_FREEZE === '1') beforeAll(freeze);
  let events: Recorded[];
  beforeAll(() => {
    events = frozenEvents();
  });

  it('hold an example of every event type in every version', () => {
    expect(missing(catalogue.definitions, events)).toEqual([]);
    const planted = defineEvent('planted.event', 'Something was planted.', object({}), { v: 2 });
    expect(missing([planted], events)).toEqual(['planted.event v1', 'planted.event v2']);
  });

  it('are of schemas that no longer change; a change is a new version', () => {
    const frozen = read<Hashes>('schemas.json');
    expect(changed(catalogue.definitions, frozen)).toEqual([]);
    const [first] = catalogue.definitions;
    expect(changed([{ ...first!, data: object({ other: text(10) }) }], frozen)).toEqual([versionOf(first!)]);
    // every version that was ever frozen is still there
    for (const [type, versions] of Object.entries(frozen))
      expect([type, Object.keys(versions).length]).toEqual([type, catalogue.get(type)?.v]);
  });

  it('are read by this release: upcast, in the shape that it writes, and folded stream by stream', () => {
    // each recording has a story of its own, which may use the same names
    const streams = new Map<string, Recorded[]>();
    for (const name of recordings())
      for (const event of read<Recorded[]>(name)) {
        const now = catalogue.upcast(event);
        expect(() => catalogue.validate(now.type, now.data)).not.toThrow();
        const key = `${name} ${event.stream}`;
        streams.set(key, [...(streams.get(key) ?? []), now]);
      }
    for (const history of streams.values()) {
      const { stream } = history[0]!;
      expect(history.map((e) => e.revision)).toEqual(history.map((_, i) => i));
      const aggregate = aggregates.find((a) => a.category === parseStream(stream).category);
      if (aggregate === undefined) continue;
      const state: unknown = history.reduce<unknown>((s, event) => aggregate.evolve(s, event as never), aggregate.initial);
      expect(state).not.toEqual(aggregate.initial);
    }
    expect(new Set([...streams.values()].map(([first]) => parseStream(first!.stream).category))).toEqual(
      new Set([...aggregates.map((a) => a.category), 'flow']),
    );
  });

  it('are taken in by every flow that reads them', () => {
    for (const flow of flows) {
      const states = new Map<string, unknown>();
      for (const event of events.map((e) => catalogue.upcast(e)).filter((e) => flow.handles.includes(e.type))) {
        const subject = flow.subject(event);
        if (subject === null) continue;
        states.set(subject, flow.evolve(states.get(subject) ?? flow.initial, { kind: 'event', event }));
      }
      expect([flow.name, states.size > 0]).toEqual([flow.name, true]);
    }
  });

  it('are refused where their type or version is not known', () => {
    expect(() => catalogue.upcast({ ...events[0]!, v: catalogue.get(events[0]!.type)!.v + 1 })).toThrow(UnknownEvent);
    expect(() => new Catalogue([]).upcast(events[0]!)).toThrow(UnknownEvent);
  });

  it('still come from the story that made them', async () => {
    const types = new Set((await story()).log.map((e) => e.type));
    expect(catalogue.definitions.map((d) => d.type).filter((type) => !types.has(type))).toEqual([]);
  });
});
