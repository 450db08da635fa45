import { sha256 } from '@minipilot/kernel/ids.js';
import { addDays, localDate, type Instant } from '@minipilot/kernel/time.js';
import { chance } from '../support/chance.js';
import { each, Refused, type Json, type Person } from '../support/client.js';
import { Afterwards } from './afterwards.js';
import { budgetOf, METHODS, moment } from './calls.js';
import { WIDTH, type Course, type CourseOptions, type Row } from './course.js';
import { ABSENT, COMMITTEE, STAFF, WEEKS, type Method, type Plan } from './plan.js';

/** One year of a municipality, week by week: what people do, each when it is their turn. The server does the rest. */
export class Year implements Course {
  /** plans by the id of their application */
  readonly byId = new Map<string, Plan>();
  private now: Instant = '';
  private moment: Instant = '';
  private readonly once = new Set<string>();
  private readonly afterwards = new Afterwards(this);

  constructor(readonly options: CourseOptions) {}

  /** The day that it is by the calendar; a year that is played again meets its own days, though the clock is far ahead. */
  get today(): string {
    return localDate(this.moment, this.options.calendar.zone);
  }

  get at(): Instant {
    return this.now;
  }

  async run(): Promise<void> {
    const { tell } = this.options;
    for (let week = 0; week <= WEEKS.end; week++) {
      await this.goTo(week, 0, '09:00');
      if (week === 12) await this.raiseBudget();
      if (week === WEEKS.ranked.signed) {
        tell(week, 'signing the proposal');
        await this.signProposal();
      }
      tell(week, 'awards, payments, reports');
      await this.afterwards.monday();
      if (week === WEEKS.lastPromotion) await this.endWaitingList();
      if (week > WEEKS.rolling.closes + 1) continue;
      await this.goTo(week, 1, '10:00');
      tell(week, 'applications');
      await each(this.arriving(week), WIDTH, (plan) => this.apply(plan));
      await this.goTo(week, 2, '12:00');
      tell(week, 'checks and readings');
      await each(this.arriving(week), WIDTH, (plan) => this.changeOrWithdraw(plan));
      await this.complete(week);
      await this.check(week);
      if (week === WEEKS.ranked.closes + 2) await this.score();
      await this.goTo(week, 4, '10:00');
      tell(week, 'decisions');
      if (week === WEEKS.ranked.closes + 1) await this.startScoring();
      if (week === WEEKS.ranked.signed) await this.decideRanked();
      if (week > WEEKS.ranked.signed && week < WEEKS.lastPromotion) await this.promote();
      if (week === WEEKS.ranked.signed + 1) await this.fileAnAppeal();
      if (week === WEEKS.ranked.signed + 6) await this.upholdTheAppeal();
      if (week >= WEEKS.rolling.opens) await this.decideRolling();
      await this.notify();
    }
  }

  /** Moves the demo clock on and waits until everything that fell due is done. Behind the clock it only waits. */
  async goTo(week: number, day: number, time: string): Promise<void> {
    const at = moment(this.options.calendar, week, day, time);
    this.moment = at;
    if (this.now === '') this.now = (await this.options.client.get(STAFF.officer, '/demo/clock'))['now'] as string;
    await this.settle(at > this.now ? at : this.now);
  }

  /** Waits until projections and flows have done all that there is to do. */
  async settle(to = this.now): Promise<void> {
    const { now } = await this.options.client.post(STAFF.officer, '/demo/clock', 'clock', { to });
    this.now = now as string;
  }

  /** Applications of a call as the officer's desk lists them; those that this run has not come to yet are left out. */
  async rows(method: Method, state?: string): Promise<Row[]> {
    const path = `desk/calls/${this.options.calls[method]}/applications${state === undefined ? '' : `?state=${state}`}`;
    const rows = (await this.options.client.list(STAFF.officer, path)) as Row[];
    return rows.filter(({ id }) => this.byId.has(id));
  }

  /** Does a step that needs no second try in this run. */
  async doOnce(step: string, work: () => Promise<unknown>): Promise<void> {
    if (this.once.has(step)) return;
    await work();
    this.once.add(step);
  }

  private arriving(week: number): Plan[] {
    return this.options.plans.filter((plan) => plan.week === week);
  }

