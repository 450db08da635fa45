import { Api, ok, type Person, type Reply } from '../support/api.js';
import { startAll, startThree, type Deployment } from '../support/running.js';

/** Two shapes of the same product. */
export const SHAPES = { 'one process': () => startAll({ clock: START }), 'three processes': () => startThree({ clock: START }) };
export type Shape = keyof typeof SHAPES;

/** Districts of the stories, besides those of the demonstration. */
export const DISTRICTS = ['Jukola', 'Kauriala', 'Keinusaari', 'Keskusta', 'Iittala', 'Rantakylä', 'Harjula'];

/** A Monday, seven weeks before the first story. */
export const START = '2027-01-11T08:00:00.000Z';

const texts = (fi: string, sv: string) => ({ fi, sv });

/** What every call of these tests has; nothing that an announcement needs is missing. */
export const callForm = (change: Record<string, unknown> = {}): Record<string, any> => ({
  title: texts('Kokeile Jukolassa', 'Prova på i Jukola'),
  description: texts('Pieni raha pieneen kokeiluun.', 'Lite pengar till ett litet försök.'),
  themes: [{ theme: 'Arjen apu', owner: 'Hyvinvointipalvelut', ownerPromisedOn: '2027-01-05' }],
  districts: ['Jukola', 'Kauriala', 'Keinusaari', 'Iittala'],
  grant: { minCents: 10_000, maxCents: 50_000 },
  budget: { cents: 600_000, year: 2027, costCentre: '4100', account: '4740', project: 'MP-1' },
  appealReserveCents: 50_000,
  whoMayApply: ['resident', 'group', 'association', 'company'],
  applicationsPerApplicant: 1,
  opensAt: '2027-02-01T07:00:00.000Z',
  closesAt: '2027-04-30T13:00:00.000Z',
  reportDueDays: 91,
  pay: 'at-once',
  authority: { section: '§ 12', on: '2027-01-04' },
  decisionMaker: 'Palvelujohtaja',
  deputy: 'Kehittämispäällikkö',
  appealBody: 'Hyvinvointilautakunta',
  contactPoint: { office: 'Avustuskoordinaattori', reach: 'avustukset@kaupunki.example' },
  rules: {
    method: 'rolling',
    criteria: ['hyöty', 'opittavaa', 'toteutuu'].map((id) => ({ id, weight: 0 })),
    scale: { min: 0, max: 1 },
    minimumCards: 1,
    tieRule: ['lot'],
    whenOverBudget: 'skip',
    readers: 1,
    round: { weekday: 5, time: '09:00' },
  },
  ...change,
});

export const rankedRules = {
  method: 'ranked-until-budget',
  criteria: [
    { id: 'hyöty', weight: 50 },
    { id: 'opittavaa', weight: 30 },
    { id: 'toteutuu', weight: 20 },
  ],
  scale: { min: 0, max: 100 },
  minimumCards: 2,
  tieRule: ['criterion-order', 'lot'],
  whenOverBudget: 'skip',
  waitingList: 3,
};

export const rankedCall = (change: Record<string, unknown> = {}): Record<string, any> =>
  callForm({
    title: texts('Syksyn kokeilut', 'Höstens försök'),
    themes: [{ theme: 'Arjen apu', owner: 'Hyvinvointipalvelut', ownerPromisedOn: '2027-08-20' }],
    budget: { cents: 500_000, year: 2027, costCentre: '4100', account: '4740', project: 'MP-2' },
    opensAt: '2027-09-01T09:00:00.000Z',
    closesAt: '2027-09-22T13:00:00.000Z',
    authority: { section: '§ 70', on: '2027-08-25' },
    rules: rankedRules,
    ...change,
  });

/** A complete application of a resident who asks for 500 €. */
export const form = (name: string, change: Record<string, unknown> = {}): Record<string, any> => ({
  kind: 'resident',
  name,
  email: 'asukas@koti.example',
  title: `Kokeilu: ${name}`,
  idea: 'Kokeillaan yhdessä ja katsotaan, mitä opitaan.',
  district: 'Jukola',
  place: 'Koulun pihalla',
  time: 'Torstaisin keväällä',
  lines: [{ what: 'Tarvikkeet', cents: 50_000 }],
  involves: [],
  language: 'fi',
  confirmed: true,
  ...change,
});

/** A Finnish business id for each number below a million; those whose check digit would be 10 do not exist. */
export function businessId(n: number): string {
  const digits = String(2_000_000 + n);
  const sum = [7, 9, 10, 5, 8, 4, 2].reduce((total, weight, i) => total + weight * Number(digits[i]), 0) % 11;
  return sum === 1 ? businessId(n + 500_000) : `${digits}-${sum === 0 ? 0 : 11 - sum}`;
}

/** A municipality with its staff, at a deployment of its own. */
export class Municipality {
  readonly staff: Record<'admin' | 'officer' | 'agent' | 'decider' | 'clerk' | 'approver' | 'owner' | 'auditor' | 'board', Person>;

  private constructor(readonly api: Api) {}

