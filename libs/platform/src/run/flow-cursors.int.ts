import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openReadModels } from '../read-models/database.js';
import { readModelCursors } from './flow-cursors.js';

it('keeps a fenced cursor for each flow', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'minipilot-cursors-'));
  const [one, two] = [await openReadModels({ file: join(dir, 'read.db') }), await openReadModels({ file: join(dir, 'read.db') })];
  try {
    const [a, b] = [readModelCursors(one), readModelCursors(two)];
    expect(await a.get('money')).toBeNull();
    expect(await a.move('money', '01', '02')).toBe(false);
    expect(await a.move('money', null, '01')).toBe(true);
    expect(await b.move('money', null, '01')).toBe(false);
    expect(await b.move('money', '01', '03')).toBe(true);
    expect(await a.move('money', '01', '02')).toBe(false);
    expect(await a.get('money')).toBe('03');
    expect(await a.get('closing')).toBeNull();
  } finally {
    await one.close();
    await two.close();
    rmSync(dir, { recursive: true });
  }
});
