import { SHARES } from '@minipilot/grants/testing.js';
import { parsePb } from '@minipilot/grants/selection/pabulib.js';
import type { Caller } from '@minipilot/platform/http/request-context.js';
import type { CallContent } from '@minipilot/grants/call/events.js';
import { content } from '@minipilot/grants/testing.js';
import type { CommandBus } from '@nestjs/cqrs';
import { addMilliseconds } from '@minipilot/kernel/time.js';
import { written, VOTING_CODE } from '@minipilot/grants/vote/codes.js';
import { CastBallot, claimsOf, voteHandlers } from './commands/vote.commands.js';
import { VotingController } from './controllers/voting.controller.js';
import { Desk } from './desk.js';
import { electionFile } from './election-file.js';
import { codeSheet } from './vote-sheet.js';

const rules = SHARES.vote!;
const caller = (residence?: Caller['residence']): Caller => ({ subject: 's', tenant: 'demo', roles: [], ...(residence && { residence }) });
const claims = (residence?: Caller['residence'], change: Partial<typeof rules> = {}) =>
  claimsOf({ ...rules, ...change }, ['Jukola'], caller(residence), '2027-10-05');

describe('what the rules ask of a voter', () => {
  it('is known as far as the sign-in tells it', () => {
    expect(claims()).toEqual({ ofAge: null, resident: null });
    expect(claims({ born: '1950' })).toEqual({ ofAge: true, resident: null });
    expect(claims({ resident: true })).toEqual({ ofAge: null, resident: true });
    expect(claims({ born: '2020-01-01', resident: false })).toEqual({ ofAge: false, resident: false });
    expect(claims({ resident: true }, { minAge: 0 })).toEqual({ ofAge: true, resident: true });
  });

  it('may be a home in the districts of the call', () => {
    const districts = { residence: 'districts' as const };
    expect(claims({ born: '1950', resident: true, district: 'Jukola' }, districts).resident).toBe(true);
    expect(claims({ born: '1950', resident: true, district: 'Harjula' }, districts).resident).toBe(false);
    expect(claims({ born: '1950', resident: true }, districts).resident).toBeNull();
    expect(claims({ born: '1950', resident: false, district: 'Jukola' }, districts).resident).toBe(false);
    // a district says nothing where it is not told that it is one of this municipality
    expect(claims({ born: '1950', district: 'Jukola' }, districts).resident).toBeNull();
  });
});

describe('a counted vote as a file', () => {
  const file = (change: Partial<CallContent>) => {
    const project = { application: 'a-1', title: 'Kahvila; "ja" muuta\nrivi', summary: 'x', cents: 49_999, district: 'Jukola', number: 1 };
    const vote = { call: 'c', opensAt: '2027-10-01T06:00:00.000Z', closesAt: '2027-10-08T13:00:00.000Z', phase: 'counted' as const };
    return electionFile({
      content: content(change),
      policy: { municipality: 'Koivulahti', timeZone: 'Europe/Helsinki', currency: 'EUR' },
      vote: { ...vote, online: true, paper: false, selects: true, boxKey: null, projects: [project] },
      tally: {
        ...{
          call: 'c',
          closesAt: vote.closesAt,
          countedAt: vote.closesAt,
          ballots: 1,
          voters: 1,
          imported: 0,
          codes: 0,
          digest: 'd',
          keyDestroyedAt: null,
        },
        projects: [{ ...project, votes: 1 }],
      },
      ballots: [{ tracker: 'secret', choices: [1] }],
    });
  };

  it('is read back by whoever reads pabulib, whatever officers wrote', () => {
    const pb = parsePb(file({ rules: SHARES }));
    expect(pb.warnings).toEqual([]);
    expect(pb).toMatchObject({ voteType: 'approval', budget: 45_000_000n / 100n, parts: 100n });
    expect(pb.projects).toMatchObject([{ id: 'a-1', cost: 49_999n, cells: { name: 'Kahvila; "ja" muuta rivi', votes: '1' } }]);
    expect(pb.ballots).toMatchObject([{ voter: '1', choices: ['a-1'] }]);
    expect(pb.meta).toMatchObject({ rule: 'equalshares/add1u', date_begin: '01.10.2027', date_end: '08.10.2027' });
    expect(file({ rules: SHARES })).not.toContain('secret');
  });

  it('begins no text with a sign by which a spreadsheet would run it', () => {
    const { meta } = parsePb(file({ rules: SHARES, title: { fi: '=1+1', sv: '=1+1' } }));
    expect(meta['description']).toBe("'=1+1");
  });

  it('names the rule as others do', () => {
    const rule = (change: Partial<typeof SHARES>) => parsePb(file({ rules: { ...SHARES, ...change } })).meta['rule'];
    expect(rule({ completion: 'none' })).toBe('equalshares');
    expect(rule({ completion: 'utilitarian' })).toBe('equalshares/utilitarian');
    expect(rule({ method: 'ranked-until-budget' })).toBe('unknown');
  });
});

