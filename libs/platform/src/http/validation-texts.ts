import type { Texts } from './language.js';

/** What a person is told about one field, by stable code. */
export const FIELD_TEXTS: Readonly<Record<string, Texts>> = {
  required: { fi: 'Tieto puuttuu.', sv: 'Uppgiften saknas.', en: 'This is required.' },
  'unknown-field': { fi: 'Tällaista kenttää ei ole.', sv: 'Det finns inget sådant fält.', en: 'There is no such field.' },
  'unknown-parameter': { fi: 'Tällaista hakuehtoa ei ole.', sv: 'Det finns inget sådant sökvillkor.', en: 'There is no such parameter.' },
  'forbidden-name': { fi: 'Kentän nimi ei käy.', sv: 'Fältets namn kan inte användas.', en: 'This field name is not allowed.' },
  characters: {
    fi: 'Tekstissä on merkkejä, joita ei voi tallentaa.',
    sv: 'Texten har tecken som inte kan sparas.',
    en: 'The text has characters that cannot be stored.',
  },
  'too-deep': { fi: 'Rakenne on liian syvä.', sv: 'Strukturen är för djup.', en: 'The structure is too deep.' },
  object: { fi: 'Tässä on oltava olio.', sv: 'Här ska finnas ett objekt.', en: 'This must be an object.' },
  list: { fi: 'Tässä on oltava luettelo.', sv: 'Här ska finnas en lista.', en: 'This must be a list.' },
  text: { fi: 'Tässä on oltava tekstiä.', sv: 'Här ska finnas text.', en: 'This must be text.' },
  'yes-or-no': { fi: 'Vastaa true tai false.', sv: 'Svara true eller false.', en: 'This must be true or false.' },
  'whole-number': { fi: 'Tässä on oltava kokonaisluku.', sv: 'Här ska finnas ett heltal.', en: 'This must be a whole number.' },
  number: { fi: 'Tässä on oltava luku.', sv: 'Här ska finnas ett tal.', en: 'This must be a number.' },
  'too-small': { fi: 'Pienin sallittu arvo on {min}.', sv: 'Det minsta tillåtna värdet är {min}.', en: 'The least value is {min}.' },
  'too-large': { fi: 'Suurin sallittu arvo on {max}.', sv: 'Det största tillåtna värdet är {max}.', en: 'The greatest value is {max}.' },
  'too-little-money': {
    fi: 'Pienin sallittu summa on {min|euro}.',
    sv: 'Det minsta tillåtna beloppet är {min|euro}.',
    en: 'The least amount is {min|euro}.',
  },
  'too-much-money': {
    fi: 'Suurin sallittu summa on {max|euro}.',
    sv: 'Det största tillåtna beloppet är {max|euro}.',
    en: 'The greatest amount is {max|euro}.',
  },
  'too-short': { fi: 'Vähintään {min} merkkiä.', sv: 'Minst {min} tecken.', en: 'At least {min} characters.' },
  'too-long': { fi: 'Enintään {max} merkkiä.', sv: 'Högst {max} tecken.', en: 'At most {max} characters.' },
  'too-few': { fi: 'Vähintään {min} kohtaa.', sv: 'Minst {min} poster.', en: 'At least {min} items.' },
  'too-many': { fi: 'Enintään {max} kohtaa.', sv: 'Högst {max} poster.', en: 'At most {max} items.' },
  repeated: { fi: 'Sama kohta on kahdesti.', sv: 'Samma post finns två gånger.', en: 'The same item stands twice.' },
  'not-trimmed': {
    fi: 'Poista välilyönnit alusta ja lopusta.',
    sv: 'Ta bort mellanslagen i början och slutet.',
    en: 'Remove the spaces at the start and the end.',
  },
  'one-line': {
    fi: 'Rivinvaihdot ja ohjausmerkit eivät käy.',
    sv: 'Radbyten och styrtecken kan inte användas.',
    en: 'Line breaks and control characters are not allowed.',
  },
  'control-characters': { fi: 'Ohjausmerkit eivät käy.', sv: 'Styrtecken kan inte användas.', en: 'Control characters are not allowed.' },
  'not-a-choice': {
    fi: 'Valitse yksi näistä: {choices}.',
    sv: 'Välj ett av dessa: {choices}.',
    en: 'Choose one of these: {choices}.',
  },
  id: { fi: 'Tunnus ei ole kelvollinen.', sv: 'Identifieraren är inte giltig.', en: 'This is not a valid id.' },
  date: { fi: 'Anna päivä muodossa VVVV-KK-PP.', sv: 'Ange datum i formen ÅÅÅÅ-MM-DD.', en: 'Give a day as YYYY-MM-DD.' },
  instant: {
    fi: 'Anna aika UTC:nä, esimerkiksi 2027-03-01T10:00:00.000Z.',
    sv: 'Ange tiden i UTC, till exempel 2027-03-01T10:00:00.000Z.',
    en: 'Give a time in UTC, such as 2027-03-01T10:00:00.000Z.',
  },
  'local-time': { fi: 'Anna kellonaika muodossa TT:MM.', sv: 'Ange klockslag i formen TT:MM.', en: 'Give a time of day as HH:MM.' },
  email: { fi: 'Sähköpostiosoite ei ole kelvollinen.', sv: 'E-postadressen är inte giltig.', en: 'This is not a valid e-mail address.' },
  'email-letters': {
    fi: 'Ennen @-merkkiä käyvät vain kirjaimet a–z, numerot ja tavalliset merkit.',
    sv: 'Före @-tecknet går bara bokstäverna a–z, siffror och vanliga tecken.',
    en: 'Before the @ only the letters a–z, digits and common signs will do.',
  },
  phone: { fi: 'Puhelinnumero ei ole kelvollinen.', sv: 'Telefonnumret är inte giltigt.', en: 'This is not a valid phone number.' },
  iban: {
    fi: 'IBAN ei ole kelvollinen. Kirjoita se ilman välejä.',
    sv: 'IBAN är inte giltig. Skriv den utan mellanslag.',
    en: 'This is not a valid IBAN. Write it without spaces.',
  },
  'business-id': { fi: 'Y-tunnus ei ole kelvollinen.', sv: 'FO-numret är inte giltigt.', en: 'This is not a valid Finnish business id.' },
  malformed: { fi: 'Muoto ei ole kelvollinen.', sv: 'Formen är inte giltig.', en: 'This does not have the right form.' },
};

