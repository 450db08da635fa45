// After all tests: PostgreSQL stops when its keeper's standard input closes.
export default async function teardown() {
  const keeper = globalThis.postgresKeeper;
  if (!keeper || keeper.exitCode !== null) return;
  const ended = new Promise((resolve) => keeper.once('exit', resolve));
  keeper.ref();
  keeper.stdin.end();
  await ended;
}
