import { createHash } from 'node:crypto';
import { ask, expectProblem, iban, ok, type Person } from '../../support/api.js';
import { repeatLot } from '../../../scripts/selection/lot.js';
import { businessId, DISTRICTS, form, rankedCall, type Applicant, type Year } from '../municipality.js';

/** Story B: a ranked call with a tie, a conflict of interest, a late application, and a recipient who steps back. */
export function tie(year: Year): void {
  describe('B. Tie, conflict, late', () => {
    const applicants: (Applicant & { base: number })[] = [];
    let foreign: { id: string; who: Person };
    let late: { id: string };
    let appeal: string;
    const members: Person[] = [];
    const byPlace = (n: number) => applicants[n - 1]!;

    it('is announced on 1.9 and closes on 22.9 at 16.00: 22 arrive in time, one of them withdraws, and one comes at 16:00:04', async () => {
      await year.at('2027-09-01T06:00:00.000Z');
      year.autumn = await year.town.announce(rankedCall());
      await year.town.api.settle();
      const announced = await year.town.api.open(`calls/${year.autumn}`);
      expect(announced).toMatchObject({ phase: 'upcoming', announcedOn: '2027-09-01', closesAt: '2027-09-22T13:00:00.000Z' });
      expect(await year.town.api.open(`calls/${year.autumn}/lot`)).toEqual({
        call: year.autumn,
        lotHash: announced.lotHash,
        announcedOn: '2027-09-01',
        seed: null,
        proposed: false,
        draws: [],
      });
      await year.at('2027-09-20T08:00:00.000Z');
      const kinds: Record<number, Record<string, unknown>> = {
        2: {
          kind: 'company',
          name: 'Liikuntasali Kide Oy',
          businessId: businessId(2),
          title: 'Koulun tanssi ja taekwondo',
          economic: { deMinimisCents: 1_240_000 },
        },
        4: { kind: 'association', name: 'Keinusaaren asukasyhdistys', businessId: businessId(4), title: 'Puiston avajaiset' },
        6: { kind: 'association', name: 'Kaurialan martat', businessId: businessId(6), title: 'Keittoilta' },
        7: { kind: 'group', name: 'Skeittarit', recipientName: 'Risto Aikuinen', title: 'Ramppi talveksi', involves: ['children'] },
        8: { phone: '050 765 4321', address: 'Kaurialankatu 1', email: undefined },
      };
      for (let n = 1; n <= 20; n++) {
        const name = (kinds[n]?.['name'] as string) ?? `Syksyn Hakija ${n}`;
        const who = await year.town.api.as(`syksy-${n}`, [], name);
        const filled = form(name, { email: who.email, district: DISTRICTS[n % 3], ...kinds[n] });
        const { id } = await year.town.apply(year.autumn, who, JSON.parse(JSON.stringify(filled)));
        // places 9 and 10 are alike in everything
        applicants.push({ id, who, name, base: n === 10 ? 90 - 9 * 3 : 90 - n * 3 });
      }
      const neighbour = await year.town.api.as('naapuri', [], 'Naapurin kylätoimikunta');
      const ours = form('Naapurikunnan kylätoimikunta', {
        kind: 'association',
        businessId: businessId(30),
        // where the applicants meet; where they want to try it stands in their own words
        district: 'Keskusta',
        place: 'Iittalan koululla',
        email: neighbour.email,
      });
      foreign = { who: neighbour, id: (await year.town.apply(year.autumn, neighbour, ours)).id };
      const shy = await year.town.api.as('peruva', [], 'Peruva Hakija');
      const withdrawn = await year.town.apply(year.autumn, shy, form('Peruva Hakija', { email: shy.email }));
      await shy.post(`applications/${withdrawn.id}/withdrawal`);

      const slow = await year.town.api.as('hidas', [], 'Hidas Hakija');
      const draft = await slow.post(`calls/${year.autumn}/drafts`, { form: form('Hidas Hakija', { email: slow.email }) });
      await year.at('2027-09-22T13:00:04.000Z');
      const reply = await slow.ask('POST', `calls/${year.autumn}/drafts/${draft.id}/submit`);
      expect(reply.status).toBe(201);
      expect(reply.body).toMatchObject({ late: true, arrivedAt: '2027-09-22T13:00:04.000Z', closesAt: '2027-09-22T13:00:00.000Z' });
      late = reply.body;
      await year.at('2027-09-22T13:01:00.000Z');
      expect(await year.town.staff.officer.get(`desk/calls/${year.autumn}`)).toMatchObject({ status: 'announced', closed: true });
      const all = await year.town.staff.officer.all(`desk/calls/${year.autumn}/applications`);
      expect([all.length, all.filter((a) => a.late === true).length, all.filter((a) => a.state === 'withdrawn').length]).toEqual([
        23, 1, 1,
      ]);
    });

    it('is scored blind: a member ticks an association from the names alone, and nobody learns which proposal that was', async () => {
      await year.at('2027-09-24T08:00:00.000Z');
      const { officer } = year.town.staff;
      for (const { id } of applicants) await officer.post(`applications/${id}/check`, { suggestion: 'eligible', codes: [] });
      const suggested = (await officer.all(`desk/calls/${year.autumn}/applications?state=submitted`)).filter(
        ({ eligibility }) => eligibility.suggestion !== 'eligible',
      );
      expect(suggested.map(({ id, eligibility }) => [id, eligibility.suggestion, eligibility.reasons.map((r: any) => r.code)])).toEqual([
        [foreign.id, 'ineligible', ['place-outside-districts']],
      ]);
      await officer.post(`applications/${foreign.id}/check`, { suggestion: 'ineligible', codes: ['place-outside-districts'] });
      for (const [n, role] of (['chair', 'member', 'member'] as const).entries())
        members.push(await year.town.api.as(`raati-${n}`, [role], `Raadin Jäsen ${n}`));
      const [chair, board] = members as [Person, Person];
      await officer.post(`calls/${year.autumn}/scoring`, {
        members: members.map(({ email, name }) => ({ email, name })),
        chair: chair.email,
        closesAt: '2027-09-30T13:00:00.000Z',
      });

      const first = await board.ask('GET', `calls/${year.autumn}/scorebook`);
      expect(first.body.step).toBe('conflicts');
      // 20 applications, and the adult behind the skaters
      const names = first.body.names.map((n: any) => n.name) as string[];
      expect(names).toHaveLength(21);
      expect(names).toEqual([...names].sort((a, b) => a.localeCompare(b, 'fi')));
      for (const { id } of applicants) expect(first.text).not.toContain(id);
      expect(first.text).not.toMatch(/Keittoilta|Ramppi|Tarvikkeet/);
      expectProblem(await board.ask('PUT', `calls/${year.autumn}/scorebook/cards/${byPlace(1).id}`, { body: {} }), 409, 'conflicts-first');
      const own = first.body.names.find((n: any) => n.name === 'Kaurialan martat').key;
      await board.post(`calls/${year.autumn}/scorebook/conflicts`, { conflicts: [{ name: own, ground: 'organisation-role' }] });
      for (const member of [chair, members[2]!]) await member.post(`calls/${year.autumn}/scorebook/conflicts`, { conflicts: [] });

      const book = await board.ask('GET', `calls/${year.autumn}/scorebook`);
      expect(book.body.applications).toHaveLength(19);
      expect(book.text).not.toMatch(/Keittoilta|martat/);
      // the same answer as for an application that does not exist
      const card = { body: { assessed: { values: [1, 1, 1] } } };
      const hidden = await board.ask('PUT', `calls/${year.autumn}/scorebook/cards/${byPlace(6).id}`, card);
      expectProblem(hidden, 404, 'application-not-found');
      expectProblem(await board.ask('POST', `calls/${year.autumn}/scorebook/completion`), 409, 'cards-missing');
      for (const [m, member] of members.entries())
        for (const { id, base } of applicants) {
          if (m === 1 && id === byPlace(6).id) continue;
          await member.put(`calls/${year.autumn}/scorebook/cards/${id}`, { assessed: { values: [base + m, base + m, base + m] } });
        }
      expectProblem(await officer.ask('POST', `calls/${year.autumn}/scorebook/completion`), 403, 'forbidden');
      const missing = async () => (await officer.get(`calls/${year.autumn}/scoring`)).members.map((m: any) => m.missing);
      // full books tell nothing; only the members' own word does
      expect(await missing()).toEqual([true, true, true]);
      for (const member of members) await member.post(`calls/${year.autumn}/scorebook/completion`);
      expect(await missing()).toEqual([false, false, false]);
      const status = await officer.get(`calls/${year.autumn}/scoring`);
      expect(Object.keys(status).sort()).toEqual(['applications', 'closesAt', 'members', 'opened', 'signed', 'started']);
      expectProblem(await officer.ask('GET', `calls/${year.autumn}/proposal`), 409, 'no-proposal');
    });

    it('parts the two that tie for the 9th place by the committed lot, since no criterion parts them', async () => {
      await year.at('2027-09-30T13:00:00.000Z');
      const [chair, board] = members as [Person, Person];
      const card = { body: { assessed: { values: [100, 100, 100] } } };
      expectProblem(await board.ask('PUT', `calls/${year.autumn}/scorebook/cards/${byPlace(20).id}`, card), 409, 'scoring-closed');
      await year.at('2027-09-30T13:01:00.000Z');
      const proposal = await chair.get(`calls/${year.autumn}/proposal`);
      expect(proposal.places.map((p: any) => p.result)).toEqual([
        ...Array(9).fill('proposed-grant'),
        ...Array(3).fill('waiting'),
        ...Array(8).fill('not-funded'),
      ]);
      const ids = proposal.places.map((p: any) => p.application) as string[];
      expect(ids.slice(0, 8)).toEqual(applicants.slice(0, 8).map((a) => a.id));
      expect(ids.slice(8, 10).sort()).toEqual([byPlace(9).id, byPlace(10).id].sort());
      const [ninth, tenth] = proposal.places.slice(8, 10);
      expect(ninth.score).toEqual(tenth.score);
      expect([ninth.tie, tenth.tie]).toEqual([
        { with: [tenth.application], partedBy: 'lot' },
        { with: [ninth.application], partedBy: 'lot' },
      ]);
      expect(ninth.drawKey < tenth.drawKey).toBe(true);
      const { lotHash } = await year.town.api.open(`calls/${year.autumn}`);
      expect(createHash('sha256').update(Buffer.from(proposal.seed, 'hex')).digest('hex')).toBe(lotHash);
      if (ninth.application === byPlace(10).id) applicants.splice(8, 2, byPlace(10), byPlace(9));

      // anybody can repeat it, and learns neither members nor values
      await year.town.api.settle();
      const lot = await year.town.api.open(`calls/${year.autumn}/lot`);
      expect(lot).toMatchObject({ lotHash, seed: proposal.seed, proposed: true });
      const drawn = [ninth, tenth].map(({ application, rank, drawKey }: any) => ({ application, order: rank, drawKey }));
      expect(lot.draws).toMatchObject([
        { kind: 'cards', round: null, digest: proposal.cardsDigest, repeatable: true, groups: [{ drawn }] },
      ]);
      expect(lot.draws[0].leaves).toHaveLength(59);
      const said: string[] = [];
      const { deployment, tenant } = year.town.api;
      expect(await repeatLot([year.autumn, '--url', deployment.open, '--tenant', tenant], (text) => said.push(text))).toBe(0);
      expect([said.at(-1), said.filter((line) => line.endsWith(' same'))]).toMatchObject(['same', { length: 4 }]);
      const page = await ask(deployment.open, 'GET', `/api/${tenant}/calls/${year.autumn}/lot.html?language=sv`);
      expect([page.status, page.headers.get('content-type'), page.headers.get('content-language')]).toEqual([
        200,
        'text/html; charset=utf-8',
        'sv',
      ]);
      expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(page.text).toContain(ninth.drawKey);

      expectProblem(
        await board.ask('POST', `calls/${year.autumn}/proposal/signature`, { body: { digest: proposal.digest } }),
        403,
        'forbidden',
      );
      await chair.post(`calls/${year.autumn}/proposal/signature`, { digest: proposal.digest });
    });

    it('is decided on 8.10: nine get 500 €, three wait, eight are refused, one is ineligible and one was late', async () => {
      await year.at('2027-10-08T07:00:00.000Z');
      const { decider } = year.town.staff;
      const item = (id: string, result: string, more: object = {}) => ({
        application: id,
        result,
        cents: result === 'granted' ? 50_000 : 0,
        reasonCode: 'vertailu',
        reason: 'Perusteiden mukaan.',
        ...more,
      });
      const regulation = (n: number) => (n === 1 ? { deMinimis: '(EU) 2023/2831' } : {});
      const decisions = [
        ...applicants.map(({ id }, n) => item(id, n < 9 ? 'granted' : n < 12 ? 'waiting' : 'refused', regulation(n))),
        item(foreign.id, 'ineligible'),
        item(late.id, 'late'),
      ];
      const send = (change: (list: typeof decisions) => void) => {
        const list = structuredClone(decisions);
        change(list);
        return decider.ask('POST', `calls/${year.autumn}/decisions`, {
          body: { section: '§ 88', caseNumber: 'KAU/88/2027', decidedOn: '2027-10-08', decisions: list },
        });
      };
      const problem = (reply: any, code: string, at: string) => expectProblem(reply, 409, code, { [`#/decisions/${at}`]: code });
      problem(await send((d) => void delete (d[1] as any).deMinimis), 'de-minimis-regulation-missing', '1/deMinimis');
      problem(await send((d) => void (d[9] = { ...d[9]!, result: 'refused' })), 'departure-without-reason', '9/departure');
      problem(
        await send(
          (d) => void (d[9] = { ...d[9]!, result: 'granted', cents: 50_000, departure: 'muu syy', departureReason: 'Syy.' } as never),
        ),
        'budget-exceeded',
        '9/cents',
      );
      problem(await send((d) => void (d[21] = item(late.id, 'refused'))), 'application-late', '21/result');
      expect(await year.town.ledger(year.autumn)).toEqual({ available: 450_000, 'appeal-reserve': 50_000 });
      ok(await send(() => undefined));
      expect(await year.town.ledger(year.autumn)).toEqual({ 'appeal-reserve': 50_000, reserved: 450_000 });
      const states = (await year.town.staff.officer.all(`desk/calls/${year.autumn}/applications`)).map((a) => a.state);
      const count = (state: string) => states.filter((s) => s === state).length;
      expect([count('granted'), count('waiting'), count('refused'), count('ineligible'), count('left'), count('withdrawn')]).toEqual([
        9, 3, 8, 1, 1, 1,
      ]);
      year.winners.push(...applicants.slice(0, 9));
    });

    it('gives each addressee a window of their own: 25.10 after an e-mail, 29.10 after a letter; residents until 29.10', async () => {
      const { officer } = year.town.staff;
      const letter = byPlace(8).id;
      const electronic = [...applicants.map((a) => a.id), foreign.id, late.id].filter((id) => id !== letter);
      await officer.post(`calls/${year.autumn}/notices`, { applications: electronic, channel: 'electronic', sentOn: '2027-10-08' });
      await officer.post(`calls/${year.autumn}/notices`, { applications: [letter], channel: 'letter', sentOn: '2027-10-08' });
      await officer.post(`calls/${year.autumn}/publication`, { publishedOn: '2027-10-08' });
      await year.town.api.settle();
      const windows = { publication: { noticeOn: '2027-10-15', appealUntil: '2027-10-29' }, finalFrom: '2027-10-30' };
      expect(await officer.get(`applications/${byPlace(1).id}`)).toMatchObject({
        notice: { noticeOn: '2027-10-11', appealUntil: '2027-10-25' },
        ...windows,
      });
      expect(await officer.get(`applications/${letter}`)).toMatchObject({
        notice: { noticeOn: '2027-10-15', appealUntil: '2027-10-29' },
        ...windows,
      });
      // each is told in a document of their own: their scores, their window, and not who else applied
      const document = async (id: string) => (await officer.ask('GET', `applications/${id}/decision.html`)).text;
      const [mine, other] = [byPlace(1), byPlace(2)];
      const text = await document(mine.id);
      for (const part of [mine.name, '25. lokakuuta 2027', 'Oman hakemuksesi arviot', 'Arvio 2']) expect(text).toContain(part);
      expect(text).not.toContain(other.name);
      expect(await document(letter)).toContain('29. lokakuuta 2027');
      expect(await document(late.id)).toContain('jätetään tutkimatta');
      expectProblem(await mine.who.ask('GET', `applications/${other.id}/decision.html`), 404, 'not-found');
    });

    it('pays eight of the nine on 13.10; the skaters’ adult steps back on 12.10, and Sanna, who takes over on 20.10, is paid to her own account', async () => {
      const { clerk } = year.town.staff;
      const skaters = byPlace(7);
      await year.at('2027-10-11T08:00:00.000Z');
      for (const [n, { id, who, name }] of year.winners.entries()) {
        if (id === skaters.id) continue;
        await year.town.api.account(iban(100 + n), name);
        await who.post(`applications/${id}/acceptance`, { iban: iban(100 + n) });
      }
      await year.at('2027-10-12T08:00:00.000Z');
      await skaters.who.post(`applications/${skaters.id}/recipient-withdrawal`);
      expect((await skaters.who.get(`applications/${skaters.id}`)).nameBy).toBe('2027-10-26');
      expectProblem(
        await skaters.who.ask('POST', `applications/${skaters.id}/acceptance`, { body: { iban: iban(106) } }),
        409,
        'recipient-missing',
      );
      const [batch] = await year.town.openBatches();
      await year.town.release(batch.id);
      await year.at('2027-10-13T09:00:00.000Z');
      expect((await clerk.get(`batches/${batch.id}`)).rows.map((r: any) => r.status)).toEqual(Array(8).fill('settled'));
      expect((await year.town.staff.officer.all(`desk/calls/${year.autumn}/applications?state=paid`)).map((a) => a.paidOn)).toEqual(
        Array(8).fill('2027-10-13'),
      );
      expect(await year.town.ledger(year.autumn)).toEqual({ 'appeal-reserve': 50_000, reserved: 50_000, paid: 400_000 });

      await year.at('2027-10-20T08:00:00.000Z');
      const sanna = await year.town.api.as('sanna', [], 'Sanna Aikuinen');
      expectProblem(await sanna.ask('GET', `applications/${skaters.id}`), 404, 'not-found');
      await skaters.who.post(`applications/${skaters.id}/recipient`, { name: sanna.name, email: sanna.email });
      await year.town.api.account(iban(107), sanna.name);
      await sanna.post(`applications/${skaters.id}/acceptance`, { iban: iban(107) });
      const [second] = await year.town.openBatches();
      await year.town.release(second.id);
      await year.at('2027-10-21T09:00:00.000Z');
      expect((await clerk.get(`batches/${second.id}`)).rows).toMatchObject([
        { pilot: skaters.id, payee: 'Sanna Aikuinen', check: 'match', status: 'settled', attempt: 1 },
      ]);
      expect(await year.town.ledger(year.autumn)).toEqual({ 'appeal-reserve': 50_000, paid: 450_000 });
    });

    it('is appealed against on 24.10 by the “ineligible” applicant, a day before the own window ends; the decision on it is not final any more', async () => {
      const { board, officer, auditor } = year.town.staff;
      expect(await auditor.get(`audit/calls/${year.autumn}/recompute`)).toMatchObject({ same: true, differences: [], departures: [] });
      await year.at('2027-10-24T09:00:00.000Z');
      const filed = await foreign.who.post(`calls/${year.autumn}/appeals`, {
        application: foreign.id,
        demand: 'Hakemus on tutkittava ja avustus myönnettävä.',
        grounds: 'Kokeilu on Iittalassa, vaikka yhdistys on naapurikunnasta.',
      });
      // the office closes at 16.15 in summer time
      expect(filed).toMatchObject({ late: false, receivedAt: '2027-10-24T09:00:00.000Z', until: '2027-10-25T13:15:00.000Z' });
      appeal = filed.id;
      await year.town.api.settle();
      expect(await foreign.who.get(`applications/${foreign.id}`)).toMatchObject({ finalFrom: null, appeals: { open: [{ appeal }] } });
      expect(await officer.get(`applications/${byPlace(1).id}`)).toMatchObject({ finalFrom: '2027-10-30', appeals: { open: [] } });
      expect((await foreign.who.get('my/appeals')).items).toMatchObject([{ id: appeal, state: 'open', by: 'party', late: false }]);
      expect((await board.get('desk/appeals?state=open')).items).toMatchObject([{ id: appeal, waitsFor: 'appeal-body', waitingDays: 0 }]);
    });

    it('gives 500 € from the reserve after the board’s decision of 17.11; the nine stay, and whoever recomputes sees the departure and its reason', async () => {
      const { board, officer, decider, auditor } = year.town.staff;
      await year.at('2027-11-17T10:00:00.000Z');
      const { revision, text } = await board.get(`appeals/${appeal}`);
      expect(text).toMatchObject({ demand: 'Hakemus on tutkittava ja avustus myönnettävä.' });
      const change = { application: foreign.id, cents: 50_000, reasonCode: 'oikaisu', reason: 'Alue on se, jossa kokeillaan.' };
      const decision = {
        result: 'upheld',
        section: '§ 140',
        caseNumber: 'KAU/88/2027',
        decidedOn: '2027-11-17',
        reason: 'Kokeilu on Iittalassa.',
        changes: [change],
      };
      const decide = (who: Person, body: object) => who.ask('POST', `appeals/${appeal}/decision`, { body, ifMatch: revision });
      expectProblem(await decide(decider, decision), 403, 'forbidden');
      const generous = { ...decision, changes: [{ ...change, cents: 50_001 }] };
      expectProblem(await decide(board, generous), 409, 'sum-outside-what-was-asked', {
        '#/changes/0/cents': 'sum-outside-what-was-asked',
      });
      ok(await decide(board, decision));
      expect(await year.town.ledger(year.autumn)).toEqual({ reserved: 50_000, paid: 450_000 });
      // the decision-maker has no way to the reserve
      const item = {
        application: byPlace(10).id,
        result: 'granted',
        cents: 50_000,
        from: 'appeal-reserve',
        reasonCode: 'x',
        reason: 'Syy.',
      };
      const around = await decider.ask('POST', `calls/${year.autumn}/decisions`, {
        body: { section: '§ 141', caseNumber: 'KAU/88/2027', decidedOn: '2027-11-17', decisions: [item] },
      });
      expectProblem(around, 400, 'reserve-only-after-appeal', { '#/decisions/0/from': 'reserve-only-after-appeal' });
      const found = await auditor.get(`audit/calls/${year.autumn}/recompute`);
      expect(found).toMatchObject({ method: 'ranked-until-budget', same: true, differences: [] });
      expect(found.departures).toMatchObject([
        {
          application: foreign.id,
          decided: 'granted',
          code: 'appeal-upheld',
          reason: 'Alue on se, jossa kokeillaan.',
          appeal: { appeal, section: '§ 140' },
        },
      ]);
      expect(found.checked).toEqual(expect.arrayContaining([expect.stringMatching(/59 opened cards/), expect.stringMatching(/20 places/)]));
      for (const { id } of year.winners)
        expect(await auditor.get(`audit/pilots/${id}`)).toMatchObject({ state: { decision: { result: 'granted' }, paidCents: 50_000 } });

      // 17.11 + 3 days of notice + 30 days is Monday 20.12
      await officer.post(`appeals/${appeal}/notice`, { channel: 'electronic', sentOn: '2027-11-17' });
      expect(await foreign.who.get(`appeals/${appeal}`)).toMatchObject({
        status: 'told',
        decision: { result: 'upheld', reason: 'Kokeilu on Iittalassa.', ownDecision: false },
        notice: { noticeOn: '2027-11-20', courtUntil: '2027-12-20', finalFrom: '2027-12-21' },
      });
      expect(await foreign.who.get(`applications/${foreign.id}`)).toMatchObject({
        decision: { result: 'granted', from: 'appeal-reserve', section: '§ 140', reason: { reason: 'Alue on se, jossa kokeillaan.' } },
      });
    });
  });
}
