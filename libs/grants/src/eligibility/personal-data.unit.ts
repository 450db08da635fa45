import fc from 'fast-check';
import { personalData, type HintKind, type KnownNames } from './personal-data.js';
import { isIdentityCode } from './personal-numbers.js';

const told = (text: string, known?: KnownNames) => personalData(text, known).map(({ kind, start, end }) => [kind, text.slice(start, end)]);
const CHECKS = '0123456789ABCDEFHJKLMNPRSTUVWXY';
const SIGNS: Record<string, string> = { 18: '+', 19: '-YXWVU', 20: 'ABCDEF' };

/** An identity code of a day, by century sign and serial number. */
function code(day: Date, sign: number, serial: number): string {
  const [year, month, date] = day.toISOString().slice(0, 10).split('-') as [string, string, string];
  const signs = SIGNS[year.slice(0, 2)]!;
  const [born, number] = [date + month + year.slice(2), String(serial).padStart(3, '0')];
  return born + signs[sign % signs.length]! + number + CHECKS[Number(born + number) % 31]!;
}
const anyCode = fc
  .tuple(
    fc.date({ min: new Date('1850-01-01'), max: new Date('2026-12-31'), noInvalidDate: true }),
    fc.nat(5),
    fc.integer({ min: 2, max: 999 }),
  )
  .map(([day, sign, serial]) => code(day, sign, serial));

describe('identity codes', () => {
  it('are known by day, century sign and check character', () => {
    // the published example of the population register, and its check
    expect(isIdentityCode('131052-308T')).toBe(true);
    for (const bad of ['131052-308U', '310252-308T', '131052X308', '131052G308T', '131052-001P', ' 131052-308T'])
      expect([bad, isIdentityCode(bad)]).toEqual([bad, false]);
    expect(told('Tunnukseni on 131052-308T, kiitos.')).toEqual([['identity-code', '131052-308T']]);
    expect(told('131052-308t ja 131052 – 308T')).toEqual([
      ['identity-code', '131052-308t'],
      ['identity-code', '131052 – 308T'],
    ]);
    expect(told('tuote 9131052-308T tai 131052-308Tx')).toEqual([]);
  });

  it('of any day since 1850, with every sign of the reform, are found wherever they stand', () => {
    const around = fc.constantFrom('', ' ', '(', ': ', '\n', '😀 ', '”');
    fc.assert(
      fc.property(anyCode, around, fc.boolean(), (id, before, lower) => {
        const written = lower ? id.toLowerCase() : id;
        const text = `Ääkköset${before === '' ? ' ' : before}${written}, ja muuta`;
        expect(told(text)).toContainEqual(['identity-code', written]);
      }),
      { numRuns: 1000 },
    );
  });

  it('are seldom seen in digits that are none', () => {
    let seen = 0;
    const runs = 3000;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999 }), fc.integer({ min: 0, max: 999 }), fc.constantFrom(...CHECKS), (born, n, check) => {
        const text = `${String(born).padStart(6, '0')}-${String(n).padStart(3, '0')}${check}`;
        if (personalData(text).some(({ kind }) => kind === 'identity-code')) seen++;
      }),
      { numRuns: runs },
    );
    // a day that exists, about 1 of 27, and a check that holds, 1 of 31
    expect(seen).toBeLessThan(runs / 100);
  });
});

describe('numbers and addresses', () => {
  it.each<[HintKind, string]>([
    ['phone', '040 123 4567'],
    ['phone', '0401234567'],
    ['phone', '050-765 4321'],
    ['phone', '+358 40 123 4567'],
    ['phone', '+358401234567'],
    ['phone', '+358 (0)40 123 4567'],
    ['phone', '00358 40 1234567'],
    ['phone', '(09) 123 4567'],
    ['phone', '+46 70 123 45 67'],
    ['email', 'aune.virtanen@koti.example'],
    ['email', 'a+b@posti.esimerkki.example'],
    ['iban', 'FI21 1234 5600 0007 85'],
    ['iban', 'fi2112345600000785'],
    ['iban', 'SE4550000000058398257466'],
    ['address', 'Kotikatu 5 A 12'],
    ['address', 'Kotikatu 5'],
    ['address', 'Jukolantie 4'],
    ['address', 'Puistokuja 12–14 b'],
    ['address', 'Kyrkogatan 3'],
    ['address', 'Skolvägen 17 C'],
    ['address', 'Åkerstigen 2'],
  ])('%s is seen in “%s”', (kind, part) => {
    expect(told(part)).toEqual([[kind, part]]);
    expect(told(`Tule käymään, ${part}, illalla.`)).toEqual([[kind, part]]);
  });

  it.each([
    'Kokeillaan 1.3.2027–30.4.2027 klo 09.00–17.00 ja 0,50 euroa.',
    '01-02-2027 ja 01 02 2027, 0–18-vuotiaille, 00100 Helsinki, 13100 Hämeenlinna',
    'Y-tunnus 0116297-6, tili 1234, FI21 1234 5600 0007 86',
    'Lasten katu 5. luokalle, tie 4 ja Koulutie.',
    'Rantatie 2027 kunnostetaan. Torilla on 3 kojua.',
    '@jukola #kokeilu a@b x@y.',
    'Maksaa 0.123456789 ja 40 123 4567 euroa',
  ])('nothing is seen in “%s”', (text) => expect(told(text)).toEqual([]));
});

