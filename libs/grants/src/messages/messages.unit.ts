import fc from 'fast-check';
import { Rejected } from '@minipilot/kernel/decider.js';
import { occasionAt } from '@minipilot/kernel/testing.js';
import { hash, id, POLICY, told } from '../testing.js';
import type { MessagesEvent } from './events.js';
import {
  ATTEMPTS,
  isSettled,
  messageIdOf,
  messages,
  undelivered,
  type About,
  type MessagesCommand,
  type MessagesState,
} from './messages.js';

const NOW = '2027-10-08T08:00:00.000Z';
const about = (kind = 'receipt', n = 1): About => ({
  message: messageIdOf(id(`cause ${n}`), kind, 'applicant'),
  kind,
  cause: id(`cause ${n}`),
  addressee: 'applicant',
  to: id('somebody'),
  language: 'fi',
});
const sent = (a = about()): MessagesCommand => ({ type: 'RecordSent', ...a, messageId: '<a@b.example>', document: null });
const deferred = (a = about()): MessagesCommand => ({ type: 'RecordDeferred', ...a, code: '450' });
const failed = (a = about(), letter: string | null = hash('letter')): MessagesCommand => ({
  type: 'RecordFailed',
  ...a,
  why: 'refused',
  code: '550',
  letter,
});
const letter = (a = about()): MessagesCommand => ({ type: 'PrepareLetter', ...a, digest: hash('letter') });
const posted = (on: string, a = about()): MessagesCommand => ({ type: 'MarkPosted', message: a.message, on });
const past = told(messages, POLICY, NOW, 'flow.notifying');

describe('messages', () => {
  it('are one for each event, kind and addressee', () => {
    expect(messageIdOf('a', 'receipt', 'applicant')).toBe(messageIdOf('a', 'receipt', 'applicant'));
    const ids = [messageIdOf('b', 'receipt', 'applicant'), messageIdOf('a', 'paid', 'applicant'), messageIdOf('a', 'receipt', 'earlier')];
    expect(new Set([messageIdOf('a', 'receipt', 'applicant'), ...ids]).size).toBe(4);
  });

  it('are recorded once, however often they were sent', () => {
    past()
      .when(sent())
      .then([{ type: 'messages.sent', data: { ...about(), messageId: '<a@b.example>', document: null, instead: [] } }]);
    for (const again of [sent(), deferred(), failed(), letter()]) past(sent()).when(again).thenNothing();
  });

  it('wait longer after each temporary refusal, and are given up in the end', () => {
    const waits: string[] = [];
    const steps: MessagesCommand[] = [];
    for (let n = 1; n < ATTEMPTS; n++) {
      const step = past(...steps).when(deferred());
      expect(step.result).toMatchObject([{ type: 'messages.deferred', data: { attempt: n } }]);
      waits.push((step.result as { data: { until: string } }[])[0]!.data.until);
      steps.push(deferred());
    }
    expect(waits).toEqual([...waits].sort());
    expect(waits[0]).toBe('2027-10-08T08:15:00.000Z');
    past(...steps)
      .when(deferred())
      .then([{ type: 'messages.failed', data: { ...about(), why: 'gave-up', code: '450' } }]);
    expect(past(...steps).when(sent()).result).toMatchObject([{ type: 'messages.sent' }]);
  });

  it('that cannot be delivered become letters', () => {
    const { when, state } = past(failed());
    expect(state.messages[about().message]).toMatchObject({ status: 'to-post', digest: hash('letter') });
    when(posted('2027-10-08')).then([
      {
        type: 'messages.letter-posted',
        data: { message: about().message, kind: 'receipt', digest: hash('letter'), on: '2027-10-08', instead: [] },
      },
    ]);
  });

  it('on paper are posted once, on a day that can be', () => {
    past(letter()).when(posted('2027-10-09')).thenRejected('date-in-future', { on: '2027-10-09' });
    past(letter()).when(posted('2027-10-07')).thenRejected('posted-before-prepared', { earliest: '2027-10-08' });
    past().when(posted('2027-10-08')).thenRejected('letter-not-found');
    past(sent()).when(posted('2027-10-08')).thenRejected('letter-not-found');
    const done = past(letter(), posted('2027-10-08'));
    done.when(posted('2027-10-08')).thenNothing();
    done.when(posted('2027-10-09'), '2027-10-09T08:00:00.000Z').thenRejected('letter-already-posted', { on: '2027-10-08' });
  });

  it('tell which notices were lost until they are told in another way', () => {
    const lost = about('decision');
    const { when, state } = past(failed(lost, null), failed(about('receipt', 2), null));
    expect(undelivered(state)).toEqual([lost.message]);
    const byLetter = when({ type: 'RecordDecisionPosted', message: id('letter'), digest: hash('document'), on: '2027-10-08' });
    byLetter.then([
      {
        type: 'messages.letter-posted',
        data: { message: id('letter'), kind: 'decision', digest: hash('document'), on: '2027-10-08', instead: [lost.message] },
      },
    ]);
    expect(undelivered(byLetter.after())).toEqual([]);
    const byMail = when(sent(about('decision', 3)));
    expect(byMail.result).toMatchObject([{ data: { instead: [lost.message] } }]);
    expect(undelivered(byMail.after())).toEqual([]);
    // what is on record stays
    past({ type: 'RecordDecisionPosted', message: id('letter'), digest: null, on: '2027-10-08' })
      .when({ type: 'RecordDecisionPosted', message: id('letter'), digest: null, on: '2027-10-09' })
      .thenNothing();
  });

  it('never change again once they are settled, in whatever order errands come back', () => {
    const kinds = ['receipt', 'decision'];
    const command = fc
      .record({ make: fc.constantFrom(sent, deferred, failed, letter), kind: fc.constantFrom(...kinds), n: fc.integer({ min: 1, max: 3 }) })
      .map(({ make, kind, n }) => make(about(kind, n)));
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        let state: MessagesState = messages.initial;
        const settled = new Set<string>();
        for (const [n, c] of commands.entries()) {
          const events = messages.decide(c, state, POLICY, occasionAt(NOW, 'flow.notifying'));
          if (events instanceof Rejected) throw new Error(events.code);
          if (settled.has(c.message)) expect(events).toEqual([]);
          for (const event of events) {
            const meta = { id: id(n), at: NOW, actor: 'flow.notifying', revision: n };
            state = messages.evolve(state, { ...(event as MessagesEvent), ...meta });
          }
          if (isSettled(state, c.message)) settled.add(c.message);
        }
      }),
    );
  });
});
