import type { Meta } from '@minipilot/kernel/event.js';
import { jcs, sha256 } from '@minipilot/kernel/ids.js';
import type { Instant, LocalDate } from '@minipilot/kernel/time.js';
import type { CallState } from '../call/call.js';
import type { MessagesState } from '../messages/messages.js';
import type { DecisionResult, Document } from '../pilot/events.js';
import type { PilotState } from '../pilot/pilot.js';
import type { Policy } from '../policy/events.js';
import type { Place, RoundPlace } from '../selection/selection.js';
import type { TallyState } from '../tally/tally.js';
import type { OpenedCard, ScoringEvent } from './events.js';

export interface DecisionItem {
  application: string;
  result: DecisionResult;
  cents: number;
  from: 'budget' | 'appeal-reserve';
  reasonCode: string;
  /** code of the departure from the proposal; its reason in words is sealed */
  departure: string | null;
  deMinimis: string | null;
}

export type ScoringCommand = { call: string } & (
  | { type: 'StartScoring'; members: string[]; chair: string; closesAt: Instant }
  | { type: 'ExtendScoring'; closesAt: Instant }
  | { type: 'OpenCards'; page: number; effectiveAt: Instant }
  | { type: 'ComputeProposal'; page: number }
  | { type: 'SignProposal'; digest: string }
  | { type: 'RecordReading'; application: string; values: boolean[] }
  | { type: 'ProposeRound'; effectiveAt: Instant }
  | { type: 'DecideApplications'; decisions: DecisionItem[]; section: string; caseNumber: string; decidedOn: LocalDate }
  | {
      type: 'SendNotice';
      applications: string[];
      channel: 'electronic' | 'letter';
      sentOn: LocalDate;
      /** with the last days that they name: to appeal, and to go to court with what came of an appeal */
      documents?: { appealUntil: LocalDate; courtUntil?: LocalDate; of: ({ application: string } & Document)[] };
    }
  | { type: 'PublishDecisions'; publishedOn: LocalDate; documents?: { decisions: string[]; of: Document[] } }
  | { type: 'FreePlace'; application: string; why: 'declined' | 'lapsed' | 'withdrawn' }
  | ({ type: 'DecideAfterAppeal' } & AfterAppeal)
);

/** What the appeal body changed for one application; only a flow brings it here. */
export interface AfterAppeal {
  application: string;
  cents: number;
  reasonCode: string;
  deMinimis: string | null;
  section: string;
  caseNumber: string;
  decidedOn: LocalDate;
  appeal: string;
  /** event of the appeal that says so */
  outcome: string;
  decider: string;
}

export interface Decided {
  result: DecisionResult;
  cents: number;
  from: 'budget' | 'appeal-reserve';
  decidedOn: LocalDate;
  section: string;
  /** event of the newest decision */
  decision: string;
  /** everybody who ever decided this application, the appeal body apart */
  deciders: readonly string[];
  /** the appeal that the newest decision came of */
  appeal: string | null;
  /** last day of the addressee's window and of the residents', once each is known */
  noticeUntil: LocalDate | null;
  publicUntil: LocalDate | null;
  waitingRank: number | null;
  freed: boolean;
  published: boolean;
  noticed: boolean;
}

export interface ScoringState {
  started: { members: readonly string[]; chair: string; applications: readonly string[]; closesAt: Instant } | null;
  cardPages: number;
  cards: readonly OpenedCard[];
  opened: { digest: string; digestForm: 'v1' | 'v2'; seed: string } | null;
  proposalPages: number;
  /** digest of the whole proposal, once its last page is there */
  proposal: string | null;
  signed: boolean;
  /** when the proposal was signed, or computed where nobody signs it */
  proposedAt: Instant | null;
  /** what the rules proposed for each application, ranked or in its newest round */
  proposed: Readonly<Record<string, { result: Place['result'] | RoundPlace['result']; cents: number; rank: number | null; basis: string }>>;
  readings: readonly { application: string; reader: string; values: boolean[]; salt: string }[];
  rounds: number;
  lotSeed: string | null;
  decided: Readonly<Record<string, Decided>>;
  grantedCents: number;
  reserveUsedCents: number;
  /** outcomes of appeals that the reserve could not pay */
  unfunded: readonly string[];
}

export interface ScoringFacts {
  policy: Policy;
  call: CallState;
  /** the applications that the command touches */
  pilots: Readonly<Record<string, PilotState>>;
  /** cards opened from the members' books, in canonical order; only for OpenCards */
  cards: OpenedCard[];
  booksOpen: number;
  /** revealed only to the command that needs it */
  seed: string | null;
  /** the residents' vote; only where the proposal is computed from it */
  tally: TallyState | null;
  /** what was told to the people of the applications; only for SendNotice */
  told: Readonly<Record<string, MessagesState>>;
}

