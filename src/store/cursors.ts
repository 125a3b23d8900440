import { countOf, NumberSet, type Range } from '../model/number-set.ts';
import { Cursor, type CursorState, newCursor } from './cursor.ts';
import type { Slate } from './slate.ts';
import type { Opened } from './sqlite-file.ts';

/** Ids cleared away in one commit: enough to keep up, few enough not to hold it up. */
const CLEAR_AT_MOST = 5000;
/** Rows are cleared when so many are settled: a page is rewritten once, not at each acknowledgement. */
const CLEAR_FROM = 500;

/** The cursors of all uplinks, and what of them stands in the file. */
export class Cursors {
  readonly #all: ReadonlyMap<string, Cursor>;
  /** Changed since they were written. */
  readonly #unsaved = new Set<string>();
  /** Of which the file says that a session has begun. */
  readonly #sending = new Set<string>();
  /** Ids whose rows are deleted. */
  readonly #cleared: NumberSet;
  /** Has what changes between two commits, should the program end before the next. */
  readonly #slate: Slate | undefined;

  constructor(all: ReadonlyMap<string, Cursor>, oldestId: number, slate?: Slate) {
    this.#all = all;
    this.#slate = slate;
    this.#cleared = new NumberSet(oldestId > 1 ? [{ from: 1, to: oldestId - 1 }] : []);
  }

  get all(): ReadonlyMap<string, Cursor> {
    return this.#all;
  }

  of(uplink: string): Cursor {
    const cursor = this.#all.get(uplink);
    if (!cursor) throw new RangeError(`no uplink called ${uplink}`);
    return cursor;
  }

  isSettledByAll(id: number): boolean {
    if (this.#all.size === 0) return false;
    for (const cursor of this.#all.values()) if (!cursor.isSettled(id)) return false;
    return true;
  }

  isLeased(id: number): boolean {
    for (const cursor of this.#all.values()) if (cursor.isLeased(id)) return true;
    return false;
  }

  /** True where somebody may have been told the row, or is being told. */
  isTouched(id: number): boolean {
    for (const cursor of this.#all.values()) {
      if (cursor.isSettled(id) || cursor.isLeased(id) || cursor.isUnsure(id)) return true;
    }
    return false;
  }

  /** Of a range, the ids that are not touched. */
  untouched(within: Range): Range[] {
    const sets = Array.from(this.#all.values(), ({ settled, leased, unsure }) => [settled, leased, unsure]).flat();
    return sets.reduce<Range[]>((left, set) => left.flatMap((range) => set.gaps(range)), [within]);
  }

  /** The first id from `from` on that some uplink has yet to lease. */
  firstOpen(from: number): number {
    return Math.min(Number.POSITIVE_INFINITY, ...Array.from(this.#all.values(), (cursor) => cursor.firstOpen(from)));
  }

  /** Rows that are no more. */
  lose(ids: readonly number[]): void {
    for (const [name, cursor] of this.#all) {
      cursor.lose(ids);
      this.changed(name);
    }
  }

  changed(uplink: string): void {
    this.#unsaved.add(uplink);
  }

  get isUnsaved(): boolean {
    return this.#unsaved.size > 0;
  }

  /** True where the file knows that the uplink's session has begun. */
  isSessionNoted(uplink: string): boolean {
    return this.#sending.has(uplink);
  }

  /** What has changed, on its way to the file. */
  take(): Record<string, CursorState> {
    const states = Array.from(this.#unsaved, (name) => [name, this.of(name).state] as const);
    this.#unsaved.clear();
    this.#slate?.take();
    return Object.fromEntries(states);
  }

  /** It stands in the file. */
  written(states: Readonly<Record<string, CursorState>>): void {
    for (const [name, { isSending }] of Object.entries(states)) {
      if (isSending) this.#sending.add(name);
      else this.#sending.delete(name);
    }
    this.#slate?.committed();
  }

  /** It did not come to that. */
  giveBack(states: Readonly<Record<string, CursorState>>): void {
    for (const name of Object.keys(states)) this.#unsaved.add(name);
    this.#slate?.giveBack();
  }

  /** Rows that every uplink has settled, to be deleted: when there are many, or (`isNeeded`) any. */
  clearable(isNeeded: boolean): Range[] {
    const ranges = this.#settledByAll().flatMap((range) => this.#cleared.gaps(range));
    if (!isNeeded && countOf(ranges) < CLEAR_FROM) return [];
    let left = CLEAR_AT_MOST;
    return ranges.flatMap(({ from, to }) => {
      const last = Math.min(to, from + left - 1);
      left -= Math.max(0, last - from + 1);
      return last >= from ? [{ from, to: last }] : [];
    });
  }

  cleared(ranges: readonly Range[]): void {
    this.#cleared.addAll({ ranges });
  }

  #settledByAll(): readonly Range[] {
    const [first, ...others] = this.#all.values();
    if (!first) return [];
    return others.reduce<readonly Range[]>(
      (shared, { settled }) => shared.flatMap((range) => settled.within(range)),
      first.settled.ranges,
    );
  }
}

/** The cursors of a file as it was opened. */
export function cursorsOf(
  uplinks: readonly string[],
  { cursors, newestId, oldestId }: Opened,
  slate: Slate | undefined,
): Cursors {
  const all = uplinks.map((name) => [name, new Cursor(cursors[name] ?? newCursor, newestId)] as const);
  return new Cursors(new Map(all), oldestId, slate);
}
