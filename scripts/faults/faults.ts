import { parseArgs } from 'node:util';
import { CannotDo, wholeOption } from '../support/command.js';
import { traceSubmission } from './durable.js';
import { killRounds } from './kill.js';

export const USAGE = `Usage: npm run faults -- [--only kill|durable] [--rounds N] [--seed S]
Breaks real processes on temporary folders and checks that nothing is lost or doubled. Ends with 1 when something was.
  kill     kills the server at random moments under load, starts it again, and repeats every acknowledged command; default 20 rounds
  durable  shows by strace that an application is on the disk before it is acknowledged`;

const FAULTS = ['kill', 'durable'];

/** The command `faults`. `built` is the folder with the built programs. */
export async function faults(args: string[], built: string, out: (text: string) => void, err: (text: string) => void): Promise<number> {
  const { values } = parseArgs({ args, options: { only: { type: 'string' }, rounds: { type: 'string' }, seed: { type: 'string' } } });
  const { only } = values;
  if (only !== undefined && !FAULTS.includes(only)) throw new CannotDo(`--only must be one of ${FAULTS.join(', ')}`);
  const rounds = wholeOption('rounds', values.rounds, 20, 1, 10_000);
  const seed = wholeOption('seed', values.seed, Date.now() % 1_000_000, 0, 2 ** 31 - 1);
  let failed = false;
  if (only === undefined || only === 'kill') {
    err(`kill -9 at random moments, seed ${seed}`);
    const report = await killRounds(built, rounds, seed, err);
    const sorted = [...report.recoveredMs].sort((a, b) => a - b);
    const [median, longest] = [sorted[Math.floor(sorted.length / 2)]!, sorted.at(-1)!];
    const doubled = report.wrong.length;
    for (const line of [...report.lost, ...report.wrong].slice(0, 50)) out(`WRONG: ${line}`);
    out('fault      rounds  acknowledged  lost  doubled  recovered ms (median, longest)');
    out(
      `kill -9    ${String(rounds).padStart(6)}  ${String(report.acknowledged).padStart(12)}  ${String(report.lost.length).padStart(4)}  ${String(doubled).padStart(7)}  ${median}, ${longest}`,
    );
    out(
      JSON.stringify({
        fault: 'kill',
        seed,
        rounds,
        acknowledged: report.acknowledged,
        lost: report.lost.length,
        doubled,
        recoveredMs: { median, longest },
      }),
    );
    failed = report.lost.length + doubled > 0 || report.acknowledged === 0;
  }
  if (only === undefined || only === 'durable') {
    const { calls, faults } = await traceSubmission(built);
    const began = calls[0]?.at ?? 0;
    for (const { at, what, of } of calls) out(`${(at - began).toFixed(3).padStart(9)} ms  ${what.padEnd(6)}  ${of}`);
    for (const fault of faults) out(`WRONG: ${fault}`);
    out(JSON.stringify({ fault: 'durable', syncedBeforeAnswer: faults.length === 0, faults }));
    failed ||= faults.length > 0;
  }
  return failed ? 1 : 0;
}
