/** Places for what may be under way at the same time. */
export class Slots {
  readonly #places: number;
  #taken = 0;
  #waiting: (() => void)[] = [];

  constructor(places: number) {
    this.#places = places;
  }

  /** Resolves when there was a place, and takes it; rejects with the signal's reason when aborted before. */
  async take(signal?: AbortSignal): Promise<void> {
    while (this.#taken >= this.#places) await this.#change(signal);
    signal?.throwIfAborted();
    this.#taken += 1;
  }

  free(): void {
    this.#taken -= 1;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Resolves when every place is free. */
  async empty(): Promise<void> {
    while (this.#taken > 0) await this.#change();
  }

  get taken(): number {
    return this.#taken;
  }

  #change(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const end = () => {
        signal?.removeEventListener('abort', end);
        if (signal?.aborted) reject(signal.reason);
        else resolve();
      };
      signal?.addEventListener('abort', end);
      this.#waiting.push(end);
    });
  }
}
