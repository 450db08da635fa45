import type { DynamicModule } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import { stdTimeFunctions, type DestinationStream, type LevelWithSilent } from 'pino';

/** Names whose values never reach a log line. */
const WITHHELD = new Set([
  'authorization',
  'cookie',
  'token',
  'password',
  'email',
  'name',
  'phone',
  'iban',
  'body',
  'headers',
  'query',
  'url',
]);

/** The fields of a line with what must not be told replaced, two levels deep. Errors have their own serialiser. */
function redact(fields: Record<string, unknown>, depth = 2): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      if (WITHHELD.has(name.toLowerCase())) return [name, '[withheld]'];
      const inner = depth > 1 && typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Error);
      return [name, inner ? redact(value as Record<string, unknown>, depth - 1) : value];
    }),
  );
}

/**
 * An error without its attributes, which may hold rows or inputs (as those of PostgreSQL do), and without the message
 * of a SyntaxError, which quotes what was parsed.
 */
function serialiseError(error: unknown): unknown {
  if (!(error instanceof Error)) return { type: typeof error };
  const quotes = error instanceof SyntaxError;
  const { code } = error as { code?: unknown };
  return {
    type: error.name,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    message: quotes ? 'withheld' : error.message,
    stack: (error.stack ?? '').slice((error.stack ?? '').indexOf('\n    at ') + 1),
    ...(error.cause === undefined ? {} : { cause: serialiseError(error.cause) }),
  };
}

/** JSON lines on stdout (or `stream`), each with the id of its request; no bodies, headers, query values or people. */
export function loggerModule(level: LevelWithSilent, stream?: DestinationStream): DynamicModule {
  const options = {
    level,
    base: { pid: process.pid },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }), log: (fields: Record<string, unknown>) => redact(fields) },
    autoLogging: false,
    quietReqLogger: true,
    customAttributeKeys: { reqId: 'requestId' },
    serializers: { err: serialiseError, req: () => undefined, res: () => undefined },
    wrapSerializers: false,
  };
  return LoggerModule.forRoot({ pinoHttp: stream === undefined ? options : [options, stream] });
}
