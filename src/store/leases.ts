import type { NumberSet, Range } from '../model/number-set.ts';
import type { Committer } from './committer.ts';
import type { Cursor } from './cursor.ts';
import type { Cursors } from './cursors.ts';
import type { FileThread } from './file-thread.ts';
import type { Keeper } from './keeper.ts';
import { rangesFor } from './losses.ts';
import type { Lane, Row } from './outbox.ts';
import type { Recent } from './recent.ts';

/** Where rows are leased from. */
export interface LeasesOptions {
  readonly cursors: Cursors;
  readonly recent: Recent;
  readonly thread: FileThread;
  readonly keeper: Keeper;
  readonly committer: Committer;
  /** Rows that must not be told (yet). */
  readonly keptBack: readonly NumberSet[];
}

/** What is asked for. */
export interface Wanted {
  readonly lane: Lane;
  readonly limit: number;
}

/** Ranges that one lease is put together from at most. */
const PIECES = 8;

/** Leases rows to the uplinks: the newest from memory, older ones from the file. */
export class Leases {
  readonly #with: LeasesOptions;

  constructor(options: LeasesOptions) {
    this.#with = options;
  }

  /** Waits until there is a row of the lane. */
  async next(uplink: string, wanted: Wanted, signal: AbortSignal): Promise<readonly Row[]> {
    const { cursors, keeper, committer } = this.#with;
    const cursor = cursors.of(uplink);
    for (;;) {
      signal.throwIfAborted();
      committer.throwIfFailed();
      const { turn } = keeper.changed;
      if (!cursor.isOpen) cursor.begin(keeper.leasableId);
      if (this.#free(cursor, wanted.lane) && this.#maySend(uplink, cursor)) {
        const rows = await this.#gather(cursor, wanted);
        if (rows.length > 0) return rows.map((row) => shownTo(uplink, row));
      } else await keeper.changed.wait(signal, turn);
    }
  }

  /** Before the first row of a session the file knows that one has begun: what is sent may arrive. */
  #maySend(uplink: string, cursor: Cursor): boolean {
    const { cursors, committer } = this.#with;
    if (!cursor.isSending) {
      cursor.send();
      cursors.changed(uplink);
    }
    // Where nothing can be written, telling goes on all the same.
    if (cursors.isSessionNoted(uplink) || committer.isFailing) return true;
    committer.ask('now');
    return false;
  }

  #free(cursor: Cursor, lane: Lane): Range | undefined {
    const { keeper, keptBack } = this.#with;
    return cursor.next(lane, { newestId: keeper.leasableId, keptBack });
  }

  /** In few pieces; none where what there was is gone, or the session is. */
  async #gather(cursor: Cursor, { lane, limit }: Wanted): Promise<readonly Row[]> {
    const { session } = cursor;
    const rows: Row[] = [];
    for (let pieces = 0; rows.length < limit && pieces < PIECES; pieces += 1) {
      const free = this.#free(cursor, lane);
      if (!free) break;
      const found = await this.#lease(cursor, free, limit - rows.length);
      // The session has ended meanwhile: what it leased is open again.
      if (cursor.session !== session) return [];
      rows.push(...found);
    }
    return rows;
  }

  /** Leases the first rows of a range that is free; none where they are gone. */
  async #lease(cursor: Cursor, free: Range, limit: number): Promise<readonly Row[]> {
    const { recent } = this.#with;
    const recentId = recent.oldestId;
    const range = { from: free.from, to: free.from < recentId ? Math.min(free.to, recentId - 1) : free.to };
    const { session } = cursor;
    cursor.take(range);
    const found = range.from >= recentId ? recent.within(range, limit) : await this.#read(cursor, range, limit);
    if (cursor.session !== session) return [];
    const rows = found.filter(({ id }) => !cursor.isSettled(id));
    const upTo = found.length < limit ? range.to : (found.at(-1)?.id ?? range.to);
    const ids = rows.map(({ id }) => id);
    cursor.found(range, upTo, ids);
    return rows;
  }

  async #read(cursor: Cursor, range: Range, limit: number): Promise<readonly Row[]> {
    const { thread, keeper } = this.#with;
    const { session } = cursor;
    try {
      return await thread.ask('read', { ...range, limit });
    } catch (cause) {
      if (cursor.session === session) cursor.found(range, range.from - 1, []);
      throw cause;
    } finally {
      // What was not needed of the range is free again, for another lane too: they look when this one has its rows.
      queueMicrotask(() => keeper.changed.wake());
    }
  }
}

/** A loss lists to each uplink its own ranges only. */
function shownTo(uplink: string, row: Row): Row {
  return row.kind === 'loss' ? { ...row, content: JSON.stringify(rangesFor(uplink, row.content)) } : row;
}
