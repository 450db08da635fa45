import type { Aggregate, Rejected } from '@minipilot/kernel/decider.js';
import type { Purpose } from '@minipilot/kernel/event.js';
import type { LocalDate } from '@minipilot/kernel/time.js';
import type { PersonEvent } from './events.js';

export type PersonCommand = { type: 'ForgetPerson'; purposes: Purpose[]; held: { purpose: Purpose; until: LocalDate }[] };
export interface PersonState {
  forgotten: number;
}

/** What the municipality did with a person's data, never the data. */
export const person: Aggregate<PersonCommand, PersonState, PersonEvent, null> = {
  category: 'person',
  initial: { forgotten: 0 },
  evolve: (state) => ({ forgotten: state.forgotten + 1 }),
  facts: () => Promise.resolve(null),
  decide: (command): PersonEvent[] | Rejected => [{ type: 'person.forgotten', data: { purposes: command.purposes, held: command.held } }],
};
