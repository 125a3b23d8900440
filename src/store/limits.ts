/** How a quota is divided. */
export interface Limits {
  /** The database file at most. */
  readonly fileBytes: number;
  /** The write-ahead log before a commit at most. */
  readonly logBytes: number;
  /** The log is emptied into the file when it has grown to this. */
  readonly checkpointBytes: number;
  /** What one commit brings at most, as far as it can be chosen. */
  readonly commitBytes: number;
  /** Rows dropped in one commit: each may lie in a page of its own, and that page goes through the log. */
  readonly dropRows: number;
}

// 4 MiB: checkpoints are the moment at which a card that lies about syncing can do harm; few and large ones, then.
const CHECKPOINT_BYTES = 4 * 1024 * 1024;
const COMMIT_BYTES = 1024 * 1024;
const DROP_ROWS = 4000;
const PAGE_BYTES = 1024;

/**
 * The shares of the file, its log and one commit. The log takes a checkpoint's worth and what one commit brings; a commit
 * that drops writes the pages that it thins out, and one that inserts, little more than its rows.
 */
export function limitsOf(quotaBytes: number = Number.POSITIVE_INFINITY): Limits {
  const commitBytes = Math.min(COMMIT_BYTES, quotaBytes / 32);
  const checkpointBytes = Math.min(CHECKPOINT_BYTES, quotaBytes / 8);
  const dropRows = Math.floor(Math.min(DROP_ROWS, quotaBytes / 16 / PAGE_BYTES));
  const largestCommit = 3 * commitBytes + dropRows * PAGE_BYTES * 1.1;
  const logBytes = checkpointBytes * 1.1 + largestCommit;
  return { fileBytes: quotaBytes - logBytes - largestCommit, logBytes, checkpointBytes, commitBytes, dropRows };
}