interface Rule {
  code: string;
  /** names of the constraint's arguments, in their order */
  params?: string[];
}

/**
 * What a violated class-validator constraint means. Of several on one field the first of this list is told,
 * so a wrong kind of value comes before its length.
 */
export const RULES: Readonly<Record<string, Rule>> = {
  whitelistValidation: { code: 'unknown-field' },
  isDefined: { code: 'required' },
  isNotEmpty: { code: 'required' },
  isArray: { code: 'list' },
  isObject: { code: 'object' },
  nestedValidation: { code: 'object' },
  isString: { code: 'text' },
  isBoolean: { code: 'yes-or-no' },
  isInt: { code: 'whole-number' },
  isNumber: { code: 'number' },
  isIn: { code: 'not-a-choice', params: ['choices'] },
  arrayMinSize: { code: 'too-few', params: ['min'] },
  arrayMaxSize: { code: 'too-many', params: ['max'] },
  arrayUnique: { code: 'repeated' },
  maxLength: { code: 'too-long', params: ['max'] },
  minLength: { code: 'too-short', params: ['min'] },
  oneLine: { code: 'one-line' },
  noControlCharacters: { code: 'control-characters' },
  trimmed: { code: 'not-trimmed' },
  min: { code: 'too-small', params: ['min'] },
  max: { code: 'too-large', params: ['max'] },
  minCents: { code: 'too-little-money', params: ['min'] },
  maxCents: { code: 'too-much-money', params: ['max'] },
  isUuid: { code: 'id' },
  id: { code: 'id' },
  localDate: { code: 'date' },
  instant: { code: 'instant' },
  localTime: { code: 'local-time' },
  isEmail: { code: 'email' },
  emailLetters: { code: 'email-letters' },
  phone: { code: 'phone' },
  iban: { code: 'iban' },
  businessId: { code: 'business-id' },
  matches: { code: 'malformed' },
};
