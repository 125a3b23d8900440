const TO_LINE_END = '\x1b[K';
const ESCAPE = '\x1b';

/**
 * What turns one line of a screen into another, by its number from 0: nothing where they are the same, of two plain
 * lines only what lies between what they share at both ends. A line at 9600 baud carries 960 signs a second, and in most
 * seconds nothing but ages changes.
 */
export function redrawn(line: number, before: string | undefined, after: string): string {
  if (before === after) return '';
  const isPlain = before !== undefined && !before.includes(ESCAPE) && !after.includes(ESCAPE);
  if (!isPlain) return `${moveTo(line, 0)}${after}${TO_LINE_END}`;
  const from = sharedStart(before, after);
  if (before.length !== after.length) return `${moveTo(line, from)}${after.slice(from)}${TO_LINE_END}`;
  let end = after.length;
  while (before[end - 1] === after[end - 1]) end -= 1;
  return `${moveTo(line, from)}${after.slice(from, end)}`;
}

function sharedStart(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return length;
}

/** A place, counted from 0 (ECMA-48, "CUP"). */
const moveTo = (line: number, column: number): string => `\x1b[${line + 1};${column + 1}H`;
