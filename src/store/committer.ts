import type { Clock } from '../hal/clock.ts';
import { type Batch, commitOf } from './batch.ts';
import type { FileSize } from './commit.ts';
import { CommitLoop } from './commit-loop.ts';
import type { Cursors } from './cursors.ts';
import { FileError, type FileThread } from './file-thread.ts';
import type { Haste, Keeper } from './keeper.ts';
import type { Ledger } from './ledger.ts';
import type { Limits } from './limits.ts';
import { memoryName } from './memories.ts';
import { MovedError } from './moving-outbox.ts';
import type { Recent } from './recent.ts';
import type { Plan, Room } from './room.ts';

/** What is committed, and how often. */
export interface CommitterOptions {
  readonly clock: Clock;
  readonly commitMs: number;
  readonly isAfterAck: boolean;
  readonly thread: FileThread;
  readonly keeper: Keeper;
  readonly ledger: Ledger;
  readonly cursors: Cursors;
  readonly recent: Recent;
  readonly room: Room;
  readonly limits: Limits;
  /** True where another outbox has taken over: the disk takes nothing any more. */
  readonly flee: () => Promise<boolean>;
}

/** Rows in one commit at most. */
const ROWS_AT_ONCE = 5000;
/** Where rows are told first: so many of them are written without waiting for the time to come. */
const TOLD_FIRST_ROWS = 10_000;
/** After a commit that failed. */
const RETRY_MS = 5000;
/** Failures that pass: no room, or a disk that takes nothing. After any other the promise cannot be kept. */
const PASSES = /^(QUOTA|EIO|EROFS|ENOSPC|SQLITE_(FULL|READONLY|CANTOPEN|IOERR(?!_(READ|SHORT_READ))))/;

type Outcome = 'nothing' | 'done' | 'more' | 'failed';

/** Makes durable, in commits of many rows, what is kept, settled and remembered. */
export class Committer {
  readonly #with: CommitterOptions;
  readonly #loop: CommitLoop;
  #memories = new Map<string, string>();
  #lastMs = Number.NEGATIVE_INFINITY;
  /** The uptime before which a failed commit is not tried again. */
  #retryMs = Number.NEGATIVE_INFINITY;
  #isFailing = false;
  /** The failure that did not pass. */
  #failure: unknown;
  /** There is something to write beside rows. */
  #isDue = false;
  /** Rows are written whatever their age. */
  #isAll = false;
  #isLast = false;

