import { callForm, type Year } from '../municipality.js';

/** Story C, two of the nine of story B: an idea that did not work, and a report that is taken as it was given. */
export function honestFailure(year: Year): void {
  describe('C. Honest failure', () => {
    it('ends without a claim: Kide gives back what it did not use, and its lesson is there when the next call is drafted', async () => {
      await year.at('2027-11-22T10:00:00.000Z');
      const { officer, clerk } = year.town.staff;
      const [kide, party] = [year.winners[1]!, year.winners[3]!];
      const lesson = 'Klo 14 osuu koulubussin lähtöön.';
      const failed = {
        outcome: year.outcomes.kide,
        participants: 2,
        happened: '3 kertaa kymmenestä.',
        learned: lesson,
        lines: [{ what: 'Ohjaaja', cents: 21_000 }],
      };
      expect(await year.report(kide.who, kide.id, failed)).toMatchObject({
        toReturnCents: 29_000,
        report: { outcome: year.outcomes.kide, unspentCents: 29_000 },
      });
      const held = {
        outcome: year.outcomes.party,
        participants: 40,
        happened: 'Avajaiset pidettiin.',
        lines: [
          { what: 'Tarjoilu', cents: 32_000 },
          { what: 'Grilli', cents: 18_000 },
        ],
      };
      expect(await year.report(party.who, party.id, held)).toMatchObject({
        toReturnCents: 0,
        report: { outcome: year.outcomes.party, unspentCents: 0 },
      });
      await year.at('2027-11-24T10:00:00.000Z');
      await clerk.post(`applications/${kide.id}/returned-money`, { cents: 29_000, reference: 'RF18 5390 0754 7034', on: '2027-11-24' });
      expect(await year.town.ledger(year.autumn)).toEqual({ reserved: 50_000, paid: 421_000, returned: 29_000 });
      await year.town.api.settle();
      const completed = await officer.all(`desk/calls/${year.autumn}/applications?state=completed`);
      expect(completed.map((a) => a.id).sort()).toEqual([kide.id, party.id].sort());
      year.moneyPaths = [await year.town.moneyPath(kide.id), await year.town.moneyPath(party.id)];

      await officer.post(`applications/${kide.id}/public-recipient`, { organisation: kide.name });
      await officer.post(`applications/${kide.id}/public-text`, {
        title: 'Koulun tanssi ja taekwondo',
        summary: 'Kolme kertaa, kaksi lasta.',
        lesson,
      });
      await year.town.api.settle();
      const { id: spring } = await officer.post(
        'calls',
        callForm({ opensAt: '2028-02-01T07:00:00.000Z', closesAt: '2028-04-28T13:00:00.000Z' }),
      );
      expect((await officer.get(`desk/calls/${spring}`)).lessons).toContainEqual(
        expect.objectContaining({ pilot: kide.id, lesson, outcome: year.outcomes.kide }),
      );
      const { pilot } = await year.town.api.open(`pilots/${kide.id}`);
      expect(pilot).toMatchObject({
        outcome: year.outcomes.kide,
        organisation: 'Liikuntasali Kide Oy',
        usedCents: 21_000,
        returnedCents: 29_000,
        state: 'completed',
      });
    });
  });
}
