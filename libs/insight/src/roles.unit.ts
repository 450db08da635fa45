import { project } from '@minipilot/kernel/testing.js';
import { personStream } from '@minipilot/grants/streams.js';
import { deskRoles } from './roles.js';
import { History, id } from './testing.js';

const outi = id('outi');
const stream = personStream('demo', outi);
const [first, second] = ['2027-03-01T10:00:00.000Z', '2027-03-02T10:00:00.000Z'];

describe('who holds which role', () => {
  const row = (h: History) => project(deskRoles, h.events).get(outi);

  it('is told until the last one is taken away', () => {
    const h = new History();
    h.add(stream, 'person.role-granted', { role: 'officer', until: null }, first);
    h.add(stream, 'person.role-granted', { role: 'member', until: '2027-12-31T22:00:00.000Z' }, second);
    expect(row(h)).toMatchObject({ tenant: 'demo', since: first, until: '9999' });
    expect(JSON.parse(row(h)!.roles)).toEqual([
      { role: 'officer', since: first, until: null },
      { role: 'member', since: second, until: '2027-12-31T22:00:00.000Z' },
    ]);
    h.add(stream, 'person.role-revoked', { role: 'officer' }, second);
    expect(row(h)).toMatchObject({ since: first, until: '2027-12-31T22:00:00.000Z' });
    h.add(stream, 'person.role-revoked', { role: 'member' }, second);
    expect(row(h)).toBeUndefined();
  });

  it('ends when the person is forgotten, who may never have had one', () => {
    const h = new History();
    h.add(stream, 'person.role-granted', { role: 'officer', until: null }, first);
    h.add(stream, 'person.forgotten', { purposes: ['contact'], held: [] }, second);
    h.add(personStream('demo', id('aino')), 'person.forgotten', { purposes: ['contact'], held: [] }, second);
    expect(project(deskRoles, h.events).size).toBe(0);
  });
});
