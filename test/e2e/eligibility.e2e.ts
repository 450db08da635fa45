import { expectProblem, ok, type Person, type Reply } from '../support/api.js';
import { startAll, type Deployment } from '../support/running.js';
import { businessId, form, Municipality, rankedCall, START } from './municipality.js';

const LANGUAGES = ['fi', 'sv', 'en'];

/** A call for two districts; applications that its rules speak against, and what becomes of them. */
describe('eligibility is suggested by the rules, completed in time, and decided by people', () => {
  let deployment: Deployment;
  let town: Municipality;
  let call: string;
  let seura: Person;
  let association: string;
  let outside: string;
  let paper: string;
  const january = { authority: { section: '§ 70', on: '2027-01-04' }, opensAt: '2027-02-01T07:00:00.000Z' };

  beforeAll(async () => {
    deployment = await startAll({ clock: START });
    town = await Municipality.open(deployment);
    await town.setPolicy({ districts: ['Jukola', 'Kauriala', 'Iittala'] });
    const themes = [{ theme: 'Arjen apu', owner: 'Hyvinvointipalvelut', ownerPromisedOn: '2027-01-05' }];
    const closesAt = '2027-02-22T14:00:00.000Z';
    call = await town.announce(
      rankedCall({ ...january, closesAt, themes, districts: ['Jukola', 'Kauriala'], whoMayApply: ['resident', 'group', 'association'] }),
    );
    await town.api.advance('2027-02-02T08:00:00.000Z');
  }, 120_000);
  afterAll(() => deployment?.end());

  const rowsAtDesk = async () => {
    await town.api.settle();
    return (await town.staff.officer.all(`desk/calls/${call}/applications`)) as any[];
  };
  const atDesk = async (id: string) => (await rowsAtDesk()).find((row) => row.id === id);
  const codes = (reasons: { code: string }[]) => reasons.map(({ code }) => code);
  const duties = async (who: Person) => {
    await town.api.settle();
    return (await who.all('worklist')).map((d) => [d.duty, d.id]);
  };
  async function inThreeLanguages(
    send: (language: string) => Promise<Reply>,
    status: number,
    code: string,
    blamed?: Record<string, string>,
  ) {
    const details = new Set<string>();
    for (const language of LANGUAGES) details.add(expectProblem(await send(language), status, code, blamed).detail);
    expect(details.size).toBe(3);
  }

  it('tells the writer of a draft what the rules say so far and what gives a person away, in the writer’s language, and keeps nobody from it', async () => {
    const who = await town.api.as('hakija', [], 'Aune Virtanen');
    const idea = 'Nimeni on Aune Virtanen, puh. 040 123 4567, hetu 131052-308T. 👵 Asun osoitteessa Kotikatu 5 A 12.';
    const begun = await who.post(`calls/${call}/drafts`, { form: { kind: 'resident', name: 'Aune Virtanen', idea } });
    const seen = (hints: any[]) => hints.map(({ pointer, kind, start, end, advice }) => [pointer, kind, idea.slice(start, end), advice]);
    const expected = [
      ['#/idea', 'name', 'Aune Virtanen', 'look-again'],
      ['#/idea', 'phone', '040 123 4567', 'look-again'],
      ['#/idea', 'identity-code', '131052-308T', 'remove-before-submit'],
      ['#/idea', 'address', 'Kotikatu 5 A 12', 'look-again'],
    ];
    expect(seen(begun.hints)).toEqual(expected);
    expect(begun.reasons).toEqual([]);
    const path = `calls/${call}/drafts/${begun.id}`;
    const texts = new Set<string>();
    for (const language of LANGUAGES) {
      const draft = ok(await who.ask('GET', path, { language }));
      expect(seen(draft.hints)).toEqual(expected);
      texts.add(draft.hints[2].text);
    }
    expect(texts.size).toBe(3);
    const filled = form('Aune Virtanen', {
      email: who.email,
      title: 'Iltapäiväkahvila',
      idea,
      district: 'Iittala',
      lines: [{ what: 'Kaikki', cents: 60_000 }],
    });
    const saved = await who.put(path, { form: filled }, { ifMatch: begun.revision });
    expect(codes(saved.reasons)).toEqual(['place-outside-districts', 'asked-above-maximum']);
    const sent = await who.post(`${path}/submit`, undefined, { key: 'kerran' });
    expect(seen(sent.hints)).toEqual(expected);
    expect(await who.post(`${path}/submit`, undefined, { key: 'kerran' })).toEqual(sent);
    outside = sent.id;
  });

  it('registers an association without Y-tunnus, one from paper with a wrong one, and a group without an adult', async () => {
    seura = await town.api.as('seura', [], 'Sirpa Sihteeri');
    const ours = form('Jukolan kyläseura', { kind: 'association', email: seura.email });
    const sent = await town.apply(call, seura, ours);
    association = sent.id;
    expect(sent.warnings).toBeUndefined();
    const { agent } = town.staff;
    const helped = { channel: 'paper', writtenAt: '2027-02-02T07:00:00.000Z', authorised: true };
    const { email: _, ...letter } = form('Kaurialan seura', {
      kind: 'association',
      phone: '040 555 1234',
      businessId: '1572860-1',
      confirmed: false,
      district: 'Kauriala',
    });
    paper = (await town.apply(call, agent, letter, helped)).id;
    const group = await town.api.as('ryhma', [], 'Ryhmän Vetäjä');
    const skaters = await town.apply(call, group, form('Skeittarit', { kind: 'group', email: group.email }));
    const found = Object.fromEntries(
      (await rowsAtDesk()).map((row) => [row.id, [row.eligibility.suggestion, codes(row.eligibility.reasons)]]),
    );
    expect(found).toEqual({
      [outside]: ['ineligible', ['place-outside-districts', 'asked-above-maximum']],
      [association]: ['incomplete', ['business-id-missing']],
      [paper]: ['incomplete', ['business-id-invalid', 'confirmation-missing']],
      [skaters.id]: ['incomplete', ['adult-recipient-missing']],
    });
    // nobody has found anything yet
    expect((await rowsAtDesk()).map(({ suggestion, result }) => [suggestion, result])).toEqual(Array(4).fill([null, null]));
    const decider = await town.staff.decider.get(`applications/${outside}`);
    expect([decider.eligibility.suggestion, decider.check]).toEqual(['ineligible', null]);
  });

  it('warns of the same person twice, at the desk alone, and refuses nobody', async () => {
    const { email: _, ...told } = form('Kaisa Kaksonen', { phone: '+358 40 777 7777', district: 'Jukola' });
    const helped = { channel: 'phone', writtenAt: '2027-02-02T07:10:00.000Z', authorised: true };
    const first = await town.apply(call, town.staff.agent, told, helped);
    const herself = await town.api.as('kaisa', [], 'Kaisa Kaksonen');
    const second = await town.apply(call, herself, form('Kaisa Kaksonen', { phone: '0407777777', email: herself.email }));
    const third = await town.apply(call, town.staff.agent, { ...told, phone: '040 777 7777' }, helped);
    expect(third.warnings).toContain('perhaps-applied-before');
    for (const [id, hint] of [
      [first.id, []],
      [second.id, ['possible-duplicate']],
      [third.id, ['possible-duplicate']],
    ] as const) {
      const { eligibility } = await atDesk(id);
      expect([eligibility.suggestion, codes(eligibility.reasons)]).toEqual(['eligible', hint]);
    }
    const seen = await herself.get(`applications/${second.id}`);
    expect(seen.eligibility).toEqual({ suggestion: 'eligible', reasons: [] });
    expect(JSON.stringify(await herself.get('my/data'))).not.toContain('perhaps');
  });

  it('lets the officer confirm or depart with a reason, and shows the decision-maker both', async () => {
    const { officer, decider } = town.staff;
    const check = (body: object) => (language: string) => officer.ask('POST', `applications/${outside}/check`, { body, language });
    await inThreeLanguages(check({ suggestion: 'eligible', codes: [] }), 409, 'check-departs-without-reason', {
      '#/reason': 'check-departs-without-reason',
    });
    await officer.post(`applications/${outside}/check`, {
      suggestion: 'eligible',
      codes: ['yhteinen piha'],
      reason: 'Piha on Jukolan puolella.',
    });
    const seen = await decider.get(`applications/${outside}`);
    expect(seen.check).toMatchObject({
      suggestion: 'eligible',
      departs: true,
      reason: 'Piha on Jukolan puolella.',
      suggested: { suggestion: 'ineligible', codes: ['place-outside-districts', 'asked-above-maximum'] },
    });
    expect(seen.eligibility.suggestion).toBe('ineligible');
  });

  it('asks for what is missing with a date; who waits for whom is seen by both', async () => {
    await town.api.advance('2027-02-23T08:00:00.000Z');
    const { officer } = town.staff;
    const request = { codes: ['business-id-missing', 'place-unclear'], text: 'Lähettäisittekö Y-tunnuksen ja tarkemman paikan?' };
    await inThreeLanguages(
      (language) =>
        officer.ask('POST', `applications/${association}/completion-request`, { body: { ...request, answerBy: '2027-02-25' }, language }),
      409,
      'completion-too-soon',
      { '#/answerBy': 'completion-too-soon' },
    );
    const nothing = await officer.ask('POST', `applications/${association}/completion-request`, {
      body: { ...request, codes: ['second-application'] },
    });
    expectProblem(nothing, 400, 'invalid-body', { '#/codes': 'not-a-choice' });
    const asked = await officer.post(`applications/${association}/completion-request`, request);
    expect(asked).toMatchObject({ fields: ['businessId', 'place'], answerBy: '2027-03-02' });
    await officer.post(`applications/${paper}/completion-request`, {
      codes: ['business-id-invalid', 'confirmation-missing'],
      text: 'Y-tunnus?',
    });
    expect(await duties(officer)).not.toContainEqual(['check-application', association]);
    expect(await duties(officer)).toEqual(
      expect.arrayContaining([
        ['complete-application', association],
        ['complete-application', paper],
      ]),
    );
    const [mine] = (await seura.get('my/applications')).items;
    expect(mine).toMatchObject({ completion: 'asked', completionBy: '2027-03-02', completionOpen: ['businessId', 'place'] });
    expect((await seura.get(`applications/${association}`)).completion).toMatchObject({ words: request.text, status: 'asked' });
  });

  it('is completed in time, after the close, by its own people: what was asked for and nothing else; arrival and idea stay', async () => {
    const path = `applications/${association}/completion`;
    const before = await seura.get(`applications/${association}`);
    const stranger = await town.api.as('vieras', [], 'Ventti Vieras');
    expectProblem(await stranger.ask('POST', path, { body: { place: 'Muualla' } }), 404, 'not-found');
    for (const [body, status, code, blamed] of [
      [{ idea: 'Aivan toinen idea' }, 400, 'invalid-body', { '#/idea': 'unknown-field' }],
      [{ businessId: '1572860-1' }, 400, 'invalid-body', { '#/businessId': 'business-id' }],
      [{ time: 'Syksyllä' }, 409, 'completion-not-asked', { '#/time': 'completion-not-asked' }],
      [{}, 400, 'completion-empty', undefined],
    ] as const)
      await inThreeLanguages((language) => seura.ask('POST', path, { body, language }), status, code, blamed);
    await town.api.advance('2027-03-02T21:59:00.000Z');
    await seura.post(path, { place: 'Koulun pihalla, portin luona' });
    expect((await seura.get(`applications/${association}`)).completion).toMatchObject({ status: 'asked', open: ['businessId'] });
    await seura.post(path, { businessId: businessId(77) });
    const after = await seura.get(`applications/${association}`);
    expect(after).toMatchObject({
      completion: { status: 'completed', open: [] },
      eligibility: { suggestion: 'eligible', reasons: [] },
      contact: { businessId: businessId(77) },
      proposal: { ...before.proposal, place: 'Koulun pihalla, portin luona' },
      application: { arrivedAt: before.application.arrivedAt, late: false },
    });
    // from now on the association is known by its Y-tunnus: a second application meets the first
    expect(await atDesk(association)).toMatchObject({ businessId: 'valid', suggestion: null });
    expect(await duties(town.staff.officer)).toContainEqual(['check-application', association]);
  });

  it('comes too late the day after: refused in words, nothing lost, suggested as not completed, and left to people', async () => {
    await town.api.advance('2027-03-02T22:00:00.000Z');
    const { officer, agent, decider } = town.staff;
    const helped = { channel: 'phone', writtenAt: '2027-03-02T22:00:00.000Z', authorised: true };
    const before = await agent.get(`applications/${paper}`);
    const late = { businessId: businessId(78), helped };
    await inThreeLanguages(
      (language) => agent.ask('POST', `applications/${paper}/completion`, { body: late, language }),
      409,
      'completion-too-late',
    );
    expect(await agent.get(`applications/${paper}`)).toEqual(before);
    await town.api.advance('2027-03-03T13:00:00.000Z');
    expect(await atDesk(paper)).toMatchObject({
      completion: 'not-completed',
      suggestion: null,
      result: null,
      eligibility: { suggestion: 'ineligible' },
    });
    const { reasons } = (await officer.get(`applications/${paper}`)).eligibility;
    expect(codes(reasons)).toEqual(['not-completed', 'business-id-invalid', 'confirmation-missing']);
    expect(await duties(officer)).toContainEqual(['check-application', paper]);
    await officer.post(`applications/${paper}/check`, { suggestion: 'ineligible', codes: codes(reasons) });

    // a letter of the last day, opened later, counts; who wrote it down judges no more
    const letter = { channel: 'paper', writtenAt: '2027-03-02T10:00:00.000Z', authorised: true };
    expectProblem(await agent.ask('POST', `applications/${paper}/completion`, { body: { confirmed: true } }), 400, 'invalid-body', {
      '#/helped': 'required',
    });
    await officer.post(`applications/${paper}/completion`, { businessId: businessId(78), confirmed: true, helped: letter });
    expect(await atDesk(paper)).toMatchObject({
      completion: 'completed',
      suggestion: null,
      eligibility: { suggestion: 'eligible', reasons: [] },
    });
    const own = await officer.ask('POST', `applications/${paper}/check`, { body: { suggestion: 'eligible', codes: [] } });
    expectProblem(own, 409, 'helper-may-not-judge');
    const other = await town.api.as('toinen-virkailija', ['officer'], 'Outi Toinen');
    await other.post(`applications/${paper}/check`, { suggestion: 'eligible', codes: [] });
    expect(await decider.get(`applications/${paper}`)).toMatchObject({ check: { suggestion: 'eligible', departs: false } });
  });

  it('points out what gives a person away before words are published, and publishes no identity code', async () => {
    const { officer } = town.staff;
    const path = `applications/${outside}/public-text`;
    const text = { title: 'Aunen kahvila', summary: 'Soita 040 123 4567.' };
    const { hints } = await officer.post(`${path}/hints`, text, { key: null });
    expect(hints.map(({ pointer, kind }: any) => [pointer, kind])).toEqual([
      ['#/title', 'name'],
      ['#/summary', 'phone'],
    ]);
    for (const secret of ['131052-308T', 'FI21 1234 5600 0007 85'])
      await inThreeLanguages(
        (language) => officer.ask('POST', path, { body: { ...text, summary: `Kirjoita ${secret} tähän.` }, language }),
        400,
        'invalid-body',
        { '#/summary': 'secret-number-in-text' },
      );
  });

  it('shows a person all that was written to them', async () => {
    const { applications } = await seura.get('my/data');
    expect(applications).toHaveLength(1);
    expect(applications[0].history.find((step: any) => step.type === 'pilot.completion-requested')).toMatchObject({
      words: 'Lähettäisittekö Y-tunnuksen ja tarkemman paikan?',
    });
  });
});
