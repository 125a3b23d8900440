import { type Clock, DONE } from './clock.ts';

/** One waits, another rings. */
export class Bell {
  readonly #clock: Clock;
  #wake: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  ring(): void {
    this.#wake?.();
  }

  /** Resolves when rung or after `withinMs`; rejects with the signal's reason when aborted. One waiter at a time. */
  async wait(withinMs: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const over = new AbortController();
    const end = () => over.abort(DONE);
    signal?.addEventListener('abort', end, { once: true });
    this.#wake = end;
    try {
      await this.#clock.sleep(withinMs, over.signal);
    } catch (cause) {
      if (!over.signal.aborted) throw cause;
    } finally {
      this.#wake = undefined;
      signal?.removeEventListener('abort', end);
    }
    signal?.throwIfAborted();
  }
}
