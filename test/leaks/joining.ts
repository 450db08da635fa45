import { createHash, createHmac } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { catalogue } from '@minipilot/grants/catalogue.js';
import { PURPOSES, type Recorded } from '@minipilot/kernel/event.js';
import { jcs, sha256 } from '@minipilot/kernel/ids.js';
import { BallotBoxes } from '@minipilot/platform/privacy/ballot-box.js';
import { decrypt } from '@minipilot/platform/privacy/hybrid.js';
import { loadKeys } from '@minipilot/platform/privacy/keys.js';
import { demoRandomness } from '@minipilot/platform/privacy/randomness.js';
import { VaultSealer, verifyCommitment } from '@minipilot/platform/privacy/sealer.js';
import { Vault } from '@minipilot/platform/privacy/vault.js';
import { SqliteEventStore } from '@minipilot/platform/store/sqlite.js';

/** A ballot as the public sees it after the count, or as an attacker guesses it. */
export interface Ballot {
  tracker: string;
  choices: number[];
}

/** From which a demonstration derives what elsewhere is random; everybody can know it. */
const DEMO_SEED = 'minipilot demonstration';

/** Somebody with all files and all keys of an installation, its code, and the ballots that were published. */
export class Intruder {
  private constructor(
    readonly folder: string,
    readonly call: string,
    readonly events: readonly Recorded[],
    private readonly vault: Vault,
    private readonly sealer: VaultSealer,
    private readonly boxes: BallotBoxes,
  ) {}

  static async enter(folder: string, call: string): Promise<Intruder> {
    const store = await SqliteEventStore.open({ file: join(folder, 'events.sqlite'), now: () => new Date().toISOString() });
    const events: Recorded[] = [];
    for (let page = await store.readAll(null, 1000); page.length > 0; page = await store.readAll(page.at(-1)!.position, 1000))
      events.push(...page);
    await store.close();
    const keys = loadKeys(join(folder, 'keys'), PURPOSES);
    const random = demoRandomness(DEMO_SEED);
    const vault = await Vault.open({ file: join(folder, 'vault.sqlite'), masterKey: keys.masterKey, random });
    const sealer = new VaultSealer({ vault, keys, random });
    return new Intruder(
      folder,
      call,
      events.map((e) => catalogue.upcast(e)),
      vault,
      sealer,
      new BallotBoxes({ vault, sealer, keys }),
    );
  }

  leave(): Promise<void> {
    return this.vault.close();
  }

  /** Who votes under which identity. */
  subjectOf(identity: { kind: 'email' | 'voting-code'; value: string }): Promise<string | null> {
    return this.vault.find('demo', identity);
  }

  get casts(): Recorded[] {
    return this.events.filter((e) => e.type === 'vote.cast' && e.data['call'] === this.call);
  }

  /** The last ballot event of each voter, in the order of the log. */
  get lastCasts(): Recorded[] {
    const last = new Map(this.casts.map((e) => [e.stream, e]));
    return [...last.values()];
  }

  /** Opens ballots with every key that there is: of the box, of the purpose, of other purposes. */
  async byKeys(): Promise<Map<string, Ballot>> {
    const found = new Map<string, Ballot>();
    const open = await this.boxes.opener('demo', this.call).catch(() => null);
    for (const event of this.lastCasts) {
      for (const way of [() => open?.(event), () => this.sealer.unseal(event, 'ballot', this.call)]) {
        const payload = (await Promise.resolve(way()).catch(() => null)) as Ballot | null | undefined;
        if (payload != null) found.set(event.actor, payload);
      }
    }
    return found;
  }

  /** Computes what a demonstration would have derived: keys, nonces, salts of commitments. */
  byDerivation(ballots: readonly Ballot[]): Map<string, Ballot> {
    const found = new Map<string, Ballot>();
    const random = demoRandomness(DEMO_SEED);
    for (const event of this.lastCasts) {
      const aad = Buffer.from(jcs(['demo', event.id, event.type, this.call, 'ballot']));
      for (const ballot of ballots) {
        const payload = { v: 1, ...ballot };
        const drawn = random.bytes(76, `seal/${aad.toString()}/${sha256(jcs(payload))}`);
        const [key, salt] = [drawn.subarray(0, 32), drawn.subarray(44).toString('hex')];
        let opened = false;
        try {
          decrypt(key, aad, Buffer.from(event.ciphertexts![0]!, 'base64url'));
          opened = true;
        } catch {
          // not this one
        }
        const guesses = [salt, '00'.repeat(32), sha256(event.id), event.fp, event.sealed![0]!.ct];
        if (opened || guesses.some((guess) => verifyCommitment(event.sealed![0]!.com, guess, payload))) found.set(event.actor, ballot);
      }
    }
    return found;
  }

