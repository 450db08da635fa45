import { addDays, nextWorkingDay, type LocalDate } from '@minipilot/kernel/time.js';
import type { Policy } from './events.js';

/** How somebody comes to know of a decision. */
export type Told = keyof Policy['noticeDays'];

/** The day on which a decision counts as known that was sent or published on a day, and the last day to appeal it. */
export function appealWindow(policy: Policy, how: Told, on: LocalDate): { noticeOn: LocalDate; appealUntil: LocalDate } {
  const noticeOn = addDays(on, policy.noticeDays[how]);
  return { noticeOn, appealUntil: nextWorkingDay(addDays(noticeOn, policy.appealDays), policy.holidays) };
}
