import { POLICY, told } from '../testing.js';
import { policy, policyOf, type PolicyCommand } from './policy.js';

const past = told(policy, null, '2027-01-04T08:00:00.000Z');
const set = (change: Partial<typeof POLICY> = {}): PolicyCommand => ({ type: 'SetPolicy', policy: { ...POLICY, ...change } });

describe('policy', () => {
  it('is set, and set again only when it changes', () => {
    past()
      .when(set())
      .then([{ type: 'policy.set', data: { policy: POLICY } }]);
    past(set()).when(set()).thenNothing();
    const changed = past(set()).when(set({ acceptDays: 14 }));
    changed.then([{ type: 'policy.set', data: { policy: { ...POLICY, acceptDays: 14 } } }]);
    expect(changed.after()).toEqual({ ...POLICY, acceptDays: 14 });
  });

  it('needs a time zone that exists and a district', () => {
    past()
      .when(set({ timeZone: 'Europe/Hämeenlinna' }))
      .thenRejected('unknown-time-zone', { timeZone: 'Europe/Hämeenlinna' });
    past()
      .when(set({ districts: [] }))
      .thenRejected('no-districts');
  });

  it('must be there before anything else', async () => {
    const sources = (state: typeof POLICY | null) => ({ tenant: 'demo', fold: () => Promise.resolve(state) }) as never;
    await expect(policyOf(sources(null))).rejects.toThrow('tenant demo has no policy');
    await expect(policyOf(sources(POLICY))).resolves.toBe(POLICY);
  });
});
