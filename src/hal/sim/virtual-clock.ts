import { setImmediate as turn } from 'node:timers/promises';
import type { ClockState } from '../../model/observation.ts';
import type { Clock } from '../clock.ts';

interface Sleeper {
  readonly dueMs: number;
  wake(): void;
}

/** Time that passes only when told to: a day in a second, the same every run. */
export class VirtualClock implements Clock {
  clockState: ClockState = 'ntp';
  #uptimeMs = 0;
  readonly #sleepers: Sleeper[] = [];
  #startAt: number;

  constructor(startAt: number = Date.UTC(2026, 10, 23, 6)) {
    this.#startAt = startAt;
  }

  /** Sets the wall clock: forwards, or (below 0) back. Nobody who sleeps is woken by that. */
  step(byMs: number): void {
    this.#startAt += byMs;
  }

  now(): number {
    return this.#startAt + this.uptimeMs();
  }

  /** Whole milliseconds, as the board's clocks tell them, though a sleep may end between two of them. */
  uptimeMs(): number {
    return Math.floor(this.#uptimeMs);
  }

  state(): ClockState {
    return this.clockState;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const abort = () => {
        const at = this.#sleepers.indexOf(sleeper);
        if (at >= 0) this.#sleepers.splice(at, 1);
        reject(signal?.reason);
      };
      const sleeper: Sleeper = {
        dueMs: this.#uptimeMs + ms,
        wake: () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        },
      };
      signal?.addEventListener('abort', abort, { once: true });
      const after = this.#sleepers.findIndex((other) => other.dueMs > sleeper.dueMs);
      this.#sleepers.splice(after < 0 ? this.#sleepers.length : after, 0, sleeper);
    });
  }

  /** Lets `ms` pass: whoever sleeps until then wakes in order, and does what it does before the next one wakes. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#uptimeMs + ms;
    await turn();
    for (;;) {
      const next = this.#sleepers[0];
      if (!next || next.dueMs > untilMs) break;
      this.#sleepers.shift();
      this.#uptimeMs = Math.max(this.#uptimeMs, next.dueMs);
      next.wake();
      await turn();
    }
    this.#uptimeMs = untilMs;
  }
}
