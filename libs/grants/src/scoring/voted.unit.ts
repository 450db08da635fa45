import { CALL, SHARES, announced, id, told } from '../testing.js';
import { scoring, type ScoringCommand } from './scoring.js';
import { DAY, DECIDER, IDS, NOW, asProposed, call, extend, facts, start } from './testing.js';

describe('a call that residents vote on', () => {
  const voted = announced({ rules: SHARES, budget: call.content!.budget }, { closed: true, applications: IDS });
  const past = told(scoring, facts({ call: voted }), NOW, DECIDER);

  it('has neither committee nor readers', () => {
    past().when(start()).thenRejected('call-is-voted');
    past().when(extend('2027-10-30T12:00:00.000Z')).thenRejected('call-is-voted');
    const read: ScoringCommand = { type: 'RecordReading', call: CALL, application: IDS[0], values: [] };
    past().when(read).thenRejected('call-is-voted');
    const sign: ScoringCommand = { type: 'SignProposal', call: CALL, digest: id('any') };
    past().when(sign).thenRejected('call-is-voted');
  });

  it('is not decided before there is a proposal', () => {
    past().when(asProposed, DAY).thenRejected('no-proposal');
  });
});