describe('names', () => {
  const aune: KnownNames = { people: ['Aune Virtanen'], groups: ['Keinusaaren asukasyhdistys ry'], address: 'Torikuja 4, Jukola' };
  it('of the form are found, with endings, in part or whole', () => {
    expect(told('Aunen kahvila: Virtasen pulla ja Virtaselle kahvi', aune)).toEqual([
      ['name', 'Aunen'],
      ['name', 'Virtasen'],
      ['name', 'Virtaselle'],
    ]);
    expect(told('me Keinusaaren asukasyhdistyksessä; keinusaaren Asukasyhdistys', aune).map(([, text]) => text)).toEqual([
      'keinusaaren Asukasyhdistys',
    ]);
    expect(told('Keinusaaren ranta', aune)).toEqual([]);
    expect(told('asun osoitteessa torikuja 4, Torikuja 41', aune)).toEqual([
      ['address', 'torikuja 4'],
      ['address', 'Torikuja 41'],
    ]);
    // where a pilot happens has an address, and only the own one tells who
    expect(told('Kirjasto, Kirjastokatu 1, tai Torikuja 4', { ...aune, inPlace: true })).toEqual([['address', 'Torikuja 4']]);
  });

  it('of everyday words need a capital, so that a shore is no Ranta', () => {
    expect(told('Kävellään rannalla ja ranta siivotaan, kertoo Ranta.', { people: ['Ilo Ranta'] })).toEqual([['name', 'Ranta']]);
  });

  it.each([
    ['Nimeni on Xyla Zorbas ja teen', 'Xyla Zorbas'],
    ['Hej, jag heter Xyla Zorbas.', 'Xyla Zorbas'],
    ['My name is Xyla.', 'Xyla'],
    ['Yhteyshenkilö Anna-Liisa Koskinen soittaa', 'Anna-Liisa Koskinen'],
    ['Ohjaajana toimii Matti Meikäläinen.', 'Matti Meikäläinen'],
  ])('are seen in “%s”', (text, name) => expect(told(text)).toEqual([['name', name]]));

  it.each([
    'Nimeni on salaisuus',
    'Minna ehkä tulee',
    'Jukolan Koulu ja Keinusaaren Kirjasto',
    'Timo Oy',
    'Alueen nimi on Mustasuo',
    'Henrik Borgströmintien ja Eino Leinonpuiston välillä',
    'Helmi. Tämä on',
  ])('are not seen in “%s”', (text) => expect(told(text)).toEqual([]));
});

describe('hints', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '040 123 4567',
      'Kotikatu 5 A 12',
      '131052-308T',
      'FI2112345600000785',
      'Aune Virtanen',
      'nimeni on',
      'a@b.example',
      '😀',
      '\ud83d',
    ),
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.string({ unit: fc.constantFrom(...'0123456789+-() .,@AaÄ'), maxLength: 20 }),
    anyCode,
  );

  it('are in order, never overlap, and index the text in UTF-16 units', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(piece, fc.constantFrom(' ', '', ', ', '\n')), { maxLength: 12 }), (pieces) => {
        const text = pieces.flat().join('');
        const hints = personalData(text, { people: ['Aune Virtanen'], groups: ['Jukolan kylä ry'], address: 'Kotikatu 5' });
        let last = 0;
        for (const { start, end } of hints) {
          expect(start).toBeGreaterThanOrEqual(last);
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(text.length);
          expect(text.slice(start, end)).toBe(text.slice(start, end).trim());
          last = end;
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('are told of the stronger kind where two fall together, and a hundred are enough', () => {
    expect(told('Kotikatu 5 A 12', { address: 'Kotikatu 5' })).toEqual([['address', 'Kotikatu 5 A 12']]);
    expect(told('aune.virtanen@koti.example', { people: ['Aune Virtanen'] })).toEqual([['email', 'aune.virtanen@koti.example']]);
    expect(personalData('131052-308T '.repeat(500))).toHaveLength(100);
  });

  /** Text of which each part begins like something and never ends. Twice the text must not take much more than twice the time. */
  it.each([
    ['one long word', 'a'],
    ['digits', '0'],
    ['a number that goes on', '0 '],
    ['signs of a number', '+'],
    ['brackets', '(0)'],
    ['at signs', '@'],
    ['addresses without an end', 'a@a.'],
    ['dots behind an at sign', '.@.'],
    ['IBANs that go on', 'FI21 '],
    ['identity codes that go on', '131052-308'],
    ['names', 'Anna '],
    ['introductions', 'nimeni on '],
    ['streets', 'Katukatu 1 '],
    ['the own name', 'Aune Virtanen '],
    ['dashes between letters', 'A-'],
    ['combining marks', 'A\u0301'],
    ['pairs', '😀'],
  ])('take time by the length alone: %s', (_, part) => {
    const known = {
      people: Array<string>(10).fill('Aune Virtanen'),
      groups: Array<string>(10).fill('Anna Anna Anna ry'),
      address: 'Katukatu 1',
    };
    const text = part.repeat(Math.ceil(100_000 / part.length));
    const cost = (length: number) => {
      let best = Infinity;
      for (let n = 0; n < 3; n++) {
        const from = process.cpuUsage();
        personalData(text.slice(0, length), known);
        const { user, system } = process.cpuUsage(from);
        best = Math.min(best, user + system);
      }
      return best;
    };
    cost(10_000);
    // a quadratic one would take 100 times as long; the constant covers what is too short to be measured
    const [tenth, whole] = [cost(10_000), cost(100_000)];
    expect(whole).toBeLessThan(30 * tenth + 50_000);
  });
});
