import type { PersonEvent } from '@minipilot/grants/person/events.js';
import type { Projection } from '@minipilot/kernel/projection.js';
import type { Instant } from '@minipilot/kernel/time.js';
import { page, parsed, viewOf, type Db, type Keyed, type Page, type Paged } from './query.js';
import { seen, streamKey } from './rows.js';

export type RoleRow = { tenant: string; since: string; roles: string; until: string };

/** A role that a person was given and that was not taken away. */
export interface HeldRole {
  role: string;
  since: Instant;
  /** null until it is taken away */
  until: Instant | null;
}

/** Sorts after every instant. */
const ALWAYS = '9999';

/** Who was given which roles; the key is the person. What ended by itself is still there. */
export const deskRoles: Projection<RoleRow> = {
  name: 'desk_roles',
  version: 1,
  table: { tenant: 'text', since: 'text', roles: 'text', until: 'text' },
  indexes: [['tenant', 'since']],
  handles: ['person.role-granted', 'person.role-revoked', 'person.forgotten'],
  keys: streamKey,
  evolve(row, recorded) {
    const event = seen<PersonEvent>(recorded);
    const before = row === null ? [] : parsed<HeldRole[]>(row.roles);
    if (event.type === 'person.forgotten') return null;
    const roles = before.filter(({ role }) => role !== event.data.role);
    if (event.type === 'person.role-granted') roles.push({ role: event.data.role, since: event.at, until: event.data.until });
    if (roles.length === 0) return null;
    const until = roles
      .map((held) => held.until ?? ALWAYS)
      .sort()
      .at(-1)!;
    return { tenant: event.tenant, since: row?.since ?? event.at, roles: JSON.stringify(roles), until };
  },
};

/** People who hold a role at `now`, in the order in which they were given their first one. */
export async function listRoles(db: Db, tenant: string, now: Instant, wanted: Page): Promise<Paged<{ person: string; roles: HeldRole[] }>> {
  const query = db.selectFrom(viewOf(deskRoles)).selectAll().where('tenant', '=', tenant).where('until', '>', now);
  const { items, next } = await page<RoleRow>(query, 'since', 'asc', wanted);
  const held = ({ key, roles }: Keyed<RoleRow>) => ({
    person: key,
    roles: parsed<HeldRole[]>(roles).filter(({ until }) => until === null || until > now),
  });
  return { items: items.map(held), next };
}
