import { parseArgs } from 'node:util';
import { recompute } from '@minipilot/api/audit.js';
import { parseStream } from '@minipilot/kernel/decider.js';
import { CannotDo } from '../support/command.js';
import { withStore } from '../support/store.js';

export const USAGE = `Usage: npm run recompute -- [CALL] [--data DIR]
Computes the proposal of a call again, from rules, cards or readings and the lot as they stand in the store, and compares it with the one
that was recorded. Without CALL all calls of the first municipality. Ends with 1 when anything differs. Changes nothing.`;

/** The command `recompute`. */
export async function recomputeCalls(args: string[], out: (text: string) => void): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { data: { type: 'string' } } });
  if (positionals.length > 1) throw new CannotDo(USAGE);
  return withStore(values.data, async (store, { tenants }) => {
    const tenant = tenants[0]!;
    const [wanted] = positionals;
    const calls = wanted === undefined ? await proposedCalls(store, tenant) : [wanted.replace(/^([a-z0-9]+\.)?call-/, '')];
    let differs = 0;
    for (const call of calls) {
      const found = await recompute(store, tenant, call);
      if (found === null) throw new CannotDo(`Nothing was proposed for call ${call}.`);
      out(`call ${call} (${found.method}): ${found.same ? 'same' : 'DIFFERS'}`);
      for (const check of found.checked) out(`  right: ${check}`);
      for (const difference of found.differences) out(`  WRONG: ${difference}`);
      for (const { application, proposed, decided, code, appeal } of found.departures)
        out(
          `  departure: ${application} was proposed ${proposed ?? 'nothing'}, decided ${decided} (${code}${appeal === null ? '' : `, appeal ${appeal.appeal}, ${appeal.section}`})`,
        );
      if (!found.same) differs++;
    }
    out(JSON.stringify({ calls: calls.length, same: calls.length - differs, differs }));
    return differs > 0 ? 1 : 0;
  });
}

const PAGE = 5_000;

async function proposedCalls(store: Parameters<Parameters<typeof withStore>[1]>[0], tenant: string): Promise<string[]> {
  const calls = new Set<string>();
  for (let position: string | null = null; ;) {
    const events = await store.readAll(position, PAGE);
    for (const { type, stream } of events) {
      if (type !== 'scoring.proposed' && type !== 'scoring.round-proposed') continue;
      const name = parseStream(stream);
      if (name.tenant === tenant) calls.add(name.key!);
    }
    if (events.length < PAGE) return [...calls];
    position = events.at(-1)!.position;
  }
}
