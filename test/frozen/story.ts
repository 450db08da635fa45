import { addDays, localDate } from '@minipilot/kernel/time.js';
import { batch, rowsDigest, type BatchState } from '@minipilot/grants/batch/batch.js';
import type { CallContent } from '@minipilot/grants/call/events.js';
import { pilot, type PilotState } from '@minipilot/grants/pilot/pilot.js';
import { scoring, type ScoringState } from '@minipilot/grants/scoring/scoring.js';
import {
  batchStream,
  callStream,
  messagesStream,
  personStream,
  pilotId,
  pilotStream,
  policyStream,
  scorebookId,
  scorebookStream,
  scoringStream,
  serviceStream,
} from '@minipilot/grants/streams.js';
import { POLICY, ROLLING, content, hash, id } from '@minipilot/grants/testing.js';
import { TENANT, Town } from '@minipilot/grants/flows/testing.js';
import { appeals } from './appeals.js';
import { voting } from './voting.js';

const [OFFICER, DECIDER, CLERK, APPROVER, OWNER, CHAIR, MEMBER] = [
  'officer',
  'decider',
  'clerk',
  'approver',
  'owner',
  'chair',
  'member',
].map(id) as [string, string, string, string, string, string, string];
const form = {
  kind: 'association',
  district: 'Jukola',
  askedCents: 50_000,
  involves: ['children'],
  economic: null,
  language: 'fi',
  reach: 'electronic',
};
const authority = { section: '§ 40', on: '2027-09-10' };

type Command = Record<string, unknown> & { type: string };

