import type { ProblemText } from '@minipilot/platform/http/problem-texts.js';

/** Refusals around decision documents, notices and letters. */
export const DOCUMENT_PROBLEMS = {
  'no-electronic-address': {
    status: 409,
    fi: 'Hakija ei ole antanut sähköpostiosoitetta: päätös annetaan tiedoksi kirjeellä.',
    sv: 'Sökanden har inte uppgett någon e-postadress: beslutet delges per brev.',
    en: 'The applicant has given no e-mail address: the decision is told by letter.',
  },
  'document-of-other-window': {
    status: 409,
    fi: 'Muutoksenhakuaika muuttui kesken kaiken. Yritä uudelleen.',
    sv: 'Tiden för omprövning ändrades under tiden. Försök på nytt.',
    en: 'The days for appeals changed in the meantime. Try again.',
  },
  'letter-not-found': { status: 404, fi: 'Tällaista kirjettä ei ole.', sv: 'Det finns inget sådant brev.', en: 'There is no such letter.' },
  'letter-already-posted': {
    status: 409,
    fi: 'Kirje on jo postitettu {on|date}.',
    sv: 'Brevet postades redan {on|date}.',
    en: 'The letter was already posted on {on|date}.',
  },
  'posted-before-prepared': {
    status: 400,
    fi: 'Kirje oli valmis vasta {earliest|date}.',
    sv: 'Brevet var färdigt först {earliest|date}.',
    en: 'The letter was ready only on {earliest|date}.',
  },
} as const satisfies Record<string, ProblemText>;
