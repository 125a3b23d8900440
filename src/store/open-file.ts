import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { isDead, isFull, whyNotWritable } from './disk.ts';
import { DiskRoom } from './disk-room.ts';
import { placeInMemory } from './memory-directory.ts';
import type { StoreEvent } from './outbox.ts';
import type { SqliteFileOptions } from './recover.ts';
import { makeRefuge, makeRefugeFor, REFUGE_BYTES, remove } from './refuge.ts';
import { SqliteFile } from './sqlite-file.ts';

type Report = (event: StoreEvent) => void;

const BALLAST_BYTES = 8 * 2 ** 20;

/** Opens the file on the disk; where the disk takes nothing, the one in memory that stands in for it. */
export function openFile(options: SqliteFileOptions, report: Report): SqliteFile {
  const { path, uplinks, memoryDirectory } = options;
  const room = new DiskRoom({ path, ballastBytes: ballastFor(options), report });
  try {
    return room.makingRoom(() => SqliteFile.open(options, { room, report }));
  } catch (cause) {
    const reason = whyNotWritable(dirname(path), (why) => isDead(why) || isFull(why));
    const refuge = reason && placeInMemory(path, memoryDirectory);
    if (!reason || !refuge) throw cause;
    if (!existsSync(refuge)) makeRefugeFor(path, refuge, uplinks);
    return openRefuge(refuge, options, { report, reason });
  }
}

/** Goes on in memory where the disk under an open file takes nothing any more; undefined where it does, or there is no memory. */
export function flee(file: SqliteFile, options: SqliteFileOptions, report: Report): SqliteFile | undefined {
  const { path, uplinks, memoryDirectory } = options;
  const reason = whyNotWritable(dirname(path), isDead);
  const refuge = reason && placeInMemory(path, memoryDirectory);
  if (!reason || !refuge || file.opened.isRefuge) return undefined;
  remove(refuge);
  file.leave((from, newestId) => makeRefuge(refuge, { uplinks, from, newestId }), options.startedAt);
  return openRefuge(refuge, options, { report, reason });
}

function openRefuge(
  path: string,
  options: SqliteFileOptions,
  { report, reason }: { readonly report: Report; readonly reason: string },
): SqliteFile {
  report({ event: 'read-only', reason });
  const room = new DiskRoom({ path, ballastBytes: 0, report });
  return SqliteFile.open({ ...options, path, quotaBytes: REFUGE_BYTES }, { room, report });
}

/** Twice what the log may take: it may have to grow, and to be written into a file that grows by it. */
const ballastFor = ({ quotaBytes = 0 }: SqliteFileOptions): number =>
  Math.floor(Math.min(BALLAST_BYTES, quotaBytes / 4));
