import { OWN, type PolicyRow } from './policy-table.js';
import { stages } from './stages.js';

export const codes = (list: readonly string[]): string => list.map((code) => `\`${code}\``).join(' or ');

/** Who may call a route, in words: `For: officer, chair.` */
export function whoMay({ for: who }: Pick<PolicyRow, 'for'>): string {
  if (who === 'public') return 'For everybody, without signing in.';
  if (who === 'signed-in') return 'For whoever is signed in.';
  return `For: ${[who].flat().join(', ')}.`;
}

/** Of whose things, and how; empty where there is nothing to say. */
function withWhat({ own, others = [], helped = [], fresh, stage }: PolicyRow): string[] {
  const said: string[] = [];
  const roles = others.length > 0 ? `, or as ${others.join(' or ')}` : '';
  const staff = helped.length > 0 ? `, or as ${helped.join(' or ')} where staff took it down` : '';
  if (own !== undefined) said.push(`Only ${OWN[own]}${roles}${staff}; for others it is 404.`);
  if (fresh === true) said.push('Needs a sign-in of a moment ago.');
  if (stage !== undefined) {
    const { when, otherwise } = stages[stage];
    said.push(`Only ${when}; else ${codes(otherwise)}.`);
  }
  return said;
}

/** The row in one line. */
export const rowText = (row: PolicyRow): string => [whoMay(row), ...withWhat(row)].join(' ');
