import type { Recorded } from '@minipilot/kernel/event.js';
import { recorded } from '@minipilot/kernel/testing.js';
import { uuid5 } from '@minipilot/kernel/ids.js';
import { tally, type TallyState } from '@minipilot/grants/tally/tally.js';
import type { BallotBoxes } from '@minipilot/platform/privacy/ballot-box.js';
import type { DecisionRunner } from '@minipilot/platform/run/decision-runner.js';
import { BallotErrands, OpenableBox } from './ballots.js';

const [CALL, OTHER] = [uuid5('test', 'call'), uuid5('test', 'other call')];
const at = (n: number) => String(n).padStart(16, '0');
const event = (n: number, type: string, data: object, tenant = 'demo'): Recorded => ({
  ...recorded({ type, data }, `${tenant}.vote-${uuid5('test', String(n))}`, 0),
  position: at(n),
});

describe('what lies in a ballot box', () => {
  const log = [
    event(1, 'vote.cast', { call: CALL, channel: 'code' }),
    ...Array.from({ length: 1200 }, (_, i) => event(10 + i, 'vote.cast', { call: i % 2 === 0 ? CALL : OTHER, channel: 'sign-in' })),
    event(2000, 'vote.cast', { call: CALL, channel: 'code' }, 'toinen'),
    event(2001, 'person.forgotten', { call: CALL }),
    event(3000, 'vote.cast', { call: CALL, channel: 'code' }),
  ];
  const store = {
    readAll: (after: string | null, limit: number) =>
      Promise.resolve(log.filter((e) => after === null || e.position > after).slice(0, limit)),
  };
  const opener = jest.fn(() => Promise.resolve((e: Recorded) => Promise.resolve({ v: 1, tracker: e.id, choices: [1] })));
  const box = new OpenableBox(store, { opener } as unknown as BallotBoxes);

  it('is what was cast in this call after it was opened and before it was closed, however much else there is', async () => {
    expect(await box.casts('demo', CALL, at(5), null)).toHaveLength(601);
    expect(await box.casts('demo', CALL, at(5), at(3000))).toHaveLength(600);
    expect(await box.casts('demo', CALL, at(0), at(3000))).toHaveLength(601);
    expect(await box.casts('toinen', CALL, at(5), null)).toHaveLength(1);
    expect(await box.casts('demo', CALL, at(3000), null)).toEqual([]);
  });

  it('needs no key where it is empty', async () => {
    expect(await box.open('demo', CALL, [])).toEqual([]);
    expect(opener).not.toHaveBeenCalled();
  });

  it('is opened once for all pages of a count, and again after it was forgotten or holds something else', async () => {
    const casts = log.slice(0, 3);
    const first = await box.open('demo', CALL, casts);
    expect(first.map((b) => b?.tracker)).toEqual(casts.map((e) => e.id));
    expect(await box.open('demo', CALL, casts)).toBe(first);
    expect(opener).toHaveBeenCalledTimes(1);
    expect(await box.open('demo', CALL, log.slice(0, 2))).toHaveLength(2);
    box.forget();
    await box.open('demo', CALL, log.slice(0, 2));
    expect(opener).toHaveBeenCalledTimes(3);
  });
});

describe('the errands of a count', () => {
  const opened = { call: CALL, projects: [], opensAt: '', closesAt: '', boxKey: 'k', paper: false, selects: false };
  const begin = (state: Partial<TallyState>, pages: number) => {
    let now: TallyState = { ...tally.initial, opened, boxClosed: { voters: 0, digest: '' }, ...state };
    const given: string[] = [];
    const destroyed: string[] = [];
    let forgotten = 0;
    const runner = {
      look: () => Promise.resolve({ state: now, revision: 0, position: null }),
      run: ({ command, commandId }: { command: { type: string; page?: number }; commandId: string }) => {
        given.push(`${command.type} ${command.page ?? ''} ${commandId}`);
        if (command.type === 'OpenBallots') {
          const ballotPages = now.ballotPages + 1;
          now = { ...now, ballotPages, counted: ballotPages < pages ? null : ({ ballots: 0 } as TallyState['counted']) };
        }
        return Promise.resolve({ events: [] });
      },
    };
    const boxes = { destroy: (_: string, call: string) => Promise.resolve(void destroyed.push(call)) };
    const errands = new BallotErrands({
      runner: runner as unknown as DecisionRunner,
      boxes: boxes as unknown as BallotBoxes,
      box: { forget: () => void forgotten++ },
    });
    const ids = { tenant: 'demo', actor: 'flow.tallying', commandId: uuid5('c'), correlationId: '', causationId: '' };
    const run = (type: string) =>
      errands.run({ aggregate: 'ballot-box', stream: `demo.tally-${CALL}`, command: { type, call: CALL } }, ids);
    return { run, given, destroyed, forgotten: () => forgotten };
  };

  it('go page by page until all is counted, and on where they stopped, with the same ids', async () => {
    const whole = begin({}, 3);
    await whole.run('CountBallots');
    expect(whole.given.map((g) => g.split(' ').slice(0, 2))).toEqual([0, 1, 2].map((n) => ['OpenBallots', String(n)]));
    expect(whole.forgotten()).toBe(1);
    const rest = begin({ ballotPages: 2 }, 3);
    await rest.run('CountBallots');
    expect(rest.given).toEqual(whole.given.slice(2));
    await rest.run('CountBallots');
    expect(rest.given).toHaveLength(1);
  });

  it('count nothing before the box is closed, and destroy no key before the count', async () => {
    const early = begin({ boxClosed: null }, 1);
    await early.run('CountBallots');
    expect(early.given).toEqual([]);
    await expect(early.run('DestroyBoxKey')).rejects.toThrow('not counted yet');
    expect(early.destroyed).toEqual([]);
    await expect(early.run('Burn')).rejects.toThrow(TypeError);
  });

  it('destroy the keys first and record it after, however often', async () => {
    const done = begin({ counted: { ballots: 0 } as TallyState['counted'] }, 1);
    await done.run('DestroyBoxKey');
    await done.run('DestroyBoxKey');
    expect(done.destroyed).toEqual([CALL, CALL]);
    expect(new Set(done.given).size).toBe(1);
  });
});
