import type { Recorded } from '@minipilot/kernel/event.js';
import { eventId } from '@minipilot/kernel/ids.js';
import { durabilityFaults, readTrace, type Call } from './durable.js';
import { StoreAudit } from './kill.js';

const EVENTS = '/data/events.sqlite-wal';
const VAULT = '/data/vault.sqlite-wal';
const trace = (lines: string[]) => lines.map((line, i) => `1${i % 2} 1700000000.${String(i).padStart(6, '0')} ${line}`).join('\n');

test('a trace is read: writes and syncs of the logs, answers, and calls that another thread cut in two', () => {
  const text = trace([
    `pwrite64(20<${VAULT}>, "x", 24, 32) = 24`,
    `fdatasync(20<${VAULT}>) = 0`,
    `pwrite64(21<${EVENTS}>, "x", 24, 32 <unfinished ...>`,
    `write(2</dev/null>, "x", 1) = 1`,
    `<... pwrite64 resumed>) = 24`,
    `fsync(21<${EVENTS}>) = -1 EIO (Input/output error)`,
    `fsync(21<${EVENTS}>) = 0`,
    `writev(30<TCP:[127.0.0.1:1->127.0.0.1:2]>, [{iov_base="HTTP/1.1 201 Cre"..., iov_len=900}], 1) = 900`,
    `pwrite64(22</data/read-models.sqlite-wal>, "x", 24, 32) = 24`,
  ]);
  expect(readTrace(text).map(({ what, of }) => `${what} ${of}`)).toEqual([
    'write vault.sqlite-wal',
    'sync vault.sqlite-wal',
    'write events.sqlite-wal',
    'sync events.sqlite-wal',
    'answer HTTP/1.1 201',
  ]);
});

const calls = (...names: string[]): Call[] =>
  names.map((name, at) => {
    const [what, of] = name.split(' ') as [Call['what'], string];
    return { at, what, of: what === 'answer' ? `HTTP/1.1 ${of}` : `${of}.sqlite-wal` };
  });

test.each<[string, string[], number]>([
  ['all is durable', ['write vault', 'sync vault', 'write events', 'sync events', 'write vault', 'sync vault', 'answer 201'], 0],
  ['the event is not synced', ['write vault', 'sync vault', 'write events', 'answer 201', 'sync events'], 1],
  ['the keys are synced after the event', ['write vault', 'write events', 'sync events', 'sync vault', 'answer 201'], 1],
  ['the vault is not synced at last', ['write vault', 'sync vault', 'write events', 'sync events', 'write vault', 'answer 201'], 1],
  ['nothing is written', ['answer 201'], 3],
  ['nothing is answered', ['write vault', 'sync vault', 'write events', 'sync events', 'answer 500'], 1],
])('%s', (_, names, faults) => expect(durabilityFaults(calls(...names))).toHaveLength(faults));

describe('a store', () => {
  const event = (stream: string, revision: number, commandId: string, index = 0): Recorded =>
    ({ id: eventId(commandId, index), stream, revision, commandId }) as Recorded;
  const faults = (...events: Recorded[]) => {
    const audit = new StoreAudit();
    for (const e of events) audit.take(e);
    return audit.faults.length;
  };
  test('is sound with one append for each command', () =>
    expect(faults(event('a', 0, 'x'), event('a', 1, 'x', 1), event('b', 0, 'y'), event('a', 2, 'z'))).toBe(0));
  test('has a gap', () => expect(faults(event('a', 0, 'x'), event('a', 2, 'y'))).toBe(1));
  test('has a command in two streams', () => expect(faults(event('a', 0, 'x'), event('b', 0, 'x', 1))).toBe(1));
  test('has a command in two appends', () => expect(faults(event('a', 0, 'x'), event('a', 1, 'y'), event('a', 2, 'x', 1))).toBe(1));
  test('has an event that its command did not make', () => expect(faults(event('a', 0, 'x', 3))).toBe(1));
});
