import { statSync } from 'node:fs';
import type { Commit, FileSize } from './commit.ts';
import { type Database, isFull } from './database.ts';
import { limitsOf } from './limits.ts';

/** What a row takes beside its content, roughly. */
const ROW_BYTES = 60;
/** What a commit writes beside its rows. */
const PAGES = 64;

/** What of a file that is full: the quota says so, or the disk. */
export class QuotaError extends Error {
  readonly code = 'QUOTA';
}

/** Keeps the file and its log within the quota: SQLite itself refuses to grow beyond. */
export class FileLimit {
  readonly #db: Database;
  readonly #pageBytes: number;
  readonly #fileBytes: number;
  readonly #logBytes: number;
  readonly #commitBytes: number;

  constructor(db: Database, quotaBytes: number | undefined) {
    const { fileBytes, logBytes, checkpointBytes, commitBytes } = limitsOf(quotaBytes);
    this.#db = db;
    this.#fileBytes = fileBytes;
    this.#logBytes = logBytes;
    this.#commitBytes = commitBytes;
    this.#pageBytes = db.pragma('page_size', { simple: true }) as number;
    if (fileBytes < Number.POSITIVE_INFINITY) db.pragma(`max_page_count = ${Math.floor(fileBytes / this.#pageBytes)}`);
    db.pragma(`wal_autocheckpoint = ${Math.max(8, Math.floor(checkpointBytes / this.#pageBytes))}`);
  }

  get size(): FileSize {
    // A file that was larger than its limit before keeps its pages, and SQLite says so: it must become emptier all the same.
    const mostBytes = Math.min(this.#fileBytes, this.#most * this.#pageBytes);
    return { usedBytes: (this.#pages - this.#free) * this.#pageBytes, mostBytes };
  }

  /** SQLite goes on where a checkpoint fails, and the log grows: then it is asked for one whose failure counts. */
  keepLogShort(): void {
    const { size = 0 } = statSync(`${this.#db.name}-wal`, { throwIfNoEntry: false }) ?? {};
    if (size > this.#logBytes) this.#db.pragma('wal_checkpoint(TRUNCATE)');
  }

  /** True where a commit may not have fitted: SQLite says the same of a full disk. */
  isTooSmallFor({ rows }: Commit): boolean {
    // Twice what the rows take, for pages are not full, and a few pages for the rest.
    const bytes = rows.reduce(
      (sum, [, , , , , , , , content]) => sum + 2 * (content.length + ROW_BYTES),
      PAGES * this.#pageBytes,
    );
    return (this.#most - this.#pages + this.#free) * this.#pageBytes < Math.min(bytes, 4 * this.#commitBytes);
  }

  /** A full file is said to be so by the quota where a commit would have passed it. */
  explained(cause: unknown, commit: Commit): unknown {
    return isFull(cause) && this.isTooSmallFor(commit) ? new QuotaError('the quota is used up', { cause }) : cause;
  }

  get #most(): number {
    return this.#db.pragma('max_page_count', { simple: true }) as number;
  }

  get #pages(): number {
    return this.#db.pragma('page_count', { simple: true }) as number;
  }

  get #free(): number {
    return this.#db.pragma('freelist_count', { simple: true }) as number;
  }
}
