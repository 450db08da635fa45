import { expectDescribed } from './described.js';

const now = '2027-03-01T10:00:00.000Z';
const check = (method: string, path: string, status: number, body: unknown) => () => expectDescribed(method, path, status, body);

describe('an answer that is held against the description of the API', () => {
  it('passes as described, and where nothing is described', () => {
    expect(check('GET', '/demo/clock', 200, { now })).not.toThrow();
    expect(check('GET', '/health/live', 200, { anything: true })).not.toThrow();
    expect(check('POST', '/demo/clock', 400, {})).not.toThrow();
  });
  it.each([
    ['a field is missing', 200, {}, 'required'],
    ['a field is of another kind', 200, { now: 1 }, 'string'],
    ['a field is not described', 200, { now, zone: 'Europe/Helsinki' }, 'additional'],
    ['the status is not described', 201, { now }, 'answered 201'],
    ['a rule refuses where the description knows of none', 409, {}, 'answered 409'],
  ])('fails when %s', (_what, status, body, told) => {
    expect(check('GET', '/demo/clock?x=1', status, body)).toThrow(told);
  });
  it('fails deep inside, also where one of several shapes is due', () => {
    const place = '/api/demo/calls/00000000-0000-4000-8000-000000000000';
    expect(check('GET', `${place}/scoring`, 200, { started: false, rounds: 0 })).not.toThrow();
    expect(check('GET', `${place}/scoring`, 200, { started: false, rounds: 0, scores: [] })).toThrow('scoring did not answer as described');
    expect(check('GET', '/api/demo/my/applications', 200, { items: [{ id: 'x' }], next: null })).toThrow('/items/0');
  });
});
