import type { Made } from '../hal/replay/conversation.ts';

/** What a driver made of a conversation, in one line: values with their quantities, or the kind of an error and why. */
export function madeText({ expect, error }: Made, why?: string): string {
  const values = expect === undefined ? '' : valuesText(expect);
  const fault = error ? `error ${error}${why ? ` (${why})` : ''}` : '';
  return [values, fault].filter(Boolean).join('; ') || 'nothing';
}

function valuesText(expect: unknown): string {
  if (Array.isArray(expect)) return expect.map(valuesText).join(' | ');
  const pairs = Object.entries(Object(expect) as object).map(([name, given]) => `${name} ${valueText(given)}`);
  return pairs.join(', ') || 'no values';
}

function valueText(given: unknown): string {
  if (typeof given !== 'object' || given === null) return String(given);
  const { value = null, quality, why } = given as { value?: unknown; quality?: unknown; why?: unknown };
  return `${value ?? '-'} ${quality}${why === undefined ? '' : ` (${why})`}`;
}
