import { addDays } from '@minipilot/kernel/time.js';
import { each, type Json } from '../support/client.js';
import { METHODS } from './calls.js';
import { iban, STAFF, type Plan } from './plan.js';
import { days, WIDTH, type Course, type Row } from './course.js';

/** Awards answered at once; no batch of payments is fuller. */
const WINNERS = 150;

/** What follows a decision: awards, payments, reports, money back, adoption. Every Monday each takes the next step. */
export class Afterwards {
  /** services put before their owner, by id */
  private readonly proposed = new Map<string, Plan>();
  /** applicants who were asked to complete their report */
  private readonly incomplete = new Set<number>();

  constructor(private readonly year: Course) {}

  async monday(): Promise<void> {
    await this.mendAccounts();
    const rows = (await Promise.all(METHODS.map((method) => this.year.rows(method)))).flat();
    const answering = rows.filter(({ state }) => ['granted', 'recipient-withdrew', 'payout-failed'].includes(state));
    for (let i = 0; i < answering.length; i += WINNERS) {
      await each(answering.slice(i, i + WINNERS), WIDTH, (row) => this.answer(row, this.planOf(row)));
      await this.payOut();
    }
    if (answering.length === 0) await this.payOut();
    await each(rows, WIDTH, (row) => this.follow(row, this.planOf(row)));
    await this.adopt();
    await this.year.settle();
  }

  private get client() {
    return this.year.options.client;
  }

  private planOf({ id }: Row): Plan {
    const plan = this.year.byId.get(id);
    if (plan === undefined) throw new Error(`application ${id} is nobody's`);
    return plan;
  }

  /** Whoever won accepts, declines or leaves it; whose payment failed names another account. */
  private async answer(row: Row, plan: Plan): Promise<void> {
    const { n, who, award, form } = plan;
    const path = `applications/${row.id}`;
    if (row.state === 'payout-failed') return this.anotherAccount(row.id, plan);
    if (row.state === 'recipient-withdrew') {
      const body = { name: `${form.name.split(' ')[0]} Uusi`, phone: '040 7654321' };
      await this.client.post(who, `${path}/recipient`, `recipient/${n}`, body);
      return this.accept(row.id, plan, body.name);
    }
    if (row['noticeOn'] === null || award === 'is-silent') return;
    if (award === 'declines') return void (await this.client.post(who, `${path}/decline`, `decline/${n}`));
    if (award === 'other-recipient') return void (await this.client.post(who, `${path}/recipient-withdrawal`, `step-back/${n}`));
    await this.accept(row.id, plan, form.recipientName ?? form.name);
  }

  private async accept(id: string, plan: Plan, name: string): Promise<void> {
    const { n, who, account } = plan;
    const own = iban(n, this.year.options.seed, 0);
    const known = {
      plain: null,
      'close-name': { holder: `${name}i`, behaviour: 'settle' },
      'other-name': { holder: 'Tuntematon Tilinhaltija', behaviour: 'settle' },
      unchecked: { behaviour: 'settle' },
      rejects: { holder: name, behaviour: 'reject' },
      returns: { holder: name, behaviour: 'return' },
    }[account];
    if (known !== null) await this.client.post(STAFF.officer, '/demo/bank/accounts', `bank/${n}`, { iban: own, ...known });
    await this.client.post(who, `applications/${id}/acceptance`, `accept/${n}`, { iban: own });
  }

  private async anotherAccount(id: string, { n, who }: Plan): Promise<void> {
    await this.client.post(who, `applications/${id}/account`, `account/${n}`, { iban: iban(n, this.year.options.seed, 1) });
  }

  /** Recipients whose account turned out to be another's, in a batch since last week, name a right one. */
  private async mendAccounts(): Promise<void> {
    const rows: { pilot: string }[] = [];
    for (const { id } of await this.batches('open')) {
      const batch = await this.client.get(STAFF.clerk, `batches/${id}`);
      rows.push(
        ...(batch['rows'] as Json[])
          .filter((r) => r['status'] === 'waiting' && ['no-match', 'unchecked'].includes(r['check']))
          .map((r) => ({ pilot: r['pilot'] as string })),
      );
    }
    await each(rows, WIDTH, ({ pilot }) => this.anotherAccount(pilot, this.planOf({ id: pilot, state: '' })));
    await this.year.settle();
  }

  private batches(state: string): Promise<Json[]> {
    return this.client.list(STAFF.clerk, `batches?state=${state}`);
  }

  /** The clerk prepares what is due, a second person approves it. */
  private async payOut(): Promise<void> {
    await this.year.settle();
    for (const { id } of [...(await this.batches('prepared')), ...(await this.batches('open'))]) {
      const path = `batches/${id}`;
      let batch = await this.client.get(STAFF.clerk, path);
      for (const { row } of (batch['rows'] as Json[]).filter(
        (r) => r['status'] === 'waiting' && r['check'] === 'close' && r['accepted'] !== true,
      ))
        await this.client.post(STAFF.clerk, `${path}/close-matches`, `close-match/${row}`, { row });
      batch = await this.client.get(STAFF.clerk, path);
      if ((batch['payable'] as string[]).length === 0) continue;
      const { digest } = batch as { digest: string };
      await this.client.post(STAFF.clerk, `${path}/preparation`, `prepare/${digest.slice(0, 24)}`);
      const { etag } = await this.client.edit(STAFF.approver, path);
      await this.client.post(STAFF.approver, `${path}/approval`, `approve/${digest.slice(0, 24)}`, { digest }, etag);
    }
    await this.year.settle();
  }

