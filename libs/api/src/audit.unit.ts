import { rulesHash } from '@minipilot/grants/call/call.js';
import { placesDigest } from '@minipilot/grants/scoring/scoring.js';
import { rollingRound } from '@minipilot/grants/selection/selection.js';
import { CALL, content, hash, id, ROLLING } from '@minipilot/grants/testing.js';
import type { Recorded } from '@minipilot/kernel/event.js';
import { HistoryCount, recompute } from './audit.js';

const PILOT = id('pilot');
const call = content({ rules: ROLLING });
const reading = { application: PILOT, reader: id('reader'), values: [true, true, true], salt: hash('salt') };
const round = (askedCents: number, leftCents: number) =>
  rollingRound({
    rules: ROLLING,
    leftCents,
    applications: [{ id: PILOT, askedCents, arrivedAt: '2027-09-02T06:00:00.000Z' }],
    readings: [reading],
    readersNeeded: 1,
    seed: null,
  }).places;

/** A rolling call with one application in one round, after which budget and application change. */
function history(change: (round: Record<string, unknown>) => Record<string, unknown> = (data) => data): Recorded[] {
  const leftCents = call.budget.cents - call.appealReserveCents;
  const places = round(30_000, leftCents);
  const submitted = {
    call: CALL,
    applicant: id('applicant'),
    slot: 0,
    kind: 'resident',
    district: 'Jukola',
    askedCents: 30_000,
    involves: [],
    economic: null,
    language: 'fi',
    reach: 'letter',
    arrivedAt: '2027-09-02T06:00:00.000Z',
    late: false,
    channel: 'online',
    helper: null,
    filedBy: id('applicant'),
  };
  const lotHash = hash('seed');
  const announced = {
    call: CALL,
    content: call,
    rulesHash: rulesHash(call),
    lotHash,
    announcedOn: '2027-08-20',
    timeZone: 'Europe/Helsinki',
    currency: 'EUR',
  };
  const proposed = { round: 1, effectiveAt: '2027-09-03T06:00:00.000Z', places, leftCents, digest: placesDigest(places), seed: null };
  const events: [stream: string, type: string, data: Record<string, unknown>][] = [
    [`call-${CALL}`, 'call.drafted', { call: CALL, content: call }],
    [`call-${CALL}`, 'call.announced', announced],
    [`pilot-${PILOT}`, 'pilot.submitted', submitted],
    [`scoring-${CALL}`, 'scoring.reading-recorded', reading],
    [`scoring-${CALL}`, 'scoring.round-proposed', change(proposed)],
    [
      `call-${CALL}`,
      'call.budget-raised',
      { byCents: 100_000, budgetCents: call.budget.cents + 100_000, authority: { section: '§ 40', on: '2027-09-10' } },
    ],
    [`pilot-${PILOT}`, 'pilot.amended', { ...submitted, askedCents: 20_000, amendedAt: '2027-09-11T06:00:00.000Z' }],
  ];
  const revisions = new Map<string, number>();
  return events.map(([name, type, data], i) => {
    const stream = `demo.${name}`;
    const revision = (revisions.get(stream) ?? -1) + 1;
    revisions.set(stream, revision);
    return {
      id: id(`event ${i}`),
      type,
      v: 1,
      stream,
      revision,
      at: '2027-09-01T06:00:00.000Z',
      tenant: 'demo',
      data,
      position: String(i).padStart(8, '0'),
    } as unknown as Recorded;
  });
}

const storeOf = (events: Recorded[]) => ({
  read: (stream: string) => {
    const own = events.filter((e) => e.stream === stream);
    return Promise.resolve({ events: own, revision: own.length - 1 });
  },
  readAll: (after: string | null, limit: number) =>
    Promise.resolve(events.filter((e) => after === null || e.position > after).slice(0, limit)),
});

test('a round is recomputed on the budget and the applications of its time', async () => {
  const found = await recompute(storeOf(history()), 'demo', CALL);
  expect(found).toMatchObject({ same: true, differences: [] });
  expect(found!.checked).toContain('round 1: the money left is what was left');
});

test.each<[string, (data: Record<string, unknown>) => Record<string, unknown>]>([
  ['the money', (data) => ({ ...data, leftCents: (data['leftCents'] as number) - 1 })],
  ['a sum', (data) => ({ ...data, places: (data['places'] as object[]).map((place) => ({ ...place, cents: 1 })) })],
  ['the digest', (data) => ({ ...data, digest: hash('another') })],
])('a round that was tampered with in %s differs', async (_, change) => {
  expect((await recompute(storeOf(history(change)), 'demo', CALL))!.same).toBe(false);
});

test('history is counted once, and goes on where counting ended', async () => {
  const events = history();
  const later = events.splice(5);
  const store = storeOf(events);
  const read = jest.spyOn(store, 'readAll');
  const count = new HistoryCount(store);
  expect(await count.of('demo')).toEqual({ events: 5, reactions: 0, streams: 3 });
  events.push(...later, { ...later[0]!, type: 'flow.reacted', position: '00000009' });
  expect(await count.of('demo')).toEqual({ events: 8, reactions: 1, streams: 3 });
  expect(await count.of('other')).toEqual({ events: 0, reactions: 0, streams: 0 });
  expect(read.mock.calls.map(([after]) => after)).toEqual([null, '00000004', '00000009']);
});

test('what members and voters write is not counted', async () => {
  const events = history();
  const [one] = events;
  for (const category of ['scorebook', 'vote'])
    for (const [revision, type] of ['conflicts-declared', 'card-saved', 'recused', 'cast'].entries())
      events.push({
        ...one!,
        stream: `demo.${category}-${id(category)}`,
        revision,
        type: `${category}.${type}`,
        position: `1${events.length}`,
      });
  expect(await new HistoryCount(storeOf(events)).of('demo')).toEqual(await new HistoryCount(storeOf(history())).of('demo'));
});
