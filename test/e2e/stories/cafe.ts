import { createHash } from 'node:crypto';
import { ask, expectProblem, iban, type Person } from '../../support/api.js';
import { callForm, form, DISTRICTS, type Year } from '../municipality.js';

/** Story A until the money is back: a rolling call, an applicant without e-ID, an account that is somebody else's. */
export function cafe(year: Year): void {
  describe('A. Aune’s café', () => {
    let call: string;
    const others: { id: string; who: Person }[] = [];
    let batch: string;

    it('is told to an agent on Tuesday 2.3; the phone’s queue sends twice, and it is one application that arrived when it was written down', async () => {
      call = await year.town.announce(callForm());
      await year.at('2027-03-01T08:00:00.000Z');
      for (let n = 1; n <= 6; n++) {
        const who = await year.town.api.as(`jukolalainen-${n}`, [], `Jukolan Asukas ${n}`);
        others.push({ who, id: (await year.town.apply(call, who, form(who.name, { email: who.email }))).id });
      }
      await year.at('2027-03-02T11:40:00.000Z');
      const { agent } = year.town.staff;
      const helped = { channel: 'agent', writtenAt: '2027-03-02T08:15:00.000Z', authorised: true };
      const { email: _, ...paper } = form('Aune Virtanen', {
        phone: '040 123 4567',
        address: 'Jukolantie 4',
        title: 'Eläkeläisten iltapäiväkahvila',
      });
      const twice = <T>(send: () => Promise<T>) => Promise.all([send(), send()]);
      const drafts = await twice(() => agent.post(`calls/${call}/drafts`, { form: paper, helped }, { key: 'phone-1' }));
      expect(drafts[0].id).toBe(drafts[1].id);
      const path = `calls/${call}/drafts/${drafts[0].id}/submit`;
      const sent = await twice(() => agent.post(path, undefined, { key: 'phone-2' }));
      expect(sent[1]).toEqual(sent[0]);
      // and once more, by a queue that forgot its key
      expect(await agent.post(path)).toEqual(sent[0]);
      expect(sent[0]).toMatchObject({ arrivedAt: '2027-03-02T08:15:00.000Z', late: false });
      year.aune = sent[0].id;

      await year.town.api.settle();
      const applications = await year.town.staff.officer.all(`desk/calls/${call}/applications`, 3);
      expect(applications.map((a) => a.id).sort()).toEqual([year.aune, ...others.map((o) => o.id)].sort());
      expect(applications.find((a) => a.id === year.aune)).toMatchObject({
        channel: 'agent',
        reach: 'letter',
        arrivedAt: '2027-03-02T08:15:00.000Z',
      });
    });

    it('gets a letter that it has arrived, since Aune has no e-mail; the others get theirs by mail', async () => {
      const { officer } = year.town.staff;
      const duty = (await officer.all('worklist?role=officer')).find((d) => d.duty === 'post-letter');
      const [letter] = await officer.all('desk/messages?state=to-post');
      expect(letter).toMatchObject({ pilot: year.aune, kind: 'receipt', why: 'no-email', language: 'fi' });
      expect(duty).toMatchObject({ about: 'message', id: letter.id });
      const path = `applications/${year.aune}/letters/${letter.id}`;
      const printed = await officer.ask('GET', path);
      expect(printed.headers.get('etag')).toBe(`"${letter.digest}"`);
      for (const part of ['Aune Virtanen', 'Jukolantie 4', `Vastaanottokuittaus ${year.aune.slice(0, 8).toUpperCase()}`])
        expect(printed.text).toContain(part);
      expectProblem(await officer.ask('POST', `${path}/posting`, { body: { on: '2027-03-03' } }), 409, 'date-in-future');
      await officer.post(`${path}/posting`, { on: '2027-03-02' });
      await year.town.api.settle();
      expect(await officer.all('desk/messages?state=to-post')).toEqual([]);
      expect((await others[0]!.who.get(`applications/${others[0]!.id}/messages`)).items).toMatchObject([
        { kind: 'receipt', state: 'sent', addressee: 'applicant' },
      ]);
    });

    it('is read, and decided by the office-holder on Friday 5.3, never by who helped', async () => {
      await year.at('2027-03-03T08:00:00.000Z');
      const { officer, agent, decider } = year.town.staff;
      const all = [year.aune, ...others.map((o) => o.id)];
      for (const application of all) {
        await officer.post(`applications/${application}/check`, { suggestion: 'eligible', codes: [] });
        await officer.post(`calls/${call}/readings`, { application, values: [true, true, true] });
      }
      await year.at('2027-03-05T09:00:00.000Z');
      const { rounds } = await decider.get(`calls/${call}/proposal`);
      expect(rounds.map((r: any) => [r.effectiveAt, r.places.length])).toEqual([['2027-03-05T07:00:00.000Z', 7]]);

      const decision = (application: string) => ({
        application,
        result: 'granted',
        cents: 50_000,
        reasonCode: 'täyttää perusteet',
        reason: 'Hyödyttää alueen asukkaita.',
      });
      const body = { section: '§ 31', caseNumber: 'KAU/31/2027', decidedOn: '2027-03-05', decisions: all.map(decision) };
      expectProblem(await agent.ask('POST', `calls/${call}/decisions`, { body }), 403, 'forbidden');
      const both = await year.town.api.as('agentti', ['agent', 'decision-maker', 'officer']);
      expectProblem(await both.ask('POST', `calls/${call}/decisions`, { body }), 409, 'helper-may-not-judge', {
        '#/decisions/0/application': 'helper-may-not-judge',
      });
      expectProblem(
        await both.ask('POST', `calls/${call}/readings`, { body: { application: year.aune, values: [true, true, true] } }),
        409,
        'already-proposed',
      );
      expect(await year.town.ledger(call)).toEqual({ available: 550_000, 'appeal-reserve': 50_000 });
      await decider.post(`calls/${call}/decisions`, body);
      expect(await year.town.ledger(call)).toEqual({ available: 200_000, 'appeal-reserve': 50_000, reserved: 350_000 });
    });

    it('has its notice on 12.3 and the residents theirs on 15.3; both may appeal until Tuesday 30.3, after Easter, and it is final from 31.3', async () => {
      const { officer, agent } = year.town.staff;
      const document = `applications/${year.aune}/decision`;
      expectProblem(await officer.ask('GET', `${document}.html`), 409, 'not-noticed');
      const letter = await officer.ask('GET', `${document}-draft.html?postedOn=2027-03-05`);
      const body = { applications: [year.aune], channel: 'electronic', sentOn: '2027-03-05' };
      expectProblem(await officer.ask('POST', `calls/${call}/notices`, { body }), 409, 'no-electronic-address');
      await officer.post(`calls/${call}/notices`, { ...body, channel: 'letter' });
      await officer.post(`calls/${call}/notices`, { applications: others.map((o) => o.id), channel: 'electronic', sentOn: '2027-03-05' });
      await year.at('2027-03-08T08:00:00.000Z');
      await officer.post(`calls/${call}/publication`, { publishedOn: '2027-03-08' });
      await year.town.api.settle();
      expect(await agent.get(`applications/${year.aune}`)).toMatchObject({
        notice: { channel: 'letter', noticeOn: '2027-03-12', appealUntil: '2027-03-30' },
        publication: { publishedOn: '2027-03-08', noticeOn: '2027-03-15', appealUntil: '2027-03-30' },
        finalFrom: '2027-03-31',
        decision: { result: 'granted', cents: 50_000, section: '§ 31', reason: { reason: 'Hyödyttää alueen asukkaita.' } },
      });
      // what was posted is what is kept, byte by byte
      const kept = await agent.ask('GET', `${document}.html`);
      expect(kept.text).toBe(letter.text);
      const { digest } = (await agent.get(`applications/${year.aune}`)).notice.document;
      expect([kept.headers.get('etag'), createHash('sha256').update(kept.text).digest('hex')]).toEqual([`"${digest}"`, digest]);
      for (const part of [
        'Aune Virtanen',
        '§ 31',
        'KAU/31/2027',
        '500,00',
        'Hyödyttää alueen asukkaita.',
        '30. maaliskuuta 2027',
        'Oikaisuvaatimusohje',
      ])
        expect(kept.text).toContain(part);
      expect((await agent.ask('GET', `${document}.html?language=sv`)).text).toContain('Detta är en översättning');
      expectProblem(await others[0]!.who.ask('GET', `${document}.html`), 404, 'not-found');
      expect((await officer.all(`applications/${year.aune}/messages`)).at(-1)).toMatchObject({
        kind: 'decision',
        state: 'posted',
        postedOn: '2027-03-05',
        digest,
      });
      // the others have theirs by mail, with the document that is kept
      const [first] = others;
      const told = (await first!.who.get(`applications/${first!.id}/messages`)).items.at(-1);
      expect(told).toMatchObject({
        kind: 'decision',
        state: 'sent',
        digest: (await first!.who.get(`applications/${first!.id}`)).notice.document.digest,
      });
      const mail = await ask(year.town.api.deployment.desk, 'GET', `/demo/outbox/${told.id}.eml`, { token: officer.token });
      expect(mail.text).toContain(`Message-ID: <${told.id}@demo.example>`);
      const own = (await first!.who.ask('GET', `applications/${first!.id}/decision.html`)).text;
      expect(mail.text.replace(/\r\n/g, '')).toContain(Buffer.from(own).toString('base64'));
      // and everybody reads what was decided, without a name
      const open = await ask(year.town.api.deployment.open, 'GET', `/api/demo/calls/${call}/decisions.html?language=sv`);
      expect(open.text).toContain('<html lang="sv">');
      expect(open.text).not.toMatch(/Aune|Asukas|KAU\/31/);
      expect((await officer.ask('GET', `calls/${call}/minutes.html`)).text).toContain('Aune Virtanen');
    });

    it('waits alone on 9.3, since the account is her son’s; the other six are paid', async () => {
      const { agent, clerk } = year.town.staff;
      for (const [n, { id, who }] of others.entries()) {
        await year.town.api.account(iban(n + 1), who.name);
        await who.post(`applications/${id}/acceptance`, { iban: iban(n + 1) });
      }
      await year.town.api.account(iban(20), 'Pekka Poika');
      await agent.post(`applications/${year.aune}/acceptance`, { iban: iban(20) });
      expect(await year.town.ledger(call)).toEqual({ available: 200_000, 'appeal-reserve': 50_000, committed: 350_000 });

      const [first, ...more] = await year.town.openBatches();
      expect(more).toEqual([]);
      await year.town.prepare(first.id);
      expectProblem(
        await year.town.approve(first.id, await year.town.api.as('maksaja', ['finance-clerk', 'finance-approver'])),
        409,
        'same-person',
      );
      await year.town.release(first.id);
      expect(await year.town.ledger(call)).toEqual({
        available: 200_000,
        'appeal-reserve': 50_000,
        committed: 50_000,
        'in-transit': 300_000,
      });
      await year.at('2027-03-09T09:00:00.000Z');
      const paid = await clerk.get(`batches/${first.id}`);
      expect(paid.rows.map((r: any) => [r.pilot === year.aune, r.check, r.status]).sort()).toEqual([
        ...Array(6).fill([false, 'match', 'settled']),
        [true, 'no-match', 'moved'],
      ]);
      for (const { id, who } of others) expect((await who.get(`applications/${id}`)).paidCents).toBe(50_000);
      const applications = await year.town.staff.officer.all(`desk/calls/${call}/applications?state=paid`);
      expect(applications.map((a) => a.paidOn)).toEqual(Array(6).fill('2027-03-09'));
      expect(await year.town.ledger(call)).toEqual({ available: 200_000, 'appeal-reserve': 50_000, committed: 50_000, paid: 300_000 });

      const [waits, ...none] = await year.town.openBatches();
      expect(none).toEqual([]);
      batch = waits.id;
      expect((await clerk.get(`batches/${batch}`)).rows).toMatchObject([
        { pilot: year.aune, check: 'no-match', status: 'waiting', attempt: 1, movedFrom: first.id },
      ]);
      const duties = await year.town.staff.officer.all('worklist?role=officer');
      expect(duties.filter((d) => d.duty === 'clear-account').map((d) => d.id)).toEqual([`${batch}|${year.aune}/1/1`]);
    });

    it('is paid on 15.3 to her own account, which takes a new approval, at the first attempt', async () => {
      const { officer, approver, clerk } = year.town.staff;
      await year.town.prepare(batch);
      const before = await approver.get(`batches/${batch}`);
      await year.at('2027-03-12T09:00:00.000Z');
      await year.town.api.account(iban(21), 'Aune Virtanen');
      await officer.post(`applications/${year.aune}/account`, { iban: iban(21) });
      await year.town.api.settle();
      const now = await approver.get(`batches/${batch}`);
      expect(now).toMatchObject({ status: 'open', rows: [{ check: 'match', attempt: 1 }] });
      const approval = { body: { digest: before.digest }, ifMatch: now.revision };
      expectProblem(await approver.ask('POST', `batches/${batch}/approval`, approval), 409, 'rows-changed');
      expectProblem(await approver.ask('POST', `batches/${batch}/approval`, { ...approval, ifMatch: before.revision }), 412, 'stale');
      await year.town.release(batch);
      await year.at('2027-03-15T09:00:00.000Z');
      expect(await clerk.get(`batches/${batch}`)).toMatchObject({
        status: 'finished',
        rows: [{ pilot: year.aune, status: 'settled', attempt: 1 }],
      });
      const { items } = await officer.get(`desk/calls/${call}/applications?state=paid`);
      expect(items.find((a: any) => a.id === year.aune)).toMatchObject({ paidOn: '2027-03-15', attempt: 1, reportDue: '2027-06-14' });
      expect(await year.town.ledger(call)).toEqual({ available: 200_000, 'appeal-reserve': 50_000, paid: 350_000 });
    });

    it('worked, says the report of 14.6; 38.40 € come back, and 461.60 € remain spent', async () => {
      const { agent, officer, clerk } = year.town.staff;
      await year.at('2027-06-14T09:00:00.000Z');
      const after = await year.report(agent, year.aune, {
        outcome: 'yes',
        participants: 23,
        happened: 'Kahvila oli auki 11 kertaa.',
        lines: [{ what: 'Kahvit', cents: 46_160 }],
        goOn: true,
      });
      expect(after).toMatchObject({
        toReturnCents: 3840,
        report: { due: '2027-06-14', overdue: false, outcome: 'yes', unspentCents: 3840 },
      });
      await year.at('2027-06-21T09:00:00.000Z');
      await clerk.post(`applications/${year.aune}/returned-money`, { cents: 3840, reference: 'RF18 5390 0754 7034', on: '2027-06-21' });
      expect(await year.town.ledger(call)).toEqual({ available: 200_000, 'appeal-reserve': 50_000, paid: 346_160, returned: 3840 });
      const { groups } = await year.town.api.open(`dashboard/money?call=${call}`);
      expect(groups).toMatchObject([
        { budgetCents: 600_000, paidCents: 350_000, returnedCents: 3840, netCents: 346_160, reservedCents: 0, committedCents: 0 },
      ]);
      const { steps } = await year.town.staff.auditor.get(`audit/pilots/${year.aune}/money`);
      expect(steps.map((s: any) => [s.step, s.cents])).toEqual([
        ['reserved', 50_000],
        ['committed', 50_000],
        ['in-transit', 50_000],
        ['settled', 50_000],
        ['repaid', 3840],
      ]);
      await officer.post(`applications/${year.aune}/public-text`, {
        title: 'Eläkeläisten iltapäiväkahvila',
        summary: '11 iltapäivää, 23 lasta.',
        lesson: 'Mummot riittävät.',
      });
    });
  });
}

