type Range = readonly [start: number, end: number];

const ALNUM = /[\p{L}\p{N}]/u;
/** A digit, an ASCII letter, or any other letter or digit; most text is decided without a pattern. */
function goesOn(text: string, from: number, to: number): boolean {
  const code = text.charCodeAt(from);
  if (code < 128) return isDigit(code) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
  return ALNUM.test(text.slice(from, to));
}
const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isLow = (text: string, at: number): boolean => (text.charCodeAt(at) & 0xfc00) === 0xdc00;

/** No letter or digit goes on at this place. */
const ends = (text: string, at: number): boolean => at >= text.length || !goesOn(text, at, at + (isLow(text, at + 1) ? 2 : 1));
const begins = (text: string, at: number): boolean => at === 0 || !goesOn(text, at - (at > 1 && isLow(text, at - 1) ? 2 : 1), at);

/** Signs of the century; since 2023 each century but the first has more than one. */
const CENTURIES: Readonly<Record<string, number>> = {
  '+': 1800,
  ...Object.fromEntries([...'-YXWVU'].map((sign) => [sign, 1900])),
  ...Object.fromEntries([...'ABCDEF'].map((sign) => [sign, 2000])),
};
const CHECKS = '0123456789ABCDEFHJKLMNPRSTUVWXY';

/** True for a Finnish identity code: a day that exists, a century sign old or new, and a check character that holds. */
export function isIdentityCode(code: string): boolean {
  const match = /^(\d{2})(\d{2})(\d{2})([-+A-FU-Y])(\d{3})([0-9A-Y])$/.exec(code);
  if (match === null) return false;
  const [, day, month, year, sign, serial, check] = match as unknown as [string, string, string, string, string, string, string];
  if (Number(serial) < 2) return false;
  const date = new Date(Date.UTC(CENTURIES[sign]! + Number(year), Number(month) - 1, Number(day)));
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return false;
  return CHECKS[Number(day + month + year + serial) % 31] === check;
}

/** Identity codes, also with a long dash or a space beside the sign, in capitals or not. */
export function identityCodes(text: string): Range[] {
  const found: Range[] = [];
  for (const { 0: match, index } of text.matchAll(/\d{6} ?[-+A-FU-Ya-fu-y‐‑–−] ?\d{3}[0-9A-Ya-y]/g)) {
    const code = match
      .replaceAll(' ', '')
      .replace(/[‐‑–−]/, '-')
      .toUpperCase();
    const end = index + match.length;
    if (begins(text, index) && ends(text, end) && isIdentityCode(code)) found.push([index, end]);
  }
  return found;
}

/** Length of an IBAN by country, for those that are likely here. */
const IBAN_LENGTHS: Readonly<Record<string, number>> = {
  AT: 20, BE: 16, CH: 21, CZ: 24, DE: 22, DK: 18, EE: 20, ES: 24, FI: 18, FR: 27, GB: 22, IE: 22, IT: 27, LT: 20, LV: 21, NL: 18, NO: 15, PL: 28, PT: 25, SE: 24,
}; // prettier-ignore

/** IBANs whose check digits hold, with single spaces or without. */
export function ibans(text: string): Range[] {
  const found: Range[] = [];
  for (const { 0: head, index } of text.matchAll(/[A-Za-z]{2}\d{2}/g)) {
    const length = IBAN_LENGTHS[head.slice(0, 2).toUpperCase()];
    if (length === undefined || !begins(text, index)) continue;
    let iban = head.toUpperCase();
    let at = index + 4;
    while (iban.length < length) {
      if (text[at] === ' ') at++;
      const next = text[at] ?? '';
      if (!/^[0-9A-Za-z]$/.test(next)) break;
      iban += next.toUpperCase();
      at++;
    }
    if (iban.length === length && ends(text, at) && remainder(iban) === 1) found.push([index, at]);
  }
  return found;
}

function remainder(iban: string): number {
  let rest = 0;
  for (const sign of iban.slice(4) + iban.slice(0, 4)) {
    const value = parseInt(sign, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest;
}

const BEFORE = '-–.,:/+(';
const BETWEEN = ' \u00a0()–-';

/** Longest phone number as it is written, with what stands between its digits. */
const LONGEST = 24;

/** Phone numbers as people in Finland write them, `040 123 4567`, `+358 (0)40-1234567`, and those of other countries with a plus. */
export function phones(text: string): Range[] {
  const found: Range[] = [];
  for (const { index } of text.matchAll(/[+(0]/g)) {
    if (index < (found.at(-1)?.[1] ?? 0) || !begins(text, index)) continue;
    // a digit before a dash or a comma belongs to another number
    if (index > 1 && BEFORE.includes(text[index - 1]!) && isDigit(text.charCodeAt(index - 2))) continue;
    const end = endOfNumber(text, index);
    if (end - index < 8) continue;
    const written = text.slice(index, end);
    if (ends(text, end) && !/^[.,:]\d/.test(text.slice(end, end + 2)) && isPhone(written)) found.push([index, end]);
  }
  return found;
}

/** Where the digits end that are parted by single signs only, or by a bracket and a space. */
function endOfNumber(text: string, from: number): number {
  let end = from;
  let gap = 0;
  for (let at = from; at < text.length && at - from < LONGEST; at++) {
    if (isDigit(text.charCodeAt(at))) {
      end = at + 1;
      gap = 0;
    } else if (at > from && (!BETWEEN.includes(text[at]!) || ++gap > 2)) break;
  }
  return end;
}

function isPhone(written: string): boolean {
  const digits = written.replace(/\D/g, '');
  if (/^\d{7}-\d$/.test(written)) return false; // a Y-tunnus
  if (/^\d{2}([ -])\d{2}\1\d{2,4}$/.test(written)) return false; // a day
  if (written.startsWith('+')) return digits.length >= 9 && digits.length <= 15;
  if (digits.startsWith('00')) return digits.length >= 11 && digits.length <= 17;
  const mobile = /^0(?:4\d|50)/.test(digits);
  return digits.startsWith('0') && digits.length >= (mobile ? 9 : 8) && digits.length <= 12;
}
