import type { NewRow } from './new-row.ts';
import type { OutboxStats } from './outbox.ts';

/** All that becomes durable together. */
export interface Commit {
  readonly rows: readonly NewRow[];
  readonly memories: Readonly<Record<string, string>>;
  /** Per uplink: every row up to this id is settled. */
  readonly settled: Readonly<Record<string, number>>;
}

/** What the commit gave to its rows: ids from `firstId` on, and a sequence number each. */
export interface Committed {
  readonly firstId: number;
  readonly sequences: readonly number[];
}

/** What the file knows of itself; what has been told to whom is known above it. */
export type FileStats = Omit<OutboxStats, 'backlog'>;
