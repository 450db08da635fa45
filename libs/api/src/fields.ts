import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsString, Matches, MaxLength, MinLength, ValidateIf } from 'class-validator';
import { Text, type FieldOptions } from '@minipilot/platform/http/fields.js';

/** A word or a few that the municipality's records go by: a district, a theme, a unit, a reason. As `Code` of event schemas. */
export const CodeField = (options: FieldOptions = {}): PropertyDecorator =>
  applyDecorators(Text(60, options), Matches(/^[\p{L}\p{N}][\p{L}\p{N} ._/§-]*$/u, { each: options.list !== undefined }));

/** A year in a query, which is text: `2027`. */
export const YearField = (options: { optional?: boolean; description?: string } = {}): PropertyDecorator =>
  applyDecorators(
    ApiProperty({
      type: 'string',
      pattern: '^2\\d{3}$',
      required: !options.optional,
      ...(options.description === undefined ? {} : { description: options.description }),
    }),
    ...(options.optional ? [ValidateIf((_: unknown, value: unknown) => value !== undefined)] : []),
    Matches(/^2\d{3}$/),
  );

/** A revision in a query, which is text: `0`, `17`. */
export const RevisionField = (options: { optional?: boolean; description?: string } = {}): PropertyDecorator =>
  applyDecorators(
    ApiProperty({
      type: 'string',
      pattern: '^\\d{1,9}$',
      required: !options.optional,
      ...(options.description === undefined ? {} : { description: options.description }),
    }),
    ...(options.optional ? [ValidateIf((_: unknown, value: unknown) => value !== undefined)] : []),
    Matches(/^\d{1,9}$/),
  );

/** The text of a file as it is, with its line breaks; at most `max` characters. */
export const FileField = (max: number, options: { description?: string } = {}): PropertyDecorator =>
  applyDecorators(ApiProperty({ type: 'string', minLength: 1, maxLength: max, ...options }), IsString(), MinLength(1), MaxLength(max));