  /** From money to the accepted report and what is told of it. */
  private async follow(row: Row, plan: Plan): Promise<void> {
    const { n, who, form } = plan;
    const path = `applications/${row.id}`;
    const step = (what: string, by: typeof who, name: string, body?: object) =>
      this.year.doOnce(`${what}/${n}`, () => this.client.post(by, `${path}/${name}`, `${what}/${n}`, body));
    switch (row.state) {
      case 'paid': {
        const weeks = days(row['paidAt'] as string, this.year.at) / 7;
        if (plan.after === 'changes-plan') await step('plan', who, 'plan-change', { text: 'Pidetään kokeilu ulkona, jos sää sallii.' });
        if (plan.after === 'needs-time' && weeks > 6 && plan.reportWeeks > 7)
          await step('extend', STAFF.officer, 'report-extension', {
            due: addDays(row['reportDue'] as string, 21),
            reason: 'Tapahtuma siirtyi sairastumisen vuoksi.',
          });
        if (weeks > plan.reportWeeks) await step('report', who, 'report', reportOf(plan, row['paidCents'] as number));
        break;
      }
      case 'reported':
        if (plan.incomplete && !this.incomplete.has(n)) {
          await step('send-back', STAFF.officer, 'report-return', { text: 'Kertoisitko vielä, moniko osallistui?' });
          this.incomplete.add(n);
        } else await step('accept-report', STAFF.officer, 'report-acceptance');
        break;
      case 'sent-back':
        await step('report-again', who, 'report', reportOf(plan, row['paidCents'] as number));
        break;
      case 'to-return': {
        const body = { cents: row['toReturnCents'] as number, reference: `RF${String(n).padStart(8, '0')}`, on: this.year.today };
        await step('return', STAFF.clerk, 'returned-money', body);
        break;
      }
      case 'completed':
        if (!plan.publishes) break;
        await step('publish-text', STAFF.officer, 'public-text', {
          title: form.title,
          summary: 'Kokeilu toteutettiin alueella yhdessä asukkaiden kanssa.',
          ...(plan.report.outcome === 'yes' ? {} : { lesson: 'Aika oli liian lyhyt; ensi kerralla tieto jaetaan aikaisemmin.' }),
        });
        if (form.kind === 'association' || form.kind === 'company')
          await step('publish-recipient', STAFF.officer, 'public-recipient', { organisation: form.name });
        if (plan.adoption !== 'none')
          await this.year.doOnce(`adopt/${n}`, async () => {
            const body = { owner: 'Hyvinvointipalvelut', title: form.title, districts: [form.district] };
            const { id } = await this.client.post(STAFF.officer, `${path}/adoption`, `adopt/${n}`, body);
            this.proposed.set(id as string, plan);
          });
    }
  }

  /** The owner answers, the budget's holder decides, the service begins. */
  private async adopt(): Promise<void> {
    if (this.proposed.size === 0) return;
    await this.year.settle();
    const services = new Map((await this.year.options.publicClient.list(null, 'services')).map((s) => [s['service'] as string, s]));
    for (const [id, { n, adoption, form }] of this.proposed) {
      const path = `services/${id}`;
      const adopted = adoption === 'adopted';
      switch (services.get(id)?.['state']) {
        case 'proposed':
          await this.client.post(STAFF.owner, `${path}/answer`, `owner/${n}`, {
            answer: adopted ? 'for' : adoption === 'not-adopted' ? 'against' : 'try-elsewhere',
            comment: 'Luimme selvityksen ja kävimme paikalla.',
          });
          break;
        case 'answered':
          await this.client.post(STAFF.decider, `${path}/decision`, `adoption/${n}`, {
            result: adoption,
            section: `§ A${n}`,
            body: 'Hyvinvointilautakunta',
            decidedOn: this.year.today,
            reason: adopted ? 'Kokeilu toimi ja sille on paikka palveluissa.' : 'Kokeilu jää opiksi.',
            yearlyCents: adopted ? 150_000 : 0,
            fromYear: Number(this.year.today.slice(0, 4)) + 1,
            districts: adopted ? [form.district] : [],
          });
          break;
        case 'adopted':
          if ((services.get(id)!['started'] as unknown[]).length === 0)
            await this.client.post(STAFF.owner, `${path}/districts`, `district/${n}`, { district: form.district, on: this.year.today });
      }
    }
  }
}

function reportOf({ report, form }: Plan, paidCents: number): object {
  const usedCents = Math.max(1, paidCents - Math.floor(paidCents * report.unspentShare));
  return {
    happened: `Kokeilu pidettiin: ${form.title}`,
    participants: report.participants,
    outcome: report.outcome,
    learned:
      report.outcome === 'no'
        ? 'Idea ei toiminut tällä tavalla, koska tieto ei tavoittanut ihmisiä.'
        : 'Pieni ja avoin tapahtuma saa naapurit liikkeelle.',
    lines: [{ what: 'toteutuneet kulut', cents: usedCents }],
    goOn: report.goOn,
    continuation: report.goOn ? 'Yhdistys voisi jatkaa.' : '',
  };
}
