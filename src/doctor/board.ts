import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, realpathSync, statfsSync, statSync } from 'node:fs';

/** A board's files and programs, as a check-up sees them; injectable, so that a test can be any board. */
export interface Board {
  /** The file's text; undefined where it is not, or may not be read. */
  text(path: string): string | undefined;
  /** What is in a directory; nothing where there is none. */
  names(path: string): readonly string[];
  /** Whose a file is, and who may do what with it. */
  owner(
    path: string,
  ): { readonly mode: number; readonly uid: number; readonly gid: number; readonly ino: number } | undefined;
  /** Where a link points to. */
  link(path: string): string | undefined;
  /** The path without any link in it. */
  real(path: string): string | undefined;
  /** Room on the disk that a path is on. */
  room(path: string): { readonly freeBytes: number; readonly sizeBytes: number } | undefined;
  /** What a program prints, however it ends; undefined where there is none, or where it hangs. */
  said(program: string, args: readonly string[]): Promise<string | undefined>;
}

const PROGRAM_MS = 4000;
const MOST_BYTES = 8 * 1024 * 1024;

/** The board that this runs on. */
export const thisBoard: Board = {
  text: (path) => orNone(() => readFileSync(path, 'utf8')),
  names: (path) => orNone(() => readdirSync(path)) ?? [],
  owner: (path) => orNone(() => statSync(path)),
  link: (path) => orNone(() => readlinkSync(path)),
  real: (path) => orNone(() => realpathSync(path)),
  room: (path) =>
    orNone(() => {
      const { bavail, blocks, bsize } = statfsSync(path);
      return { freeBytes: bavail * bsize, sizeBytes: blocks * bsize };
    }),
  said: (program, args) =>
    new Promise((resolve) => {
      const how = { timeout: PROGRAM_MS, maxBuffer: MOST_BYTES };
      execFile(program, args, how, (error, stdout) => {
        // A code that is a number is the program's own: it has run, and what it printed counts.
        resolve(error && typeof error.code !== 'number' ? undefined : stdout);
      });
    }),
};

/** What cannot be looked at is not known: each check says what that means. */
function orNone<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/** `KEY=VALUE` lines, as `systemctl show` and `timedatectl show` print them. */
export function keysIn(text: string): Readonly<Record<string, string>> {
  const pairs = text.split('\n').map((line) => /^([^=]+)=(.*)$/.exec(line) ?? []);
  return Object.fromEntries(pairs.flatMap(([, key, value = '']) => (key === undefined ? [] : [[key, value]])));
}
