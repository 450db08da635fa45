import fc from 'fast-check';
import { PbError, fromParts, parsePb, writePb, type PbProblem } from './pabulib.js';

const file = (meta: string[], projects: string[], votes: string[]) =>
  ['META', 'key;value', ...meta, 'PROJECTS', ...projects, 'VOTES', ...votes, ''].join('\n');
const small = (change: { meta?: string[]; projects?: string[]; votes?: string[] } = {}) =>
  file(
    change.meta ?? ['budget;1000', 'vote_type;approval'],
    change.projects ?? ['project_id;cost', 'a;400', 'b;700'],
    change.votes ?? ['voter_id;vote', 'v1;a,b', 'v2;b'],
  );
const costs = (...written: string[]) => {
  const { projects, parts } = parsePb(
    small({ projects: ['project_id;cost', ...written.map((cost, i) => `p${i};${cost}`)], votes: ['voter_id;vote'] }),
  );
  return projects.map((p) => fromParts(p.cost, parts));
};
function problem(text: string): PbProblem {
  try {
    parsePb(text);
  } catch (error) {
    if (error instanceof PbError) return error.problem;
    throw error;
  }
  throw new Error('the file was taken');
}

describe('reading a pabulib file', () => {
  it('takes the three sections', () => {
    const { meta, budget, parts, projects, ballots, warnings } = parsePb(small());
    expect(meta).toEqual({ budget: '1000', vote_type: 'approval' });
    expect([budget, parts]).toEqual([1000n, 1n]);
    expect(projects.map((p) => [p.id, p.cost])).toEqual([
      ['a', 400n],
      ['b', 700n],
    ]);
    expect(ballots).toEqual([
      { voter: 'v1', choices: ['a', 'b'], points: null, cells: { voter_id: 'v1', vote: 'a,b' } },
      { voter: 'v2', choices: ['b'], points: null, cells: { voter_id: 'v2', vote: 'b' } },
    ]);
    expect(warnings).toEqual([]);
  });

  it('takes it from other systems: a byte-order mark, CRLF, blank lines, spaces, other case and order of columns', () => {
    const plain = small({ votes: ['voter_id;vote;age', 'v1;a,b;30', 'v2;b;'] });
    const other = `\ufeff\n${plain.replaceAll(';', ' ; ')}`
      .replace('voter_id ; vote ; age', 'Age;VOTE; Voter_ID')
      .replace('v1 ; a,b ; 30', '30; a , b,;v1')
      .replace('v2 ; b ; ', ';b;v2')
      .replace('META', 'meta;;')
      .replaceAll('\n', '\r\n');
    const { ballots, warnings, projects } = parsePb(other);
    expect(ballots.map((b) => [b.voter, b.choices, b.cells['age']])).toEqual([
      ['v1', ['a', 'b'], '30'],
      ['v2', ['b'], ''],
    ]);
    expect(projects).toHaveLength(2);
    expect(warnings).toEqual([]);
  });

  it('reads quoted cells with semicolons, quotes and line breaks, and takes stray quotes as they stand', () => {
    const { projects, warnings } = parsePb(
      small({
        projects: [
          'project_id;cost;name',
          'a;400;"Park; second part"',
          'b;700;"""Konik"" – a\nplayground"',
          'c;1;"Green" yard',
          'd;1;Foto\'s 12" wide',
          'e;1;"open',
        ],
      }),
    );
    expect(projects.map((p) => p.cells['name'])).toEqual([
      'Park; second part',
      '"Konik" – a\nplayground',
      '"Green" yard',
      'Foto\'s 12" wide',
      '"open',
    ]);
    expect(warnings.map((w) => [w.code, w.line])).toEqual([
      ['pabulib-quotes', 10],
      ['pabulib-quotes', 12],
    ]);
  });

  it('counts lines and columns through line breaks in quotes', () => {
    const text = small({ projects: ['project_id;name;cost', 'a;"one\ntwo";400', 'b;x;many'] });
    expect(problem(text)).toEqual({ line: 9, column: 5, code: 'pabulib-number', value: 'many' });
  });

  it('reads sums exactly', () => {
    expect(
      costs('123.45', '0', '1e6', '123,45', '1 234,50', '1,234,567', '1,234.5', '1.234,5', '.5', '12.', '1.5E+3', '100.00', '0.1'),
    ).toEqual(['123.45', '0', '1000000', '123.45', '1234.5', '1234567', '1234.5', '1234.5', '0.5', '12', '1500', '100', '0.1']);
    const { parts, budget } = parsePb(small({ meta: ['budget;1000.5', 'vote_type;approval'] }));
    expect([parts, budget]).toEqual([10n, 10_005n]);
  });

  it('reads points, ranks and single choices', () => {
    const votes = ['voter_id;vote;points', 'v1;b,a;2.5,1', 'v2;;', 'v3;a;-1'];
    const scoring = parsePb(small({ meta: ['budget;1', 'vote_type;scoring'], votes }));
    expect(scoring.pointParts).toBe(10n);
    expect(scoring.ballots.map((b) => b.points)).toEqual([[25n, 10n], [], [-10n]]);
    const ordinal = parsePb(small({ meta: ['budget;1', 'vote_type;ordinal'], votes: ['voter_id;vote', 'v1;b,a'] }));
    expect(ordinal.ballots).toMatchObject([{ choices: ['b', 'a'], points: null }]);
    expect(parsePb(small({ meta: ['budget;1', 'vote_type;choose-1'] })).voteType).toBe('choose-1');
    const untold = parsePb(small({ meta: ['budget;1'], votes }));
    expect(untold.voteType).toBe('cumulative');
    expect(untold.warnings).toMatchObject([{ code: 'pabulib-key-missing', value: 'vote_type' }]);
  });

  it.each<[string, string, string, string, number]>([
    ['a choice of no project', 'v2;b,z', 'pabulib-unknown-project', 'z', 12],
    ['a project chosen twice', 'v2;b,b', 'pabulib-choice-twice', 'b', 12],
    ['two ballots of one voter', 'v1;b', 'pabulib-voter-twice', 'v1', 12],
    ['more cells than columns', 'v2;b;30', 'pabulib-extra-cells', '30', 12],
  ])('warns of %s and reads on', (_, row, code, value, line) => {
    const { ballots, warnings } = parsePb(small({ votes: ['voter_id;vote', 'v1;a,b', row] }));
    expect(ballots[1]!.choices).toEqual(['b']);
    expect(warnings).toEqual([{ line, column: expect.any(Number), code, value }]);
  });

  it('warns when the counts in META are others than those of the file', () => {
    const { warnings } = parsePb(small({ meta: ['budget;1', 'vote_type;approval', 'num_votes;3', 'num_projects;2'] }));
    expect(warnings).toEqual([{ line: 5, column: 11, code: 'pabulib-count', value: 'num_votes 3, counted 2' }]);
  });

  it.each<[string, string, Partial<PbProblem>]>([
    ['nothing', '', { line: 1, code: 'pabulib-section-missing', value: 'META' }],
    ['another kind of file', '<html>\n</html>', { line: 1, column: 1, code: 'pabulib-outside-section', value: '<html>' }],
    ['no votes', small().split('VOTES')[0]!, { line: 8, code: 'pabulib-section-missing', value: 'VOTES' }],
    ['a section twice', `${small()}META\nkey;value\n`, { line: 13, code: 'pabulib-section-twice', value: 'META' }],
    ['a section without a header', `${small().split('VOTES')[0]}VOTES\n`, { line: 9, code: 'pabulib-column-missing', value: 'VOTES' }],
    ['no key;value', small().replace('key;value\n', ''), { line: 2, code: 'pabulib-column-missing', value: 'key' }],
    ['a key twice', small({ meta: ['budget;1', 'budget;2'] }), { line: 4, column: 1, code: 'pabulib-key-twice', value: 'budget' }],
    ['no budget', small({ meta: ['vote_type;approval'] }), { line: 1, code: 'pabulib-key-missing', value: 'budget' }],
    ['an empty budget', small({ meta: ['budget;'] }), { line: 3, column: 8, code: 'pabulib-number', value: '' }],
    ['a budget in words', small({ meta: ['budget;much'] }), { line: 3, column: 8, code: 'pabulib-number', value: 'much' }],
    ['a negative cost', small({ projects: ['project_id;cost', 'a;-1'] }), { line: 7, column: 3, code: 'pabulib-number', value: '-1' }],
    ['no cost', small({ projects: ['project_id;cost', 'a'] }), { line: 7, column: 1, code: 'pabulib-number', value: '' }],
    ['no column of costs', small({ projects: ['project_id;price', 'a;1'] }), { line: 6, code: 'pabulib-column-missing', value: 'cost' }],
    [
      'a column twice',
      small({ projects: ['project_id;cost;Cost', 'a;1;2'] }),
      { line: 6, column: 17, code: 'pabulib-column-twice', value: 'cost' },
    ],
    ['no id', small({ projects: ['project_id;cost', ';1'] }), { line: 7, column: 1, code: 'pabulib-id-missing', value: 'project_id' }],
    [
      'an id twice',
      small({ projects: ['project_id;cost', 'a;1', 'a;2'] }),
      { line: 8, column: 1, code: 'pabulib-project-twice', value: 'a' },
    ],
    [
      'a voter without id',
      small({ votes: ['voter_id;vote', ';a'] }),
      { line: 11, column: 1, code: 'pabulib-id-missing', value: 'voter_id' },
    ],
    [
      'an unknown kind of vote',
      small({ meta: ['budget;1', 'vote_type;guess'] }),
      { line: 4, column: 11, code: 'pabulib-vote-type', value: 'guess' },
    ],
    [
      'fewer points than choices',
      small({ meta: ['budget;1', 'vote_type;cumulative'], votes: ['voter_id;vote;points', 'v1;a,b;3'] }),
      { line: 11, column: 8, code: 'pabulib-points', value: '2 choices, 1 points' },
    ],
    [
      'points in words',
      small({ meta: ['budget;1', 'vote_type;scoring'], votes: ['voter_id;vote;points', 'v1;a;good'] }),
      { line: 11, column: 6, code: 'pabulib-number', value: 'good' },
    ],
    [
      'grouping that is none',
      small({ projects: ['project_id;cost', 'a;1,2,3'] }),
      { line: 7, column: 3, code: 'pabulib-number', value: '1,2,3' },
    ],
  ])('refuses %s', (_, text, expected) => {
    expect(problem(text)).toMatchObject(expected);
  });

  it('says where in one line', () => {
    expect(() => parsePb(small({ meta: ['budget;much'] }))).toThrow('line 3, column 8: number (much)');
  });
});

