import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROLES } from '@minipilot/identity/roles.js';
import { ask, ok } from '../../support/api.js';
import { projectRoot } from '../../support/probes.js';
import type { Year } from '../municipality.js';

interface Description {
  paths: Record<string, { get?: { operationId: string; tags: string[]; parameters: { name: string; in: string; required?: boolean }[] } }>;
}

/** Reads that are one member's or one draft's own; the stories ask for them where they stand. */
const OWN = ['getScorebook', 'getDraft'];

/** After a whole year every page is read by somebody who may read all; each request checks the answer against the description of the API. */
export function everyRead(year: Year): void {
  describe('every read', () => {
    it('answers as it is described', async () => {
      const { api, staff } = year.town;
      const reader = await api.as('lukija', [...ROLES], 'Liisa Lukija');
      const [batch] = await staff.clerk.all('batches');
      const [service] = await api.openAll('services');
      const [letter] = await staff.officer.all(`applications/${year.aune}/messages`);
      const [mail] = ok(await ask(api.deployment.desk, 'GET', '/demo/outbox', { token: reader.token })).items;
      const [appeal] = await staff.board.all('desk/appeals');
      const ids: Record<string, string> = {
        tenant: 'demo',
        call: year.autumn,
        pilot: year.aune,
        batch: batch.id,
        service: service.service,
        appeal: appeal.id,
        stream: `demo.scoring-${year.autumn}`,
        year: '2027',
        message: letter.id,
        name: mail.name,
      };
      const { paths } = JSON.parse(readFileSync(join(projectRoot, 'docs', 'openapi.json'), 'utf8')) as Description;
      const read: string[] = [];
      for (const [template, { get }] of Object.entries(paths)) {
        // residents do not vote in this year; the story of the vote reads its pages
        if (get === undefined || OWN.includes(get.operationId) || get.tags.includes('vote')) continue;
        const path = template.replace(/\{(\w+)\}/g, (_, name: string) => ids[name]!);
        const needed = get.parameters.filter(({ required, ...parameter }) => required && parameter.in === 'query');
        const queries = [needed.map(({ name }) => `${name}=${ids[name]}`).join('&')];
        if (get.parameters.some(({ name }) => name === 'by')) queries.push('by=call', 'by=district', 'by=year');
        for (const query of queries) {
          const base = get.tags.includes('public') ? api.deployment.open : api.deployment.desk;
          ok(await ask(base, 'GET', query === '' ? path : `${path}?${query}`, get.tags.includes('public') ? {} : { token: reader.token }));
        }
        read.push(get.operationId);
      }
      expect(read.length).toBeGreaterThan(30);
    });

    it('shows a person all that is held, and forgets it as far as the law lets it', async () => {
      const someone = await year.town.api.as('katoava', [], 'Kaisa Katoava');
      expect(await someone.get('my/data')).toMatchObject({ applications: [], drafts: [] });
      expect(await someone.post('my/erasure')).toMatchObject({ held: [] });
    });
  });
}