  private async raiseBudget(): Promise<void> {
    const { client, calls, plans, calendar } = this.options;
    const body = { byCents: budgetOf(plans, 'rolling').raiseCents, authority: { section: '§ 58', on: addDays(calendar.monday, 77) } };
    await client.post(STAFF.officer, `calls/${calls.rolling}/budget-raise`, 'raise', body);
  }

  private async apply(plan: Plan, again = ''): Promise<void> {
    const { client, calls } = this.options;
    const call = calls[plan.method];
    const week = moment(this.options.calendar, plan.week, 1, '09:00');
    const helped = plan.helped ? { helped: { channel: 'agent', writtenAt: week, authorised: true } } : {};
    const step = `${plan.n}${again}`;
    const form = plan.lacks === 'nothing' ? plan.form : { ...plan.form, businessId: undefined };
    const { idea, lines: _, ...started } = form;
    const saved = plan.n % 7 === 0;
    const draft = await client.post(plan.who, `calls/${call}/drafts`, `draft/${step}`, { form: saved ? started : form, ...helped });
    const path = `calls/${call}/drafts/${draft['id']}`;
    if (saved) {
      try {
        await client.put(plan.who, path, `save/${step}`, { form: { ...form, idea } }, `"${draft['revision']}"`);
      } catch (error) {
        if (!(error instanceof Refused) || !['draft-submitted', 'stale'].includes(error.code)) throw error;
      }
    }
    const { id } = await client.post(plan.who, `${path}/submit`, `submit/${step}`);
    this.byId.set(id as string, plan);
  }

  private async changeOrWithdraw(plan: Plan): Promise<void> {
    const { client } = this.options;
    const id = [...this.byId].find(([, p]) => p === plan)![0];
    if (plan.before === 'nothing') return;
    if (plan.before === 'amends') {
      const { etag } = await client.edit(plan.who, `applications/${id}`);
      try {
        await client.put(plan.who, `applications/${id}`, `amend/${plan.n}`, { ...plan.form, time: `${plan.form.time}, sään mukaan` }, etag);
      } catch (error) {
        if (!(error instanceof Refused) || error.code !== 'call-closed') throw error;
      }
      return;
    }
    await client.post(plan.who, `applications/${id}/withdrawal`, `withdraw/${plan.n}`);
    if (plan.before === 'withdraws-and-applies-again') await this.apply(plan, '/again');
  }

  /** Applications that the officer has work with this week: rolling ones always, ranked ones after the close. */
  private async atDesk(week: number): Promise<[Row, Plan][]> {
    const found: [Row, Plan][] = [];
    for (const method of METHODS) {
      const since = week - WEEKS.ranked.closes;
      if (method === 'ranked' && (since < 1 || since > 3)) continue;
      await this.settle();
      for (const row of await this.rows(method, 'submitted')) found.push([row, this.byId.get(row.id)!]);
    }
    return found;
  }

  /** Who was asked for a Y-tunnus last week sends it, or not. */
  private async complete(week: number): Promise<void> {
    const { client, calendar } = this.options;
    const helped = { helped: { channel: 'agent', writtenAt: moment(calendar, week, 2, '12:00'), authorised: true } };
    const asked = (await this.atDesk(week)).filter(([row, plan]) => row['completion'] === 'asked' && plan.lacks === 'business-id');
    await each(asked, WIDTH, ([{ id }, { n, who, form, ...plan }]) => {
      const body = { businessId: form.businessId, ...(plan.helped ? helped : {}) };
      return client.post(who, `applications/${id}/completion`, `complete/${n}`, body);
    });
  }

