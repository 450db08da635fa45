import { told } from '../testing.js';
import { person } from './person.js';

const past = told(person, null, '2027-05-03T08:00:00.000Z');

it('a person is forgotten, as often as asked; what is held back is told with its day', () => {
  const data = { purposes: ['proposal' as const, 'comment' as const], held: [{ purpose: 'iban' as const, until: '2037-12-31' }] };
  past()
    .when({ type: 'ForgetPerson', ...data })
    .then([{ type: 'person.forgotten', data }]);
  const again = past({ type: 'ForgetPerson', ...data }).when({ type: 'ForgetPerson', ...data });
  again.then([{ type: 'person.forgotten', data }]);
  expect(again.after()).toEqual({ forgotten: 2 });
});
