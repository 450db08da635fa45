import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Compile } from 'typebox/schema';
import { projectRoot } from './probes.js';

interface Operation {
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}
interface Description {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
}
type Validator = ReturnType<typeof Compile>;

/** Refusals that follow from who calls and from the rules; what is malformed may be refused anywhere. */
const BY_RULES = [401, 403, 404, 409, 410, 412, 422, 428];

/** A schema that also refuses fields which it does not name. */
function closed<T>(schema: T): T {
  if (Array.isArray(schema)) return schema.map(closed) as T;
  if (schema === null || typeof schema !== 'object') return schema;
  const entries = Object.entries(schema).map(([key, value]) => [key, key === 'example' || key === 'enum' ? value : closed(value)]);
  const copy = Object.fromEntries(entries) as Record<string, unknown>;
  if (copy['type'] === 'object' && copy['properties'] !== undefined) copy['additionalProperties'] ??= false;
  return copy as T;
}

/** What docs/openapi.json promises of answers. */
class Promised {
  private readonly validators = new Map<string, Validator>();
  private readonly paths: { pattern: RegExp; literal: number; operations: Record<string, Operation> }[];
  private readonly components: Description['components'];

  constructor({ paths, components }: Description) {
    this.components = { schemas: closed(components.schemas) };
    this.paths = Object.entries(paths)
      .map(([path, operations]) => ({
        pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`),
        literal: path.replace(/\{\w+\}/g, '').length,
        operations,
      }))
      .sort((a, b) => b.literal - a.literal);
  }

  /** Throws when an answer is not what the description says of its operation. A path that is none of it is let through. */
  check(method: string, url: string, status: number, body: unknown): void {
    const path = url.split('?', 1)[0]!;
    const found = this.paths.find(({ pattern, operations }) => pattern.test(path) && operations[method.toLowerCase()] !== undefined);
    if (found === undefined || (status > 299 && !BY_RULES.includes(status))) return;
    const promise = found.operations[method.toLowerCase()]!.responses[status];
    if (promise === undefined) throw new Error(`${method} ${path} answered ${status}, which its description does not know`);
    const schema = promise.content?.['application/json']?.schema;
    if (schema === undefined) return; // a problem, which has its own test, or nothing
    const key = `${method} ${found.pattern.source} ${status}`;
    let validator = this.validators.get(key);
    if (validator === undefined) {
      validator = Compile({ ...closed(schema), components: this.components } as never) as Validator;
      this.validators.set(key, validator);
    }
    if (validator.Check(body)) return;
    const [, errors] = validator.Errors(body);
    const told = errors.slice(0, 10).map((error) => `  ${error.instancePath || '/'} ${error.message} ${JSON.stringify(error.params)}`);
    throw new Error(`${method} ${path} did not answer as described:\n${told.join('\n')}\n  it was ${JSON.stringify(body).slice(0, 2_000)}`);
  }
}

let promised: Promised | undefined;

/** Throws when an answer has a status or a shape that docs/openapi.json does not know of. */
export function expectDescribed(method: string, url: string, status: number, body: unknown): void {
  promised ??= new Promised(JSON.parse(readFileSync(join(projectRoot, 'docs', 'openapi.json'), 'utf8')) as Description);
  promised.check(method, url, status, body);
}
