import { countOf, NumberSet, type Range } from '../model/number-set.ts';
import type { Lane } from './outbox.ts';

/** What of a cursor survives a restart. Ranges of row ids. */
export interface CursorState {
  readonly settled: readonly Range[];
  /** Sent in sessions that ended before the answer: they may or may not have arrived. */
  readonly unsure: readonly Range[];
  /** A session has begun and its end is not noted: everything that is not settled may have been sent in it. */
  readonly isSending: boolean;
  /** So many ids that are not settled have no row any more: whoever comes by finds nothing, and settles them. */
  readonly gone: number;
}

/** A new uplink is told what is still here. */
export const newCursor: CursorState = { settled: [], unsure: [], isSending: false, gone: 0 };

/** Ids that may be leased: up to `newestId`, without those that are kept back. */
export interface Leasable {
  readonly newestId: number;
  readonly keptBack: readonly NumberSet[];
}

/** When more rows than this are new and not leased, the older ones are no news any more: they join the backlog. */
const LIVE_ROWS_AT_MOST = 500;

/** How far one uplink has come: row by row what it has had, and what it is being told now. */
export class Cursor {
  readonly #settled: NumberSet;
  readonly #unsure: NumberSet;
  readonly #leased = new NumberSet();
  /** Those of the leased that are being looked for: nobody has seen them yet. */
  readonly #reading = new NumberSet();
  readonly #alerts = new NumberSet();
  #gone: number;
  #isOpen = false;
  #isSending = false;
  #session = 0;
  /** The first id that is news in this session. */
  #liveFrom = 1;

  constructor({ settled, unsure, isSending, gone }: CursorState, newestId: number) {
    this.#settled = new NumberSet(settled);
    this.#unsure = new NumberSet(isSending ? this.#settled.gaps({ from: 1, to: newestId }) : unsure);
    this.#gone = gone;
  }

  get state(): CursorState {
    return {
      settled: this.#settled.ranges,
      unsure: this.#unsure.ranges,
      isSending: this.#isSending,
      gone: this.#gone,
    };
  }

  get settled(): NumberSet {
    return this.#settled;
  }

  get leased(): NumberSet {
    return this.#leased;
  }

  get unsure(): NumberSet {
    return this.#unsure;
  }

  /** True in a session. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** True in a session in which something may have been sent. */
  get isSending(): boolean {
    return this.#isSending;
  }

  /** Another number after each release. */
  get session(): number {
    return this.#session;
  }

