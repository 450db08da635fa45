import { TENANT, type Town } from '@minipilot/grants/flows/testing.js';
import { appealStream } from '@minipilot/grants/streams.js';
import { id } from '@minipilot/grants/testing.js';

/**
 * Appeals after the decisions of 8 October: one withdrawn, one taken up by the board and dismissed, two upheld in the same moment,
 * of which the reserve pays one.
 */
export async function appeals(town: Town, call: string, [first, second, taken]: [string, string, string]): Promise<void> {
  const [officer, board, resident] = [id('officer'), id('board'), id('resident')];
  const order = (name: string, type: string, more: object, actor: string) => ({
    category: 'appeal',
    stream: appealStream(TENANT, id(name)),
    command: { type, call, appeal: id(name), ...more },
    actor,
  });
  const must = (...orders: ReturnType<typeof order>[]) => town.actAll(orders);
  const file = (name: string, application: string) =>
    order(
      name,
      'FileAppeal',
      { application, section: null, appellant: resident, resident: true, channel: 'online', receivedAt: town.now },
      resident,
    );
  const decide = (name: string, result: string, changes: object[]) =>
    order(
      name,
      'DecideAppeal',
      { result, why: null, section: '§ 140', caseNumber: 'HML/1/2027', decidedOn: town.now.slice(0, 10), changes },
      board,
    );
  const grant = (application: string) => ({ application, cents: 50_000, reasonCode: 'appeal', deMinimis: null });

  await must(file('withdrawn', first));
  await must(order('withdrawn', 'WithdrawAppeal', {}, resident));
  await must(order('taken up', 'TakeUp', { application: taken, section: null, takenSection: '§ 120', takenOn: '2027-10-08' }, board));
  await must(decide('taken up', 'dismissed', []));
  await must(order('taken up', 'SendAppealNotice', { channel: 'letter', sentOn: town.now.slice(0, 10) }, officer));
  await must(file('upheld', first), file('too much', second));
  await must(order('upheld', 'CompleteAppeal', {}, resident));
  await must(decide('upheld', 'upheld', [grant(first)]), decide('too much', 'upheld', [grant(second)]));
  for (const name of ['upheld', 'too much'])
    await must(order(name, 'SendAppealNotice', { channel: 'electronic', sentOn: town.now.slice(0, 10) }, officer));
}
