import type { Reason } from '@minipilot/grants/eligibility/eligibility.js';
import type { Texts } from '@minipilot/platform/http/language.js';
import type { ProblemText } from '@minipilot/platform/http/problem-texts.js';

/** Refusals around an officer's check and what an applicant is asked to complete. */
export const ELIGIBILITY_PROBLEMS = {
  'check-departs-without-reason': {
    status: 409,
    fi: 'Tarkistus poikkeaa siitä, mitä haun säännöt ehdottavat. Kirjoita syy.',
    sv: 'Granskningen avviker från vad ansökningsomgångens regler föreslår. Skriv varför.',
    en: 'The check departs from what the rules of the call suggest. Write down why.',
  },
  'nothing-to-complete': {
    status: 409,
    fi: 'Näiden syiden perusteella hakijalta ei voi pyytää täydennystä.',
    sv: 'Av dessa skäl går det inte att be sökanden komplettera något.',
    en: 'For these reasons there is nothing that the applicant could complete.',
  },
  'completion-already-asked': {
    status: 409,
    fi: 'Täydennystä on jo pyydetty. Hakijalla on aikaa {answerBy|date} asti.',
    sv: 'Komplettering har redan begärts. Sökanden har tid till och med {answerBy|date}.',
    en: 'The applicant has already been asked and has until {answerBy|date}.',
  },
  'completion-too-soon': {
    status: 409,
    fi: 'Aikaa täydentää on annettava vähintään {needed} päivää, nyt {days}.',
    sv: 'Tiden för komplettering ska vara minst {needed} dagar, nu {days}.',
    en: 'There must be at least {needed} days to complete it; this gives {days}.',
  },
  'completion-not-asked': {
    status: 409,
    fi: 'Tätä tietoa ei ole pyydetty täydentämään.',
    sv: 'Den här uppgiften har inte begärts som komplettering.',
    en: 'Nobody has asked to complete this.',
  },
  'completion-empty': {
    status: 400,
    fi: 'Anna ainakin yksi pyydetty tieto.',
    sv: 'Ge minst en av de begärda uppgifterna.',
    en: 'Give at least one of the things that were asked for.',
  },
  'completion-too-late': {
    status: 409,
    fi: 'Täydennyksen viimeinen päivä oli {answerBy|date}. Hakemus on tallessa sellaisena kuin se oli, ja siitä päätetään.',
    sv: 'Sista dagen för komplettering var {answerBy|date}. Ansökan finns kvar som den var och beslut fattas om den.',
    en: 'The last day to complete it was {answerBy|date}. The application is kept as it was and will be decided on.',
  },
  'completion-asks-for-more': {
    status: 409,
    fi: 'Täydennyksessä summa ei voi nousta. Haettu summa on {askedCents|euro}.',
    sv: 'Beloppet kan inte höjas i en komplettering. Det sökta beloppet är {askedCents|euro}.',
    en: 'The sum cannot rise now. {askedCents|euro} was asked for.',
  },
  'completion-awaited': {
    status: 409,
    fi: 'Hakija voi täydentää hakemustaan {answerBy|date} asti. Päätä vasta sen jälkeen.',
    sv: 'Sökanden kan komplettera sin ansökan till och med {answerBy|date}. Besluta först därefter.',
    en: 'The applicant has until {answerBy|date} to complete the application. Decide after that.',
  },
  'secret-number-in-text': {
    status: 400,
    fi: 'Tekstissä on henkilötunnus tai tilinumero. Sellaista ei julkaista.',
    sv: 'Texten har en personbeteckning eller ett kontonummer. Sådant publiceras inte.',
    en: 'The text has an identity code or an account number. Those are not published.',
  },
  'sum-above-grant-size': {
    status: 409,
    fi: 'Avustus on tässä haussa enintään {maxCents|euro}.',
    sv: 'Understödet är i denna ansökningsomgång högst {maxCents|euro}.',
    en: 'A grant of this call is at most {maxCents|euro}.',
  },
} as const satisfies Record<string, ProblemText>;

