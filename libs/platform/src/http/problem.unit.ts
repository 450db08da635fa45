import { HttpException } from '@nestjs/common';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Rejected } from '@minipilot/kernel/decider.js';
import { StaleDraft } from '../privacy/vault.js';
import { BadCursor } from '../read-models/page-cursor.js';
import { BadToken } from '../read-models/read-after.js';
import { KeyReused, Stale } from '../run/decision-runner.js';
import { StoreUnavailable, TooLate, WrongRevision } from '../store/port.js';
import { fillText, LANGUAGES, preferredLanguage } from './language.js';
import { asProblem } from './problem-filter.js';
import { describeProblem, pointerToken, Problem, problemBody, problemTexts, registerProblems } from './problem.js';
import { STATUS_TITLES } from './problem-texts.js';
import { FIELD_TEXTS, RULES } from './validation-texts.js';

const request = { headers: {} };
const id = '00000000-0000-4000-8000-000000000000';

describe('the language of an answer', () => {
  it.each([
    [undefined, 'en'],
    ['fi', 'fi'],
    ['sv-FI', 'sv'],
    ['de, fr', 'en'],
    ['en;q=0.5, fi;q=0.8, sv;q=0.7', 'fi'],
    ['fi;q=0, sv;q=0.1', 'sv'],
    ['*;q=0.5, fi;q=0.2', 'en'],
    ['fi;q=abc, sv', 'sv'],
    ['fi;q=5, sv;q=0.3', 'sv'],
    ['finnish', 'en'],
    [`${'x,'.repeat(10_000)}fi`, 'en'],
  ])('for %p is %s', (header, language) => expect(preferredLanguage(header)).toBe(language));

  it('fills and formats what it is given', () => {
    expect(
      fillText('{a} {b|euro} {c|date} {d|time} {e} {toString}', { a: 1, b: 5, c: '2027-03-01', d: '2027-03-01T10:00:00.000Z' }, 'en'),
    ).toBe('1 €0.05 1 March 2027 1 March 2027 at 12:00 {e} {toString}');
    expect(fillText('{c|date}', { c: 'soon' }, 'fi')).toBe('soon');
  });
});

describe('problems', () => {
  it('have a text and a title in every language', () => {
    for (const [code, text] of problemTexts())
      for (const language of LANGUAGES) {
        expect([code, text[language].length > 5, STATUS_TITLES[text.status]![language].length > 2]).toEqual([code, true, true]);
        expect(describeProblem(code, language)).toMatchObject({ status: text.status, detail: text[language] });
      }
    for (const text of Object.values(FIELD_TEXTS)) expect(new Set(LANGUAGES.map((language) => text[language])).size).toBe(3);
    for (const { code, params = [] } of Object.values(RULES))
      for (const language of LANGUAGES)
        for (const param of params) expect(FIELD_TEXTS[code]![language]).toMatch(new RegExp(`\\{${param}[}|]`));
  });

  it('all codes that this code uses are registered', () => {
    const used = new Set<string>();
    const folder = join(process.cwd(), 'libs', 'platform', 'src', 'http');
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.ts') && !/\.(unit|int)\.ts$|test-support/.test(name)))
      for (const [, code] of readFileSync(join(folder, file), 'utf8').matchAll(/new Problem\(\s*'([^']+)'/g)) used.add(code!);
    expect(used.size).toBeGreaterThan(12);
    expect([...used].filter((code) => !problemTexts().has(code))).toEqual([]);
  });

  it('are registered once, with a status that has a title', () => {
    const texts = { fi: 'a', sv: 'b', en: 'c' };
    registerProblems({ 'unit-once': { status: 409, ...texts } });
    expect(() => registerProblems({ 'unit-once': { status: 409, ...texts } })).not.toThrow();
    expect(() => registerProblems({ 'unit-once': { status: 400, ...texts } })).toThrow('registered twice');
    expect(() => registerProblems({ 'unit-odd': { status: 418, ...texts } })).toThrow('no title');
    expect(() => registerProblems({ '../x': { status: 409, ...texts } })).toThrow('not made of');
  });

  it('carry field and facts', () => {
    registerProblems({ 'unit-late': { status: 409, fi: 'f {at}', sv: 's {at}', en: 'e {at}', title: { fi: 'F', sv: 'S', en: 'E' } } });
    const body = problemBody(Problem.of(new Rejected('unit-late', { at: 'noon' }, '#/closesAt')), 'sv', id);
    expect(body).toEqual({
      type: '/problems/unit-late',
      title: 'S',
      status: 409,
      detail: 's noon',
      instance: `urn:uuid:${id}`,
      code: 'unit-late',
      params: { at: 'noon' },
      errors: [{ pointer: '#/closesAt', code: 'unit-late', detail: 's noon' }],
    });
  });

  it('stay valid for a code that nobody registered', () => {
    for (const language of LANGUAGES) {
      const body = problemBody(new Problem('unit-unknown', {}, { errors: [{ pointer: '#/a', code: 'unit-odd-field' }] }), language, id);
      expect(body).toMatchObject({ status: 409, code: 'unit-unknown', detail: expect.stringContaining('unit-unknown') });
      expect(body.errors![0]!.detail).toContain('unit-odd-field');
    }
  });

  it.each<[string, unknown, number | undefined, string | undefined]>([
    ['a refusal', new Rejected('unit-no'), 409, 'unit-no'],
    ['a full store', new StoreUnavailable('full'), 503, 'try-again'],
    ['a late append', new TooLate('2027-03-01T10:00:00.000Z'), 503, 'try-again'],
    ['a busy stream', new WrongRevision('s', 1, 2), 503, 'try-again'],
    ['a key used again', new KeyReused('c'), 422, 'idempotency-key-reused'],
    ['a stale edit', new Stale('s', 1, 2), 412, 'stale'],
    ['a stale draft', new StaleDraft('d', 3), 412, 'stale'],
    ['a foreign cursor', new BadCursor(), 400, 'malformed-cursor'],
    ['a foreign position', new BadToken(), 400, 'malformed-position'],
    ['a full disk', Object.assign(new Error('disk'), { code: 'ERR_SQLITE_ERROR', errcode: 13 }), 503, 'try-again'],
    ['another SQLite error', Object.assign(new Error('constraint'), { code: 'ERR_SQLITE_ERROR', errcode: 19 }), undefined, undefined],
    ['no space for a file', Object.assign(new Error('write'), { code: 'ENOSPC' }), 503, 'try-again'],
    ['an exception of Nest', new HttpException('x', 404), 404, 'not-found'],
    ['a teapot', new HttpException('x', 418), 400, 'bad-request'],
    ['a crash', new TypeError('x is undefined'), undefined, undefined],
    ['a thrown text', 'oops', undefined, undefined],
    ['nothing', undefined, undefined, undefined],
  ])('%s', (_, error, status, code) => {
    const problem = asProblem(error, request);
    expect([problem?.status, problem?.code]).toEqual([status, code]);
  });

  it('write pointers as RFC 6901 wants them', () => {
    expect([pointerToken('a/b~c'), pointerToken('ä x'), pointerToken('\ud800'), pointerToken('x'.repeat(300)).length]).toEqual([
      'a~1b~0c',
      '%C3%A4%20x',
      '%EF%BF%BD',
      100,
    ]);
  });
});
