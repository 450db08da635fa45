import { createCipheriv, createDecipheriv, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Position } from '@minipilot/kernel/event.js';
import type { Projection } from '@minipilot/kernel/projection.js';
import { cursorRows } from './cursors.js';
import type { ReadModels } from './database.js';

/** The text is no position token that this deployment gave out. */
export class BadToken extends Error {
  constructor() {
    super('not a position token');
    this.name = 'BadToken';
  }
}

const BLOCK = 16;

const keys = (key: Buffer): { mac: Buffer; cipher: Buffer } => {
  const both = Buffer.from(hkdfSync('sha256', key, '', 'minipilot/position/v1', 64));
  return { mac: both.subarray(0, 32), cipher: both.subarray(32) };
};

const tagOf = (plain: Buffer, mac: Buffer): Buffer => createHmac('sha256', mac).update(plain).digest().subarray(0, BLOCK);

/**
 * A position as an opaque token: the same position gives the same token, of a length that depends on the store alone, and
 * neither order nor count of events can be read from it. AES-256-CTR under a synthetic IV. `key` is `readModels.tokenKey()`.
 */
export function encodePosition(position: Position, key: Buffer): string {
  const { mac, cipher } = keys(key);
  const plain = Buffer.from(position.padEnd(Math.ceil(Math.max(position.length, 1) / BLOCK) * BLOCK));
  const tag = tagOf(plain, mac);
  return Buffer.concat([tag, createCipheriv('aes-256-ctr', cipher, tag).update(plain)]).toString('base64url');
}

/** Throws BadToken. */
export function decodePosition(token: string, key: Buffer): Position {
  const { mac, cipher } = keys(key);
  if (typeof token !== 'string' || !/^[\w-]{43,171}$/.test(token)) throw new BadToken();
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.length % BLOCK !== 0 || bytes.toString('base64url') !== token) throw new BadToken();
  const tag = bytes.subarray(0, BLOCK);
  const plain = createDecipheriv('aes-256-ctr', cipher, tag).update(bytes.subarray(BLOCK));
  if (!timingSafeEqual(tagOf(plain, mac), tag)) throw new BadToken();
  return plain.toString().trimEnd();
}

/**
 * Waits until the live tables of the projections hold the event at `position`. `stale` when they do not after `timeoutMs`,
 * or at once when one of them is stopped before it.
 */
export async function waitFor(
  readModels: ReadModels,
  projections: readonly Pick<Projection, 'name' | 'version'>[],
  position: Position,
  timeoutMs: number,
): Promise<{ stale: boolean }> {
  const until = performance.now() + timeoutMs;
  for (let pause = 5; ; pause = Math.min(pause * 2, 50)) {
    const rows = await cursorRows(readModels);
    const behind = projections
      .map((p) => rows.find((r) => r.live === 1 && r.name === p.name && r.version === p.version))
      .filter((r) => !r || r.position < position);
    if (behind.length === 0) return { stale: false };
    const left = until - performance.now();
    if (left <= 0 || behind.some((r) => r?.status === 'stopped')) return { stale: true };
    await sleep(Math.min(pause, left));
  }
}
