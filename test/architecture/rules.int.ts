import { join } from 'node:path';
import { plantTree, projectRoot, runForJson } from '../support/probes.js';

interface Cruise {
  summary: { violations: { from: string; to: string; rule: { name: string } }[] };
}

const cruise = (folder: string): Cruise =>
  runForJson(
    'dependency-cruiser/bin/dependency-cruiser.mjs',
    ['--config', join(projectRoot, '.dependency-cruiser.cjs'), '--output-type', 'json', 'apps', 'libs', 'test', 'scripts'],
    folder,
  );

/** rule: files that break it and nothing else, each with what it imports */
const VIOLATIONS: Record<string, Record<string, string>> = {
  'kernel-knows-nobody': {
    'libs/kernel/src/to-grants.ts': '@minipilot/grants/streams.js',
    'libs/kernel/src/to-platform.ts': '@minipilot/platform/store/port.js',
    'libs/kernel/src/to-app.ts': '../../../apps/desk/src/main.js',
  },
  'platform-knows-no-domain': {
    'libs/platform/src/run/to-events.ts': '@minipilot/grants/call/events.js',
    'libs/platform/src/run/to-insight.ts': '@minipilot/insight/calls.js',
    'libs/platform/src/run/to-identity.ts': '@minipilot/identity/identity.js',
    'libs/platform/src/run/to-api.ts': '@minipilot/api/calls.js',
  },
  'grants-knows-the-kernel': {
    'libs/grants/src/call/to-platform.ts': '@minipilot/platform/store/port.js',
    'libs/grants/src/flows/to-insight.ts': '@minipilot/insight/calls.js',
    'libs/grants/src/call/to-platform.unit.ts': '@minipilot/platform/store/port.js',
  },
  'insight-knows-events-only': {
    'libs/insight/src/to-decider.ts': '@minipilot/grants/call/call.js',
    'libs/insight/src/to-platform.ts': '@minipilot/platform/store/port.js',
  },
  'identity-knows-kernel-and-platform': {
    'libs/identity/src/to-grants.ts': '@minipilot/grants/streams.js',
    'libs/identity/src/to-api.ts': '@minipilot/api/calls.js',
  },
  'nobody-imports-apps': {
    'libs/api/src/to-app.ts': '../../../apps/desk/src/main.js',
    'apps/worker/src/to-app.ts': '../../desk/src/main.js',
    'scripts/to-app.ts': '../apps/desk/src/main.js',
  },
  'no-circles': {
    'libs/platform/src/run/back.ts': './there.js',
  },
  'sqlite-in-stores-only': {
    'libs/platform/src/run/to-sqlite.ts': 'node:sqlite',
    'libs/api/src/to-sqlite.ts': 'node:sqlite',
    'apps/desk/src/to-sqlite.ts': 'node:sqlite',
  },
  'domain-without-node': {
    'libs/kernel/src/to-fs.ts': 'node:fs',
    'libs/grants/src/call/to-crypto.ts': 'node:crypto',
    'libs/insight/src/to-net.ts': 'net',
  },
  'ids-hash-only': { 'libs/kernel/src/ids.ts': 'node:fs' },
  'domain-without-framework': {
    'libs/kernel/src/to-nest.ts': '@nestjs/common',
    'libs/grants/src/call/to-nest.ts': '@nestjs/cqrs',
    'libs/grants/src/call/to-kysely.ts': 'kysely',
  },
  'insight-without-framework': {
    'libs/insight/src/to-nest.ts': '@nestjs/common',
    'libs/insight/src/to-pg.ts': 'pg',
  },
  'product-without-tests': {
    'libs/api/src/to-test.ts': '../../../test/support/probe.js',
    'libs/grants/src/call/to-testing.ts': '@minipilot/kernel/testing.js',
    'apps/desk/src/to-contract.ts': '@minipilot/platform/store/contract.js',
    'scripts/to-spec.ts': '../libs/grants/src/call/call.unit.js',
  },
  'product-without-development-packages': {
    'libs/api/src/to-jest.ts': 'fast-check',
    'apps/desk/src/to-nest-testing.ts': '@nestjs/testing',
  },
  'declared-packages-only': { 'libs/api/src/to-borrowed.ts': 'avvio' },
  'everything-resolves': { 'libs/api/src/to-nowhere.ts': './nowhere.js' },
};