test('the sheet of codes escapes what people wrote and brings no script', () => {
  const sheet = codeSheet({
    codes: ['0000-0000-0000-0000'],
    place: '<b>Kirjasto</b>',
    title: { fi: 'Kokeillaan & katsotaan', sv: 'Vi provar' },
    closesAt: '2027-10-08T13:00:00.000Z',
    policy: { municipality: 'Koivulahti', timeZone: 'Europe/Helsinki' },
  });
  expect(sheet).toContain('0000-0000-0000-0000');
  expect(sheet).toContain('&lt;b&gt;Kirjasto');
  expect(sheet).toContain('Kokeillaan &amp; katsotaan');
  expect(sheet).not.toMatch(/<script|<b>/);
  expect(sheet).toContain('8.10.2027');
});

describe('a ballot that waited for its turn', () => {
  const [arrivedAt, later] = ['2027-10-08T12:59:59.000Z', '2027-10-08T13:00:05.000Z'];
  const ran: { command: object; notAfter: string }[] = [];
  const opened = { projects: [{ application: 'a-1' }], boxKey: 'k', closesAt: '2027-10-08T13:00:00.000Z' };
  const desk = Object.assign(Object.create(Desk.prototype) as Desk, {
    parts: {
      runner: { look: () => Promise.resolve({ state: { opened } }) },
      boxes: { masked: () => Promise.resolve(Buffer.alloc(32)) },
      vault: { find: () => Promise.resolve('subject of the code') },
    },
    now: () => later,
    look: () => Promise.resolve({ state: { content: content({ rules: SHARES }) } }),
    policy: () => Promise.resolve({ timeZone: 'Europe/Helsinki' }),
    run: (_act: unknown, _vote: unknown, _stream: string, command: object, { notAfter }: { notAfter: string }) => {
      ran.push({ command, notAfter });
      return Promise.resolve({ revision: 0 });
    },
  });
  const Cast = voteHandlers.find(({ name }) => name === 'CastBallotHandler') as unknown as new (desk: Desk) => {
    execute(command: CastBallot): Promise<unknown>;
  };
  const controller = new VotingController({ execute: (body: CastBallot) => new Cast(desk).execute(body) } as unknown as CommandBus, desk);
  const expected = (more: object) => [
    { command: { type: 'CastVote', call: 'c', arrivedAt, ...more }, notAfter: addMilliseconds(arrivedAt, 10_000) },
  ];
  beforeEach(() => ran.splice(0));

  it('is held to its arrival when its voter signed in, the age too', async () => {
    const voter = caller({ born: '1950', resident: true });
    await controller.cast(voter, 'command', 'key', 'c', arrivedAt, Object.assign(new CastBallot(), { choices: ['a-1'] }));
    expect(ran).toEqual(expected({ channel: 'sign-in', voter: { ofAge: true, resident: true } }));
  });

  it('is held to its arrival when it came by code', async () => {
    const request = { ip: '192.0.2.1', method: 'POST', routeOptions: { url: '/api/demo/calls/c/ballots/by-code' } };
    const body = { code: written(VOTING_CODE, new Uint8Array(10)), choices: ['a-1'] };
    await controller.castByCode('demo', 'key', 'c', arrivedAt, body, request as never);
    expect(ran).toEqual(expected({ channel: 'code' }));
  });
});
