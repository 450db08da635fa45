import type { LotSeeds } from '@minipilot/grants/scoring/scoring.js';
import type { Randomness } from '@minipilot/platform/privacy/port.js';
import type { Vault } from '@minipilot/platform/privacy/vault.js';

const nameOf = (call: string) => `lot:${call}`;

/** The seed that a call's announcement commits to: drawn once, then always the same. */
export function lotSeed({ vault, random }: { vault: Vault; random: Randomness }, tenant: string, call: string): Promise<Buffer> {
  return vault.putSecret(tenant, nameOf(call), random.bytes(32, `lot ${call}`));
}

/** What the selection asks when it opens the lot. */
export const lotSeeds = (vault: Vault): LotSeeds => ({
  async reveal(tenant, call) {
    const seed = await vault.getSecret(tenant, nameOf(call));
    if (seed === null) throw new Error(`the lot of call ${call} is not in the vault`);
    return seed.toString('hex');
  },
});
