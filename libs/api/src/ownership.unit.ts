import { pilot } from '@minipilot/grants/pilot/pilot.js';
import { scoring as scoringOf } from '@minipilot/grants/scoring/scoring.js';
import type { PolicyRow } from '@minipilot/identity/policy-table.js';
import type { Role } from '@minipilot/identity/roles.js';
import { draftScope, Ownership } from './ownership.js';

const CALL = '0b8c3e52-5f0a-5c1e-9d56-0d2f6c1f0a11';
const OTHER_CALL = '0b8c3e52-5f0a-5c1e-9d56-0d2f6c1f0a12';
const PILOT = '1b8c3e52-5f0a-5c1e-9d56-0d2f6c1f0a11';
const DRAFT = '2b8c3e52-5f0a-5c1e-9d56-0d2f6c1f0a11';

interface Facts {
  helper?: string | null;
  /** no scoring yet, under way, or opened */
  scoring?: 'none' | 'open' | 'opened';
}

/** What the streams and the vault of municipality `demo` hold; any other holds nothing. */
function ownership({ helper = null, scoring = 'none' }: Facts = {}): Ownership {
  const started = { members: ['chair', 'member'], chair: 'chair' };
  const streams: Record<string, unknown> = {
    [`demo.pilot-${PILOT}`]: {
      ...pilot.initial,
      call: CALL,
      applicant: 'applicant',
      recipient: 'recipient',
      application: { helper, filedBy: 'filer' },
    },
    [`demo.scoring-${CALL}`]: { started: scoring === 'none' ? null : started, opened: scoring === 'opened' ? {} : null },
  };
  const none = { ...pilot.initial, ...scoringOf.initial };
  const runner = { look: (_: unknown, stream: string) => Promise.resolve({ state: streams[stream] ?? none, revision: 0 }) };
  const draft = { owner: 'applicant', scope: draftScope(CALL) };
  const vault = { getDraft: (tenant: string, id: string) => Promise.resolve(tenant === 'demo' && id === DRAFT ? draft : null) };
  return new Ownership({ runner, vault } as never);
}

const caller = (subject: string, roles: Role[] = [], tenant = 'demo') => ({ subject, tenant, roles });
const row = (rest: Omit<PolicyRow, 'for'>): PolicyRow => ({ for: 'signed-in', ...rest });

describe('whose a thing is', () => {
  it('an application belongs to its applicant, its recipient, who filed it and who helped; to nobody else, and in no other municipality', async () => {
    const own = row({ own: 'application' });
    const at = ownership({ helper: 'helper' });
    for (const person of ['applicant', 'recipient', 'filer', 'helper']) {
      expect([person, await at.reaches(own, caller(person), { pilot: PILOT })]).toEqual([person, true]);
      expect(await at.reaches(own, caller(person, [], 'toinen'), { pilot: PILOT })).toBe(false);
    }
    for (const role of ['officer', 'decision-maker', 'admin', 'auditor'] as const)
      expect([role, await at.reaches(own, caller('stranger', [role]), { pilot: PILOT })]).toEqual([role, false]);
  });

  it('nobody’s is what does not exist, or has no proper id', async () => {
    const everybody = caller('applicant', ['officer']);
    for (const pilot of [DRAFT, 'x', '', '../..', PILOT.toUpperCase()])
      expect([pilot, await ownership().reaches(row({ own: 'application', others: ['officer'] }), everybody, { pilot })]).toEqual([
        pilot,
        false,
      ]);
    expect(await ownership().reaches(row({ own: 'application', others: ['officer'] }), everybody, {})).toBe(false);
    expect(await ownership().reaches(row({ own: 'draft' }), everybody, { call: CALL, draft: PILOT })).toBe(false);
    expect(await ownership().reaches(row({ own: 'committee' }), caller('member'), { call: CALL })).toBe(false);
    expect(await ownership({ scoring: 'open' }).reaches(row({ own: 'committee' }), caller('member'), { call: 'x' })).toBe(false);
  });

  it('a draft belongs to who began it, in its own call', async () => {
    const own = row({ own: 'draft' });
    expect(await ownership().reaches(own, caller('applicant'), { call: CALL, draft: DRAFT })).toBe(true);
    expect(await ownership().reaches(own, caller('applicant'), { call: OTHER_CALL, draft: DRAFT })).toBe(false);
    expect(await ownership().reaches(own, caller('stranger', ['officer']), { call: CALL, draft: DRAFT })).toBe(false);
  });

  it('an officer acts for whom staff took the application down, and for nobody else', async () => {
    const own = row({ own: 'application', helped: ['officer'] });
    const officer = caller('officer', ['officer']);
    expect(await ownership({ helper: 'helper' }).reaches(own, officer, { pilot: PILOT })).toBe(true);
    expect(await ownership().reaches(own, officer, { pilot: PILOT })).toBe(false);
    expect(await ownership({ helper: 'helper' }).reaches(own, caller('agent', ['agent']), { pilot: PILOT })).toBe(false);
  });

  it('others’ applications open to the roles named, but not to who scores their call until scoring closes', async () => {
    const own = row({ own: 'application', others: ['officer'] });
    const reaches = (subject: string, scoring: Facts['scoring']) =>
      ownership({ scoring }).reaches(own, caller(subject, ['officer', 'member']), { pilot: PILOT });
    expect([await reaches('officer', 'none'), await reaches('officer', 'open'), await reaches('officer', 'opened')]).toEqual([
      true,
      true,
      true,
    ]);
    expect([await reaches('member', 'none'), await reaches('member', 'open'), await reaches('member', 'opened')]).toEqual([
      true,
      false,
      true,
    ]);
    // one's own stays one's own
    expect(await ownership({ scoring: 'open', helper: 'member' }).reaches(own, caller('member', ['member']), { pilot: PILOT })).toBe(true);
  });

  it('a committee is its members’, and its chair’s is its chair’s alone', async () => {
    const at = ownership({ scoring: 'open' });
    const reaches = (own: 'committee' | 'chair', subject: string, others: Role[] = [], roles: Role[] = ['member', 'chair']) =>
      at.reaches(row({ own, others }), caller(subject, roles), { call: CALL });
    expect([await reaches('committee', 'member'), await reaches('committee', 'chair')]).toEqual([true, true]);
    expect([await reaches('chair', 'member'), await reaches('chair', 'chair')]).toEqual([false, true]);
    expect([await reaches('committee', 'other-chair'), await reaches('chair', 'other-chair')]).toEqual([false, false]);
    expect(await reaches('chair', 'officer', ['officer'], ['officer'])).toBe(true);
  });

  it('what need not be one’s own is anybody’s', async () => {
    expect(await ownership().reaches({ for: ['officer'] }, caller('stranger'), {})).toBe(true);
  });
});
