import { createHmac, createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { jcs } from '@minipilot/kernel/ids.js';
import { openSealed, privateKeyOf, PUBLIC, rawPrivate, rawPublic, sealTo } from './hybrid.js';
import type { Keys } from './keys.js';
import { KeyNotHeld, type SealedEvent, type VaultSealer } from './sealer.js';
import type { Vault } from './vault.js';

/** The keys of this box were never made, or are destroyed. */
export class BoxGone extends Error {
  constructor(box: string) {
    super(`ballot box ${box} has no keys`);
    this.name = 'BoxGone';
  }
}

/** Opens one ballot of a box: its payload, or null where its key is gone. */
export type OpenBallot = (event: SealedEvent) => Promise<Record<string, unknown> | null>;

/**
 * Keys of ballot boxes. Each box has a key pair, whose private key lies in the vault, sealed to the purpose `ballot`, and a mask: a
 * secret under which what must be the same again when a request is repeated – trackers, fingerprints of ballots – is derived.
 * All of it is drawn at random, also in demo mode. When a box is destroyed, the keys of its ballots, the box's own and the mask go.
 */
export class BallotBoxes {
  constructor(private readonly parts: { vault: Vault; sealer: VaultSealer; keys: Keys }) {}

  /** Makes the keys of a box, once. Returns the raw public key in hex. Throws SecretDestroyed for a box that was destroyed. */
  async prepare(tenant: string, box: string): Promise<string> {
    const { vault, keys } = this.parts;
    const pair = generateKeyPairSync('x25519');
    const sealed = sealTo(keys.publicKeys.ballot, info, place(tenant, box), rawPrivate(pair.privateKey));
    await vault.putSecret(tenant, maskName(box), randomBytes(32));
    const stands = await vault.putSecret(tenant, keyName(box), Buffer.concat([rawPublic(pair.publicKey), sealed]));
    return stands.subarray(0, PUBLIC).toString('hex');
  }

  /** 32 bytes that follow from the parts and from the box's mask. Throws BoxGone. */
  async masked(tenant: string, box: string, ...parts: (string | number)[]): Promise<Buffer> {
    const mask = await this.parts.vault.getSecret(tenant, maskName(box));
    if (mask === null) throw new BoxGone(box);
    return createHmac('sha256', createSecretKey(mask)).update(jcs(parts)).digest();
  }

  /**
   * 64 hex signs that trackers of ballots on paper follow from: of the mask, which is made where nobody votes online.
   * Throws SecretDestroyed for a box that was destroyed.
   */
  async paperSecret(tenant: string, box: string): Promise<string> {
    await this.parts.vault.putSecret(tenant, maskName(box), randomBytes(32));
    return (await this.masked(tenant, box, 'paper')).toString('hex');
  }

  /** What opens the ballots of a box. Throws KeyNotHeld where this process may not, BoxGone. */
  async opener(tenant: string, box: string): Promise<OpenBallot> {
    const { vault, keys, sealer } = this.parts;
    const own = keys.privateKeys.ballot;
    if (own === undefined) throw new KeyNotHeld('ballot');
    const sealed = await vault.getSecret(tenant, keyName(box));
    if (sealed === null) throw new BoxGone(box);
    const key = privateKeyOf(openSealed(own, info, place(tenant, box), sealed.subarray(PUBLIC)));
    return async (event) => (await sealer.unsealWithSalt(event, 'ballot', box, key))?.payload ?? null;
  }

  /** Destroys everything that could open a ballot of the box. Can be repeated. When it resolves, no byte of it is left in the vault's files. */
  async destroy(tenant: string, box: string): Promise<void> {
    const { vault } = this.parts;
    await vault.destroySecret(tenant, keyName(box));
    await vault.destroySecret(tenant, maskName(box));
    await vault.erase(tenant, box, ['ballot']);
  }
}

const keyName = (box: string) => `ballot-box:${box}`;
const maskName = (box: string) => `ballot-mask:${box}`;
const place = (tenant: string, box: string): Buffer => Buffer.from(jcs([tenant, box]));
const info = (pair: Buffer): Buffer => Buffer.concat([Buffer.from('minipilot/ballot-box/v1'), pair]);
