/** Those who wait for the same thing to happen. */
export class Waiters {
  #waiting: (() => void)[] = [];
  #turn = 0;

  /** Another number after each `wake`. */
  get turn(): number {
    return this.#turn;
  }

  /** Resolves at the next `wake` after `turn`, which may have been; rejects with the signal's reason when aborted. */
  wait(signal: AbortSignal, turn: number = this.#turn): Promise<void> {
    signal.throwIfAborted();
    if (turn !== this.#turn) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const end = () => {
        signal.removeEventListener('abort', end);
        if (signal.aborted) reject(signal.reason);
        else resolve();
      };
      signal.addEventListener('abort', end);
      this.#waiting.push(end);
    });
  }

  wake(): void {
    this.#turn += 1;
    for (const end of this.#waiting.splice(0)) end();
  }
}
