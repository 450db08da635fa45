import { person } from '@minipilot/grants/person/person.js';
import { personStream } from '@minipilot/grants/streams.js';
import { ROLES, type Role } from '@minipilot/identity/roles.js';
import { uuid5 } from '@minipilot/kernel/ids.js';
import { EmailField, InstantField, OneOf } from '@minipilot/platform/http/fields.js';
import { handler, type Act, type Desk } from '../desk.js';

/** What somebody is given or loses; everybody who is signed in is an applicant. */
const GIVEN = ROLES.filter((role) => role !== 'applicant');

export class GrantRole {
  @EmailField({ description: 'with which the person signs in, or will sign in' }) email: string;
  @OneOf(GIVEN) role: Role;
  @InstantField({ optional: true, description: 'when the role ends by itself' }) until?: string;
}
export class RevokeRole {
  @EmailField({ description: 'with which the person signs in' }) email: string;
  @OneOf(GIVEN) role: Role;
}

async function whose(desk: Desk, { caller, commandId }: Act, email: string) {
  const { subject } = await desk.parts.vault.resolve(caller.tenant, { kind: 'email', value: email });
  // the body, not the path, says whose stream it is
  return { subject, stream: personStream(caller.tenant, subject), own: { caller, commandId: uuid5(commandId, subject) } };
}

export const roleHandlers = [
  handler(GrantRole, async (desk, { email, role, until }, act) => {
    const { subject, stream, own } = await whose(desk, act, email);
    const secrets = [{ purpose: 'contact' as const, payload: { v: 1, email: email.toLowerCase() } }];
    return desk.answer(own, person, stream, { type: 'GrantRole', subject, role, until: until ?? null }, { secrets });
  }),
  handler(RevokeRole, async (desk, { email, role }, act) => {
    const { subject, stream, own } = await whose(desk, act, email);
    return desk.answer(own, person, stream, { type: 'RevokeRole', subject, role });
  }),
];
