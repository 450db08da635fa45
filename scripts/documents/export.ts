import { mkdirSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { files } from '@minipilot/api/process/parts.js';
import { ownerOf } from '@minipilot/api/documents/issue.js';
import { catalogue } from '@minipilot/grants/catalogue.js';
import { pilot } from '@minipilot/grants/pilot/pilot.js';
import { pilotStream, scoringStream } from '@minipilot/grants/streams.js';
import { fold } from '@minipilot/kernel/decider.js';
import { PublicFiles, SealedFiles } from '@minipilot/platform/privacy/files.js';
import { loadKeys } from '@minipilot/platform/privacy/keys.js';
import { systemRandomness } from '@minipilot/platform/privacy/randomness.js';
import { VaultSealer } from '@minipilot/platform/privacy/sealer.js';
import { Vault } from '@minipilot/platform/privacy/vault.js';
import type { SqliteEventStore } from '@minipilot/platform/store/sqlite.js';
import { CannotDo } from '../support/command.js';
import { withStore } from '../support/store.js';

export const USAGE = `Usage: npm run documents -- --call ID --out DIR [--data DIR]
Writes the decision documents of a call, as they were given to their addressees and to the public, into an empty folder: for the
municipality's case system, which keeps them when this service may no longer. index.json names each file with its SHA-256. Needs the
key "contact" of the data folder. What has been erased is named and left out; a damaged document stops it.`;

interface Entry {
  file: string;
  kind: 'decision' | 'public';
  digest: string;
  language: string;
  template: number;
  /** the application; null for a public document */
  application: string | null;
  section: string | null;
  caseNumber: string | null;
  decidedOn: string | null;
  /** day of the notice or of publication */
  on: string;
  erased: boolean;
}

/** The command `documents`. */
export async function exportDocuments(args: string[], out: (text: string) => void): Promise<number> {
  const { values } = parseArgs({ args, options: { call: { type: 'string' }, out: { type: 'string' }, data: { type: 'string' } } });
  const { call, out: folder } = values;
  if (call === undefined || folder === undefined) throw new CannotDo(USAGE);
  if (existsSync(folder) && readdirSync(folder).length > 0) throw new CannotDo(`${folder} is not empty: name a new folder.`);
  return withStore(values.data, async (store, { data, tenants }) => {
    const tenant = tenants[0]!;
    if (!existsSync(files(data).vault)) throw new CannotDo(`There is no vault in ${data}: name the data folder with --data.`);
    const keys = loadKeys(files(data).keys, ['contact']);
    const vault = await Vault.open({ file: files(data).vault, masterKey: keys.masterKey, random: systemRandomness });
    try {
      const sealed = new SealedFiles(files(data).files, new VaultSealer({ vault, keys, random: systemRandomness }));
      const written = await write(store, { tenant, call, folder: resolve(folder), sealed, open: new PublicFiles(files(data).publicFiles) });
      if (written.length === 0) throw new CannotDo(`No document of call ${call} has been given to anybody.`);
      const erased = written.filter((entry) => entry.erased).length;
      out(JSON.stringify({ call, documents: written.length - erased, erased }));
      return 0;
    } finally {
      await vault.close();
    }
  });
}

interface Job {
  tenant: string;
  call: string;
  folder: string;
  sealed: SealedFiles;
  open: PublicFiles;
}

async function write(store: SqliteEventStore, { tenant, call, folder, sealed, open }: Job): Promise<Entry[]> {
  const events = (await store.read(scoringStream(tenant, call))).events.map((event) => catalogue.upcast(event));
  const entries: Entry[] = [];
  const decided = new Map<string, Record<string, string>>();
  if (events.length > 0) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const put = (file: string, bytes: Buffer) => writeFileSync(join(folder, file), bytes, { mode: 0o600 });
  for (const { type, data } of events) {
    if (type === 'scoring.decided') decided.set(data['application'] as string, data as Record<string, string>);
    if (type === 'scoring.notice-sent') {
      for (const { application, digest, language, template } of data['documents'] as (Pick<Entry, 'digest' | 'language' | 'template'> & {
        application: string;
      })[]) {
        const history = (await store.read(pilotStream(tenant, application))).events.map((event) => catalogue.upcast(event));
        const { applicant } = fold(pilot, history as never[]);
        const bytes = await sealed.read(ownerOf(tenant, applicant), digest);
        const file = `${application}-${digest.slice(0, 12)}.html`;
        if (bytes !== null) put(file, bytes);
        const { section, caseNumber, decidedOn } = decided.get(application)!;
        const about = { section: section!, caseNumber: caseNumber!, decidedOn: decidedOn!, on: data['sentOn'] as string };
        entries.push({ file, kind: 'decision', digest, language, template, application, ...about, erased: bytes === null });
      }
    }
    if (type === 'scoring.published') {
      for (const { digest, language, template } of data['documents'] as Pick<Entry, 'digest' | 'language' | 'template'>[]) {
        const file = `public-${language}-${digest.slice(0, 12)}.html`;
        put(file, await open.read(digest));
        const none = { application: null, section: null, caseNumber: null, decidedOn: null };
        entries.push({ file, kind: 'public', digest, language, template, ...none, on: data['publishedOn'] as string, erased: false });
      }
    }
  }
  if (entries.length > 0) put('index.json', Buffer.from(`${JSON.stringify({ call, documents: entries }, null, 2)}\n`));
  return entries;
}
