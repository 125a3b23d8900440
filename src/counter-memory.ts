import type { Measured } from './config/config.ts';
import type { Identity } from './driver-kit.ts';
import type { Clock } from './hal/clock.ts';
import type { Memory } from './hal/memory.ts';
import { Counters } from './pipeline/counters.ts';
import type { Outbox } from './store/outbox.ts';

/** Saved so often only: what is remembered is for the first reading after a restart, and cards wear. */
const SAVE_EVERY_MS = 3_600_000;

/** What one device's counters read, over restarts. */
export class CounterMemory {
  readonly counters: Counters;
  readonly #memory: Memory;
  readonly #clock: Clock;
  #saved: string | undefined;
  #savedMs = Number.NEGATIVE_INFINITY;
  #savedRestarts = 0;

  static async of({ name, driver }: Measured, { outbox, clock }: From): Promise<CounterMemory> {
    const memory = outbox.memory(name, 'counters');
    const kept = await memory.load();
    return new CounterMemory(new Counters({ kept, tops: driver.rollsOverAt }), { memory, clock, kept });
  }

  private constructor(counters: Counters, { memory, clock, kept }: Place) {
    this.counters = counters;
    this.#memory = memory;
    this.#clock = clock;
    this.#saved = kept;
  }

  identified({ serialNumber }: Identity): void {
    // A part whose memory of its own number is empty does not say that it is another.
    if (serialNumber) this.counters.ofMeter(serialNumber);
  }

  /** At once where a counter has begun again: after a power cut it is not to look as if it had fallen. */
  async saveIfDue(): Promise<void> {
    const isDue = this.#clock.uptimeMs() - this.#savedMs >= SAVE_EVERY_MS;
    if (isDue || this.counters.restarts > this.#savedRestarts) await this.save();
  }

  async save(): Promise<void> {
    this.#savedMs = this.#clock.uptimeMs();
    this.#savedRestarts = this.counters.restarts;
    const { text } = this.counters;
    if (text === undefined || text === this.#saved) return;
    this.#saved = text;
    await this.#memory.save(text);
  }
}

interface From {
  readonly outbox: Outbox;
  readonly clock: Clock;
}

interface Place {
  readonly memory: Memory;
  readonly clock: Clock;
  readonly kept: string | undefined;
}
