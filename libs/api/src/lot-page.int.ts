import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { sha256, uuid5 } from '@minipilot/kernel/ids.js';
import { digestOfLeaves, drawKey, leafOf, seedHash } from '@minipilot/kernel/lot.js';
import type { LotView } from '@minipilot/insight/lots.js';
import { policyOf } from './html.js';
import { lotPage, REPEAT } from './lot-page.js';

const SEED = sha256('seed');
const leaves = ['one', 'two', 'three'].map((c) => leafOf(c)).sort();
const digest = digestOfLeaves('cards', leaves);
const drawn = [1, 2, 3]
  .map((n) => uuid5('test', String(n)))
  .map((application) => ({ application, drawKey: drawKey(SEED, digest, application) }))
  .sort((a, b) => (a.drawKey < b.drawKey ? -1 : 1))
  .map((one, i) => ({ ...one, order: i + 9 }));
const lot: LotView = {
  call: uuid5('test', 'call'),
  lotHash: seedHash(SEED),
  announcedOn: '2027-09-01',
  seed: SEED,
  proposed: true,
  draws: [{ kind: 'cards', round: null, digest, repeatable: true, leaves, groups: [{ drawn }] }],
};

/** What the one-liner of the page prints, run as a reader would run it. */
async function repeated(answer: LotView): Promise<string[]> {
  const server = createServer((_, reply) => reply.setHeader('content-type', 'application/json').end(JSON.stringify(answer)));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  try {
    const { port } = server.address() as AddressInfo;
    const { stdout } = await promisify(execFile)('sh', ['-c', `node -e '${REPEAT}' http://127.0.0.1:${port}/lot`], {
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    return stdout.trim().split('\n');
  } finally {
    server.close();
  }
}

describe('the page about a lot', () => {
  it('gives a command that repeats the draw, and that finds out what was changed', async () => {
    const right = ['seed true', 'cards true', ...drawn.map((d) => `${d.application} true`)];
    expect(await repeated(lot)).toEqual(right);
    expect((await repeated({ ...lot, seed: sha256('another') })).slice(0, 2)).toEqual(['seed false', 'cards true']);
    const [draw] = lot.draws;
    expect((await repeated({ ...lot, draws: [{ ...draw!, leaves: leaves.slice(1) }] }))[1]).toBe('cards false');
    const turned = { ...draw!, groups: [{ drawn: [...drawn].reverse() }] };
    expect((await repeated({ ...lot, draws: [turned] })).slice(2).map((line) => line.split(' ')[1])).toEqual(['true', 'false', 'false']);
  });

  it.each(['fi', 'sv', 'en'] as const)('explains it in %s with the numbers of the call, without scripts', (language) => {
    const text = lotPage(lot, 'Kokeillaan <yhdessä>', language);
    for (const number of [lot.lotHash, SEED, digest, ...drawn.flatMap((d) => [d.application, d.drawKey])]) expect(text).toContain(number);
    expect(text).toContain(`<html lang="${language}">`);
    expect(text).toContain('Kokeillaan &lt;yhdessä&gt;');
    expect(text.match(/<h1>/g)).toHaveLength(1);
    expect(text).not.toMatch(/<script|\{\w+(\|\w+)?\}|undefined|null/);
    expect(policyOf(text)).toMatch(/^default-src 'none'; .*style-src 'sha256-/);
    for (const other of ['fi', 'sv', 'en'].filter((l) => l !== language))
      expect(text).toContain(`href="?language=${other}" lang="${other}"`);
  });

  it('tells in other words where there is nothing to check yet, and where no lot was needed', () => {
    const secret = lotPage({ ...lot, seed: null, proposed: false, draws: [] }, 'Haku', 'fi');
    expect(secret).toContain('Luku on vielä salainen');
    expect(secret).not.toMatch(/node -e|Arpaluku<|Tarkista itse/);
    const none = (proposed: boolean) => lotPage({ ...lot, proposed, draws: [{ ...lot.draws[0]!, groups: [] }] }, 'Haku', 'sv');
    expect(none(true)).toContain('Ingen lottning behövdes.');
    expect(none(false)).toContain('Förslaget har inte räknats ut ännu.');
    const early = lotPage(
      { ...lot, draws: [{ ...lot.draws[0]!, kind: 'readings', round: 3, digest: null, repeatable: false }] },
      'Call',
      'en',
    );
    expect(early).toContain('Weekly round 3');
    expect(early).toContain('cannot be computed from public data');
  });
});
