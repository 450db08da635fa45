import { randomUUID } from 'node:crypto';
import { DemoIdentity } from '@minipilot/identity/demo-identity.js';
import type { PolicyRow } from '@minipilot/identity/policy-table.js';
import { ROLES, type Role } from '@minipilot/identity/roles.js';
import { stages } from '@minipilot/identity/stages.js';
import { ask, ok } from '../support/api.js';
import { sampleBody, type Description } from './sample-body.js';
import type { Outside } from './outside.js';
import { OPERATOR, World, type Caller, type Ids } from './world.js';

export type Table = Readonly<Record<string, PolicyRow>>;

/** How a request may end: with what the guard says, or at the handler, whatever that says. */
type End = 'through' | 'nothing there' | 'not 401 or 403' | `${401 | 403 | 404} ${string}`;

/** One cell: a route, who calls it, what its path names, and how that must end. */
interface Cell {
  route: string;
  as: string;
  /** undefined: nobody is signed in; a text: a token as it is */
  caller: Caller | string | undefined;
  ids: Ids;
  tenant: string;
  /** with a body of the right shape; else with one that is none, which shows that the guard comes before whoever reads it */
  proper: boolean;
  end: End;
}

const stranger = (...roles: Role[]): Caller => ({ person: 'tuntematon', roles });
const FOREIGN = 'toinen';

/** Every cell of the table. What the world has no owner of is an error: the matrix would say less than it seems to. */
export function* cellsOf(table: Table, world: World): Generator<Cell> {
  for (const [route, row] of Object.entries(table)) {
    const params = [...route.matchAll(/:(\w+)/g)].map(([, name]) => name!).filter((name) => name !== 'tenant');
    const owners = row.own === undefined ? [] : world.owners[row.own];
    if (owners === undefined) throw new Error(`the world of the matrix has nothing that is somebody’s own ${row.own}`);
    const ids = Object.fromEntries(params.map((name) => [name, { ...world.ids, ...owners[0]?.ids }[name]!]));
    const missing = params.find((name) => ids[name] === undefined);
    if (missing !== undefined) throw new Error(`the world of the matrix has nothing that :${missing} could name`);
    const cell = (as: string, caller: Cell['caller'], end: End, more: Partial<Cell> = {}): Cell => ({
      route,
      as,
      caller,
      ids,
      tenant: 'demo',
      proper: false,
      end,
      ...more,
    });
    yield* cellsOfRow(row, route, world, cell, ids);
  }
}

