import { ballotsDigest } from '../selection/voted.js';
import { tally, votedBallots, type TallyState } from '../tally/tally.js';
import { CALL, SEED, SHARES, announced, hash, id, told } from '../testing.js';
import { scoring, type DecisionItem, type ScoringCommand } from './scoring.js';
import { DAY, DECIDER, IDS, NOW, asProposed, call, extend, facts, pilots, start } from './testing.js';
import { votedProposal } from './voted.js';

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

  describe('proposes by the ballots', () => {
    const projects = IDS.map((application) => ({ application, cents: 50_000, district: 'Jukola' }));
    const opened = { call: CALL, projects, opensAt: NOW, closesAt: DAY, boxKey: null, paper: true, selects: true };
    const ballots = [[1], [1, 2], [1, 2], [3]].map((choices, i) => ({ tracker: `0000${i}`, choices }));
    const counted = { ballots: 4, voters: 4, imported: 4, votes: [3, 2, 1, 0, 0, 0], digest: hash('ballots') };
    const state: TallyState = { ...tally.initial, opened, ballots, counted };
    const full = facts({ call: voted, tally: state });
    const compute: ScoringCommand = { type: 'ComputeProposal', call: CALL, page: 0 };

    it('once they are counted, and reveals the lot with its first page', () => {
      past()
        .when(compute, DAY, 'flow.tallying', facts({ call: voted }))
        .thenRejected('vote-not-found');
      const open = facts({ call: voted, tally: { ...state, counted: null } });
      past().when(compute, DAY, 'flow.tallying', open).thenRejected('not-counted-yet', { closesAt: DAY });
      const proposed = past().when(compute, DAY, 'flow.tallying', full);
      const [revealed, page] = proposed.result as { type: string; data: Record<string, any> }[];
      expect(revealed).toMatchObject({ type: 'scoring.opened', data: { cards: 4, seed: SEED, effectiveAt: DAY } });
      expect(revealed!.data['digest']).toBe(ballotsDigest(votedBallots(opened, ballots)));
      expect(page!.data['places'].map((p: { application: string; support: number }) => [p.application, p.support])).toEqual(
        expect.arrayContaining([
          [IDS[0], 3],
          [IDS[1], 2],
          [IDS[2], 1],
        ]),
      );
      told(scoring, full, DAY, DECIDER)(compute).when(compute).thenNothing();
    });

    it('without a signature; the decision-maker confirms, or departs with a reason', () => {
      const done = told(scoring, full, DAY, DECIDER)(compute);
      const decide = (change: Partial<DecisionItem>): ScoringCommand => ({
        ...(asProposed as Extract<ScoringCommand, { type: 'DecideApplications' }>),
        decisions: [
          {
            ...(asProposed as Extract<ScoringCommand, { type: 'DecideApplications' }>).decisions[0]!,
            application: IDS[0],
            result: 'granted',
            cents: 50_000,
            ...change,
          },
        ],
      });
      expect(Array.isArray(done.when(decide({}), DAY).result)).toBe(true);
      done.when(decide({ result: 'refused', cents: 0 }), DAY).thenRejected('departure-without-reason');
      done.when({ type: 'SignProposal', call: CALL, digest: hash('x') }).thenRejected('call-is-voted');
    });

    it('leaves out what was withdrawn since, whatever ballots choose it', () => {
      const withdrawn = { ...pilots(), [IDS[0]]: { ...pilots()[IDS[0]]!, withdrawn: true } };
      const { places } = votedProposal(state, voted, withdrawn, SEED);
      expect(places.map((p) => p.application)).not.toContain(IDS[0]);
      expect(places).toHaveLength(IDS.length - 1);
    });
  });
});
