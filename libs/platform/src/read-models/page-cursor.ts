import type { Value } from '@minipilot/kernel/projection.js';

/** The text is no cursor of this list. */
export class BadCursor extends Error {
  constructor() {
    super('not a cursor of this list');
    this.name = 'BadCursor';
  }
}

/** The sort value and the key of the last row of a page. */
export type PageEnd = readonly [Value, string];

/** The end of a page as text for a link. It holds what the page itself showed, so it is not secret; it is not trusted either. */
export const encodeCursor = (end: PageEnd): string => Buffer.from(JSON.stringify(end)).toString('base64url');

/** Throws BadCursor. `type` is the type of the sort column. */
export function decodeCursor(text: string, type: 'text' | 'integer'): PageEnd {
  let end: unknown;
  try {
    end = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    throw new BadCursor();
  }
  const isValue = (v: unknown): boolean => (type === 'text' ? typeof v === 'string' && isClean(v) : Number.isSafeInteger(v));
  if (!Array.isArray(end) || end.length !== 2 || !isValue(end[0]) || typeof end[1] !== 'string' || !isClean(end[1])) throw new BadCursor();
  return [end[0] as Value, end[1]];
}

const isClean = (text: string): boolean => text.isWellFormed() && !text.includes('\u0000');
