import fc from 'fast-check';
import { Rejected } from '@minipilot/kernel/decider.js';
import { Catalogue } from '@minipilot/kernel/event.js';
import { sha256, uuid5 } from '@minipilot/kernel/ids.js';
import { occasionAt } from '@minipilot/kernel/testing.js';
import { endToEndId, messageId, paymentFile } from './bank.js';
import { MAX_ROWS, batch, batchId, payable, rowKey, rowsDigest, waiting, type BatchCommand, type BatchState } from './batch.js';
import { batchEvents, type BatchEvent, type NameCheck } from './events.js';

const catalogue = new Catalogue(batchEvents);
const id = (name: string | number) => uuid5('test', String(name));
const [CLERK, APPROVER, OFFICER, FLOW] = [id('clerk'), id('approver'), id('officer'), 'flow.payouts'];
const BATCH = batchId('demo', '2027-03-09', 1);

const key = (pilot: string | number) => rowKey(id(pilot), 1, 1);
const account = (name: string) => ({ account: sha256(name), accountEvent: id(`event of ${name}`) });
const add = (pilot: string | number, cents = 50_000): BatchCommand => ({
  type: 'AddRow',
  day: '2027-03-09',
  number: 1,
  call: id('call'),
  pilot: id(pilot),
  instalment: 1,
  attempt: 1,
  cents,
  ...account(`iban of ${pilot}`),
  recipient: id(`recipient of ${pilot}`),
});
const check = (pilot: string | number, result: NameCheck, iban = `iban of ${pilot}`): BatchCommand => ({
  type: 'RecordNameCheck',
  row: key(pilot),
  account: sha256(iban),
  result,
});
const change = (pilot: string, iban: string): BatchCommand => ({
  type: 'ChangeAccount',
  row: key(pilot),
  ...account(iban),
  recipient: id(`recipient of ${pilot}`),
});
const releasing = (...rows: (string | number)[]): BatchCommand => ({
  type: 'Release',
  messageId: messageId(BATCH),
  fileDigest: sha256('file'),
  executionOn: '2027-03-09',
  rows: rows.map(key),
});
type Release = Extract<BatchCommand, { type: 'Release' }>;
const settled = (pilot: string, reference = 'E1'): BatchCommand => ({
  type: 'RecordSettled',
  row: key(pilot),
  reference,
  on: '2027-03-10',
});
const rejected = (pilot: string): BatchCommand => ({ type: 'RecordRejected', row: key(pilot), code: 'AC04', on: '2027-03-10' });
const returned = (pilot: string): BatchCommand => ({ type: 'RecordReturned', row: key(pilot), code: 'MD07', on: '2027-03-12' });

/** One batch and what people and flows do to it, one after the other. */
class Batch {
  state: BatchState = batch.initial;
  readonly events: BatchEvent[] = [];

  /** The types of the new events, or the code of the refusal. */
  do(command: BatchCommand, actor = FLOW): string[] | string {
    const before = JSON.stringify(this.state);
    const result = batch.decide(command, this.state, null, occasionAt('2027-03-09T10:00:00.000Z', actor));
    if (result instanceof Rejected) return result.code;
    const from = this.state;
    for (const event of result) {
      catalogue.validate(event.type, JSON.parse(JSON.stringify(event.data)));
      this.state = batch.evolve(this.state, { ...event, id: id('event'), at: '', actor, revision: this.events.length });
      this.events.push(event);
    }
    expect(JSON.stringify(from)).toBe(before);
    return result.map((e) => e.type.replace('batch.', ''));
  }

  all(commands: BatchCommand[]): this {
    for (const command of commands) expect(this.do(command)).toBeInstanceOf(Array);
    return this;
  }

  approved(): this {
    expect(this.do({ type: 'Prepare' }, CLERK)).toEqual(['prepared']);
    expect(this.do({ type: 'Approve', digest: rowsDigest(this.state) }, APPROVER)).toEqual(['approved']);
    return this;
  }
}

/** Aune and six others; the bank knows everybody but Aune, whose account is her son's. */
const PEOPLE = ['aune', 'b', 'c', 'd', 'e', 'f', 'g'];
const OTHERS = PEOPLE.slice(1);
const week = () => new Batch().all(PEOPLE.map((p) => add(p))).all(PEOPLE.map((p) => check(p, p === 'aune' ? 'no-match' : 'match')));

