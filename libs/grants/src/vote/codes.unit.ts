import fc from 'fast-check';
import { bytesFor, read, TRACKER, VOTING_CODE, written } from './codes.js';

const shapes = fc.constantFrom(VOTING_CODE, TRACKER);
const made = shapes.chain((shape) =>
  fc.uint8Array({ minLength: bytesFor(shape), maxLength: bytesFor(shape) }).map((bytes) => ({ shape, text: written(shape, bytes) })),
);
const SIGNS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

describe('codes for people', () => {
  it('hold at least 60 bits, in groups, without signs that look like others', () => {
    expect(written(VOTING_CODE, new Uint8Array(10).fill(255))).toMatch(/^ZZZZ-ZZZZ-ZZZZ-ZZZ.$/);
    expect(written(TRACKER, new Uint8Array(9))).toBe('00000-00000-00000');
    for (const shape of [VOTING_CODE, TRACKER]) expect((shape.groups.reduce((a, b) => a + b) - 1) * 5).toBeGreaterThanOrEqual(60);
    fc.assert(fc.property(made, ({ text }) => void expect(text).not.toMatch(/[ILOU]/)));
    expect(() => written(VOTING_CODE, new Uint8Array(9))).toThrow(RangeError);
  });

  it('differ where their bytes differ', () => {
    const bit = fc.nat(74);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 10, maxLength: 10 }), bit, (bytes, at) => {
        const other = Uint8Array.from(bytes);
        other[at >> 3]! ^= 128 >> (at & 7);
        expect(written(VOTING_CODE, other)).not.toBe(written(VOTING_CODE, bytes));
      }),
    );
  });

  it('are read however they are typed: small letters, spaces, O for zero, I or L for one', () => {
    fc.assert(
      fc.property(made, fc.constantFrom('', ' ', '-', '–'), fc.constantFrom('I', 'l', '1'), ({ shape, text }, space, one) => {
        const typed = text.toLowerCase().replaceAll('-', space).replaceAll('0', 'o').replaceAll('1', one);
        expect(read(shape, ` ${typed} `)).toBe(text);
      }),
    );
  });

  it('are refused with any one sign wrong, or any two that changed places', () => {
    fc.assert(
      fc.property(made, fc.nat(15), fc.nat(15), fc.constantFrom(...SIGNS), ({ shape, text }, i, j, sign) => {
        const signs = [...text.replaceAll('-', '')];
        const [a, b] = [i % signs.length, j % signs.length];
        const wrong = [...signs];
        wrong[a] = sign;
        if (sign !== signs[a]) expect(read(shape, wrong.join(''))).toBeNull();
        const swapped = [...signs];
        [swapped[a], swapped[b]] = [signs[b]!, signs[a]!];
        if (signs[a] !== signs[b]) expect(read(shape, swapped.join(''))).toBeNull();
      }),
      { numRuns: 1000 },
    );
  });

  it('are not of another shape, and nothing else is one', () => {
    fc.assert(fc.property(made, ({ shape, text }) => void expect(read(shape === TRACKER ? VOTING_CODE : TRACKER, text)).toBeNull()));
    for (const typed of ['', '-', 'U', 'ÄÄÄÄ-ÄÄÄÄ-ÄÄÄÄ-ÄÄÄÄ', '0'.repeat(17), 'x'.repeat(100_000)])
      expect(read(VOTING_CODE, typed)).toBeNull();
  });
});
