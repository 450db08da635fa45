import { recorded } from '@minipilot/kernel/testing.js';
import { MAX_ROWS, batchId, rowKey } from '../batch/batch.js';
import type { MoveReason, Row } from '../batch/events.js';
import { catalogue } from '../catalogue.js';
import { batchStream, ledgerStream, pilotStream } from '../streams.js';
import { CALL, hash, id } from '../testing.js';
import { paying } from './paying.js';

const TENANT = 'demo';
const DAY = '2027-10-12';
const at = (day: string) => `${day}T10:00:00.000Z`;
const first = batchId(TENANT, DAY, 1);
const second = batchId(TENANT, DAY, 2);

const account = (name: string) => ({ account: hash(name), accountEvent: id(name), recipient: id(`recipient of ${name}`) });
const payment = (n: number, iban = `iban ${n}`) => ({ call: CALL, instalment: 1, attempt: 1, cents: 50_000, ...account(iban) });
const key = (n: number) => rowKey(id(n), 1, 1);
const row = (n: number, iban = `iban ${n}`): Row => ({ row: key(n), pilot: id(n), ...payment(n, iban) });

/** The one flow of a municipality that pays. */
function host() {
  let state = paying.initial;
  let n = 0;
  const take = (input: Parameters<typeof paying.react>[1]) => {
    const before = JSON.stringify(state);
    const next = paying.evolve(state, input);
    expect(JSON.stringify(state)).toBe(before);
    state = next;
    return paying.react(state, input, TENANT);
  };
  const on = (stream: string, type: string, data: object, day = DAY) => {
    catalogue.validate(type, data);
    expect(paying.handles).toContain(type);
    const event = recorded({ type, data, at: at(day) }, stream, n++);
    expect(paying.subject(event)).toBe('all');
    return take({ kind: 'event', event });
  };
  const inBatch = (type: string, data: object, batch = first, day = DAY) =>
    on(batchStream(TENANT, batch), `batch.${type}`, { batch, ...data }, day);
  return {
    request: (i: number, day?: string) => on(pilotStream(TENANT, id(i)), 'pilot.payout-requested', payment(i), day),
    redirect: (i: number, iban: string) =>
      on(pilotStream(TENANT, id(i)), 'pilot.payout-redirected', { instalment: 1, attempt: 1, ...account(iban) }),
    opened: (batch = first, number = 1, day = DAY) => inBatch('opened', { day, number }, batch, day),
    added: (i: number, iban?: string, batch = first) => inBatch('row-added', { row: row(i, iban) }, batch),
    moved: (i: number, reason: MoveReason, iban?: string, batch = first) => inBatch('row-moved', { row: row(i, iban), reason }, batch),
    inBatch,
    due: (timer: string, due: string) => take({ kind: 'timer', timer, due }),
  };
}

const add = (i: number, day: string, number: number, more: object = {}) => ({
  aggregate: 'batch',
  stream: batchStream(TENANT, batchId(TENANT, day, number)),
  command: { type: 'AddRow', day, number, pilot: id(i), ...payment(i), ...more },
});
const errand = (type: string, more: object = {}, batch = first) => ({
  aggregate: 'bank',
  stream: batchStream(TENANT, batch),
  command: { type, ...more },
});
const toBatch = (type: string, more: object, batch = first) => ({
  aggregate: 'batch',
  stream: batchStream(TENANT, batch),
  command: { type, ...more },
});
const running = () => {
  const flow = host();
  flow.request(1);
  flow.opened();
  flow.added(1);
  return flow;
};

describe('paying gathers', () => {
  it('what is due into the batch of the day, and asks the bank for the name', () => {
    const flow = host();
    expect(flow.request(1)).toEqual({ commands: [add(1, DAY, 1)] });
    expect(flow.opened()).toEqual({});
    expect(flow.added(1)).toEqual({ commands: [errand('CheckName', { row: key(1) })] });
    expect(flow.request(2)).toEqual({ commands: [add(2, DAY, 1)] });
  });

  it('into an open batch of an earlier day before a new one', () => {
    expect(running().request(2, '2027-10-13')).toEqual({ commands: [add(2, DAY, 1)] });
  });

  it('into the next batch once one is prepared, approved or full', () => {
    const facts = { digest: hash('rows'), by: id('somebody') };
    const prepared = running();
    prepared.inBatch('prepared', { ...facts, rows: 1, cents: 50_000 });
    expect(prepared.request(2)).toEqual({ commands: [add(2, DAY, 2)] });
    expect(prepared.request(3, '2027-10-13')).toEqual({ commands: [add(3, '2027-10-13', 1)] });
    const approved = running();
    approved.inBatch('approved', facts);
    expect(approved.request(2)).toEqual({ commands: [add(2, DAY, 2)] });
    // what happens to another batch does not close this one
    const other = running();
    other.inBatch('prepared', { ...facts, rows: 1, cents: 50_000 }, id('an earlier batch'));
    expect(other.request(2)).toEqual({ commands: [add(2, DAY, 1)] });
    const full = host();
    full.opened();
    for (let i = 1; i <= MAX_ROWS; i++) full.added(i);
    expect(full.request(MAX_ROWS + 1)).toEqual({ commands: [add(MAX_ROWS + 1, DAY, 2)] });
  });

  it('again what had to leave a batch, but for what was withdrawn', () => {
    const from = { movedFrom: first };
    expect(running().moved(1, 'name-check')).toEqual({ commands: [add(1, DAY, 1, from)] });
    expect(running().moved(1, 'late')).toEqual({ commands: [add(1, DAY, 2, from)] });
    expect(running().moved(1, 'full')).toEqual({ commands: [add(1, DAY, 2, from)] });
    expect(running().moved(1, 'withdrawn')).toEqual({});
  });
});

