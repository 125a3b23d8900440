/** The one door to SQLite. */
import Database from 'better-sqlite3';

export type { Database, Statement, Transaction } from 'better-sqlite3';

/** Opens a database file; nobody is waited for. Read-only, SQLite leaves the file and its log as they are. */
export function openDatabase(path: string, { readonly = false } = {}): Database.Database {
  return new Database(path, { timeout: 0, readonly, fileMustExist: readonly });
}

const DAMAGE = /^SQLITE_(CORRUPT|NOTADB|IOERR_READ|IOERR_SHORT_READ)/;

/** True where the error says that what stands in the file cannot be read: not that the disk is full, say. */
export function isDamage(cause: unknown): boolean {
  return cause instanceof Database.SqliteError && DAMAGE.test(cause.code);
}

/** True where the file is whole for SQLite, but a table or column is missing. */
export function isForeign(cause: unknown): boolean {
  return cause instanceof Database.SqliteError && cause.code === 'SQLITE_ERROR';
}

/** True where there is no room for more: in the file, as it was limited, or on the disk. */
export function isFull(cause: unknown): boolean {
  return cause instanceof Database.SqliteError && cause.code === 'SQLITE_FULL';
}
