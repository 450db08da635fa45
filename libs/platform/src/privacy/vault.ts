import { createCipheriv, createDecipheriv, createHmac, createSecretKey, randomBytes, timingSafeEqual, type KeyObject } from 'node:crypto';
import type { SQLOutputValue } from 'node:sqlite';
import { PURPOSES, type Purpose } from '@minipilot/kernel/event.js';
import { jcs } from '@minipilot/kernel/ids.js';
import type { Instant } from '@minipilot/kernel/time.js';
import { derive } from './keys.js';
import type { Randomness } from './port.js';
import { randomUuid } from './randomness.js';
import { Sessions, type HeldSession } from './sessions.js';
import { VaultFile, VaultRefused } from './vault-file.js';

export { VaultRefused } from './vault-file.js';

/**
 * What a person is recognised by. `identity-code` and `business-id` are Finnish; a `voting-code` is worth one vote in one call. A weak identity, for helped and paper applications, is a
 * name with a phone number, e-mail or address: two people may share it, so it may warn and must not refuse.
 */
export type Identity =
  { kind: 'email' | 'identity-code' | 'business-id' | 'voting-code'; value: string } | { kind: 'weak'; name: string; reach: string };

export interface Resolved {
  /** random UUID; says nothing about the person */
  subject: string;
  /** the identity was in the register before */
  known: boolean;
  /** recognised by a weak identity: perhaps somebody else */
  weak: boolean;
}

export interface Draft {
  tenant: string;
  /** given by the caller */
  id: string;
  /** subject id of whose draft it is */
  owner: string;
  /** what it is a draft of, such as `application/<call>` */
  scope: string;
  /** 1 when created; every change adds 1 */
  version: number;
  /** null when wiped, by settling or expiry */
  body: Record<string, unknown> | null;
  /** what became of it, once settled */
  result: string | null;
  createdAt: Instant;
  updatedAt: Instant;
  expiresAt: Instant;
}

/** The draft was changed, settled or wiped since it was read. Nothing was written. */
export class StaleDraft extends Error {
  constructor(
    readonly id: string,
    /** the version that stands, 0 where there is no such draft */
    readonly actual: number,
  ) {
    super(`draft ${id} is at version ${actual}`);
    this.name = 'StaleDraft';
  }
}

/** The identity belongs to another subject of this tenant. Nothing was written. */
export class IdentityTaken extends Error {
  constructor() {
    super('the identity belongs to another person in the register');
    this.name = 'IdentityTaken';
  }
}

/** A secret of this name was destroyed and is not replaced. */
export class SecretDestroyed extends Error {
  constructor(name: string) {
    super(`secret ${name} was destroyed`);
    this.name = 'SecretDestroyed';
  }
}

/** The key of one sealed payload, encrypted to its purpose, and where it belongs. */
export interface WrappedKey {
  tenant: string;
  subject: string;
  purpose: Purpose;
  eventId: string;
  /** SHA-256 of the ciphertext, in hex */
  ct: string;
  wrapped: Uint8Array;
}

export interface Erased {
  /** wrapped keys destroyed, by purpose */
  wrappedKeys: Partial<Record<Purpose, number>>;
  /** wrapped keys left, because their purpose was not named */
  heldBack: Partial<Record<Purpose, number>>;
  drafts: number;
  identities: number;
  actorKeys: number;
  sessions: number;
}

/** All that the vault holds on one person. */
export interface Holdings {
  subject: string;
  identities: Identity['kind'][];
  sealed: { purpose: Purpose; eventId: string }[];
  drafts: Draft[];
  sessions: HeldSession[];
  /** a key for fingerprints of the person's commands exists */
  actorKey: boolean;
}

const IDENTITY_COLUMNS = 'subject, kind';
const OWN_NAME = 'name:';
const GIVEN_NAME = 'name-given:';
const FORGET = 'delete from identity where tenant = ? and subject = ?';

/**
 * Personal data and its keys, apart from the events: wrapped keys, subject register, drafts, sessions, secrets, actors' keys.
 * One SQLite file that many processes share; every write is durable when it resolves, and throws StoreUnavailable when the file cannot be written.
 */
export class Vault {
  readonly sessions: Sessions;

  private constructor(
    private readonly file: VaultFile,
    private readonly random: Randomness,
    private readonly registerKey: KeyObject,
    private readonly boxKey: KeyObject,
  ) {
    this.sessions = new Sessions(file, {
      close: (place, bytes) => this.box(place, bytes),
      open: (place, boxed) => this.unbox(place, boxed),
    });
  }

