import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { FIELD_TEXTS } from '@minipilot/platform/http/validation-texts.js';
import { HTTP_PROBLEMS } from '@minipilot/platform/http/problem-texts.js';
import { fillText, LANGUAGES, type Params } from '@minipilot/platform/http/language.js';
import { Problem, problemTexts } from '@minipilot/platform/http/problem.js';
import { reject } from '@minipilot/kernel/decider.js';
import { DOMAIN_PROBLEMS, registerDomainProblems } from './problem-texts.js';

/** One place that refuses: the codes that it may give and, where they are written out, the names of its parameters. */
interface Site {
  where: string;
  codes: string[];
  params: string[] | null;
}

const libs = join(__dirname, '..', '..');
/** Function name to the positions of code and parameters. */
const REFUSALS: Record<string, [code: number, params: number]> = { reject: [0, 1], Rejected: [0, 1], Problem: [0, 1], problem: [0, 2] };

function literals(node: ts.Expression): string[] | null {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (!ts.isConditionalExpression(node)) return null;
  const [yes, no] = [literals(node.whenTrue), literals(node.whenFalse)];
  return yes === null || no === null ? null : [...yes, ...no];
}

const keys = (node: ts.ObjectLiteralExpression): string[] =>
  node.properties.flatMap((p) => (p.name !== undefined && (ts.isIdentifier(p.name) || ts.isStringLiteral(p.name)) ? [p.name.text] : []));

/** Everything in a source that refuses by code; a code that is computed is given as null. */
function refusals(file: string, text: string): { sites: Site[]; computed: string[] } {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true);
  const sites: Site[] = [];
  const computed: string[] = [];
  const visit = (node: ts.Node): void => {
    const where = `${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
    if ((ts.isCallExpression(node) || ts.isNewExpression(node)) && ts.isIdentifier(node.expression)) {
      const place = REFUSALS[node.expression.text];
      const code = place === undefined ? undefined : node.arguments?.[place[0]];
      if (code !== undefined) {
        const codes = literals(code);
        const params = node.arguments?.[place![1]];
        if (codes === null) computed.push(`${where} ${code.getText()}`);
        else sites.push({ where, codes, params: params === undefined ? [] : ts.isObjectLiteralExpression(params) ? keys(params) : null });
      }
    }
    // a field to blame: { pointer, code: '…' }
    if (ts.isObjectLiteralExpression(node) && (keys(node).includes('pointer') || keys(node).includes('parameter'))) {
      const property = node.properties.find((p) => p.name?.getText() === 'code');
      if (property !== undefined && ts.isPropertyAssignment(property)) {
        const codes = literals(property.initializer);
        if (codes !== null) sites.push({ where, codes, params: keys(node).includes('params') ? null : [] });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { sites, computed };
}

const found = ['grants', 'identity', 'api'].flatMap((lib) =>
  readdirSync(join(libs, lib, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/\.(unit|int|e2e)\.ts$|testing\.ts$/.test(name))
    .map((name) => refusals(`${lib}/src/${name}`, readFileSync(join(libs, lib, 'src', name), 'utf8'))),
);
const sites = found.flatMap((f) => f.sites);
const textOf = (code: string) =>
  DOMAIN_PROBLEMS[code] ?? (HTTP_PROBLEMS as Record<string, (typeof DOMAIN_PROBLEMS)[string]>)[code] ?? FIELD_TEXTS[code];
const placeholders = (text: string) => [...text.matchAll(/\{(\w+)(?:\|\w+)?\}/g)].map((m) => m[1]!);

/** Codes without a text, and placeholders that nothing fills. */
function faults(list: readonly Site[]): string[] {
  return list.flatMap(({ where, codes, params }) =>
    codes.flatMap((code) => {
      const text = textOf(code);
      if (text === undefined) return [`${where} ${code} has no text`];
      if (params === null) return [];
      return LANGUAGES.flatMap((language) => placeholders(text[language]).filter((name) => !params.includes(name))).map(
        (name) => `${where} ${code} does not give {${name}}`,
      );
    }),
  );
}

describe('problem texts', () => {
  it('exist for every refusal of the domain and the desks, and every placeholder is filled', () => {
    expect(sites.length).toBeGreaterThan(150);
    expect(faults(sites)).toEqual([]);
  });

  it('would miss a refusal without a text and a parameter that is not given', () => {
    const planted = refusals('planted.ts', "reject('no-text-for-this'); reject(x ? 'call-closed' : 'call-cancelled', { when: 1 });");
    expect(faults(planted.sites)).toEqual([
      'planted.ts:1 no-text-for-this has no text',
      ...LANGUAGES.map(() => 'planted.ts:1 call-closed does not give {closesAt}'),
    ]);
  });

  it('are found for computed codes too, which only pass on what another place gave', () => {
    const passed = found.flatMap((f) => f.computed).map((c) => c.replace(/^(\S+):\d+/, '$1'));
    expect([...new Set(passed)].sort()).toEqual(['grants/src/call/call.ts problem.code']);
  });

  it('are used: none stands for a code that nobody gives', () => {
    const given = new Set(sites.flatMap((s) => s.codes));
    expect(Object.keys(DOMAIN_PROBLEMS).filter((code) => !given.has(code))).toEqual([]);
  });

  it('say the same facts in three languages, as whole sentences', () => {
    for (const [code, text] of Object.entries(DOMAIN_PROBLEMS)) {
      const facts = LANGUAGES.map((language) => placeholders(text[language]).sort());
      expect([code, facts[1], facts[2]]).toEqual([code, facts[0], facts[0]]);
      for (const language of LANGUAGES) expect(text[language]).toMatch(/^[\p{Lu}].*\.$/u);
      expect(new Set(LANGUAGES.map((language) => text[language])).size).toBe(3);
    }
  });

  it('leave no placeholder and no broken format when they are filled', () => {
    const sample: Params = { most: 1, days: 3, needed: 14 };
    const values = (name: string): string | number =>
      /At$/.test(name) ? '2027-09-22T13:00:00.000Z' : /^(on|due|lastDay|nameBy|decidedOn)$/.test(name) ? '2027-09-22' : 50_000;
    for (const text of Object.values(DOMAIN_PROBLEMS)) {
      for (const language of LANGUAGES) {
        const params = { ...Object.fromEntries(placeholders(text[language]).map((n) => [n, values(n)])), ...sample };
        expect(fillText(text[language], params, language)).not.toMatch(/[{}]|\d{4}-\d\d-\d\d/);
      }
    }
  });

  it('give refusals their status once they are registered, and registering again changes nothing', () => {
    registerDomainProblems();
    registerDomainProblems();
    expect(Problem.of(reject('call-not-found')).status).toBe(404);
    expect(Problem.of(reject('card-criteria')).status).toBe(400);
    expect(Problem.of(reject('same-person')).status).toBe(409);
    expect(problemTexts().get('draft-expired')?.status).toBe(410);
  });
});
