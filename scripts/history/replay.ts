import { parseArgs } from 'node:util';
import { pseudonym, replay, withAliases } from '@minipilot/api/audit.js';
import { parseStream } from '@minipilot/kernel/decider.js';
import { instant } from '@minipilot/kernel/time.js';
import { CannotDo, wholeOption } from '../support/command.js';
import { withStore } from '../support/store.js';

export const USAGE = `Usage: npm run replay -- STREAM [--at INSTANT | --revision N] [--data DIR]
Prints what a stream held at a moment and the event that made it so, in JSON; by default now. Reads the store alone and changes nothing.
  STREAM      such as demo.pilot-…, or pilot-… for the first municipality served
  --at        up to this instant, such as 2027-03-01T10:00:00.000Z; a day means its end
  --revision  up to this revision, from 0
Members' scorebooks and voters' ballots are not opened here: not even an auditor learns before the close who filled in how many cards, or who
voted. A tally is shown once it is counted.`;

/** What holds the secrets of a member or a voter, by category; afterwards they stand elsewhere. */
const SEALED: Readonly<Record<string, string>> = {
  scorebook: 'A scorebook is sealed until scoring closes; afterwards its cards stand in scoring-….',
  vote: 'Who voted, and how often, is shown to nobody; after the count the ballots stand in tally-…, without their voters.',
};

/** The command `replay`. */
export async function replayStream(args: string[], out: (text: string) => void): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { at: { type: 'string' }, revision: { type: 'string' }, data: { type: 'string' } },
  });
  if (positionals.length !== 1) throw new CannotDo(`Which stream?\n\n${USAGE}`);
  const until = {
    ...(values.at === undefined ? {} : { at: momentOf(values.at) }),
    ...(values.revision === undefined ? {} : { revision: wholeOption('revision', values.revision, undefined, 0, 1_000_000_000) }),
  };
  return withStore(values.data, async (store, { tenants }) => {
    const stream = streamOf(positionals[0]!, tenants[0]!);
    const found = await replay(store, stream, until);
    const { category } = parseStream(stream);
    if (category === 'tally' && (await replay(store, stream))?.events.every((event) => event.type !== 'tally.counted') === true)
      throw new CannotDo('A tally is sealed until it is counted.');
    if (found === null) throw new CannotDo(`${stream} had no event${values.at === undefined ? '' : ` by ${until.at}`}.`);
    const { events: _, event, ...rest } = found;
    const { ciphertexts: __, sealed = [], fp: ___, position: ____, ...fact } = event;
    const answer = { ...rest, event: { ...fact, sealed: sealed.map(({ purpose, ct, com }) => ({ purpose, ct, com })) } };
    out(
      JSON.stringify(
        withAliases(answer, (subject) => pseudonym(Buffer.from('replay'), subject)),
        null,
        2,
      ),
    );
    return 0;
  });
}

function momentOf(text: string): string {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T23:59:59.999Z` : text;
  if (Number.isNaN(Date.parse(at))) throw new CannotDo(`--at ${text} is no instant such as 2027-03-01T10:00:00.000Z`);
  return instant(at);
}

function streamOf(name: string, tenant: string): string {
  const stream = name.includes('.') ? name : `${tenant}.${name}`;
  try {
    const sealed = SEALED[parseStream(stream).category];
    if (sealed !== undefined) throw new CannotDo(sealed);
  } catch (error) {
    if (error instanceof CannotDo) throw error;
    throw new CannotDo(`${name} is no stream such as pilot-00000000-0000-0000-0000-000000000000`);
  }
  return stream;
}
