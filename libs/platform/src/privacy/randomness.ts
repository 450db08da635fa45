import { createHmac, randomBytes } from 'node:crypto';
import type { Randomness } from './port.js';

/** The operating system's randomness; the label plays no part. */
export const systemRandomness: Randomness = { bytes: (length) => randomBytes(length) };

/**
 * Bytes that follow from seed and label: the blocks HMAC-SHA-256(seed, label ‖ U+0000 ‖ block number). For demos and simulations only.
 * Throws RangeError on a label with U+0000.
 */
export function demoRandomness(seed: string): Randomness {
  return {
    bytes(length, label) {
      if (label.includes('\0')) throw new RangeError('a label may not contain U+0000');
      const blocks: Buffer[] = [];
      for (let block = 0; block * 32 < length; block++) blocks.push(createHmac('sha256', seed).update(`${label}\0${block}`).digest());
      return Buffer.concat(blocks).subarray(0, length);
    },
  };
}

/** A random UUID (version 4) drawn from `random`. */
export function randomUuid(random: Randomness, label: string): string {
  const bytes = Buffer.from(random.bytes(16, label));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
