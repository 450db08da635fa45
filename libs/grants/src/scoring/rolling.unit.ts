import { type PilotState } from '../pilot/pilot.js';
import { digestOfLeaves, drawKey } from '@minipilot/kernel/lot.js';
import { CALL, ROLLING, SEED, announced, id, told } from '../testing.js';
import { ROUND_PLACES, scoring, type ScoringCommand } from './scoring.js';
import { type ScoringEvent } from './events.js';
import { application, IDS, pilots, facts, past, item, decide, DECIDER, NOW, DAY } from './testing.js';

describe('a rolling call', () => {
  const rolling = announced({ rules: ROLLING, budget: { ...announced().content!.budget, cents: 150_000 } });
  const rollingFacts = facts({ call: rolling, cards: [] });
  const round = told(scoring, rollingFacts, NOW, DECIDER);
  const read = (application: string, values = [true, true, true]): ScoringCommand => ({
    type: 'RecordReading',
    call: CALL,
    application,
    values,
  });
  const propose: ScoringCommand = { type: 'ProposeRound', call: CALL, effectiveAt: '2027-09-24T06:00:00.000Z' };
  const yes = read(IDS[0]);

  it('is read with yes and no by who had no hand in it', () => {
    round()
      .when(yes)
      .then([
        {
          type: 'scoring.reading-recorded',
          data: { application: IDS[0], reader: DECIDER, values: [true, true, true], salt: '00'.repeat(32) },
        },
      ]);
    const reads = (change: PilotState, code: string) =>
      round()
        .when(yes, NOW, DECIDER, { ...rollingFacts, pilots: { [IDS[0]]: change } })
        .thenRejected(code);
    reads({ ...application(1), withdrawn: true }, 'application-withdrawn');
    reads({ ...application(1), call: id('other') }, 'application-not-found');
    reads(application(1, { late: true }), 'application-late');
    reads(application(1, { helper: DECIDER }), 'helper-may-not-judge');
    reads(application(1, { filedBy: DECIDER }), 'own-application');
    round()
      .when(read(IDS[0], [true]))
      .thenRejected('card-criteria', { criteria: 3 });
    past().when(yes).thenRejected('call-is-ranked');
    round(yes, propose).when(yes).thenRejected('already-proposed');
    expect(round(read(IDS[0], [false, true, true]), propose).when(yes).result).toHaveLength(1);
  });

  it('puts together a round of what was read; nothing is no round', () => {
    round().when(propose).thenNothing();
    const step = round(yes, read(IDS[1], [true, false, true])).when(propose, NOW, DECIDER, {
      ...rollingFacts,
      pilots: { [IDS[0]]: application(1), [IDS[1]]: application(2) },
    });
    expect(step.result).toMatchObject([
      {
        type: 'scoring.round-proposed',
        data: {
          round: 1,
          effectiveAt: '2027-09-24T06:00:00.000Z',
          leftCents: 100_000,
          seed: null,
          places: [
            { application: IDS[0], result: 'proposed-grant', cents: 50_000 },
            { application: IDS[1], result: 'not-passed', notMet: ['new'] },
          ],
        },
      },
    ]);
  });

  it('does not repeat a round that says nothing new', () => {
    round(read(IDS[1], [true, false, true]), propose)
      .when(propose)
      .thenNothing();
    round(yes, propose).when(propose).thenNothing();
    const changed = round(read(IDS[1], [true, false, true]), propose, read(IDS[1])).when(propose);
    expect(changed.result).toMatchObject([{ data: { round: 2, places: [{ application: IDS[1], result: 'proposed-grant' }] } }]);
  });

  it('draws lots where a round asks for more than is left, and reveals the seed', () => {
    const all = { ...rollingFacts, pilots: Object.fromEntries(IDS.slice(0, 3).map((a, i) => [a, application(i + 1)])) };
    const step = round(yes, read(IDS[1]), read(IDS[2])).when(propose, NOW, DECIDER, all);
    const [event] = step.result as ScoringEvent[];
    const { places, seed, readingsDigest, leaves } = event!.data as {
      places: { application: string; result: string; drawKey?: string }[];
      seed: string | null;
      readingsDigest: string;
      leaves: string[];
    };
    expect(seed).toBe(SEED);
    // everybody can repeat it, whatever else is being read meanwhile
    expect(leaves).toHaveLength(3);
    expect(digestOfLeaves('readings', leaves)).toBe(readingsDigest);
    expect(places.map((p) => p.drawKey)).toEqual(places.map((p) => drawKey(SEED, readingsDigest, p.application)));
    const half = announced({ ...rolling.content!, rules: { ...ROLLING, readers: 2 } });
    expect(round(yes).when(propose, NOW, DECIDER, { ...all, call: half }).result).toEqual([]);
    expect(places.map((p) => p.result)).toEqual(['proposed-grant', 'proposed-grant', 'no-money']);
    expect(places.every((p) => p.drawKey !== undefined)).toBe(true);
  });

  it('holds at most as many as its event can, the first to arrive; the others come into the next', () => {
    const many = Array.from({ length: ROUND_PLACES + 1 }, (_, i) => id(`one of many ${i}`));
    const minute = (i: number) => new Date(Date.UTC(2027, 8, 10, 8, i)).toISOString();
    // the first in the list is the last to arrive
    const crowd = {
      ...rollingFacts,
      pilots: Object.fromEntries(many.map((a, i) => [a, application(1, { arrivedAt: minute(many.length - i) })])),
    };
    const step = told(scoring, crowd, NOW, DECIDER)(...many.map((a) => read(a))).when(propose, NOW, DECIDER, crowd);
    const [event] = step.result as ScoringEvent[];
    const { places, leaves } = event!.data as { places: { application: string }[]; leaves: string[] };
    expect([places.length, leaves.length]).toEqual([ROUND_PLACES, ROUND_PLACES]);
    expect(places.map((p) => p.application)).not.toContain(many[0]);
    expect(JSON.stringify(event).length).toBeLessThan(256 * 1024);
  });

  it('keeps the money of an earlier round for its decision, unless the application is withdrawn', () => {
    const read2 = round(yes, propose, read(IDS[1])).when(propose, NOW, DECIDER, rollingFacts);
    expect(read2.result).toMatchObject([{ data: { leftCents: 50_000 } }]);
    const gone = { ...rollingFacts, pilots: pilots({ [IDS[0]]: { ...application(1), withdrawn: true } }) };
    expect(round(yes, propose, read(IDS[1])).when(propose, NOW, DECIDER, gone).result).toMatchObject([{ data: { leftCents: 100_000 } }]);
  });

  it('is decided as the round says, without a chair', () => {
    const step = round(yes, propose).when(decide(item(IDS[0], 'granted')), DAY, DECIDER, rollingFacts);
    expect(step.result).toMatchObject([{ data: { departure: null, waitingRank: null, proposal: step.after().proposed[IDS[0]]!.basis } }]);
    round(yes, propose, [decide(item(IDS[0], 'granted')), DAY])
      .when(yes)
      .thenRejected('already-decided');
    round(read(IDS[1], [true, false, true]), propose)
      .when(decide(item(IDS[1], 'granted')), DAY, DECIDER, rollingFacts)
      .thenRejected('departure-without-reason');
  });
});
