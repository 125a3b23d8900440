import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../hal/clock.ts';
import type { Memory } from '../hal/memory.ts';
import { StoreError } from '../model/errors.ts';
import type { Loss } from '../model/loss.ts';
import type { Observation } from '../model/observation.ts';
import type { Commit } from './commit.ts';
import { Cursor } from './cursor.ts';
import { FileThread } from './file-thread.ts';
import { lossRow, type NewRow, newRow } from './new-row.ts';
import type { LastRun, Outbox, OutboxStats, Row } from './outbox.ts';
import type { Opened } from './sqlite-thread.ts';
import { Waiters } from './waiters.ts';

/** How the outbox keeps. */
export interface SqliteOutboxOptions {
  /** The database file; its directory is made if need be. */
  readonly path: string;
  /** The longest time that an observation waits to be made durable, in milliseconds: one commit per so much time. */
  readonly commitMs: number;
  readonly uplinks: readonly string[];
  readonly bootId: string;
  readonly clock: Clock;
}

/** When so many rows wait, they are committed without waiting for the time to come. */
const COMMIT_ROWS = 2000;
/** Rows that were just made durable and not leased yet are told from memory, up to so many; older ones are read back. */
const RECENT_ROWS = 2000;

interface Waiting {
  readonly row: NewRow;
  resolve(): void;
  reject(error: unknown): void;
}

/** The outbox in SQLite, one transaction per commit interval, written by a thread of its own. */
export async function openSqliteOutbox(options: SqliteOutboxOptions): Promise<Outbox> {
  const { path, uplinks, bootId, clock } = options;
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch (cause) {
    throw new StoreError(`${dirname(path)} cannot be made: ${(cause as Error).message}`, 'set storage.path', { cause });
  }
  const thread = new FileThread({ path, uplinks, bootId, startedAt: clock.now() });
  return new SqliteOutbox(options, thread, await thread.opened);
}

class SqliteOutbox implements Outbox {
  readonly epoch: string;
  readonly lastRun: LastRun;
  readonly #clock: Clock;
  readonly #commitMs: number;
  readonly #thread: FileThread;
  readonly #cursors: ReadonlyMap<string, Cursor>;
  readonly #memories: Map<string, string>;
  readonly #committed = new Waiters();
  #newestId: number;
  #waiting: Waiting[] = [];
  #unsavedMemories = new Set<string>();
  #unsavedCursors = new Set<string>();
  #recent: readonly Row[] = [];
  #lastCommitMs = Number.NEGATIVE_INFINITY;
  /** The wait for the next commit, or the commit itself. */
  #timer: AbortController | undefined;
  #committing: Promise<void> | undefined;

  constructor({ clock, commitMs }: SqliteOutboxOptions, thread: FileThread, opened: Opened) {
    this.epoch = opened.epoch;
    this.lastRun = opened.lastRun;
    this.#clock = clock;
    this.#commitMs = commitMs;
    this.#thread = thread;
    this.#newestId = opened.newestId;
    this.#cursors = new Map(Object.entries(opened.settled).map(([name, settled]) => [name, new Cursor(settled)]));
    this.#memories = new Map(Object.entries(opened.memories));
  }

  append(observation: Observation): Promise<void> {
    return this.#keep(newRow(observation));
  }

  declareLoss(loss: Loss): Promise<void> {
    return this.#keep(lossRow(loss));
  }

  memory(device: string): Memory {
    return {
      load: async () => this.#memories.get(device),
      save: async (text) => {
        this.#memories.set(device, text);
        this.#unsavedMemories.add(device);
        this.#schedule();
      },
    };
  }

