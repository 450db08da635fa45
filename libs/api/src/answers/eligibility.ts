import { COMPLETABLE, SUGGESTIONS, type Completable, type Suggestion } from '@minipilot/grants/eligibility/eligibility.js';
import { HINT_KINDS, type HintKind } from '@minipilot/grants/eligibility/personal-data.js';
import { Bool, Day, Int, Of, Str, Word } from './fields.js';

export class ReasonShownAnswer {
  @Str({ description: 'stable' }) code: string;
  @Str({ description: 'what it means, in the caller’s language; an officer’s own code as it was written' }) text: string;
}
/** What the call’s own rules say of an application. People decide. */
export class SuggestionAnswer {
  @Word(SUGGESTIONS) suggestion: Suggestion['suggestion'];
  @Of(() => ReasonShownAnswer, { list: true }) reasons: ReasonShownAnswer[];
}
/** A place in one’s own text that may tell who somebody is. It is pointed out and neither stored nor refused. */
export class HintAnswer {
  @Str({ description: 'of the field in the form, such as #/idea' }) pointer: string;
  @Word(HINT_KINDS) kind: HintKind;
  @Int({ description: 'first UTF-16 unit of the place' }) start: number;
  @Int({ description: 'first UTF-16 unit after it' }) end: number;
  @Word(['remove-before-submit', 'look-again']) advice: 'remove-before-submit' | 'look-again';
  @Str({ description: 'in the caller’s language' }) text: string;
}
export class Hints {
  @Of(() => HintAnswer, { list: true }) hints: HintAnswer[];
}
class SuggestedAnswer {
  @Word(SUGGESTIONS) suggestion: Suggestion['suggestion'];
  @Str({ list: true }) codes: string[];
}
export class CheckAnswer {
  @Word(['eligible', 'ineligible']) suggestion: 'eligible' | 'ineligible';
  @Str({ list: true }) codes: string[];
  @Of(() => ReasonShownAnswer, { list: true }) reasons: ReasonShownAnswer[];
  @Of(() => SuggestedAnswer, { nullable: true, description: 'what the rules suggested at that moment' }) suggested: SuggestedAnswer | null;
  @Bool({ description: 'the officer found otherwise than the rules' }) departs: boolean;
  @Str({ nullable: true, description: 'why, in words' }) reason: string | null;
}
/** What the applicant was last asked to complete. */
export class CompletionAnswer {
  @Str({ list: true }) codes: string[];
  @Of(() => ReasonShownAnswer, { list: true }) reasons: ReasonShownAnswer[];
  @Word(COMPLETABLE, { list: true, description: 'what may be completed' }) fields: Completable[];
  @Word(COMPLETABLE, { list: true, description: 'what is still missing' }) open: Completable[];
  @Day({ description: 'last day' }) answerBy: string;
  @Word(['asked', 'completed', 'not-completed']) status: 'asked' | 'completed' | 'not-completed';
  @Bool({ description: 'the applicant was reminded' }) reminded: boolean;
  @Str({ nullable: true, description: 'what the officer wrote; null when it was erased' }) words: string | null;
}
