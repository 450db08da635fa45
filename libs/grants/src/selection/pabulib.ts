/**
 * Files of participatory-budget elections as pabulib.org keeps them: three sections META, PROJECTS and VOTES, each a table with `;`
 * between its cells. What a reader can still understand is taken and told as a warning; what nobody can is refused with line and column.
 */

/** Where something is wrong in a file, counted from 1, and what; `value` is the name or text to blame. */
export interface PbProblem {
  line: number;
  column: number;
  /** a code with a text for people, `pabulib-…` */
  code: string;
  value: string;
}

const problem = (code: string, { line, column }: { line: number; column: number }, value: string): PbProblem => ({
  line,
  column,
  code,
  value,
});

const START = { line: 1, column: 1 };

/** The file cannot be understood. */
export class PbError extends Error {
  constructor(readonly problem: PbProblem) {
    const { line, column, code, value } = problem;
    super(`line ${line}, column ${column}: ${code.slice('pabulib-'.length).replaceAll('-', ' ')}${value === '' ? '' : ` (${value})`}`);
    this.name = 'PbError';
  }
}

export const PB_VOTE_TYPES = ['approval', 'ordinal', 'cumulative', 'scoring', 'choose-1'] as const;
export type PbVoteType = (typeof PB_VOTE_TYPES)[number];

export interface PbProject {
  id: string;
  /** in parts of the currency unit, see `parts` of the file */
  cost: bigint;
  /** every cell by the name of its column, in lower case */
  cells: Readonly<Record<string, string>>;
}

export interface PbBallot {
  voter: string;
  /** project ids in the voter's order, each once */
  choices: string[];
  /** points of each choice, in parts of a point, see `pointParts` of the file; null where the ballot has none */
  points: bigint[] | null;
  cells: Readonly<Record<string, string>>;
}

export interface PbFile {
  meta: Readonly<Record<string, string>>;
  voteType: PbVoteType;
  /** how many parts one unit of currency has, a power of ten: all sums of the file are whole numbers of parts */
  parts: bigint;
  pointParts: bigint;
  budget: bigint;
  projects: PbProject[];
  ballots: PbBallot[];
  warnings: PbProblem[];
}

interface Cell {
  text: string;
  line: number;
  column: number;
}
interface Row {
  cells: Cell[];
}
interface Table {
  title: Cell;
  header: Row;
  rows: Row[];
}

const SECTIONS = ['META', 'PROJECTS', 'VOTES'] as const;
type Section = (typeof SECTIONS)[number];

/** Reads a file. Throws PbError for what cannot be understood. */
export function parsePb(text: string): PbFile {
  const warnings: PbProblem[] = [];
  const tables = tablesOf(rowsOf(text, warnings));
  const meta = metaOf(tables.META);
  const projectRows = records(tables.PROJECTS, ['project_id', 'cost'], warnings);
  const voteRows = records(tables.VOTES, ['voter_id', 'vote'], warnings);

  const budgetCell = meta['budget'];
  if (budgetCell === undefined) throw new PbError(problem('pabulib-key-missing', tables.META.title, 'budget'));
  const sums = inParts([budgetCell, ...projectRows.map((r) => r['cost']!)].map((cell) => decimal(cell)));
  const [budget, ...costs] = sums.values as [bigint, ...bigint[]];

  const projects: PbProject[] = [];
  const ids = new Set<string>();
  projectRows.forEach((row, i) => {
    const at = row['project_id']!;
    const id = at.text;
    if (id === '') throw new PbError(problem('pabulib-id-missing', at, 'project_id'));
    if (ids.has(id)) throw new PbError(problem('pabulib-project-twice', at, id));
    ids.add(id);
    projects.push({ id, cost: costs[i]!, cells: texts(row) });
  });

  const voteType = voteTypeOf(meta['vote_type'], voteRows, warnings);
  const ballots: PbBallot[] = [];
  const points: Decimal[] = [];
  const voters = new Set<string>();
  for (const row of voteRows) {
    const at = row['voter_id']!;
    const voter = at.text;
    if (voter === '') throw new PbError(problem('pabulib-id-missing', at, 'voter_id'));
    if (voters.has(voter)) warnings.push(problem('pabulib-voter-twice', at, voter));
    voters.add(voter);
    const { choices, values } = ballotOf(row, voteType, ids, warnings);
    if (values !== null) points.push(...values);
    ballots.push({ voter, choices, points: values === null ? null : [], cells: texts(row) });
  }
  const scaled = inParts(points);
  let next = 0;
  for (const ballot of ballots) {
    if (ballot.points === null) continue;
    ballot.points = scaled.values.slice(next, next + ballot.choices.length);
    next += ballot.choices.length;
  }

  for (const [key, count] of [
    ['num_projects', projects.length],
    ['num_votes', ballots.length],
  ] as const) {
    const cell = meta[key];
    if (cell !== undefined && cell.text !== String(count))
      warnings.push(problem('pabulib-count', cell, `${key} ${cell.text}, counted ${count}`));
  }
  return {
    meta: texts(meta),
    voteType,
    parts: sums.parts,
    pointParts: scaled.parts,
    budget,
    projects,
    ballots,
    warnings,
  };
}

