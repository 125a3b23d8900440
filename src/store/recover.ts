import { existsSync, rmSync } from 'node:fs';
import { openDatabase } from './database.ts';
import { damageIn } from './inspect.ts';
import type { DamageReason } from './outbox.ts';
import { dropOldest, isLeaving, nameUnfinished, placeFinished, replaceFile } from './quarantine.ts';
import { noteRecovery } from './recovery-note.ts';
import { emptyRescue, rescue } from './salvage.ts';
import { finished, makeDatabase } from './schema.ts';

/** How to open the file. */
export interface SqliteFileOptions {
  readonly path: string;
  readonly uplinks: readonly string[];
  readonly bootId: string;
  /** UTC milliseconds. */
  readonly startedAt: number;
  /** The most that the file and its log may take; absent: as much as there is. */
  readonly quotaBytes?: number;
  /** For what is to outlive the program and not the power; absent: a directory in memory, if there is one. */
  readonly memoryDirectory?: string;
}

/**
 * Sees to it that there is a file that can be gone on with. One that cannot is put aside, never deleted; a new one with a
 * new epoch takes over what can be read of it, declares the rest, and remembers why (recovery-note.ts). A power cut at any
 * moment of this loses nothing: the new file is whole before the old one moves. True where the file is another one now.
 */
export function makeSound(how: SqliteFileOptions): boolean {
  const { path, startedAt } = how;
  // Until one leaves, the finished one is only half of a recovery, which begins again.
  const isCut = isLeaving(path) && existsSync(finished(path));
  // Somebody has removed the finished one.
  if (!isCut) nameUnfinished(path, startedAt);
  if (isCut) replaceFile(path, 'damaged', startedAt);
  else if (!existsSync(path)) makeAnew(how);
  else rmSync(finished(path), { force: true });
  const reason = damageIn(path);
  if (!reason) return isCut;
  makeSuccessor(how, reason);
  replaceFile(path, reason, startedAt);
  return true;
}

/** The first file, or one in the place of what has gone. */
function makeAnew({ path, startedAt }: SqliteFileOptions): void {
  if (['-wal', '-shm'].some((suffix) => existsSync(path + suffix))) {
    // A log without its file would be taken for the new file's.
    makeDatabase(path, (to) => noteRecovery(to, { reason: 'log', ...emptyRescue }));
    replaceFile(path, 'log', startedAt);
    return;
  }
  if (!existsSync(finished(path))) makeDatabase(path);
  dropOldest(path);
  placeFinished(path);
}

/** Makes the file that takes over, with what could be rescued. */
function makeSuccessor({ path, startedAt }: SqliteFileOptions, reason: DamageReason): void {
  if (reason !== 'damaged' && reason !== 'log') {
    makeDatabase(path, (to) => noteRecovery(to, { reason, ...emptyRescue }));
    return;
  }
  const from = openDatabase(path, { readonly: true });
  try {
    // Else SQLite refuses every page of a file that was cut short.
    from.unsafeMode(true);
    from.pragma('writable_schema = ON');
    makeDatabase(path, (to) => {
      noteRecovery(to, { reason, ...rescue(from, to, { at: startedAt, isLogWhole: reason !== 'log' }) });
    });
  } finally {
    from.close();
  }
}