function* cellsOfRow(
  row: PolicyRow,
  route: string,
  world: World,
  cell: (as: string, caller: Cell['caller'], end: End, more?: Partial<Cell>) => Cell,
  ids: Ids,
): Generator<Cell> {
  const inTown = route.includes('/:tenant');
  const named = Object.keys(ids).length > 0;
  const audience = row.for;
  if (audience === 'operator') {
    yield cell('nobody', undefined, '401 unauthorised');
    for (const role of ROLES) yield cell(role, stranger(role), '401 invalid-token');
    yield cell('the operator', OPERATOR, 'through');
    return;
  }
  if (audience === 'public') {
    yield cell('nobody', undefined, 'not 401 or 403');
    for (const role of ROLES) yield cell(role, stranger(role), 'not 401 or 403');
    if (inTown) yield cell('nobody, of a municipality that is none', undefined, '404 not-found', { tenant: 'eiole' });
    return;
  }
  yield cell('nobody', undefined, '401 unauthorised');
  yield cell('a forged token', `${'x'.repeat(30)}.${'y'.repeat(40)}.${'z'.repeat(40)}`, '401 invalid-token');

  const may = (role: Role) => audience === 'signed-in' || audience.includes(role);
  const others = ROLES.filter((role) => row.others?.includes(role));
  const foreigners = ROLES.filter(may);
  for (const role of ROLES) {
    // somebody with this role alone, who has nothing to do with what the path names
    const allowed: End = row.own === undefined || others.includes(role) ? 'through' : '404 not-found';
    yield cell(`${role}, of another’s`, stranger(role), may(role) ? allowed : '403 forbidden');
    for (const { person, as, ids: own } of row.own === undefined ? [] : world.owners[row.own])
      yield cell(`${role}, ${as}`, { person, roles: [role] }, may(role) ? 'through' : '403 forbidden', { ids: { ...ids, ...own } });
    if (named) {
      const end: End = !may(role) ? '403 forbidden' : row.own !== undefined && !others.includes(role) ? '404 not-found' : 'nothing there';
      yield cell(`${role}, of nothing`, stranger(role), end, { ids: World.nothing(ids), proper: true });
    }
    if (inTown) {
      yield cell(`${role} of another municipality`, { ...stranger(role), tenant: FOREIGN }, '404 not-found');
      yield cell(`${role}, in another municipality`, stranger(role), '404 not-found', { tenant: FOREIGN });
    }
    if (row.own === 'application')
      yield cell(
        `${role}, of what staff took down`,
        stranger(role),
        !may(role) ? '403 forbidden' : others.includes(role) || row.helped?.includes(role) === true ? 'through' : '404 not-found',
        { ids: { ...ids, pilot: world.helped } },
      );
    // who scores a call opens its applications by no role
    if (row.own === 'application' && others.includes(role))
      yield cell(`${role}, who scores it`, { person: 'jasen', roles: [role, 'member'] }, '404 not-found', {
        ids: { ...ids, pilot: world.scored },
      });
  }
  // what another municipality has under the same id is nothing to those who may call the route there
  if (inTown && named)
    yield cell('all roles, at home, with foreign ids', { person: 'muualta', roles: foreigners, tenant: FOREIGN }, 'nothing there', {
      tenant: FOREIGN,
      proper: true,
    });
  const own = row.own === undefined ? undefined : world.owners[row.own][0];
  const entitled = (roles: readonly Role[], stale = false): Caller => ({ person: own?.person ?? 'tuntematon', roles, stale });
  const more = { ids: { ...ids, ...own?.ids } };
  if (audience !== 'signed-in') {
    const rest = ROLES.filter((role) => !may(role));
    yield cell('all other roles at once', entitled(rest), '403 forbidden', more);
    for (const role of audience) yield cell(`all other roles and ${role}`, entitled([...rest, role]), 'through', more);
  }
  yield cell('all roles at once', entitled(ROLES), 'through', more);
  yield cell('signed in an hour ago', entitled(ROLES, true), row.fresh === true ? '401 fresh-sign-in-needed' : 'through', more);
}

/** Reads that list what is there, or one's own: for an id of nothing they have nothing to list. */
const LISTS = ['GET /api/:tenant/calls/:call/drafts', 'GET /api/:tenant/desk/calls/:call/applications'];

interface Told {
  code: string;
  instance?: string;
}
/** Tries the cells of a table against the running server. */
export class Matrix {
  private readonly tokens = new Map<string, string>();

  private constructor(
    private readonly world: World,
    private readonly now: DemoIdentity,
    private readonly anHourAgo: DemoIdentity,
    private readonly described: Description,
    /** what is told of an application that does not exist */
    private readonly notThere: string,
  ) {}

  static async of(world: World): Promise<Matrix> {
    const { data, desk } = world.deployment;
    const [now, early] = [await DemoIdentity.open(data), await DemoIdentity.open(data, () => new Date(Date.now() - 3_600_000))];
    const token = await now.issue({ person: 'tuntematon', tenant: 'demo', roles: [] });
    const nothing = await fetch(`${desk}/api/demo/applications/${randomUUID()}`, { headers: { authorization: `Bearer ${token}` } });
    const { instance: _, ...told } = (await nothing.json()) as Told;
    expect(told).toMatchObject({ status: 404, code: 'not-found' });
    return new Matrix(world, now, early, ok(await ask(desk, 'GET', '/openapi.json')) as Description, JSON.stringify(told));
  }

