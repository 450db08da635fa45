import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CannotDo } from '../support/command.js';
import { cutAtWord, grantSize, readIdeas } from './input.js';

let dir: string;
const told: string[] = [];
beforeAll(() => (dir = mkdtempSync(join(tmpdir(), 'minipilot-input-'))));
afterAll(() => rmSync(dir, { recursive: true }));
beforeEach(() => (told.length = 0));

function read(text: string, most = 100) {
  const file = join(dir, 'input.csv');
  writeFileSync(file, text);
  return readIdeas(file, 'csv', most, (line) => void told.push(line));
}

test('reads ideas, quoted text over several lines and all', async () => {
  const { ideas } = await read(
    'sum,district,text,title\n300,Jukola,"Soitetaan,\nyhdessä ""pihalla""",Pihasoitto\n,location_not_specified,Luetaan.,Lukupiiri\n',
  );
  expect(ideas).toEqual([
    { title: 'Pihasoitto', text: 'Soitetaan, yhdessä "pihalla"', district: 'Jukola', euros: 300 },
    { title: 'Lukupiiri', text: 'Luetaan.', district: null, euros: null },
  ]);
});

test('leaves out what is empty, repeated or broken, counts it, and names row and column of what is broken', async () => {
  const rows = [
    'a,b,Jukola,100',
    ',b,Jukola,100',
    'a,,Jukola,100',
    'a,b,Harjula,200',
    'only,three,columns',
    'c,d,Jukola,paljon',
    'e,f,Jukola,-1',
    'g,h,Jukola,"12,5"',
  ];
  const { ideas, skipped } = await read(['title,text,district,sum', ...rows].join('\n'));
  expect(ideas.map(({ title, euros }) => [title, euros])).toEqual([
    ['a', 100],
    ['g', 12.5],
  ]);
  expect(skipped).toEqual({ empty: 2, repeated: 1, broken: 3 });
  expect(told).toEqual([
    'line 6: 3 columns instead of 4; left out',
    'line 7, column sum: “paljon” is no sum; left out',
    'line 8, column sum: “-1” is no sum; left out',
  ]);
});

test('stops when it has enough', async () => {
  const { ideas, skipped } = await read('title,text,district,sum\na,b,c,1\nd,e,f,2\nd,e,f,2\n', 2);
  expect(ideas).toHaveLength(2);
  expect(skipped.repeated).toBe(0);
});

test('makes text fit for forms: no control characters, no turned text, whole surrogate pairs, cut at a word', async () => {
  const { ideas } = await read(`title,text,district,sum\n"A\u0000B\u202e ${'sana '.repeat(30)}",${'😀'.repeat(600)},<Jukola>;,1\n`);
  const [idea] = ideas;
  expect(idea!.title).toMatch(/^A B (sana )+sana…$/);
  expect(idea!.title.length).toBeLessThanOrEqual(80);
  expect(idea!.text.length).toBeLessThanOrEqual(1000);
  expect(idea!.text.isWellFormed()).toBe(true);
  expect(idea!.district).toBe('Jukola');
});

test('says what a file lacks', async () => {
  await expect(read('title,text\na,b\n')).rejects.toThrow(/has no column district, sum/);
  await expect(readIdeas(join(dir, 'none.csv'), 'csv', 1, () => {})).rejects.toThrow(CannotDo);
});

test('a text that fits is not cut', () => expect(cutAtWord('kaksi sanaa', 11)).toBe('kaksi sanaa'));

describe('sums', () => {
  const of = (...sums: (number | null)[]) => grantSize(sums.map((euros) => ({ title: '', text: '', district: null, euros })));
  test('of the size of a grant stay', () => expect([100, 275, 500].map(of(100, 275, 500))).toEqual([10_000, 27_500, 50_000]));
  test('of another size go from 100 to 500 euros, greater ones above smaller ones', () => {
    const cents = [1_000, 10_000, 100_000, 1_000_000].map(of(1_000, null, 10_000, 100_000, 1_000_000));
    expect(cents).toEqual([10_000, 23_000, 37_000, 50_000]);
  });
  test('that are all the same become one in the middle', () => expect(of(60_000, 60_000)(60_000)).toBe(30_000));
});
