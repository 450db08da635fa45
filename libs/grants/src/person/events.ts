import { defineEvent, PURPOSES, type EventsOf } from '@minipilot/kernel/event.js';
import { At, Code, Day, list, nullable, object, oneOf, text, version1 } from '@minipilot/kernel/schema.js';

export const personEvents = [
  defineEvent(
    'person.forgotten',
    'A person asked to be forgotten; the keys of what the law does not hold back were destroyed. Roles end with it.',
    object({ purposes: list(oneOf(...PURPOSES), 10), held: list(object({ purpose: oneOf(...PURPOSES), until: Day }), 10) }),
    { access: 'secret' },
  ),
  defineEvent(
    'person.role-granted',
    'A person was given a role in the municipality, until a moment or until it is taken away.',
    object({ role: Code, until: nullable(At) }),
    { access: 'party', sealed: { contact: { v: 1, schema: object({ v: version1, email: text(254, 3) }) } } },
  ),
  defineEvent('person.role-revoked', 'A role was taken away from a person.', object({ role: Code }), { access: 'party' }),
] as const;
export type PersonEvent = EventsOf<typeof personEvents>;