  static async open(deployment: Deployment): Promise<Municipality> {
    const api = await Api.of(deployment);
    const town = new Municipality(api);
    Object.assign(town, {
      staff: {
        admin: await api.as('hallinto', ['admin'], 'Anna Hallinto'),
        officer: await api.as('koordinaattori', ['officer'], 'Olli Koordinaattori'),
        agent: await api.as('agentti', ['agent'], 'Aada Agentti'),
        decider: await api.as('johtaja', ['decision-maker'], 'Jaana Johtaja'),
        clerk: await api.as('maksaja', ['finance-clerk'], 'Mika Maksaja'),
        approver: await api.as('hyvaksyja', ['finance-approver'], 'Hilkka Hyväksyjä'),
        owner: await api.as('omistaja', ['owner'], 'Outi Omistaja'),
        auditor: await api.as('tarkastaja', ['auditor'], 'Tarja Tarkastaja'),
        board: await api.as('lautakunta', ['decision-maker', 'appeal-body'], 'Leena Lautakunta'),
      },
    });
    return town;
  }

  /** Sets the policy as an admin does: on top of what is in force. */
  async setPolicy(change: Record<string, unknown>): Promise<void> {
    const { admin } = this.staff;
    const now = await admin.ask('GET', 'policy');
    await admin.put('policy', { ...ok(now), ...change }, { headers: { 'if-match': now.headers.get('etag')! } });
  }

  /** Drafts and announces a call. Returns its id. */
  async announce(content: Record<string, unknown>): Promise<string> {
    const { officer } = this.staff;
    const { id } = await officer.post('calls', content);
    await officer.post(`calls/${id}/announcement`);
    return id;
  }

  /** Hands in an application by draft, as the form does. */
  async apply(call: string, who: Person, filled: Record<string, unknown>, helped?: Record<string, unknown>): Promise<any> {
    const draft = await who.post(`calls/${call}/drafts`, { form: filled, ...(helped === undefined ? {} : { helped }) });
    return who.post(`calls/${call}/drafts/${draft.id}/submit`);
  }

  /** Batches with rows that wait, in order of their opening. */
  async openBatches(): Promise<any[]> {
    await this.api.settle();
    const open = await this.staff.clerk.all('batches?state=open');
    return open.filter((batch) => (batch.byState.waiting ?? 0) > 0).reverse();
  }

  async prepare(batch: string): Promise<void> {
    await this.staff.clerk.post(`batches/${batch}/preparation`);
  }

  /** Approves what the batch holds now. */
  async approve(batch: string, by: Person = this.staff.approver): Promise<Reply> {
    const { digest, revision } = await by.get(`batches/${batch}`);
    return by.ask('POST', `batches/${batch}/approval`, { body: { digest }, ifMatch: revision });
  }

  /** Prepares, approves and so releases a batch. */
  async release(batch: string): Promise<void> {
    await this.prepare(batch);
    ok(await this.approve(batch));
    await this.api.settle();
  }

  /** The ledger of a call in cents, from its own stream; its books must balance. */
  async ledger(call: string): Promise<Record<string, number>> {
    await this.api.settle();
    const { state } = await this.staff.auditor.get(`audit/ledgers/${call}`);
    expect(state.debits).toBe(state.credits);
    const { budget, ...accounts } = state.balances as Record<string, number>;
    expect(Object.values(accounts).reduce((sum, cents) => sum + cents, 0)).toBe(-budget!);
    // accounts that hold nothing are not worth a line
    return Object.fromEntries(Object.entries(accounts).filter(([, cents]) => cents !== 0));
  }

  /** What happened to one grant's money, without anything that differs from run to run. */
  async moneyPath(pilot: string): Promise<unknown[]> {
    const { steps } = await this.staff.auditor.get(`audit/pilots/${pilot}/money`);
    return steps.map(({ at, step, cents, entries, effectiveOn }: Record<string, unknown>) => ({ at, step, cents, entries, effectiveOn }));
  }
}

/** Who applied for what, as the stories know them. */
export interface Applicant {
  id: string;
  who: Person;
  name: string;
}

/** A year of one municipality, in which the stories happen one after the other. */
export class Year {
  private deployment: Deployment | null = null;
  town: Municipality;
  /** Aune's pilot */
  aune: string;
  /** the ranked call of the autumn, and who won in it by place */
  autumn: string;
  readonly winners: Applicant[] = [];
  /** of the two pilots of story C */
  moneyPaths: unknown[][] = [];

  constructor(
    readonly shape: Shape,
    readonly outcomes: { kide: string; party: string },
  ) {}

  async begin(): Promise<void> {
    this.deployment = await SHAPES[this.shape]();
    this.town = await Municipality.open(this.deployment);
    await this.town.setPolicy({ districts: DISTRICTS });
  }

  async end(): Promise<void> {
    await this.deployment?.end();
  }

  /** Lets time pass until then. */
  async at(time: string): Promise<void> {
    await this.town.api.advance(time);
  }

  /** A recipient reports, and the officer accepts; returns the pilot. */
  async report(who: Person, pilot: string, report: Record<string, unknown>): Promise<any> {
    const { officer } = this.town.staff;
    const plain = { happened: 'Kokeiltiin.', learned: 'Opittiin.', goOn: false, continuation: '' };
    await who.post(`applications/${pilot}/report`, { ...plain, ...report });
    await officer.post(`applications/${pilot}/report-acceptance`);
    return officer.get(`applications/${pilot}`);
  }
}
