import type { Residence } from '@minipilot/platform/http/request-context.js';
import type { Role } from './roles.js';

/** Somebody of the demonstration; the e-mail is `<id>@demo.example`. */
export interface DemoPerson {
  id: string;
  name: string;
  /** beside applicant, which everybody is */
  roles: readonly Exclude<Role, 'applicant'>[];
  /** as the provider tells age and home, for a residents' vote */
  residence?: Residence;
}

const somebody = (id: string, ...roles: DemoPerson['roles'][number][]): DemoPerson => ({
  id,
  name: `${id.charAt(0).toUpperCase()}${id.slice(1)} Esimerkki`,
  roles,
});

/**
 * The fictional people of a demonstration: one for each role, so that nobody meets themselves – who applies does not score, who prepares
 * does not approve – and a second one where two are needed.
 */
export const DEMO_PEOPLE: readonly DemoPerson[] = [
  { ...somebody('aino'), residence: { born: '1953-05-17', resident: true, district: 'Jukola' } },
  { ...somebody('eino'), residence: { born: '2013-02-03', resident: true, district: 'Keskusta' } },
  somebody('anders', 'agent'),
  somebody('outi', 'officer'),
  somebody('otso', 'officer'),
  somebody('matti', 'member'),
  somebody('maija', 'member'),
  somebody('camilla', 'chair'),
  somebody('doris', 'decision-maker'),
  somebody('daniel', 'decision-maker'),
  somebody('arvo', 'appeal-body'),
  somebody('fanny', 'finance-clerk'),
  somebody('frans', 'finance-approver'),
  somebody('olavi', 'owner'),
  somebody('eeva', 'evaluator'),
  somebody('risto', 'auditor'),
  somebody('aleksi', 'admin'),
  somebody('sanelma', 'officer', 'member', 'owner'),
];

export const demoEmail = (id: string): string => `${id}@demo.example`;

/** Who stands for a role. */
export const demoPersonFor = (role: Role): DemoPerson =>
  DEMO_PEOPLE.find(({ roles }) => (role === 'applicant' ? roles.length === 0 : roles[0] === role))!;
