import type { ProblemText } from '@minipilot/platform/http/problem-texts.js';

/** Refusals around the rules of a vote, equal shares and the lot. */
export const SELECTION_PROBLEMS = {
  'call-is-voted': {
    status: 409,
    fi: 'Tässä haussa asukkaat äänestävät. Raatia ei ole.',
    sv: 'I den här ansökningsomgången röstar invånarna. Det finns ingen bedömningsgrupp.',
    en: 'In this call residents vote. There is no committee.',
  },
  'rules-tie-rule-method': {
    status: 400,
    fi: 'Tasapisteitä ei voi tässä menetelmässä ratkaista tavalla {rule}.',
    sv: 'Med den här metoden kan lika poäng inte avgöras enligt {rule}.',
    en: 'This method cannot part ties by {rule}.',
  },
  'rules-for-vote-missing': {
    status: 400,
    fi: 'Yhtä suurten osuuksien menetelmä tarvitsee säännön {rule}.',
    sv: 'Metoden med lika stora andelar behöver regeln {rule}.',
    en: 'Equal shares need the rule {rule}.',
  },
  'rules-not-for-equal-shares': {
    status: 400,
    fi: 'Sääntöä {rule} ei käytetä, kun valitaan yhtä suurin osuuksin. Jokainen ehdotus, joka ei mahdu, ohitetaan.',
    sv: 'Regeln {rule} används inte när valet görs med lika stora andelar. Varje förslag som inte ryms hoppas över.',
    en: 'The rule {rule} is not used with equal shares. Whatever does not fit is skipped.',
  },
  'rules-only-for-equal-shares': {
    status: 400,
    fi: 'Sääntöä {rule} käytetään vain, kun valitaan yhtä suurin osuuksin.',
    sv: 'Regeln {rule} används bara när valet görs med lika stora andelar.',
    en: 'The rule {rule} is used only with equal shares.',
  },
  'rules-vote-ballot': {
    status: 400,
    fi: 'Äänestyslipussa valitaan vähintään yksi hakemus. Pienin määrä {min} ei voi olla suurempi kuin suurin {max}.',
    sv: 'På en röstsedel väljs minst en ansökan. Det minsta antalet {min} kan inte vara större än det största {max}.',
    en: 'A ballot chooses at least one application. The fewest, {min}, cannot be more than the most, {max}.',
  },
  'pabulib-section-missing': {
    status: 400,
    fi: 'Tiedostosta puuttuu osa {value}.',
    sv: 'Filen saknar delen {value}.',
    en: 'The file lacks the section {value}.',
  },
  'pabulib-section-twice': {
    status: 400,
    fi: 'Osa {value} on tiedostossa kahdesti (rivi {line}).',
    sv: 'Delen {value} finns två gånger i filen (rad {line}).',
    en: 'The section {value} stands twice in the file (line {line}).',
  },
  'pabulib-outside-section': {
    status: 400,
    fi: 'Rivi {line} ei kuulu mihinkään osaan META, PROJECTS tai VOTES: {value}.',
    sv: 'Rad {line} hör inte till någon av delarna META, PROJECTS eller VOTES: {value}.',
    en: 'Line {line} belongs to none of the sections META, PROJECTS and VOTES: {value}.',
  },
  'pabulib-column-missing': {
    status: 400,
    fi: 'Sarakeotsikko {value} puuttuu (rivi {line}).',
    sv: 'Kolumnrubriken {value} saknas (rad {line}).',
    en: 'The column header {value} is missing (line {line}).',
  },
  'pabulib-column-twice': {
    status: 400,
    fi: 'Sarakeotsikko {value} on kahdesti (rivi {line}, merkki {column}).',
    sv: 'Kolumnrubriken {value} finns två gånger (rad {line}, tecken {column}).',
    en: 'The column header {value} stands twice (line {line}, column {column}).',
  },
  'pabulib-key-missing': {
    status: 400,
    fi: 'META-osasta puuttuu tieto {value}.',
    sv: 'Delen META saknar uppgiften {value}.',
    en: 'The section META lacks {value}.',
  },
  'pabulib-key-twice': {
    status: 400,
    fi: 'META-osassa on tieto {value} kahdesti (rivi {line}).',
    sv: 'Delen META har uppgiften {value} två gånger (rad {line}).',
    en: 'The section META has {value} twice (line {line}).',
  },
  'pabulib-number': {
    status: 400,
    fi: 'Rivillä {line}, merkissä {column} pitäisi olla luku. Siinä on: {value}.',
    sv: 'På rad {line}, tecken {column} ska det stå ett tal. Där står: {value}.',
    en: 'Line {line}, column {column} should hold a number. It says: {value}.',
  },
  'pabulib-id-missing': {
    status: 400,
    fi: 'Rivillä {line} tunnus {value} on tyhjä.',
    sv: 'På rad {line} är beteckningen {value} tom.',
    en: 'On line {line} the id {value} is empty.',
  },
  'pabulib-project-twice': {
    status: 400,
    fi: 'Kohde {value} on tiedostossa kahdesti (rivi {line}).',
    sv: 'Projektet {value} finns två gånger i filen (rad {line}).',
    en: 'The project {value} stands twice in the file (line {line}).',
  },
  'pabulib-vote-type': {
    status: 400,
    fi: 'Äänestystapaa {value} ei tunneta (rivi {line}).',
    sv: 'Röstningssättet {value} är okänt (rad {line}).',
    en: 'The vote type {value} is not known (line {line}).',
  },
  'pabulib-points': {
    status: 400,
    fi: 'Rivillä {line} on eri määrä kohteita ja pisteitä: {value}.',
    sv: 'På rad {line} är projekten och poängen olika många: {value}.',
    en: 'Line {line} has different numbers of projects and points: {value}.',
  },
  'pabulib-voter-twice': {
    status: 400,
    fi: 'Äänestäjällä {value} on kaksi äänestyslippua (rivi {line}).',
    sv: 'Väljaren {value} har två röstsedlar (rad {line}).',
    en: 'The voter {value} has two ballots (line {line}).',
  },
  'pabulib-unknown-project': {
    status: 400,
    fi: 'Rivillä {line} äänestetään kohdetta {value}, jota tiedostossa ei ole.',
    sv: 'På rad {line} finns en röst på projektet {value}, som inte finns i filen.',
    en: 'Line {line} votes for {value}, which is no project of the file.',
  },
  'pabulib-choice-twice': {
    status: 400,
    fi: 'Rivillä {line} sama kohde {value} on valittu kahdesti.',
    sv: 'På rad {line} har samma projekt {value} valts två gånger.',
    en: 'Line {line} chooses the project {value} twice.',
  },
  'pabulib-extra-cells': {
    status: 400,
    fi: 'Rivillä {line} on enemmän tietoja kuin sarakkeita: {value}.',
    sv: 'På rad {line} finns fler uppgifter än kolumner: {value}.',
    en: 'Line {line} has more cells than columns: {value}.',
  },
  'pabulib-quotes': {
    status: 400,
    fi: 'Rivillä {line}, merkissä {column} lainausmerkit eivät täsmää.',
    sv: 'På rad {line}, tecken {column} stämmer inte citattecknen.',
    en: 'Line {line}, column {column} has quotes that do not match.',
  },
  'pabulib-count': {
    status: 400,
    fi: 'Tiedoston ilmoittama määrä on väärä (rivi {line}): {value}.',
    sv: 'Antalet som filen anger är fel (rad {line}): {value}.',
    en: 'The count that the file gives is wrong (line {line}): {value}.',
  },
} as const satisfies Record<string, ProblemText>;