describe('payment batch', () => {
  it('opens with its first row', () => {
    const b = new Batch();
    expect(b.do(add('aune'))).toEqual(['opened', 'row-added']);
    expect(b.do(add('b'))).toEqual(['row-added']);
    expect(b.events[0]!.data).toEqual({ batch: BATCH, day: '2027-03-09', number: 1 });
    expect(b.do({ ...add('c'), number: 2 } as BatchCommand)).toBe('another-batch');
  });

  it("lets only the row wait whose account is not the recipient's", () => {
    const b = week().approved();
    expect(b.do(releasing(...OTHERS))).toEqual(['row-moved', 'released']);
    const [left, released] = b.events.slice(-2);
    expect(left!.data).toMatchObject({ row: { row: key('aune'), ...account('iban of aune'), cents: 50_000 }, reason: 'name-check' });
    expect(released!.data).toMatchObject({ cents: 300_000, fileDigest: sha256('file'), messageId: messageId(BATCH) });
  });

  it('voids the approval when an account changes, and checks the new one', () => {
    const b = week().approved();
    expect(b.do(change('aune', 'her own'))).toEqual(['account-changed', 'approval-voided']);
    expect(b.do(releasing(...OTHERS))).toBe('not-approved');
    expect(b.state.rows[key('aune')]!.check).toBe('pending');
    // the answer about her son's account comes late and says nothing about hers
    expect(b.do(check('aune', 'match'))).toEqual([]);
    expect(b.do(check('aune', 'match', 'her own'))).toEqual(['name-checked']);
    expect(b.approved().do(releasing(...PEOPLE))).toEqual(['released']);
  });

  it('carries a moved row on in a later batch, which shows where it came from', () => {
    const later = new Batch();
    expect(later.do({ ...add('aune'), day: '2027-03-12', movedFrom: BATCH } as BatchCommand)).toEqual(['opened', 'row-added']);
    expect(later.state.rows[key('aune')]).toMatchObject({ movedFrom: BATCH, attempt: 1, check: 'pending' });
  });

  it('takes a row back that had left it, but not by a repeated addition', () => {
    const b = new Batch().all([add('b'), add('c'), { type: 'MoveRow', row: key('b'), reason: 'recipient-changed' }]);
    expect(b.do(add('b'))).toEqual([]);
    const back = { ...add('b'), movedFrom: BATCH } as BatchCommand;
    expect(b.do(back)).toEqual(['row-added']);
    expect(b.do(back)).toEqual([]);
    b.approved().do({ type: 'MoveRow', row: key('b'), reason: 'recipient-changed' });
    expect(b.do(back)).toEqual(['row-moved']);
    expect(b.events.at(-1)!.data).toMatchObject({ reason: 'late' });
  });

  it('needs an officer to look at a close match, on that account only', () => {
    const b = new Batch().all([add('b'), add('c'), check('b', 'close'), check('c', 'match')]).approved();
    expect(b.do({ type: 'AcceptCloseMatch', row: key('c') }, OFFICER)).toBe('not-a-close-match');
    expect(b.do(releasing('b', 'c'))).toBe('rows-changed');
    expect(b.do({ type: 'AcceptCloseMatch', row: key('b') }, id('recipient of b'))).toBe('own-payment');
    expect(b.do({ type: 'AcceptCloseMatch', row: key('b') }, OFFICER)).toEqual(['close-match-accepted']);
    expect(b.do({ type: 'AcceptCloseMatch', row: key('b') }, OFFICER)).toEqual([]);
    expect(
      payable(b.state)
        .map((r) => r.pilot)
        .sort(),
    ).toEqual([id('b'), id('c')].sort());
    b.do(change('b', 'another'));
    b.do(check('b', 'close', 'another'));
    expect(payable(b.state).map((r) => r.pilot)).toEqual([id('c')]);
  });

  it('takes two people, and no one who is paid by it', () => {
    const b = week();
    const approve = (): BatchCommand => ({ type: 'Approve', digest: rowsDigest(b.state) });
    expect(b.do(approve(), APPROVER)).toBe('not-prepared');
    expect(b.do({ type: 'Prepare' }, id('recipient of b'))).toBe('own-payment');
    b.do({ type: 'Prepare' }, CLERK);
    expect(b.do({ type: 'Prepare' }, CLERK)).toEqual([]);
    expect(b.do(approve(), CLERK)).toBe('same-person');
    expect(b.do(approve(), id('recipient of b'))).toBe('own-payment');
    expect(b.do(approve(), APPROVER)).toEqual(['approved']);
    expect(b.do(approve(), APPROVER)).toEqual([]);
    expect(b.do({ type: 'Prepare' }, CLERK)).toBe('already-approved');
    expect(b.do(approve(), OFFICER)).toBe('already-approved');
  });

  it('approves only the rows that the approver saw', () => {
    const b = week();
    b.do({ type: 'Prepare' }, CLERK);
    const saw = rowsDigest(b.state);
    b.do(add('late'));
    expect(b.do({ type: 'Approve', digest: saw }, APPROVER)).toBe('rows-changed');
    expect(b.do({ type: 'Approve', digest: rowsDigest(b.state) }, APPROVER)).toBe('not-prepared');
    b.do({ type: 'Prepare' }, CLERK);
    b.do({ type: 'MoveRow', row: key('late'), reason: 'withdrawn' });
    expect(rowsDigest(b.state)).toBe(saw);
    expect(b.do({ type: 'Approve', digest: saw }, APPROVER)).toBe('not-prepared');
  });

  it('binds grant, instalment, attempt, sum and account in the digest', () => {
    const digest = (command: BatchCommand) => rowsDigest(new Batch().all([command]).state);
    const row = add('b') as Extract<BatchCommand, { type: 'AddRow' }>;
    const changes: Partial<typeof row>[] = [
      { pilot: id('c') },
      { instalment: 2 },
      { attempt: 2 },
      { cents: 1 },
      { account: sha256('other') },
    ];
    expect(new Set([row, ...changes.map((c) => ({ ...row, ...c }))].map(digest)).size).toBe(6);
    const both = [add('b'), add('c')];
    expect(rowsDigest(new Batch().all(both).state)).toBe(rowsDigest(new Batch().all(both.reverse()).state));
  });

  it('lets rows leave an approved batch, and none join it', () => {
    const b = week().approved();
    expect(b.do({ type: 'MoveRow', row: key('b'), reason: 'withdrawn' })).toEqual(['row-moved']);
    expect(b.do({ type: 'MoveRow', row: key('b'), reason: 'withdrawn' })).toEqual([]);
    expect(b.do(add('late'))).toEqual(['row-moved']);
    expect(b.events.at(-1)!.data).toMatchObject({ row: { pilot: id('late'), cents: 50_000 }, reason: 'late' });
    expect(b.do(add('late'))).toEqual([]);
    expect(b.do(releasing(...OTHERS.slice(1)))).toEqual(['row-moved', 'released']);
    expect(b.do(add('later'))).toEqual(['row-moved']);
    expect(b.do({ type: 'MoveRow', row: key('c'), reason: 'late' })).toBe('already-released');
    expect(b.do(change('c', 'other'))).toBe('already-released');
    expect(b.do(change('b', 'other'))).toBe('row-moved');
  });

  it('releases one file, once', () => {
    const b = week();
    expect(b.do(releasing(...OTHERS))).toBe('not-approved');
    b.approved();
    expect(b.do({ ...releasing(...OTHERS), messageId: 'MB0' } as BatchCommand)).toBe('another-batch');
    expect(b.do(releasing(...PEOPLE))).toBe('rows-changed');
    expect(b.do(releasing(...OTHERS.slice(1)))).toBe('rows-changed');
    b.do(releasing(...OTHERS));
    expect(b.do(releasing(...OTHERS))).toEqual([]);
    expect(b.do({ ...releasing(...OTHERS), fileDigest: sha256('other') } as BatchCommand)).toBe('already-released');
    expect(b.do({ type: 'Approve', digest: rowsDigest(b.state) }, OFFICER)).toBe('already-approved');
  });

  it('ends without a file when no row may be paid, and loses none', () => {
    const b = new Batch().all([add('b'), add('c'), check('b', 'unchecked')]).approved();
    expect(b.do(releasing())).toEqual(['row-moved', 'row-moved', 'finished']);
    expect(b.state.status).toBe('finished');
  });

  it('records what the bank did, and finishes with the last reply', () => {
    const b = new Batch().all([add('b'), add('c'), check('b', 'match'), check('c', 'match')]).approved();
    expect(b.do(settled('b'))).toBe('row-not-waiting');
    b.do(releasing('b', 'c'));
    expect(b.do(settled('b'))).toEqual(['row-settled']);
    expect(b.do(settled('b'))).toEqual([]);
    expect(b.do(settled('b', 'E2'))).toBe('row-not-waiting');
    expect(b.do(rejected('b'))).toBe('row-not-waiting');
    expect(b.do(returned('c'))).toBe('row-not-waiting');
    expect(b.do(rejected('c'))).toEqual(['row-rejected', 'finished']);
    expect(b.do(rejected('c'))).toEqual([]);
    expect(b.do(returned('b'))).toEqual(['row-returned']);
    expect(b.do(returned('b'))).toEqual([]);
  });

  it.each<[string, string, BatchCommand]>([
    ['a batch that was never opened', 'no-such-batch', { type: 'Prepare' }],
    ['a row that is not in the batch', 'no-such-row', settled('nobody')],
    ['another sum under the same attempt', 'row-differs', add('b', 1)],
  ])('refuses %s', (_, code, command) => {
    const b = new Batch();
    if (code !== 'no-such-batch') b.all([add('b')]);
    expect(b.do(command)).toBe(code);
  });

  it('refuses to prepare nothing', () => {
    const b = new Batch().all([add('b'), { type: 'MoveRow', row: key('b'), reason: 'withdrawn' }]);
    expect(b.do({ type: 'Prepare' }, CLERK)).toBe('no-rows');
  });

  it('stays below the size of one append when every row of a full batch must wait', () => {
    const b = new Batch().all(Array.from({ length: MAX_ROWS }, (_, n) => ({ ...add(n), movedFrom: BATCH }) as BatchCommand));
    expect(b.do(add('one more'))).toEqual(['row-moved']);
    expect(b.events.at(-1)!.data).toMatchObject({ reason: 'full' });
    b.approved();
    const before = b.events.length;
    b.do(releasing());
    const envelope = {
      id: BATCH,
      v: 1,
      stream: `${'m'.repeat(20)}.batch-${BATCH}`,
      at: '2027-03-09T10:00:00.000Z',
      tenant: 'm'.repeat(20),
      actor: BATCH,
    };
    const causes = { commandId: BATCH, correlationId: BATCH, causationId: BATCH, fp: sha256('') };
    const append = b.events.slice(before).map((event) => ({ ...envelope, ...causes, ...event }));
    expect(append).toHaveLength(MAX_ROWS + 1);
    expect(Buffer.byteLength(JSON.stringify(append))).toBeLessThan(256 * 1024);
  });

  it("sends nothing that two people have not approved to an account that is not the recipient's", () => {
    const pilots = ['p', 'q', 'r'];
    type Step = (b: Batch) => [BatchCommand, string];
    const anyPilot = fc.constantFrom(...pilots);
    const anyPerson = fc.constantFrom(CLERK, APPROVER);
    const step = <T>(weight: number, values: fc.Arbitrary<T>, to: (value: T, b: Batch) => [BatchCommand, string]) => ({
      weight,
      arbitrary: values.map(
        (value): Step =>
          (b) =>
            to(value, b),
      ),
    });
    const anyCheck = fc.tuple(anyPilot, fc.constantFrom<NameCheck>('match', 'match', 'close', 'no-match'), fc.boolean());
    const anyStep = fc.oneof(
      step(1, anyPilot, (p) => [add(p), FLOW]),
      step(3, anyCheck, ([p, result, first]) => [check(p, result, first ? `iban of ${p}` : 'second'), FLOW]),
      step(1, anyPilot, (p) => [change(p, 'second'), FLOW]),
      step(1, anyPilot, (p) => [{ type: 'AcceptCloseMatch', row: key(p) }, OFFICER]),
      step(1, anyPilot, (p) => [{ type: 'MoveRow', row: key(p), reason: 'withdrawn' }, FLOW]),
      step(3, anyPerson, (who) => [{ type: 'Prepare' }, who]),
      step(4, anyPerson, (who, b) => [{ type: 'Approve', digest: rowsDigest(b.state) }, who]),
      step(4, anyPerson, (who, b) => {
        const rows = payable(b.state).map((r) => r.row);
        return rows.length === 0 ? [{ type: 'Prepare' }, who] : [{ ...(releasing() as Release), rows }, FLOW];
      }),
    );
    let releases = 0;
    fc.assert(
      fc.property(fc.array(anyStep, { minLength: 10, maxLength: 40, size: 'max' }), (steps) => {
        const b = new Batch().all([add('p'), add('q'), check('p', 'match')]);
        // what was true at the last approval, and what the bank last said of each account
        let approval: { rows: Map<string, string>; preparer: string; approver: string } | null = null;
        let preparer = '';
        const said = new Map<string, string>([[key('p') + sha256('iban of p'), 'match']]);
        const accepted = new Set<string>();
        for (const step of steps) {
          const [command, actor] = step(b);
          const from = b.events.length;
          if (command.type === 'RecordNameCheck') {
            const asked = command.row + command.account;
            if (said.get(asked) !== command.result) accepted.delete(asked);
            said.set(asked, command.result);
          }
          b.do(command, actor);
          for (const { type, data } of b.events.slice(from)) {
            if (type === 'batch.close-match-accepted') accepted.add(data.row + data.account);
            if (type === 'batch.prepared') preparer = data.by;
            if (type === 'batch.approved') {
              approval = { rows: new Map(waiting(b.state).map((r) => [r.row, r.account + r.cents])), preparer, approver: data.by };
            }
            if (type === 'batch.released') {
              releases++;
              expect(approval!.preparer).not.toBe(approval!.approver);
              for (const { row, cents } of data.rows) {
                expect(approval!.rows.get(row)).toBe(b.state.rows[row]!.account + cents);
                const paidTo = row + b.state.rows[row]!.account;
                expect(said.get(paidTo) === 'match' || (said.get(paidTo) === 'close' && accepted.has(paidTo))).toBe(true);
              }
              expect(waiting(b.state)).toEqual([]);
            }
          }
        }
        // nothing is lost: each row that was added waits, moved on, or is with the bank
        const added = b.events.flatMap((e) => (e.type === 'batch.row-added' ? [e.data.row.row] : []));
        const left = b.events.flatMap((e) => (e.type === 'batch.row-moved' ? [e.data.row.row] : []));
        const sent = b.events.flatMap((e) => (e.type === 'batch.released' ? e.data.rows.map((r) => r.row) : []));
        expect(new Set([...left, ...sent]).size).toBe(left.length + sent.length);
        expect([...new Set([...waiting(b.state).map((r) => r.row), ...left, ...sent])].sort()).toEqual(
          [...new Set([...added, ...left])].sort(),
        );
      }),
      { numRuns: 500 },
    );
    expect(releases).toBeGreaterThan(100);
  });
});

