/**
 * Prints the closing line that CI counts, after everything else that Jest says.
 * A suite that fails to load counts as one failed test.
 */
module.exports = class CiReporter {
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    process.once('exit', () => process.stdout.write(`${results.numPassedTests} passed, ${failed} failed, ${skipped} skipped\n`));
  }
};
