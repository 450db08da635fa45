/** Money is integer cents of one currency. */
export type Cents = number;

export const isCents = (value: unknown): value is Cents => Number.isSafeInteger(value);

/** Sum that refuses to leave the safe integers. */
export function sum(cents: Iterable<Cents>): Cents {
  let total = 0;
  for (const c of cents) total += c;
  if (!Number.isSafeInteger(total)) throw new RangeError('sum of cents is not a safe integer');
  return total;
}

export interface Entry {
  account: string;
  side: 'debit' | 'credit';
  cents: Cents;
}

/** Double entry: every posting has equal debits and credits, each of at least one cent. */
export function isBalanced(entries: readonly Entry[]): boolean {
  let difference = 0;
  for (const entry of entries) {
    if (!Number.isSafeInteger(entry.cents) || entry.cents <= 0) return false;
    difference += entry.side === 'debit' ? entry.cents : -entry.cents;
  }
  return entries.length > 1 && difference === 0;
}
