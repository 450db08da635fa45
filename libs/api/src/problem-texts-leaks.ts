import type { ProblemText } from '@minipilot/platform/http/problem-texts.js';

/** Refusals around the close: a book that is not full yet. */
export const CLOSING_PROBLEMS = {
  'cards-missing': {
    status: 409,
    fi: 'Kortteja puuttuu vielä: {cards}. Jos et pysty arvioimaan hakemusta, tallenna kortti ilman pisteitä.',
    sv: 'Kort som ännu saknas: {cards}. Om du inte kan bedöma en ansökan, spara kortet utan poäng.',
    en: 'Cards still missing: {cards}. If you cannot assess an application, save its card without points.',
  },
} as const satisfies Record<string, ProblemText>;
