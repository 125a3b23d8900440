import type { KeptRow } from './commit.ts';

/** A row that waits to be made durable, and those who wait for that. */
export interface Held {
  row: KeptRow;
  /** By the clock of the uptime. */
  readonly sinceMs: number;
  /** Belongs to the next commit: what else stands there must not become durable without it. */
  readonly isUrgent: boolean;
  /** Durable; rows before it are not yet. */
  isStored: boolean;
  /** Every uplink has it: it need not be kept. */
  isTold: boolean;
  /** On its way to the file. */
  isUnderWay: boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** What the next commit may take. */
export interface Share {
  /** Rows that came later may wait. */
  readonly untilMs: number;
  readonly rows: number;
  readonly bytes: number;
}

/** Roughly what a row takes besides its content. */
const ROW_BYTES = 40;

/** Rows that are not durable yet, in the order of their ids. */
export class Pending {
  #held: Held[] = [];
  #underWay = 0;

  get length(): number {
    return this.#held.length;
  }

  /** How many are not on their way to the file. */
  get waiting(): number {
    return this.#held.length - this.#underWay;
  }

  get all(): readonly Held[] {
    return this.#held;
  }

  /** The first id that is not durable; Infinity where all are. */
  get firstId(): number {
    return this.#held[0]?.row.id ?? Number.POSITIVE_INFINITY;
  }

  /** Since when the oldest waits that must be kept. */
  get oldestMs(): number | undefined {
    return this.#held.find(({ isStored, isTold }) => !isStored && !isTold)?.sinceMs;
  }

  push(held: Held): void {
    this.#held.push(held);
  }

  /** What the next commit takes: the first in order, and whatever is urgent. `isCut`: there would be more. */
  share({ untilMs, rows, bytes }: Share): { readonly taken: Held[]; readonly isCut: boolean } {
    const taken: Held[] = [];
    let size = 0;
    let isCut = false;
    let isEarly = false;
    for (const held of this.#held) {
      if (held.isStored || held.isTold) continue;
      size += held.row.content.length + ROW_BYTES;
      isEarly ||= held.sinceMs > untilMs;
      isCut ||= !isEarly && (taken.length >= rows || (taken.length > 0 && size > bytes));
      if ((!isCut && !isEarly) || held.isUrgent) taken.push(held);
    }
    return { taken, isCut };
  }

  /** The rows from the first on that are durable or told to all, or will be when `taken` is. */
  front(taken: ReadonlySet<Held>): KeptRow[] {
    const end = this.#held.findIndex((held) => !held.isStored && !held.isTold && !taken.has(held));
    return this.#held.slice(0, end < 0 ? this.#held.length : end).map(({ row }) => row);
  }

  /** Forgets those at the front that need nothing any more. */
  shift(count: number): void {
    this.#held.splice(0, count);
  }

  /** They are on their way to the file, or (`false`) not any more. */
  send(taken: readonly Held[], isUnderWay: boolean): void {
    this.#underWay = isUnderWay ? taken.length : 0;
    for (const held of taken) held.isUnderWay = isUnderWay;
  }

  remove(gone: ReadonlySet<Held>): void {
    this.#held = this.#held.filter((held) => !gone.has(held));
  }

  /** The row with this id. */
  find(id: number): Held | undefined {
    let [low, high] = [0, this.#held.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#held[middle]?.row.id ?? 0) < id) low = middle + 1;
      else high = middle;
    }
    const held = this.#held[low];
    return held?.row.id === id ? held : undefined;
  }
}
