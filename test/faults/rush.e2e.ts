import { TimeServer } from '@minipilot/platform/store/testing.js';
import { callForm, form, rankedCall, rankedRules } from '../e2e/municipality.js';
import { each, Nodes, pause } from './nodes.js';

const SUBMISSIONS = 1_000;
/** Milliseconds before and after the close within which they are sent. */
const RUSH = 6_000;
const OFFICER = ['koordinaattori', 'officer'] as const;
const AUDITOR = ['tarkastaja', 'auditor'] as const;
const iso = (ms: number) => new Date(ms).toISOString();

interface Submission {
  id: string;
  late: boolean;
  arrivedAt: string;
  /** reference time: first sent, and acknowledged */
  sent: number;
  known: number;
  attempts: number;
}

/** The facts of a call that need no waiting: everything is of today. */
const ofToday = (opens: number, closes: number) => {
  const day = iso(opens - 86_400_000).slice(0, 10);
  return {
    opensAt: iso(opens),
    closesAt: iso(closes),
    themes: [{ theme: 'Arjen apu', owner: 'Hyvinvointipalvelut', ownerPromisedOn: day }],
    authority: { section: '§ 12', on: day },
    districts: ['Jukola'],
    budget: { cents: 600_000, year: Number(day.slice(0, 4)), costCentre: '4100', account: '4740', project: 'MP-1' },
  };
};

