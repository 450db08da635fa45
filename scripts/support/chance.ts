import { createHash } from 'node:crypto';

/** Draws that follow from a seed and names: the same names always draw the same, in whatever order they are asked for. */
export interface Chance {
  /** from 0 up to, but without, 1 */
  next(): number;
  /** true with this probability */
  under(probability: number): boolean;
  /** a whole number, both ends included */
  whole(min: number, max: number): number;
  pick<T>(items: readonly T[]): T;
}

/** A generator of its own (mulberry32) for each combination of seed and names. */
export function chance(...names: (string | number)[]): Chance {
  let state = createHash('sha256').update(names.join('\u001f')).digest().readUInt32LE(0);
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return {
    next,
    under: (probability) => next() < probability,
    whole: (min, max) => min + Math.floor(next() * (max - min + 1)),
    pick: (items) => items[Math.floor(next() * items.length)]!,
  };
}