/** Story A's end, after the others by the calendar. */
export function cafeStays(year: Year): void {
  describe('A, the end', () => {
    it('is adopted by the board on 1.12 for three districts, 6,000 € a year, and its page leads back to the pilot', async () => {
      const { officer, owner, board } = year.town.staff;
      const districts = DISTRICTS.slice(0, 3);
      const { id } = await officer.post(`applications/${year.aune}/adoption`, {
        owner: 'Hyvinvointipalvelut',
        title: 'Iltapäiväkahvila',
        districts,
      });
      await year.at('2027-11-30T10:00:00.000Z');
      await owner.post(`services/${id}/answer`, { answer: 'for', comment: 'Halpa ja hyvä.' });
      await year.at('2027-12-01T10:00:00.000Z');
      const adopted = {
        result: 'adopted',
        section: '§ 151',
        body: 'Hyvinvointilautakunta',
        decidedOn: '2027-12-01',
        reason: 'Toimi.',
        yearlyCents: 600_000,
        fromYear: 2028,
        districts,
      };
      await board.post(`services/${id}/decision`, adopted);
      await year.town.api.settle();
      const { result: state, ...rest } = adopted;
      expect(await year.town.api.open(`services/${id}`)).toMatchObject({ ...rest, state, pilot: year.aune, overdue: false });
      const story = await year.town.api.open(`pilots/${year.aune}`);
      expect(story.services.map((s: any) => s.service)).toEqual([id]);
      const told = ['pilot.submitted', 'pilot.decided', 'pilot.paid', 'pilot.reported', 'pilot.money-returned', 'service.decided'];
      expect(story.steps.map((s: any) => s.type)).toEqual(expect.arrayContaining(told));
    });

    it('stands in the council’s yearly report with all that was paid and came back', async () => {
      const report = await year.town.api.open('yearly-report?year=2027');
      expect(report.money.total).toMatchObject({ paidCents: 350_000 + 450_000, returnedCents: 3840 + 29_000, netCents: 767_160 });
      expect(report.funnel.total).toMatchObject({ granted: 17, paid: 16, reported: 3, adopted: 1 });
      expect(report.services).toMatchObject([{ pilot: year.aune, yearlyCents: 600_000 }]);
      expect(report.lessons).toHaveLength(2);
      expect((await year.town.api.openAll('pilots', 5)).length).toBe(17);
    });

    it('can be replayed by an auditor as it stood at any moment', async () => {
      const { auditor } = year.town.staff;
      const on = (time: string) => auditor.get(`audit/pilots/${year.aune}?at=${time}`);
      expect(await on('2027-03-02T12:00:00.000Z')).toMatchObject({
        revision: 0,
        state: { decision: null },
        event: { type: 'pilot.submitted' },
      });
      expect(await on('2027-03-10T00:00:00.000Z')).toMatchObject({
        state: { award: 'accepted', paidCents: 0, payout: { attempt: 1, status: 'requested' } },
      });
      expect(await on('2027-12-01T00:00:00.000Z')).toMatchObject({
        state: { paidCents: 50_000, returnedCents: 3840, report: { status: 'accepted' } },
      });
    });
  });
}
