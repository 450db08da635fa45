import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DemoIdentity } from '@minipilot/identity/demo-identity.js';
import { Client, type Person } from '../support/client.js';
import { CannotDo } from '../support/command.js';
import { startServer } from '../support/server.js';

/** One system call that matters, in the order of the trace. */
export interface Call {
  /** milliseconds since 1970, with fractions */
  at: number;
  what: 'write' | 'sync' | 'answer';
  /** file, or the first line of the answer */
  of: string;
}

const SYNCS = new Set(['fsync', 'fdatasync']);

/** Writes and syncs of the write-ahead logs, and answers that go out, from what strace wrote with -f -ttt -yy. */
export function readTrace(text: string): Call[] {
  const calls: Call[] = [];
  // a call that another thread interrupted stands in two lines; it has happened at the second
  const begun = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^(\d+)\s+(\d+\.\d+)\s+(.*)$/.exec(line);
    if (match === null) continue;
    const [, pid, at, rest] = match as unknown as [string, string, string, string];
    let call = rest;
    const unfinished = rest.indexOf(' <unfinished ...>');
    if (unfinished >= 0) {
      begun.set(pid, rest.slice(0, unfinished));
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    if (resumed !== null) call = `${begun.get(pid) ?? ''}${resumed[1]}`;
    const name = /^(\w+)\(\d+<([^>]*)>/.exec(call);
    if (name === null || / = -1 /.test(call)) continue;
    const [, syscall, target] = name as unknown as [string, string, string];
    const file = /\/((?:events|vault)\.sqlite-wal)$/.exec(target)?.[1];
    if (file !== undefined) calls.push({ at: Number(at) * 1000, what: SYNCS.has(syscall) ? 'sync' : 'write', of: file });
    const answer = /"(HTTP\/1\.1 \d{3})/.exec(call);
    if (answer !== null && target.startsWith('TCP')) calls.push({ at: Number(at) * 1000, what: 'answer', of: answer[1]! });
  }
  return calls;
}

/**
 * What is wrong with a submission between `from` and its answer: each log was written and synced, nothing was still unsynced when the answer
 * went out, and the keys were durable before the append that uses them. Empty when it was durable.
 */
export function durabilityFaults(calls: readonly Call[]): string[] {
  const answer = calls.findIndex(({ what, of }) => what === 'answer' && of.endsWith('201'));
  if (answer < 0) return ['no answer 201 in the trace'];
  const before = calls.slice(0, answer);
  const faults: string[] = [];
  for (const log of ['vault.sqlite-wal', 'events.sqlite-wal']) {
    const written = before.findLastIndex(({ what, of }) => what === 'write' && of === log);
    const synced = before.findLastIndex(({ what, of }) => what === 'sync' && of === log);
    if (written < 0) faults.push(`${log} was not written before the answer`);
    else if (synced < written) faults.push(`${log} was answered for before it was synced`);
  }
  const appended = before.findIndex(({ what, of }) => what === 'write' && of === 'events.sqlite-wal');
  const keyed = before.findIndex(({ what, of }) => what === 'sync' && of === 'vault.sqlite-wal');
  if (keyed < 0 || (appended >= 0 && keyed > appended)) faults.push('the keys were not durable before the append');
  return faults;
}

export interface DurableReport {
  calls: Call[];
  faults: string[];
}

/** Runs the server under strace, submits an application, and looks at what reached the disk before the answer. */
export async function traceSubmission(built: string): Promise<DurableReport> {
  if (spawnSync('strace', ['--version']).status !== 0) throw new CannotDo('strace is missing; on Debian: apt-get install strace');
  const dir = mkdtempSync(join(tmpdir(), 'minipilot-durable-'));
  const trace = join(dir, 'trace');
  const strace = ['strace', '-f', '-ttt', '-yy', '-s', '16', '-e', 'trace=fsync,fdatasync,pwrite64,write,writev,sendto', '-o', trace];
  const server = await startServer(built, join(dir, 'data'), { wrapper: strace });
  try {
    const identity = await DemoIdentity.open(join(dir, 'data'));
    const client = new Client({ url: server.url, tenant: 'demo', identity, prefix: 'durable', patienceMs: 0 });
    const call = ((await client.list(null, 'calls'))[0] as { call: string }).call;
    const who: Person = { person: 'kaisa', name: 'Kaisa Koivu', roles: ['applicant'] };
    const form = {
      ...{
        kind: 'resident',
        name: who.name,
        phone: '040 1234567',
        title: 'Naapurien keittopäivä',
        idea: 'Keitetään yhdessä.',
        district: 'Keskusta',
      },
      ...{
        place: 'Pihalla',
        time: 'Elokuussa',
        lines: [{ what: 'ainekset', cents: 20_000 }],
        involves: ['food'],
        language: 'fi',
        confirmed: true,
      },
    };
    const draft = await client.post(who, `calls/${call}/drafts`, 'draft', { form });
    const from = Date.now();
    await client.post(who, `calls/${call}/drafts/${draft['id']}/submit`, 'submit');
    const until = Date.now() + 1;
    await server.stop();
    const calls = readTrace(readFileSync(trace, 'utf8')).filter(({ at }) => at >= from && at <= until);
    return { calls, faults: durabilityFaults(calls) };
  } catch (error) {
    await server.kill();
    throw error;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