const texts = (cells: Record<string, Cell>): Record<string, string> =>
  Object.fromEntries(Object.entries(cells).map(([name, cell]) => [name, cell.text]));

/** Lines and cells. A cell in double quotes may hold `;`, line breaks and doubled quotes; a stray quote is taken as it stands. */
function rowsOf(text: string, warnings: PbProblem[]): Row[] {
  const rows: Row[] = [];
  let at = text.startsWith('\ufeff') ? 1 : 0;
  let line = 1;
  let lineStart = at;
  const endsCell = (i: number) => i >= text.length || text[i] === ';' || text[i] === '\n' || text[i] === '\r';
  while (at < text.length) {
    const row: Row = { cells: [] };
    for (;;) {
      const cell: Cell = { text: '', line, column: at - lineStart + 1 };
      row.cells.push(cell);
      let start = at;
      while (text[start] === ' ' || text[start] === '\t') start++;
      const close = text[start] === '"' ? closingQuote(text, start) : -1;
      if (close !== -1) {
        const inside = text.slice(start + 1, close);
        cell.text = inside.replaceAll('""', '"').trim();
        for (const { index } of inside.matchAll(/\n/g)) {
          line++;
          lineStart = start + 2 + index;
        }
        at = close + 1;
        while (text[at] === ' ' || text[at] === '\t') at++;
      } else {
        if (text[start] === '"') warnings.push(problem('pabulib-quotes', { line, column: cell.column }, ''));
        while (!endsCell(at)) at++;
        cell.text = text.slice(start, at).trim();
      }
      if (text[at] !== ';') break;
      at++;
    }
    if (text[at] === '\r') at++;
    if (text[at] === '\n') at++;
    line++;
    lineStart = at;
    if (row.cells.some((c) => c.text !== '')) rows.push(row);
  }
  return rows;
}

/** Position of the quote that ends a quoted cell, or -1 where the quotes are none of a cell's. */
function closingQuote(text: string, open: number): number {
  for (let i = open + 1; i < text.length; i++) {
    if (text[i] !== '"') continue;
    if (text[i + 1] === '"') i++;
    else return /^[ \t]*(;|\r|\n|$)/.test(text.slice(i + 1, i + 40)) ? i : -1;
  }
  return -1;
}

