import { Catalogue, type EventsOf, type Purpose, type Recorded } from '@minipilot/kernel/event.js';
import { flowReacted } from '@minipilot/kernel/flow.js';
import { sha256, uuid5 } from '@minipilot/kernel/ids.js';
import { recorded } from '@minipilot/kernel/testing.js';
import { appealEvents } from '@minipilot/grants/appeal/events.js';
import { batchEvents } from '@minipilot/grants/batch/events.js';
import { callEvents, type CallContent } from '@minipilot/grants/call/events.js';
import { ledgerEvents } from '@minipilot/grants/ledger/events.js';
import { messagesEvents } from '@minipilot/grants/messages/events.js';
import { pilotEvents } from '@minipilot/grants/pilot/events.js';
import { personEvents } from '@minipilot/grants/person/events.js';
import { policyEvents, type Policy } from '@minipilot/grants/policy/events.js';
import { scorebookEvents } from '@minipilot/grants/scorebook/events.js';
import { scoringEvents } from '@minipilot/grants/scoring/events.js';
import { serviceEvents } from '@minipilot/grants/service/events.js';
import { tallyEvents } from '@minipilot/grants/tally/events.js';
import { batchStream, callStream, ledgerStream, pilotStream, policyStream, serviceStream } from '@minipilot/grants/streams.js';

const definitions = [
  ...policyEvents,
  ...personEvents,
  ...callEvents,
  ...pilotEvents,
  ...scorebookEvents,
  ...scoringEvents,
  ...appealEvents,
  ...serviceEvents,
  ...tallyEvents,
  ...ledgerEvents,
  ...batchEvents,
  ...messagesEvents,
] as const;
export const catalogue = new Catalogue([...definitions, flowReacted]);
type Any = EventsOf<typeof definitions>;
type DataOf<T extends Any['type']> = Extract<Any, { type: T }>['data'];

export const TENANT = 'demo';
/** Stands in every sealed part, and may stand in no row. */
export const PLANTED = 'QXVuZSBWaXJ0YW5lbg';
export const id = (name: string): string => uuid5('test', name);
export const hash = (name: string): string => sha256(name);

export const policy: Policy = {
  municipality: 'Hämeenlinna',
  districts: ['Jukola', 'Kauriala', 'Keinusaari'],
  holidays: ['2027-03-26', '2027-03-29'],
  languages: ['fi', 'sv', 'en'],
  timeZone: 'Europe/Helsinki',
  currency: 'EUR',
  leadDays: { ranked: 14, rolling: 7 },
  noticeDays: { electronic: 3, letter: 7, publication: 7 },
  appealDays: 14,
  appealClosesAt: '16:15',
  courtDays: 30,
  acceptDays: 30,
  recipientChangeDays: 14,
  ownerAnswerDays: 60,
  decideWorkingDays: 10,
  planChangeWorkingDays: 5,
  reportReminderDays: [14, 3],
  reportEscalateDays: 14,
  returnFloorCents: 2000,
  returnDays: 14,
  draftDays: 90,
  completionDays: 7,
  completionReminderDays: 2,
  retentionYears: 10,
};

export const content = (change: Partial<CallContent> = {}): CallContent => ({
  title: { fi: 'Kokeillaan', sv: 'Vi provar' },
  description: { fi: 'Kokeiluja', sv: 'Försök' },
  themes: [{ theme: 'yhdessä', owner: 'Vapaa-aika', ownerPromisedOn: '2027-01-04' }],
  districts: policy.districts,
  grant: { minCents: 10_000, maxCents: 50_000 },
  budget: { cents: 500_000, year: 2027, costCentre: '100', account: '4740', project: 'mp' },
  appealReserveCents: 50_000,
  whoMayApply: ['resident', 'association'],
  applicationsPerApplicant: 1,
  opensAt: '2027-02-01T06:00:00.000Z',
  closesAt: '2027-09-22T13:00:00.000Z',
  reportDueDays: 90,
  pay: 'at-once',
  authority: { section: '§ 12', on: '2027-01-04' },
  decisionMaker: 'Kehittämispäällikkö',
  deputy: 'Kulttuurijohtaja',
  appealBody: 'Lautakunta',
  contactPoint: { office: 'Avustukset', reach: '03 621 1' },
  rules: {
    method: 'ranked-until-budget',
    criteria: [{ id: 'hyöty', weight: 100 }],
    scale: { min: 0, max: 5 },
    minimumCards: 2,
    tieRule: ['criterion-order', 'lot'],
    whenOverBudget: 'skip',
  },
  ...change,
});

/** Writes a history of valid events, in the order in which they are added. */
export class History {
  readonly events: Recorded[] = [];
  private readonly revisions = new Map<string, number>();

  constructor(readonly tenant = TENANT) {}

  add<T extends Any['type']>(stream: string, type: T, data: DataOf<T>, at: string, sealed: Purpose[] = []): Recorded {
    catalogue.validate(type, data);
    return this.push(stream, type, data, at, sealed);
  }

  push(stream: string, type: string, data: object, at: string, sealed: Purpose[] = []): Recorded {
    const revision = (this.revisions.get(stream) ?? -1) + 1;
    this.revisions.set(stream, revision);
    const event: Recorded = { ...recorded({ type, data, at }, stream, revision), position: String(this.events.length).padStart(16, '0') };
    if (sealed.length > 0) {
      event.sealed = sealed.map((purpose) => ({ subject: id('someone'), purpose, ct: hash('ct'), com: hash('com') }));
      event.ciphertexts = sealed.map(() => PLANTED);
    }
    this.events.push(event);
    return event;
  }

