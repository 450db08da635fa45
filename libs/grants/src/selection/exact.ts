/** Arithmetic without rounding, and orders that depend on nothing but the values. */

/** A fraction in lowest terms; the denominator is positive. */
export interface Ratio {
  n: bigint;
  d: bigint;
}

export function gcd(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a < 0n ? -a : a;
}

export function fraction(n: bigint, d: bigint): Ratio {
  const divisor = gcd(n, d);
  return divisor === 0n ? { n, d: 1n } : { n: n / divisor, d: d / divisor };
}

/** Order of two fractions, which need not be in lowest terms. */
export function compare(a: Ratio, b: Ratio): number {
  const [left, right] = [a.n * b.d, b.n * a.d];
  return left < right ? -1 : left > right ? 1 : 0;
}

export const byNumber = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Grants sums one after the other while they fit; `stop` ends at the first that does not. */
export function granting(money: bigint, whenOver: 'skip' | 'stop'): (asked: bigint) => 'fits' | 'over-budget' | 'after-stop' {
  let left = money;
  let stopped = false;
  return (asked) => {
    if (stopped) return 'after-stop';
    if (asked > left) {
      stopped = whenOver === 'stop';
      return 'over-budget';
    }
    left -= asked;
    return 'fits';
  };
}

/** Items in order; those that `compare` calls alike stand in groups together. */
export function groups<T>(items: readonly T[], compare: (a: T, b: T) => number): T[][] {
  const sorted = [...items].sort(compare);
  return sorted.reduce<T[][]>((all, item) => {
    const last = all.at(-1);
    if (last !== undefined && compare(last[0]!, item) === 0) last.push(item);
    else all.push([item]);
    return all;
  }, []);
}
