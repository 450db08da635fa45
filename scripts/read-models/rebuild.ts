import { parseArgs } from 'node:util';
import { openRows } from '@minipilot/api/process/parts.js';
import { catalogue } from '@minipilot/grants/catalogue.js';
import { allProjections } from '@minipilot/insight/index.js';
import { rollupOf, viewOf } from '@minipilot/insight/query.js';
import type { ReadModels } from '@minipilot/platform/read-models/database.js';
import { tableDigest } from '@minipilot/platform/read-models/digest.js';
import { Projector } from '@minipilot/platform/read-models/projector.js';
import { dropAll } from '@minipilot/platform/read-models/rebuild.js';
import { SingleBar } from 'cli-progress';
import { CannotDo } from '../support/command.js';
import { withStore } from '../support/store.js';

export const USAGE = `Usage: npm run rebuild -- [NAME] [--drop] [--data DIR]
Folds the whole log anew into the read models, beside the live ones, and swaps: all of them, or the one of this name. A running server goes on.
Prints rows and their digest before and after, which are the same unless the read models were damaged. PostgreSQL with DATABASE_URL.
  --drop  take all read models away first; pages are empty until they are there again`;

interface Digest {
  rows: number;
  sha256: string;
}

/** The command `rebuild`. Ends with 1 where a read model could not be built. */
export async function rebuildReadModels(args: string[], out: (text: string) => void, err: NodeJS.WriteStream): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { drop: { type: 'boolean', default: false }, data: { type: 'string' } },
  });
  const [name] = positionals;
  const chosen = allProjections.filter((p) => name === undefined || p.name === name);
  if (positionals.length > 1 || chosen.length === 0)
    throw new CannotDo(`Which read model? One of: ${allProjections.map((p) => p.name).join(', ')}`);
  if (values.drop && name !== undefined) throw new CannotDo('--drop takes all read models away: leave the name out.');
  return withStore(values.data, async (store, config) => {
    const readModels = await openRows(config);
    try {
      const views = chosen.flatMap((p) => [viewOf(p), ...(p.rollup === undefined ? [] : [rollupOf(p)])]);
      const before = await digests(readModels, views);
      if (values.drop) err.write(`${await dropAll(readModels)} read models are dropped\n`);
      const projector = new Projector({ store, readModels, catalogue, projections: allProjections });
      const bar = new SingleBar({ format: '{bar} {value}/{total} events  {rate}/s', stream: err, hideCursor: true });
      const began = performance.now();
      bar.start(Number((await store.head()) ?? 0), 0, { rate: 0 });
      let results;
      try {
        results = await projector.rebuild(name, ({ events, head }) => {
          bar.setTotal(Math.max(events, Number(head)));
          bar.update(events, { rate: Math.round((events * 1000) / (performance.now() - began)) });
        });
      } finally {
        bar.stop();
      }
      const after = await digests(readModels, views);
      for (const view of views) out(lineOf(view, before.get(view), after.get(view)!));
      for (const { name, poison } of results) if (poison !== null) out(`STOPPED: ${name} at ${JSON.stringify(poison)}; the old rows stay`);
      const changed = views.filter((view) => verdict(before.get(view), after.get(view)!) === 'CHANGED').length;
      const stopped = results.filter(({ poison }) => poison !== null).length;
      out(
        JSON.stringify({
          readModels: results.length,
          views: views.length,
          changed,
          stopped,
          seconds: Math.round(performance.now() - began) / 1000,
        }),
      );
      return stopped > 0 ? 1 : 0;
    } finally {
      await readModels.close();
    }
  });
}

/** Digests of those views that are there. */
async function digests(readModels: ReadModels, views: readonly string[]): Promise<Map<string, Digest>> {
  const known = new Set((await readModels.db.introspection.getTables()).map((table) => table.name));
  const found = new Map<string, Digest>();
  for (const view of views) if (known.has(view)) found.set(view, await tableDigest(readModels, view));
  return found;
}

const verdict = (before: Digest | undefined, after: Digest): 'new' | 'same' | 'CHANGED' =>
  before === undefined ? 'new' : before.sha256 === after.sha256 ? 'same' : 'CHANGED';

function lineOf(view: string, before: Digest | undefined, after: Digest): string {
  const of = (digest: Digest | undefined) =>
    digest === undefined ? 'none'.padEnd(28) : `${String(digest.rows).padStart(8)} ${digest.sha256.slice(0, 16)}   `;
  return `${view.padEnd(30)} ${of(before)} ${of(after)} ${verdict(before, after)}`;
}
