import { CALL, SHARES, hash, id, told } from '../testing.js';
import type { OpenedVote } from '../tally/tally.js';
import { ballotProblem, isOfAge } from './ballot.js';
import { vote, type VoteCommand, type VoteFacts } from './vote.js';

const VOTER = id('voter');
const [OPENS, CLOSES, DURING] = ['2027-10-01T06:00:00.000Z', '2027-10-08T13:00:00.000Z', '2027-10-05T08:00:00.000Z'];
const opened: OpenedVote = {
  call: CALL,
  projects: [1, 2, 3].map((n) => ({ application: id(n), cents: 50_000, district: 'Jukola' })),
  opensAt: OPENS,
  closesAt: CLOSES,
  boxKey: hash('box'),
  paper: false,
  selects: true,
};
const facts = (change: Partial<NonNullable<VoteFacts['vote']>> = {}): VoteFacts => ({
  vote: { opened, closed: false, rules: SHARES.vote!, ...change },
});
const past = told(vote, facts(), DURING, VOTER);
const signedIn = (ofAge: boolean | null = true, resident: boolean | null = true, arrivedAt = DURING): VoteCommand => ({
  type: 'CastVote',
  call: CALL,
  arrivedAt,
  channel: 'sign-in',
  voter: { ofAge, resident },
});
const byCode = (arrivedAt = DURING): VoteCommand => ({ type: 'CastVote', call: CALL, arrivedAt, channel: 'code' });
const cast = (channel: string) => [{ type: 'vote.cast', data: { call: CALL, channel }, seal: { ballot: CALL } }];

describe('a voter', () => {
  it('casts a ballot that is sealed for the call, so that no erasure of a person takes it away', () => {
    past().when(signedIn()).then(cast('sign-in'));
    past().when(byCode()).then(cast('code'));
  });

  it('may replace it until the close', () => {
    const again = past(signedIn()).when(signedIn(), '2027-10-08T12:59:59.999Z');
    again.then(cast('sign-in'));
    expect(again.after()).toEqual({ cast: 2, lastAt: '2027-10-08T12:59:59.999Z' });
  });

  it('is refused by age, by home, and where the sign-in tells neither; a code was checked where it was handed out', () => {
    past().when(signedIn(false)).thenRejected('voter-too-young', { minAge: 12 });
    past().when(signedIn(true, false)).thenRejected('voter-not-resident');
    past().when(signedIn(null, true)).thenRejected('voter-unknown');
    past().when(signedIn(true, null)).thenRejected('voter-unknown');
    past(signedIn()).when(signedIn(false)).thenRejected('voter-too-young');
  });

  it('votes from the opening until before the close, and not where there is no vote', () => {
    past().when(byCode('2027-10-01T05:59:59.999Z'), OPENS).thenRejected('vote-not-open', { opensAt: OPENS });
    past().when(byCode(OPENS), OPENS).then(cast('code'));
    past().when(byCode(CLOSES), CLOSES).thenRejected('vote-closed', { closesAt: CLOSES });
    // what counts is when the request was here, not when its turn came
    for (const inTime of [byCode('2027-10-08T12:59:59.999Z'), signedIn(true, true, '2027-10-08T12:59:59.999Z')]) {
      expect(past().when(inTime, '2027-10-08T13:00:05.000Z').result).toHaveLength(1);
      past()
        .when(inTime, '2027-10-08T13:00:31.000Z', VOTER, facts({ closed: true }))
        .thenRejected('vote-closed');
    }
    past()
      .when(signedIn(true, true, CLOSES), '2027-10-08T12:59:59.000Z')
      .thenRejected('vote-closed');
    // should a clock be wrong, a closed box stays closed
    past()
      .when(byCode(), DURING, VOTER, facts({ closed: true }))
      .thenRejected('vote-closed');
    past().when(byCode(), DURING, VOTER, { vote: null }).thenRejected('vote-not-found');
  });
});

describe('a ballot', () => {
  const { ballot } = SHARES.vote!;
  const code = (choices: number[]) => {
    const problem = ballotProblem(3, ballot, choices);
    return problem === null ? null : [problem.code, problem.pointer];
  };

  it('names as many projects as the rules allow, each once, and only those that stand on it', () => {
    expect(code([1])).toBeNull();
    expect(code([3, 1, 2])).toBeNull();
    expect(code([])).toEqual(['ballot-size', '/choices']);
    expect(code([1, 2, 3, 1])).toEqual(['ballot-size', '/choices']);
    expect(code([1, 4])).toEqual(['project-not-on-ballot', '/choices/1']);
    expect(code([0])).toEqual(['project-not-on-ballot', '/choices/0']);
    expect(code([1.5])).toEqual(['project-not-on-ballot', '/choices/0']);
    expect(code([2, 2])).toEqual(['project-twice', '/choices/1']);
  });
});

test.each([
  ['2015-10-05', 12, '2027-10-05', true],
  ['2015-10-06', 12, '2027-10-05', false],
  ['2012-02-29', 15, '2027-02-28', false],
  ['2012-02-29', 15, '2027-03-01', true],
  ['2015', 12, '2027-12-30', false],
  ['2015', 12, '2027-12-31', true],
  ['2014', 12, '2027-01-01', true],
  ['2027-10-05', 0, '2027-10-05', true],
])('somebody born %s has lived %d years on %s: %p', (born, years, day, right) => {
  expect(isOfAge(born, years, day)).toBe(right);
});
