import { createHash } from 'node:crypto';
import { LANGUAGES, type Language, type Texts } from '@minipilot/platform/http/language.js';
import { DEMO_PEOPLE, type DemoPerson } from './demo-people.js';
import { ROLES, type Role } from './roles.js';

const STYLE = `
:root { color-scheme: light dark; font: 112.5%/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 40rem; padding: 1rem; }
h1 { font-size: 1.5rem; line-height: 1.25; }
h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem; }
nav a { display: inline-block; padding: .6rem .8rem .6rem 0; }
button { box-sizing: border-box; display: block; font: inherit; margin: 0 0 .5rem; min-height: 3rem; padding: .5rem 1rem; text-align: left; width: 100%; overflow-wrap: anywhere; }
.note { border-left: .3rem solid; padding-left: .8rem; }
`;
/** Of the one style that the pages have, for their Content-Security-Policy. */
export const PAGE_STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

const ROLE_NAMES: Record<Role, Texts> = {
  applicant: { fi: 'Hakija', sv: 'Sökande', en: 'Applicant' },
  agent: { fi: 'Asukasagentti', sv: 'Invånaragent', en: 'Resident agent' },
  officer: { fi: 'Avustuskoordinaattori', sv: 'Understödskoordinator', en: 'Officer' },
  member: { fi: 'Raadin jäsen', sv: 'Medlem i bedömningsgruppen', en: 'Committee member' },
  chair: { fi: 'Raadin puheenjohtaja', sv: 'Ordförande i bedömningsgruppen', en: 'Committee chair' },
  'decision-maker': { fi: 'Päättäjä', sv: 'Beslutsfattare', en: 'Decision-maker' },
  'appeal-body': { fi: 'Oikaisuvaatimuksen käsittelijä', sv: 'Behandlar begäran om omprövning', en: 'Appeal body' },
  'finance-clerk': { fi: 'Maksatuksen käsittelijä', sv: 'Handläggare av utbetalningar', en: 'Finance clerk' },
  'finance-approver': { fi: 'Maksatuksen hyväksyjä', sv: 'Godkänner utbetalningar', en: 'Finance approver' },
  owner: { fi: 'Palvelun omistaja', sv: 'Tjänstens ägare', en: 'Service owner' },
  evaluator: { fi: 'Arvioija', sv: 'Utvärderare', en: 'Evaluator' },
  auditor: { fi: 'Tarkastaja', sv: 'Revisor', en: 'Auditor' },
  admin: { fi: 'Pääkäyttäjä', sv: 'Administratör', en: 'Admin' },
};

const TEXTS = {
  title: { fi: 'Kuka kirjautuu?', sv: 'Vem loggar in?', en: 'Who signs in?' },
  note: {
    fi: 'Tämä on kokeiluympäristö. Henkilöt ovat keksittyjä, eikä salasanaa tarvita.',
    sv: 'Det här är en provmiljö. Personerna är påhittade och inget lösenord behövs.',
    en: 'This is a demonstration. The people are invented, and no password is needed.',
  },
  several: { fi: 'Useita rooleja', sv: 'Flera roller', en: 'Several roles' },
  over: {
    fi: 'Kirjautuminen on vanhentunut tai tullut jo valmiiksi. Aloita se alusta.',
    sv: 'Inloggningen har gått ut eller är redan klar. Börja om från början.',
    en: 'The sign-in has expired or is already done. Start it again.',
  },
  out: { fi: 'Olet kirjautunut ulos.', sv: 'Du har loggat ut.', en: 'You have signed out.' },
  leave: { fi: 'Kirjaudutaanko ulos?', sv: 'Vill du logga ut?', en: 'Sign out?' },
  yes: { fi: 'Kirjaudu ulos', sv: 'Logga ut', en: 'Sign out' },
  back: { fi: 'Takaisin palveluun', sv: 'Tillbaka till tjänsten', en: 'Back to the service' },
  language: { fi: 'Kieli', sv: 'Språk', en: 'Language' },
} as const satisfies Record<string, Texts>;

const OWN_NAMES: Texts = { fi: 'Suomi', sv: 'Svenska', en: 'English' };

/** A whole page. `body` is markup of ours; nothing that came from outside stands in it. */
const pageOf = (language: Language, title: string, body: string): string => `<!doctype html>
<html lang="${language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – Minipilot</title>
<style>${STYLE}</style>
<main>
<h1>${title}</h1>
${body}
</main>
</html>
`;

const languages = (language: Language): string =>
  `<nav aria-label="${TEXTS.language[language]}">${LANGUAGES.map((other) =>
    other === language
      ? `<a href="?lang=${other}" lang="${other}" aria-current="true">${OWN_NAMES[other]}</a>`
      : `<a href="?lang=${other}" lang="${other}" hreflang="${other}">${OWN_NAMES[other]}</a>`,
  ).join(' ')}</nav>`;

const button = ({ id, name, roles }: DemoPerson, language: Language): string => {
  const more = roles.length > 1 ? ` – ${roles.map((role) => ROLE_NAMES[role][language]).join(', ')}` : '';
  return `<button name="person" value="${id}">${name}${more}</button>`;
};

/** Everybody, by role; one click signs in. */
export function peoplePage(language: Language): string {
  const group = (title: string, people: readonly DemoPerson[]) =>
    people.length === 0 ? '' : `<h2>${title}</h2>\n${people.map((one) => button(one, language)).join('\n')}`;
  const groups = ROLES.map((role) =>
    group(
      ROLE_NAMES[role][language],
      DEMO_PEOPLE.filter(({ roles }) => (role === 'applicant' ? roles.length === 0 : roles.length === 1 && roles[0] === role)),
    ),
  );
  const several = group(
    TEXTS.several[language],
    DEMO_PEOPLE.filter(({ roles }) => roles.length > 1),
  );
  const body = [languages(language), `<p class="note">${TEXTS.note[language]}</p>`, '<form method="post">', ...groups, several, '</form>'];
  return pageOf(language, TEXTS.title[language], body.filter((part) => part !== '').join('\n'));
}

/** A word and the way back. */
export const sayPage = (language: Language, what: 'over' | 'out', back: string): string =>
  pageOf(language, TEXTS[what][language], `<p><a href="${back}">${TEXTS.back[language]}</a></p>`);

/** Asks whether to sign out; `form` is the provider's own, with the id `op.logoutForm`. */
export const signOutPage = (language: Language, form: string): string =>
  pageOf(
    language,
    TEXTS.leave[language],
    `${form}\n<button form="op.logoutForm" name="logout" value="yes">${TEXTS.yes[language]}</button>`,
  );