describe('another account', () => {
  const change = (iban: string, batch = first) => toBatch('ChangeAccount', { row: key(1), ...account(iban) }, batch);

  it('goes to the batch that has the row, whose name is asked anew', () => {
    const flow = running();
    expect(flow.redirect(1, 'her own')).toEqual({ commands: [change('her own')] });
    expect(flow.inBatch('account-changed', { row: key(1), ...account('her own') })).toEqual({
      commands: [errand('CheckName', { row: key(1) })],
    });
  });

  it('that comes before the row is in its batch overtakes it', () => {
    const flow = host();
    flow.request(1);
    expect(flow.redirect(1, 'her own')).toEqual({});
    flow.opened();
    expect(flow.added(1)).toEqual({ commands: [change('her own')] });
  });

  it('that comes before the row moves, or between two batches, goes along', () => {
    const before = running();
    before.redirect(1, 'her own');
    expect(before.moved(1, 'name-check')).toEqual({ commands: [add(1, DAY, 1, { ...account('her own'), movedFrom: first })] });
    const between = running();
    between.moved(1, 'late');
    expect(between.redirect(1, 'her own')).toEqual({});
    between.opened(second, 2);
    expect(between.added(1, undefined, second)).toEqual({ commands: [change('her own', second)] });
    // nothing is left to say once the row has it
    const settled = running();
    settled.redirect(1, 'her own');
    settled.moved(1, 'late');
    settled.opened(second, 2);
    expect(settled.added(1, 'her own', second)).toEqual({ commands: [errand('CheckName', { row: key(1) }, second)] });
  });
});

describe('the bank', () => {
  const released = () => {
    const flow = running();
    expect(flow.inBatch('approved', { digest: hash('rows'), by: id('approver') })).toEqual({
      commands: [errand('ReleaseBatch', { cause: expect.any(String) as string })],
    });
    const file = {
      messageId: 'MB1',
      fileDigest: hash('file'),
      executionOn: DAY,
      rows: [{ row: key(1), call: CALL, cents: 50_000 }],
      cents: 50_000,
    };
    expect(flow.inBatch('released', file)).toEqual({
      commands: [errand('HandOver')],
      timers: [{ timer: `replies ${first}`, due: '2027-10-13T08:00:00.000Z' }],
    });
    return flow;
  };
  const attempt = { instalment: 1, attempt: 1, cents: 50_000, batch: first };
  const toLedger = (type: string, more: object) => ({
    aggregate: 'ledger',
    stream: ledgerStream(TENANT, CALL),
    command: { type, pilot: id(1), ...attempt, effectiveOn: '2027-10-13', cause: expect.any(String) as string, ...more },
  });
  const toPilot = (type: string, more: object) => ({
    aggregate: 'pilot',
    stream: pilotStream(TENANT, id(1)),
    command: { type, call: CALL, ...attempt, ...more },
  });

  it('is asked every morning for ten days after the release, and not after that', () => {
    const flow = released();
    const asked: string[] = [];
    for (let due: string | null = '2027-10-13T08:00:00.000Z'; due !== null;) {
      asked.push(due.slice(0, 10));
      const { commands, timers } = flow.due(`replies ${first}`, due);
      expect(commands).toEqual([errand('FetchReplies')]);
      due = timers?.[0]?.due ?? null;
    }
    expect([asked.length, asked.at(-1)]).toEqual([10, '2027-10-22']);
    // the row is done with
    expect(flow.inBatch('row-settled', { row: key(1), reference: 'E1', on: '2027-10-23' })).toEqual({ commands: [] });
  });

  it('that paid is told to ledger and pilot', () => {
    expect(released().inBatch('row-settled', { row: key(1), reference: 'E1', on: '2027-10-13' })).toEqual({
      commands: [toLedger('Settle', { reference: 'E1' }), toPilot('RecordPaid', { reference: 'E1', paidOn: '2027-10-13' })],
    });
  });

  it('that did not pay, or got the money back, too', () => {
    expect(released().inBatch('row-rejected', { row: key(1), code: 'AC04', on: '2027-10-13' })).toEqual({
      commands: [toLedger('Reject', {}), toPilot('RecordPayoutFailed', { how: 'rejected', code: 'AC04', on: '2027-10-13' })],
    });
    const back = released();
    back.inBatch('row-settled', { row: key(1), reference: 'E1', on: '2027-10-13' });
    expect(back.inBatch('row-returned', { row: key(1), code: 'MD07', on: '2027-10-13' })).toEqual({
      commands: [toLedger('BankReturn', {}), toPilot('RecordPayoutFailed', { how: 'returned', code: 'MD07', on: '2027-10-13' })],
    });
  });
});
