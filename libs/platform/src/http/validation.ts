import { ValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import * as classTransformer from 'class-transformer';
import * as classValidator from 'class-validator';
import type { ValidationError } from 'class-validator';
import { pointerToken, Problem, type FieldProblem } from './problem.js';
import { RULES } from './validation-texts.js';

/** Most bytes of a request body. */
export const BODY_LIMIT = 256 * 1024;
/**
 * Bytes that are read before a connection is cut. A body beyond BODY_LIMIT but not this is read to its end, for who is cut off
 * while still sending never sees why.
 */
export const READ_LIMIT = 4 * 1024 * 1024;
/** Most fields that one answer blames. */
const MOST_ERRORS = 50;
const MOST_VALUES = 5_000;
const DEEPEST = 20;
const FORBIDDEN_NAMES = new Set(['__proto__', 'constructor', 'prototype']);

const hasForbiddenCharacters = (text: string): boolean => text.includes('\0') || !text.isWellFormed();

/**
 * Parses a JSON body. Throws Problem `body-too-large`, `not-json` for what is not JSON in UTF-8, and `invalid-body` for names that reach
 * for prototypes, text that cannot be stored (NUL, half a surrogate pair) and structures that are too deep or too big.
 */
export function parseBody(bytes: Uint8Array): unknown {
  if (bytes.byteLength === 0) return undefined;
  if (bytes.byteLength > BODY_LIMIT) throw new Problem('body-too-large', { limit: BODY_LIMIT });
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Problem('not-json');
  }
  const errors: FieldProblem[] = [];
  const pending: { value: unknown; pointer: string; depth: number }[] = [{ value: body, pointer: '#', depth: 0 }];
  let seen = 0;
  for (let next = pending.pop(); next !== undefined && errors.length < MOST_ERRORS; next = pending.pop()) {
    const { value, pointer, depth } = next;
    if (++seen > MOST_VALUES)
      throw new Problem('invalid-body', {}, { errors: [{ pointer: '#', code: 'too-many', params: { max: MOST_VALUES } }] });
    if (typeof value === 'string') {
      if (hasForbiddenCharacters(value)) errors.push({ pointer, code: 'characters' });
    } else if (typeof value === 'object' && value !== null) {
      if (depth === DEEPEST) {
        errors.push({ pointer, code: 'too-deep' });
        continue;
      }
      for (const [name, child] of Object.entries(value)) {
        const at = `${pointer}/${pointerToken(name)}`;
        if (isForbiddenName(name)) errors.push({ pointer: at, code: 'forbidden-name' });
        else if (hasForbiddenCharacters(name)) errors.push({ pointer: at, code: 'characters' });
        else pending.push({ value: child, pointer: at, depth: depth + 1 });
      }
    }
  }
  if (errors.length > 0) throw new Problem('invalid-body', {}, { errors });
  return body;
}

/** True where no value of a query or path holds what cannot be stored. */
export const isStorable = (value: unknown): boolean =>
  (Array.isArray(value) ? value : [value]).every((text) => !hasForbiddenCharacters(String(text)));

/** True for a name that reaches for prototypes. */
export const isForbiddenName = (name: string): boolean => FORBIDDEN_NAMES.has(name);

/** The violated rule that is told: the first of RULES. Its parameters are the arguments of the decorator. */
function blame(error: ValidationError): { code: string; params?: Record<string, string | number> } {
  const violated = Object.keys(error.constraints ?? {});
  if (error.value === undefined && !violated.includes('whitelistValidation')) return { code: 'required' };
  const name = Object.keys(RULES).find((rule) => violated.includes(rule));
  if (name === undefined) return { code: 'malformed' };
  const { code, params: names = [] } = RULES[name]!;
  if (names.length === 0) return { code };
  const metadata = classValidator
    .getMetadataStorage()
    .getTargetValidationMetadatas(error.target?.constructor ?? Object, '', false, false)
    .find((rule) => rule.propertyName === error.property && rule.name === name);
  const values = (metadata?.constraints ?? []) as unknown[];
  return {
    code,
    params: Object.fromEntries(
      names.map((param, i) => [param, Array.isArray(values[i]) ? values[i].join(', ') : (values[i] as string | number)]),
    ),
  };
}

function flatten(errors: readonly ValidationError[], parent: string, found: FieldProblem[]): FieldProblem[] {
  for (const error of errors) {
    if (found.length >= MOST_ERRORS) break;
    const pointer = `${parent}/${pointerToken(error.property)}`;
    if (error.constraints !== undefined) found.push({ pointer, ...blame(error) });
    else flatten(error.children ?? [], pointer, found);
  }
  return found;
}

class InvalidShape extends Error {
  constructor(readonly errors: ValidationError[]) {
    super('the value does not have the declared shape');
  }
}

/** Checks bodies, queries and paths against their classes: nothing is converted, dropped or added; what is unknown is refused. */
export class ShapePipe extends ValidationPipe {
  constructor() {
    super({
      whitelist: true,
      forbidNonWhitelisted: true,
      forbidUnknownValues: true,
      transform: true,
      validationError: { target: true, value: true },
      transformOptions: { enableImplicitConversion: false },
      // the very copies that the classes were decorated with
      validatorPackage: classValidator,
      transformerPackage: classTransformer,
      exceptionFactory: (errors) => new InvalidShape(errors),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'body' && value !== undefined && (typeof value !== 'object' || value === null || Array.isArray(value)))
      throw new Problem('invalid-body', {}, { errors: [{ pointer: '#', code: 'object' }] });
    try {
      return await super.transform(value, metadata);
    } catch (error) {
      if (!(error instanceof InvalidShape)) throw error;
      const errors = flatten(error.errors, '#', []);
      if (metadata.type === 'body') throw new Problem('invalid-body', {}, { errors });
      if (metadata.type === 'param') throw new Problem('not-found');
      throw new Problem(
        'invalid-query',
        {},
        {
          errors: errors.map(({ pointer, code, params }) => ({
            parameter: decodeURIComponent(pointer!.slice(2)).replaceAll('~1', '/').replaceAll('~0', '~'),
            code: code === 'unknown-field' ? 'unknown-parameter' : code,
            ...(params === undefined ? {} : { params }),
          })),
        },
      );
    }
  }
}
