import { faulty, type Reading } from '../../src/driver-kit.ts';

/** How fast pulses follow each other. */
export class Pace {
  #fromMs: number | undefined;
  #latestMs = 0;
  #pulses = 0;
  #perMs: number | undefined;

  pulse(uptimeMs: number): void {
    if (this.#fromMs === undefined) this.#fromMs = uptimeMs;
    else this.#pulses += 1;
    this.#latestMs = uptimeMs;
  }

  /**
   * The mean over the whole intervals between pulses that ended since the last reading; without any, what it was. It
   * cannot be more than one pulse in the time since the latest one: where that is less, it is an estimate.
   */
  reading(nowMs: number, scale: number): Reading | number {
    if (this.#fromMs !== undefined && this.#pulses > 0) {
      this.#perMs = this.#pulses / (this.#latestMs - this.#fromMs);
      this.#fromMs = this.#latestMs;
      this.#pulses = 0;
    }
    if (this.#perMs === undefined) return faulty('not-ready');
    const mostPerMs = 1 / Math.max(0, nowMs - this.#latestMs);
    if (this.#perMs <= mostPerMs) return this.#perMs * scale;
    return { value: mostPerMs * scale, quality: 'estimated', why: 'no-pulse' };
  }
}
