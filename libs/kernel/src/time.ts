import { Temporal } from '@js-temporal/polyfill';

/** UTC instant as ISO text with milliseconds and Z, so that text order is time order. */
export type Instant = string;
/** Calendar day of the municipality, `YYYY-MM-DD`. */
export type LocalDate = string;

/** Bank and public holidays as days; week-ends are known. */
export type Holidays = readonly LocalDate[];

export const instant = (value: string | number | Date): Instant => new Date(value).toISOString();

export const localDate = (at: Instant, zone: string): LocalDate =>
  Temporal.Instant.from(at).toZonedDateTimeISO(zone).toPlainDate().toString();

/** The instant of a wall-clock time (`HH:MM`) on a day. Where the clock was turned, the later offset's reading is taken as written. */
export const atLocalTime = (date: LocalDate, time: string, zone: string): Instant =>
  instant(Temporal.PlainDateTime.from(`${date}T${time}`).toZonedDateTime(zone).epochMilliseconds);

export const startOfDay = (date: LocalDate, zone: string): Instant => atLocalTime(date, '00:00', zone);

export const addDays = (date: LocalDate, days: number): LocalDate => Temporal.PlainDate.from(date).add({ days }).toString();

export const daysBetween = (from: LocalDate, to: LocalDate): number =>
  Temporal.PlainDate.from(from).until(Temporal.PlainDate.from(to), { largestUnit: 'day' }).days;

/** ISO weekday, Monday is 1. */
export const weekday = (date: LocalDate): number => Temporal.PlainDate.from(date).dayOfWeek;

export const isWorkingDay = (date: LocalDate, holidays: Holidays): boolean => weekday(date) <= 5 && !holidays.includes(date);

/** The day itself, or the next working day: how a last day that falls on a week-end or holiday moves. */
export function nextWorkingDay(date: LocalDate, holidays: Holidays): LocalDate {
  let day = date;
  while (!isWorkingDay(day, holidays)) day = addDays(day, 1);
  return day;
}

/** The n-th working day after `date`, which itself does not count. */
export function addWorkingDays(date: LocalDate, n: number, holidays: Holidays): LocalDate {
  let day = date;
  for (let left = n; left > 0;) {
    day = addDays(day, 1);
    if (isWorkingDay(day, holidays)) left--;
  }
  return day;
}

export const addMilliseconds = (at: Instant, ms: number): Instant => instant(Date.parse(at) + ms);
