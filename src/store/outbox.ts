import type { Memory } from '../hal/memory.ts';
import type { Loss } from '../model/loss.ts';
import type { ClockState, Observation } from '../model/observation.ts';

/** One kept observation or loss, as it will be told: the same to every uplink, and the same at every resend. */
export interface Row {
  /** Order of keeping over all devices; rises, is never used twice. */
  readonly id: number;
  readonly kind: 'observation' | 'loss';
  readonly device: string;
  /** The outbox's own, or an earlier one from which the row was carried over. */
  readonly epoch: string;
  /** 1, 2, 3 … dense per device and epoch, given in the transaction that made the row durable. */
  readonly sequence: number;
  /** UTC milliseconds. */
  readonly at: number;
  readonly clock: ClockState;
  readonly durationSeconds?: number;
  /** The readings or the lost ranges as the feed tells them: a JSON array. */
  readonly content: string;
}

/** What the outbox holds and has held. */
export interface OutboxStats {
  /** The last sequence number given, per device. */
  readonly heads: Readonly<Record<string, number>>;
  /** Rows not yet settled, per uplink. */
  readonly backlog: Readonly<Record<string, number>>;
  /** Rows kept, settled ones that are not yet cleared away included. */
  readonly rows: number;
  readonly sizeBytes: number;
  /** UTC milliseconds of the newest observation that is durable. */
  readonly durableUntil?: number;
}

/**
 * Why a file could not be gone on with: nothing in it; no database by its first bytes; pages that cannot be read; a log
 * with a hole, or none; somebody else's; one of a later release.
 */
export type DamageReason = 'empty' | 'header' | 'damaged' | 'log' | 'foreign' | 'newer-schema';

/** What was done with a file that could not be gone on with. */
export interface Recovery {
  readonly reason: DamageReason;
  /** The directory in which the file lies now, unchanged. */
  readonly quarantine: string;
  /** Rows not yet settled by every uplink that go on, under their own keys. */
  readonly carried: number;
  /** Numbers that were declared lost. */
  readonly lost: number;
}

/** How the run before this one ended. */
export interface LastRun {
  /** False where the program or the power went away without a stop. The very first run follows a clean one. */
  readonly wasClean: boolean;
  /** UTC milliseconds of the newest observation that was durable then. */
  readonly durableUntil?: number;
  /** The file of that run could not be gone on with: there is a new one, and a new epoch. */
  readonly recovered?: Recovery;
}

/**
 * The durable queue between measuring and telling. Rows leave it only when every uplink has settled them.
 * A StoreError from any call means that the promise cannot be kept: stop, and start again.
 */
export interface Outbox {
  /** Changes only when the sequence numbers cannot be continued. */
  readonly epoch: string;
  readonly lastRun: LastRun;
  /** Durable when it resolves. Observations of one device keep the order of the calls. */
  append(observation: Observation): Promise<void>;
  /** Keeps and tells that numbers of the current epoch will never be delivered; durable when it resolves. */
  declareLoss(loss: Loss): Promise<void>;
  /** What `device` must remember over a restart; durable no later than the next observation appended. */
  memory(device: string): Memory;
  /**
   * The oldest rows that `uplink` has not leased yet, at most `limit`; waits until there is one. They stay leased until
   * acknowledged or released; a restart releases all.
   */
  lease(uplink: string, limit: number, signal: AbortSignal): Promise<readonly Row[]>;
  /** Settles leased rows for one uplink, in any order, as often as you like; durable with the next commit. */
  acknowledge(uplink: string, ids: readonly number[]): void;
  /** Gives back what `uplink` has leased and not settled: it will be leased again, in order. */
  release(uplink: string): void;
  stats(): Promise<OutboxStats>;
  /** Makes durable what was appended, marks the run as cleanly ended, and closes. */
  close(): Promise<void>;
}
