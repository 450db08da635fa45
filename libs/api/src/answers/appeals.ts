import { APPEAL_STATES } from '@minipilot/insight/appeals.js';
import { Done } from './commands.js';
import { Bool, CentsOf, Day, Int, Moment, Of, pageOf, Str, Uuid, Word } from './fields.js';

const RESULTS = ['upheld', 'partly', 'dismissed', 'left-unexamined'];
const WHY = ['late', 'no-right', 'unclear'];

export class AppealFiled extends Done {
  @Uuid() id: string;
  @Moment() receivedAt: string;
  @Moment({ nullable: true, description: 'end of the own time to appeal; null where it has not begun to run' }) until: string | null;
  @Bool({ description: 'it came after that: it is registered, and left unexamined by the appeal body' }) late: boolean;
}

/** One appeal or taking up in a list. */
export class AppealRowAnswer {
  @Uuid() id: string;
  @Uuid() call: string;
  @Uuid({ nullable: true, description: 'null where a whole section is meant' }) application: string | null;
  @Str({ description: 'section of the decision that it is against' }) section: string;
  @Int({ description: 'how many decisions it concerns' }) decisions: number;
  @Word(['appeal', 'taken-up']) kind: string;
  @Word(['party', 'resident'], { nullable: true, description: 'null for a taking up by the board' }) by: string | null;
  @Word(['online', 'agent', 'desk', 'phone', 'paper'], { nullable: true }) channel: string | null;
  @Word(APPEAL_STATES, { description: '`told` once the appellant has got the decision' }) state: string;
  @Word(['appeal-body', 'notice'], { nullable: true, description: 'what it waits for' }) waitsFor: string | null;
  @Int({ description: 'days since it came, while it waits' }) waitingDays: number;
  @Str({ description: 'instant; of a taking up the day' }) receivedAt: string;
  @Moment({ nullable: true, description: 'end of the time to appeal' }) until: string | null;
  @Bool() late: boolean;
  @Moment({ nullable: true, description: 'when the appellant last added to it' }) completedAt: string | null;
  @Word(RESULTS, { nullable: true }) result: string | null;
  @Word(WHY, { nullable: true, description: 'why it was left unexamined' }) why: string | null;
  @Str({ nullable: true, description: 'section of the decision on it' }) decidedIn: string | null;
  @Day({ nullable: true }) decidedOn: string | null;
  @Moment({ nullable: true }) decidedAt: string | null;
  @CentsOf({ description: 'granted by it, from the appeal reserve' }) cents: number;
  @Bool({ description: 'the reserve was used up in the same moment: money must be found' }) unfunded: boolean;
  @Day({ nullable: true }) noticeOn: string | null;
  @Day({ nullable: true, description: 'last day to take the decision on it to the administrative court' }) courtUntil: string | null;
  @Day({ nullable: true, description: 'from when it is final, unless it was taken to court' }) finalFrom: string | null;
}
export const AppealPage = pageOf('AppealPage', AppealRowAnswer);

class Concerned {
  @Uuid() application: string;
  @Uuid({ description: 'event of the decision' }) decision: string;
}
export class AppealTextAnswer {
  @Int() v: number;
  @Str() demand: string;
  @Str() grounds: string;
}
export class AppellantAnswer {
  @Int() v: number;
  @Str() name: string;
  @Str({ optional: true }) phone?: string;
  @Str({ optional: true }) email?: string;
  @Str({ optional: true }) address?: string;
}
class AddedAnswer {
  @Moment() at: string;
  @Str({ nullable: true, description: 'null when it was erased' }) text: string | null;
}
class ChangeAnswer {
  @Uuid() application: string;
  @CentsOf() cents: number;
}
class AppealDecisionAnswer {
  @Word(RESULTS) result: string;
  @Word(WHY, { nullable: true }) why: string | null;
  @Str() section: string;
  @Str() caseNumber: string;
  @Day() decidedOn: string;
  @Str({ description: 'the board that decided' }) body: string;
  @Bool({ description: 'the board had made the decision itself and heard it again' }) ownDecision: boolean;
  @Str({ nullable: true, description: 'in words; null when it was erased' }) reason: string | null;
}
class AppealNoticeAnswer {
  @Word(['electronic', 'letter']) channel: string;
  @Day() sentOn: string;
  @Day({ description: 'the appellant counts as told' }) noticeOn: string;
  @Day({ description: 'last day to take it to the administrative court' }) courtUntil: string;
  @Day() finalFrom: string;
}
/** One appeal from its own stream, with its sealed parts opened for those who may read them. */
export class AppealDetail {
  @Uuid() id: string;
  @Uuid() call: string;
  @Word(['appeal', 'taken-up']) kind: string;
  @Uuid({ nullable: true }) application: string | null;
  @Str() section: string;
  @Of(() => Concerned, { list: true }) decisions: Concerned[];
  @Word(['party', 'resident'], { nullable: true }) by: string | null;
  @Word(['online', 'agent', 'desk', 'phone', 'paper'], { nullable: true }) channel: string | null;
  @Str({ description: 'instant; of a taking up the day' }) receivedOn: string;
  @Moment({ nullable: true }) until: string | null;
  @Bool() late: boolean;
  @Word(APPEAL_STATES) status: string;
  @Of(() => AppellantAnswer, { nullable: true, description: 'not shown to the other party, nor to auditors' })
  contact: AppellantAnswer | null;
  @Of(() => AppealTextAnswer, { nullable: true, description: 'null for a taking up, for auditors, and when it was erased' })
  text: AppealTextAnswer | null;
  @Str({ nullable: true, description: 'why the board took it up' }) takenUpFor: string | null;
  @Of(() => AddedAnswer, { list: true, description: 'what the appellant added, oldest first' }) added: AddedAnswer[];
  @Of(() => AppealDecisionAnswer, { nullable: true }) decision: AppealDecisionAnswer | null;
  @Of(() => ChangeAnswer, { list: true, description: 'what the decision granted' }) changes: ChangeAnswer[];
  @Of(() => AppealNoticeAnswer, { nullable: true }) notice: AppealNoticeAnswer | null;
  @Int({ description: 'for If-Match' }) revision: number;
}