  /** How many rows with ids from 1 up to `newestId` are not settled. */
  backlog(newestId: number): number {
    return Math.max(0, countOf(this.#settled.gaps({ from: 1, to: newestId })) - this.#gone);
  }

  /** As `backlog`, by the lanes in which they will be told. */
  lanes(newestId: number): Record<Lane, number> {
    const alert = this.#alerts.size;
    const liveFrom = this.#isOpen ? this.#liveFrom : newestId + 1;
    const news = { from: liveFrom, to: newestId };
    const live = countOf(this.#settled.gaps(news)) - countOf(this.#alerts.within(news));
    return { alert, live, backlog: Math.max(0, this.backlog(newestId) - alert - live) };
  }

  isSettled(id: number): boolean {
    return this.#settled.has(id);
  }

  isLeased(id: number): boolean {
    return this.#leased.has(id);
  }

  /** True where nobody can say whether the platform has the row. */
  isUnsure(id: number): boolean {
    return this.#unsure.has(id);
  }

  /** The first id from `from` on that is neither settled nor leased. */
  firstOpen(from: number): number {
    let id = from;
    for (;;) {
      const past = Math.max(this.#settled.endOf(id), this.#leased.endOf(id));
      if (past < id) return id;
      id = past + 1;
    }
  }

  /** A session begins: ids above `newestId` are news in it. */
  begin(newestId: number): void {
    this.#isOpen = true;
    this.#liveFrom = newestId + 1;
  }

  /** From now on rows are sent in this session. */
  send(): void {
    this.#isSending = true;
  }

  /** A row that is to be told before all others. */
  alert(id: number): void {
    this.#alerts.add(id);
  }

  /** The next ids of a lane in one piece, however many; undefined where there are none. */
  next(lane: Lane, { newestId, keptBack }: Leasable): Range | undefined {
    if (lane === 'alert') return this.#nextAlert(newestId, keptBack);
    if (lane === 'backlog') return this.#firstFree({ from: 1, to: Math.min(this.#liveFrom - 1, newestId) }, keptBack);
    const first = this.#firstFree({ from: this.#liveFrom, to: newestId }, keptBack);
    if (!first || newestId - first.from < LIVE_ROWS_AT_MOST) return first;
    this.#liveFrom = newestId - LIVE_ROWS_AT_MOST + 1;
    return this.#firstFree({ from: this.#liveFrom, to: newestId }, keptBack);
  }

  /** These ids are being looked for: nobody else is to have them meanwhile. */
  take({ from, to }: Range): void {
    this.#leased.add(from, to);
    this.#reading.add(from, to);
  }

  /**
   * Of a range that was taken, up to `upTo`, there are the rows `ids`: they are leased now. What lies between them has no
   * row any more and is settled with that; what lies above is open again.
   */
  found({ from, to }: Range, upTo: number, ids: readonly number[]): void {
    for (const set of [this.#leased, this.#reading]) set.remove(from, to);
    let next = from;
    for (const id of ids) {
      if (id > next) this.#pass({ from: next, to: id - 1 });
      this.#leased.add(id);
      next = id + 1;
    }
    if (next <= upTo) this.#pass({ from: next, to: upTo });
  }

  /** Rows with these ids are no more, and nobody has told this uplink's platform what they were. */
  lose(ids: readonly number[]): void {
    for (const id of ids) if (!this.#settled.has(id)) this.#gone += 1;
  }

  /** Settles ids, leased or not; true where that is new. */
  settle({ from, to }: Range): boolean {
    if (this.#settled.gaps({ from, to }).length === 0) return false;
    for (const set of [this.#leased, this.#unsure, this.#alerts]) set.remove(from, to);
    this.#settled.add(from, to);
    return true;
  }

  /** They have surely not arrived, and are open again: as backlog, whatever they were. */
  giveBack(ids: readonly number[]): void {
    for (const id of ids) {
      this.#leased.remove(id);
      this.#alerts.remove(id);
      if (id >= this.#liveFrom) this.#liveFrom = id + 1;
    }
  }

  /** The session has ended: what was leased may have arrived. */
  release(): void {
    for (const leased of this.#leased.ranges) this.#unsure.addAll({ ranges: this.#reading.gaps(leased) });
    this.#leased.clear();
    this.#reading.clear();
    this.#isOpen = false;
    this.#isSending = false;
    this.#session += 1;
  }

  #pass({ from, to }: Range): void {
    this.#gone = Math.max(0, this.#gone - countOf(this.#settled.gaps({ from, to })));
    this.settle({ from, to });
  }

  #nextAlert(newestId: number, keptBack: readonly NumberSet[]): Range | undefined {
    for (const { from, to } of this.#alerts.ranges) {
      const free = this.#firstFree({ from, to: Math.min(to, newestId) }, keptBack);
      if (free) return free;
    }
    return undefined;
  }

  #firstFree(within: Range, keptBack: readonly NumberSet[]): Range | undefined {
    return firstOutside(within, [this.#settled, this.#leased, ...keptBack]);
  }
}

/** The first part of a range that is in none of the sets. */
function firstOutside(range: Range, [set, ...others]: readonly NumberSet[]): Range | undefined {
  if (!set) return range.from <= range.to ? range : undefined;
  for (const gap of set.gaps(range)) {
    const found = firstOutside(gap, others);
    if (found) return found;
  }
  return undefined;
}
