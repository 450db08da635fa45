import { reject, type Aggregate, type Rejected } from '@minipilot/kernel/decider.js';
import type { Purpose } from '@minipilot/kernel/event.js';
import type { Instant, LocalDate } from '@minipilot/kernel/time.js';
import type { PersonEvent } from './events.js';

/** `subject` is the person whom the stream is about. */
export type PersonCommand =
  | { type: 'ForgetPerson'; purposes: Purpose[]; held: { purpose: Purpose; until: LocalDate }[] }
  | { type: 'GrantRole'; subject: string; role: string; until: Instant | null }
  | { type: 'RevokeRole'; subject: string; role: string };

export interface PersonState {
  forgotten: number;
  /** until when each role is held; null until it is taken away */
  roles: Readonly<Record<string, Instant | null>>;
}

/** What a person may do in the municipality, and what became of the person's data. Never the data. */
export const person: Aggregate<PersonCommand, PersonState, PersonEvent, null> = {
  category: 'person',
  initial: { forgotten: 0, roles: {} },
  evolve(state, event) {
    switch (event.type) {
      case 'person.forgotten':
        return { forgotten: state.forgotten + 1, roles: {} };
      case 'person.role-granted':
        return { ...state, roles: { ...state.roles, [event.data.role]: event.data.until } };
      case 'person.role-revoked': {
        const { [event.data.role]: _, ...roles } = state.roles;
        return { ...state, roles };
      }
    }
  },
  facts: () => Promise.resolve(null),
  decide(command, state, _facts, { now, actor }): PersonEvent[] | Rejected {
    switch (command.type) {
      case 'ForgetPerson':
        return [{ type: 'person.forgotten', data: { purposes: command.purposes, held: command.held } }];
      case 'GrantRole': {
        const { subject, role, until } = command;
        if (subject === actor) return reject('own-roles');
        if (until !== null && until <= now) return reject('role-ends-in-the-past', { until }, '/until');
        if (Object.hasOwn(state.roles, role) && state.roles[role] === until) return [];
        return [{ type: 'person.role-granted', data: { role, until }, seal: { contact: subject } }];
      }
      case 'RevokeRole':
        if (command.subject === actor) return reject('own-roles');
        if (!rolesAt(state, now).includes(command.role)) return reject('role-not-held', { role: command.role }, '/role');
        return [{ type: 'person.role-revoked', data: { role: command.role } }];
    }
  },
};

/** The roles that a person holds at a moment. */
export const rolesAt = ({ roles }: PersonState, now: Instant): string[] =>
  Object.keys(roles)
    .filter((role) => roles[role] === null || roles[role]! > now)
    .sort();