  /** Tries every cell; tells how many there were and what was not as the table says. */
  async try(table: Table): Promise<{ cells: number; failures: string[] }> {
    const cells = [...cellsOf(table, this.world)];
    const failures: string[] = [];
    const waiting = [...cells];
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        for (let cell = waiting.pop(); cell !== undefined; cell = waiting.pop()) {
          const wrong = await this.tryOne(cell);
          if (wrong !== null) failures.push(`${cell.route} as ${cell.as}: ${wrong}`);
        }
      }),
    );
    return { cells: cells.length, failures: failures.sort() };
  }

  private async tryOne(cell: Cell): Promise<string | null> {
    const [method, template] = cell.route.split(' ') as [string, string];
    const path = template.replace(/:(\w+)/g, (_, name: string) => (name === 'tenant' ? cell.tenant : encodeURIComponent(cell.ids[name]!)));
    const token = await this.token(cell.caller);
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const sent: RequestInit = { method, headers, redirect: 'manual' };
    if (method !== 'GET') {
      const body = cell.proper ? sampleBody(this.described, method, template) : undefined;
      if (cell.proper) Object.assign(headers, { 'idempotency-key': randomUUID(), 'if-match': '"0"' });
      if (!cell.proper || body !== undefined) headers['content-type'] = 'application/json';
      if (!cell.proper) sent.body = '{"not": "JSON';
      else if (body !== undefined) sent.body = JSON.stringify(body);
    }
    const answer = await fetch(this.world.deployment.desk + path, sent);
    const text = await answer.text();
    const problem = answer.headers.get('content-type')?.startsWith('application/problem+json') === true ? (JSON.parse(text) as Told) : null;
    const { instance: _, ...told } = problem ?? { code: '' };
    if (!this.isRight(cell, answer.status, told.code)) return `wanted ${cell.end}, got ${answer.status} ${told.code}`;
    // what is not one's own cannot be told from what is not there
    if (cell.end === '404 not-found' && JSON.stringify(told) !== this.notThere) return `tells ${JSON.stringify(told)}`;
    return null;
  }

  /** Calls each route of the table that has a stage outside it. */
  async tryStages(table: Table, outside: Readonly<Record<string, Outside>>): Promise<{ cells: number; failures: string[] }> {
    const failures: string[] = [];
    const staged = Object.entries(table).flatMap(([route, { stage }]) => (stage === undefined ? [] : [{ route, stage }]));
    for (const { route, stage } of staged) {
      const codes: readonly string[] = stages[stage].otherwise;
      const how = outside[route];
      const code = how === undefined ? 'no call from outside its stage' : await this.outside(route, how);
      if (!codes.includes(code)) failures.push(`${route}: wanted ${codes.join(' or ')}, got ${code}`);
    }
    return { cells: staged.length, failures };
  }

  /** Calls a route outside its stage; returns the code of the refusal, or the status of what was none. */
  private async outside(route: string, { caller, ids, body, shown }: Outside): Promise<string> {
    const [method, template] = route.split(' ') as [string, string];
    const path = template.replace(/:(\w+)/g, (_, name: string) => (name === 'tenant' ? 'demo' : ids[name]!));
    const token = (await this.token(caller))!;
    const { desk } = this.world.deployment;
    const tag = shown === undefined ? undefined : (await ask(desk, 'GET', `/api/demo/${shown}`, { token })).headers.get('etag');
    const sent = body ?? sampleBody(this.described, method, template);
    const reply = await ask(desk, method, path, {
      token,
      ...(sent === undefined ? {} : { body: sent }),
      ...(tag == null ? {} : { ifMatch: tag }),
    });
    return reply.status === 409 ? (reply.body as { code: string }).code : `${reply.status} ${reply.text}`;
  }

  private isRight({ end, route, proper }: Cell, status: number, code: string): boolean {
    if (status > 499) return false;
    switch (end) {
      case 'through':
        // a handler was asked: it gave an answer, or refused what no guard reads
        return status !== 401 && status !== 403 && code !== 'not-found' && (route.startsWith('GET ') || proper || status === 400);
      case 'not 401 or 403':
        return status !== 401 && status !== 403;
      case 'nothing there':
        return status === (LISTS.includes(route) ? 200 : 404);
      default:
        return `${status} ${code}` === end;
    }
  }

  private async token(caller: Cell['caller']): Promise<string | undefined> {
    if (caller === undefined || typeof caller === 'string') return caller;
    const { person, roles, tenant = 'demo', stale = false } = caller;
    const key = JSON.stringify([person, roles, tenant, stale]);
    const known = this.tokens.get(key);
    if (known !== undefined) return known;
    const token = await (stale ? this.anHourAgo : this.now).issue({ person, tenant, roles });
    this.tokens.set(key, token);
    return token;
  }
}
