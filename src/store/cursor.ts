/** How far one uplink has come: what it has leased, and up to where everything is settled. */
export class Cursor {
  /** Every row up to here is settled. */
  settled: number;
  /** Every row up to here is leased or settled. */
  leased: number;
  #open: number[] = [];
  readonly #done = new Set<number>();

  constructor(settled: number) {
    this.settled = settled;
    this.leased = settled;
  }

  /** Notes that the rows with these ids, ascending, were handed out. */
  lease(ids: readonly number[]): void {
    this.#open.push(...ids);
    this.leased = ids.at(-1) ?? this.leased;
  }

  /** Settles rows in any order; true if `settled` moved. Rows that are not on lease are settled already: no matter. */
  acknowledge(ids: readonly number[]): boolean {
    for (const id of ids) if (id > this.settled) this.#done.add(id);
    let count = 0;
    for (const id of this.#open) {
      if (!this.#done.delete(id)) break;
      this.settled = id;
      count += 1;
    }
    this.#open.splice(0, count);
    return count > 0;
  }

  /**
   * Gives back what is not settled. Rows that were acknowledged out of order are given back too: only a prefix can be
   * settled, and telling them twice is what the key in the feed is for.
   */
  release(): void {
    this.leased = this.settled;
    this.#open = [];
    this.#done.clear();
  }
}
