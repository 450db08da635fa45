import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Api } from '../support/api.js';
import { startAll, type Deployment } from '../support/running.js';
import { callForm, DISTRICTS, form, rankedCall, START } from '../e2e/municipality.js';
import { CLOSES, OPENS, votedCall } from '../e2e/voting.js';
import { answerOf, type Answer } from './compare.js';

const OPERATOR = 'operator-of-two-worlds-0123456789';
/** Within scoring, and its close. A weekly round of the other call falls between them, so that a timer fires while books are secret. */
export const SCORING = '2027-09-24T08:00:00.000Z';
export const SCORING_CLOSES = '2027-10-04T13:00:00.000Z';

const STAFF = {
  officer: ['koordinaattori', ['officer'], 'Olli Koordinaattori'],
  agent: ['agentti', ['agent'], 'Aada Agentti'],
  admin: ['hallinto', ['admin'], 'Anna Hallinto'],
  decider: ['johtaja', ['decision-maker'], 'Jaana Johtaja'],
  clerk: ['maksaja', ['finance-clerk'], 'Mika Maksaja'],
  approver: ['hyvaksyja', ['finance-approver'], 'Hilkka Hyväksyjä'],
  owner: ['omistaja', ['owner'], 'Outi Omistaja'],
  auditor: ['tarkastaja', ['auditor'], 'Tarja Tarkastaja'],
  chair: ['puheenjohtaja', ['chair'], 'Pirjo Puheenjohtaja'],
  /** whose cards differ */
  member: ['jasen-1', ['member'], 'Jouni Jäsen'],
  colleague: ['jasen-2', ['member'], 'Kaija Kollega'],
  applicant: ['hakija-1', [], 'Aino Hakija'],
  neighbour: ['hakija-2', [], 'Niilo Naapuri'],
  passerby: ['ohikulkija', [], 'Onni Ohikulkija'],
  /** whose ballots differ */
  voter: ['aanestaja', [], 'Ville Äänestäjä'],
  resident: ['asukas', [], 'Asta Asukas'],
} as const;
const RESIDENT = { born: '1980-06-01', resident: true };
export type Who = keyof typeof STAFF | 'public' | 'operator' | 'other-town';
const VOTERS: readonly Who[] = ['voter', 'resident'];
const COMMITTEE: readonly Who[] = ['chair', 'member', 'colleague'];
const EVERYBODY: readonly Who[] = [...(Object.keys(STAFF) as (keyof typeof STAFF)[]), 'public', 'operator', 'other-town'];
/** Those around a committee, and those around a vote. */
export const PEOPLE = EVERYBODY.filter((who) => !VOTERS.includes(who));
export const PEOPLE_OF_A_VOTE = EVERYBODY.filter((who) => !COMMITTEE.includes(who));

/**
 * One municipality in the middle of scoring a call. The same script gives the same world to the byte: its clock stands, and keys, ids and
 * lots of a demonstration follow from what was done.
 */
export class World {
  private readonly tokens = new Map<Who, string>();
  /** answers to the commands of the script, by step */
  readonly answered = new Map<string, Answer>();
  private box: string | null = null;
  readonly ids = { calls: [] as string[], pilots: [] as string[], drafts: [] as string[] };

  private constructor(
    readonly name: string,
    readonly deployment: Deployment,
    private readonly api: Api,
  ) {}

  static async open(name: string): Promise<World> {
    const settings = { MINIPILOT_OPERATOR_TOKEN: OPERATOR, MINIPILOT_TENANTS: 'demo,other' };
    const deployment = await startAll({ clock: START, settings });
    const world = new World(name, deployment, await Api.of(deployment));
    for (const [who, [person, roles, called]] of Object.entries(STAFF) as [keyof typeof STAFF, (typeof STAFF)[keyof typeof STAFF]][])
      world.tokens.set(who, (await world.api.as(person, roles, called, 'demo', VOTERS.includes(who) ? RESIDENT : undefined)).token);
    world.tokens.set('operator', OPERATOR);
    world.tokens.set('other-town', (await world.api.as('muualta', ['officer', 'auditor'], 'Muualta Tullut', 'other')).token);
    return world;
  }

  end(): Promise<void> {
    return this.deployment.end();
  }

