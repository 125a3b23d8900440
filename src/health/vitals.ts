import type { Clock } from '../hal/clock.ts';

/** A device's sampling, which comes round again and again. */
export interface Loop {
  /** The longest time that a round may take, whatever its part does. */
  patienceMs(): number;
  /** The device is sampled until this is aborted. */
  readonly signal: AbortSignal;
}

interface Turning extends Loop {
  turnedMs: number;
}

/** Whether the work advances: every device's sampling comes round, and what was measured becomes durable. */
export class Vitals {
  readonly #clock: Clock;
  readonly #loops = new Map<string, Turning>();
  #waiting = 0;
  #keptMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The sampling of a device begins, or begins anew; gives what is to be called at each round. */
  loop(device: string, loop: Loop): () => void {
    const turning = { ...loop, turnedMs: this.#clock.uptimeMs() };
    this.#loops.set(device, turning);
    return () => {
      turning.turnedMs = this.#clock.uptimeMs();
    };
  }

  /** An observation is on its way to the outbox. */
  handed(): void {
    if (this.#waiting === 0) this.#keptMs = this.#clock.uptimeMs();
    this.#waiting += 1;
  }

  /** An observation is durable, or told to everybody, or declared lost. */
  kept(): void {
    this.#waiting -= 1;
    this.#keptMs = this.#clock.uptimeMs();
  }

  /** Devices whose sampling has not come round in time. */
  standing(): readonly { readonly device: string; readonly forMs: number }[] {
    const nowMs = this.#clock.uptimeMs();
    return [...this.#loops]
      .filter(([, { turnedMs, patienceMs, signal }]) => !signal.aborted && nowMs - turnedMs > patienceMs())
      .map(([device, { turnedMs }]) => ({ device, forMs: nowMs - turnedMs }));
  }

  /** How long observations have waited without one of them having been kept; 0 where none waits. */
  keepingForMs(): number {
    return this.#waiting > 0 ? this.#clock.uptimeMs() - this.#keptMs : 0;
  }
}
