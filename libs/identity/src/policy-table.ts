import type { AccessRule } from '@minipilot/platform/http/request-context.js';
import type { Role } from './roles.js';
import type { Stage } from './stages.js';

/** What in a path may have to be the caller's own, and whose each is. */
export const OWN = {
  draft: 'who began it',
  application: 'its applicant, its recipient, who filed it or helped',
  committee: 'who is on the committee of the call',
  chair: 'who chairs the committee of the call',
  appeal: 'who filed or registered it',
  'appeal-or-decision': 'who filed or registered it, and the applicant and recipient whose decision it is about',
} as const;
export type Own = keyof typeof OWN;

/** A row of the table: who may call the route, what must be theirs, and when. */
export interface PolicyRow extends AccessRule {
  for: 'public' | 'signed-in' | 'operator' | readonly [Role, ...Role[]];
  own?: Own;
  others?: readonly Role[];
  helped?: readonly Role[];
  stage?: Stage;
}

/** Roles that may fill in an application for somebody, which its body says. */
export const HELPERS: readonly Role[] = ['agent', 'officer'];

/** What applicants do themselves, or an officer for them where staff took the application down. */
const theirs = { for: 'signed-in', own: 'application', helped: ['officer'] } as const;
/** What officers do with what applicants wrote. */
const unscored = { for: ['officer'], own: 'application', others: ['officer'] } as const;
/** A member's own book of cards. */
const ownBook = { for: ['member', 'chair'], own: 'committee', unobserved: true } as const;

/**
 * Who may do what: a row for each route, grouped as the API is. Nothing else opens a route; a route without a row stops the
 * start, and a row without a route fails a test. Roles are any of, and hold in their own municipality alone.
 *
 * - `for` – everybody (`public`), whoever is `signed-in`, the machine's `operator`, or whoever has one of the roles
 * - `own` – what in the path must be one's own; what is not is 404, as if it were not there
 * - `others` – roles that reach what is others' too; of applications not who is on the committee, until scoring closes
 * - `helped` – roles that may act on an application which staff took down for somebody, on paper, by phone or at a desk
 * - `fresh` – the caller must have signed in a moment ago
 * - `stage` – when it works, and the code of the refusal otherwise: see stages.ts
 * - `unobserved` – neither logged nor counted, as long as the program does not fail
 *
 * What depends on the person and not on the role (conflicts of interest, two people for a payment, nobody decides on what they
 * helped to write) is decided with the facts of each case, in the deciders.
 */