function tablesOf(rows: readonly Row[]): Record<Section, Table> {
  const tables: Partial<Record<Section, Table>> = {};
  let open: Table | null = null;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const first = row.cells[0]!;
    const section = SECTIONS.find((name) => name === first.text.toUpperCase());
    if (section !== undefined && row.cells.every((c, k) => k === 0 || c.text === '')) {
      if (tables[section] !== undefined) throw new PbError(problem('pabulib-section-twice', first, section));
      const header = rows[++i];
      if (header === undefined) throw new PbError(problem('pabulib-column-missing', first, section));
      open = tables[section] = { title: first, header, rows: [] };
    } else if (open === null) throw new PbError(problem('pabulib-outside-section', first, first.text.slice(0, 40)));
    else open.rows.push(row);
  }
  for (const section of SECTIONS)
    if (tables[section] === undefined) throw new PbError(problem('pabulib-section-missing', rows.at(-1)?.cells[0] ?? START, section));
  return tables as Record<Section, Table>;
}

function metaOf({ header, rows }: Table): Record<string, Cell> {
  const cells = new Map<string, Cell>();
  if (header.cells[0]!.text.toLowerCase() !== 'key') throw new PbError(problem('pabulib-column-missing', header.cells[0]!, 'key'));
  for (const row of rows) {
    const [key, value] = row.cells;
    const name = key!.text.toLowerCase();
    if (cells.has(name)) throw new PbError(problem('pabulib-key-twice', key!, name));
    cells.set(name, value ?? { ...key!, text: '' });
  }
  return Object.fromEntries(cells);
}

/** Rows by column name. A row may be shorter than its header: what is missing is empty. */
function records({ header, rows }: Table, needed: readonly string[], warnings: PbProblem[]): Record<string, Cell>[] {
  const names = header.cells.map((c) => c.text.toLowerCase());
  for (const name of needed) if (!names.includes(name)) throw new PbError(problem('pabulib-column-missing', header.cells[0]!, name));
  names.forEach((name, i) => {
    if (name !== '' && names.indexOf(name) !== i) throw new PbError(problem('pabulib-column-twice', header.cells[i]!, name));
  });
  return rows.map((row) => {
    const extra = row.cells.slice(names.length).find((c) => c.text !== '');
    if (extra !== undefined) warnings.push(problem('pabulib-extra-cells', extra, extra.text));
    const empty = { ...row.cells.at(-1)!, text: '' };
    return Object.fromEntries(names.flatMap((name, i) => (name === '' ? [] : [[name, row.cells[i] ?? empty]])));
  });
}

function voteTypeOf(cell: Cell | undefined, rows: readonly Record<string, Cell>[], warnings: PbProblem[]): PbVoteType {
  const name = (cell?.text ?? '').toLowerCase();
  const known = PB_VOTE_TYPES.find((type) => type === name);
  if (known !== undefined) return known;
  if (name !== '') throw new PbError(problem('pabulib-vote-type', cell!, name));
  warnings.push(problem('pabulib-key-missing', cell ?? START, 'vote_type'));
  return rows.some((row) => (row['points']?.text ?? '') !== '') ? 'cumulative' : 'approval';
}

const listed = (text: string): string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

function ballotOf(
  row: Record<string, Cell>,
  voteType: PbVoteType,
  ids: ReadonlySet<string>,
  warnings: PbProblem[],
): { choices: string[]; values: Decimal[] | null } {
  const at = row['vote']!;
  const { text } = at;
  const named = ids.has(text) ? [text] : listed(text);
  const pointed = voteType === 'cumulative' || voteType === 'scoring';
  const pointsCell = row['points'];
  const given = pointed || (voteType === 'ordinal' && (pointsCell?.text ?? '') !== '') ? listed(pointsCell?.text ?? '') : null;
  if (given !== null && given.length !== named.length)
    throw new PbError(problem('pabulib-points', pointsCell ?? at, `${named.length} choices, ${given.length} points`));
  const choices: string[] = [];
  const values: Decimal[] = [];
  named.forEach((id, i) => {
    if (!ids.has(id)) return void warnings.push(problem('pabulib-unknown-project', at, id));
    if (choices.includes(id)) return void warnings.push(problem('pabulib-choice-twice', at, id));
    choices.push(id);
    if (given !== null) values.push(decimal({ ...pointsCell!, text: given[i]! }, true));
  });
  return { choices, values: given === null ? null : values };
}

