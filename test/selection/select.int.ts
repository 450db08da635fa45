import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parsePb } from '@minipilot/grants/selection/pabulib.js';
import { replayPb, type PbReplay } from '@minipilot/grants/selection/replay-pb.js';
import { selectFile } from '../../scripts/selection/select.js';
import { CannotDo } from '../../scripts/support/command.js';
import { sharedTest } from '../support/shared.js';

interface Printed extends PbReplay {
  warnings: string[];
}

/** What `npm run select -- --pb FILE` prints, and its exit code. */
async function select(path: string): Promise<[Printed, number]> {
  const lines: string[] = [];
  const code = await selectFile(['--pb', path], (text) => lines.push(text));
  expect(lines).toHaveLength(1);
  return [JSON.parse(lines[0]!) as Printed, code];
}
const own = (name: string) => join(__dirname, name);
const SAME = { same: true, missing: [], extra: [] };

describe('published elections', () => {
  it.each<[string, string[], Partial<Printed>]>([
    ['greedy-crlf-bom.pb', ['A-1', 'A-2'], { cost: '900.5', budget: '1000' }],
    ['ordinal-borda.pb', ['a', 'c'], {}],
    ['cumulative-decimals.pb', ['p1', 'p3'], { cost: '2000', published: null }],
    ['scoring-default.pb', ['b'], {}],
    ['choose-1-no-skip.pb', ['a'], {}],
    ['equal-shares-cents.pb', ['a', 'b'], { cost: '5' }],
    ['equal-shares-add1u.pb', ['b', 'd', 'c'], {}],
    ['equal-shares-comparison.pb', ['a'], {}],
    ['poznan-topped-up.pb', ['a', 'b'], { cost: '1100' }],
    ['free-and-too-dear.pb', ['all', 'gift'], { published: null, notes: ['the file does not tell its rule; computed by votes'] }],
    ['counts-of-the-file.pb', ['a'], { count: 'file' }],
    ['tie-at-the-line.pb', ['first', 'small', 'dear'], { otherwise: ['first', 'small', 'cheap'] }],
  ])('%s', async (name, winners, more) => {
    const [printed, code] = await select(own(name));
    expect(printed).toMatchObject({ winners, published: SAME, ...more });
    expect(code).toBe(0);
  });

  it('are all listed above', () => {
    expect(readdirSync(__dirname).filter((name) => name.endsWith('.pb'))).toHaveLength(12);
  });

  it('show a tie where not all equals can win, and only there', async () => {
    const [printed] = await select(own('tie-at-the-line.pb'));
    expect(printed.ties).toEqual([{ projects: ['cheap', 'dear', 'small'], chosen: ['small', 'dear'], settledBy: 'published-result' }]);
    expect((await select(own('greedy-crlf-bom.pb')))[0].ties).toEqual([]);
    // one of the equals never fits: nothing to draw
    const text = readFileSync(own('tie-at-the-line.pb'), 'utf8').replace('dear;400', 'dear;501').replace('small;90', 'small;20');
    const replay = replayPb(parsePb(text));
    expect(replay).toMatchObject({
      winners: ['first', 'small', 'cheap'],
      ties: [],
      published: { same: false, missing: ['dear'], extra: ['cheap'] },
    });
  });

  it('settle a tie by cost, then by id, where no result is told', () => {
    const text = readFileSync(own('tie-at-the-line.pb'), 'utf8');
    const untold = (change: (t: string) => string) => replayPb(parsePb(change(text).replace(/selected/, 'mark')));
    expect(untold((t) => t)).toMatchObject({ winners: ['first', 'small', 'cheap'], ties: [{ settledBy: 'lower-cost' }], published: null });
    const alike = untold((t) => t.replace('cheap;300', 'cheap;400').replace('small;90', 'small;400'));
    expect(alike).toMatchObject({ winners: ['first', 'cheap'], ties: [{ settledBy: 'id' }] });
  });

  it('do not depend on the order of their lines', () => {
    const turned = (text: string) => {
      const [meta, projects, votes] = text.split(/^PROJECTS\r?\n|^VOTES\r?\n/m) as [string, string, string];
      const turn = (part: string) => {
        const [header, ...rows] = part.trimEnd().split(/\r?\n/);
        return [header, ...rows.reverse()].join('\n');
      };
      return `${meta}PROJECTS\n${turn(projects)}\nVOTES\n${turn(votes)}\n`;
    };
    for (const name of readdirSync(__dirname).filter((n) => n.endsWith('.pb'))) {
      const text = readFileSync(own(name), 'utf8');
      const [one, other] = [replayPb(parsePb(text)), replayPb(parsePb(turned(text)))];
      expect({ name, ...other, winners: other.winners }).toEqual({ name, ...one, winners: one.winners });
    }
  });

  it('end with 1 when the result is another one and no tie explains it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'minipilot-pb-'));
    try {
      const path = join(folder, 'other.pb');
      writeFileSync(path, readFileSync(own('equal-shares-cents.pb'), 'utf8').replace('3.01;0', '3.01;1'));
      const [printed, code] = await select(path);
      expect([printed.published, code]).toEqual([{ same: false, missing: ['c'], extra: [] }, 1]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('tell what looked odd in a file, and where', async () => {
    expect((await select(own('free-and-too-dear.pb')))[0].warnings).toEqual([
      'line 17, column 3: pabulib-unknown-project nothing-here',
      'line 18, column 1: pabulib-voter-twice 4',
      'line 18, column 3: pabulib-choice-twice all',
    ]);
  });

  it.each<[string, string | Buffer | null, RegExp]>([
    ['no file', null, /cannot be read: ENOENT/],
    ['another kind of file', '{"winners": []}', /line 1, column 1: outside section \(\{"winners": \[\]\}\)$/],
    ['bytes that are no text', Buffer.from([0x4d, 0xff, 0xfe]), /is no text in UTF-8$/],
    [
      'a rule that nobody knows',
      'META\nkey;value\nbudget;1\nrule;phragmen\nPROJECTS\nproject_id;cost\na;1\nVOTES\nvoter_id;vote\n1;a\n',
      /the rule phragmen is not known$/,
    ],
    [
      'a completion that nobody knows',
      'META\nkey;value\nbudget;1\nrule;equalshares/best\nPROJECTS\nproject_id;cost\na;1\nVOTES\nvoter_id;vote\n1;a\n',
      /equalshares\/best is not known$/,
    ],
  ])('refuse %s in one line', async (_, text, message) => {
    const folder = mkdtempSync(join(tmpdir(), 'minipilot-pb-'));
    try {
      const path = join(folder, 'bad.pb');
      if (text !== null) writeFileSync(path, text);
      const refused = await select(path).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(CannotDo);
      expect((refused as Error).message).toMatch(message);
      expect((refused as Error).message).not.toContain('\n');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('real elections', () => {
  const real = (name: string, check: (printed: Printed, code: number) => void) =>
    sharedTest(name, `data/pabulib/${name}`, async (path) => {
      const [printed, code] = await select(path);
      expect(printed.warnings).toEqual([]);
      check(printed, code);
    });
  for (const name of ['Netherlands_Assen_2024.pb', 'Poland_Swiecie_2023.pb'])
    real(name, (printed, code) => {
      expect([printed.rule, printed.published, printed.ties, code]).toEqual(['equalshares/add1', SAME, [], 0]);
    });
  real('Poland_Gdynia_2020_Dzialki_Lesne__small.pb', (printed, code) => {
    expect([printed.winners, printed.published, code]).toEqual([['2', '7', '1', '3'], SAME, 0]);
  });
  real('Poland_Warszawa_2018_Niskie_Okecie.pb', (printed, code) => {
    expect([printed.published, code]).toEqual([SAME, 0]);
    expect(printed.ties).toEqual([{ projects: ['308', '615'], chosen: ['615'], settledBy: 'published-result' }]);
    expect(printed.otherwise).toEqual(['303', '1940', '310', '308', '301', '309', '302']);
  });
  real('Netherlands_Amsterdam_179.pb', ({ winners, published, cost }) => {
    expect([winners.length, cost, published]).toEqual([22, '248763', null]);
  });
  real('Netherlands_Amsterdam_643.pb', ({ winners, published }) => {
    expect([winners, published]).toEqual([['44251'], null]);
  });
});

describe('a file whose completion would take for ever', () => {
  const file = (increment: string) => {
    const dir = mkdtempSync(join(tmpdir(), 'minipilot-pb-'));
    const path = join(dir, 'slow.pb');
    const meta = `META\nkey;value\nbudget;100\nvote_type;approval\nrule;equalshares/add1\nincrement;${increment}\n`;
    writeFileSync(path, `${meta}PROJECTS\nproject_id;cost\na;60\nb;50\nVOTES\nvoter_id;vote\n1;a\n2;b\n3;a\n`);
    return { path, remove: () => rmSync(dir, { recursive: true }) };
  };

  it('is refused, and an increment that is no sum is told', async () => {
    const slow = file('0.000000001');
    await expect(async () => select(slow.path)).rejects.toThrow('the increment 0.000000001 would take more than 1000000 rounds');
    slow.remove();
    const odd = file('-1');
    const [{ notes }] = await select(odd.path);
    expect(notes).toContain('the increment -1 is no sum above 0; one unit of currency is taken');
    odd.remove();
  });
});
