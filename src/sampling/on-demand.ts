import type { Clock } from '../hal/clock.ts';
import type { Sample } from '../model/observation.ts';

/** A sample that somebody asked for, and how old it is. */
export interface Asked {
  readonly sample: Sample;
  readonly agoSeconds: number;
}

/** Gives a sample when somebody asks; rejects with the SensorError where there is none to be had, or when aborted. */
export type OnDemand = (signal: AbortSignal) => Promise<Asked>;

interface Waiter {
  resolve(asked: Asked): void;
  reject(cause: unknown): void;
}

/** The newest sample of a device, for those who ask beside the gateway itself. */
export class Newest {
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiter>();
  #newest: { readonly sample: Sample; readonly atMs: number } | undefined;
  #failure: unknown;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  came(sample: Sample): void {
    this.#newest = { sample, atMs: this.#clock.uptimeMs() };
    this.#failure = undefined;
    for (const { resolve } of this.#waiting) resolve({ sample, agoSeconds: 0 });
  }

  /** It has started, perhaps again: what was wrong before is over. */
  begun(): void {
    this.#failure = undefined;
  }

  failed(cause: unknown): void {
    this.#newest = undefined;
    this.#failure = cause;
    for (const { reject } of this.#waiting) reject(cause);
  }

  /** What came within the last `ms`, if anything did. */
  within(ms: number): Asked | undefined {
    const agoMs = this.#newest ? this.#clock.uptimeMs() - this.#newest.atMs : Number.POSITIVE_INFINITY;
    return this.#newest && agoMs < ms ? { sample: this.#newest.sample, agoSeconds: agoMs / 1000 } : undefined;
  }

  /** The next that comes. Of a device that is broken the failure is the answer: the next may be long in coming. */
  next(signal: AbortSignal): Promise<Asked> {
    return new Promise((resolve, reject) => {
      const end = () => waiter.reject(signal.reason);
      const done = () => {
        this.#waiting.delete(waiter);
        signal.removeEventListener('abort', end);
      };
      const waiter: Waiter = {
        resolve: (asked) => {
          done();
          resolve(asked);
        },
        reject: (cause) => {
          done();
          reject(cause);
        },
      };
      this.#waiting.add(waiter);
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted) end();
      else if (this.#failure !== undefined) waiter.reject(this.#failure);
    });
  }
}

interface Poll {
  readonly newest: Newest;
  /** The part must not be asked more often: it measures by itself, or its battery bears no more. */
  readonly leastMs: number;
  /** How long until the gateway asks it anyway. */
  dueInMs(): number;
  /** One more poll, in its turn on the bus. */
  poll(): Promise<Sample>;
}

/**
 * A sample no older than the part can be asked for: the newest, or the next, or one more poll. A poll that came too near
 * to one of the gateway's own would take the measurement away from it.
 */
export function onDemand({ newest, leastMs, dueInMs, poll }: Poll): OnDemand {
  let polling: Promise<Sample> | undefined;
  const polled = async () => {
    try {
      const sample = await poll();
      newest.came(sample);
      return sample;
    } finally {
      polling = undefined;
    }
  };
  return async (signal) => {
    const recent = newest.within(leastMs);
    if (recent) return recent;
    if (dueInMs() <= leastMs) return newest.next(signal);
    polling ??= polled();
    return { sample: await polling, agoSeconds: 0 };
  };
}
