import type { Memory } from '../hal/memory.ts';
import type { Loss, LossReason } from '../model/loss.ts';
import type { ClockState, Observation, Priority } from '../model/observation.ts';
import type { MemoryKind } from './memories.ts';

/** The order of telling: alerts, then what is new since the uplink came, then what had to wait. */
export const LANES = ['alert', 'live', 'backlog'] as const;
export type Lane = (typeof LANES)[number];

/** One kept observation or loss, as it will be told: the same at every resend. */
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
  readonly priority: Priority;
  /** The readings, or the ranges that this uplink has lost, as the feed tells them: a JSON array. */
  readonly content: string;
}

/** What waits for one uplink, by the lanes in which it will be told. */
export interface Waiting extends Readonly<Record<Lane, number>> {
  /** UTC milliseconds of the oldest that waits; absent where nothing does. */
  readonly oldestAt?: number;
}

/** Numbers that were declared lost since the start, to somebody at least. */
export interface LossCount {
  readonly reason: LossReason;
  /** Of those that went to make room: the highest among them. */
  readonly priority?: Priority;
  readonly count: number;
}

/** What the outbox holds and has held. */
export interface OutboxStats {
  /** The last sequence number given, per device. */
  readonly heads: Readonly<Record<string, number>>;
  /** Rows not yet settled, per uplink. */
  readonly backlog: Readonly<Record<string, number>>;
  /** The same by lanes, per uplink. */
  readonly waiting: Readonly<Record<string, Waiting>>;
  readonly losses: readonly LossCount[];
  /** Rows kept, settled ones that are not yet cleared away included. */
  readonly rows: number;
  readonly sizeBytes: number;
  /** Absent: no limit but the disk's. */
  readonly quotaBytes?: number;
  /** How much of the room is taken: at 1 the oldest of the lowest priority goes. Absent where nothing has to go ever. */
  readonly filled?: number;
  /** UTC milliseconds of the newest observation that is durable. */
  readonly durableUntil?: number;
  /** The disk takes nothing at the moment: what is new waits in memory, and is tried again. */
  readonly isRefused?: boolean;
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

/** What happens to the store while it runs, for the log. */
export type StoreEvent =
  /** Observations went to make room, and were declared lost; `priority`: the highest of them. */
  | { readonly event: 'dropped'; readonly count: number; readonly priority: Priority }
  /** Somebody else has filled the disk; what is new takes the room of what is old. */
  | { readonly event: 'disk-full' }
  | { readonly event: 'disk-has-room' }
  /** Nothing can be written: everything is in memory only. */
  | { readonly event: 'read-only'; readonly reason: string }
  | { readonly event: 'writable' }
  /** The clock is known now: so many rows of before were corrected, by so much. */
  | { readonly event: 'clock-known'; readonly rows: number; readonly byMs: number };

/**
 * The durable queue between measuring and telling. Rows leave it when every uplink has settled them, or when the quota
 * says so; then they are declared lost to whoever has not had them.
 * A StoreError from any call means that the promise cannot be kept: stop, and start again.
 */
export interface Outbox {
  /** Changes only when the sequence numbers cannot be continued. */
  readonly epoch: string;
  readonly lastRun: LastRun;
  /**
   * Resolves when the observation is durable, or is declared lost durably, or (`durability: after-ack`) every uplink has
   * it. Observations of one device keep the order of the calls. An alert is not kept waiting for the others.
   */
  append(observation: Observation): Promise<void>;
  /** Keeps and tells that numbers of the current epoch will never be delivered; durable when it resolves. */
  declareLoss(loss: Loss): Promise<void>;
  /**
   * What `device` must remember over a restart: its driver's, or (`counters`) what its counters read; durable no later
   * than the next observation appended.
   */
  memory(device: string, kind?: MemoryKind): Memory;
  /**
   * The next rows of a lane that `uplink` has not leased yet, in order, at most `limit`; waits until there is one. They
   * stay leased until settled or given back. With the first lease after a release a session begins: what is older is
   * backlog, what comes is live. Rows whose time is not known yet are kept back (`storage.clockWait`).
   */
  lease(uplink: string, lane: Lane, limit: number, signal: AbortSignal): Promise<readonly Row[]>;
  /** Settles leased rows for one uplink, in any order, as often as you like; durable with the next commit. */
  acknowledge(uplink: string, ids: readonly number[]): void;
  /** Gives back leased rows that the platform has surely not taken: they are leased again, as backlog. */
  giveBack(uplink: string, ids: readonly number[]): void;
  /** Settles leased rows that this platform will never take, and declares them lost to it; durable when it resolves. */
  refuse(uplink: string, rows: readonly Row[]): Promise<void>;
  /** The session is over: what is leased and not settled may or may not have arrived, and will be leased again. */
  release(uplink: string): void;
  stats(): Promise<OutboxStats>;
  /** Makes durable what was appended, marks the run as cleanly ended, and closes. */
  close(): Promise<void>;
}
