import { plantTree, runForJson } from '../support/probes.js';

interface Linted {
  filePath: string;
  messages: { ruleId: string | null; message: string }[];
}

/** Each is one line that a decider could be tempted to write. */
const IMPURE: Record<string, string> = {
  'new-date': 'export const at = new Date();',
  'date-text': 'export const at = Date();',
  'date-now': 'export const at = Date.now();',
  random: 'export const draw = Math.random();',
  'temporal-now': "import { Temporal } from '@js-temporal/polyfill';\nexport const at = Temporal.Now.instant();",
  'dynamic-import': "export const later = () => import('node:fs');",
  process: 'export const mode = process.env.MODE;',
  fetch: "export const page = () => fetch('http://localhost/');",
  'set-timeout': 'export const wait = () => setTimeout(() => undefined, 1);',
  'set-interval': 'export const wait = () => setInterval(() => undefined, 1);',
  'set-immediate': 'export const wait = () => setImmediate(() => undefined);',
  'queue-microtask': 'export const wait = () => queueMicrotask(() => undefined);',
  console: "export const say = () => console.log('x');",
  performance: 'export const at = performance.now();',
  crypto: 'export const id = crypto.randomUUID();',
  'global-this': 'export const at = globalThis.Date.now();',
  global: 'export const at = global.performance.now();',
  require: "export const fs: unknown = require('node:fs');",
};

const PURE = [
  'export const at = (value: string) => new Date(value).toISOString();',
  'export const ms = (value: string) => Date.parse(value) + Date.UTC(2027, 0, 1) + Math.max(1, 2);',
  "import { Temporal } from '@js-temporal/polyfill';\nexport const day = (text: string) => Temporal.PlainDate.from(text);",
  'export const told = (performance: { now: string }) => performance.now;',
].join('\n');

const FORGOTTEN = {
  promise: 'export const start = (work: () => Promise<void>) => {\n  work();\n};',
  kind: "export function name(kind: 'a' | 'b') {\n  switch (kind) {\n    case 'a':\n      return 1;\n  }\n  return 0;\n}",
};

const UNFINISHED: Record<string, string> = {
  skip: "it.skip('x', () => undefined);",
  only: "test.only('x', () => undefined);",
  todo: "test.todo('x');",
  'describe-skip': "describe.skip('x', () => undefined);",
  xit: "xit('x', () => undefined);",
  fdescribe: "fdescribe('x', () => undefined);",
};

describe('lint rules', () => {
  const files: Record<string, string> = {};
  for (const lib of ['kernel', 'grants', 'insight']) {
    for (const [name, text] of Object.entries(IMPURE)) files[`libs/${lib}/src/call/${name}.ts`] = text;
    files[`libs/${lib}/src/call/pure.ts`] = PURE;
  }
  for (const [name, text] of Object.entries(IMPURE)) files[`libs/platform/src/run/${name}.ts`] = text;
  for (const [name, text] of Object.entries(FORGOTTEN)) files[`libs/api/src/${name}.ts`] = text;
  for (const [name, text] of Object.entries(UNFINISHED)) files[`libs/api/src/${name}.unit.ts`] = text;
  files['libs/api/src/long.ts'] = `${'export {};\n'.repeat(501)}`;

  let tree: ReturnType<typeof plantTree>;
  const broken = new Map<string, string[]>();

  beforeAll(() => {
    tree = plantTree(['package.json', 'tsconfig.json', 'eslint.config.mjs'], files);
    const linted = runForJson<Linted[]>('eslint/bin/eslint.js', ['--format', 'json', '.'], tree.folder);
    for (const { filePath, messages } of linted) {
      const rules = messages.map((message) => message.ruleId ?? message.message);
      broken.set(filePath.slice(tree.folder.length + 1), [...new Set(rules)].sort());
    }
  }, 240_000);

  afterAll(() => tree.remove());

  const libs = ['kernel', 'grants', 'insight'];
  test.each(libs.flatMap((lib) => Object.keys(IMPURE).map((name) => ({ lib, name }))))('$lib may not use $name', ({ lib, name }) => {
    const rules = broken.get(`libs/${lib}/src/call/${name}.ts`)!;
    expect(rules.filter((rule) => rule.startsWith('no-restricted-'))).toHaveLength(1);
  });

  test.each(libs)('%s may compute with times that it is given', (lib) => {
    expect(broken.get(`libs/${lib}/src/call/pure.ts`)).toEqual([]);
  });

  test.each(Object.keys(IMPURE))('the platform may use %s', (name) => {
    expect(broken.get(`libs/platform/src/run/${name}.ts`)!.filter((rule) => rule.startsWith('no-restricted-'))).toEqual([]);
  });

  test('a promise that nobody awaits and a case that nobody handles are errors', () => {
    expect(broken.get('libs/api/src/promise.ts')).toEqual(['@typescript-eslint/no-floating-promises']);
    expect(broken.get('libs/api/src/kind.ts')).toEqual(['@typescript-eslint/switch-exhaustiveness-check']);
  });

  test.each(Object.keys(UNFINISHED))('a test that is left out or left alone is an error: %s', (name) => {
    expect(broken.get(`libs/api/src/${name}.unit.ts`)).toContain('no-restricted-syntax');
  });

  test('a file above 500 lines is an error', () => {
    expect(broken.get('libs/api/src/long.ts')).toEqual(['max-lines']);
  });
});
