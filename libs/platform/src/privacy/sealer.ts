import { createHash, createHmac, createSecretKey, diffieHellman, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { PURPOSES, type NewEvent, type Purpose, type Recorded, type SealedRef } from '@minipilot/kernel/event.js';
import { jcs, sha256 } from '@minipilot/kernel/ids.js';
import { decrypt, encrypt, openSealed, PUBLIC, publicKeyOf, rawPublic, sealTo } from './hybrid.js';
import { derive, type Keys } from './keys.js';
import type { FilePlace, FileSealer, Randomness, Sealer, ToSeal } from './port.js';
import { systemRandomness } from './randomness.js';
import type { Vault, WrappedKey } from './vault.js';

/** This process does not hold the private key that the payload is sealed for. */
export class KeyNotHeld extends Error {
  constructor(readonly purpose: Purpose) {
    super(`the private key for ${purpose} is not held by this process`);
    this.name = 'KeyNotHeld';
  }
}

/** Ciphertext, commitment or wrapped key do not belong together: somebody changed the history or the vault. */
export class SealBroken extends Error {
  constructor(eventId: string, purpose: Purpose, what: string, options?: ErrorOptions) {
    super(`event ${eventId}, ${purpose}: ${what}`, options);
    this.name = 'SealBroken';
  }
}

/** What is needed of an event to open a sealed part of it. */
export type SealedEvent = Pick<Recorded, 'id' | 'type' | 'tenant' | 'sealed' | 'ciphertexts'>;

/** A payload with the salt (32 bytes in hex) that opens its commitment to others. */
export interface Opening {
  payload: Record<string, unknown>;
  salt: string;
}

/** `com`: SHA-256 in hex of "minipilot/com/v1" ‖ the salt's 32 bytes ‖ JCS(payload). */
export const commitment = (salt: string, payload: unknown): string => sha256('minipilot/com/v1', Buffer.from(salt, 'hex'), jcs(payload));

/** Whether salt and payload are what `com` was made of. */
export const verifyCommitment = (com: string, salt: string, payload: unknown): boolean =>
  /^[0-9a-f]{64}$/.test(salt) && commitment(salt, payload) === com;

/** Length of an epoch in milliseconds: for so long one ephemeral key pair serves. */
const EPOCH = 10 * 60 * 1000;
/** Payloads whose length must not speak, and the step they are padded to, in bytes. */
const PADDED: readonly Purpose[] = ['scores', 'ballot'];
const STEP = 1024;
/** most unwrapping keys kept */
const CACHED = 1024;

const KEY = 32;
const NONCE = 12;
const KEY_ID = 8;

/** Seals for all purposes; opens those whose private keys it was given. */
export class VaultSealer implements Sealer, FileSealer {
  private readonly vault: Vault;
  private readonly keys: Keys;
  private readonly random: Randomness;
  private readonly keyIds: Readonly<Record<Purpose, Buffer>>;
  private epoch: { publicKey: Buffer; wrappingKeys: Record<Purpose, Buffer>; until: number } | undefined;
  private readonly unwrappingKeys = new Map<string, Buffer>();

  constructor(options: { vault: Vault; keys: Keys; random: Randomness }) {
    this.vault = options.vault;
    this.keys = options.keys;
    this.random = options.random;
    this.keyIds = byPurpose((purpose) => keyId(rawPublic(this.keys.publicKeys[purpose])));
  }

  /** Throws RangeError when an event is sealed already, or one subject and purpose come twice in it; StoreUnavailable from the vault. */
  async seal(events: { event: NewEvent; seal: ToSeal[] }[]): Promise<NewEvent[]> {
    const wrapped: WrappedKey[] = [];
    const sealedEvents = events.map(({ event, seal }) => {
      if (event.sealed !== undefined || event.ciphertexts !== undefined) throw new RangeError(`event ${event.id} is sealed already`);
      if (new Set(seal.map((part) => jcs([part.subject, part.purpose]))).size < seal.length) {
        throw new RangeError(`event ${event.id} seals one subject and purpose twice`);
      }
      if (seal.length === 0) return event;
      const parts = seal.map((part) => this.sealPart(event, part));
      wrapped.push(...parts.map((part) => part.wrapped));
      return { ...event, sealed: parts.map((part) => part.ref), ciphertexts: parts.map((part) => part.ciphertext) };
    });
    if (wrapped.length > 0) await this.vault.putWrappedKeys(wrapped);
    return sealedEvents;
  }

  /** As in the port. Throws SealBroken on a changed ciphertext or key, RangeError when the event has no such part. */
  async unseal(event: SealedEvent, purpose: Purpose, subject: string): Promise<Record<string, unknown> | null> {
    return (await this.unsealWithSalt(event, purpose, subject))?.payload ?? null;
  }

  /** Like `unseal`, with the salt. `own`: the private key of what was sealed to a key of its own. */
  async unsealWithSalt(event: SealedEvent, purpose: Purpose, subject: string, own?: KeyObject): Promise<Opening | null> {
    const privateKey = own ?? this.keys.privateKeys[purpose];
    if (privateKey === undefined) throw new KeyNotHeld(purpose);
    const index = event.sealed?.findIndex((ref) => ref.purpose === purpose && ref.subject === subject) ?? -1;
    if (index < 0) throw new RangeError(`event ${event.id} has no part sealed for ${purpose} of this subject`);
    const ref = event.sealed![index]!;
    const ciphertext = Buffer.from(event.ciphertexts?.[index] ?? '', 'base64url');
    if (sha256(ciphertext) !== ref.ct) throw new SealBroken(event.id, purpose, 'the ciphertext is not the one that was recorded');
    const place: Omit<WrappedKey, 'wrapped'> = { tenant: event.tenant, subject, purpose, eventId: event.id, ct: ref.ct };
    const wrapped = await this.vault.getWrappedKey(place);
    if (wrapped === null) return null;
    try {
      const key = own === undefined ? this.unwrap(privateKey, place, wrapped) : unwrapOwn(own, place, wrapped);
      const text = decrypt(key, partAad(event, ref), ciphertext).toString();
      const { payload, salt } = JSON.parse(text) as Opening;
      if (!verifyCommitment(ref.com, salt, payload)) throw new Error('the commitment does not match');
      return { payload, salt };
    } catch (cause) {
      throw new SealBroken(event.id, purpose, (cause as Error).message, { cause });
    }
  }

  async sealFile(place: FilePlace, bytes: Uint8Array): Promise<Buffer> {
    const aad = fileAad(place);
    const drawn = this.random.bytes(KEY + NONCE, `seal/${aad.toString()}/${sha256(bytes)}`);
    const [key, nonce] = [drawn.subarray(0, KEY), drawn.subarray(KEY)];
    const ciphertext = encrypt(key, nonce, aad, bytes);
    const at = keyPlace(place, ciphertext);
    await this.vault.putWrappedKeys([{ ...at, wrapped: this.wrap(at, key) }]);
    return ciphertext;
  }

  async unsealFile(place: FilePlace, ciphertext: Uint8Array): Promise<Buffer | null> {
    const privateKey = this.keys.privateKeys[place.purpose];
    if (privateKey === undefined) throw new KeyNotHeld(place.purpose);
    const at = keyPlace(place, ciphertext);
    const wrapped = await this.vault.getWrappedKey(at);
    if (wrapped === null) return null;
    try {
      return decrypt(this.unwrap(privateKey, at, wrapped), fileAad(place), Buffer.from(ciphertext));
    } catch (cause) {
      throw new SealBroken(place.file, place.purpose, (cause as Error).message, { cause });
    }
  }

  async hasFileKey({ tenant, subject, purpose, file }: FilePlace): Promise<boolean> {
    const { sealed } = await this.vault.export(tenant, subject);
    return sealed.some((key) => key.purpose === purpose && key.eventId === fileKey(file));
  }

  async fingerprint(actor: string, body: unknown): Promise<string> {
    return createHmac('sha256', createSecretKey(await this.vault.actorKey(actor)))
      .update(jcs(body))
      .digest('hex');
  }

  private sealPart(event: NewEvent, part: ToSeal): { ref: SealedRef; ciphertext: string; wrapped: WrappedKey } {
    const { subject, purpose, payload } = part;
    const canonical = jcs(payload);
    const aad = partAad(event, part);
    // place and text are in the label, so that no two texts share key and nonce even where randomness repeats
    const random = part.to === undefined ? this.random : systemRandomness;
    const drawn = random.bytes(KEY + NONCE + 32, `seal/${aad.toString()}/${sha256(canonical)}`);
    const [key, nonce, salt] = [drawn.subarray(0, KEY), drawn.subarray(KEY, KEY + NONCE), drawn.subarray(KEY + NONCE).toString('hex')];
    const ciphertext = encrypt(key, nonce, aad, sealedText(purpose, canonical, salt));
    const ref = { subject, purpose, ct: sha256(ciphertext), com: sha256('minipilot/com/v1', Buffer.from(salt, 'hex'), canonical) };
    const place = { tenant: event.tenant, subject, purpose, eventId: event.id, ct: ref.ct };
    return { ref, ciphertext: ciphertext.toString('base64url'), wrapped: { ...place, wrapped: this.wrap(place, key, part.to) } };
  }

  /** Key id ‖ the epoch's public key ‖ nonce ‖ encrypted key ‖ tag. What goes to a key of its own has a pair of its own for an epoch. */
  private wrap(place: Omit<WrappedKey, 'wrapped'>, key: Buffer, to?: string): Buffer {
    if (to !== undefined) {
      const raw = Buffer.from(to, 'hex');
      return Buffer.concat([keyId(raw), sealTo(publicKeyOf(raw), (pair) => wrapInfo(place.purpose, pair), wrapAad(place), key)]);
    }
    const { publicKey, wrappingKeys } = this.currentEpoch();
    return Buffer.concat([
      this.keyIds[place.purpose],
      publicKey,
      encrypt(wrappingKeys[place.purpose], randomBytes(NONCE), wrapAad(place), key),
    ]);
  }

  private unwrap(privateKey: KeyObject, place: Omit<WrappedKey, 'wrapped'>, wrapped: Uint8Array): Buffer {
    const bytes = Buffer.from(wrapped);
    if (!bytes.subarray(0, KEY_ID).equals(this.keyIds[place.purpose]))
      throw new Error('it was sealed for another key pair of this purpose');
    const epochKey = bytes.subarray(KEY_ID, KEY_ID + PUBLIC);
    return decrypt(this.unwrappingKey(privateKey, place.purpose, epochKey), wrapAad(place), bytes.subarray(KEY_ID + PUBLIC));
  }

  private unwrappingKey(privateKey: KeyObject, purpose: Purpose, epochKey: Buffer): Buffer {
    const id = `${purpose}/${epochKey.toString('hex')}`;
    let key = this.unwrappingKeys.get(id);
    if (key === undefined) {
      key = derive(diffieHellman({ privateKey, publicKey: publicKeyOf(epochKey) }), wrapInfo(purpose, epochKey));
      if (this.unwrappingKeys.size >= CACHED) this.unwrappingKeys.delete(this.unwrappingKeys.keys().next().value!);
      this.unwrappingKeys.set(id, key);
    }
    return key;
  }

  /** One ECDH per purpose and epoch; the epoch's private key is not kept. */
  private currentEpoch() {
    if (this.epoch === undefined || performance.now() >= this.epoch.until) {
      const pair = generateKeyPairSync('x25519');
      const publicKey = rawPublic(pair.publicKey);
      const wrappingKeys = byPurpose((purpose) =>
        derive(diffieHellman({ privateKey: pair.privateKey, publicKey: this.keys.publicKeys[purpose] }), wrapInfo(purpose, publicKey)),
      );
      this.epoch = { publicKey, wrappingKeys, until: performance.now() + EPOCH };
    }
    return this.epoch;
  }
}

const byPurpose = <T>(make: (purpose: Purpose) => T): Record<Purpose, T> =>
  Object.fromEntries(PURPOSES.map((purpose) => [purpose, make(purpose)])) as Record<Purpose, T>;

const keyId = (raw: Buffer): Buffer => createHash('sha256').update(raw).digest().subarray(0, KEY_ID);

/** Keeps nothing that outlives the key. */
const unwrapOwn = (own: KeyObject, place: Omit<WrappedKey, 'wrapped'>, wrapped: Uint8Array): Buffer =>
  openSealed(own, (pair) => wrapInfo(place.purpose, pair), wrapAad(place), Buffer.from(wrapped).subarray(KEY_ID));

const partAad = (event: Pick<NewEvent, 'tenant' | 'id' | 'type'>, part: { subject: string; purpose: Purpose }): Buffer =>
  Buffer.from(jcs([event.tenant, event.id, event.type, part.subject, part.purpose]));

const FILE = 'file:';
/** What stands in the place of an event's id where the key of a file is kept. */
const fileKey = (file: string): string => `${FILE}${file}`;
/** The file whose key is kept there; undefined for an event's. */
export const fileOf = (eventId: string): string | undefined => (eventId.startsWith(FILE) ? eventId.slice(FILE.length) : undefined);

const keyPlace = ({ tenant, subject, purpose, file }: FilePlace, ciphertext: Uint8Array): Omit<WrappedKey, 'wrapped'> => ({
  tenant,
  subject,
  purpose,
  eventId: fileKey(file),
  ct: sha256(ciphertext),
});

const fileAad = (place: FilePlace): Buffer => Buffer.from(jcs(['file', place.tenant, place.file, place.subject, place.purpose]));

const wrapAad = (place: Omit<WrappedKey, 'wrapped'>): Buffer =>
  Buffer.from(jcs([place.tenant, place.subject, place.purpose, place.eventId, place.ct]));

const wrapInfo = (purpose: Purpose, epochKey: Buffer): Buffer => Buffer.concat([Buffer.from(`minipilot/wrap/v1${purpose}`), epochKey]);

/** JCS of `{ payload, salt }`, with `padding` before them where the length must not speak. */
function sealedText(purpose: Purpose, canonical: string, salt: string): Buffer {
  const text = (padding: string) => Buffer.from(`{${padding}"payload":${canonical},"salt":"${salt}"}`);
  if (!PADDED.includes(purpose)) return text('');
  const length = text('"padding":"",').length;
  return text(`"padding":"${' '.repeat(Math.ceil(length / STEP) * STEP - length)}",`);
}
