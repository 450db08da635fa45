/**
 * Who may import whom; docs/adr and CONTRIBUTING.md say why. test/architecture/rules.int.ts plants one violation per rule,
 * so a rule that cannot turn red fails the tests.
 */
const TESTS = '\\.(unit|int|e2e)\\.ts$';
/** Suites and helpers that stand among the sources for tests to import. */
const TEST_SUPPORT = '^test/|/(testing|contract|test-support)\\.ts$|\\.(unit|int|e2e)\\.ts$';
const DOMAIN = '^libs/(kernel|grants|insight)/';
/** Packages that compute and do nothing else. */
const PURE_PACKAGES = 'node_modules/(typebox|canonicalize|@js-temporal/polyfill|jsbi|ibantools|finnish-business-ids|finnish-holidays-js)/';

/** Imports of our own libs and apps by `lib`, other than of the libs it may know. */
const onlyKnows = (name, lib, known, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: `^libs/${lib}/` },
  to: { path: '^(libs|apps)/', pathNot: `^libs/(${[lib, ...known].join('|')})/` },
});

module.exports = {
  forbidden: [
    onlyKnows('kernel-knows-nobody', 'kernel', [], 'The kernel is what all else is written in.'),
    onlyKnows('platform-knows-no-domain', 'platform', ['kernel'], 'The platform would run any domain.'),
    onlyKnows('grants-knows-the-kernel', 'grants', ['kernel'], 'Decisions depend on facts and arguments alone.'),
    {
      name: 'insight-knows-events-only',
      severity: 'error',
      comment: 'The read side sees what happened, never the state or the rules of the write side.',
      from: { path: '^libs/insight/' },
      to: {
        path: '^(libs|apps)/',
        pathNot: ['^libs/(kernel|insight)/', '^libs/grants/src/[^/]+/events\\.ts$', '^libs/grants/src/streams\\.ts$'],
      },
    },
    onlyKnows('identity-knows-kernel-and-platform', 'identity', ['kernel', 'platform'], 'Signing in knows nothing of grants.'),
    {
      name: 'nobody-imports-apps',
      severity: 'error',
      comment: 'Apps compose; what two of them need is a lib.',
      from: { path: '^(apps/[^/]+/|libs/api/|scripts/)' },
      to: { path: '^apps/', pathNot: '^$1' },
    },
    {
      name: 'no-circles',
      severity: 'error',
      comment: 'Circular imports of classes break at run time in ESM with decorator metadata.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'sqlite-in-stores-only',
      severity: 'error',
      comment: 'Locking, durability and file checks are written once, beside each store.',
      from: {
        path: '^(apps|libs|scripts)/',
        pathNot: ['^libs/platform/src/(store|privacy|read-models|bank)/', '^scripts/bench/limit\\.ts$', TESTS],
      },
      to: { path: '^(node:)?sqlite$' },
    },
    {
      name: 'domain-without-node',
      severity: 'error',
      comment: 'Time, ids, files and networks are arguments of the domain. Hashing is pure and stands in one place.',
      from: { path: DOMAIN, pathNot: [TESTS, '^libs/kernel/src/ids\\.ts$'] },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'ids-hash-only',
      severity: 'error',
      comment: 'The one exception of domain-without-node reaches no further than hashing.',
      from: { path: '^libs/kernel/src/ids\\.ts$' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
    },
    {
      name: 'domain-without-framework',
      severity: 'error',
      comment: 'The domain outlives framework, database and logger.',
      from: { path: '^libs/(kernel|grants)/', pathNot: TEST_SUPPORT },
      to: { path: 'node_modules/', pathNot: PURE_PACKAGES },
    },
    {
      name: 'insight-without-framework',
      severity: 'error',
      comment: 'Projections are pure and queries are SQL, given a connection.',
      from: { path: '^libs/insight/', pathNot: TEST_SUPPORT },
      to: { path: 'node_modules/', pathNot: [PURE_PACKAGES, 'node_modules/kysely/'] },
    },
    {
      name: 'product-without-tests',
      severity: 'error',
      comment: 'What runs in a municipality contains no test code.',
      from: { path: '^(apps|libs|scripts)/', pathNot: TEST_SUPPORT },
      to: { path: TEST_SUPPORT, pathNot: 'node_modules/' },
    },
    {
      name: 'product-without-development-packages',
      severity: 'error',
      comment: 'A production install leaves them out.',
      from: { path: '^(apps|libs)/', pathNot: TEST_SUPPORT },
      to: { dependencyTypes: ['npm-dev'] },
    },
    {
      name: 'declared-packages-only',
      severity: 'error',
      comment: 'A package that comes with another may go with it.',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'everything-resolves',
      severity: 'error',
      comment: 'An import that this check cannot follow is an import that it does not check.',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.cjs', '.json'],
    },
  },
};
