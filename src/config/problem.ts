/** One thing that is wrong in a config file, in words for the technician. */
export interface Problem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** Where it stands: `devices.hall-air.period`; empty for the file as a whole. */
  readonly key: string;
  readonly message: string;
  /** What would be right, or what to type. */
  readonly hint?: string;
  /** The line itself, to point at. */
  readonly text?: string;
}

/** The config cannot be used: do not start. Holds every problem, not just the first, in the order of the file, file by file. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const files = [...new Set(problems.map(({ file }) => file))];
    const inOrder = problems.toSorted(
      (a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column,
    );
    super(inOrder.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`).join('\n'));
    this.name = 'ConfigError';
    this.problems = inOrder;
  }
}

/** The problem as a terminal shows it: place, key, what is wrong, the line with a caret, and a hint. */
export function shown({ file, line, column, key, message, hint, text }: Problem): string {
  const place = `${file}:${line}:${column}`;
  const lines = [`${place}: ${key ? `${key}: ` : ''}${message}`];
  if (text) {
    const cut = cutAround(text, column);
    lines.push(`    ${cut.text}`, `    ${' '.repeat(cut.column - 1)}^`);
  }
  if (hint) lines.push(`    hint: ${hint}`);
  return lines.join('\n');
}

// What a terminal of 80 columns holds beside the margin; a wrapped line would leave the caret pointing at something else.
const SHOWN_COLUMNS = 76;
const SHOWN_BEFORE = 40;

/** The part of a long line that stands around `column`, and where the column is in it. */
function cutAround(text: string, column: number): { text: string; column: number } {
  if (text.length <= SHOWN_COLUMNS) return { text, column };
  const skipped = Math.max(0, Math.min(column - SHOWN_BEFORE, text.length - SHOWN_COLUMNS));
  const part = text.slice(skipped, skipped + SHOWN_COLUMNS);
  const begun = skipped > 0 ? `…${part.slice(1)}` : part;
  const isWhole = skipped + SHOWN_COLUMNS >= text.length;
  return { text: isWhole ? begun : `${begun.slice(0, -1)}…`, column: column - skipped };
}
