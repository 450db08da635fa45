import type { NewEvent, Purpose, Recorded } from '@minipilot/kernel/event.js';

/** One payload to seal into an event. `payload` includes its own version `v`. */
export interface ToSeal {
  subject: string;
  purpose: Purpose;
  payload: Record<string, unknown>;
  /**
   * Raw X25519 public key in hex where the part is sealed to a key of its own, as a ballot to its box, instead of the purpose's. Its
   * randomness is never derived, not even in demo mode: whoever could derive it would need no key.
   */
  to?: string;
}

/** Seals and opens the personal parts of events. */
export interface Sealer {
  /**
   * Returns the event with `sealed` and `ciphertexts` filled in. The wrapped keys of all events of one call are
   * durable in the vault before it resolves, so it must be awaited before the append.
   */
  seal(events: { event: NewEvent; seal: ToSeal[] }[]): Promise<NewEvent[]>;
  /** The payload, or null when its key has been destroyed. Throws KeyNotHeld where this process lacks the purpose's private key. */
  unseal(
    event: Pick<Recorded, 'id' | 'type' | 'tenant' | 'sealed' | 'ciphertexts'>,
    purpose: Purpose,
    subject: string,
  ): Promise<Record<string, unknown> | null>;
  /** Like `unseal`, with the commitment's salt in hex, so that others can check `com`. */
  unsealWithSalt(
    event: Pick<Recorded, 'id' | 'type' | 'tenant' | 'sealed' | 'ciphertexts'>,
    purpose: Purpose,
    subject: string,
  ): Promise<{ payload: Record<string, unknown>; salt: string } | null>;
  /** HMAC-SHA-256 in hex of a command body under the actor's own key (made on first use, destroyed with the person). */
  fingerprint(actor: string, body: unknown): Promise<string>;
}

/** Draws what must not be foreseen. In demo mode derived from the server seed and the label, so that a simulation repeats exactly. */
export interface Randomness {
  /** `label` says what it is for and is unique to the draw. */
  bytes(length: number, label: string): Buffer;
}

/** Whose file it is, what it may be opened for, and its digest. */
export interface FilePlace {
  tenant: string;
  subject: string;
  purpose: Purpose;
  /** SHA-256 of the file's bytes, in hex */
  file: string;
}

/** Seals and opens files with keys that go the way of a person's other keys. */
export interface FileSealer {
  /** The encrypted bytes; their key is durable in the vault before it resolves. */
  sealFile(place: FilePlace, bytes: Uint8Array): Promise<Buffer>;
  /** The bytes, or null when their key has been destroyed. Throws KeyNotHeld, and SealBroken when they were changed. */
  unsealFile(place: FilePlace, ciphertext: Uint8Array): Promise<Buffer | null>;
  /** whether a key for the file is there */
  hasFileKey(place: FilePlace): Promise<boolean>;
}
