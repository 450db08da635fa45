import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Catalogue, defineEvent, PURPOSES, type EventDefinition } from '@minipilot/kernel/event.js';
import { Code, Day, list, nullable, object, text } from '@minipilot/kernel/schema.js';
import { catalogue } from './catalogue.js';
import { eventsPage } from './events-page.js';

interface Schema {
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
}

const namesIn = (schema: Schema, above = ''): { path: string; name: string }[] => [
  ...Object.entries(schema.properties ?? {}).flatMap(([name, field]) => [
    { path: `${above}${name}`, name },
    ...namesIn(field, `${above}${name}.`),
  ]),
  ...(schema.items === undefined ? [] : namesIn(schema.items, above)),
  ...(schema.anyOf ?? []).flatMap((s) => namesIn(s, above)),
];

/** What a field of personal data would be called, in English, Finnish or Swedish; word by word of a camel-case name. */
const PERSONAL = [
  /^(first|last|full|given|family|maiden|nick|sur|user)?names?$/,
  /^(e?mails?|phones?|mobiles?|telephones?|fax|address(es)?|streets?|postcodes?|zip|iban|bic|ssn|birth(day|date)?|born|age|gender|sex|nationality|person(s|al)?|contacts?|identity|passport|signature|photo)$/,
  /(nimi|nimet)$/,
  /^(puhelin|matkapuhelin|osoite|katuosoite|sahkoposti|sähköposti|posti|tilinumero|henkilo|henkilö|henkilotunnus|henkilötunnus|hetu|syntym\p{L}*|ika|ikä|sukupuoli|yhteystie\p{L}*)$/u,
  /namn(et)?$/,
  /^(telefon|mobil|adress|gatuadress|epost|kontonummer|personnummer|personbeteckning|person|fodelse\p{L}*|födelse\p{L}*|alder|ålder|kon|kön|kontakt\p{L}*)$/u,
];
const words = (name: string) =>
  name
    .replace(/(\p{Lu}+)/gu, ' $1')
    .toLowerCase()
    .split(/[ _-]+/)
    .filter(Boolean);
const looksPersonal = (name: string) =>
  [...words(name), words(name).join('')].some((word) => PERSONAL.some((pattern) => pattern.test(word)));

/** Fields whose names sound personal and which are not, with the reason. */
const HARMLESS: Record<string, string> = {
  'content.contactPoint': 'an office and how to reach it, written by an officer',
  'content.rules.vote.minAge': 'the least age of voters in a call, nobody’s own',
  nameBy: 'the day by which another recipient is to be named',
};

const personal = ({ type, data }: EventDefinition) =>
  namesIn(data as Schema)
    .filter(({ path, name }) => looksPersonal(name) && HARMLESS[path] === undefined)
    .map(({ path }) => `${type} ${path}`);

describe('the catalogue', () => {
  it('has no plain field that is called like personal data', () => {
    expect(catalogue.definitions.flatMap(personal)).toEqual([]);
  });

  it('would find one, in every language and however deep', () => {
    const planted = [
      'name',
      'firstName',
      'applicantEmail',
      'phoneNumber',
      'homeAddress',
      'iban',
      'birthDate',
      'identityCode',
      'ssn',
      'person',
      'contact',
    ];
    const fi = ['etunimi', 'sukunimi', 'puhelin', 'osoite', 'sähköposti', 'henkilötunnus', 'syntymäaika', 'tilinumero'];
    const sv = ['förnamn', 'efternamn', 'telefon', 'adress', 'epost', 'personbeteckning', 'födelsetid', 'kontonummer'];
    for (const name of [...planted, ...fi, ...sv]) {
      const deep = defineEvent(
        'planted.event',
        'A planted event.',
        object({ outer: list(object({ inner: nullable(object({ [name]: text(10) })) })) }),
      );
      expect(personal(deep)).toEqual([`planted.event outer.inner.${name}`]);
    }
    const fine = defineEvent(
      'planted.event',
      'A planted event.',
      object({ deMinimis: Code, district: Code, announcedOn: Day, page: Code, channel: Code, caseNumber: Code }),
    );
    expect(personal(fine)).toEqual([]);
  });

  it('needs every exception that it makes', () => {
    const paths = new Set(
      catalogue.definitions
        .flatMap((d) => namesIn(d.data as Schema))
        .filter(({ name }) => looksPersonal(name))
        .map(({ path }) => path),
    );
    expect([...paths].sort()).toEqual(Object.keys(HARMLESS).sort());
  });

  it('says of every event in one sentence what it means, and names it context.fact', () => {
    for (const { type, meaning, v } of catalogue.definitions) {
      expect(type).toMatch(/^[a-z]+\.[a-z]+(-[a-z]+)*$/);
      expect(meaning).toMatch(/^\p{Lu}.{10,}\.$/u);
      expect(v).toBeGreaterThanOrEqual(1);
    }
    expect(new Set(catalogue.definitions.map((d) => d.meaning)).size).toBe(catalogue.definitions.length);
  });

  it('gives access to fields that exist, and a way from every earlier version', () => {
    for (const { type, data, access, fields, sealed, v, upcast } of catalogue.definitions) {
      const known = Object.keys((data as Schema).properties!);
      for (const [field, of] of Object.entries(fields)) {
        expect([type, field, known.includes(field)]).toEqual([type, field, true]);
        expect([type, field, of]).not.toEqual([type, field, access]);
      }
      for (const purpose of Object.keys(sealed)) expect(PURPOSES).toContain(purpose);
      for (let from = 1; from < v; from++) expect(upcast[from]).toBeInstanceOf(Function);
    }
  });

  it('takes no field that a schema does not name', () => {
    for (const { type, data } of catalogue.definitions.filter((d) => d.type !== 'flow.reacted')) {
      expect([type, (data as { additionalProperties?: boolean }).additionalProperties]).toEqual([type, false]);
      expect(() => catalogue.validate(type, { planted: 1 })).toThrow(type);
    }
  });
});

describe('docs/events.md', () => {
  const page = eventsPage(catalogue);

  it('is what the catalogue says; `npm run docs` writes it anew', () => {
    expect(readFileSync(join(__dirname, '..', '..', '..', 'docs', 'events.md'), 'utf8')).toBe(page);
  });

  it('names every event with its version, every field and every sealed part, none of them public', () => {
    for (const { type, v, meaning, sealed, data } of catalogue.definitions) {
      const part = page.slice(page.indexOf(`### \`${type}\` v${v}\n`)).split('\n### ')[0]!;
      expect(part).toContain(meaning);
      for (const name of Object.keys((data as Schema).properties!)) expect(part).toMatch(new RegExp(`\\| \`${name}\\??\` \\|`));
      for (const purpose of Object.keys(sealed)) expect(part).toContain(`Sealed for \`${purpose}\``);
    }
    for (const line of page.split('\n').filter((l) => l.startsWith('Sealed'))) expect(line).toContain('never public');
  });

  it('changes with an event', () => {
    const other = new Catalogue([
      defineEvent('planted.event', 'Something was planted.', object({ when: Day, what: nullable(Code) }), { v: 2, access: 'party' }),
    ]);
    expect(eventsPage(other)).toContain(
      '### `planted.event` v2\n\nSomething was planted.\n\n| field | type | access |\n| --- | --- | --- |\n| `when` | day | party |\n| `what` | code or none | party |\n',
    );
  });
});
