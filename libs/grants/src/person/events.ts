import { defineEvent, PURPOSES, type EventsOf } from '@minipilot/kernel/event.js';
import { Day, list, object, oneOf } from '@minipilot/kernel/schema.js';

export const personEvents = [
  defineEvent(
    'person.forgotten',
    'A person asked to be forgotten; the keys of what the law does not hold back were destroyed.',
    object({ purposes: list(oneOf(...PURPOSES), 10), held: list(object({ purpose: oneOf(...PURPOSES), until: Day }), 10) }),
    { access: 'secret' },
  ),
] as const;
export type PersonEvent = EventsOf<typeof personEvents>;
