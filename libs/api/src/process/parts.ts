import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { aggregates } from '@minipilot/grants/aggregates.js';
import { catalogue } from '@minipilot/grants/catalogue.js';
import type { Purpose } from '@minipilot/kernel/event.js';
import type { Config } from '@minipilot/platform/config.js';
import { PublicFiles, SealedFiles } from '@minipilot/platform/privacy/files.js';
import { BallotBoxes } from '@minipilot/platform/privacy/ballot-box.js';
import { ensureKeys, loadKeys } from '@minipilot/platform/privacy/keys.js';
import type { Randomness } from '@minipilot/platform/privacy/port.js';
import { demoRandomness, systemRandomness } from '@minipilot/platform/privacy/randomness.js';
import { VaultSealer } from '@minipilot/platform/privacy/sealer.js';
import { Vault, VaultRefused } from '@minipilot/platform/privacy/vault.js';
import { openReadModels, type ReadModels } from '@minipilot/platform/read-models/database.js';
import { DecisionRunner } from '@minipilot/platform/run/decision-runner.js';
import type { Clock } from '@minipilot/platform/store/clock.js';
import { DemoClock } from '@minipilot/platform/store/demo-clock.js';
import { SqliteEventStore } from '@minipilot/platform/store/sqlite.js';
import { OpenableBox } from '../ballots.js';
import { lotSeeds } from '../lot.js';

/** In demo mode keys, ids and lot seeds follow from this, so that a simulation repeats exactly. It protects nothing. */
const DEMO_SEED = 'minipilot demonstration';

export const files = (data: string) => ({
  events: join(data, 'events.sqlite'),
  vault: join(data, 'vault.sqlite'),
  readModels: join(data, 'read-models.sqlite'),
  bank: join(data, 'demo-bank.sqlite'),
  keys: join(data, 'keys'),
  files: join(data, 'files'),
  publicFiles: join(data, 'public-files'),
  outbox: join(data, 'outbox'),
});

/** The truth and its keys, as one process holds them. */
export interface WriteParts {
  store: SqliteEventStore;
  vault: Vault;
  sealer: VaultSealer;
  files: SealedFiles;
  publicFiles: PublicFiles;
  boxes: BallotBoxes;
  box: OpenableBox;
  clock: Clock;
  demoClock: DemoClock | null;
  random: Randomness;
  runner: DecisionRunner;
  close(): Promise<void>;
}

/** Opens event store and vault with the private keys of `purposes`. `machine` is this machine's clock. */
export async function openWriteParts(config: Config, purposes: readonly Purpose[], machine: Clock): Promise<WriteParts> {
  const path = files(config.data);
  const demo = config.mode === 'demo';
  const random = demo ? demoRandomness(DEMO_SEED) : systemRandomness;
  const closing: (() => unknown)[] = [];
  try {
    const demoClock = demo ? await DemoClock.open({ file: path.events, system: machine }) : null;
    if (demoClock !== null) closing.unshift(() => demoClock.close());
    const clock = demoClock ?? machine;
    const store = await SqliteEventStore.open({ file: path.events, now: () => clock.now() });
    closing.unshift(() => store.close());
    ensureKeys(path.keys, demo ? { demoSeed: DEMO_SEED } : {});
    const keys = loadKeys(path.keys, purposes);
    if (!existsSync(path.vault) && (await store.head()) !== null)
      throw new VaultRefused(
        `${path.vault} is missing, but ${path.events} has a history: its personal parts could never be opened again. Restore the vault from its backup.`,
      );
    const vault = await Vault.open({ file: path.vault, masterKey: keys.masterKey, random });
    closing.unshift(() => vault.close());
    const sealer = new VaultSealer({ vault, keys, random });
    const boxes = new BallotBoxes({ vault, sealer, keys });
    const box = new OpenableBox(store, boxes);
    const ports = { 'lot-seeds': lotSeeds(vault), 'ballot-box': box };
    const runner = new DecisionRunner({ store, catalogue, sealer, randomness: random, clock, ports });
    const close = async () => {
      for (const end of closing) await end();
    };
    const sealed = new SealedFiles(path.files, sealer);
    const publicFiles = new PublicFiles(path.publicFiles);
    return { store, vault, sealer, boxes, box, files: sealed, publicFiles, clock, demoClock, random, runner, close };
  } catch (error) {
    for (const end of closing) await end();
    throw error;
  }
}

export const openRows = (config: Config, readOnly = false): Promise<ReadModels> =>
  openReadModels({
    ...(config.databaseUrl === undefined ? { file: files(config.data).readModels } : { url: config.databaseUrl }),
    readOnly,
    ...(config.mode === 'demo' ? { tokenKey: demoRandomness(DEMO_SEED).bytes(32, 'token-key') } : {}),
  });

export { aggregates };
