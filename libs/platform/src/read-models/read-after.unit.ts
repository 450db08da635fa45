import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { BadCursor, decodeCursor, encodeCursor } from './page-cursor.js';
import { BadToken, decodePosition, encodePosition } from './read-after.js';

const key = Buffer.alloc(32, 7);

describe('position tokens', () => {
  it('come back as the position they were made of, always by the same text', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9A-Z/]{1,60}$/), (position) => {
        const token = encodePosition(position, key);
        expect(token).toBe(encodePosition(position, key));
        expect(decodePosition(token, key)).toBe(position);
      }),
    );
  });

  it('have one length and show neither order nor distance', () => {
    const tokens = Array.from({ length: 500 }, (_, i) => encodePosition(String(i).padStart(16, '0'), key));
    expect(new Set(tokens.map((t) => t.length))).toEqual(new Set([43]));
    expect(new Set(tokens.map((t) => t.slice(0, 8))).size).toBe(500);
    expect([...tokens].sort()).not.toEqual(tokens);
  });

  it('are refused when changed in any character, cut, made up, or made with another key', () => {
    const token = encodePosition('0000000000000042', key);
    for (let i = 0; i < token.length; i++) {
      const other = token[i] === 'A' ? 'B' : 'A';
      expect(() => decodePosition(token.slice(0, i) + other + token.slice(i + 1), key)).toThrow(BadToken);
      expect(() => decodePosition(token.slice(0, i), key)).toThrow(BadToken);
    }
    for (const bad of [
      '',
      '42',
      '0000000000000042',
      `${token}=`,
      `${token}A`,
      randomBytes(32).toString('base64url'),
      'A'.repeat(100_000),
    ]) {
      expect(() => decodePosition(bad, key)).toThrow(BadToken);
    }
    expect(() => decodePosition(token, Buffer.alloc(32, 8))).toThrow(BadToken);
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
