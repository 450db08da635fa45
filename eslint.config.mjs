import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const TESTS = ['**/*.{unit,int,e2e}.ts', 'test/**/*.ts', '**/testing.ts', '**/contract.ts'];
const argument = 'time, chance and the world outside are arguments of the domain';

/** What pure code may not reach for. Each entry is planted once in test/architecture/purity.int.ts. */
const IMPURE_GLOBALS = [
  'process',
  'fetch',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'console',
  'performance',
  'crypto',
  'globalThis',
  'global',
  'require',
];
const IMPURE_SYNTAX = [
  ['NewExpression[callee.name="Date"][arguments.length=0]', 'new Date() reads the clock'],
  ['CallExpression[callee.name="Date"]', 'Date() reads the clock'],
  ['MemberExpression[object.name="Date"][property.name="now"]', 'Date.now reads the clock'],
  ['MemberExpression[object.name="Math"][property.name="random"]', 'Math.random is chance'],
  ['MemberExpression[object.name="Temporal"][property.name="Now"]', 'Temporal.Now reads the clock'],
  ['ImportExpression', 'a dynamic import escapes the rules of imports'],
];

const UNFINISHED_TESTS = [
  [
    'MemberExpression[object.name=/^(it|test|describe)$/][property.name=/^(skip|only|todo|failing)$/]',
    'a test neither skips itself nor others',
  ],
  ['CallExpression[callee.name=/^(xit|xtest|xdescribe|fit|fdescribe)$/]', 'a test neither skips itself nor others'],
];

const restricted = (entries, why) => [
  'error',
  ...entries.map(([selector, message]) => ({ selector, message: why ? `${message}: ${why}` : message })),
];

export default defineConfig(
  { ignores: ['dist/**', '.dist-*/**', 'data/**', 'coverage/**', 'node_modules/**'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommended],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: dirname(fileURLToPath(import.meta.url)) },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true }],
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-non-null-assertion': 'off',
      // rows of any table and aggregates of any kind pass through runners and queries
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'max-lines': ['error', { max: 500 }],
      'no-var': 'error',
      'prefer-const': 'error',
      'no-eval': 'error',
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'] }],
    },
  },
  {
    files: ['**/*.{unit,int,e2e}.ts', 'test/**/*.ts'],
    rules: {
      'no-restricted-syntax': restricted(UNFINISHED_TESTS),
    },
  },
  {
    files: ['libs/{kernel,grants,insight}/src/**/*.ts'],
    ignores: TESTS,
    rules: {
      'no-restricted-globals': ['error', ...IMPURE_GLOBALS.map((name) => ({ name, message: argument }))],
      'no-restricted-syntax': restricted(IMPURE_SYNTAX, argument),
    },
  },
  {
    files: ['**/*.{mjs,cjs,js}'],
    rules: { 'max-lines': ['error', { max: 500 }], eqeqeq: 'error', 'no-var': 'error', 'prefer-const': 'error' },
  },
);
