import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { BankFileRefused, DemoBank, FileRefused, compareNames, type Behaviour, type DemoFile, type DemoPayment } from './demo-bank.js';

const IBAN = 'FI2112345600000785';
const HOLIDAYS = ['2027-03-26', '2027-03-29'];

let dir: string;
let open: DemoBank[];
const bank = async (): Promise<DemoBank> => {
  const opened = await DemoBank.open({ file: join(dir, 'bank.db'), zone: 'Europe/Helsinki', holidays: HOLIDAYS });
  open.push(opened);
  return opened;
};
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'demo-bank-'));
  open = [];
});
afterEach(() => {
  for (const each of open) each.close();
  rmSync(dir, { recursive: true });
});

const row = (endToEndId: string, change: Partial<DemoPayment> = {}): DemoPayment => ({
  endToEndId,
  cents: 50_000,
  currency: 'EUR',
  iban: IBAN,
  name: 'Aune Järvi',
  ...change,
});
const file = (messageId: string, rows: DemoPayment[], executionOn = '2027-03-09'): DemoFile => ({ messageId, executionOn, rows });
const LATER = '2027-05-01T00:00:00.000Z';

describe('names', () => {
  it.each<[string, string, string]>([
    ['Aune Järvi', 'AUNE JARVI', 'match'],
    ['Järvi Aune', 'Aune Järvi', 'match'],
    ['Virtanen-Järvi, Aune', 'aune virtanen järvi', 'match'],
    ['Aune Järvi', 'Aune Jarvinen', 'no-match'],
    ['Aune Järvi', 'Aune Järvia', 'close'],
    ['Aune Järvi', 'Anne Järvi', 'close'],
    ['Aune Järvi', 'Pekka Järvi', 'no-match'],
    ['Li', 'Bo', 'no-match'],
    ['Aune Järvi', '', 'no-match'],
    ['', 'Aune Järvi', 'no-match'],
  ])('%s and %s: %s', (holder, name, answer) => {
    expect(compareNames(holder, name)).toBe(answer);
  });

  it('does not weigh names letter by letter that cannot be close', () => {
    expect(compareNames('a'.repeat(1_000_000), 'b'.repeat(1_000_000))).toBe('no-match');
  });
});

