import { iban } from '../support/api.js';
import { callForm, form } from '../e2e/municipality.js';
import type { Caller, Ids, World } from './world.js';

/** How to call a route outside its stage: by somebody who may, about something that is not so far yet, or no longer. */
export interface Outside {
  caller: Caller;
  ids: Ids;
  /** instead of a body of the described shape */
  body?: unknown;
  /** where the ETag for If-Match is shown */
  shown?: string;
}

/** A file of an election without ballots. */
const BALLOTS = 'META\nkey;value\nbudget;1\nvote_type;approval\nPROJECTS\nproject_id;cost\nA;1\nVOTES\nvoter_id;vote';

/** For each row of the table with a stage, when the scoring of the world's committee has closed. */
export function outsideStages({
  calls,
  pilot,
  scored,
  helped,
  done,
  drafts,
  batch,
  service,
  votingCode,
  appeal,
  decidedAppeal,
}: World): Record<string, Outside> {
  const staff = (...roles: Caller['roles']): Caller => ({ person: 'virkailija', roles });
  const officer = staff('officer');
  const chair: Caller = { person: 'puheenjohtaja', roles: ['chair'] };
  const member: Caller = { person: 'jasen', roles: ['member'] };
  const applicant: Caller = { person: 'oma', roles: [] };
  const appellant: Caller = { person: 'vaatija', roles: [] };
  const undecided = (caller: Caller, body?: unknown): Outside => ({ caller, ids: { pilot }, ...(body === undefined ? {} : { body }) });
  const notAdopted = (caller: Caller): Outside => ({ caller, ids: { service } });
  const paidOut = (caller: Caller, body?: unknown): Outside => ({ caller, ids: { batch }, ...(body === undefined ? {} : { body }) });
  const scoredAlready = (caller: Caller, body?: unknown): Outside => ({
    caller,
    ids: { call: calls.scoring, application: scored },
    ...(body === undefined ? {} : { body }),
  });
  const notYet = (body?: unknown): Outside => ({ caller: officer, ids: { call: calls.scoring }, ...(body === undefined ? {} : { body }) });
  return {
    'PUT /api/:tenant/calls/:call': { caller: officer, ids: { call: calls.open }, body: callForm(), shown: `desk/calls/${calls.open}` },
    'POST /api/:tenant/calls/:call/announcement': { caller: officer, ids: { call: calls.open } },
    'POST /api/:tenant/calls/:call/extension': { caller: officer, ids: { call: calls.scoring } },
    'POST /api/:tenant/calls/:call/budget-raise': { caller: officer, ids: { call: calls.draft } },
    'POST /api/:tenant/calls/:call/cancellation': { caller: officer, ids: { call: calls.scoring } },
    'POST /api/:tenant/calls/:call/admissions': {
      caller: officer,
      ids: { call: calls.open },
      body: { application: done, reason: 'Katko.' },
    },

    'POST /api/:tenant/calls/:call/drafts/:draft/submit': { caller: applicant, ids: { call: calls.upcoming, draft: drafts.upcoming } },
    'PUT /api/:tenant/applications/:pilot': {
      caller: applicant,
      ids: { pilot: scored },
      body: form('Oma Omistaja'),
      shown: `applications/${scored}`,
    },
    'POST /api/:tenant/applications/:pilot/withdrawal': { caller: applicant, ids: { pilot: scored } },
    'POST /api/:tenant/applications/:pilot/check': { caller: officer, ids: { pilot: done } },
    'POST /api/:tenant/applications/:pilot/completion-request': {
      caller: officer,
      ids: { pilot: done },
      body: { codes: ['costs-unclear'], text: 'Mihin raha menee?' },
    },
    'POST /api/:tenant/applications/:pilot/completion': {
      caller: { person: 'saaja', roles: [] },
      ids: { pilot: done },
      body: { place: 'Koululla' },
    },

    'POST /api/:tenant/calls/:call/scoring': { caller: officer, ids: { call: calls.upcoming } },
    'POST /api/:tenant/calls/:call/scoring/extension': scoredAlready(chair),
    'POST /api/:tenant/calls/:call/scorebook/conflicts': scoredAlready(member),
    'POST /api/:tenant/calls/:call/scorebook/recusals': scoredAlready(member, { application: scored, ground: 'recognised' }),
    'PUT /api/:tenant/calls/:call/scorebook/cards/:application': scoredAlready(member, { assessed: { values: [1, 1, 1] } }),
    'POST /api/:tenant/calls/:call/scorebook/completion': scoredAlready(member),
    'POST /api/:tenant/calls/:call/readings': { caller: officer, ids: { call: calls.upcoming } },
    'POST /api/:tenant/calls/:call/rounds': { caller: officer, ids: { call: calls.upcoming } },
    'POST /api/:tenant/calls/:call/proposal/signature': { caller: chair, ids: { call: calls.upcoming } },
    'POST /api/:tenant/calls/:call/decisions': {
      caller: staff('decision-maker'),
      ids: { call: calls.scoring },
      body: {
        section: '§ 3',
        caseNumber: 'KAU/3/2027',
        decidedOn: '2027-02-27',
        decisions: [{ application: scored, result: 'refused', cents: 0, reasonCode: 'vertailu', reason: 'Ei mahtunut.' }],
      },
    },
    'POST /api/:tenant/calls/:call/notices': {
      caller: officer,
      ids: { call: calls.open },
      body: { applications: [pilot], channel: 'letter', sentOn: '2027-02-20' },
    },
    'POST /api/:tenant/calls/:call/publication': { caller: officer, ids: { call: calls.open }, body: { publishedOn: '2027-02-27' } },

    'GET /api/:tenant/calls/:call/tally': notYet(),
    'GET /api/:tenant/calls/:call/tally/ballots': notYet(),
    'POST /api/:tenant/calls/:call/tally/search': notYet(),
    'GET /api/:tenant/calls/:call/tally/pabulib': notYet(),
    'POST /api/:tenant/calls/:call/vote/projects': { caller: officer, ids: { call: calls.open } },
    'POST /api/:tenant/calls/:call/vote': { caller: officer, ids: { call: calls.open } },
    'POST /api/:tenant/calls/:call/vote/imports': notYet({ source: 'Paperi', file: BALLOTS, projects: [], complete: true }),
    'POST /api/:tenant/calls/:call/ballots': notYet({ choices: [scored] }),
    'POST /api/:tenant/calls/:call/ballots/by-code': notYet({ code: votingCode, choices: [scored] }),

    'POST /api/:tenant/applications/:pilot/acceptance': undecided(applicant, { iban: iban(2) }),
    'POST /api/:tenant/applications/:pilot/account': { ...undecided(officer, { iban: iban(2) }), ids: { pilot: helped } },
    'POST /api/:tenant/applications/:pilot/decline': undecided(applicant),
    'POST /api/:tenant/applications/:pilot/recipient-withdrawal': undecided(applicant),
    'POST /api/:tenant/applications/:pilot/recipient': undecided(applicant, { name: 'Saara Saaja', phone: '040 123 4567' }),
    'POST /api/:tenant/applications/:pilot/plan-change': undecided(applicant),
    'POST /api/:tenant/applications/:pilot/plan-refusal': undecided(officer),
    'POST /api/:tenant/applications/:pilot/report': undecided(applicant),
    'POST /api/:tenant/applications/:pilot/report-return': undecided(officer),
    'POST /api/:tenant/applications/:pilot/report-acceptance': undecided(officer),
    'POST /api/:tenant/applications/:pilot/report-extension': undecided(officer),
    'POST /api/:tenant/applications/:pilot/public-text': undecided(officer),
    'POST /api/:tenant/applications/:pilot/public-recipient': undecided(officer),

    'POST /api/:tenant/appeals/:appeal/completion': { caller: appellant, ids: { appeal: decidedAppeal } },
    'POST /api/:tenant/appeals/:appeal/withdrawal': { caller: appellant, ids: { appeal: decidedAppeal } },
    'POST /api/:tenant/appeals/:appeal/decision': {
      caller: staff('appeal-body'),
      ids: { appeal: decidedAppeal },
      shown: `appeals/${decidedAppeal}`,
    },
    'POST /api/:tenant/appeals/:appeal/notice': { caller: officer, ids: { appeal } },

    'POST /api/:tenant/applications/:pilot/payout-retry': undecided(staff('finance-clerk')),
    'POST /api/:tenant/applications/:pilot/returned-money': undecided(staff('finance-clerk')),
    'POST /api/:tenant/batches/:batch/preparation': paidOut(staff('finance-clerk')),
    'POST /api/:tenant/batches/:batch/close-matches': paidOut(staff('finance-clerk'), { row: `${done}/1/1` }),
    'POST /api/:tenant/batches/:batch/approval': { ...paidOut(staff('finance-approver')), shown: `batches/${batch}` },

    'POST /api/:tenant/applications/:pilot/adoption': undecided(officer),
    'POST /api/:tenant/services/:service/answer': notAdopted(staff('owner')),
    'POST /api/:tenant/services/:service/decision': notAdopted(staff('decision-maker')),
    'POST /api/:tenant/services/:service/districts': notAdopted(staff('owner')),
    'POST /api/:tenant/services/:service/reviews': notAdopted(staff('owner')),
    'POST /api/:tenant/services/:service/end': notAdopted(staff('owner')),
  };
}
