import { createHash, randomBytes } from 'node:crypto';
import type { Residence } from '../http/request-context.js';
import type { VaultFile } from './vault-file.js';

/** Encrypts and opens bytes that are bound to their place. */
export interface Box {
  close(place: (string | number)[], plaintext: Uint8Array): Buffer;
  open(place: (string | number)[], boxed: Uint8Array): Buffer;
}

/** Who signed in, at a browser. */
export interface SessionContent {
  email: string;
  name?: string;
  /** when the person last proved to the sign-in provider who they are, in seconds since 1970 */
  authenticatedAt: number;
  /** what the provider told of age and home, for a residents' vote; ends with the session */
  residence?: Residence;
  /** the provider's ID token, by which it is told who signs out */
  idToken?: string;
}
export interface Session extends SessionContent {
  tenant: string;
  subject: string;
}

/** How long a session lasts. */
export interface SessionLimits {
  /** milliseconds without a request after which it ends */
  idleMs: number;
  /** milliseconds after which it ends in any case */
  lastsMs: number;
}

/** When a session began, was last used and ends at the latest. Milliseconds since 1970. */
export interface HeldSession {
  began: number;
  seen: number;
  ends: number;
}

/** Most milliseconds by which the time of last use lags behind, so that reading a page rarely writes. */
const SEEN_LAG = 60_000;

const digestOf = (id: string): string => createHash('sha256').update(`minipilot/session/v1 ${id}`).digest('hex');
/** Holds at `:now`: neither its end nor its idle time has come. */
const LIVE = 'ends > :now and seen + idle_ms > :now';

/**
 * Sessions of browsers, in the vault's file, so that they end for all processes at once. Only a digest of a session's id is kept: who
 * reads the file cannot take one over. They live by real time, also in a demonstration.
 */
export class Sessions {
  constructor(
    private readonly file: VaultFile,
    private readonly box: Box,
  ) {}

  /** Begins a session. Returns its id of 256 random bits, for the browser alone. */
  async begin(session: Session, limits: SessionLimits, now = Date.now()): Promise<string> {
    const { tenant, subject, ...content } = session;
    const id = randomBytes(32).toString('base64url');
    const digest = digestOf(id);
    const body = this.box.close(['session', digest, tenant, subject], Buffer.from(JSON.stringify(content)));
    await this.file.write(() =>
      this.file
        .sql('insert into session (digest, tenant, subject, body, began, seen, idle_ms, ends) values (?, ?, ?, ?, ?, ?, ?, ?)')
        .run(digest, tenant, subject, body, now, now, limits.idleMs, now + limits.lastsMs),
    );
    return id;
  }

  /** The session that is called so and has not ended; null for any other text. Using it keeps it from falling idle. */
  async find(id: string, now = Date.now()): Promise<Session | null> {
    const digest = digestOf(id);
    const row = await this.file.read(() =>
      this.file.sql(`select tenant, subject, body, seen, idle_ms from session where digest = :digest and ${LIVE}`).get({ digest, now }),
    );
    if (row === undefined) return null;
    const { tenant, subject, body, seen, idle_ms } = row as {
      tenant: string;
      subject: string;
      body: Uint8Array;
      seen: number;
      idle_ms: number;
    };
    if (now - seen > Math.min(SEEN_LAG, idle_ms / 10))
      await this.file.write(() =>
        this.file.sql(`update session set seen = :now where digest = :digest and seen < :now`).run({ digest, now }),
      );
    const content = JSON.parse(this.box.open(['session', digest, tenant, subject], body).toString()) as SessionContent;
    return { ...content, tenant, subject };
  }

  /** Ends a session; again is no change. */
  async end(id: string): Promise<void> {
    await this.file.write(() => this.file.sql('delete from session where digest = ?').run(digestOf(id)));
  }

  /** Removes the sessions that have ended. Returns how many. */
  async sweep(now = Date.now()): Promise<number> {
    const { changes } = await this.file.write(() => this.file.sql(`delete from session where not (${LIVE})`).run({ now }));
    return Number(changes);
  }

  /** Within a transaction of the vault: ends all sessions of a person. */
  forget(tenant: string, subject: string): number {
    return Number(this.file.sql('delete from session where tenant = ? and subject = ?').run(tenant, subject).changes);
  }

  /** Within a read of the vault: the sessions of a person. */
  held(tenant: string, subject: string): HeldSession[] {
    const rows = this.file.sql('select began, seen, ends from session where tenant = ? and subject = ? order by n').all(tenant, subject);
    return rows.map(({ began, seen, ends }) => ({ began: began as number, seen: seen as number, ends: ends as number }));
  }

  /** Text for a browser to carry and bring back, which it can neither read nor change. */
  wrap(use: string, value: object): string {
    return this.box.close(['carried', use], Buffer.from(JSON.stringify(value))).toString('base64url');
  }

  /** What was wrapped for this use; null for anything else. */
  unwrap(use: string, text: string): unknown {
    const bytes = Buffer.from(text, 'base64url');
    if (bytes.length < 29) return null;
    try {
      return JSON.parse(this.box.open(['carried', use], bytes).toString()) as unknown;
    } catch {
      return null;
    }
  }
}