  /** Opens or creates the vault. Throws VaultRefused for a file that is foreign, damaged, newer, or of another master key. */
  static async open(options: { file: string; masterKey: Buffer; random: Randomness }): Promise<Vault> {
    const key = (use: string) => derive(options.masterKey, `minipilot/vault/${use}/v1`);
    const file = await VaultFile.open(options.file);
    const check = key('check');
    const stored = await file.write(() => {
      file.sql('insert into meta values (?, ?) on conflict do nothing').run('master-key-check', check);
      return file.sql('select value from meta where name = ?').get('master-key-check')!['value'] as Uint8Array;
    });
    if (stored.length !== check.length || !timingSafeEqual(stored, check)) {
      await file.close();
      throw new VaultRefused(`${options.file} was made with another master key: restore the master.key that belongs to it`);
    }
    return new Vault(file, options.random, createSecretKey(key('register')), createSecretKey(key('box')));
  }

  close(): Promise<void> {
    return this.file.close();
  }

  // Subject register

  /**
   * The subject of an identity, made on first sight; concurrent calls agree. A new subject gets the id `candidate` unless that was ever
   * used. Throws RangeError on an empty identity.
   */
  async resolve(tenant: string, identity: Identity, candidate?: string): Promise<Resolved> {
    const tag = this.tag(tenant, identity);
    const found = await this.file.read(() => this.findIdentity(tenant, tag));
    return found ?? this.file.write(() => this.findIdentity(tenant, tag) ?? this.addSubject(tenant, tag, identity.kind, candidate));
  }

  /** The subject of an identity; null where the register has none. Throws RangeError on an empty identity. */
  find(tenant: string, identity: Identity): Promise<string | null> {
    const tag = this.tag(tenant, identity);
    return this.file.read(() => this.findIdentity(tenant, tag)?.subject ?? null);
  }

  /** Adds an identity to a subject; again is no change. Throws IdentityTaken. */
  link(tenant: string, subject: string, identity: Identity): Promise<void> {
    const tag = this.tag(tenant, identity);
    return this.file.write(() => {
      const found = this.findIdentity(tenant, tag);
      if (found === null) this.addIdentity(tenant, tag, identity.kind, subject);
      else if (found.subject !== subject) throw new IdentityTaken();
    });
  }

  /** Removes all identities of a subject, so that nobody is recognised as it again. Returns how many. */
  async forgetIdentities(tenant: string, subject: string): Promise<number> {
    const count = await this.file.write(() => this.forget(tenant, subject));
    await this.file.shred();
    return count;
  }

  private tag(tenant: string, identity: Identity): Buffer {
    return createHmac('sha256', this.registerKey)
      .update(jcs([tenant, identity.kind, ...normalised(identity)]))
      .digest();
  }

  private findIdentity(tenant: string, tag: Buffer): Resolved | null {
    const row = this.file.sql(`select ${IDENTITY_COLUMNS} from identity where tenant = ? and tag = ?`).get(tenant, tag);
    return row === undefined ? null : { subject: row['subject'] as string, known: true, weak: row['kind'] === 'weak' };
  }

  private addSubject(tenant: string, tag: Buffer, kind: string, candidate?: string): Resolved {
    const used = this.file.sql('select 1 from identity where subject = :id union all select 1 from retired where subject = :id');
    let subject = candidate;
    for (let attempt = 0; subject === undefined || used.get({ id: subject }) !== undefined; attempt++)
      subject = randomUuid(this.random, `subject/${tenant}/${tag.toString('hex')}/${attempt}`);
    this.addIdentity(tenant, tag, kind, subject);
    return { subject, known: false, weak: kind === 'weak' };
  }

  private addIdentity(tenant: string, tag: Buffer, kind: string, subject: string): void {
    this.file.sql('insert into identity (tenant, tag, kind, subject) values (?, ?, ?, ?)').run(tenant, tag, kind, subject);
  }

  private forget(tenant: string, subject: string): number {
    const count = Number(this.file.sql(FORGET).run(tenant, subject).changes);
    if (count > 0) this.file.sql('insert into retired values (?) on conflict do nothing').run(subject);
    return count;
  }

  // Drafts

