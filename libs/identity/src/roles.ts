/** What a person may be in a municipality. Everybody who is signed in is an applicant. */
export const ROLES = [
  'applicant',
  'agent',
  'officer',
  'member',
  'chair',
  'decision-maker',
  'appeal-body',
  'finance-clerk',
  'finance-approver',
  'owner',
  'evaluator',
  'auditor',
  'admin',
] as const;
export type Role = (typeof ROLES)[number];

export const isRole = (value: unknown): value is Role => ROLES.includes(value as Role);
