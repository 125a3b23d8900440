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

/** The config cannot be used: do not start. Holds every problem, not just the first. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`).join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** The problem as a terminal shows it: place, key, what is wrong, the line with a caret, and a hint. */
export function shown({ file, line, column, key, message, hint, text }: Problem): string {
  const place = `${file}:${line}:${column}`;
  const lines = [`${place}: ${key ? `${key}: ` : ''}${message}`];
  if (text !== undefined) lines.push(`    ${text}`, `    ${' '.repeat(Math.max(0, column - 1))}^`);
  if (hint) lines.push(`    hint: ${hint}`);
  return lines.join('\n');
}