  /** Creates a draft, or returns the one of this id as it stands. Throws RangeError when that one has another owner or scope. */
  createDraft(draft: Pick<Draft, 'id' | 'tenant' | 'owner' | 'scope' | 'expiresAt'> & { body: object; now: Instant }): Promise<Draft> {
    const { id, tenant, owner, scope, now, expiresAt } = draft;
    const body = this.box(['draft', tenant, id, 1], Buffer.from(JSON.stringify(draft.body)));
    return this.file.write(() => {
      const columns = 'tenant, id, owner, scope, version, body, created_at, updated_at, expires_at';
      this.file
        .sql(`insert into draft (${columns}) values (?, ?, ?, ?, 1, ?, ?, ?, ?) on conflict do nothing`)
        .run(tenant, id, owner, scope, body, now, now, expiresAt);
      const stands = this.findDraft(tenant, id)!;
      if (stands.owner !== owner || stands.scope !== scope) throw new RangeError(`draft ${id} has another owner or scope`);
      return stands;
    });
  }

  getDraft(tenant: string, id: string): Promise<Draft | null> {
    return this.file.read(() => this.findDraft(tenant, id));
  }

  /** All drafts of an owner, settled and wiped ones too, the latest change first. */
  listDrafts(tenant: string, owner: string, scope?: string): Promise<Draft[]> {
    return this.file.read(() =>
      this.file
        .sql('select * from draft where tenant = ? and owner = ? and (?3 is null or scope = ?3) order by updated_at desc, id')
        .all(tenant, owner, scope ?? null)
        .map((row) => this.toDraft(row)),
    );
  }

  /** Replaces the body. Returns the new version. Throws StaleDraft. */
  saveDraft(tenant: string, id: string, body: object, expectedVersion: number, now: Instant): Promise<number> {
    const version = expectedVersion + 1;
    const boxed = this.box(['draft', tenant, id, version], Buffer.from(JSON.stringify(body)));
    return this.file.write(() => {
      const { changes } = this.file
        .sql('update draft set body = ?, version = ?, updated_at = ? where tenant = ? and id = ? and version = ? and body is not null')
        .run(boxed, version, now, tenant, id, expectedVersion);
      if (changes === 0) throw new StaleDraft(id, this.findDraft(tenant, id)?.version ?? 0);
      return version;
    });
  }

  /** Returns whether there was one. */
  deleteDraft(tenant: string, id: string): Promise<boolean> {
    return this.file.write(() => this.file.sql('delete from draft where tenant = ? and id = ?').run(tenant, id).changes > 0);
  }

  /**
   * Wipes the body and keeps `result` (ids only, no personal data), which a repeated submission is answered with.
   * Returns the result that stands: the first one; null where there is no such draft.
   */
  settleDraft(tenant: string, id: string, result: string, now: Instant): Promise<string | null> {
    return this.file.write(() => {
      this.file
        .sql(
          'update draft set body = null, result = ?, version = version + 1, updated_at = ? where tenant = ? and id = ? and result is null',
        )
        .run(result, now, tenant, id);
      return this.findDraft(tenant, id)?.result ?? null;
    });
  }

  /** Wipes the bodies of drafts that expire by `now`, of all tenants. Returns how many. */
  async expireDrafts(now: Instant): Promise<number> {
    const { changes } = await this.file.write(() =>
      this.file
        .sql('update draft set body = null, version = version + 1, updated_at = ?1 where expires_at <= ?1 and body is not null')
        .run(now),
    );
    if (changes > 0) await this.file.shred();
    return Number(changes);
  }

  private findDraft(tenant: string, id: string): Draft | null {
    const row = this.file.sql('select * from draft where tenant = ? and id = ?').get(tenant, id);
    return row === undefined ? null : this.toDraft(row);
  }

  private toDraft(row: Record<string, SQLOutputValue>): Draft {
    const text = (column: string) => row[column] as string;
    const [tenant, id, version, body] = [text('tenant'), text('id'), row['version'] as number, row['body'] as Uint8Array | null];
    return {
      tenant,
      id,
      owner: text('owner'),
      scope: text('scope'),
      version,
      body: body === null ? null : (JSON.parse(this.unbox(['draft', tenant, id, version], body).toString()) as Record<string, unknown>),
      result: row['result'] as string | null,
      createdAt: text('created_at'),
      updatedAt: text('updated_at'),
      expiresAt: text('expires_at'),
    };
  }

  // Secrets, such as lot seeds and ballot box keys

