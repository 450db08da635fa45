import { Type, type Static, type TEnum, type TSchema } from 'typebox';

const closed = { additionalProperties: false } as const;

/** The small vocabulary that event schemas are made of. */
export const Id = Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' });
/** Random subject id of a person or organisation, or `flow.<name>`. */
export const Subject = Type.String({ pattern: '^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|flow\\.[a-z-]+)$' });
export const Hash = Type.String({ pattern: '^[0-9a-f]{64}$' });
export const At = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$' });
export const Day = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' });
export const Cents = Type.Integer({ minimum: 0, maximum: 100_000_000_000 });
export const PositiveCents = Type.Integer({ minimum: 1, maximum: 100_000_000_000 });
export const Count = Type.Integer({ minimum: 0, maximum: 1_000_000 });
/** A code of ours or of the municipality: a district, a criterion, a reason. */
export const Code = Type.String({ minLength: 1, maxLength: 60, pattern: '^[\\p{L}\\p{N}][\\p{L}\\p{N} ._/§-]*$' });
/** Text by officers in the municipality's languages. */
export const Texts = Type.Object(
  { fi: Type.String({ maxLength: 4000 }), sv: Type.String({ maxLength: 4000 }), en: Type.Optional(Type.String({ maxLength: 4000 })) },
  closed,
);
export type Texts = Static<typeof Texts>;

export const object = <P extends Parameters<typeof Type.Object>[0]>(properties: P) => Type.Object(properties, closed);
export const oneOf = <const T extends string[]>(...values: T): TEnum<T> => Type.Enum(values) as unknown as TEnum<T>;
export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
export const optional = Type.Optional;
export const list = <T extends TSchema>(schema: T, maxItems = 5000) => Type.Array(schema, { maxItems });
export const text = (maxLength: number, minLength = 0) => Type.String({ maxLength, minLength });
export const flag = Type.Boolean();
export const version1 = Type.Literal(1);
