import type { PostingView } from '@minipilot/insight/money.js';
import type { BatchView } from '@minipilot/insight/payouts.js';
import { Bool, CentsOf, Counts, Day, Digest, Int, Moment, Of, pageOf, Str, Uuid, Word } from './fields.js';

const BATCH_STATES = ['open', 'prepared', 'approved', 'released', 'finished'];

/** A payment batch in a list. */
export class BatchSummary implements Omit<BatchView, 'batch' | 'preparedBy' | 'approvedBy' | 'byState'> {
  @Uuid() id: string;
  @Day() day: string;
  @Int({ description: 'which batch of the day' }) number: number;
  @Word(BATCH_STATES) state: BatchView['state'];
  @Moment() openedAt: string;
  @Digest({ nullable: true, description: 'binds the rows that were prepared' }) digest: string | null;
  @Moment({ nullable: true }) preparedAt: string | null;
  @Int({ nullable: true }) preparedRows: number | null;
  @CentsOf({ nullable: true }) preparedCents: number | null;
  @Moment({ nullable: true }) approvedAt: string | null;
  @Int({ description: 'how often an approval was voided by a change' }) voided: number;
  @Moment({ nullable: true }) voidedAt: string | null;
  @Str({ nullable: true, description: 'of the file to the bank' }) messageId: string | null;
  @Str({ nullable: true, description: 'SHA-256 of the file in hex; empty when no row was left to pay' }) fileDigest: string | null;
  @Day({ nullable: true }) executionOn: string | null;
  @Moment({ nullable: true }) releasedAt: string | null;
  @Int({ nullable: true }) releasedRows: number | null;
  @CentsOf({ nullable: true }) releasedCents: number | null;
  @Moment({ nullable: true }) finishedAt: string | null;
  @Int({ description: 'payments of this batch' }) rows: number;
  @CentsOf() cents: number;
  @Counts({ description: 'payments by their state: waiting, moved, sent, settled, rejected, returned' }) byState: object;
}
export const BatchSummaryPage = pageOf('BatchSummaryPage', BatchSummary);

class BatchRowAnswer {
  @Str({ description: '`<pilot>/<instalment>/<attempt>`' }) row: string;
  @Uuid() pilot: string;
  @Uuid() call: string;
  @Int() instalment: number;
  @Int() attempt: number;
  @CentsOf() cents: number;
  @Str({ nullable: true, description: 'who is paid; account numbers are shown to nobody' }) payee: string | null;
  @Word(['pending', 'match', 'close', 'no-match', 'unchecked'], { description: 'what the bank says to the name of the account’s holder' })
  check: string;
  @Bool({ description: 'somebody looked at a name that nearly matches' }) accepted: boolean;
  @Word(['waiting', 'moved', 'sent', 'settled', 'rejected', 'returned']) status: string;
  @Str({ nullable: true, description: 'the bank’s reference or reason' }) reply: string | null;
  @Uuid({ nullable: true, description: 'batch that the payment had to leave' }) movedFrom: string | null;
}
/** A batch from its own stream. */
export class BatchAnswer {
  @Uuid() id: string;
  @Word(BATCH_STATES) status: string;
  @Digest({ description: 'of the rows as shown here: what an approval must name' }) digest: string;
  @Str({ list: true, description: 'rows that may be paid now' }) payable: string[];
  @Str({ nullable: true }) messageId: string | null;
  @Str({ nullable: true }) fileDigest: string | null;
  @Day({ nullable: true }) executionOn: string | null;
  @Of(() => BatchRowAnswer, { list: true }) rows: BatchRowAnswer[];
  @Int({ description: 'for If-Match' }) revision: number;
}

export class EntryAnswer {
  @Word(['budget', 'available', 'appeal-reserve', 'reserved', 'committed', 'in-transit', 'paid', 'returned'])
  account: PostingView['entries'][number]['account'];
  @Word(['debit', 'credit']) side: 'debit' | 'credit';
  @CentsOf() cents: number;
}
/** Money that moved from one account of a call to another. */
export class Posting implements PostingView {
  @Uuid() event: string;
  @Uuid() call: string;
  @Moment() at: string;
  @Word(['opened', 'budget-raised', 'reserved', 'released', 'committed', 'in-transit', 'settled', 'rejected', 'bank-returned', 'repaid'])
  step: string;
  @Str({ description: 'unique in the call’s ledger' }) postingKey: string;
  @Uuid({ nullable: true }) pilot: string | null;
  @Int({ nullable: true }) instalment: number | null;
  @Int({ nullable: true }) attempt: number | null;
  @Uuid({ nullable: true }) batch: string | null;
  @CentsOf() cents: number;
  @Of(() => EntryAnswer, { list: true, description: 'debits and credits are equal' }) entries: EntryAnswer[];
  @Uuid({ nullable: true, description: 'event that the posting follows from' }) cause: string | null;
  @Str({ nullable: true, description: 'why money was released' }) reason: string | null;
  @Day({ nullable: true, description: 'banking day' }) effectiveOn: string | null;
  @Str({ nullable: true, description: 'the bank’s reference' }) reference: string | null;
}
export const PostingPage = pageOf('PostingPage', Posting);
