import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

const NAMESPACE = Buffer.from('6d696e69-7069-5c6f-8074-2f6964732f76'.replaceAll('-', ''), 'hex');

/**
 * Name-based UUID, version 5 (RFC 9562, section 5.5), in this product's own namespace.
 * The parts are joined by U+001F, which no part may contain.
 */
export function uuid5(...parts: string[]): string {
  const hash = createHash('sha1').update(NAMESPACE).update(parts.join('\u001f')).digest().subarray(0, 16);
  hash[6] = (hash[6]! & 0x0f) | 0x50;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Canonical JSON (RFC 8785). Throws on a lone surrogate, on undefined at the top and on numbers that are not finite. */
export function jcs(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('jcs: nothing to serialise');
  if (!text.isWellFormed()) throw new TypeError('jcs: lone surrogate');
  return text;
}

/** SHA-256 of the parts in order, in lower-case hex. */
export function sha256(...parts: (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/** Command id of a person's request: the same key on the same concrete path is the same command. */
export const requestCommandId = (tenant: string, person: string, route: string, key: string): string =>
  uuid5('command', tenant, person, route, key);

/** Command id of a flow's command: repeating the input repeats the id. */
export const flowCommandId = (flowStream: string, inputId: string, type: string, target: string, index: number): string =>
  uuid5('flow-command', flowStream, inputId, type, target, String(index));

/** Input id of a timer that fell due. */
export const timerInputId = (flowStream: string, timer: string, due: string): string => uuid5('timer', flowStream, timer, due);

export const eventId = (commandId: string, index: number): string => uuid5('event', commandId, String(index));

/** Id of an entity that a command creates, so that a retried create meets itself. */
export const entityId = (commandId: string): string => uuid5('entity', commandId);
