import type { Database } from './database.ts';
import type { Recovery } from './outbox.ts';
import { newestIn } from './quarantine.ts';

/** What a successor knows of the file before it; where that lies shows when it lies there. */
export type RecoveryNote = Omit<Recovery, 'quarantine'>;

/** Notes in a new file how it came about: should the power go before anybody has heard of it, the next start tells. */
export function noteRecovery(db: Database, { reason, carried, lost }: RecoveryNote): void {
  db.prepare('INSERT INTO recovery (reason, carried, lost) VALUES (?, ?, ?)').run(reason, carried, lost);
}

/** The recovery that nobody has heard of yet. */
export function untoldRecovery(db: Database): Recovery | undefined {
  const note = db.prepare('SELECT reason, carried, lost FROM recovery').get() as RecoveryNote | undefined;
  return note && { ...note, quarantine: newestIn(db.name) };
}

/** It has been told: the opening has returned. */
export function forgetRecovery(db: Database): void {
  db.prepare('DELETE FROM recovery').run();
}
