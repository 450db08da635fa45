import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sha256, uuid5 } from '@minipilot/kernel/ids.js';
import { digestOfLeaves, drawKey, leafOf, seedHash } from '@minipilot/kernel/lot.js';
import type { LotDraw, LotView } from '@minipilot/insight/lots.js';
import { repeatLot } from '../../scripts/selection/lot.js';
import { CannotDo } from '../../scripts/support/command.js';

const CALL = uuid5('test', 'call');
const SEED = sha256('seed');
const leaves = ['one', 'two', 'three'].map((c) => leafOf(c)).sort();
const digest = digestOfLeaves('cards', leaves);
const drawn = [1, 2]
  .map((n) => uuid5('test', String(n)))
  .map((application) => ({ application, drawKey: drawKey(SEED, digest, application) }))
  .sort((a, b) => (a.drawKey < b.drawKey ? -1 : 1))
  .map((one, i) => ({ ...one, order: i + 9 }));
const draw: LotDraw = { kind: 'cards', round: null, digest, repeatable: true, leaves, groups: [{ drawn }] };
const lot: LotView = { call: CALL, lotHash: seedHash(SEED), announcedOn: '2027-09-01', seed: SEED, proposed: true, draws: [draw] };

describe('npm run lot', () => {
  let server: Server;
  let url: string;
  let answer: unknown;
  const asked: string[] = [];
  beforeAll(async () => {
    server = createServer((request, reply) => {
      asked.push(request.url!);
      reply.writeHead(answer === null ? 404 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());
  /** What is printed and with which code it ends, when the server answers so. */
  const repeat = async (given: unknown, args = [CALL, '--url', url]): Promise<{ code: number; lines: string[] }> => {
    answer = given;
    const lines: string[] = [];
    return { code: await repeatLot(args, (text) => lines.push(text)), lines };
  };

  it('shows commitment, seed, digest and every draw key, and says that they are the same', async () => {
    const { code, lines } = await repeat(lot);
    expect(code).toBe(0);
    const text = lines.join('\n');
    for (const shown of [lot.lotHash, SEED, digest, ...drawn.map((d) => `place ${d.order}: ${d.application} ${d.drawKey} same`)])
      expect(text).toContain(shown);
    expect(lines.at(-1)).toBe('same');
    expect(asked.at(-1)).toBe(`/api/demo/calls/${CALL}/lot`);
  });

  it('takes the name of the stream for the call, and another municipality', async () => {
    expect((await repeat(lot, [`town.call-${CALL}`, '--tenant', 'town', '--url', url])).code).toBe(0);
    expect(asked.at(-1)).toBe(`/api/town/calls/${CALL}/lot`);
  });

  it.each<[string, object, string[]]>([
    ['another seed', { seed: sha256('another') }, ['the seed', ...drawn.map((d) => `the key or place of ${d.application}`)]],
    [
      'a leaf that was left out',
      { draws: [{ ...draw, leaves: leaves.slice(1) }] },
      ['the digest of the cards', ...drawn.map((d) => `the key or place of ${d.application}`)],
    ],
    [
      'another order',
      { draws: [{ ...draw, groups: [{ drawn: [...drawn].reverse() }] }] },
      [`the key or place of ${drawn[0]!.application}`],
    ],
    [
      'another key',
      { draws: [{ ...draw, groups: [{ drawn: [{ ...drawn[0]!, drawKey: sha256('x') }, drawn[1]!] }] }] },
      [`the key or place of ${drawn[0]!.application}`],
    ],
  ])('finds %s', async (_, change, wrong) => {
    const { code, lines } = await repeat({ ...lot, ...change });
    expect([code, lines.at(-1)]).toEqual([1, `${wrong.length} differ`]);
    expect(lines.filter((line) => line.startsWith('  WRONG: '))).toEqual(wrong.map((what) => `  WRONG: ${what}`));
  });

  it('says what there is not to repeat', async () => {
    expect((await repeat({ ...lot, draws: [{ ...draw, groups: [] }] })).lines).toContain('  nothing had to be drawn by lot');
    expect((await repeat({ ...lot, proposed: false, draws: [{ ...draw, groups: [] }] })).lines).toContain(
      '  the proposal is not computed yet',
    );
    const early = { ...draw, kind: 'readings', round: 1, digest: null, repeatable: false, leaves: [] };
    expect((await repeat({ ...lot, draws: [early] })).lines.join('\n')).toContain(
      "round 1: drawn before digests were told; only the auditor's recompute",
    );
    const form = { ...draw, repeatable: false, leaves: [] };
    expect((await repeat({ ...lot, draws: [form] })).lines.join('\n')).toContain('of an early form');
  });

  it.each<[string, unknown, (address: string) => string[], RegExp]>([
    [
      'before the seed is revealed',
      { ...lot, seed: null, draws: [] },
      (u) => [CALL, '--url', u],
      /^The seed is still secret: .* nothing to repeat yet\.$/,
    ],
    ['a call that is not there', null, (u) => [CALL, '--url', u], /^There is no announced call/],
    ['without a call', lot, () => [], /^Usage: npm run lot/],
    ['with a call that is none', lot, () => ['autumn'], /is no id of a call/],
    ['where nobody answers', lot, () => [CALL, '--url', 'http://127.0.0.1:1'], /^No server answers at/],
    ['with both a server and a folder', lot, (u) => [CALL, '--url', u, '--data', '.'], /^Usage: npm run lot/],
  ])('refuses in words %s', async (_, given, args, message) => {
    const refused = await repeat(given, args(url)).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(CannotDo);
    expect((refused as Error).message).toMatch(message);
  });
});
