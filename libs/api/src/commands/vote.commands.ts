import { call as callAggregate } from '@minipilot/grants/call/call.js';
import type { VoteRules } from '@minipilot/grants/selection/rules.js';
import { parsePb, PbError, type PbFile } from '@minipilot/grants/selection/pabulib.js';
import { callStream, tallyStream, voteId, voteStream } from '@minipilot/grants/streams.js';
import { paperFile, tally, type OpenedVote, type TallyCommand } from '@minipilot/grants/tally/tally.js';
import { read, TRACKER, VOTING_CODE, written } from '@minipilot/grants/vote/codes.js';
import { ballotProblem, isOfAge } from '@minipilot/grants/vote/ballot.js';
import { vote, type VoteCommand, type VoterClaims } from '@minipilot/grants/vote/vote.js';
import { requestCommandId } from '@minipilot/kernel/ids.js';
import { localDate, type Instant } from '@minipilot/kernel/time.js';
import { IdField, InstantField, ListOf, Text, Whole, YesNo } from '@minipilot/platform/http/fields.js';
import { Guesses } from '@minipilot/platform/http/guesses.js';
import { Problem, type FieldProblem } from '@minipilot/platform/http/problem.js';
import type { Caller } from '@minipilot/platform/http/request-context.js';
import { BoxGone } from '@minipilot/platform/privacy/ballot-box.js';
import { handler, type Act, type Desk } from '../desk.js';
import { FileField } from '../fields.js';
import { codeSheet } from '../vote-sheet.js';

export class ProjectTextDto {
  @IdField() application: string;
  @Text(80, { description: 'as voters read it' }) title: string;
  @Text(1000, { multiline: true, description: 'what, for whom, where; no names of people' }) summary: string;
}
export class PublishProjects {
  @ListOf(() => ProjectTextDto, 50, { min: 1 }) projects: ProjectTextDto[];
}
export class OpenVote {
  @InstantField({ optional: true, description: 'at once when left out' }) opensAt?: string;
  @InstantField() closesAt: string;
  @YesNo({ description: 'people vote here, by signing in or with a code' }) online: boolean;
  @YesNo({ description: 'ballots on paper, or of a vote held elsewhere, are read in and counted too' }) paper: boolean;
}
export class OrderCodes {
  @Whole(1, 500) count: number;
  @Text(120, { description: 'where they are handed out and age and residence are checked' }) place: string;
}
export class ProjectOfFileDto {
  @Text(100, { description: 'project_id in the file' }) project: string;
  @IdField() application: string;
}
/** Most characters of a file; longer ones are split. */
const FILE_LIMIT = 200_000;
export class ImportBallots {
  @Text(120, { description: 'where the ballots come from' }) source: string;
  @FileField(FILE_LIMIT, { description: 'pabulib (.pb), vote type approval or choose-1; who voted is not kept' }) file: string;
  @ListOf(() => ProjectOfFileDto, 1000, { description: 'where the file’s ids are not those of the applications' })
  projects: ProjectOfFileDto[];
  @YesNo({ description: 'no more ballots will come' }) complete: boolean;
}
export class CastBallot {
  @IdField({ list: { max: 100, min: 1 }, description: 'applications, in any order' }) choices: string[];
}
export class CastByCode extends CastBallot {
  @Text(40, { description: 'as on the paper; spaces, dashes and small letters do not matter' }) code: string;
}

/** Wrong codes that one address may send within ten minutes; what is only mistyped does not count. */
export const GUESSES = 20;
const guesses = new Guesses(GUESSES, 10 * 60_000);

/** Who calls without signing in: the address of the connection, or what a trusted proxy says. */
export interface Stranger {
  tenant: string;
  address: string;
  /** method and concrete path */
  route: string;
  key: string;
  arrivedAt: Instant;
}

const toTally = (desk: Desk, act: Act, command: Record<string, unknown> & { type: string }, body: object) =>
  desk.answer(act, tally, tallyStream(act.caller.tenant, act.call!), { call: act.call!, ...command } as TallyCommand, {
    body: { ...body },
  });

/** The vote of a call and the call's rules for it; 404 where people do not vote online. */
async function voteOf(desk: Desk, tenant: string, call: string): Promise<{ opened: OpenedVote & { boxKey: string }; rules: VoteRules }> {
  const { state } = await desk.parts.runner.look(tally, tallyStream(tenant, call));
  if (state.opened === null || state.opened.boxKey === null) throw new Problem('vote-not-found');
  const { state: call_ } = await desk.look(callAggregate, callStream(tenant, call));
  return { opened: { ...state.opened, boxKey: state.opened.boxKey }, rules: call_.content!.rules.vote! };
}

