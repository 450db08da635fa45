/** The parts of JSON Schema that request bodies are made of. */
interface Schema {
  $ref?: string;
  allOf?: Schema[];
  oneOf?: Schema[];
  type?: string;
  format?: string;
  pattern?: string;
  enum?: unknown[];
  example?: unknown;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  minItems?: number;
  minLength?: number;
  minimum?: number;
}
export interface Description {
  paths: Record<string, Record<string, { requestBody?: { content: Record<string, { schema: Schema }> } }>>;
  components: { schemas: Record<string, Schema> };
}

const FORMATS: Record<string, string> = {
  date: '2027-02-02',
  'date-time': '2027-02-28T12:00:00.000Z',
  uuid: '00000000-0000-4000-8000-000000000000',
  email: 'joku@demo.example',
};

/** A body of the shape that the API describes for a route; undefined where it takes none. */
export function sampleBody({ paths, components }: Description, method: string, path: string): unknown {
  const template = path.replace(/:(\w+)/g, '{$1}');
  const schema = paths[template]?.[method.toLowerCase()]?.requestBody?.content['application/json']?.schema;
  const sample = (given: Schema): unknown => {
    const [variant] = given.allOf ?? given.oneOf ?? [];
    if (variant !== undefined) return sample(variant);
    if (given.$ref !== undefined) return sample(components.schemas[given.$ref.split('/').at(-1)!]!);
    if (given.enum !== undefined) return given.enum[0];
    if (given.example !== undefined) return given.example;
    switch (given.type) {
      case 'object':
        return Object.fromEntries((given.required ?? []).map((name) => [name, sample(given.properties![name]!)]));
      case 'array':
        return Array.from({ length: given.minItems ?? 0 }, () => sample(given.items!));
      case 'integer':
      case 'number':
        return given.minimum ?? 0;
      case 'boolean':
        return true;
      default:
        return FORMATS[given.format ?? ''] ?? 'x'.repeat(given.minLength ?? 1);
    }
  };
  return schema === undefined ? undefined : sample(schema);
}
