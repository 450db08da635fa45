import { createHash } from 'node:crypto';
import { digestOfLeaves, drawKey, leafOf, seedHash } from './lot.js';

const hash = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');
const SEED = hash('seed');

describe('a lot', () => {
  it('is what anybody computes with SHA-256 alone', () => {
    expect(seedHash(SEED)).toBe(hash(Buffer.from(SEED, 'hex')));
    expect(leafOf('a', [1, null], 'salt')).toBe(hash('["a",[1,null],"salt"]'));
    const leaves = [leafOf('b'), leafOf('a')];
    const digest = hash(['minipilot/cards/v2', ...[...leaves].sort()].join('\n'));
    expect([digestOfLeaves('cards', leaves), digestOfLeaves('cards', [...leaves].reverse())]).toEqual([digest, digest]);
    expect(drawKey(SEED, digest, 'an id')).toBe(hash(`${SEED}${digest}an id`));
  });

  it('differs by what is drawn, by every leaf and by the seed', () => {
    const leaves = [leafOf('a'), leafOf('b')];
    const digests = [
      digestOfLeaves('cards', leaves),
      digestOfLeaves('ballots', leaves),
      digestOfLeaves('cards', leaves.slice(1)),
      digestOfLeaves('cards', []),
    ];
    expect(new Set(digests).size).toBe(4);
    expect(drawKey(SEED, digests[0]!, 'a')).not.toBe(drawKey(hash(SEED), digests[0]!, 'a'));
  });

  it('takes no seed of another form', () => {
    for (const seed of ['', 'seed', SEED.toUpperCase(), `${SEED}0`]) expect(() => drawKey(seed, SEED, 'a')).toThrow(RangeError);
  });
});
