import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jcs, uuid5 } from '@minipilot/kernel/ids.js';
import { sharedTest } from '../support/shared.js';

describe('canonical JSON (RFC 8785)', () => {
  for (const name of ['arrays', 'french', 'structures', 'unicode', 'values', 'weird'])
    sharedTest(`serialises the published input ${name} to the published bytes`, 'vectors/jcs', (folder) => {
      const input = JSON.parse(readFileSync(join(folder, 'input', `${name}.json`), 'utf8')) as unknown;
      const hex = readFileSync(join(folder, 'outhex', `${name}.txt`), 'utf8').replace(/\s+/g, '');
      expect(Buffer.from(jcs(input)).toString('hex')).toBe(hex);
    });

  it('refuses what has no canonical form', () => {
    expect(() => jcs('\ud800')).toThrow(/surrogate/i);
    expect(() => jcs({ a: Number.NaN })).toThrow();
    expect(() => jcs(undefined)).toThrow();
  });
});

it('name-based ids have the version and variant of RFC 9562 and tell parts apart', () => {
  expect(uuid5('a', 'b')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(uuid5('a', 'b')).toBe(uuid5('a', 'b'));
  expect(uuid5('ab')).not.toBe(uuid5('a', 'b'));
});
