/** Signs that a terminal understands (ECMA-48, "SGR", "ED", "EL"; xterm's alternate screen). */
export const BOLD = '\x1b[1m';
export const DIM = '\x1b[2m';
export const YELLOW = '\x1b[33m';
export const RED = '\x1b[31m';
export const PLAIN = '\x1b[0m';

/** Takes what a person would read, where a program is told something else. */
export const UNHEARD = { write: () => true };

/** The text, or as much of it as fits, with a sign that there is more. */
export function cut(text: string, columns: number): string {
  return text.length > columns ? `${text.slice(0, Math.max(0, columns - 1))}…` : text;
}

/** The text in colour, where there is a terminal to show it. */
export type Paint = (colour: string, text: string) => string;

export const painted: Paint = (colour, text) => `${colour}${text}${PLAIN}`;
export const plain: Paint = (_colour, text) => text;

/** Colours for a person at a terminal who has not asked for none (NO_COLOR, no-color.org). */
export function paintFor({ isTTY }: { readonly isTTY?: boolean }): Paint {
  return isTTY && !process.env['NO_COLOR'] ? painted : plain;
}

/** The text in lines of at most so many signs, broken between words. */
export function folded(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > columns) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
