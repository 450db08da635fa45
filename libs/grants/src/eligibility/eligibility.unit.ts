import fc from 'fast-check';
import { content } from '../testing.js';
import { ASKABLE, COMPLETABLE, fieldsOf, REASONS, suggest, type EligibilityFacts, type Reason } from './eligibility.js';

const fine: EligibilityFacts = {
  kind: 'resident',
  district: 'Jukola',
  askedCents: 50_000,
  businessId: 'none',
  recipientNamed: false,
  confirmed: true,
  duplicate: 'none',
  notCompleted: false,
};
const call = content({ districts: ['Jukola', 'Kauriala'], whoMayApply: ['resident', 'group', 'association'] });

describe('a suggestion', () => {
  it.each<[Partial<EligibilityFacts>, 'eligible' | 'ineligible' | 'incomplete', Reason[]]>([
    [{}, 'eligible', []],
    [{ askedCents: 10_000 }, 'eligible', []],
    [{ kind: 'group', recipientNamed: true }, 'eligible', []],
    [{ kind: 'association', businessId: 'valid' }, 'eligible', []],
    [{ duplicate: 'perhaps' }, 'eligible', ['possible-duplicate']],
    [{ district: 'Iittala' }, 'ineligible', ['place-outside-districts']],
    [{ kind: 'company', businessId: 'valid' }, 'ineligible', ['applicant-kind-not-allowed']],
    [{ duplicate: 'certain' }, 'ineligible', ['second-application']],
    [{ askedCents: 9_999 }, 'ineligible', ['asked-below-minimum']],
    [{ askedCents: 50_001 }, 'incomplete', ['asked-above-maximum']],
    [{ kind: 'association', businessId: 'missing' }, 'incomplete', ['business-id-missing']],
    [{ kind: 'association', businessId: 'invalid' }, 'incomplete', ['business-id-invalid']],
    [{ kind: 'group' }, 'incomplete', ['adult-recipient-missing']],
    [{ confirmed: false }, 'incomplete', ['confirmation-missing']],
    [{ confirmed: false, notCompleted: true }, 'ineligible', ['not-completed', 'confirmation-missing']],
    [
      { district: 'Iittala', kind: 'group', duplicate: 'perhaps' },
      'ineligible',
      ['place-outside-districts', 'adult-recipient-missing', 'possible-duplicate'],
    ],
  ])('%j is %s', (change, suggestion, codes) => {
    expect(suggest(call, { ...fine, ...change })).toEqual({ suggestion, codes });
  });

  const anyFacts: fc.Arbitrary<EligibilityFacts> = fc.record({
    kind: fc.constantFrom('resident' as const, 'group' as const, 'association' as const, 'company' as const),
    district: fc.constantFrom('Jukola', 'Kauriala', 'Iittala'),
    askedCents: fc.integer({ min: 1, max: 100_000 }),
    businessId: fc.constantFrom('valid' as const, 'invalid' as const, 'missing' as const, 'none' as const),
    recipientNamed: fc.boolean(),
    confirmed: fc.boolean(),
    duplicate: fc.constantFrom('none' as const, 'perhaps' as const, 'certain' as const),
    notCompleted: fc.boolean(),
  });

  it('follows from its codes alone, and a call with wider rules never finds more', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const { suggestion, codes } = suggest(call, facts);
        const weights = codes.map((code) => REASONS[code].weight);
        expect(suggestion).toBe(weights.includes('against') ? 'ineligible' : weights.includes('missing') ? 'incomplete' : 'eligible');
        const wide = content({ districts: ['Jukola', 'Kauriala', 'Iittala'], grant: { minCents: 1, maxCents: 100_000 } });
        expect(suggest(wide, facts).codes.filter((code) => !codes.includes(code))).toEqual([]);
      }),
    );
  });

  it('never says ineligible of what the applicant has not yet been asked to complete', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const { suggestion, codes } = suggest(call, facts);
        if (codes.every((code) => REASONS[code].weight !== 'against')) expect(suggestion).not.toBe('ineligible');
      }),
    );
  });
});

describe('what may be completed', () => {
  it('follows from the reasons, in the order of the form, each part once', () => {
    expect(fieldsOf(['costs-unclear', 'business-id-invalid', 'asked-above-maximum'])).toEqual(['businessId', 'lines']);
    expect(fieldsOf(['contact-unclear'])).toEqual(['phone', 'email', 'address']);
    expect(fieldsOf(['place-outside-districts', 'possible-duplicate'])).toEqual([]);
    for (const code of ASKABLE) expect(fieldsOf([code]).length).toBeGreaterThan(0);
  });

  it('never reaches what is scored, nor who applies and where', () => {
    for (const part of ['title', 'idea', 'name', 'kind', 'district', 'tradeSecret']) expect(COMPLETABLE).not.toContain(part);
  });
});
