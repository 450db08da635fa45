import { applyDecorators, type Type } from '@nestjs/common';
import { ApiExtraModels, ApiOperation, ApiResponse, getSchemaPath } from '@nestjs/swagger';

/** Documents that an answer carries the ETag which the next If-Match names. */
const ETAG = { ETag: { description: 'Revision of what is answered, for If-Match.', schema: { type: 'string', example: '"3"' } } } as const;

const PROBLEM = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };

export interface Described {
  /** what the summary leaves out */
  description?: string;
  /** of success; 200 unless told otherwise */
  status?: 200 | 201 | 204;
  etag?: true;
  /** media type of an answer that is no JSON, such as a file */
  media?: string;
  /** refusals by status, beside those that follow from what the operation reads */
  refusals?: Readonly<Record<number, string>>;
}

/**
 * Describes an operation: its lasting name, what it does for whom in one line, and the class of its successful answer –
 * one of several where there are several, `page` for a page to read, null where there is nothing to tell.
 */
export function Describe(
  operationId: string,
  summary: string,
  answer: Type | readonly Type[] | 'page' | null,
  more: Described = {},
): MethodDecorator {
  const { description, status = 200, etag, refusals = {} } = more;
  const media = answer === 'page' ? 'text/html' : more.media;
  const response = { status, description: '', ...(etag ? { headers: ETAG } : {}) };
  const operation = applyDecorators(
    ApiOperation({ operationId, summary, ...(description === undefined ? {} : { description }) }),
    ...Object.entries(refusals).map(([status, text]) => ApiResponse({ status: Number(status), description: text, content: PROBLEM })),
  );
  if (media !== undefined)
    return applyDecorators(operation, ApiResponse({ ...response, content: { [media]: { schema: { type: 'string' } } } }));
  if (answer === null || answer === 'page') return applyDecorators(operation, ApiResponse(response));
  if (!Array.isArray(answer)) return applyDecorators(operation, ApiResponse({ ...response, type: answer as Type }));
  const schema = { oneOf: answer.map((type: Type) => ({ $ref: getSchemaPath(type) })) };
  return applyDecorators(operation, ApiExtraModels(...(answer as Type[])), ApiResponse({ ...response, schema }));
}