describe('writing a pabulib file', () => {
  const word = fc
    .string({ unit: fc.constantFrom('a', 'ä', '"', ';', ' ', "'", '1', '€'), maxLength: 12 })
    .map((s) => s.replace(/\s+/g, ' ').trim());

  it('writes what is read back the same', () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), fc.array(fc.array(fc.nat(4)), { maxLength: 5 }), (names, votes) => {
        const projects = names.map((name, i) => ({ project_id: `p${i}`, cost: '12.50', name }));
        const ballots = votes.map((choices, i) => ({
          voter_id: `v${i}`,
          vote: [...new Set(choices)]
            .filter((c) => c < names.length)
            .map((c) => `p${c}`)
            .join(','),
        }));
        const text = writePb({
          meta: { budget: '100.00', vote_type: 'approval', num_projects: projects.length },
          projects,
          votes: ballots,
        });
        const read = parsePb(text);
        expect(read.warnings).toEqual([]);
        expect(read.meta).toEqual({ budget: '100.00', vote_type: 'approval', num_projects: String(projects.length) });
        expect(read.projects.map((p) => p.cells)).toEqual(projects);
        expect(read.ballots.map((b) => b.cells)).toEqual(ballots);
      }),
    );
  });

  it('keeps its headers where there are no rows, and a line a line', () => {
    const text = writePb({ meta: { budget: 1, comment: 'one\ntwo' }, projects: [], votes: [] });
    expect(text).toBe('META\nkey;value\nbudget;1\ncomment;one two\nPROJECTS\nproject_id;cost\nVOTES\nvoter_id;vote\n');
  });
});

describe('sums in parts', () => {
  it('are written as decimals', () => {
    expect([fromParts(12_345n, 100n), fromParts(5n, 100n), fromParts(-50n, 100n), fromParts(7n, 1n)]).toEqual([
      '123.45',
      '0.05',
      '-0.5',
      '7',
    ]);
  });
});