/** What the rules ask of a voter, of what the sign-in tells. Kept nowhere. */
export function claimsOf(rules: VoteRules, districts: readonly string[], { residence = {} }: Caller, today: string): VoterClaims {
  const { born, resident, district } = residence;
  const ofAge = rules.minAge === 0 ? true : born === undefined ? null : isOfAge(born, rules.minAge, today);
  if (resident !== true || rules.residence === 'municipality') return { ofAge, resident: resident ?? null };
  return { ofAge, resident: district === undefined ? null : districts.includes(district) };
}

/**
 * Seals a ballot to the call's box and casts it. The tracker follows from the Idempotency-Key, which nobody but the voter has, and from
 * the box's mask: the same request gives the same tracker, and nobody can compute it once the mask is destroyed.
 */
async function castBallot(desk: Desk, act: Act, command: VoteCommand, choices: readonly string[]) {
  const { tenant, subject } = act.caller;
  const { opened, rules } = await voteOf(desk, tenant, act.call!);
  const numbers = choices.map((id) => opened.projects.findIndex((p) => p.application === id) + 1);
  const wrong = ballotProblem(opened.projects.length, rules.ballot, numbers);
  if (wrong !== null) throw Problem.of(wrong);
  const { boxes } = desk.parts;
  const sorted = [...numbers].sort((a, b) => a - b);
  const masked = (...parts: (string | number)[]) =>
    boxes.masked(tenant, act.call!, ...parts).catch((error: unknown) => {
      if (error instanceof BoxGone) throw new Problem('vote-closed', { closesAt: opened.closesAt });
      throw error;
    });
  const tracker = written(TRACKER, await masked('tracker', act.key!, act.commandId));
  const done = await desk.run(act, vote, voteStream(tenant, voteId(act.call!, subject)), command, {
    secrets: [{ purpose: 'ballot', payload: { v: 1, tracker, choices: sorted }, to: opened.boxKey }],
    // a fingerprint of the choices themselves could be guessed as long as the voter's key exists
    body: { ballot: (await masked('ballot', ...sorted)).toString('hex') },
    notAfter: desk.submitBy(act),
  });
  return { tracker, replaced: done.revision > 0, closesAt: opened.closesAt };
}

/** Casts a ballot with a code that a library handed out. Wrong codes are counted by address. */
export async function castByCode(desk: Desk, stranger: Stranger, call: string, { code, choices }: CastByCode) {
  const { tenant, address, route, key, arrivedAt } = stranger;
  await voteOf(desk, tenant, call);
  const seconds = guesses.wait(`${tenant} ${address}`);
  if (seconds > 0) throw new Problem('too-many-requests', {}, { headers: { 'retry-after': String(seconds) } });
  const plain = read(VOTING_CODE, code);
  if (plain === null) throw problem('voting-code-malformed', '/code', {});
  const subject = await desk.parts.vault.find(tenant, codeIdentity(call, plain));
  if (subject === null) {
    guesses.note(`${tenant} ${address}`);
    throw new Problem('voting-code-unknown');
  }
  const caller: Caller = { subject, tenant, roles: [] };
  const act: Act = { caller, commandId: requestCommandId(tenant, subject, route, key), call, key, arrivedAt };
  return castBallot(desk, act, { type: 'CastVote', call, arrivedAt, channel: 'code' }, choices);
}

/** A code is worth a vote in its own call only. */
const codeIdentity = (call: string, code: string) => ({ kind: 'voting-code' as const, value: `${call}/${code}` });

/** A file that can be understood to the last cell; else a problem that names line and column. */
function parsed(file: string): PbFile {
  const blame = ({ line, column, code, value }: { line: number; column: number; code: string; value: string }): FieldProblem => ({
    pointer: '#/file',
    code,
    params: { line, column, value: value.slice(0, 80) },
  });
  let pb: PbFile;
  try {
    pb = parsePb(file);
  } catch (error) {
    if (error instanceof PbError) throw new Problem('invalid-body', {}, { errors: [blame(error.problem)] });
    throw error;
  }
  // ballots count as they are written: what a reader would have to guess is refused
  if (pb.warnings.length > 0) throw new Problem('invalid-body', {}, { errors: pb.warnings.slice(0, 20).map(blame) });
  if (pb.voteType !== 'approval' && pb.voteType !== 'choose-1') throw problem('file-not-approval', '/file', { voteType: pb.voteType });
  return pb;
}