const ALLOWED: Record<string, string[]> = {
  'libs/kernel/src/pure.ts': ['typebox', 'canonicalize', '@js-temporal/polyfill'],
  'libs/grants/src/call/good.ts': ['@minipilot/kernel/event.js', './events.js', 'typebox'],
  'libs/grants/src/call/good.unit.ts': ['@minipilot/kernel/testing.js', './call.js', 'fast-check', 'node:fs'],
  'libs/insight/src/good.ts': ['@minipilot/kernel/event.js', '@minipilot/grants/call/events.js', '@minipilot/grants/streams.js', 'kysely'],
  'libs/identity/src/good.ts': ['@minipilot/kernel/event.js', '@minipilot/platform/store/port.js', 'node:crypto'],
  'libs/platform/src/store/good.ts': ['@minipilot/kernel/event.js', 'node:sqlite'],
  'libs/platform/src/privacy/good.ts': ['node:sqlite'],
  'libs/platform/src/read-models/good.ts': ['node:sqlite', 'kysely'],
  'libs/platform/src/store/good.int.ts': ['./contract.js', '../../../../test/support/probe.js', 'node:sqlite'],
  'libs/api/src/good.ts': [
    '@minipilot/kernel/event.js',
    '@minipilot/grants/call/call.js',
    '@minipilot/insight/calls.js',
    '@minipilot/identity/identity.js',
    '@minipilot/platform/store/port.js',
    '@nestjs/common',
  ],
  'apps/desk/src/good.ts': ['./main.js', '@minipilot/api/calls.js', '@minipilot/platform/store/port.js'],
  'test/good.e2e.ts': ['../apps/desk/src/main.js', '@minipilot/platform/store/port.js', './support/probe.js'],
  'scripts/good.ts': ['@minipilot/identity/identity.js'],
};

/** The way back of the circle, which is reported once. */
const CIRCLE = { 'libs/platform/src/run/there.ts': './back.js' };

/** What the probes import; itself without imports. */
const TARGETS = [
  'apps/desk/src/main.ts',
  'libs/kernel/src/event.ts',
  'libs/kernel/src/testing.ts',
  'libs/grants/src/streams.ts',
  'libs/grants/src/call/call.ts',
  'libs/grants/src/call/call.unit.ts',
  'libs/grants/src/call/events.ts',
  'libs/insight/src/calls.ts',
  'libs/identity/src/identity.ts',
  'libs/platform/src/store/port.ts',
  'libs/platform/src/store/contract.ts',
  'libs/api/src/calls.ts',
  'test/support/probe.ts',
];

const source = (...imports: string[]) => [...imports.map((name) => `import type {} from '${name}';`), 'export {};'].join('\n');

describe('rules of imports', () => {
  let tree: ReturnType<typeof plantTree>;
  let broken: Map<string, string[]>;

  beforeAll(() => {
    const files: Record<string, string> = {};
    for (const target of TARGETS) files[target] = source();
    for (const probes of [CIRCLE, ...Object.values(VIOLATIONS)]) {
      for (const [file, name] of Object.entries(probes)) files[file] = source(name);
    }
    for (const [file, names] of Object.entries(ALLOWED)) files[file] = source(...names);
    tree = plantTree(['package.json', 'tsconfig.json'], files);
    broken = new Map();
    for (const { from, rule } of cruise(tree.folder).summary.violations) broken.set(from, [...(broken.get(from) ?? []), rule.name]);
  }, 240_000);

  afterAll(() => tree.remove());

  const probes = Object.entries(VIOLATIONS).flatMap(([rule, files]) => Object.entries(files).map(([file, name]) => ({ rule, file, name })));

  test.each(probes)('$rule turns red for $file, and no other rule does', ({ rule, file }) => {
    expect(broken.get(file)).toEqual([rule]);
  });

  test('nothing else turns red: what is allowed stays allowed', () => {
    expect([...broken.keys()].sort()).toEqual(probes.map((probe) => probe.file).sort());
  });

  test('every rule has a planted violation', () => {
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const config = require('../../.dependency-cruiser.cjs') as { forbidden: { name: string; severity: string }[] };
    expect(Object.keys(VIOLATIONS).sort()).toEqual(config.forbidden.map((rule) => rule.name).sort());
    expect(config.forbidden.filter((rule) => rule.severity !== 'error')).toEqual([]);
  });

  test('the project itself keeps all of them', () => {
    expect(cruise(projectRoot).summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
  }, 240_000);
});