/** What each reason code means, for applicants, officers and decision-makers. */
export const REASON_TEXTS: Readonly<Record<Reason, Texts>> = {
  'place-outside-districts': {
    fi: 'Kokeilu tapahtuu alueella, jota haku ei koske.',
    sv: 'Försöket görs i ett område som ansökningsomgången inte gäller.',
    en: 'The pilot happens in a district that the call does not cover.',
  },
  'applicant-kind-not-allowed': {
    fi: 'Tällainen hakija ei voi hakea tässä haussa.',
    sv: 'En sådan sökande kan inte söka i denna ansökningsomgång.',
    en: 'This kind of applicant cannot apply in this call.',
  },
  'second-application': {
    fi: 'Samalla hakijalla on jo toinen hakemus tässä haussa.',
    sv: 'Samma sökande har redan en annan ansökan i denna ansökningsomgång.',
    en: 'The same applicant already has another application in this call.',
  },
  'asked-below-minimum': {
    fi: 'Haettu summa on pienempi kuin haun pienin avustus.',
    sv: 'Det sökta beloppet är mindre än ansökningsomgångens minsta understöd.',
    en: 'Less is asked for than the smallest grant of the call.',
  },
  'not-completed': {
    fi: 'Pyydettyä täydennystä ei tullut määräpäivään mennessä.',
    sv: 'Den begärda kompletteringen kom inte inom utsatt tid.',
    en: 'What was asked for did not come by its day.',
  },
  'asked-above-maximum': {
    fi: 'Haettu summa on suurempi kuin haun suurin avustus.',
    sv: 'Det sökta beloppet är större än ansökningsomgångens största understöd.',
    en: 'More is asked for than the largest grant of the call.',
  },
  'business-id-missing': { fi: 'Y-tunnus puuttuu.', sv: 'FO-numret saknas.', en: 'The business id is missing.' },
  'business-id-invalid': { fi: 'Y-tunnus on virheellinen.', sv: 'FO-numret är felaktigt.', en: 'The business id is not valid.' },
  'adult-recipient-missing': {
    fi: 'Ryhmä ei ole nimennyt aikuista, joka vastaa rahasta.',
    sv: 'Gruppen har inte namngett en vuxen som ansvarar för pengarna.',
    en: 'The group has named no adult who answers for the money.',
  },
  'confirmation-missing': {
    fi: 'Vahvistus puuttuu: täysi-ikäinen, hyväksyy ehdot, saa toimia ryhmän puolesta.',
    sv: 'Bekräftelsen saknas: myndig, godkänner villkoren, får företräda gruppen.',
    en: 'The confirmation is missing: adult, accepts the terms, may act for these people.',
  },
  'possible-duplicate': {
    fi: 'Samalla nimellä ja yhteystiedolla on toinen hakemus. Kyse voi olla kahdesta ihmisestä.',
    sv: 'Det finns en annan ansökan med samma namn och kontaktuppgift. Det kan gälla två personer.',
    en: 'There is another application with the same name and contact. It may be two people.',
  },
  'contact-unclear': {
    fi: 'Yhteystieto on epäselvä.',
    sv: 'Kontaktuppgiften är oklar.',
    en: 'It is not clear how to reach the applicant.',
  },
  'place-unclear': {
    fi: 'Kokeilun paikka on epäselvä.',
    sv: 'Platsen för försöket är oklar.',
    en: 'It is not clear where the pilot happens.',
  },
  'time-unclear': { fi: 'Kokeilun aika on epäselvä.', sv: 'Tiden för försöket är oklar.', en: 'It is not clear when the pilot happens.' },
  'costs-unclear': {
    fi: 'On epäselvää, mihin raha käytetään.',
    sv: 'Det är oklart vad pengarna används till.',
    en: 'It is not clear what the money is for.',
  },
  'economic-activity-unclear': {
    fi: 'On epäselvää, onko kyse taloudellisesta toiminnasta ja onko vähämerkityksistä tukea saatu ennen.',
    sv: 'Det är oklart om det gäller ekonomisk verksamhet och om stöd av mindre betydelse har fåtts tidigare.',
    en: 'It is not clear whether this is economic activity and whether de minimis aid was received before.',
  },
};
