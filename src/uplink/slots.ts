interface Waiting {
  readonly rank: number;
  enter(): void;
}

/** Places for what may be under way at the same time. Of those who wait, the lowest rank is next. */
export class Slots {
  #places: number;
  #taken = 0;
  #waiting: Waiting[] = [];
  #leaving: (() => void)[] = [];

  constructor(places: number) {
    this.#places = places;
  }

  /** Fewer places than are taken turn nobody out: nobody enters until there is room again. */
  set places(places: number) {
    this.#places = places;
    this.#admit();
  }

  get taken(): number {
    return this.#taken;
  }

  /** Resolves when there was a place, and takes it; rejects with the signal's reason when aborted before. */
  async take(signal?: AbortSignal, rank = 0): Promise<void> {
    signal?.throwIfAborted();
    if (this.#taken < this.#places) this.#taken += 1;
    else await this.#wait(rank, signal);
  }

  free(): void {
    this.#taken -= 1;
    this.#admit();
    if (this.#taken === 0) for (const left of this.#leaving.splice(0)) left();
  }

  /** Resolves when every place is free. */
  async empty(): Promise<void> {
    if (this.#taken > 0) await new Promise<void>((resolve) => this.#leaving.push(resolve));
  }

  /** The place is taken for the one who waits, so that nobody who comes at this very moment is before it. */
  #admit(): void {
    while (this.#taken < this.#places) {
      const next = this.#waiting.shift();
      if (!next) return;
      this.#taken += 1;
      next.enter();
    }
  }

  #wait(rank: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        rank,
        enter: () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        },
      };
      const abort = () => {
        this.#waiting = this.#waiting.filter((one) => one !== waiting);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
      const after = this.#waiting.findIndex((other) => other.rank > rank);
      this.#waiting.splice(after < 0 ? this.#waiting.length : after, 0, waiting);
    });
  }
}
