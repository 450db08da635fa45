import { randomUUID } from 'node:crypto';
import { chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesFor, TRACKER, written } from '@minipilot/grants/vote/codes.js';
import { ok } from '../support/api.js';
import { startAll, type Deployment } from '../support/running.js';
import { Municipality, START } from '../e2e/municipality.js';
import { cast, castByCode, CLOSES, OPENS, voting } from '../e2e/voting.js';
import { Intruder, rankCorrelation, type Ballot } from './joining.js';

/** Voters; the more, the surer is it that two orders have nothing to do with each other. */
const VOTERS = 60;
const PROJECTS = 5;

describe('who has all files, all keys that are left, the code and the published ballots', () => {
  let deployment: Deployment;
  let before: string;
  let call: string;
  let projects: string[];
  let published: Ballot[];
  let output: string;
  const codes: string[] = [];
  /** what only the test knows: voter to ballot, and the key of each voter's last request */
  const truth = new Map<string, Ballot>();
  const keys = new Map<string, string>();
  let control: Intruder;
  let intruder: Intruder;
  const right = (found: ReadonlyMap<string, Ballot>) =>
    [...found].filter(([voter, { tracker }]) => truth.get(voter)?.tracker === tracker).length;

  beforeAll(async () => {
    deployment = await startAll({ clock: START });
    const town = await Municipality.open(deployment);
    ({ call, projects } = await voting(town, PROJECTS));
    await town.api.advance(OPENS);
    codes.push(...(await town.staff.officer.post(`calls/${call}/vote/codes`, { count: 10, place: 'Pääkirjasto' })).codes);
    const told = new Map<string, { tracker: string; choices: number[]; key: string }>();
    for (let round = 0; round < 2; round++)
      for (let n = 0; n < VOTERS; n++) {
        // every third voter votes again, in another order
        const who = round === 0 ? n : VOTERS - 1 - n;
        if (round === 1 && who % 3 !== 0) continue;
        const choices = [((who * 7 + round) % PROJECTS) + 1, ((who * 7 + round + 1 + (who % 3)) % PROJECTS) + 1].sort();
        const ids = [...new Set(choices)].map((i) => projects[i - 1]!);
        const key = randomUUID();
        const code = codes[who - (VOTERS - codes.length)];
        const reply =
          code === undefined ? await cast(await town.api.voter(`v-${who}`), call, ids, key) : await castByCode(town, call, code, ids, key);
        told.set(code ?? `v-${who}@demo.example`, { tracker: ok(reply).tracker, choices: [...new Set(choices)], key });
      }
    // a copy of everything while the keys are still there
    await deployment.stop('all');
    before = mkdtempSync(join(tmpdir(), 'minipilot-ballots-'));
    cpSync(deployment.data, before, { recursive: true });
    chmodSync(join(before, 'keys'), 0o700);
    await deployment.start('all');
    await town.api.advance(CLOSES);
    await town.api.advance('2027-02-17T13:05:00.000Z');
    published = await town.api.openAll(`calls/${call}/tally/ballots`);
    await deployment.stop('all');
    output = deployment.output();

    control = await Intruder.enter(before, call);
    intruder = await Intruder.enter(deployment.data, call);
    for (const [identity, { tracker, choices, key }] of told) {
      const kind = identity.includes('@') ? 'email' : 'voting-code';
      const subject = (await intruder.subjectOf({ kind, value: kind === 'email' ? identity : `${call}/${identity}` }))!;
      truth.set(subject, { tracker, choices });
      keys.set(subject, key);
    }
  }, 180_000);
  afterAll(async () => {
    await control?.leave();
    await intruder?.leave();
    await deployment?.end();
    rmSync(before, { recursive: true, force: true });
  });

  it('knows who voted, and that there are as many ballots', () => {
    expect(truth.size).toBe(VOTERS);
    expect(intruder.lastCasts.map((e) => e.actor).sort()).toEqual([...truth.keys()].sort());
    expect(intruder.casts.length).toBe(VOTERS + VOTERS / 3);
    expect(published.map((b) => b.tracker)).toEqual([...truth.values()].map((b) => b.tracker).sort());
  });

  it('could open every ballot before the keys were destroyed, and none after', async () => {
    expect(right(await control.byKeys())).toBe(VOTERS);
    expect(control.wrappedKeys()).toHaveLength(VOTERS + VOTERS / 3);
    expect((await intruder.byKeys()).size).toBe(0);
    expect(intruder.wrappedKeys()).toEqual([]);
    // nor do the files keep what was deleted
    for (const { bytes } of control.wrappedKeys()) expect(intruder.filesWith(bytes)).toEqual([]);
    // the ciphertexts are still there, to be opened by nobody
    for (const event of intruder.casts) expect(event.ciphertexts).toHaveLength(1);
  });

  it('derives nothing from the seed of a demonstration, and guesses no commitment', () => {
    expect(intruder.byDerivation(published).size).toBe(0);
  });

  it('could compare fingerprints and trackers before the mask was destroyed, and not after', async () => {
    expect((await control.byFingerprint(published, projects)).size).toBe(VOTERS);
    expect((await intruder.byFingerprint(published, projects)).size).toBe(0);
    const tracker = (bytes: Buffer) => written(TRACKER, bytes.subarray(0, Math.max(bytesFor(TRACKER), 9)));
    expect(right(await control.byTracker(published, keys, tracker))).toBe(VOTERS);
    expect((await intruder.byTracker(published, keys, tracker)).size).toBe(0);
    // without the Idempotency-Keys not even then
    expect((await control.byTracker(published, new Map(), tracker)).size).toBe(0);
  });

  it('finds no id, stream, command or hash of a vote in what the count wrote, and no tracker in what the vote wrote', () => {
    expect(intruder.byIds(published)).toEqual([]);
    // what leads from one event to another leads from the count to its flow, and there it ends
    const byId = new Map(intruder.events.map((e) => [e.id, e]));
    for (const event of intruder.events.filter((e) => e.stream === `demo.tally-${call}` && e.actor.startsWith('flow.'))) {
      const seen = new Set<string>();
      for (let at = event as typeof event | undefined; at !== undefined && !seen.has(at.id); at = byId.get(at.causationId)) {
        seen.add(at.id);
        expect(at.type).not.toBe('vote.cast');
      }
    }
  });

  it('learns nothing from sizes or times: all ballots are alike, and all are opened at one time', () => {
    expect(new Set(intruder.casts.map((e) => e.ciphertexts![0]!.length)).size).toBe(1);
    expect(new Set(intruder.casts.map((e) => JSON.stringify(e).length - e.fp.length)).size).toBeLessThanOrEqual(2);
    const counting = intruder.events.filter((e) => ['tally.ballots-opened', 'tally.counted'].includes(e.type));
    expect(new Set(counting.map((e) => e.at)).size).toBe(1);
    for (const cast of intruder.casts) expect(cast.at < counting[0]!.at).toBe(true);
  });

  it('learns nothing from orders: neither of the log, the vault or the rows has anything to do with that of the trackers', () => {
    const byCast = intruder.lastCasts.map((e) => truth.get(e.actor)!.tracker);
    const byEvent = intruder.lastCasts.toSorted((a, b) => (a.id < b.id ? -1 : 1)).map((e) => truth.get(e.actor)!.tracker);
    const byVoter = [...truth].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, b]) => b.tracker);
    const rows = intruder.rows().filter(({ table }) => table.startsWith('public_ballots'));
    const byRow = rows.map(({ row }) => row['tracker'] as string);
    const opened = intruder.events.filter((e) => e.type === 'tally.ballots-opened').flatMap((e) => e.data['ballots'] as Ballot[]);
    expect(byRow.length).toBe(VOTERS);
    // more than five times the standard deviation of chance
    const chance = 5.2 / Math.sqrt(VOTERS - 1);
    for (const order of [byCast, byEvent, byVoter])
      for (const shown of [opened.map((b) => b.tracker), byRow]) expect(Math.abs(rankCorrelation(order, shown))).toBeLessThan(chance);
    // the measure finds an order where there is one
    expect(rankCorrelation(byCast, byCast)).toBe(1);
    expect(rankCorrelation(byCast, byCast.toReversed())).toBe(-1);
  });

  it('reads no tracker, no code and no voter in logs, and no voter beside a ballot in rows; trackers stand where everybody sees them', () => {
    const trackers = [...truth.values()].map((b) => b.tracker);
    for (const secret of [...trackers, ...codes]) expect(output).not.toContain(secret);
    for (const voter of truth.keys()) expect(output).not.toContain(voter);
    expect(output).not.toMatch(/calls\/:call\/ballots|tally\/search/);
    for (const code of codes) expect(intruder.filesWith(code)).toEqual([]);
    for (const tracker of trackers)
      for (const file of intruder.filesWith(tracker)) expect(file).toMatch(/^(events|read-models)\.sqlite(-wal)?$/);
    const rows = intruder.rows();
    expect(rows.length).toBeGreaterThan(100);
    for (const { table, row } of rows) {
      const text = JSON.stringify(row);
      const voters = [...truth.keys()].filter((voter) => text.includes(voter));
      const ballots = trackers.filter((tracker) => text.includes(tracker));
      if (ballots.length > 0) expect([table, voters]).toEqual([expect.stringMatching(/^public_ballots/), []]);
      for (const vote of intruder.casts) expect([table, text.includes(vote.stream)]).toEqual([table, false]);
    }
  });
});
