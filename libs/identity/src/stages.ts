/**
 * When a route works, and with which code it is refused otherwise. The deciders enforce it; the table tells it, and the matrix
 * of test/access calls each route outside its stage.
 */
export const stages = {
  'call-is-draft': { when: 'while the call is a draft', otherwise: ['call-already-announced'] },
  'call-is-announced': { when: 'once the call is announced', otherwise: ['call-not-announced', 'call-cancelled'] },
  'call-is-open': { when: 'from the opening of the call; what comes after its close is registered as late', otherwise: ['call-not-open'] },
  'before-close': { when: 'until the call closes', otherwise: ['call-closed', 'call-not-announced'] },
  'after-close': { when: 'once the call has closed', otherwise: ['call-still-open'] },
  'call-is-rolling': { when: 'in a rolling call', otherwise: ['call-is-ranked', 'call-is-voted'] },
  'before-scoring': { when: 'once the call has closed, and only once', otherwise: ['call-still-open', 'scoring-already-started'] },
  scoring: { when: 'until scoring closes', otherwise: ['scoring-closed', 'scoring-not-started'] },
  proposed: { when: 'once there is a proposal', otherwise: ['no-proposal', 'scoring-not-started'] },
  'proposal-is-signed': {
    when: 'once the proposal is signed; of a rolling call at any time',
    otherwise: ['proposal-not-signed', 'no-proposal'],
  },
  'before-voting': {
    when: 'in a call with a residents’ vote, once it has closed and until the vote is opened',
    otherwise: ['call-without-vote', 'call-still-open', 'vote-already-opened'],
  },
  voting: { when: 'while residents vote', otherwise: ['vote-not-open', 'vote-closed', 'vote-not-found'] },
  'until-ballots-are-complete': {
    when: 'until all ballots are read in',
    otherwise: ['ballots-complete', 'vote-not-on-paper', 'vote-not-found'],
  },
  counted: { when: 'once the votes are counted', otherwise: ['not-counted-yet'] },
  undecided: { when: 'until the application is decided', otherwise: ['already-decided'] },
  decided: { when: 'once the application is decided', otherwise: ['not-decided'] },
  'to-publish': { when: 'once there are decisions that are not yet published', otherwise: ['nothing-to-publish'] },
  granted: { when: 'once the application has been granted', otherwise: ['no-award'] },
  accepted: { when: 'once the award is accepted', otherwise: ['award-not-accepted'] },
  paid: { when: 'once the award is paid', otherwise: ['not-paid'] },
  'appeal-is-open': { when: 'until the appeal is decided or withdrawn', otherwise: ['appeal-closed'] },
  'appeal-is-decided': { when: 'once the appeal is decided', otherwise: ['appeal-not-decided'] },
  'report-is-accepted': { when: 'once the report is accepted', otherwise: ['report-not-accepted'] },
  'batch-is-open': { when: 'until the batch is approved', otherwise: ['already-approved', 'not-a-close-match'] },
  'adoption-is-proposed': { when: 'until the adoption is decided', otherwise: ['adoption-already-decided'] },
  adopted: { when: 'while the service is adopted', otherwise: ['service-not-adopted'] },
} as const satisfies Readonly<Record<string, { when: string; otherwise: readonly [string, ...string[]] }>>;

export type Stage = keyof typeof stages;
