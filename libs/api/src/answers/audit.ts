import { AuthorityDto, BudgetDto } from '../commands/call.commands.js';
import { Bool, CentsOf, Day, Int, Moment, Of, Open, Str, Uuid, Word } from './fields.js';
import { EntryAnswer } from './money.js';

export class HistorySizeAnswer {
  @Int({ description: 'all events but those of members’ books' }) events: number;
  @Int({ description: 'those among them by which flows keep their books' }) reactions: number;
  @Int() streams: number;
}

const BY = 'name of staff, a pseudonym of anybody else, or `flow.<name>`';

class EventAnswer {
  @Uuid() id: string;
  @Str() type: string;
  @Int({ description: 'version of the type' }) v: number;
  @Str() stream: string;
  @Int() revision: number;
  @Moment() at: string;
  @Str() tenant: string;
  @Str({ description: BY }) actor: string;
  @Uuid() commandId: string;
  @Uuid() correlationId: string;
  @Uuid() causationId: string;
  @Open({ description: 'the facts, by the schema of the type' }) data: object;
}
class SealedAnswer {
  @Str() purpose: string;
  @Str({ description: 'SHA-256 of the ciphertext' }) ct: string;
  @Str({ description: 'commitment to the plaintext' }) com: string;
}
class ReplayStep {
  @Int() revision: number;
  @Str() type: string;
  @Moment() at: string;
  @Str({ description: BY }) actor: string;
  @Uuid() id: string;
  @Uuid() commandId: string;
  @Uuid() causationId: string;
  @Open() data: object;
  @Of(() => SealedAnswer, { list: true }) sealed: SealedAnswer[];
}
/** A stream as it stood at a moment. */
export class ReplayAnswer {
  @Str() stream: string;
  @Int({ description: 'revision up to which events were folded' }) revision: number;
  @Moment({ description: 'when it got there' }) at: string;
  @Open({ nullable: true, description: 'folded state; null where a stream has none' }) state: object | null;
  @Of(() => EventAnswer, { description: 'the event that made this state' }) event: EventAnswer;
  @Int({ description: 'last revision of the whole stream' }) of: number;
  @Of(() => ReplayStep, { list: true, description: 'all events up to then, oldest first' }) steps: ReplayStep[];
}

class CauseAnswer {
  @Str() type: string;
  @Str() stream: string;
  @Int() revision: number;
  @Str({ description: BY }) actor: string;
}
class MoneyStepAnswer {
  @Moment() at: string;
  @Str() step: string;
  @CentsOf() cents: number;
  @Of(() => EntryAnswer, { list: true }) entries: EntryAnswer[];
  @Uuid({ optional: true }) batch?: string;
  @Str({ optional: true, description: 'the bank’s reference' }) reference?: string;
  @Day({ optional: true, description: 'banking day' }) effectiveOn?: string;
  @Of(() => CauseAnswer, { nullable: true, description: 'event that the posting follows from' }) cause: CauseAnswer | null;
}
class ApprovalAnswer {
  @Word(['batch.prepared', 'batch.approved', 'batch.approval-voided', 'batch.released']) type: string;
  @Moment() at: string;
  @Str({ description: BY }) actor: string;
  @Uuid() batch: string;
}
class ReportFacts {
  @Moment() reportedAt: string;
  @Word(['yes', 'partly', 'no']) outcome: string;
  @Int() participants: number;
  @CentsOf() usedCents: number;
  @CentsOf() unspentCents: number;
  @Bool() goOn: boolean;
}
/** One grant's money, from budget line to bank reference and back. */
export class MoneyTrail {
  @Uuid() pilot: string;
  @Uuid() call: string;
  @Of(() => BudgetDto, { nullable: true }) budget: BudgetDto | null;
  @Of(() => AuthorityDto, { nullable: true }) authority: AuthorityDto | null;
  @Of(() => MoneyStepAnswer, { list: true, description: 'oldest first' }) steps: MoneyStepAnswer[];
  @Of(() => ApprovalAnswer, { list: true, description: 'who prepared, approved and released' }) approvals: ApprovalAnswer[];
  @Of(() => ReportFacts, { nullable: true }) report: ReportFacts | null;
}

class DepartureAppeal {
  @Uuid() appeal: string;
  @Uuid({ description: 'its event that changed the decision' }) outcome: string;
  @Str({ description: 'of the decision on the appeal' }) section: string;
}
class DepartureFound {
  @Uuid() application: string;
  @Str({ nullable: true }) proposed: string | null;
  @Word(['granted', 'waiting', 'refused', 'ineligible', 'late']) decided: string;
  @Str() code: string;
  @Uuid({ description: 'of the decision' }) event: string;
  @Of(() => DepartureAppeal, { nullable: true, description: 'the appeal that it came of' }) appeal: DepartureAppeal | null;
  @Str({ nullable: true, description: 'in words; null when it was erased' }) reason: string | null;
}
export class RecomputeAnswer {
  @Uuid() call: string;
  @Word(['rolling', 'ranked-until-budget', 'equal-shares']) method: string;
  @Bool({ description: 'nothing differs' }) same: boolean;
  @Str({ list: true, description: 'what was checked and found right' }) checked: string[];
  @Str({ list: true }) differences: string[];
  @Of(() => DepartureFound, { list: true, description: 'decisions that depart from the proposal' }) departures: DepartureFound[];
}
