import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { PURPOSES, type Purpose } from '@minipilot/kernel/event.js';
import { demoRandomness, systemRandomness } from './randomness.js';

/** Keys that this process may use. Every process seals for every purpose; it opens only those whose private key it holds. */
export interface Keys {
  /** 32 bytes, from which the vault's own keys derive */
  masterKey: Buffer;
  publicKeys: Readonly<Record<Purpose, KeyObject>>;
  privateKeys: Readonly<Partial<Record<Purpose, KeyObject>>>;
}

/** A key file that is missing, damaged, or open to others. The message says what to do. */
export class KeyRefused extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'KeyRefused';
  }
}

const MASTER = 'master.key';
/** PKCS #8 DER of an X25519 private key, up to its 32 bytes (RFC 8410) */
const PKCS8_X25519 = Buffer.from('302e020100300506032b656e04220420', 'hex');

/** 32 bytes derived from `key` for one use (HKDF-SHA-256, RFC 5869). */
export const derive = (key: Buffer, info: string | Buffer): Buffer => Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), info, 32));

/**
 * Creates the folder and the key files that are missing; from `demoSeed` where given, else at random.
 * A purpose with only a public key is left alone: its private key is held elsewhere. Safe when several processes start at once.
 */
export function ensureKeys(dir: string, options: { demoSeed?: string } = {}): void {
  const random = options.demoSeed === undefined ? systemRandomness : demoRandomness(options.demoSeed);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (!existsSync(join(dir, MASTER))) createFile(dir, MASTER, `${random.bytes(32, 'key/master').toString('hex')}\n`);
  for (const purpose of PURPOSES) {
    const hasPrivate = existsSync(join(dir, `${purpose}.key`));
    if (existsSync(join(dir, `${purpose}.pub`))) continue;
    if (!hasPrivate) {
      const der = Buffer.concat([PKCS8_X25519, random.bytes(32, `key/${purpose}`)]);
      const pair = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
      createFile(dir, `${purpose}.key`, pair.export({ format: 'pem', type: 'pkcs8' }) as string);
    }
    // read back, because another process may have been first
    const publicKey = createPublicKey(readPrivate(dir, purpose));
    createFile(dir, `${purpose}.pub`, publicKey.export({ format: 'pem', type: 'spki' }) as string);
  }
}

/** Loads the master key, all public keys, and the private keys of `purposes` only. Throws KeyRefused. */
export function loadKeys(dir: string, purposes: readonly Purpose[]): Keys {
  refuseIfOpen(dir, 0o077, 'chmod 700');
  const text = readKeyFile(dir, MASTER, 0o077).trim();
  if (!/^[0-9a-f]{64}$/.test(text)) throw damaged(join(dir, MASTER));
  const publicKeys = {} as Record<Purpose, KeyObject>;
  const privateKeys: Partial<Record<Purpose, KeyObject>> = {};
  for (const purpose of PURPOSES) {
    const path = join(dir, `${purpose}.pub`);
    const key = parse(path, readKeyFile(dir, `${purpose}.pub`, 0o022), createPublicKey);
    publicKeys[purpose] = key;
    if (!purposes.includes(purpose)) continue;
    const privateKey = readPrivate(dir, purpose);
    if (!createPublicKey(privateKey).equals(key)) {
      throw new KeyRefused(`${path} is not the public key of ${purpose}.key: restore both from one backup`);
    }
    privateKeys[purpose] = privateKey;
  }
  return { masterKey: Buffer.from(text, 'hex'), publicKeys, privateKeys };
}

const readPrivate = (dir: string, purpose: Purpose): KeyObject =>
  parse(join(dir, `${purpose}.key`), readKeyFile(dir, `${purpose}.key`, 0o077), createPrivateKey);

function parse(path: string, pem: string, create: (pem: string) => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = create(pem);
  } catch (cause) {
    throw damaged(path, cause);
  }
  if (key.asymmetricKeyType !== 'x25519') throw damaged(path);
  return key;
}

const damaged = (path: string, cause?: unknown): KeyRefused =>
  new KeyRefused(`${path} is damaged or not a key of this service: restore it from the backup of keys`, { cause });

function readKeyFile(dir: string, name: string, forbidden: number): string {
  const path = join(dir, name);
  refuseIfOpen(path, forbidden, 'chmod 600');
  return readFileSync(path, 'utf8');
}

function refuseIfOpen(path: string, forbidden: number, remedy: string): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new KeyRefused(`${path} is missing: restore it from the backup of keys`);
  if ((stat.mode & forbidden) !== 0) {
    throw new KeyRefused(`${path} has mode ${(stat.mode & 0o777).toString(8)}, so others can reach it: ${remedy} ${path}`);
  }
}

/** Writes the whole file, durably, or leaves the one that another process made first. */
function createFile(dir: string, name: string, text: string): void {
  const temporary = join(dir, `.${name}.${process.pid}.tmp`);
  const fd = openSync(temporary, 'w', 0o600);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
    linkSync(temporary, join(dir, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    closeSync(fd);
    unlinkSync(temporary);
  }
  const folder = openSync(dir, 'r');
  fsyncSync(folder);
  closeSync(folder);
}
