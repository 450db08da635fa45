import type { ColumnType, Projection } from '@minipilot/kernel/projection.js';

export type Kind = 'sqlite' | 'postgres';

type Named = Pick<Projection, 'name' | 'version'>;

/** The view that queries read: the rows of a projection, whatever generation is live. */
export const viewName = (projection: Named): string => `${projection.name}_v${projection.version}`;
/** The view over a projection's counters: columns `key`, `measure`, `value`. */
export const rollupViewName = (projection: Named): string => `${viewName(projection)}_rollup`;
export const tableName = (projection: Named, generation: number): string => `${viewName(projection)}_g${generation}`;
export const rollupTableName = (projection: Named, generation: number): string => `${rollupViewName(projection)}_g${generation}`;

/** Throws where a projection's name or columns cannot be a table on both databases. */
export function checkProjection(projection: Projection): void {
  const fail = (what: string): never => {
    throw new Error(`projection ${projection.name}: ${what}`);
  };
  // 63 bytes is PostgreSQL's limit for a name; the suffixes need 20
  if (!/^[a-z][a-z0-9_]{0,39}$/.test(projection.name)) fail('a name is a-z, 0-9 and _, at most 40 characters');
  if (!Number.isSafeInteger(projection.version) || projection.version < 1) fail('a version is a whole number from 1');
  for (const column of Object.keys(projection.table)) {
    if (column === 'key' || !/^[a-z][a-zA-Z0-9_]{0,39}$/.test(column)) fail(`${column} cannot be a column`);
  }
  for (const index of projection.indexes ?? []) {
    for (const column of index) if (column !== 'key' && !(column in projection.table)) fail(`index on ${column}, which is no column`);
  }
}

const quoted = (name: string): string => `"${name}"`;
const list = (names: readonly string[]): string => names.map(quoted).join(', ');

// text compares by code point on both, so that pages and digests have one order
const sqlType = (kind: Kind, type: ColumnType): string =>
  type === 'text' ? (kind === 'postgres' ? 'text collate "C"' : 'text') : kind === 'postgres' ? 'bigint' : 'integer';

/** DDL of one generation, without its views. */
export function createTables(kind: Kind, projection: Projection, generation: number): string[] {
  const table = tableName(projection, generation);
  const columns = Object.entries(projection.table).map(([name, type]) => `, ${quoted(name)} ${sqlType(kind, type)}`);
  const text = sqlType(kind, 'text');
  // SQLite then keeps the rows in the order of their keys, without a second tree
  const options = kind === 'sqlite' ? ' without rowid' : '';
  const sql = [`create table ${quoted(table)} ("key" ${text} not null primary key${columns.join('')})${options}`];
  projection.indexes?.forEach((index, i) => sql.push(`create index ${quoted(`${table}_i${i}`)} on ${quoted(table)} (${list(index)})`));
  if (projection.rollup) {
    sql.push(
      `create table ${quoted(rollupTableName(projection, generation))} ("key" ${text} not null, "measure" ${text} not null, ` +
        `"value" ${sqlType(kind, 'integer')} not null, primary key ("key", "measure"))${options}`,
    );
  }
  return sql;
}

export const dropTables = (projection: Named, generation: number): string[] => [
  `drop table if exists ${quoted(tableName(projection, generation))}`,
  `drop table if exists ${quoted(rollupTableName(projection, generation))}`,
];

export const dropViews = (projection: Named): string[] => [
  `drop view if exists ${quoted(viewName(projection))}`,
  `drop view if exists ${quoted(rollupViewName(projection))}`,
];

export function createViews(projection: Projection, generation: number): string[] {
  const columns = list(['key', ...Object.keys(projection.table)]);
  const sql = [`create view ${quoted(viewName(projection))} as select ${columns} from ${quoted(tableName(projection, generation))}`];
  if (projection.rollup) {
    sql.push(
      `create view ${quoted(rollupViewName(projection))} as select "key", "measure", "value" ` +
        `from ${quoted(rollupTableName(projection, generation))}`,
    );
  }
  return sql;
}

