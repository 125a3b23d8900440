import type { Passage } from './passages.ts';

/**
 * How many are in: those who came less those who went. Each passage that was missed stays in it as an error, so it says
 * itself when it is in doubt, and begins anew when nobody has passed for long.
 */
export class Headcount {
  readonly #emptyAfterMs: number;
  #entered = 0;
  #left = 0;
  #inside = 0;
  #unclear = 0;
  #latestMs = 0;
  #doubt: string | undefined;

  constructor(emptyAfterMs: number) {
    this.#emptyAfterMs = emptyAfterMs;
  }

  /** Goes on from the numbers that were remembered; who passed meanwhile, nobody knows. */
  begin([entered = 0, left = 0, inside = 0, unclear = 0]: readonly number[], uptimeMs: number): void {
    this.#entered = entered;
    this.#left = left;
    this.#inside = inside;
    this.#unclear = unclear;
    this.#latestMs = uptimeMs;
    this.#doubt = 'since-start';
  }

  /** In, out, inside and unclear: all that is worth remembering. */
  get numbers(): readonly number[] {
    return [this.#entered, this.#left, this.#inside, this.#unclear];
  }

  get inside(): number {
    return this.#inside;
  }

  /** Why `inside` may be wrong. */
  get doubt(): string | undefined {
    return this.#doubt;
  }

  passed(passage: Passage, uptimeMs: number): void {
    this.#latestMs = uptimeMs;
    switch (passage) {
      case 'in':
        this.#entered += 1;
        this.#inside += 1;
        return;
      case 'out':
        this.#left += 1;
        // Who goes out of an empty place was not seen to come in.
        if (this.#inside === 0) this.#doubt = 'more-out-than-in';
        else this.#inside -= 1;
        return;
      case 'unclear':
        this.#unclear += 1;
        this.#doubt = 'unclear-passage';
        return;
      case 'turned':
    }
  }

  /** True, once, if nobody has passed for so long that nobody can be in; the count is then sound again. */
  emptied(uptimeMs: number): boolean {
    if (!this.#isWorthEmptying() || uptimeMs - this.#latestMs < this.#emptyAfterMs) return false;
    this.#inside = 0;
    this.#doubt = undefined;
    return true;
  }

  /** For how long it stays as it is if nobody passes. */
  quietMs(uptimeMs: number): number {
    if (!this.#isWorthEmptying()) return Number.POSITIVE_INFINITY;
    return Math.max(0, this.#latestMs + this.#emptyAfterMs - uptimeMs);
  }

  #isWorthEmptying(): boolean {
    return this.#inside > 0 || this.#doubt !== undefined;
  }
}
