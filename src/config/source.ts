import type { Problem } from './problem.ts';

/** A key path into a config. */
export type Path = readonly (string | number)[];

/** What was written, in one file or in several, and where each of its keys stands. */
export interface Source {
  /** The file that was named; it may include others. */
  readonly file: string;
  /** What is wrong with the writing itself, before anyone asks what it means. */
  readonly problems: readonly Problem[];
  /** The plain value of the whole; undefined where it cannot be made out. */
  readonly value: unknown;
  /** A problem with what stands at `path`; where nothing stands there, with the nearest thing around it. */
  at(path: Path, message: string, hint?: string): Problem;
  /** A problem with the key at the end of `path`, rather than with its value. */
  atKey(path: Path, message: string, hint?: string): Problem;
  /** True if something stands at `path`, right or wrong. */
  has(path: Path): boolean;
  /** True if what stands at `path` came from the environment: it may be a secret. */
  isFilledIn(path: Path): boolean;
  /** The file in which `path` stands; paths that are written there are relative to it. */
  fileAt(path: Path): string;
}
