import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  generateKeyPairSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import { derive } from './keys.js';

/** Bytes of a nonce, of an authentication tag and of an X25519 public key. */
const NONCE = 12;
const TAG = 16;
export const PUBLIC = 32;
/** SPKI DER of an X25519 public key, up to its 32 bytes (RFC 8410) */
const SPKI_X25519 = Buffer.from('302a300506032b656e032100', 'hex');
/** PKCS #8 DER of an X25519 private key, up to its 32 bytes (RFC 8410) */
const PKCS8_X25519 = Buffer.from('302e020100300506032b656e04220420', 'hex');

export const rawPublic = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' }).subarray(-PUBLIC);
export const rawPrivate = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
export const publicKeyOf = (raw: Uint8Array): KeyObject =>
  createPublicKey({ key: Buffer.concat([SPKI_X25519, raw]), format: 'der', type: 'spki' });
export const privateKeyOf = (raw: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PKCS8_X25519, raw]), format: 'der', type: 'pkcs8' });

/** Nonce ‖ ciphertext ‖ tag under AES-256-GCM. */
export function encrypt(key: Buffer, nonce: Buffer, aad: Buffer, plaintext: Uint8Array): Buffer {
  // a KeyObject: a raw key costs node:crypto several times as much at every call
  const cipher = createCipheriv('aes-256-gcm', createSecretKey(key), nonce).setAAD(aad);
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** Takes `encrypt` back; throws when key, place or bytes are not the ones of then. */
export function decrypt(key: Buffer, aad: Buffer, bytes: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', createSecretKey(key), bytes.subarray(0, NONCE), { authTagLength: TAG });
  decipher.setAAD(aad).setAuthTag(bytes.subarray(-TAG));
  return Buffer.concat([decipher.update(bytes.subarray(NONCE, -TAG)), decipher.final()]);
}

/**
 * Closes bytes for the holder of a private key with a key pair that exists for this call only: that pair's public key ‖ `encrypt`.
 * `info` says, with the pair's public key, what the key is derived for.
 */
export function sealTo(publicKey: KeyObject, info: (ephemeral: Buffer) => Buffer, aad: Buffer, plaintext: Buffer): Buffer {
  const pair = generateKeyPairSync('x25519');
  const ephemeral = rawPublic(pair.publicKey);
  const key = derive(diffieHellman({ privateKey: pair.privateKey, publicKey }), info(ephemeral));
  return Buffer.concat([ephemeral, encrypt(key, randomBytes(NONCE), aad, plaintext)]);
}

/** Opens what `sealTo` closed; throws when the key or the place is another, or bytes were changed. */
export function openSealed(privateKey: KeyObject, info: (ephemeral: Buffer) => Buffer, aad: Buffer, bytes: Buffer): Buffer {
  const ephemeral = bytes.subarray(0, PUBLIC);
  const key = derive(diffieHellman({ privateKey, publicKey: publicKeyOf(ephemeral) }), info(ephemeral));
  return decrypt(key, aad, bytes.subarray(PUBLIC));
}
