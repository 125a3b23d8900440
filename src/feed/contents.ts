import { inflateSync } from 'node:zlib';
import { forms, isLoss } from './contract.ts';
import { elementsOf } from './elements.ts';

/** More than any broker takes: what inflates to more is no batch. */
const INFLATED_BYTES = 64 * 1024 * 1024;

/** A message, or an element of a batch, in the form that the contract gives it. */
export interface Content {
  readonly kind: 'obs' | 'loss' | 'meta' | 'state';
  readonly value: unknown;
  /** Its own source text. */
  readonly text: string;
  /** What is wrong with its form. */
  readonly fault: string | undefined;
}

/** What a payload holds; text where it holds nothing that can be read. */
export function contentsOf(kind: Content['kind'] | 'batch' | 'batch-deflate', payload: Uint8Array): Content[] | string {
  try {
    const bytes = kind === 'batch-deflate' ? inflateSync(payload, { maxOutputLength: INFLATED_BYTES }) : payload;
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    if (kind !== 'batch' && kind !== 'batch-deflate') return [{ kind, value, text, fault: forms[kind](value) }];
    if (!Array.isArray(value) || value.length === 0) return ' should be a list of at least 1';
    return elementsOf(text).map((element, index) => elementOf(value[index], element));
  } catch (cause) {
    return ` cannot be read: ${(cause as Error).message}`;
  }
}

function elementOf(value: unknown, text: string): Content {
  const kind = isLoss(value) ? 'loss' : 'obs';
  return { kind, value, text, fault: forms[kind](value) };
}