  /** Makes fingerprints of every ballot under each voter's own key, which outlives the count, and compares. */
  async byFingerprint(ballots: readonly Ballot[], projects: readonly string[]): Promise<Map<string, Ballot>> {
    const found = new Map<string, Ballot>();
    for (const event of this.lastCasts)
      for (const ballot of ballots) {
        const choices = ballot.choices.map((n) => projects[n - 1]!);
        const masked = await this.boxes.masked('demo', this.call, 'ballot', ...ballot.choices).then(
          (bytes) => bytes.toString('hex'),
          () => '',
        );
        const plain = createHmac('sha256', '')
          .update(jcs(['ballot', ...ballot.choices]))
          .digest('hex');
        const bodies = [
          { choices },
          { choices: ballot.choices },
          ballot,
          { ballot: masked },
          { ballot: plain },
          { ballot: ballot.choices },
        ];
        for (const body of bodies) if ((await this.sealer.fingerprint(event.actor, body)) === event.fp) found.set(event.actor, ballot);
      }
    return found;
  }

  /** Makes trackers from what is known of each request, supposing that the Idempotency-Keys were seen somewhere, and compares. */
  async byTracker(
    ballots: readonly Ballot[],
    keys: ReadonlyMap<string, string>,
    tracker: (bytes: Buffer) => string,
  ): Promise<Map<string, Ballot>> {
    const found = new Map<string, Ballot>();
    for (const event of this.lastCasts) {
      const key = keys.get(event.actor) ?? '';
      const secrets = [
        await this.boxes.masked('demo', this.call, 'tracker', key, event.commandId).catch(() => null),
        createHmac('sha256', '')
          .update(jcs(['tracker', key, event.commandId]))
          .digest(),
        ...[event.id, event.commandId, event.fp, key, event.actor].map((text) => createHash('sha256').update(text).digest()),
      ];
      for (const bytes of secrets) {
        const ballot = bytes === null ? undefined : ballots.find((b) => b.tracker === tracker(bytes));
        if (ballot !== undefined) found.set(event.actor, ballot);
      }
    }
    return found;
  }

  /** Looks for anything of a vote in what the count wrote, and for any tracker in what the vote wrote. */
  byIds(ballots: readonly Ballot[]): string[] {
    const votes = this.casts;
    const links = votes.flatMap((e) => [e.id, e.stream, e.actor, e.commandId, e.fp, e.sealed![0]!.ct, e.sealed![0]!.com]);
    const counting = this.events.filter((e) => e.stream.startsWith('demo.tally-') || e.stream.startsWith('demo.flow-tallying-'));
    const written = counting.map((e) => JSON.stringify(e)).join('\n');
    const cast = this.events
      .filter((e) => !e.stream.startsWith('demo.tally-'))
      .map((e) => JSON.stringify(e))
      .join('\n');
    return [
      ...links.filter((link) => written.includes(link)),
      ...ballots.map((b) => b.tracker).filter((tracker) => cast.includes(tracker)),
    ];
  }

  /** Files of the folder that hold a text or bytes. */
  filesWith(needle: string | Buffer): string[] {
    const walk = (folder: string): string[] =>
      readdirSync(folder).flatMap((name) => {
        const path = join(folder, name);
        return statSync(path).isDirectory() ? walk(path) : [path];
      });
    return walk(this.folder)
      .filter((path) => readFileSync(path).includes(needle))
      .map((path) => path.slice(this.folder.length + 1));
  }

  /** Every row of the read models as it lies there, in the order of the file. */
  rows(): { table: string; row: Record<string, unknown> }[] {
    const file = join(this.folder, 'read-models.sqlite');
    if (!existsSync(file)) return [];
    const db = new DatabaseSync(file, { readOnly: true });
    try {
      const tables = db.prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'").all() as {
        name: string;
      }[];
      return tables.flatMap(({ name }) =>
        (db.prepare(`select * from "${name}"`).all() as Record<string, unknown>[]).map((row) => ({ table: name, row })),
      );
    } finally {
      db.close();
    }
  }

  /** Wrapped keys of ballots, as bytes, in the order of the vault. */
  wrappedKeys(): { event: string; bytes: Buffer }[] {
    const db = new DatabaseSync(join(this.folder, 'vault.sqlite'), { readOnly: true });
    try {
      const rows = db.prepare("select event_id, wrapped from wrapped_key where purpose = 'ballot' order by n").all();
      return rows.map((row) => ({ event: row['event_id'] as string, bytes: Buffer.from(row['wrapped'] as Uint8Array) }));
    } finally {
      db.close();
    }
  }
}

/** Spearman's rank correlation of two orders of the same things: 1 the same, -1 turned round, about 0 where they say nothing of each other. */
export function rankCorrelation(one: readonly string[], other: readonly string[]): number {
  const rank = new Map(other.map((item, i) => [item, i]));
  const n = one.length;
  const squares = one.reduce((sum, item, i) => sum + (i - rank.get(item)!) ** 2, 0);
  return 1 - (6 * squares) / (n * (n * n - 1));
}
