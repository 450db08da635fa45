import { randomUUID } from 'node:crypto';
import type { Own } from '@minipilot/identity/policy-table.js';
import type { Role } from '@minipilot/identity/roles.js';
import { iban, type Person } from '../support/api.js';
import { startAll, type Deployment } from '../support/running.js';
import { businessId, callForm, form, Municipality, rankedCall, rankedRules, START } from '../e2e/municipality.js';
import { sharesRules } from '../e2e/voting.js';

export const OPERATOR = 'operator-token-for-tests-0123456789';

/** What a path can name. */
export type Ids = Record<string, string>;

export interface Caller {
  person: string;
  roles: readonly Role[];
  tenant?: string;
  /** signed in an hour ago */
  stale?: boolean;
}

/** Somebody whose own a thing is; `person` stands for the e-mail. */
export interface Owner {
  person: string;
  as: string;
  ids: Ids;
}

/**
 * A municipality in which everything that a path can name is there once, in the stages that the matrix needs:
 * a draft call, one to come, one that is open, and one whose committee scores and whose residents will vote; applications by their applicant, by whoever filed
 * for an association and by a helper; one that was granted, paid to another recipient, reported, and not adopted.
 */
export class World {
  readonly calls: { draft: string; upcoming: string; open: string; scoring: string };
  /** by their own applicant, in the open call */
  pilot: string;
  /** taken down by an agent */
  helped: string;
  /** of the call that is being scored */
  scored: string;
  /** granted, paid, reported, not adopted */
  done: string;
  /** drafts of the same person in the open call and in the one to come */
  drafts: { open: string; upcoming: string };
  /** to who was helped */
  letter: string;
  /** by the same resident */
  decidedAppeal: string;
  batch: string;
  service: string;
  /** for the vote beside the call that is being scored, which has not begun */
  votingCode: string;
  /** by a member of the municipality, against the award of `done` */
  appeal: string;
  owners: Readonly<Record<Own, readonly Owner[]>>;

  private constructor(
    readonly deployment: Deployment,
    readonly town: Municipality,
  ) {}

  static async begin(): Promise<World> {
    const settings = { MINIPILOT_TENANTS: 'demo,toinen', MINIPILOT_OPERATOR_TOKEN: OPERATOR };
    const deployment = await startAll({ clock: START, settings });
    const world = new World(deployment, await Municipality.open(deployment));
    try {
      await world.announce();
      await world.apply();
      await world.carryOut();
      await world.letScore();
    } catch (error) {
      await deployment.end();
      throw error;
    }
    return world;
  }

  end(): Promise<void> {
    return this.deployment.end();
  }

  /** What every path names unless told otherwise. */
  get ids(): Ids {
    return {
      call: this.calls.open,
      draft: this.drafts.open,
      pilot: this.done,
      application: this.done,
      message: this.letter,
      name: randomUUID(),
      batch: this.batch,
      service: this.service,
      appeal: this.appeal,
      stream: `demo.pilot-${this.done}`,
      code: 'not-found',
    };
  }

  /** Names of nothing. */
  static nothing(ids: Ids): Ids {
    return Object.fromEntries(Object.keys(ids).map((name) => [name, name === 'stream' ? `demo.pilot-${randomUUID()}` : randomUUID()]));
  }

  /** Lets scoring close, so that there is a proposal which nobody has signed. */
  async closeScoring(): Promise<void> {
    await this.town.api.advance('2027-02-27T13:01:00.000Z');
  }

  private async announce(): Promise<void> {
    const january = { authority: { section: '§ 70', on: '2027-01-04' }, themes: callForm()['themes'] as unknown };
    const { id: draft } = await this.town.staff.officer.post('calls', rankedCall({ districts: ['Jukola'] }));
    const districts = ['Jukola'];
    Object.assign(this, {
      calls: {
        draft,
        upcoming: await this.town.announce(rankedCall({ ...january, districts })),
        open: await this.town.announce(callForm({ districts })),
        scoring: await this.town.announce(
          rankedCall({
            ...january,
            districts,
            opensAt: '2027-02-01T07:00:00.000Z',
            closesAt: '2027-02-20T13:00:00.000Z',
            rules: { ...rankedRules, vote: sharesRules.vote },
          }),
        ),
      },
    });
  }

