import { addDays, nextWorkingDay, type LocalDate } from '@minipilot/kernel/time.js';
import type { Policy } from './events.js';

/** How somebody comes to know of a decision. */
export type Told = keyof Policy['noticeDays'];

/**
 * The day on which a decision counts as known that was sent or published on a day, and the last day to challenge it. A decision that came
 * of an appeal goes to the administrative court.
 */
export function appealWindow(
  policy: Policy,
  how: Told,
  on: LocalDate,
  at: 'appeal-body' | 'court' = 'appeal-body',
): { noticeOn: LocalDate; appealUntil: LocalDate } {
  const noticeOn = addDays(on, policy.noticeDays[how]);
  const days = at === 'court' ? policy.courtDays : policy.appealDays;
  return { noticeOn, appealUntil: nextWorkingDay(addDays(noticeOn, days), policy.holidays) };
}
