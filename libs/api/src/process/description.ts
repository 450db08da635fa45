import type { OpenAPIObject } from '@nestjs/swagger';
import { policyTable, type PolicyRow } from '@minipilot/identity/policy-table.js';
import { rowText } from '@minipilot/identity/policy-text.js';
import { readConfig } from '@minipilot/platform/config.js';
import { InvalidToken } from '@minipilot/platform/http/access.js';
import type { ApiInfo } from '@minipilot/platform/http/openapi.js';
import type { AccessRule, Route } from '@minipilot/platform/http/request-context.js';
import { listRoutes } from '@minipilot/platform/http/routes.js';
import { createServer } from '@minipilot/platform/http/server.js';
import type { DeskParts } from '../desk.js';
import type { ReadParts } from '../read-side.js';
import type { SignInParts } from '../sign-in.js';
import { accessPage } from './access-page.js';
import type { DemoParts } from './demo.js';
import { ApiModule } from './module.js';

/** What the description of the API says beside its operations. */
export const API_INFO = {
  title: 'Minipilot',
  description: `Municipal mini-pilot grants: from announcement to permanent service, replayable and auditable.

**Signing in.** \`Authorization: Bearer …\`, with an access token of the identity provider; or the cookie of a browser that has signed in at
\`/auth/{tenant}/login\`, whose changes carry the \`X-CSRF-Token\` of \`GET /auth/session\`. Where a fresh sign-in is wanted, an old one is 401
\`fresh-sign-in-needed\`. Each operation says for whom it is. What is not yours is 404, as if it were not there.

**Changing something.** A POST carries an \`Idempotency-Key\`; the same key again gives the first result, with another body 422.
An edit carries \`If-Match\` with the \`ETag\` of what was shown; without it 428, stale 412. A command answers with a \`position\`:
a read with \`?after=<position>\` waits for it for a moment and says \`stale: true\` when it did not come.

**Refusals** are \`application/problem+json\` (RFC 9457) with a stable \`code\` and a \`detail\` in Finnish, Swedish or English by \`Accept-Language\`.
\`GET /problems/{code}\` tells about each.

**Values.** Money is in whole cents. Instants are UTC with milliseconds, \`2027-03-01T10:00:00.000Z\`; days are the municipality’s, \`2027-03-01\`.`,
  tags: [
    { name: 'public', description: 'What everybody may see: calls, money, granted pilots, lessons, services.' },
    { name: 'applications', description: 'Drafts, applications and what becomes of them, for applicants, agents and officers.' },
    { name: 'calls', description: 'Calls from draft to close.' },
    { name: 'scoring', description: 'Committee, proposal and decision. Until scoring closes nobody is shown another’s scores.' },
    { name: 'documents', description: 'Decision documents, letters, and what was told to whom.' },
    { name: 'vote', description: 'The residents’ vote: advisory and secret. Nothing is told of it before it is counted.' },
    { name: 'appeals', description: 'Appeals against decisions, taking up by the board, and what became of them.' },
    { name: 'payouts', description: 'Payment batches: two different people for each.' },
    { name: 'adoption', description: 'From a pilot that worked to a permanent service.' },
    { name: 'municipality', description: 'Policy of the municipality, what waits for whom, and the rights of a person.' },
    { name: 'sign-in', description: 'Who is signed in at this browser; one signs in by going to `/auth/{tenant}/login`.' },
    { name: 'audit', description: 'Any history at any moment, the money of any grant, any proposal computed again. Changes nothing.' },
    { name: 'demo', description: 'Only in demo mode: a clock that can be moved on, and a bank that can be told how to behave.' },
  ],
  ids: {
    call: 'Id of the call.',
    draft: 'Id of the draft.',
    pilot: 'Id of the application, which becomes the mini-pilot.',
    application: 'Id of the application.',
    batch: 'Id of the payment batch.',
    service: 'Id of the service.',
    name: 'Name of a message in the outbox.',
    message: 'Id of a message to the people of an application.',
    appeal: 'Id of the appeal, or of the taking up by the board.',
    stream: 'Name of a stream, such as `demo.policy` or `demo.scoring-<call>`.',
  },
  access: (rule: AccessRule) => rowText(rule as PolicyRow),
} satisfies Partial<ApiInfo>;

/** The whole API, all of its routes and their description. It opens no store and answers nobody. */
export async function describeWholeApi(): Promise<{ document: OpenAPIObject; routes: Route[] }> {
  const none = {};
  const parts = {
    read: none as ReadParts,
    desk: none as DeskParts,
    signIn: none as SignInParts,
    transparency: true,
    demo: none as DemoParts,
  };
  const nest = await createServer(ApiModule.with(parts), {
    config: readConfig({ MINIPILOT_LOG_LEVEL: 'silent' }),
    authenticator: { authenticate: () => Promise.reject(new InvalidToken('nobody signs in here')) },
    access: policyTable,
    api: API_INFO,
  });
  try {
    const answer = await nest.inject({ url: '/openapi.json' });
    return { document: answer.json<OpenAPIObject>(), routes: listRoutes(nest, policyTable) };
  } finally {
    await nest.close();
  }
}

/** The text of docs/openapi.json. */
export async function openApiFile(): Promise<string> {
  return `${JSON.stringify((await describeWholeApi()).document, null, 2)}\n`;
}

/** The text of docs/access.md. */
export async function accessFile(): Promise<string> {
  const { document, routes } = await describeWholeApi();
  return accessPage(document, routes);
}
