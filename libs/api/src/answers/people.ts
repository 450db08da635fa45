import { PURPOSES } from '@minipilot/kernel/event.js';
import type { Duty } from '@minipilot/insight/worklist.js';
import { ROLES } from '@minipilot/identity/roles.js';
import { AppealTextAnswer, AppellantAnswer } from './appeals.js';
import { ContactAnswer, ProposalTextAnswer, ReportTextAnswer } from './applications.js';
import { Bool, Digest, Int, Moment, Of, Open, Str, Uuid, Word, pageOf } from './fields.js';

const DUTY_ROLES = [
  'officer',
  'member',
  'chair',
  'decision-maker',
  'appeal-body',
  'finance-clerk',
  'finance-approver',
  'owner',
  'recipient',
];

/** One thing that waits for somebody. */
export class DutyAnswer implements Omit<Duty, 'person'> {
  @Str({ description: 'a stable word, such as check-application' }) duty: string;
  @Word(DUTY_ROLES, { description: 'whom it waits for; `recipient` is the applicant’s side' }) role: Duty['role'];
  @Word(['call', 'pilot', 'appeal', 'batch', 'payout-row', 'service', 'message']) about: Duty['about'];
  @Str({ description: 'of what it is about' }) id: string;
  @Uuid({ nullable: true }) call: string | null;
  @Str({ description: 'instant or day from which it waits' }) since: string;
  @Str({ nullable: true, description: 'last instant or day; null where there is none' }) until: string | null;
  @Bool() overdue: boolean;
}
export const DutyPage = pageOf('DutyPage', DutyAnswer);

class HeldKey {
  @Word(PURPOSES) purpose: string;
  @Uuid() eventId: string;
}
class HeldFile {
  @Digest({ description: 'SHA-256 of the document or letter' }) digest: string;
  @Str({ nullable: true, description: 'the document itself' }) html: string | null;
}
class HeldDraft {
  @Str({ description: '`application/<call>` or `card/<call>`' }) scope: string;
  @Open() body: object;
  @Moment() updatedAt: string;
  @Moment() expiresAt: string;
}
class HeldSignIn {
  @Moment() began: string;
  @Moment() lastUsed: string;
  @Moment({ description: 'at the latest' }) ends: string;
}
class HistoryEntry {
  @Str() type: string;
  @Moment() at: string;
  @Open() data: object;
  @Str({ optional: true, nullable: true, description: 'what an officer wrote with it; null when it was erased' }) words?: string | null;
}
class HeldApplication {
  @Uuid() id: string;
  @Int() revision: number;
  @Open({ description: 'as folded from its events' }) state: object;
  @Of(() => ContactAnswer, { nullable: true }) contact: ContactAnswer | null;
  @Of(() => ProposalTextAnswer, { nullable: true }) proposal: ProposalTextAnswer | null;
  @Of(() => ReportTextAnswer, { nullable: true }) report: ReportTextAnswer | null;
  @Of(() => HistoryEntry, { list: true, description: 'oldest first' }) history: HistoryEntry[];
}
class HeldAppeal {
  @Uuid() id: string;
  @Of(() => AppellantAnswer, { nullable: true }) contact: AppellantAnswer | null;
  @Of(() => AppealTextAnswer, { nullable: true }) text: AppealTextAnswer | null;
  @Str({ list: true, description: 'what was added, oldest first' }) added: string[];
  @Of(() => HistoryEntry, { list: true, description: 'oldest first' }) history: HistoryEntry[];
}
class HeldVote {
  @Uuid() call: string;
  @Int({ description: 'ballots that were cast; what is on them is in nobody’s name' }) cast: number;
  @Moment({ nullable: true }) lastAt: string | null;
}
/** All that is held on one person. */
export class MyData {
  @Str({ optional: true }) email?: string;
  @Word(ROLES, { list: true }) roles: string[];
  @Str({ list: true, description: 'kinds of identity under which the person is known' }) identities: string[];
  @Of(() => HeldKey, { list: true, description: 'sealed parts of events that can still be opened' }) sealed: HeldKey[];
  @Of(() => HeldFile, { list: true, description: 'decision documents and letters' }) files: HeldFile[];
  @Of(() => HeldDraft, { list: true }) drafts: HeldDraft[];
  @Of(() => HeldSignIn, { list: true, description: 'sign-ins at browsers that have not ended' }) sessions: HeldSignIn[];
  @Of(() => HeldApplication, { list: true }) applications: HeldApplication[];
  @Of(() => HeldVote, { list: true, description: 'residents’ votes in which the person took part' }) votes: HeldVote[];
  @Of(() => HeldAppeal, { list: true }) appeals: HeldAppeal[];
}
