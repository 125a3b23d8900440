import type { Row } from '../store/outbox.ts';

const FIRST_TRY_MS = 30_000;
const MINUTE_MS = 60_000;
/** Minutes from one try to the next. */
const TRY_AGAIN_MINUTES = [1, 2, 4, 8, 10] as const;
/**
 * How finely the time is known that a row has rested: in parts of the time that it may. Losses that nobody takes are
 * declared anew each time, all as one: seldom.
 */
const MARKS = 12;
const LOSS_MARKS = 1;

/** At this time, this was the newest row: all up to it have waited since then at least. */
interface Mark {
  readonly atMs: number;
  readonly newestId: number;
}

/** What rests, and for how long at most. */
export interface RestOptions {
  readonly key: string;
  readonly mostMs: number;
  readonly isOfLosses: boolean;
}

/** One topic that rests. Of its rows only two are kept here whole, to be tried; of the others the ids. */
export class Rest {
  readonly key: string;
  readonly sinceMs: number;
  readonly #mostMs: number;
  readonly #markEveryMs: number;
  /** The row that was refused first, and the one that was met last. */
  #first: Row | undefined;
  #last: Row | undefined;
  #tryingId: number | undefined;
  #tries = 0;
  #nextTryMs: number;
  #busyMs: number;
  #rows: number[] = [];
  #losses: number[] = [];
  #marks: Mark[] = [];
  /** Rows up to these ids have waited for too long. */
  #overUpTo = 0;
  #lossesOverUpTo = 0;

  constructor({ key, mostMs, isOfLosses }: RestOptions, nowMs: number) {
    this.key = key;
    this.sinceMs = nowMs;
    this.#mostMs = mostMs;
    this.#markEveryMs = mostMs / (isOfLosses ? LOSS_MARKS : MARKS);
    this.#nextTryMs = nowMs + FIRST_TRY_MS;
    this.#busyMs = nowMs;
  }

  /** True where nothing is left of it, nor has been for as long as anything can rest. */
  isSpent(nowMs: number): boolean {
    return this.size === 0 && nowMs - this.#busyMs >= this.#mostMs;
  }

  get first(): Row | undefined {
    return this.#first;
  }

  get size(): number {
    return this.#rows.length + this.#losses.length + (this.#first ? 1 : 0) + (this.#last ? 1 : 0);
  }

  mark(atMs: number, newestId: number): void {
    const last = this.#marks.at(-1);
    if (!last || atMs - last.atMs >= this.#markEveryMs) this.#marks.push({ atMs, newestId });
  }

  isOver(row: Row): boolean {
    return row.id <= (isLoss(row) ? this.#lossesOverUpTo : this.#overUpTo);
  }

  isTrying({ id }: Row): boolean {
    return this.#tryingId === id;
  }

  tryAt(ms: number): void {
    this.#nextTryMs = ms;
  }

  /** Sets a row aside; `canBeTried` where it is of this very topic. */
  keep(row: Row, canBeTried: boolean): void {
    if (!canBeTried) this.#set(row);
    else if (!this.#first) this.#first = row;
    else {
      // The one that is under way will be heard of.
      if (this.#last && !this.isTrying(this.#last)) this.#set(this.#last);
      this.#last = row;
    }
  }

  /** A row of this topic was refused: the one that was tried, or one that was under way when the rest began. */
  refused(row: Row, nowMs: number): void {
    if (!this.isTrying(row)) {
      this.keep(row, true);
      return;
    }
    this.#tryingId = undefined;
    const minutes = TRY_AGAIN_MINUTES[Math.min(this.#tries, TRY_AGAIN_MINUTES.length - 1)] ?? 0;
    this.#tries += 1;
    this.#nextTryMs = nowMs + minutes * MINUTE_MS;
    if (row.id !== this.#first?.id && row.id !== this.#last?.id) this.#set(row);
  }

  /** The row to try now; an id where one must be leased anew for it. Rather the last than the first: it may be that row alone. */
  next(nowMs: number): Row | number | undefined {
    if (nowMs < this.#nextTryMs || this.#tryingId !== undefined) return undefined;
    const row = this.#last ?? this.#first;
    if (!row) return this.#rows.shift();
    this.#tryingId = row.id;
    return row;
  }

  /** What has waited for too long. All losses go with it, however new: the new declaration takes their place. */
  expired(nowMs: number): { readonly again: readonly number[]; readonly declare: readonly Row[] } {
    const over = this.#marks.findLast(({ atMs }) => nowMs - atMs >= this.#mostMs);
    if (!over) return { again: [], declare: [] };
    this.#marks = this.#marks.filter(({ atMs }) => atMs > over.atMs);
    this.#overUpTo = over.newestId;
    const rows = this.#rows.filter((id) => id <= this.#overUpTo);
    this.#rows = this.#rows.filter((id) => id > this.#overUpTo);
    const held = [this.#first, this.#last].filter((row) => row !== undefined);
    const losses = this.#losses.splice(0);
    for (const id of [over.newestId, ...losses, ...held.filter(isLoss).map(({ id }) => id)]) {
      this.#lossesOverUpTo = Math.max(this.#lossesOverUpTo, id);
    }
    const declare = held.filter((row) => this.isOver(row) && !this.isTrying(row));
    if (this.#first && declare.includes(this.#first)) this.#first = undefined;
    if (this.#last && declare.includes(this.#last)) this.#last = undefined;
    if (rows.length + losses.length + declare.length > 0) this.#busyMs = nowMs;
    return { again: [...rows, ...losses], declare };
  }

  /** Gives the ids of all that was set aside, without `except`. */
  empty(except?: Row): readonly number[] {
    const held = [this.#first, this.#last].flatMap((row) => (row && row.id !== except?.id ? [row.id] : []));
    const ids = [...this.#rows.splice(0), ...this.#losses.splice(0), ...held];
    this.#first = undefined;
    this.#last = undefined;
    this.#tryingId = undefined;
    return ids;
  }

  #set(row: Row): void {
    (isLoss(row) ? this.#losses : this.#rows).push(row.id);
  }
}

function isLoss({ kind }: Row): boolean {
  return kind === 'loss';
}
