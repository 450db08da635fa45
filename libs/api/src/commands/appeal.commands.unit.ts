import { CALL, id } from '@minipilot/grants/testing.js';
import { AppealsController } from '../controllers/appeals.controller.js';
import { Desk } from '../desk.js';
import { appealHandlers, FileAppeal, type RegisteredDto } from './appeal.commands.js';

const [ARRIVED, STORED] = ['2027-03-30T13:14:59.999Z', '2027-03-30T13:15:00.001Z'];

/** When an appeal counts as received that was here at the last moment and is looked at after it. */
async function receivedAt(registered?: RegisteredDto): Promise<unknown> {
  const caller = { tenant: 'demo', subject: id('resident'), name: 'Kaisa Kuntalainen', roles: ['officer'] } as never;
  const desk = {
    now: () => STORED,
    arrivalOf: Desk.prototype.arrivalOf,
    run: (_act: unknown, _aggregate: unknown, _stream: unknown, data: object) => Promise.resolve({ events: [{ data }], revision: 0 }),
    parts: { vault: { resolve: () => Promise.resolve({ subject: id('somebody') }) } },
  };
  const bus = { execute: (command: object) => new appealHandlers[0]!(desk).execute(command as never) };
  const body = Object.assign(new FileAppeal(), { section: '§ 7', resident: true, demand: 'Muutettava.', grounds: 'Väärin luettu.' });
  if (registered !== undefined) Object.assign(body, { registered, name: 'Vilho Vaatija', phone: '040 000 0000' });
  const answer = await new AppealsController(bus as never, desk as never, {} as never).file(caller, id('key'), CALL, ARRIVED, body);
  return (answer as { receivedAt: unknown }).receivedAt;
}

describe('an appeal', () => {
  it('is received when the complete request is here, however long its turn takes', async () => {
    expect(await receivedAt()).toBe(ARRIVED);
  });

  it('on paper is received when it reached the municipality', async () => {
    const reached = '2027-03-29T09:00:00.000Z';
    expect(await receivedAt({ channel: 'paper', receivedAt: reached, party: false })).toBe(reached);
  });
});
