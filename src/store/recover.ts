import { existsSync, rmSync } from 'node:fs';
import { openDatabase } from './database.ts';
import { damageIn, suspect } from './inspect.ts';
import type { DamageReason, Recovery } from './outbox.ts';
import { placeFinished, replaceFile } from './quarantine.ts';
import { emptyRescue, type Rescue, rescue } from './salvage.ts';
import { finished, makeDatabase } from './schema.ts';

/** How to open the file. */
export interface SqliteFileOptions {
  readonly path: string;
  readonly uplinks: readonly string[];
  readonly bootId: string;
  /** UTC milliseconds. */
  readonly startedAt: number;
}

/**
 * Sees to it that there is a file that can be gone on with. One that cannot is put aside, never deleted; a new one with a
 * new epoch takes over what can be read of it and declares the rest. A power cut at any moment of this loses nothing: the
 * new file is whole before the old one moves.
 */
export function makeSound(how: SqliteFileOptions): Recovery | undefined {
  const { path, startedAt } = how;
  const remains = ['', '-wal', '-shm'].some((suffix) => existsSync(path + suffix));
  if (existsSync(finished(path))) {
    if (remains) replaceFile(path, 'damaged', startedAt);
    else placeFinished(path);
  }
  if (!existsSync(path)) {
    makeDatabase(path);
    // A log without its file would be taken for the new file's.
    if (remains) replaceFile(path, 'log', startedAt);
    else placeFinished(path);
    return undefined;
  }
  const reason = damageIn(path);
  if (!reason) return undefined;
  const { carried, lost } = successor(how, reason);
  const quarantine = replaceFile(path, reason, startedAt);
  rmSync(suspect(path), { force: true });
  return { reason, quarantine, carried, lost };
}

/** The file that takes over, with what could be rescued. */
function successor({ path, startedAt }: SqliteFileOptions, reason: DamageReason): Rescue {
  let rescued = emptyRescue;
  if (reason !== 'damaged' && reason !== 'log') {
    makeDatabase(path);
    return rescued;
  }
  const from = openDatabase(path, { readonly: true });
  try {
    // Else SQLite refuses every page of a file that was cut short.
    from.unsafeMode(true);
    from.pragma('writable_schema = ON');
    makeDatabase(path, (to) => {
      rescued = rescue(from, to, { at: startedAt, isLogWhole: reason !== 'log' });
    });
  } finally {
    from.close();
  }
  return rescued;
}
