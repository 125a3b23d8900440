import { Slots } from './slots.ts';

/** Rows in one batch: some 30 kB, below what every broker takes (FROST 8 kB excepted: `batches: never`). */
const MOST_ROWS = 100;
const FIRST_ROWS = 25;
/** Batches under way at most, however quick the platform is. */
const MOST_AT_ONCE = 16;
/** Places that a backlog leaves to what is new. */
const LEFT_FREE = 2;

/** An answer that comes so much later than the quickest one was delayed by no more than chance: more may go at once. */
const QUICK_MS = 100;
/** What goes at once is made larger while answers are not delayed by more than this … */
const LARGER_MS = 250;
/** … and smaller where they are delayed by more than this: for so long what is new would wait behind it. */
const SMALLER_MS = 750;

/**
 * How much of a backlog is under way at once: as much as the line takes without keeping what is new waiting. A slow line
 * gets one small batch at a time, a quick one many large ones.
 */
export class Throttle {
  readonly #slots = new Slots(1);
  readonly #mostAtOnce: number;
  #atOnce = 1;
  #rows = FIRST_ROWS;
  #mostRows = MOST_ROWS;

  constructor(maxInFlight: number) {
    this.#mostAtOnce = Math.max(1, Math.min(MOST_AT_ONCE, maxInFlight - LEFT_FREE));
  }

  /** Rows in the next batch. */
  get rows(): number {
    return this.#rows;
  }

  get atOnce(): number {
    return this.#atOnce;
  }

  async take(signal: AbortSignal): Promise<void> {
    await this.#slots.take(signal);
  }

  free(): void {
    this.#slots.free();
  }

  /** An answer came, so much later than the quickest of this session. */
  answered(delayMs: number): void {
    if (delayMs < LARGER_MS) this.#rows = Math.min(this.#mostRows, this.#rows * 2);
    else if (delayMs > SMALLER_MS) this.#rows = Math.max(1, this.#rows >> 1);
    this.#atOnce = delayMs < QUICK_MS ? Math.min(this.#mostAtOnce, this.#atOnce * 2) : Math.max(1, this.#atOnce >> 1);
    this.#slots.places = this.#atOnce;
  }

  /** A batch of so many rows is more than the platform takes. */
  tooLarge(rows: number): void {
    this.#limit(rows >> 1);
  }

  /** The platform refused a batch: for its size, for one row in it (`content`), or because it takes none. */
  refused(rows: number, fault: 'size' | 'content' | undefined): void {
    if (fault === 'content') this.#rows = Math.max(1, rows >> 1);
    else this.#limit(fault === 'size' ? rows >> 1 : 1);
  }

  #limit(rows: number): void {
    this.#mostRows = Math.max(1, Math.min(this.#mostRows, rows));
    this.#rows = Math.min(this.#rows, this.#mostRows);
  }
}
