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

/** One event's place in its own stream. Unlike a position it does not depend on what others wrote meanwhile. */
export interface Place {
  stream: string;
  /** -1 before the first event */
  revision: number;
}

const TAG = 16;
/** Tokens hold so many bytes, or a multiple: more than the name of any stream of ours with its revision. */
const STEP = 112;
const MOST = 4 * STEP;

const keys = (key: Buffer): { mac: Buffer; cipher: Buffer } => {
  const both = Buffer.from(hkdfSync('sha256', key, '', 'minipilot/position/v1', 64));
  return { mac: both.subarray(0, 32), cipher: both.subarray(32) };
};

const tagOf = (plain: Buffer, mac: Buffer): Buffer => createHmac('sha256', mac).update(plain).digest().subarray(0, TAG);

/**
 * A place as an opaque token: the same place gives the same token, all tokens of our streams have one length, and nothing can be
 * read from it, compared or ordered. AES-256-CTR under a synthetic IV. `key` is `readModels.tokenKey()`.
 * Throws RangeError for a name beyond 400 bytes.
 */
export function encodePlace({ stream, revision }: Place, key: Buffer): string {
  const { mac, cipher } = keys(key);
  const text = `${revision} ${stream}`;
  const length = Math.ceil(Buffer.byteLength(text) / STEP) * STEP;
  if (length > MOST) throw new RangeError(`no token for a stream with so long a name: ${stream}`);
  const plain = Buffer.alloc(length, ' ');
  plain.write(text);
  const tag = tagOf(plain, mac);
  return Buffer.concat([tag, createCipheriv('aes-256-ctr', cipher, tag).update(plain)]).toString('base64url');
}

/** Throws BadToken. */
export function decodePlace(token: string, key: Buffer): Place {
  const { mac, cipher } = keys(key);
  if (typeof token !== 'string' || !/^[\w-]{100,700}$/.test(token)) throw new BadToken();
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.length % STEP !== TAG || bytes.toString('base64url') !== token) throw new BadToken();
  const tag = bytes.subarray(0, TAG);
  const plain = createDecipheriv('aes-256-ctr', cipher, tag).update(bytes.subarray(TAG));
  if (!timingSafeEqual(tagOf(plain, mac), tag)) throw new BadToken();
  const [revision, stream] = plain.toString().trimEnd().split(' ');
  return { stream: stream!, revision: Number(revision) };
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