describe('payment file', () => {
  const row = (pilot: string) => ({
    pilot: id(pilot),
    instalment: 1,
    attempt: 1,
    cents: 50_000,
    iban: 'FI21 1234 5600 0007 85',
    name: 'Aune Järvi',
  });
  const file = (...pilots: string[]) =>
    paymentFile({ batch: BATCH, messageId: messageId(BATCH), executionOn: '2027-03-15', rows: pilots.map(row) });

  it('is the same for every order of its rows', () => {
    expect(file('a', 'b', 'c')).toEqual(file('c', 'a', 'b'));
    expect(file('a', 'b').digest).not.toBe(file('a', 'c').digest);
    expect(file('a').digest).toBe(sha256(file('a').content));
  });

  it('is JSON lines with a head that counts', () => {
    const [head, ...rows] = file('a', 'b')
      .content.trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(head).toEqual({ batch: BATCH, messageId: messageId(BATCH), executionOn: '2027-03-15', rows: 2, cents: 100_000 });
    expect(rows).toEqual(file('a', 'b').file.rows);
    expect(rows[0]).toMatchObject({ iban: 'FI2112345600000785', name: 'Aune Järvi', currency: 'EUR' });
  });

  it('names each attempt by an EndToEndId of its own, within what banks carry', () => {
    const ids = [
      endToEndId(id('a'), 1, 1),
      endToEndId(id('a'), 1, 2),
      endToEndId(id('a'), 2, 1),
      endToEndId(id('b'), 1, 1),
      messageId(BATCH),
    ];
    expect(new Set(ids).size).toBe(5);
    for (const each of ids) expect(each).toMatch(/^[A-Z]{2}[0-9a-f]{32}$/);
    expect(endToEndId(id('a'), 1, 1)).toBe(ids[0]);
  });

  it('refuses a payment that is listed twice', () => {
    expect(() => file('a', 'a')).toThrow(RangeError);
  });
});