  private async apply(): Promise<void> {
    const { town, calls } = this;
    await town.api.advance('2027-02-02T08:00:00.000Z');
    const owner = await town.api.as('oma', [], 'Oma Omistaja');
    const agent = await town.api.as('apuri', ['agent'], 'Aada Apuri');
    const chair = await town.api.as('yhdistys', [], 'Yrjö Yhdistys');
    const first = await town.api.as('alku', [], 'Alku Hakija');
    const mail = ({ name, email }: Person) => form(name, { email });
    ({ id: this.pilot } = await town.apply(calls.open, owner, mail(owner)));
    ({ id: this.scored } = await town.apply(calls.scoring, owner, mail(owner)));
    ({ id: this.done } = await town.apply(calls.open, first, mail(first)));
    const helped = { channel: 'paper', writtenAt: '2027-02-02T07:30:00.000Z', authorised: true };
    const { email: _, ...paper } = form('Autettu Asukas', { phone: '040 111 2222' });
    ({ id: this.helped } = await town.apply(calls.open, agent, paper, helped));
    const association = form('Jukolan kylät', { kind: 'association', businessId: businessId(40), email: chair.email });
    const { id: filed } = await town.apply(calls.open, chair, association);
    const draft = async (call: string) => (await owner.post(`calls/${call}/drafts`, { form: form(owner.name, { email: owner.email }) })).id;
    this.drafts = { open: await draft(calls.open), upcoming: await draft(calls.upcoming) };
    this.owners = {
      draft: [{ person: 'oma', as: 'who began it', ids: { call: calls.open, draft: this.drafts.open } }],
      application: [
        { person: 'oma', as: 'its applicant', ids: { pilot: this.pilot } },
        { person: 'yhdistys', as: 'who filed it', ids: { pilot: filed } },
        { person: 'apuri', as: 'who helped', ids: { pilot: this.helped } },
        { person: 'saaja', as: 'its recipient', ids: { pilot: this.done } },
      ],
      committee: [
        { person: 'jasen', as: 'a member', ids: { call: calls.scoring, application: this.scored } },
        { person: 'puheenjohtaja', as: 'its chair', ids: { call: calls.scoring, application: this.scored } },
      ],
      chair: [{ person: 'puheenjohtaja', as: 'its chair', ids: { call: calls.scoring, application: this.scored } }],
      // once there is an award that can be appealed against
      appeal: [],
      'appeal-or-decision': [],
    };
  }

