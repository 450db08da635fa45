export default {
  reporters: ['default', '<rootDir>/scripts/jest-ci-reporter.cjs'],
  testEnvironment: 'node',
  // a guard against hanging, not a measure: a busy machine takes its time to start a server
  testTimeout: 30_000,
  globalSetup: '<rootDir>/scripts/jest-postgres.mjs',
  globalTeardown: '<rootDir>/scripts/jest-postgres-end.mjs',
  testRegex: '\\.(unit|int|e2e)\\.ts$',
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/test', '<rootDir>/scripts'],
  moduleNameMapper: {
    '^@minipilot/([^/]+)/(.*)\\.js$': '<rootDir>/libs/$1/src/$2',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        jsc: {
          parser: { syntax: 'typescript', decorators: true, dynamicImport: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
          target: 'es2023',
          keepClassNames: true,
        },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
};
