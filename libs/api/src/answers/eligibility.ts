import { COMPLETABLE, SUGGESTIONS, type Completable, type Suggestion } from '@minipilot/grants/eligibility/eligibility.js';
import { Done } from './commands.js';
import { Bool, Day, Of, Str, Word } from './fields.js';

export class ReasonShownAnswer {
  @Str({ description: 'stable' }) code: string;
  @Str({ description: 'what it means, in the caller’s language; an officer’s own code as it was written' }) text: string;
}
/** What the call’s own rules say of an application. People decide. */
export class SuggestionAnswer {
  @Word(SUGGESTIONS) suggestion: Suggestion['suggestion'];
  @Of(() => ReasonShownAnswer, { list: true }) reasons: ReasonShownAnswer[];
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
export class CompletionRequested extends Done {
  @Word(COMPLETABLE, { list: true }) fields: Completable[];
  @Day({ description: 'last day' }) answerBy: string;
}