/** One place of the body that is to blame. */
const problem = (code: string, pointer: string, params: Record<string, string | number>): Problem =>
  new Problem('invalid-body', {}, { errors: [{ pointer: `#${pointer}`, code, params }] });

/** Ballots of a file as numbers of this vote's projects. */
function ballotsOf(pb: PbFile, opened: OpenedVote, rules: VoteRules, mapping: readonly ProjectOfFileDto[]): number[][] {
  const numberOf = new Map(opened.projects.map(({ application }, i) => [application, i + 1]));
  const named = new Map(pb.projects.map(({ id }) => [id, numberOf.get(id)]));
  mapping.forEach(({ project, application }, i) => {
    if (!numberOf.has(application)) throw problem('project-not-on-ballot', `/projects/${i}/application`, {});
    named.set(project, numberOf.get(application));
  });
  const { min, max } = rules.ballot;
  return pb.ballots.map(({ choices }, i) => {
    const numbers = choices.map((id) => {
      const number = named.get(id);
      if (number === undefined) throw problem('project-unmapped', '/file', { project: id.slice(0, 80) });
      return number;
    });
    const chosen = new Set(numbers).size;
    if (chosen !== numbers.length || chosen < min || chosen > max)
      throw problem('file-ballot-size', '/file', { ballot: i + 1, chosen, min, max });
    return numbers;
  });
}

export const voteHandlers = [
  handler(PublishProjects, (desk, { projects }, act) => {
    const texts = projects.map(({ application, title, summary }) => ({ application, title, summary }));
    return toTally(desk, act, { type: 'PublishProjects', projects: texts }, { projects: texts });
  }),
  handler(OpenVote, (desk, { opensAt, closesAt, online, paper }, act) => {
    const command = { opensAt: opensAt ?? null, closesAt, online, paper };
    return toTally(desk, act, { type: 'OpenVote', ...command }, command);
  }),
  handler(OrderCodes, async (desk, { count, place }, act) => {
    const { tenant } = act.caller;
    const { opened } = await voteOf(desk, tenant, act.call!);
    const { boxes, vault } = desk.parts;
    const done = await toTally(desk, act, { type: 'OrderCodes', count, place }, { count, place });
    const codes: string[] = [];
    try {
      for (let n = 0; n < count; n++)
        codes.push(written(VOTING_CODE, await boxes.masked(tenant, act.call!, 'code', act.key!, act.commandId, n)));
    } catch (error) {
      if (error instanceof BoxGone) throw new Problem('vote-closed', { closesAt: opened.closesAt });
      throw error;
    }
    await Promise.all(codes.map((code) => vault.resolve(tenant, codeIdentity(act.call!, code))));
    const { state } = await desk.look(callAggregate, callStream(tenant, act.call!));
    const policy = await desk.policy(tenant);
    return { ...done, codes, sheet: codeSheet({ codes, place, title: state.content!.title, closesAt: opened.closesAt, policy }) };
  }),
  handler(ImportBallots, async (desk, { source, file, projects, complete }, act) => {
    const { tenant } = act.caller;
    const { state } = await desk.parts.runner.look(tally, tallyStream(tenant, act.call!));
    if (state.opened === null) throw new Problem('vote-not-found');
    const { state: call } = await desk.look(callAggregate, callStream(tenant, act.call!));
    const pb = parsed(file);
    const ballots = ballotsOf(pb, state.opened, call.content!.rules.vote!, projects);
    const digest = paperFile(pb.ballots.map(({ voter }, i) => ({ voter, choices: ballots[i]! })));
    const done = await toTally(
      desk,
      act,
      { type: 'ImportBallots', source, ballots, digest, complete },
      { source, digest, ballots, complete },
    );
    return { ...done, ballots: ballots.length };
  }),
  handler(CastBallot, async (desk, { choices }, act) => {
    const { tenant } = act.caller;
    const arrivedAt = desk.arrivalOf(act);
    const { rules } = await voteOf(desk, tenant, act.call!);
    const { state } = await desk.look(callAggregate, callStream(tenant, act.call!));
    const { timeZone } = await desk.policy(tenant);
    const voter = claimsOf(rules, state.content!.districts, act.caller, localDate(arrivedAt, timeZone));
    return castBallot(desk, act, { type: 'CastVote', call: act.call!, arrivedAt, channel: 'sign-in', voter }, choices);
  }),
];