  constructor(options: CommitterOptions) {
    this.#with = options;
    this.#loop = new CommitLoop({
      clock: options.clock,
      dueMs: () => this.#dueMs(),
      commit: async () => (await this.#commit()) === 'more',
    });
  }

  /** True while the last commit failed and will be tried again. */
  get isFailing(): boolean {
    return this.#isFailing;
  }

  /** Throws where the promise cannot be kept. */
  throwIfFailed(): void {
    if (this.#failure) throw this.#failure;
  }

  /** What waits is another's. */
  leave(): void {
    this.#failure = new MovedError();
    this.#with.keeper.changed.wake();
  }

  ask(haste: Haste): void {
    const isAfterFailure = this.#isFailing && this.#with.clock.uptimeMs() < this.#retryMs;
    if (haste === 'soon' || isAfterFailure) {
      this.#loop.schedule();
      return;
    }
    this.#isDue = true;
    this.#isAll ||= haste === 'all';
    this.#loop.now();
  }

  /** The memory with this `memoryKey` is durable no later than the next row that is kept. */
  remember(key: string, text: string): void {
    this.#memories.set(key, text);
    this.#with.ledger.know(memoryName(key).device);
    this.#isDue = true;
    this.#loop.schedule();
  }

  /** A cursor has changed in something that the file is to know. */
  cursorChanged(uplink: string): void {
    this.#with.cursors.changed(uplink);
    this.#isDue = true;
    this.#loop.schedule();
  }

  /** Writes all that is left, and rejects those whose rows could not be. */
  async close(): Promise<void> {
    const { cursors, keeper } = this.#with;
    await this.#loop.stop();
    for (const [name, cursor] of cursors.all) {
      if (!cursor.isSending) continue;
      cursor.release();
      cursors.changed(name);
    }
    this.#isLast = true;
    for (let outcome: Outcome = 'more'; outcome === 'more'; ) {
      this.#isDue = true;
      this.#isAll = true;
      outcome = await this.#commit();
    }
    if (this.#failure instanceof MovedError) throw this.#failure;
    keeper.fail(this.#failure ?? new Error('the outbox is closed'));
  }

  #dueMs(): number | undefined {
    const { keeper, commitMs, isAfterAck } = this.#with;
    if (this.#failure) return undefined;
    const oldestMs = keeper.pending.oldestMs;
    const rowsMs = isAfterAck && oldestMs !== undefined ? oldestMs + commitMs : this.#lastMs + commitMs;
    const restMs = this.#isDue ? this.#lastMs + commitMs : Number.POSITIVE_INFINITY;
    const dueMs = Math.min(oldestMs === undefined ? Number.POSITIVE_INFINITY : rowsMs, restMs);
    return dueMs === Number.POSITIVE_INFINITY ? undefined : Math.max(dueMs, this.#retryMs);
  }

  /** The one place where commits are made, and where they fail. Never rejects. */
  async #commit(): Promise<Outcome> {
    const { thread, room, keeper, ledger, cursors } = this.#with;
    if (this.#failure) return 'failed';
    let batch: Batch | undefined;
    try {
      // What everybody has goes first, and without a word.
      const isEnough = !room.isDecided && cursors.clearable(room.isShort).length > 0;
      const plan = isEnough ? undefined : await room.plan(Math.min(ledger.lastId, keeper.pending.firstId - 1));
      // Its numbers are given here, whatever becomes of the commit: nothing else of this plan changes any more.
      if (plan) keeper.declare(plan.news, { isUrgent: true }).catch(() => undefined);
      batch = this.#compose(plan);
      if (!batch) return 'nothing';
      const size = await thread.ask('commit', commitOf(batch));
      return this.#succeeded(batch, size);
    } catch (cause) {
      if (batch) this.#putBack(batch);
      const isMoved = cause instanceof FileError && cause.code !== 'QUOTA' && (await this.#with.flee());
      return isMoved ? 'failed' : this.#failed(batch, cause);
    } finally {
      keeper.changed.wake();
    }
  }

  #compose(plan: Plan | undefined): Batch | undefined {
    const { keeper, ledger, cursors, room, limits, clock, commitMs, isAfterAck } = this.#with;
    const { pending } = keeper;
    const nowMs = clock.uptimeMs();
    // One that nobody has had for so long says that the others will not be had soon: one commit for all, not one for each.
    const isLate = nowMs - (pending.oldestMs ?? Number.POSITIVE_INFINITY) >= commitMs;
    const isAll = this.#isAll || !isAfterAck || isLate || pending.waiting >= TOLD_FIRST_ROWS;
    const untilMs = isAll ? Number.POSITIVE_INFINITY : nowMs - commitMs;
    const cleared = cursors.clearable(room.isShort);
    const rows = room.isFull && (plan || cleared.length > 0) ? 0 : ROWS_AT_ONCE;
    const { taken, isCut } = pending.share({ untilMs, rows, bytes: limits.commitBytes });
    if (taken.length === 0 && !this.#isDue && !plan && !(room.isShort && cleared.length > 0)) return undefined;
    const durable = { rows: taken.map(({ row }) => row), passed: pending.front(new Set(taken)), isLast: this.#isLast };
    const memories = Object.fromEntries(this.#memories);
    pending.send(taken, true);
    this.#memories.clear();
    this.#lastMs = nowMs;
    this.#isDue = false;
    this.#isAll = isCut && this.#isAll;
    const devices = ledger.due(durable);
    return { taken, isCut, durable, devices, memories, cursors: cursors.take(), cleared, plan };
  }

  #succeeded({ taken, isCut, durable, devices, cursors, cleared, plan }: Batch, size: FileSize): Outcome {
    const { room, keeper, recent, ledger } = this.#with;
    const wasShort = room.isShort;
    this.#isFailing = false;
    this.#retryMs = Number.NEGATIVE_INFINITY;
    keeper.pending.send(taken, false);
    ledger.committed(durable, devices);
    this.#with.cursors.written(cursors);
    this.#with.cursors.cleared(cleared);
    if (plan) {
      recent.remove(new Set(plan.drop.ids));
      room.done(plan.drop);
    }
    keeper.stored(taken);
    room.noteSize(size);
    return isCut || (room.isShort && (plan || cleared.length > 0 || !wasShort)) ? 'more' : 'done';
  }

  /** Everything waits for the next commit as it did for this one. */
  #putBack({ taken, cursors, memories }: Batch): void {
    this.#with.keeper.pending.send(taken, false);
    this.#with.cursors.giveBack(cursors);
    this.#memories = new Map([...Object.entries(memories), ...this.#memories]);
    this.#isDue = true;
  }

  #failed(batch: Batch | undefined, cause: unknown): Outcome {
    const { keeper, room, clock } = this.#with;
    const code = cause instanceof FileError ? (cause.code ?? '') : '';
    if (!PASSES.test(code)) {
      this.#failure = cause;
      keeper.fail(cause);
      return 'failed';
    }
    this.#isFailing = true;
    if (code === 'QUOTA') {
      const isTried = room.isFull && !batch?.plan?.isMore;
      room.noteFull();
      if (!isTried) return 'more';
    }
    this.#retryMs = clock.uptimeMs() + RETRY_MS;
    return 'failed';
  }
}
