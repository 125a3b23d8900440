/** Places for what may be under way at the same time. */
export class Slots {
  readonly #places: number;
  #taken = 0;
  #waiting: (() => void)[] = [];

  constructor(places: number) {
    this.#places = places;
  }

  /** Resolves when there was a place, and takes it. */
  async take(): Promise<void> {
    while (this.#taken >= this.#places) await this.#change();
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

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
