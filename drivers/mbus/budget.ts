import type { Memory } from '../../src/driver-kit.ts';

const DAY_MS = 86_400_000;

/**
 * At most so many readings a day: each costs a battery meter some of its years, and some meters fall silent when asked
 * too often. What is left is remembered, so that a gateway that restarts again and again does not drain the meter.
 */
export class Budget {
  readonly #perDay: number;
  readonly #memory: Memory;
  #left: number | undefined;
  #atMs = 0;

  constructor(perDay: number, memory: Memory) {
    this.#perDay = perDay;
    this.#memory = memory;
  }

  /** Takes one reading out of the budget; false if there is none. */
  async take(uptimeMs: number): Promise<boolean> {
    if (this.#left === undefined) await this.#recall();
    // After a reboot the uptime begins anew: nothing is added for a time that nobody knows the length of.
    const passedMs = Math.max(0, uptimeMs - this.#atMs);
    const left = Math.min(this.#perDay, (this.#left ?? 0) + (passedMs * this.#perDay) / DAY_MS);
    this.#atMs = uptimeMs;
    this.#left = left;
    if (left < 1) return false;
    this.#left = left - 1;
    await this.#memory.save(`${this.#left.toFixed(3)} ${Math.round(uptimeMs)}`);
    return true;
  }

  async #recall(): Promise<void> {
    const [, left, atMs] = /^(\d+\.\d+) (\d+)$/.exec((await this.#memory.load()) ?? '') ?? [];
    // Nothing is remembered, or nothing that can be read: a full day.
    this.#left = left === undefined ? this.#perDay : Math.min(Number(left), this.#perDay);
    this.#atMs = Number(atMs ?? 0);
  }
}
