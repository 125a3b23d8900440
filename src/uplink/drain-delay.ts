import type { Clock } from '../hal/clock.ts';

/** When a large backlog may begin to go: a random time after it is found, however often the session is lost meanwhile. */
export class DrainDelay {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #mostMs: number;
  #beginsMs: number | undefined;

  constructor(clock: Clock, random: () => number, mostMs: number) {
    this.#clock = clock;
    this.#random = random;
    this.#mostMs = mostMs;
  }

  async turn(signal: AbortSignal): Promise<void> {
    this.#beginsMs ??= this.#clock.uptimeMs() + this.#random() * this.#mostMs;
    const waitMs = this.#beginsMs - this.#clock.uptimeMs();
    if (waitMs > 0) await this.#clock.sleep(waitMs, signal);
  }

  /** The backlog is gone: the next one waits for itself. */
  reset(): void {
    this.#beginsMs = undefined;
  }
}
