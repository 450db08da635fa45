import { identityCodes, ibans, phones } from './personal-numbers.js';

/** What in free text may tell who somebody is, or what should stand in no text at all. */
export const HINT_KINDS = ['identity-code', 'iban', 'email', 'phone', 'address', 'name'] as const;
export type HintKind = (typeof HINT_KINDS)[number];

/** A place in a text, in UTF-16 units: `text.slice(start, end)`. */
export interface Hint {
  kind: HintKind;
  start: number;
  end: number;
}

/** Names that the form gives: of people, whose every part tells, and of organisations and groups, which tell as a whole. */
export interface KnownNames {
  people?: readonly string[];
  groups?: readonly string[];
  /** the applicant's own address */
  address?: string | undefined;
  /** the text says where something happens: of addresses only the applicant's own tells who it is */
  inPlace?: boolean;
}

/** Most hints for one text: who sees a hundred has seen enough. */
const MOST = 100;

interface Word {
  /** it begins with a capital and goes on with a small letter, as names do */
  named: boolean;
  lower: string;
  start: number;
  end: number;
}

/**
 * Points out personal data in free text: identity codes and IBANs whose check holds, phone numbers, e-mail and street addresses, and names –
 * those that the form gives, "nimeni on …", "jag heter …", and a common given name before another name. It prefers silence to a false alarm,
 * keeps nothing and refuses nothing. Ranges are in order and never overlap. Its time grows with the length of the text alone.
 */
export function personalData(text: string, known: KnownNames = {}): Hint[] {
  const words = wordsOf(text);
  const found = [
    ...ranges('identity-code', identityCodes(text)),
    ...ranges('iban', ibans(text)),
    ...ranges('email', emails(text)),
    ...ranges('phone', phones(text)),
    ...ranges('address', [...(known.inPlace ? [] : addresses(text, words)), ...ownAddress(text, known.address)]),
    ...ranges('name', [
      ...phrases(words, known.groups ?? [], text),
      ...partsOf(words, known.people ?? []),
      ...introduced(text, words),
      ...fullNames(text, words),
    ]),
  ];
  return apart(found).slice(0, MOST);
}

type Range = readonly [start: number, end: number];
const ranges = (kind: HintKind, of: readonly Range[]): Hint[] => of.map(([start, end]) => ({ kind, start, end }));

/** In order of the text; of two that overlap the stronger kind stays, then the longer. */
function apart(hints: readonly Hint[]): Hint[] {
  const strength = (hint: Hint) => HINT_KINDS.indexOf(hint.kind);
  const kept: Hint[] = [];
  for (const hint of [...hints].sort((a, b) => a.start - b.start || strength(a) - strength(b) || b.end - a.end)) {
    const last = kept.at(-1);
    if (last === undefined || last.end <= hint.start) kept.push(hint);
    else if (strength(hint) < strength(last)) kept[kept.length - 1] = hint;
    else if (hint.kind === last.kind && hint.end > last.end) kept[kept.length - 1] = { ...last, end: hint.end };
  }
  return kept;
}

function wordsOf(text: string): Word[] {
  return [...text.matchAll(/[\p{L}\p{M}]+(?:[-’'][\p{L}\p{M}]+)*/gu)].map(({ 0: word, index }) => ({
    named: /^\p{Lu}\p{Ll}/u.test(word),
    lower: word.normalize('NFC').toLowerCase(),
    start: index,
    end: index + word.length,
  }));
}

const LOCAL = /[\p{L}\p{N}._%+-]/u;
const DOMAIN = /[\p{L}\p{N}.-]/u;

/** Outwards from each @, so that no part of the text is looked at again and again. */
function emails(text: string): Range[] {
  const found: Range[] = [];
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    let start = at;
    while (start > 0 && at - start < 64 && LOCAL.test(text[start - 1]!)) start--;
    let end = at + 1;
    while (end < text.length && end - at <= 190 && DOMAIN.test(text[end]!)) end++;
    while (end > at && /[.-]/.test(text[end - 1]!)) end--;
    if (start < at && /^[^.]+\.(?:.*\.)?\p{L}{2,24}$/u.test(text.slice(at + 1, end))) found.push([start, end]);
  }
  return found;
}

