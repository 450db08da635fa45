import * as fc from 'fast-check';
import { id, told } from '../testing.js';
import { person, rolesAt, type PersonCommand } from './person.js';

const NOW = '2027-05-03T08:00:00.000Z';
const LATER = '2027-06-30T21:00:00.000Z';
const past = told(person, null, NOW, id('admin'));
const subject = id('outi');
const grant = (role: string, until: string | null = null): PersonCommand => ({ type: 'GrantRole', subject, role, until });
const revoke = (role: string): PersonCommand => ({ type: 'RevokeRole', subject, role });
const granted = (role: string, until: string | null = null) => ({
  type: 'person.role-granted',
  data: { role, until },
  seal: { contact: subject },
});

it('a person is forgotten, as often as asked; what is held back is told with its day', () => {
  const data = { purposes: ['proposal' as const, 'comment' as const], held: [{ purpose: 'iban' as const, until: '2037-12-31' }] };
  past()
    .when({ type: 'ForgetPerson', ...data })
    .then([{ type: 'person.forgotten', data }]);
  const again = past({ type: 'ForgetPerson', ...data }).when({ type: 'ForgetPerson', ...data });
  again.then([{ type: 'person.forgotten', data }]);
  expect(again.after()).toEqual({ forgotten: 2, roles: {} });
});

describe('a role', () => {
  it('is given until it is taken away', () => {
    past()
      .when(grant('officer'))
      .then([granted('officer')]);
    past(grant('officer'))
      .when(revoke('officer'))
      .then([{ type: 'person.role-revoked', data: { role: 'officer' } }]);
    expect(rolesAt(past(grant('officer'), grant('member'), revoke('officer')).state, NOW)).toEqual(['member']);
  });

  it('is given until a moment, which ends it', () => {
    const { state } = past(grant('decision-maker', LATER), grant('owner'));
    expect(rolesAt(state, NOW)).toEqual(['decision-maker', 'owner']);
    expect(rolesAt(state, LATER)).toEqual(['owner']);
    past().when(grant('officer', NOW)).thenRejected('role-ends-in-the-past');
  });

  it('is given anew with another end, and not twice with the same', () => {
    past(grant('officer', LATER))
      .when(grant('officer'))
      .then([granted('officer')]);
    past(grant('officer')).when(grant('officer')).then([]);
  });

  it('that is not held is not taken away', () => {
    past().when(revoke('officer')).thenRejected('role-not-held');
    past(grant('officer'), revoke('officer')).when(revoke('officer')).thenRejected('role-not-held');
    past(grant('officer', LATER)).when(revoke('officer'), LATER).thenRejected('role-not-held');
    past().when(revoke('toString')).thenRejected('role-not-held');
  });

  it('is never given to oneself, nor taken from oneself', () => {
    past().when(grant('finance-approver'), NOW, subject).thenRejected('own-roles');
    past(grant('admin')).when(revoke('admin'), NOW, subject).thenRejected('own-roles');
  });

  it('ends when the person is forgotten', () => {
    expect(past(grant('officer'), { type: 'ForgetPerson', purposes: [], held: [] }).state).toEqual({ forgotten: 1, roles: {} });
  });

  it('however roles are given and taken, the last word on each counts', () => {
    const step = fc.record({ role: fc.constantFrom('officer', 'member', 'chair'), give: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const held = new Set<string>();
        const commands: PersonCommand[] = [];
        for (const { role, give } of steps) {
          if (!give && !held.has(role)) continue;
          commands.push(give ? grant(role) : revoke(role));
          if (give) held.add(role);
          else held.delete(role);
        }
        expect(rolesAt(past(...commands).state, NOW)).toEqual([...held].sort());
      }),
    );
  });
});