  /** Keeps a secret under a name, once. Returns the bytes that stand: the first ones. Throws SecretDestroyed. */
  putSecret(tenant: string, name: string, bytes: Uint8Array): Promise<Buffer> {
    const boxed = this.box(['secret', tenant, name], bytes);
    return this.file.write(() => {
      this.file.sql('insert into secret (tenant, name, value) values (?, ?, ?) on conflict do nothing').run(tenant, name, boxed);
      const stands = this.findSecret(tenant, name);
      if (stands === null) throw new SecretDestroyed(name);
      return stands;
    });
  }

  /** Null when it was never put or is destroyed. */
  getSecret(tenant: string, name: string): Promise<Buffer | null> {
    return this.file.read(() => this.findSecret(tenant, name));
  }

  /** Destroys a secret for good; its name cannot be used again. Returns whether there was one. */
  async destroySecret(tenant: string, name: string): Promise<boolean> {
    const { changes } = await this.file.write(() =>
      this.file.sql('update secret set value = null where tenant = ? and name = ? and value is not null').run(tenant, name),
    );
    await this.file.shred();
    return changes > 0;
  }

  /**
   * What staff and committee members are called. What a person says goes before what another wrote; of each the first stands, until
   * the person is erased.
   */
  async putName(tenant: string, subject: string, name: string, by: 'self' | 'other'): Promise<void> {
    const key = `${by === 'self' ? OWN_NAME : GIVEN_NAME}${subject}`;
    if ((await this.getSecret(tenant, key)) === null) await this.putSecret(tenant, key, Buffer.from(name));
  }

  async nameOf(tenant: string, subject: string): Promise<string | null> {
    const name = (await this.getSecret(tenant, OWN_NAME + subject)) ?? (await this.getSecret(tenant, GIVEN_NAME + subject));
    return name?.toString() ?? null;
  }

  private findSecret(tenant: string, name: string): Buffer | null {
    const value = this.file.sql('select value from secret where tenant = ? and name = ?').get(tenant, name)?.['value'] ?? null;
    return value === null ? null : this.unbox(['secret', tenant, name], value as Uint8Array);
  }

  // Keys of sealed payloads and of actors

  /** Adds wrapped keys, all or none; one that is there stays as it is. */
  putWrappedKeys(keys: readonly WrappedKey[]): Promise<void> {
    return this.file.write(() => {
      const insert = this.file.sql(
        'insert into wrapped_key (tenant, subject, purpose, event_id, ct, wrapped) values (?, ?, ?, ?, ?, ?) on conflict do nothing',
      );
      for (const key of keys) insert.run(key.tenant, key.subject, key.purpose, key.eventId, key.ct, key.wrapped);
    });
  }

  /** Null when it was destroyed. */
  getWrappedKey(key: Omit<WrappedKey, 'wrapped'>): Promise<Uint8Array | null> {
    return this.file.read(() => {
      const row = this.file
        .sql('select wrapped from wrapped_key where tenant = ? and subject = ? and purpose = ? and event_id = ? and ct = ?')
        .get(key.tenant, key.subject, key.purpose, key.eventId, key.ct);
      return (row?.['wrapped'] as Uint8Array | undefined) ?? null;
    });
  }

  /** 32 bytes under which an actor's commands are fingerprinted, made on first use; concurrent calls agree. */
  async actorKey(actor: string): Promise<Buffer> {
    const found = await this.file.read(() => this.findActorKey(actor));
    if (found !== null) return found;
    const boxed = this.box(['actor', actor], this.random.bytes(32, `actor-key/${actor}`));
    return this.file.write(() => {
      this.file.sql('insert into actor_key (actor, value) values (?, ?) on conflict do nothing').run(actor, boxed);
      return this.findActorKey(actor)!;
    });
  }

  private findActorKey(actor: string): Buffer | null {
    const row = this.file.sql('select value from actor_key where actor = ?').get(actor);
    return row === undefined ? null : this.unbox(['actor', actor], row['value'] as Uint8Array);
  }

  // Rights of the person

