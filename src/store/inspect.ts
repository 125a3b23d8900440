import { closeSync, existsSync, openSync, readSync, statSync, writeFileSync } from 'node:fs';
import { type Database, isDamage, isForeign, openDatabase } from './database.ts';
import type { DamageReason } from './outbox.ts';
import { APPLICATION_ID, EXPECTED, isRefuge, SCHEMA_VERSION } from './schema.ts';
import { isLogDamaged } from './wal.ts';

/** A card reads some 40 MB/s: every page is looked at where that takes two seconds, after a clean stop … */
const CHECK_ALWAYS_BYTES = 64e6;
/** … or six, after any other. What a larger file hides comes to light when it is read; see `suspect`. */
const CHECK_AFTER_CRASH_BYTES = 256e6;

const LOG_HEADER_BYTES = 32;

/** A note beside the file: it turned out to be damaged while the gateway ran. */
export const suspect = (path: string) => `${path}.suspect`;

/** Leaves the note for the next start. */
export function noteDamage(path: string, cause: unknown): void {
  writeFileSync(suspect(path), `${String(cause)}\n`);
}

/**
 * Why the file cannot be gone on with, or undefined. Nothing is written. Throws where it is in use or cannot be read
 * for want of a permission.
 */
export function damageIn(path: string): DamageReason | undefined {
  const wrong = wrongHeader(path);
  if (wrong) return wrong;
  try {
    const db = openDatabase(path, { readonly: true });
    try {
      return wrongLog(db) ?? (existsSync(suspect(path)) ? 'damaged' : wrongPages(db));
    } finally {
      db.close();
    }
  } catch (cause) {
    if (!isDamage(cause) && !isForeign(cause)) throw cause;
    const log = `${path}-wal`;
    return existsSync(log) && isLogDamaged(log) ? 'log' : 'damaged';
  }
}

/** SQLite's file format, "The Database Header": looked at before SQLite is asked, which would try to make the best of it. */
function wrongHeader(path: string): DamageReason | undefined {
  if (statSync(path).size === 0) return 'empty';
  const header = Buffer.alloc(100);
  const file = openSync(path, 'r');
  readSync(file, header, 0, 100, 0);
  closeSync(file);
  const isSqlite = header.toString('latin1', 0, 16) === 'SQLite format 3\0';
  const isUsual = header.subarray(21, 24).equals(Buffer.of(64, 32, 32));
  const isReadable = [1, 2].includes(header[18] ?? 0) && [1, 2].includes(header[19] ?? 0);
  if (!isSqlite || !isUsual || !isReadable) return 'header';
  if (header.readUInt32BE(68) !== APPLICATION_ID) return 'foreign';
  const major = Math.trunc(header.readUInt32BE(60) / 100);
  const ours = Math.trunc(SCHEMA_VERSION / 100);
  if (major !== ours) return major > ours ? 'newer-schema' : 'foreign';
  return undefined;
}

/** Asks first, which fails where another gateway has the file: its log is not to be judged while it grows. */
function wrongLog(db: Database): DamageReason | undefined {
  const log = `${db.name}-wal`;
  db.prepare('SELECT count(*) FROM sqlite_schema').get();
  const logBytes = statSync(log, { throwIfNoEntry: false })?.size ?? 0;
  // A run that has not ended leaves its log behind; a clean end empties it into the file. A refuge begins with a copy.
  if (logBytes <= LOG_HEADER_BYTES) return wasStopped(db) || isRefuge(db) ? undefined : 'log';
  return isLogDamaged(log) ? 'log' : undefined;
}

function wrongPages(db: Database): DamageReason | undefined {
  for (const [table, columns] of Object.entries(EXPECTED)) {
    const rows = db.prepare(`SELECT ${columns} FROM ${table} ${table === 'message' ? 'LIMIT 1' : ''}`).all();
    if (table === 'epoch' && rows.length === 0) return 'damaged';
  }
  const limit = wasStopped(db) ? CHECK_ALWAYS_BYTES : CHECK_AFTER_CRASH_BYTES;
  if (statSync(db.name).size > limit) return undefined;
  return db.pragma('quick_check(1)', { simple: true }) === 'ok' ? undefined : 'damaged';
}

/** True where the newest run ended cleanly, or there was none. */
export function wasStopped(db: Database): boolean {
  const last = db.prepare('SELECT stopped_at FROM run ORDER BY id DESC LIMIT 1').pluck().get();
  return last !== null;
}
