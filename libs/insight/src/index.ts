import type { Projection } from '@minipilot/kernel/projection.js';
import { deskAppeals, publicAppeals } from './appeals.js';
import { deskCalls, publicCalls } from './calls.js';
import { publicFigures } from './figures.js';
import { publicDocuments } from './documents.js';
import { deskMessages } from './messages.js';
import { publicLotPages, publicLots } from './lots.js';
import { publicFinality } from './finality.js';
import { deskPostings, publicMoney } from './money.js';
import { deskBatches, deskPayoutRows } from './payouts.js';
import { deskPilots } from './pilots.js';
import { publicPolicy } from './policy.js';
import { publicPlaces } from './places.js';
import { publicPilots } from './public-pilots.js';
import { rollupOf, viewOf } from './query.js';
import { deskBooks, deskReadings, deskScoring } from './scoring.js';
import { deskRoles } from './roles.js';
import { publicServices } from './services.js';
import { publicStories } from './stories.js';
import { deskTimers } from './timers.js';
import { publicBallots, publicVotes } from './votes.js';

type AnyProjection = Projection<any>;

/** What the public pages are made of. */
export const publicProjections: readonly AnyProjection[] = [
  publicPolicy,
  publicCalls,
  publicPilots,
  publicFigures,
  publicFinality,
  publicAppeals,
  publicMoney,
  publicStories,
  publicServices,
  publicDocuments,
  publicVotes,
  publicBallots,
  publicPlaces,
  publicLots,
  publicLotPages,
];

export const deskProjections: readonly AnyProjection[] = [
  deskCalls,
  deskPilots,
  deskScoring,
  deskBooks,
  deskReadings,
  deskAppeals,
  deskPostings,
  deskBatches,
  deskPayoutRows,
  deskRoles,
  deskTimers,
  deskMessages,
];

export const allProjections: readonly AnyProjection[] = [...publicProjections, ...deskProjections];

/** Of these the public side reads the counters only, not the applications and appeals behind them. */
const counted: readonly AnyProjection[] = [publicFigures, publicFinality, publicAppeals];

/** The views that the public side reads. */
export const publicViews: readonly string[] = publicProjections.map((projection) =>
  counted.includes(projection) ? rollupOf(projection) : viewOf(projection),
);

export * from './appeals.js';
export * from './calls.js';
export * from './dashboards.js';
export * from './documents.js';
export * from './messages.js';
export * from './lots.js';
export { callFinality, publicFinality, type CallFinality } from './finality.js';
export * from './money.js';
export * from './payouts.js';
export * from './pilots.js';
export * from './places.js';
export * from './policy.js';
export * from './public-pilots.js';
export * from './query.js';
export * from './roles.js';
export * from './scoring.js';
export * from './services.js';
export * from './stories.js';
export * from './timers.js';
export * from './votes.js';
export * from './worklist.js';
export * from './yearly-report.js';