  /**
   * The officer checks what has come in and asks for what is missing; a rolling call is also read, by two. The officer confirms what the rules
   * suggest; an application that has changed is checked again.
   */
  private async check(week: number): Promise<void> {
    const { client, calls, seed } = this.options;
    const open = (await this.atDesk(week)).filter(([row]) => row['suggestion'] === null && row['completion'] !== 'asked');
    const checked: [Row, Plan][] = [];
    await each(open, WIDTH, async ([row, plan]) => {
      const { suggestion, reasons } = row['eligibility'] as { suggestion: string; reasons: { code: string }[] };
      const codes = suggestion === 'eligible' ? [] : reasons.map(({ code }) => code);
      if (suggestion === 'incomplete') {
        const body = { codes, text: 'Lähettäkää yhdistyksen Y-tunnus.' };
        return client.post(STAFF.officer, `applications/${row.id}/completion-request`, `ask/${plan.n}/${week}`, body);
      }
      checked.push([row, plan]);
      return client.post(STAFF.officer, `applications/${row.id}/check`, `check/${plan.n}/${week}`, { suggestion, codes });
    });
    const readers: Person[] = [STAFF.officer, COMMITTEE[1]!];
    const read = checked
      .filter(([row, { method }]) => method === 'rolling' && (row['eligibility'] as Json)['suggestion'] === 'eligible')
      .flatMap(([row, plan]) => readers.map((reader) => ({ row, plan, reader })));
    await each(read, WIDTH, ({ row, plan, reader }) => {
      const draw = chance(seed, 'reading', reader.person, plan.n);
      const values = [1, 2, 3].map(() => draw.under(0.9 + plan.quality / 10));
      return client.post(reader, `calls/${calls.rolling}/readings`, `read/${reader.person}/${plan.n}`, { application: row.id, values });
    });
  }

  private async startScoring(): Promise<void> {
    const { client, calls, calendar } = this.options;
    const email = ({ person }: Person) => `${person}@demo.example`;
    await client.post(STAFF.officer, `calls/${calls.ranked}/scoring`, 'scoring', {
      members: COMMITTEE.map((member) => ({ email: email(member), name: member.name })),
      chair: email(COMMITTEE[0]!),
      closesAt: moment(calendar, WEEKS.ranked.scored, 4, '16:00'),
    });
  }

  /** Each member who takes part tells conflicts by name first, then fills in a card for each proposal shown. */
  private async score(): Promise<void> {
    const { client, calls, seed } = this.options;
    const book = `calls/${calls.ranked}/scorebook`;
    for (const member of COMMITTEE.filter((_, i) => i !== ABSENT)) {
      const { step, names } = await client.get(member, book);
      if (step === 'conflicts') {
        const conflicts = (names as { key: string; name: string }[])
          .filter(({ name }) => chance(seed, 'conflict', member.person, name).under(0.02))
          .map(({ key }) => ({ name: key, ground: 'close-person' }));
        await client.post(member, `${book}/conflicts`, `conflicts/${member.person}`, { conflicts });
      }
      const { applications } = await client.get(member, book);
      await each(applications as { id: string }[], WIDTH, async ({ id }) => {
        const { n, quality } = this.byId.get(id)!;
        const draw = chance(seed, 'card', member.person, n);
        if (draw.under(0.01))
          return client.post(member, `${book}/recusals`, `recusal/${member.person}/${n}`, { application: id, ground: 'recognised' });
        const value = () => Math.min(5, Math.max(1, Math.round(1 + 4 * quality + (draw.next() - 0.5) * 2)));
        const values = [value(), value(), value()];
        const body = draw.under(0.04)
          ? {}
          : { assessed: { values }, ...(draw.under(0.2) ? { comment: 'Selkeä ja sopivan pieni kokeilu.' } : {}) };
        return client.put(member, `${book}/cards/${id}`, `card/${member.person}/${n}`, body);
      });
      await client.post(member, `${book}/completion`, `completion/${member.person}`);
    }
  }

  private async signProposal(): Promise<void> {
    const { client, calls } = this.options;
    const { digest } = await client.get(COMMITTEE[0]!, `calls/${calls.ranked}/proposal`);
    await client.post(COMMITTEE[0]!, `calls/${calls.ranked}/proposal/signature`, 'sign', { digest });
  }