  /** One application from its decision to an adoption that was decided against, paid to a recipient who took over. */
  private async carryOut(): Promise<void> {
    const { town, calls, done } = this;
    const { officer, decider, clerk, owner } = town.staff;
    const first = await town.api.as('alku', []);
    const recipient = await town.api.as('saaja', [], 'Sanna Saaja');
    await officer.post(`calls/${calls.open}/readings`, { application: done, values: [true, true, true] });
    await officer.post(`calls/${calls.open}/rounds`);
    const decision = { application: done, result: 'granted', cents: 50_000, reasonCode: 'hyvä', reason: 'Täyttää perusteet.' };
    const decided = { section: '§ 1', caseNumber: 'KAU/1/2027', decidedOn: '2027-02-02', decisions: [decision] };
    await decider.post(`calls/${calls.open}/decisions`, decided);
    await officer.post(`calls/${calls.open}/notices`, { applications: [done], channel: 'electronic', sentOn: '2027-02-02' });
    await officer.post(`calls/${calls.open}/publication`, { publishedOn: '2027-02-02' });
    await town.api.settle();
    const resident = await town.api.as('vaatija', [], 'Veikko Vaatija');
    const demand = { demand: 'Päätös on kumottava.', grounds: 'Peruste puuttuu.' };
    ({ id: this.appeal } = await resident.post(`calls/${calls.open}/appeals`, { application: done, resident: true, ...demand }));
    ({ id: this.decidedAppeal } = await resident.post(`calls/${calls.open}/appeals`, { application: done, resident: true, ...demand }));
    const board = await town.api.as('oikaisulautakunta', ['appeal-body']);
    const dismissed = {
      result: 'dismissed',
      section: '§ 4',
      caseNumber: 'KAU/4/2027',
      decidedOn: '2027-02-02',
      reason: 'Peruste on päätöksessä.',
    };
    const etag = (await board.ask('GET', `appeals/${this.decidedAppeal}`)).headers.get('etag')!;
    await board.post(`appeals/${this.decidedAppeal}/decision`, dismissed, { ifMatch: etag });
    const ids = { appeal: this.appeal };
    const filed = { person: 'vaatija', as: 'who filed it', ids };
    const concerned = [
      { person: 'alku', as: 'the applicant', ids },
      { person: 'saaja', as: 'the recipient', ids },
    ];
    this.owners = { ...this.owners, appeal: [filed], 'appeal-or-decision': [filed, ...concerned] };
    const told = (await officer.get(`applications/${this.helped}/messages`)).items as { id: string; state: string }[];
    this.letter = told.find(({ state }) => state === 'to-post')!.id;
    await first.post(`applications/${done}/recipient-withdrawal`);
    await first.post(`applications/${done}/recipient`, { name: recipient.name, email: recipient.email });
    await town.api.account(iban(1), recipient.name);
    await recipient.post(`applications/${done}/acceptance`, { iban: iban(1) });
    this.batch = (await town.openBatches())[0].id;
    await town.release(this.batch);
    await town.api.advance('2027-02-09T08:00:00.000Z');
    expect((await clerk.get(`batches/${this.batch}`)).status).toBe('finished');
    const report = { happened: 'Kokeiltiin.', participants: 9, outcome: 'yes', learned: 'Opittiin.', goOn: true, continuation: 'Me.' };
    await recipient.post(`applications/${done}/report`, { ...report, lines: [{ what: 'Tarvikkeet', cents: 50_000 }] });
    await officer.post(`applications/${done}/report-acceptance`);
    ({ id: this.service } = await officer.post(`applications/${done}/adoption`, {
      owner: 'hyvinvointi',
      title: 'Kahvila',
      districts: ['Jukola'],
    }));
    await owner.post(`services/${this.service}/answer`, { answer: 'against', comment: 'Ei nyt.' });
    await decider.post(`services/${this.service}/decision`, {
      result: 'not-adopted',
      section: '§ 2',
      body: 'Palvelujohtaja',
      decidedOn: '2027-02-09',
      reason: 'Ei nyt.',
      yearlyCents: 0,
      fromYear: 2028,
      districts: [],
    });
  }

  private async letScore(): Promise<void> {
    const { town, calls } = this;
    await town.api.advance('2027-02-20T13:01:00.000Z');
    const members = [await town.api.as('puheenjohtaja', ['chair'], 'Päivi Puhe'), await town.api.as('jasen', ['member'], 'Jussi Jäsen')];
    await town.staff.officer.post(`calls/${calls.scoring}/scoring`, {
      members: members.map(({ email, name }) => ({ email, name })),
      chair: members[0]!.email,
      closesAt: '2027-02-27T13:00:00.000Z',
    });
    for (const member of members) await member.post(`calls/${calls.scoring}/scorebook/conflicts`, { conflicts: [] });
    const { officer } = town.staff;
    const projects = [{ application: this.scored, title: 'Kokeilu', summary: 'Kokeillaan.' }];
    await officer.post(`calls/${calls.scoring}/vote/projects`, { projects });
    const vote = { opensAt: '2027-03-10T07:00:00.000Z', closesAt: '2027-03-17T13:00:00.000Z', online: true, paper: false };
    await officer.post(`calls/${calls.scoring}/vote`, vote);
    [this.votingCode] = (await officer.post(`calls/${calls.scoring}/vote/codes`, { count: 1, place: 'Kirjasto' })).codes;
    await town.api.settle();
  }
}
