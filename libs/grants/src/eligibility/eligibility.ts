import type { ApplicantKind, CallContent } from '../call/events.js';

/** A Y-tunnus as it was given: its check digit holds or not; `none` where the applicant has none to give. */
export const BUSINESS_IDS = ['valid', 'invalid', 'missing', 'none'] as const;
export type BusinessIdGiven = (typeof BUSINESS_IDS)[number];

/** Whether the same applicant has another live application to the call: `perhaps` by name and reach, `certain` by Y-tunnus. */
export const DUPLICATES = ['none', 'perhaps', 'certain'] as const;
export type Duplicate = (typeof DUPLICATES)[number];

/** What a suggestion looks at. All of it is plain, and nothing of it points to a person. */
export interface EligibilityFacts {
  kind: ApplicantKind;
  /** where the pilot happens */
  district: string;
  askedCents: number;
  businessId: BusinessIdGiven;
  /** an adult is named who answers for the money of a group */
  recipientNamed: boolean;
  /** the tick: adult, terms accepted, may act for these people */
  confirmed: boolean;
  duplicate: Duplicate;
  /** what was asked for did not come by its day */
  notCompleted: boolean;
}

/** Stands for a district where the pilot is to happen outside the municipality: registered like any other place, and no call covers it. */
export const ELSEWHERE = 'elsewhere';

/** Parts of an application that the applicant can be asked to complete. Title and idea are never among them: the idea is what is scored. */
export const COMPLETABLE = [
  'businessId',
  'recipientName',
  'phone',
  'email',
  'address',
  'place',
  'time',
  'lines',
  'economic',
  'confirmed',
] as const;
export type Completable = (typeof COMPLETABLE)[number];

type Weight =
  /** speaks against the application */
  | 'against'
  /** the applicant can complete it */
  | 'missing'
  /** a hint for people; says nothing by itself */
  | 'hint';

/**
 * Why an application may not be eligible. Codes are stable: they stand in events and decisions. `fields` is what the applicant may
 * complete when the officer asks for it; a reason without fields cannot be completed after the close.
 */
export const REASONS = {
  'place-outside-districts': { weight: 'against', fields: [] },
  'applicant-kind-not-allowed': { weight: 'against', fields: [] },
  'second-application': { weight: 'against', fields: [] },
  'asked-below-minimum': { weight: 'against', fields: [] },
  'not-completed': { weight: 'against', fields: [] },
  'asked-above-maximum': { weight: 'missing', fields: ['lines'] },
  'business-id-missing': { weight: 'missing', fields: ['businessId'] },
  'business-id-invalid': { weight: 'missing', fields: ['businessId'] },
  'adult-recipient-missing': { weight: 'missing', fields: ['recipientName'] },
  'confirmation-missing': { weight: 'missing', fields: ['confirmed'] },
  'possible-duplicate': { weight: 'hint', fields: [] },
  // found by people only
  'contact-unclear': { weight: 'missing', fields: ['phone', 'email', 'address'] },
  'place-unclear': { weight: 'missing', fields: ['place'] },
  'time-unclear': { weight: 'missing', fields: ['time'] },
  'costs-unclear': { weight: 'missing', fields: ['lines'] },
  'economic-activity-unclear': { weight: 'missing', fields: ['economic'] },
} as const satisfies Record<string, { weight: Weight; fields: readonly Completable[] }>;
export type Reason = keyof typeof REASONS;

/** Reasons for which something can be asked of the applicant. */
export const ASKABLE = (Object.keys(REASONS) as Reason[]).filter((code) => REASONS[code].fields.length > 0);

/** What may be completed for these reasons, each part once, in the order of the form. */
export const fieldsOf = (codes: readonly Reason[]): Completable[] =>
  COMPLETABLE.filter((field) => codes.some((code) => (REASONS[code].fields as readonly Completable[]).includes(field)));

export const SUGGESTIONS = ['eligible', 'ineligible', 'incomplete'] as const;
export interface Suggestion {
  suggestion: (typeof SUGGESTIONS)[number];
  /** all that was found, in the order of the list above; hints too */
  codes: Reason[];
}

/**
 * What the call's own rules say of an application, from nothing but the two: a suggestion that an officer confirms or departs from.
 * It is computed whenever it is shown and is nobody's finding; the decision-maker decides.
 */
export function suggest(content: CallContent, facts: EligibilityFacts): Suggestion {
  const found: Record<Exclude<Reason, `${string}-unclear`>, boolean> = {
    'place-outside-districts': !content.districts.includes(facts.district),
    'applicant-kind-not-allowed': !content.whoMayApply.includes(facts.kind),
    'second-application': facts.duplicate === 'certain',
    'asked-below-minimum': facts.askedCents < content.grant.minCents,
    'not-completed': facts.notCompleted,
    'asked-above-maximum': facts.askedCents > content.grant.maxCents,
    'business-id-missing': facts.businessId === 'missing',
    'business-id-invalid': facts.businessId === 'invalid',
    'adult-recipient-missing': facts.kind === 'group' && !facts.recipientNamed,
    'confirmation-missing': !facts.confirmed,
    'possible-duplicate': facts.duplicate === 'perhaps',
  };
  const codes = (Object.keys(REASONS) as Reason[]).filter((code) => (found as Partial<Record<Reason, boolean>>)[code] === true);
  const has = (weight: Weight) => codes.some((code) => REASONS[code].weight === weight);
  return { suggestion: has('against') ? 'ineligible' : has('missing') ? 'incomplete' : 'eligible', codes };
}
