import { Catalogue, type Recorded } from '@minipilot/kernel/event.js';
import { recorded } from '@minipilot/kernel/testing.js';
import type { Projection } from '@minipilot/kernel/projection.js';
import { fold, plan, type Row } from './fold.js';
import { catalogue, hutBuilt, huts } from './testing.js';
import { checkProjection, createTables, createViews } from './tables.js';

const built = (hut: string, index = 0, cents = 5): Recorded =>
  recorded({ type: 'hut.built', data: { district: 'Itä', cents } }, `demo.hut-${hut}`, index);
const run = (projection: Projection, events: Recorded[], before: Record<string, Row> = {}, known = catalogue) =>
  fold(projection, new Map(Object.entries(before)), plan(projection, events, known));

const projection = huts as Projection<any>;
const changed = (change: Partial<Projection>): Projection => ({ ...projection, ...change }) as Projection;

describe('fold', () => {
  it('adds up counters of every step and keeps the last row', () => {
    const events = [built('a'), recorded({ type: 'hut.moved', data: { district: 'Länsi' } }, 'demo.hut-a', 1)];
    const { rows, cells, poison } = run(projection, events);
    expect(poison).toBeUndefined();
    expect(rows.get('a')).toMatchObject({ district: 'Länsi', cents: 5 });
    expect(cells.get('huts')).toEqual(
      new Map([
        ['Itä', 0],
        ['Länsi', 1],
      ]),
    );
  });

  it('does not change the rows that it was given', () => {
    const before = Object.freeze({ district: 'Itä', cents: 5, joins: 0, note: null, at: 'x' });
    const { rows } = run(projection, [recorded({ type: 'hut.torn-down', data: {} }, 'demo.hut-a', 1)], { a: before });
    expect([...rows]).toEqual([['a', null]]);
  });

  it('makes a row again after its deletion in the same batch', () => {
    const events = [built('a'), recorded({ type: 'hut.torn-down', data: {} }, 'demo.hut-a', 1), built('a', 2, 9)];
    expect(run(projection, events).rows.get('a')).toMatchObject({ cents: 9 });
  });

  it.each<[string, Partial<Projection>, string]>([
    ['evolve', { evolve: () => boom() }, 'Error: boom'],
    ['keys', { keys: () => boom() }, 'Error: boom'],
    ['rollup', { rollup: () => boom() }, 'Error: boom'],
    ['a key with NUL', { keys: () => ['a\u0000'] }, 'a key must be text'],
    ['a missing column', { evolve: () => ({ district: 'x' }) }, 'column cents'],
    ['half a surrogate pair', { evolve: (row) => ({ ...(row ?? good), note: '\ud83d' }) }, 'column note'],
    ['a fraction', { evolve: () => ({ ...good, cents: 0.5 }) }, 'column cents must be a whole number'],
    ['a column too many', { evolve: () => ({ ...good, more: 1 }) }, 'columns that its table does not have'],
    ['a delta that is no whole number', { rollup: () => [{ key: 'a', column: 'b', delta: NaN }] }, 'rollup b'],
  ])('takes %s as poison and keeps what came before', (_, change, message) => {
    const bad = built('b', 1);
    const only = (event: Recorded) => event.id === bad.id;
    const some = changed({
      keys: (event) => (only(event) && change.keys ? change.keys(event) : huts.keys(event)),
      evolve: (row, event, key) => (only(event) && change.evolve ? change.evolve(row, event, key) : huts.evolve(row as never, event, key)),
      rollup: (before, after) =>
        after?.cents === 6 && change.rollup ? change.rollup(before, after) : huts.rollup!(before as never, after as never),
    });
    const { rows, cells, poison } = run(some, [built('a'), { ...bad, data: { district: 'Itä', cents: 6 } }, built('c', 2)]);
    expect(poison).toMatchObject({ eventId: bad.id, type: 'hut.built', position: bad.position });
    expect(poison!.message).toContain(message);
    expect([...rows.keys()]).toEqual(['a']);
    expect(cells.get('huts')?.get('Itä')).toBe(1);
  });

  it('counts an event that touches several rows wholly or not at all', () => {
    const some = changed({
      evolve: (row, event, key) => {
        if (event.type === 'hut.joined' && key === 'b') boom();
        return huts.evolve(row as never, event, key);
      },
    });
    const joined = recorded({ type: 'hut.joined', data: { other: 'b' } }, 'demo.hut-a', 1);
    const { rows, poison } = run(some, [built('a'), joined]);
    expect(poison?.eventId).toBe(joined.id);
    expect(rows.get('a')).toMatchObject({ joins: 0 });
  });

  it('passes over an unknown type that it does not handle, and stops at an unknown version of one that it does', () => {
    const unknown = { ...built('x', 1), type: 'hut.haunted' };
    expect(run(projection, [built('a'), unknown]).poison).toBeUndefined();
    expect(run(changed({ handles: ['*'] }), [built('a'), unknown]).poison).toMatchObject({
      type: 'hut.haunted',
      position: unknown.position,
    });
    expect(run(projection, [built('a'), { ...built('b', 1), v: 2 }]).poison).toMatchObject({
      v: 2,
      message: expect.stringContaining('v2 is not known'),
    });
  });

  it('sees events at the version written now', () => {
    const known = new Catalogue([{ ...hutBuilt, v: 2, upcast: { 1: (data) => ({ ...data, cents: (data.cents as number) * 100 }) } }]);
    expect(run(projection, [built('a')], {}, known).rows.get('a')).toMatchObject({ cents: 500 });
  });
});

describe('tables', () => {
  it.each<[string, Partial<Projection>]>([
    ['a name with a quote', { name: 'a"b' }],
    ['a name that is too long', { name: 'a'.repeat(41) }],
    ['a version that is no number from 1', { version: 0 }],
    ['a column named key', { table: { key: 'text' } }],
    ['a column with a quote', { table: { 'a"': 'text' } }],
    ['an index on no column', { indexes: [['nothing']] }],
  ])('refuse %s', (_, change) => {
    expect(() => checkProjection(changed(change))).toThrow(/^projection /);
  });

  it('are named by version and generation, behind views named by version', () => {
    checkProjection(projection);
    expect(createTables('sqlite', projection, 3).join('\n')).toContain('create table "huts_v1_g3"');
    expect(createViews(projection, 3)).toEqual([
      'create view "huts_v1" as select "key", "district", "cents", "joins", "note", "at" from "huts_v1_g3"',
      'create view "huts_v1_rollup" as select "key", "measure", "value" from "huts_v1_rollup_g3"',
    ]);
  });
});

const good: Row = { district: 'Itä', cents: 1, joins: 0, note: null, at: 'x' };

function boom(): never {
  throw new Error('boom');
}
