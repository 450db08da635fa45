import { resolve } from 'node:path';
import { files } from '@minipilot/api/process/parts.js';
import { instant } from '@minipilot/kernel/time.js';
import { readConfig, type Config } from '@minipilot/platform/config.js';
import { SqliteEventStore } from '@minipilot/platform/store/sqlite.js';

/** Runs `work` on the event store of a data folder, opened for reading only: a running server is not disturbed. */
export async function withStore<T>(data: string | undefined, work: (store: SqliteEventStore, config: Config) => Promise<T>): Promise<T> {
  const settings = readConfig(process.env);
  const config = { ...settings, data: resolve(data ?? settings.data) };
  const store = await SqliteEventStore.open({ file: files(config.data).events, now: () => instant(Date.now()), readOnly: true });
  try {
    return await work(store, config);
  } finally {
    await store.close();
  }
}
