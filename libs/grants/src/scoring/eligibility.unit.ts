import type { PilotState } from '../pilot/pilot.js';
import { IDS, application, decide, facts, item, past, pilots, signed, DECIDER, DAY } from './testing.js';

const completion = (status: 'asked' | 'completed' | 'not-completed', answerBy: string): PilotState['completion'] => ({
  codes: ['business-id-missing'],
  fields: ['businessId'],
  open: status === 'completed' ? [] : ['businessId'],
  answerBy,
  status,
  reminded: true,
});
const decideOn = (change: Partial<PilotState>, cents = 50_000) =>
  past(...signed).when(
    decide(item(IDS[0], 'granted', { cents })),
    DAY,
    DECIDER,
    facts({ pilots: pilots({ [IDS[0]]: { ...application(1), ...change } }) }),
  );

describe('a decision', () => {
  it('waits while the applicant has time to complete the application, and no longer', () => {
    decideOn({ completion: completion('asked', '2027-10-08') }).thenRejected('completion-awaited', { answerBy: '2027-10-08' });
    for (const over of [
      completion('asked', '2027-10-07'),
      completion('completed', '2027-10-12'),
      completion('not-completed', '2027-10-07'),
    ])
      expect(decideOn({ completion: over }).result).toMatchObject([{ type: 'scoring.decided', data: { result: 'granted' } }]);
  });

  it('is not taken by who wrote down a completion', () => decideOn({ helpers: [DECIDER] }).thenRejected('helper-may-not-judge'));

  it('never grants more than the call does, whatever was asked for', () => {
    const { application: asked } = application(1, { askedCents: 60_000 });
    decideOn({ application: asked }, 60_000).thenRejected('sum-above-grant-size', { maxCents: 50_000 });
  });
});