  async ask(who: Who, method: string, path: string, how: { body?: unknown; headers?: Record<string, string> } = {}): Promise<Answer> {
    const token = this.tokens.get(who);
    const { body, headers = {} } = how;
    const reply = await fetch(this.deployment.desk + path, {
      method,
      headers: {
        'accept-language': 'fi',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return answerOf(reply.status, reply.headers, this.unmarked(await reply.text()));
  }

  /** A command of the script; its step is its Idempotency-Key. Fails unless it succeeds. Returns the answer's body. */
  async act(step: string, who: Who, method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<any> {
    const answer = await this.ask(who, method, `/api/demo/${path}`, {
      body,
      headers: { 'idempotency-key': step.replace(/[^\x21-\x7e]/g, '-'), ...headers },
    });
    if (answer.status >= 300) throw new Error(`${this.name}, ${step}: ${answer.status} ${answer.body}`);
    if (this.answered.has(step)) throw new Error(`${step} twice`);
    this.answered.set(step, answer);
    await this.settle();
    return JSON.parse(answer.body);
  }

  async settle(): Promise<void> {
    await this.api.settle();
  }
  async at(time: string): Promise<void> {
    await this.api.advance(time);
  }
  /** Up to the first cards: two calls, five applications of which one was helped, a draft, a committee that has told its conflicts. */
  async begin(): Promise<void> {
    const { ids } = this;
    const policy = await this.ask('admin', 'GET', '/api/demo/policy');
    await this.act(
      'policy',
      'admin',
      'PUT',
      'policy',
      { ...JSON.parse(policy.body), districts: DISTRICTS },
      { 'if-match': policy.headers['etag']! },
    );
    const announce = async (step: string, content: object) => {
      const { id } = await this.act(`draft ${step}`, 'officer', 'POST', 'calls', content);
      ids.calls.push(id);
      await this.act(`announce ${step}`, 'officer', 'POST', `calls/${id}/announcement`);
      return id as string;
    };
    const rolling = await announce('rolling', callForm({ closesAt: '2027-12-01T13:00:00.000Z' }));
    await this.at('2027-09-01T06:00:00.000Z');
    const ranked = await announce('ranked', rankedCall());
    ids.calls.push((await this.act('never announced', 'officer', 'POST', 'calls', rankedCall())).id);
    await this.at('2027-09-20T08:00:00.000Z');
    const apply = async (step: string, who: Who, call: string, name: string, more: object = {}) => {
      const draft = await this.act(`begin ${step}`, who, 'POST', `calls/${call}/drafts`, {
        form: form(name, { district: 'Jukola' }),
        ...more,
      });
      const { id } = await this.act(`submit ${step}`, who, 'POST', `calls/${call}/drafts/${draft.id}/submit`);
      ids.pilots.push(id);
    };
    await apply('applicant', 'applicant', ranked, 'Aino Hakija');
    await apply('neighbour', 'neighbour', ranked, 'Niilo Naapuri');
    await apply('owner', 'owner', ranked, 'Outi Omistaja');
    await apply('clerk', 'clerk', ranked, 'Mika Maksaja');
    await apply('rolling', 'applicant', rolling, 'Aino Hakija');
    const draft = await this.act('unfinished', 'neighbour', 'POST', `calls/${rolling}/drafts`, { form: { title: 'Kesken' } });
    ids.drafts.push(draft.id);
    await this.at('2027-09-22T13:01:00.000Z');
    await this.at(SCORING);
    const people = (['chair', 'member', 'colleague'] as const).map((who) => ({
      email: `${STAFF[who][0]}@demo.example`,
      name: STAFF[who][2],
    }));
    await this.act('scoring', 'officer', 'POST', `calls/${ranked}/scoring`, {
      members: people,
      chair: people[0]!.email,
      closesAt: SCORING_CLOSES,
    });
    for (const who of ['chair', 'member', 'colleague'] as const)
      await this.act(`conflicts ${who}`, who, 'POST', `calls/${ranked}/scorebook/conflicts`, { conflicts: [] });
  }

  get ranked(): string {
    return this.ids.calls[1]!;
  }

  /** One card; `n` counts the applications of the ranked call from 0. */
  card(step: string, who: Who, n: number, values: readonly number[] | null, comment?: string): Promise<any> {
    return this.act(`card ${step}`, who, 'PUT', `calls/${this.ranked}/scorebook/cards/${this.ids.pilots[n]}`, {
      ...(values === null ? {} : { assessed: { values } }),
      ...(comment === undefined ? {} : { comment }),
    });
  }

  /** What others do after the cards that differ: their answers may not tell that there were any, nor how many. */
  async goOn(): Promise<void> {
    const { ranked } = this;
    for (const n of [0, 1, 2, 3]) await this.card(`colleague ${n}`, 'colleague', n, [40 + n, 50, 60]);
    await this.act('colleague is done', 'colleague', 'POST', `calls/${ranked}/scorebook/completion`);
    for (const n of [0, 1]) await this.card(`chair ${n}`, 'chair', n, [70, 60, 50 + n]);
    await this.act('check', 'officer', 'POST', `applications/${this.ids.pilots[0]}/check`, { suggestion: 'eligible', codes: [] });
    await this.act('raise', 'officer', 'POST', `calls/${ranked}/budget-raise`, {
      byCents: 10_000,
      authority: { section: '§ 80', on: '2027-09-23' },
    });
    const policy = await this.ask('admin', 'GET', '/api/demo/policy');
    await this.act('policy again', 'admin', 'PUT', 'policy', JSON.parse(policy.body), { 'if-match': policy.headers['etag']! });
    const draft = await this.act('begin late', 'passerby', 'POST', `calls/${ranked}/drafts`, { form: form('Onni Ohikulkija') });
    this.ids.pilots.push((await this.act('submit late', 'passerby', 'POST', `calls/${ranked}/drafts/${draft.id}/submit`)).id);
  }

  /** Up to the first ballots: three projects before the residents. */
  async beginVote(): Promise<void> {
    const { ids } = this;
    const { id: call } = await this.act('draft', 'officer', 'POST', 'calls', votedCall());
    ids.calls.push(call);
    await this.act('announce', 'officer', 'POST', `calls/${call}/announcement`);
    await this.at('2027-02-01T08:00:00.000Z');
    for (const [who, name] of [
      ['applicant', 'Aino Hakija'],
      ['neighbour', 'Niilo Naapuri'],
      ['owner', 'Outi Omistaja'],
    ] as const) {
      const draft = await this.act(`begin ${who}`, who, 'POST', `calls/${call}/drafts`, { form: form(name) });
      ids.pilots.push((await this.act(`submit ${who}`, who, 'POST', `calls/${call}/drafts/${draft.id}/submit`)).id);
    }
    await this.at('2027-02-05T13:01:00.000Z');
    await this.act('projects', 'officer', 'POST', `calls/${call}/vote/projects`, {
      projects: ids.pilots.map((application, i) => ({ application, title: `Kokeilu ${i}`, summary: 'Kokeillaan yhdessä.' })),
    });
    const times = { opensAt: OPENS, closesAt: CLOSES, online: true, paper: false };
    await this.act('open the vote', 'officer', 'POST', `calls/${call}/vote`, times);
    await this.at(OPENS);
    this.box = (JSON.parse((await this.ask('public', 'GET', `/api/demo/calls/${call}/vote`)).body) as { boxKey: string }).boxKey;
  }

  /** One ballot of somebody who is not told of in the worlds' answers. */
  async ballot(who: Who, step: string, ...projects: number[]): Promise<void> {
    const body = { choices: projects.map((n) => this.ids.pilots[n]) };
    const path = `/api/demo/calls/${this.ids.calls[0]}/ballots`;
    const { status } = await this.ask(who, 'POST', path, { body, headers: { 'idempotency-key': step } });
    expect(status).toBe(200);
  }

  /** The key of a ballot box is drawn at random even in a demonstration: it is the one thing that differs between equal worlds. */
  private unmarked(text: string): string {
    return this.box === null ? text : text.replaceAll(this.box, 'the key of the ballot box'.padEnd(64));
  }

  /** Names of all streams that there are. */
  streams(): string[] {
    const db = new DatabaseSync(join(this.deployment.data, 'events.sqlite'), { readOnly: true });
    try {
      return db
        .prepare('SELECT DISTINCT stream FROM events ORDER BY stream')
        .all()
        .map((row) => row['stream'] as string);
    } finally {
      db.close();
    }
  }

  /** Every row of the read models but cursors and settings, without the place of events in the log. */
  readModelRows(): string[] {
    const db = new DatabaseSync(join(this.deployment.data, 'read-models.sqlite'), { readOnly: true });
    try {
      const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND (name LIKE 'desk%' OR name LIKE 'public%')").all();
      return tables.flatMap(({ name }) =>
        db
          .prepare(`SELECT * FROM "${name}"`)
          .all()
          .map(({ position: _, ...row }) => `${name} ${this.unmarked(JSON.stringify(row))}`),
      );
    } finally {
      db.close();
    }
  }
}
