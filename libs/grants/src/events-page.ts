import type { Catalogue, EventDefinition } from '@minipilot/kernel/event.js';
import * as vocabulary from '@minipilot/kernel/schema.js';
import type { TSchema } from 'typebox';

/** The parts of JSON Schema that event schemas are made of. */
interface Schema {
  type?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  enum?: string[];
  const?: unknown;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
}
interface Field {
  path: string;
  type: string;
  /** the top-level field that it lies in, which has the access */
  top: string;
}

const NAMES = new Map<string, string>(
  (
    [
      [vocabulary.Id, 'id'],
      [vocabulary.Subject, 'subject id'],
      [vocabulary.Hash, 'SHA-256, hex'],
      [vocabulary.At, 'instant, UTC'],
      [vocabulary.Day, 'day'],
      [vocabulary.Cents, 'cents'],
      [vocabulary.PositiveCents, 'cents, above 0'],
      [vocabulary.Count, 'count'],
      [vocabulary.Code, 'code'],
      [vocabulary.Texts, 'text in fi, sv and perhaps en'],
    ] as [TSchema, string][]
  ).map(([schema, name]) => [JSON.stringify(schema), name]),
);

const range = (least: number | undefined, most: number | undefined): string => {
  if (least === undefined || most === undefined)
    return most === undefined ? (least === undefined ? '' : `, at least ${least}`) : `, at most ${most}`;
  return least === most ? `, exactly ${least}` : `, ${least}–${most}`;
};

function typeName(schema: Schema): string {
  const known = NAMES.get(JSON.stringify(schema));
  if (known !== undefined) return known;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.join(' · ');
  if (schema.anyOf !== undefined) return schema.anyOf.map((s) => (s.type === 'null' ? 'none' : typeName(s))).join(' or ');
  if (schema.type === 'array') return `list of ${typeName(schema.items!)}${range(schema.minItems, schema.maxItems)}`;
  if (schema.type === 'object') return 'object';
  if (schema.type === 'boolean') return 'yes or no';
  if (schema.type === 'integer') return `whole number${range(schema.minimum, schema.maximum)}`;
  if (schema.pattern !== undefined) return `text like ${schema.pattern}`;
  return `text${range(schema.minLength, schema.maxLength)}`;
}

/** Every field with its path: `budget.cents`, `themes[].owner`; `?` where it may be left out. */
function fieldsOf(schema: Schema, above = '', top?: string): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = `${above}${name}${schema.required?.includes(name) ? '' : '?'}`;
    const within = [field, field.items, ...(field.anyOf ?? [])].find((s) => s?.properties !== undefined && !NAMES.has(JSON.stringify(s)));
    const deeper = within === undefined ? [] : fieldsOf(within, `${path}${within === field.items ? '[]' : ''}.`, top ?? name);
    return [{ path, type: typeName(field), top: top ?? name }, ...deeper];
  });
}

const streamOf = (category: string): string => (category === 'policy' ? '`<tenant>.policy`' : `\`<tenant>.${category}-<key>\``);
const cell = (text: string): string => text.replaceAll('|', '\\|');

function section({ type, v, meaning, data, access, fields, sealed }: EventDefinition): string[] {
  const lines = [`### \`${type}\` v${v}`, '', meaning, ''];
  const rows = fieldsOf(data as unknown as Schema);
  if (rows.length > 0) {
    lines.push('| field | type | access |', '| --- | --- | --- |');
    for (const row of rows) lines.push(`| \`${row.path}\` | ${cell(row.type)} | ${fields[row.top] ?? access} |`);
    lines.push('');
  }
  for (const [purpose, part] of Object.entries(sealed)) {
    const inside = fieldsOf(part.schema as unknown as Schema).map((row) => `\`${row.path}\` ${row.type}`);
    lines.push(`Sealed for \`${purpose}\` (v${part.v}), never public: ${inside.join('; ')}.`, '');
  }
  return lines;
}

/** The page that documents every event type: what it means, where it lies, its fields and who may see them. Markdown. */
export function eventsPage(catalogue: Catalogue): string {
  const categories = [...new Set(catalogue.definitions.map((d) => d.type.split('.')[0]!))];
  const lines = [
    '# Events',
    '',
    'Generated from the event catalogue by `npm run docs`; do not edit.',
    '',
    'Access says who may see a field when the record is asked for: **public** is everybody, **party** the parties to the matter, **secret** nobody',
    'outside. No field holds personal data: that lies in sealed parts, whose ciphertext is in the event and whose key is in the vault.',
    '',
  ];
  for (const category of categories) {
    lines.push(`## ${category}`, '', `Stream ${streamOf(category)}.`, '');
    for (const definition of catalogue.definitions.filter((d) => d.type.startsWith(`${category}.`))) lines.push(...section(definition));
  }
  return `${lines.join('\n').trimEnd()}\n`;
}
