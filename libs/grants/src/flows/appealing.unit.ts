import type { FlowInput, Reaction } from '@minipilot/kernel/flow.js';
import { recorded } from '@minipilot/kernel/testing.js';
import { catalogue } from '../catalogue.js';
import { appealStream, pilotStream, scoringStream } from '../streams.js';
import { CALL, id } from '../testing.js';
import { appealing } from './appealing.js';

const TENANT = 'demo';

/** One appeal and what its flow does. */
function host() {
  let state = appealing.initial;
  let n = 0;
  const take = (input: FlowInput): Reaction => {
    const before = JSON.stringify(state);
    const next = appealing.evolve(state, input);
    expect(JSON.stringify(state)).toBe(before);
    state = next;
    return appealing.react(state, input, TENANT);
  };
  return {
    on: (stream: string, type: string, data: object) => {
      catalogue.validate(type, data);
      expect(appealing.handles).toContain(type);
      return take({ kind: 'event', event: recorded({ type, data }, stream, n++) });
    },
    due: (timer: string, due: string) => take({ kind: 'timer', timer, due }),
  };
}

describe('appealing', () => {
  const stream = appealStream(TENANT, id('appeal'));
  const decisions = [1, 2].map((n) => ({ application: id(n), decision: id(`decision ${n}`) }));
  const target = { appeal: id('appeal'), call: CALL, application: null, section: '§ 3', decisions };
  const filed = (late = false) =>
    [
      stream,
      'appeal.filed',
      {
        ...target,
        by: 'resident',
        appellant: id('resident'),
        filedBy: id('resident'),
        channel: 'online',
        receivedAt: '2027-10-24T08:00:00.000Z',
        until: null,
        late,
      },
    ] as const;
  const taken = { ...target, body: 'Lautakunta', takenSection: '§ 120', takenOn: '2027-10-20', until: null };
  const toEach = (command: (n: number) => object) => ({
    commands: [1, 2].map((n) => ({
      aggregate: 'pilot',
      stream: pilotStream(TENANT, id(n)),
      command: { call: CALL, appeal: id('appeal'), ...command(n) },
    })),
  });
  const opened = toEach((n) => ({ type: 'RecordAppeal', decision: id(`decision ${n}`) }));
  const notice = { channel: 'electronic', sentOn: '2027-11-17', noticeOn: '2027-11-20', courtUntil: '2027-12-20', finalFrom: '2027-12-21' };
  const changed = {
    call: CALL,
    application: id(2),
    applicant: id('applicant 2'),
    cents: 50_000,
    reasonCode: 'appeal',
    deMinimis: null,
    section: '§ 140',
    caseNumber: 'HML/1/2027',
    decidedOn: '2027-11-17',
  };

  it('keeps the decisions open that an appeal or a taking up is about, until it is told or withdrawn', () => {
    const flow = host();
    expect(appealing.subject(recorded({ type: 'appeal.filed', data: {} }, stream))).toBe(id('appeal'));
    expect(flow.on(...filed())).toEqual(opened);
    expect(flow.on(stream, 'appeal.notice-sent', notice)).toEqual(
      toEach(() => ({ type: 'SettleAppeal', how: 'decided', finalFrom: '2027-12-21' })),
    );
    const board = host();
    expect(board.on(stream, 'appeal.taken-up', taken)).toEqual(opened);
    const back = host();
    back.on(...filed());
    expect(back.on(stream, 'appeal.withdrawn', { withdrawnAt: '2027-10-25T08:00:00.000Z' })).toEqual(
      toEach(() => ({ type: 'SettleAppeal', how: 'withdrawn', finalFrom: null })),
    );
    expect(back.due('none', '2027-10-08T12:00:00.000Z')).toEqual({});
  });

  it('brings what the appeal body changed to the call’s decisions, in the body’s name', () => {
    const flow = host();
    flow.on(...filed());
    const { applicant: _, ...change } = changed;
    expect(flow.on(stream, 'appeal.outcome-changed', changed)).toEqual({
      commands: [
        {
          aggregate: 'scoring',
          stream: scoringStream(TENANT, CALL),
          command: {
            type: 'DecideAfterAppeal',
            ...change,
            appeal: id('appeal'),
            outcome: expect.any(String) as string,
            decider: expect.any(String) as string,
          },
        },
      ],
    });
  });

  it('keeps nothing open for an appeal that came late', () => {
    const flow = host();
    expect(flow.on(...filed(true))).toEqual({});
    expect(flow.on(stream, 'appeal.notice-sent', notice)).toEqual({});
  });
});
