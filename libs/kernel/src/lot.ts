import { jcs, sha256 } from './ids.js';

/**
 * A lot that nobody can steer or foresee: a seed that was committed to by its hash, and what nobody knew before everything was opened.
 * All of it can be repeated with `sha256sum`: hashes are in lower-case hex and are hashed as text.
 */

/** What the draw depends on beside the seed. */
export type LotKind = 'cards' | 'readings' | 'ballots';

/** The hash that commits to a seed of 32 bytes in hex. */
export const seedHash = (seed: string): string => sha256(Buffer.from(seed, 'hex'));

/** Stands for one card, ballot or application's readings in the digest and tells nothing of it: one of its fields is a random salt. */
export const leafOf = (...fields: unknown[]): string => sha256(jcs(fields));

/** The leaf of one opened ballot, whose random field is its tracker; the order of its choices does not matter. */
export const ballotLeaf = (tracker: string, choices: readonly string[]): string => leafOf(tracker, [...choices].sort());

/** The same for every order of its leaves: SHA-256 of a heading and all leaves in order, one on each line, joined by line feeds. */
export const digestOfLeaves = (kind: LotKind, leaves: readonly string[]): string =>
  sha256([`minipilot/${kind}/v2`, ...[...leaves].sort()].join('\n'));

/**
 * Draw key of one application: SHA-256 over the text of seed (hex), digest (hex) and application id, in lower-case hex. The lowest goes
 * first. Throws RangeError when the seed is not 32 bytes in lower-case hex.
 */
export function drawKey(seed: string, digest: string, application: string): string {
  if (!/^[0-9a-f]{64}$/.test(seed)) throw new RangeError('the seed of a lot is 32 bytes in lower-case hex');
  return sha256(seed, digest, application);
}
