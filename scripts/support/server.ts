import { spawn, type ChildProcess } from 'node:child_process';
import { dirname, join } from 'node:path';
import { CannotDo } from './command.js';

/** Milliseconds that a process may take to start or to end. */
const PATIENCE_MS = 60_000;

/** The folder with the built programs, as seen from the script that runs. */
export const builtFolder = (): string => dirname(dirname(process.argv[1]!));

export interface StartOptions {
  /** a program that runs the server, with its arguments */
  wrapper?: readonly string[];
  /** options of Node */
  nodeArgs?: readonly string[];
  /** default any that is free */
  port?: string;
}

export interface Server {
  url: string;
  pid: number;
  /** milliseconds from the start of the process until it was ready */
  readyMs: number;
  /** ends it as a power cut would */
  kill(): Promise<void>;
  /** ends it in good order */
  stop(): Promise<void>;
}

/**
 * Starts the built `all` process on a data folder and waits until it is ready, on a port of its own. `built` is the folder with apps.
 * Throws CannotDo with what it wrote when it does not start.
 */
export async function startServer(
  built: string,
  data: string,
  { wrapper = [], nodeArgs = [], port = '0' }: StartOptions = {},
): Promise<Server> {
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH, HOME, PORT: port, MINIPILOT_DATA: data, MINIPILOT_LOG_LEVEL: 'warn', MINIPILOT_MODE: 'demo' };
  const [program, ...args] = [...wrapper, process.execPath, ...nodeArgs, join(built, 'apps', 'all', 'src', 'main.js')];
  const began = performance.now();
  // a group of its own, so that a wrapper and what it runs end together
  const child = spawn(program!, args, { cwd: dirname(built), env, stdio: ['ignore', 'pipe', 'pipe'], detached: wrapper.length > 0 });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const url = await greeted(child, ended);
  const signal = (name: NodeJS.Signals) => (wrapper.length > 0 ? process.kill(-child.pid!, name) : child.kill(name));
  return {
    url,
    pid: child.pid!,
    readyMs: performance.now() - began,
    async kill() {
      signal('SIGKILL');
      await ended;
    },
    async stop() {
      signal('SIGTERM');
      const late = setTimeout(() => signal('SIGKILL'), PATIENCE_MS);
      await ended;
      clearTimeout(late);
    },
  };
}

async function greeted(child: ChildProcess, ended: Promise<void>): Promise<string> {
  let output = '';
  const url = new Promise<string>((resolve) => {
    const look = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-10_000);
      const found = /is ready at (\S+)/.exec(output);
      if (found !== null) resolve(found[1]!);
    };
    child.stdout!.on('data', look);
    child.stderr!.on('data', look);
  });
  const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  const first = await Promise.race([url, ended, new Promise<void>((resolve) => child.once('error', () => resolve()))]);
  clearTimeout(late);
  if (typeof first !== 'string') throw new CannotDo(`The server did not start:\n${output}`);
  return first;
}
