import { type Log, structuredLog } from './log.ts';

/** So many lines are kept: some hours of a gateway that has trouble, and 100 kB. */
const LINES = 500;

/** The last lines of a log, for whoever asks later. */
export interface LogMemory {
  readonly log: Log;
  /** As they stand in a file, oldest first. */
  lines(): readonly string[];
}

/** Keeps the last lines that pass on their way to `log`. `now` is UTC milliseconds. */
export function logMemory(log: Log, now: () => number): LogMemory {
  let kept: string[] = [];
  const keep = structuredLog(
    (line) => {
      kept.push(line.trimEnd());
      if (kept.length >= 2 * LINES) kept = kept.slice(-LINES);
    },
    now,
    false,
  );
  return {
    log: (...entry) => {
      keep(...entry);
      log(...entry);
    },
    lines: () => kept.slice(-LINES),
  };
}
