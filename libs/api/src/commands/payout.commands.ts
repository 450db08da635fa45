import { batch } from '@minipilot/grants/batch/batch.js';
import { batchStream } from '@minipilot/grants/streams.js';
import { Text } from '@minipilot/platform/http/fields.js';
import { handler, type Act, type Answer, type Desk } from '../desk.js';
import type { BatchCommand } from '@minipilot/grants/batch/batch.js';

export class PrepareBatch {}
export class ApproveBatch {
  @Text(64, { min: 64, description: 'digest of the rows as they were shown' }) digest: string;
}
export class AcceptCloseMatch {
  @Text(60) row: string;
}

async function toBatch(desk: Desk, act: Act, command: BatchCommand): Promise<Answer> {
  const stream = batchStream(act.caller.tenant, act.batch!);
  await desk.look(batch, stream);
  return desk.answer(act, batch, stream, command);
}

export const payoutHandlers = [
  handler(PrepareBatch, (desk, _body, act) => toBatch(desk, act, { type: 'Prepare' })),
  handler(ApproveBatch, (desk, { digest }, act) => toBatch(desk, act, { type: 'Approve', digest })),
  handler(AcceptCloseMatch, (desk, { row }, act) => toBatch(desk, act, { type: 'AcceptCloseMatch', row })),
];