const STREETS =
  'katu tie kuja polku kaari raitti väylä puistikko puistotie tori aukio ranta rinne piha porras penger bulevardi esplanadi gatan vägen gränden stigen torget allén backen stranden esplanaden bågen'.split(
    ' ',
  );
/** House number, perhaps a range or a letter, perhaps stair and flat. */
const HOUSE = / \d{1,3}(?!\d)(?:[-–]\d{1,3}(?!\d))?(?: ?[A-Za-z](?!\p{L})(?: ?\d{1,3})?)?(?![\p{L}\p{N}])/uy;

function addresses(text: string, words: readonly Word[]): Range[] {
  const found: Range[] = [];
  for (const { named, lower, start, end } of words) {
    if (!named || !STREETS.some((street) => lower.length > street.length + 1 && lower.endsWith(street))) continue;
    HOUSE.lastIndex = end;
    const house = HOUSE.exec(text);
    if (house !== null) found.push([start, end + house[0].length]);
  }
  return found;
}

/** Street and number as the form gives them, in any case. */
function ownAddress(text: string, address = ''): Range[] {
  const own = address.split(',', 1)[0]!.trim().slice(0, 100);
  if (!/\p{L}.*\d/u.test(own)) return [];
  const pattern = own.replace(/[.*+?^${}()|[\]\\-]/g, '\\$&').replace(/ +/g, ' {1,3}');
  return [...text.matchAll(new RegExp(`(?<![\\p{L}\\p{N}])${pattern}(?![\\p{L}\\p{N}])`, 'giu'))].map(
    (m) => [m.index, m.index + m[0].length] as const,
  );
}

const isName = (word: Word | undefined): word is Word => word?.named === true;
/** Two words of one phrase: nothing but one space between. */
const joined = (text: string, a: Word | undefined, b: Word | undefined): boolean =>
  a !== undefined && b !== undefined && b.start - a.end === 1 && (text[a.end] === ' ' || text[a.end] === '\u00a0');

/** "Virtanen" also as "Virtasen", "Virtaselle"; others with an ending of at most five letters. */
function isFormOf(word: string, name: string): boolean {
  if (word === name) return true;
  const stem = name.endsWith('nen') && name.length > 5 ? `${name.slice(0, -3)}s` : name;
  return stem.length >= 3 && word.startsWith(stem) && word.length - stem.length <= 5 && !word.includes('-', stem.length);
}

const FORMS = new Set(['ry', 'rf', 'oy', 'ab', 'oyj', 'ky', 'tmi', 'osk', 'ey']);
const plain = (name: string) => wordsOf(name).map((word) => word.lower);

/** Parts of people's names, written with a capital. */
function partsOf(words: readonly Word[], people: readonly string[]): Range[] {
  const parts = people.slice(0, 10).flatMap((name) => plain(name.slice(0, 200)).filter((part) => part.length >= 3));
  if (parts.length === 0) return [];
  return words.flatMap((word) =>
    isName(word) && parts.some((part) => isFormOf(word.lower, part)) ? [[word.start, word.end] as const] : [],
  );
}

/** Whole phrases, in any case; the last word may have an ending. The legal form at the end is no part of the name. */
function phrases(words: readonly Word[], names: readonly string[], text: string): Range[] {
  const found: Range[] = [];
  for (const name of names.slice(0, 10)) {
    const parts = plain(name.slice(0, 300)).slice(0, 20);
    while (FORMS.has(parts.at(-1) ?? '')) parts.pop();
    if (parts.join('').length < 4) continue;
    for (let i = 0; i + parts.length <= words.length; i++) {
      const matches = parts.every((part, n) =>
        n === parts.length - 1 ? isFormOf(words[i + n]!.lower, part) : words[i + n]!.lower === part,
      );
      if (!matches) continue;
      const last = words[i + parts.length - 1]!;
      // what stands between the words stands there in the name too: nothing longer than a comma and a space
      if (parts.every((_, n) => n === 0 || words[i + n]!.start - words[i + n - 1]!.end <= 2) && text.length >= last.end)
        found.push([words[i]!.start, last.end]);
    }
  }
  return found;
}