describe.each([5_000, -5_000])('two desks of which one has a clock that is off by %d ms', (offsetMs) => {
  let nodes: Nodes;
  let call: string;
  let closes: number;
  const submissions: Submission[] = [];

  beforeAll(async () => {
    nodes = await Nodes.open([0, offsetMs]);
    await nodes.withoutLeadTimes();
  }, 120_000);
  afterAll(() => nodes?.end());

  it(`take ${SUBMISSIONS} submissions around the close, some twice and some cut off`, async () => {
    const begun = nodes.now();
    closes = begun + 30_000;
    call = await nodes.announce(callForm(ofToday(begun + 500, closes)));
    await pause(begun + 1_000 - nodes.now());
    const extend = async (to: number) => {
      await nodes.do(OFFICER, 'POST', `calls/${call}/extension`, { closesAt: iso(to), reason: 'Lisää aikaa' });
      closes = to;
    };
    const drafts: string[] = [];
    await each(Array.from({ length: SUBMISSIONS }), 16, async (_, n) => {
      if (n % 50 === 0 && closes - nodes.now() < 20_000) await extend(Math.round(nodes.now() + 30_000));
      const draft = await nodes.do([`kiire-${n}`], 'POST', `calls/${call}/drafts`, { form: form(`Asukas kiire-${n}`) });
      drafts[n] = draft.id;
    });
    if (closes - nodes.now() < RUSH + 3_000) await extend(Math.round(nodes.now() + RUSH + 4_000));
    // what a first request must open is open now
    await each([0, 1], 2, async (n) => void (await nodes.ask(nodes.desks[n]!, ['kiire-0'], 'GET', `calls/${call}/drafts`)));

    await Promise.all(
      drafts.map(async (draft, n) => {
        await pause(closes - RUSH + (2 * RUSH * (n + 0.5)) / SUBMISSIONS - nodes.now());
        const path = `calls/${call}/drafts/${draft}/submit`;
        const key = `submit-${n}`;
        const sent = nodes.now();
        const desk = (i: number) => nodes.desks[(n + i) % 2]!;
        const attempt = (i: number, signal?: AbortSignal) =>
          nodes.ask(desk(i), [`kiire-${n}`], 'POST', path, { key, ...(signal === undefined ? {} : { signal }) });
        // every tenth is sent to both desks at once, every other tenth is cut off while it is under way
        if (n % 10 === 3) void attempt(1).catch(() => undefined);
        let attempts = n % 10 === 3 ? 2 : 1;
        if (n % 10 === 7) {
          await attempt(0, AbortSignal.timeout(1 + (n % 23))).catch(() => undefined);
          await pause(1_500);
          attempts++;
        }
        for (let i = 0; ; i++, attempts++) {
          const reply = await attempt(i).catch(() => null);
          if (reply?.status === 201) {
            submissions[n] = { ...reply.body, sent, known: nodes.now(), attempts };
            return;
          }
          if (reply !== null && reply.status !== 503) throw new Error(`${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
          if (i > 100) throw new Error(`${path} was not answered`);
          await pause(200);
        }
      }),
    );
    expect(submissions).toHaveLength(SUBMISSIONS);
    expect(new Set(submissions.map(({ id }) => id)).size).toBe(SUBMISSIONS);
  }, 180_000);

  it('freeze a list with all that came early and none that came late', async () => {
    const doubt = (await nodes.doubtMs()) + 1;
    await nodes.advance(Math.round(Math.max(closes + 60_000, nodes.now() + 1_000)));
    const { steps } = (await nodes.ask(nodes.desks[0]!, AUDITOR, 'GET', `audit/calls/${call}`)).body;
    const closed = steps.filter((step: any) => step.type === 'call.closed');
    const listed = new Set<string>([
      ...closed.flatMap((step: any) => step.data.applications),
      ...steps.filter((step: any) => step.type === 'call.application-admitted').map((step: any) => step.data.application),
    ]);
    expect(closed.at(-1).data).toMatchObject({ last: true, effectiveAt: iso(closes) });

    // by the desks' own word
    const early = submissions.filter(({ late }) => !late);
    const missing = early.filter(({ id }) => !listed.has(id));
    const lateIn = submissions.filter(({ late, id }) => late && listed.has(id));
    // by the reference
    const wronglyLate = submissions.filter(({ known, late, attempts }) => attempts === 1 && known < closes - doubt && late);
    const wronglyEarly = submissions.filter(({ sent, late }) => sent >= closes + doubt && !late);
    const mistimed = submissions.filter(({ arrivedAt, sent, known }) => {
      const at = Date.parse(arrivedAt);
      return at < sent - doubt || at > known + doubt;
    });
    const surelyEarly = submissions.filter(({ known }) => known < closes - doubt).length;
    const surelyLate = submissions.filter(({ sent }) => sent >= closes + doubt).length;
    const again = submissions.filter(({ attempts }) => attempts > 1).length;
    console.log(
      `clock off by ${offsetMs} ms, doubt ${doubt} ms: ${SUBMISSIONS} submissions (${surelyEarly} surely early, ${surelyLate} surely late, ` +
        `${SUBMISSIONS - surelyEarly - surelyLate} under way at the close, ${again} sent more than once), ${listed.size} on the list; ` +
        `early ones missing: ${missing.length + wronglyLate.length}, late ones in it: ${lateIn.length + wronglyEarly.length}, mistimed: ${mistimed.length}`,
    );
    const few = [missing, lateIn, wronglyLate, wronglyEarly, mistimed].map((wrong) => wrong.slice(0, 3));
    expect(few).toEqual([[], [], [], [], []]);
    expect(listed.size).toBe(early.length);
    // on a busy machine more are under way at the close; with none on either side nothing would be shown
    expect([surelyEarly > 50, surelyLate > 50]).toEqual([true, true]);
  }, 120_000);

  it('keep one application for each applicant, however often it was sent', async () => {
    const rows: any[] = [];
    for (let cursor = ''; cursor !== null;) {
      const { body } = await nodes.ask(nodes.desks[1]!, OFFICER, 'GET', `desk/calls/${call}/applications?limit=200${cursor}`);
      rows.push(...body.items);
      if (body.next === null) break;
      cursor = `&cursor=${body.next}`;
    }
    expect(rows.map(({ id }) => id).sort()).toEqual(submissions.map(({ id }) => id).sort());
  });

  if (offsetMs > 0) {
    it('keep one card for each member and application: the last one that was saved, on whichever desk', async () => {
      const from = Date.parse((await nodes.do(['kello'], 'GET', '/demo/clock')).now);
      const ranked = await nodes.announce(
        rankedCall({ ...ofToday(from + 3_600_000, from + 7_200_000), rules: { ...rankedRules, minimumCards: 1 } }),
      );
      await nodes.advance(from + 3_700_000);
      const applications: string[] = [];
      for (const person of ['eka', 'toka', 'kolmas']) {
        const draft = await nodes.do([person], 'POST', `calls/${ranked}/drafts`, { form: form(person) });
        applications.push((await nodes.do([person], 'POST', `calls/${ranked}/drafts/${draft.id}/submit`)).id);
      }
      await nodes.advance(from + 7_300_000);
      const members = [{ email: 'ainoa-jasen@demo.example', name: 'Ainoa Jäsen' }];
      const scoringCloses = from + 10_000_000;
      await nodes.do(OFFICER, 'POST', `calls/${ranked}/scoring`, { members, chair: members[0]!.email, closesAt: iso(scoringCloses) });
      const member = ['ainoa-jasen', 'chair'] as const;
      await nodes.do(member, 'POST', `calls/${ranked}/scorebook/conflicts`, { conflicts: [] });

      const saved: { application: string; values: number[]; revision: number }[] = [];
      await each(Array.from({ length: 240 }), 24, async (_, n) => {
        const application = applications[n % 3]!;
        const values = [n % 101, (n * 7) % 101, (n * 13) % 101];
        for (let i = 0; ; i++) {
          const path = `calls/${ranked}/scorebook/cards/${application}`;
          const reply = await nodes.ask(nodes.desks[(n + i) % 2]!, member, 'PUT', path, {
            key: `card-${n}`,
            body: { assessed: { values } },
          });
          if (reply.status === 200) return void saved.push({ application, values, revision: reply.body.revision });
          // too many at once: nothing was written
          if (reply.status !== 503 || i > 100) throw new Error(`card ${n}: ${reply.status} ${JSON.stringify(reply.body)}`);
          await pause(20);
        }
      });
      // each was written once, at a place of its own
      expect(new Set(saved.map(({ revision }) => revision)).size).toBe(240);
      const last = Object.fromEntries(
        applications.map((id) => [id, saved.filter((card) => card.application === id).sort((a, b) => b.revision - a.revision)[0]!.values]),
      );
      for (const desk of nodes.desks) {
        const { applications: shown } = (await nodes.ask(desk, member, 'GET', `calls/${ranked}/scorebook`)).body;
        expect(Object.fromEntries(shown.map(({ id, card }: any) => [id, card.values]))).toEqual(last);
      }
      await nodes.advance(scoringCloses + 60_000);
      const { steps } = (await nodes.ask(nodes.desks[0]!, AUDITOR, 'GET', `audit/streams/demo.scoring-${ranked}`)).body;
      const cards = steps.filter((step: any) => step.type === 'scoring.cards-opened').flatMap((step: any) => step.data.cards);
      expect(cards).toHaveLength(3);
      expect(Object.fromEntries(cards.map(({ application, values }: any) => [application, values]))).toEqual(last);
    }, 120_000);
  }
});

describe('a desk that does not know the time', () => {
  let nodes: Nodes;
  let time: TimeServer;
  beforeAll(async () => {
    nodes = await Nodes.open([0]);
    time = await TimeServer.open();
    await nodes.withoutLeadTimes();
  }, 120_000);
  afterAll(async () => {
    await nodes?.end();
    await time?.close();
  });

  it('is not ready and takes nothing, and loses nothing: the same submission is taken once it knows', async () => {
    const begun = nodes.now();
    const call = await nodes.announce(callForm(ofToday(begun + 500, begun + 3_600_000)));
    await pause(begun + 1_000 - nodes.now());
    const draft = await nodes.do(['odottaja'], 'POST', `calls/${call}/drafts`, { form: form('Odottaja') });
    time.manner.silent = true;
    const doubter = await nodes.spawn('desk', 'doubter', -3_600_000, time);
    const submit = () => nodes.ask(doubter, ['odottaja'], 'POST', `calls/${call}/drafts/${draft.id}/submit`, { key: 'once' });
    const ready = async () => {
      const reply = await fetch(`${doubter.url}/health/ready`);
      const { checks } = (await reply.json()) as { checks: { name: string; ok: boolean; detail?: string }[] };
      return { status: reply.status, clock: checks.find(({ name }) => name === 'clock') };
    };
    expect(await ready()).toEqual({ status: 503, clock: { name: 'clock', ok: false, detail: 'the time server has not answered' } });
    const refused = await submit();
    expect([refused.status, refused.body.code, refused.headers.get('retry-after')]).toEqual([503, 'clock-in-doubt', '5']);
    const kept = await nodes.ask(doubter, ['odottaja'], 'GET', `calls/${call}/drafts/${draft.id}`);
    expect(kept.body.form.title).toBe('Kokeilu: Odottaja');

    time.manner.silent = false;
    const end = Date.now() + 30_000;
    while ((await ready()).status !== 200 && Date.now() < end) await pause(50);
    const taken = await submit();
    expect([taken.status, taken.body.late]).toEqual([201, false]);
    expect(Math.abs(Date.parse(taken.body.arrivedAt) - nodes.now())).toBeLessThan(10_000);
    expect((await submit()).body).toEqual(taken.body);
  }, 120_000);
});
