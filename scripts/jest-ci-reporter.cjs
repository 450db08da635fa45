/**
 * Names the skipped tests, whose names say why, and prints the closing line that CI counts, after everything else that Jest says.
 * A suite that fails to load counts as one failed test.
 */
module.exports = class CiReporter {
  onRunComplete(_contexts, results) {
    const left = results.testResults.flatMap((suite) => suite.testResults).filter((test) => ['pending', 'todo'].includes(test.status));
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const lines = [
      ...left.map((test) => `not run: ${test.fullName}`),
      `${results.numPassedTests} passed, ${failed} failed, ${results.numPendingTests + results.numTodoTests} skipped`,
    ];
    process.once('exit', () => process.stdout.write(`${lines.join('\n')}\n`));
  }
};
