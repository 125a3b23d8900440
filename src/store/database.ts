/** The one door to SQLite. */
import { createRequire } from 'node:module';
import Database from 'better-sqlite3';

export type { Database, Statement, Transaction } from 'better-sqlite3';

/**
 * Keeps SQLite's native code mapped for as long as the program runs. Where a thread alone has loaded it, Node takes it out
 * of memory when that thread ends, and V8 may still call into it then: the program would end with SIGSEGV (better-sqlite3
 * issue 1476). To be called in the main thread; it costs 0.2 MB.
 */
export function keepLoaded(): void {
  createRequire(import.meta.url)('better-sqlite3/build/Release/better_sqlite3.node');
}

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
