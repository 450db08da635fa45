import type { ProblemText } from '@minipilot/platform/http/problem-texts.js';

/** Refusals around signing in and roles. */
export const SIGN_IN_PROBLEMS = {
  'own-roles': {
    status: 409,
    fi: 'Et voi muuttaa omia roolejasi. Pyydä toista pääkäyttäjää.',
    sv: 'Du kan inte ändra dina egna roller. Be en annan administratör.',
    en: 'You cannot change your own roles. Ask another admin.',
  },
  'role-ends-in-the-past': {
    status: 409,
    fi: 'Rooli ei voi päättyä menneisyydessä ({until|time}).',
    sv: 'En roll kan inte upphöra i det förflutna ({until|time}).',
    en: 'A role cannot end in the past ({until|time}).',
  },
  'role-not-held': {
    status: 409,
    fi: 'Henkilöllä ei ole roolia {role}.',
    sv: 'Personen har inte rollen {role}.',
    en: 'The person does not hold the role {role}.',
  },
} as const satisfies Record<string, ProblemText>;
