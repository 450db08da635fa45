import { project, recorded } from '@minipilot/kernel/testing.js';
import { tallyStream, voteId, voteStream } from '@minipilot/grants/streams.js';
import { id, hash } from './testing.js';
import { publicBallots, publicVotes } from './votes.js';

const call = id('call');
const stream = tallyStream('demo', call);
const [a, b] = [id('a'), id('b')];
const published = (application: string, title: string) =>
  recorded({ type: 'tally.project-published', data: { application, title, summary: 'Kokeillaan.' } }, stream);
const opened = recorded(
  {
    type: 'tally.vote-opened',
    data: {
      call,
      projects: [a, b].map((application) => ({ application, cents: 50_000, district: 'Jukola' })),
      opensAt: '2027-10-01T06:00:00.000Z',
      closesAt: '2027-10-08T13:00:00.000Z',
      boxKey: hash('box'),
      paper: false,
      selects: true,
    },
  },
  stream,
);
const ordered = [30, 12].map((count) => recorded({ type: 'tally.codes-ordered', data: { count, place: 'Kirjasto' } }, stream));
const ballots = [
  { tracker: '00000-00000-00001', choices: [1] },
  { tracker: '00000-00000-00002', choices: [1, 2] },
];
const pages = ballots.map((ballot, page) =>
  recorded({ type: 'tally.ballots-opened', data: { page, ballots: [ballot], last: page === 1 } }, stream, page),
);
const counted = recorded(
  { type: 'tally.counted', data: { ballots: 2, voters: 2, imported: 0, votes: [2, 1], digest: hash('d') }, at: '2027-10-08T13:00:30.000Z' },
  stream,
);
const destroyed = recorded({ type: 'tally.box-key-destroyed', data: { boxKey: hash('box') }, at: '2027-10-08T13:00:31.000Z' }, stream);

test('a vote is known with its newest texts, then by its count', () => {
  const before = [published(a, 'Vanha'), published(b, 'Kahvila'), published(a, 'Ramppi')];
  expect(project(publicVotes, before).get(call)).toMatchObject({ state: 'preparing', projects: '[]' });
  const row = project(publicVotes, [...before, opened]).get(call)!;
  expect(row).toMatchObject({ state: 'open', votes: null, ballots: null, voters: null, countedAt: null, boxKey: hash('box') });
  expect(JSON.parse(row.projects)).toEqual([
    { number: 1, application: a, title: 'Ramppi', summary: 'Kokeillaan.', cents: 50_000, district: 'Jukola' },
    { number: 2, application: b, title: 'Kahvila', summary: 'Kokeillaan.', cents: 50_000, district: 'Jukola' },
  ]);
  expect(project(publicVotes, [...before, opened, ...ordered, counted, destroyed]).get(call)).toMatchObject({
    ...{ state: 'counted', votes: '[2,1]', ballots: 2, voters: 2, imported: 0, codes: 42 },
    ...{ countedAt: '2027-10-08T13:00:30.000Z', keyDestroyedAt: '2027-10-08T13:00:31.000Z' },
  });
});

test('ballots have a row each, by tracker, with choices and nothing else', () => {
  const rows = project(publicBallots, [opened, ...pages, counted]);
  expect([...rows]).toEqual(
    ballots.map(({ tracker, choices }) => [`${call}|${tracker}`, { tenant: 'demo', call, tracker, choices: JSON.stringify(choices) }]),
  );
});

test('no read model looks at a vote, and none shows anything of a vote between close and count', () => {
  const cast = recorded({ type: 'vote.cast', data: { call, channel: 'sign-in' } }, voteStream('demo', voteId(call, id('voter'))));
  const closed = recorded({ type: 'tally.box-closed', data: { effectiveAt: '', voters: 2, digest: hash('e') } }, stream);
  const before = [published(a, 'x'), published(b, 'y'), opened];
  for (const projection of [publicVotes, publicBallots])
    expect(project<never>(projection as never, [...before, cast, closed])).toEqual(project<never>(projection as never, before));
});
