import { jcs, sha256, uuid5 } from '@minipilot/kernel/ids.js';
import { digestOfLeaves, drawKey, leafOf } from '@minipilot/kernel/lot.js';
import { RANKED, ROLLING } from '../testing.js';
import { ranked, rollingRound, type RankedInput, type RoundInput } from './selection.js';

const SEED = sha256('seed');
const id = (n: number | string) => uuid5('test', String(n));
const applications = [1, 2].map((n) => ({ id: id(n), district: 'Jukola', askedCents: 50_000, arrivedAt: `2027-09-0${n}T08:00:00.000Z` }));
const sorted = (items: unknown[]) => items.map(jcs).sort();

describe('the digest that goes into a lot', () => {
  const cards = applications.flatMap((a) =>
    ['one', 'two'].map((who) => ({ application: a.id, member: id(who), values: [3, 3], salt: sha256(`${a.id}${who}`) })),
  );
  const call: RankedInput = { rules: RANKED, budgetCents: 50_000, applications, cards, seed: SEED };
  const readings = applications.map((a) => ({ application: a.id, reader: id('one'), values: [true, true, true], salt: sha256(a.id) }));
  const round: RoundInput = { rules: ROLLING, leftCents: 50_000, applications, readings, readersNeeded: 1, seed: SEED };

  it('is made of one leaf for each card', () => {
    const { cardsDigest, places } = ranked(call);
    expect(cardsDigest).toBe(
      digestOfLeaves(
        'cards',
        cards.map((c) => leafOf(c.application, c.member, c.values, c.salt)),
      ),
    );
    expect(places.map((p) => p.drawKey)).toEqual(places.map((p) => drawKey(SEED, cardsDigest, p.application)));
  });

  it('is made of one leaf for the readings of each that passed; the others change nothing', () => {
    const { readingsDigest, leaves, places } = rollingRound(round);
    expect(leaves).toEqual(readings.map((r) => leafOf(r.application, [jcs([r.reader, r.values, r.salt])])).sort());
    expect(digestOfLeaves('readings', leaves)).toBe(readingsDigest);
    expect(places.map((p) => p.drawKey)).toEqual(places.map((p) => drawKey(SEED, readingsDigest, p.application)));
    const unread = { id: id(3), askedCents: 1, arrivedAt: '2027-09-03T08:00:00.000Z' };
    const refused = { ...unread, id: id(4) };
    const no = { application: id(4), reader: id('one'), values: [true, false, true], salt: sha256('no') };
    const more = rollingRound({ ...round, applications: [...applications, unread, refused], readings: [...readings, no] });
    expect([more.readingsDigest, more.places.slice(0, 2)]).toEqual([readingsDigest, places]);
  });

  it('is still computed as the first calls had it, for whoever checks them', () => {
    const whole = (kind: string, items: unknown[]) => sha256(`minipilot/${kind}/v1`, jcs(sorted(items)));
    expect(ranked({ ...call, form: 'v1' }).cardsDigest).toBe(
      whole(
        'cards',
        cards.map((c) => [c.application, c.member, c.values, c.salt]),
      ),
    );
    expect(rollingRound({ ...round, form: 'v1' }).readingsDigest).toBe(
      whole(
        'readings',
        readings.map((r) => [r.application, r.reader, r.values, r.salt]),
      ),
    );
  });
});
