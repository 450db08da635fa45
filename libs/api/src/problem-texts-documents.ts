import type { ProblemText } from '@minipilot/platform/http/problem-texts.js';

/** Refusals around decision documents, notices and letters. */
export const DOCUMENT_PROBLEMS = {
  'no-electronic-address': {
    status: 409,
    fi: 'Hakija ei ole antanut sähköpostiosoitetta: päätös annetaan tiedoksi kirjeellä.',
    sv: 'Sökanden har inte uppgett någon e-postadress: beslutet delges per brev.',
    en: 'The applicant has given no e-mail address: the decision is told by letter.',
  },
  'document-outdated': {
    status: 409,
    fi: 'Päätösten tiedot muuttuivat kesken kaiken. Yritä uudelleen.',
    sv: 'Uppgifterna om besluten ändrades under tiden. Försök på nytt.',
    en: 'What the documents tell changed in the meantime. Try again.',
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
  'document-erased': {
    status: 410,
    fi: 'Asiakirja on poistettu tästä palvelusta. Kysy sitä kunnan kirjaamosta.',
    sv: 'Handlingen har raderats ur denna tjänst. Fråga efter den hos kommunens registratorskontor.',
    en: 'The document has been erased from this service. Ask the municipality’s registry for it.',
  },
  'not-noticed': {
    status: 409,
    fi: 'Päätöstä ei ole vielä annettu tiedoksi.',
    sv: 'Beslutet har ännu inte delgetts.',
    en: 'The decision has not been told yet.',
  },
  'decisions-not-published': {
    status: 404,
    fi: 'Tämän haun päätöksiä ei ole vielä julkaistu.',
    sv: 'Besluten i denna ansökningsomgång har inte publicerats ännu.',
    en: 'The decisions of this call have not been published yet.',
  },
} as const satisfies Record<string, ProblemText>;
