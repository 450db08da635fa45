import { applyDecorators } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsEmail,
  IsInt,
  IsObject,
  IsString,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateBy,
  ValidateIf,
  ValidateNested,
  type ValidationOptions,
} from 'class-validator';
import { FinnishBusinessIds } from 'finnish-business-ids';
import { electronicFormatIBAN, extractIBAN, isSEPACountry, isValidIBAN } from 'ibantools';

/**
 * Decorators for the fields of request bodies. Each checks the value, never changes it, and documents itself in OpenAPI.
 * A field is required unless `optional`; null is never taken for "left out".
 */
export interface FieldOptions {
  optional?: boolean;
  /** one sentence for the API's reader */
  description?: string;
  example?: unknown;
  /** the field is a list of such values */
  list?: { max: number; min?: number };
}

type Rule = (options: ValidationOptions) => PropertyDecorator;

const custom =
  (name: string, validate: (value: unknown) => boolean, ...constraints: unknown[]): Rule =>
  (options) =>
    ValidateBy({ name, constraints, validator: { validate, defaultMessage: () => name } }, options);

const onText = (name: string, validate: (value: string) => boolean): Rule =>
  custom(name, (value) => typeof value === 'string' && validate(value));

function field(schema: ApiPropertyOptions, options: FieldOptions, ...rules: Rule[]): PropertyDecorator {
  const { optional = false, description, example, list } = options;
  const each = list !== undefined;
  const documented = {
    required: !optional,
    ...(description === undefined ? {} : { description }),
    ...(example === undefined ? {} : { example }),
    ...(list === undefined ? {} : { isArray: true, maxItems: list.max, minItems: list.min ?? 0 }),
  };
  return applyDecorators(
    ApiProperty({ ...schema, ...documented } as ApiPropertyOptions),
    ...(optional ? [ValidateIf((_: unknown, value: unknown) => value !== undefined)] : []),
    ...(list === undefined ? [] : [IsArray(), ArrayMaxSize(list.max), ArrayMinSize(list.min ?? 0)]),
    ...rules.map((rule) => rule({ each })),
  );
}

/** C0, C1 and delete, and the marks that turn the direction of text around. */
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
const INVISIBLE_BUT_LINES = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

export interface TextOptions extends FieldOptions {
  /** least characters, default 1 */
  min?: number;
  /** line breaks (LF) and tabs are allowed */
  multiline?: boolean;
}

/** Text of at most `max` characters, without space around it and without control characters. */
export function Text(max: number, options: TextOptions = {}): PropertyDecorator {
  const { min = 1, multiline = false } = options;
  return field(
    { type: 'string', minLength: min, maxLength: max },
    options,
    IsString,
    (validation) => MinLength(min, validation),
    (validation) => MaxLength(max, validation),
    multiline
      ? onText('noControlCharacters', (value) => !INVISIBLE_BUT_LINES.test(value))
      : onText('oneLine', (value) => !INVISIBLE.test(value)),
    onText('trimmed', (value) => value.trim().length === value.length),
  );
}

/** One of a fixed set of words. */
export const OneOf = (choices: readonly string[], options: FieldOptions = {}): PropertyDecorator =>
  field(
    { type: 'string', enum: [...choices] },
    options,
    custom('isIn', (value) => choices.includes(value as string), choices.join(', ')),
  );

/** A whole number, both ends included. */
export const Whole = (min: number, max: number, options: FieldOptions = {}): PropertyDecorator =>
  field(
    { type: 'integer', minimum: min, maximum: max },
    options,
    IsInt,
    (validation) => Min(min, validation),
    (validation) => Max(max, validation),
  );

/** Money in whole cents; from 1 cent to 1 000 million euro unless told otherwise. */
export function Cents(options: FieldOptions & { min?: number; max?: number } = {}): PropertyDecorator {
  const { min = 1, max = 100_000_000_000 } = options;
  return field(
    { type: 'integer', format: 'int64', minimum: min, maximum: max },
    options,
    IsInt,
    custom('minCents', (value) => (value as number) >= min, min),
    custom('maxCents', (value) => (value as number) <= max, max),
  );
}

export const YesNo = (options: FieldOptions = {}): PropertyDecorator => field({ type: 'boolean' }, options, IsBoolean);

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** True for an id as this service writes it: a UUID in lower case. */
export const isId = (value: unknown): value is string => typeof value === 'string' && UUID.test(value);

export const IdField = (options: FieldOptions = {}): PropertyDecorator =>
  field({ type: 'string', format: 'uuid' }, options, IsString, onText('id', isId));

