/** 32 signs without I, L, O and U, which look like others or spell words (Crockford's base 32). */
const SIGNS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** What is written by hand and typed again: signs in groups, the last one a check sign. */
export interface Shape {
  /** signs in each group */
  groups: readonly number[];
}
/** Gives the right to vote: 75 bits. */
export const VOTING_CODE: Shape = { groups: [4, 4, 4, 4] };
/** By it a voter finds the own ballot after the count: 70 bits. */
export const TRACKER: Shape = { groups: [5, 5, 5] };

const length = ({ groups }: Shape): number => groups.reduce((sum, n) => sum + n, 0);

/** Bytes that a text of this shape is made of. */
export const bytesFor = (shape: Shape): number => Math.ceil(((length(shape) - 1) * 5) / 8);

/** Product in the field of 32 elements (x^5 + x^2 + 1). */
function times(a: number, b: number): number {
  let product = 0;
  for (let bit = 0; bit < 5; bit++) if ((b >> bit) & 1) product ^= a << bit;
  for (let bit = 8; bit >= 5; bit--) if ((product >> bit) & 1) product ^= 0b100101 << (bit - 5);
  return product;
}

/** One wrong sign and two that changed places are always found: each place has a weight of its own. */
function checkSign(values: readonly number[]): number {
  let weight = 1;
  let sum = 0;
  for (const value of values) {
    weight = times(weight, 2);
    sum ^= times(value, weight);
  }
  return sum;
}

/** Text of this shape from random bytes; those beyond `bytesFor` are not used. */
export function written(shape: Shape, bytes: Uint8Array): string {
  const values: number[] = [];
  let [pool, bits] = [0, 0];
  for (const byte of bytes) {
    pool = ((pool << 8) | byte) & 0xffff;
    for (bits += 8; bits >= 5 && values.length < length(shape) - 1; bits -= 5) values.push((pool >> (bits - 5)) & 31);
  }
  if (values.length < length(shape) - 1) throw new RangeError(`${bytes.length} bytes are too few`);
  values.push(checkSign(values));
  const signs = values.map((value) => SIGNS[value]!).join('');
  let at = 0;
  return shape.groups.map((n) => signs.slice(at, (at += n))).join('-');
}

/**
 * The one spelling of what somebody typed: capitals in groups; O is read as 0, I and L as 1; spaces and dashes play no part.
 * Null where it cannot be right: another length, another sign, or the check sign does not fit.
 */
export function read(shape: Shape, typed: string): string | null {
  const signs = typed
    .toUpperCase()
    .replace(/[\s–—-]/g, '')
    .replaceAll('O', '0')
    .replace(/[IL]/g, '1');
  if (signs.length !== length(shape)) return null;
  const values = [...signs].map((sign) => SIGNS.indexOf(sign));
  if (values.includes(-1) || checkSign(values.slice(0, -1)) !== values.at(-1)) return null;
  let at = 0;
  return shape.groups.map((n) => signs.slice(at, (at += n))).join('-');
}