/** `digits` × 10^-`places`, exact. */
interface Decimal {
  digits: bigint;
  places: number;
}

/** A number as people and programs write it: `1 234,50`, `1,234.50`, `1e6`. A single comma is a decimal comma. */
function decimal(at: Cell, signed = false): Decimal {
  const plain = at.text.replace(/[\s\u00a0\u202f_']/g, '');
  const last = Math.max(plain.lastIndexOf('.'), plain.lastIndexOf(','));
  const separators = plain.match(/[.,]/g) ?? [];
  const grouped = separators.length > 1 && separators.every((s) => s === separators[0]);
  const normal = grouped
    ? plain.replace(/[.,]/g, '')
    : last === -1
      ? plain
      : `${plain.slice(0, last).replace(/[.,]/g, '')}.${plain.slice(last + 1)}`;
  const parts = /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]\+?(-?\d{1,2}))?$/.exec(normal) ?? /^([+-]?)()\.(\d+)$/.exec(normal);
  const groups = grouped && !/^[+-]?\d{1,3}([.,]\d{3})+$/.test(plain);
  if (parts === null || groups || (parts[1] === '-' && !signed)) throw new PbError(problem('pabulib-number', at, at.text.slice(0, 40)));
  const [, sign, whole, fraction = '', exponent = '0'] = parts;
  const significant = fraction.replace(/0+$/, '');
  const places = significant.length - Number(exponent);
  const digits = BigInt(`${sign === '-' ? '-' : ''}${whole}${significant}`);
  return places >= 0 ? { digits, places } : { digits: digits * 10n ** BigInt(-places), places: 0 };
}

/** Decimals as whole numbers of the largest part that fits them all. */
function inParts(decimals: readonly Decimal[]): { parts: bigint; values: bigint[] } {
  const most = decimals.reduce((places, d) => Math.max(places, d.places), 0);
  return {
    parts: 10n ** BigInt(most),
    values: decimals.map((d) => d.digits * 10n ** BigInt(most - d.places)),
  };
}

/** A whole number of parts as a decimal number, `123.45`. */
export function fromParts(value: bigint, parts: bigint): string {
  const places = parts.toString().length - 1;
  const digits = (value < 0n ? -value : value).toString().padStart(places + 1, '0');
  const sign = value < 0n ? '-' : '';
  const fraction = digits.slice(digits.length - places).replace(/0+$/, '');
  return `${sign}${digits.slice(0, digits.length - places)}${places === 0 || fraction === '' ? '' : `.${fraction}`}`;
}

type PbRow = Readonly<Record<string, string | number>>;

/**
 * Writes a file that `parsePb` and other programs read. The columns are those of the first row; META is written in the order of its keys.
 * Line breaks and control characters inside a cell become spaces.
 */
/** Whether spreadsheet programs would run a cell that begins so; the format has no sign that would keep them from it. */
export const startsFormula = (text: string): boolean => /^[=+\-@\t\r＝＋－＠]/.test(text);

export function writePb({ meta, projects, votes }: { meta: PbRow; projects: readonly PbRow[]; votes: readonly PbRow[] }): string {
  const table = (title: Section, needed: readonly string[], rows: readonly PbRow[]) => {
    const columns = rows.length === 0 ? needed : Object.keys(rows[0]!);
    return [title, written(columns), ...rows.map((row) => written(columns.map((c) => row[c] ?? '')))];
  };
  const lines = [
    'META',
    'key;value',
    ...Object.entries(meta).map(written),
    ...table('PROJECTS', ['project_id', 'cost'], projects),
    ...table('VOTES', ['voter_id', 'vote'], votes),
  ];
  return `${lines.join('\n')}\n`;
}

function written(cells: readonly (string | number)[]): string {
  return cells
    .map((cell) => {
      const text = String(cell)
        .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
        .trim();
      return /[;"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    })
    .join(';');
}
