import type { Projection } from '@minipilot/kernel/projection.js';
import type { Policy, PolicyEvent } from '@minipilot/grants/policy/events.js';
import { seen } from './rows.js';
import { parsed, viewOf, type Db } from './query.js';

export type PolicyRow = { policy: string };

/** What the municipality decided for itself, newest; the key is the tenant. */
export const publicPolicy: Projection<PolicyRow> = {
  name: 'public_policy',
  version: 1,
  table: { policy: 'text' },
  handles: ['policy.set'],
  keys: (event) => [event.tenant],
  evolve: (_, event) => ({ policy: JSON.stringify(seen<PolicyEvent>(event).data.policy) }),
};

export async function policyOf(db: Db, tenant: string): Promise<Policy | undefined> {
  const row = (await db.selectFrom(viewOf(publicPolicy)).selectAll().where('key', '=', tenant).executeTakeFirst()) as PolicyRow | undefined;
  return row && parsed<Policy>(row.policy);
}
