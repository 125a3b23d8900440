/** A slow line in one direction. */
export interface Shape {
  readonly bytesPerSecond: number;
  /** One way: half of the round trip. */
  readonly delayMs: number;
  /** Of a hundred segments, how many are lost on the way; default 0. */
  readonly lossPercent?: number;
}

export const SEGMENT_BYTES = 1400;
/** RFC 6298, 2.4, asks for a second; Linux waits for 200 ms and a round trip. */
const TIMEOUT_MS = 200;
/** After a loss, back to the full rate over so many segments. */
const RECOVERY_SEGMENTS = 32;

/**
 * When bytes that are sent over a slow line arrive. TCP hides a lost segment from whoever reads: what is seen of it is
 * that nothing comes for a retransmission timeout, all that follows waits behind it, and the sender then goes on at
 * half the rate and works its way up again. That is what happens here to a random share of the segments. (Real TCP
 * often mends a loss in one round trip; this line is the worse one.)
 */
export class SlowLine {
  readonly #shape: Shape;
  readonly #random: () => number;
  #freeMs = 0;
  /** Share of the full rate, 0.5 after a loss. */
  #share = 1;

  constructor(shape: Shape, random: () => number) {
    this.#shape = shape;
    this.#random = random;
  }

  /** When `length` bytes that are handed over now have all arrived; never before those handed over earlier. */
  arrivalMs(nowMs: number, length: number): number {
    const { bytesPerSecond, delayMs, lossPercent = 0 } = this.#shape;
    this.#freeMs = Math.max(this.#freeMs, nowMs);
    for (let left = length; left > 0; left -= SEGMENT_BYTES) {
      const rate = bytesPerSecond * this.#share;
      this.#freeMs += (1000 * Math.min(left, SEGMENT_BYTES)) / rate;
      this.#share = Math.min(1, this.#share + 0.5 / RECOVERY_SEGMENTS);
      if (this.#random() * 100 >= lossPercent) continue;
      this.#freeMs += TIMEOUT_MS + 2 * delayMs;
      this.#share = Math.max(0.25, this.#share / 2);
    }
    return this.#freeMs + delayMs;
  }
}

/** The same chances in every run: a linear congruential generator (Numerical Recipes' constants). */
export function sameChances(seed = 1): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
