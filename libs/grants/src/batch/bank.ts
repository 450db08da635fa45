import { jcs, sha256 } from '@minipilot/kernel/ids.js';
import type { Cents } from '@minipilot/kernel/money.js';
import type { LocalDate } from '@minipilot/kernel/time.js';
import type { NameCheck } from './events.js';

/** One credit transfer. */
export interface PaymentRow {
  endToEndId: string;
  cents: Cents;
  currency: string;
  iban: string;
  /** the recipient's name as the account's holder */
  name: string;
}

/** A file for the bank; the same batch always gives the same file. */
export interface PaymentFile {
  messageId: string;
  executionOn: LocalDate;
  rows: PaymentRow[];
}

/** What became of one payment. A payment can be settled and later returned: both are told, in this order. */
export interface BankReply {
  endToEndId: string;
  status: 'settled' | 'rejected' | 'returned';
  /** the bank's reason for a rejection or return, such as AC04 */
  code?: string;
  /** the bank's reference of a settled payment */
  reference?: string;
  on: LocalDate;
}

/** The municipality's bank. Every method may be repeated: a message id or EndToEndId that the bank knows is never paid again. */
export interface Bank {
  checkName(iban: string, name: string): Promise<NameCheck>;
  /** Throws when the bank refuses the file as a whole; then nothing of it is paid. */
  submit(file: PaymentFile): Promise<{ accepted: true }>;
  /** All replies to a message so far, oldest first. `now` is a UTC instant. */
  replies(messageId: string, now: string): Promise<BankReply[]>;
}

/** EndToEndId of one attempt to pay one instalment of one grant: 34 characters, the same at every time. */
export const endToEndId = (pilot: string, instalment: number, attempt: number): string =>
  `MP${sha256('minipilot/end-to-end/v1', jcs([pilot, instalment, attempt])).slice(0, 32)}`;

/** Message id of a batch's file: 34 characters. */
export const messageId = (batch: string): string => `MB${batch.replaceAll('-', '')}`;

/**
 * The file of a batch as text, JSON lines: a head with count and sum, then one line for each row, in order of EndToEndId.
 * `digest` is the SHA-256 of `content`, which the batch fixes when it is released. Throws RangeError on a row that is listed twice.
 */
export function paymentFile(batch: {
  batch: string;
  messageId: string;
  executionOn: LocalDate;
  rows: { pilot: string; instalment: number; attempt: number; cents: Cents; iban: string; name: string }[];
}): { file: PaymentFile; content: string; digest: string } {
  const rows = batch.rows
    .map(({ pilot, instalment, attempt, cents, iban, name }) => ({
      endToEndId: endToEndId(pilot, instalment, attempt),
      cents,
      currency: 'EUR',
      iban: iban.replaceAll(' ', '').toUpperCase(),
      name,
    }))
    .sort((a, b) => (a.endToEndId < b.endToEndId ? -1 : 1));
  if (new Set(rows.map((r) => r.endToEndId)).size !== rows.length) throw new RangeError('a payment is listed twice');
  const cents = rows.reduce((sum, r) => sum + r.cents, 0);
  const head = { batch: batch.batch, messageId: batch.messageId, executionOn: batch.executionOn, rows: rows.length, cents };
  const content = [head, ...rows].map((line) => `${jcs(line)}\n`).join('');
  return { file: { messageId: batch.messageId, executionOn: batch.executionOn, rows }, content, digest: sha256(content) };
}
