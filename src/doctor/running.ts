import { resolve } from 'node:path';
import type { Board } from './board.ts';

/**
 * Whether a gateway that does not answer may be at work all the same: somebody has locked its outbox (proc(5),
 * "/proc/locks", which every user may read).
 */
export function isOutboxHeld(directory: string, board: Board): boolean {
  const inodes = ['outbox.db', 'outbox.db-shm', 'outbox.db-wal'].flatMap((name) => {
    return board.owner(`${directory}/${name}`)?.ino ?? [];
  });
  const locks = board.text('/proc/locks') ?? '';
  return inodes.some((inode) => new RegExp(`:${inode} `).test(locks));
}

/** The config file of the gateway that runs, by its command line; undefined where that may not be read or names none. */
export function configFileOf(pid: number, board: Board): string | undefined {
  const words = (board.text(`/proc/${pid}/cmdline`) ?? '').split('\0');
  const at = words.findIndex((word) => word === '--config' || word === '-c');
  const given = at < 0 ? words.find((word) => word.startsWith('--config='))?.slice('--config='.length) : words[at + 1];
  if (!given) return undefined;
  return resolve(board.link(`/proc/${pid}/cwd`) ?? '/', given);
}
