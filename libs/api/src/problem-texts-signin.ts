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
  'sign-in-interrupted': {
    status: 400,
    title: { fi: 'Kirjautuminen keskeytyi', sv: 'Inloggningen avbröts', en: 'The sign-in was interrupted' },
    fi: 'Kirjautuminen ei tullut valmiiksi. Aloita se alusta osoitteessa {again}.',
    sv: 'Inloggningen blev inte klar. Börja om på adressen {again}.',
    en: 'The sign-in was not completed. Start it again at {again}.',
  },
  'sign-in-refused': {
    status: 403,
    title: { fi: 'Kirjautuminen ei onnistunut', sv: 'Inloggningen lyckades inte', en: 'The sign-in did not succeed' },
    fi: 'Kirjautumispalvelu ei kirjannut sinua sisään, tai keskeytit kirjautumisen. Voit yrittää uudelleen osoitteessa {again}.',
    sv: 'Inloggningstjänsten loggade inte in dig, eller så avbröt du. Du kan försöka igen på adressen {again}.',
    en: 'The sign-in service did not sign you in, or you stopped. You can try again at {again}.',
  },
  'email-not-verified': {
    status: 403,
    fi: 'Kirjautumispalvelu ei ole varmistanut sähköpostiosoitettasi. Varmista se kirjautumispalvelussa ja kirjaudu sitten uudelleen. Hakea voi myös ilman kirjautumista: ota yhteyttä kuntaan.',
    sv: 'Inloggningstjänsten har inte bekräftat din e-postadress. Bekräfta den i inloggningstjänsten och logga sedan in på nytt. Du kan också ansöka utan inloggning: kontakta kommunen.',
    en: 'The sign-in service has not verified your e-mail address. Verify it there, then sign in again. You can also apply without signing in: contact the municipality.',
  },
  'email-not-usable': {
    status: 403,
    fi: 'Sähköpostiosoitteessasi on ennen @-merkkiä kirjaimia, joita emme voi käyttää: vain a–z, numerot ja tavalliset merkit käyvät. Kirjaudu toisella osoitteella. Hakea voi myös ilman kirjautumista: ota yhteyttä kuntaan.',
    sv: 'Din e-postadress har före @-tecknet bokstäver som vi inte kan använda: bara a–z, siffror och vanliga tecken går. Logga in med en annan adress. Du kan också ansöka utan inloggning: kontakta kommunen.',
    en: 'Your e-mail address has letters before the @ that we cannot use: only a–z, digits and common signs will do. Sign in with another address. You can also apply without signing in: contact the municipality.',
  },
  'signed-in-elsewhere': {
    status: 403,
    fi: 'Tällä kirjautumisella ei pääse tämän kunnan palveluun.',
    sv: 'Med den här inloggningen kommer du inte in i den här kommunens tjänst.',
    en: 'This sign-in does not lead into the service of this municipality.',
  },
  'return-elsewhere': {
    status: 400,
    fi: 'Kirjautumisen jälkeen voi palata vain tämän palvelun sivulle.',
    sv: 'Efter inloggningen kan man bara återvända till en sida i den här tjänsten.',
    en: 'After signing in one can only return to a page of this service.',
  },
} as const satisfies Record<string, ProblemText>;
