import { DatabaseSync } from 'node:sqlite';
import { jcs, sha256 } from '@minipilot/kernel/ids.js';
import { addWorkingDays, atLocalTime, type Holidays, type Instant, type LocalDate } from '@minipilot/kernel/time.js';
import { immediately, whenUnlocked } from '../store/connection.js';

export type Behaviour = 'settle' | 'reject' | 'return';
export type NameAnswer = 'match' | 'close' | 'no-match' | 'unchecked';

export interface DemoPayment {
  endToEndId: string;
  cents: number;
  currency: string;
  iban: string;
  name: string;
}

export interface DemoFile {
  messageId: string;
  /** banking day on which the bank is to pay */
  executionOn: LocalDate;
  rows: DemoPayment[];
}

export interface DemoReply {
  endToEndId: string;
  status: 'settled' | 'rejected' | 'returned';
  code?: string;
  reference?: string;
  on: LocalDate;
}

/** The bank refuses the file as a whole; nothing of it is paid. */
export class FileRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'FileRefused';
  }
}

/** The file belongs to another program. */
export class BankFileRefused extends Error {
  constructor(file: string) {
    super(`${file} is not a demo bank of ours. Name another data folder, or move this file away.`);
    this.name = 'BankFileRefused';
  }
}

/** "MPbk" in ASCII. */
const APPLICATION_ID = 0x4d50626b;

const SCHEMA = `
  CREATE TABLE account (iban TEXT PRIMARY KEY, holder TEXT, behaviour TEXT NOT NULL) STRICT;
  CREATE TABLE message (id TEXT PRIMARY KEY, digest TEXT NOT NULL) STRICT;
  CREATE TABLE payment (end_to_end_id TEXT PRIMARY KEY, digest TEXT NOT NULL, cents INTEGER NOT NULL, behaviour TEXT NOT NULL, execution_on TEXT NOT NULL) STRICT;
  CREATE TABLE message_row (message_id TEXT NOT NULL, end_to_end_id TEXT NOT NULL, PRIMARY KEY (message_id, end_to_end_id)) STRICT, WITHOUT ROWID;
  PRAGMA application_id = ${APPLICATION_ID};
`;

interface Payment {
  end_to_end_id: string;
  cents: number;
  behaviour: Behaviour;
  execution_on: LocalDate;
}

/** ISO 20022 reasons: account closed; refused by the account's holder. */
const CODES = { rejected: 'AC04', returned: 'MD06' };

/**
 * A bank for demonstrations, in a durable file of its own. It pays what it is told, once per EndToEndId, whatever is sent again:
 * on the banking day after execution, at 9.00, a payment is settled or rejected; a returned one comes back two banking days later.
 * An account that nobody registered belongs to whoever is named, and settles. No payment's account or name is kept.
 */
export class DemoBank {
  private constructor(
    private readonly db: DatabaseSync,
    private readonly zone: string,
    private readonly holidays: Holidays,
  ) {}

