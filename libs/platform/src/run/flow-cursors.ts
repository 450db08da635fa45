import type { ReadModels } from '../read-models/database.js';
import type { Cursors } from './flow-runner.js';

const keyOf = (name: string): string => `flow-cursor/${name}`;

/** Flows' cursors beside the read models: disposable like these. */
export function readModelCursors({ db }: Pick<ReadModels, 'db'>): Cursors {
  return {
    async get(name) {
      const row = await db.selectFrom('meta').select('value').where('key', '=', keyOf(name)).executeTakeFirst();
      return (row?.value as string | undefined) ?? null;
    },
    async move(name, from, to) {
      const key = keyOf(name);
      const insert = db.insertInto('meta').values({ key, value: to });
      const moved =
        from === null
          ? await insert
              .onConflict((c) => c.column('key').doNothing())
              .returning('key')
              .execute()
          : await db.updateTable('meta').set({ value: to }).where('key', '=', key).where('value', '=', from).returning('key').execute();
      return moved.length === 1;
    },
  };
}