  /**
   * Destroys a person's drafts, sessions, names, actor key, wrapped keys of `purposes`, and register entries unless the person must be
   * `recognised` again; keys of other purposes are held back.
   * When it resolves, no byte of it is left in the vault's files. Can be repeated. Throws StoreUnavailable, also when only the
   * emptying of the write-ahead log must be repeated.
   */
  async erase(tenant: string, subject: string, purposes: readonly Purpose[], { recognised = false } = {}): Promise<Erased> {
    const erased = await this.file.write(() => {
      const wrappedKeys: Erased['wrappedKeys'] = {};
      for (const purpose of purposes) {
        const remove = this.file.sql('delete from wrapped_key where tenant = ? and subject = ? and purpose = ?');
        const count = Number(remove.run(tenant, subject, purpose).changes);
        if (count > 0) wrappedKeys[purpose] = count;
      }
      const heldBack: Erased['heldBack'] = {};
      for (const purpose of PURPOSES) {
        const { n } = this.file
          .sql('select count(*) n from wrapped_key where tenant = ? and subject = ? and purpose = ?')
          .get(tenant, subject, purpose) as { n: number };
        if (n > 0) heldBack[purpose] = n;
      }
      const drafts = Number(this.file.sql('delete from draft where tenant = ? and owner = ?').run(tenant, subject).changes);
      const sessions = this.sessions.forget(tenant, subject);
      this.file.sql('delete from secret where tenant = ? and name in (?, ?)').run(tenant, OWN_NAME + subject, GIVEN_NAME + subject);
      const identities = recognised ? 0 : this.forget(tenant, subject);
      // a subject id of another tenant is not this tenant's to erase
      const actorKeys = this.file
        .sql('delete from actor_key where actor = ?1 and not exists (select 1 from identity where subject = ?1 and tenant <> ?2)')
        .run(subject, tenant).changes;
      return { wrappedKeys, heldBack, drafts, identities, actorKeys: Number(actorKeys), sessions };
    });
    await this.file.shred();
    return erased;
  }

  export(tenant: string, subject: string): Promise<Holdings> {
    return this.file.read(() => {
      const all = (text: string) => this.file.sql(text).all(tenant, subject);
      return {
        subject,
        identities: all('select kind from identity where tenant = ? and subject = ? order by n').map(
          (row) => row['kind'] as Identity['kind'],
        ),
        sealed: all('select purpose, event_id from wrapped_key where tenant = ? and subject = ? order by n').map((row) => ({
          purpose: row['purpose'] as Purpose,
          eventId: row['event_id'] as string,
        })),
        drafts: all('select * from draft where tenant = ? and owner = ? order by n').map((row) => this.toDraft(row)),
        sessions: this.sessions.held(tenant, subject),
        actorKey: this.file.sql('select 1 from actor_key where actor = ?').get(subject) !== undefined,
      };
    });
  }

  // Encryption at rest: nonce ‖ ciphertext ‖ tag under a key of the master key, bound to its place

  private box(place: (string | number)[], plaintext: Uint8Array): Buffer {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.boxKey, nonce).setAAD(Buffer.from(jcs(place)));
    return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  }

  private unbox(place: (string | number)[], boxed: Uint8Array): Buffer {
    const decipher = createDecipheriv('aes-256-gcm', this.boxKey, boxed.subarray(0, 12), { authTagLength: 16 });
    decipher.setAAD(Buffer.from(jcs(place))).setAuthTag(boxed.subarray(-16));
    return Buffer.concat([decipher.update(boxed.subarray(12, -16)), decipher.final()]);
  }
}

/** One spelling for what people write in several. */
function normalised(identity: Identity): string[] {
  // letters that look like others are others in an address, and somebody else's
  if (identity.kind === 'email') {
    const address = identity.value.normalize('NFC').trim().toLowerCase();
    if (address === '') throw new RangeError('an empty email identifies nobody');
    return [address];
  }
  const plain = (text: string) => text.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase();
  const parts = identity.kind === 'weak' ? [plain(identity.name), reach(plain(identity.reach))] : [plain(identity.value)];
  if (identity.kind === 'business-id') {
    // the VAT number names the same organisation; old numbers lack the leading zero
    parts[0] = parts[0]!.replace(/^fi/, '').replace(/\D/g, '').padStart(8, '0');
    if (/^0*$/.test(parts[0])) parts[0] = '';
  } else if (identity.kind !== 'weak') parts[0] = parts[0]!.replaceAll(' ', '');
  if (parts.some((part) => part === '')) throw new RangeError(`an empty ${identity.kind} identifies nobody`);
  return parts;
}

/** A phone number as digits with the Finnish prefix as 0; anything else as it is. */
const reach = (text: string): string =>
  /^\+?[\d\s().-]{5,}$/.test(text)
    ? text
        .replace(/[^\d+]/g, '')
        .replace(/^00/, '+')
        .replace(/^\+358/, '0')
    : text;
