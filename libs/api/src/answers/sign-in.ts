import { ROLES } from '@minipilot/identity/roles.js';
import { Bool, Moment, Str, Word } from './fields.js';

export class Nobody {
  @Bool({ description: 'false' }) signedIn: boolean;
}
/** Who is signed in at this browser. */
export class SomebodySignedIn {
  @Bool({ description: 'true' }) signedIn: boolean;
  @Str({ description: 'code of the municipality' }) tenant: string;
  @Str({ optional: true }) name?: string;
  @Str({ optional: true }) email?: string;
  @Word(ROLES, { list: true, description: 'in this municipality, now' }) roles: string[];
  @Moment({ nullable: true, description: 'when the person last proved who they are; null where the provider does not say' })
  authenticatedAt: string | null;
  @Moment({ nullable: true, description: 'until when approvals, accounts and decisions need no new sign-in' }) freshUntil: string | null;
  @Str({ description: 'to send in the header X-CSRF-Token with every change' }) csrfToken: string;
}
export class SignedOut extends Nobody {
  @Str({ nullable: true, description: 'where to go on, so that the provider knows; null where it need not' }) continueAt: string | null;
}
