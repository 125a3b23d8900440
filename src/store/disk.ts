import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { StoreError } from '../model/errors.ts';

const MIB = 2 ** 20;
const QUOTA_AT_MOST = 2048 * MIB;

/** The bytes of a file; 0 where there is none. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Bytes that may still be written to the disk that `directory` is on, or will be when it is made. */
export function freeBytes(directory: string): number {
  const { bavail, bsize } = statfsSync(existing(directory));
  return bavail * bsize;
}

/** The quota where none is configured: a third of what is free or already the outbox's, at most 2 GiB. */
export function defaultQuota(directory: string): number {
  const files = existsSync(directory) ? readdirSync(directory, { withFileTypes: true }) : [];
  const taken = files.filter((file) => file.isFile()).reduce((sum, { name }) => sum + sizeOf(join(directory, name)), 0);
  return Math.min(QUOTA_AT_MOST, Math.floor((freeBytes(directory) + taken) / 3));
}

/** True where the directory's files lie in memory: what is written there wears nothing, and is gone with the power. */
export function isInMemory(directory: string): boolean {
  return MEMORY_FILE_SYSTEMS.has(statfsSync(existing(directory)).type);
}

/** True where there is no room left, whoever took it: SQLite says so of its own limit, too. */
export const isFull = (cause: unknown): boolean => /^(ENOSPC|EDQUOT|SQLITE_FULL)$/.test(codeOf(cause));

/**
 * True where the disk takes nothing any more: the kernel made it read-only, as it does after an error, or writing fails.
 * A directory that belongs to somebody else is not meant.
 */
export const isDead = (cause: unknown): boolean => DEAD.test(codeOf(cause));

const DEAD = /^(EROFS|EIO|SQLITE_IOERR(?!_(READ|SHORT_READ|CORRUPTFS)$).*)$/;

/** statfs(2): TMPFS_MAGIC and RAMFS_MAGIC. */
const MEMORY_FILE_SYSTEMS: ReadonlySet<number> = new Set([0x01021994, 0x858458f6]);

/** What a start or a commit writes at least. */
const PROBE_BYTES = 65_536;

/** Why nothing can be written below a directory, if the reason counts; undefined where it can. It tries. */
export function whyNotWritable(directory: string, counts: (cause: unknown) => boolean): string | undefined {
  const probe = join(existing(directory), `.dorpel-${process.pid}.probe`);
  try {
    const file = openSync(probe, 'w');
    try {
      writeSync(file, Buffer.alloc(PROBE_BYTES, 1));
      fsyncSync(file);
    } finally {
      closeSync(file);
      rmSync(probe, { force: true });
    }
    return undefined;
  } catch (cause) {
    return counts(cause) ? (cause as Error).message.split(',')[0] : undefined;
  }
}

/** Makes the outbox's directory; on a disk that takes nothing it need not be there. */
export function makeDirectory(directory: string): void {
  try {
    makeDurably(resolve(directory));
  } catch (cause) {
    if (whyNotWritable(directory, isDead) !== undefined) return;
    throw new StoreError(`${directory} cannot be made: ${(cause as Error).message}`, 'set storage.path', { cause });
  }
}

/** A name is durable by a sync of the directory it stands in, and so on up to the first that was there. */
function makeDurably(directory: string): void {
  const first = mkdirSync(directory, { recursive: true });
  if (first === undefined) return;
  for (let made = directory; made.length >= first.length; made = dirname(made)) sync(dirname(made));
}

/** Makes a file's bytes, or a directory's names, survive a power cut. */
export function sync(path: string): void {
  const file = openSync(path, 'r');
  fsyncSync(file);
  closeSync(file);
}

function codeOf(cause: unknown): string {
  return String((cause as { code?: unknown } | undefined)?.code ?? '');
}

function existing(directory: string): string {
  return existsSync(directory) ? directory : existing(dirname(directory));
}