const isLocalDate = (value: string): boolean => {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value) || value < '1900' || value >= '2200') return false;
  const at = Date.parse(`${value}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(value);
};

/** A day, `YYYY-MM-DD`, from 1900 to 2199. */
export const LocalDateField = (options: FieldOptions = {}): PropertyDecorator =>
  field({ type: 'string', format: 'date' }, options, IsString, onText('localDate', isLocalDate));

const isInstant = (value: string): boolean =>
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/.test(value) &&
  isLocalDate(value.slice(0, 10)) &&
  !Number.isNaN(Date.parse(value)) &&
  new Date(value).toISOString() === value;

/** A time in UTC with milliseconds, `2027-03-01T10:00:00.000Z`. */
export const InstantField = (options: FieldOptions = {}): PropertyDecorator =>
  field({ type: 'string', format: 'date-time' }, options, IsString, onText('instant', isInstant));

/** A wall-clock time, `HH:MM`. */
export const LocalTimeField = (options: FieldOptions = {}): PropertyDecorator =>
  field(
    { type: 'string', pattern: '^([01]\\d|2[0-3]):[0-5]\\d$' },
    options,
    IsString,
    onText('localTime', (value) => /^([01]\d|2[0-3]):[0-5]\d$/.test(value)),
  );

const email = (options: FieldOptions, ...more: Rule[]): PropertyDecorator =>
  field(
    { type: 'string', format: 'email', maxLength: 254 },
    options,
    IsString,
    (validation) => MaxLength(254, validation),
    (validation) => IsEmail({}, validation),
    ...more,
  );

/** An e-mail address of at most 254 characters. */
export const EmailField = (options: FieldOptions = {}): PropertyDecorator => email(options);

/** Whether all letters before the @ of an e-mail address are ASCII, which cannot be taken for others. */
export const hasPlainLocalPart = (address: string): boolean => !/[^\u0000-\u007f][^]*@/.test(address);

/** An e-mail address by which somebody will be known here. */
export const IdentityEmailField = (options: FieldOptions = {}): PropertyDecorator =>
  email(options, onText('emailLetters', hasPlainLocalPart));

/** A phone number as people write it: digits, spaces, dashes and brackets, perhaps a plus in front. */
export const PhoneField = (options: FieldOptions = {}): PropertyDecorator =>
  field(
    { type: 'string', maxLength: 25 },
    options,
    IsString,
    (validation) => MaxLength(25, validation),
    onText('phone', (value) => /^\+?[0-9 ()-]{5,24}$/.test(value) && value.trim() === value && value.replace(/\D/g, '').length >= 5),
  );

/** An IBAN of a SEPA country, in capitals and without spaces. */
export const IbanField = (options: FieldOptions = {}): PropertyDecorator =>
  field(
    { type: 'string', maxLength: 34, ...(options.list ? {} : { example: 'FI2112345600000785' }) },
    options,
    IsString,
    (validation) => MaxLength(34, validation),
    onText(
      'iban',
      (value) =>
        value.length <= 34 &&
        electronicFormatIBAN(value) === value &&
        isValidIBAN(value) &&
        isSEPACountry(extractIBAN(value).countryCode ?? ''),
    ),
  );

/** True for a Finnish business id (Y-tunnus) as it is written, with a check digit that holds. */
export const isBusinessId = (value: string): boolean => /^\d{7}-\d$/.test(value) && FinnishBusinessIds.isValidBusinessId(value);

/** A Finnish business id (Y-tunnus), `1234567-1`. */
export const BusinessIdField = (options: FieldOptions = {}): PropertyDecorator =>
  field({ type: 'string', pattern: '^\\d{7}-\\d$' }, options, IsString, onText('businessId', isBusinessId));

type Class = new () => object;

/** An object with fields of its own. */
export const Nested = (type: () => Class, options: Omit<FieldOptions, 'list' | 'example'> = {}): PropertyDecorator =>
  applyDecorators(
    field({ type: () => type() }, options, IsObject, () => ValidateNested()),
    Type(type),
  );

/** A list of at most `max` such objects. */
export const ListOf = (type: () => Class, max: number, options: Omit<FieldOptions, 'list' | 'example'> & { min?: number } = {}) =>
  applyDecorators(
    field({ type: () => type() }, { ...options, list: { max, min: options.min ?? 0 } }, IsObject, () => ValidateNested({ each: true })),
    Type(type),
  );

/** A text by language; Finnish and Swedish are always there. */
export interface ThreeLanguages {
  fi: string;
  sv: string;
  en?: string;
}

const threeLanguages = new Map<string, Class>();

function threeLanguagesClass(max: number, multiline: boolean): Class {
  const name = `ThreeLanguages${max}${multiline ? 'Lines' : ''}`;
  let type = threeLanguages.get(name);
  if (type === undefined) {
    type = { [name]: class {} }[name]!;
    Text(max, { multiline })(type.prototype as object, 'fi');
    Text(max, { multiline })(type.prototype as object, 'sv');
    Text(max, { multiline, optional: true })(type.prototype as object, 'en');
    threeLanguages.set(name, type);
  }
  return type;
}

/** `{ fi, sv, en? }`, each text of at most `max` characters. Its TypeScript type is `ThreeLanguages`. */
export const TextsInThreeLanguages = (max: number, options: { optional?: boolean; description?: string; multiline?: boolean } = {}) =>
  Nested(() => threeLanguagesClass(max, options.multiline ?? false), options);
