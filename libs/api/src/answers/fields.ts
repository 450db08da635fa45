import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';

/** Decorators that describe the fields of answers. They check nothing: answers are made by our own code. */
export interface AnswerField {
  /** the value may be null */
  nullable?: true;
  /** the field may be left out */
  optional?: true;
  /** a list of such values */
  list?: true;
  description?: string;
}

const field = (schema: object, { nullable, optional, list, description }: AnswerField): PropertyDecorator =>
  ApiProperty({
    ...schema,
    required: optional !== true,
    ...(nullable ? { nullable } : {}),
    ...(list ? { isArray: true } : {}),
    ...(description === undefined ? {} : { description }),
  } as ApiPropertyOptions);

const of =
  (schema: object) =>
  (options: AnswerField = {}): PropertyDecorator =>
    field(schema, options);

export const Str = of({ type: 'string' });
export const Bool = of({ type: 'boolean' });
/** A count or another whole number, never negative. */
export const Int = of({ type: 'integer', minimum: 0 });
/** Money in whole cents. */
export const CentsOf = of({ type: 'integer', format: 'int64' });
export const Uuid = of({ type: 'string', format: 'uuid' });
/** A day of the municipality, `YYYY-MM-DD`. */
export const Day = of({ type: 'string', format: 'date' });
/** An instant in UTC with milliseconds. */
export const Moment = of({ type: 'string', format: 'date-time' });
/** SHA-256 in lower-case hex. */
export const Digest = of({ type: 'string', pattern: '^[0-9a-f]{64}$' });

/** One of a fixed set of words. */
export const Word = (choices: readonly string[], options: AnswerField = {}): PropertyDecorator =>
  field({ type: 'string', enum: [...choices] }, options);

/** An object with fields of its own. */
export const Of = (type: () => new () => object, options: AnswerField = {}): PropertyDecorator => field({ type: () => type() }, options);

/** Counts by word. */
export const Counts = of({ type: 'object', additionalProperties: { type: 'integer', minimum: 0 } });

/** An object whose fields depend on the event or stream that it tells of. */
export const Open = of({ type: 'object', additionalProperties: true });

/** The class of one page of a list. */
export function pageOf(name: string, item: new () => object): new () => object {
  const type = { [name]: class {} }[name]!;
  const prototype = type.prototype as object;
  Of(() => item, { list: true })(prototype, 'items');
  Str({ nullable: true, description: 'goes into `cursor` of the next page; null at the end' })(prototype, 'next');
  Stale()(prototype, 'stale');
  return type;
}

/** Stands in an answer only when what `after` names is not in it yet. */
export const Stale = (): PropertyDecorator =>
  field({ type: 'boolean', enum: [true] }, { optional: true, description: 'there when the change that `after` names is not in it yet' });
