import { person } from '@minipilot/grants/person/person.js';
import { personStream } from '@minipilot/grants/streams.js';
import { ROLES, type Role } from '@minipilot/identity/roles.js';
import { EmailField, IdentityEmailField, InstantField, OneOf } from '@minipilot/platform/http/fields.js';
import { handler, type Act, type Desk } from '../desk.js';

/** What somebody is given or loses; everybody who is signed in is an applicant. */
const GIVEN = ROLES.filter((role) => role !== 'applicant');

export class GrantRole {
  @IdentityEmailField({ description: 'with which the person signs in, or will sign in' }) email: string;
  @OneOf(GIVEN) role: Role;
  @InstantField({ optional: true, description: 'when the role ends by itself' }) until?: string;
}
export class RevokeRole {
  @EmailField({ description: 'with which the person signs in' }) email: string;
  @OneOf(GIVEN) role: Role;
}

async function whose(desk: Desk, { caller }: Act, email: string) {
  const { subject } = await desk.parts.vault.resolve(caller.tenant, { kind: 'email', value: email });
  return { subject, stream: personStream(caller.tenant, subject) };
}

export const roleHandlers = [
  handler(GrantRole, async (desk, { email, role, until }, act) => {
    const { subject, stream } = await whose(desk, act, email);
    const secrets = [{ purpose: 'contact' as const, payload: { v: 1, email: email.toLowerCase() } }];
    return desk.answer(act, person, stream, { type: 'GrantRole', subject, role, until: until ?? null }, { secrets });
  }),
  handler(RevokeRole, async (desk, { email, role }, act) => {
    const { subject, stream } = await whose(desk, act, email);
    return desk.answer(act, person, stream, { type: 'RevokeRole', subject, role });
  }),
];
