/** One line of the table: what was measured, what came out, what it is to be. */
export interface Row {
  readonly what: string;
  readonly value: string;
  readonly goal: string;
}

/** What a measurement yields: its rows, and where rows do not do it justice a table of its own in Markdown. */
export interface Measured {
  readonly rows: readonly Row[];
  readonly table?: string;
}

/** The middle one; of an even number, the upper of the two in the middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** KiB, as the kernel counts memory, as MB. */
export function megabytes(kib: number): string {
  return ((kib * 1024) / 1e6).toFixed(0);
}

/** Why there is no value: a program or a right is missing. */
export function notMeasured(cause: unknown): string {
  return `not measured: ${(cause as Error).message.split('\n')[0]}`;
}

/** Rows as a table for a README. */
export function markdown(rows: readonly Row[]): string {
  const lines = rows.map(({ what, value, goal }) => `| ${what.trim()} | ${value} | ${goal} |`);
  return ['| | measured | to reach |', '|---|---|---|', ...lines].join('\n');
}
