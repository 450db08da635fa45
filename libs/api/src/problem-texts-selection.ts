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
} as const satisfies Record<string, ProblemText>;
