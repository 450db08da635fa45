import { parseArgs } from 'node:util';
import { catalogue } from '@minipilot/grants/catalogue.js';
import {
  lotView,
  publicLotPages,
  publicLots,
  type LotBallot,
  type LotPageRow,
  type LotRow,
  type LotView,
} from '@minipilot/insight/lots.js';
import type { TallyEvent } from '@minipilot/grants/tally/events.js';
import { digestOfLeaves, drawKey, seedHash } from '@minipilot/kernel/lot.js';
import type { Recorded } from '@minipilot/kernel/event.js';
import { CannotDo, settings } from '../support/command.js';
import { withStore } from '../support/store.js';

export const USAGE = `Usage: npm run lot -- CALL [--url URL] [--tenant NAME] | CALL --data DIR
Repeats the lot of a call: from the public answers of a running server, which anybody can ask, or from the events in a data folder. Shows the
commitment, the revealed seed, the digest of what was opened and every draw key, and says "same", or what differs (then it ends with 1).
Before the seed is revealed there is nothing to repeat.`;

/** The command `lot`. */
export async function repeatLot(args: string[], out: (text: string) => void): Promise<number> {
  const options = { url: { type: 'string' }, data: { type: 'string' }, tenant: { type: 'string' } } as const;
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
  const [named, ...more] = positionals;
  if (named === undefined || more.length > 0 || (values.url !== undefined && values.data !== undefined)) throw new CannotDo(USAGE);
  const call = named.replace(/^([a-z0-9]+\.)?call-/, '');
  if (!/^[0-9a-f-]{36}$/.test(call)) throw new CannotDo(`${named} is no id of a call such as 3f1c6a0e-5a0b-5c4e-8f0a-2d1b7c9e4f60`);
  const lot =
    values.data === undefined ? await fromServer(call, values.url, values.tenant) : await fromEvents(call, values.data, values.tenant);
  if (lot === null) throw new CannotDo(`There is no announced call ${call}.`);
  return tell(lot, out);
}

async function fromServer(call: string, url: string | undefined, tenant: string | undefined): Promise<LotView | null> {
  const { config, url: address } = settings(url);
  const path = `${address}/api/${tenant ?? config.tenants[0]!}/calls/${call}/lot`;
  let reply: Response;
  try {
    reply = await fetch(path);
  } catch {
    throw new CannotDo(`No server answers at ${address}. Name it with --url, or name a data folder with --data.`);
  }
  if (reply.status === 404) return null;
  if (!reply.ok) throw new CannotDo(`${path} answers ${reply.status}.`);
  return (await reply.json()) as LotView;
}

/** Most events that one read takes. */
const PAGE = 5_000;

async function fromEvents(call: string, data: string, tenant: string | undefined): Promise<LotView | null> {
  return withStore(data, async (store, { tenants }) => {
    const own = tenant ?? tenants[0]!;
    let lot: LotRow | null = null;
    const pages = new Map<string, LotPageRow>();
    const ballots: LotBallot[] = [];
    let chosen: string[] = [];
    for (let position: string | null = null; ;) {
      const events: Recorded[] = await store.readAll(position, PAGE);
      for (const recorded of events) {
        if (recorded.tenant !== own || !recorded.stream.endsWith(`-${call}`)) continue;
        const event = catalogue.upcast(recorded);
        const vote = event as unknown as TallyEvent;
        if (vote.type === 'tally.vote-opened') chosen = vote.data.projects.map((p) => p.application);
        if (vote.type === 'tally.ballots-opened')
          ballots.push(...vote.data.ballots.map((b) => ({ tracker: b.tracker, choices: b.choices.map((n) => chosen[n - 1]!) })));
        if (publicLots.handles.includes(event.type)) lot = publicLots.evolve(lot, event, call);
        if (!publicLotPages.handles.includes(event.type)) continue;
        const page = publicLotPages.evolve(null, event, event.id);
        if (page !== null) pages.set(event.id, page);
      }
      if (events.length < PAGE) break;
      position = events.at(-1)!.position;
    }
    return lot === null ? null : lotView(call, lot, [...pages.values()], ballots);
  });
}

/** Says what the lot was and whether it comes out the same; 1 when anything differs. */
function tell({ call, lotHash, announcedOn, seed, proposed, draws }: LotView, out: (text: string) => void): number {
  out(`call ${call}`);
  out(`  committed to on ${announcedOn}: ${lotHash}`);
  if (seed === null)
    throw new CannotDo(
      'The seed is still secret: it is revealed when scoring or the vote has closed and everything is open, in a rolling call when a lot is needed for the first time. There is nothing to repeat yet.',
    );
  const wrong: string[] = [];
  const check = (what: string, same: boolean): string => {
    if (!same) wrong.push(what);
    return same ? 'same' : 'DIFFERS';
  };
  out(`  revealed seed: ${seed}`);
  out(`  its SHA-256 is what was committed to: ${check('the seed', seedHash(seed) === lotHash)}`);
  for (const { kind, round, digest, repeatable, leaves, groups } of draws) {
    const name = round === null ? `the ${kind}` : `round ${round}`;
    if (digest === null) {
      out(`  ${name}: drawn before digests were told; only the auditor's recompute can repeat it`);
      continue;
    }
    const again = repeatable ? digestOfLeaves(kind, leaves) : digest;
    out(`  ${name}: digest ${digest}`);
    out(
      repeatable
        ? `    over ${leaves.length} leaves: ${check(`the digest of ${name}`, again === digest)}`
        : '    of an early form that leaves cannot give; npm run recompute can',
    );
    for (const { drawn } of groups) {
      drawn.forEach(({ application, order, drawKey: told }, i) => {
        const key = drawKey(seed, again, application);
        const inOrder = i === 0 || drawKey(seed, again, drawn[i - 1]!.application) < key;
        out(
          `    ${order === null ? 'from among' : `place ${order}:`} ${application} ${key} ${check(`the key or place of ${application}`, key === told && inOrder)}`,
        );
      });
    }
  }
  if (!draws.some((d) => d.groups.length > 0)) out(proposed ? '  nothing had to be drawn by lot' : '  the proposal is not computed yet');
  for (const what of wrong) out(`  WRONG: ${what}`);
  out(wrong.length === 0 ? 'same' : `${wrong.length} differ`);
  return wrong.length === 0 ? 0 : 1;
}
