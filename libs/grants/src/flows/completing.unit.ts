import type { FlowInput } from '@minipilot/kernel/flow.js';
import { recorded } from '@minipilot/kernel/testing.js';
import { catalogue } from '../catalogue.js';
import { pilotStream } from '../streams.js';
import { CALL, id } from '../testing.js';
import { completing } from './completing.js';

const PILOT = id('pilot');
const STREAM = pilotStream('demo', PILOT);
const requested = { call: CALL, codes: ['business-id-missing'], fields: ['businessId'], answerBy: '2027-10-01', remindOn: '2027-09-29' };
const plain = {
  kind: 'association',
  district: 'Jukola',
  askedCents: 50_000,
  involves: [],
  economic: null,
  language: 'fi',
  reach: 'letter',
  businessId: 'valid',
  recipientNamed: false,
  confirmed: true,
  duplicate: 'none',
};
const completed = (open: string[]) => ({
  ...plain,
  fields: ['businessId'],
  open,
  completedAt: '2027-09-28T09:00:00.000Z',
  channel: 'online',
  helper: null,
});

function run(...inputs: (FlowInput | [type: string, data: object, at?: string])[]) {
  let state = completing.initial;
  let reaction = {};
  for (const [n, input] of inputs.entries()) {
    let next: FlowInput;
    if (Array.isArray(input)) {
      const [type, data, at = '2027-09-24T08:00:00.000Z'] = input;
      catalogue.validate(type, data);
      next = { kind: 'event', event: recorded({ type, data, at }, STREAM, n) };
      expect(completing.subject(next.event)).toBe(PILOT);
    } else next = input;
    state = completing.evolve(state, next);
    reaction = completing.react(state, next, 'demo');
  }
  return reaction;
}
const asked: [string, object] = ['pilot.completion-requested', requested];
const command = (type: string, effectiveAt: string) => ({
  commands: [{ aggregate: 'pilot', stream: STREAM, command: { type, call: CALL, answerBy: '2027-10-01', effectiveAt } }],
});
const back = {
  timers: [
    { timer: 'remind', due: null },
    { timer: 'missed', due: null },
  ],
};

describe('completing', () => {
  it('reminds before the last day and notes on the day after that nothing came', () => {
    expect(run(asked)).toEqual({
      timers: [
        { timer: 'remind', due: '2027-09-29T12:00:00.000Z' },
        { timer: 'missed', due: '2027-10-02T12:00:00.000Z' },
      ],
    });
    const remind: FlowInput = { kind: 'timer', timer: 'remind', due: '2027-09-29T12:00:00.000Z' };
    expect(run(asked, remind)).toEqual(command('RemindCompletion', remind.due));
    const missed: FlowInput = { kind: 'timer', timer: 'missed', due: '2027-10-02T12:00:00.000Z' };
    expect(run(asked, remind, missed)).toEqual(command('RecordNotCompleted', missed.due));
  });

  it('does not remind of a day that has passed already', () => {
    expect(run(['pilot.completion-requested', requested, '2027-09-30T08:00:00.000Z'])).toEqual({
      timers: [{ timer: 'missed', due: '2027-10-02T12:00:00.000Z' }],
    });
  });

  it.each<[string, object]>([
    ['pilot.completed', completed([])],
    ['pilot.amended', { ...plain, amendedAt: '2027-09-20T09:00:00.000Z' }],
    ['pilot.withdrawn', { withdrawnAt: '2027-09-20T09:00:00.000Z' }],
  ])('lets go after %s', (type, data) => expect(run(asked, [type, data])).toEqual(back));

  it('goes on while something is missing, and begins anew when it is asked again', () => {
    expect(run(asked, ['pilot.completed', completed(['lines'])])).toEqual({});
    const again = { ...requested, answerBy: '2027-10-08', remindOn: '2027-10-06' };
    expect(run(asked, ['pilot.completed', completed([])], ['pilot.completion-requested', again])).toMatchObject({
      timers: [{ due: '2027-10-06T12:00:00.000Z' }, { due: '2027-10-09T12:00:00.000Z' }],
    });
  });

  it('has nothing to do with applications of which nothing was asked', () =>
    expect(run(['pilot.withdrawn', { withdrawnAt: '2027-09-20T09:00:00.000Z' }])).toEqual({}));
});
