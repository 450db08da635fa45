import { TimeServer } from './testing.js';
import { CheckedClock, openMachineClock } from './checked-clock.js';
import { isTrusted } from './clock.js';
import { askTime, NoTime } from './sntp.js';

describe('a question to a time server', () => {
  let server: TimeServer;
  beforeEach(async () => void (server = await TimeServer.open()));
  afterEach(() => server.close());
  const local = () => performance.timeOrigin + performance.now();
  const ask = (source = local, timeoutMs = 5_000) => askTime({ host: '127.0.0.1', port: server.port }, source, timeoutMs);

  it.each([0, 5_000, -5_000, 86_400_000, Date.parse('2037-01-01') - Date.now()])(
    'tells a difference of %d ms within its doubt',
    async (aheadMs) => {
      server.manner.aheadMs = aheadMs;
      const { offsetMs, doubtMs } = await ask();
      expect(Math.abs(offsetMs - aheadMs)).toBeLessThanOrEqual(doubtMs + 0.01);
      expect(doubtMs).toBeLessThan(1_000);
    },
  );

  it('counts what the server admits to', async () => {
    server.manner.dispersionMs = 700;
    expect((await ask()).doubtMs).toBeGreaterThanOrEqual(699);
  });

  it.each([
    ['is not synchronised itself', { leap: 3 }],
    ['sends a kiss of death', { stratum: 0 }],
    ['has no stratum', { stratum: 16 }],
    ['is a client', { mode: 3 }],
    ['is silent', { silent: true }],
    ['did not see the question', { forged: true }],
  ])('is not answered by one that %s', async (_, manner) => {
    Object.assign(server.manner, manner);
    await expect(ask(local, 150)).rejects.toThrow(NoTime);
  });

  it('ends with an error where nobody listens', async () => {
    const { port } = server;
    const nobody = await TimeServer.open();
    const gone = nobody.port;
    await nobody.close();
    expect(gone).not.toBe(port);
    await expect(askTime({ host: '127.0.0.1', port: gone }, local, 150)).rejects.toThrow(NoTime);
  });
});

describe('the clock of a machine', () => {
  it('that is wrong is right with a time server, whichever way it is wrong', async () => {
    const server = await TimeServer.open();
    for (const offsetMs of [5_000, -5_000]) {
      const { clock, close } = await openMachineClock({ timeServer: { host: '127.0.0.1', port: server.port }, offsetMs });
      const [before, now, after] = [server.now(), Date.parse(clock.now()), server.now()];
      const doubt = clock.doubtMs!() + 1;
      expect(now).toBeGreaterThanOrEqual(before - doubt);
      expect(now).toBeLessThanOrEqual(after + doubt);
      expect(isTrusted(clock)).toBe(true);
      await close();
    }
    await server.close();
  });

  it('without a time server is believed as it is', async () => {
    const { clock, checked } = await openMachineClock({ timeServer: undefined, offsetMs: 3_600_000 });
    expect(checked).toBeNull();
    expect(isTrusted(clock)).toBe(true);
    expect(Date.parse(clock.now()) - Date.now()).toBeGreaterThan(3_590_000);
  });

  describe('that is checked', () => {
    let steady: number;
    let wall: number;
    let answer: { offsetMs: number; doubtMs: number } | null;
    const pass = (ms: number, jumps = 0) => {
      steady += ms;
      wall += ms + jumps;
    };
    const clockOf = () =>
      new CheckedClock({
        ask: () => (answer === null ? Promise.reject(new NoTime('silent')) : Promise.resolve(answer)),
        steady: () => steady,
        wall: () => wall,
      });
    beforeEach(() => {
      steady = wall = 1_000_000;
      answer = { offsetMs: 100, doubtMs: 10 };
    });

    it('is not trusted before the first answer', async () => {
      const clock = clockOf();
      expect([clock.doubtMs(), isTrusted(clock)]).toEqual([Infinity, false]);
      answer = null;
      await clock.measure();
      expect(isTrusted(clock)).toBe(false);
      answer = { offsetMs: 100, doubtMs: 10 };
      await clock.measure();
      expect([clock.doubtMs(), isTrusted(clock), clock.now()]).toEqual([10, true, new Date(1_000_100).toISOString()]);
    });

    it('grows doubtful when nobody answers any more, and recovers', async () => {
      const clock = clockOf();
      await clock.measure();
      answer = null;
      pass(1_000_000);
      await clock.measure();
      expect(clock.doubtMs()).toBe(510);
      pass(1_000_000);
      expect(isTrusted(clock)).toBe(false);
      answer = { offsetMs: 140, doubtMs: 10 };
      await clock.measure();
      expect([clock.doubtMs(), clock.offsetMs]).toEqual([10, 140]);
    });

    it('prefers the answer that leaves less doubt', async () => {
      const clock = clockOf();
      await clock.measure();
      answer = { offsetMs: 400, doubtMs: 300 };
      await clock.measure();
      expect(clock.offsetMs).toBe(100);
      answer = { offsetMs: 101, doubtMs: 2 };
      await clock.measure();
      expect(clock.offsetMs).toBe(101);
    });

    it('doubts itself when the machine slept or somebody set its clock', async () => {
      for (const jump of [7_200_000, -3_000]) {
        const clock = clockOf();
        await clock.measure();
        pass(10, jump);
        expect(isTrusted(clock)).toBe(false);
        await clock.measure();
        expect(isTrusted(clock)).toBe(true);
      }
    });

    it('never goes back', async () => {
      const clock = clockOf();
      await clock.measure();
      const before = clock.now();
      answer = { offsetMs: -500, doubtMs: 1 };
      await clock.measure();
      expect(clock.now()).toBe(before);
      pass(601);
      expect(Date.parse(clock.now())).toBe(Date.parse(before) + 1);
    });
  });
});
