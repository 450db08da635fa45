import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { buildOnce } from '../../../../test/support/built.js';
import { HealthChecks } from './health.js';
import { createServer, listen, PortTaken, stopper } from './server.js';
import { SampleModule, serverOptions } from './test-support.js';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A server in a process of its own; prints its address, then the order of its shutdown hooks. */
const program = (folder: string, grace: number) => `
  const http = ${JSON.stringify(join(folder, 'libs/platform/src/http'))};
  const { createServer, listen, stopper, stopOnSignal } = await import(http + '/server.js');
  const { SampleModule, serverOptions } = await import(http + '/test-support.js');
  const nest = await createServer(SampleModule, serverOptions());
  const hook = (name) => async () => console.log('hook ' + name);
  stopOnSignal(stopper(nest, [hook('flows'), hook('store')], ${grace}));
  console.log(await listen(nest, { port: 0, host: '127.0.0.1' }));
`;

describe('a server as a process', () => {
  jest.setTimeout(60_000);
  let folder: string;
  beforeAll(() => {
    folder = buildOnce();
  });
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  async function start(grace: number) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program(folder, grace)], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    let output = '';
    const address = new Promise<string>((resolve, reject) => {
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        const url = /http:\S+/.exec(output)?.[0];
        if (url !== undefined) resolve(url);
      });
      child.on('exit', () => reject(new Error(`the server ended: ${output}`)));
    });
    const exit = once(child, 'exit') as Promise<[number | null, string | null]>;
    return { child, exit, url: await address, output: () => output };
  }

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'on %s ends what is under way, takes nothing new, runs its hooks and exits with 0',
    async (signal) => {
      const { child, exit, url, output } = await start(10_000);
      const underWay = Array.from({ length: 5 }, () => fetch(`${url}/api/demo/faults/slow`));
      await pause(150);
      child.kill(signal);
      await pause(50);
      const late = await fetch(`${url}/api/demo/calls`).then(
        (answer) => answer.status,
        () => 'refused',
      );
      expect([503, 'refused']).toContain(late);
      for (const answer of await Promise.all(underWay)) expect([answer.status, await answer.json()]).toEqual([200, { slow: true }]);
      expect(await exit).toEqual([0, null]);
      expect(output()).toMatch(/hook flows\nhook store\n$/);
    },
  );

  it('does not wait for ever for what is under way', async () => {
    const { child, exit, url } = await start(200);
    const hanging = fetch(`${url}/api/demo/faults/hanging`).then(
      () => 'answered',
      () => 'cut',
    );
    await pause(150);
    const asked = Date.now();
    child.kill('SIGTERM');
    expect(await hanging).toBe('cut');
    expect(await exit).toEqual([0, null]);
    expect(Date.now() - asked).toBeLessThan(5_000);
  });
});

describe('a server that listens', () => {
  it('says who has its port and how to choose another', async () => {
    const first = await createServer(SampleModule, serverOptions());
    const second = await createServer(SampleModule, serverOptions());
    try {
      const port = Number(new URL(await listen(first, { port: 0, host: '127.0.0.1' })).port);
      const taken = listen(second, { port, host: '127.0.0.1' });
      await expect(taken).rejects.toThrow(PortTaken);
      await expect(taken).rejects.toThrow(
        new RegExp(
          `^Port ${port} is taken by process ${process.pid} \\([^)]+\\)\\. Stop it, or choose another port: PORT=${port + 1} npm start$`,
        ),
      );
    } finally {
      await first.close();
      await second.close();
    }
  });

  it('stops once, however often it is asked', async () => {
    const nest = await createServer(SampleModule, serverOptions());
    await listen(nest, { port: 0, host: '127.0.0.1' });
    let runs = 0;
    const stop = stopper(nest, [async () => void runs++]);
    await Promise.all([stop(), stop(), stop()]);
    await stop();
    expect(runs).toBe(1);
  });

  it('is not ready and refuses work while it stops', async () => {
    const nest = await createServer(SampleModule, serverOptions());
    nest.get(HealthChecks).stop();
    const ready = await nest.inject({ url: '/health/ready' });
    expect([ready.statusCode, ready.json()]).toEqual([
      503,
      { status: 'failed', checks: [{ name: 'process', ok: false, detail: 'stopping' }] },
    ]);
    const refused = await nest.inject({ url: '/api/demo/calls' });
    expect([refused.statusCode, refused.headers['retry-after'], refused.headers['connection']]).toEqual([503, '5', 'close']);
    expect(refused.json()).toMatchObject({ code: 'try-again' });
    expect((await nest.inject({ url: '/health/live' })).statusCode).toBe(200);
    await nest.close();
  });

  it('answers what is not HTTP with a problem', async () => {
    const nest = await createServer(SampleModule, serverOptions());
    const port = Number(new URL(await listen(nest, { port: 0, host: '127.0.0.1' })).port);
    const ask = async (text: string) => {
      const socket = connect(port, '127.0.0.1');
      socket.end(text);
      let answer = '';
      for await (const chunk of socket) answer += String(chunk);
      return answer;
    };
    expect(await ask('GARBAGE\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 400 .*\r\ncontent-type: application\/problem\+json\r\n[^]*"code":"bad-request"/,
    );
    expect(await ask(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431 [^]*"code":"headers-too-large"/,
    );
    await nest.close();
  });
});
