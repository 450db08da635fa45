import { buildOnce } from '../../test/support/built.js';
import { traceSubmission } from './durable.js';
import { killRounds } from './kill.js';

test('an application and its keys are on the disk before it is acknowledged', async () => {
  const { calls, faults } = await traceSubmission(buildOnce());
  expect(faults).toEqual([]);
  expect(calls.filter(({ what }) => what === 'sync').length).toBeGreaterThanOrEqual(2);
}, 180_000);

test('whatever a killed server had acknowledged is there after it started again, once', async () => {
  const report = await killRounds(buildOnce(), 2, 11, () => {});
  expect(report.lost).toEqual([]);
  expect(report.wrong).toEqual([]);
  expect(report.acknowledged).toBeGreaterThan(0);
}, 180_000);
