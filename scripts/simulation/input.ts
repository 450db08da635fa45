import { createReadStream } from 'node:fs';
import { parse, type Info } from 'csv-parse';
import { CannotDo } from '../support/command.js';

/** One idea as the input tells it, ready for the form. */
export interface Idea {
  title: string;
  text: string;
  /** null where the input names none */
  district: string | null;
  /** the input's sum in euros; null where it names none */
  euros: number | null;
}

export interface Input {
  ideas: Idea[];
  skipped: { empty: number; repeated: number; broken: number };
}

export const FORMATS = {
  omastadi: { title: 'title', text: 'texts', district: 'district', sum: 'budgetamount' },
  csv: { title: 'title', text: 'text', district: 'district', sum: 'sum' },
} as const;
export type Format = keyof typeof FORMATS;

/** Words of the sources that stand for "no district". */
const NOWHERE = new Set(['', 'location_not_specified', 'nan', 'none']);
const LONGEST_TITLE = 80;
const LONGEST_TEXT = 1000;

/** One line without control characters, marks that turn text around and double spaces. */
const oneLine = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .normalize('NFC');

/** At most `most` characters, cut behind a whole word where there is one. */
export function cutAtWord(text: string, most: number): string {
  if (text.length <= most) return text;
  const cut = text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '');
  const space = cut.lastIndexOf(' ');
  return `${(space > most / 2 ? cut.slice(0, space) : cut).trimEnd()}…`;
}

/** A district as policy and forms may name it: letters, digits, space and . _ / § -, at most 60. */
const district = (name: string): string | null => {
  const plain = oneLine(name.replace(/[^\p{L}\p{N} ._/§-]/gu, ' '))
    .slice(0, 60)
    .trim();
  return NOWHERE.has(plain.toLowerCase()) || !/^[\p{L}\p{N}]/u.test(plain) ? null : plain;
};

/**
 * Reads ideas until there are `most`. Rows without a title or text, repeated ones (same title and text) and broken ones are left out
 * and counted; `tell` gets a line for each broken row. Throws CannotDo where the file cannot be read or lacks a column.
 */
export async function readIdeas(file: string, format: Format, most: number, tell: (line: string) => void): Promise<Input> {
  const names = FORMATS[format];
  const input: Input = { ideas: [], skipped: { empty: 0, repeated: 0, broken: 0 } };
  const seen = new Set<string>();
  let header: string[] | undefined;
  const source = createReadStream(file);
  const rows = source.pipe(parse({ bom: true, info: true, relax_column_count: true, relax_quotes: true, skip_empty_lines: true }));
  source.on('error', (error) => rows.destroy(error));
  try {
    for await (const { record, info } of rows as AsyncIterable<{ record: string[]; info: Info }>) {
      if (header === undefined) {
        header = record.map((name) => name.trim());
        const missing = Object.values(names).filter((name) => !header!.includes(name));
        if (missing.length > 0)
          throw new CannotDo(`${file} has no column ${missing.join(', ')}, as --format ${format} needs; it has: ${header.join(', ')}`);
        continue;
      }
      take(record, info.lines, header, input, seen, names, tell);
      if (input.ideas.length === most) break;
    }
  } catch (error) {
    if (error instanceof CannotDo) throw error;
    throw new CannotDo(`${file} cannot be read: ${(error as Error).message}`);
  } finally {
    source.destroy();
  }
  return input;
}

function take(
  record: string[],
  line: number,
  header: string[],
  input: Input,
  seen: Set<string>,
  names: (typeof FORMATS)[Format],
  tell: (line: string) => void,
): void {
  const { skipped, ideas } = input;
  if (record.length !== header.length) {
    skipped.broken++;
    return tell(`line ${line}: ${record.length} columns instead of ${header.length}; left out`);
  }
  const cell = (name: string) => record[header.indexOf(name)]!;
  const title = oneLine(cell(names.title));
  const text = oneLine(cell(names.text));
  const sum = cell(names.sum).trim();
  const euros = sum === '' ? null : Number(sum.replace(',', '.'));
  if (title === '' || text === '') return void skipped.empty++;
  if (euros !== null && !(euros >= 0 && euros < 1e12)) {
    skipped.broken++;
    return tell(`line ${line}, column ${names.sum}: “${cutAtWord(oneLine(sum), 30)}” is no sum; left out`);
  }
  const key = `${title}\n${text}`;
  if (seen.has(key)) return void skipped.repeated++;
  seen.add(key);
  ideas.push({
    title: cutAtWord(title, LONGEST_TITLE),
    text: cutAtWord(text, LONGEST_TEXT),
    district: district(cell(names.district)),
    euros,
  });
}

/**
 * Sums of the size of a grant, 100 to 500 euros in steps of 10, in cents: the smallest of the input becomes the least, the greatest the most,
 * on a scale of orders of magnitude. Sums that have that size are left as they are.
 */
export function grantSize(ideas: readonly Idea[]): (euros: number) => number {
  const sums = ideas.flatMap(({ euros }) => (euros === null || euros <= 0 ? [] : [euros]));
  const [least, most] = [Math.min(...sums), Math.max(...sums)];
  if (least >= 100 && most <= 500) return (euros) => Math.round(euros * 100);
  return (euros) => {
    const share = most > least ? (Math.log(Math.max(euros, least)) - Math.log(least)) / (Math.log(most) - Math.log(least)) : 0.5;
    return 1000 * Math.round(10 + 40 * Math.min(1, Math.max(0, share)));
  };
}