/** Two calls of one municipality with everything that can happen in them: the recorded facts, without any personal data. */
export async function story(): Promise<Town> {
  let checks = 0;
  const town = new Town('2027-08-20T05:00:00.000Z', 'story', {
    // the second name that is asked nearly matches, the third one does not
    check: () => (['match', 'close', 'no-match'] as const)[checks++] ?? 'match',
    fate: (iban) => (iban.endsWith('REJECT') ? 'reject' : iban.endsWith('RETURN') ? 'return' : 'settle'),
  });
  const must = async (category: string, stream: string, command: Command, actor: string, secrets = {}) => {
    const done = await town.act(category, stream, command, actor, secrets);
    if (!Array.isArray(done)) throw new Error(`${command.type} was refused: ${done.code}`);
  };
  const announce = async (call: string, change: Partial<CallContent>) => {
    const stream = callStream(TENANT, call);
    await must('call', stream, { type: 'DraftCall', call, content: content({ ...change, decisionMaker: null }) }, OFFICER);
    await must('call', stream, { type: 'ReviseCall', content: content(change) }, OFFICER);
    await must('call', stream, { type: 'AnnounceCall', lotHash: hash(call) }, OFFICER);
  };
  const toPilot = (call: string, who: string) => {
    const key = pilotId(call, id(who), 0);
    const stream = pilotStream(TENANT, key);
    return {
      key,
      state: () => town.state<PilotState>(pilot, stream),
      act: (type: string, more: object = {}, actor = id(who), secrets = {}) =>
        must('pilot', stream, { type, call, ...more }, actor, secrets),
      apply: () =>
        must(
          'pilot',
          stream,
          {
            type: 'SubmitApplication',
            call,
            applicant: id(who),
            slot: 0,
            arrivedAt: town.now,
            channel: 'online',
            helper: null,
            filedBy: id(who),
            ...form,
          },
          id(who),
        ),
    };
  };
  const iban = (text: string) => ({ iban: { v: 1, iban: `FI0012345600${text}` } });

  await must('policy', policyStream(TENANT), { type: 'SetPolicy', policy: POLICY }, OFFICER);

  // a rolling call that is cancelled, with one round that was put together before
  const rolling = id('rolling call');
  await announce(rolling, { rules: ROLLING, opensAt: '2027-09-01T05:00:00.000Z', closesAt: '2027-12-31T14:00:00.000Z' });
  await town.advance('2027-09-02T08:00:00.000Z');
  const early = toPilot(rolling, 'early');
  await early.apply();
  await must(
    'scoring',
    scoringStream(TENANT, rolling),
    { type: 'RecordReading', call: rolling, application: early.key, values: [true, true, true] },
    OFFICER,
  );
  await town.advance('2027-09-03T08:00:00.000Z');
  await must('call', callStream(TENANT, rolling), { type: 'CancelCall', reason: 'Määräraha siirrettiin.' }, OFFICER);

  // a ranked call, from announcement to what stays
  const call = id('ranked call');
  await announce(call, { opensAt: '2027-09-03T09:00:00.000Z' });
  await town.advance('2027-09-10T08:00:00.000Z');
  await must('call', callStream(TENANT, call), { type: 'RaiseBudget', byCents: 10_000, authority }, OFFICER);
  await must(
    'call',
    callStream(TENANT, call),
    { type: 'ExtendDeadline', closesAt: '2027-09-24T13:00:00.000Z', reason: 'Lisää aikaa hakea.' },
    OFFICER,
  );
  const [good, failed, slow, gone, second, quitter, down] = ['good', 'failed', 'slow', 'gone', 'second', 'quitter', 'down'].map((who) =>
    toPilot(call, who),
  ) as [
    ReturnType<typeof toPilot>,
    ReturnType<typeof toPilot>,
    ReturnType<typeof toPilot>,
    ReturnType<typeof toPilot>,
    ReturnType<typeof toPilot>,
    ReturnType<typeof toPilot>,
    ReturnType<typeof toPilot>,
  ];
  const wrong = toPilot(call, 'wrong');
  for (const one of [good, failed, slow, gone, second, quitter, wrong]) await one.apply();
  await good.act('AmendApplication', form);
  await quitter.act('WithdrawApplication');
  await slow.act('RequestCompletion', { codes: ['place-unclear', 'costs-unclear'] }, OFFICER);
  const facts = { askedCents: 50_000, economic: null, reach: 'electronic', businessId: 'valid', recipientNamed: false, confirmed: true };
  const completion = { ...facts, duplicate: 'none', channel: 'online', helper: null };
  await slow.act('CompleteApplication', { fields: ['place'], arrivedAt: town.now, ...completion });
  await good.act('CheckApplication', { suggestion: 'eligible', codes: [] }, OFFICER);
  await town.advance('2027-09-24T14:00:00.000Z');
  await down.apply();
  await must(
    'call',
    callStream(TENANT, call),
    { type: 'AdmitApplication', application: down.key, why: 'service-was-down', reason: 'Palvelu oli alhaalla.' },
    OFFICER,
  );

  const inScoring = (type: string, more: object, actor = DECIDER) =>
    must('scoring', scoringStream(TENANT, call), { type, call, ...more }, actor);
  await inScoring('StartScoring', { members: [CHAIR, MEMBER], chair: CHAIR, closesAt: '2027-09-30T12:00:00.000Z' }, OFFICER);
  await inScoring('ExtendScoring', { closesAt: '2027-10-01T12:00:00.000Z' }, OFFICER);
  const winners = [good, failed, slow, gone, second];
  for (const member of [CHAIR, MEMBER]) {
    const stream = scorebookStream(TENANT, scorebookId(call, member));
    await must(
      'scorebook',
      stream,
      { type: 'DeclareConflicts', call, member, conflicts: [], shown: 6, shownDigest: hash('names') },
      member,
    );
    for (const { key } of winners)
      await must('scorebook', stream, { type: 'SaveCard', call, member, application: key }, member, {
        scores: { v: 1, application: key, values: [4, 3] },
      });
  }
  const book = scorebookStream(TENANT, scorebookId(call, MEMBER));
  for (const application of [down.key, wrong.key])
    await must('scorebook', book, { type: 'RecuseFromApplication', call, member: MEMBER, application, ground: 'recognised' }, MEMBER);
  await must('scorebook', book, { type: 'FinishBook', call, member: MEMBER }, MEMBER);
  await town.advance('2027-10-02T08:00:00.000Z');
  await inScoring('SignProposal', { digest: town.state<ScoringState>(scoring, scoringStream(TENANT, call)).proposal }, CHAIR);
  await town.advance('2027-10-08T10:00:00.000Z');
  const decisions = winners.map(({ key }) => ({
    application: key,
    result: 'granted',
    cents: 50_000,
    from: 'budget',
    reasonCode: 'ranked',
    departure: null,
    deMinimis: null,
  }));
  await inScoring('DecideApplications', { decisions, section: '§ 3', caseNumber: 'HML/1/2027', decidedOn: '2027-10-08' });
  await inScoring('SendNotice', { applications: winners.map((w) => w.key), channel: 'electronic', sentOn: '2027-10-08' });
  await inScoring('PublishDecisions', { publishedOn: '2027-10-08' });
  const refused = [down, wrong].map(({ key }) => ({ ...decisions[0]!, application: key, result: 'refused', cents: 0 }));
  await inScoring('DecideApplications', { decisions: refused, section: '§ 4', caseNumber: '1', decidedOn: '2027-10-08' });
  await inScoring('PublishDecisions', { publishedOn: '2027-10-08' });
  await appeals(town, call, [down.key, wrong.key, second.key]);

  await good.act('AcceptAward', {}, undefined, iban('78501GOOD'));
  await failed.act('AcceptAward', {}, undefined, iban('7REJECT'));
  await second.act('AcceptAward', {}, undefined, iban('78502GOOD'));
  await good.act('ChangeAccount', { channel: 'desk' }, undefined, iban('78503GOOD'));
  await gone.act('DeclineAward');
  await slow.act('WithdrawRecipient');
  await slow.act('ChangeRecipient', { recipient: id('another adult') });

  const pay = async (voided = false) => {
    const key = town.ofType('batch.opened').at(-1)!.data['batch'] as string;
    const stream = batchStream(TENANT, key);
    const rows = () => town.state<BatchState>(batch, stream);
    for (const { row, check } of Object.values(rows().rows))
      if (check === 'close') await must('batch', stream, { type: 'AcceptCloseMatch', row }, OFFICER);
    const approve = async (more: Command[] = []) => {
      await must('batch', stream, { type: 'Prepare' }, CLERK);
      await town.actAll([
        { category: 'batch', stream, command: { type: 'Approve', digest: rowsDigest(rows()) }, actor: APPROVER },
        ...more.map((command) => ({ category: 'batch', stream, command, actor: 'flow.paying' })),
      ]);
    };
    const [first] = Object.keys(rows().rows);
    const other = { account: hash('another'), accountEvent: rows().rows[first!]!.accountEvent, recipient: rows().rows[first!]!.recipient };
    if (voided) await approve([{ type: 'ChangeAccount', row: first, ...other }]);
    await approve();
    await town.advance(`${addDays(localDate(town.now, POLICY.timeZone), 3)}T10:00:00.000Z`);
  };
  await pay(true);
  await failed.act('ChangeAccount', { channel: 'desk' }, undefined, iban('7RETURN'));
  await pay();
  await good.act('ChangePlan');
  await good.act('RefusePlan', {}, OFFICER);
  await good.act('ExtendReport', { due: '2028-01-10' }, OFFICER);
  await town.advance('2028-01-25T10:00:00.000Z');
  await good.act('ReportPilot', { outcome: 'yes', participants: 23, usedCents: 46_160, goOn: true });
  await good.act('SendReportBack', {}, OFFICER);
  await good.act('ReportPilot', { outcome: 'yes', participants: 23, usedCents: 46_160, goOn: true });
  await good.act('AcceptReport', {}, OFFICER);
  await good.act('RecordMoneyReturned', { cents: 3_840, reference: 'RF18 5390', on: '2028-01-24' }, OFFICER);
  await good.act('PublishText', { title: 'Iltapäiväkahvila', summary: 'Yksitoista kertaa.', lesson: 'Kello 14 käy.' }, OFFICER);
  await good.act('PublishRecipient', { organisation: 'Jukolan kyläyhdistys ry' }, OFFICER);

  // mail that is put off, that fails, and letters
  const letters = (type: string, n: number, more: object, actor = 'flow.notifying') =>
    must('messages', messagesStream(TENANT, good.key), { type, message: id(`message ${n}`), ...more }, actor);
  const told = { kind: 'receipt', cause: id('cause'), addressee: 'applicant', to: id('good'), language: 'fi' };
  await letters('RecordDeferred', 1, { ...told, code: '450' });
  await letters('RecordFailed', 1, { ...told, why: 'refused', code: '550', letter: hash('letter') });
  await letters('MarkPosted', 1, { on: localDate(town.now, POLICY.timeZone) }, OFFICER);

  const service = id('service');
  const inService = (type: string, more: object, actor = OFFICER) =>
    must('service', serviceStream(TENANT, service), { type, ...more }, actor);
  await inService('ProposeAdoption', { service, pilot: good.key, owner: 'Vapaa-aika', title: 'Iltapäiväkahvila', districts: ['Jukola'] });
  await town.advance('2028-03-30T10:00:00.000Z');
  await inService('AnswerAdoption', { answer: 'for' }, OWNER);
  const decision = {
    result: 'adopted',
    section: '§ 88',
    body: 'Sivistyslautakunta',
    reason: 'Toimi ja maksaa vähän.',
    yearlyCents: 600_000,
    fromYear: 2028,
  };
  await inService('DecideAdoption', { ...decision, decidedOn: '2028-03-30', districts: ['Jukola', 'Kauriala'] }, DECIDER);
  await inService('StartDistrict', { district: 'Jukola', on: '2028-03-30' }, OWNER);
  await town.advance('2029-04-05T10:00:00.000Z');
  await inService('ReviewService', { on: '2029-04-05', goesOn: true, summary: 'Kävijöitä 400.' }, OWNER);
  await inService('EndService', { on: '2029-04-05', reason: 'Kerho jatkaa itse.' }, OWNER);
  const outi = id('outi');
  const contact = { v: 1, email: 'outi@kaupunki.example' };
  const role = (command: Command) => must('person', personStream(TENANT, outi), { subject: outi, ...command }, id('admin'), { contact });
  await role({ type: 'GrantRole', role: 'officer', until: null });
  await role({ type: 'GrantRole', role: 'decision-maker', until: '2029-12-31T22:00:00.000Z' });
  await role({ type: 'RevokeRole', role: 'officer' });
  await must(
    'person',
    personStream(TENANT, id('quitter')),
    { type: 'ForgetPerson', purposes: ['contact'], held: [{ purpose: 'iban', until: '2037-12-31' }] },
    id('quitter'),
  );
  await voting(town, form);
  return town;
}
