import { project } from '@minipilot/kernel/testing.js';
import { callStream, scorebookId, scorebookStream } from '@minipilot/grants/streams.js';
import { publicPlaces } from './places.js';
import { History, id } from './testing.js';

test('a place is the newest event of a stream from which public pages are made; books have none', () => {
  const h = new History();
  const call = id('call');
  const book = scorebookStream('demo', scorebookId(call, id('member')));
  h.policy();
  h.announce(call);
  h.add(
    book,
    'scorebook.conflicts-declared',
    { call, member: id('member'), conflicts: [], shown: 0, shownDigest: '0'.repeat(64) },
    '2027-09-24T08:00:00.000Z',
  );
  const closed = h.close(call, []);
  const rows = project(publicPlaces, h.events);
  expect(rows.get(callStream('demo', call))).toEqual({ revision: closed.revision, position: closed.position });
  expect([...rows.keys()].sort()).toEqual([callStream('demo', call), 'demo.policy']);
  for (const type of publicPlaces.handles) expect(type).not.toMatch(/^(scorebook|vote|person|flow)\./);
});
