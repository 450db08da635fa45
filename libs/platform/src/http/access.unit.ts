import { requireFresh } from './access.js';
import { Problem } from './problem.js';

describe('a fresh sign-in', () => {
  const now = new Date('2027-03-01T12:00:00Z');
  const seconds = now.getTime() / 1000;
  it.each([
    ['of this moment', seconds],
    ['as old as may be', seconds - 15 * 60],
    ['by a provider whose clock is a little ahead', seconds + 60],
  ])('%s is let through', (_, authenticatedAt) => {
    expect(() => requireFresh({ authenticatedAt }, 15, now)).not.toThrow();
  });

  it.each([
    ['a second too old', { authenticatedAt: seconds - 15 * 60 - 1 }],
    ['that does not say when', {}],
    ['of the future', { authenticatedAt: seconds + 61 }],
    ['at no number', { authenticatedAt: NaN }],
  ])('%s is asked for anew', (_, caller) => {
    let refused: unknown;
    try {
      requireFresh(caller, 15, now);
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(Problem);
    expect(refused).toMatchObject({ code: 'fresh-sign-in-needed', status: 401, params: { minutes: 15 } });
    expect((refused as Problem).headers['www-authenticate']).toBe(
      'Bearer realm="minipilot", error="insufficient_user_authentication", max_age="900"',
    );
  });
});