  private async decideRanked(): Promise<void> {
    const { client, calls, seed } = this.options;
    const { places } = await client.get(STAFF.decider, `calls/${calls.ranked}/proposal`);
    const undecided = new Map((await this.rows('ranked', 'submitted')).map(({ id, suggestion }) => [id, suggestion]));
    const decisions: object[] = [];
    for (const { application, result, cents, reason } of (places as Json[]).filter((p) => undecided.has(p['application'] as string))) {
      const plan = this.byId.get(application as string)!;
      // scored while it had time to complete the application
      if (undecided.get(application as string) === 'ineligible') {
        const departure = { departure: 'ei täydennetty', departureReason: 'Y-tunnusta ei tullut määräpäivään mennessä.' };
        decisions.push({ ...decision(plan, application as string, 'ineligible', 0, 'ei täydennetty'), ...departure });
      } else if (result !== 'proposed-grant') {
        const waits = result === 'waiting';
        decisions.push(decision(plan, application as string, waits ? 'waiting' : 'refused', 0, reason as string));
      } else if (chance(seed, 'departure', plan.n).under(0.03) && cents > 10_000) {
        const departure = { departure: 'summa pienempi', departureReason: 'Osa kuluista ei kuulu avustukseen.' };
        decisions.push({ ...decision(plan, application as string, 'granted', cents - 1000, 'osa kuluista'), ...departure });
      } else decisions.push(decision(plan, application as string, 'granted', cents as number, reason as string));
    }
    const proposed = new Set((places as Json[]).map((p) => p['application']));
    decisions.push(...(await this.withoutProposal('ranked')).filter(({ application }) => !proposed.has(application)));
    await this.decide('ranked', decisions);
  }

  /** What needs a decision though the rules propose nothing: ineligible and late applications. */
  private async withoutProposal(method: Method): Promise<Json[]> {
    const decisions: Json[] = [];
    for (const { id, suggestion } of await this.rows(method, 'submitted'))
      if (suggestion === 'ineligible') decisions.push(decision(this.byId.get(id)!, id, 'ineligible', 0, 'ei alueella'));
    for (const { id } of await this.rows(method, 'late')) decisions.push(decision(this.byId.get(id)!, id, 'late', 0, 'myöhässä'));
    return decisions;
  }

  private async decideRolling(): Promise<void> {
    const { client, calls } = this.options;
    const decisions = await this.withoutProposal('rolling');
    const waiting = new Set((await this.rows('rolling', 'submitted')).map(({ id }) => id));
    if (waiting.size > 0) {
      const { rounds = [] } = (await client.get(STAFF.decider, `calls/${calls.rolling}/proposal`)) as { rounds?: { places: Json[] }[] };
      for (const { application, result, cents, reason } of rounds.at(-1)?.places ?? []) {
        if (!waiting.has(application as string)) continue;
        const plan = this.byId.get(application as string)!;
        decisions.push(
          decision(plan, application as string, result === 'proposed-grant' ? 'granted' : 'refused', cents as number, reason as string),
        );
      }
    }
    await this.decide('rolling', decisions);
  }

  /** The next on the waiting list gets a place while the money that was freed is enough. */
  private async promote(): Promise<void> {
    const { client, calls } = this.options;
    const list = (await this.rows('ranked', 'waiting')).filter((row) => row['waitingRank'] !== null);
    list.sort((a, b) => (a['waitingRank'] as number) - (b['waitingRank'] as number));
    for (const { id, askedCents } of list) {
      const body = { ...this.minutes(), decisions: [decision(this.byId.get(id)!, id, 'granted', askedCents as number, 'varasijalta')] };
      const done = await client.postUnless(
        ['budget-exceeded'],
        STAFF.decider,
        `calls/${calls.ranked}/decisions`,
        `promote/${id}/${this.today}`,
        body,
      );
      if (done === null) return;
    }
  }

  /** Nobody waits for ever: when no place can become free any more, the decision-maker ends the list. */
  private async endWaitingList(): Promise<void> {
    const waiting = await this.rows('ranked', 'waiting');
    await this.decide(
      'ranked',
      waiting.map(({ id }) => decision(this.byId.get(id)!, id, 'refused', 0, 'varasijat päättyvät')),
    );
    await this.notify();
  }

  /** The appeal of the year, once it is filed: a year that is played again finds it there. */
  private async appealOfTheYear(): Promise<Json | undefined> {
    const { client, calls } = this.options;
    return (await client.list(STAFF.officer, `desk/appeals?call=${calls.ranked}`))[0];
  }

  /** One applicant who was refused appeals in time. */
  private async fileAnAppeal(): Promise<void> {
    const { client, calls, plans } = this.options;
    if ((await this.appealOfTheYear()) !== undefined) return;
    const { reserveCents } = budgetOf(plans, 'ranked');
    const row = (await this.rows('ranked', 'refused'))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .find((r) => (r['askedCents'] as number) <= reserveCents && !this.byId.get(r.id)!.helped);
    if (row === undefined) return;
    await client.post(this.byId.get(row.id)!.who, `calls/${calls.ranked}/appeals`, 'appeal', {
      application: row.id,
      demand: 'Vaadin, että avustus myönnetään.',
      grounds: 'Hakemus on luettu väärin: kokeilu on kaikille avoin.',
    });
  }

