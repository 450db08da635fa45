import { describeWholeApi } from '@minipilot/api/process/description.js';
import type { World } from './world.js';

interface Parameter {
  name: string;
  in: string;
  schema: { enum?: string[]; format?: string };
}

const NOBODYS = '00000000-0000-5000-8000-000000000000';
const BY_FORMAT: Readonly<Record<string, string>> = { uuid: NOBODYS, date: '2027-09-24', 'date-time': '2027-09-24T08:00:00.000Z' };

/**
 * Every GET of the app's own route table as paths: each with all ids that the worlds know, and with every value of every filter that has
 * some to choose from; lists page by page, each page one row long.
 */
export async function everyQuestion(worlds: readonly World[], tokens: readonly string[]): Promise<string[]> {
  const { document, routes } = await describeWholeApi();
  const { calls, pilots, drafts } = worlds[0]!.ids;
  const streams = [...new Set(worlds.flatMap((world) => world.streams()))];
  const ids: Record<string, readonly string[]> = {
    tenant: ['demo'],
    call: [...calls, NOBODYS],
    pilot: [...pilots, NOBODYS],
    draft: [...drafts, NOBODYS],
    stream: [
      ...streams,
      ...['scorebook', 'vote', 'pilot', 'flow-selecting'].map((name) => `demo.${name}-${NOBODYS}`),
      'other.policy',
      'nonsense',
    ],
    code: ['not-found', 'no-such-problem'],
  };
  const values: Record<string, readonly string[]> = {
    call: calls,
    pilot: pilots.slice(0, 2),
    district: ['Jukola', 'Nowhere'],
    year: ['2027', '2026'],
    revision: ['0', '1'],
    at: [`2027-09-24T08:00:00.000Z`],
    after: tokens,
    limit: ['1'],
  };
  return (
    routes
      // signing in reads nothing of a municipality, and answers with random numbers and its own address each time
      .filter(({ method, path }) => method === 'GET' && !path.startsWith('/auth/'))
      .flatMap(({ path }) => {
        const described = document.paths[path.replace(/:(\w+)/g, '{$1}')] as { get?: { parameters?: Parameter[] } } | undefined;
        const names = [...path.matchAll(/:(\w+)/g)].map((match) => match[1]!);
        let filled = [path];
        // what a name stands for that no id is known of is somebody else's, or nobody's
        for (const name of names)
          filled = filled.flatMap((p) => (ids[name] ?? [NOBODYS]).map((id) => p.replace(`:${name}`, encodeURIComponent(id))));
        const filters = (described?.get?.parameters ?? [])
          .filter((parameter) => parameter.in === 'query' && parameter.name !== 'cursor')
          .flatMap(({ name, schema }) => {
            const known = schema.enum ?? values[name] ?? [BY_FORMAT[schema.format ?? ''] ?? 'x'];
            return known.map((value) => `${name}=${encodeURIComponent(value)}`);
          });
        const required = (described?.get?.parameters ?? []).some(
          (p) => (p as { required?: boolean }).required === true && p.in === 'query',
        );
        return filled.flatMap((p) => [...(required ? [] : [p]), ...filters.map((filter) => `${p}?${filter}`)]);
      })
  );
}
