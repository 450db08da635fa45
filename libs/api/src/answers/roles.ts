import { ROLES } from '@minipilot/identity/roles.js';
import { Moment, Of, pageOf, Str, Word } from './fields.js';

class RoleHeld {
  @Word(ROLES) role: string;
  @Moment() since: string;
  @Moment({ nullable: true, description: 'when it ends by itself' }) until: string | null;
}
class RoleHolder {
  @Str({ nullable: true, description: 'with which the person signs in' }) email: string | null;
  @Of(() => RoleHeld, { list: true }) roles: RoleHeld[];
}
export const RolePage = pageOf('RolePage', RoleHolder);
