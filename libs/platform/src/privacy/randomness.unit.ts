import { demoRandomness, randomUuid, systemRandomness } from './randomness.js';

describe('randomness', () => {
  it('repeats in a demo by seed and label, and only by them', () => {
    const a = demoRandomness('seed').bytes(100, 'lot/1');
    expect(a).toHaveLength(100);
    expect(demoRandomness('seed').bytes(100, 'lot/1')).toEqual(a);
    expect(demoRandomness('seed').bytes(100, 'lot/2')).not.toEqual(a);
    expect(demoRandomness('other').bytes(100, 'lot/1')).not.toEqual(a);
    expect(new Set([0, 32, 64].map((at) => a.subarray(at, at + 32).toString('hex'))).size).toBe(3);
    expect(() => demoRandomness('seed').bytes(1, 'a\0')).toThrow(RangeError);
  });

  it('is HMAC-SHA-256 in counter mode, so that a demo survives a release', () => {
    // printf 'label\0000' | openssl dgst -sha256 -hmac seed
    expect(demoRandomness('seed').bytes(8, 'label').toString('hex')).toBe('9e29d4cc69d76cf6');
  });

  it('never repeats outside a demo', () => {
    expect(systemRandomness.bytes(32, 'same')).not.toEqual(systemRandomness.bytes(32, 'same'));
    expect(systemRandomness.bytes(7, 'same')).toHaveLength(7);
  });

  it('makes version 4 UUIDs', () => {
    for (let i = 0; i < 50; i++) {
      expect(randomUuid(demoRandomness('seed'), `n/${i}`)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });
});