  /** `holidays` are days on which banks do not pay. Throws BankFileRefused for a file of another program. */
  static async open(options: { file: string; zone: string; holidays: Holidays }): Promise<DemoBank> {
    const db = new DatabaseSync(options.file, { timeout: 0 });
    try {
      await whenUnlocked(() => db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;'));
      await whenUnlocked(() => immediately(db, () => prepare(db, options.file)));
    } catch (error) {
      db.close();
      throw error;
    }
    return new DemoBank(db, options.zone, options.holidays);
  }

  /** Makes an account known. `holder: null` is one whose bank answers no name checks. */
  async register(account: { iban: string; holder: string | null; behaviour: Behaviour }): Promise<void> {
    const sql =
      'INSERT INTO account VALUES (?, ?, ?) ON CONFLICT (iban) DO UPDATE SET holder = excluded.holder, behaviour = excluded.behaviour';
    await whenUnlocked(() => this.db.prepare(sql).run(plain(account.iban), account.holder, account.behaviour));
  }

  async checkName(iban: string, name: string): Promise<NameAnswer> {
    const account = await whenUnlocked(() => this.db.prepare('SELECT holder FROM account WHERE iban = ?').get(plain(iban)));
    if (account === undefined) return 'match';
    return account.holder === null ? 'unchecked' : compareNames(account.holder as string, name);
  }

  /**
   * Takes a payment file in. The same message again is accepted and changes nothing; a payment that came in another message is not
   * paid again. Throws FileRefused when a known message or EndToEndId comes with other contents, or a row is no payment.
   */
  async submit(file: DemoFile): Promise<{ accepted: true }> {
    const digest = sha256(jcs(file));
    await whenUnlocked(() =>
      immediately(this.db, () => {
        const known = this.db.prepare('SELECT digest FROM message WHERE id = ?').get(file.messageId);
        if (known !== undefined) {
          if (known.digest !== digest) throw new FileRefused(`message ${file.messageId} is known with other contents`);
          return;
        }
        this.db.prepare('INSERT INTO message VALUES (?, ?)').run(file.messageId, digest);
        for (const row of file.rows) this.take(file, row);
      }),
    );
    return { accepted: true };
  }

  /** All replies to a message that had come by `now`, oldest first. A payment known from an earlier message has that one's replies. */
  async replies(messageId: string, now: Instant): Promise<DemoReply[]> {
    const sql = 'SELECT payment.* FROM message_row JOIN payment USING (end_to_end_id) WHERE message_id = ?';
    const payments = await whenUnlocked(() => this.db.prepare(sql).all(messageId) as unknown as Payment[]);
    return payments.flatMap((payment) => this.repliesTo(payment, now)).sort((a, b) => (a.on + a.endToEndId < b.on + b.endToEndId ? -1 : 1));
  }

  /** What left the municipality's account by `now` and did not come back. In cents, by EndToEndId. */
  async statement(now: Instant): Promise<{ endToEndId: string; cents: number }[]> {
    const payments = await whenUnlocked(
      () => this.db.prepare('SELECT * FROM payment ORDER BY end_to_end_id').all() as unknown as Payment[],
    );
    return payments
      .filter((payment) => this.repliesTo(payment, now).at(-1)?.status === 'settled')
      .map(({ end_to_end_id, cents }) => ({ endToEndId: end_to_end_id, cents }));
  }

  close(): void {
    this.db.close();
  }

  private take({ messageId, executionOn }: DemoFile, row: DemoPayment): void {
    if (!Number.isSafeInteger(row.cents) || row.cents <= 0) throw new FileRefused(`payment ${row.endToEndId} is of no sum`);
    const digest = sha256(jcs(row));
    const known = this.db.prepare('SELECT digest FROM payment WHERE end_to_end_id = ?').get(row.endToEndId);
    if (known !== undefined && known.digest !== digest) throw new FileRefused(`payment ${row.endToEndId} is known with other contents`);
    if (known === undefined) {
      const account = this.db.prepare('SELECT behaviour FROM account WHERE iban = ?').get(plain(row.iban));
      const behaviour = account?.behaviour ?? 'settle';
      this.db.prepare('INSERT INTO payment VALUES (?, ?, ?, ?, ?)').run(row.endToEndId, digest, row.cents, behaviour, executionOn);
    }
    this.db.prepare('INSERT INTO message_row VALUES (?, ?) ON CONFLICT DO NOTHING').run(messageId, row.endToEndId);
  }

  private repliesTo({ end_to_end_id: endToEndId, behaviour, execution_on }: Payment, now: Instant): DemoReply[] {
    const first = addWorkingDays(execution_on, 1, this.holidays);
    const reference = `${first.replaceAll('-', '')}${sha256('reference', endToEndId).slice(0, 12).toUpperCase()}`;
    const replies: DemoReply[] =
      behaviour === 'reject'
        ? [{ endToEndId, status: 'rejected', code: CODES.rejected, on: first }]
        : [{ endToEndId, status: 'settled', reference, on: first }];
    if (behaviour === 'return') {
      replies.push({ endToEndId, status: 'returned', code: CODES.returned, on: addWorkingDays(first, 2, this.holidays) });
    }
    return replies.filter((reply) => atLocalTime(reply.on, '09:00', this.zone) <= now);
  }
}

function prepare(db: DatabaseSync, file: string): void {
  const application = db.prepare('PRAGMA application_id').get()!.application_id;
  if (application === APPLICATION_ID) return;
  const tables = db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()!.n;
  if (application !== 0 || tables !== 0) throw new BankFileRefused(file);
  db.exec(SCHEMA);
}

const plain = (iban: string): string => iban.replaceAll(' ', '').toUpperCase();

/** Words of a name without case, diacritics and punctuation, in order of the alphabet. */
const words = (name: string): string =>
  name
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
    .sort()
    .join(' ');

/** `match` whatever the case, diacritics and order of words; `close` when at most two letters differ and most are the same. */
export function compareNames(holder: string, name: string): 'match' | 'close' | 'no-match' {
  const [a, b] = [words(holder), words(name)];
  if (a === b) return 'match';
  return distance(a, b) <= Math.min(2, Math.floor(a.length / 3)) ? 'close' : 'no-match';
}

/** Letters to insert, delete or replace (Levenshtein); names longer than 200 letters are cut, so that no name takes long. */
function distance(from: string, to: string): number {
  const [a, b] = [[...from].slice(0, 200), [...to].slice(0, 200)];
  let row = b.map((_, j) => j + 1);
  row.unshift(0);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) next.push(Math.min(row[j + 1]! + 1, next[j]! + 1, row[j]! + (a[i] === b[j] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