export const policyTable = {
  // What everybody may see
  'GET /api/:tenant/municipality': { for: 'public' },
  'GET /api/:tenant/calls': { for: 'public' },
  'GET /api/:tenant/calls/:call': { for: 'public' },
  'GET /api/:tenant/calls/:call/lot': { for: 'public' },
  'GET /api/:tenant/calls/:call/lot.html': { for: 'public' },
  'GET /api/:tenant/dashboard/money': { for: 'public' },
  'GET /api/:tenant/dashboard/funnel': { for: 'public' },
  'GET /api/:tenant/dashboard/times': { for: 'public' },
  'GET /api/:tenant/dashboard/outcomes': { for: 'public' },
  'GET /api/:tenant/pilots': { for: 'public' },
  'GET /api/:tenant/pilots/:pilot': { for: 'public' },
  'GET /api/:tenant/lessons': { for: 'public' },
  'GET /api/:tenant/services': { for: 'public' },
  'GET /api/:tenant/services/:service': { for: 'public' },
  'GET /api/:tenant/yearly-report': { for: 'public' },

  // Calls, from draft to close
  'GET /api/:tenant/desk/calls': { for: ['officer', 'decision-maker', 'auditor'] },
  'GET /api/:tenant/desk/calls/:call': { for: ['officer', 'decision-maker', 'auditor'] },
  'GET /api/:tenant/desk/lessons': { for: ['officer'] },
  'POST /api/:tenant/calls': { for: ['officer'] },
  'PUT /api/:tenant/calls/:call': { for: ['officer'], stage: 'call-is-draft' },
  'POST /api/:tenant/calls/:call/announcement': { for: ['officer'], stage: 'call-is-draft' },
  'POST /api/:tenant/calls/:call/extension': { for: ['officer'], stage: 'before-close' },
  'POST /api/:tenant/calls/:call/budget-raise': { for: ['officer'], stage: 'call-is-announced' },
  'POST /api/:tenant/calls/:call/cancellation': { for: ['officer'], stage: 'before-close' },
  'POST /api/:tenant/calls/:call/admissions': { for: ['officer'], stage: 'after-close' },

  // Applying
  'POST /api/:tenant/calls/:call/drafts': { for: 'signed-in' },
  'GET /api/:tenant/calls/:call/drafts': { for: 'signed-in' },
  'GET /api/:tenant/calls/:call/drafts/:draft': { for: 'signed-in', own: 'draft' },
  'PUT /api/:tenant/calls/:call/drafts/:draft': { for: 'signed-in', own: 'draft' },
  'DELETE /api/:tenant/calls/:call/drafts/:draft': { for: 'signed-in', own: 'draft' },
  'POST /api/:tenant/calls/:call/drafts/:draft/submit': { for: 'signed-in', own: 'draft', stage: 'call-is-open' },
  'GET /api/:tenant/my/applications': { for: 'signed-in' },
  'GET /api/:tenant/desk/calls/:call/applications': { for: ['officer', 'decision-maker', 'auditor'] },
  'GET /api/:tenant/applications/:pilot': { for: 'signed-in', own: 'application', others: ['officer', 'decision-maker'] },
  'PUT /api/:tenant/applications/:pilot': { for: 'signed-in', own: 'application', stage: 'before-close' },
  'POST /api/:tenant/applications/:pilot/withdrawal': { ...theirs, stage: 'before-close' },
  'POST /api/:tenant/applications/:pilot/check': { ...unscored, stage: 'undecided' },
  'POST /api/:tenant/applications/:pilot/completion-request': { ...unscored, stage: 'undecided' },
  'POST /api/:tenant/applications/:pilot/completion': { for: 'signed-in', own: 'application', others: ['officer'], stage: 'undecided' },

  // Scoring, proposal and decision
  'POST /api/:tenant/calls/:call/scoring': { for: ['officer'], stage: 'before-scoring' },
  'GET /api/:tenant/calls/:call/scoring': {
    for: ['officer', 'chair', 'decision-maker'],
    own: 'chair',
    others: ['officer', 'decision-maker'],
  },
  'POST /api/:tenant/calls/:call/scoring/extension': { for: ['officer', 'chair'], own: 'chair', others: ['officer'], stage: 'scoring' },
  'GET /api/:tenant/calls/:call/scorebook': ownBook,
  'POST /api/:tenant/calls/:call/scorebook/conflicts': { ...ownBook, stage: 'scoring' },
  'POST /api/:tenant/calls/:call/scorebook/recusals': { ...ownBook, stage: 'scoring' },
  'PUT /api/:tenant/calls/:call/scorebook/cards/:application': { ...ownBook, stage: 'scoring' },
  'POST /api/:tenant/calls/:call/scorebook/completion': { for: ['member', 'chair'], own: 'committee', stage: 'scoring' },
  'POST /api/:tenant/calls/:call/readings': { for: ['officer', 'member'], stage: 'call-is-rolling' },
  'POST /api/:tenant/calls/:call/rounds': { for: ['officer'], stage: 'call-is-rolling' },
  'GET /api/:tenant/calls/:call/proposal': { for: ['officer', 'member', 'chair', 'decision-maker', 'auditor'] },
  'POST /api/:tenant/calls/:call/proposal/signature': { for: ['chair'], fresh: true, stage: 'proposed' },
  'POST /api/:tenant/calls/:call/decisions': { for: ['decision-maker'], fresh: true, stage: 'proposal-is-signed' },
  'POST /api/:tenant/calls/:call/notices': { for: ['officer'], stage: 'decided' },
  'POST /api/:tenant/calls/:call/publication': { for: ['officer'], stage: 'to-publish' },

  // Decision documents, letters, what was told to whom
  'GET /api/:tenant/calls/:call/decisions': { for: 'public' },
  'GET /api/:tenant/calls/:call/decisions.html': { for: 'public' },
  'GET /api/:tenant/calls/:call/minutes.html': { for: ['officer', 'decision-maker', 'appeal-body', 'auditor'] },
  'GET /api/:tenant/applications/:pilot/decision.html': {
    for: 'signed-in',
    own: 'application',
    others: ['officer', 'decision-maker', 'appeal-body', 'auditor'],
  },
  'GET /api/:tenant/applications/:pilot/decision-draft.html': {
    for: ['officer', 'decision-maker'],
    own: 'application',
    others: ['officer', 'decision-maker'],
  },
  'GET /api/:tenant/applications/:pilot/messages': { for: 'signed-in', own: 'application', others: ['officer', 'auditor'] },
  'GET /api/:tenant/applications/:pilot/letters/:message': { for: ['officer'], own: 'application', others: ['officer'] },
  'POST /api/:tenant/applications/:pilot/letters/:message/posting': { for: ['officer'], own: 'application', others: ['officer'] },
  'GET /api/:tenant/desk/messages': { for: ['officer'] },

  // The residents' vote; how many cast a ballot is told nowhere before the count
  'GET /api/:tenant/calls/:call/vote': { for: 'public' },
  'GET /api/:tenant/calls/:call/tally': { for: 'public', stage: 'counted' },
  'GET /api/:tenant/calls/:call/tally/ballots': { for: 'public', stage: 'counted' },
  'POST /api/:tenant/calls/:call/tally/search': { for: 'public', stage: 'counted', unobserved: true },
  'GET /api/:tenant/calls/:call/tally/pabulib': { for: 'public', stage: 'counted' },
  'GET /api/:tenant/desk/calls/:call/vote': { for: ['officer', 'decision-maker', 'auditor'] },
  'POST /api/:tenant/calls/:call/vote/projects': { for: ['officer'], stage: 'before-voting' },
  'POST /api/:tenant/calls/:call/vote': { for: ['officer'], stage: 'before-voting' },
  'POST /api/:tenant/calls/:call/vote/codes': { for: ['officer', 'agent'] },
  'POST /api/:tenant/calls/:call/vote/imports': { for: ['officer'], stage: 'until-ballots-are-complete' },
  'POST /api/:tenant/calls/:call/ballots': { for: 'signed-in', stage: 'voting', unobserved: true },
  'POST /api/:tenant/calls/:call/ballots/by-code': { for: 'public', stage: 'voting', unobserved: true },
  'GET /api/:tenant/calls/:call/ballots/mine': { for: 'signed-in', unobserved: true },

  // Appeals
  'POST /api/:tenant/calls/:call/appeals': { for: 'signed-in' },
  'POST /api/:tenant/calls/:call/taking-up': { for: ['appeal-body'], fresh: true },
  'GET /api/:tenant/my/appeals': { for: 'signed-in' },
  'GET /api/:tenant/desk/appeals': { for: ['appeal-body', 'officer', 'auditor'] },
  'GET /api/:tenant/appeals/:appeal': { for: 'signed-in', own: 'appeal-or-decision', others: ['appeal-body', 'officer', 'auditor'] },
  'POST /api/:tenant/appeals/:appeal/completion': { for: 'signed-in', own: 'appeal', helped: ['officer'], stage: 'appeal-is-open' },
  'POST /api/:tenant/appeals/:appeal/withdrawal': { for: 'signed-in', own: 'appeal', helped: ['officer'], stage: 'appeal-is-open' },
  'POST /api/:tenant/appeals/:appeal/decision': { for: ['appeal-body'], fresh: true, stage: 'appeal-is-open' },
  'POST /api/:tenant/appeals/:appeal/notice': { for: ['officer'], stage: 'appeal-is-decided' },

  // Award and report
  'POST /api/:tenant/applications/:pilot/acceptance': { ...theirs, fresh: true, stage: 'granted' },
  'POST /api/:tenant/applications/:pilot/account': { ...theirs, fresh: true, stage: 'granted' },
  'POST /api/:tenant/applications/:pilot/decline': { ...theirs, stage: 'granted' },
  'POST /api/:tenant/applications/:pilot/recipient-withdrawal': { ...theirs, stage: 'granted' },
  'POST /api/:tenant/applications/:pilot/recipient': { ...theirs, fresh: true, stage: 'granted' },
  'POST /api/:tenant/applications/:pilot/plan-change': { ...theirs, stage: 'paid' },
  'POST /api/:tenant/applications/:pilot/plan-refusal': { for: ['officer'], stage: 'paid' },
  'POST /api/:tenant/applications/:pilot/report': { ...theirs, stage: 'paid' },
  'POST /api/:tenant/applications/:pilot/report-return': { for: ['officer'], stage: 'paid' },
  'POST /api/:tenant/applications/:pilot/report-acceptance': { for: ['officer'], stage: 'paid' },
  'POST /api/:tenant/applications/:pilot/report-extension': { for: ['officer'], stage: 'paid' },
  'POST /api/:tenant/applications/:pilot/public-text': { ...unscored, stage: 'granted' },
  'POST /api/:tenant/applications/:pilot/public-text/hints': unscored,
  'POST /api/:tenant/applications/:pilot/public-recipient': { for: ['officer'], stage: 'granted' },

  // Payouts
  'POST /api/:tenant/applications/:pilot/payout-retry': { for: ['officer', 'finance-clerk'], stage: 'accepted' },
  'POST /api/:tenant/applications/:pilot/returned-money': { for: ['finance-clerk'], stage: 'paid' },
  'GET /api/:tenant/batches': { for: ['finance-clerk', 'finance-approver', 'auditor'] },
  'GET /api/:tenant/batches/:batch': { for: ['finance-clerk', 'finance-approver', 'auditor'] },
  'POST /api/:tenant/batches/:batch/preparation': { for: ['finance-clerk'], stage: 'batch-is-open' },
  'POST /api/:tenant/batches/:batch/close-matches': { for: ['finance-clerk'], stage: 'batch-is-open' },
  'POST /api/:tenant/batches/:batch/approval': { for: ['finance-approver'], fresh: true, stage: 'batch-is-open' },

  // Adoption
  'POST /api/:tenant/applications/:pilot/adoption': { for: ['officer'], stage: 'report-is-accepted' },
  'POST /api/:tenant/services/:service/answer': { for: ['owner'], stage: 'adoption-is-proposed' },
  'POST /api/:tenant/services/:service/decision': { for: ['decision-maker'], fresh: true, stage: 'adoption-is-proposed' },
  'POST /api/:tenant/services/:service/districts': { for: ['owner'], stage: 'adopted' },
  'POST /api/:tenant/services/:service/reviews': { for: ['owner'], stage: 'adopted' },
  'POST /api/:tenant/services/:service/end': { for: ['owner', 'decision-maker'], fresh: true, stage: 'adopted' },

  // Policy of the municipality, work that waits, the rights of a person
  'GET /api/:tenant/policy': { for: 'signed-in' },
  'PUT /api/:tenant/policy': { for: ['admin'], fresh: true },
  'GET /api/:tenant/worklist': {
    for: ['officer', 'member', 'chair', 'decision-maker', 'appeal-body', 'finance-clerk', 'finance-approver', 'owner'],
  },
  'GET /api/:tenant/my/data': { for: 'signed-in' },
  'POST /api/:tenant/my/erasure': { for: 'signed-in', fresh: true },
  'POST /api/:tenant/people/erasure': { for: ['admin'], fresh: true },
  'GET /api/:tenant/roles': { for: ['admin', 'auditor'] },
  'POST /api/:tenant/roles': { for: ['admin'], fresh: true },
  'POST /api/:tenant/roles/revocation': { for: ['admin'], fresh: true },

  // The auditor's desk: reads everything, changes nothing
  'GET /api/:tenant/audit/summary': { for: ['auditor'] },
  'GET /api/:tenant/audit/streams/:stream': { for: ['auditor'] },
  'GET /api/:tenant/audit/pilots/:pilot': { for: ['auditor'] },
  'GET /api/:tenant/audit/pilots/:pilot/money': { for: ['auditor'] },
  'GET /api/:tenant/audit/calls/:call': { for: ['auditor'] },
  'GET /api/:tenant/audit/calls/:call/recompute': { for: ['auditor'] },
  'GET /api/:tenant/audit/ledgers/:call': { for: ['auditor'] },
  'GET /api/:tenant/audit/postings': { for: ['auditor'] },

  // Signing in and out by browser
  'GET /auth/:tenant/login': { for: 'public' },
  'GET /auth/callback': { for: 'public' },
  'GET /auth/session': { for: 'public' },
  'POST /auth/logout': { for: 'signed-in' },

  // The demonstration; no other municipality has these
  'GET /demo/clock': { for: 'signed-in' },
  'POST /demo/clock': { for: 'signed-in' },
  'POST /demo/bank/accounts': { for: 'signed-in' },
  'GET /demo/outbox': { for: ['officer', 'admin'] },
  'GET /demo/outbox/:name': { for: ['officer', 'admin'] },

  // What machines ask
  'GET /health/live': { for: 'public' },
  'GET /health/ready': { for: 'public' },
  'GET /metrics': { for: 'operator' },
  'GET /problems': { for: 'public' },
  'GET /problems/:code': { for: 'public' },
} as const satisfies Readonly<Record<`${'GET' | 'POST' | 'PUT' | 'DELETE'} /${string}`, PolicyRow>>;
