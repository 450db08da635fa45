import fc from 'fast-check';
import { defaultPolicy } from '@minipilot/grants/policy/policy.js';
import { parsePb } from '@minipilot/grants/selection/pabulib.js';
import { replayPb } from '@minipilot/grants/selection/replay-pb.js';
import { equalSharesProposal } from '@minipilot/grants/selection/voted.js';
import { CALL, content, hash, id, POLICY, SHARES } from '@minipilot/grants/testing.js';
import { electionFile } from './election-file.js';

const AT = '2027-10-01T09:00:00.000Z';
const vote = fc.record({
  cents: fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 2, maxLength: 6 }),
  ballots: fc.array(fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 12 }),
  completion: fc.constantFrom('none' as const, 'add1' as const, 'utilitarian' as const, 'add1u' as const),
  cap: fc.option(fc.integer({ min: 20_000, max: 90_000 }), { nil: undefined }),
  minimumCards: fc.integer({ min: 1, max: 2 }),
});

it('a counted vote comes out the same from its published file, by whatever rules', () => {
  fc.assert(
    fc.property(vote, ({ cents, ballots, completion, cap, minimumCards }) => {
      const rules = { ...SHARES, completion, minimumCards, ...(cap !== undefined && { districtCap: { cents: cap } }) };
      const call = content({ rules, budget: { ...content().budget, cents: 100_001 }, appealReserveCents: 0 });
      const projects = cents.map((c, i) => ({
        number: i + 1,
        application: id(`project ${i}`),
        title: `Kokeilu; "${i}"`,
        summary: '',
        cents: c,
        district: i % 2 === 0 ? 'Jukola' : 'Kauriala',
      }));
      const cast = ballots
        .map((b, n) => ({ tracker: hash(`tracker ${n}`), choices: b.filter((c) => c <= cents.length) }))
        .filter((b) => b.choices.length > 0);
      const { places } = equalSharesProposal({
        rules,
        budgetCents: 100_001,
        projects: projects.map(({ application, cents: c, district }) => ({ id: application, cents: c, district })),
        ballots: cast.map(({ tracker, choices }) => ({ tracker, choices: choices.map((c) => projects[c - 1]!.application) })),
        seed: hash('seed'),
      });
      // a lot is not in the file
      fc.pre(places.every((p) => p.tie?.partedBy !== 'lot'));
      const shown = { call: CALL, closesAt: AT, opensAt: AT, online: true, paper: false, selects: true, boxKey: null };
      const text = electionFile({
        content: call,
        policy: { ...defaultPolicy, ...POLICY },
        vote: { ...shown, phase: 'counted', projects },
        tally: {
          call: CALL,
          closesAt: AT,
          countedAt: AT,
          ballots: cast.length,
          voters: cast.length,
          imported: 0,
          codes: 0,
          digest: hash('ballots'),
          keyDestroyedAt: null,
          projects: projects.map((p) => ({ ...p, votes: cast.filter((b) => b.choices.includes(p.number)).length })),
        },
        ballots: cast,
      });
      const file = parsePb(text);
      expect(file.warnings).toEqual([]);
      expect(replayPb(file).winners).toEqual(places.filter((p) => p.result === 'proposed-grant').map((p) => p.application));
    }),
    { numRuns: 200 },
  );
});
