import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DemoClock } from '@minipilot/platform/store/demo-clock.js';
import { buildOnce } from './built.js';
import { projectRoot } from './probes.js';

export type App = 'all' | 'desk' | 'worker' | 'transparency';

/** Milliseconds that a process may take to say where it is, or to end. */
const PATIENCE = 60_000;

/** One started process of the built product. */
export class Process {
  /** everything that it has written so far */
  output = '';
  url = '';
  readonly ended: Promise<number | null>;

  private constructor(
    readonly app: App,
    private readonly child: ChildProcess,
  ) {
    const keep = (chunk: Buffer) => void (this.output += chunk.toString());
    child.stdout!.on('data', keep);
    child.stderr!.on('data', keep);
    this.ended = new Promise((resolve) => child.once('close', (code) => resolve(code)));
  }

  get pid(): number {
    return this.child.pid!;
  }

  static spawn(app: App, settings: Record<string, string>): Process {
    const { PATH = '', HOME = '' } = process.env;
    const main = join(buildOnce(), 'apps', app, 'src', 'main.js');
    const env = { PATH, HOME, PORT: '0', ...settings };
    return new Process(app, spawn(process.execPath, [main], { cwd: projectRoot, env, stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  /** Resolves when the process says that it is ready; throws what it wrote when it ends instead. */
  async ready(): Promise<this> {
    const end = Date.now() + PATIENCE;
    let over = false;
    void this.ended.then(() => (over = true));
    for (;;) {
      const found = /is ready at (\S+)/.exec(this.output);
      if (found !== null) {
        this.url = found[1]!;
        return this;
      }
      if (over) throw new Error(`${this.app} did not start:\n${this.output}`);
      if (Date.now() > end) {
        await this.kill9();
        throw new Error(`${this.app} was not ready in time:\n${this.output}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Ends the process in good order. Returns its exit code. */
  async stop(): Promise<number | null> {
    this.child.kill('SIGTERM');
    const late = setTimeout(() => this.child.kill('SIGKILL'), PATIENCE);
    const code = await this.ended;
    clearTimeout(late);
    return code;
  }

  /** Ends the process as a power cut would. */
  async kill9(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

/** A start that is to be refused: its exit code and what it wrote. */
export async function refusedStart(app: App, settings: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const attempt = Process.spawn(app, settings);
  const late = setTimeout(() => void attempt.kill9(), PATIENCE);
  const code = await attempt.ended;
  clearTimeout(late);
  return { code, output: attempt.output };
}

export interface DeploymentOptions {
  /** what the demo clock says when the first process starts; without it the machine's time */
  clock?: string;
  settings?: Record<string, string>;
}

/** Processes over one data folder of their own. */
export class Deployment {
  readonly data = realpathSync(mkdtempSync(join(tmpdir(), 'minipilot-e2e-')));
  private readonly running = new Map<App, Process>();
  private readonly past: Process[] = [];

  constructor(private readonly options: DeploymentOptions = {}) {}

  get settings(): Record<string, string> {
    return { MINIPILOT_DATA: this.data, ...this.options.settings };
  }

  /** Where the desks are. */
  get desk(): string {
    return this.of(this.running.has('all') ? 'all' : 'desk').url;
  }

  /** Where the public pages are. */
  get open(): string {
    return this.of(this.running.has('all') ? 'all' : 'transparency').url;
  }

  of(app: App): Process {
    const found = this.running.get(app);
    if (found === undefined) throw new Error(`${app} does not run`);
    return found;
  }

  async setClock(): Promise<void> {
    if (this.options.clock === undefined) return;
    const clock = await DemoClock.open({ file: join(this.data, 'events.sqlite') });
    await clock.set(this.options.clock);
    clock.close();
  }

  async start(...apps: App[]): Promise<this> {
    const started = apps.map((app) => {
      const one = Process.spawn(app, this.settings);
      this.running.set(app, one);
      this.past.push(one);
      return one.ready();
    });
    await Promise.all(started);
    return this;
  }

  async stop(app: App): Promise<number | null> {
    const code = await this.of(app).stop();
    this.running.delete(app);
    return code;
  }

  async kill9(app: App): Promise<void> {
    await this.of(app).kill9();
    this.running.delete(app);
  }

  /** Everything that its processes have written, those that ended included. */
  output(): string {
    return this.past.map((one) => one.output).join('\n');
  }

  /** The warnings and errors among it. */
  complaints(): string {
    const lines = this.output().split('\n');
    return lines.filter((line) => /"level":("(warn|error|fatal)"|[456]0)/.test(line) || /Error/.test(line)).join('\n');
  }

  /** Ends all processes and removes the folder. */
  async end(): Promise<void> {
    await Promise.all([...this.running.values()].map((one) => one.stop()));
    this.running.clear();
    rmSync(this.data, { recursive: true, force: true });
  }
}

async function deploy(options: DeploymentOptions, apps: App[]): Promise<Deployment> {
  const deployment = new Deployment(options);
  try {
    await deployment.setClock();
    return await deployment.start(...apps);
  } catch (error) {
    await deployment.end();
    throw error;
  }
}

/** Everything in one process. */
export const startAll = (options: DeploymentOptions = {}): Promise<Deployment> => deploy(options, ['all']);

/** Desk, worker and transparency over the same files. */
export const startThree = (options: DeploymentOptions = {}): Promise<Deployment> => deploy(options, ['desk', 'worker', 'transparency']);
