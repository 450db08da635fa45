import { COMPLETABLE, type Completable } from '@minipilot/grants/eligibility/eligibility.js';
import { PURPOSES } from '@minipilot/kernel/event.js';
import { HintAnswer, ReasonShownAnswer } from './eligibility.js';
import { Bool, Counts, Day, Int, Moment, Of, Str, Uuid, Word } from './fields.js';

/** What every command answers. */
export class Done {
  @Int({ description: 'where the changed stream stands now' }) revision: number;
  @Str({ description: 'opaque; a read with `after` waits until it holds this change' }) position: string;
}
export class Created extends Done {
  @Uuid() id: string;
}

export class DraftSaved {
  @Uuid() id: string;
  @Int({ description: 'version of the draft, for If-Match' }) revision: number;
  @Moment({ description: 'then the draft is thrown away unless it was submitted' }) expiresAt: string;
  @Of(() => ReasonShownAnswer, { list: true, description: 'what the call’s rules say of it so far; it can be submitted all the same' })
  reasons: ReasonShownAnswer[];
  @Of(() => HintAnswer, { list: true, description: 'places in the texts to look at before submitting' }) hints: HintAnswer[];
}

export class Submitted extends Done {
  @Uuid({ description: 'of the application, which becomes the mini-pilot' }) id: string;
  @Str({ description: 'short name to quote when asking about it' }) receipt: string;
  @Moment({ description: 'when it counts as arrived' }) arrivedAt: string;
  @Moment() closesAt: string;
  @Bool({ description: 'it arrived after the close: it is registered, and left unexamined' }) late: boolean;
  @Word(['perhaps-known', 'perhaps-applied-before'], {
    list: true,
    optional: true,
    description: 'only where the applicant is known by name and phone number alone; the application stands all the same',
  })
  warnings?: string[];
  @Of(() => HintAnswer, { list: true, description: 'places in the texts that can still be changed until the close' }) hints: HintAnswer[];
}
export class CompletionRequested extends Done {
  @Word(COMPLETABLE, { list: true }) fields: Completable[];
  @Day({ description: 'last day' }) answerBy: string;
}
export class TextPublished extends Done {
  @Of(() => HintAnswer, { list: true, description: 'places in the published text to look at again' }) hints: HintAnswer[];
}

class ErasedAnswer {
  @Counts({ description: 'keys destroyed, by purpose' }) wrappedKeys: object;
  @Counts({ description: 'keys kept, by purpose' }) heldBack: object;
  @Int() drafts: number;
  @Int() identities: number;
  @Int() actorKeys: number;
  @Int({ description: 'sign-ins at browsers that were ended' }) sessions: number;
}
class HeldAnswer {
  @Word([...PURPOSES, 'once-per-person'], {
    description: 'once-per-person: no data, only that the same sign-in is the same person, so that nobody votes or applies twice',
  })
  purpose: string;
  @Day({ nullable: true, description: 'last day; null while a vote or an application goes on' }) until: string | null;
}
export class Erasure extends Done {
  @Of(() => ErasedAnswer, { description: 'what this request destroyed' }) erased: ErasedAnswer;
  @Of(() => HeldAnswer, { list: true, description: 'what is held back' }) held: HeldAnswer[];
}

export class DemoTime {
  @Moment() now: string;
}
export class DemoClockMoved extends DemoTime {
  @Int({ description: 'due timers at which the clock stopped on its way' }) steps: number;
}
export class DemoAccount {
  @Str() iban: string;
  @Word(['settle', 'reject', 'return']) behaviour: string;
}