  /** The board finds the appeal right; the money comes from the appeal reserve. */
  private async upholdTheAppeal(): Promise<void> {
    const { client } = this.options;
    const appeal = await this.appealOfTheYear();
    if (appeal === undefined) return;
    const path = `appeals/${appeal['id']}`;
    if (appeal['state'] === 'open') {
      const application = appeal['application'] as string;
      const plan = this.byId.get(application)!;
      const aid = plan.form.economic !== undefined ? { deMinimis: 'EU 2023/2831' } : {};
      const reason = 'Oikaisuvaatimus hyväksytään: hakemus oli luettu väärin.';
      const { etag } = await client.edit(STAFF.board, path);
      const changes = [{ application, cents: plan.askedCents, reasonCode: 'oikaisu', reason, ...aid }];
      await client.post(STAFF.board, `${path}/decision`, 'appeal/decision', { result: 'upheld', ...this.minutes(), reason, changes }, etag);
      await this.settle();
    }
    if (appeal['state'] !== 'told')
      await client.post(STAFF.officer, `${path}/notice`, 'appeal/notice', { channel: 'electronic', sentOn: this.today });
  }

  private minutes(): { section: string; caseNumber: string; decidedOn: string } {
    const { calendar } = this.options;
    return {
      section: `§ ${this.today.slice(5).replace('-', '/')}`,
      caseNumber: `MP/${calendar.monday.slice(0, 4)}`,
      decidedOn: this.today,
    };
  }

  private async decide(method: Method, decisions: object[]): Promise<void> {
    const { client, calls } = this.options;
    for (let i = 0; i < decisions.length; i += 50) {
      const page = decisions.slice(i, i + 50);
      await client.post(STAFF.decider, `calls/${calls[method]}/decisions`, `decide/${digest(page)}`, {
        ...this.minutes(),
        decisions: page,
      });
    }
    if (decisions.length > 0) await this.settle();
  }

  /** Tells the addressees and publishes what was decided. */
  private async notify(): Promise<void> {
    const { client, calls } = this.options;
    await this.settle();
    for (const method of METHODS) {
      const untold = (await this.rows(method)).filter((row) => row['decidedAt'] !== null && row['noticeOn'] === null);
      for (const channel of ['electronic', 'letter'] as const) {
        const ids = untold
          .filter((row) => row['reach'] === channel)
          .map(({ id }) => id)
          .sort();
        for (let i = 0; i < ids.length; i += 500) {
          const applications = ids.slice(i, i + 500);
          await client.post(STAFF.officer, `calls/${calls[method]}/notices`, `notice/${digest([applications, this.today])}`, {
            applications,
            channel,
            sentOn: this.today,
          });
        }
      }
      if (untold.length > 0)
        await client.postUnless(
          ['nothing-to-publish'],
          STAFF.officer,
          `calls/${calls[method]}/publication`,
          `publish/${method}/${this.today}`,
          { publishedOn: this.today },
        );
    }
  }
}

const REASONS: Readonly<Record<string, string>> = {
  granted: 'Kokeilu hyödyttää alueen asukkaita ja siitä opitaan uutta.',
  waiting: 'Hyvä kokeilu, mutta määräraha ei riitä kaikille; hakemus on varasijalla.',
  refused: 'Määräraha ei riitä, tai hakemus ei täytä kaikkia arviointiperusteita.',
  ineligible: 'Kokeilu ei tapahdu haun alueella.',
  late: 'Hakemus saapui hakuajan päätyttyä, eikä sitä ole tutkittu.',
};

function decision({ form }: Plan, application: string, result: string, cents: number, reasonCode: string): object {
  const aid = result === 'granted' && form.economic !== undefined ? { deMinimis: 'EU 2023/2831' } : {};
  return { application, result, cents, reasonCode, reason: REASONS[result], ...aid };
}

const digest = (value: unknown): string => sha256(JSON.stringify(value)).slice(0, 24);
