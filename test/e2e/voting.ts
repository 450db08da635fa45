import { randomUUID } from 'node:crypto';
import { ok, type Person, type Reply } from '../support/api.js';
import { callForm, form, type Municipality } from './municipality.js';

export const sharesRules = {
  method: 'equal-shares',
  criteria: [],
  scale: { min: 0, max: 1 },
  minimumCards: 1,
  tieRule: ['lower-cost', 'more-votes', 'lot'],
  whenOverBudget: 'skip',
  completion: 'add1u',
  vote: { minAge: 12, residence: 'municipality', ballot: { kind: 'approval', min: 1, max: 3 } },
};

/** A call that residents vote on: announced on START, closing on 5 February 2027. */
export const votedCall = (change: Record<string, unknown> = {}): Record<string, any> =>
  callForm({
    title: { fi: 'Asukkaat valitsevat', sv: 'Invånarna väljer', en: 'Residents choose' },
    budget: { cents: 200_000, year: 2027, costCentre: '4100', account: '4740', project: 'MP-3' },
    districts: ['Jukola'],
    opensAt: '2027-01-28T07:00:00.000Z',
    closesAt: '2027-02-05T13:00:00.000Z',
    authority: { section: '§ 12', on: '2027-01-04' },
    rules: sharesRules,
    ...change,
  });

/** When residents vote, of calls that are begun by `voting`. */
export const OPENS = '2027-02-10T07:00:00.000Z';
export const CLOSES = '2027-02-17T13:00:00.000Z';

/** A call whose applications are before the residents. Returns its id and the applications in the order of the ballot. */
export async function voting(
  town: Municipality,
  projects: number,
  change: { call?: Record<string, unknown>; vote?: Record<string, unknown>; beside?: () => Promise<void> } = {},
): Promise<{ call: string; projects: string[] }> {
  const { officer } = town.staff;
  const call = await town.announce(votedCall(change.call));
  await town.api.advance('2027-02-01T08:00:00.000Z');
  const ids: string[] = [];
  for (let n = 1; n <= projects; n++) {
    const who = await town.api.as(`hakija-${n}`, [], `Hakija ${n}`);
    ids.push((await town.apply(call, who, form(who.name, { email: who.email }))).id);
  }
  await change.beside?.();
  await town.api.advance('2027-02-05T13:01:00.000Z');
  for (const id of ids) await officer.post(`applications/${id}/check`, { suggestion: 'eligible', codes: [] });
  await officer.post(`calls/${call}/vote/projects`, {
    projects: ids.map((application, i) => ({ application, title: `Kokeilu ${i + 1}`, summary: `Kokeillaan ${i + 1} kertaa; yhdessä.` })),
  });
  await officer.post(`calls/${call}/vote`, { opensAt: OPENS, closesAt: CLOSES, online: true, paper: false, ...change.vote });
  await town.api.settle();
  const shown = await town.api.open(`calls/${call}/vote`);
  return { call, projects: shown.projects.map((p: { application: string }) => p.application) };
}

export const cast = (voter: Person, call: string, choices: string[], key: string = randomUUID()): Promise<Reply> =>
  voter.ask('POST', `calls/${call}/ballots`, { body: { choices }, key });
export const castByCode = (town: Municipality, call: string, code: string, choices: string[], key: string = randomUUID()): Promise<Reply> =>
  town.api.ask('POST', `calls/${call}/ballots/by-code`, { body: { code, choices }, key });
export const trackerOf = (reply: Reply): string => (ok(reply) as { tracker: string }).tracker;
export const search = (town: Municipality, call: string, tracker: string): Promise<Reply> =>
  town.api.ask('POST', `calls/${call}/tally/search`, { body: { tracker } });