  policy(at = '2027-01-01T08:00:00.000Z') {
    return this.add(policyStream(this.tenant), 'policy.set', { policy }, at);
  }

  announce(call: string, change: Partial<CallContent> = {}, at = '2027-01-10T08:00:00.000Z') {
    const data = { call, content: content(change), rulesHash: hash('rules'), lotHash: hash('lot'), announcedOn: at.slice(0, 10) };
    return this.add(callStream(this.tenant, call), 'call.announced', { ...data, timeZone: 'Europe/Helsinki', currency: 'EUR' }, at);
  }

  close(call: string, applications: string[], at = '2027-09-22T13:00:30.000Z') {
    const data = {
      effectiveAt: '2027-09-22T13:00:00.000Z',
      page: 0,
      applications,
      last: true,
      count: applications.length,
      digest: hash('d'),
    };
    return this.add(callStream(this.tenant, call), 'call.closed', data, at);
  }

  pilot<T extends Extract<Any['type'], `pilot.${string}`>>(pilot: string, type: T, data: DataOf<T>, at: string, sealed: Purpose[] = []) {
    return this.add(pilotStream(this.tenant, pilot), type, data, at, sealed);
  }

  submit(pilot: string, call: string, change: Partial<DataOf<'pilot.submitted'>> = {}, at = '2027-03-02T10:00:00.000Z') {
    const data: DataOf<'pilot.submitted'> = {
      call,
      applicant: id(`applicant of ${pilot}`),
      filedBy: id(`applicant of ${pilot}`),
      slot: 0,
      kind: 'resident',
      district: 'Jukola',
      askedCents: 50_000,
      involves: [],
      economic: null,
      language: 'fi',
      reach: 'letter',
      arrivedAt: at,
      late: false,
      channel: 'online',
      helper: null,
      businessId: 'none',
      recipientNamed: false,
      confirmed: true,
      duplicate: 'none',
      ...change,
    };
    return this.pilot(pilot, 'pilot.submitted', data, at, ['contact', 'proposal']);
  }

  decide(pilot: string, call: string, result: DataOf<'pilot.decided'>['result'], at = '2027-03-05T10:00:00.000Z', cents = 50_000) {
    const decided: Omit<DataOf<'pilot.decided'>, 'decision'> = {
      call,
      result,
      cents: result === 'granted' ? cents : 0,
      from: 'budget',
      section: '§ 7',
      decidedOn: at.slice(0, 10),
      decider: id('decider'),
      pay: 'at-once',
      reportDueDays: 90,
      deMinimis: null,
    };
    return this.pilot(pilot, 'pilot.decided', { ...decided, decision: id(`decision on ${pilot}`) }, at);
  }

  pay(pilot: string, at = '2027-03-15T10:00:00.000Z', cents = 50_000) {
    const paid = { instalment: 1, attempt: 1, cents, batch: id('batch'), reference: 'RF18539007547034', paidOn: at.slice(0, 10) };
    return this.pilot(pilot, 'pilot.paid', { ...paid, reportDue: '2027-06-14', remindOn: ['2027-05-31'], escalateOn: '2027-06-28' }, at);
  }

  report(pilot: string, outcome: 'yes' | 'partly' | 'no', at = '2027-06-14T09:00:00.000Z', usedCents = 46_160) {
    const data = { reportedAt: at, outcome, participants: 23, usedCents, unspentCents: 50_000 - usedCents, goOn: outcome === 'yes' };
    return this.pilot(pilot, 'pilot.reported', data, at, ['proposal']);
  }

  adopt(service: string, pilot: string, call: string) {
    const stream = serviceStream(this.tenant, service);
    this.add(
      stream,
      'service.adoption-proposed',
      {
        service,
        pilot,
        call,
        owner: 'Vapaa-aika',
        title: 'Kahvila',
        districts: ['Jukola'],
        proposedOn: '2027-07-01',
        answerDue: '2027-08-30',
      },
      '2027-07-01T08:00:00.000Z',
    );
    this.add(stream, 'service.answered', { answer: 'for', answeredOn: '2027-08-20' }, '2027-08-20T08:00:00.000Z', ['comment']);
    const decided = {
      result: 'adopted' as const,
      section: '§ 88',
      body: 'Lautakunta',
      decidedOn: '2027-12-01',
      reason: 'Toimi hyvin',
      yearlyCents: 600_000,
    };
    this.add(
      stream,
      'service.decided',
      { ...decided, fromYear: 2028, districts: policy.districts, reviewDue: '2028-12-01' },
      '2027-12-01T10:00:00.000Z',
    );
  }

  ledger<T extends Extract<Any['type'], `ledger.${string}`>>(call: string, type: T, data: DataOf<T>, at: string) {
    return this.add(ledgerStream(this.tenant, call), type, data, at);
  }

  batch<T extends Extract<Any['type'], `batch.${string}`>>(batch: string, type: T, data: DataOf<T>, at: string) {
    return this.add(batchStream(this.tenant, batch), type, data, at);
  }
}
