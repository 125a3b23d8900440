import type { Range } from '../model/number-set.ts';
import type { KeptRow } from './commit.ts';

/** Rows that were just made durable and not leased yet are told from memory, up to so many; older ones are read back. */
const RECENT_ROWS = 2000;

/** The newest rows, in memory: from `oldestId` on every row that may be told is here. */
export class Recent {
  #rows: KeptRow[] = [];

  /** Infinity where nothing is here. */
  get oldestId(): number {
    return this.#rows[0]?.id ?? Number.POSITIVE_INFINITY;
  }

  get isEmpty(): boolean {
    return this.#rows.length === 0;
  }

  /** Rows newer than all before. */
  add(rows: readonly KeptRow[]): void {
    for (const row of rows) this.#rows.push(row);
  }

  /** The first rows of a range, at most `limit`. */
  within({ from, to }: Range, limit: number): KeptRow[] {
    const found: KeptRow[] = [];
    for (let index = this.#indexFrom(from); found.length < limit; index += 1) {
      const row = this.#rows[index];
      if (!row || row.id > to) break;
      found.push(row);
    }
    return found;
  }

  /** Forgets what is below `id`, and more where there is too much; rows from `mustId` on stay in any case. */
  trim(id: number, mustId: number): void {
    const byNeed = this.#indexFrom(Math.min(id, mustId));
    const byRoom = Math.min(this.#rows.length - RECENT_ROWS, this.#indexFrom(mustId));
    const from = Math.max(byNeed, byRoom);
    if (from > 0) this.#rows = this.#rows.slice(from);
  }

  /** Rows that are no more. */
  remove(ids: ReadonlySet<number>): void {
    if (this.#rows.some(({ id }) => ids.has(id))) this.#rows = this.#rows.filter(({ id }) => !ids.has(id));
  }

  /** Puts other rows in the place of those of a range. */
  change({ from, to }: Range, change: (row: KeptRow) => KeptRow): void {
    for (let index = this.#indexFrom(from); ; index += 1) {
      const row = this.#rows[index];
      if (!row || row.id > to) return;
      this.#rows[index] = change(row);
    }
  }

  /** Where the first row stands with this id or a later one. */
  #indexFrom(id: number): number {
    let [low, high] = [0, this.#rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#rows[middle]?.id ?? 0) < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
