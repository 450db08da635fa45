import { CALL, id } from '../testing.js';
import type { ScoringCommand } from './scoring.js';
import { call, DAY, decided, DECIDER, digest, IDS, type Of } from './testing.js';

describe('a decision is made anew after an appeal', () => {
  const after = (n: number, change: Partial<Of<'DecideAfterAppeal'>> = {}): ScoringCommand => ({
    type: 'DecideAfterAppeal',
    call: CALL,
    application: IDS[n]!,
    cents: 50_000,
    reasonCode: 'appeal',
    deMinimis: null,
    section: '§ 140',
    caseNumber: 'HML/1/2027',
    decidedOn: '2027-10-08',
    appeal: id('appeal'),
    outcome: id(`outcome ${n}`),
    decider: id('board'),
    ...change,
  });

  it('as the appeal body says, from the reserve, with the departure and where it came from', () => {
    const step = decided().when(after(4), DAY);
    step.then([
      {
        type: 'scoring.decided',
        data: {
          application: IDS[4],
          applicant: id('applicant 5'),
          result: 'granted',
          cents: 50_000,
          from: 'appeal-reserve',
          section: '§ 140',
          caseNumber: 'HML/1/2027',
          decidedOn: '2027-10-08',
          reasonCode: 'appeal',
          departure: { proposed: 'waiting', code: 'appeal-upheld' },
          proposal: digest,
          rulesHash: call.rulesHash,
          deMinimis: null,
          waitingRank: null,
          appeal: { appeal: id('appeal'), outcome: id('outcome 4'), decider: id('board') },
        },
      },
    ]);
    expect(step.after()).toMatchObject({ grantedCents: 150_000, reserveUsedCents: 50_000 });
    expect(step.after().decided[IDS[4]]).toMatchObject({ deciders: [DECIDER], appeal: id('appeal') });
  });

  it('while no one who has won loses or wins twice', () => {
    decided().when(after(0), DAY).thenNothing();
    decided([after(4)])
      .when(after(4), DAY)
      .thenNothing();
    decided([{ type: 'FreePlace', call: CALL, application: IDS[0], why: 'declined' }])
      .when(after(0), DAY)
      .then([expect.objectContaining({ type: 'scoring.decided' }) as never]);
    decided()
      .when(after(0, { application: id('stranger') }), DAY)
      .thenRejected('not-decided');
  });

  it('and keeps, instead of losing it, what the reserve cannot pay in the same moment', () => {
    const unfunded = decided([after(4)]).when(after(5), DAY);
    unfunded.then([
      {
        type: 'scoring.appeal-unfunded',
        data: { application: IDS[5], appeal: id('appeal'), outcome: id('outcome 5'), cents: 50_000, leftCents: 0 },
      },
    ]);
    decided([after(4)], [after(5)])
      .when(after(5), DAY)
      .thenNothing();
  });

  it('with windows for the court instead of those for an appeal', () => {
    const told = (applications: string[]): ScoringCommand => ({
      type: 'SendNotice',
      call: CALL,
      applications,
      channel: 'electronic',
      sentOn: '2027-10-08',
    });
    expect(decided([after(4)]).when(told([IDS[0], IDS[4]]), DAY).result).toMatchObject([
      { data: { applications: [IDS[0]], appealUntil: '2027-10-25' } },
      { data: { applications: [IDS[4]], appealUntil: '2027-11-10' } },
    ]);
    const publish: ScoringCommand = { type: 'PublishDecisions', call: CALL, publishedOn: '2027-10-08' };
    expect(decided([after(4)]).when(publish, DAY).result).toMatchObject([
      { data: { appealUntil: '2027-10-29' } },
      { data: { applications: [IDS[4]], appealUntil: '2027-11-15' } },
    ]);
  });
});
