import type { Claims } from './identity.js';

/** Tokens that are remembered at most. */
const MOST = 5_000;

/** Tokens that were found good, so that each is verified once: until it ends, or for `lastsMs` where that is less. */
export class VerifiedTokens {
  private readonly tokens = new Map<string, { claims: Claims; until: number }>();

  constructor(
    private readonly now: () => Date,
    private readonly lastsMs = Infinity,
    private readonly most = MOST,
  ) {}

  get(token: string): Claims | undefined {
    const known = this.tokens.get(token);
    if (known === undefined || known.until > this.now().getTime()) return known?.claims;
    this.tokens.delete(token);
    return undefined;
  }

  remember(token: string, claims: Claims): void {
    if (this.tokens.size >= this.most) this.tokens.delete(this.tokens.keys().next().value!);
    this.tokens.set(token, { claims, until: Math.min(claims.expiresAt * 1000, this.now().getTime() + this.lastsMs) });
  }
}