describe('demo bank', () => {
  it('checks names against registered accounts, and trusts others', async () => {
    const b = await bank();
    await b.register({ iban: 'FI21 1234 5600 0007 85', holder: 'Eero Järvi', behaviour: 'settle' });
    expect(await b.checkName(IBAN, 'Aune Järvi')).toBe('no-match');
    expect(await b.checkName('fi21 1234 5600 0007 85', 'Eero Järvi')).toBe('match');
    expect(await b.checkName('FI1410093000123458', 'Anyone')).toBe('match');
    await b.register({ iban: IBAN, holder: null, behaviour: 'settle' });
    expect(await b.checkName(IBAN, 'Eero Järvi')).toBe('unchecked');
  });

  it.each<[Behaviour, string, string, object[]]>([
    ['settle', '2027-03-09', '2027-03-10T06:59:59.999Z', []],
    ['settle', '2027-03-09', '2027-03-10T07:00:00.000Z', [{ status: 'settled', on: '2027-03-10' }]],
    // Friday to Monday; over Easter, after which clocks are in summer time
    ['settle', '2027-03-12', '2027-03-15T07:00:00.000Z', [{ status: 'settled', on: '2027-03-15' }]],
    ['settle', '2027-03-25', '2027-03-30T05:59:59.999Z', []],
    ['settle', '2027-03-25', '2027-03-30T06:00:00.000Z', [{ status: 'settled', on: '2027-03-30' }]],
    ['reject', '2027-03-09', '2027-03-10T07:00:00.000Z', [{ status: 'rejected', on: '2027-03-10', code: 'AC04' }]],
    ['return', '2027-03-09', '2027-03-12T06:59:59.999Z', [{ status: 'settled', on: '2027-03-10' }]],
    ['return', '2027-03-09', '2027-03-12T07:00:00.000Z', [{ status: 'settled' }, { status: 'returned', on: '2027-03-12', code: 'MD06' }]],
  ])('answers an account that is to %s, paid on %s, by %s', async (behaviour, executionOn, now, expected) => {
    const b = await bank();
    await b.register({ iban: IBAN, holder: 'Aune Järvi', behaviour });
    await b.submit(file('M1', [row('E1')], executionOn));
    expect(await b.replies('M1', now)).toMatchObject(expected);
    expect(await b.replies('M1', now)).toHaveLength(expected.length);
  });

  it('gives a settled payment one reference, the same at every asking', async () => {
    const b = await bank();
    await b.submit(file('M1', [row('E1'), row('E2')]));
    const replies = await b.replies('M1', LATER);
    expect(new Set(replies.map((r) => r.reference)).size).toBe(2);
    for (const { reference } of replies) expect(reference).toMatch(/^20270310[0-9A-F]{12}$/);
    expect(await b.replies('M1', LATER)).toEqual(replies);
    expect(await b.replies('M9', LATER)).toEqual([]);
  });

  it('pays once, however often and by however many a file is handed over', async () => {
    const [one, two] = [await bank(), await bank()];
    const rows = Array.from({ length: 20 }, (_, n) => row(`E${n}`));
    await Promise.all(Array.from({ length: 50 }, (_, n) => (n % 2 === 0 ? one : two).submit(file('M1', rows))));
    // and once more after a restart
    one.close();
    open.splice(open.indexOf(one), 1);
    const again = await bank();
    expect(await again.submit(file('M1', rows))).toEqual({ accepted: true });
    const paid = await again.statement(LATER);
    expect(paid).toHaveLength(20);
    expect(paid.reduce((sum, p) => sum + p.cents, 0)).toBe(1_000_000);
    expect(await again.replies('M1', LATER)).toHaveLength(20);
  });

  it('pays once per EndToEndId, also from another file, and answers what became of it', async () => {
    const b = await bank();
    await b.submit(file('M1', [row('E1')]));
    await b.submit(file('M2', [row('E1'), row('E2')], '2027-03-15'));
    expect((await b.statement(LATER)).map((p) => p.endToEndId)).toEqual(['E1', 'E2']);
    const [first] = await b.replies('M1', LATER);
    expect((await b.replies('M2', LATER))[0]).toEqual(first);
    // within one file too
    await b.submit(file('M3', [row('E3'), row('E3')]));
    expect(await b.replies('M3', LATER)).toHaveLength(1);
  });

  it('refuses a known message or payment with other contents as a whole', async () => {
    const b = await bank();
    await b.submit(file('M1', [row('E1')]));
    await expect(b.submit(file('M1', [row('E1', { cents: 1 })]))).rejects.toThrow(FileRefused);
    await expect(b.submit(file('M2', [row('E2'), row('E1', { cents: 1 })]))).rejects.toThrow(FileRefused);
    await expect(b.submit(file('M3', [row('E3', { cents: 0.5 })]))).rejects.toThrow(FileRefused);
    expect((await b.statement(LATER)).map((p) => p.endToEndId)).toEqual(['E1']);
    expect(await b.submit(file('M2', [row('E2')]))).toEqual({ accepted: true });
  });

  it('counts neither rejected nor returned money as paid', async () => {
    const b = await bank();
    await b.register({ iban: 'FI1', holder: null, behaviour: 'reject' });
    await b.register({ iban: 'FI2', holder: null, behaviour: 'return' });
    await b.submit(file('M1', [row('E1', { iban: 'FI1' }), row('E2', { iban: 'FI2' }), row('E3')]));
    const at = async (now: string) => (await b.statement(now)).map((p) => p.endToEndId);
    expect(await at('2027-03-10T06:00:00.000Z')).toEqual([]);
    expect(await at('2027-03-10T07:00:00.000Z')).toEqual(['E2', 'E3']);
    expect(await at('2027-03-12T07:00:00.000Z')).toEqual(['E3']);
  });

  it('keeps neither account nor name of a payment', async () => {
    const b = await bank();
    await b.submit(file('M1', [row('E1')]));
    const bytes = readdirSync(dir).map((name) => readFileSync(join(dir, name)).toString('latin1'));
    expect(bytes.join('')).toContain('M1');
    expect(bytes.join('')).not.toContain(IBAN);
    expect(bytes.join('')).not.toContain('Aune');
  });

  it('leaves files of other programs alone', async () => {
    const foreign = join(dir, 'bank.db');
    const db = new DatabaseSync(foreign);
    db.exec('CREATE TABLE theirs (x)');
    db.close();
    await expect(bank()).rejects.toThrow(BankFileRefused);
    rmSync(foreign);
    writeFileSync(foreign, 'no database at all, but long enough to be taken for one'.repeat(40));
    await expect(bank()).rejects.toThrow('not a database');
  });
});
