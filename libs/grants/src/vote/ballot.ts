import { reject, type Rejected } from '@minipilot/kernel/decider.js';
import type { LocalDate } from '@minipilot/kernel/time.js';
import type { VoteRules } from '../selection/rules.js';

/** What is wrong with the choices on a ballot, which is sealed before any decider sees it; null when nothing is. */
export function ballotProblem(
  projects: number,
  { min, max }: VoteRules['ballot'],
  choices: readonly number[],
  at = '/choices',
): Rejected | null {
  if (choices.length < min || choices.length > max) return reject('ballot-size', { min, max, chosen: choices.length }, at);
  const wrong = choices.findIndex((c, i) => !Number.isInteger(c) || c < 1 || c > projects || choices.indexOf(c) !== i);
  if (wrong < 0) return null;
  return reject(choices.indexOf(choices[wrong]!) === wrong ? 'project-not-on-ballot' : 'project-twice', {}, `${at}/${wrong}`);
}

/** Whether somebody has lived `years` full years on `day`. Of a birthday that is known by its year alone, the last day of it counts. */
export function isOfAge(born: string, years: number, day: LocalDate): boolean {
  const birthday = born.length === 4 ? `${born}-12-31` : born;
  const [year, rest] = [Number(birthday.slice(0, 4)), birthday.slice(5)];
  const age = Number(day.slice(0, 4)) - year - (day.slice(5) < rest ? 1 : 0);
  return age >= years;
}
