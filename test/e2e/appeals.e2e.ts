import { expectProblem, iban, ok, type Person, type Reply } from '../support/api.js';
import { startAll, type Deployment } from '../support/running.js';
import { callForm, form, Municipality, START } from './municipality.js';

const words = { demand: 'Päätös on muutettava.', grounds: 'Peruste on väärin luettu.' };

/** A rolling call with money for two and a reserve for one; `pay: when-final`. Decided on Friday 5.3.2027, told by e-mail and on the web. */
describe('appeals', () => {
  let deployment: Deployment;
  let town: Municipality;
  let call: string;
  const people: Person[] = [];
  const pilots: string[] = [];
  let resident: Person;
  let body: Person;

  const at = (time: string) => town.api.advance(time);
  const file = (who: Person, more: object): Promise<Reply> => who.ask('POST', `calls/${call}/appeals`, { body: { ...words, ...more } });
  const decide = async (who: Person, appeal: string, more: object, on = '2027-04-07'): Promise<Reply> => {
    const { revision } = await body.get(`appeals/${appeal}`);
    const minutes = { section: '§ 40', caseNumber: 'KAU/40/2027', decidedOn: on, reason: 'Lautakunta katsoo näin.' };
    return who.ask('POST', `appeals/${appeal}/decision`, { body: { ...minutes, ...more }, ifMatch: revision });
  };
  const grant = (application: string) => ({ application, cents: 50_000, reasonCode: 'oikaisu', reason: 'Hakemus täyttää perusteet.' });

  beforeAll(async () => {
    deployment = await startAll({ clock: START });
    town = await Municipality.open(deployment);
    const { officer, decider } = town.staff;
    call = await town.announce(
      callForm({
        districts: ['Jukola'],
        pay: 'when-final',
        budget: { ...callForm()['budget'], cents: 150_000 },
        appealReserveCents: 50_000,
      }),
    );
    await at('2027-03-01T08:00:00.000Z');
    for (let n = 0; n < 4; n++) {
      const who = await town.api.as(`hakija-${n}`, [], `Hakija ${n}`);
      people.push(who);
      pilots.push((await town.apply(call, who, form(who.name, { email: who.email }))).id);
      await officer.post(`calls/${call}/readings`, { application: pilots[n], values: n < 2 ? [true, true, true] : [true, false, true] });
    }
    await at('2027-03-05T08:00:00.000Z');
    const item = (n: number) => ({
      application: pilots[n],
      result: n < 2 ? 'granted' : 'refused',
      cents: n < 2 ? 50_000 : 0,
      reasonCode: 'luku',
      reason: 'Perusteiden mukaan.',
    });
    const minutes = { section: '§ 7', caseNumber: 'KAU/7/2027', decidedOn: '2027-03-05' };
    await decider.post(`calls/${call}/decisions`, { ...minutes, decisions: [0, 1, 2, 3].map(item) });
    resident = await town.api.as('kuntalainen', [], 'Kaisa Kuntalainen');
    body = town.staff.board;
  }, 120_000);
  afterAll(() => deployment?.end());

  it('wait for the publication where no party appeals, and tell a stranger nothing before', async () => {
    expectProblem(await file(resident, { application: pilots[2], resident: true }), 404, 'decision-not-found');
    expectProblem(await file(resident, { application: pilots[2] }), 404, 'decision-not-found');
    const { officer } = town.staff;
    await officer.post(`calls/${call}/notices`, { applications: pilots, channel: 'electronic', sentOn: '2027-03-05' });
    expect(await town.api.open(`calls/${call}`)).toMatchObject({ finality: { state: 'undecided', finalFrom: null } });
    await officer.post(`calls/${call}/publication`, { publishedOn: '2027-03-05' });
    await town.api.settle();
    // e-mail: 8.3 + 14 days; web: 12.3 + 14 days is Good Friday, so Tuesday after Easter
    expect(await people[0]!.get(`applications/${pilots[0]}`)).toMatchObject({
      notice: { appealUntil: '2027-03-22' },
      publication: { appealUntil: '2027-03-30' },
      finalFrom: '2027-03-31',
    });
    expect(await town.api.open(`calls/${call}`)).toMatchObject({ finality: { state: 'not-final', finalFrom: '2027-03-31' } });
  });

  it('ask for a right to appeal, a target, and words', async () => {
    expectProblem(await file(resident, { application: pilots[2] }), 409, 'appeal-right-missing', { '#/resident': 'appeal-right-missing' });
    expectProblem(await file(resident, { resident: true }), 400, 'appeal-target-missing');
    expectProblem(await file(resident, { resident: true, section: '§ 99' }), 404, 'decision-not-found');
    expectProblem(
      await resident.ask('POST', `calls/${call}/appeals`, { body: { application: pilots[2], resident: true } }),
      400,
      'invalid-body',
    );
    const registered = { channel: 'paper', receivedAt: '2027-03-05T09:00:00.000Z', party: false };
    expectProblem(await file(resident, { application: pilots[2], registered }), 403, 'forbidden');
  });

  let whole: string;
  it('by a member of the municipality may be against all that was decided, and are read by those whom they concern only', async () => {
    for (const [n, who] of people.slice(0, 2).entries()) {
      await town.api.account(iban(n + 1), who.name);
      await who.post(`applications/${pilots[n]}/acceptance`, { iban: iban(n + 1) });
    }
    await at('2027-03-29T08:00:00.000Z');
    const filed = ok(await file(resident, { section: '§ 7', resident: true }));
    expect(filed).toMatchObject({ late: false, until: '2027-03-30T13:15:00.000Z' });
    whole = filed.id;
    await resident.post(`appeals/${whole}/completion`, { text: 'Lisään vielä pöytäkirjan kohdan.' });
    expect(await resident.get(`appeals/${whole}`)).toMatchObject({
      text: words,
      contact: { name: 'Kaisa Kuntalainen' },
      added: [{ text: 'Lisään vielä pöytäkirjan kohdan.' }],
    });
    expectProblem(await people[0]!.ask('GET', `appeals/${whole}`), 404, 'not-found');
    expectProblem(await people[0]!.ask('POST', `appeals/${whole}/withdrawal`), 404, 'not-found');
    expect((await resident.get('my/data')).appeals).toMatchObject([{ id: whole, text: words }]);
    const seen = await town.staff.auditor.ask('GET', `appeals/${whole}`);
    expect(ok(seen)).toMatchObject({ text: null, contact: null, decisions: [{}, {}, {}, {}] });
    expect(seen.text).not.toContain('Kaisa');
  });

  it('hold money back that waits for the decision to be final, which then goes on', async () => {
    await at('2027-04-05T08:00:00.000Z');
    expect(await people[0]!.get(`applications/${pilots[0]}`)).toMatchObject({ finalFrom: null, payout: { status: 'none' } });
    expect(await town.api.open(`calls/${call}`)).toMatchObject({ finality: { state: 'not-final', finalFrom: null } });
    await at('2027-04-07T08:00:00.000Z');
    ok(await decide(body, whole, { result: 'dismissed' }));
    await town.staff.officer.post(`appeals/${whole}/notice`, { channel: 'electronic', sentOn: '2027-04-07' });
    await town.api.settle();
    // 10.4 + 30 days is Monday 10.5
    expect(await people[0]!.get(`applications/${pilots[0]}`)).toMatchObject({ finalFrom: '2027-05-11', payout: { status: 'none' } });
  });

  it('out of time are registered, and can only be left unexamined; they keep nothing open', async () => {
    const late = ok(await file(people[2]!, { application: pilots[2] }));
    expect(late).toMatchObject({ late: true, until: '2027-03-22T14:15:00.000Z' });
    await town.api.settle();
    expect(await people[2]!.get(`applications/${pilots[2]}`)).toMatchObject({ appeals: { open: [] } });
    expectProblem(await decide(body, late.id, { result: 'upheld', changes: [grant(pilots[2]!)] }), 409, 'appeal-late');
    ok(await decide(body, late.id, { result: 'left-unexamined', why: 'late' }));
    expectProblem(await decide(body, late.id, { result: 'left-unexamined', why: 'late' }), 409, 'appeal-closed');
  });

  it('on paper count from when they arrived; whoever registered, decided or read does not decide', async () => {
    const { officer, decider } = town.staff;
    const registered = { channel: 'paper', receivedAt: '2027-03-22T14:14:00.000Z', party: true };
    const reach = { name: 'Hakija 2', phone: '040 123 4567' };
    const paper = ok(await file(officer, { application: pilots[2], registered, ...reach }));
    expect(paper).toMatchObject({ late: false, until: '2027-03-22T14:15:00.000Z' });
    await town.api.settle();
    expect((await people[2]!.get(`appeals/${paper.id}`)).text).toMatchObject(words);
    const changes = { result: 'upheld', changes: [grant(pilots[2]!)] };
    const alsoBoard = async (name: string) => town.api.as(name, ['appeal-body']);
    expectProblem(await decide(await alsoBoard('koordinaattori'), paper.id, changes), 409, 'own-appeal');
    expectProblem(await decide(await alsoBoard('johtaja'), paper.id, changes), 409, 'decided-it');
    expectProblem(await decide(await alsoBoard('hakija-2'), paper.id, changes), 409, 'own-appeal');
    expectProblem(await decide(decider, paper.id, changes), 403, 'forbidden');
    const stale = await body.ask('POST', `appeals/${paper.id}/decision`, {
      body: { ...changes, section: '§ 41', caseNumber: '1', decidedOn: '2027-04-07', reason: 'Syy.' },
      ifMatch: 7,
    });
    expectProblem(stale, 412, 'stale');
    ok(await decide(body, paper.id, changes));
    expect(await town.ledger(call)).toMatchObject({ committed: 100_000, reserved: 50_000 });
    expect(await people[2]!.get(`applications/${pilots[2]}`)).toMatchObject({
      decision: { result: 'granted', from: 'appeal-reserve', section: '§ 40', reason: { reason: 'Hakemus täyttää perusteet.' } },
    });
  });

  it('beyond the reserve are refused with what is left; a winner loses nothing and wins nothing more', async () => {
    const registered = { channel: 'paper', receivedAt: '2027-03-22T10:00:00.000Z', party: true };
    const other = ok(await file(town.staff.officer, { application: pilots[3], registered, name: 'Hakija 3', phone: '040 123 4568' }));
    const more = await decide(body, other.id, { result: 'upheld', changes: [grant(pilots[3]!)] });
    expectProblem(more, 409, 'reserve-exceeded', { '#/changes/0/cents': 'reserve-exceeded' });
    ok(await decide(body, other.id, { result: 'partly' }));
    expect(await people[0]!.get(`applications/${pilots[0]}`)).toMatchObject({ decision: { result: 'granted', cents: 50_000 } });
  });

  it('were possible for the board itself, in the same time only', async () => {
    const takeUp = (takenOn: string) =>
      body.ask('POST', `calls/${call}/taking-up`, {
        body: { application: pilots[1], takenSection: '§ 30', takenOn, reason: 'Otto-oikeutta käytetään.' },
      });
    expectProblem(await takeUp('2027-03-31'), 409, 'taken-up-too-late', { '#/takenOn': 'taken-up-too-late' });
    const { id: taken } = ok(await takeUp('2027-03-30'));
    await town.api.settle();
    expect(await people[1]!.get(`appeals/${taken}`)).toMatchObject({ kind: 'taken-up', takenUpFor: 'Otto-oikeutta käytetään.' });
    ok(await decide(body, taken, { result: 'dismissed' }));
    await town.staff.officer.post(`appeals/${taken}/notice`, { channel: 'letter', sentOn: '2027-04-07' });
    // the letter's 14.4 + 30 days is Friday 14.5
    await town.api.settle();
    expect(await people[1]!.get(`applications/${pilots[1]}`)).toMatchObject({ finalFrom: '2027-05-15' });
  });

  it('leave the money to go on when the time for the court is over, and a changed decision goes to court, not here again', async () => {
    const { officer } = town.staff;
    await officer.post(`calls/${call}/notices`, { applications: [pilots[2]], channel: 'electronic', sentOn: '2027-04-07' });
    await officer.post(`calls/${call}/publication`, { publishedOn: '2027-04-07' });
    await town.api.settle();
    expect(await people[2]!.get(`applications/${pilots[2]}`)).toMatchObject({ notice: { appealUntil: '2027-05-10' } });
    expectProblem(await file(people[2]!, { application: pilots[2] }), 409, 'appeal-goes-to-court');
    const document = await people[2]!.ask('GET', `applications/${pilots[2]}/decision.html`);
    expect(document.text).toContain('Valitusosoitus');
    expect(document.text).not.toContain('Oikaisuvaatimusohje');
    await at('2027-05-10T20:00:00.000Z');
    expect(await people[0]!.get(`applications/${pilots[0]}`)).toMatchObject({ payout: { status: 'none' } });
    await at('2027-05-11T13:00:00.000Z');
    expect(await people[0]!.get(`applications/${pilots[0]}`)).toMatchObject({ payout: { status: 'requested' } });
    expect(await people[1]!.get(`applications/${pilots[1]}`)).toMatchObject({ payout: { status: 'none' } });
    await at('2027-05-15T13:00:00.000Z');
    expect(await people[1]!.get(`applications/${pilots[1]}`)).toMatchObject({ payout: { status: 'requested' } });
  });

  it('are counted for the council, without pointing at anybody', async () => {
    const { appeals } = await town.api.open('yearly-report?year=2027');
    expect(appeals.total).toMatchObject({ takenUp: 1, suppressed: true });
    expect(appeals.byCall.find((one: { call: string }) => one.call === call)).toMatchObject({ upheld: null, dismissed: null, filed: null });
    expect((await body.get('desk/appeals?state=open')).items).toEqual([]);
    const waiting = (await town.staff.officer.get('desk/appeals?state=decided')).items;
    expect(waiting.every((row: { waitsFor: string }) => row.waitsFor === 'notice')).toBe(true);
    const { items } = await town.staff.officer.get('worklist?role=officer&limit=200');
    expect(items.filter((d: { duty: string }) => d.duty === 'send-appeal-notice')).toHaveLength(waiting.length);
  });
});