const INTRODUCTIONS = ['nimeni on', 'minä olen', 'mun nimi on', 'jag heter', 'mitt namn är', 'my name is'].map((text) => text.split(' '));

/** "Nimeni on Aune Virtanen": what follows with a capital, up to three words. */
function introduced(text: string, words: readonly Word[]): Range[] {
  const found: Range[] = [];
  for (let i = 0; i < words.length; i++) {
    for (const phrase of INTRODUCTIONS) {
      if (!phrase.every((part, n) => words[i + n]?.lower === part)) continue;
      let n = i + phrase.length;
      const first = words[n];
      if (!isName(first) || !joined(text, words[n - 1], first)) continue;
      while (n < i + phrase.length + 2 && isName(words[n + 1]) && joined(text, words[n], words[n + 1])) n++;
      found.push([first.start, words[n]!.end]);
    }
  }
  return found;
}

/** Streets, parks and houses that are called after somebody, in some of their forms. */
const PLACE =
  /(?:tie|tien|tiellä|tielle|katu|kadun|kadulla|kuja|kujan|polku|polun|puisto|puiston|puistossa|aukio|aukion|aukiolla|tori|torin|torilla|koulu|koulun|talo|talon|huvila|gatan|vägen|parken|skolan)$/u;

/** A common given name, perhaps another, and one more name. */
function fullNames(text: string, words: readonly Word[]): Range[] {
  const found: Range[] = [];
  for (let i = 0; i < words.length; i++) {
    const first = words[i]!;
    if (!isName(first) || !GIVEN.has(first.lower.split('-')[0]!)) continue;
    let last = i;
    while (last < i + 2 && isName(words[last + 1]) && joined(text, words[last], words[last + 1])) last++;
    if (last > i && !FORMS.has(words[last]!.lower) && !PLACE.test(words[last]!.lower)) found.push([first.start, words[last]!.end]);
    i = last;
  }
  return found;
}

/** Common given names of Finland, in Finnish and Swedish; those that are everyday words or places too are left out. */
const GIVEN = new Set(
  (
    'aarne aaro ahti aino aki aleksi alina anette anja anna anne anneli annika annikki ann antero antti ari arja arto arvo asko aulis aune auli ' +
    'axel birgitta björn bo carita carl christer christina ebba eero eeva eija eila eino elias elina elisabet elisabeth ella ellen elsa emil emilia emma ' +
    'erik erkki esa esko eva fredrik freja gunilla gustav hanna hannele hannu harri heidi heikki helena henna henrik henri hilkka hilma ida iida ' +
    'iiro ilkka ilona inga inger inka inkeri irma irja isabella jaakko jaana jani janina janne jari jarkko jarmo jenna jenni joakim johan johanna jonas ' +
    'joni jorma jouko jouni juha juhani juho jukka julia juuso jyrki kaarina kaija kaisa kalevi kalle kari karin karoliina katariina katja katri ' +
    'kerttu kimmo kirsi kirsti klaus kristiina kristina krister kyösti lars lasse lauri leena lena leif leo liisa linnea lotta magnus maija maria ' +
    'mari maria-liisa marika mariia marja marjatta marjut markku marko markus martti matias matti mats mauri mervi mia mikael mika mikko milla minna ' +
    'miro mirja mona niina niilo niklas nina noora olavi olga oliver olli oskar oskari otto paavo pasi patrik paula pauli pekka pentti per perttu ' +
    'petra petri petteri pia piia pirjo pirkko päivi raija raili raimo rasmus reijo reino riikka riitta risto ritva roope saara sakari sami samuel ' +
    'samuli sanna santeri sara sari satu seija seppo sini sinikka sirkka sirpa sofia sonja sten sune susanna suvi sven taina taneli tapani tapio ' +
    'tarja tea teemu tero tiina timo tomi tommi tuija tuire tuomas tuomo tuula tuulikki ulla ulf urpo valtteri veera veijo veikko venla vesa viivi ' +
    'viktor vilhelm vilho ville virpi väinö yrjö åke åsa'
  ).split(' '),
);
