import type { Range } from '../model/number-set.ts';
import type { ClockState, Priority } from '../model/observation.ts';
import type { CursorState } from './cursor.ts';
import type { Dropped } from './losses.ts';
import type { OutboxStats, Row } from './outbox.ts';

/** A row as the store keeps it: with what is needed to correct its time. */
export interface KeptRow extends Row {
  /** Milliseconds since boot, or TIMED_BY_PART. */
  readonly uptimeMs: number;
}

/** How far the numbers of one device have come in one epoch. */
export interface DeviceNumbers {
  readonly epoch: string;
  readonly name: string;
  /** No number above this one has been used. */
  readonly head: number;
  /** Every number up to here is kept, or has been; above it there may be holes. Null: the same as the head. */
  readonly complete: number | null;
}

/** A device in a commit; null leaves `durable_until` as it is. */
export interface DeviceCommit extends DeviceNumbers {
  readonly durableUntil: number | null;
}

/** A row on its way to the thread: id, place of its device in the commit, sequence, kind, and so on, as `write` wants it. */
export type RowValues = readonly [
  id: number,
  device: number,
  sequence: number,
  kind: 0 | 1,
  at: number,
  uptimeMs: number,
  clock: ClockState,
  durationSeconds: number | null,
  content: string,
  priority: number,
];

/** All that becomes durable together. What is deleted goes first: it makes the room for the rest. */
export interface Commit {
  readonly delete: readonly Range[];
  readonly rows: readonly RowValues[];
  readonly devices: readonly DeviceCommit[];
  /** By `memoryKey`. */
  readonly memories: Readonly<Record<string, string>>;
  readonly cursors: Readonly<Record<string, CursorState>>;
}

/** How much room the file takes: `usedBytes` without what is free inside it; and may take, as the disk stands. */
export interface FileSize {
  readonly usedBytes: number;
  readonly mostBytes: number;
}

/** What the file knows of itself; what has been told to whom is known above it. */
export type FileStats = Pick<OutboxStats, 'rows' | 'sizeBytes' | 'durableUntil'>;

/** Which rows to look at for something to drop. */
export interface CandidatesAsked {
  readonly priority: Priority;
  /** Ids to look at. */
  readonly within: Range;
  readonly limit: number;
  /** Leaves out each n-th observation of a device, and losses. */
  readonly thinning?: number;
}

/** Rows that may be dropped, and how far has been looked. */
export interface Candidates {
  readonly rows: readonly Dropped[];
  readonly upTo: number;
}
