import { addDays, nextWorkingDay, weekday } from '@minipilot/kernel/time.js';
import { appealWindow } from '@minipilot/grants/policy/windows.js';
import { demoPolicy, finnishHolidays } from './seed.js';

describe('the holidays of a first policy', () => {
  const holidays = finnishHolidays(2026, 2034);
  const off = (day: string) => weekday(day) > 5 || holidays.includes(day);

  it.each([
    ['Good Friday and Easter Monday', ['2027-03-26', '2027-03-29', '2028-04-14', '2028-04-17', '2031-04-11', '2031-04-14']],
    ['May Day and Ascension Day', ['2028-05-01', '2030-05-01', '2027-05-06', '2028-05-25']],
    ['Midsummer Eve, a Friday', ['2027-06-25', '2028-06-23', '2033-06-24']],
    ['Independence Day', ['2027-12-06', '2028-12-06', '2032-12-06']],
    ['Christmas Eve to St. Stephen’s', ['2027-12-24', '2029-12-24', '2029-12-25', '2029-12-26', '2030-12-24']],
    ['New Year and Epiphany', ['2027-01-01', '2027-01-06', '2028-01-06', '2032-01-01']],
  ])('have %s, on which no time to appeal may end', (_, days) => {
    for (const day of days) expect([day, off(day)]).toEqual([day, true]);
  });

  it('leave the days around them', () => {
    for (const day of ['2027-03-25', '2027-03-30', '2027-06-24', '2027-06-28', '2027-12-23', '2027-12-27', '2027-12-31', '2028-04-13'])
      expect([day, off(day)]).toEqual([day, false]);
  });

  it('move last days for years to come: never on a day off, never earlier, at most by five days', () => {
    for (let day = '2026-01-01'; day < '2034-12-01'; day = addDays(day, 1)) {
      const moved = nextWorkingDay(day, holidays);
      expect(off(moved)).toBe(false);
      expect(moved >= day && moved <= addDays(day, 5)).toBe(true);
    }
  });

  it.each([
    // story A: the letter of 5 March, the minutes of 8 March
    ['letter', '2027-03-05', 'appeal-body', '2027-03-12', '2027-03-30'],
    ['publication', '2027-03-08', 'appeal-body', '2027-03-15', '2027-03-30'],
    // story B: decided on 8 October
    ['electronic', '2027-10-08', 'appeal-body', '2027-10-11', '2027-10-25'],
    ['letter', '2027-10-08', 'appeal-body', '2027-10-15', '2027-10-29'],
    ['publication', '2027-10-08', 'appeal-body', '2027-10-15', '2027-10-29'],
    // Midsummer Eve; Christmas Eve and the week-end after it
    ['electronic', '2027-06-08', 'appeal-body', '2027-06-11', '2027-06-28'],
    ['electronic', '2027-12-07', 'appeal-body', '2027-12-10', '2027-12-27'],
    // to court: 30 days, Christmas Eve again
    ['electronic', '2027-11-17', 'court', '2027-11-20', '2027-12-20'],
    ['letter', '2027-11-17', 'court', '2027-11-24', '2027-12-27'],
  ] as const)('give %s of %s to %s: known on %s, until %s', (how, on, at, noticeOn, appealUntil) => {
    expect(appealWindow(demoPolicy(2027), how, on, at)).toEqual({ noticeOn, appealUntil });
  });
});
