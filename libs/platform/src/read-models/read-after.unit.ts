import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { BadCursor, decodeCursor, encodeCursor } from './page-cursor.js';
import { BadToken, decodePlace, encodePlace } from './read-after.js';

const key = Buffer.alloc(32, 7);

describe('place tokens', () => {
  const stream = 'demo.pilot-00000000-0000-5000-8000-000000000000';
  const token = encodePlace({ stream, revision: 42 }, key);

  it('come back as the place they were made of, always by the same text', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9]{2,20}\.[a-z]{1,12}(-[a-z0-9-]{1,300})?$/), fc.integer({ min: -1 }), (stream, revision) => {
        const token = encodePlace({ stream, revision }, key);
        expect(token).toBe(encodePlace({ stream, revision }, key));
        expect(decodePlace(token, key)).toEqual({ stream, revision });
      }),
    );
  });

  it('have one length and show neither stream nor order nor distance', () => {
    const longest = `${'t'.repeat(20)}.scorebook-00000000-0000-5000-8000-000000000000`;
    const tokens = Array.from({ length: 500 }, (_, i) => encodePlace({ stream: i % 2 ? stream : longest, revision: i * 7919 }, key));
    expect(new Set(tokens.map((t) => t.length))).toEqual(new Set([171]));
    expect(new Set(tokens.map((t) => t.slice(0, 8))).size).toBe(500);
    expect([...tokens].sort()).not.toEqual(tokens);
    expect(() => encodePlace({ stream: 'x'.repeat(500), revision: 0 }, key)).toThrow(RangeError);
  });

  it('are refused when changed in any character, cut, made up, or made with another key', () => {
    for (let i = 0; i < token.length; i++) {
      const other = token[i] === 'A' ? 'B' : 'A';
      expect(() => decodePlace(token.slice(0, i) + other + token.slice(i + 1), key)).toThrow(BadToken);
      expect(() => decodePlace(token.slice(0, i), key)).toThrow(BadToken);
    }
    for (const bad of ['', '42', stream, `${token}=`, `${token}A`, randomBytes(128).toString('base64url'), 'A'.repeat(100_000)]) {
      expect(() => decodePlace(bad, key)).toThrow(BadToken);
    }
    expect(() => decodePlace(token, Buffer.alloc(32, 8))).toThrow(BadToken);
  });
});

describe('page cursors', () => {
  it('come back as they were', () => {
    expect(decodeCursor(encodeCursor(['Itä 😀', 'k']), 'text')).toEqual(['Itä 😀', 'k']);
    expect(decodeCursor(encodeCursor([-3, '']), 'integer')).toEqual([-3, '']);
  });

  it.each([
    '',
    'x',
    'null',
    '[]',
    '[1]',
    '["a",1]',
    '[1.5,"k"]',
    '[null,"k"]',
    '["a","k",2]',
    '{"0":"a"}',
    '["a\\u0000","k"]',
    '["\\ud800","k"]',
  ])('refuse %s', (json) => {
    const text = Buffer.from(json).toString('base64url');
    expect(() => decodeCursor(text, json.startsWith('[1') ? 'integer' : 'text')).toThrow(BadCursor);
  });

  it('refuse a value of the other type', () => {
    expect(() => decodeCursor(encodeCursor(['1', 'k']), 'integer')).toThrow(BadCursor);
    expect(() => decodeCursor(encodeCursor([1, 'k']), 'text')).toThrow(BadCursor);
  });
});