/** Lot seeds lie in the vault from announcement to selection. */
export interface LotSeeds {
  /** 32 bytes in hex */
  reveal(tenant: string, call: string): Promise<string>;
}

export const CARD_PAGE = 800;
export const PLACE_PAGE = 200;
export const PUBLISH_PAGE = 500;
/** Most applications in one round, so that its event stays far below the store's limit. */
export const ROUND_PLACES = 500;

export const initial: ScoringState = {
  started: null,
  cardPages: 0,
  cards: [],
  opened: null,
  proposalPages: 0,
  proposal: null,
  signed: false,
  proposedAt: null,
  proposed: {},
  readings: [],
  rounds: 0,
  lotSeed: null,
  decided: {},
  grantedCents: 0,
  reserveUsedCents: 0,
  unfunded: [],
};

export function evolve(state: ScoringState, event: ScoringEvent & Meta): ScoringState {
  switch (event.type) {
    case 'scoring.started':
      return { ...state, started: event.data };
    case 'scoring.extended':
      return { ...state, started: { ...state.started!, closesAt: event.data.closesAt } };
    case 'scoring.cards-opened':
      return { ...state, cardPages: event.data.page + 1, cards: [...state.cards, ...event.data.cards] };
    case 'scoring.opened':
      return { ...state, opened: event.data, lotSeed: event.data.seed };
    case 'scoring.proposed': {
      const { page, places, last, digest } = event.data;
      const proposed = Object.fromEntries(
        places.map((p) => [p.application, { result: p.result, cents: p.cents, rank: p.rank ?? null, basis: '' }]),
      );
      return {
        ...state,
        proposalPages: page + 1,
        proposal: last ? digest! : null,
        proposedAt: event.at,
        proposed: { ...state.proposed, ...proposed },
      };
    }
    case 'scoring.proposal-signed':
      return { ...state, signed: true, proposedAt: event.at };
    case 'scoring.reading-recorded':
      return { ...state, readings: [...state.readings.filter((r) => !sameReading(r, event.data)), event.data] };
    case 'scoring.round-proposed': {
      const { places, digest, seed } = event.data;
      const proposed = Object.fromEntries(
        places.map((p) => [p.application, { result: p.result, cents: p.cents, rank: null, basis: digest }]),
      );
      return { ...state, rounds: event.data.round, lotSeed: seed ?? state.lotSeed, proposed: { ...state.proposed, ...proposed } };
    }
    case 'scoring.decided': {
      const { application, result, cents, from, decidedOn, section, waitingRank, appeal } = event.data;
      const granted = result === 'granted' ? cents : 0;
      const before = state.decided[application]?.deciders ?? [];
      const decided: Decided = {
        result,
        cents,
        from,
        decidedOn,
        section,
        decision: event.id,
        deciders: appeal !== null || before.includes(event.actor) ? before : [...before, event.actor],
        appeal: appeal?.appeal ?? null,
        noticeUntil: null,
        publicUntil: null,
        waitingRank,
        freed: false,
        published: false,
        noticed: false,
      };
      return {
        ...state,
        decided: { ...state.decided, [application]: decided },
        grantedCents: state.grantedCents + (from === 'budget' ? granted : 0),
        reserveUsedCents: state.reserveUsedCents + (from === 'appeal-reserve' ? granted : 0),
      };
    }
    case 'scoring.notice-sent':
    case 'scoring.published': {
      const { appealUntil } = event.data;
      const told =
        event.type === 'scoring.published' ? { published: true, publicUntil: appealUntil } : { noticed: true, noticeUntil: appealUntil };
      const decided = { ...state.decided };
      for (const id of event.data.applications) decided[id] = { ...decided[id]!, ...told };
      return { ...state, decided };
    }
    case 'scoring.place-freed': {
      const place = state.decided[event.data.application]!;
      return {
        ...state,
        decided: { ...state.decided, [event.data.application]: { ...place, freed: true } },
        grantedCents: state.grantedCents - (place.from === 'budget' ? event.data.cents : 0),
        reserveUsedCents: state.reserveUsedCents - (place.from === 'appeal-reserve' ? event.data.cents : 0),
      };
    }
    case 'scoring.appeal-unfunded':
      return { ...state, unfunded: [...state.unfunded, event.data.outcome] };
  }
}

/** What is left of the appeal reserve. */
export const reserveLeftCents = (state: ScoringState, appealReserveCents: number): number => appealReserveCents - state.reserveUsedCents;

const sameReading = (a: { application: string; reader: string }, b: { application: string; reader: string }) =>
  a.application === b.application && a.reader === b.reader;

/** SHA-256 of a whole proposal. */
export const placesDigest = (places: readonly (Place | RoundPlace)[]): string => sha256(jcs(places));
