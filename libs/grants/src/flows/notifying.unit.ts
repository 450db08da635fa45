import type { Recorded } from '@minipilot/kernel/event.js';
import type { FlowInput } from '@minipilot/kernel/flow.js';
import { catalogue } from '../catalogue.js';
import { messageIdOf } from '../messages/messages.js';
import { messagesStream, pilotStream } from '../streams.js';
import { hash, id } from '../testing.js';
import { notifying, TELLINGS } from './notifying.js';

const PILOT = id('pilot');
const to = messagesStream('demo', PILOT);
const event = (type: string, data: Record<string, unknown> = {}, stream = pilotStream('demo', PILOT)): FlowInput => ({
  kind: 'event',
  event: { id: id(`event ${type}`), type, data, stream } as unknown as Recorded,
});
const on = (...inputs: FlowInput[]) => {
  const state = inputs.reduce(notifying.evolve, notifying.initial);
  return notifying.react(state, inputs.at(-1)!, 'demo');
};
const message = (type: string, kind: string, addressee: 'applicant' | 'recipient' | 'earlier') => ({
  aggregate: 'mail',
  stream: to,
  command: {
    type: 'SendMessage',
    message: messageIdOf(id(`event ${type}`), kind, addressee),
    kind,
    cause: id(`event ${type}`),
    addressee,
  },
});

describe('notifying', () => {
  it('knows only events that there are, and never tells one thing twice', () => {
    for (const { of } of TELLINGS) expect(catalogue.get(of)?.type).toBe(of);
    const told = TELLINGS.map(({ of, kind, to: addressee }) => `${of} ${kind} ${addressee}`);
    expect(new Set(told).size).toBe(told.length);
  });

  it('acknowledges an application, and tells of a new account to whoever was reached before, too', () => {
    expect(on(event('pilot.submitted'))).toEqual({ commands: [message('pilot.submitted', 'receipt', 'applicant')] });
    expect(on(event('pilot.account-changed'))).toEqual({
      commands: [
        message('pilot.account-changed', 'account-changed', 'recipient'),
        message('pilot.account-changed', 'account-changed', 'earlier'),
      ],
    });
  });

  it('sends an electronic notice, and records one that an officer posted', () => {
    expect(on(event('pilot.notified', { channel: 'electronic' }))).toEqual({
      commands: [message('pilot.notified', 'decision', 'applicant')],
    });
    const document = { digest: hash('document'), language: 'fi', template: 1 };
    const posted = (given: unknown) => on(event('pilot.notified', { channel: 'letter', sentOn: '2027-03-05', document: given }));
    const command = { type: 'RecordDecisionPosted', message: messageIdOf(id('event pilot.notified'), 'decision', 'applicant') };
    expect(posted(document)).toEqual({
      commands: [{ aggregate: 'messages', stream: to, command: { ...command, digest: document.digest, on: '2027-03-05' } }],
    });
    expect(posted(null).commands![0]!.command['digest']).toBeNull();
  });

  it('tries again what was put off, when its time has come', () => {
    const pending = { message: id('message'), kind: 'paid', cause: id('cause'), addressee: 'recipient' };
    const until = '2027-10-08T08:15:00.000Z';
    const deferred = event('messages.deferred', { ...pending, until, attempt: 1 }, to);
    const timer = `again ${pending.message}`;
    expect(on(deferred)).toEqual({ timers: [{ timer, due: until }] });
    expect(on(deferred, { kind: 'timer', timer, due: until })).toEqual({
      commands: [{ aggregate: 'mail', stream: to, command: { type: 'SendMessage', ...pending } }],
    });
  });
});