// PostgreSQL takes all rows of a statement as one JSON array of arrays `r`, SQLite one prepared run for each row
const parameter = (kind: Kind, i: number, type: ColumnType): string =>
  kind === 'sqlite' ? `?${i + 1}` : type === 'integer' ? `(r->>${i})::bigint` : `r->>${i}`;
const ROWS = 'jsonb_array_elements($1::jsonb) r';

function insert(kind: Kind, table: string, columns: [string, ColumnType][], onConflict: string): string {
  const values = columns.map(([, type], i) => parameter(kind, i, type)).join(', ');
  const source = kind === 'sqlite' ? `values (${values})` : `select ${values} from ${ROWS}`;
  return `insert into ${quoted(table)} (${list(columns.map(([name]) => name))}) ${source} on conflict ${onConflict}`;
}

/** SQL texts for one generation of a projection; a row's values come in the order key, then the columns of `table`. */
export interface TableStatements {
  readonly columns: readonly string[];
  readonly load: string;
  readonly upsert: string;
  readonly remove: string;
  readonly add: string;
}

export function tableStatements(kind: Kind, projection: Projection, generation: number): TableStatements {
  const table = tableName(projection, generation);
  const columns = Object.entries(projection.table);
  const names = columns.map(([name]) => name);
  const assignments = names.map((name) => `${quoted(name)} = excluded.${quoted(name)}`).join(', ');
  const keys = kind === 'sqlite' ? 'select value from json_each(?1)' : `select r #>> '{}' from ${ROWS}`;
  return {
    columns: names,
    load: `select ${list(['key', ...names])} from ${quoted(table)} where "key" in (${keys})`,
    upsert: insert(
      kind,
      table,
      [['key', 'text'], ...columns],
      names.length === 0 ? '("key") do nothing' : `("key") do update set ${assignments}`,
    ),
    remove:
      kind === 'sqlite'
        ? `delete from ${quoted(table)} where "key" = ?1`
        : `delete from ${quoted(table)} where "key" in (select r->>0 from ${ROWS})`,
    add: insert(
      kind,
      rollupTableName(projection, generation),
      [
        ['key', 'text'],
        ['measure', 'text'],
        ['value', 'integer'],
      ],
      `("key", "measure") do update set "value" = ${quoted(rollupTableName(projection, generation))}."value" + excluded."value"`,
    ),
  };
}

/** The statements on `projection_cursor`; each names the order of its values. */
export function cursorStatements(kind: Kind) {
  const p = (i: number, type: ColumnType = 'text') => parameter(kind, i, type);
  const where = (i: number) => `c.name = ${p(i)} and c.version = ${p(i + 1, 'integer')} and c.generation = ${p(i + 2, 'integer')}`;
  const from = kind === 'postgres' ? ` from ${ROWS}` : '';
  const using = kind === 'postgres' ? ` using ${ROWS}` : '';
  return {
    /** name, version, generation, live, position, fence, status, error, updated_at */
    insert: insert(
      kind,
      'projection_cursor',
      [
        ['name', 'text'],
        ['version', 'integer'],
        ['generation', 'integer'],
        ['live', 'integer'],
        ['position', 'text'],
        ['fence', 'integer'],
        ['status', 'text'],
        ['error', 'text'],
        ['updated_at', 'text'],
      ],
      'do nothing',
    ),
    /** position, fence after, status, error, updated_at, name, version, generation, fence before */
    move:
      `update projection_cursor as c set position = ${p(0)}, fence = ${p(1, 'integer')}, status = ${p(2)}, error = ${p(3)}, ` +
      `updated_at = ${p(4)}${from} where ${where(5)} and c.fence = ${p(8, 'integer')}`,
    /** name, version, generation, fence */
    remove: `delete from projection_cursor as c${using} where ${where(0)} and c.fence = ${p(3, 'integer')}`,
    /** name, version, generation, position that the live cursor must not have passed */
    retire: `delete from projection_cursor as c${using} where ${where(0)} and c.live = 1 and c.position <= ${p(3)}`,
    /** name, version, generation, fence */
    promote: `update projection_cursor as c set live = 1${from} where ${where(0)} and c.live = 0 and c.fence = ${p(3, 'integer')}`,
  };
}
