import type { AccessRule } from '@minipilot/platform/http/request-context.js';
import type { Role } from './roles.js';

/** A row of the table: who may call the route, and what must be theirs. */
export interface PolicyRow extends AccessRule {
  for: 'public' | 'signed-in' | 'operator' | readonly [Role, ...Role[]];
  own?: Own;
  others?: readonly Role[];
  helped?: readonly Role[];
}

/** What in the path must be the caller's own. */
export type Own =
  /** a draft: whoever began it */
  | 'draft'
  /** an application: its applicant, its recipient, whoever filed it or helped */
  | 'application'
  /** the committee of the call: whoever is on it */
  | 'committee'
  /** the committee of the call: who chairs it */
  | 'chair';

/**
 * Who may do what: a row for each route, grouped as the API is. Nothing else opens a route; a route without a row stops the
 * start, and a row without a route fails a test. Roles are any of, and hold in their own municipality alone.
 *
 * - `for` – everybody (`public`), whoever is `signed-in`, the machine's `operator`, or whoever has one of the roles
 * - `own` – what in the path must be one's own; what is not is 404, as if it were not there
 * - `others` – roles that reach what is others' too; of applications not who is on the committee, until scoring closes
 * - `helped` – roles that may act on an application which staff took down for somebody, on paper, by phone or at a desk
 * - `fresh` – the caller must have signed in a moment ago
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
  'PUT /api/:tenant/calls/:call': { for: ['officer'] },
  'POST /api/:tenant/calls/:call/announcement': { for: ['officer'] },
  'POST /api/:tenant/calls/:call/extension': { for: ['officer'] },
  'POST /api/:tenant/calls/:call/budget-raise': { for: ['officer'] },
  'POST /api/:tenant/calls/:call/cancellation': { for: ['officer'] },
  'POST /api/:tenant/calls/:call/admissions': { for: ['officer'] },

  // Applying
  'POST /api/:tenant/calls/:call/drafts': { for: 'signed-in' },
  'GET /api/:tenant/calls/:call/drafts': { for: 'signed-in' },
  'GET /api/:tenant/calls/:call/drafts/:draft': { for: 'signed-in', own: 'draft' },
  'PUT /api/:tenant/calls/:call/drafts/:draft': { for: 'signed-in', own: 'draft' },
  'DELETE /api/:tenant/calls/:call/drafts/:draft': { for: 'signed-in', own: 'draft' },
  'POST /api/:tenant/calls/:call/drafts/:draft/submit': { for: 'signed-in', own: 'draft' },
  'GET /api/:tenant/my/applications': { for: 'signed-in' },
  'GET /api/:tenant/desk/calls/:call/applications': { for: ['officer', 'decision-maker', 'auditor'] },
  'GET /api/:tenant/applications/:pilot': { for: 'signed-in', own: 'application', others: ['officer', 'decision-maker'] },
  'PUT /api/:tenant/applications/:pilot': { for: 'signed-in', own: 'application' },
  'POST /api/:tenant/applications/:pilot/withdrawal': { for: 'signed-in', own: 'application' },
  'POST /api/:tenant/applications/:pilot/check': { for: ['officer'] },

  // Scoring, proposal and decision
  'POST /api/:tenant/calls/:call/scoring': { for: ['officer'] },
  'GET /api/:tenant/calls/:call/scoring': {
    for: ['officer', 'chair', 'decision-maker'],
    own: 'chair',
    others: ['officer', 'decision-maker'],
  },
  'POST /api/:tenant/calls/:call/scoring/extension': { for: ['officer', 'chair'], own: 'chair', others: ['officer'] },
  'GET /api/:tenant/calls/:call/scorebook': { for: ['member', 'chair'], own: 'committee', unobserved: true },
  'POST /api/:tenant/calls/:call/scorebook/conflicts': { for: ['member', 'chair'], own: 'committee', unobserved: true },
  'POST /api/:tenant/calls/:call/scorebook/recusals': { for: ['member', 'chair'], own: 'committee', unobserved: true },
  'PUT /api/:tenant/calls/:call/scorebook/cards/:application': { for: ['member', 'chair'], own: 'committee', unobserved: true },
  'POST /api/:tenant/calls/:call/scorebook/completion': { for: ['member', 'chair'], own: 'committee' },
  'POST /api/:tenant/calls/:call/readings': { for: ['officer', 'member'] },
  'POST /api/:tenant/calls/:call/rounds': { for: ['officer'] },
  'GET /api/:tenant/calls/:call/proposal': { for: ['officer', 'member', 'chair', 'decision-maker', 'auditor'] },
  'POST /api/:tenant/calls/:call/proposal/signature': { for: ['chair'] },
  'POST /api/:tenant/calls/:call/decisions': { for: ['decision-maker'], fresh: true },
  'POST /api/:tenant/calls/:call/notices': { for: ['officer'] },
  'POST /api/:tenant/calls/:call/publication': { for: ['officer'] },

  // Award and report
  'POST /api/:tenant/applications/:pilot/acceptance': { for: 'signed-in', own: 'application', helped: ['officer'], fresh: true },
  'POST /api/:tenant/applications/:pilot/account': { for: 'signed-in', own: 'application', helped: ['officer'], fresh: true },
  'POST /api/:tenant/applications/:pilot/decline': { for: 'signed-in', own: 'application', helped: ['officer'] },
  'POST /api/:tenant/applications/:pilot/recipient-withdrawal': { for: 'signed-in', own: 'application', helped: ['officer'] },
  'POST /api/:tenant/applications/:pilot/recipient': { for: 'signed-in', own: 'application', helped: ['officer'], fresh: true },
  'POST /api/:tenant/applications/:pilot/plan-change': { for: 'signed-in', own: 'application', helped: ['officer'] },
  'POST /api/:tenant/applications/:pilot/plan-refusal': { for: ['officer'] },
  'POST /api/:tenant/applications/:pilot/report': { for: 'signed-in', own: 'application', helped: ['officer'] },
  'POST /api/:tenant/applications/:pilot/report-return': { for: ['officer'] },
  'POST /api/:tenant/applications/:pilot/report-acceptance': { for: ['officer'] },
  'POST /api/:tenant/applications/:pilot/report-extension': { for: ['officer'] },
  'POST /api/:tenant/applications/:pilot/public-text': { for: ['officer'] },
  'POST /api/:tenant/applications/:pilot/public-recipient': { for: ['officer'] },

  // Payouts
  'POST /api/:tenant/applications/:pilot/payout-retry': { for: ['officer', 'finance-clerk'] },
  'POST /api/:tenant/applications/:pilot/returned-money': { for: ['finance-clerk'] },
  'GET /api/:tenant/batches': { for: ['finance-clerk', 'finance-approver', 'auditor'] },
  'GET /api/:tenant/batches/:batch': { for: ['finance-clerk', 'finance-approver', 'auditor'] },
  'POST /api/:tenant/batches/:batch/preparation': { for: ['finance-clerk'] },
  'POST /api/:tenant/batches/:batch/close-matches': { for: ['finance-clerk'] },
  'POST /api/:tenant/batches/:batch/approval': { for: ['finance-approver'], fresh: true },

  // Adoption
  'POST /api/:tenant/applications/:pilot/adoption': { for: ['officer'] },
  'POST /api/:tenant/services/:service/answer': { for: ['owner'] },
  'POST /api/:tenant/services/:service/decision': { for: ['decision-maker'], fresh: true },
  'POST /api/:tenant/services/:service/districts': { for: ['owner'] },
  'POST /api/:tenant/services/:service/reviews': { for: ['owner'] },
  'POST /api/:tenant/services/:service/end': { for: ['owner', 'decision-maker'] },

  // Policy of the municipality, work that waits, the rights of a person
  'GET /api/:tenant/policy': { for: 'signed-in' },
  'PUT /api/:tenant/policy': { for: ['admin'] },
  'GET /api/:tenant/worklist': { for: ['officer', 'member', 'chair', 'decision-maker', 'finance-clerk', 'finance-approver', 'owner'] },
  'GET /api/:tenant/my/data': { for: 'signed-in' },
  'POST /api/:tenant/my/erasure': { for: 'signed-in' },
  'POST /api/:tenant/people/erasure': { for: ['admin'] },

  // The auditor's desk: reads everything, changes nothing
  'GET /api/:tenant/audit/summary': { for: ['auditor'] },
  'GET /api/:tenant/audit/streams/:stream': { for: ['auditor'] },
  'GET /api/:tenant/audit/pilots/:pilot': { for: ['auditor'] },
  'GET /api/:tenant/audit/pilots/:pilot/money': { for: ['auditor'] },
  'GET /api/:tenant/audit/calls/:call': { for: ['auditor'] },
  'GET /api/:tenant/audit/calls/:call/recompute': { for: ['auditor'] },
  'GET /api/:tenant/audit/ledgers/:call': { for: ['auditor'] },
  'GET /api/:tenant/audit/postings': { for: ['auditor'] },

  // The demonstration; no other municipality has these
  'GET /demo/clock': { for: 'signed-in' },
  'POST /demo/clock': { for: 'signed-in' },
  'POST /demo/bank/accounts': { for: 'signed-in' },

  // What machines ask
  'GET /health/live': { for: 'public' },
  'GET /health/ready': { for: 'public' },
  'GET /metrics': { for: 'operator' },
  'GET /problems': { for: 'public' },
  'GET /problems/:code': { for: 'public' },
} as const satisfies Readonly<Record<`${'GET' | 'POST' | 'PUT' | 'DELETE'} /${string}`, PolicyRow>>;
