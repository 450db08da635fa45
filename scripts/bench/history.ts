import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { uuid5 } from '@minipilot/kernel/ids.js';
import type { NewEvent, Recorded } from '@minipilot/kernel/event.js';
import { instant } from '@minipilot/kernel/time.js';
import { SqliteEventStore } from '@minipilot/platform/store/sqlite.js';
import { simulate } from '../simulation/simulate.js';
import { startServer } from '../support/server.js';
import { withStore } from '../support/store.js';

/** Applications of the year that is played once and then copied. */
const APPLICATIONS = 60;
const PAGE = 1_000;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** All events of a whole simulated year. `built` is the folder with apps. */
export async function oneYear(built: string, tell: (line: string) => void): Promise<Recorded[]> {
  const dir = mkdtempSync(join(tmpdir(), 'minipilot-year-'));
  const server = await startServer(built, dir);
  const before = process.env['MINIPILOT_DATA'];
  process.env['MINIPILOT_DATA'] = dir;
  try {
    const ideas = Array.from(
      { length: APPLICATIONS },
      (_, i) => `Idea ${i},Kokeillaan jotain ${i},${['Jukola', 'Keskusta', 'Harjula'][i % 3]},${100 + (i % 40) * 10}`,
    );
    const input = join(dir, 'ideas.csv');
    writeFileSync(input, ['title,text,district,sum', ...ideas].join('\n'));
    tell(`playing a year with ${APPLICATIONS} applications…`);
    const silent = new Writable({ write: (_chunk, _encoding, done) => done() }) as unknown as NodeJS.WriteStream;
    await simulate(
      ['--input', input, '--format', 'csv', '--applications', String(APPLICATIONS), '--seed', '1', '--url', server.url],
      () => {},
      silent,
    );
    return await withStore(dir, async (store) => {
      const all: Recorded[] = [];
      for (;;) {
        const events = await store.readAll(all.at(-1)?.position ?? null, PAGE);
        all.push(...events);
        if (events.length < PAGE) return all;
      }
    });
  } finally {
    if (before === undefined) delete process.env['MINIPILOT_DATA'];
    else process.env['MINIPILOT_DATA'] = before;
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Fills a new store with copies of a year, each in a municipality of its own, until it has `atLeast` events. Returns how many it has. */
export async function fill(file: string, year: readonly Recorded[], atLeast: number): Promise<number> {
  const store = await SqliteEventStore.open({ file, now: () => instant(Date.now()) });
  try {
    let count = 0;
    for (let copy = 0; count < atLeast; copy++) {
      for (let i = 0; i < year.length; i += PAGE) {
        const page = year.slice(i, i + PAGE).map((event) => copyOf(event, copy));
        await Promise.all(page.map(({ event, expected }) => store.append(event.stream, [event], expected)));
      }
      count += year.length;
    }
    return count;
  } finally {
    await store.close();
  }
}

function copyOf({ position: _, ...recorded }: Recorded, copy: number): { event: NewEvent; expected: number } {
  const tenant = `t${copy}x`;
  const text = JSON.stringify(recorded)
    .replaceAll(UUID, (id) => uuid5('copy', String(copy), id))
    .replaceAll(`"${recorded.tenant}.`, `"${tenant}.`);
  const { revision, ...event } = JSON.parse(text) as Recorded;
  return { event: { ...event, tenant }, expected: revision - 1 };
}
