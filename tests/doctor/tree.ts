import type { Board } from '../../src/doctor/board.ts';

/** A board made of texts: files by their path, programs by their command line. */
export interface Tree {
  readonly files?: Readonly<Record<string, string>>;
  /** Links, and what they point to. */
  readonly links?: Readonly<Record<string, string>>;
  /** Whose a file is; default root's, for all to read and write. */
  readonly owners?: Readonly<Record<string, Partial<NonNullable<ReturnType<Board['owner']>>>>>;
  readonly programs?: Readonly<Record<string, string>>;
  readonly freeBytes?: number;
}

const OPEN = { mode: 0o666, uid: 0, gid: 0, ino: 1 };

/** The board that such a tree describes. */
export function boardOf({ files = {}, links = {}, owners = {}, programs = {}, freeBytes = 1e9 }: Tree): Board {
  const paths = [...Object.keys(files), ...Object.keys(links)];
  const isThere = (path: string) => paths.some((one) => one === path || one.startsWith(`${path}/`));
  const real = (path: string): string | undefined => links[path] ?? (isThere(path) ? path : undefined);
  return {
    text: (path) => files[path],
    names: (path) => {
      const below = paths.filter((one) => one.startsWith(`${path}/`)).map((one) => one.slice(path.length + 1));
      return [...new Set(below.map((one) => one.split('/')[0] ?? ''))];
    },
    owner: (path) => (isThere(path) ? { ...OPEN, ...owners[path] } : undefined),
    link: (path) => links[path],
    real,
    room: (path) => (isThere(path) ? { freeBytes, sizeBytes: 2 * freeBytes } : undefined),
    said: async (program, args) => programs[[program, ...args].join(' ')] ?? programs[program],
  };
}