  async lease(uplink: string, limit: number, signal: AbortSignal): Promise<readonly Row[]> {
    const cursor = this.#cursor(uplink);
    for (;;) {
      while (cursor.leased >= this.#newestId) await this.#committed.wait(signal);
      const newestId = this.#newestId;
      const rows = await this.#rowsAfter(cursor.leased, limit);
      cursor.lease(rows.map(({ id }) => id));
      if (rows.length > 0) return rows;
      // The last ids of a damaged file may have no rows: there is nothing to wait for behind them.
      cursor.leased = newestId;
    }
  }

  acknowledge(uplink: string, ids: readonly number[]): void {
    if (!this.#cursor(uplink).acknowledge(ids)) return;
    this.#unsavedCursors.add(uplink);
    this.#schedule();
  }

  release(uplink: string): void {
    this.#cursor(uplink).release();
  }

  async stats(): Promise<OutboxStats> {
    const stats = await this.#thread.ask('stats', undefined);
    const backlog = Array.from(this.#cursors, ([name, { settled }]) => [name, this.#newestId - settled] as const);
    return { ...stats, backlog: Object.fromEntries(backlog) };
  }

  async close(): Promise<void> {
    this.#timer?.abort();
    await this.#committing;
    await this.#commit();
    // One may have been set between the two: it would hold the program up.
    this.#timer?.abort();
    await this.#thread.ask('close', { stoppedAt: this.#clock.now() });
  }

  #keep(row: NewRow): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ row, resolve, reject });
      this.#schedule();
    });
  }

  #cursor(uplink: string): Cursor {
    const cursor = this.#cursors.get(uplink);
    if (!cursor) throw new RangeError(`no uplink called ${uplink}`);
    return cursor;
  }

  async #rowsAfter(id: number, limit: number): Promise<readonly Row[]> {
    const oldestRecent = this.#recent[0]?.id ?? Number.POSITIVE_INFINITY;
    if (id + 1 < oldestRecent) return this.#thread.ask('read', { after: id, limit });
    const from = id + 1 - oldestRecent;
    return this.#recent.slice(from, from + limit);
  }

  get #isIdle(): boolean {
    return this.#waiting.length === 0 && this.#unsavedMemories.size === 0 && this.#unsavedCursors.size === 0;
  }

  /** What comes after a pause is committed at once; then one commit per interval, or as soon as many rows wait. */
  #schedule(): void {
    if (this.#committing !== undefined) return;
    if (this.#waiting.length >= COMMIT_ROWS) {
      this.#timer?.abort();
      this.#begin();
    } else if (!this.#timer) {
      const timer = new AbortController();
      this.#timer = timer;
      const waitMs = Math.max(0, this.#lastCommitMs + this.#commitMs - this.#clock.uptimeMs());
      this.#clock.sleep(waitMs, timer.signal).then(
        () => this.#begin(),
        () => undefined, // aborted by whoever commits instead
      );
    }
  }

  #begin(): void {
    this.#timer = undefined;
    this.#committing = this.#commit().finally(() => {
      this.#committing = undefined;
      if (!this.#isIdle) this.#schedule();
    });
  }

  /** Never rejects: a failure goes to those whose rows were not kept. */
  async #commit(): Promise<void> {
    if (this.#isIdle) return;
    const waiting = this.#waiting.splice(0);
    const memories = [...this.#unsavedMemories];
    const cursors = [...this.#unsavedCursors];
    this.#unsavedMemories.clear();
    this.#unsavedCursors.clear();
    this.#lastCommitMs = this.#clock.uptimeMs();
    const commit: Commit = {
      rows: waiting.map(({ row }) => row),
      memories: Object.fromEntries(memories.map((name) => [name, this.#memories.get(name) ?? ''])),
      settled: Object.fromEntries(cursors.map((name) => [name, this.#cursor(name).settled])),
    };
    try {
      const { firstId, sequences } = await this.#thread.ask('commit', commit);
      this.#remember(commit.rows, firstId, sequences);
      for (const { resolve } of waiting) resolve();
    } catch (cause) {
      for (const name of memories) this.#unsavedMemories.add(name);
      for (const name of cursors) this.#unsavedCursors.add(name);
      for (const { reject } of waiting) reject(cause);
    }
  }

  #remember(rows: readonly NewRow[], firstId: number, sequences: readonly number[]): void {
    const leased = Math.min(this.#newestId, ...Array.from(this.#cursors.values(), (cursor) => cursor.leased));
    const kept = rows.map(({ uptimeMs: _, ...row }, index): Row => {
      return { id: firstId + index, epoch: this.epoch, sequence: sequences[index] ?? 0, ...row };
    });
    this.#recent = [...this.#recent.filter(({ id }) => id > leased), ...kept].slice(-RECENT_ROWS);
    this.#newestId += rows.length;
    this.#committed.wake();
  }
}
